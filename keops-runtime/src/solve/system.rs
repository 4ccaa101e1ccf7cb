//! Products with K + ridge · I, counted.

use faer::{Mat, MatRef};

use super::operator::{Operator, check_finite};
use super::tall;
use crate::Error;

/// K + ridge · I, in the precision of K until doubles are wanted.
pub(super) struct System<'a> {
    pub(super) operator: &'a dyn Operator,
    pub(super) ridge: f64,
    /// Whether products are in double precision from here on.
    pub(super) in_double: bool,
    /// How many products there were in the precision of the matrix.
    pub(super) products: usize,
    /// How many in double precision, where that is another.
    pub(super) products_in_double: usize,
    rows: Vec<f64>,
    out: Vec<f64>,
}

impl<'a> System<'a> {
    pub(super) fn new(operator: &'a dyn Operator, ridge: f64) -> Self {
        let in_double = is_double(operator);
        System { operator, ridge, in_double, products: 0, products_in_double: 0, rows: Vec::new(), out: Vec::new() }
    }

    /// (K + ridge) p.
    pub(super) fn apply(&mut self, p: MatRef<'_, f64>) -> Result<Mat<f64>, Error> {
        let in_double = self.in_double;
        self.product(p, in_double)
    }

    /// b - (K + ridge) x, in double precision.
    pub(super) fn residual(&mut self, b: MatRef<'_, f64>, x: MatRef<'_, f64>) -> Result<Mat<f64>, Error> {
        let product = self.product(x, true)?;
        Ok(b - product)
    }

    fn product(&mut self, p: MatRef<'_, f64>, in_double: bool) -> Result<Mat<f64>, Error> {
        let columns = p.ncols();
        tall::to_rows(p, &mut self.rows);
        self.out.resize(self.rows.len(), 0.0);
        if in_double && !is_double(self.operator) {
            self.products_in_double += 1;
            self.operator.apply_in_double(&self.rows, columns, &mut self.out)?;
        } else {
            self.products += 1;
            self.operator.apply(&self.rows, columns, &mut self.out)?;
        }
        check_finite(&self.out, columns, |row| row)?;
        self.out.iter_mut().zip(&self.rows).for_each(|(out, p)| *out += self.ridge * p);
        Ok(tall::from_rows(&self.out, columns))
    }
}

/// Whether the matrix itself is in double precision.
fn is_double(operator: &dyn Operator) -> bool {
    operator.precision() <= 4.0 * f64::EPSILON
}
