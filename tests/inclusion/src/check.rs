//! Boxes of points, and whether what is computed of them lies in bounds.

use std::sync::Arc;

use keops_core::{Endpoint, Indices, Interval};
use keops_runtime::{Cpu, Isa, Scalar};

use crate::record::{Id, Op, Program};
use crate::replay::{Value, replay};
use crate::run::{Found, LOOKED_AT, WIDTH, run};

/// How programs are tried.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// How many boxes.
    pub rounds: u64,
    /// The first seed.
    pub from: u64,
}

impl Check {
    /// A few boxes; as many as `KEOPS_FUZZ` says, from the seed `KEOPS_FUZZ_FROM` on.
    pub fn of_environment() -> Self {
        let read = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
        Check { rounds: read("KEOPS_FUZZ").unwrap_or(20), from: read("KEOPS_FUZZ_FROM").unwrap_or(1) }
    }
}

/// Whether on random boxes of points every number of these programs lies within its bounds, on every instruction set and in either precision.
/// NaN lies in bounds that are NaN.
///
/// # Panics
/// When one does not: the message has the operation and the seed. When a program's points have more than 24 numbers.
pub fn contained(programs: &[Program], check: Check, what: &str) {
    for (pass, program) in programs.iter().enumerate() {
        assert!(
            program.widths.iter().all(|width| *width <= WIDTH),
            "pass {pass} of {what} has {:?} numbers",
            program.widths
        );
        for seed in check.from..check.from + check.rounds {
            let what = |found: String| panic!("pass {pass} of {what}, seed {seed}: {found}");
            of::<f32>(program, seed, |_, set| set).unwrap_or_else(what);
            of::<f64>(program, seed, |_, set| set).unwrap_or_else(what);
        }
    }
}

/// Numbers that are delicate.
fn special(rng: &mut fastrand::Rng) -> f64 {
    const ALL: &[f64] = &[
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        2.0,
        3.0,
        1e-45,
        -1e-42,
        5e-324,
        1.1754944e-38,
        1e-20,
        1e20,
        -1e20,
        1e38,
        -1e38,
        3.4e38,
        1e300,
        88.7,
        -103.9,
        710.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    ALL[rng.usize(..ALL.len())]
}

/// Points in a box: around a place that all operands have, or each its own, of sides of all sizes; some with a delicate component.
fn points<T: Scalar>(rng: &mut fastrand::Rng, len: usize, base: [f64; WIDTH]) -> Vec<[T; WIDTH]> {
    let side = if rng.u8(..6) == 0 { 0.0 } else { 10f64.powf(8.0 * rng.f64() - 6.0) };
    let delicate = (rng.u8(..3) == 0).then(|| (rng.usize(..6), rng.bool()));
    let mut number = |k: usize| match delicate {
        Some((place, all)) if place == k && (all || rng.bool()) => special(rng),
        _ => base[k] + side * (rng.f64() - 0.5),
    };
    (0..len).map(|_| std::array::from_fn(|k| T::from_f64(number(k)))).collect()
}

fn hull<T: Scalar>(points: &[[T; WIDTH]], k: usize) -> Interval<T> {
    points.iter().map(|point| Interval::point(point[k])).reduce(Interval::hull).expect("there are points")
}

/// Compares on the boxes of a seed, with what `said` makes of each operation's bounds.
fn of<T: Scalar>(program: &Program, seed: u64, said: impl Fn(Id, Interval<T>) -> Interval<T>) -> Result<(), String> {
    let rng = &mut fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9) ^ program.ops.len() as u64);
    let sizes = [(1, 1), (1, 37), (37, 1), (3, 20), (20, 11), (33, 8)];
    let (m, n) = sizes[rng.usize(..sizes.len())];
    let scale = [0.3, 1.0, 3.0, 30.0][rng.usize(..4)];
    let base: [f64; WIDTH] = std::array::from_fn(|_| scale * (2.0 * rng.f64() - 1.0));
    // columns are where rows are, as often as not
    let other = if rng.bool() { base } else { std::array::from_fn(|_| scale * (2.0 * rng.f64() - 1.0)) };
    let (p, x, y) = (points::<T>(rng, 1, base), points::<T>(rng, m, base), points::<T>(rng, n, other));
    let bounds = bounds(&program.ops, [&p, &x, &y]);
    let bounds: Vec<_> = (0..).zip(bounds).map(|(id, set)| said(id, set)).collect();
    let numbers = numbers(program);
    let ops = Arc::new(program.ops.clone());
    for isa in Isa::available() {
        let cpu = Cpu::with(isa).expect("it is available");
        // what is pushed, and some of what is on the way to it
        let looked_at = std::array::from_fn(|k| match program.results.get(k) {
            Some(id) if numbers.contains(id) => *id,
            _ => numbers[rng.usize(..numbers.len())],
        });
        let compare = |looked_at: [Id; LOOKED_AT]| {
            let found = run(&cpu, &ops, looked_at, &p[0], &x, &y);
            looked_at.into_iter().zip(found).find(|(id, found)| !lies_in(*found, bounds[*id as usize]))
        };
        if compare(looked_at).is_some() {
            // the first that is wrong
            for some in numbers.chunks(LOOKED_AT) {
                let looked_at = std::array::from_fn(|k| some[k.min(some.len() - 1)]);
                if let Some((id, found)) = compare(looked_at) {
                    return Err(told(program, id, found, &bounds, isa));
                }
            }
        }
    }
    Ok(())
}

