//! Reductions, and what the compiler asks about them. How they are written is in [`word`](mod@crate::word).
//!
//! To add a reduction: a type in keops-core's `reduce`; a variant here, for which every question below and wherever reductions
//! are told apart asks; and the row of its word. Nothing compiles before all are answered.

use crate::types::{Dim, Kind, Shape};

/// What a reduction is where its last value is complex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfComplex {
    /// Linear in that value, and so the reduction of each part.
    Each,
    /// These two of both parts: the parts of the result.
    Both([Reduction; 2]),
    /// The sum of the reductions of each part, which is real.
    Sum,
    /// Nothing: it takes real numbers.
    Nothing,
}

/// What happens to the values of a row, or of a column: one result. Indices are smallest at ties, NaN is passed over where
/// values are chosen, and an infinity that nothing beats is not chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reduction {
    /// Σ
    Sum,
    /// Π
    Prod,
    /// The real part of Π of complex numbers, whose parts are two values.
    ProdRe,
    /// The imaginary part of it.
    ProdIm,
    /// The largest value.
    Max,
    /// The smallest value.
    Min,
    /// The index of the largest value.
    ArgMax,
    /// The index of the smallest value.
    ArgMin,
    /// The smallest values, so many, in order.
    KMin(u32),
    /// The indices of the smallest values, so many, in order.
    ArgKMin(u32),
    /// log Σ exp(f), or log Σ w exp(f). Erased before planning: the shift, and the logarithm of the sum below.
    LogSumExp,
    /// A finite number near the largest value that has a weight, to be taken from all values before their exponentials are: whatever
    /// it is, shares of [`ExpSum`] do not depend on it, and so it counts as a constant.
    ExpShift,
    /// Σ exp(f − shift), or Σ w exp(f − shift): what has a weight of 0 is not there.
    ExpSum,
    /// Σ softmax(f) v
    Softmax,
}
use Reduction::{
    ArgKMin, ArgMax, ArgMin, ExpShift, ExpSum, KMin, LogSumExp, Max, Min, Prod, ProdIm, ProdRe, Softmax, Sum,
};

impl Reduction {
    /// The kind of its result.
    pub fn gives(self) -> Kind {
        match self {
            ArgMax | ArgMin | ArgKMin(_) => Kind::Integer,
            Sum | Prod | ProdRe | ProdIm | Max | Min | KMin(_) | LogSumExp | ExpShift | ExpSum | Softmax => {
                Kind::Number
            }
        }
    }

    /// The shape of its result, from that which its values have together.
    pub fn shape(self, value: &Shape) -> Shape {
        match self {
            KMin(k) | ArgKMin(k) => Shape::vector(Dim::Lit(k as usize)),
            Sum | Prod | ProdRe | ProdIm | Max | Min | ArgMax | ArgMin | LogSumExp | ExpShift | ExpSum | Softmax => {
                value.clone()
            }
        }
    }

    /// What it does with its first value that takes a number and no vector; nothing where each component is reduced by
    /// itself.
    pub fn wants_number(self) -> Option<&'static str> {
        match self {
            KMin(_) | ArgKMin(_) => Some("chooses among numbers"),
            Softmax => Some("takes exponentials of numbers"),
            Sum | Prod | ProdRe | ProdIm | Max | Min | ArgMax | ArgMin | LogSumExp | ExpShift | ExpSum => None,
        }
    }

    /// The first value that changes no result: what a pair that does not count has.
    pub fn identity(self) -> f64 {
        match self {
            Sum => 0.0,
            Prod | ProdRe | ProdIm => 1.0,
            Max | ArgMax | LogSumExp | ExpShift | ExpSum | Softmax => f64::NEG_INFINITY,
            Min | ArgMin | KMin(_) | ArgKMin(_) => f64::INFINITY,
        }
    }

    /// Whether it asks which column a value is of.
    pub fn needs_index(self) -> bool {
        match self {
            ArgMax | ArgMin | ArgKMin(_) => true,
            Sum | Prod | ProdRe | ProdIm | Max | Min | KMin(_) | LogSumExp | ExpShift | ExpSum | Softmax => false,
        }
    }

    /// Whether it reads its value more than once: a vector then is worth a place in memory.
    pub fn reads_twice(self) -> bool {
        match self {
            ArgMax | ArgMin => true,
            // of numbers, which have names
            KMin(_) | ArgKMin(_) | Softmax => false,
            Sum | Prod | ProdRe | ProdIm | Max | Min | LogSumExp | ExpShift | ExpSum => false,
        }
    }

    /// Whether it may take in a product without multiplying first.
    pub fn takes_products(self) -> bool {
        match self {
            Sum => true,
            Prod | ProdRe | ProdIm | Max | Min | ArgMax | ArgMin | KMin(_) | ArgKMin(_) | LogSumExp | ExpShift
            | ExpSum | Softmax => false,
        }
    }

    /// What it is where its last value is complex.
    pub fn of_complex(self) -> OfComplex {
        match self {
            Sum | Softmax => OfComplex::Each,
            Prod => OfComplex::Both([ProdRe, ProdIm]),
            ProdRe | ProdIm | Max | Min | ArgMax | ArgMin | KMin(_) | ArgKMin(_) | LogSumExp | ExpShift | ExpSum => {
                OfComplex::Nothing
            }
        }
    }

    /// Whether it chooses among its values: it leaps from one to another where one of them changes a little.
    pub fn chooses(self) -> bool {
        match self {
            Max | Min | ArgMax | ArgMin | KMin(_) | ArgKMin(_) => true,
            Sum | Prod | ProdRe | ProdIm | LogSumExp | ExpShift | ExpSum | Softmax => false,
        }
    }

    /// The reduction of the same values that finds this one's result on its way: both together are that one.
    pub fn found_by(self) -> Option<Reduction> {
        match self {
            Max => Some(ArgMax),
            Min => Some(ArgMin),
            KMin(k) => Some(ArgKMin(k)),
            ExpShift => Some(ExpSum),
            ProdRe => Some(ProdIm),
            Sum | Prod | ProdIm | ArgMax | ArgMin | ArgKMin(_) | LogSumExp | ExpSum | Softmax => None,
        }
    }

    /// Its name in printed graphs.
    pub fn print(self) -> String {
        match self {
            KMin(k) => format!("kmin[{k}]"),
            ArgKMin(k) => format!("argkmin[{k}]"),
            ProdRe => "prod.re".into(),
            ProdIm => "prod.im".into(),
            Sum | Prod | Max | Min | ArgMax | ArgMin | LogSumExp | ExpShift | ExpSum | Softmax => {
                format!("{self:?}").to_lowercase()
            }
        }
    }
}
