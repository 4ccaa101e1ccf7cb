//! Faults of numbers that users of such libraries meet, on any engine, against closed forms: a pair that counts nothing
//! contributes nothing to gradients, what is smooth has its second derivatives where points coincide, products stay in order,
//! small divisors, long vectors, large exponents.
//!
//! Many more formulas of each kind, in double precision and without engines: `keops-formula/tests/numbers.rs`.

use keops::{Engine, Scalar, keops};

keops! {
    #[gpu(<f32>, <f64>, grad_x)]
    fn inverse<T>(x_i: [T; 2]) {
        let r2 = sqdist(x_i, x_j);
        sum_j if r2 > 0 { 1 / r2 } else { 0 }
    }
    #[gpu(<f32>, <f64>, grad_x, grad_y)]
    fn farthest_log<T>(x_i: [T; 2], y_j: [T; 2]) {
        max_j log(sqdist(x_i, y_j))
    }
    #[gpu(<f32>, <f64>, grad_x, grad_b)]
    fn rational<T>(x_i: [T; 2], b: T) {
        sum_j 1 / (1 + sqdist(x_i, x_j)^b)
    }
    #[with_grads(x, s, eps)]
    #[gpu(<f32>, <f64>, with_grads)]
    fn particles<T>(x_i: [T; 2], n_i: T, s: T, eps: T) {
        let q = s^2 / sqdist(x_i, x_j);
        sum_j if n_i != n_j { 4 * eps * (q^6 - q^3) } else { 0 }
    }
    #[gpu(<f32>, <f64>, grad_x)]
    fn log_of_sum<T>(x_i: [T; 2], y_j: [T; 2]) {
        logsumexp_j(log(sqdist(x_i, y_j)))
    }
    #[gpu(<f32>, <f64>, grad_x, grad_v)]
    fn repelled<T>(x_i: [T; 2], y_j: [T; 2], v_j: T) {
        softmax_j(-inv(sqdist(x_i, y_j)), v_j)
    }
    #[gpu(<f32>, <f64>, grad_x)]
    fn bump<T>(x_i: [T; 2], y_j: [T; 2]) {
        sum_j exp(-1 / sqdist(x_i, y_j))
    }
    #[gpu(<f32>, <f64>, with_grads)]
    fn masked<T>(x_i: [T; 2], y_j: [T; 2], m_j: T, s: T) {
        sum_j if m_j > 0 { exp(-sqdist(x_i, y_j) / s) } else { 0 }
    }
    #[gpu(<f32>, <f64>)]
    fn matern_force<T>(x_i: [T; 2], y_j: [T; 2], v_i: [T; 2]) {
        let r = sqrt(3) * norm(x_i - y_j);
        let k = (1 + r) * exp(-r);
        sum_j grad(dot(grad(k, x_i, 1), v_i), x_i, 1)
    }
    #[gpu(<f32>, <f64>)]
    fn narrow<T>(x_i: T, y_j: T, s2: T) {
        sum_j exp(-square(x_i - y_j) / s2)
    }
    #[gpu(<f32>, <f64>, grad_x)]
    fn alternating<T>(x_i: T, y_j: T) {
        sum_j x_i*y_j*x_i*y_j
    }
    #[gpu(<f32>, <f64>)]
    fn product<T>(x_i: T, y_j: T) {
        sum_j x_i * y_j
    }
    #[gpu(<f32>, <f64>)]
    fn difference<T>(x_i: T, y_j: T) {
        sum_j x_i - y_j
    }
    #[gpu(<f32>, <f64>)]
    fn vanishing<T>(x_i: T, y_j: T) {
        sum_j(0 * x_i * y_j) + max_j(x_i * y_j) * 0
    }
    #[gpu(<f32>, <f64>)]
    fn root<T>(x_i: T, y_j: T) {
        sum_j((x_i * y_j)^0.5)
    }
    #[gpu(<f32>, <f64>)]
    fn long<T>(x_i: [T; 2000], y_j: [T; 2000]) {
        sum_j sqdist(x_i, y_j)
    }
    #[gpu(<f32>, <f64>, grad_x)]
    fn lengths<T>(x_i: [T; 2], y_j: [T; 2]) {
        sum_j norm(x_i - y_j)
    }
    #[gpu(<f32>, <f64>, grad_y)]
    fn shares<T>(x_i: T, y_j: T) {
        logsumexp_j(x_i + y_j)
    }
}

