//! An engine around another which computes each pass once more, divided among ranks, and compares.

use std::ops::Range;

use keops::engine::{Gpu, Inputs, Mutual, Pass, Source, Taken, Target, Window};
use keops::ranks::{Communicator as _, Ranks};
use keops::{Engine, Error, Layout, Operand, Prunes, Scalar};

use crate::parts::parts;
use crate::threads::on_threads;

/// An engine, alone and on ranks.
#[derive(Clone, Copy)]
pub(crate) struct Divided<E> {
    engine: E,
    /// Whether zeros of both signs are the same: they are where the best of some values are kept, in any order.
    zeros_are_one: bool,
}

impl<E> Divided<E> {
    pub(crate) fn new(engine: E) -> Self {
        Divided { engine, zeros_are_one: false }
    }

    /// Numbers as bits; which NaN it is nobody promises.
    fn bits<T: Scalar>(&self, numbers: &[T]) -> Vec<u64> {
        let bits = |v: f64| match v {
            _ if v.is_nan() => f64::NAN.to_bits(),
            0.0 if self.zeros_are_one => 0,
            _ => v.to_bits(),
        };
        numbers.iter().map(|v| bits(v.to_f64())).collect()
    }
}

/// The points of a source that are in a window.
fn some<'a, T, M>(sources: &[Source<'a, T, M>], points: &Range<usize>) -> Vec<Source<'a, T, M>> {
    sources.iter().map(|source| source.part(points.start, points.len())).collect()
}

fn window(points: &Range<usize>) -> Window {
    Window { first: points.start, len: points.len() }
}

/// The first numbers of an engine's memory.
fn read<T: Scalar, E: Engine<T>>(engine: &E, from: &E::Memory, len: usize) -> Vec<T> {
    let mut numbers = vec![T::from_f64(0.0); len];
    engine.read(from, 0, &mut numbers).expect("it is read");
    numbers
}

