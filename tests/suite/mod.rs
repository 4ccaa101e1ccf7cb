//! What every engine must answer: the conformance cases, written once, with the naive loop in `f64` as oracle.

#![allow(dead_code, reason = "each test file uses its part")]

#[path = "../numbers/mod.rs"]
mod numbers;

use keops::{Call, Complex, Engine, Plan, Scalar, keops};
pub(crate) use numbers::Numbers;

keops! {
    /// Gaussian sum.
    #[gpu(<f32, 2>, <f32, 3>, <f64, 2>, <f64, 3>, grad_x, grad_y, grad_b, grad_s2, with_grads)]
    pub(crate) fn gauss<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: T, s2: T) {
        sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j
    }
    /// Gaussian sum of vectors, over the rows.
    #[gpu(<f32>, <f64>)]
    pub(crate) fn gauss_i<T>(x_i: [T; 2], y_j: [T; 2], b_i: [T; 3], s2: T) {
        sum_i exp(-sqdist(x_i, y_j) / 2s2) * b_i
    }
    /// Sum with an exponential of the distance itself.
    #[gpu(<f32>, <f64>)]
    pub fn laplacian<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, s: T) {
        sum_j exp(-norm(x_i - y_j) / s) * b_j
    }
    /// Rational kernel.
    #[gpu(<f32>, <f64>)]
    pub fn cauchy<T>(x_i: [T; 3], y_j: [T; 3], b_j: [T; 2], s: T) {
        sum_j b_j / (1 + sqdist(x_i, y_j) / s^2)
    }
    /// Kernel regression: two sums in one pass.
    #[gpu(<f32>, <f64>, grad_y, with_grads)]
    pub fn regression<T>(x_i: [T; 2], y_j: [T; 2], v_j: [T; 2], s2: T) {
        let k = exp(-sqdist(x_i, y_j) / 2s2);
        sum_j(k * v_j) / sum_j(k)
    }
    /// Log-sum-exp with a potential.
    #[gpu(<f32>, <f64>, grad_y, grad_eps, with_grads)]
    pub fn soft_min<T>(x_i: [T; 3], y_j: [T; 3], f_j: T, eps: T) {
        -eps * logsumexp_j((f_j - sqdist(x_i, y_j)) / eps)
    }
    /// Attention.
    #[gpu(<f32>, <f64>, grad_q, grad_k)]
    pub fn attention<T>(q_i: [T; 4], k_j: [T; 4], v_j: [T; 3]) {
        softmax_j(dot(q_i, k_j) * 3, v_j)
    }
    /// Exponentials with weights that are 0 somewhere, and with weights by component.
    #[gpu(<f32>, <f64>, grad_x, grad_w)]
    pub fn weighed<T>(x_i: [T; 2], y_j: [T; 2], w_j: T) {
        let f = 30 * dot(x_i, y_j);
        logsumexp_j(if j != i { f - w_j }, maximum(w_j, 0)) / 4 - logsumexp_j(f, if y_j > 0 { y_j } else { 0 })
    }
    /// Products, of factors far from 1, and of some that are 0: none, one or two in a row. Of many columns a few, for each rounds once.
    #[gpu(<f32>, <f64>, grad_x, grad_y)]
    pub fn products<T>(x_i: [T; 2], y_j: [T; 2], z_j: [T; 2]) {
        let factor = 1 + x_i * (y_j - 0.2) / 8;
        let others = prod_j(if j < i { factor[0] });
        prod_j(if j < 40 || j % 64 < 6 { if (i + j) % 3 == 0 { (z_j - y_j) * factor } else { factor } }) - others
    }
    /// Nearest neighbour.
    #[gpu(<f32>, <f64>)]
    pub fn nearest<T>(x_i: [T; 2], c_j: [T; 2]) {
        argmin_j sqdist(x_i, c_j)
    }
    /// Farthest, per component.
    #[gpu(<f32>, <f64>)]
    pub fn farthest<T>(x_i: [T; 2], c_j: [T; 2]) {
        argmax_j abs(x_i - c_j)
    }
    /// Largest and smallest, and what they have to do with each other.
    #[gpu(<f32>, <f64>, grad_x, grad_y)]
    pub fn spread<T>(x_i: [T; 3], y_j: [T; 3], u_i: T) {
        max_j(x_i * y_j) - u_i * min_j(sqdist(x_i, y_j))
    }
    /// Self-interaction.
    #[gpu(<f32>, <f64>, grad_x)]
    pub fn energy<T>(x_i: [T; 3], q_j: T) {
        sum_j q_j * rsqrt(sqnorm(x_i - x_j))
    }
    /// Functions, branches, components.
    #[with_grads(w, p)]
    #[gpu(<f32>, <f64>, grad_x, grad_p, with_grads)]
    pub fn zoo<T>(x_i: [T; 3], y_j: [T; 3], w_j: T, p: [T; 2]) {
        let u = x_i - y_j;
        let r = if u[0] < p[0] { tanh(u[1]) } else { sin(3u[2]) * cos(w_j) };
        let v = [r, minimum(u[0], w_j), log(1 + sqnorm(u))];
        sum_j (v + p[1] * normalize(u)) * pow(abs(w_j) + 0.5, u[1]) + maximum(u, v)^3
    }
    /// A gradient in the language, of a gradient.
    #[gpu(<f32>, <f64>)]
    pub fn second<T>(x_i: [T; 2], y_j: [T; 2], b_j: T, e_i: T, u_j: [T; 2]) {
        grad(grad(sum_j(exp(-sqdist(x_i, y_j)) * b_j), y_j, e_i), x_i, u_j)
    }
    /// A gradient at each pair.
    #[gpu(<f32>, <f64>)]
    pub fn forces<T>(x_i: [T; 2], y_j: [T; 2], m_j: T) {
        sum_j grad(m_j / sqrt(0.1 + sqdist(x_i, y_j)), x_i, 1)
    }
    /// Truths, of numbers and of indices, with neither more nor less than what they say.
    #[gpu(<f32>, <f64>, grad_x, grad_y)]
    pub fn triangle<T>(x_i: [T; 2], y_j: [T; 2], p: T) {
        let near = x_i[0] < y_j[0] && !(y_j[1] < p) || p > 0 && j < 3;
        sum_j if j <= i && near { x_i * y_j } else if i < j { p } else { (j != 2) * y_j }
    }
    /// Arithmetic of indices, of which some are stored by rows and by columns, and some are too large for it.
    #[gpu(<f32>, <f64>, grad_x)]
    pub fn bands<T>(x_i: [T; 2], y_j: [T; 2]) {
        let far = 2000000000 * (i - j) * 3 >= 12000000001;
        let band = abs(2 * i - j) <= 3 || (i - j) % 5 == 2;
        sum_j(if band && !far { x_i * y_j }) + max_j(if i * j % 7 < 3 { dot(x_i, y_j) } else { 0 })
    }
    /// An integer that is computed.
    #[gpu(<f32>, <f64>)]
    pub fn steps<T>(x_i: [T; 2], c_j: [T; 2]) {
        maximum(abs(argmin_j(sqdist(x_i, c_j)) - i), argkmin_j[2](c_j[0] * x_i[1])) % 11
    }
    /// Labels: of rows, pairs of them of columns, and one for all.
    #[gpu(<f32>, <f64>, grad_x)]
    pub fn labelled<T>(x_i: [T; 2], y_j: [T; 2], l_i: u32, m_j: [u32; 2], most: u32) {
        let near = abs(l_i - m_j[0]) % 5 <= 2 && m_j[1] <= most;
        sum_j(if near { x_i * y_j * number(m_j[0] % 5 - l_i % 3) }) + min_j(sum(m_j != l_i) * y_j[0] * number(j % 4)) * (argmax_j(dot(x_i, y_j)) > l_i)
    }
    /// A choice of indices.
    #[gpu(<f32>, <f64>)]
    pub fn near_or_self<T>(x_i: [T; 2], c_j: [T; 2], p: T) {
        let d = sqdist(x_i, c_j);
        if min_j(d) < p^2 && argmin_j(d) != i { argmin_j(d) } else { i }
    }
    /// The nearest of the others: pairs are left out, in every reduction.
    #[gpu(<f32>, <f64>, grad_x)]
    pub fn others<T>(x_i: [T; 2], c_j: [T; 2], p: T) {
        let d = sqdist(x_i, c_j);
        let near = min_j(if i != j { d });
        let mean = softmax_j(if j <= i { -d / p }, c_j);
        (if near < p { near } else { p }) + logsumexp_j(if d > p { d }) / 16 * (i > 2) + mean + sum_j(if c_j > p { c_j })
    }
    /// The nearest of the others, and where they are.
    #[gpu(<f32>, <f64>)]
    pub fn nearest_others<T>(x_i: [T; 2], c_j: [T; 2]) {
        kmin_argkmin_j[2] if i != j { sqdist(x_i, c_j) }
    }
    /// Means, of all columns and of some, and conditions.
    #[gpu(<f32>, <f64>, grad_x, grad_y)]
    pub fn statistics<T>(x_i: [T; 2], y_j: [T; 2], p: T) {
        let spread = var_j(x_i - y_j) + mean_j(x_i * y_j) / p;
        let near = sqdist(x_i, y_j) < p;
        if any_j(near) { spread + count_j(near) } else { spread * all_j(if j > i { y_j[0] < p }) }
    }
    /// The nearest three, and where they are: a pair.
    #[gpu(<f32>, <f64>)]
    pub fn nearest_three<T>(x_i: [T; 2], c_j: [T; 2]) {
        kmin_argkmin_j[3] sqdist(x_i, c_j)
    }
    /// The farthest of the others, and where they are.
    #[gpu(<f32>, <f64>)]
    pub fn farthest_others<T>(x_i: [T; 2], c_j: [T; 2]) {
        kmax_argkmax_j[3] if i != j { sqdist(x_i, c_j) }
    }
    /// The smallest values of each component, and the places of the largest as numbers.
    #[gpu(<f32>, <f64>, grad_x, grad_c)]
    pub fn by_component<T>(x_i: [T; 2], c_j: [T; 2]) {
        minimum(kmin_j[2](x_i * c_j), 9) + number(argkmax_j[2](x_i + c_j) % 7)
    }
    /// The largest value and its place: a pair, of vectors.
    #[gpu(<f32>, <f64>)]
    pub fn highest<T>(x_i: [T; 2], c_j: [T; 2]) {
        max_argmax_j(x_i * c_j)
    }
    /// The smallest two, in arithmetic.
    #[gpu(<f32>, <f64>, grad_x, grad_c)]
    pub fn gap<T>(x_i: [T; 2], c_j: [T; 2], u_i: T) {
        let two = kmin_j[2](norm(x_i - c_j));
        u_i * (minimum(two[1], 9) - minimum(two[0], 9)) + (argkmin_j[4](x_i[0] * c_j[1])[2] == i)
    }
    /// Point charges in the plane, and a parameter.
    #[gpu(<f32>, <f64>, grad_z, grad_w, grad_c)]
    pub fn charges<T>(z_i: Complex<T>, w_j: Complex<T>, v_j: Complex<T>, c: Complex<T>) {
        sum_j v_j / (z_i - w_j * c)
    }
    /// Tangents, products and variances of complex numbers.
    #[gpu(<f32>, <f64>, grad_z, grad_w)]
    pub fn refracted<T>(z_i: Complex<T>, w_j: Complex<T>) {
        tan(z_i) * prod_j(1 + tanh(z_i * w_j) / 64) + var_j(z_i * w_j)
    }
    /// What does not vary with what is reduced.
    #[gpu(<f32>, <f64>, with_grads)]
    pub fn constants<T>(x_i: T, y_j: T) {
        sum_j(x_i + 2) + sum_j(y_j) * max_j(x_i) - sum_j(1)
    }
}

