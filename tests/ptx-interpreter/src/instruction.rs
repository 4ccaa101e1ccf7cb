//! Instructions as they are executed: names are numbers, types are functions.

use crate::compute::convert::Conversion;
use crate::compute::integer::Carry;
use crate::compute::{F1, F2, F3, F4};
use crate::race::Order;
use crate::types::Space;

/// The number of a register in its function. Constants are registers, too.
pub(crate) type Reg = u32;

/// A kernel or a function.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) name: String,
    pub(crate) is_entry: bool,
    /// Sizes of blocks that it demands: at most, or exactly (true).
    pub(crate) limits: Vec<(bool, Vec<u64>)>,
    /// Names, values at the beginning, and which registers have one.
    pub(crate) registers: Vec<String>,
    pub(crate) initial: Vec<u64>,
    pub(crate) written: Vec<bool>,
    /// Variables in parameter memory: results, parameters, then those of the body.
    pub(crate) params: Vec<Slot>,
    pub(crate) results: usize,
    pub(crate) arguments: usize,
    /// Variables on the stack.
    pub(crate) locals: Vec<Slot>,
    /// None for a declaration.
    pub(crate) instructions: Option<Vec<Instruction>>,
}

/// A variable that each call, or each block, has anew.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) name: std::sync::Arc<str>,
    pub(crate) bytes: u64,
    pub(crate) align: u64,
    pub(crate) dynamic: bool,
}

#[derive(Debug)]
pub(crate) struct Instruction {
    /// Executed where this register is not this value.
    pub(crate) guard: Option<(Reg, bool)>,
    pub(crate) line: u32,
    pub(crate) op: Op,
}

/// A place in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    Register(Reg, i64),
    Constant(u64),
    Local(u32, i64),
    Param(u32, i64),
}

/// Values that are loaded or stored at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values {
    pub(crate) registers: [Reg; 4],
    pub(crate) count: u8,
    /// Bytes of each.
    pub(crate) bytes: u8,
    /// Bits that a loaded value is extended to by its sign; 0: by zeros.
    pub(crate) extend: u8,
}

/// What an atomic instruction makes of the old value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Update {
    Swap,
    CompareAndSwap,
    Compute(F2),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    Tid(usize),
    Ntid(usize),
    Ctaid(usize),
    Nctaid(usize),
    Lane,
    Warp,
    Warps,
    LanesEqual,
    LanesBelow,
    LanesUpTo,
    LanesAbove,
    LanesFrom,
    DynamicShared,
    Clock,
    One,
    Zero,
}

/// What a barrier computes of a predicate of all threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vote {
    Count,
    All,
    Any,
    /// All or none.
    Uniform,
    Ballot,
}

/// What the lanes of a warp do together.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Together {
    Barrier,
    Shuffle {
        mode: Shuffle,
        d: Reg,
        p: Option<Reg>,
        a: Reg,
        b: Reg,
        c: Reg,
    },
    Vote {
        kind: Vote,
        d: Reg,
        a: Reg,
    },
    /// Lanes with the same value; with `all`, whether all lanes have it.
    Match {
        all: bool,
        d: Reg,
        p: Option<Reg>,
        a: Reg,
    },
    Reduce {
        f: F2,
        d: Reg,
        a: Reg,
    },
}

impl Together {
    pub(crate) fn is_barrier(self) -> bool {
        matches!(self, Self::Barrier)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shuffle {
    Up,
    Down,
    Butterfly,
    Index,
}

#[derive(Debug)]
pub(crate) enum Callee {
    Function(usize),
    Register(Reg),
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) callee: Callee,
    /// Variables in the caller's parameter memory.
    pub(crate) results: Vec<u32>,
    pub(crate) arguments: Vec<u32>,
}

/// `d` is the destination, `a` and so on are the sources.
#[derive(Debug)]
pub(crate) enum Op {
    Unary {
        f: F1,
        d: Reg,
        a: Reg,
    },
    Binary {
        f: F2,
        d: Reg,
        a: Reg,
        b: Reg,
    },
    Ternary {
        f: F3,
        d: Reg,
        a: Reg,
        b: Reg,
        c: Reg,
    },
    Quaternary {
        f: F4,
        d: Reg,
        a: Reg,
        b: Reg,
        c: Reg,
        e: Reg,
    },
    Divide {
        f: fn(u64, u64) -> Option<u64>,
        d: Reg,
        a: Reg,
        b: Reg,
    },
    Carry {
        f: Carry,
        d: Reg,
        a: Reg,
        b: Reg,
        carry_in: Option<Reg>,
        carry_out: Option<Reg>,
    },
    Convert {
        how: Conversion,
        bits: u8,
        d: Reg,
        a: Reg,
    },
    /// Copies; what was never written stays so.
    Move {
        d: Reg,
        a: Reg,
    },
    Select {
        d: Reg,
        a: Reg,
        b: Reg,
        p: Reg,
    },
    /// The lowest first.
    Pack {
        d: Reg,
        parts: Values,
    },
    Unpack {
        parts: Values,
        a: Reg,
    },
    Load {
        space: Space,
        order: Order,
        values: Values,
        at: At,
    },
    Store {
        space: Space,
        order: Order,
        values: Values,
        at: At,
    },
    Atomic {
        space: Space,
        update: Update,
        bytes: u8,
        d: Option<Reg>,
        at: At,
        b: Reg,
        c: Reg,
    },
    Special {
        what: Special,
        d: Reg,
    },
    /// The address of a variable in its own space.
    Address {
        d: Reg,
        at: At,
    },
    ToGeneric {
        space: Space,
        d: Reg,
        a: Reg,
    },
    FromGeneric {
        space: Space,
        d: Reg,
        a: Reg,
    },
    IsSpace {
        space: Space,
        d: Reg,
        a: Reg,
    },
    ActiveMask {
        d: Reg,
    },
    Branch(usize),
    BranchTable {
        index: Reg,
        targets: Vec<usize>,
    },
    Call(Box<Call>),
    Return,
    Exit,
    Trap,
    /// All threads of the block; `count` is how many, where it is said.
    Barrier {
        id: Reg,
        count: Option<Reg>,
        vote: Option<(Vote, Reg, Reg)>,
    },
    Warp {
        what: Together,
        mask: Reg,
    },
    /// Orders nothing here: threads run one after the other.
    Fence,
}
