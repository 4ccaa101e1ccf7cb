//! Reductions: what happens to the values of a row, as monoids.

mod extremum;
mod kmin;
mod logsumexp;
mod prod;
mod prod_of_complex;
mod scaled;
mod sum;

pub use extremum::{ArgMax, ArgMin, Max, Min};
pub use kmin::{ArgKMin, KMin};
pub use logsumexp::{Softmax, SumExp};
pub use prod::Prod;
pub use prod_of_complex::ProdOfComplex;
pub use sum::Sum;

use crate::{Bundle, Of, Real};

/// What an accumulator has of some values of which it keeps the best: one, or the `K` best in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Whether the largest values are the best, and not the smallest.
    pub largest: bool,
    /// The number of the part that is the value of a pair, where a single one has been pushed into it.
    pub part: usize,
    /// The number of the accumulator that is the best value so far.
    pub first: usize,
    /// How many there are, one after the other: a value that does not beat the last of them changes nothing.
    pub count: usize,
    /// The number of the accumulator that is the index of the first, if indices are kept. Those of the others follow.
    pub place: Option<usize>,
}

/// A number of an accumulator that is a sum over the columns.
///
/// Its part has a number of it, too. Where a single pair has been pushed into the part, that is what the sum takes of the pair; where it
/// is relative to the exponential of an exponent, in units of that, and the exponent is there beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summand {
    /// The number of the part.
    pub part: usize,
    /// The number of the accumulator that is the total.
    pub total: usize,
    /// The number of the accumulator that rounding has taken from the total.
    pub rest: usize,
    /// The number of the part that is the exponent, if the sum is one of exponentials, and the number of the accumulator that is the
    /// shift: the sum is in units of its exponential.
    pub exponent: Option<(usize, usize)>,
    /// The sums that are components of one vector have one number.
    pub group: usize,
}

/// A monoid over the columns of a row.
///
/// Values are pushed into a short-lived `Part` (one tile of columns); parts are absorbed by an
/// `Acc`, in ascending order of their columns, and accumulators of disjoint columns merge in any split. The result depends
/// on the split through rounding only. Each reduction has a `push` of its own, called by
/// emitted code. A vector is reduced component by component.
pub trait Reduction: 'static {
    /// What a tile of columns is reduced into.
    type Part: Bundle;
    /// What a row is reduced into.
    type Acc: Bundle;
    /// The result.
    type Done: Bundle;
    /// How many columns a row is to meet at least, where it has as many, before what it is reduced into is merged with others:
    /// with fewer, to begin would take much of the time. Where too few tasks would be left it meets fewer.
    const COLUMNS: usize = 1;
    /// Whether it keeps the best of the values, all of them [selections](Reduction::selections), and forgets all others: then
    /// columns that cannot be among the best may be left out.
    const SELECTS: bool = false;
    /// Whether columns have to come in ascending order, over all parts of an accumulator. Where they need not, those of a part do.
    const IN_ORDER: bool = false;
    /// What it keeps.
    fn selections(_f: &mut dyn FnMut(Selection)) {}
    /// Whether all that it keeps are [sums](Reduction::summands), of values or of exponentials: then what columns give to them that are left
    /// out can be bounded.
    const SUMS: bool = false;
    /// What it sums up, group after group.
    fn summands(_f: &mut dyn FnMut(Summand)) {}
    /// The accumulator of no column.
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R>;
    /// The part of no column, to be absorbed by `acc`: what its values are relative to, if anything, it takes from there.
    fn part<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Part, R>;
    /// Takes a part into an accumulator.
    fn absorb<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>);
    /// What the accumulator of no column is after a part, if that is known without computing.
    #[inline(always)]
    fn of_part<R: Real>(_cx: R::Cx, _part: &Of<Self::Part, R>) -> Option<Of<Self::Acc, R>> {
        None
    }
    /// Takes the accumulator of other columns into this one.
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>);
    /// Lets sums forget what rounding has taken from them so far: for sums without compensation.
    #[inline(always)]
    fn forget<R: Real>(_cx: R::Cx, _acc: &mut Of<Self::Acc, R>) {}
    /// Lets sums take back what rounding has taken from them so far, but for what rounding takes from that: the errors of many additions are
    /// added up plainly, and would be as large as those of the sum itself.
    #[inline(always)]
    fn settle<R: Real>(_cx: R::Cx, _acc: &mut Of<Self::Acc, R>) {}
    /// The result.
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R>;
}

