//! Polynomials, in the order that suits the processor.
//!
//! Macros and not loops over arrays, so that nothing is left for the optimiser to unroll.

/// The polynomial with the coefficients of the precision, constant term first. `times` multiplies all of them, where it is
/// given.
macro_rules! polynomial {
    ($x:expr, single: [$($single:expr),+ $(,)?], double: [$($double:expr),+ $(,)?] $(,)?) => {
        polynomial!($x, 1.0, single: [$($single),+], double: [$($double),+])
    };
    ($x:expr, $times:expr, single: [$($single:expr),+ $(,)?], double: [$($double:expr),+ $(,)?] $(,)?) => {
        if B::SINGLE { polynomial!($x; $($times * $single),+) } else { polynomial!($x; $($times * $double),+) }
    };
    ($x:expr; $($c:expr),+ $(,)?) => {{
        let x = $x;
        if B::SHORT_CHAINS {
            $crate::math::polynomial::estrin!(x [] $($crate::math::lit(x, $c)),+)
        } else {
            $crate::math::polynomial::horner!(x $($crate::math::lit(x, $c)),+)
        }
    }};
}

/// W. G. Horner's rule: the fewest instructions, each of which waits for the one before.
macro_rules! horner {
    ($x:ident $c:expr) => { $c };
    ($x:ident $c:expr, $($more:expr),+) => {
        $crate::math::polynomial::horner!($x $($more),+).mul_add($x, $c)
    };
}

/// Pairs of terms, pairs of pairs and so on (G. Estrin, 1960): some products more, and chains of half the length or less.
macro_rules! estrin {
    ($x:ident [$all:expr]) => { $all };
    ($x:ident [$($pair:expr),+]) => {{
        let square = $x * $x;
        $crate::math::polynomial::estrin!(square [] $($pair),+)
    }};
    ($x:ident [$($pair:expr),*] $a:expr) => { $crate::math::polynomial::estrin!($x [$($pair,)* $a]) };
    ($x:ident [$($pair:expr),*] $a:expr, $b:expr $(, $more:expr)*) => {
        $crate::math::polynomial::estrin!($x [$($pair,)* $b.mul_add($x, $a)] $($more),*)
    };
}

pub(super) use {estrin, horner, polynomial};
