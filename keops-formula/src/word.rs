//! The words for reductions: what a user can write, one row each.

use crate::reduction::Reduction::{ArgKMin, ArgMax, ArgMin, KMin, LogSumExp, Max, Min, Prod, Softmax, Sum};
use crate::reduction::{OfComplex, Reduction};

/// A reduction as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The name in formulas, without index.
    pub name: &'static str,
    /// How it is written, over the columns. `f` stands for the value that is reduced.
    pub call: &'static str,
    /// How many values it reduces together. Words of one name differ in it.
    pub arity: usize,
    /// What it stands for.
    pub means: Meaning,
    /// What that is, in a line.
    pub line: &'static str,
    /// What its documentation says of the gradient of ⟨e, a⟩ in each value, where a is the result: it begins with a formula in backquotes, which
    /// tests compare with what is computed. There is none in places and in conditions, and of pairs of results.
    pub gradients: &'static [&'static str],
}

/// What a word stands for: one result, or a pair of them.
#[derive(Clone, Copy, Debug)]
pub enum Meaning {
    /// These results.
    Plain(&'static [Reduction]),
    /// These results, for the count in brackets.
    Counted(fn(u32) -> Vec<Reduction>),
    /// These results of −f, for the count in brackets; values get their sign back.
    Mirrored(fn(u32) -> Vec<Reduction>),
    /// A value that is made of reductions.
    Made(Made),
}
use Meaning::{Counted, Mirrored, Plain};

/// A value that is made of reductions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The sum over the count.
    Mean,
    /// The mean of the squared differences from the mean.
    Var,
    /// How many pairs there are where a condition holds.
    Count,
    /// Whether a condition holds somewhere.
    Any,
    /// Whether a condition holds everywhere.
    All,
}

impl Made {
    /// The reduction that it ends with, of numbers, or of truths as 1 and 0.
    pub fn last(self) -> Reduction {
        match self {
            Made::Mean | Made::Var | Made::Count => Sum,
            Made::Any => Max,
            Made::All => Min,
        }
    }

    /// What it is where its value is complex.
    pub fn of_complex(self) -> OfComplex {
        match self {
            Made::Mean => OfComplex::Each,
            Made::Var => OfComplex::Sum,
            Made::Count | Made::Any | Made::All => OfComplex::Nothing,
        }
    }

    /// Whether it is one of conditions.
    pub fn wants_truth(self) -> bool {
        match self {
            Made::Mean | Made::Var => false,
            Made::Count | Made::Any | Made::All => true,
        }
    }
}

/// The largest count in brackets: so many values lie in registers, or next to them.
pub const LARGEST_COUNT: u32 = 64;

