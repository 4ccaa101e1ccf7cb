//! Two passes of sums at once: one sums over the columns of each row, the other over the rows of each column, and what both are made of
//! is computed once for a pair.
//!
//! Rows and columns are cut into blocks by their numbers alone. In a round each block of rows meets one of columns, so that both may be added
//! to; rounds follow each other, in some copies that have sums of their own and are added up in order. So the order of all additions is the same on
//! any number of threads. The values of a tile, and those of a block of rows, are summed plainly, and these sums with compensation, as [`Cpu`]
//! does it.

use std::ops::Range;

use super::chunk::Chunk;
use super::kernel::{Across, Form, Kernel};
use super::meet::{self, InLines, absorb, folded, vectors_of_a_block};
use super::rows::{self, Mode, Rows};
use super::{Cpu, read};
use crate::host::{Reading, room, sums};
use crate::{Engine, Error, Inputs, Scalar, SumScheme, Target, parallel};

/// With fewer rows or columns than these, blocks are too few or too small.
const LEAST: usize = 4096;

/// How many blocks there are at least of rows, and of columns, if they can be so small.
const BLOCKS: usize = 6;

/// How many bytes the sums of a tile's columns take at most, in the lanes of rows: they stay in the first cache.
const TILE_BYTES: usize = 16 * 1024;

/// How many meetings there are at once at least, if that takes no more than [`COPIES`] of all sums.
const AT_ONCE: usize = 32;
const COPIES: usize = 4;

/// What the meetings that are at once are put together to, for each thread.
const JOBS_PER_THREAD: usize = 8;

