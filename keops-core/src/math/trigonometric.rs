//! `sin` and `cos`.

use core::f64::consts::{FRAC_1_PI, PI};

use super::polynomial::polynomial;
use super::{choose, lit, nearest, square_off_zero, times_off_zero};
use crate::Bits;

/// Sine.
#[inline(always)]
pub fn sin<B: Bits>(x: B) -> B {
    // n is not -0, and what is subtracted is positive: both keep the sign of x = -0 through the reduction.
    wave(
        x,
        true,
        libm::sin,
        #[inline(always)]
        |x| {
            let n = nearest(x, FRAC_1_PI);
            (n, n)
        },
    )
}

/// Cosine.
#[inline(always)]
pub fn cos<B: Bits>(x: B) -> B {
    // With k = n + ½, cos(r + kπ) = -sin(r + nπ): the zeros of the cosine are those of r, as precise.
    wave(
        x,
        false,
        libm::cos,
        #[inline(always)]
        |x| {
            let n = times_off_zero(x, FRAC_1_PI).floor();
            (n, n + lit(x, 0.5))
        },
    )
}

/// `sin(x - kπ)`, with the other sign if `n` is odd (or even, as `odd_changes` says), where `of` finds `(n, k)` such that the sine is of
/// a number within ±π/2. Beyond 10⁹ it is `slow`.
#[inline(always)]
fn wave<B: Bits>(x: B, odd_changes: bool, slow: fn(f64) -> f64, of: impl Fn(B) -> (B, B)) -> B {
    let size = x.abs();
    let far = B::any(reach(x).lt(size));
    let (n, r) = match (far, B::FUSED, B::SINGLE) {
        (true, false, _) => reduce_far(x, of),
        (true, true, true) => reduce_far_fused(x, of),
        _ => {
            let (n, k) = of(x);
            (n, reduce(x, k))
        }
    };
    let r = alternate(n, odd_changes, r);
    // A product that is rounded before it is added to underflows where r is tiny, as it is in sines alone: it counts for nothing there.
    let factor = if B::FUSED || !odd_changes { r } else { B::select(size.lt(choose(x, 1e-5, 1e-10)), lit(x, 0.0), r) };
    let y = sin_by(r, factor);
    if far {
        let beyond = lit(x, FARTHEST).lt(size);
        if B::any(beyond) {
            return B::select(beyond, x.each(slow), y);
        }
    }
    y
}

/// Where [`reduce_far`] ends, with all that takes part in it exact.
const FARTHEST: f64 = 1e9;

/// Where [`reduce`] ends. In single precision 1/π is off so that `k` is by 1/100 there, and more than ±π/2 is left by as much of π: farther off the
/// polynomial would be less precise.
#[inline(always)]
fn reach<B: Bits>(like: B) -> B {
    if B::FUSED { choose(like, 823_549.0, FARTHEST) } else { choose(like, 12_867.0, 26_353_589.0) }
}

/// Parts of π with all digits that a number of single precision has.
const PARTS: [f64; 3] = [3.141592502593994, 1.5099578831723193e-07, 1.078060505991553e-14];

/// `x - kπ` for half-integers `k` of some bits, as many as [`reach`] lets there be.
///
/// Cody & Waite: multiples of parts of π are exact. Fused, parts have all digits that numbers have. What the first leaves is a
/// multiple of its last digit, and less than 2, and so exact; what the second leaves is, where it is small. Where products are rounded before they
/// are taken off, the first three parts have 11 (29) bits. All parts make 72 (159) bits of π, or 62 (140): enough for the floating-point number nearest to
/// any kπ in this range.
#[inline(always)]
fn reduce<B: Bits>(x: B, k: B) -> B {
    if B::FUSED {
        // none is negative: where k is 0, the sign of x = -0 stays
        let parts = if B::SINGLE { PARTS } else { [PI, 1.224646799147353e-16, 2.1657133478438278e-32] };
        return less(less(less(x, k, parts[0]), k, parts[1]), k, parts[2]);
    }
    if B::SINGLE {
        let r = less(x, k, 3.140625);
        let r = less(r, k, 0.0009675025939941406);
        let r = less(r, k, 1.5099067240953445e-07);
        return less(r, k, 5.126688136514179e-12);
    }
    let r = less(x, k, 3.141592651605606);
    let r = less(r, k, 1.984187036896401e-09);
    let r = less(r, k, 1.224646798818428e-16);
    less(r, k, 3.2892513872648515e-26)
}

