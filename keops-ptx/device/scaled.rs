//! Pairs in a second form, which takes an instruction less: exponents c Σ (x − y)² as −Σ (s x − y′)², with s = √−c once per
//! launch and y′ = s y once per column and tile. `s x − y′` is one multiply-add, and c is gone.
//!
//! # What it costs
//!
//! ε is 2⁻²⁴. Let t = Σ (s x − s y)² be the negated exponent, and d = √t. The direct form rounds the difference, the squares' sum,
//! the product and c; its relative error in t is a small multiple of ε. Here
//!
//! * s is rounded once, which changes t by 2 ε t: as much as c and the product's rounding do there;
//! * `s x − y′` is rounded once, as the difference is there;
//! * y′ is rounded, each component by ε |y′ₖ|. Only this is new: t changes by 2 Σ |s xₖ − y′ₖ| ε |y′ₖ| ≤ 2 ε d |y′|.
//!
//! The exponential 2⁻ᵗ changes by 2 ln 2 · ε d |y′| of itself; that is 2 ln 2 · ε |y′| · d 2^(−d²) of the largest
//! exponential there is, 1. The last factor is at most 0.516, where d² = 1 / (2 ln 2). For |y′| ≤ 11 this is at most 7.9 ε, less than
//! 2⁻²¹. Far away, where d > |y′|, it is also less than what the direct form's roundings make of t, 2 ε t.
//!
//! So columns are scaled where |y′|² ≤ 121: within 11 / 0.85 = 13 standard deviations of the origin. Where a column of a tile is
//! farther, or NaN, the tile's pairs are computed in the direct form; so are they all if c is not negative, or not between 2⁻¹⁰⁰ and
//! 2¹⁰⁰, where s and what it is corrected by are normal numbers. What rows are does not matter: a difference that overflows makes an
//! exponential 0 in both forms.
//!
//! Double precision has exponentials that cost thirty times as much as the multiplication, and one form.

use keops_core::{Of, Pair, Pass, Real, Reduction};

use crate::number::Number;

/// How far from the origin a column may be that is scaled: the square of that.
const FARTHEST: f64 = 121.0;
/// The smallest and the largest −c.
const FACTORS: [f64; 2] = [1.0 / (1u128 << 100) as f64, (1u128 << 100) as f64];

/// A pass whose pairs may have a second form. Emitted beside each pass.
pub trait Scaled: Pass {
    /// Whether they have.
    const SCALED: bool = false;

    /// The factor c of the exponent.
    #[inline(always)]
    fn factor<R: Real>(cx: R::Cx, _: &Of<Self::PerCall, R>) -> R {
        R::lit(cx, 0.0)
    }
    /// The values of a column, of which one is scaled, and the square of its distance from the origin.
    #[inline(always)]
    fn scale<R: Real>(scale: R, y: &Of<Self::PerCol, R>) -> (Of<Self::PerCol, R>, R) {
        (*y, scale)
    }
    /// [`pair`](Pass::pair) for scaled columns.
    #[inline(always)]
    fn scaled_pair<R: Pair>(
        cx: R::Cx,
        _: R::Param,
        p: &Of<Self::PerCall, R::Param>,
        x: &Of<Self::PerRow, R::Row>,
        y: &Of<Self::PerCol, R::Col>,
        part: &mut Of<<Self::Reduce as Reduction>::Part, R::Row>,
    ) {
        Self::pair::<R>(cx, p, x, y, part);
    }
}

impl<S: keops_core::Shape> Scaled for keops_core::SumAll<S> {}

/// The s of a launch; NaN where nothing is to be scaled.
pub(crate) struct Scale<R>(pub(crate) R);

impl<R: Number> Scale<R> {
    /// Whether columns of a pass may be scaled.
    pub(crate) const fn may_be<F: Scaled>() -> bool {
        F::SCALED && R::SINGLE
    }

    #[inline(always)]
    pub(crate) fn of<F: Scaled>(p: &Of<F::PerCall, R>) -> Self {
        let (c, [least, most]) = (-F::factor::<R>((), p), FACTORS.map(|limit| R::lit((), limit)));
        // the hardware's root is off by an ulp, which would count twice
        let root = c.sqrt();
        let s = (-root).mul_add(root, c).mul_add(R::lit((), 0.5) * root.recip(), root);
        Self(R::select(least.le(c) & c.le(most), s, R::lit((), f64::NAN)))
    }

    /// The values of a column, scaled, and whether they may be.
    #[inline(always)]
    pub(crate) fn column<F: Scaled>(&self, y: &Of<F::PerCol, R>) -> (Of<F::PerCol, R>, bool) {
        let (y, square) = F::scale::<R>(self.0, y);
        (y, square.le(R::lit((), FARTHEST)))
    }
}
