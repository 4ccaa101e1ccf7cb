//! Values with all gradients of many points, whose pairs are computed once for the sums of rows and for those of columns, against the plain
//! double loop and against one pass after the other.
#![allow(clippy::unwrap_used, reason = "a test")]

mod divided;
mod numbers;
mod parts;
mod threads;

use divided::Divided;
use keops::{Batches, Cpu, Error, Isa, Ranges, Scalar, SumScheme, keops};
use numbers::Numbers;

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j }
    fn laplace<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: [T; 2], s: T) { sum_j exp(-norm(x_i - y_j) / s) * b_j }
    /// The other way round.
    fn cauchy(x_i: [f32; 2], y_j: [f32; 2], b_i: f32) { sum_i b_i / (1 + sqdist(x_i, y_j)) }
    /// Sums with a function of them, over passes.
    fn ratio(x_i: [f64; 2], y_j: [f64; 2], v_j: f64) { let k = exp(-sqdist(x_i, y_j)); sum_j(k * v_j) / sum_j(k) }
    /// Indices, integers, pairs that are left out, and points that are rows and columns.
    fn bonds(l_i: u32, x_i: [f32; 2], q_j: f32) {
        sum_j(if i != j && (l_i == l_j || abs(i - j) < 100) { q_j * sqrt(1 + sqdist(x_i, x_j)) })
    }
    /// Numbers that are not finite where points are the same.
    fn yukawa(x_i: [f32; 2], y_j: [f32; 2], b_j: f32) { sum_j exp(-norm(x_i - y_j)) / norm(x_i - y_j) * b_j }
    /// More sums for a column than are worth it.
    fn wide(x_i: [f32; 4], y_j: [f32; 4], b_j: [f32; 5]) { sum_j exp(-sqdist(x_i, y_j)) * b_j }
    /// Nothing that is worth computing once.
    fn linear(x_i: [f32; 2], y_j: [f32; 2], b_j: f32) { sum_j (x_i | y_j) * b_j }
}

/// With so many rows and columns passes begin to be run at once.
const LEAST: usize = 4096;

fn random<T: Scalar>(seed: u64, len: usize) -> Vec<T> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| T::from_f64(2.0 * random.f64() - 1.0)).collect()
}
fn points<T: Scalar, const D: usize>(seed: u64, len: usize) -> Vec<[T; D]> {
    random(seed, len * D).as_chunks().0.to_vec()
}
fn processors() -> impl Iterator<Item = Cpu> {
    Isa::available().map(|isa| Cpu::with(isa).unwrap())
}

/// Relative to the largest.
fn close(found: &[f64], expected: &[f64], within: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().filter(|v| v.is_finite()).fold(0f64, |most, v| most.max(v.abs()));
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        let alike = if b.is_finite() { (a - b).abs() <= within * scale } else { a == b || a.is_nan() && b.is_nan() };
        assert!(alike, "{what}: {a} for {b} at {k} (the largest is {scale})");
    }
}

/// Compares all results at once, on every instruction set, with those of one pass after the other, which other sums take; and with those of the
/// double loop.
macro_rules! compare {
    ($k:expr, $e:expr, $within:expr, $($grad:ident)*) => {
        match ($k, $e) {
            (k, e) => {
                let (expected, all) = (k.with_grads(e).naive()?, k.with_grads(e).eval()?);
                compare!(results all, expected, $within, k, $($grad)*);
                compare!(engines k, e, $within, $($grad)*);
            }
        }
    };
    (engines $k:expr, $e:expr, $within:expr, $($grad:ident)*) => {{
        let (k, e) = (&$k, $e);
        for cpu in processors() {
            let all = k.with_grads(e).eval_on(&cpu)?;
            let apart = k.with_grads(e).sum_scheme(SumScheme::Kahan).eval_on(&cpu)?;
            compare!(results all, apart, $within, (&cpu, k), $($grad)*);
        }
    }};
    (results $found:expr, $expected:expr, $within:expr, $of:expr, $($grad:ident)*) => {{
        compare!(one $found, $expected, $within, $of, value);
        $(compare!(one $found, $expected, $within, $of, $grad);)*
    }};
    (one $found:expr, $expected:expr, $within:expr, $of:expr, $what:ident) => {
        close(&$found.$what.numbers(), &$expected.$what.numbers(), $within, &format!("{} of {:?}", stringify!($what), $of))
    };
}