/// `n`, and `x - kπ`, for numbers of single precision up to 10⁹ and products that are not rounded.
///
/// A multiple of 124302 π is taken off first. That is 390506.25 and very little more: what the former leaves is exact, and the latter,
/// all of it no more than 0.07, does not matter to which multiple of π is next. Its first part has 15 bits, so that nothing is rounded where
/// the result is small; with the second, of what is left, there are 84 bits of 124302 π.
#[inline(always)]
fn reduce_far_fused<B: Bits>(x: B, of: impl Fn(B) -> (B, B)) -> (B, B) {
    let q = nearest(x, 1.0 / 390_506.25);
    let y = less(x, q, 390_506.25);
    let (n, k) = of(y);
    let r = less(y, k, PARTS[0]);
    let r = less(r, q, 2.6518478989601135e-05);
    let r = less(r, k, PARTS[1]);
    let r = less(r, q, 1.3778235009084122e-13);
    (n, less(r, k, PARTS[2]))
}

/// `n`, and `x - kπ`, for numbers up to 10⁹ and products that are rounded.
///
/// In double precision parts of 23 bits have exact multiples, and five of them make 148 bits of π. In single precision `x` is
/// first taken into the range of [`reduce`], by a multiple of 7232 π = 22720 - δ: 22720 has 9 bits, and the parts of δ as few. All
/// that is left is taken off in order of size, so that nothing is rounded where the result is small.
#[inline(always)]
fn reduce_far<B: Bits>(x: B, of: impl Fn(B) -> (B, B)) -> (B, B) {
    if !B::SINGLE {
        let (n, k) = of(x);
        let r = less(x, k, 3.141592502593994);
        let r = less(r, k, 1.5099578831723193e-07);
        let r = less(r, k, 1.078060505991553e-14);
        let r = less(r, k, 6.564006326744847e-22);
        return (n, less(r, k, 7.590021545442451e-29));
    }
    let shift = lit(x, 12_582_912.0);
    let shifted = x.mul_add(lit(x, 1.0 / 22_720.0), shift);
    // Neither is -0: products with negative numbers keep the sign of x = -0.
    let (q, minus_q) = (shifted - shift, shift - shifted);
    let y = less(x, q, 22_720.0);
    let (n, k) = of(less(y, minus_q, 0.0019292386));
    let r = less(y, k, 3.140625);
    let r = less(r, minus_q, 0.00193023681640625);
    let r = less(r, k, 0.0009675025939941406);
    let r = less(r, q, 9.98377799987793e-07);
    let r = less(r, k, 1.5099067240953445e-07);
    let r = less(r, minus_q, 1.7644197214394808e-10);
    (n, r + less(q * lit(x, 2.5120381577821427e-13), k, 5.126688136514179e-12))
}

/// `x - k * part`
#[inline(always)]
fn less<B: Bits>(x: B, k: B, part: f64) -> B {
    k.mul_add(lit(x, -part), x)
}

/// `r` for even `n`, `-r` for odd, or the other way round. Not a product, which would be slow where it is subnormal.
#[inline(always)]
fn alternate<B: Bits>(n: B, odd_changes: bool, r: B) -> B {
    let half = n * lit(n, 0.5);
    let odd = half.floor().lt(half);
    if odd_changes { B::select(odd, -r, r) } else { B::select(odd, r, -r) }
}

/// Sine for `|r| ≤ π/2`.
#[inline(always)]
pub(super) fn sin_near<B: Bits>(r: B) -> B {
    sin_by(r, r)
}

/// The same, where `factor` is 0 or the number: what it is multiplied by counts for nothing next to 0.
#[inline(always)]
fn sin_by<B: Bits>(r: B, factor: B) -> B {
    // Fused it is negative at -0, and so the inner sum below is positive: (-0 · 0) + -0 = -0.
    let z = square_off_zero(r);
    // (sin r / r - 1) / z + ¼, which is a third or less of the same without the ¼: so is its rounding error.
    let tail = polynomial!(z,
        single: [0.08333338, 0.008333092, -0.00019810218, 2.605631e-06],
        double: [
            0.08333333333333336,
            0.0083333333333332,
            -0.00019841269841212463,
            2.7557319211568406e-06,
            -2.5052106904149586e-08,
            1.605894098934508e-10,
            -7.643018882896587e-13,
            2.7214083443205396e-15,
        ],
    );
    factor.mul_add(z.mul_add(tail, z * lit(r, -0.25)), r)
}
