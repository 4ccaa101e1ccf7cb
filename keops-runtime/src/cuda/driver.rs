//! The driver, through `cust`: the one file that names it.
//!
//! Everything here checks codes and frees what it owns. A context is made current before each call, in whatever thread; handles
//! are the driver's own, and go before their context does, which each keeps alive.

use std::ffi::{CStr, CString, c_char, c_void};
use std::fmt;
use std::ptr;
use std::sync::Arc;

use cust::context::CurrentContext;
use cust::device::{Device, DeviceAttribute};
use cust::error::CudaError;
use cust::event::EventFlags;
use cust::memory::DevicePointer;
use cust::stream::{StreamFlags, StreamWaitEventFlags};
use cust::{memory, sys};

use crate::device::Shape;
use crate::{DeviceError, Error};

/// The codes after which a context computes no more: those of which the driver's documentation says so, and uncorrectable errors of
/// memory and links. Others that may come with a kernel (46, 701, 720, 800) are of that launch alone.
const LOST: [u32; 15] = [214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 810];

/// The compute capability of the oldest cards that kernels are for: Turing's.
const OLDEST: (u32, u32) = (7, 5);

/// What the driver has answered with.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) code: u32,
    pub(super) text: String,
}

impl Refusal {
    /// Whether the context is lost with it.
    pub(super) fn is_fatal(&self) -> bool {
        LOST.contains(&self.code)
    }

    pub(super) fn to_error(&self, what: impl Into<String>) -> Error {
        let advice = match self.code {
            2 => "Drop what is kept on the card, or leave large operands on the host",
            3 | 36 | 46 | 47 | 802..=804 => "`nvidia-smi` shows whether the driver is in order",
            218 | 222 | 223 => {
                "The kernels are PTX, which the driver compiles: a driver that is too old needs an update"
            }
            209 => "The kernels are for cards of compute capability 7.5 and above",
            code if LOST.contains(&code) => {
                "The card's context is lost, with all that lies there: drop its arrays and engines, and `Cuda::new` may work \
                 again; if not, the process must be started anew. A kernel that fails is a mistake in keops: please report it"
            }
            _ => "",
        };
        DeviceError::Driver { what: what.into(), code: self.code, text: self.text.clone(), advice }.into()
    }
}

type Answer<V> = Result<V, Refusal>;

/// What the driver says of a code.
fn refusal(code: u32) -> Refusal {
    // the code as the driver has said it: `cust` knows those of 2021
    let true_code = keops_libcuda::last_code();
    let code = if code == 999 && true_code != 0 { true_code } else { code };
    let mut text: *const c_char = ptr::null();
    // SAFETY: `text` is a place for an address, and what is written there is a text of the driver's that stays
    let text = unsafe {
        keops_libcuda::cuGetErrorString(code, &mut text);
        if text.is_null() { c"an error without words" } else { CStr::from_ptr(text) }
    };
    Refusal { code, text: text.to_string_lossy().into_owned() }
}

fn told<V>(answer: Result<V, CudaError>) -> Answer<V> {
    answer.map_err(|error| refusal(error as u32))
}

fn done(code: sys::cudaError_enum) -> Answer<()> {
    match code as u32 {
        0 => Ok(()),
        code => Err(refusal(code)),
    }
}

/// A card, as the driver describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CudaDevice {
    /// Its number, for [`Cuda::new`](crate::Cuda::new).
    pub ordinal: u32,
    /// Its name.
    pub name: String,
    /// Its memory, in bytes.
    pub memory: usize,
    /// Its compute capability: 9.0 is `(9, 0)`.
    pub capability: (u32, u32),
    /// How many multiprocessors it has.
    pub multiprocessors: u32,
    /// Its highest clock, in kHz.
    pub clock: u32,
}

impl CudaDevice {
    /// Whether it is one of those that kernels are for, from Turing (2018) on.
    pub(super) fn is_supported(&self) -> bool {
        self.capability >= OLDEST
    }

    /// What messages call it.
    pub(super) fn title(&self) -> String {
        format!("card {} ({})", self.ordinal, self.name)
    }

    /// What of it decides bits: kernels take the hardware's approximations.
    pub(super) fn kind(&self) -> String {
        let (major, minor) = self.capability;
        format!("a card of compute capability {major}.{minor}")
    }

