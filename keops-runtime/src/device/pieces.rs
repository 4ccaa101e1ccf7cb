//! Passes whose operands are taken from this process in pieces: those that have no room on the device, and long ones, of which a
//! piece is copied while the one before it is computed with.
//!
//! Pieces are windows, whose ends do not decide the bits of a result: see [`Engine`].

use super::{Accelerator, DeviceCode, Numbers, OnDevice};
use crate::engine::{Engine, Inputs, Source, Target, Window};
use crate::view::Layout;
use crate::{Error, Scalar};

/// How many rows and columns a piece has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pieces {
    rows: usize,
    cols: usize,
}

/// The copy of an operand; none of one that is on the device already.
type Brought<B> = Option<(Numbers<B>, Layout)>;

/// How many numbers of a point are not on the device.
fn width_here<T, M>(sources: &[Source<'_, T, M>]) -> usize {
    let here = sources.iter().filter(|source| matches!(source, Source::Host(_)));
    here.map(|source| source.layout().width).sum()
}

impl<D> OnDevice<D> {
    /// Whether an operand that is read so often is left where it is, to be copied by the passes that read it.
    pub(super) fn stays<T: Scalar>(&self, layout: Layout, uses: usize) -> Result<bool, Error>
    where
        D: Accelerator<T>,
    {
        let bytes = layout.len.saturating_mul(layout.width * size_of::<T>());
        Ok(bytes >= self.0.piece() && (uses <= 1 || bytes > self.0.free()? / 4))
    }

    /// The pieces in which a pass is to be computed, if it is not at once.
    pub(super) fn pieces<T: Scalar>(
        &self,
        code: &DeviceCode<D::Module>,
        inputs: &Inputs<'_, T, Numbers<D::Buffer>>,
        outputs: &[Target<'_, T, Numbers<D::Buffer>>],
    ) -> Result<Option<Pieces>, Error>
    where
        D: Accelerator<T>,
    {
        let [problem] = inputs.pairs.problems() else { return Ok(None) };
        let (m, n) = (inputs.row_window.len, inputs.col_window.len);
        let (number, footprint) = (size_of::<T>(), &code.footprint);
        let results = outputs.iter().filter(|output| matches!(output, Target::Host(_)));
        let results: usize = results.map(|output| output.layout().width).sum();
        // bytes of a row and of a column, and of what they take beside operands and results
        let (row, col) = ((width_here(inputs.rows) + results) * number, width_here(inputs.cols) * number);
        let (more_of_row, more_of_col) =
            (footprint.acc * number, if footprint.is_long { footprint.column * number } else { 0 });
        let piece = self.0.piece();
        let all = m.saturating_mul(row + more_of_row).saturating_add(n.saturating_mul(col + more_of_col));
        if all < piece {
            return Ok(None);
        }
        let room = self.0.free()? / 4 * 3;
        let span = self.0.span(footprint, problem.rows.len(), problem.cols.len());
        let spans = |bytes: usize| (bytes / (col + more_of_col).max(1) / span).max(1).saturating_mul(span).min(n);
        let pieces = if all <= room {
            Pieces { rows: m, cols: if n.saturating_mul(col) < 2 * piece { n } else { spans(piece) } }
        } else {
            // two pieces of columns at a time, and for each row what it is reduced into over a span, too
            let rows = room / 2 / (row + 3 * more_of_row).max(1);
            Pieces { rows: rows.clamp(1, m.max(1)), cols: spans(room / 4) }
        };
        Ok((pieces.rows < m || pieces.cols < n).then_some(pieces))
    }

    /// Computes a pass in pieces.
    pub(super) fn run_in_pieces<T: Scalar>(
        &self,
        code: &DeviceCode<D::Module>,
        inputs: &Inputs<'_, T, Numbers<D::Buffer>>,
        outputs: &mut [Target<'_, T, Numbers<D::Buffer>>],
        pieces: Pieces,
    ) -> Result<(), Error>
    where
        D: Accelerator<T>,
    {
        let windows = |all: Window, most: usize| {
            let lens = (0..all.len).step_by(most.max(1)).map(move |first| (first, most.min(all.len - first)));
            lens.map(move |(first, len)| (first, Window { first: all.first + first, len }))
        };
        // to begin and to finish, rows meet none of the columns
        let no_cols: Vec<_> = inputs.cols.iter().map(|source| source.part(0, 0)).collect();
        let none = Window { len: 0, ..inputs.col_window };
        let no_numbers = inputs.col_numbers.map(|numbers| &numbers[..0]);
        for (first, row_window) in windows(inputs.row_window, pieces.rows) {
            let rows = self.brought(inputs.rows, first, row_window.len)?;
            let rows = sources(inputs.rows, &rows, first, row_window.len);
            let row_numbers = inputs.row_numbers.map(|numbers| &numbers[first..first + row_window.len]);
            let here = Inputs { rows: &rows, row_window, row_numbers, ..*inputs };
            let alone = Inputs { cols: &no_cols, col_window: none, col_numbers: no_numbers, ..here };
            let mut partial = self.start(code, &alone)?;
            // the piece that is computed with keeps its memory until the next one is there, which so gets another
            let mut before = vec![];
            for (first, col_window) in windows(inputs.col_window, pieces.cols) {
                let brought = match self.brought(inputs.cols, first, col_window.len) {
                    // there may be room for one piece
                    Err(_) if !before.is_empty() => {
                        before.clear();
                        self.brought(inputs.cols, first, col_window.len)?
                    }
                    brought => brought?,
                };
                drop(std::mem::replace(&mut before, brought));
                let cols = sources(inputs.cols, &before, first, col_window.len);
                let col_numbers = inputs.col_numbers.map(|numbers| &numbers[first..first + col_window.len]);
                self.reduce(code, &Inputs { cols: &cols, col_window, col_numbers, ..here }, &mut partial)?;
            }
            let mut parts: Vec<_> = outputs.iter_mut().map(|output| output.part(first, row_window.len)).collect();
            self.finish(code, &alone, partial, &mut parts)?;
        }
        Ok(())
    }

    /// Copies of some points of those operands that are not on the device.
    fn brought<T: Scalar>(
        &self,
        from: &[Source<'_, T, Numbers<D::Buffer>>],
        first: usize,
        len: usize,
    ) -> Result<Vec<Brought<D::Buffer>>, Error>
    where
        D: Accelerator<T>,
    {
        let one = |source: &Source<'_, T, Numbers<D::Buffer>>| match source.part(first, len) {
            Source::Host(view) => self.upload(&view).map(Some),
            Source::Mine(..) => Ok(None),
        };
        from.iter().map(one).collect()
    }
}

/// Some points of operands: where they have been brought to, or where they lie.
fn sources<'a, T, B>(
    from: &[Source<'a, T, Numbers<B>>],
    brought: &'a [Brought<B>],
    first: usize,
    len: usize,
) -> Vec<Source<'a, T, Numbers<B>>> {
    let one = |(source, brought): (&Source<'a, T, Numbers<B>>, &'a Brought<B>)| match brought {
        Some((numbers, layout)) => Source::Mine(numbers, *layout),
        None => source.part(first, len),
    };
    from.iter().zip(brought).map(one).collect()
}
