//! Two blocks of points that meet: what one task computes.

use std::ops::Range;

use super::product::{Met, Product, WIDTHS};
use crate::cpu::kernel::{Form, Kernel, State};
use crate::cpu::layout;
use crate::cpu::meet::{self, InLines, Total, absorb, folded, merge};
use crate::host::{Few, Reading, room, sums, zeros};
use crate::{Error, Scalar};

/// How many columns a tile has at most. Their values for a block of rows stay in the first cache until they are multiplied.
const TILE: usize = 64;

/// What all pairs of blocks are computed with.
pub(super) struct Meeting<'a, T> {
    pub(super) kernel: &'a Kernel<T>,
    /// Where columns are multiplied with ones.
    pub(super) reading: &'a Reading<'a, T>,
    pub(super) product: Product<T>,
    /// What the matrix is multiplied with, point after point, and how many columns that has.
    pub(super) factor: &'a [T],
    pub(super) columns: usize,
    /// How many points a block has.
    pub(super) block: usize,
}

/// The sums of the points of a block, one column after the other.
pub(super) struct Sums<T> {
    totals: Vec<T>,
    rests: Vec<T>,
    block: usize,
}

impl<T: Scalar> Sums<T> {
    /// Those of so many points, of nothing.
    pub(super) fn new(block: usize, columns: usize) -> Result<Self, Error> {
        Ok(Sums { totals: sums(block * columns)?, rests: sums(block * columns)?, block })
    }
    /// Those of a column.
    pub(super) fn of(&self, column: usize) -> impl Iterator<Item = Total<T>> {
        (column * self.block..(column + 1) * self.block).map(|at| (self.totals[at], self.rests[at]))
    }
    /// Adds those of the same points.
    pub(super) fn merge(&mut self, others: &Self) {
        for at in 0..self.totals.len() {
            self.change(at, |total| merge(total, (others.totals[at], others.rests[at])));
        }
    }
    fn change(&mut self, at: usize, with: impl FnOnce(&mut Total<T>)) {
        let mut total = (self.totals[at], self.rests[at]);
        with(&mut total);
        (self.totals[at], self.rests[at]) = total;
    }
}

/// Some columns of what the matrix is multiplied with, and what comes of them in the lanes of a block of rows and of a tile.
struct Group<T> {
    /// Their number.
    first: usize,
    width: usize,
    /// What rows are multiplied with in their role as columns, what rows are summed into, and what the columns of a tile are.
    factor: InLines<T>,
    rows: InLines<T>,
    cols: InLines<T>,
    /// What columns are multiplied with, and the sums of the rows of all tiles so far.
    of_cols: Vec<T>,
    totals: Vec<T>,
    rests: Vec<T>,
}

