//! Sums with a tolerance: bounds are true, of every formula, and no larger than they have to be.
//!
//! Clouds are drawn at random: uniform, clusters, grids, far from 0 and from each other, some with NaN and infinities. `KEOPS_FUZZ=1000` tries as many instead of a
//! few for each formula, from the seed `KEOPS_FUZZ_FROM` on. A failure names its seed. The exact results are those of the plain
//! loop in double precision.

mod fuzz;
#[path = "../numbers/mod.rs"]
mod numbers;
mod operands;

use fuzz::seeds;
use keops::prelude::*;
use keops::{Certified, Cpu, Error, Isa, Owned, Scalar, SumScheme, Tolerance, Tree};
use numbers::Numbers;
use operands::operand;

/// How many clouds each formula is tried on.
const CLOUDS: u64 = 16;

/// A cloud of points, and how many.
struct Cloud {
    rng: fastrand::Rng,
    kind: u8,
}

impl Cloud {
    fn new(seed: u64, salt: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed.wrapping_mul(31).wrapping_add(salt));
        let kind = rng.u8(0..7);
        Cloud { rng, kind }
    }
    fn size(&mut self) -> usize {
        match self.rng.u8(0..8) {
            0 => self.rng.usize(0..3),
            1 => [31, 32, 33, 64, 65][self.rng.usize(0..5)],
            2 => self.rng.usize(1000..2000),
            _ => self.rng.usize(3..700),
        }
    }
    fn number(&mut self) -> f64 {
        let rng = &mut self.rng;
        match self.kind {
            0 | 1 => rng.f64(),
            2 => f64::from(rng.u8(0..4)) * 3.0 + rng.f64() * 1e-2,
            // ties
            3 => f64::from(rng.u8(0..6)) / 4.0,
            // some are far from the others
            4 => rng.f64() * if rng.u8(0..20) == 0 { 30.0 } else { 1.0 },
            5 => 1000.0 + rng.f64(),
            _ => match rng.u8(0..200) {
                0 => [f64::NAN, f64::INFINITY, -f64::INFINITY, 3e38, -3e38, 1e19][rng.usize(0..6)],
                _ => rng.f64() - 0.5,
            },
        }
    }
    fn points<T: Scalar, const D: usize>(&mut self, len: usize) -> Vec<[T; D]> {
        (0..len).map(|_| std::array::from_fn(|_| T::from_f64(self.number()))).collect()
    }
    fn numbers<T: Scalar>(&mut self, len: usize) -> Vec<T> {
        (0..len).map(|_| T::from_f64(self.rng.f64() - 0.5)).collect()
    }
    fn positive<T: Scalar>(&mut self, len: usize) -> Vec<T> {
        (0..len).map(|_| T::from_f64(self.rng.f64() + 1e-3)).collect()
    }
    fn one<T: Scalar>(&mut self) -> T {
        T::from_f64([0.02, 0.3, 3.0][self.rng.usize(0..3)])
    }
    fn labels(&mut self, len: usize) -> Vec<u32> {
        (0..len).map(|_| self.rng.u32(0..3)).collect()
    }
}

/// How many numbers were bounded, and how tightly.
#[derive(Default, Debug)]
struct Count {
    all: usize,
    known: usize,
    /// Bounds below a thousandth of the number plus a thousandth.
    close: usize,
}

