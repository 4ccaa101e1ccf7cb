//! A chunk of rows, reduced over a range of columns: what one task computes.

use std::array::from_fn;
use std::mem;
use std::ops::Range;

use super::kernel::{Form, Kernel, State};
use crate::plan::buffer;
use crate::{Error, Pass, Scalar, View};

/// Who is in the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Rows. An entry of the tile has one column, the same in every lane.
    Rows,
    /// Columns. Each vector of a block has one row, the same in every lane.
    Columns,
}

/// How many rows of a chunk a block has.
pub(super) fn rows_per_block<T>(kernel: &Kernel<T>, mode: Mode) -> usize {
    match mode {
        Mode::Rows => kernel.vectors() * kernel.lanes(),
        Mode::Columns => kernel.vectors(),
    }
}

/// The rows of a chunk, and what they have been reduced into.
pub(super) struct Chunk<'k, T> {
    kernel: &'k Kernel<T>,
    pass: Pass<'k, T>,
    mode: Mode,
    rows: Range<usize>,
    state: State<'k, T>,
    /// Numbers on their way into lanes and out of them: one component after the other, with a number for every lane.
    staged: Vec<T>,
    index: Vec<u32>,
    spill: Vec<T>,
}

impl<'k, T: Scalar> Chunk<'k, T> {
    /// Reduces rows, of which there is at least one, over columns.
    pub(super) fn new(
        kernel: &'k Kernel<T>,
        pass: Pass<'k, T>,
        mode: Mode,
        rows: Range<usize>,
        cols: Range<usize>,
    ) -> Result<Self, Error> {
        let (len, lanes, all) = (kernel.len(), kernel.lanes(), kernel.lanes() * kernel.vectors());
        let blocks = rows.len().div_ceil(rows_per_block(kernel, mode));
        let params: Vec<T> = pass.params.iter().flat_map(|v| v.flat()).copied().collect();
        let mut chunk = Chunk {
            state: State::new(kernel, &params, blocks, cols.len(), pass.sum_scheme)?,
            staged: buffer((len.rows * all).max(len.cols * lanes))?,
            index: crate::answer::filled(all, 0)?,
            spill: buffer((len.y * lanes).max(len.acc * all).max((len.out + len.total) * all))?,
            kernel,
            pass,
            mode,
            rows,
        };
        chunk.take_rows();
        chunk.reduce(cols);
        Ok(chunk)
    }

    fn take_rows(&mut self) {
        let all = self.kernel.vectors() * self.kernel.lanes();
        let per_block = rows_per_block(self.kernel, self.mode);
        for first in self.rows.clone().step_by(per_block) {
            let points = Points { first, repeat: all / per_block, last: self.rows.end - 1 };
            let (from, index) = (&mut self.staged[..self.kernel.len().rows * all], &mut self.index[..all]);
            points.stage(self.pass.rows, from, index);
            self.state.rows(from, index);
        }
    }

    fn reduce(&mut self, cols: Range<usize>) {
        let (lanes, group) = (self.kernel.lanes(), self.kernel.group());
        let whole = |columns: usize| cols.start + cols.len() / columns * columns;
        let rest = match self.mode {
            Mode::Rows if group == 1 => cols.start,
            Mode::Rows => {
                self.reduce_tiles(cols.start..whole(group), Form::Groups);
                whole(group)
            }
            Mode::Columns => {
                self.reduce_tiles(cols.start..whole(lanes), Form::Lanes);
                self.fold();
                // all lanes meet each of the columns left over, which by now is what the first should do
                whole(lanes)
            }
        };
        self.reduce_tiles(rest..cols.end, Form::Alone);
    }

    fn reduce_tiles(&mut self, cols: Range<usize>, form: Form) {
        let (lanes, len) = (self.kernel.lanes(), self.kernel.len());
        for first in cols.clone().step_by(lanes) {
            let (from, index, values) =
                (&mut self.staged[..len.cols * lanes], &mut self.index[..lanes], &mut self.spill[..len.y * lanes]);
            Points { first, repeat: 1, last: cols.end - 1 }.stage(self.pass.cols, from, index);
            self.state.cols(from, index, values);
            self.state.add(values, lanes.min(cols.end - first), form);
        }
        self.state.reduce();
    }

