//! `erf`, `erfc`.

use super::exponential::exp;
use super::polynomial::polynomial;
use super::power::head;
use super::{lit, off_zero, square_off_zero};
use crate::Bits;

/// Error function.
#[inline(always)]
pub fn erf<B: Bits>(x: B) -> B {
    let (one, a) = (lit(x, 1.0), x.abs());
    B::select(a.lt(one), near(x), (one - tail(a)).copysign(x))
}

/// What the error function has left to 1; 0 where that is below 2⁻¹²⁵·⁵ (`f64`: 2⁻¹⁰²¹·⁵).
#[inline(always)]
pub fn erfc<B: Bits>(x: B) -> B {
    let (zero, one, two) = (lit(x, 0.0), lit(x, 1.0), lit(x, 2.0));
    let y = tail(x.abs());
    let y = B::select(x.lt(zero), two - y, B::select(lit(x, farthest::<B>()).lt(x), zero, y));
    B::select(x.abs().lt(lit(x, 0.75)), one - near(off_zero(x)), y)
}

/// The last argument for which [`erfc`] is not 0.
const fn farthest<B: Bits>() -> f64 {
    if B::SINGLE { 9.175792694091797 } else { 26.536733809439735 }
}

/// The error function within ±1.
#[inline(always)]
fn near<B: Bits>(x: B) -> B {
    let z = square_off_zero(x);
    // erf x / x - 1
    let tail = polynomial!(z,
        single: [0.128379166, -0.37612626, 0.112835787, -0.0268533472, 0.0051871622, -0.00079978531, 7.80690316e-5],
        double: [
            0.12837916709551256,
            -0.37612638903183343,
            0.1128379167093695,
            -0.026866170641959137,
            0.005223977596735845,
            -0.0008548325484996302,
            0.00012055280496471777,
            -1.4924465636892128e-05,
            1.6444150516271141e-06,
            -1.6183990533722115e-07,
            1.3616695212497577e-08,
            -7.60780180158629e-10,
        ],
    );
    x.mul_add(tail, x)
}

/// `erfc a` from ½ on as far as it is a normal number, and what it is there for other numbers.
///
/// `exp(a²) erfc a` is smooth, and (a + 3) times it is a polynomial of (a - 3)/(a + 3): the method of M. M. Shepherd and
/// J. G. Laframboise (*Math. Comp.* 36, 1981), with one division. What rounding has taken from the square is the exponential's
/// relative error, and is made up for.
#[inline(always)]
fn tail<B: Bits>(a: B) -> B {
    let a = a.clamp(0.5, farthest::<B>());
    let r = lit(a, 1.0) / (a + lit(a, 3.0));
    let s = (a - lit(a, 3.0)) * r;
    let q = polynomial!(s,
        single: [
            1.07400692,
            -0.883394361,
            0.590226948,
            -0.310470283,
            0.119553439,
            -0.0267944001,
            -0.00136181049,
            0.00287809898,
            -0.000249352946,
        ],
        double: [
            1.0740069070883398,
            -0.8833944531698837,
            0.5902283571041081,
            -0.31046726190056095,
            0.11952776128688147,
            -0.026827234624582308,
            -0.0012124166169650182,
            0.0030340619999817734,
            -0.0005483098222292716,
            -0.0002767778005213412,
            0.0001075624437179354,
            3.0397669417171144e-05,
            -1.747485732729046e-05,
            -4.746473880663032e-06,
            2.7773666690355262e-06,
            9.900311031734278e-07,
            -4.283659944001528e-07,
            -2.167806477709386e-07,
            6.576568380792734e-08,
            3.309463493568964e-08,
            -9.873621477376186e-09,
        ],
    );
    let square = a * a;
    let (high, two) = (head(a), lit(a, 2.0));
    let low = a - high;
    // the square of the head is exact, as are all of these products but the last
    let lost = (high * high - square) + (two * high * low) + low * low;
    let y = q * r;
    exp(-square) * (y - y * lost)
}