/// Holds a call to what the plain loop says, on every instruction set and for several tolerances.
fn check<T: Scalar, P: Plan>(call: &Call<'_, T, P>, seed: u64, terms: usize, count: Option<&mut Count>)
where
    Owned<P, T>: Numbers,
    Owned<P, f64>: Numbers,
{
    let mut none = Count::default();
    let count = count.unwrap_or(&mut none);
    let exact = call.naive().expect("the operands fit").numbers();
    // the plain loop rounds, too
    let slack = if T::IS_SINGLE { 1.0 + 1e-5 } else { 2.0 + terms as f64 / 8.0 };
    let tolerances =
        [Tolerance::Relative(1e-3), Tolerance::Zero, 1e-7.into(), 0.3.into(), Tolerance::Absolute(1e-2), 0.0.into()];
    for isa in Isa::available() {
        let cpu = Cpu::with(isa).expect("it is available");
        for tolerance in tolerances {
            for tolerant in [call.tolerance(tolerance).on(cpu), call.tolerance(tolerance).on(cpu).always()] {
                let Certified { value, bound } = tolerant.eval().expect("sums have bounds");
                let (value, bound) = (value.numbers(), bound.numbers());
                assert_eq!(value.len(), exact.len());
                for (k, ((value, bound), exact)) in value.iter().zip(&bound).zip(&exact).enumerate() {
                    let off = (value - exact).abs();
                    // (a bound is no NaN)
                    let holds = *bound == f64::INFINITY || off <= bound * slack + 1e-30;
                    assert!(
                        holds && *bound >= 0.0,
                        "seed {seed}, {isa}, {tolerance:?}: number {k} of {tolerant:?} is {value:e}, which is {off:e} from {exact:e}, \
                         and {bound:e} was said"
                    );
                    if tolerance == Tolerance::Zero {
                        count.all += 1;
                        count.known += usize::from(bound.is_finite());
                        count.close += usize::from(*bound <= 1e-3 * exact.abs() + 1e-3);
                    }
                }
            }
        }
    }
}

/// A test that holds a formula to what the plain loop says, in both number types, over clouds whose operands are declared. `$close` says
/// which part of the bounds at least has to be close.
macro_rules! formulas {
    ($($name:ident<$d:literal> ($close:literal): $formula:tt with $($operand:ident: $kind:ident),*;)*) => { $(
        #[test]
        fn $name() {
            fn all<T: Scalar + Numbers>(salt: u64) {
                let mut count = Count::default();
                for seed in seeds(CLOUDS) {
                    let mut cloud = Cloud::new(seed, salt);
                    let (m, n) = (cloud.size(), cloud.size());
                    // a formula may have no columns of its own
                    let _ = n;
                    $(let $operand = &operand!($kind cloud, m, n, $d, T);)*
                    // of infinities little is known
                    let count = (cloud.kind < 6).then_some(&mut count);
                    check(formulas!(@call $formula).as_ref(), seed, m.max(n), count);
                }
                let Count { all, known, close } = count;
                assert!(known as f64 >= 0.9 * all as f64 || $close < 0.1, "{known} of {all} bounds say something");
                assert!(close as f64 >= $close * all as f64, "{close} of {all} bounds are close");
            }
            all::<f32>(1);
            all::<f64>(2);
        }
    )* };
    (@call { $($formula:tt)* }) => { keops!($($formula)*) };
    (@call ($call:expr)) => { $call };
}

keops! {
    fn same_label<T>(x_i: [T; 2], y_j: [T; 2], l_i: u32, k_j: u32, s: T) { sum_j if l_i == k_j { exp(-sqdist(x_i, y_j) / s) } }
    fn soft<T>(x_i: [T; 2], y_j: [T; 2], s: T) { logsumexp_j(-sqdist(x_i, y_j) / s) }
    fn means<T>(x_i: [T; 2], y_j: [T; 2], v_j: T, s: T) { softmax_j(-sqdist(x_i, y_j) / s, v_j) }
    fn gauss<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: T, s: T) { sum_j exp(-sqdist(x_i, y_j) / (s * s)) * b_j }
}