impl Word {
    /// All words, in the order of the table.
    pub const ALL: &[Self] = &[
        Word {
            name: "sum",
            call: "sum_j(f)",
            arity: 1,
            means: Plain(&[Sum]),
            line: "sum; 0 over nothing, NaN if any value is",
            gradients: &["`e`"],
        },
        Word {
            name: "prod",
            call: "prod_j(f)",
            arity: 1,
            means: Plain(&[Prod]),
            line: "product, per component, also of complex numbers; 1 over nothing, NaN if any value is. It leaves the range of numbers only where the result does. Its gradient is right where factors are 0",
            gradients: &["`e / f * prod_j(f)`, where f is 0 the product of the others"],
        },
        Word {
            name: "max",
            call: "max_j(f)",
            arity: 1,
            means: Plain(&[Max]),
            line: "largest value, per component; NaN is passed over; −∞ over nothing. The gradient goes to the first place where it is reached",
            gradients: &["`if j == argmax_j(f) { e } else { 0 }`"],
        },
        Word {
            name: "min",
            call: "min_j(f)",
            arity: 1,
            means: Plain(&[Min]),
            line: "smallest value, per component; NaN is passed over; +∞ over nothing. The gradient goes to the first place where it is reached",
            gradients: &["`if j == argmin_j(f) { e } else { 0 }`"],
        },
        Word {
            name: "argmax",
            call: "argmax_j(f)",
            arity: 1,
            means: Plain(&[ArgMax]),
            line: "where the largest value is (`u32`, smallest index at ties); `keops::NONE` if no value is above −∞",
            gradients: &[],
        },
        Word {
            name: "argmin",
            call: "argmin_j(f)",
            arity: 1,
            means: Plain(&[ArgMin]),
            line: "where the smallest value is (`u32`, smallest index at ties); `keops::NONE` if no value is below +∞",
            gradients: &[],
        },
        Word {
            name: "max_argmax",
            call: "max_argmax_j(f)",
            arity: 1,
            means: Plain(&[Max, ArgMax]),
            line: "`max_j(f)` and `argmax_j(f)`, as a pair: the whole result of a formula",
            gradients: &[],
        },
        Word {
            name: "min_argmin",
            call: "min_argmin_j(f)",
            arity: 1,
            means: Plain(&[Min, ArgMin]),
            line: "`min_j(f)` and `argmin_j(f)`, as a pair: the whole result of a formula",
            gradients: &[],
        },
        Word {
            name: "kmin",
            call: "kmin_j[3](f)",
            arity: 1,
            means: Counted(|k| vec![KMin(k)]),
            line: "the three smallest values of numbers f, in order, as a vector; +∞ where there are fewer. The gradient goes to their places. Of vectors a matrix, row by row: the smallest of each component, the second smallest, the third",
            gradients: &["`sum(if j == argkmin_j[3](f) { e } else { 0 })` of numbers f, and so of each component"],
        },
        Word {
            name: "argkmin",
            call: "argkmin_j[3](f)",
            arity: 1,
            means: Counted(|k| vec![ArgKMin(k)]),
            line: "where the three smallest values are (`[u32; 3]`, smaller indices first at ties), and of vectors a matrix; `keops::NONE` where there are fewer",
            gradients: &[],
        },
        Word {
            name: "kmin_argkmin",
            call: "kmin_argkmin_j[3](f)",
            arity: 1,
            means: Counted(|k| vec![KMin(k), ArgKMin(k)]),
            line: "`kmin_j[3](f)` and `argkmin_j[3](f)`, as a pair: the whole result of a formula",
            gradients: &[],
        },
        Word {
            name: "kmax",
            call: "kmax_j[3](f)",
            arity: 1,
            means: Mirrored(|k| vec![KMin(k)]),
            line: "the three largest values of numbers f, the largest first, as a vector; −∞ where there are fewer. The gradient goes to their places. Of vectors a matrix, as that of `kmin_j`",
            gradients: &["`sum(if j == argkmax_j[3](f) { e } else { 0 })` of numbers f, and so of each component"],
        },
        Word {
            name: "argkmax",
            call: "argkmax_j[3](f)",
            arity: 1,
            means: Mirrored(|k| vec![ArgKMin(k)]),
            line: "where the three largest values are (`[u32; 3]`, smaller indices first at ties), and of vectors a matrix; `keops::NONE` where there are fewer",
            gradients: &[],
        },
        Word {
            name: "kmax_argkmax",
            call: "kmax_argkmax_j[3](f)",
            arity: 1,
            means: Mirrored(|k| vec![KMin(k), ArgKMin(k)]),
            line: "`kmax_j[3](f)` and `argkmax_j[3](f)`, as a pair: the whole result of a formula",
            gradients: &[],
        },
        Word {
            name: "logsumexp",
            call: "logsumexp_j(f)",
            arity: 1,
            means: Plain(&[LogSumExp]),
            line: "log Σ exp f, per component, without overflow; −∞ over nothing and where every f is −∞",
            gradients: &["`e * exp(f - logsumexp_j(f))`"],
        },
        Word {
            name: "logsumexp",
            call: "logsumexp_j(f, w)",
            arity: 2,
            means: Plain(&[LogSumExp]),
            line: "log Σ w exp f, per component of f and w, without overflow. What has a weight of 0 is not there, whatever f is; NaN where the sum is negative, −∞ where it is 0, and then without gradient",
            gradients: &["`e * w * exp(f - logsumexp_j(f, w))`", "`e * exp(f - logsumexp_j(f, w))`"],
        },
        Word {
            name: "softmax",
            call: "softmax_j(f, v)",
            arity: 2,
            means: Plain(&[Softmax]),
            line: "Σ exp(f) v / Σ exp(f), for numbers f, without overflow; 0 over nothing and where every f is −∞",
            gradients: &["`sum(e * exp(f - logsumexp_j(f)) * (v - softmax_j(f, v)))`", "`e * exp(f - logsumexp_j(f))`"],
        },
        Word {
            name: "mean",
            call: "mean_j(f)",
            arity: 1,
            means: Meaning::Made(Made::Mean),
            line: "sum over the count, per component; NaN over nothing, and if any value is",
            gradients: &["`e / sum_j(1)`"],
        },
        Word {
            name: "var",
            call: "var_j(f)",
            arity: 1,
            means: Meaning::Made(Made::Var),
            line: "mean of the squared differences from the mean, per component, in two passes, of complex numbers that of |f − mean|², which is real; NaN over nothing, and if any value is",
            gradients: &["`2 * e * (f - mean_j(f)) / sum_j(1)`"],
        },
        Word {
            name: "count",
            call: "count_j(u < v)",
            arity: 1,
            means: Meaning::Made(Made::Count),
            line: "for how many columns a condition holds, as a number; 0 over nothing",
            gradients: &[],
        },
        Word {
            name: "any",
            call: "any_j(u < v)",
            arity: 1,
            means: Meaning::Made(Made::Any),
            line: "whether a condition holds for any column: a truth, and 1 or 0 where a number is wanted; 0 over nothing",
            gradients: &[],
        },
        Word {
            name: "all",
            call: "all_j(u < v)",
            arity: 1,
            means: Meaning::Made(Made::All),
            line: "whether a condition holds for all columns, likewise; 1 over nothing",
            gradients: &[],
        },
    ];

