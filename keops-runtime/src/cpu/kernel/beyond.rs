//! What a kernel can do beyond reducing: steps that are compiled only where they are asked for.

use core::fmt;

use keops_core::{Bundle, Mutual, Pass, Reduction, Summand};

use super::Enter;
use super::blocking::FEW;
use super::step::{Machine, PairsAcross};
use crate::Scalar;
use crate::cpu::lanes::Lanes;

/// What is asked of a kernel beyond reducing.
pub(super) trait Beyond<F: Pass> {
    /// What it takes to leave columns out.
    const PRUNES: bool = false;
    /// The values of pairs, where a result is their sum.
    const HALVES: bool = false;
    /// Whether it is asked for sums over the rows.
    const ACROSS: bool = false;
    /// How they are computed, where that pays.
    fn across<T: Scalar, M: Machine<T>, const U: usize>() -> Option<Across<T>> {
        None
    }
}

/// Nothing.
pub(super) struct Plain;
impl<F: Pass> Beyond<F> for Plain {}

/// To leave columns out.
pub(super) struct Prunes;
impl<F: Pass> Beyond<F> for Prunes {
    const PRUNES: bool = true;
}

/// To compute each value of a symmetric matrix once.
pub(super) struct Halves;
impl<F: Pass> Beyond<F> for Halves {
    const HALVES: bool = true;
}

/// To sum over the rows as well.
pub(super) struct Mutually;
impl<F: Mutual> Beyond<F> for Mutually {
    const ACROSS: bool = true;
    fn across<T: Scalar, M: Machine<T>, const U: usize>() -> Option<Across<T>> {
        if !const { are_few::<F::Across, M::V>() } {
            return None;
        }
        Some(Across {
            pairs: M::step::<F, PairsAcross<F>, U, 1>(),
            len: <F::Across as Reduction>::Part::LEN,
            acc: <F::Across as Reduction>::Acc::LEN,
            summands: [F::Reduce::summands, F::Across::summands],
        })
    }
}

/// Whether a column has so few sums that they come from memory, and go back there, sooner than all else is computed again: half as many where that
/// else is fast.
const fn are_few<R: Reduction, V: Lanes>() -> bool {
    let most = if V::REGISTERS == 32 { FEW / 2 } else { FEW };
    1 <= R::Part::LEN && R::Part::LEN <= most
}

/// What tells of the sums of a reduction, one after the other: [`Reduction::summands`].
type Summands = fn(&mut dyn FnMut(Summand));

/// How a kernel sums over its rows.
#[derive(Clone, Copy)]
pub(in crate::cpu) struct Across<T> {
    pub(super) pairs: Enter<T>,
    /// How many sums a column has, and how many numbers they are reduced into.
    pub(in crate::cpu) len: usize,
    pub(in crate::cpu) acc: usize,
    /// Those of a row, and those of a column.
    summands: [Summands; 2],
}

impl<T> Across<T> {
    /// Where each sum is found among the numbers of a row, and among those of a column: its total, and what rounding has taken from it.
    pub(in crate::cpu) fn places(&self) -> [Vec<[usize; 2]>; 2] {
        self.summands.map(|summands| {
            let mut places = vec![];
            summands(&mut |Summand { total, rest, .. }| places.push([total, rest]));
            places
        })
    }
}

impl<T> fmt::Debug for Across<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Across").field("len", &self.len).field("acc", &self.acc).finish_non_exhaustive()
    }
}
