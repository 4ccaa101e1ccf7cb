//! The vocabulary: what a user can write, one row each.
//!
//! A row is a variant, its name, how it is called, and a line of documentation; the README's tables
//! are printed from it. Most functions expand into the few operations of [`op`](mod@crate::op), for which
//! alone a derivative, a meaning and an emission must be given. To add a function: add its row, and
//! follow the compiler to the matches that are no longer complete.

use crate::graph::{Graph, NodeId};
use crate::op::{self, Binary, Compare, Op, Unary};

macro_rules! table {
    ($(#[$doc:meta])* $name:ident { $( $variant:ident $text:literal, $call:literal, $line:literal; )* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum $name { $( $variant, )* }

        impl $name {
            /// All rows, in the order of the tables.
            pub const ALL: &[Self] = &[ $( Self::$variant, )* ];
            /// The name in formulas.
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $text, )* }
            }
            /// How it is written.
            pub fn call(self) -> &'static str {
                match self { $( Self::$variant => $call, )* }
            }
            /// What it means, in a line.
            pub fn line(self) -> &'static str {
                match self { $( Self::$variant => $line, )* }
            }
            /// The row with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|f| f.name() == name)
            }
            /// The number of arguments.
            pub fn arity(self) -> usize {
                self.call().matches(',').count() + 1
            }
        }
    };
}

table! {
    /// The functions.
    Function {
        Exp "exp", "exp(u)", "exponential";
        Log "log", "log(u)", "natural logarithm; −∞ at 0, NaN below";
        Sqrt "sqrt", "sqrt(u)", "square root; NaN below 0. Its gradient at 0 is 0";
        Rsqrt "rsqrt", "rsqrt(u)", "1/√u, and 0 at 0";
        Inv "inv", "inv(u)", "1/u";
        Square "square", "square(u)", "u²";
        Abs "abs", "abs(u)", "absolute value; its gradient at 0 is 0";
        Sign "sign", "sign(u)", "−1, 0 or 1; 0 for NaN. Its gradient is 0";
        Step "step", "step(u)", "0 below 0, else 1. Its gradient is 0";
        Relu "relu", "relu(u)", "0 below 0, else u. Its gradient at 0 is 1";
        Floor "floor", "floor(u)", "largest integer not above u. Its gradient is 0";
        Sin "sin", "sin(u)", "sine";
        Cos "cos", "cos(u)", "cosine";
        Tanh "tanh", "tanh(u)", "hyperbolic tangent";
        Pow "pow", "pow(u, v)", "u to the power v, also written `u^v`; an integer literal v is expanded into products";
        Minimum "minimum", "minimum(u, v)", "the smaller; NaN if either is. At a tie the gradient goes to u";
        Maximum "maximum", "maximum(u, v)", "the larger; NaN if either is. At a tie the gradient goes to u";
        Clamp "clamp", "clamp(u, a, b)", "u kept between a and b; a wins where a > b";
        Sum "sum", "sum(u)", "sum of the components";
        Sqnorm "sqnorm", "sqnorm(u)", "squared Euclidean length";
        Norm "norm", "norm(u)", "Euclidean length; its gradient at the zero vector is 0";
        Normalize "normalize", "normalize(u)", "u divided by its length; the zero vector stays";
        Sqdist "sqdist", "sqdist(u, v)", "squared Euclidean distance";
        Dot "dot", "dot(u, v)", "inner product, also written `(u | v)`";
    }
}

table! {
    /// The reductions. `f` stands for the value that is reduced.
    Reduction {
        Sum "sum", "sum_j(f)", "sum; 0 over nothing, NaN if any value is";
        Max "max", "max_j(f)", "largest value, per component; NaN is passed over; −∞ over nothing. The gradient goes to the first place where it is reached";
        Min "min", "min_j(f)", "smallest value, per component; NaN is passed over; +∞ over nothing. The gradient goes to the first place where it is reached";
        ArgMax "argmax", "argmax_j(f)", "where the largest value is (`u32`, smallest number at ties); `keops::NONE` if no value is above −∞";
        ArgMin "argmin", "argmin_j(f)", "where the smallest value is (`u32`, smallest number at ties); `keops::NONE` if no value is below +∞";
        LogSumExp "logsumexp", "logsumexp_j(f)", "log Σ exp f, for numbers f, without overflow; −∞ over nothing and where every f is −∞";
        Softmax "softmax", "softmax_j(f, v)", "Σ exp(f) v / Σ exp(f), for numbers f, without overflow; 0 over nothing and where every f is −∞";
    }
}

