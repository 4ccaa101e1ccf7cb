//! Products of a matrix, or of its transpose, with several columns at once.

use std::marker::PhantomData;

use keops_core::{One, Shape};

use super::{Matrix, MatrixPlans, run};
use crate::answer::Host;
use crate::call::extended;
use crate::evaluate::Request;
use crate::host::{copied, room};
use crate::pairs::Told;
use crate::{
    Elements, ElementsMut, Engine, Error, Layout, MatrixError, Operand, Plan, Scalar, SumScheme, View, ViewMut,
};

/// A matrix as it multiplies: as it is, or transposed.
pub(super) trait Way {
    /// The plans.
    type Matrix: MatrixPlans;
    /// The product with vectors of this shape.
    type Plan<S: Shape + Host>: Plan;
    /// Whether it is the transpose.
    const TRANSPOSED: bool;
}

/// The matrix.
pub(super) struct Straight<K>(PhantomData<K>);
/// Its transpose.
pub(super) struct Transposed<K>(PhantomData<K>);

impl<K: MatrixPlans> Way for Straight<K> {
    type Matrix = K;
    type Plan<S: Shape + Host> = K::Times<S>;
    const TRANSPOSED: bool = false;
}
impl<K: MatrixPlans> Way for Transposed<K> {
    type Matrix = K;
    type Plan<S: Shape + Host> = K::Transposed<S>;
    const TRANSPOSED: bool = true;
}

/// Fewer columns than these are multiplied one by one; as many, and less than a group, are filled up.
const FEW: usize = 3;

/// How many rows and columns of real numbers an entry has.
pub(super) fn entry_of<K: MatrixPlans>() -> [usize; 2] {
    [K::ROWS, K::COLUMNS]
}

/// The product with the columns of `b`, which holds one of their rows after the other; so does the product. Groups of `G` columns are
/// multiplied at once.
pub(super) fn multiply<W: Way, G: Shape + Host, T: Scalar, E: Engine<T>>(
    engine: &E,
    matrix: &Matrix<'_, T, W::Matrix>,
    b: View<'_, T>,
) -> Result<Vec<T>, Error> {
    let [m, n] = matrix.shape()?;
    let entry = entry_of::<W::Matrix>();
    // rows of entries that are vectors or matrices are as many rows of numbers, and so are columns
    let (rows, columns) = ((m, entry[0]), (n, entry[1]));
    let (taken, given) = if W::TRANSPOSED { (rows, columns) } else { (columns, rows) };
    let (expected, found) = (taken.0 * taken.1, b.layout().len);
    if found != expected {
        return Err(MatrixError::FactorLength {
            expected,
            found,
            transposed: W::TRANSPOSED,
            rows: m,
            columns: n,
            entry,
            complex: W::Matrix::COMPLEX,
        }
        .into());
    }
    // rows that begin elsewhere, or again, could not be taken for others
    let copy = if b.layout().start == 0 && b.layout().cycle >= found { None } else { Some(copied(b)?) };
    let b = copy.as_ref().map_or(b, |(numbers, layout)| View::of(numbers, layout.width));
    let columns = b.layout().width;
    let product = Product::<W, T, E> { engine, matrix, n };
    let mut out = room::<T>(given.0 * given.1 * columns)?;
    if const { W::Matrix::HALVES && !W::TRANSPOSED } && m == n && product.halved(b, &mut out)? {
        return Ok(out);
    }
    let group = if W::Matrix::HAS_NUMBERS { G::NUMBERS } else { 1 };
    let mut done = 0;
    while done < columns {
        let left = columns - done;
        if group > 1 && columns >= group && left >= FEW {
            // the last group may begin among columns that are done already
            let first = done.min(columns - group);
            let from = Layout { width: group, first: b.layout().first + first * b.layout().component, ..b.layout() };
            let to = Layout { first, point: columns, ..Layout::points(given.0, group) };
            product.of::<G>(View::new(b.elements(), from)?, ViewMut::new(ElementsMut::Same(&mut out), to)?)?;
            done = first + group;
        } else if group > 1 && left >= FEW {
            // fewer than a group: the rest of it is 0
            let mut filled = room::<T>(found * group)?;
            for (n, row) in filled.chunks_exact_mut(group).enumerate() {
                row.iter_mut().zip(b.point(n)).for_each(|(to, v)| *to = v);
            }
            let mut all = room::<T>(given.0 * group)?;
            let to = Layout::points(given.0, group);
            product.of::<G>(View::of(&filled, group), ViewMut::new(ElementsMut::Same(&mut all), to)?)?;
            for (to, from) in out.chunks_exact_mut(columns).zip(all.chunks_exact(group)) {
                to.copy_from_slice(&from[..columns]);
            }
            done = columns;
        } else {
            // each point has the numbers of an entry, `columns` apart
            let of = |(len, width): (usize, usize), step: Layout, column: usize| Layout {
                len,
                width,
                first: step.first + column * step.component,
                point: step.point * width,
                component: step.point,
                ..step
            };
            let from = of(taken, b.layout(), done);
            let to = of(given, Layout { point: columns, ..Layout::points(given.0, columns) }, done);
            product.of::<One>(View::new(b.elements(), from)?, ViewMut::new(ElementsMut::Same(&mut out), to)?)?;
            done += 1;
        }
    }
    Ok(out)
}

/// A matrix on an engine.
struct Product<'m, 'a, W: Way, T: Scalar, E> {
    engine: &'m E,
    matrix: &'m Matrix<'a, T, W::Matrix>,
    /// How many columns it has.
    n: usize,
}

impl<W: Way, T: Scalar, E: Engine<T>> Product<'_, '_, W, T, E> {
    /// Computes the product with each entry computed once, where the matrix is symmetric and that pays: answers whether it has.
    fn halved(&self, b: View<'_, T>, out: &mut [T]) -> Result<bool, Error> {
        let to = Layout::points(b.layout().len, b.layout().width);
        let request = Request {
            table: <W::Matrix as MatrixPlans>::Times::<One>::TABLE,
            operands: &extended(&self.matrix.operands, Operand::Host(b)),
            pairs: Told::Nothing,
            sum_scheme: SumScheme::default(),
        };
        let is_symmetric = || self.matrix.is_symmetric();
        let mut out = ViewMut::new(ElementsMut::Same(out), to)?;
        self.engine.halve::<<W::Matrix as MatrixPlans>::Times<One>>(&request, is_symmetric, &mut out)
    }

    fn of<S: Shape + Host>(&self, b: View<'_, T>, out: ViewMut<'_, T>) -> Result<(), Error> {
        if !W::TRANSPOSED {
            let operands = extended(&self.matrix.operands, Operand::Host(b));
            return run::<W::Plan<S>, T, E>(self.engine, &operands, Told::Nothing, out);
        }
        // the plan is the gradient in what the matrix is multiplied with, and does not read that
        let width = if W::Matrix::HAS_NUMBERS { S::NUMBERS } else { W::Matrix::COLUMNS };
        let zeros = vec![T::from_f64(0.0); width];
        let unread = View::new(Elements::Same(&zeros), Layout::points(1, width))?.repeated(self.n)?;
        let mut operands = extended(&self.matrix.operands, Operand::Host(unread));
        operands.push(Operand::Host(b));
        run::<W::Plan<S>, T, E>(self.engine, &operands, Told::Nothing, out)
    }
}