/// Relative to the largest result, and at least to the size of the operands: sums cancel, and no order of adding is the right one.
pub(crate) fn tolerance<T: Scalar>() -> f64 {
    if T::NAME == "f32" { 2e-5 } else { 1e-11 }
}

pub(crate) fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().filter(|v| v.is_finite()).fold(0.3f64, |m, v| m.max(v.abs()));
    for (k, (f, e)) in found.iter().zip(expected).enumerate() {
        let same = f == e || (f.is_nan() && e.is_nan()) || (f - e).abs() <= tolerance * scale;
        assert!(same, "{what}: result {k} is {f}, expected {e} (scale {scale})");
    }
}

/// Compares an engine with the oracle.
pub(crate) fn check<'a, T: Scalar, P: Plan, E: Engine<T>>(engine: &E, call: &impl AsRef<Call<'a, T, P>>, what: &str)
where
    keops::Owned<P, T>: Numbers,
    keops::Owned<P, f64>: Numbers,
{
    let expected = call.as_ref().naive().expect("the oracle answers").numbers();
    check_against(&expected, engine, call, what);
}

/// The same, of an oracle that has been asked.
pub(crate) fn check_against<'a, T: Scalar, P: Plan, E: Engine<T>>(
    expected: &[f64],
    engine: &E,
    call: &impl AsRef<Call<'a, T, P>>,
    what: &str,
) where
    keops::Owned<P, T>: Numbers,
{
    let found = call.as_ref().eval_on(engine).expect("the engine answers").numbers();
    close(&found, expected, tolerance::<T>(), what);
}

