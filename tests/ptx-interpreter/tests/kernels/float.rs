//! Functions of numbers that `std` has as methods, and `core` has not.

/// A number.
pub(crate) trait Float {
    fn mul_add(self, b: Self, c: Self) -> Self;
    fn sqrt(self) -> Self;
    fn floor(self) -> Self;
    fn round_ties_even(self) -> Self;
    /// Of two, and then exact.
    fn powi(self, n: i32) -> Self;
}

macro_rules! float {
    ($($t:ident)*) => {$(
        impl Float for $t {
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                core::$t::math::mul_add(self, b, c)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                core::$t::math::sqrt(self)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                core::$t::math::floor(self)
            }
            #[inline(always)]
            fn round_ties_even(self) -> Self {
                core::$t::math::round_ties_even(self)
            }
            #[inline(always)]
            fn powi(self, n: i32) -> Self {
                libm::exp2(n as f64) as Self
            }
        }
    )*};
}
float!(f32 f64);
