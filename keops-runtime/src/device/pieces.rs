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

/// What it takes to compute a pass in pieces.
struct Cut {
    rows: usize,
    cols: usize,
    /// Where pieces of columns may end.
    span: usize,
    /// Bytes of a row and of a column that come from this process, or go there.
    row: usize,
    col: usize,
    /// Bytes that a row and a column take beside these.
    more_of_row: usize,
    more_of_col: usize,
}

impl Cut {
    /// None where pairs are not those of one problem.
    fn of<T: Scalar, D: Accelerator<T>>(
        on: &OnDevice<D>,
        code: &DeviceCode<D::Module>,
        inputs: &Inputs<'_, T, Numbers<D::Buffer>>,
        outputs: &[Target<'_, T, Numbers<D::Buffer>>],
    ) -> Option<Self> {
        let [problem] = inputs.pairs.problems() else { return None };
        let (number, footprint) = (size_of::<T>(), &code.footprint);
        let results = outputs.iter().filter(|output| matches!(output, Target::Host(_)));
        let results: usize = results.map(|output| output.layout().width).sum();
        Some(Cut {
            rows: inputs.row_window.len,
            cols: inputs.col_window.len,
            span: on.0.span(footprint, problem.rows.len(), problem.cols.len()),
            row: (width_here(inputs.rows) + results) * number,
            col: width_here(inputs.cols) * number,
            more_of_row: footprint.acc * number,
            more_of_col: if footprint.is_long { footprint.column * number } else { 0 },
        })
    }

    /// The bytes that the whole pass takes.
    fn bytes(&self) -> usize {
        let rows = self.rows.saturating_mul(self.row + self.more_of_row);
        rows.saturating_add(self.cols.saturating_mul(self.col + self.more_of_col))
    }

    /// As many columns as have so many bytes, in whole spans.
    fn spans(&self, bytes: usize) -> usize {
        let col = (self.col + self.more_of_col).max(1);
        (bytes / col / self.span).max(1).saturating_mul(self.span).min(self.cols)
    }

    /// Pieces for which so many bytes are enough, a quarter of which is left for tables and for what is in use meanwhile.
    fn within(&self, free: usize) -> Option<Pieces> {
        let room = free / 4 * 3;
        // two pieces of columns at a time, and for each row what it is reduced into over a span, too
        let rows = room / 2 / (self.row + 3 * self.more_of_row).max(1);
        self.smaller(Pieces { rows: rows.clamp(1, self.rows.max(1)), cols: self.spans(room / 4) })
    }

    /// Pieces, if they are not the whole.
    fn smaller(&self, pieces: Pieces) -> Option<Pieces> {
        (pieces.rows < self.rows || pieces.cols < self.cols).then_some(pieces)
    }
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
        Ok((bytes >= self.0.piece() && uses <= 1) || !self.0.fits(bytes)?)
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
        let Some(pass) = Cut::of(self, code, inputs, outputs) else { return Ok(None) };
        let (all, piece) = (pass.bytes(), self.0.piece());
        if all < piece {
            return Ok(None);
        }
        let free = self.0.free()?;
        if all > free / 4 * 3 {
            return Ok(pass.within(free));
        }
        let cols = if pass.cols.saturating_mul(pass.col) < 2 * piece { pass.cols } else { pass.spans(piece) };
        Ok(pass.smaller(Pieces { rows: pass.rows, cols }))
    }

    /// The pieces of a pass for which there is room in so many bytes, if it can be cut.
    pub(super) fn pieces_in<T: Scalar>(
        &self,
        free: usize,
        code: &DeviceCode<D::Module>,
        inputs: &Inputs<'_, T, Numbers<D::Buffer>>,
        outputs: &[Target<'_, T, Numbers<D::Buffer>>],
    ) -> Option<Pieces>
    where
        D: Accelerator<T>,
    {
        Cut::of(self, code, inputs, outputs)?.within(free)
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