/// Compares the value with gradients, computed together, with what the oracle says of each.
macro_rules! check_together {
    ($engine:expr, $call:expr, $e:expr, $what:expr, $($grad:ident)*) => {{
        let (call, what) = (&$call, $what);
        let found = call.with_grads($e).eval_on($engine).expect("the engine answers");
        let expected = call.naive().expect("the oracle answers").numbers();
        close(&found.value.numbers(), &expected, tolerance::<T>(), &format!("{what}: value with gradients"));
        $({
            let expected = call.$grad($e).naive().expect("the oracle answers").numbers();
            let what = format!("{what}: {} with the value", stringify!($grad));
            close(&found.$grad.numbers(), &expected, tolerance::<T>(), &what);
        })*
    }};
}

/// Points in the unit cube, shifted.
pub(crate) fn points<T: Scalar, const D: usize>(rng: &mut fastrand::Rng, n: usize) -> Vec<[T; D]> {
    (0..n).map(|_| std::array::from_fn(|_| T::from_f64(rng.f64() - 0.3))).collect()
}
/// Numbers around zero.
pub(crate) fn scalars<T: Scalar>(rng: &mut fastrand::Rng, n: usize) -> Vec<T> {
    (0..n).map(|_| T::from_f64(2.0 * rng.f64() - 1.0)).collect()
}

