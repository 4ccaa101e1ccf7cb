//! `log`.

use super::{choose, lit, polynomial};
use crate::Bits;

/// Natural logarithm.
#[inline(always)]
pub fn log<B: Bits>(x: B) -> B {
    let (zero, infinity) = (lit(x, 0.0), lit(x, f64::INFINITY));
    let (m, n) = x.split();
    let f = m - lit(x, 1.0); // exact
    let ln2 = choose(x, 0.693359375, 0.6931471805601177); // few bits: n ln2 is exact
    let rest = n * choose(x, -0.00021219444170128554, -1.7239444525614835e-13);
    // log(1 + f) = f - f²/2 + small terms; they are added in order of size.
    let half = lit(x, 0.5) * f * f;
    let y = if B::SINGLE {
        // A quotient costs more than the terms that it would save.
        let tail = polynomial!(f; 0.3333333, -0.25000533, 0.19999816, -0.16628914, 0.14237589, -0.1315688,
            0.12549333, -0.07398185);
        (f * f * f).mul_add(tail, rest) - half
    } else {
        // With s = f / (2 + f) it is log(1 + f) = 2 artanh s = f - f²/2 + s (f²/2 + R(s²)),
        // R(z) = 2 (artanh s / s - 1).
        let s = f / (f + lit(x, 2.0));
        let z = s * s;
        let tail = polynomial!(z; 0.6666666666666734, 0.39999999999416647, 0.285714287420265, 0.22222198605250662,
            0.18183562840244624, 0.1531408514168109, 0.14795630188793377);
        s.mul_add(z.mul_add(tail, half), rest) - half
    };
    let y = n.mul_add(ln2, f + y);
    let y = B::select(x.lt(infinity), y, x);
    let outside = B::select(x.eq(zero), -infinity, lit(x, f64::NAN));
    B::select(zero.lt(x), y, outside)
}