impl<T: Scalar> Meeting<'_, T> {
    /// Adds to the sums of rows what columns give to them, and to those of columns what rows give: unless these are the same points.
    pub(super) fn meet(
        &self,
        [rows, cols]: [Range<usize>; 2],
        to_rows: &mut Sums<T>,
        mut to_cols: Option<&mut Sums<T>>,
    ) -> Result<(), Error> {
        let kernel = self.kernel;
        let (lanes, vectors) = (kernel.lanes(), kernel.vectors());
        let per_block = lanes * vectors;
        let blocks = rows.len().div_ceil(per_block);
        let tile = TILE.min(kernel.tile(Form::Alone));
        let mut state = State::new(kernel, blocks, tile.max(lanes), self.reading.sum_scheme)?;
        let params: Few<T> = self.reading.params(0).collect();
        state.params(&params);
        self.take_rows(&mut state, rows.clone(), blocks * vectors)?;
        let y = meet::cols(kernel, self.reading, &mut state, cols.clone())?;
        let mut groups = self.groups(rows.clone(), blocks * vectors, tile)?;
        let mut values = InLines::new(tile * per_block)?;
        let values = values.all();
        for first in (0..cols.len()).step_by(tile) {
            let len = tile.min(cols.len() - first);
            state.fill(&y, first..first + len);
            for group in &mut groups {
                group.cols.all().fill(T::from_f64(0.0));
                let points = cols.start + first..cols.start + first + len;
                let numbers = points.flat_map(|point| self.of_point(point, group.first, group.width));
                group.of_cols.clear();
                group.of_cols.extend(numbers);
            }
            for block in 0..blocks {
                let values = &mut values[..len * per_block];
                state.values(block, values);
                // lanes behind the last row repeat it, and give nothing
                let own = (rows.len() - block * per_block).min(per_block);
                if own < per_block {
                    values.chunks_exact_mut(per_block).for_each(|values| values[own..].fill(T::from_f64(0.0)));
                }
                for Group { width, factor, rows, cols, of_cols, .. } in &mut groups {
                    let here = block * per_block * *width..(block + 1) * per_block * *width;
                    self.product.add(
                        *width,
                        Met {
                            values,
                            vectors,
                            of_rows: &factor.all()[here.clone()],
                            of_cols,
                            rows: &mut rows.all()[here],
                            cols: &mut cols.all()[..len * lanes * *width],
                        },
                    );
                }
            }
            for group in &mut groups {
                group.absorb_rows();
                if let Some(sums) = &mut to_cols {
                    group.absorb_cols(first, lanes, sums);
                }
            }
        }
        for group in &groups {
            group.merge_rows(rows.len(), lanes, to_rows);
        }
        Ok(())
    }

    /// What a point is multiplied with, of some columns.
    fn of_point(&self, point: usize, first: usize, width: usize) -> impl Iterator<Item = T> + use<'_, T> {
        self.factor[point * self.columns + first..][..width].iter().copied()
    }

    /// Lays out rows in lanes, and computes their values.
    fn take_rows(&self, state: &mut State<'_, T>, rows: Range<usize>, vectors: usize) -> Result<(), Error> {
        let (lanes, len) = (self.kernel.lanes(), self.kernel.len());
        let (mut from, mut index) = (room(len.rows * vectors * lanes)?, zeros(vectors * lanes)?);
        layout::one_by_one(lanes, &self.reading.rows, rows.clone(), vectors, &mut from, &mut vec![]);
        layout::indices_one_by_one(self.reading.row_indices(0), rows, &mut index);
        state.rows(&from, &index);
        Ok(())
    }

    /// The columns that the matrix is multiplied with, in groups, with those of rows in lanes.
    fn groups(&self, rows: Range<usize>, vectors: usize, tile: usize) -> Result<Vec<Group<T>>, Error> {
        let lanes = self.kernel.lanes();
        let (mut groups, mut first) = (vec![], 0);
        while first < self.columns {
            let width = WIDTHS.into_iter().find(|width| first + width <= self.columns).unwrap_or(1);
            let len = vectors * lanes * width;
            let mut factor = InLines::new(len)?;
            let to = factor.all();
            for (row, point) in rows.clone().enumerate() {
                let at = row / lanes * lanes * width + row % lanes;
                self.of_point(point, first, width).enumerate().for_each(|(k, v)| to[at + k * lanes] = v);
            }
            groups.push(Group {
                first,
                width,
                factor,
                rows: InLines::new(len)?,
                cols: InLines::new(tile * lanes * width)?,
                of_cols: Vec::with_capacity(tile * width),
                totals: room(len)?,
                rests: room(len)?,
            });
            first += width;
        }
        Ok(groups)
    }
}

impl<T: Scalar> Group<T> {
    /// Adds what a tile has given to rows to their totals.
    fn absorb_rows(&mut self) {
        for ((total, rest), part) in self.totals.iter_mut().zip(&mut self.rests).zip(self.rows.all()) {
            let mut sum = (*total, *rest);
            absorb(&mut sum, *part);
            (*total, *rest, *part) = (sum.0, sum.1, T::from_f64(0.0));
        }
    }

    /// Adds what rows have given to the columns of a tile, of which this is the first.
    fn absorb_cols(&mut self, first: usize, lanes: usize, sums: &mut Sums<T>) {
        let columns = self.of_cols.len() / self.width;
        let parts = folded(lanes, self.cols.all());
        for k in 0..self.width {
            let first = (self.first + k) * sums.block + first;
            let totals = &mut sums.totals[first..first + columns];
            let rests = &mut sums.rests[first..first + columns];
            let parts = parts.iter().skip(k).step_by(self.width);
            for ((total, rest), part) in totals.iter_mut().zip(rests).zip(parts) {
                let mut sum = (*total, *rest);
                absorb(&mut sum, *part);
                (*total, *rest) = sum;
            }
        }
    }

    /// Adds the totals of rows to their sums.
    fn merge_rows(&self, rows: usize, lanes: usize, sums: &mut Sums<T>) {
        for row in 0..rows {
            for k in 0..self.width {
                let at = (row / lanes * self.width + k) * lanes + row % lanes;
                sums.change((self.first + k) * sums.block + row, |total| {
                    merge(total, (self.totals[at], self.rests[at]));
                });
            }
        }
    }
}
