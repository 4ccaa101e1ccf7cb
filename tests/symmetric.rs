//! Products of symmetric matrices, whose entries are computed once for both of their places, against the sums as they are written: `times`.
#![allow(clippy::unwrap_used, reason = "a test")]

use keops::{Columns, Cpu, Error, Isa, Naive, keops};

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], g: f32) { exp(-g * sqdist(x_i, y_j)) }
    fn smooth<T, const D: usize>(x_i: [T; D], y_j: [T; D], s: T) { matern(2.5, norm(x_i - y_j) / s) }
    /// Of one cloud, and with indices.
    fn own(x_i: [f32; 2]) { exp(-norm(x_i - x_j)) + if i == j { 0.25 } else { 0 } }
    fn band(x_i: f32, y_j: f32) { if abs(i - j) <= 2 { x_i * y_j } else { 0 } }
    fn weighted(w_i: f32, x_i: [f32; 2], y_j: [f32; 2], v_j: f32) { -2 * w_i * v_j / (1 + sqdist(x_i, y_j)) }
    fn labelled(l_i: u32, x_i: f32, k_j: u32, y_j: f32) { if l_i == k_j { 1 } else { exp(-(x_i - y_j)^2) } }
    /// Infinite where points are the same.
    fn yukawa(x_i: [f32; 2], y_j: [f32; 2]) { exp(-norm(x_i - y_j)) / norm(x_i - y_j) }
    fn linear(x_i: [f32; 3], y_j: [f32; 3]) { 1 + (x_i | y_j) }
    /// Its columns are many numbers, which are taken in groups: each entry is computed twice.
    fn long(x_i: [f32; 12], y_j: [f32; 12]) { exp(-sqdist(x_i, y_j)) }
}

/// Where products begin to be halved.
const LEAST: usize = 4096;
/// A number of whole blocks, with any number of lanes.
const WHOLE: usize = 4224;

fn random(seed: u64, len: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| 2.0 * random.f32() - 1.0).collect()
}
fn points<const D: usize>(seed: u64, len: usize) -> Vec<[f32; D]> {
    random(seed, len * D).chunks_exact(D).map(|p| p.try_into().unwrap()).collect()
}
fn doubles<const D: usize>(points: &[[f32; D]]) -> Vec<[f64; D]> {
    points.iter().map(|p| p.map(f64::from)).collect()
}
/// One of so many columns.
fn column<T: Copy>(numbers: &[T], columns: usize, k: usize) -> Vec<T> {
    numbers.iter().skip(k).step_by(columns).copied().collect()
}
fn processors() -> impl Iterator<Item = Cpu> {
    Isa::available().map(|isa| Cpu::with(isa).unwrap())
}

/// Compares products with so many columns of this type with those of the sum, on every instruction set: within some units in the last place of the
/// sum of the terms' sizes, which is the same sum for entries and numbers without signs.
macro_rules! compare {
    ($k:expr, $sizes:expr, $t:ty, $columns:expr) => {{
        let (k, sizes) = (&$k, &$sizes);
        let n = k.shape()?[0];
        for cpu in processors() {
            for columns in $columns {
                let b: Vec<$t> = random(n as u64, n * columns).into_iter().map(<$t>::from).collect();
                let product = k.on(&cpu).apply(&Columns::new(&b, columns)?)?;
                for c in 0..columns {
                    let one = column(&b, columns, c);
                    let magnitudes: Vec<$t> = one.iter().map(|b| b.abs()).collect();
                    let (sums, scales) = (k.times(&one).eval_on(&cpu)?, sizes.times(&magnitudes).eval_on(&cpu)?);
                    for (row, a) in column(&product, columns, c).into_iter().enumerate() {
                        let (sum, most) = (sums[row], 4.0 * <$t>::EPSILON * scales[row].abs());
                        assert!((a - sum).abs() <= most, "{cpu:?}, {n}, {columns}: {a} for {sum} in row {row}");
                    }
                }
            }
        }
    }};
}

#[test]
fn products_are_those_of_sums() -> Result<(), Error> {
    for n in [1, 2, LEAST, WHOLE - 1, WHOLE, WHOLE + 1, WHOLE + 64, WHOLE + 65] {
        let x = points::<3>(1, n);
        compare!(gauss(&x, &x, 2.0), gauss(&x, &x, 2.0), f32, if n == WHOLE + 1 { 1..6 } else { 1..2 });
    }
    let x = points::<3>(2, WHOLE + 7);
    let copy = x.clone();
    compare!(smooth(&x, &copy, 0.7), smooth(&x, &x, 0.7), f32, [1, 3]);
    let x = doubles(&x);
    compare!(smooth(&x, &x, 0.7), smooth(&x, &x, 0.7), f64, [1, 3]);
    let n = LEAST + 5;
    let (x, w, u) = (points::<2>(3, n), random(4, n), random(5, n));
    compare!(own(&x), own(&x), f32, [1, 3]);
    let sizes: Vec<f32> = w.iter().map(|w| w.abs()).collect();
    compare!(weighted(&w, &x, &x, &w), weighted(&sizes, &x, &x, &sizes), f32, [1, 3]);
    compare!(band(&w, &w), band(&sizes, &sizes), f32, [1, 3]);
    let labels: Vec<u32> = (0..n as u32).map(|k| k * k % 7).collect();
    compare!(labelled(&labels, &u, &labels, &u), labelled(&labels, &u, &labels, &u), f32, [1, 3]);
    let x = points::<12>(6, n);
    compare!(long(&x, &x), long(&x, &x), f32, [1, 3]);
    Ok(())
}

