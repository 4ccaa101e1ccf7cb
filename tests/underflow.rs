//! Where gradients leave out what is next to nothing: products of exponentials with weights, on every instruction set.

use keops::{Cpu, Isa, Scalar, keops};

keops! {
    fn bump<T>(x_i: T, y_j: T, b_j: T) { sum_j exp2(-abs(x_i - y_j)) * b_j }
    /// Exponentials with the same weights, and with others, in one pass.
    fn bumps<T>(x_i: T, y_j: T, b_j: T, c_j: T) { sum_j exp2(-abs(x_i - y_j)) * (b_j + c_j * (x_i - y_j)) }
}

fn cpus() -> impl Iterator<Item = Cpu> {
    Isa::available().filter_map(Cpu::with)
}

/// A gradient has the products of 2^-d and the weight from 2^-117.5 on (2^-1013.5), and is 0 below; and below 2^-125.5 an exponential is 0.
fn flushes<T: Scalar>([least, product]: [f64; 2]) {
    for weight in [1.0, -1.0, 1e-3, -3e-6, 0.7, 200.0, 1e5, 1e-30] {
        for by in [-40.0, -9.0, -1.0, -0.1, 0.1, 1.0, 9.0, 40.0] {
            let limit = f64::max(least, product - f64::abs(weight).log2());
            let exponent = T::from_f64(limit + by);
            if exponent.to_f64() >= 0.0 {
                continue;
            }
            // beside others, in all places of a vector
            let (x, y) = (vec![T::from_f64(0.0); 37], [exponent, T::from_f64(least * 2.0)]);
            let b = [T::from_f64(weight), T::from_f64(3.0)];
            // the slope of 2^-|x - y| where x is larger
            let slope = -std::f64::consts::LN_2 * exponent.to_f64().exp2() * b[0].to_f64();
            let expected = if by > 0.0 { slope } else { 0.0 };
            for cpu in cpus() {
                let found = bump(&x, &y, &b).grad_x(&vec![T::from_f64(1.0); 37]).eval_on(&cpu).expect("it fits");
                for v in found {
                    let off = (v.to_f64() - expected).abs();
                    assert!(
                        off <= 1e-5 * expected.abs() || (by > 0.0 && off < least.exp2() * 2.0),
                        "{v:?} for {expected:e}: 2^{exponent:?} of {weight} on {cpu:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn products_next_to_nothing() {
    flushes::<f32>([-125.5, -117.5]);
    flushes::<f64>([-1021.5, -1013.5]);
}

/// Weights that are no ordinary numbers give what their products do.
#[test]
fn weights_of_all_kinds() {
    for weight in [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, 1e-40, f32::MIN_POSITIVE] {
        for distance in [0.0, 1.0, 20.0, 100.0, 124.0, 140.0, f32::INFINITY, f32::NAN] {
            let (x, y, b) = (vec![distance; 20], [0.0f32], [weight]);
            let call = bump(&x, &y, &b);
            let e = vec![1.0; 20];
            let expected: Vec<f64> = call.grad_x(&e).naive().expect("it fits");
            for cpu in cpus() {
                let found = call.grad_x(&e).eval_on(&cpu).expect("it fits");
                for (v, expected) in found.iter().zip(&expected) {
                    let same = v.is_nan() && expected.is_nan()
                        || f64::from(*v) == *expected
                        || (f64::from(*v) - expected).abs() <= 1e-5 * expected.abs() + 2f64.powf(-117.0)
                        // an exponential that is 0, times what is infinite or not
                        || (distance > 125.0 && (*v == 0.0 || weight.is_infinite() && v.is_nan()));
                    assert!(same, "{v:e} for {expected:e}: weight {weight:e}, distance {distance:e} on {cpu:?}");
                }
            }
        }
    }
}

/// Kernels that are short against the cloud, whose exponents lie everywhere: as good as where they are wide.
#[test]
fn gradients_of_short_kernels() {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut numbers = |n: usize, scale: f32| -> Vec<f32> { (0..n).map(|_| scale * (rng.f32() - 0.5)).collect() };
    for scale in [1.0, 100.0, 1000.0] {
        let (x, y) = (numbers(90, scale), numbers(130, scale));
        let (b, c, e) = (numbers(130, 1.0), numbers(130, 1.0), numbers(90, 1.0));
        let call = bumps(&x, &y, &b, &c);
        let exact = call.with_grads(&e).naive().expect("it fits");
        for cpu in cpus() {
            let found = call.with_grads(&e).eval_on(&cpu).expect("it fits");
            let near = |found: &[f32], exact: &[f64]| {
                let size = exact.iter().fold(0.0f64, |m, v| m.max(v.abs()));
                let off = found.iter().zip(exact).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
                assert!(off <= 3e-5 * size, "{off:e} of {size:e} at {scale} on {cpu:?}");
            };
            near(&found.value, &exact.value);
            near(&found.grad_x, &exact.grad_x);
            near(&found.grad_y, &exact.grad_y);
            near(&found.grad_b, &exact.grad_b);
            near(&found.grad_c, &exact.grad_c);
        }
    }
}

/// Weights far from 1, which products with exponentials are multiplied with again: what strict formulas are for.
#[test]
fn strict_formulas_keep_products_with_large_weights() {
    keops! { #[strict] fn strict(x_i: f32, y_j: f32, b_j: f32, g: f32) { sum_j exp(-g * (x_i - y_j)^2) * b_j } }
    for (b, e, g) in [(1e38, 0.5, 82.0), (1e-36, 1e30, 1.0), (1e30, 1e-36, 1.0), (1e-30, 1e-5, 0.5)] {
        let (x, y, b, e) = ([0.0f32], [1.0f32], [b], [e]);
        let call = strict(&x, &y, &b, g);
        let exact = call.with_grads(&e).naive().expect("it fits");
        for cpu in cpus() {
            let found = call.with_grads(&e).eval_on(&cpu).expect("it fits");
            let pairs = [
                (found.value[0], exact.value[0]),
                (found.grad_x[0], exact.grad_x[0]),
                (found.grad_y[0], exact.grad_y[0]),
                (found.grad_b[0], exact.grad_b[0]),
                (found.grad_g, exact.grad_g),
            ];
            for (a, b) in pairs {
                assert!((f64::from(a) - b).abs() <= 1e-4 * b.abs(), "{a:e} for {b:e} on {cpu:?}: {call:?}");
            }
        }
    }
}
