//! All devices, and what is done on them.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::card::{Calls, Card, MOST};
use crate::code::{self, Code};
use crate::pinned::Pinned;
use crate::pointer::{Handle, Host};
use crate::stream::{Event, Op};
use crate::table::{Kind, device_of};

/// What a function of the driver has done.
pub(crate) type Done = Result<(), Code>;

/// The time that an operation takes, beside its instructions, in nanoseconds.
const START: u64 = 1000;

thread_local! {
    /// The contexts of this thread; the last one is current. Never dropped: what else a thread has of its own may be a buffer, which is
    /// freed when the thread ends.
    static CONTEXTS: RefCell<ManuallyDrop<Vec<u64>>> = const { RefCell::new(ManuallyDrop::new(vec![])) };
}

/// What a call is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    /// The driver itself, which need not have been started.
    Driver,
    /// No device in particular.
    Any,
    /// A device by its number.
    Device(i32),
    /// The device of the current context, which must not be lost.
    Current,
}

/// Which streams are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    /// Those that the default stream waits for.
    Blocking,
}

/// The driver.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) started: bool,
    pub(crate) version: i32,
    /// How many devices there are.
    pub(crate) count: usize,
    /// Calls that are about no device.
    pub(crate) calls: Calls,
    pub(crate) cards: Vec<Card>,
    pub(crate) pinned: Pinned,
}

static DRIVER: LazyLock<Mutex<Driver>> = LazyLock::new(|| {
    let variable = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    Mutex::new(Driver {
        started: false,
        version: variable("KEOPS_FAKE_VERSION").map_or(12040, |version| version as i32),
        count: variable("KEOPS_FAKE_DEVICES").map_or(16, |count| count.min(MOST)),
        calls: Calls::default(),
        cards: (0..MOST).map(Card::new).collect(),
        pinned: Pinned::default(),
    })
});

pub(crate) fn locked<R>(f: impl FnOnce(&mut Driver) -> R) -> R {
    f(&mut DRIVER.lock().unwrap_or_else(PoisonError::into_inner))
}

/// One call of a function: counted, refused where a test wants that, and never unwinding into its caller.
pub(crate) fn call(name: &'static str, scope: Scope, f: impl FnOnce(&mut Driver, usize) -> Done) -> u32 {
    let result = catch_unwind(AssertUnwindSafe(|| {
        locked(|d| {
            // a call is counted before it is found that it cannot be
            let device = d.device(scope);
            let calls = match device {
                Ok(Some(n)) => &mut d.cards[n].calls,
                Ok(None) | Err(_) => &mut d.calls,
            };
            calls.made(name)?;
            let started = d.started || matches!(scope, Scope::Driver);
            let n = if started { device?.unwrap_or(0) } else { return Err(code::NOT_INITIALIZED) };
            match (scope, d.cards[n].context.lost) {
                (Scope::Current, Some(lost)) => Err(lost),
                _ => f(d, n),
            }
        })
    }));
    result.unwrap_or(Err(code::UNKNOWN)).err().unwrap_or(code::SUCCESS)
}

impl Driver {
    fn device(&self, scope: Scope) -> Result<Option<usize>, Code> {
        match scope {
            Scope::Driver | Scope::Any => Ok(None),
            Scope::Device(n) => {
                let n = usize::try_from(n).ok().filter(|n| *n < self.count);
                n.map(Some).ok_or(code::INVALID_DEVICE)
            }
            Scope::Current => self.context(self.current()).map(Some),
        }
    }

    /// The context of this thread; 0: none.
    pub(crate) fn current(&self) -> u64 {
        CONTEXTS.with_borrow(|contexts| contexts.last().copied().unwrap_or(0))
    }

    /// The device of a context.
    pub(crate) fn context(&self, handle: u64) -> Result<usize, Code> {
        let n = device_of(handle, Kind::Context).filter(|n| self.cards.get(*n).is_some_and(|card| card.has(handle)));
        n.ok_or(code::INVALID_CONTEXT)
    }