fn single<T: Scalar>() -> bool {
    T::NAME == "f32"
}

fn point<T: Scalar, const D: usize>(v: [f64; D]) -> [T; D] {
    v.map(T::from_f64)
}

#[track_caller]
fn same<T: Scalar>(found: &[T], expected: &[f64]) {
    let tolerance = if single::<T>() { 2e-6 } else { 1e-13 };
    let found: Vec<f64> = found.iter().map(|v| v.to_f64()).collect();
    let close = |f: &f64, e: &f64| f == e || f.is_nan() && e.is_nan() || (f - e).abs() <= tolerance * e.abs().max(0.05);
    let all = found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| close(f, e));
    assert!(all, "{}: {found:?}, expected {expected:?}", T::NAME);
}

/// Every fault, on one engine.
pub(crate) fn run<T: Scalar, E: Engine<T>>(engine: &E) {
    gradients_beside_nothing::<T, E>(engine);
    masks_and_second_derivatives::<T, E>(engine);
    ranges_of_numbers::<T, E>(engine);
}

fn gradients_beside_nothing<T: Scalar, E: Engine<T>>(engine: &E) {
    let lit = |v: f64| T::from_f64(v);
    let one = [lit(1.0)];
    let origin: [[T; 2]; 1] = [point([0.0, 0.0])];
    let two: [[T; 2]; 2] = [point([0.0, 0.0]), point([3.0, 4.0])];

    let gradient = inverse(&origin).grad_x(&one).eval_on(engine).expect("runs");
    same(gradient.as_flattened(), &[0.0, 0.0]);
    // two of three coincide: −2 d/r⁴, twice, for each of both indices
    let three: [[T; 2]; 3] = [point([0.0, 0.0]), point([1.0, 2.0]), point([0.0, 0.0])];
    same(&inverse(&three).eval_on(engine).expect("runs"), &[0.2, 0.4, 0.2]);
    let gradient = inverse(&three).grad_x(&[lit(1.0); 3]).eval_on(engine).expect("runs");
    same(gradient.as_flattened(), &[0.16, 0.32, -0.32, -0.64, 0.16, 0.32]);

    let call = farthest_log(&origin, &two);
    same(call.grad_x(&one).eval_on(engine).expect("runs").as_flattened(), &[-0.24, -0.32]);
    same(call.grad_y(&one).eval_on(engine).expect("runs").as_flattened(), &[0.0, 0.0, 0.24, 0.32]);

    let call = rational(&origin, lit(0.9));
    same(call.grad_x(&one).eval_on(engine).expect("runs").as_flattened(), &[0.0, 0.0]);
    same(&[call.grad_b(&one).eval_on(engine).expect("runs")], &[0.0]);

    let (x, n): ([[T; 2]; 2], _) = ([point([0.0, 0.0]), point([1.0, 0.0])], [lit(1.0), lit(2.0)]);
    let all = particles(&x, &n, lit(1.0), lit(0.5)).with_grads(&[lit(1.0); 2]).eval_on(engine).expect("runs");
    same(&all.value, &[0.0, 0.0]);
    same(all.grad_x.as_flattened(), &[24.0, 0.0, -24.0, 0.0]);
    same(&[all.grad_s, all.grad_eps], &[24.0, 0.0]);

    let call = log_of_sum(&origin, &two);
    same(call.grad_x(&one).eval_on(engine).expect("runs").as_flattened(), &[-0.24, -0.32]);
    let v = [lit(5.0), lit(7.0)];
    let call = repelled(&origin, &two, &v);
    same(&call.eval_on(engine).expect("runs"), &[7.0]);
    same(call.grad_x(&one).eval_on(engine).expect("runs").as_flattened(), &[0.0, 0.0]);
    same(&call.grad_v(&one).eval_on(engine).expect("runs"), &[0.0, 1.0]);
    let slope = 2.0 * (-0.04f64).exp() / 625.0;
    let gradient = bump(&origin, &two).grad_x(&one).eval_on(engine).expect("runs");
    same(gradient.as_flattened(), &[-3.0 * slope, -4.0 * slope]);
}

