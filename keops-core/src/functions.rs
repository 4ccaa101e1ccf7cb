//! The list of the elementary functions.
//!
//! [`Real`](crate::Real) declares them, [`Elementary`] makes them for several vectors at once, and plain numbers take them
//! from `libm`: all from this one list. A function is added by a row here and by its polynomial in
//! [`math`](crate::math); tests that know nothing of it fail until they do.

use crate::unrolled::each;
use crate::{Bits, Real, Wide, math};

/// Hands the list of the elementary functions to a macro: `functions!(callback)`, or `functions!(callback: more)`, calls
/// `callback! { [more] rows }`, where a row is
///
/// ```text
/// /// documentation
/// name(arguments behind self) single double;
/// ```
///
/// and `single` and `double` are the names of the function in `libm`.
#[doc(hidden)]
#[macro_export]
macro_rules! functions {
    ($callback:ident $(: $($more:tt)*)?) => {
        $crate::functions! { @ $callback [$($($more)*)?] }
    };
    ($($path:ident)::+ $(: $($more:tt)*)?) => {
        $crate::functions! { @ $($path)::+ [$($($more)*)?] }
    };
    (@ $($callback:ident)::+ [$($more:tt)*]) => {
        $($callback)::+! {
            [$($more)*]
            /// eˣ
            exp() expf exp;
            /// 2ˣ
            exp2() exp2f exp2;
            /// eˣ - 1, accurate near 0.
            expm1() expm1f expm1;
            /// Natural logarithm.
            log() logf log;
            /// Natural logarithm of `1 + self`, accurate near 0.
            log1p() log1pf log1p;
            /// Sine.
            sin() sinf sin;
            /// Cosine.
            cos() cosf cos;
            /// Arctangent.
            atan() atanf atan;
            /// Error function.
            erf() erff erf;
            /// What the error function has left to 1, accurate where that is little.
            erfc() erfcf erfc;
            /// Logarithm of the magnitude of the gamma function.
            lgamma() lgammaf lgamma;
            /// Derivative of the logarithm of the gamma function.
            digamma() digammaf digamma;
            /// Hyperbolic sine.
            sinh() sinhf sinh;
            /// Hyperbolic cosine.
            cosh() coshf cosh;
            /// Hyperbolic tangent.
            tanh() tanhf tanh;
            /// `self` to the power `e`; NaN for a negative base unless `e` is an integer.
            pow(e) powf pow;
        }
    };
}

macro_rules! provided {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        $(#[$doc])*
        #[inline(always)]
        fn $name<const U: usize>(x: Wide<Self, U> $(, $argument: Wide<Self, U>)*) -> Wide<Self, U> {
            if const { is_long(stringify!($name)) } {
                let mut y = x;
                for u in 0..U {
                    y.0[u] = math::$name(x.0[u] $(, $argument.0[u])*);
                }
                return y;
            }
            if Self::LOCKSTEP {
                return math::$name(x $(, $argument)*);
            }
            Wide(each(#[inline(always)] |u| math::$name(x.0[u] $(, $argument.0[u])*)))
        }
    )* };
}

/// Functions that are so long that a block's vectors come one after the other, in a loop: written out for each of them, a kernel
/// would take minutes to compile. GPUs unroll every loop, or values would lie in memory.
const LONG: [&str; 4] = ["erf", "erfc", "lgamma", "digamma"];

/// Whether a function is one of [`LONG`].
const fn is_long(name: &str) -> bool {
    let mut k = 0;
    while k < LONG.len() && !cfg!(target_os = "cuda") {
        if is_same(LONG[k].as_bytes(), name.as_bytes()) {
            return true;
        }
        k += 1;
    }
    false
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut k = 0;
    while k < a.len() && k < b.len() && a[k] == b[k] {
        k += 1;
    }
    k == a.len() && k == b.len()
}

/// The elementary functions of `U` vectors of numbers at once: those of [`math`](crate::math), where an implementation knows
/// nothing better.
pub trait Elementary: Bits {
    /// Whether all vectors take each step before any takes the next. Processors overlap vectors that come one after the other
    /// only as far as they look ahead, and constants are loaded for each; in lockstep, what is on the way takes registers.
    const LOCKSTEP: bool = false;
    /// [`Real::rsqrt`]: no function of [`math`](crate::math), but some processors have instructions for it, and a rest to care
    /// for.
    #[inline(always)]
    fn rsqrt<const U: usize>(x: Wide<Self, U>) -> Wide<Self, U> {
        Wide(each(
            #[inline(always)]
            |u| Real::rsqrt(x.0[u]),
        ))
    }
    /// 2ˣ, but 0 where `x` is smaller than `least`, which is -125.5 or more (-1021.5 in double precision).
    #[inline(always)]
    fn exp2_from<const U: usize>(x: Wide<Self, U>, least: Wide<Self, U>) -> Wide<Self, U> {
        if Self::LOCKSTEP {
            return math::exp2_from(x, least);
        }
        Wide(each(
            #[inline(always)]
            |u| math::exp2_from(x.0[u], least.0[u]),
        ))
    }
    /// 2 to the power `a b`: [`Real::exp2_product`].
    #[inline(always)]
    fn exp2_product<const U: usize>(a: Wide<Self, U>, b: Wide<Self, U>) -> Wide<Self, U> {
        Elementary::exp2(a * b)
    }
    /// The same, but 0 where the product is smaller than `least`, as [`exp2_from`](Elementary::exp2_from) has it.
    #[inline(always)]
    fn exp2_product_from<const U: usize>(a: Wide<Self, U>, b: Wide<Self, U>, least: Wide<Self, U>) -> Wide<Self, U> {
        Self::exp2_from(a * b, least)
    }
    functions!(provided);
}

/// The elementary functions in an `impl Real`, for numbers that have [`Elementary`].
#[doc(hidden)]
#[macro_export]
macro_rules! elementary {
    () => { $crate::functions! { $crate::elementary } };
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => { $(
        #[inline(always)]
        fn $name(self $(, $argument: Self)*) -> Self {
            let $crate::Wide([y]) = $crate::Elementary::$name($crate::Wide([self]) $(, $crate::Wide([$argument]))*);
            y
        }
    )* };
}
