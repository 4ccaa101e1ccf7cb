//! NVIDIA cards as engines.

mod card;
mod cards;
mod device;
mod driver;
mod lane;
mod pool;
mod staging;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use keops_core::launch::{Footprint, Launch};
use keops_core::{Gpu, Pass};

use crate::device::{Accelerator, DeviceCode, Numbers, OnDevice, PARTS, PIECE, Shape};
use crate::engine::{Engine, Inputs, Taken, Target};
use crate::resident::{DeviceVec, Keeps};
use crate::{Error, Foreign, Operand, Point, Ptx, Rows, Scalar};
use card::{Card, Loaded};
pub use cards::Cards;
pub use device::Device;
pub use driver::CudaDevice;
use lane::{Buffer, Lane};

/// An NVIDIA card as an engine: what is computed on it is computed in one stream, in order.
///
/// `.eval_on(&cuda)` takes operands from this process, copies them once, and answers with results in this process; operands that
/// [`upload`](Cuda::upload) or `.eval_device(&cuda)` have left on the card are used where they lie. Clones share the stream;
/// [`stream`](Cuda::stream) makes another on the same card, for another thread. The first call of a formula loads its kernels, and
/// memory that calls have used is used again by those that follow, until the last engine of the stream is dropped.
///
/// Results are the same to the last bit on each run, and on each card of one kind.
///
/// ```no_run
/// # extern crate keops_runtime as keops;
/// use keops::{Cuda, DeviceVec};
///
/// let cuda = Cuda::new(0)?;
/// let x: DeviceVec<[f32; 3]> = cuda.upload(&vec![[0.0f32; 3]; 1000])?;
/// assert_eq!(x.to_host()?.len(), 1000);
/// # Ok::<(), keops::Error>(())
/// ```
#[derive(Clone)]
pub struct Cuda {
    lane: Arc<Lane>,
    /// Sizes of launches that tests vary: threads, columns of a tile, spans.
    sizes: Option<[u32; 3]>,
    /// Memory that tests make scarce: bytes of a card, and of a piece.
    scarce: Option<[usize; 2]>,
}

impl Cuda {
    /// The card of this number, counted from 0.
    ///
    /// # Errors
    /// [`DeviceError::NoDevice`](crate::DeviceError::NoDevice) where there is no driver or no card, [`DeviceError::NoSuchCard`](crate::DeviceError::NoSuchCard), [`DeviceError::OldCard`](crate::DeviceError::OldCard), and what the driver says.
    pub fn new(ordinal: u32) -> Result<Self, Error> {
        Self::on(Card::of(ordinal)?, false)
    }

    fn on(card: Arc<Card>, exact: bool) -> Result<Self, Error> {
        Ok(Cuda { lane: Lane::new(card, exact)?, sizes: None, scarce: None })
    }

    /// All cards of this machine, also those that are too old for kernels.
    ///
    /// # Errors
    /// [`DeviceError::NoDevice`](crate::DeviceError::NoDevice) where there is no driver or no card.
    pub fn devices() -> Result<Vec<CudaDevice>, Error> {
        (0..driver::count()?).map(driver::describe).collect()
    }

    /// All cards as one engine, but for those that are too old for kernels: see [`Cards`].
    ///
    /// # Errors
    /// Those of [`new`](Cuda::new).
    pub fn all() -> Result<Cards, Error> {
        let devices = Self::devices()?;
        let (supported, old): (Vec<_>, Vec<_>) = devices.iter().partition(|device| device.is_supported());
        match (supported.is_empty(), old.first()) {
            (true, Some(old)) => Err(old.too_old()),
            _ => Cards::of(supported.into_iter().map(|device| device.ordinal)),
        }
    }

    /// Another stream on the same card: what it computes does not wait for this one, nor this one for it.
    ///
    /// # Errors
    /// What the driver says.
    pub fn stream(&self) -> Result<Self, Error> {
        Self::on(self.lane.card.clone(), false)
    }

    /// The card.
    pub fn device(&self) -> &CudaDevice {
        &self.lane.card.device
    }

