//! The columns of a pass on their way to all ranks.

use std::ops::Range;

use super::agreement::{At, caught};
use super::{Communicator, Ranks};
use crate::engine::{Engine, Inputs, Source, Window};
use crate::host::{room, view};
use crate::{Elements, Error, Layout, Problem, Scalar, View};

/// How columns are cut, which depends on what all ranks know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Windows have so many columns at most, where spans are no longer.
    Most(usize),
    /// The same, and no more than one span of each problem. A problem of several spans shares none of its windows.
    OneSpan(usize),
}

/// Windows of columns that end where spans end.
pub(super) fn windows(problems: &[Problem], span: impl Fn(&Problem) -> usize, cut: Cut) -> Vec<Window> {
    let (most, one_span) = match cut {
        Cut::Most(most) => (most, false),
        Cut::OneSpan(most) => (most, true),
    };
    let mut windows: Vec<Window> = vec![];
    let mut is_closed = true;
    for problem in problems.iter().filter(|problem| !problem.cols.is_empty()) {
        let span = span(problem).min(problem.cols.len());
        let alone = one_span && span < problem.cols.len();
        is_closed |= alone;
        for first in problem.cols.clone().step_by(span) {
            let len = span.min(problem.cols.end - first);
            match windows.last_mut() {
                Some(last) if !is_closed && last.len + len <= most => last.len += len,
                _ => windows.push(Window { first, len }),
            }
            is_closed = alone;
        }
    }
    windows
}

/// The columns of one piece, point after point, with the numbers of all operands of each.
struct Packed<T> {
    window: Window,
    numbers: Vec<T>,
}

impl<T: Scalar> Packed<T> {
    /// The operands, for a window of the piece.
    fn sources<'s, M>(&'s self, of: &[Source<'_, T, M>], window: Window) -> Result<Vec<Source<'s, T, M>>, Error> {
        let point = width(of);
        let mut first = 0;
        let one = |source: &Source<'_, T, M>| {
            let width = source.layout().width;
            let layout = Layout { first, point, ..Layout::points(self.window.len, width) };
            first += width;
            let all = View::new(Elements::Same(&self.numbers), layout)?;
            Ok(Source::Host(all.part(window.first - self.window.first, window.len)))
        };
        of.iter().map(one).collect()
    }
}