formulas! {
    gaussian_in_1<1> (0.9): { sum_j exp(-sqdist(x_i, y_j) / (s * s)) } with x: rows, y: cols, s: one;
    gaussian_in_3<3> (0.5): { sum_j exp(-sqdist(x_i, y_j) / (s * s)) * b_j } with x: rows, y: cols, b: col, s: one;
    gaussian_of_weights<2> (0.9): { sum_j exp(-sqdist(x_i, y_j) / (s * s)) * b_j } with x: rows, y: cols, b: weight, s: one;
    gaussian_of_vectors<2> (0.7): { sum_j exp(-sqdist(x_i, y_j) / (s * s)) * v_j } with x: rows, y: cols, v: vectors, s: one;
    gaussian_in_30<30> (0.9): { sum_j exp(-sqdist(x_i, y_j) / (9 * s)) * b_j } with x: rows, y: cols, b: weight, s: one;
    over_rows<2> (0.3): { sum_i exp(-sqdist(x_i, y_j) / (s * s)) * u_i } with x: rows, y: cols, u: row, s: one;
    laplacian<3> (0.5): { sum_j exp(-norm(x_i - y_j) / s) * b_j } with x: rows, y: cols, b: col, s: one;
    matern<2> (0.9): { let r = norm(x_i - y_j) / s; sum_j (1 + r) * exp(-r) * b_j } with x: rows, y: cols, b: weight, s: one;
    cauchy<3> (0.8): { sum_j b_j / (1 + sqdist(x_i, y_j) / s) } with x: rows, y: cols, b: col, s: one;
    coulomb<3> (0.0): { sum_j b_j * rsqrt(sqdist(x_i, y_j)) } with x: rows, y: cols, b: weight;
    inverse_multiquadric<2> (0.8): { sum_j b_j / sqrt(s + sqdist(x_i, y_j)) } with x: rows, y: cols, b: col, s: one;
    within<2> (0.0): { sum_j if sqdist(x_i, y_j) < s { b_j } } with x: rows, y: cols, b: weight, s: one;
    bump<2> (0.2): { sum_j relu(1 - sqdist(x_i, y_j) / s)^4 * b_j } with x: rows, y: cols, b: weight, s: one;
    cut_off<2> (0.5): { let u = s - sqdist(x_i, y_j); sum_j if u <= 0 { 0 } else { u } } with x: rows, y: cols, s: one;
    lesser<2> (0.9): { let u = sqdist(x_i, y_j); sum_j if s < u { s } else { u } } with x: rows, y: cols, s: one;
    tent<2> (0.1): { sum_j relu(s - norm(x_i - y_j)) * b_j } with x: rows, y: cols, b: weight, s: one;
    of_the_same_label<2> (0.9): (same_label(x, y, l, k, *s)) with x: rows, y: cols, l: row_labels, k: col_labels, s: one;
    others<2> (0.9): { sum_j if i != j { exp(-sqdist(x_i, x_j) / s) } } with x: rows, s: one;
    products<2> (0.5): { sum_j tanh((x_i | y_j)) * b_j } with x: rows, y: cols, b: col;
    waves<1> (0.5): { sum_j cos(x_i * y_j) * b_j + log(2 + u_i) } with x: rows, y: cols, b: col, u: row;
    powers<2> (0.5): { sum_j pow(1 + sqdist(x_i, y_j), -s) * erf(b_j) } with x: rows, y: cols, b: col, s: one;
    scaled_rows<2> (0.9): { u_i * sum_j(exp(-sqdist(x_i, y_j) / s)) + 1 } with x: rows, y: cols, u: row, s: one;
    regression<2> (0.0): { let k = exp(-sqdist(x_i, y_j) / (s * s)); sum_j(k * b_j) / sum_j(k) } with x: rows, y: cols, b: col, s: one;
    logarithm<2> (0.0): { log(sum_j(exp(-sqdist(x_i, y_j) / (s * s)))) } with x: rows, y: cols, s: one;
    soft_minimum<2> (0.5): { logsumexp_j(-sqdist(x_i, y_j) / (s * s)) } with x: rows, y: cols, s: one;
    weighed_soft_minimum<2> (0.5): { logsumexp_j(-sqdist(x_i, y_j) / s, b_j) } with x: rows, y: cols, b: weight, s: one;
    transform<3> (0.5): { -s * logsumexp_j((g_j - sqdist(x_i, y_j)) / s) } with x: rows, y: cols, g: col, s: one;
    soft_means<2> (0.5): { softmax_j(-sqdist(x_i, y_j) / s, v_j) } with x: rows, y: cols, v: vectors, s: one;
    gradient_of_rows<3> (0.4): (gauss(x, y, b, *s).grad_x(e)) with x: rows, y: cols, b: col, s: one, e: row;
    gradient_of_columns<2> (0.3): (gauss(x, y, b, *s).grad_y(e)) with x: rows, y: cols, b: col, s: one, e: row;
    gradient_of_weights<2> (0.5): (gauss(x, y, b, *s).grad_b(e)) with x: rows, y: cols, b: col, s: one, e: row;
    gradient_of_the_scale<2> (0.0): (gauss(x, y, b, *s).grad_s(e)) with x: rows, y: cols, b: col, s: one, e: row;
    normalized<2> (0.3): { let k = exp(-sqdist(x_i, y_j) / s); sum_j k / (1 + sum_i k) } with x: rows, y: cols, s: one;
    gradient_of_soft_minimum<2> (0.05): (soft(x, y, *s).grad_x(e)) with x: rows, y: cols, s: one, e: row;
    other_gradient_of_soft_minimum<2> (0.05): (soft(x, y, *s).grad_y(e)) with x: rows, y: cols, s: one, e: row;
    gradient_of_means<2> (0.05): (means(x, y, v, *s).grad_v(e)) with x: rows, y: cols, v: col, s: one, e: row;
    differences<1> (0.9): { sum_j abs(u_i - b_j) } with u: row, b: col;
}