/// The operations that make numbers, other than an index's bits.
fn numbers(program: &Program) -> Vec<Id> {
    let is_number = |(_, op): &(Id, &Op)| match op {
        Op::Param(_)
        | Op::Row(_)
        | Op::Col(_)
        | Op::Literal(_)
        | Op::Number(..)
        | Op::Function(..)
        | Op::NumberOf(_) => true,
        Op::Select(_, [_, a, b]) => ![a, b].iter().any(|id| matches!(program.ops[**id as usize], Op::Bits(_))),
        Op::Bits(_) | Op::Compare(..) | Op::Logic(..) | Op::CompareIndex(..) | Op::Table(_) | Op::SelectIndex(..) => {
            false
        }
    };
    (0..).zip(&program.ops).filter(is_number).map(|(id, _)| id).collect()
}

/// The bounds of all numbers; anything for what is none.
fn bounds<T: Scalar>(ops: &[Op], operands: [&[[T; WIDTH]]; 3]) -> Vec<Interval<T>> {
    let [p, x, y] = operands.map(|points| move |k: usize| hull(points, k));
    let indices = [operands[1], operands[2]].map(|of| Indices { first: 0, last: of.len() as u32 - 1 });
    let values = replay::<Interval<T>>((), ops, [&p, &x, &y], indices);
    values.into_iter().map(|value| if let Value::Number(v) = value { v } else { Interval::anything() }).collect()
}

fn lies_in<T: Endpoint>(found: Found<T>, bounds: Interval<T>) -> bool {
    let nothing = found.least > found.most;
    bounds.is_anything() || !found.nan && (nothing || bounds.contains(found.least) && bounds.contains(found.most))
}

/// An operation whose result lies out of bounds, with what it is computed from.
fn told<T: Scalar>(program: &Program, id: Id, found: Found<T>, bounds: &[Interval<T>], isa: Isa) -> String {
    let op = &program.ops[id as usize];
    let of: Vec<_> = match op {
        Op::Number(_, ids) => ids.to_vec(),
        Op::Function(_, ids) => ids.to_vec(),
        Op::Select(_, ids) => ids.to_vec(),
        Op::Param(_) | Op::Row(_) | Op::Col(_) | Op::Literal(_) | Op::Bits(_) | Op::NumberOf(_) | Op::Table(_) => {
            vec![]
        }
        Op::Compare(..) | Op::Logic(..) | Op::CompareIndex(..) | Op::SelectIndex(..) => vec![],
    };
    let of: Vec<_> = of.into_iter().map(|id| (&program.ops[id as usize], bounds[id as usize])).collect();
    format!(
        "{} on {isa:?}: operation {id}, {op:?} of {of:?}, is {found:?} and not in {:?}",
        T::NAME,
        bounds[id as usize]
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Arithmetic, Function};

    /// exp(|x - y|) · p + min(x, y), with a number of each kind of operand.
    fn program() -> Program {
        let ops = vec![
            Op::Row(0),
            Op::Col(0),
            Op::Param(1),
            Op::Number(Arithmetic::sub, [0, 1, 1]),
            Op::Number(Arithmetic::abs, [3, 3, 3]),
            Op::Function(Function::exp, [4, 4]),
            Op::Number(Arithmetic::mul, [5, 2, 2]),
            Op::Number(Arithmetic::minimum, [0, 1, 1]),
            Op::Number(Arithmetic::add, [6, 7, 7]),
        ];
        Program { ops, widths: [2, 1, 1], results: vec![8] }
    }

    /// The numbers of the seeds that find a set wrong.
    fn found<T: Scalar>(said: impl Fn(Id, Interval<T>) -> Interval<T> + Copy) -> usize {
        (1..=40).filter(|seed| of::<T>(&program(), *seed, said).is_err()).count()
    }

    #[test]
    fn bounds_that_are_too_narrow_are_found() {
        assert_eq!((found::<f32>(|_, set| set), found::<f64>(|_, set| set)), (0, 0));
        // (a parameter is one number)
        let is_set = |id: &Id| !matches!(program().ops[*id as usize], Op::Param(_));
        for wrong in (0..program().ops.len() as Id).filter(is_set) {
            // half of what can be: the lower, the upper
            let half = |id, set: Interval<f64>| {
                if id == wrong { Interval { hi: set.lo / 2.0 + set.hi / 2.0, ..set } } else { set }
            };
            assert!(found::<f64>(half) > 5, "{:?}, the upper half", program().ops[wrong as usize]);
            let half = |id, set: Interval<f32>| {
                if id == wrong { Interval { lo: set.lo / 2.0 + set.hi / 2.0, ..set } } else { set }
            };
            assert!(found::<f32>(half) > 5, "{:?}, the lower half", program().ops[wrong as usize]);
        }
    }

    #[test]
    fn nan_that_is_not_said_is_found() {
        let never = |_, set: Interval<f32>| if set.is_anything() { Interval::point(0.0) } else { set };
        assert!(found::<f32>(never) > 0);
    }
}
