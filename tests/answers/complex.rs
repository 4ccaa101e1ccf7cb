//! Complex operands and results, on every instruction set and by the plain loop, against loops over complex numbers in `f64`.

#[path = "../skip/mod.rs"]
mod skip;

use keops::{Complex, Cpu, Isa, Scalar, keops};
use num_complex::Complex64 as C;

keops! {
    /// The Cauchy kernel.
    #[jvp(z)]
    fn poles<T>(v_j: Complex<T>, z_i: Complex<T>, w_j: Complex<T>) { sum_j v_j / (z_i - w_j) }
    /// A discrete Fourier transform, of frequencies and places that lie anywhere.
    fn fourier<T>(x_j: Complex<T>, p_i: T, f_j: T) { sum_j x_j * cis(-2pi * p_i * f_j) }
    fn fourier_i<T>(x_i: Complex<T>, p_j: T, f_i: T) { sum_i x_i * exp(complex(0, -2pi) * p_j * f_i) }
    fn vandermonde<T>(v_i: Complex<T>, x_j: T, l_i: Complex<T>) { sum_i v_i * exp(x_j * l_i) }
    /// Products, and a sum of components.
    fn products<T>(x_i: [Complex<T>; 3], y_j: [Complex<T>; 3]) { sum_i sum((x_i * y_j) * re(y_j) + x_i + re(x_i)) }
    fn vectors<T>(x_i: [Complex<T>; 2], y_j: [Complex<T>; 2], c: Complex<T>, d: [Complex<T>; 2]) {
        sum_j c * conj(x_i) * y_j[1] + d * (x_i | y_j)
    }
    fn lengths<T>(x_i: [Complex<T>; 2], y_j: [Complex<T>; 2]) { sum_j exp(-sqdist(x_i, y_j)) * abs(y_j[0]) }
    fn total<T>(z_i: Complex<T>, w_j: Complex<T>, c: Complex<T>) { sum_i sum_j sqrt(c + z_i * w_j) }
    fn one<T>(z_i: [Complex<T>; 1], w_j: Complex<T>) { mean_j if abs(w_j) < 1 { log(w_j) * z_i } }
    fn product<T>(z_i: Complex<T>, w_j: Complex<T>) { prod_j if re(w_j) < 0.9 { (1 + w_j / 4) * cis(re(z_i)) } }
    fn spread<T>(z_i: [Complex<T>; 2], w_j: Complex<T>) { var_j(z_i * w_j) }
    fn tangents<T>(z_i: Complex<T>, w_j: Complex<T>) { sum_j tanh(z_i * w_j) + tan(w_j) }
    fn itself<T>(z_i: Complex<T>, x_j: T) { z_i + sum_j(x_j) }
}

/// Around the ends of vectors, blocks and tiles, with rows in lanes and with columns in lanes.
const SIZES: [[usize; 2]; 7] = [[0, 3], [3, 0], [1, 1], [5, 17], [33, 65], [3, 3000], [257, 40]];

fn numbers<T: Scalar>(rng: &mut fastrand::Rng, n: usize) -> Vec<T> {
    (0..n).map(|_| T::from_f64(2.0 * rng.f64() - 1.0)).collect()
}

fn complex<T: Scalar>(rng: &mut fastrand::Rng, n: usize) -> Vec<Complex<T>> {
    numbers(rng, 2 * n).chunks_exact(2).map(|parts| Complex::new(parts[0], parts[1])).collect()
}

fn vectors_of<T: Scalar, const D: usize>(rng: &mut fastrand::Rng, n: usize) -> Vec<[Complex<T>; D]> {
    complex(rng, n * D).chunks_exact(D).map(|v| v.try_into().expect("as many")).collect()
}

/// What is computed with, in double precision.
trait Wide {
    type Out;
    fn wide(&self) -> Self::Out;
}
impl<T: Scalar> Wide for Complex<T> {
    type Out = C;
    fn wide(&self) -> C {
        C::new(self.re.to_f64(), self.im.to_f64())
    }
}
impl<T: Scalar, const D: usize> Wide for [Complex<T>; D] {
    type Out = [C; D];
    fn wide(&self) -> [C; D] {
        std::array::from_fn(|k| self[k].wide())
    }
}
impl<A: Wide> Wide for Vec<A> {
    type Out = Vec<A::Out>;
    fn wide(&self) -> Self::Out {
        self.iter().map(Wide::wide).collect()
    }
}

