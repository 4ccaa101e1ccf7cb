//! Where things lie.
//!
//! A generic address is a window (8 bits), a slot (16 bits) and an offset (40 bits) for buffers and module variables;
//! a window, a thread's number (24 bits) and 32 bits for what is addressed by 32 bits in its own space: there a slot
//! (12 bits) and an offset (20 bits). Buffers begin in the middle of what their slot could address, so that any
//! reasonable offset from one, in either direction, is still known to be an offset from it.

use crate::types::Space;

/// Most buffers, most variables of a module.
pub(crate) const SLOTS: usize = 1 << 16;
/// Most variables in shared memory, in parameters, on a thread's stack.
pub(crate) const SMALL_SLOTS: usize = 1 << 11;
/// Most bytes of one of them.
pub(crate) const SMALL_BYTES: u64 = 1 << 18;

const WINDOW: u32 = 56;
const SLOT: u32 = 40;
const SMALL_SLOT: u32 = 20;

const BUFFERS: u64 = 0;
const VARIABLES: u64 = 1;
const SHARED: u64 = 2;
const LOCAL: u64 = 3;
const PARAM: u64 = 4;
const FUNCTIONS: u64 = 5;

/// What an address points to: a slot, or an address in a space of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Buffer(usize),
    Variable(usize),
    Shared(u64),
    Local { thread: u64, address: u64 },
    Param(u64),
    Nothing,
}

/// Begins in the middle of a slot, at a multiple of `align` and of nothing larger: what is aligned by luck is not
/// aligned.
fn base(slot: usize, width: u32, align: u64) -> u64 {
    let odd = if align < 256 { 256 + align } else { align };
    ((slot as u64) << width | 1 << (width - 1)) + odd
}

/// The address of a buffer, as aligned as what `cudaMalloc` returns.
pub(crate) fn buffer(slot: usize) -> u64 {
    base(slot + 1, SLOT, 256)
}

pub(crate) fn variable(slot: usize, align: u64) -> u64 {
    VARIABLES << WINDOW | base(slot, SLOT, align)
}

/// Within shared, local or parameter memory.
pub(crate) fn small(slot: usize, align: u64) -> u64 {
    base(slot + 1, SMALL_SLOT, align)
}

/// The slot of an address within such memory.
pub(crate) fn small_slot(address: u64) -> Option<usize> {
    ((address >> SMALL_SLOT) as usize).checked_sub(1)
}

/// The address by which function number `n` is called.
pub(crate) fn function(n: usize) -> u64 {
    FUNCTIONS << WINDOW | (n as u64 + 1) << 4
}

/// The number of the function with this address.
pub(crate) fn function_number(address: u64) -> Option<usize> {
    let n = (address & !(0xFF << WINDOW)) as usize;
    (address >> WINDOW == FUNCTIONS && n.is_multiple_of(16)).then(|| (n >> 4).wrapping_sub(1))
}

/// The generic address of `address` in `space`, for a thread.
pub(crate) fn to_generic(space: Space, address: u64, thread: u64) -> u64 {
    match space {
        Space::Generic | Space::Global | Space::Const => address,
        Space::Shared => SHARED << WINDOW | address,
        Space::Local => LOCAL << WINDOW | thread << 32 | address,
        Space::Param => PARAM << WINDOW | address,
    }
}

/// The address in `space` of what has a generic address; what lies elsewhere becomes the address of nothing.
pub(crate) fn from_generic(space: Space, address: u64, thread: u64) -> u64 {
    match (space, target(Space::Generic, address)) {
        (Space::Generic, _) | (Space::Global | Space::Const, Target::Buffer(_) | Target::Variable(_)) => address,
        (Space::Shared, Target::Shared(a)) | (Space::Param, Target::Param(a)) => a,
        (Space::Local, Target::Local { thread: t, address }) if t == thread => address,
        _ => u64::MAX,
    }
}

/// What an address in `space` points to.
pub(crate) fn target(space: Space, address: u64) -> Target {
    let low = address & 0xFFFF_FFFF;
    let is_small = low == address;
    let slot = (address >> SLOT & 0xFFFF) as usize;
    match (space, address >> WINDOW) {
        (Space::Generic | Space::Global, BUFFERS) if slot > 0 => Target::Buffer(slot - 1),
        (Space::Generic | Space::Global | Space::Const, VARIABLES) => Target::Variable(slot),
        (Space::Generic, SHARED) => Target::Shared(low),
        (Space::Generic, PARAM) => Target::Param(low),
        (Space::Generic, LOCAL) => Target::Local { thread: address >> 32 & 0xFF_FFFF, address: low },
        (Space::Shared, _) if is_small => Target::Shared(low),
        (Space::Param, _) if is_small => Target::Param(low),
        (Space::Local, _) if is_small => Target::Local { thread: u64::MAX, address: low },
        _ => Target::Nothing,
    }
}