/// So many points that a few are looked at before there are trees. Where all of them count none are made; where few do, and where there is NaN, bounds
/// are true as well, and on any number of threads the answers are the same.
#[test]
fn points_that_are_looked_at_first() -> Result<(), Box<dyn std::error::Error>> {
    for kind in [0, 6] {
        let mut cloud = Cloud::new(9, 1);
        cloud.kind = kind;
        let (x, y) = (cloud.points::<f32, 3>(4300), cloud.points::<f32, 3>(4200));
        for b in [cloud.positive::<f32>(4200), cloud.numbers::<f32>(4200)] {
            for s in [30.0, 0.05] {
                let call = gauss::<f32, 3>(&x, &y, &b, s);
                check(call.as_ref(), u64::from(kind), 4200, None);
                let expected = call.tolerance(1e-6).eval()?;
                let threads = rayon::ThreadPoolBuilder::new().num_threads(3).build()?;
                let found = threads.install(|| call.tolerance(1e-6).eval())?;
                let bits = |of: &Certified<Vec<f32>>| -> Vec<u32> {
                    of.value.iter().chain(&of.bound).map(|v| v.to_bits()).collect()
                };
                assert!(bits(&found) == bits(&expected), "three threads, {s}");
            }
        }
    }
    Ok(())
}

