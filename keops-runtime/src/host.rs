//! Engines whose memory is that of this process.

use std::hint::black_box;
use std::ops::Range;

use bytemuck::Zeroable;
use bytemuck::allocation::try_zeroed_vec;
use smallvec::SmallVec;

use crate::engine::Widths;
use crate::operand::Found;
use crate::{
    Elements, ElementsMut, Error, Inputs, Layout, Operand, Pairs, Per, RowBlock, Scalar, Source, SumScheme, Taken,
    Target, View, ViewMut, Window, parallel,
};

/// A list of what there is little of in most calls. Up to four entries take no memory of their own: a call of few points is
/// over in less time than what is asked of the allocator for ten.
pub(crate) type Few<V> = SmallVec<[V; 4]>;

/// `len` zeros, or an error where there is no memory. What the system hands out anew is not written: those who write results touch
/// it first, all threads at once.
pub(crate) fn zeros<V: Zeroable>(len: usize) -> Result<Vec<V>, Error> {
    try_zeroed_vec(len).map_err(|()| Error::OutOfMemory { numbers: len })
}

/// Room for `len` numbers.
pub(crate) fn room<T: Scalar>(len: usize) -> Result<Vec<T>, Error> {
    zeros(len)
}

/// `len` zeros to add to, which have been written, by all threads where there are many. What the system hands out anew and is read
/// first is a page of zeros that all share: writing to it then takes it from all processors at once, which wait for each other.
pub(crate) fn sums<T: Scalar>(len: usize) -> Result<Vec<T>, Error> {
    let mut sums = room::<T>(len)?;
    // compilers know that these are zeros
    let written = black_box(&mut sums);
    if len > PIECE {
        parallel::each(written.chunks_mut(PIECE), |piece| piece.fill(T::from_f64(0.0)));
    } else {
        written.fill(T::from_f64(0.0));
    }
    Ok(sums)
}

/// How many numbers a thread writes at once.
const PIECE: usize = 1 << 14;

/// The items of an `impl Engine<T>` whose memory is that of this process.
macro_rules! memory {
    () => {
        type Memory = Vec<T>;
        fn room(&self, numbers: usize) -> Result<Vec<T>, $crate::Error> {
            $crate::host::room(numbers)
        }
        fn read(&self, from: &Vec<T>, first: usize, to: &mut [T]) -> Result<(), $crate::Error> {
            to.copy_from_slice(&from[first..][..to.len()]);
            Ok(())
        }
        fn write(&self, to: &mut Vec<T>, first: usize, from: &[T]) -> Result<(), $crate::Error> {
            to[first..][..from.len()].copy_from_slice(from);
            Ok(())
        }
        fn take<'a>(
            &self,
            operand: &'a $crate::Operand<'_, T>,
            _: usize,
        ) -> Result<$crate::Taken<'a, T, Vec<T>>, $crate::Error> {
            $crate::host::take(operand)
        }
    };
}
pub(crate) use memory;

/// An operand where it lies, or a copy of what lies elsewhere.
pub(crate) fn take<'a, T: Scalar>(operand: &'a Operand<'_, T>) -> Result<Taken<'a, T, Vec<T>>, Error> {
    match operand.found()? {
        Found::Here(view) => Ok(Taken::Host(view)),
        Found::Elsewhere(memory, layout) => match memory.as_any().downcast_ref::<Vec<T>>() {
            Some(numbers) => View::new(Elements::Same(numbers), layout).map(Taken::Host),
            None => Ok(Taken::Copied(memory.to_host()?, layout)),
        },
    }
}

/// Does something with an operand's points, in the memory of this process.
pub(crate) fn viewed<T: Scalar, V>(
    operand: &Operand<'_, T>,
    with: impl FnOnce(View<'_, T>) -> Result<V, Error>,
) -> Result<V, Error> {
    match operand.found()? {
        Found::Here(view) => with(view),
        Found::Elsewhere(memory, layout) => with(View::new(Elements::Same(&memory.to_host()?), layout)?),
    }
}

/// Where points are to be read.
pub(crate) fn view<'v, T: Scalar>(source: &Source<'v, T, Vec<T>>) -> Result<View<'v, T>, Error> {
    match *source {
        Source::Host(view) => Ok(view),
        Source::Mine(memory, layout) => View::new(Elements::Same(memory), layout),
    }
}

/// A copy of points, one after the other.
pub(crate) fn copied<T: Scalar>(view: View<'_, T>) -> Result<(Vec<T>, Layout), Error> {
    let Layout { len, width, .. } = view.layout();
    let mut numbers = room(len * width)?;
    view.copy_to(&mut numbers);
    Ok((numbers, Layout::points(len, width)))
}

/// How many points a task takes at least, where they are copied in another order.
pub(crate) const TASK: usize = 8 * 1024;

