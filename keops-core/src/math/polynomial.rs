//! Polynomials, in the order that suits the processor.
//!
//! Macros and not loops over arrays, so that nothing is left for the optimiser to unroll.

/// The polynomial with the coefficients of the precision, constant term first.
macro_rules! polynomial {
    ($x:expr, single: [$($single:expr),+ $(,)?], double: [$($double:expr),+ $(,)?] $(,)?) => {
        if B::SINGLE { polynomial!($x; $($single),+) } else { polynomial!($x; $($double),+) }
    };
    ($x:expr; $($c:expr),+ $(,)?) => { $crate::math::polynomial::evaluate!(estrin $x; $($c),+) };
}

/// The same with all coefficients multiplied by `times`, where chains had better be short by [`estrin`] or [`pairs`].
macro_rules! polynomial_times {
    ($short:ident $x:expr, $times:expr, single: [$($single:expr),+ $(,)?], double: [$($double:expr),+ $(,)?] $(,)?) => {
        if B::SINGLE {
            $crate::math::polynomial::evaluate!($short $x; $($times * $single),+)
        } else {
            $crate::math::polynomial::evaluate!($short $x; $($times * $double),+)
        }
    };
}

/// A polynomial by Horner's rule, or where chains had better be short by another one.
macro_rules! evaluate {
    ($short:ident $x:expr; $($c:expr),+) => {{
        let x = $x;
        if B::SHORT_CHAINS {
            $crate::math::polynomial::$short!(x [] $($crate::math::lit(x, $c)),+)
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

/// The first of these steps, and Horner's rule in the square: fewer products, which is faster where there are not many terms.
///
/// The square is off by what matters to no coefficient, so that it does not underflow: products that do are slow.
macro_rules! pairs {
    ($x:ident [$($pair:expr),+]) => {{
        let square = $x.mul_add($x, $crate::math::lit($x, 1e-36));
        $crate::math::polynomial::horner!(square $($pair),+)
    }};
    ($x:ident [$($pair:expr),*] $a:expr) => { $crate::math::polynomial::pairs!($x [$($pair,)* $a]) };
    ($x:ident [$($pair:expr),*] $a:expr, $b:expr $(, $more:expr)*) => {
        $crate::math::polynomial::pairs!($x [$($pair,)* $b.mul_add($x, $a)] $($more),*)
    };
}

pub(super) use {estrin, evaluate, horner, pairs, polynomial, polynomial_times};
