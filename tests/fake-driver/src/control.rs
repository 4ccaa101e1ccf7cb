//! What a test can ask and want of the driver.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Deref;
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};

use crate::card::{Calls, Card, MOST, Settings};
use crate::driver::locked;

/// What is alive on a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// Buffers.
    pub buffers: usize,
    /// The bytes of all buffers together.
    pub bytes: usize,
    /// Pieces of pinned memory that were asked for in its context.
    pub pinned: usize,
    /// Modules.
    pub modules: usize,
    /// Streams, beside the one that is always there.
    pub streams: usize,
    /// Events.
    pub events: usize,
    /// References to its context.
    pub contexts: usize,
}

/// A device, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device(usize);

/// The device of this number.
///
/// # Panics
/// Panics where there is none: there are 32, of which [`set_devices`] shows some to the program.
pub fn device(number: usize) -> Device {
    assert!(number < MOST, "there are {MOST} devices");
    Device(number)
}

impl Device {
    /// Its number, as `cuDeviceGet` takes it.
    pub fn number(self) -> usize {
        self.0
    }

    fn with<R>(self, f: impl FnOnce(&mut Card) -> R) -> R {
        locked(|d| f(&mut d.cards[self.0]))
    }

    /// The `nth` call of a function from now on (1: the next one) returns `code`, and does nothing else. Calls count for the device that they
    /// name, or whose context is current.
    pub fn fail(self, name: &str, nth: u64, code: u32) {
        self.with(|card| card.calls.fail(name, nth, code));
    }

    /// The `nth` kernel that runs from now on (1: the next one) loses the context with `code`, which whoever waits for it is told.
    pub fn fail_kernel(self, nth: u64, code: u32) {
        self.with(|card| card.settings.kernels.push((nth, code)));
    }

    /// The next module does not compile; `log` is what the compiler has to say.
    pub fn fail_jit(self, code: u32, log: &str) {
        self.with(|card| card.settings.jit.push_back((code, log.into())));
    }

    /// How often a function was called.
    pub fn calls(self, name: &str) -> u64 {
        self.with(|card| card.calls.count(name))
    }

    /// How often each function was called.
    pub fn all_calls(self) -> BTreeMap<&'static str, u64> {
        self.with(|card| card.calls.all())
    }

    /// What is alive.
    pub fn live(self) -> Live {
        locked(|d| {
            let card = &d.cards[self.0];
            let (buffers, bytes) = card.memory.live();
            Live {
                buffers,
                bytes,
                pinned: d.pinned.of(self.0).len(),
                modules: card.modules.len(),
                streams: card.streams.len() - 1,
                events: card.events.len(),
                contexts: card.context.references as usize,
            }
        })
    }

    /// What went wrong last, in the words of the interpreter or of the compiler.
    pub fn said(self) -> String {
        self.with(|card| card.said.clone())
    }

    /// How many bytes were copied to the host that nothing had written.
    pub fn unwritten(self) -> u64 {
        self.with(|card| card.unwritten)
    }

    /// How much memory it has.
    pub fn set_memory(self, bytes: usize) {
        self.with(|card| card.settings.memory = bytes);
    }

    /// Its compute capability.
    pub fn set_capability(self, major: i32, minor: i32) {
        self.with(|card| card.settings.capability = (major, minor));
    }

    /// How many multiprocessors it has.
    pub fn set_multiprocessors(self, count: i32) {
        self.with(|card| card.settings.multiprocessors = count);
    }

    /// Its clock rate in kHz.
    pub fn set_clock(self, kilohertz: i32) {
        self.with(|card| card.settings.clock = kilohertz);
    }

    /// Whether a context that a fault has lost comes back when all references to it are released, or is lost as long as the process lives.
    pub fn recovers(self, recovers: bool) {
        self.with(|card| card.settings.recovers = recovers);
    }

    /// Forgets what was set, told to fail, counted and said.
    pub fn forget(self) {
        self.with(|card| {
            card.settings = Settings::default();
            card.calls = Calls::default();
            card.said.clear();
            card.unwritten = 0;
            if card.context.references == 0 {
                card.context.lost = None;
            }
        });
    }
}

/// The devices that no test has, the longest unused first.
static UNUSED: LazyLock<Mutex<VecDeque<usize>>> = LazyLock::new(|| Mutex::new((0..locked(|d| d.count)).collect()));
static GIVEN_BACK: Condvar = Condvar::new();

/// A device that a test has for itself, until this is dropped: declare it before what uses the device.
#[derive(Debug)]
pub struct Lease(Device);

impl Deref for Lease {
    type Target = Device;
    fn deref(&self) -> &Device {
        &self.0
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.forget();
        UNUSED.lock().unwrap_or_else(PoisonError::into_inner).push_back(self.0.0);
        GIVEN_BACK.notify_one();
    }
}

/// A device that no other test has, as it is at first; waits until there is one. What is alive on it from before, because it was leaked or is
/// kept for the whole process, stays.
pub fn free_device() -> Lease {
    let mut unused = UNUSED.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(number) = unused.pop_front() {
            return Lease(Device(number));
        }
        unused = GIVEN_BACK.wait(unused).unwrap_or_else(PoisonError::into_inner);
    }
}

/// How many devices a program sees, 32 at most; with 0, `cuInit` finds none.
///
/// # Panics
/// Panics where these are too many.
pub fn set_devices(count: usize) {
    assert!(count <= MOST, "there are {MOST} devices");
    locked(|d| d.count = count);
}

/// The version of CUDA that the driver is of, as `cuDriverGetVersion` tells it: 12040 is 12.4.
pub fn set_version(version: i32) {
    locked(|d| d.version = version);
}

/// As [`Device::fail`], for functions that are about no device, and for calls without a current context.
pub fn fail(name: &str, nth: u64, code: u32) {
    locked(|d| d.calls.fail(name, nth, code));
}

/// How often a function was called that is about no device, or without a current context.
pub fn calls(name: &str) -> u64 {
    locked(|d| d.calls.count(name))
}
