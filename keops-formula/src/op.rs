//! The operations of the graph: few, closed under differentiation.
//!
//! What a user can write is in `function`; most of it expands into these.

use crate::graph::NodeId;
use crate::types::{Axis, Shape};

/// Functions of one number, element by element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// −a
    Neg,
    /// a²
    Square,
    /// 1/a
    Recip,
    /// |a|
    Abs,
    /// √a
    Sqrt,
    /// 1/√a, and 0 at 0
    Rsqrt,
    /// eᵃ
    Exp,
    /// 2ᵃ
    Exp2,
    /// ln a
    Log,
    /// sin a
    Sin,
    /// cos a
    Cos,
    /// tanh a
    Tanh,
    /// ⌊a⌋
    Floor,
}

/// Functions of two numbers, element by element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// a + b
    Add,
    /// a − b
    Sub,
    /// a b
    Mul,
    /// a / b
    Div,
    /// aᵇ
    Pow,
    /// The smaller; NaN if either is.
    Minimum,
    /// The larger; NaN if either is.
    Maximum,
}

/// Comparisons, IEEE: false where a NaN takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `==`, of numbers or of indices
    Eq,
}

/// What happens to the values of a row (or of a column).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reduction {
    /// Σ
    Sum,
    /// The largest value.
    Max,
    /// The smallest value.
    Min,
    /// Where the largest value is.
    ArgMax,
    /// Where the smallest value is.
    ArgMin,
    /// log Σ exp
    LogSumExp,
    /// Σ softmax(f) v
    Softmax,
}

/// One operation. Arguments are earlier nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A constant, by its bits.
    Const(u64),
    /// Operand number `.0`, read at row `i`, at column `j`, or without index.
    Operand(usize, Option<Axis>),
    /// The row or column number.
    Number(Axis),
    /// How many rows or columns there are, as a number.
    Count(Axis),
    /// A function of one number.
    Unary(Unary, NodeId),
    /// A function of two numbers.
    Binary(Binary, NodeId, NodeId),
    /// An integer power.
    Powi(NodeId, i32),
    /// `a` where `l` compares to `r`, else `b`: the arguments are `[l, r, a, b]`.
    Select(Compare, [NodeId; 4]),
    /// The sum of the components of a vector.
    SumComponents(NodeId),
    /// The way back of broadcasting: sums over the components that the shape does not have.
    SumTo(NodeId, Shape),
    /// A value repeated to a shape.
    Broadcast(NodeId, Shape),
    /// Component `.1` of a vector.
    Component(NodeId, usize),
    /// Components `.1 .. .2` of a vector.
    Slice(NodeId, usize, usize),
    /// Zeros of a shape, with a value from component `.1` on.
    Place(NodeId, usize, Shape),
    /// Values one after the other.
    Concat(Vec<NodeId>),
    /// A reduction over an index. Softmax has two arguments, the others one.
    Reduce(Reduction, Axis, Vec<NodeId>),
}

impl Op {
    /// The arguments.
    pub fn args(&self) -> Vec<NodeId> {
        match self {
            Op::Const(_) | Op::Operand(..) | Op::Number(_) | Op::Count(_) => vec![],
            Op::Unary(_, a)
            | Op::Powi(a, _)
            | Op::SumComponents(a)
            | Op::SumTo(a, _)
            | Op::Broadcast(a, _)
            | Op::Component(a, _)
            | Op::Slice(a, ..)
            | Op::Place(a, ..) => vec![*a],
            Op::Binary(_, a, b) => vec![*a, *b],
            Op::Select(_, v) => v.to_vec(),
            Op::Concat(v) | Op::Reduce(_, _, v) => v.clone(),
        }
    }
}