/// What is left out is no more than the tolerance, and where a kernel is short, most is.
#[test]
fn what_is_left_out_is_within_the_tolerance() -> Result<(), Error> {
    let mut cloud = Cloud::new(1, 1);
    cloud.kind = 0;
    let (x, y) = (cloud.points::<f64, 2>(3000), cloud.points::<f64, 2>(4000));
    let b = cloud.positive::<f64>(4000);
    let call = gauss::<f64, 2>(&x, &y, &b, 0.02);
    let exact = call.naive()?;
    for tolerance in [0.1, 1e-3, 1e-6, 1e-9] {
        let Certified { value, bound } = call.tolerance(tolerance).always().eval()?;
        let mut left_out = 0;
        for ((value, bound), exact) in value.iter().zip(&bound).zip(&exact) {
            assert!((value - exact).abs() <= *bound, "{value:e} {exact:e} {bound:e}");
            assert!(*bound <= (tolerance + 1e-13) * exact * (1.0 + 1e-6), "{bound:e} of {exact:e} for {tolerance:e}");
            left_out += usize::from(*bound > 1e-12 * exact);
        }
        assert!(
            tolerance < 1e-6 || left_out * 2 > value.len(),
            "{left_out} of {} rows are not complete at {tolerance:e}",
            value.len()
        );
    }
    let Certified { value, bound } = call.tolerance_abs(1e-5).always().eval()?;
    for ((value, bound), exact) in value.iter().zip(&bound).zip(&exact) {
        assert!((value - exact).abs() <= *bound && *bound <= 1e-5 + 1e-12 * exact, "{value:e} {exact:e} {bound:e}");
    }
    // to rounding: the sum itself
    let Certified { value, .. } = call.tolerance(Tolerance::Zero).always().eval()?;
    for (value, exact) in value.iter().zip(&exact) {
        assert!((value - exact).abs() <= 1e-14 * exact);
    }
    Ok(())
}

/// However far below 0 exponents are, and however far apart, what counts is found, and the bound is the tolerance.
#[test]
fn exponents_may_be_of_any_size() -> Result<(), Error> {
    let mut cloud = Cloud::new(1, 1);
    cloud.kind = 0;
    let (x, y) = (cloud.points::<f64, 2>(1500), cloud.points::<f64, 2>(1200));
    // one row and one column are far from all others
    let (mut x, mut y) = (x, y);
    (x[7], y[9]) = ([9.0, 9.0], [-7.0, 3.0]);
    for s in [1.0, 1e-2, 1e-4, 1e-6, 1e-8, 1e-10] {
        let call = soft::<f64>(&x, &y, s);
        let exact = call.naive()?;
        for tolerance in [1e-2, 1e-6] {
            let Certified { value, bound } = call.tolerance(tolerance).always().eval()?;
            for (i, ((value, bound), exact)) in value.iter().zip(&bound).zip(&exact).enumerate() {
                let rounding = 1e-13 * (1.0 + exact.abs());
                assert!((value - exact).abs() <= bound + rounding, "row {i}, s = {s:e}: {value:e} {exact:e} {bound:e}");
                assert!(
                    *bound <= tolerance * 1.01 + rounding,
                    "row {i}, s = {s:e}: {bound:e} at {exact:e} for {tolerance:e}"
                );
            }
        }
    }
    Ok(())
}

/// The answer is the same on any number of threads, in any order of the points, and of trees that are kept.
#[test]
fn threads_orders_and_trees() -> Result<(), Box<dyn std::error::Error>> {
    let mut cloud = Cloud::new(5, 1);
    cloud.kind = 0;
    let (x, y, b) = (cloud.points::<f32, 3>(6000), cloud.points::<f32, 3>(5000), cloud.positive::<f32>(5000));
    let call = gauss::<f32, 3>(&x, &y, &b, 0.05);
    let expected = call.tolerance(1e-6).always().eval()?;
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        assert!(pool.install(|| call.tolerance(1e-6).always().eval())? == expected, "{threads} threads");
    }
    let (of_x, of_y) = (Tree::new(&x)?, Tree::new(&y)?);
    let (x_in, y_in, b_in) = (x.in_tree(&of_x), y.in_tree(&of_y), b.in_tree(&of_y));
    let kept = gauss::<f32, 3>(&x_in, &y_in, &b_in, 0.05).tolerance(1e-6).always().eval()?;
    for ((kept, expected), bound) in kept.value.iter().zip(&expected.value).zip(&expected.bound) {
        assert!((kept - expected).abs() <= 2.0 * bound);
    }
    Ok(())
}

