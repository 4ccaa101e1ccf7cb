//! What decides how many rows and columns a kernel takes at once.

use keops_core::{Bundle, Pass, Reduction};

use crate::cpu::apart::LONG;
use crate::cpu::lanes::Lanes;

/// With at most this many numbers per column, loading a column costs less than computing with it: no need to load it for
/// several pairs at once.
const FEW: usize = 8;

/// The [`Pass::LOCALS`] of ten functions or so.
const MANY: usize = 8000;

/// How many vectors of rows a block has, and how many columns it meets at once.
///
/// With few numbers one column after the other will do: as many vectors as have their parts in registers, beside some of
/// the column's values and what it takes to compute. Many numbers come from memory for each group of columns, and a number
/// that has been loaded must do for several pairs. Three vectors leave more of the caches to the numbers than four do.
///
/// Where functions go in lockstep, more vectors are worth more than registers: what does not fit is read from memory beside the
/// arithmetic. On Zen 3 six vectors are 1.1 times as fast as four where one number is reduced, and four 1.15 times as fast as
/// two where it is two.
///
/// Where rows are summed over as well, the sums of a column come from memory, and two vectors share them; with four, other numbers find no
/// registers.
///
/// Where many of the smallest values are kept, they take the registers, and one vector goes with some columns: what few rows have to do is
/// asked once for all of these.
///
/// A formula with so many functions that one vector keeps the processor busy takes one: written out for more, it would compile for minutes.
pub(super) const fn blocking<F: Pass, V: Lanes>(across: bool) -> (usize, usize) {
    let (part, rest) = (<F::Reduce as Reduction>::Part::LEN, F::PerCol::LEN / 2 + 8);
    if F::HELD > FEW || F::LOCALS > MANY {
        (1, 1)
    } else if F::PerCol::LEN > FEW || F::PerRow::LEN > 4 * FEW || F::PerCall::LEN > 4 * FEW {
        (3, if (V::REGISTERS == 32 || is_long::<F>()) && V::N >= 4 { 4 } else { 2 })
    } else if across {
        (2, 1)
    } else if F::Reduce::COLUMNS > 1 && V::BRANCHLESS >= 4 && 2 * part + rest > V::REGISTERS {
        (1, 4)
    } else if V::LOCKSTEP && V::REGISTERS == 16 && F::CALLS_FUNCTIONS && part <= 2 {
        (if 4 * part + rest <= V::REGISTERS { 6 } else { 4 }, 1)
    } else if 4 * part + rest <= V::REGISTERS {
        (4, 1)
    } else if 2 * part + rest <= V::REGISTERS {
        (2, 1)
    } else {
        (1, 1)
    }
}

/// Whether there is a step for blocks of one row, which takes compile time: where most of the time goes to functions, and blocks are
/// large for their sake. Without functions, or in blocks of AVX-512, there is little to gain; SSE2 is for processors of another time.
pub(super) const fn takes_one_row<F: Pass, V: Lanes>(vectors: usize) -> bool {
    V::LOCKSTEP && size_of::<V>() > 16 && F::CALLS_FUNCTIONS && vectors >= 4
}

/// Whether groups of so many columns are told the squared distances of their pairs.
pub(super) const fn is_apart<F: Pass>(columns: usize) -> bool {
    columns > 1 && is_long::<F>()
}

/// Whether squared distances are most of the work: the vectors are long, and what a pair is reduced into is shorter.
const fn is_long<F: Pass>() -> bool {
    F::APART >= LONG && <F::Reduce as Reduction>::Part::LEN < F::APART
}

/// Whether a column has sums over the rows, and so few that they come from memory, and go back there, sooner than all else is computed again: half
/// as many where that else is fast.
pub(super) const fn sums_across<V: Lanes>(sums: usize) -> bool {
    let most = if V::REGISTERS == 32 { FEW / 2 } else { FEW };
    1 <= sums && sums <= most
}

/// Whether all that is reduced is a sum of numbers, with what rounding has taken from it, and a result.
pub(super) const fn is_sum<F: Pass>() -> bool {
    F::Out::LEN == 1
        && F::Reduce::SUMS
        && <F::Reduce as Reduction>::Part::LEN == 1
        && <F::Reduce as Reduction>::Acc::LEN == 2
}

/// Whether the rows' values of a block are to be kept in registers, beside what is computed for the pairs.
pub(super) const fn kept<F: Pass, V: Lanes>(vectors: usize, columns: usize) -> bool {
    vectors * (F::PerRow::LEN + <F::Reduce as Reduction>::Part::LEN + columns) + F::PerCall::LEN <= V::REGISTERS
}

/// Whether what a block is reduced into is in registers between its rows and its results. Where it is more than two numbers, pairs are computed slower so, by
/// 1/20 for a gradient in three dimensions.
pub(super) const fn held<F: Pass, V: Lanes>(vectors: usize) -> bool {
    <F::Reduce as Reduction>::Part::LEN <= 2 && vectors * <F::Reduce as Reduction>::Acc::LEN <= V::REGISTERS
}