/// Points far from these, now by a large number and now by a small one, in a component or two of some by none.
fn beside<T: Scalar>(points: &[[T; 2]]) -> Vec<[T; 2]> {
    let away = |k: usize| T::from_f64(if k % 6 < 3 { 1048576.0 } else { 1.0 / 1048576.0 });
    let point = |(k, p): (usize, &[T; 2])| {
        [(p[0], k == 1), (p[1], k == 1 || k == 4)].map(|(v, is_same)| if is_same { v } else { v + away(k) })
    };
    points.iter().enumerate().map(point).collect()
}

/// Complex numbers whose parts are those of points.
pub(crate) fn complex<T: Scalar>(points: &[[T; 2]]) -> Vec<Complex<T>> {
    points.iter().map(|[re, im]| Complex::new(*re, *im)).collect()
}

/// Every case, at `m` rows and `n` columns.
pub(crate) fn run_all<T: Scalar + Numbers, E: Engine<T>>(engine: &E, m: usize, n: usize, gradients: bool) {
    run(engine, m, n, gradients);
    run_more(engine, m, n, gradients);
    run_beside(engine, m, n, gradients);
}

/// The cases of which processors have tests of their own, for their kernels take long to compile: labels, weights, products and complex
/// numbers.
fn run_beside<T: Scalar + Numbers, E: Engine<T>>(engine: &E, m: usize, n: usize, gradients: bool) {
    let rng = &mut fastrand::Rng::with_seed((m * 100_003 + n) as u64);
    let what = |name: &str| format!("{name} {} {m} x {n}", T::NAME);
    let lit = |v: f64| T::from_f64(v);
    let (x2, y2, v2) = (points::<T, 2>(rng, m), points::<T, 2>(rng, n), points::<T, 2>(rng, n));
    let b = scalars::<T>(rng, n);
    // small ones, and the largest
    let mut label = || rng.u32(..7).wrapping_sub(3);
    let l: Vec<u32> = (0..m).map(|_| label()).collect();
    let l2: Vec<[u32; 2]> = (0..n).map(|_| [label(), label()]).collect();

    for most in [1, u32::MAX - 1] {
        check(engine, &labelled(&x2, &y2, &l, &l2, most), &what("labelled"));
    }
    let weighed = weighed(&x2, &y2, &b);
    check(engine, &weighed, &what("weighed"));
    let z2 = beside(&y2);
    let products = products(&x2, &y2, &z2);
    check(engine, &products, &what("products"));
    check(engine, &farthest_others(&x2, &y2), &what("farthest_others"));
    let by_component = by_component(&x2, &y2);
    check(engine, &by_component, &what("by_component"));
    // charges stay away from the points
    let (z, w, v) = (complex(&x2), complex(&y2), complex(&v2));
    let z: Vec<Complex<T>> = z.into_iter().map(|z| Complex::new(z.re + lit(2.0), z.im)).collect();
    let charges = charges(&z, &w, &v, Complex::new(lit(0.9), lit(0.3)));
    check(engine, &charges, &what("charges"));
    let near = complex(&x2);
    let refracted = refracted(&near, &w);
    check(engine, &refracted, &what("refracted"));
    if !gradients {
        return;
    }
    check(engine, &labelled(&x2, &y2, &l, &l2, 2).grad_x(&x2), &what("labelled.grad_x"));
    check(engine, &weighed.grad_x(&x2), &what("weighed.grad_x"));
    let e4: Vec<[T; 4]> = x2.iter().map(|[a, b]| [*a, *b, lit(1.0), *a]).collect();
    check(engine, &by_component.grad_x(&e4), &what("by_component.grad_x"));
    check(engine, &by_component.grad_c(&e4), &what("by_component.grad_c"));
    check(engine, &weighed.grad_w(&x2), &what("weighed.grad_w"));
    check(engine, &products.grad_x(&x2), &what("products.grad_x"));
    check(engine, &products.grad_y(&x2), &what("products.grad_y"));
    check(engine, &charges.grad_z(&z), &what("charges.grad_z"));
    check(engine, &charges.grad_w(&z), &what("charges.grad_w"));
    check(engine, &charges.grad_c(&z), &what("charges.grad_c"));
    check(engine, &refracted.grad_z(&z), &what("refracted.grad_z"));
    check(engine, &refracted.grad_w(&z), &what("refracted.grad_w"));
}