/// A copy of points in an order, as an operand, of `integers` or of numbers.
pub(crate) fn in_order<T: Scalar>(
    view: View<'_, T>,
    order: &[u32],
    integers: bool,
) -> Result<Operand<'static, T>, Error> {
    fn gathered<T: Scalar, V: Zeroable + Send>(
        view: View<'_, T>,
        order: &[u32],
        of: impl Fn(T) -> V + Sync,
    ) -> Result<Vec<V>, Error> {
        let width = view.layout().width;
        let mut numbers: Vec<V> = zeros(order.len() * width)?;
        let tasks = numbers.chunks_mut((TASK * width).max(1)).zip(order.chunks(TASK));
        parallel::each(tasks, |(to, order)| {
            for (to, n) in to.chunks_exact_mut(width.max(1)).zip(order) {
                to.iter_mut().enumerate().for_each(|(k, to)| *to = of(view.get(*n as usize, k)));
            }
        });
        Ok(numbers)
    }
    let width = view.layout().width;
    Ok(match integers {
        true => Operand::Integers(gathered(view, order, T::to_index)?, width),
        false => Operand::Owned(gathered(view, order, |number| number)?, width),
    })
}

/// What a pass is applied to, all of it to be read from here.
#[derive(Debug)]
pub(crate) struct Reading<'a, T> {
    params: Vec<(View<'a, T>, Per)>,
    pub(crate) rows: Vec<View<'a, T>>,
    pub(crate) cols: Vec<View<'a, T>>,
    pub(crate) row_window: Window,
    pub(crate) col_window: Window,
    pub(crate) pairs: &'a Pairs,
    row_numbers: Option<&'a [u32]>,
    col_numbers: Option<&'a [u32]>,
    pub(crate) sum_scheme: SumScheme,
}

impl<'a, T: Scalar> Reading<'a, T> {
    /// No inputs: for what is done without any.
    pub(crate) fn nothing() -> Self {
        const NOTHING: &Pairs = &Pairs::none();
        let (row_window, col_window) = (Window::all(0), Window::all(0));
        let (params, rows, cols) = (vec![], vec![], vec![]);
        let (row_numbers, col_numbers, sum_scheme) = (None, None, SumScheme::Block);
        Reading { params, rows, cols, row_window, col_window, pairs: NOTHING, row_numbers, col_numbers, sum_scheme }
    }

    /// Reads these inputs.
    ///
    /// # Errors
    /// When a layout leads out of the engine's memory.
    ///
    /// # Panics
    /// When they are not those of a pass of such widths: engines rely on it.
    pub(crate) fn new(inputs: &Inputs<'a, T, Vec<T>>, widths: Widths) -> Result<Self, Error> {
        let mut reading = Reading {
            params: Vec::with_capacity(inputs.params.len()),
            rows: Vec::with_capacity(inputs.rows.len()),
            cols: Vec::with_capacity(inputs.cols.len()),
            row_window: inputs.row_window,
            col_window: inputs.col_window,
            pairs: inputs.pairs,
            row_numbers: inputs.row_numbers,
            col_numbers: inputs.col_numbers,
            sum_scheme: inputs.sum_scheme,
        };
        inputs.check(widths);
        for (source, per) in inputs.params {
            reading.params.push((view(source)?, *per));
        }
        for (sources, views) in [(inputs.rows, &mut reading.rows), (inputs.cols, &mut reading.cols)] {
            for source in sources {
                views.push(view(source)?);
            }
        }
        Ok(reading)
    }

    /// Whether rows or columns have indices of their own.
    pub(crate) fn are_numbered(&self) -> bool {
        self.row_numbers.is_some() || self.col_numbers.is_some()
    }

    /// Whether all problems are here, and of equal sizes.
    pub(crate) fn are_alike(&self) -> bool {
        let sizes = [self.row_window, self.col_window].map(|window| window.len);
        let starts = [self.row_window, self.col_window].map(|window| window.first);
        self.pairs.are_alike() && sizes == self.pairs.sizes() && starts == [0, 0]
    }

    /// The numbers of the parameters of a block.
    pub(crate) fn params(&self, block: usize) -> impl Iterator<Item = T> {
        let problem = self.pairs.blocks()[block].problem;
        self.params.iter().flat_map(move |(view, per)| {
            let point = match per {
                Per::Call => 0,
                Per::Problem => problem,
                Per::Block => block,
            };
            view.point(point)
        })
    }

    /// Whether blocks may have parameters of their own.
    pub(crate) fn params_vary(&self) -> bool {
        self.params.iter().any(|(_, per)| *per != Per::Call)
    }

