//! The vocabulary of reductions: one row each, and what the compiler asks about them.

use crate::types::Kind;

macro_rules! rows {
    ($( $variant:ident $name:literal, $call:literal, $line:literal; )*) => {
        /// What happens to the values of a row, or of a column.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)]
        pub enum Reduction { $( $variant, )* }

        impl Reduction {
            /// All reductions, in the order of the table.
            pub const ALL: &[Self] = &[ $( Self::$variant, )* ];
            /// The name in formulas, without index.
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }
            /// How it is written. `f` stands for the value that is reduced.
            pub fn call(self) -> &'static str {
                match self { $( Self::$variant => $call, )* }
            }
            /// What it means, in a line.
            pub fn line(self) -> &'static str {
                match self { $( Self::$variant => $line, )* }
            }
        }
    };
}

rows! {
    Sum "sum", "sum_j(f)", "sum; 0 over nothing, NaN if any value is";
    Max "max", "max_j(f)", "largest value, per component; NaN is passed over; −∞ over nothing. The gradient goes to the first place where it is reached";
    Min "min", "min_j(f)", "smallest value, per component; NaN is passed over; +∞ over nothing. The gradient goes to the first place where it is reached";
    ArgMax "argmax", "argmax_j(f)", "where the largest value is (`u32`, smallest number at ties); `keops::NONE` if no value is above −∞";
    ArgMin "argmin", "argmin_j(f)", "where the smallest value is (`u32`, smallest number at ties); `keops::NONE` if no value is below +∞";
    LogSumExp "logsumexp", "logsumexp_j(f)", "log Σ exp f, for numbers f, without overflow; −∞ over nothing and where every f is −∞";
    Softmax "softmax", "softmax_j(f, v)", "Σ exp(f) v / Σ exp(f), for numbers f, without overflow; 0 over nothing and where every f is −∞";
}

impl Reduction {
    /// The reduction with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.name() == name)
    }

    /// How many values it reduces together.
    pub fn arity(self) -> usize {
        match self {
            Reduction::Sum
            | Reduction::Max
            | Reduction::Min
            | Reduction::ArgMax
            | Reduction::ArgMin
            | Reduction::LogSumExp => 1,
            Reduction::Softmax => 2,
        }
    }

    /// What its result is.
    pub fn gives(self) -> Kind {
        match self {
            Reduction::ArgMax | Reduction::ArgMin => Kind::Integer,
            Reduction::Sum | Reduction::Max | Reduction::Min | Reduction::LogSumExp | Reduction::Softmax => {
                Kind::Number
            }
        }
    }

    /// Whether it asks which column a value is of.
    pub fn needs_index(self) -> bool {
        match self {
            Reduction::ArgMax | Reduction::ArgMin => true,
            Reduction::Sum | Reduction::Max | Reduction::Min | Reduction::LogSumExp | Reduction::Softmax => false,
        }
    }

    /// Whether it reads its value more than once: a vector then is worth a place in memory.
    pub fn reads_twice(self) -> bool {
        match self {
            Reduction::ArgMax | Reduction::ArgMin => true,
            Reduction::Sum | Reduction::Max | Reduction::Min | Reduction::LogSumExp | Reduction::Softmax => false,
        }
    }

    /// Whether it takes exponentials of its first value, which must be a number.
    pub fn is_of_exponentials(self) -> bool {
        match self {
            Reduction::LogSumExp | Reduction::Softmax => true,
            Reduction::Sum | Reduction::Max | Reduction::Min | Reduction::ArgMax | Reduction::ArgMin => false,
        }
    }

    /// Whether it may take in a product without multiplying first.
    pub fn takes_products(self) -> bool {
        match self {
            Reduction::Sum => true,
            Reduction::Max
            | Reduction::Min
            | Reduction::ArgMax
            | Reduction::ArgMin
            | Reduction::LogSumExp
            | Reduction::Softmax => false,
        }
    }
}
