//! The plain double loop: what the fast engines are tested against.

use keops_core::{Bundle, Gpu, Of, Pass, Reduction};

use crate::engine::Widths;
use crate::host::{self, Reading};
use crate::{Engine, Error, Inputs, Scalar, Target, stack};

/// One number at a time, one row at a time, on one thread. Slow, and obviously right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Naive;

/// How many columns a span has. Any number will do; few, that tests of small problems have several.
const SPAN: usize = 64;

/// The stages of a pass on numbers, one point at a time.
#[derive(Clone, Copy, Debug)]
pub struct Stages<T> {
    widths: Widths,
    acc: usize,
    stack: usize,
    start: fn(&mut [T]),
    reduce: fn(Row<'_, T>, NextColumn<'_, T>, &mut [T]),
    merge: fn(&mut [T], &[T]),
    finish: fn(Row<'_, T>, &[T], Put<'_, T>),
}

/// Writes the numbers of the next column and answers with its index; none behind the last.
type NextColumn<'a, T> = &'a mut dyn FnMut(&mut [T]) -> Option<u32>;
/// Takes the numbers of a result, each with its place.
type Put<'a, T> = &'a mut dyn FnMut(usize, T);

/// The numbers of the parameters, and of a row with its index.
#[derive(Clone, Copy, Debug)]
struct Row<'a, T> {
    params: &'a [T],
    numbers: &'a [T],
    index: u32,
}

fn load<B: Bundle, T: Scalar>(numbers: &[T]) -> Of<B, T> {
    B::load(|k| numbers[k])
}

fn store<B: Bundle, T: Scalar>(v: &Of<B, T>, to: &mut [T]) {
    B::store(v, |k, number| to[k] = number);
}

/// What a row of `F` is reduced into.
type Acc<F> = <<F as Pass>::Reduce as Reduction>::Acc;

impl<T: Scalar> Stages<T> {
    fn of<F: Pass>() -> Self {
        Stages {
            widths: Widths::of::<F>(),
            acc: Acc::<F>::LEN,
            stack: const { stack::needed::<F>(size_of::<T>(), size_of::<T>()) },
            start: |acc| store::<Acc<F>, T>(&F::Reduce::start::<T>(()), acc),
            reduce: |row, next, acc| {
                let p = F::params((), &load::<F::Params, T>(row.params));
                let x = F::row((), &p, &load::<F::Rows, T>(row.numbers), row.index);
                let mut so_far = load::<Acc<F>, T>(acc);
                let mut numbers = vec![T::default(); F::Cols::LEN];
                while let Some(index) = next(&mut numbers) {
                    let y = F::col((), &p, &load::<F::Cols, T>(&numbers), index);
                    let mut part = F::Reduce::part::<T>((), &so_far);
                    F::pair::<T>((), &p, &x, &y, &mut part);
                    F::Reduce::absorb::<T>((), &mut so_far, &part);
                }
                store::<Acc<F>, T>(&so_far, acc);
            },
            merge: |acc, next| {
                let mut so_far = load::<Acc<F>, T>(acc);
                F::Reduce::merge::<T>((), &mut so_far, &load::<Acc<F>, T>(next));
                store::<Acc<F>, T>(&so_far, acc);
            },
            finish: |row, acc, set| {
                let p = F::params((), &load::<F::Params, T>(row.params));
                let x = F::row((), &p, &load::<F::Rows, T>(row.numbers), row.index);
                let done = F::Reduce::done::<T>((), &load::<Acc<F>, T>(acc));
                F::Out::store(&F::finish((), &p, &x, &done), set);
            },
        }
    }