    /// Makes a context the current one in the place of the one that is, or takes that away.
    pub(crate) fn set_current(&self, handle: u64) -> Done {
        if handle != 0 {
            self.context(handle)?;
        }
        CONTEXTS.with_borrow_mut(|contexts| {
            contexts.pop();
            contexts.extend(Some(handle).filter(|handle| *handle != 0));
        });
        Ok(())
    }

    pub(crate) fn push_current(&self, handle: u64) -> Done {
        self.context(handle)?;
        CONTEXTS.with_borrow_mut(|contexts| contexts.push(handle));
        Ok(())
    }

    pub(crate) fn pop_current(&self) -> Result<u64, Code> {
        CONTEXTS.with_borrow_mut(|contexts| contexts.pop()).ok_or(code::INVALID_CONTEXT)
    }

    pub(crate) fn release(&mut self, n: usize) -> Done {
        let references = &mut self.cards[n].context.references;
        *references = references.checked_sub(1).ok_or(code::INVALID_CONTEXT)?;
        if *references == 0 {
            self.reset(n);
        }
        Ok(())
    }

    /// Everything of a device's context goes.
    pub(crate) fn reset(&mut self, n: usize) {
        self.cards[n].reset();
        self.unpin(self.pinned.of(n));
    }

    /// Frees pinned memory when nobody will look at it any more.
    fn unpin(&mut self, addresses: Vec<usize>) {
        if addresses.is_empty() {
            return;
        }
        for n in 0..self.cards.len() {
            let _ = self.drain(n, Which::All);
        }
        for address in addresses {
            let _ = self.pinned.free(address);
        }
    }

    pub(crate) fn free_pinned(&mut self, address: usize) -> Done {
        if !self.pinned.holds(address, 1) {
            return Err(code::INVALID_VALUE);
        }
        for n in 0..self.cards.len() {
            let _ = self.drain(n, Which::All);
        }
        self.pinned.free(address)
    }

    /// A stream of this device, by what callers call it: 0 and 1 are the default stream.
    pub(crate) fn stream(&self, n: usize, handle: Handle) -> Result<u64, Code> {
        let card = &self.cards[n];
        match handle.number() {
            0 | 1 => Ok(card.default),
            number => card.streams.get(number).map(|_| number),
        }
    }

    /// An event, of whichever device, and that.
    pub(crate) fn event(&self, handle: Handle) -> Result<(usize, Event), Code> {
        let device = device_of(handle.number(), Kind::Event).filter(|n| *n < MOST).ok_or(code::INVALID_HANDLE)?;
        self.cards[device].events.get(handle.number()).map(|event| (device, *event))
    }

    /// Queues an operation. The default stream is not ahead of those that it waits for, nor they of it.
    pub(crate) fn ask(&mut self, n: usize, stream: u64, op: Op) -> Done {
        let default = self.cards[n].default;
        let queue = self.cards[n].streams.get_mut(stream)?;
        queue.queue.push_back(op);
        queue.asked += 1;
        if stream != default {
            return Ok(());
        }
        self.drain(n, Which::Blocking)
    }

    /// Asks for a copy to the host; into memory that is not pinned it is finished when this returns.
    pub(crate) fn ask_to_host(&mut self, n: usize, stream: u64, to: Host, from: u64, bytes: usize) -> Done {
        self.check(n, from, bytes)?;
        let to = to.address();
        let pinned = self.pinned.holds(to, bytes);
        if pinned {
            return self.ask(n, stream, Op::ToHost { to, from, bytes });
        }
        self.finish(n, stream)?;
        self.run(n, Op::ToHost { to, from, bytes })
    }

    /// Whether a device has so many bytes there, now that a copy is asked for.
    pub(crate) fn check(&mut self, n: usize, address: u64, bytes: usize) -> Done {
        let card = &mut self.cards[n];
        card.memory.check(address, bytes).map_err(|outside| {
            card.said = outside.to_string();
            code::INVALID_VALUE
        })
    }

