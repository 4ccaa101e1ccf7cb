//! A card where there is one, and the processor where there is none.

use std::fmt;
use std::sync::Arc;

use keops_core::{Gpu, Pass};

use super::Cuda;
use super::card::Loaded;
use super::lane::Buffer;
use crate::device::{DeviceCode, Numbers};
use crate::engine::{Engine, Inputs, Source, Taken, Target, Translated};
use crate::host::Few;
use crate::resident::Keeps;
use crate::{Cpu, DeviceVec, Error, Foreign, Operand, Point, Rows, Scalar, host};

/// An engine that is chosen when the program runs: any card, or the processor, is one by `into()`.
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::Device;
///
/// // the card with most memory, or the processor where no card can be used
/// let device = Device::best();
/// println!("computing on {device}");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Device {
    /// The processor.
    Cpu(Cpu),
    /// A card.
    Cuda(Cuda),
}

impl Device {
    /// The card with most memory, or the processor where no card can be used. [`Cuda::new`] tells why.
    ///
    /// Formulas that have no kernels for cards are refused there: which these are does not depend on the machine.
    pub fn best() -> Self {
        let mut devices = Cuda::devices().unwrap_or_default();
        // of several that are alike, the first
        devices.sort_by_key(|device| std::cmp::Reverse(device.memory));
        let cuda = devices.into_iter().find_map(|device| Cuda::new(device.ordinal).ok());
        cuda.map_or_else(|| Device::Cpu(Cpu::default()), Device::Cuda)
    }

    /// Copies points to where this engine computes: to the card, or within the memory of this process.
    ///
    /// # Errors
    /// When there is no memory, and what the driver says.
    pub fn upload<P: Point, A: Rows<P> + ?Sized>(&self, points: &A) -> Result<DeviceVec<P>, Error> {
        match self {
            Device::Cpu(cpu) => {
                let (numbers, layout) = host::viewed(&Operand::rows::<P, A>(points), host::copied)?;
                Ok(DeviceVec::new::<P::T>(cpu.keep(numbers), layout))
            }
            Device::Cuda(cuda) => cuda.upload(points),
        }
    }

    /// The same device for what is to go on at the same time, in another thread: another stream of a card. The processor is one for all.
    ///
    /// # Errors
    /// What the driver says.
    pub fn stream(&self) -> Result<Self, Error> {
        match self {
            Device::Cpu(cpu) => Ok(Device::Cpu(*cpu)),
            Device::Cuda(cuda) => cuda.stream().map(Device::Cuda),
        }
    }

    /// Waits for all that was asked for. The processor answers when all is done, and there is nothing to wait for.
    ///
    /// # Errors
    /// What has failed since the last time.
    pub fn wait(&self) -> Result<(), Error> {
        match self {
            Device::Cpu(_) => Ok(()),
            Device::Cuda(cuda) => cuda.wait(),
        }
    }
}

impl From<Cpu> for Device {
    fn from(cpu: Cpu) -> Self {
        Device::Cpu(cpu)
    }
}

impl From<Cuda> for Device {
    fn from(cuda: Cuda) -> Self {
        Device::Cuda(cuda)
    }
}

/// What it is, in words: the card, or the processor and its instruction set.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu(cpu) => write!(f, "the processor ({})", cpu.isa()),
            Device::Cuda(cuda) => cuda.device().fmt(f),
        }
    }
}

/// What an engine of either kind makes of something.
#[doc(hidden)]
#[derive(Debug)]
pub enum Either<A, B> {
    Cpu(A),
    Cuda(B),
}

/// The numbers of a card.
type OnCard = Numbers<Arc<Buffer>>;
type Memory<T> = Either<Vec<T>, OnCard>;

/// Ends the program: what one engine has made was given to another.
fn mixed() -> ! {
    panic!("what a `Device` has made was given to another one")
}