    /// Copies points to the card. They may be changed when this returns.
    ///
    /// # Errors
    /// When there is no memory, and what the driver says.
    pub fn upload<P: Point, A: Rows<P> + ?Sized>(&self, points: &A) -> Result<DeviceVec<P>, Error> {
        let operand = Operand::rows::<P, A>(points);
        let (numbers, layout) = crate::host::viewed(&operand, |view| OnDevice(self).upload(&view))?;
        Ok(DeviceVec::new::<P::T>(self.keep(numbers), layout))
    }

    /// Waits for all that was asked for in this stream.
    ///
    /// # Errors
    /// What has failed since the last time.
    pub fn wait(&self) -> Result<(), Error> {
        self.lane.wait()
    }

    /// How many bytes of the card's memory calls may still take: what the driver has left, and what lies idle in this stream.
    ///
    /// # Errors
    /// What the driver says.
    pub fn free_memory(&self) -> Result<usize, Error> {
        self.lane.free()
    }

    /// An engine whose memory is as large as what it is asked for, to the byte, and freed at once: who leaves it is seen by tools and
    /// tests.
    ///
    /// # Errors
    /// What the driver says.
    #[doc(hidden)]
    pub fn exact(&self) -> Result<Self, Error> {
        Ok(Cuda { lane: Lane::new(self.lane.card.clone(), true)?, ..*self })
    }

    /// The same engine with other sizes of launches: threads of a block, columns of a tile, spans.
    #[doc(hidden)]
    #[must_use]
    pub fn with_sizes(&self, sizes: [u32; 3]) -> Self {
        Cuda { sizes: Some(sizes), ..self.clone() }
    }

    /// The same engine, which takes passes in pieces as if so many bytes of memory were free, and operands as if so many were large.
    #[doc(hidden)]
    #[must_use]
    pub fn with_memory(&self, free: usize, piece: usize) -> Self {
        Cuda { scarce: Some([free, piece]), ..self.clone() }
    }
}

impl fmt::Debug for Cuda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cuda").field("device", self.device()).finish_non_exhaustive()
    }
}

impl<T: Scalar> Accelerator<T> for &Cuda {
    type Module = Arc<Loaded>;
    type Buffer = Arc<Buffer>;

    fn load(&self, ptx: Ptx) -> Result<Arc<Loaded>, Error> {
        self.lane.card.load(ptx)
    }
    fn room(&self, numbers: usize) -> Result<Arc<Buffer>, Error> {
        let bytes = numbers.checked_mul(size_of::<T>()).ok_or(Error::OutOfMemory { numbers })?;
        self.lane.room(bytes).map(Arc::new)
    }
    fn table(&self, bytes: &[u8]) -> Result<Arc<Buffer>, Error> {
        let buffer = self.lane.room(bytes.len())?;
        self.lane.write(&buffer, 0, bytes)?;
        Ok(Arc::new(buffer))
    }
    fn joins_tables(&self) -> bool {
        !self.lane.is_exact()
    }
    fn read(&self, from: &Arc<Buffer>, first: usize, to: &mut [T]) -> Result<(), Error> {
        self.lane.read(from, first * size_of::<T>(), bytemuck::cast_slice_mut(to))
    }
    fn write(&self, to: &mut Arc<Buffer>, first: usize, from: &[T]) -> Result<(), Error> {
        self.lane.write(to, first * size_of::<T>(), bytemuck::cast_slice(from))
    }
    fn address(&self, buffer: &Arc<Buffer>) -> u64 {
        buffer.address()
    }
    fn lend(&self, buffer: &Arc<Buffer>) -> Result<(), Error> {
        buffer.lend(&self.lane)
    }
    fn launch(&self, module: &Arc<Loaded>, kernel: &str, shape: Shape, work: &[u8]) -> Result<(), Error> {
        self.lane.launch(module, kernel, shape, work)
    }
    fn free(&self) -> Result<usize, Error> {
        self.scarce.map_or_else(|| self.lane.free(), |[free, _]| Ok(free))
    }
    fn fits(&self, bytes: usize) -> Result<bool, Error> {
        match self.scarce {
            Some([free, _]) => Ok(bytes <= free / 4),
            None => self.lane.fits(bytes),
        }
    }
    fn piece(&self) -> usize {
        self.scarce.map_or(PIECE, |[_, piece]| piece)
    }
    fn sizes(&self, of: &Footprint) -> Launch {
        self.sizes.map_or_else(|| Launch::new(of), |[threads, tile, _]| Launch::with(of, threads, tile))
    }
    fn span(&self, of: &Footprint, rows: usize, cols: usize) -> usize {
        self.sizes.map_or_else(|| of.span(rows, cols), |[.., spans]| of.span_of(cols, spans as usize))
    }
    fn parts(&self) -> usize {
        // few, for some spans to come in turns
        self.sizes.map_or(PARTS, |_| 100)
    }
}