/// Operands of `m` rows and `n` columns: of rows are `x`, `q`, `u` and `b3`, of columns `y`, `k`, `b` and `v`.
struct Drawn<T> {
    x2: Vec<[T; 2]>,
    y2: Vec<[T; 2]>,
    x3: Vec<[T; 3]>,
    y3: Vec<[T; 3]>,
    q4: Vec<[T; 4]>,
    k4: Vec<[T; 4]>,
    u: Vec<T>,
    b: Vec<T>,
    v2: Vec<[T; 2]>,
    b3: Vec<[T; 3]>,
}

impl<T: Scalar> Drawn<T> {
    fn new(m: usize, n: usize) -> Self {
        let rng = &mut fastrand::Rng::with_seed((m * 100_003 + n) as u64);
        Drawn {
            x2: points(rng, m),
            y2: points(rng, n),
            x3: points(rng, m),
            y3: points(rng, n),
            q4: points(rng, m),
            k4: points(rng, n),
            u: scalars(rng, m),
            b: scalars(rng, n),
            v2: points(rng, n),
            b3: points(rng, m),
        }
    }
}

/// The cases that every engine has in its conformance test, in single and in double precision.
pub(crate) fn run<T: Scalar + Numbers, E: Engine<T>>(engine: &E, m: usize, n: usize, gradients: bool) {
    let what = |name: &str| format!("{name} {} {m} x {n}", T::NAME);
    let lit = |v: f64| T::from_f64(v);
    let Drawn { x2, y2, x3, y3, u, b, v2, b3, .. } = Drawn::<T>::new(m, n);

    check(engine, &gauss::<T, 3>(&x3, &y3, &b, lit(0.1)), &what("gauss"));
    check(engine, &soft_min(&x3, &y3, &b, lit(0.4)), &what("soft_min"));
    check(engine, &nearest(&x2, &y2), &what("nearest"));
    check(engine, &farthest(&x2, &y2), &what("farthest"));
    check(engine, &spread(&x3, &y3, &u), &what("spread"));
    check(engine, &zoo(&x3, &y3, &b, [lit(0.1), lit(-0.4)]), &what("zoo"));
    check(engine, &nearest_three(&x2, &y2), &what("nearest_three"));
    check(engine, &others(&x2, &y2, lit(0.3)), &what("others"));
    for p in [-0.2, 0.3] {
        check(engine, &triangle(&x2, &y2, lit(p)), &what("triangle"));
    }
    if n > 0 {
        check(engine, &regression(&x2, &y2, &v2, lit(0.1)), &what("regression"));
        check(engine, &statistics(&x2, &y2, lit(0.3)), &what("statistics"));
    }
    if m == n {
        check(engine, &energy(&x3, &b), &what("energy"));
    }
    if !gradients {
        return;
    }
    let call = gauss::<T, 3>(&x3, &y3, &b, lit(0.1));
    check(engine, &call.grad_x(&u), &what("gauss.grad_x"));
    check(engine, &call.grad_y(&u), &what("gauss.grad_y"));
    check(engine, &call.grad_b(&u), &what("gauss.grad_b"));
    check(engine, &call.grad_s2(&u), &what("gauss.grad_s2"));
    let call = soft_min(&x3, &y3, &b, lit(0.4));
    check(engine, &call.grad_y(&u), &what("soft_min.grad_y"));
    check(engine, &call.grad_eps(&u), &what("soft_min.grad_eps"));
    let call = triangle(&x2, &y2, lit(0.3));
    check(engine, &call.grad_x(&x2), &what("triangle.grad_x"));
    check(engine, &call.grad_y(&x2), &what("triangle.grad_y"));
    let call = spread(&x3, &y3, &u);
    check(engine, &call.grad_x(&b3), &what("spread.grad_x"));
    check(engine, &call.grad_y(&b3), &what("spread.grad_y"));
    let call = zoo(&x3, &y3, &b, [lit(0.1), lit(-0.4)]);
    check(engine, &call.grad_x(&b3), &what("zoo.grad_x"));
    check(engine, &call.grad_p(&b3), &what("zoo.grad_p"));
    check_together!(engine, call, &b3, what("zoo"), grad_p grad_w);
    check_together!(engine, gauss::<T, 3>(&x3, &y3, &b, lit(0.1)), &u, what("gauss"), grad_x grad_y grad_b grad_s2);
    check_together!(engine, soft_min(&x3, &y3, &b, lit(0.4)), &u, what("soft_min"), grad_x grad_y grad_f grad_eps);
}