    /// Does what a stream has to do until so much is done.
    pub(crate) fn advance(&mut self, n: usize, stream: u64, after: u64) -> Done {
        while let Ok(queue) = self.cards[n].streams.get_mut(stream)
            && queue.done < after
            && let Some(op) = queue.queue.pop_front()
        {
            queue.done += 1;
            self.run(n, op)?;
        }
        self.cards[n].context.lost.map_or(Ok(()), Err)
    }

    pub(crate) fn finish(&mut self, n: usize, stream: u64) -> Done {
        let all = self.cards[n].streams.get(stream)?.asked;
        self.advance(n, stream, all)
    }

    pub(crate) fn drain(&mut self, n: usize, which: Which) -> Done {
        let streams = self.cards[n].streams.iter();
        let waited: Vec<u64> =
            streams.filter(|(_, stream)| which == Which::All || stream.blocking).map(|(handle, _)| handle).collect();
        // the default stream is the oldest, and what it has to do the newest
        waited.into_iter().rev().try_for_each(|stream| self.finish(n, stream))
    }

    /// The work of a device goes wrong: from here on every call of its context says so, and nothing of it runs.
    fn lose(&mut self, n: usize, code: Code, what: String) -> Code {
        let card = &mut self.cards[n];
        card.said = what;
        card.context.lost = Some(code);
        card.streams.values_mut().for_each(|stream| stream.queue.clear());
        code
    }

    pub(crate) fn run(&mut self, n: usize, op: Op) -> Done {
        let card = &mut self.cards[n];
        card.clock += START;
        let copied = match op {
            Op::FromPinned { to, from, bytes } => {
                let bytes = Host::new(from).bytes(bytes)?;
                card.memory.copy_in(to, &bytes)
            }
            Op::Staged { to, bytes } => card.memory.copy_in(to, &bytes),
            Op::ToHost { to, from, bytes } => {
                let mut copy = vec![0; bytes];
                let copied = card.memory.copy_out(from, &mut copy);
                if let Ok(unwritten) = copied {
                    card.unwritten += unwritten as u64;
                    Host::new(to).fill(&copy)?;
                }
                copied.map(drop)
            }
            Op::Within { to, from, bytes } => card.memory.copy_within(to, from, bytes),
            Op::Free(address) => {
                let freed = card.free(address);
                return freed.map_err(|code| self.lose(n, code, format!("frees {address:#x}, where no buffer begins")));
            }
            Op::Reach(event) => {
                let clock = card.clock;
                if let Ok(event) = card.events.get_mut(event) {
                    event.reached = Some(clock);
                }
                return Ok(());
            }
            Op::Wait { device, stream, after } => {
                // what becomes of the other device is told by its own calls
                let _ = self.advance(device, stream, after);
                return self.cards[n].context.lost.map_or(Ok(()), Err);
            }
            Op::Launch { module, entry, grid, block, shared, args } => {
                if let Some(code) = due(&mut card.settings.kernels) {
                    return Err(self.lose(n, code, format!("kernel `{entry}`: told to fail with {code}")));
                }
                return match module.launch(&entry, grid, block, shared, &args, &mut card.memory) {
                    Ok(stats) => {
                        card.clock += stats.instructions;
                        Ok(())
                    }
                    Err(fault) => Err(self.lose(n, code::of_fault(&fault), fault.to_string())),
                };
            }
        };
        copied.map_err(|outside| self.lose(n, code::ILLEGAL_ADDRESS, outside.to_string()))
    }
}

/// Counts down to what is to fail: its code, where its time has come.
fn due(faults: &mut Vec<(u64, Code)>) -> Option<Code> {
    faults.iter_mut().for_each(|fault| fault.0 = fault.0.saturating_sub(1));
    let now = faults.iter().position(|fault| fault.0 == 0)?;
    Some(faults.swap_remove(now).1)
}