keops! {
    fn shifted(x_i: [f64; 2], u_i: [f64; 2], y_j: [f64; 2]) { sum_j exp(-sqdist(x_i + u_i, y_j) * 50) }
}

/// Results that are one output, as the gradients in two operands that are only added, have its bounds.
#[test]
fn results_that_are_one() -> Result<(), Error> {
    let mut cloud = Cloud::new(7, 1);
    cloud.kind = 0;
    let (x, u, y) = (cloud.points(300), cloud.points(300), cloud.points(400));
    let e = cloud.numbers::<f64>(300);
    let call = shifted(&x, &u, &y).with_grads(&e);
    let exact = call.naive()?;
    for tolerance in [Tolerance::Zero, 1e-2.into()] {
        let Certified { value, bound } = call.tolerance(tolerance).always().eval()?;
        assert_eq!(value.grad_x, value.grad_u);
        assert_eq!(bound.grad_x, bound.grad_u);
        let all = value.grad_u.iter().zip(&bound.grad_u).zip(&exact.grad_u);
        for ((value, bound), exact) in all {
            for k in 0..2 {
                assert!(
                    bound[k] > 0.0 && (value[k] - exact[k]).abs() <= bound[k] + 1e-14,
                    "{value:?} {bound:?} {exact:?}"
                );
            }
        }
    }
    Ok(())
}

/// What has no bound is refused in words.
/// Sums of many numbers that are alike, whose rounding never cancels.
#[test]
fn rounding_that_adds_up() -> Result<(), Error> {
    let (x, y, b) = ([0.0f32], vec![0.0f32; 300_000], vec![0.1f32; 300_000]);
    let exact = 300_000.0 * f64::from(0.1f32);
    for scheme in [SumScheme::Direct, SumScheme::Block, SumScheme::Kahan] {
        let call = keops!(sum_j exp(-square(x_i - y_j)) * b_j).sum_scheme(scheme);
        for tolerance in [call.tolerance(1e-6), call.tolerance(Tolerance::Zero)] {
            let Certified { value, bound } = tolerance.eval()?;
            let off = (f64::from(value[0]) - exact).abs();
            assert!(off <= f64::from(bound[0]), "{scheme}: {off} is not below {}", bound[0]);
            assert!(scheme != SumScheme::Kahan || off < 3e-3, "{scheme}: {off}");
        }
    }
    Ok(())
}

/// Numbers that are taken for others: constants for those next to them, and divisors for the least that have a reciprocal.
#[test]
fn numbers_that_are_taken_for_others() -> Result<(), Error> {
    let (y, third, x) = ([1e17f64], 1.0 / 3.0, [1.0]);
    // 1/3 is larger than its double, by a third of 2⁻⁵⁴
    let Certified { value, bound } =
        keops!(sum_j y_j * (1 / 3 - third) + 0 * x_i where y_j: f64, x_i: f64, third: f64).tolerance(1e-3).eval()?;
    assert!((value[0] - 1e17 / 3.0 * 0.5f64.powi(54)).abs() <= bound[0] && bound[0] < 100.0, "{value:?} {bound:?}");
    let (x, y) = ([7e-40f32, 5e-42, 1e-37], [1e-10f32]);
    let Certified { value, bound } = keops!(sum_j y_j / x_i).tolerance(1e-3).eval()?;
    for ((x, value), bound) in x.iter().zip(value).zip(&bound) {
        let exact = f64::from(y[0]) / f64::from(*x);
        assert!((f64::from(value) - exact).abs() <= f64::from(*bound), "{exact:e}: {value:e}, {bound:e}");
    }
    assert!(bound[2] < 1e22, "{bound:?}");
    Ok(())
}

