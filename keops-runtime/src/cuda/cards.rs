//! Several cards as one engine.

use std::sync::Arc;

use keops_core::{Gpu, Pass};

use super::Cuda;
use super::card::Loaded;
use super::lane::Buffer;
use crate::device::{DeviceCode, Numbers, OnDevice};
use crate::engine::{Engine, Inputs, Source, Target, Translated, Window};
use crate::host::{self, Few};
use crate::resident::Keeps;
use crate::view::{Elements, View, ViewMut};
use crate::{DeviceError, Error, Foreign, Scalar};

/// Several cards as one engine, from [`Cuda::all`]: each takes its share of the rows of each pass, and all columns.
///
/// Results have the bits that one card gives. Numbers lie in this process between passes, and each pass copies to each card what it
/// reads there: this is for long passes. What has one row, or none that is kept, is computed on the first card.
#[derive(Clone, Debug)]
pub struct Cards(Vec<Cuda>);

impl Cards {
    /// These cards. A number may come twice, for two streams of one card.
    ///
    /// # Errors
    /// Those of [`Cuda::new`], and [`DeviceError::NoCards`].
    pub fn of(ordinals: impl IntoIterator<Item = u32>) -> Result<Self, Error> {
        let cards: Vec<Cuda> = ordinals.into_iter().map(Cuda::new).collect::<Result<_, _>>()?;
        if cards.is_empty() {
            return Err(DeviceError::NoCards.into());
        }
        Ok(Cards(cards))
    }

    /// The cards.
    pub fn cards(&self) -> &[Cuda] {
        &self.0
    }
}

/// Operands that lie in this process, for a card that is to copy them.
fn hosted<'a, T: Scalar>(inputs: &Inputs<'a, T, Vec<T>>) -> Result<Translated<'a, T, Numbers<Arc<Buffer>>>, Error> {
    Translated::of(inputs, |numbers, layout| View::new(Elements::Same(numbers), layout).map(Source::Host))
}

/// The places of results, all of which lie in this process, for a card.
fn targets<T>(views: Few<ViewMut<'_, T>>) -> Vec<Target<'_, T, Numbers<Arc<Buffer>>>> {
    views.into_iter().map(Target::Host).collect()
}

impl<T: Scalar> Keeps<T> for Cards {
    fn keep(&self, memory: Vec<T>) -> Arc<dyn Foreign<T>> {
        Arc::new(memory)
    }
}

impl<T: Scalar> Engine<T> for Cards {
    type Code = Vec<DeviceCode<Arc<Loaded>>>;
    host::memory!();
    type Partial = Numbers<Arc<Buffer>>;

    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        self.0.iter().map(|card| Engine::<T>::code::<F>(card, gpu)).collect()
    }
    fn span(&self, code: &Self::Code, rows: usize, cols: usize) -> usize {
        Engine::<T>::span(&self.0[0], &code[0], rows, cols)
    }
    fn start(&self, code: &Self::Code, inputs: &Inputs<'_, T, Vec<T>>) -> Result<Self::Partial, Error> {
        self.0[0].start(&code[0], &hosted(inputs)?.inputs(inputs))
    }
    fn reduce(&self, code: &Self::Code, inputs: &Inputs<'_, T, Vec<T>>, into: &mut Self::Partial) -> Result<(), Error> {
        self.0[0].reduce(&code[0], &hosted(inputs)?.inputs(inputs), into)
    }
    fn merge(&self, code: &Self::Code, into: &mut Self::Partial, next: &Self::Partial) -> Result<(), Error> {
        Engine::<T>::merge(&self.0[0], &code[0], into, next)
    }
    fn finish(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Vec<T>>,
        partial: Self::Partial,
        outputs: &mut [Target<'_, T, Vec<T>>],
    ) -> Result<(), Error> {
        let mut outputs = targets(host::views(outputs)?);
        self.0[0].finish(&code[0], &hosted(inputs)?.inputs(inputs), partial, &mut outputs)
    }
    fn save(&self, partial: &Self::Partial) -> Result<Vec<T>, Error> {
        OnDevice(&self.0[0]).save(partial)
    }
    fn restore(&self, code: &Self::Code, numbers: &[T]) -> Result<Self::Partial, Error> {
        self.0[0].restore(&code[0], numbers)
    }

    fn run(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Vec<T>>,
        outputs: &mut [Target<'_, T, Vec<T>>],
    ) -> Result<(), Error> {
        let operands = hosted(inputs)?;
        let all = operands.inputs(inputs);
        let mut rest = host::views(outputs)?;
        let rows = inputs.row_window;
        if !inputs.kept || self.0.len() == 1 || !rest.iter().all(ViewMut::is_apart) {
            return self.0[0].run(&code[0], &all, &mut targets(rest));
        }
        let share = rows.len.div_ceil(self.0.len()).max(1);
        let mut shares = vec![];
        for first in (0..rows.len).step_by(share) {
            let len = share.min(rows.len - first);
            let (here, behind): (Few<_>, Few<_>) = rest.into_iter().map(|view| view.split(len)).unzip();
            rest = behind;
            shares.push((Window { first: rows.first + first, len }, first, here));
        }
        std::thread::scope(|scope| {
            let mut running = vec![];
            for ((card, code), (row_window, first, here)) in self.0.iter().zip(code).zip(shares) {
                let (all, operands) = (&all, &operands);
                running.push(scope.spawn(move || {
                    let rows: Vec<_> = operands.rows.iter().map(|source| source.part(first, row_window.len)).collect();
                    let row_numbers = all.row_numbers.map(|numbers| &numbers[first..first + row_window.len]);
                    card.run(code, &Inputs { rows: &rows, row_window, row_numbers, ..*all }, &mut targets(here))
                }));
            }
            let ended = running.into_iter().map(|card| card.join().unwrap_or_else(|e| std::panic::resume_unwind(e)));
            // all of them have ended when the first error is told
            ended.collect::<Vec<_>>().into_iter().collect()
        })
    }

    fn kind(&self) -> String {
        let mut kinds: Vec<String> = self.0.iter().map(Engine::<T>::kind).collect();
        kinds.sort();
        kinds.dedup();
        kinds.join(" and ")
    }
}