/// No reduction: a pass that only maps rows.
impl Reduction for () {
    type Part = ();
    type Acc = ();
    type Done = ();
    const SUMS: bool = true;
    #[inline(always)]
    fn start<R: Real>(_: R::Cx) {}
    #[inline(always)]
    fn part<R: Real>(_: R::Cx, (): &()) {}
    #[inline(always)]
    fn absorb<R: Real>(_: R::Cx, (): &mut (), (): &()) {}
    #[inline(always)]
    fn merge<R: Real>(_: R::Cx, (): &mut (), (): &()) {}
    #[inline(always)]
    fn done<R: Real>(_: R::Cx, (): &()) {}
}

/// Several reductions in one pass.
impl<A: Reduction, B: Reduction> Reduction for (A, B) {
    type Part = (A::Part, B::Part);
    type Acc = (A::Acc, B::Acc);
    type Done = (A::Done, B::Done);
    const COLUMNS: usize = if A::COLUMNS > B::COLUMNS { A::COLUMNS } else { B::COLUMNS };
    const SELECTS: bool = A::SELECTS && B::SELECTS;
    const IN_ORDER: bool = A::IN_ORDER || B::IN_ORDER;
    const SUMS: bool = A::SUMS && B::SUMS;
    fn selections(f: &mut dyn FnMut(Selection)) {
        A::selections(f);
        B::selections(&mut |s| {
            let behind = |k: usize| A::Acc::LEN + k;
            let part = A::Part::LEN + s.part;
            f(Selection { part, first: behind(s.first), place: s.place.map(behind), ..s });
        });
    }
    fn summands(f: &mut dyn FnMut(Summand)) {
        let mut groups = 0;
        A::summands(&mut |s| {
            groups = s.group + 1;
            f(s);
        });
        B::summands(&mut |s| {
            let behind = |k: usize| A::Acc::LEN + k;
            f(Summand {
                part: A::Part::LEN + s.part,
                total: behind(s.total),
                rest: behind(s.rest),
                exponent: s.exponent.map(|(part, shift)| (A::Part::LEN + part, behind(shift))),
                group: groups + s.group,
            });
        });
    }
    #[inline(always)]
    fn start<R: Real>(cx: R::Cx) -> Of<Self::Acc, R> {
        (A::start::<R>(cx), B::start::<R>(cx))
    }
    #[inline(always)]
    fn part<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Part, R> {
        (A::part::<R>(cx, &acc.0), B::part::<R>(cx, &acc.1))
    }
    #[inline(always)]
    fn absorb<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, part: &Of<Self::Part, R>) {
        A::absorb::<R>(cx, &mut acc.0, &part.0);
        B::absorb::<R>(cx, &mut acc.1, &part.1);
    }
    #[inline(always)]
    fn of_part<R: Real>(cx: R::Cx, part: &Of<Self::Part, R>) -> Option<Of<Self::Acc, R>> {
        Some((A::of_part::<R>(cx, &part.0)?, B::of_part::<R>(cx, &part.1)?))
    }
    #[inline(always)]
    fn merge<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>, other: &Of<Self::Acc, R>) {
        A::merge::<R>(cx, &mut acc.0, &other.0);
        B::merge::<R>(cx, &mut acc.1, &other.1);
    }
    #[inline(always)]
    fn forget<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>) {
        A::forget::<R>(cx, &mut acc.0);
        B::forget::<R>(cx, &mut acc.1);
    }
    #[inline(always)]
    fn settle<R: Real>(cx: R::Cx, acc: &mut Of<Self::Acc, R>) {
        A::settle::<R>(cx, &mut acc.0);
        B::settle::<R>(cx, &mut acc.1);
    }
    #[inline(always)]
    fn done<R: Real>(cx: R::Cx, acc: &Of<Self::Acc, R>) -> Of<Self::Done, R> {
        (A::done::<R>(cx, &acc.0), B::done::<R>(cx, &acc.1))
    }
}
