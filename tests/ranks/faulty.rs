//! An engine that fails when a test says so.

use std::sync::atomic::{AtomicUsize, Ordering};

use keops::engine::{Gpu, Inputs, Pass, Taken, Target};
use keops::{Engine, Error, Naive, Operand, Scalar};

/// How an engine fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum How {
    Error,
    Panic,
}

/// An engine that fails once it has been asked for so many things.
pub(crate) struct Faulty {
    left: AtomicUsize,
    how: How,
}

impl Faulty {
    pub(crate) fn after(asked: usize, how: How) -> Self {
        Faulty { left: AtomicUsize::new(asked), how }
    }
    fn count(&self) -> Result<(), Error> {
        match (self.left.fetch_sub(1, Ordering::Relaxed), self.how) {
            (0, How::Error) => Err(Error::OutOfMemory { numbers: 77 }),
            (0, How::Panic) => panic!("it is asked once too often"),
            _ => Ok(()),
        }
    }
}

impl<T: Scalar> Engine<T> for Faulty {
    type Code = <Naive as Engine<T>>::Code;
    type Memory = Vec<T>;
    type Partial = Vec<T>;
    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        self.count()?;
        Engine::<T>::code::<F>(&Naive, gpu)
    }
    fn room(&self, numbers: usize) -> Result<Vec<T>, Error> {
        self.count()?;
        Naive.room(numbers)
    }
    fn read(&self, from: &Vec<T>, first: usize, to: &mut [T]) -> Result<(), Error> {
        self.count()?;
        Naive.read(from, first, to)
    }
    fn write(&self, to: &mut Vec<T>, first: usize, from: &[T]) -> Result<(), Error> {
        self.count()?;
        Naive.write(to, first, from)
    }
    fn take<'a>(&self, operand: &'a Operand<'_, T>, uses: usize) -> Result<Taken<'a, T, Vec<T>>, Error> {
        self.count()?;
        Naive.take(operand, uses)
    }
    fn span(&self, code: &Self::Code, rows: usize, cols: usize) -> usize {
        Engine::<T>::span(&Naive, code, rows, cols)
    }
    fn start(&self, code: &Self::Code, inputs: &Inputs<'_, T, Vec<T>>) -> Result<Vec<T>, Error> {
        self.count()?;
        Naive.start(code, inputs)
    }
    fn reduce(&self, code: &Self::Code, inputs: &Inputs<'_, T, Vec<T>>, into: &mut Vec<T>) -> Result<(), Error> {
        self.count()?;
        Naive.reduce(code, inputs, into)
    }
    fn merge(&self, code: &Self::Code, into: &mut Vec<T>, next: &Vec<T>) -> Result<(), Error> {
        self.count()?;
        Engine::<T>::merge(&Naive, code, into, next)
    }
    fn finish(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Vec<T>>,
        partial: Vec<T>,
        outputs: &mut [Target<'_, T, Vec<T>>],
    ) -> Result<(), Error> {
        self.count()?;
        Naive.finish(code, inputs, partial, outputs)
    }
    fn save(&self, partial: &Vec<T>) -> Result<Vec<T>, Error> {
        self.count()?;
        Engine::<T>::save(&Naive, partial)
    }
    fn restore(&self, code: &Self::Code, numbers: &[T]) -> Result<Vec<T>, Error> {
        self.count()?;
        Naive.restore(code, numbers)
    }
}