#[test]
fn results_are_those_of_one_pass_after_the_other() -> Result<(), Error> {
    // whole blocks of lanes and some rows beside them
    for (m, n) in [(LEAST, LEAST), (LEAST + 1, LEAST + 95), (4200, 6151), (6151, 4200)] {
        let (x, y, b, e) = (points::<f32, 3>(1, m), points::<f32, 3>(2, n), random::<f32>(3, n), random::<f32>(4, m));
        compare!(engines gauss(&x, &y, &b, 0.3), &e, 3e-6, grad_x grad_y grad_b grad_s2);
    }
    let (m, n) = (LEAST + 77, LEAST + 13);
    let (x, y, e) = (points::<f32, 3>(5, m), points::<f32, 3>(6, n), points::<f32, 2>(7, m));
    compare!(laplace(&x, &y, &points::<f32, 2>(8, n), 0.4), &e, 3e-6, grad_x grad_y grad_b grad_s);
    let (x, y, e) = (points::<f64, 1>(5, m), points::<f64, 1>(6, n), points::<f64, 2>(7, m));
    compare!(laplace(&x, &y, &points::<f64, 2>(8, n), 0.4), &e, 1e-12, grad_x grad_y grad_b grad_s);
    let (x, y, v, e) = (points::<f64, 2>(9, m), points::<f64, 2>(10, n), random::<f64>(11, n), random::<f64>(12, m));
    compare!(ratio(&x, &y, &v), &e, 1e-12, grad_x grad_y grad_v);
    let (x, y, b, e) = (points::<f32, 2>(13, m), points::<f32, 2>(14, n), random::<f32>(15, m), random::<f32>(16, n));
    compare!(cauchy(&x, &y, &b), &e, 3e-6, grad_x grad_y grad_b);
    let (x, q, e) = (points::<f32, 2>(17, m), random::<f32>(18, m), random::<f32>(19, m));
    let labels: Vec<u32> = (0..m as u32).map(|k| k * k % 7).collect();
    compare!(bonds(&labels, &x, &q), &e, 3e-6, grad_x grad_q);
    let (x, y, b, e) =
        (points::<f32, 4>(20, m), points::<f32, 4>(21, n), points::<f32, 5>(22, n), points::<f32, 5>(23, m));
    compare!(engines wide(&x, &y, &b), &e, 3e-6, grad_x grad_y grad_b);
    Ok(())
}

/// It shows in the last digits, beside an engine that runs one pass after the other on the same processor.
#[test]
fn passes_run_at_once_where_it_pays() -> Result<(), Error> {
    let one_by_one = Divided::new(Cpu::default());
    let (x, y, b, e) =
        (points::<f32, 2>(1, 5000), points::<f32, 2>(2, 5000), random::<f32>(3, 5000), random::<f32>(4, 5000));
    let (two, ranges) =
        (Batches::uniform(2, 2500, 2500)?, Ranges::new(5000, 5000, [(0..5000, vec![0..2000, 3000..4999])])?);
    macro_rules! same {
        ($m:expr, $n:expr $(, $how:ident($argument:expr))?) => {{
            let k = yukawa(&x[..$m], &y[..$n], &b[..$n]);
            let call = || k.with_grads(&e[..$m])$(.$how($argument))?;
            call().eval()? == call().eval_on(&one_by_one)?
        }};
    }
    assert!(!same!(LEAST, LEAST) && !same!(5000, 4999));
    assert!(same!(LEAST - 1, LEAST) && same!(LEAST, LEAST - 1), "few points");
    assert!(same!(5000, 5000, sum_scheme(SumScheme::Kahan)), "other sums");
    assert!(same!(5000, 5000, batches(&two)), "batches");
    assert!(same!(5000, 5000, ranges(&ranges)), "some pairs");
    let k = linear(&x, &y, &b);
    assert!(k.with_grads(&e).eval()? == k.with_grads(&e).eval_on(&one_by_one)?, "nothing to compute once");
    Ok(())
}

