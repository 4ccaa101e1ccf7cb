//! A crate without Rust's prelude: no `Vec`, no `Some`, no `Clone`, no `derive` are in scope.
#![no_implicit_prelude]
#![deny(warnings)]

::keops::keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }
    #[with_grads(x)]
    fn generic<T, const D: usize>(x_i: [T; D], y_j: [T; D]) {
        let r2 = sqdist(x_i, y_j);
        sum_j if r2 > 0 && i != j { [pow(r2, 1.5) * x_i[0]^3, y_j[0..1]] } else { [0, 1] }
    }
    fn place(x_i: f32, y_j: f32) { argmin_j abs(x_i - y_j) }
    fn pair(x_i: f32, y_j: f32) { kmin_argkmin_j[2](abs(x_i - y_j)) }
    fn total(x_i: f32, y_j: f32, s: f32) { sum_i(logsumexp_j(s * x_i * y_j)) }
}

fn main() {
    let (x, b, s) = ([[1.0f32, 2.0, 0.0]; 3], [1.0f32; 3], 2.0);
    let adjoint = [[1.0f32, 0.0]; 3];
    let inferred = ::keops::keops!(sum_j exp(-sqdist(x_i, x_j) / 2s) * b_j * x_j[1] / x_i[0..2]);
    let declared = ::keops::keops!(sum_j exp(-sqdist(x_i, x_j) / 2s) * b_j where x_i: [f32; 3], b_j: f32, s: f32);
    let places = ::keops::keops!(argmin_j sqdist(x_i, x_j));
    let (value, all) = (generic(&x, &x), generic(&x, &x).with_grads(&adjoint));
    let done = inferred.eval().is_ok()
        && declared.with_grads(&b).eval().is_ok()
        && places.eval().is_ok()
        && gauss(&x, &x, &b, s).grad_s2(&b).eval().is_ok()
        && value.eval().is_ok()
        && all.eval().is_ok()
        && place(&b, &b).eval().is_ok()
        && pair(&b, &b).eval().is_ok()
        && total(&b, &b, s).with_grads(&1.0).eval().is_ok();
    ::std::assert!(done);
}
