//! Functions of numbers that `std` has as methods, and neither `core` nor `Real` has.

/// A number.
pub(crate) trait Float {
    fn round_ties_even(self) -> Self;
    /// Of two, and then exact.
    fn powi(self, n: i32) -> Self;
}

macro_rules! float {
    ($($t:ident)*) => {$(
        impl Float for $t {
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
