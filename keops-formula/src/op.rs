//! The operations of the graph: few, closed under differentiation.
//!
//! What a user can write is in `function`; most of it expands into these.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::graph::{Graph, NodeId};
use crate::reduction::Reduction;
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
    /// ⌊a⌋
    Floor,
    /// The nearest finite number to an infinity; all else as it is. For coefficients that would make 0 · ∞.
    Saturate,
}

impl Unary {
    /// The method of keops-core's `Real`.
    pub fn method(self) -> &'static str {
        match self {
            Unary::Neg => "neg",
            Unary::Square => "square",
            Unary::Recip => "recip",
            Unary::Abs => "abs",
            Unary::Sqrt => "sqrt",
            Unary::Rsqrt => "rsqrt",
            Unary::Floor => "floor",
            Unary::Saturate => "saturate",
        }
    }
}

/// An elementary function, element by element: a row of `function` that is a method of keops-core's `Real`. Two are the same
/// if their names are.
#[derive(Clone, Copy)]
pub struct Elementary {
    /// The name of the function, and of the method.
    pub name: &'static str,
    /// The value on plain numbers.
    pub value: fn(&[f64]) -> f64,
    /// The derivatives in the arguments, made from these and the value.
    pub derivative: fn(&mut Graph, &[NodeId], NodeId) -> Vec<NodeId>,
    /// How large these become.
    pub slopes: Slopes,
}

/// How large the slopes of a function become, for finite values of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slopes {
    /// Finite.
    Finite,
    /// Finite, and 0 where the function is as good as constant: faster than any slope of its argument grows.
    Vanishing,
    /// The same where its argument is not positive; elsewhere infinite at last.
    Exponential,
    /// Infinite somewhere.
    Infinite,
}

impl Slopes {
    /// Whether they become 0 faster than any slope of the argument grows.
    pub fn vanish(self) -> bool {
        match self {
            Slopes::Vanishing | Slopes::Exponential => true,
            Slopes::Finite | Slopes::Infinite => false,
        }
    }
}

impl fmt::Debug for Elementary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
impl PartialEq for Elementary {
    fn eq(&self, o: &Self) -> bool {
        self.name == o.name
    }
}
impl Eq for Elementary {}
impl Hash for Elementary {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
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
    /// The smaller; NaN if either is.
    Minimum,
    /// The larger; NaN if either is.
    Maximum,
}

/// Comparisons of numbers, false where a NaN takes part (IEEE 754), and of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `==`
    Eq,
}

impl Compare {
    /// The method of keops-core's `Real` that compares numbers.
    pub fn method(self) -> &'static str {
        match self {
            Compare::Lt => "lt",
            Compare::Le => "le",
            Compare::Eq => "eq",
        }
    }
}

/// Functions of two integers: those of keops-core's `Integer`, exact between −2⁶³ and 2⁶³.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whole {
    /// a + b
    Add,
    /// a − b
    Sub,
    /// a b
    Mul,
    /// What is left of a by multiples of b: from 0 on, below |b|. 0 where b is.
    Rem,
    /// The smaller.
    Minimum,
    /// The larger.
    Maximum,
    /// |a − b|
    Distance,
}

impl Whole {
    /// The method of keops-core's `Integer`.
    pub fn method(self) -> &'static str {
        match self {
            Whole::Add => "add",
            Whole::Sub => "sub",
            Whole::Mul => "mul",
            Whole::Rem => "rem",
            Whole::Minimum => "minimum",
            Whole::Maximum => "maximum",
            Whole::Distance => "distance",
        }
    }

    /// Its meaning.
    pub fn of(self, a: i64, b: i64) -> i64 {
        match self {
            Whole::Add => a.wrapping_add(b),
            Whole::Sub => a.wrapping_sub(b),
            Whole::Mul => a.wrapping_mul(b),
            Whole::Rem if b == 0 => 0,
            Whole::Rem => a.wrapping_rem_euclid(b),
            Whole::Minimum => a.min(b),
            Whole::Maximum => a.max(b),
            Whole::Distance => a.wrapping_sub(b).wrapping_abs(),
        }
    }
}

/// One digit of the number of a component: how many values it has, and how far apart components lie in the vector that is viewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digit {
    /// How many values it has.
    pub extent: usize,
    /// How far apart components are that differ by 1 in it; 0 where they are repeated.
    pub stride: usize,
}

impl Digit {
    /// Digits of these extents and strides.
    pub fn all(of: &[(usize, usize)]) -> Vec<Self> {
        of.iter().map(|(extent, stride)| Digit { extent: *extent, stride: *stride }).collect()
    }
}