/// Runs a pass, and the one whose sums it computes across: if it can, and if it pays. Answers whether it did.
pub(super) fn run<T: Scalar>(
    cpu: &Cpu,
    [kernel, of_cols]: [&Kernel<T>; 2],
    [inputs, inputs_of_cols]: [&Inputs<'_, T, Vec<T>>; 2],
    [outputs, outputs_of_cols]: [&mut [Target<'_, T, Vec<T>>]; 2],
) -> Result<bool, Error> {
    let (rows, cols, pairs) = (inputs.row_window, inputs.col_window, inputs.pairs);
    let sizes = pairs.problems().first().map_or([0; 2], |problem| [problem.rows.len(), problem.cols.len()]);
    let is_one = pairs.problems().len() == 1 && pairs.are_whole();
    let is_here = [rows.len, cols.len] == sizes && inputs.row_numbers.is_none() && inputs.col_numbers.is_none();
    let Some(across) = kernel.across() else { return Ok(false) };
    if !is_one || !is_here || inputs.sum_scheme != SumScheme::Block || sizes.iter().any(|len| *len < LEAST) {
        return Ok(false);
    }
    let reading = read(kernel, inputs)?;
    let reading_of_cols = read(of_cols, inputs_of_cols)?;
    assert_eq!(of_cols.len().acc, across.acc, "a kernel sums across what the other pass sums");
    let meetings = Meetings { kernel, reading: &reading, across, places: across.places() };
    // Rows behind the last block of lanes: there the last would be met more than once, which no column may be told.
    let per_block = kernel.block_lanes();
    let whole = rows.len - rows.len % per_block;
    let [in_lanes, mut to_cols] = meetings.sums([whole, cols.len])?;
    let mut to_rows = room(rows.len * kernel.len().acc)?;
    let all = Rows { kernel, reading: &reading, block: 0, mode: Mode::Rows, first: 0, len: whole };
    rows::each_number(&all, |at, place| to_rows[at] = in_lanes[place]);
    reduce(kernel, &reading, whole..rows.len, 0..cols.len, &mut to_rows)?;
    reduce(of_cols, &reading_of_cols, 0..cols.len, whole..rows.len, &mut to_cols)?;
    cpu.finish(kernel, inputs, to_rows, outputs)?;
    cpu.finish(of_cols, inputs_of_cols, to_cols, outputs_of_cols)?;
    Ok(true)
}

/// Reduces some rows over some columns, and merges that into what all rows have been reduced into.
fn reduce<T: Scalar>(
    kernel: &Kernel<T>,
    reading: &Reading<'_, T>,
    rows: Range<usize>,
    cols: Range<usize>,
    into: &mut [T],
) -> Result<(), Error> {
    let acc = kernel.len().acc;
    let into = &mut into[rows.start * acc..rows.end * acc];
    if into.is_empty() || cols.is_empty() {
        return Ok(());
    }
    let each = vectors_of_a_block(rows.len(), kernel.lanes(), BLOCKS) * kernel.lanes();
    parallel::try_each(into.chunks_mut(each * acc).enumerate(), |(n, into)| {
        kernel.with_room(|| {
            let (first, len) = (rows.start + n * each, into.len() / acc);
            let rows = Rows { kernel, reading, block: 0, mode: Mode::Rows, first, len };
            let mut chunk = Chunk::new(rows, cols.len())?;
            chunk.reduce(std::iter::once(cols.clone()))?;
            rows::merge_rows(&rows, &mut chunk.state, into)?;
            rows::save_rows(&rows, &mut chunk.state, into)
        })
    })
}

/// What all meetings of blocks are computed with.
struct Meetings<'a, T> {
    kernel: &'a Kernel<T>,
    reading: &'a Reading<'a, T>,
    across: &'a Across<T>,
    /// Where sums are found among the numbers of a row, and among those of a column.
    places: [Vec<[usize; 2]>; 2],
}

impl<T: Scalar> Meetings<'_, T> {
    /// What so many rows and columns are reduced into: for rows vector after vector, each one number after the other in all lanes, and column
    /// after column.
    fn sums(&self, sizes: [usize; 2]) -> Result<[Vec<T>; 2], Error> {
        let lanes = self.kernel.lanes();
        let accs = [self.kernel.len().acc, self.across.acc];
        let blocks = sizes.map(|points| vectors_of_a_block(points, lanes, BLOCKS) * lanes);
        let [i, j] = [0, 1].map(|side| sizes[side].div_ceil(blocks[side]));
        let copies = (AT_ONCE / i.min(j).max(1)).clamp(1, COPIES);
        let new = || Ok([sums(sizes[0] * accs[0])?, sums(sizes[1] * accs[1])?]);
        let mut all: Vec<[Vec<T>; 2]> = (0..copies).map(|_| new()).collect::<Result<_, Error>>()?;
        for at_once in rounds([i, j]).chunks(copies) {
            let mut tasks = vec![];
            for ([rows, cols], round) in all.iter_mut().zip(at_once) {
                let mut rows: Vec<_> = rows.chunks_mut(blocks[0] * accs[0]).map(Some).collect();
                let mut cols: Vec<_> = cols.chunks_mut(blocks[1] * accs[1]).map(Some).collect();
                let meet = round.iter().filter_map(|[i, j]| Some(([*i, *j], rows[*i].take()?, cols[*j].take()?)));
                tasks.extend(meet);
            }
            // one after the other has the same room for its rows; which ones do decides nothing
            let of_thread = tasks.len().div_ceil(JOBS_PER_THREAD * rayon::current_num_threads());
            parallel::try_each(tasks.chunks_mut(of_thread.max(1)), |tasks| {
                let points = |side: usize, at: usize| at * blocks[side]..sizes[side].min((at + 1) * blocks[side]);
                self.kernel.with_room(|| {
                    let mut room = Room::new(self, blocks[0])?;
                    for ([i, j], to_rows, to_cols) in tasks {
                        self.meet([points(0, *i), points(1, *j)], to_rows, to_cols, &mut room)?;
                    }
                    Ok(())
                })
            })?;
        }
        let mut all = all.into_iter();
        let mut sums = all.next().unwrap_or_default();
        for next in all {
            for (side, lanes) in [lanes, 1].into_iter().enumerate() {
                let of_blocks = blocks[side] * accs[side];
                let blocks = sums[side].chunks_mut(of_blocks).zip(next[side].chunks(of_blocks));
                parallel::each(blocks, |(to, from)| self.merge(side, lanes, to, from));
            }
        }
        Ok(sums)
    }

    /// Merges what points of a side have been reduced into, in so many lanes.
    fn merge(&self, side: usize, lanes: usize, to: &mut [T], from: &[T]) {
        let acc = [self.kernel.len().acc, self.across.acc][side] * lanes;
        for (to, from) in to.chunks_exact_mut(acc).zip(from.chunks_exact(acc)) {
            for [total, rest] in &self.places[side] {
                for lane in 0..lanes {
                    let (total, rest) = (total * lanes + lane, rest * lanes + lane);
                    let mut so_far = (to[total], to[rest]);
                    meet::merge(&mut so_far, (from[total], from[rest]));
                    (to[total], to[rest]) = so_far;
                }
            }
        }
    }

    /// Adds to the sums of rows what columns give to them, and to those of columns what rows give.
    fn meet<'a>(
        &'a self,
        [rows, cols]: [Range<usize>; 2],
        to_rows: &mut [T],
        to_cols: &mut [T],
        room: &mut Room<'a, T>,
    ) -> Result<(), Error> {
        let Meetings { kernel, reading, across, .. } = *self;
        let lanes = kernel.lanes();
        room.chunk.turn_to(self.rows(rows));
        let state = &mut room.chunk.state;
        let y = meet::cols(kernel, reading, state, cols.clone())?;
        for first in (0..cols.len()).step_by(room.tile) {
            let len = room.tile.min(cols.len() - first);
            state.fill(&y, first..first + len);
            let sums = &mut room.sums.all()[..len * across.len * lanes];
            sums.fill(T::from_f64(0.0));
            (0..state.blocks()).for_each(|block| state.reduce_across(block, sums));
            let to_cols = &mut to_cols[first * across.acc..(first + len) * across.acc];
            for (sums, to) in folded(lanes, sums).chunks_exact(across.len).zip(to_cols.chunks_exact_mut(across.acc)) {
                for (sum, [total, rest]) in sums.iter().zip(&self.places[1]) {
                    let mut so_far = (to[*total], to[*rest]);
                    absorb(&mut so_far, *sum);
                    (to[*total], to[*rest]) = so_far;
                }
            }
        }
        for (block, to_rows) in to_rows.chunks_exact_mut(room.numbers.len()).enumerate() {
            state.save(block, &mut room.numbers);
            self.merge(0, lanes, to_rows, &room.numbers);
        }
        Ok(())
    }

    /// Some rows, in whole blocks of lanes.
    fn rows(&self, rows: Range<usize>) -> Rows<'_, T> {
        let Meetings { kernel, reading, .. } = *self;
        Rows { kernel, reading, block: 0, mode: Mode::Rows, first: rows.start, len: rows.len() }
    }
}