    /// Merges the lanes of each vector, until the first (and every other) has what the whole vector had.
    fn fold(&mut self) {
        let (len, lanes) = (self.acc_len(), self.kernel.lanes());
        let numbers = &mut self.spill[..len];
        for block in 0..self.state.blocks() {
            let mut shift = lanes / 2;
            while shift > 0 {
                self.state.save(block, numbers);
                numbers.chunks_exact_mut(lanes).for_each(|vector| vector.rotate_left(shift));
                self.state.merge(block, numbers);
                shift /= 2;
            }
        }
    }

    fn acc_len(&self) -> usize {
        self.kernel.len().acc * self.kernel.vectors() * self.kernel.lanes()
    }

    /// Hands out what the rows have been reduced into.
    pub(super) fn save(&mut self) -> Result<Vec<T>, Error> {
        let len = self.acc_len();
        let mut numbers = buffer(self.state.blocks() * len)?;
        for block in 0..self.state.blocks() {
            self.state.save(block, &mut numbers[block * len..][..len]);
        }
        Ok(numbers)
    }

    /// Takes what the same rows have been reduced into over other columns.
    pub(super) fn merge(&mut self, numbers: &[T]) {
        let len = self.acc_len();
        for block in 0..self.state.blocks() {
            self.state.merge(block, &numbers[block * len..][..len]);
        }
    }

    /// Computes the results of the rows, one row after the other, and hands out the sums of what is added up.
    pub(super) fn finish(&mut self, out: &mut [T]) -> Vec<f64> {
        let len = self.kernel.len();
        let all = self.kernel.vectors() * self.kernel.lanes();
        let per_block = rows_per_block(self.kernel, self.mode);
        let mut sums = vec![0.0; len.total];
        let mut out = out.chunks_mut((per_block * len.out).max(1));
        for block in 0..self.state.blocks() {
            let results = &mut self.spill[..(len.out + len.total) * all];
            self.state.finish(block, results);
            let (results, shares) = results.split_at(len.out * all);
            let rows = per_block.min(self.rows.len() - block * per_block);
            let repeat = all / per_block;
            let out = out.next().unwrap_or_default();
            for (k, lanes) in results.chunks_exact(all).enumerate() {
                let lanes = lanes.iter().step_by(repeat);
                out[k..].iter_mut().step_by(len.out).zip(lanes).for_each(|(out, v)| *out = *v);
            }
            for (sum, lanes) in sums.iter_mut().zip(shares.chunks_exact(all)) {
                lanes.iter().step_by(repeat).take(rows).for_each(|v| *sum += v.to_f64());
            }
        }
        sums
    }
}

/// Which rows or columns are in the lanes: from the first on, each in `repeat` lanes, and the last in those left over.
#[derive(Clone, Copy)]
struct Points {
    first: usize,
    repeat: usize,
    last: usize,
}

impl Points {
    /// Lays out the components of these points of all views, and their numbers.
    fn stage<T: Copy>(self, views: &[View<'_, T>], to: &mut [T], index: &mut [u32]) {
        let lanes = index.len();
        let mut number = self.first;
        for index in index.chunks_mut(self.repeat) {
            index.fill(number.min(self.last) as u32);
            number += 1;
        }
        let consecutive = self.repeat == 1 && number - 1 <= self.last;
        let mut to = to;
        for view in views {
            let (flat, width) = (view.flat(), view.width());
            let components;
            (components, to) = to.split_at_mut(width * lanes);
            if consecutive {
                let points = &flat[self.first * width..number * width];
                match width {
                    1 => components.copy_from_slice(points),
                    2 => transpose(points.as_chunks::<2>().0, components),
                    3 => transpose(points.as_chunks::<3>().0, components),
                    _ => {
                        for (k, component) in components.chunks_exact_mut(lanes).enumerate() {
                            let points = points[k..].iter().step_by(width);
                            component.iter_mut().zip(points).for_each(|(to, v)| *to = *v);
                        }
                    }
                }
            } else {
                for (k, component) in components.chunks_exact_mut(lanes).enumerate() {
                    component.iter_mut().zip(&*index).for_each(|(to, n)| *to = flat[*n as usize * width + k]);
                }
            }
        }
    }
}

/// Turns points into components.
fn transpose<T: Copy, const D: usize>(points: &[[T; D]], mut to: &mut [T]) {
    let components: [&mut [T]; D] = from_fn(|_| {
        let component;
        (component, to) = mem::take(&mut to).split_at_mut(points.len());
        component
    });
    for (l, point) in points.iter().enumerate() {
        for k in 0..D {
            components[k][l] = point[k];
        }
    }
}