    /// The spans of a block's problem that lie in the window and have listed columns, in order.
    ///
    /// # Panics
    /// When the window does not end where spans end.
    pub(crate) fn spans(
        &self,
        block: &RowBlock,
        span: usize,
    ) -> impl Iterator<Item = Range<usize>> + Clone + use<'a, T> {
        let here = self.pairs.problems()[block.problem].cols_in(self.col_window, span);
        let lists = self.pairs.columns(block);
        let spans = here.clone().step_by(span).map(move |start| start..here.end.min(start + span));
        spans.filter(move |span| pieces(lists, span.clone()).next().is_some())
    }

    /// The listed columns of a span.
    pub(crate) fn pieces(
        &self,
        block: &RowBlock,
        span: Range<usize>,
    ) -> impl Iterator<Item = Range<usize>> + Clone + use<'a, T> {
        pieces(self.pairs.columns(block), span)
    }

    /// How the rows of a problem are counted.
    pub(crate) fn row_indices(&self, problem: usize) -> Indices<'a> {
        let origin = self.pairs.problems()[problem].rows.start;
        Indices { own: self.row_numbers, first: self.row_window.first, origin }
    }

    /// How its columns are.
    pub(crate) fn col_indices(&self, problem: usize) -> Indices<'a> {
        let origin = self.pairs.problems()[problem].cols.start;
        Indices { own: self.col_numbers, first: self.col_window.first, origin }
    }
}

/// What of a span the lists have.
fn pieces(lists: &[Range<usize>], span: Range<usize>) -> impl Iterator<Item = Range<usize>> + Clone {
    let first = lists.partition_point(|list| list.end <= span.start);
    let near = lists[first..].iter().take_while(move |list| list.start < span.end);
    near.map(move |list| list.start.max(span.start)..list.end.min(span.end))
}

/// The indices of the rows, or of the columns, of a problem.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indices<'a> {
    /// Those of the points in the window, where they have some of their own.
    own: Option<&'a [u32]>,
    /// The first point in the window, and the first of the problem.
    first: usize,
    origin: usize,
}

impl Indices<'_> {
    /// Points are counted from `origin` on.
    #[cfg(test)]
    pub(crate) fn counted(origin: usize) -> Self {
        Indices { own: None, first: 0, origin }
    }
    /// Those of the points from `first` on.
    pub(crate) fn named(own: &[u32], first: usize) -> Indices<'_> {
        Indices { own: Some(own), first, origin: 0 }
    }
    /// Writes the indices of the points from `first` on.
    pub(crate) fn write(&self, first: usize, to: &mut [u32]) {
        match self.own {
            Some(own) => to.copy_from_slice(&own[first - self.first..][..to.len()]),
            None => to.iter_mut().zip((first - self.origin) as u32..).for_each(|(to, index)| *to = index),
        }
    }
    /// The index of a point.
    #[inline]
    pub(crate) fn of(&self, point: usize) -> u32 {
        self.own.map_or((point - self.origin) as u32, |own| own[point - self.first])
    }
}

/// The outputs of a pass, as places in the memory of this process.
///
/// # Errors
/// When a layout leads out of the engine's memory.
///
/// # Panics
/// When they are not those of a pass of such widths.
pub(crate) fn places<'t, T: Scalar>(
    outputs: &'t mut [Target<'_, T, Vec<T>>],
    widths: Widths,
    reading: &Reading<'_, T>,
) -> Result<Few<ViewMut<'t, T>>, Error> {
    widths.check(outputs, reading.row_window);
    views(outputs)
}

/// Outputs as places in the memory of this process.
///
/// # Errors
/// When a layout leads out of the engine's memory.
pub(crate) fn views<'t, T: Scalar>(outputs: &'t mut [Target<'_, T, Vec<T>>]) -> Result<Few<ViewMut<'t, T>>, Error> {
    let view = |target: &'t mut Target<'_, T, Vec<T>>| match target {
        Target::Host(view) => Ok(view.reborrow()),
        Target::Mine(memory, layout) => ViewMut::new(ElementsMut::Same(memory), *layout),
    };
    outputs.iter_mut().map(view).collect()
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "lists of columns are ranges")]
mod tests {
    use super::*;

    #[test]
    fn spans_have_the_listed_columns() {
        let pairs = Pairs::ranges(4, 100, [(0..2, vec![3..8, 10..31, 75..80]), (2..4, vec![])]);
        let of = |first: usize, len: usize, block: usize| -> Vec<Vec<Range<usize>>> {
            let inputs: Inputs<'_, f32, Vec<f32>> = Inputs {
                params: &[],
                rows: &[],
                cols: &[],
                kept: true,
                row_window: Window::all(4),
                col_window: Window { first, len },
                pairs: &pairs,
                row_numbers: None,
                col_numbers: None,
                sum_scheme: SumScheme::Block,
            };
            let widths = Widths { params: 0, rows: 0, cols: 0, out: 0 };
            let reading = Reading::new(&inputs, widths).expect("there is nothing to read");
            let block = &pairs.blocks()[block];
            let pieces = |span| reading.pieces(block, span).collect();
            reading.spans(block, 10).map(pieces).collect()
        };
        assert_eq!(of(0, 100, 0), [vec![3..8], vec![10..20], vec![20..30], vec![30..31], vec![75..80]]);
        assert_eq!(of(20, 60, 0), [vec![20..30], vec![30..31], vec![75..80]]);
        assert_eq!(of(0, 100, 1), Vec::<Vec<_>>::new());
        assert_eq!(of(40, 0, 0), Vec::<Vec<_>>::new());
        assert!(std::panic::catch_unwind(|| of(0, 15, 0)).is_err(), "a window that ends within a span");
    }
}
