//! What a kernel can do beyond reducing: steps that are compiled only where they are asked for.

use core::fmt;
use core::marker::PhantomData;

use keops_core::{Bundle, Mutual, Pass, Reduction, Summand};

use super::Enter;
use super::step::{Beside as _, Machine, PairsAcross};
use crate::Scalar;

/// What is asked of a kernel beyond reducing.
pub(super) trait Beyond<F: Pass> {
    /// What it takes to leave columns out.
    const PRUNES: bool = false;
    /// The values of pairs, where a result is their sum.
    const HALVES: bool = false;
    /// How many sums over the rows a column has.
    const ACROSS: usize = 0;
    /// How these are computed, if they are.
    type Across<T: Scalar, M: Machine<T>, const U: usize>: SumsAcross<T>;
}

/// Tells how a kernel sums over its rows.
pub(super) trait SumsAcross<T> {
    const ACROSS: Option<Across<T>>;
}

/// Not at all.
impl<T> SumsAcross<T> for () {
    const ACROSS: Option<Across<T>> = None;
}

/// Nothing.
pub(super) struct Plain;
impl<F: Pass> Beyond<F> for Plain {
    type Across<T: Scalar, M: Machine<T>, const U: usize> = ();
}

/// To leave columns out.
pub(super) struct Prunes;
impl<F: Pass> Beyond<F> for Prunes {
    const PRUNES: bool = true;
    type Across<T: Scalar, M: Machine<T>, const U: usize> = ();
}

/// To compute each value of a symmetric matrix once.
pub(super) struct Halves;
impl<F: Pass> Beyond<F> for Halves {
    const HALVES: bool = true;
    type Across<T: Scalar, M: Machine<T>, const U: usize> = ();
}

/// To sum over the rows as well.
pub(super) struct Mutually;
impl<F: Mutual> Beyond<F> for Mutually {
    const ACROSS: usize = <F::Across as Reduction>::Part::LEN;
    type Across<T: Scalar, M: Machine<T>, const U: usize> = AcrossBlocks<F, M, U>;
}

/// Sums over the rows of blocks of `U` vectors.
pub(super) struct AcrossBlocks<F, M, const U: usize>(PhantomData<(F, M)>);
impl<T: Scalar, F: Mutual, M: Machine<T>, const U: usize> SumsAcross<T> for AcrossBlocks<F, M, U> {
    const ACROSS: Option<Across<T>> = Some(Across {
        pairs: M::Of::<F>::enter::<PairsAcross<F>, U, 1>,
        len: <F::Across as Reduction>::Part::LEN,
        acc: <F::Across as Reduction>::Acc::LEN,
        summands: [F::Reduce::summands, F::Across::summands],
    });
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