/// All numbers of some results.
trait Flat {
    fn flat(&self) -> Vec<C>;
}
impl Flat for C {
    fn flat(&self) -> Vec<C> {
        vec![*self]
    }
}
impl Flat for f64 {
    fn flat(&self) -> Vec<C> {
        vec![C::from(*self)]
    }
}
impl<A: Flat, const D: usize> Flat for [A; D] {
    fn flat(&self) -> Vec<C> {
        self.iter().flat_map(Flat::flat).collect()
    }
}
impl<A: Flat> Flat for Vec<A> {
    fn flat(&self) -> Vec<C> {
        self.iter().flat_map(Flat::flat).collect()
    }
}

/// Both results of a call, that of an engine and that of the plain loop, next to what is expected.
fn same<T: Scalar>(found: impl Flat, naive: impl Flat, expected: impl Flat, what: &str) {
    let (found, naive, expected) = (found.flat(), naive.flat(), expected.flat());
    let scale = expected.iter().filter(|z| z.is_finite()).fold(1.0f64, |s, z| s.max(z.norm()));
    let tolerance = if T::NAME == "f32" { 2e-5 } else { 1e-12 };
    for (all, tolerance) in [(&found, tolerance), (&naive, 1e-11)] {
        assert_eq!(all.len(), expected.len(), "{what}");
        for (a, b) in all.iter().zip(&expected) {
            let alike = (a - b).norm() <= tolerance * scale || a.is_nan() && b.is_nan();
            assert!(alike, "{what}: {a}, expected {b}");
        }
    }
}

/// The sum of what a pair gives, for each row.
fn sums(m: usize, n: usize, f: impl Fn(usize, usize) -> C) -> Vec<C> {
    (0..m).map(|i| (0..n).map(|j| f(i, j)).sum()).collect()
}

