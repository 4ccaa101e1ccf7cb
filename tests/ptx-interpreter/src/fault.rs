//! What goes wrong: in a file, and in a run.

use std::fmt;
use std::sync::Arc;

use crate::types::Space;

/// What is wrong with a PTX file, or what in it is not modelled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
#[non_exhaustive]
pub struct ParseError {
    /// Counted from 1.
    pub line: u32,
    /// What is wrong there.
    pub message: String,
}

impl ParseError {
    pub(crate) fn new(line: u32, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// What ended a launch, and where.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fault {
    /// The kernel.
    pub entry: String,
    /// What happened.
    pub kind: FaultKind,
    /// Which thread did it; none where the launch itself is wrong.
    pub place: Option<Place>,
}

/// Where a thread was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The function it was in.
    pub function: String,
    /// The line of the file, counted from 1.
    pub line: u32,
    /// What stands in that line.
    pub text: String,
    /// `%ctaid`
    pub block: [u32; 3],
    /// `%tid`
    pub thread: [u32; 3],
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kernel `{}`: {}", self.entry, self.kind)?;
        let Some(place) = &self.place else { return Ok(()) };
        write!(f, ", in thread {:?} of block {:?}, line {}", place.thread, place.block, place.line)?;
        if place.function != self.entry {
            write!(f, " (function `{}`)", place.function)?;
        }
        write!(f, ": {}", place.text)
    }
}

impl std::error::Error for Fault {}

/// What a thread did to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// A load.
    Read,
    /// A store.
    Write,
    /// A load and a store in one.
    Update,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "reads",
            Self::Write => "writes",
            Self::Update => "updates",
        })
    }
}

/// An access to a buffer or a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// What was done.
    pub verb: Verb,
    /// How many bytes at once.
    pub bytes: u64,
    /// The first of them, counted from the beginning of the buffer.
    pub offset: i64,
    /// The memory that the buffer lies in.
    pub space: Space,
    /// The name of the buffer.
    pub name: Arc<str>,
    /// How many bytes the buffer has.
    pub length: u64,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { verb, bytes, offset, space, name, length } = self;
        let s = if *bytes == 1 { "" } else { "s" };
        write!(f, "{verb} {bytes} byte{s} at byte {offset} of {space} `{name}` ({length} bytes)")
    }
}

/// What can happen to a thread.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// The buffer does not reach so far.
    #[error("{0}, out of bounds")]
    OutOfBounds(Access),
    /// The address is not a multiple of the size.
    #[error("{0}, misaligned")]
    Misaligned(Access),
    /// Nothing has written these bytes.
    #[error("{0}, uninitialised")]
    Uninitialised(Access),
    /// Constants are not written.
    #[error("{0}, which is constant")]
    Constant(Access),
    /// Nothing orders this access and an earlier one by another thread.
    #[error("{access}, a race: {earlier}")]
    Race {
        /// The later of the two.
        access: Access,
        /// The earlier of the two, in words.
        earlier: String,
    },
    /// No buffer is anywhere near.
    #[error("{verb} {bytes} bytes at address {address:#x}, where there is no {space} memory")]
    Nowhere {
        /// What was done.
        verb: Verb,
        /// How many bytes at once.
        bytes: u64,
        /// The first of them.
        address: u64,
        /// The memory that the instruction names.
        space: Space,
    },
    /// A register is used, and nothing was ever put into it.
    #[error("register `{0}` was never written")]
    Register(String),
    /// Not all threads of a block are at a barrier, or they are at different ones.
    #[error("divergent barrier: {0}")]
    Barrier(String),
    /// Not all threads of a warp are at an instruction that they execute together.
    #[error("divergent warp: {0}")]
    Warp(String),
    /// More instructions than a thread is allowed: an infinite loop?
    #[error("more than {0} instructions in a thread")]
    Budget(u64),
    /// `trap`: what a panic becomes.
    #[error("trap")]
    Trap,
    /// An integer divided by zero, which has no result.
    #[error("division of an integer by zero")]
    DivisionByZero,
    /// A call of what is declared and not defined.
    #[error("function `{0}` has no body")]
    Undefined(String),
    /// An indirect call or jump of what is none.
    #[error("{0}")]
    Jump(String),
    /// Calls within calls without end.
    #[error("{0} calls within each other")]
    Depth(usize),
    /// A launch that no GPU would accept.
    #[error("{0}")]
    Launch(String),
}