/// As the plain double loop has them, in double precision, which is exact beside single: the error is what `SumScheme` says.
#[test]
fn sums_are_as_exact_as_others() -> Result<(), Error> {
    let n = 6300;
    let (x, b) = (points::<3>(7, n), random(8, n));
    let wide: Vec<f64> = b.iter().copied().map(f64::from).collect();
    let sizes: Vec<f64> = wide.iter().map(|b| b.abs()).collect();
    let y = doubles(&x);
    let exact = smooth(&y, &y, 0.5).times(&wide).eval_on(&Naive)?;
    let scales = smooth(&y, &y, 0.5).times(&sizes).eval()?;
    for cpu in processors() {
        let (mut worst, mut of_sums) = (0f64, 0f64);
        let k = smooth(&x, &x, 0.5);
        let (product, sums) = (k.on(&cpu).apply(&b)?, k.times(&b).eval_on(&cpu)?);
        for row in 0..n {
            let error = |a: f32| (f64::from(a) - exact[row]).abs() / scales[row] / f64::from(f32::EPSILON);
            (worst, of_sums) = (worst.max(error(product[row])), of_sums.max(error(sums[row])));
        }
        assert!(worst <= 1.25 * of_sums + 0.25, "{cpu:?}: {worst} units of the last place, {of_sums} by the sum");
    }
    Ok(())
}

#[test]
fn entries_are_computed_once_where_it_pays() -> Result<(), Error> {
    // which shows in the last digits
    let same = |n: usize, columns: usize, moved: f32| -> Result<bool, Error> {
        let (x, b) = (points::<3>(9, n), random(10, n * columns));
        let mut y = x.clone();
        y[n / 2][1] += moved;
        let k = gauss(&x, &y, 1.0);
        let (product, one) = (k.apply(&Columns::new(&b, columns)?)?, column(&b, columns, 0));
        Ok(column(&product, columns, 0) == k.times(&one).eval()?)
    };
    assert!(!same(LEAST, 1, 0.0)? && !same(WHOLE, 2, 0.0)? && !same(WHOLE, 4, 0.0)?);
    assert!(same(LEAST - 1, 1, 0.0)?, "too few points");
    assert!(same(LEAST, 1, 0.1)?, "other points");
    let (x, b) = (points::<3>(9, LEAST), random(10, LEAST));
    let k = linear(&x, &x);
    assert_eq!(k.apply(&b)?, k.times(&b).eval()?, "entries without functions");
    assert_eq!(gauss(&x[1..], &x, 1.0).apply(&b)?, gauss(&x[1..], &x, 1.0).times(&b).eval()?, "not square");
    let k = gauss(&x, &x, 1.0);
    assert_eq!(k.on(&Naive).apply(&b)?, k.times(&b).eval_on(&Naive)?, "another engine");
    Ok(())
}

#[test]
fn bits_are_the_same_on_any_number_of_threads() -> Result<(), Box<dyn std::error::Error>> {
    for n in [WHOLE + 3, 7000] {
        let x = points::<3>(11, n);
        let y = doubles(&x);
        for columns in [1, 3] {
            let b = random(12, n * columns);
            let wide: Vec<f64> = b.iter().copied().map(f64::from).collect();
            let of_threads = |threads: usize| -> Result<_, Box<dyn std::error::Error>> {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
                Ok(pool.install(|| -> Result<_, Error> {
                    let single = gauss(&x, &x, 1.0).apply(&Columns::new(&b, columns)?)?;
                    Ok((single, smooth(&y, &y, 0.3).apply(&Columns::new(&wide, columns)?)?))
                })?)
            };
            let one = of_threads(1)?;
            for threads in [1, 2, 3] {
                assert!(of_threads(threads)? == one, "{n} points, {columns} columns, {threads} threads");
            }
        }
    }
    Ok(())
}

#[test]
fn numbers_that_are_not_finite_are_where_sums_have_them() -> Result<(), Error> {
    let n = WHOLE + 9;
    let (mut x, mut b) = (points::<2>(13, n), random(14, n));
    let check = |x: &[[f32; 2]], b: &[f32]| -> Result<usize, Error> {
        let mut found = 0;
        for cpu in processors() {
            let k = yukawa(x, x);
            for (row, (a, sum)) in k.on(&cpu).apply(b)?.into_iter().zip(k.times(b).eval_on(&cpu)?).enumerate() {
                let alike = if sum.is_finite() { a.is_finite() } else { a == sum || a.is_nan() && sum.is_nan() };
                assert!(alike, "{cpu:?}: {a} for {sum} in row {row}");
                found += usize::from(sum.is_nan());
            }
        }
        Ok(found)
    };
    // each entry of the diagonal is infinite, and the last in lanes of which others have no row
    assert_eq!(check(&x, &b)?, 0);
    (b[3], b[n - 1]) = (0.0, -2.0);
    assert_eq!(check(&x, &b)?, processors().count(), "0 · ∞");
    b[700] = f32::INFINITY;
    check(&x, &b)?;
    x[n - 1][1] = f32::NAN;
    assert_eq!(check(&x, &b)?, n * processors().count());
    let k = gauss(&[[0.5; 3]; LEAST], &[[0.5; 3]; LEAST], 1.0);
    let ones = k.apply(&[f32::MAX; LEAST])?;
    assert!(ones.iter().all(|v| *v == f32::INFINITY));
    Ok(())
}