    /// Does something for each row of the window: with its place there, the number of its block, its own numbers, and what it
    /// has been reduced into.
    fn each_row(
        &self,
        reading: &Reading<'_, T>,
        partial: &mut [T],
        mut with: impl FnMut(usize, usize, Row<'_, T>, &mut [T]),
    ) {
        for (b, block) in reading.pairs.blocks().iter().enumerate() {
            let params: Vec<T> = reading.params(b).collect();
            for i in reading.row_window.of(&block.rows) {
                let place = i - reading.row_window.first;
                let numbers = reading.rows.iter().flat_map(|view| view.point(place)).collect::<Vec<_>>();
                let index = reading.row_indices(block.problem).of(i);
                let row = Row { params: &params, numbers: &numbers, index };
                with(place, b, row, &mut partial[place * self.acc..][..self.acc]);
            }
        }
    }
}

impl<T: Scalar> Engine<T> for Naive {
    type Code = Stages<T>;
    host::memory!();
    type Partial = Vec<T>;

    fn code<F: Pass>(&self, _: Option<Gpu>) -> Result<Stages<T>, Error> {
        Ok(Stages::of::<F>())
    }
    fn span(&self, _: &Stages<T>, _: usize, _: usize) -> usize {
        SPAN
    }
    fn start(&self, stages: &Stages<T>, inputs: &Inputs<'_, T, Vec<T>>) -> Result<Vec<T>, Error> {
        let mut partial = host::room(inputs.row_window.len * stages.acc)?;
        stack::with_room(stages.stack, || {
            partial.chunks_exact_mut(stages.acc.max(1)).for_each(stages.start);
            Ok(partial)
        })
    }
    fn reduce(&self, stages: &Stages<T>, inputs: &Inputs<'_, T, Vec<T>>, into: &mut Vec<T>) -> Result<(), Error> {
        let reading = Reading::new(inputs, stages.widths)?;
        let mut of_span = host::room(stages.acc)?;
        let each = |_, b: usize, row: Row<'_, T>, acc: &mut [T]| {
            let block = &reading.pairs.blocks()[b];
            for span in reading.spans(block, SPAN) {
                (stages.start)(&mut of_span);
                let mut columns = reading.pieces(block, span).flatten();
                let mut next = |to: &mut [T]| {
                    let j = columns.next()?;
                    let place = j - reading.col_window.first;
                    let numbers = reading.cols.iter().flat_map(|view| view.point(place));
                    to.iter_mut().zip(numbers).for_each(|(to, v)| *to = v);
                    Some(reading.col_indices(block.problem).of(j))
                };
                (stages.reduce)(row, &mut next, &mut of_span);
                (stages.merge)(acc, &of_span);
            }
        };
        stack::with_room(stages.stack, || {
            stages.each_row(&reading, into, each);
            Ok(())
        })
    }
    fn merge(&self, stages: &Stages<T>, into: &mut Vec<T>, next: &Vec<T>) -> Result<(), Error> {
        let len = stages.acc.max(1);
        stack::with_room(stages.stack, || {
            into.chunks_exact_mut(len).zip(next.chunks_exact(len)).for_each(|(acc, next)| (stages.merge)(acc, next));
            Ok(())
        })
    }
    fn finish(
        &self,
        stages: &Stages<T>,
        inputs: &Inputs<'_, T, Vec<T>>,
        mut partial: Vec<T>,
        outputs: &mut [Target<'_, T, Vec<T>>],
    ) -> Result<(), Error> {
        let reading = Reading::new(inputs, stages.widths)?;
        let mut places = host::places(outputs, stages.widths, &reading)?;
        let each = |n: usize, _, row: Row<'_, T>, acc: &mut [T]| {
            let mut results = vec![];
            (stages.finish)(row, acc, &mut |_, v| results.push(v));
            let mut results = results.into_iter();
            for place in &mut places {
                (0..place.layout().width).zip(&mut results).for_each(|(k, v)| place.set(n, k, v));
            }
        };
        stack::with_room(stages.stack, || {
            stages.each_row(&reading, &mut partial, each);
            Ok(())
        })
    }
    fn save(&self, partial: &Vec<T>) -> Result<Vec<T>, Error> {
        Ok(partial.clone())
    }
    fn restore(&self, _: &Stages<T>, numbers: &[T]) -> Result<Vec<T>, Error> {
        Ok(numbers.to_vec())
    }
}
