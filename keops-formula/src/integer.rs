//! How large integers may be. What fits in an index is one, wherever it is stored; all else has 64 bits, and is computed where it is
//! asked for.

use std::ops::RangeInclusive;

use crate::graph::NodeId;
use crate::op::{Op, Whole};

/// The functions of integers for documentation, as a call and a line.
pub(crate) const FUNCTIONS: [(&str, &str); 4] = [
    (
        "number(u)",
        "the number that an integer is: exact below 2²⁴ in `f32` and 2⁵³ in `f64`, else the nearest, or one of the two nearest to what has more than 32 bits. It has no gradient. A truth is 1 or 0",
    ),
    ("abs(u)", "absolute value, an integer"),
    ("minimum(u, v)", "the smaller, an integer"),
    ("maximum(u, v)", "the larger, an integer"),
];

/// The function that makes a number of an integer: all others are functions of numbers, too.
pub(crate) const NUMBER: &str = "number";

/// From the smallest to the largest integer that a value may be.
pub(crate) type Range = RangeInclusive<i128>;

/// All integers of 64 bits.
pub(crate) const ALL: Range = i64::MIN as i128..=i64::MAX as i128;
/// Those of indices, and what stands for none.
const INDICES: Range = 0..=u32::MAX as i128;

fn within(range: &Range, o: &Range) -> bool {
    o.contains(range.start()) && o.contains(range.end())
}

/// Whether some of these integers are negative, or larger than an index.
pub(crate) fn is_large(range: &Range) -> bool {
    !within(range, &INDICES)
}

/// The integers that an operation may give, by those that its arguments may be.
pub(crate) fn range_of(op: &Op, known: impl Fn(NodeId) -> Range) -> Range {
    match op {
        Op::Integer(v) => i128::from(*v)..=i128::from(*v),
        Op::Whole(op, a, b) => of(*op, &known(*a), &known(*b)),
        Op::Select([_, a, b]) => joined(&known(*a), &known(*b)),
        Op::Component(a, _) | Op::Slice(a, ..) | Op::Broadcast(a, _) => known(*a),
        // indices, labels, places
        _ => INDICES,
    }
}

fn joined(a: &Range, b: &Range) -> Range {
    *a.start().min(b.start())..=*a.end().max(b.end())
}

/// What a function gives, from what its arguments may be.
fn of(op: Whole, a: &Range, b: &Range) -> Range {
    let range = match op {
        Whole::Add => a.start() + b.start()..=a.end() + b.end(),
        Whole::Sub => a.start() - b.end()..=a.end() - b.start(),
        Whole::Mul => {
            let corners = [a.start() * b.start(), a.start() * b.end(), a.end() * b.start(), a.end() * b.end()];
            let first = corners[0]..=corners[0];
            corners.iter().fold(first, |range, c| joined(&range, &(*c..=*c)))
        }
        Whole::Rem => {
            let most = b.start().abs().max(b.end().abs()) - 1;
            0..=most.max(0)
        }
        Whole::Minimum => *a.start().min(b.start())..=*a.end().min(b.end()),
        Whole::Maximum => *a.start().max(b.start())..=*a.end().max(b.end()),
        Whole::Distance => 0..=(a.end() - b.start()).max(b.end() - a.start()).max(0),
    };
    // beyond 64 bits it wraps
    if within(&range, &ALL) { range } else { ALL }
}
