//! Short loops in a straight line.
//!
//! Not `core::array::from_fn` and not `map`: those are only hinted to be inlined, and where `f` is as large as `exp` the
//! compiler does not follow the hint. `f` is then compiled outside of functions that have the instruction set, and every
//! intrinsic in it becomes a call. Nor a loop, which need not be unrolled, and which takes several times as long to compile.

/// `[f(0), f(1), …]`: at most sixteen of them.
#[inline(always)]
pub fn each<O: Copy, const U: usize>(mut f: impl FnMut(usize) -> O) -> [O; U] {
    const { assert!(0 < U && U <= 16) };
    let mut out = [f(0); U];
    macro_rules! at {
        ($($u:literal)*) => { $( if U > $u { out[$u] = f($u); } )* };
    }
    at!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    out
}

/// `next(… next(next(start, 0), 1) …, U - 1)`: at most sixteen times.
#[inline(always)]
pub fn fold<A, const U: usize>(start: A, next: impl Fn(A, usize) -> A) -> A {
    const { assert!(0 < U && U <= 16) };
    let mut a = start;
    macro_rules! at {
        ($($u:literal)*) => { $( if U > $u { a = next(a, $u); } )* };
    }
    at!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    a
}