impl<A, B> Either<A, B> {
    fn cpu(&self) -> &A {
        if let Either::Cpu(a) = self { a } else { mixed() }
    }
    fn cuda(&self) -> &B {
        if let Either::Cuda(b) = self { b } else { mixed() }
    }
    fn cpu_mut(&mut self) -> &mut A {
        if let Either::Cpu(a) = self { a } else { mixed() }
    }
    fn cuda_mut(&mut self) -> &mut B {
        if let Either::Cuda(b) = self { b } else { mixed() }
    }
    fn into_cpu(self) -> A {
        if let Either::Cpu(a) = self { a } else { mixed() }
    }
    fn into_cuda(self) -> B {
        if let Either::Cuda(b) = self { b } else { mixed() }
    }
}

fn on_cpu<'a, T: Scalar>(inputs: &Inputs<'a, T, Memory<T>>) -> Result<Translated<'a, T, Vec<T>>, Error> {
    Translated::of(inputs, |memory, layout| Ok(Source::Mine(memory.cpu(), layout)))
}

fn on_cuda<'a, T: Scalar>(inputs: &Inputs<'a, T, Memory<T>>) -> Result<Translated<'a, T, OnCard>, Error> {
    Translated::of(inputs, |memory, layout| Ok(Source::Mine(memory.cuda(), layout)))
}

/// Places as those of one engine.
fn places<'t, T, M, N>(
    outputs: &'t mut [Target<'_, T, M>],
    one: impl Fn(&'t mut M) -> &'t mut N,
) -> Few<Target<'t, T, N>> {
    let place = |target: &'t mut Target<'_, T, M>| match target {
        Target::Host(view) => Target::Host(view.reborrow()),
        Target::Mine(memory, layout) => Target::Mine(one(memory), *layout),
    };
    outputs.iter_mut().map(place).collect()
}

impl<T: Scalar> Keeps<T> for Device {
    fn keep(&self, memory: Memory<T>) -> Arc<dyn Foreign<T>> {
        match self {
            Device::Cpu(cpu) => cpu.keep(memory.into_cpu()),
            Device::Cuda(cuda) => cuda.keep(memory.into_cuda()),
        }
    }
}