    /// The error of one that is too old.
    pub(super) fn too_old(&self) -> Error {
        DeviceError::OldCard { card: self.title(), found: self.capability, wanted: OLDEST }.into()
    }
}

/// The card, its memory and its compute capability, in words.
impl fmt::Display for CudaDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (gigabytes, (major, minor)) = (self.memory as f64 / f64::from(1 << 30), self.capability);
        write!(f, "card {}: {}, {gigabytes:.1} GiB, compute capability {major}.{minor}", self.ordinal, self.name)
    }
}

/// How many cards there are.
///
/// # Errors
/// [`DeviceError::NoDevice`], where there is no driver, or none that works, or no card.
pub(super) fn count() -> Result<u32, Error> {
    keops_libcuda::present()
        .map_err(|why| DeviceError::NoDevice { why: format!("the driver's library cannot be loaded ({why})") })?;
    let count = told(cust::init(cust::CudaFlags::empty())).and_then(|()| told(Device::num_devices()));
    match count {
        Ok(0) => Err(DeviceError::NoDevice { why: "the driver finds no card".into() }.into()),
        Ok(count) => Ok(count),
        Err(Refusal { code, text }) => Err(DeviceError::NoDevice { why: format!("{text} (CUDA error {code})") }.into()),
    }
}

/// A card.
///
/// # Errors
/// What the driver says.
pub(super) fn describe(ordinal: u32) -> Result<CudaDevice, Error> {
    let described = || {
        let device = told(Device::get_device(ordinal))?;
        let attribute = |which| told(device.get_attribute(which)).map(|value| value as u32);
        let major = attribute(DeviceAttribute::ComputeCapabilityMajor)?;
        Ok(CudaDevice {
            ordinal,
            name: told(device.name())?,
            memory: told(device.total_memory())?,
            capability: (major, attribute(DeviceAttribute::ComputeCapabilityMinor)?),
            multiprocessors: attribute(DeviceAttribute::MultiprocessorCount)?,
            clock: attribute(DeviceAttribute::ClockRate)?,
        })
    };
    described().map_err(|refusal: Refusal| refusal.to_error(format!("asking the driver what card {ordinal} is")))
}

/// The context of a card that all of this process share, kept.
#[derive(Debug)]
pub(super) struct Context(cust::context::Context);

impl Context {
    pub(super) fn new(ordinal: u32) -> Answer<Arc<Self>> {
        let context = Arc::new(Context(told(cust::context::Context::new(told(Device::get_device(ordinal))?))?));
        context.enter()?;
        Ok(context)
    }

    /// Makes it the context of this thread.
    pub(super) fn enter(&self) -> Answer<()> {
        told(CurrentContext::set_current(&self.0))
    }

    /// Waits for all that is being done there.
    pub(super) fn wait(&self) -> Answer<()> {
        self.enter()?;
        told(CurrentContext::synchronize())
    }

    /// How many bytes are free, and how many there are.
    pub(super) fn memory(&self) -> Answer<(usize, usize)> {
        self.enter()?;
        told(memory::mem_get_info())
    }
}

/// Some memory of a card.
#[derive(Debug)]
pub(super) struct Block {
    address: u64,
    bytes: usize,
    context: Arc<Context>,
}

impl Block {
    pub(super) fn new(context: &Arc<Context>, bytes: usize) -> Answer<Self> {
        context.enter()?;
        // SAFETY: nothing reads it before it is written: what kernels and copies are given here is written first
        let address = told(unsafe { memory::cuda_malloc::<u8>(bytes.max(1)) })?;
        Ok(Block { address: address.as_raw(), bytes, context: context.clone() })
    }
    pub(super) fn address(&self) -> u64 {
        self.address
    }
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // with a context that is lost its memory is, too
        if self.context.enter().is_ok() {
            // SAFETY: it was allocated in this context, and the driver waits for what uses it
            let _ = unsafe { memory::cuda_free(DevicePointer::<u8>::from_raw(self.address)) };
        }
    }
}

/// Memory of this process that cards copy from by themselves.
#[derive(Debug)]
pub(super) struct Pinned {
    bytes: *mut u8,
    len: usize,
    context: Arc<Context>,
}