fn masks_and_second_derivatives<T: Scalar, E: Engine<T>>(engine: &E) {
    let lit = |v: f64| T::from_f64(v);
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let x: [[T; 2]; 1] = [point([0.0, 0.0])];
    let y: [[T; 2]; 4] = [point([nan, 0.0]), point([inf, inf]), point([1.0, 2.0]), point([-inf, nan])];
    let m = [0.0, 0.0, 1.0, 0.0].map(lit);
    let all = masked(&x, &y, &m, lit(1.0)).with_grads(&[lit(1.0)]).eval_on(engine).expect("runs");
    let k = (-5.0f64).exp();
    same(&all.value, &[k]);
    same(all.grad_x.as_flattened(), &[2.0 * k, 4.0 * k]);
    same(all.grad_y.as_flattened(), &[0.0, 0.0, 0.0, 0.0, -2.0 * k, -4.0 * k, 0.0, 0.0]);
    same(&all.grad_m, &[0.0; 4]);
    same(&[all.grad_s], &[5.0 * k]);

    // coinciding, and at distance 1 along the first axis: −3 (1 − √3 r) e^−√3r along, −3 e^−√3r across
    let (x, v): ([[T; 2]; 1], [[T; 2]; 1]) = ([point([0.5, 0.25])], [point([1.0, 2.0])]);
    same(matern_force(&x, &x, &v).eval_on(engine).expect("runs").as_flattened(), &[-3.0, -6.0]);
    let y: [[T; 2]; 1] = [point([1.5, 0.25])];
    let (r, e) = (3.0f64.sqrt(), (-3.0f64.sqrt()).exp());
    let found = matern_force(&x, &y, &v).eval_on(engine).expect("runs");
    same(found.as_flattened(), &[-3.0 * (1.0 - r) * e, -6.0 * e]);
}

fn ranges_of_numbers<T: Scalar, E: Engine<T>>(engine: &E) {
    let lit = |v: f64| T::from_f64(v);
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let (tiny, small, large, huge) =
        if single::<T>() { (1e-39, 1e-30, 1e30, 1e38) } else { (1e-310, 1e-200, 1e200, 1e308) };
    let one = [lit(1.0)];

    same(&narrow(&[lit(2.0)], &[lit(2.0), lit(3.0)], lit(tiny)).eval_on(engine).expect("runs"), &[1.0]);
    let (x, y) = ([lit(large)], [lit(small)]);
    let call = alternating(&x, &y);
    same(&call.eval_on(engine).expect("runs"), &[1.0]);
    same(&call.grad_x(&one).eval_on(engine).expect("runs"), &[2.0 * small]);
    same(
        &product(&[lit(small), lit(0.0)], &[lit(huge); 10]).eval_on(engine).expect("runs"),
        &[10.0 * small * huge, 0.0],
    );
    let base = if single::<T>() { 2f64.powi(24) } else { 2f64.powi(53) };
    let y = [base, base + 4.0, base + 2.0].map(lit);
    same(&difference(&[lit(base)], &y).eval_on(engine).expect("runs"), &[-6.0]);
    same(&vanishing(&[1.0, inf, nan].map(lit), &one).eval_on(engine).expect("runs"), &[0.0, nan, nan]);
    same(&root(&[4.0, -inf, -1.0, 0.0].map(lit), &one).eval_on(engine).expect("runs"), &[2.0, inf, nan, 0.0]);

    // a length that overflows has no gradient, and says so
    let (far, near): ([[T; 2]; 1], [[T; 2]; 1]) = ([point([huge, 0.0])], [point([0.0, 0.0])]);
    let gradient = lengths(&far, &near).grad_x(&one).eval_on(engine).expect("runs");
    same(gradient.as_flattened(), &[nan, nan]);

    let (x, y) = (vec![[lit(0.0); 2000]], vec![[lit(0.1); 2000]]);
    let found: Vec<T> = long(&x, &y).eval_on(engine).expect("runs");
    let (found, tenth): (f64, f64) = (found[0].to_f64(), lit(0.1).to_f64());
    let expected = 2000.0 * tenth * tenth;
    let tolerance = if single::<T>() { 1e-6 } else { 1e-14 };
    assert!((found / expected - 1.0).abs() < tolerance, "{found}, expected {expected}");

    let total = 2.0 + 0.5f64.exp();
    for x in [0.0, 1e6] {
        let found = shares(&[lit(x)], &[0.0, 0.0, 0.5].map(lit)).grad_y(&one).eval_on(engine).expect("runs");
        same(&found, &[1.0 / total, 1.0 / total, 0.5f64.exp() / total]);
    }
}