fn on<T: Scalar>(isa: Isa)
where
    f64: From<T>,
{
    let Some(cpu) = Cpu::with(isa) else {
        return skip::skip(isa.name(), "tests/answers/complex.rs", &format!("this processor has no {isa}"));
    };
    let rng = &mut fastrand::Rng::with_seed(4);
    for [m, n] in SIZES {
        let at = |what: &str| format!("{what} {isa} {} {m} x {n}", T::NAME);
        // kernels are what takes long to compile: others than these are checked by the plain loop alone
        macro_rules! check_naive {
            ($call:expr, $expected:expr, $what:expr) => {{
                let naive = $call.naive().expect("runs");
                same::<f64>(naive.clone(), naive, $expected, &at($what));
            }};
        }
        macro_rules! check {
            ($call:expr, $expected:expr, $what:expr) => {{
                let call = $call;
                let found = call.eval_on(&cpu).expect("runs");
                same::<T>(found.wide(), call.naive().expect("runs"), $expected, &at($what));
            }};
        }
        let (mut v, mut z, mut w) = (complex::<T>(rng, n), complex::<T>(rng, m), complex::<T>(rng, n));
        // poles stay away from the points
        z.iter_mut().for_each(|z| z.re = z.re + T::from_f64(2.5));
        let (vs, zs, ws) = (v.wide(), z.wide(), w.wide());
        let e = complex::<T>(rng, m);
        let es = e.wide();
        let call = poles(&v, &z, &w);
        check!(&call, sums(m, n, |i, j| vs[j] / (zs[i] - ws[j])), "poles");
        // the gradient of Σ Re(ē a): of what is differentiable as a function of z, the conjugate of its derivative times e
        let of_z = sums(m, n, |i, j| es[i] * (-vs[j] / (zs[i] - ws[j]).powi(2)).conj());
        let of_w = sums(n, m, |j, i| es[i] * (vs[j] / (zs[i] - ws[j]).powi(2)).conj());
        let of_v = sums(n, m, |j, i| es[i] * (zs[i] - ws[j]).inv().conj());
        check!(call.grad_z(&e), of_z.clone(), "poles.grad_z");
        check!(call.grad_w(&e), of_w, "poles.grad_w");
        check!(call.grad_v(&e), of_v.clone(), "poles.grad_v");
        check_naive!(call.jvp_z(&e), sums(m, n, |i, j| -vs[j] / (zs[i] - ws[j]).powi(2) * es[i]), "poles.jvp_z");
        let all = call.with_grads(&e).eval_on(&cpu).expect("runs");
        let naive = call.with_grads(&e).naive().expect("runs");
        same::<T>(all.grad_z.wide(), naive.grad_z, of_z, &at("poles, together"));
        same::<T>(all.grad_v.wide(), naive.grad_v, of_v, &at("poles, together"));

        let (p, f) = (numbers::<T>(rng, m), numbers::<T>(rng, n));
        let turn = |i: usize, j: usize| C::cis(-std::f64::consts::TAU * p[i].to_f64() * f[j].to_f64());
        let call = fourier(&v, &p, &f);
        check!(&call, sums(m, n, |i, j| vs[j] * turn(i, j)), "fourier");
        check_naive!(call.grad_x(&e), sums(n, m, |j, i| es[i] * turn(i, j).conj()), "fourier.grad_x");
        let found = call.grad_p(&e).eval_on(&cpu).expect("runs");
        let slope = |i: usize, j: usize| {
            let slope = vs[j] * turn(i, j) * C::new(0.0, -std::f64::consts::TAU * f[j].to_f64());
            C::from((es[i].conj() * slope).re)
        };
        let wide: Vec<f64> = found.into_iter().map(f64::from).collect();
        same::<T>(wide, call.grad_p(&e).naive().expect("runs"), sums(m, n, slope), &at("fourier.grad_p"));
        check_naive!(fourier_i(&z, &f, &p), sums(n, m, |j, i| zs[i] * turn(i, j)), "fourier_i");
        check_naive!(vandermonde(&z, &f, &e), sums(n, m, |j, i| zs[i] * (es[i] * f[j].to_f64()).exp()), "vandermonde");

        let (x, y) = (vectors_of::<T, 3>(rng, m), vectors_of::<T, 3>(rng, n));
        let (xs, ys) = (x.wide(), y.wide());
        let term =
            |j: usize, i: usize| (0..3).map(|k| xs[i][k] * ys[j][k] * ys[j][k].re + xs[i][k] + xs[i][k].re).sum();
        let call = products(&x, &y);
        check!(&call, sums(n, m, term), "products");
        let u = complex::<T>(rng, n);
        let us = u.wide();
        // with Re(y): (x re y)‾ e, and beside it Re(Σ ē x y) for the real part alone
        let of_y = |j: usize| -> [C; 3] {
            std::array::from_fn(|k| {
                let through =
                    |i: usize| us[j] * (xs[i][k] * ys[j][k].re).conj() + (us[j].conj() * xs[i][k] * ys[j][k]).re;
                (0..m).map(through).sum()
            })
        };
        check!(call.grad_y(&u), (0..n).map(of_y).collect::<Vec<_>>(), "products.grad_y");
        let of_x = |_: usize| -> [C; 3] {
            std::array::from_fn(|k| (0..n).map(|j| us[j] * (ys[j][k] * ys[j][k].re + 1.0).conj() + us[j].re).sum())
        };
        check_naive!(call.grad_x(&u), (0..m).map(of_x).collect::<Vec<_>>(), "products.grad_x");

        let (x, y) = (vectors_of::<T, 2>(rng, m), vectors_of::<T, 2>(rng, n));
        let (c, d) = (complex::<T>(rng, 1)[0], vectors_of::<T, 2>(rng, 1)[0]);
        let (xs, ys, cs, ds) = (x.wide(), y.wide(), c.wide(), d.wide());
        let inner = |i: usize, j: usize| (0..2).map(|k| xs[i][k].conj() * ys[j][k]).sum::<C>();
        let row = |i: usize| -> [C; 2] {
            std::array::from_fn(|k| (0..n).map(|j| cs * xs[i][k].conj() * ys[j][1] + ds[k] * inner(i, j)).sum())
        };
        let call = vectors(&x, &y, c, d);
        check!(&call, (0..m).map(row).collect::<Vec<_>>(), "vectors");
        let e2 = vectors_of::<T, 2>(rng, m);
        let es2 = e2.wide();
        let of_c: C = (0..m)
            .flat_map(|i| (0..n).flat_map(move |j| (0..2).map(move |k| (i, j, k))))
            .map(|(i, j, k)| es2[i][k] * (xs[i][k].conj() * ys[j][1]).conj())
            .sum();
        check!(call.grad_c(&e2), of_c, "vectors.grad_c");
        let of_d: [C; 2] = std::array::from_fn(|k| {
            (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| es2[i][k] * inner(i, j).conj()).sum()
        });
        check_naive!(call.grad_d(&e2), of_d, "vectors.grad_d");

        let call = lengths(&x, &y);
        let weight = |i: usize, j: usize| {
            (-(0..2).map(|k| (xs[i][k] - ys[j][k]).norm_sqr()).sum::<f64>()).exp() * ys[j][0].norm()
        };
        check_naive!(&call, sums(m, n, |i, j| weight(i, j).into()), "lengths");
        let h = numbers::<T>(rng, m);
        let of_x = |i: usize| -> [C; 2] {
            let term = |k: usize, j: usize| (xs[i][k] - ys[j][k]) * (-2.0 * weight(i, j) * h[i].to_f64());
            std::array::from_fn(|k| (0..n).map(|j| term(k, j)).sum())
        };
        check_naive!(call.grad_x(&h), (0..m).map(of_x).collect::<Vec<_>>(), "lengths.grad_x");

        w.iter_mut().for_each(|w| w.im = w.im * T::from_f64(0.25));
        v.iter_mut().for_each(|v| v.re = v.re * T::from_f64(0.5));
        let (zs, ws) = (z.wide(), w.wide());
        let c = Complex::new(T::from_f64(6.0), T::from_f64(0.5));
        let root = |i: usize, j: usize| (c.wide() + zs[i] * ws[j]).sqrt();
        let call = total(&z, &w, c);
        check!(&call, sums(m, n, root).iter().sum::<C>(), "total");
        let e1 = complex::<T>(rng, 1)[0];
        let of_c = sums(m, n, |i, j| e1.wide() * (0.5 / root(i, j)).conj());
        check!(call.grad_c(&e1), of_c.iter().sum::<C>(), "total.grad_c");

        let near: Vec<C> = ws.iter().filter(|w| w.norm() < 1.0).map(|w| w.ln()).collect();
        let mean = near.iter().sum::<C>() / near.len() as f64;
        let z1: Vec<[Complex<T>; 1]> = z.iter().map(|z| [*z]).collect();
        check!(one(&z1, &w), zs.iter().map(|z| [mean * z]).collect::<Vec<_>>(), "one");
        let call = product(&z, &w);
        let counted: Vec<usize> = (0..n).filter(|j| ws[*j].re < 0.9).collect();
        let whole = |i: usize| counted.iter().map(|j| (1.0 + ws[*j] / 4.0) * C::cis(zs[i].re)).product::<C>();
        check!(&call, (0..m).map(whole).collect::<Vec<_>>(), "product");
        let of_w = |j: usize| {
            let slope = |i: usize| whole(i) / (4.0 + ws[j]);
            (0..m).map(|i| if counted.contains(&j) { es[i] * slope(i).conj() } else { C::new(0.0, 0.0) }).sum()
        };
        check!(call.grad_w(&e), (0..n).map(of_w).collect::<Vec<C>>(), "product.grad_w");
        let call = spread(&x, &w);
        let mean = ws.iter().sum::<C>() / n as f64;
        let var = ws.iter().map(|w| (w - mean).norm_sqr()).sum::<f64>() / n as f64;
        let of_row = |x: &[C; 2]| x.map(|x| C::from(x.norm_sqr() * var));
        let found: Vec<[f64; 2]> = call.eval_on(&cpu).expect("runs").into_iter().map(|v| v.map(f64::from)).collect();
        same::<T>(found, call.naive().expect("runs"), xs.iter().map(of_row).collect::<Vec<_>>(), &at("spread"));
        let h2: Vec<[T; 2]> = numbers(rng, 2 * m).chunks_exact(2).map(|v| [v[0], v[1]]).collect();
        // that over nothing is NaN, and has no slope
        let scale = if n == 0 { 0.0 } else { 2.0 * var };
        let of_x = |i: usize| [0, 1].map(|k: usize| xs[i][k] * (scale * h2[i][k].to_f64()));
        check_naive!(call.grad_z(&h2), (0..m).map(of_x).collect::<Vec<_>>(), "spread.grad_z");
        let call = tangents(&z, &w);
        check!(&call, sums(m, n, |i, j| (zs[i] * ws[j]).tanh() + ws[j].tan()), "tangents");
        let slope = |i: usize, j: usize| es[i] * ((zs[i] * ws[j]).cosh().powi(-2) * ws[j]).conj();
        check!(call.grad_z(&e), sums(m, n, slope), "tangents.grad_z");
        let all: f64 = f.iter().map(|f| f.to_f64()).sum();
        check!(itself(&z, &f), zs.iter().map(|z| z + all).collect::<Vec<_>>(), "itself");
    }
}