// SAFETY: it owns its bytes, as a `Box` does; the context is that of any thread
unsafe impl Send for Pinned {}

impl Pinned {
    pub(super) fn new(context: &Arc<Context>, len: usize) -> Answer<Self> {
        context.enter()?;
        // SAFETY: it is freed by the function that belongs to this one
        let bytes = told(unsafe { memory::cuda_malloc_locked::<u8>(len) })?;
        // SAFETY: the driver has given so many bytes, to which nobody else has come
        unsafe { bytes.write_bytes(0, len) };
        Ok(Pinned { bytes, len, context: context.clone() })
    }
    /// Writes bytes to `first` and behind. The caller knows that no copy from there is on its way.
    pub(super) fn write(&mut self, first: usize, from: &[u8]) {
        assert!(first + from.len() <= self.len, "bytes behind the end");
        // SAFETY: so many bytes are there, of this value alone
        unsafe { ptr::copy_nonoverlapping(from.as_ptr(), self.bytes.add(first), from.len()) };
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if self.context.enter().is_ok() {
            // SAFETY: it was allocated so
            let _ = unsafe { memory::cuda_free_locked(self.bytes) };
        }
    }
}

/// A moment in a stream's work.
#[derive(Debug)]
pub(super) struct Event(Option<cust::event::Event>, Arc<Context>);

// SAFETY: the driver's events may be used in any thread, in which `enter` makes the context current
unsafe impl Send for Event {}

impl Event {
    /// Waits until all work before it is done.
    pub(super) fn wait(&self) -> Answer<()> {
        self.1.enter()?;
        self.0.as_ref().map_or(Ok(()), |event| told(event.synchronize()))
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // cust destroys it, which the driver wants done in its context
        let _ = self.1.enter();
    }
}

/// A stream: what is asked for in it is done in this order.
#[derive(Debug)]
pub(super) struct Stream(cust::stream::Stream, Arc<Context>);

// SAFETY: the driver's streams may be used from any thread, at once too: what is asked for is queued in some order
unsafe impl Send for Stream {}
// SAFETY: as above
unsafe impl Sync for Stream {}

impl Stream {
    pub(super) fn new(context: &Arc<Context>) -> Answer<Self> {
        context.enter()?;
        Ok(Stream(told(cust::stream::Stream::new(StreamFlags::NON_BLOCKING, None))?, context.clone()))
    }

    /// The moment at which all so far is done.
    pub(super) fn event(&self) -> Answer<Event> {
        self.1.enter()?;
        let event = told(cust::event::Event::new(EventFlags::DISABLE_TIMING))?;
        told(event.record(&self.0))?;
        Ok(Event(Some(event), self.1.clone()))
    }

    /// Does what comes from now on after the event.
    pub(super) fn wait_for(&self, mut event: Event) -> Answer<()> {
        self.1.enter()?;
        event.0.take().map_or(Ok(()), |event| told(self.0.wait_event(event, StreamWaitEventFlags::DEFAULT)))
    }

    /// Waits until all is done.
    pub(super) fn wait(&self) -> Answer<()> {
        self.1.enter()?;
        told(self.0.synchronize())
    }

    /// Copies bytes of pinned memory to a block, `at` bytes behind its beginning.
    ///
    /// # Safety
    /// Nobody writes these bytes until the copy is done.
    pub(super) unsafe fn write(&self, to: &Block, at: usize, from: &Pinned, first: usize, len: usize) -> Answer<()> {
        assert!(at + len <= to.bytes && first + len <= from.len, "a copy over the end");
        self.1.enter()?;
        // SAFETY: both ends have so many bytes, and those here stay as they are, as the caller says
        done(unsafe {
            sys::cuMemcpyHtoDAsync_v2(to.address() + at as u64, from.bytes.add(first).cast(), len, self.0.as_inner())
        })
    }