#[test]
fn mistakes_are_told() {
    let (x, y) = ([[0.0f32; 2]; 3], [[0.0f32; 2]; 5]);
    let said = |error: Error| error.to_string();
    let expected = "a tolerance of NaN: relative to the sum it is from 0 to less than 1, `.tolerance(1e-6)`, and absolute a finite number from 0 on";
    let sums = keops!(sum_j exp(-sqdist(x_i, y_j)));
    assert_eq!(sums.tolerance(f64::NAN).eval().map_err(said), Err(expected.into()));
    for bad in [-1e-3, 1.0, f64::INFINITY] {
        assert_eq!(sums.tolerance(bad).eval().map_err(said), Err(expected.replace("NaN", &bad.to_string())));
    }
    assert_eq!(sums.tolerance_abs(-1.0).eval().map_err(said), Err(expected.replace("NaN", "-1")));
    let expected = "`min_j sqdist(x_i, y_j)` has no certified result: it keeps some of the values, which have no tolerance (`.pruned()` \
                    leaves out what cannot be among them), or multiplies them";
    assert_eq!(keops!(min_j sqdist(x_i, y_j)).tolerance(1e-3).eval().map_err(said), Err(expected.into()));
    let batches = keops::Batches::uniform(1, 3, 5).expect("there are few");
    let expected = "`sum_j exp(-sqdist(x_i, y_j))` has no certified result: with a tolerance a call is over all pairs, without ranges and batches";
    assert_eq!(sums.batches(&batches).tolerance(1e-3).eval().map_err(said), Err(expected.into()));
}

/// Kernels that are cut off where they are 0, and branches on numbers that are exact, have bounds that are tight, in double precision
/// however short they are.
#[test]
fn branches_that_rounding_does_not_decide() -> Result<(), Error> {
    fn all<T: Scalar + Numbers>(scales: &[f64], rounding: f64) -> Result<(), Error> {
        let mut cloud = Cloud::new(1, 1);
        cloud.kind = 0;
        let (x, y) = (cloud.points::<T, 2>(1000), cloud.points::<T, 2>(4000));
        let (b, least) = (cloud.positive::<T>(4000), T::from_f64(0.1));
        let (x, y, b) = (&x, &y, &b);
        for s in scales.iter().map(|s| T::from_f64(*s)) {
            macro_rules! holds {
                ($($formula:tt)*) => {{
                    let call = keops!($($formula)*);
                    let (exact, formula) = (call.naive()?, stringify!($($formula)*));
                    for tolerance in [1e-3, 1e-6] {
                        for call in [call.tolerance(tolerance), call.tolerance(tolerance).always()] {
                            let Certified { value, bound } = call.eval()?;
                            let mut far = 0;
                            for ((value, bound), exact) in value.iter().zip(&bound).zip(&exact) {
                                let (value, bound) = (value.wide(), bound.wide());
                                // (the plain loop rounds, too)
                                let off = (value - exact).abs();
                                assert!(off <= bound + 1e-14 * exact, "{formula}, {s:?}: {off:e} of {exact:e}, not {bound:e}");
                                assert!(bound.is_finite(), "{formula}, {s:?}: nothing is known of {exact:e}");
                                far += usize::from(bound > (tolerance * 1.01 + rounding) * exact.abs());
                            }
                            // rows that hardly meet a column have little to be relative to
                            assert!(far * 10 <= value.len(), "{formula}, {s:?}: {far} bounds are far off at {tolerance:e}");
                        }
                    }
                }};
            }
            holds!(sum_j relu(1 - sqdist(x_i, y_j) / s)^4);
            holds!(sum_j relu(1 - sqdist(x_i, y_j) / s));
            holds!(let u = s - sqdist(x_i, y_j); sum_j if u > 0 { u } else { 0 });
            holds!(sum_j if b_j > least { exp(-sqdist(x_i, y_j) / s) } else { 0 });
        }
        Ok(())
    }
    // rounding is relative to 1, and the sums of short kernels are small
    all::<f32>(&[0.1], 1e-3)?;
    all::<f64>(&[0.1, 0.01, 0.0004], 1e-5)
}
