//! What is to be done in order.

use std::collections::VecDeque;
use std::sync::Arc;

use keops_ptx_interpreter::{Arg, Module};

/// Something that a stream has to do.
#[derive(Debug)]
pub(crate) enum Op {
    /// Copies from pinned memory, as it is when the copy runs.
    FromPinned { to: u64, from: usize, bytes: usize },
    /// Writes bytes that were copied, or made, when the call was made.
    Staged { to: u64, bytes: Vec<u8> },
    /// Copies to the host: to pinned memory, or before the call returns.
    ToHost { to: usize, from: u64, bytes: usize },
    /// Copies from one buffer of the device to another.
    Within { to: u64, from: u64, bytes: usize },
    /// Frees a buffer.
    Free(u64),
    /// An event is reached.
    Reach(u64),
    /// Waits until a stream, perhaps another device's, has done so much.
    Wait { device: usize, stream: u64, after: u64 },
    /// Runs a kernel.
    Launch { module: Arc<Module>, entry: String, grid: [u32; 3], block: [u32; 3], shared: u32, args: Vec<Arg> },
}

/// A queue; nothing of it is done before somebody waits.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) queue: VecDeque<Op>,
    /// How much was ever asked for.
    pub(crate) asked: u64,
    /// How much of it is done.
    pub(crate) done: u64,
    /// Whether the default stream waits for it.
    pub(crate) blocking: bool,
}

impl Stream {
    /// By the flags that the driver takes: 1 is `NON_BLOCKING`.
    pub(crate) fn new(flags: u32) -> Self {
        Self { queue: VecDeque::new(), asked: 0, done: 0, blocking: flags & 1 == 0 }
    }
}

/// A moment of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Event {
    /// The stream, and how much of it lies before; none where nothing was recorded.
    pub(crate) after: Option<(u64, u64)>,
    /// When it was reached, in nanoseconds of the device.
    pub(crate) reached: Option<u64>,
    /// Whether it has a time.
    pub(crate) timed: bool,
}