/// What is asked of soft dynamic time warping of two series and a smoothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Warp {
    /// How long the first series is.
    pub rows: usize,
    /// How long the second one is.
    pub cols: usize,
    /// Whether the slopes are asked for, and not the value: a list of those in the first series, in the second one, and in the smoothing.
    pub slopes: bool,
}

impl Warp {
    /// How many slopes there are.
    pub fn count(self) -> usize {
        self.rows + self.cols + 1
    }
}

/// One operation. Arguments are earlier nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A constant, by its bits.
    Const(u64),
    /// An integer.
    Integer(i64),
    /// A truth.
    Truth(bool),
    /// Operand number `.0`, read at row `i`, at column `j`, or without index.
    Operand(usize, Option<Axis>),
    /// The index of the row or column.
    Index(Axis),
    /// How many rows or columns there are, as a number.
    Count(Axis),
    /// A function of one number.
    Unary(Unary, NodeId),
    /// A function of two numbers.
    Binary(Binary, NodeId, NodeId),
    /// A function of two integers.
    Whole(Whole, NodeId, NodeId),
    /// An elementary function.
    Elementary(Elementary, Vec<NodeId>),
    /// The value `.0`, whose derivatives in some nodes are stated: pairs of a node and the derivative in it. What a function
    /// says that its parts would get wrong. Erased before planning.
    Sloped(NodeId, Vec<(NodeId, NodeId)>),
    /// The value `value`, which is a factor of 0 where the number `at` is 0, and tends to `limit` there: what the next derivative
    /// needs of it, for there it may stand alone. Erased before planning.
    Limit {
        /// The value.
        value: NodeId,
        /// A number.
        at: NodeId,
        /// What the value tends to where the number is 0.
        limit: NodeId,
    },
    /// An integer power.
    Powi(NodeId, i32),
    /// An integer as a number.
    Number(NodeId),
    /// Whether two numbers, or two integers, compare: a truth.
    Compare(Compare, NodeId, NodeId),
    /// The opposite of a truth.
    Not(NodeId),
    /// Whether both of two truths hold.
    And(NodeId, NodeId),
    /// Whether one of two truths holds.
    Or(NodeId, NodeId),
    /// `a` where the truth `c` holds, else `b`: numbers or integers. The arguments are `[c, a, b]`.
    Select([NodeId; 3]),
    /// The sum of the components of a vector.
    SumComponents(NodeId),
    /// The way back of broadcasting: sums over the components that the shape does not have.
    SumTo(NodeId, Shape),
    /// The largest or smallest component of a vector; NaN if one is.
    Extreme(Binary, NodeId),
    /// The sums of as many consecutive components.
    SumGroups(NodeId, usize),
    /// The components of a vector in another order, or repeated: component number `k`, whose digits these are, the last one
    /// changing fastest, is that of the vector at the sum of digits times strides. All of the vector is there.
    View(NodeId, Vec<Digit>),
    /// The numbers 0, 1, 2, … as a vector.
    Places(Shape),
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
    /// Soft dynamic time warping: the arguments are two series and a smoothing, and where slopes are asked for directions in all of these,
    /// lists as the slopes are. Along these it is the derivative of the slopes, once for each.
    Warp(Warp, Vec<NodeId>),
    /// A reduction over an index.
    Reduce(Reduction, Axis, Vec<NodeId>),
}

impl Op {
    /// The arguments.
    pub fn args(&self) -> Vec<NodeId> {
        match self {
            Op::Const(_)
            | Op::Integer(_)
            | Op::Truth(_)
            | Op::Operand(..)
            | Op::Index(_)
            | Op::Count(_)
            | Op::Places(_) => vec![],
            Op::Unary(_, a)
            | Op::Number(a)
            | Op::Not(a)
            | Op::Powi(a, _)
            | Op::SumComponents(a)
            | Op::SumTo(a, _)
            | Op::Extreme(_, a)
            | Op::SumGroups(a, _)
            | Op::View(a, _)
            | Op::Broadcast(a, _)
            | Op::Component(a, _)
            | Op::Slice(a, ..)
            | Op::Place(a, ..) => vec![*a],
            Op::Binary(_, a, b) | Op::Whole(_, a, b) | Op::Compare(_, a, b) | Op::And(a, b) | Op::Or(a, b) => {
                vec![*a, *b]
            }
            Op::Select(v) => v.to_vec(),
            Op::Sloped(value, slopes) => {
                [*value].into_iter().chain(slopes.iter().flat_map(|(a, s)| [*a, *s])).collect()
            }
            Op::Limit { value, at, limit } => vec![*value, *at, *limit],
            Op::Elementary(_, v) | Op::Concat(v) | Op::Warp(_, v) | Op::Reduce(_, _, v) => v.clone(),
        }
    }
}