/// The cases that processors have in single precision alone: what they are made of, double precision has in those of [`run`].
pub(crate) fn run_more<T: Scalar + Numbers, E: Engine<T>>(engine: &E, m: usize, n: usize, gradients: bool) {
    let what = |name: &str| format!("{name} {} {m} x {n}", T::NAME);
    let lit = |v: f64| T::from_f64(v);
    let Drawn { x2, y2, x3, y3, q4, k4, u, b, v2, b3 } = Drawn::<T>::new(m, n);

    check(engine, &gauss::<T, 2>(&x2, &y2, &b, lit(0.1)), &what("gauss 2"));
    check(engine, &gauss_i(&x2, &y2, &b3, lit(0.2)), &what("gauss_i"));
    check(engine, &laplacian(&x3, &y3, &b, lit(0.5)), &what("laplacian"));
    check(engine, &cauchy(&x3, &y3, &v2, lit(0.5)), &what("cauchy"));
    check(engine, &attention(&q4, &k4, &y3), &what("attention"));
    check(engine, &forces(&x2, &y2, &b), &what("forces"));
    check(engine, &constants(&u, &b), &what("constants"));
    check(engine, &nearest_others(&x2, &y2), &what("nearest_others"));
    check(engine, &highest(&x2, &y2), &what("highest"));
    check(engine, &gap(&x2, &y2, &u), &what("gap"));
    check(engine, &bands(&x2, &y2), &what("bands"));
    check(engine, &steps(&x2, &y2), &what("steps"));
    for p in [-0.2, 0.3] {
        check(engine, &near_or_self(&x2, &y2, lit(p)), &what("near_or_self"));
    }
    if !gradients {
        return;
    }
    let call = gauss::<T, 2>(&x2, &y2, &b, lit(0.1));
    check(engine, &call.grad_x(&u), &what("gauss.grad_x 2"));
    check(engine, &call.grad_y(&u), &what("gauss.grad_y 2"));
    check(engine, &call.grad_b(&u), &what("gauss.grad_b 2"));
    check(engine, &call.grad_s2(&u), &what("gauss.grad_s2 2"));
    check_together!(engine, call, &u, what("gauss 2"), grad_x grad_y grad_b grad_s2);
    let call = attention(&q4, &k4, &y3);
    check(engine, &call.grad_q(&b3), &what("attention.grad_q"));
    check(engine, &call.grad_k(&b3), &what("attention.grad_k"));
    let call = gap(&x2, &y2, &u);
    check(engine, &call.grad_x(&u), &what("gap.grad_x"));
    check(engine, &call.grad_c(&u), &what("gap.grad_c"));
    check(engine, &others(&x2, &y2, lit(0.3)).grad_x(&x2), &what("others.grad_x"));
    check(engine, &bands(&x2, &y2).grad_x(&x2), &what("bands.grad_x"));
    check(engine, &second(&x2, &y2, &b, &u, &v2), &what("second"));
    check_together!(engine, constants(&u, &b), &u, what("constants"), grad_x grad_y);
    if n > 0 {
        let call = statistics(&x2, &y2, lit(0.3));
        check(engine, &call.grad_x(&x2), &what("statistics.grad_x"));
        check(engine, &call.grad_y(&x2), &what("statistics.grad_y"));
        let call = regression(&x2, &y2, &v2, lit(0.1));
        check(engine, &call.grad_y(&x2), &what("regression.grad_y"));
        check_together!(engine, call, &x2, what("regression"), grad_x grad_y grad_v grad_s2);
    }
    if m == n {
        check(engine, &energy(&x3, &b).grad_x(&u), &what("energy.grad_x"));
    }
}
