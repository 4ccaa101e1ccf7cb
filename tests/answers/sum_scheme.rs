//! How sums are accumulated: what each scheme promises, on every instruction set.

use keops::{Call, Cpu, Isa, Plan, SumScheme, keops};

keops! {
    /// The values themselves, when `x` is 1: every error is the sum's.
    fn sum(x_i: f32, b_j: f32) { sum_j x_i * b_j }
    /// The same behind a long inner product.
    fn long(x_i: [f32; 40], y_j: [f32; 40]) { sum_j dot(x_i, y_j) }
    /// A mean of these values, and a sum of exponentials of 0.
    fn mean(x_i: f32, b_j: f32) { softmax_j(x_i * 0, b_j) + logsumexp_j(0 * b_j * x_i) }
}

const SCHEMES: [SumScheme; 3] = [SumScheme::Direct, SumScheme::Block, SumScheme::Kahan];

fn weights(n: usize) -> Vec<f32> {
    let mut rng = fastrand::Rng::with_seed(n as u64);
    (0..n).map(|_| rng.f32() - 0.2).collect()
}

/// The largest error of a call's results, by a scheme.
fn error<'a, P: Plan>(call: &impl AsRef<Call<'a, f32, P>>, scheme: SumScheme, isa: Isa, expected: f64) -> f64
where
    P::Answer: keops::__private::Answer<Owned<f32> = Vec<f32>>,
{
    let engine = Cpu::with(isa).expect("it is available");
    let found = call.as_ref().clone().sum_scheme(scheme).eval_on(&engine).expect("lengths agree");
    found.iter().map(|v| (f64::from(*v) - expected).abs()).fold(0.0, f64::max)
}

#[test]
fn errors_are_bounded_as_documented() {
    let unit = f64::from(f32::EPSILON) / 2.0;
    // where all are alike, rounding takes the same way at each addition
    let alike = [10_000, 100_000].map(|n| vec![0.1; n]);
    for b in [1, 100, 5000, 300_000].map(weights).into_iter().chain(alike) {
        let n = b.len();
        let exact: f64 = b.iter().map(|v| f64::from(*v)).sum();
        let size: f64 = b.iter().map(|v| f64::from(v.abs())).sum();
        // few rows, and many: columns in lanes, and rows
        for m in if n > 100_000 { vec![2] } else { vec![2, 90] } {
            let x = vec![1.0; m];
            let call = sum(&x, &b);
            for isa in Isa::available() {
                let [direct, block, kahan] = SCHEMES.map(|scheme| error(&call, scheme, isa, exact));
                let last = unit * exact.abs();
                let blocks = n as f64 / 128.0 + 40.0;
                assert!(direct <= last + (128.0 + blocks) * unit * size, "direct, {n}, {isa}: {direct}");
                assert!(block <= last + 128.0 * unit * size, "block, {n}, {isa}: {block}");
                assert!(kahan <= 1.01 * last + 130.0 * n as f64 * unit * unit * size, "kahan, {n}, {isa}: {kahan}");
            }
        }
    }
}

/// Sums that cancel show what a scheme keeps.
#[test]
fn schemes_differ_where_they_should() {
    let n = 200_000;
    let half = weights(n);
    let b: Vec<f32> = half.iter().copied().chain(half.iter().rev().map(|v| -v)).chain([1e-3]).collect();
    let x = vec![1.0; 100];
    let call = sum(&x, &b);
    for isa in Isa::available() {
        let [direct, block, kahan] = SCHEMES.map(|scheme| error(&call, scheme, isa, f64::from(1e-3f32)));
        assert!(kahan < 1e-8, "{isa}: {kahan}");
        // errors of either sign cancel, in which of the two more is a matter of luck
        assert!(kahan < block && kahan < direct && block != direct, "{isa}: {direct} {block} {kahan}");
    }
}

#[test]
fn every_reduction_and_every_gradient_takes_it() {
    let (n, unit) = (30_000, f64::from(f32::EPSILON) / 2.0);
    let b = weights(n);
    let exact: f64 = b.iter().map(|v| f64::from(*v)).sum();
    for isa in Isa::available() {
        for x in [vec![1.0; 3], vec![1.0; 200]] {
            let expected = exact / n as f64 + (n as f64).ln();
            for scheme in SCHEMES {
                let found = error(&mean(&x, &b), scheme, isa, expected);
                assert!(found < 4e-6, "{scheme:?} {isa}: {found}");
            }
            // d/dx Σ x b = Σ b
            let call = sum(&x, &b).sum_scheme(SumScheme::Kahan).grad_x(&x);
            assert!(error(&call, SumScheme::Kahan, isa, exact) <= 1.01 * unit * exact.abs());
        }
        // long vectors, several columns at a time
        let y: Vec<[f32; 40]> = (0..3001).map(|j| std::array::from_fn(|k| b[(j * 7 + k) % n])).collect();
        let exact: f64 = y.iter().flatten().map(|v| f64::from(*v)).sum();
        let size: f64 = y.iter().flatten().map(|v| f64::from(v.abs())).sum();
        let found = error(&long(&[[1.0; 40]; 130], &y), SumScheme::Kahan, isa, exact);
        assert!(found < 10.0 * unit * size.sqrt() + unit * exact.abs(), "{isa}: {found}");
    }
}
