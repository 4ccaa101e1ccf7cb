//! The words for reductions: what a user can write, one row each.

use crate::reduction::Reduction;
use crate::reduction::Reduction::{ArgKMin, ArgMax, ArgMin, KMin, LogSumExp, Max, Min, Softmax, Sum};

/// A reduction as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The name in formulas, without index.
    pub name: &'static str,
    /// How it is written, over the columns. `f` stands for the value that is reduced.
    pub call: &'static str,
    /// How many values it reduces together.
    pub arity: usize,
    /// What it stands for.
    pub means: Meaning,
    /// What that is, in a line.
    pub line: &'static str,
}

/// What a word stands for: one result, or a pair of them.
#[derive(Clone, Copy, Debug)]
pub enum Meaning {
    /// These results.
    Plain(&'static [Reduction]),
    /// These results, for the count in brackets.
    Counted(fn(u32) -> Vec<Reduction>),
}
use Meaning::{Counted, Plain};

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
        },
        Word {
            name: "max",
            call: "max_j(f)",
            arity: 1,
            means: Plain(&[Max]),
            line: "largest value, per component; NaN is passed over; −∞ over nothing. The gradient goes to the first place where it is reached",
        },
        Word {
            name: "min",
            call: "min_j(f)",
            arity: 1,
            means: Plain(&[Min]),
            line: "smallest value, per component; NaN is passed over; +∞ over nothing. The gradient goes to the first place where it is reached",
        },
        Word {
            name: "argmax",
            call: "argmax_j(f)",
            arity: 1,
            means: Plain(&[ArgMax]),
            line: "where the largest value is (`u32`, smallest index at ties); `keops::NONE` if no value is above −∞",
        },
        Word {
            name: "argmin",
            call: "argmin_j(f)",
            arity: 1,
            means: Plain(&[ArgMin]),
            line: "where the smallest value is (`u32`, smallest index at ties); `keops::NONE` if no value is below +∞",
        },
        Word {
            name: "max_argmax",
            call: "max_argmax_j(f)",
            arity: 1,
            means: Plain(&[Max, ArgMax]),
            line: "`max_j(f)` and `argmax_j(f)`, as a pair: the whole result of a formula",
        },
        Word {
            name: "min_argmin",
            call: "min_argmin_j(f)",
            arity: 1,
            means: Plain(&[Min, ArgMin]),
            line: "`min_j(f)` and `argmin_j(f)`, as a pair: the whole result of a formula",
        },
        Word {
            name: "kmin",
            call: "kmin_j[3](f)",
            arity: 1,
            means: Counted(|k| vec![KMin(k)]),
            line: "the three smallest values of numbers f, in order, as a vector; +∞ where there are fewer. The gradient goes to their places",
        },
        Word {
            name: "argkmin",
            call: "argkmin_j[3](f)",
            arity: 1,
            means: Counted(|k| vec![ArgKMin(k)]),
            line: "where the three smallest values are (`[u32; 3]`, smaller indices first at ties); `keops::NONE` where there are fewer",
        },
        Word {
            name: "kmin_argkmin",
            call: "kmin_argkmin_j[3](f)",
            arity: 1,
            means: Counted(|k| vec![KMin(k), ArgKMin(k)]),
            line: "`kmin_j[3](f)` and `argkmin_j[3](f)`, as a pair: the whole result of a formula",
        },
        Word {
            name: "logsumexp",
            call: "logsumexp_j(f)",
            arity: 1,
            means: Plain(&[LogSumExp]),
            line: "log Σ exp f, for numbers f, without overflow; −∞ over nothing and where every f is −∞",
        },
        Word {
            name: "softmax",
            call: "softmax_j(f, v)",
            arity: 2,
            means: Plain(&[Softmax]),
            line: "Σ exp(f) v / Σ exp(f), for numbers f, without overflow; 0 over nothing and where every f is −∞",
        },
    ];

    /// The word with this name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|r| r.name == name)
    }

    /// Whether it takes a count in brackets.
    pub fn is_counted(&self) -> bool {
        matches!(self.means, Counted(_))
    }

    /// Its results, for the count in brackets.
    pub fn results(&self, count: Option<u32>) -> Vec<Reduction> {
        match self.means {
            Plain(results) => results.to_vec(),
            Counted(results) => results(count.unwrap_or(1)),
        }
    }

    /// How it is written over an index.
    pub fn call_over(&self, letter: char) -> String {
        self.call.replace("_j", &format!("_{letter}"))
    }
}
