//! `atan`.

use core::f64::consts::FRAC_PI_4;

use super::polynomial::polynomial;
use super::{choose, lit};
use crate::Bits;

/// Arctangent.
///
/// Beyond tan 3π/8 it is π/2 less that of the reciprocal, from tan π/8 on π/4 and that of (a - 1)/(a + 1): one division
/// whichever it is.
#[inline(always)]
pub fn atan<B: Bits>(x: B) -> B {
    // Of larger numbers nothing else is told apart, and of smaller ones it is the number, which it never exceeds.
    let (least, most) = if B::SINGLE { (1e-10, 1e10) } else { (1e-15, 1e17) };
    let a = x.abs().clamp(least, most);
    let (zero, one) = (lit(x, 0.0), lit(x, 1.0));
    let place = (lit(x, 0.414_213_562_373_095).lt(a), lit(x, 2.414_213_562_373_095).lt(a));
    let t = by_place(place, a, a - one, -one) / by_place(place, one, a + one, a);
    let quarters = by_place(place, zero, one, one + one);
    let z = t * t;
    // (atan t / t - 1) / z
    let tail = polynomial!(z,
        single: [-0.333333164, 0.199985325, -0.142445102, 0.10600166, -0.0609271191],
        double: [
            -0.333333333333332,
            0.19999999999953816,
            -0.14285714280223355,
            0.11111110785088574,
            -0.09090897815111702,
            0.07692061456691862,
            -0.06663120946982072,
            0.05848033674055583,
            -0.05040053931473194,
            0.03808609087267066,
            -0.01793343075695375,
        ],
    );
    // what rounding has taken from π/4
    let lost = choose(x, -2.185_569_5e-8, 3.061_616_997_868_383e-17);
    let y = quarters.mul_add(lost, t.mul_add(z * tail, t));
    x.abs().lesser(quarters.mul_add(lit(x, FRAC_PI_4), y)).copysign(x)
}

/// The one that belongs to a place: in the middle, beyond it, or else near 0.
#[inline(always)]
fn by_place<B: Bits>((middle, far): (B::Mask, B::Mask), near: B, in_middle: B, beyond: B) -> B {
    B::select(far, beyond, B::select(middle, in_middle, near))
}