impl<T: Scalar, E: Engine<T, Memory: Sync, Code: Sync> + Clone + Sync> Engine<T> for Divided<E> {
    type Code = (&'static str, E::Code);
    type Memory = E::Memory;
    type Partial = E::Partial;
    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        Ok((std::any::type_name::<F>(), self.engine.code::<F>(gpu)?))
    }
    fn code_mutual<F: Mutual>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        Ok((std::any::type_name::<F>(), self.engine.code_mutual::<F>(gpu)?))
    }
    fn room(&self, numbers: usize) -> Result<E::Memory, Error> {
        self.engine.room(numbers)
    }
    fn read(&self, from: &E::Memory, first: usize, to: &mut [T]) -> Result<(), Error> {
        self.engine.read(from, first, to)
    }
    fn write(&self, to: &mut E::Memory, first: usize, from: &[T]) -> Result<(), Error> {
        self.engine.write(to, first, from)
    }
    fn take<'a>(&self, operand: &'a Operand<'_, T>, uses: usize) -> Result<Taken<'a, T, E::Memory>, Error> {
        self.engine.take(operand, uses)
    }
    fn span(&self, (_, code): &Self::Code, rows: usize, cols: usize) -> usize {
        self.engine.span(code, rows, cols)
    }
    fn start(&self, (_, code): &Self::Code, inputs: &Inputs<'_, T, E::Memory>) -> Result<E::Partial, Error> {
        self.engine.start(code, inputs)
    }
    fn reduce(
        &self,
        (_, code): &Self::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        into: &mut E::Partial,
    ) -> Result<(), Error> {
        self.engine.reduce(code, inputs, into)
    }
    fn merge(&self, (_, code): &Self::Code, into: &mut E::Partial, next: &E::Partial) -> Result<(), Error> {
        self.engine.merge(code, into, next)
    }
    fn finish(
        &self,
        (_, code): &Self::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        partial: E::Partial,
        outputs: &mut [Target<'_, T, E::Memory>],
    ) -> Result<(), Error> {
        self.engine.finish(code, inputs, partial, outputs)
    }
    fn save(&self, partial: &E::Partial) -> Result<Vec<T>, Error> {
        self.engine.save(partial)
    }
    fn restore(&self, (_, code): &Self::Code, numbers: &[T]) -> Result<E::Partial, Error> {
        self.engine.restore(code, numbers)
    }
    fn run(
        &self,
        (name, code): &Self::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        outputs: &mut [Target<'_, T, E::Memory>],
    ) -> Result<(), Error> {
        self.engine.run(code, inputs, outputs)?;
        let all = |output: &Target<'_, T, E::Memory>| match output {
            Target::Host(view) => view.view().numbers().collect::<Vec<T>>(),
            Target::Mine(memory, layout) => {
                let numbers = read(&self.engine, memory, layout.extent().expect("it is in memory"));
                (0..layout.len)
                    .flat_map(|n| (0..layout.width).map(move |k| layout.at(n, k)))
                    .map(|k| numbers[k])
                    .collect()
            }
        };
        let expected: Vec<Vec<T>> = outputs.iter().map(all).collect();
        let widths: Vec<usize> = outputs.iter().map(|output| output.layout().width).collect();
        let bytes: usize = inputs.cols.iter().map(|source| source.layout().width * size_of::<T>()).sum();
        // a span at a time, some columns, and all at once
        for (seed, (ranks, piece)) in [(2, 1), (3, 100 * bytes), (5, usize::MAX)].into_iter().enumerate() {
            let rows = parts(inputs.row_window.len, ranks, seed as u64);
            let cols = parts(inputs.col_window.len, ranks, 10 + seed as u64);
            let of_ranks = on_threads(ranks, |thread| {
                let rank = thread.rank();
                let engine = Ranks::new(self.engine.clone(), thread).with_piece(piece);
                // what no index is kept of is the same everywhere
                let rows = if inputs.kept { rows[rank].clone() } else { 0..inputs.row_window.len };
                let lens = || widths.iter().map(|width| rows.len() * width);
                let mut rooms: Vec<E::Memory> = lens().map(|len| engine.room(len).expect("there is room")).collect();
                let target = |(room, width)| Target::Mine(room, Layout::points(rows.len(), width));
                let mut targets: Vec<_> = rooms.iter_mut().zip(widths.iter().copied()).map(target).collect();
                let inputs = Inputs {
                    rows: &some(inputs.rows, &rows),
                    cols: &some(inputs.cols, &cols[rank]),
                    row_window: window(&rows),
                    col_window: window(&cols[rank]),
                    ..*inputs
                };
                engine.run(code, &inputs, &mut targets).expect("it runs");
                rooms.iter().zip(lens()).map(|(room, len)| read(&self.engine, room, len)).collect::<Vec<_>>()
            });
            for (q, expected) in expected.iter().enumerate() {
                let what = format!("{name}: output {q} on {ranks} ranks, {piece} bytes at a time");
                if inputs.kept {
                    let found: Vec<T> = of_ranks.iter().flat_map(|rank| rank[q].iter().copied()).collect();
                    assert_eq!(self.bits(&found), self.bits(expected), "{what}");
                } else {
                    of_ranks.iter().for_each(|rank| assert_eq!(self.bits(&rank[q]), self.bits(expected), "{what}"));
                }
            }
        }
        Ok(())
    }
}

impl<T: Scalar, E: Prunes<T, Memory = Vec<T>, Code: Sync> + Clone + Sync> Prunes<T> for Divided<E>
where
    for<'e> E::Pruning<'e>: Engine<T, Memory = Vec<T>, Code: Sync> + Clone + Sync,
{
    type Pruning<'e>
        = Divided<E::Pruning<'e>>
    where
        E: 'e;
    fn pruning(&self, always: bool) -> Divided<E::Pruning<'_>> {
        Divided { engine: self.engine.pruning(always), zeros_are_one: true }
    }
}