/// Numbers of a card, which know how to come back.
#[derive(Debug)]
struct Held<T> {
    numbers: Numbers<Arc<Buffer>>,
    cuda: Cuda,
    number: std::marker::PhantomData<fn() -> T>,
}

impl<T: Scalar> Foreign<T> for Held<T> {
    fn as_any(&self) -> &dyn Any {
        &self.numbers
    }
    fn place(&self) -> String {
        self.cuda.lane.card.name()
    }
    fn to_host(&self) -> Result<Vec<T>, Error> {
        let mut numbers = crate::host::room(self.numbers.len())?;
        OnDevice(&self.cuda).read(&self.numbers, 0, &mut numbers)?;
        Ok(numbers)
    }
    fn wait(&self) -> Result<(), Error> {
        self.cuda.wait()
    }
}

impl<T: Scalar> Keeps<T> for Cuda {
    fn keep(&self, numbers: Numbers<Arc<Buffer>>) -> Arc<dyn Foreign<T>> {
        Arc::new(Held { numbers, cuda: self.clone(), number: std::marker::PhantomData::<fn() -> T> })
    }
}

impl<T: Scalar> Engine<T> for Cuda {
    type Code = DeviceCode<Arc<Loaded>>;
    type Memory = Numbers<Arc<Buffer>>;
    type Partial = Numbers<Arc<Buffer>>;

    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        Engine::<T>::code::<F>(&OnDevice(self), gpu)
    }
    fn room(&self, numbers: usize) -> Result<Self::Memory, Error> {
        Engine::<T>::room(&OnDevice(self), numbers)
    }
    fn read(&self, from: &Self::Memory, first: usize, to: &mut [T]) -> Result<(), Error> {
        OnDevice(self).read(from, first, to)
    }
    fn write(&self, to: &mut Self::Memory, first: usize, from: &[T]) -> Result<(), Error> {
        OnDevice(self).write(to, first, from)
    }
    fn take<'a>(&self, operand: &'a Operand<'_, T>, uses: usize) -> Result<Taken<'a, T, Self::Memory>, Error> {
        OnDevice(self).take(operand, uses)
    }
    fn span(&self, code: &Self::Code, rows: usize, cols: usize) -> usize {
        Engine::<T>::span(&OnDevice(self), code, rows, cols)
    }
    fn start(&self, code: &Self::Code, inputs: &Inputs<'_, T, Self::Memory>) -> Result<Self::Partial, Error> {
        OnDevice(self).start(code, inputs)
    }
    fn reduce(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        into: &mut Self::Partial,
    ) -> Result<(), Error> {
        OnDevice(self).reduce(code, inputs, into)
    }
    fn merge(&self, code: &Self::Code, into: &mut Self::Partial, next: &Self::Partial) -> Result<(), Error> {
        Engine::<T>::merge(&OnDevice(self), code, into, next)
    }
    fn finish(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        partial: Self::Partial,
        outputs: &mut [Target<'_, T, Self::Memory>],
    ) -> Result<(), Error> {
        OnDevice(self).finish(code, inputs, partial, outputs)
    }
    fn save(&self, partial: &Self::Partial) -> Result<Vec<T>, Error> {
        OnDevice(self).save(partial)
    }
    fn restore(&self, code: &Self::Code, numbers: &[T]) -> Result<Self::Partial, Error> {
        OnDevice(self).restore(code, numbers)
    }
    fn run(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        outputs: &mut [Target<'_, T, Self::Memory>],
    ) -> Result<(), Error> {
        OnDevice(self).run(code, inputs, outputs)
    }
    fn kind(&self) -> String {
        self.device().kind()
    }
}