impl Function {
    /// Builds the function of arguments whose shapes have been checked.
    pub(crate) fn expand(self, g: &mut Graph, args: &[NodeId]) -> NodeId {
        let a = args[0];
        let b = args.get(1).copied().unwrap_or(a);
        let mut lit = |v: f64| g.insert(Op::Const(v.to_bits()));
        let (zero, one, minus) = (lit(0.0), lit(1.0), lit(-1.0));
        let mut unary = |op, a| g.insert(Op::Unary(op, a));
        match self {
            Function::Exp => unary(Unary::Exp, a),
            Function::Log => unary(Unary::Log, a),
            Function::Sqrt => unary(Unary::Sqrt, a),
            Function::Rsqrt => unary(Unary::Rsqrt, a),
            Function::Inv => unary(Unary::Recip, a),
            Function::Square => unary(Unary::Square, a),
            Function::Abs => unary(Unary::Abs, a),
            Function::Floor => unary(Unary::Floor, a),
            Function::Sin => unary(Unary::Sin, a),
            Function::Cos => unary(Unary::Cos, a),
            Function::Tanh => unary(Unary::Tanh, a),
            Function::Sign => {
                let negative = g.insert(Op::Select(Compare::Lt, [a, zero, minus, zero]));
                g.insert(Op::Select(Compare::Lt, [zero, a, one, negative]))
            }
            Function::Step => g.insert(Op::Select(Compare::Lt, [a, zero, zero, one])),
            Function::Relu => g.insert(Op::Select(Compare::Lt, [a, zero, zero, a])),
            Function::Pow => g.insert(Op::Binary(Binary::Pow, a, b)),
            Function::Minimum => g.insert(Op::Binary(Binary::Minimum, a, b)),
            Function::Maximum => g.insert(Op::Binary(Binary::Maximum, a, b)),
            Function::Clamp => {
                let below = g.insert(Op::Binary(Binary::Minimum, a, args[2]));
                g.insert(Op::Binary(Binary::Maximum, below, b))
            }
            Function::Sum => components(g, a),
            Function::Sqnorm => sqnorm(g, a),
            Function::Norm => {
                let s = sqnorm(g, a);
                g.insert(Op::Unary(Unary::Sqrt, s))
            }
            Function::Normalize => {
                let s = sqnorm(g, a);
                let r = g.insert(Op::Unary(Unary::Rsqrt, s));
                g.insert(Op::Binary(Binary::Mul, a, r))
            }
            Function::Sqdist => {
                let d = g.insert(Op::Binary(Binary::Sub, a, b));
                sqnorm(g, d)
            }
            Function::Dot => {
                let m = g.insert(Op::Binary(Binary::Mul, a, b));
                components(g, m)
            }
        }
    }
}

fn components(g: &mut Graph, a: NodeId) -> NodeId {
    if g.shape(a).is_scalar() { a } else { g.insert(Op::SumComponents(a)) }
}

fn sqnorm(g: &mut Graph, a: NodeId) -> NodeId {
    let s = g.insert(Op::Unary(Unary::Square, a));
    components(g, s)
}

impl Reduction {
    /// The operation of the graph.
    pub(crate) fn op(self) -> op::Reduction {
        match self {
            Reduction::Sum => op::Reduction::Sum,
            Reduction::Max => op::Reduction::Max,
            Reduction::Min => op::Reduction::Min,
            Reduction::ArgMax => op::Reduction::ArgMax,
            Reduction::ArgMin => op::Reduction::ArgMin,
            Reduction::LogSumExp => op::Reduction::LogSumExp,
            Reduction::Softmax => op::Reduction::Softmax,
        }
    }
}

/// The table of functions, in Markdown.
pub fn function_table() -> String {
    table("function", Function::ALL.iter().map(|f| (f.call(), f.line())))
}

/// The table of reductions, in Markdown.
pub fn reduction_table() -> String {
    table("reduction", Reduction::ALL.iter().map(|f| (f.call(), f.line())))
}

fn table<'a>(what: &str, rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = format!("| {what} | meaning |\n|---|---|\n");
    for (call, line) in rows {
        // a bar ends a cell, even in code
        out += &format!("| `{call}` | {} |\n", line.replace('|', "\\|"));
    }
    out
}