/// Room for one block of rows after the other.
struct Room<'a, T> {
    chunk: Chunk<'a, T>,
    /// How many columns a tile has, and their sums in the lanes of rows.
    tile: usize,
    sums: InLines<T>,
    /// What a block of lanes has been reduced into.
    numbers: Vec<T>,
}

impl<'a, T: Scalar> Room<'a, T> {
    /// Room for so many rows.
    fn new(of: &'a Meetings<'_, T>, rows: usize) -> Result<Self, Error> {
        let (kernel, lanes) = (of.kernel, of.kernel.lanes());
        let column = of.across.len * lanes;
        let tile = (TILE_BYTES / (column * size_of::<T>())).clamp(1, kernel.tile(Form::Alone));
        let per_block = kernel.block_lanes();
        Ok(Room {
            chunk: Chunk::with_room(of.rows(0..per_block), rows.div_ceil(per_block), tile)?,
            tile,
            sums: InLines::new(tile * column)?,
            numbers: room(rows::acc_len(kernel))?,
        })
    }
}

/// All pairs of so many blocks of rows and of columns, in rounds: in each of them a block is in one pair at most.
fn rounds([rows, cols]: [usize; 2]) -> Vec<Vec<[usize; 2]>> {
    let all = rows.max(cols);
    let round = |n: usize| (0..all).map(move |k| [k, (k + n) % all]).filter(|[i, j]| *i < rows && *j < cols).collect();
    (0..all).map(round).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::rounds;

    #[test]
    fn each_pair_meets_once_and_no_block_is_in_two_places() {
        for (rows, cols) in (0..12).flat_map(|rows| (0..12).map(move |cols| (rows, cols))) {
            let mut met = BTreeSet::new();
            for round in rounds([rows, cols]) {
                let mut busy = [BTreeSet::new(), BTreeSet::new()];
                for [i, j] in round {
                    assert!(i < rows && j < cols && met.insert([i, j]), "{rows} x {cols}: {i}, {j}");
                    assert!(busy[0].insert(i) && busy[1].insert(j), "{rows} x {cols}: {i}, {j}");
                }
            }
            assert_eq!(met.len(), rows * cols);
        }
    }
}