impl<T: Scalar> Engine<T> for Device {
    type Code = Either<<Cpu as Engine<T>>::Code, DeviceCode<Arc<Loaded>>>;
    type Memory = Memory<T>;
    type Partial = Either<<Cpu as Engine<T>>::Partial, OnCard>;

    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        Ok(match self {
            Device::Cpu(cpu) => Either::Cpu(Engine::<T>::code::<F>(cpu, gpu)?),
            Device::Cuda(cuda) => Either::Cuda(Engine::<T>::code::<F>(cuda, gpu)?),
        })
    }
    fn room(&self, numbers: usize) -> Result<Memory<T>, Error> {
        Ok(match self {
            Device::Cpu(cpu) => Either::Cpu(cpu.room(numbers)?),
            Device::Cuda(cuda) => Either::Cuda(Engine::<T>::room(cuda, numbers)?),
        })
    }
    fn read(&self, from: &Memory<T>, first: usize, to: &mut [T]) -> Result<(), Error> {
        match self {
            Device::Cpu(cpu) => cpu.read(from.cpu(), first, to),
            Device::Cuda(cuda) => cuda.read(from.cuda(), first, to),
        }
    }
    fn write(&self, to: &mut Memory<T>, first: usize, from: &[T]) -> Result<(), Error> {
        match self {
            Device::Cpu(cpu) => cpu.write(to.cpu_mut(), first, from),
            Device::Cuda(cuda) => cuda.write(to.cuda_mut(), first, from),
        }
    }
    fn take<'a>(&self, operand: &'a Operand<'_, T>, uses: usize) -> Result<Taken<'a, T, Memory<T>>, Error> {
        Ok(match self {
            Device::Cpu(cpu) => match cpu.take(operand, uses)? {
                Taken::Host(view) => Taken::Host(view),
                Taken::Copied(memory, layout) => Taken::Copied(Either::Cpu(memory), layout),
                Taken::Mine(memory, layout) => Taken::Copied(Either::Cpu(memory.clone()), layout),
            },
            Device::Cuda(cuda) => match cuda.take(operand, uses)? {
                Taken::Host(view) => Taken::Host(view),
                Taken::Copied(memory, layout) => Taken::Copied(Either::Cuda(memory), layout),
                // a clone shares the memory
                Taken::Mine(memory, layout) => Taken::Copied(Either::Cuda(memory.clone()), layout),
            },
        })
    }
    fn span(&self, code: &Self::Code, rows: usize, cols: usize) -> usize {
        match self {
            Device::Cpu(cpu) => Engine::<T>::span(cpu, code.cpu(), rows, cols),
            Device::Cuda(cuda) => Engine::<T>::span(cuda, code.cuda(), rows, cols),
        }
    }
    fn start(&self, code: &Self::Code, inputs: &Inputs<'_, T, Memory<T>>) -> Result<Self::Partial, Error> {
        Ok(match self {
            Device::Cpu(cpu) => Either::Cpu(cpu.start(code.cpu(), &on_cpu(inputs)?.inputs(inputs))?),
            Device::Cuda(cuda) => Either::Cuda(cuda.start(code.cuda(), &on_cuda(inputs)?.inputs(inputs))?),
        })
    }
    fn reduce(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Memory<T>>,
        into: &mut Self::Partial,
    ) -> Result<(), Error> {
        match self {
            Device::Cpu(cpu) => cpu.reduce(code.cpu(), &on_cpu(inputs)?.inputs(inputs), into.cpu_mut()),
            Device::Cuda(cuda) => cuda.reduce(code.cuda(), &on_cuda(inputs)?.inputs(inputs), into.cuda_mut()),
        }
    }
    fn merge(&self, code: &Self::Code, into: &mut Self::Partial, next: &Self::Partial) -> Result<(), Error> {
        match self {
            Device::Cpu(cpu) => Engine::<T>::merge(cpu, code.cpu(), into.cpu_mut(), next.cpu()),
            Device::Cuda(cuda) => Engine::<T>::merge(cuda, code.cuda(), into.cuda_mut(), next.cuda()),
        }
    }
    fn finish(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Memory<T>>,
        partial: Self::Partial,
        outputs: &mut [Target<'_, T, Memory<T>>],
    ) -> Result<(), Error> {
        match self {
            Device::Cpu(cpu) => {
                let mut outputs = places(outputs, Either::cpu_mut);
                cpu.finish(code.cpu(), &on_cpu(inputs)?.inputs(inputs), partial.into_cpu(), &mut outputs)
            }
            Device::Cuda(cuda) => {
                let mut outputs = places(outputs, Either::cuda_mut);
                cuda.finish(code.cuda(), &on_cuda(inputs)?.inputs(inputs), partial.into_cuda(), &mut outputs)
            }
        }
    }
    fn save(&self, partial: &Self::Partial) -> Result<Vec<T>, Error> {
        match self {
            Device::Cpu(cpu) => cpu.save(partial.cpu()),
            Device::Cuda(cuda) => cuda.save(partial.cuda()),
        }
    }
    fn restore(&self, code: &Self::Code, numbers: &[T]) -> Result<Self::Partial, Error> {
        Ok(match self {
            Device::Cpu(cpu) => Either::Cpu(cpu.restore(code.cpu(), numbers)?),
            Device::Cuda(cuda) => Either::Cuda(cuda.restore(code.cuda(), numbers)?),
        })
    }
    fn run(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Memory<T>>,
        outputs: &mut [Target<'_, T, Memory<T>>],
    ) -> Result<(), Error> {
        match self {
            Device::Cpu(cpu) => {
                cpu.run(code.cpu(), &on_cpu(inputs)?.inputs(inputs), &mut places(outputs, Either::cpu_mut))
            }
            Device::Cuda(cuda) => {
                cuda.run(code.cuda(), &on_cuda(inputs)?.inputs(inputs), &mut places(outputs, Either::cuda_mut))
            }
        }
    }
    fn kind(&self) -> String {
        match self {
            Device::Cpu(cpu) => Engine::<T>::kind(cpu),
            Device::Cuda(cuda) => Engine::<T>::kind(cuda),
        }
    }
}