#[test]
fn on_every_instruction_set() {
    for isa in [Isa::Avx512, Isa::Avx2, Isa::Baseline] {
        on::<f32>(isa);
    }
}

keops! {
    fn functions(z_i: Complex<f32>, w_j: Complex<f32>) {
        sum_j [z_i / w_j, inv(z_i), sqrt(z_i), log(z_i), complex(abs(z_i), 0), z_i * w_j]
    }
    fn exponentials(z_i: Complex<f32>, w_j: Complex<f32>) { sum_j [exp(z_i), sin(z_i), cosh(z_i), tanh(z_i)] + 0 * w_j }
}

/// How far functions are off in single precision, in units of ε = 2⁻²⁴ of the modulus of the result. NUMBERS.md tells of it.
#[test]
fn errors_are_a_few_units_of_the_modulus() {
    let rng = &mut fastrand::Rng::with_seed(9);
    let mut polar = |low: f64, high: f64| {
        let z = C::from_polar(10f64.powf(low + (high - low) * rng.f64()), 7.0 * rng.f64());
        Complex::new(z.re as f32, z.im as f32)
    };
    let mut worst = [0.0f64; 10];
    let mut note = |k: usize, found: Complex<f32>, expected: C| {
        let error = (found.wide() - expected).norm() / expected.norm() * 2f64.powi(24);
        assert!(error.is_finite(), "function {k}: {found}, expected {expected}");
        worst[k] = worst[k].max(error);
    };
    // many sizes, and near 1, where logarithms are small
    for (low, high) in [(-17.0, 17.0), (-1.0, 1.0), (-1e-3, 1e-3), (-1e-6, 1e-6)] {
        for _ in 0..20 {
            let (z, w): (Vec<_>, _) = ((0..500).map(|_| polar(low, high)).collect(), polar(low, high));
            let found = functions(&z, &[w]).eval().expect("runs");
            for (z, found) in z.wide().into_iter().zip(found) {
                let w = w.wide();
                let size = z.norm();
                let near = 0.5 * ((size - 1.0) * (size + 1.0)).ln_1p();
                let log = C::new(if (size - 1.0).abs() < 0.1 { near } else { size.ln() }, z.arg());
                let expected = [z / w, z.inv(), z.sqrt(), log, z.norm().into(), z * w];
                (0..6).for_each(|k| note(k, found[k], expected[k]));
            }
        }
    }
    let z: Vec<_> = (0..5000).map(|_| polar(-3.0, 1.9)).filter(|z| z.re.abs() < 80.0 && z.im.abs() < 80.0).collect();
    for (z, found) in z.wide().into_iter().zip(exponentials(&z, &[z[0]]).eval().expect("runs")) {
        let expected = [z.exp(), z.sin(), z.cosh(), z.tanh()];
        (0..4).for_each(|k| note(6 + k, found[k], expected[k]));
    }
    let bounds = [6.0; 10];
    assert!(worst.iter().zip(bounds).all(|(worst, bound)| *worst <= bound), "{worst:.2?}");
    println!("{worst:.2?}");
}
