//! Several blocks of rows that one task computes: of which each alone would not be worth a task, nor memory of its own.

use std::ops::Range;

use super::chunk::Chunk;
use super::kernel::Kernel;
use super::rows::{Mode, Rows};
use super::split::{Split, Splits};
use super::together::{self, Alike, Together};
use crate::host::Reading;
use crate::{Error, RowBlock, Scalar, SumScheme, ViewMut};

/// Blocks of rows that follow each other, each one chunk that meets one span of columns.
pub(super) struct Several<'a, T> {
    pub(super) kernel: &'a Kernel<T>,
    pub(super) reading: &'a Reading<'a, T>,
    pub(super) blocks: Range<usize>,
    /// Their rows in the window.
    pub(super) rows: Range<usize>,
}

impl<'a, T: Scalar> Several<'a, T> {
    /// Computes the results of the rows, each output to its places.
    pub(super) fn run(&self, outputs: &mut [ViewMut<'_, T>]) -> Result<(), Error> {
        let (alike, mut alone) = self.sorted();
        let lanes = self.kernel.lanes();
        let is_worth = |of: &&[(Alike, usize)]| of[0].0.is_worth(self.kernel, of.len());
        let groups = || alike.chunk_by(|a, b| a.0 == b.0).flat_map(|of| of.chunks(lanes));
        let most = groups().filter(is_worth).map(|of| of[0].0).reduce(Alike::max_of_each);
        if let Some(most) = most {
            let mut together = Together::new(self.kernel, self.reading, most)?;
            for of in groups().filter(is_worth) {
                together.run(of[0].0, of.iter().map(|(_, block)| *block), self.rows.start, outputs);
            }
        }
        alone.extend(groups().filter(|of| !is_worth(of)).flatten().map(|(_, block)| *block));
        self.run_alone(&alone, outputs)
    }

    /// The blocks that may be in lanes together, those of equal sizes side by side, and the others.
    fn sorted(&self) -> (Vec<(Alike, usize)>, Vec<usize>) {
        let mut splits = Splits::new(self.kernel);
        if self.reading.are_alike() {
            // known without a look at each
            return match self.alike(&mut splits, self.blocks.start) {
                Some(sizes) => (self.blocks.clone().map(|block| (sizes, block)).collect(), vec![]),
                None => (vec![], self.blocks.clone().collect()),
            };
        }
        let (mut alike, mut alone) = (vec![], vec![]);
        for block in self.blocks.clone() {
            if self.reading.row_window.of(&self.reading.pairs.blocks()[block].rows).is_empty() {
                continue;
            }
            match self.alike(&mut splits, block) {
                Some(sizes) => alike.push((sizes, block)),
                None => alone.push(block),
            }
        }
        if !alike.is_sorted() {
            alike.sort_unstable();
        }
        (alike, alone)
    }

    /// The sizes of a block, if it may be in lanes together with others of such sizes.
    fn alike(&self, splits: &mut Splits<'_, T>, block: usize) -> Option<Alike> {
        let (kernel, reading) = (self.kernel, self.reading);
        let block = &reading.pairs.blocks()[block];
        let problem = &reading.pairs.problems()[block.problem];
        let here = reading.row_window.of(&block.rows);
        let (&Split { mode, .. }, columns) = splits.of(problem);
        // groups of columns are plain numbers, and each lane would need its own
        let one_by_one = kernel.group() == 1 || reading.sum_scheme == SumScheme::Kahan;
        let meets_all = columns == 0
            || *reading.pairs.columns(block) == [problem.cols.clone()]
                && reading.col_window.of(&problem.cols) == problem.cols;
        let from_first = here.start == problem.rows.start && !reading.are_numbered();
        let is_small = here.len() <= together::ROWS && columns <= together::COLUMNS;
        (mode == Mode::Rows && one_by_one && meets_all && from_first && is_small)
            .then_some(Alike { columns, rows: here.len() })
    }

    /// Computes one block after the other, in the same memory.
    fn run_alone(&self, blocks: &[usize], outputs: &mut [ViewMut<'_, T>]) -> Result<(), Error> {
        let (kernel, reading) = (self.kernel, self.reading);
        let mut splits = Splits::new(kernel);
        let mut rows_of = |block: usize| {
            let RowBlock { problem, rows, .. } = &reading.pairs.blocks()[block];
            let here = reading.row_window.of(rows);
            let (&Split { mode, span, .. }, _) = splits.of(&reading.pairs.problems()[*problem]);
            (Rows { kernel, reading, block, mode, first: here.start, len: here.len() }, span)
        };
        let (mut room_for, mut columns) = (0, 0);
        for block in blocks {
            let (rows, span) = rows_of(*block);
            room_for = room_for.max(rows.blocks());
            columns = columns.max(reading.spans(rows.block(), span).next().map_or(0, |span| span.len()));
        }
        let mut chunk: Option<Chunk<'_, T>> = None;
        for block in blocks {
            let (rows, span) = rows_of(*block);
            let chunk = match &mut chunk {
                Some(chunk) => {
                    chunk.turn_to(rows);
                    chunk
                }
                none => none.insert(Chunk::with_room(rows, room_for, columns)?),
            };
            let span = reading.spans(rows.block(), span).next().unwrap_or(0..0);
            chunk.reduce(reading.pieces(rows.block(), span))?;
            chunk.finish(self.rows.start, outputs);
        }
        Ok(())
    }
}
