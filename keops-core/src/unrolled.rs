//! Short loops in a straight line.
//!
//! Not `core::array::from_fn` and not `map`: those are only hinted to be inlined, and where `f` is as large as `exp` the
//! compiler does not follow the hint. `f` is then compiled outside of functions that have the instruction set, and every
//! intrinsic in it becomes a call. Nor a loop, which need not be unrolled, and which takes several times as long to compile.

use core::mem::ManuallyDrop;

/// As many values of an expression as a constant says, at most eight, in an array; the number of each is in a variable. Where there is an array of
/// the same type to begin with, none has to be filled first, which would be a loop.
///
/// Operations of vectors are written with this and not with `unrolled::each`: written out here a value is a few instructions, where
/// a closure is a function more to compile and to inline, for each value of each operation of each kernel. For a compiler that
/// is most of the work. A `match` on the constant leaves nothing of what is beyond it.
#[macro_export]
#[doc(hidden)]
macro_rules! array {
    ($len:ident, |$u:ident| $value:expr) => {{
        const { assert!(0 < $len && $len <= 8) };
        let mut out = [{ let $u = 0; $value }; $len];
        $crate::array!(@ $len out $u $value, 1 2 3 4 5 6 7);
        out
    }};
    ($len:ident, like $like:expr, |$u:ident| $value:expr) => {{
        const { assert!(0 < $len && $len <= 8) };
        let mut out = $like;
        $crate::array!(@ $len out $u $value, 0 1 2 3 4 5 6 7);
        out
    }};
    (@ $len:ident $out:ident $u:ident $value:expr,) => {};
    (@ $len:ident $out:ident $u:ident $value:expr, $n:literal $($more:literal)*) => {
        match $len {
            $n => {}
            _ => {
                $out[$n] = { let $u = $n; $value };
                $crate::array!(@ $len $out $u $value, $($more)*);
            }
        }
    };
}

/// `[f(0), f(1), …]`: at most sixteen of them.
#[inline(always)]
pub fn each<O: Copy, const U: usize>(f: impl FnMut(usize) -> O) -> [O; U] {
    const { assert!(0 < U && U <= 16) };
    // of what may be dropped, code is made for panics on the way
    let mut f = ManuallyDrop::new(f);
    let mut out = [f(0); U];
    macro_rules! at {
        () => {};
        ($u:literal $($more:literal)*) => { match U { $u => {} _ => { out[$u] = f($u); at!($($more)*); } } };
    }
    at!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    out
}

/// `next(… next(next(start, 0), 1) …, U - 1)`: at most sixteen times.
#[inline(always)]
pub fn fold<A, const U: usize>(start: A, next: impl Fn(A, usize) -> A) -> A {
    const { assert!(0 < U && U <= 16) };
    let next = ManuallyDrop::new(next);
    let mut a = start;
    macro_rules! at {
        () => {};
        ($u:literal $($more:literal)*) => { match U { $u => {} _ => { a = next(a, $u); at!($($more)*); } } };
    }
    at!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    a
}