    /// Copies bytes of a block to this process, and waits for them.
    pub(super) fn read(&self, from: &Block, at: usize, to: &mut [u8]) -> Answer<()> {
        assert!(at + to.len() <= from.bytes, "a copy from behind the end");
        self.1.enter()?;
        if to.is_empty() {
            return self.wait();
        }
        // SAFETY: both ends have so many bytes; whatever the copy says, nothing of it goes on after the wait
        let copied = done(unsafe {
            sys::cuMemcpyDtoHAsync_v2(to.as_mut_ptr().cast(), from.address() + at as u64, to.len(), self.0.as_inner())
        });
        let waited = self.wait();
        copied.and(waited)
    }

    /// Launches a kernel with one parameter.
    ///
    /// # Safety
    /// The parameter is one of the kernel's, and keeps what the kernel relies on.
    pub(super) unsafe fn launch(&self, kernel: Kernel, shape: Shape, parameter: &[u8]) -> Answer<()> {
        let Shape { blocks: [x, y], threads, shared } = shape;
        self.1.enter()?;
        // on 8 bytes, as the kernel's own type is
        let mut words: Vec<u64> = vec![0; parameter.len().div_ceil(8)];
        for (word, bytes) in words.iter_mut().zip(parameter.chunks(8)) {
            let mut own = [0; 8];
            own[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_ne_bytes(own);
        }
        let mut parameters: [*mut c_void; 1] = [words.as_mut_ptr().cast()];
        // SAFETY: the driver copies the parameter before it answers; the rest is the caller's promise
        done(unsafe {
            sys::cuLaunchKernel(
                kernel.0,
                x,
                y,
                1,
                threads,
                1,
                1,
                shared,
                self.0.as_inner(),
                parameters.as_mut_ptr(),
                ptr::null_mut(),
            )
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // cust destroys it, which the driver wants done in its context
        let _ = self.1.enter();
    }
}

/// A kernel of a module that is loaded as long as it is launched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kernel(sys::CUfunction);

// SAFETY: a handle of the driver's, for any thread
unsafe impl Send for Kernel {}
// SAFETY: as above
unsafe impl Sync for Kernel {}

/// Kernels that the driver has compiled. `cust` would not tell what the compiler says.
#[derive(Debug)]
pub(super) struct Module(sys::CUmodule, Arc<Context>);

// SAFETY: the driver's modules may be used in any thread
unsafe impl Send for Module {}
// SAFETY: as above; what this type does with one by reference is to look kernels up
unsafe impl Sync for Module {}

impl Module {
    /// Compiles them. The refusal of a compiler has its log.
    pub(super) fn new(context: &Arc<Context>, ptx: &str) -> Answer<Self> {
        context.enter()?;
        let Ok(text) = CString::new(ptx) else {
            return Err(Refusal { code: 218, text: "the PTX has a zero in it".into() });
        };
        let mut log = vec![0u8; 4096];
        let mut options =
            [sys::CUjit_option::CU_JIT_ERROR_LOG_BUFFER, sys::CUjit_option::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES];
        let mut values = [log.as_mut_ptr().cast::<c_void>(), ptr::without_provenance_mut(log.len() - 1)];
        let mut module = ptr::null_mut();
        // SAFETY: two options with a value each: a buffer, and a size that leaves a zero at its end; the text ends with a zero
        let loaded = done(unsafe {
            sys::cuModuleLoadDataEx(&mut module, text.as_ptr().cast(), 2, options.as_mut_ptr(), values.as_mut_ptr())
        });
        loaded.map(|()| Module(module, context.clone())).map_err(|mut refusal| {
            let log = CStr::from_bytes_until_nul(&log).unwrap_or_default().to_string_lossy();
            if !log.trim().is_empty() {
                refusal.text = format!("{}: {}", refusal.text, log.trim());
            }
            refusal
        })
    }

    /// One of them, to be launched as long as this lives.
    pub(super) fn kernel(&self, name: &str) -> Answer<Kernel> {
        self.1.enter()?;
        let name = CString::new(name).unwrap_or_default();
        let mut kernel = ptr::null_mut();
        // SAFETY: the module is loaded, and the name ends with a zero
        done(unsafe { sys::cuModuleGetFunction(&mut kernel, self.0, name.as_ptr()) })?;
        Ok(Kernel(kernel))
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if self.1.enter().is_ok() {
            // SAFETY: it is loaded, and nobody launches its kernels any more
            let _ = unsafe { sys::cuModuleUnload(self.0) };
        }
    }
}