#[test]
fn bits_are_the_same_on_any_number_of_threads() -> Result<(), Box<dyn std::error::Error>> {
    for (m, n) in [(LEAST + 3, LEAST), (LEAST, 9000)] {
        let (x, y, b, e) = (points::<f32, 3>(1, m), points::<f32, 3>(2, n), random::<f32>(3, n), random::<f32>(4, m));
        let of_threads = |threads: usize| -> Result<_, Box<dyn std::error::Error>> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
            Ok(pool.install(|| gauss(&x, &y, &b, 0.3).with_grads(&e).eval())?)
        };
        let one = of_threads(1)?;
        for threads in [1, 2, 3, 5] {
            assert!(of_threads(threads)? == one, "{m} x {n}, {threads} threads");
        }
    }
    Ok(())
}

#[test]
fn numbers_that_are_not_finite_are_where_others_have_them() -> Result<(), Error> {
    let (m, n) = (LEAST + 40, LEAST + 9);
    let (mut x, y) = (points::<f32, 2>(1, m), points::<f32, 2>(2, n));
    let (mut b, mut e) = (random::<f32>(3, n), random::<f32>(4, m));
    // two points that are the same, one at infinity, and weights
    for row in [17, m - 1] {
        x[row] = y[row / 2];
    }
    compare!(engines yukawa(&x, &y, &b), &e, 1e-5, grad_x grad_y grad_b);
    x[m - 2] = [f32::INFINITY, 0.0];
    b[100] = f32::NAN;
    e[3000] = f32::INFINITY;
    compare!(engines yukawa(&x, &y, &b), &e, 1e-5, grad_x grad_y grad_b);
    Ok(())
}

/// As exact as plain sums of one pass after the other, by numbers in double precision: see `SumScheme`.
#[test]
fn sums_are_as_exact_as_others() -> Result<(), Error> {
    let (m, n) = (5000, 12000);
    let (x, y, b, e) = (points::<f32, 1>(1, m), points::<f32, 1>(2, n), points::<f32, 2>(3, n), points::<f32, 2>(4, m));
    fn wide<const D: usize>(points: &[[f32; D]]) -> Vec<[f64; D]> {
        points.iter().map(|p| p.map(f64::from)).collect()
    }
    let exact = laplace(&wide(&x), &wide(&y), &wide(&b), f64::from(0.4f32)).with_grads(&wide(&e)).eval()?;
    let worst = |found: &[f64], exact: &[f64]| found.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    for cpu in processors() {
        let k = laplace(&x, &y, &b, 0.4);
        let all = k.with_grads(&e).eval_on(&cpu)?;
        let apart = k.with_grads(&e).sum_scheme(SumScheme::Direct).eval_on(&cpu)?;
        let check = |at_once: Vec<f64>, apart: Vec<f64>, exact: Vec<f64>, what: &str| {
            let (at_once, apart) = (worst(&at_once, &exact), worst(&apart, &exact));
            assert!(at_once <= 1.5 * apart, "{cpu:?}: {what} is wrong by {at_once}, and by {apart} one by one");
        };
        check(all.value.numbers(), apart.value.numbers(), exact.value.numbers(), "the value");
        check(all.grad_x.numbers(), apart.grad_x.numbers(), exact.grad_x.numbers(), "the gradient of rows");
        check(all.grad_b.numbers(), apart.grad_b.numbers(), exact.grad_b.numbers(), "the gradient of columns");
    }
    Ok(())
}
