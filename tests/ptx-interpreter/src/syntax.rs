//! What a PTX file says, before names mean anything.

use crate::types::{Space, Type};

/// A variable in memory.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) space: Space,
    pub(crate) line: u32,
    pub(crate) align: u64,
    pub(crate) bytes: u64,
    /// `extern .shared x[]`: its size is that of the launch.
    pub(crate) dynamic: bool,
    /// What it starts as; values that are missing are 0. None: not initialised.
    pub(crate) values: Option<Vec<Value>>,
    /// Bytes of one of the values.
    pub(crate) stride: u64,
}

/// An initial value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Plain bits.
    Bits(u64),
    /// An address, and how far behind it.
    Address { name: String, offset: i64, generic: bool, byte: Option<u32> },
}

/// A kernel or a function.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: u32,
    pub(crate) is_entry: bool,
    pub(crate) results: Vec<Variable>,
    pub(crate) params: Vec<Variable>,
    /// Sizes of blocks that `.maxntid` (at most) and `.reqntid` (exactly: true) demand.
    pub(crate) limits: Vec<(bool, Vec<u64>)>,
    /// None for a declaration.
    pub(crate) body: Option<Vec<Statement>>,
}

/// What stands in a function's body.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// `{`: names declared from here on are forgotten at the matching `}`.
    Open,
    Close,
    Label(String, u32),
    Registers {
        ty: Type,
        names: Vec<Registers>,
        line: u32,
    },
    Variable(Variable),
    /// `name: .branchtargets a, b;`
    Targets(String, Vec<String>),
    Instruction(Instruction),
}

/// One register, or `%r<9>`: `%r0` to `%r8`.
#[derive(Clone, Debug)]
pub(crate) struct Registers {
    pub(crate) name: String,
    pub(crate) count: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    pub(crate) line: u32,
    /// `@p` or `@!p`: the register, and whether its opposite is meant.
    pub(crate) guard: Option<(String, bool)>,
    /// The parts of the opcode: `ld`, `global`, `f32`.
    pub(crate) opcode: Vec<String>,
    pub(crate) operands: Vec<Operand>,
}

#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// A register, a label, a variable, or `_`.
    Name(String),
    /// `name+4`: an address in a register.
    Sum(String, i64),
    /// `!p`
    Not(String),
    Int(u64),
    Single(u32),
    Double(f64),
    /// `[name+4]`
    Address(Option<String>, i64),
    /// `{a, b}`
    Vector(Vec<Operand>),
    /// `(a, b)` of a call
    List(Vec<Operand>),
    /// `p|q`
    Pair(String, String),
}
