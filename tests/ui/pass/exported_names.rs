//! Items may be called like what keops exports, also where both come by `*`.
mod formulas {
    keops::keops! {
        pub fn error(x_i: f64, y_j: f64) { sum_j square(x_i - y_j) }
        pub fn device(x_i: f64, y_j: f64) { sum_j x_i * y_j }
        pub fn sum_scheme(x_i: f64, y_j: f64) { max_j(x_i * y_j) }
    }
}

use formulas::*;
use keops::*;

/// Both of the same name: the error of keops, and the call of the item.
fn of(call: ErrorCall<'_>) -> Result<Vec<f64>, Error> {
    call.sum_scheme(SumScheme::Kahan).eval()
}

fn main() -> Result<(), Error> {
    assert_eq!(of(error(&[1.0], &[2.0, 4.0]))?, [10.0]);
    let call: DeviceCall<'_> = device(&[1.0], &[2.0]);
    assert_eq!((call.eval()?, sum_scheme(&[1.0], &[2.0]).eval()?), (vec![2.0], vec![2.0]));
    Ok(())
}