/// How many numbers a column has.
pub(super) fn width<T, M>(sources: &[Source<'_, T, M>]) -> usize {
    sources.iter().map(|source| source.layout().width).sum()
}

/// Which columns each rank has.
pub(super) type Owners = [Window];

impl<E, C: Communicator> Ranks<E, C> {
    /// Does something with all columns, window after window. Those of a piece, which is several windows, travel together, while work is done on
    /// the piece before it.
    pub(super) fn each_window<T: Scalar>(
        &self,
        inputs: &Inputs<'_, T, E::Memory>,
        owners: &Owners,
        pieces: &[&[Window]],
        mut with: impl FnMut(&Inputs<'_, T, E::Memory>) -> Result<(), Error>,
    ) -> Result<(), Error>
    where
        E: Engine<T>,
    {
        let all: usize = owners.iter().map(|owner| owner.len).sum();
        let mut with = |inputs: &Inputs<'_, T, E::Memory>| {
            with(inputs)?;
            if let Some(told) = &self.progress {
                let Window { first, len } = inputs.col_window;
                told((first + len) as f64 / all as f64);
            }
            Ok(())
        };
        let mut outcome = Ok(());
        let mut here: Option<(Packed<T>, &[Window])> = None;
        for windows in pieces.iter().map(Some).chain([None]) {
            let mut work = Work { inputs, piece: here.take(), done: 0 };
            let Some(&windows) = windows else {
                while outcome.is_ok() && work.step(&mut with, &mut outcome) {}
                return outcome;
            };
            // what has gone wrong with the piece before is said now
            let coming = outcome.and_then(|()| self.packed(inputs, whole(windows)));
            let mut coming = self.once_all_are_well(At::Columns, coming)?;
            outcome = Ok(());
            let parts = parts(&mut coming, owners, width(inputs.cols));
            self.communicator.spread(parts, &mut || outcome.is_ok() && work.step(&mut with, &mut outcome));
            here = Some((coming, windows));
        }
        outcome
    }

    /// Room for the columns of a window, with those of them that are here.
    fn packed<T: Scalar>(&self, inputs: &Inputs<'_, T, E::Memory>, window: Window) -> Result<Packed<T>, Error>
    where
        E: Engine<T>,
    {
        let width = width(inputs.cols);
        let numbers = window.len.checked_mul(width).ok_or(Error::OutOfMemory { numbers: usize::MAX })?;
        let mut packed = Packed { window, numbers: room(numbers)? };
        let mine = inputs.col_window.of(&(window.first..window.first + window.len));
        if mine.is_empty() {
            return Ok(packed);
        }
        let mut first = (mine.start - window.first) * width;
        for source in inputs.cols {
            let source = source.part(mine.start - inputs.col_window.first, mine.len());
            let mut copy = vec![];
            let view = self.viewed(&source, &mut copy)?;
            let (numbers, of_source) = (&mut packed.numbers[first..], view.layout().width);
            for (k, point) in numbers.chunks_mut(width).take(mine.len()).enumerate() {
                point[..of_source].iter_mut().zip(view.point(k)).for_each(|(to, number)| *to = number);
            }
            first += of_source;
        }
        Ok(packed)
    }

    /// The points of a source in this process: there, or copied to it.
    pub(super) fn viewed<'v, T: Scalar>(
        &self,
        source: &Source<'v, T, E::Memory>,
        copy: &'v mut Vec<T>,
    ) -> Result<View<'v, T>, Error>
    where
        E: Engine<T>,
    {
        match *source {
            Source::Host(view) => Ok(view),
            Source::Mine(memory, layout) => {
                // from the first number of these points on
                let (from, to) = (layout.at(0, 0), layout.extent().unwrap_or(0));
                *copy = room(to.saturating_sub(from))?;
                self.inner.read(memory, from, copy)?;
                let there = Layout { first: 0, start: 0, cycle: usize::MAX, ..layout };
                view(&Source::Mine(copy, there))
            }
        }
    }
}

/// The windows of a piece that is here, one after the other.
struct Work<'w, 'i, T, M> {
    inputs: &'w Inputs<'i, T, M>,
    piece: Option<(Packed<T>, &'w [Window])>,
    done: usize,
}

impl<T: Scalar, M> Work<'_, '_, T, M> {
    /// Does the work of the next window. Answers whether there is another.
    fn step(
        &mut self,
        with: &mut impl FnMut(&Inputs<'_, T, M>) -> Result<(), Error>,
        outcome: &mut Result<(), Error>,
    ) -> bool {
        let Some((packed, windows)) = &self.piece else { return false };
        let Some(&window) = windows.get(self.done) else { return false };
        self.done += 1;
        *outcome = caught(|| {
            let cols = packed.sources(self.inputs.cols, window)?;
            with(&Inputs { cols: &cols, col_window: window, ..*self.inputs })
        });
        outcome.is_ok() && self.done < windows.len()
    }
}

/// All columns of windows that follow each other.
fn whole(windows: &[Window]) -> Window {
    let first = windows[0].first;
    let end = windows.last().map_or(first, |last| last.first + last.len);
    Window { first, len: end - first }
}

/// The parts of a piece, each with the rank that has it.
fn parts<'p, T: Scalar>(packed: &'p mut Packed<T>, owners: &Owners, width: usize) -> Vec<(usize, &'p mut [u8])> {
    let all: Range<usize> = packed.window.first..packed.window.first + packed.window.len;
    let mut rest: &mut [T] = &mut packed.numbers;
    let mut parts = vec![];
    for (rank, window) in owners.iter().enumerate() {
        let (part, behind) = std::mem::take(&mut rest).split_at_mut(window.of(&all).len() * width);
        rest = behind;
        if !part.is_empty() {
            parts.push((rank, bytemuck::cast_slice_mut(part)));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(cols: &[usize]) -> Vec<Problem> {
        let mut end = 0;
        let of = |(k, len): (usize, &usize)| {
            end += len;
            Problem { rows: k..k + 1, cols: end - len..end }
        };
        cols.iter().enumerate().map(of).collect()
    }

    fn ends(cols: &[usize], span: usize, cut: Cut) -> Vec<usize> {
        windows(&problems(cols), |_| span, cut).iter().map(|w| w.first + w.len).collect()
    }

    #[test]
    fn windows_end_where_spans_end() {
        assert_eq!(ends(&[10], 4, Cut::Most(8)), [8, 10]);
        assert_eq!(ends(&[10], 4, Cut::Most(1)), [4, 8, 10]);
        assert_eq!(ends(&[10], 100, Cut::Most(1)), [10]);
        assert_eq!(ends(&[3, 0, 5, 2], 4, Cut::Most(4)), [3, 7, 10]);
        assert_eq!(ends(&[3, 0, 5, 2], 4, Cut::Most(usize::MAX)), [10]);
        assert_eq!(ends(&[], 4, Cut::Most(4)), [0; 0]);
    }

    #[test]
    fn windows_of_one_span() {
        assert_eq!(ends(&[3, 2, 5, 2, 2], 4, Cut::OneSpan(100)), [5, 9, 10, 14]);
        assert_eq!(ends(&[10], 4, Cut::OneSpan(100)), [4, 8, 10]);
    }
}