    /// The first word with this name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|r| r.name == name)
    }

    /// The words of this name.
    fn namesakes(&self) -> impl Iterator<Item = &'static Self> {
        Self::ALL.iter().filter(|r| r.name == self.name)
    }

    /// The word of this name that takes so many values, if there is one.
    pub fn taking(&self, values: usize) -> Option<&'static Self> {
        self.namesakes().find(|r| r.arity == values)
    }

    /// How many values the words of this name take.
    pub fn arities(&self) -> Vec<usize> {
        self.namesakes().map(|r| r.arity).collect()
    }

    /// Whether it takes a count in brackets.
    pub fn is_counted(&self) -> bool {
        matches!(self.means, Counted(_) | Mirrored(_))
    }

    /// Whether its results are those of −f, with the sign of values turned back.
    pub fn is_mirrored(&self) -> bool {
        matches!(self.means, Mirrored(_))
    }

    /// Its results, for the count in brackets.
    pub fn results(&self, count: Option<u32>) -> Vec<Reduction> {
        match self.means {
            Plain(results) => results.to_vec(),
            Counted(results) | Mirrored(results) => results(count.unwrap_or(1)),
            Meaning::Made(made) => vec![made.last()],
        }
    }

    /// What it is made of other reductions, if it is.
    pub fn made(&self) -> Option<Made> {
        match self.means {
            Meaning::Made(made) => Some(made),
            Plain(_) | Counted(_) | Mirrored(_) => None,
        }
    }

    /// What it is where its last value is complex.
    pub fn of_complex(&self) -> OfComplex {
        match self.means {
            Plain([reduction]) => reduction.of_complex(),
            Meaning::Made(made) => made.of_complex(),
            Plain(_) | Counted(_) | Mirrored(_) => OfComplex::Nothing,
        }
    }

    /// How it is written over an index.
    pub fn call_over(&self, letter: char) -> String {
        self.call.replace("_j", &format!("_{letter}"))
    }

    /// How the words of this name are written over an index, in a message.
    pub fn calls_over(&self, letter: char) -> String {
        self.namesakes().map(|r| format!("`{}`", r.call_over(letter))).collect::<Vec<_>>().join(" or ")
    }
}
