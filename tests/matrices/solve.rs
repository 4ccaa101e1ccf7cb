//! Systems with kernel matrices: solutions and reports against the entries in `f64`, and gradients through solutions.

mod points;

use keops::engine::{Gpu, Inputs, Pass, Taken, Target};
use keops::error::RanksError;
use keops::solve::{Method, Operator, Solve, Stop};
use keops::{Columns, Engine, Error, Naive, Operand, Scalar, keops};
use points::{cloud, numbers};

keops! {
    fn gauss(x_i: [f32; 2], y_j: [f32; 2], g: f32) { exp(-g * sqdist(x_i, y_j)) }
    fn smooth(x_i: [f64; 3], s: f64) { matern(2.5, norm(x_i - x_j) / s) }
    fn blocks(x_i: [f32; 2], y_j: [f32; 2]) { x_i - y_j }
    fn field(x_i: [f32; 2], y_j: [f32; 2], l: [f32; 2], v: f32) { v * matern(1.5, norm((x_i - y_j) / l)) }
    /// How much an edge weighs.
    pub fn weight(x_i: [f32; 2], y_j: [f32; 2], g: f32) { exp(-g * sqdist(x_i, y_j)) }
    fn normalised(x_i: [f32; 2], y_j: [f32; 2], p_i: f32, q_j: f32, g: f32) { p_i * q_j * weight(x_i, y_j, g) }
    fn moving(x_i: [f32; 2], y_j: [f32; 2]) { if abs(i - j) < 2 { exp(-sqdist(x_i, y_j)) } else { 0 } }
    /// Not symmetric: a weight of rows, and a direction.
    fn along(x_i: [f32; 2], y_j: [f32; 2], w_i: f32, c: [f32; 2]) { w_i * exp(-2 * sqdist(x_i, y_j)) * (1 + (x_i | c)) }
    fn drift(x_i: [f64; 2], y_j: [f64; 2], s: f64) { exp(-sqdist(x_i, y_j) / s) * (1 + 0.3 * (x_i - y_j)[0]) }
    fn one_sided(x_i: [f32; 2], y_j: [f32; 2]) { exp(x_i[0] - y_j[1]) }
}

/// ‖b − (K + ridge) x‖ / ‖b‖
fn residual(n: usize, entry: &dyn Fn(usize, usize) -> f64, ridge: f64, x: &[f64], b: &[f64]) -> f64 {
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|v| v * v).sum::<f64>().sqrt();
    let row = |i: usize| b[i] - ridge * x[i] - (0..n).map(|j| entry(i, j) * x[j]).sum::<f64>();
    norm(&mut (0..n).map(row)) / norm(&mut b.iter().copied())
}

#[test]
fn solutions_are_as_good_as_they_say() -> Result<(), keops::Error> {
    let n = 400;
    let x: Vec<[f32; 2]> = cloud::<2>(1, n).iter().map(|p| p.map(|v| v as f32)).collect();
    let y = x.clone();
    let single = gauss(&x, &y, 8.0);
    let entry = |i: usize, j: usize| {
        let sqdist: f64 = (0..2).map(|k| (f64::from(x[i][k]) - f64::from(x[j][k])).powi(2)).sum();
        (-8.0 * sqdist).exp()
    };
    let b: Vec<f32> = numbers(2, n).iter().map(|v| *v as f32).collect();
    let solution = single.solve(&b).ridge(1e-2).tolerance(1e-7).run()?;
    let wide: Vec<f64> = b.iter().map(|v| f64::from(*v)).collect();
    let true_residual = residual(n, &entry, 1e-2, &solution.x, &wide);
    assert_eq!(solution.report.stop, Stop::Converged, "{}", solution.report);
    assert!(true_residual <= 1.1e-7, "{true_residual}");
    assert!((true_residual - solution.report.residuals[0]).abs() < 1e-9, "{true_residual}: {}", solution.report);

    // several columns, in the shape in which they are given
    let columns: Vec<[f32; 3]> = b.iter().map(|b| [*b, 2.0 * b, 1.0]).collect();
    let several = single.solve(&columns).ridge(1e-2).tolerance(1e-7).run()?;
    let first: Vec<f64> = several.x.iter().map(|x| x[0]).collect();
    assert!(residual(n, &entry, 1e-2, &first, &wide) <= 1.1e-7);
    assert!(several.x.iter().zip(&first).all(|(x, first)| (x[1] - 2.0 * first).abs() < 1e-3 * (1.0 + first.abs())));

    let z = cloud::<3>(3, n);
    let double = smooth(&z, 0.8);
    let b = numbers(4, n);
    let solution = double.solve(&b).ridge(1e-3).tolerance(1e-10).run()?;
    let entry = |i: usize, j: usize| {
        let r = 5f64.sqrt() * (0..3).map(|k| (z[i][k] - z[j][k]).powi(2)).sum::<f64>().sqrt() / 0.8;
        (1.0 + r + r * r / 3.0) * (-r).exp()
    };
    assert!(residual(n, &entry, 1e-3, &solution.x, &b) <= 1.1e-10, "{}", solution.report);
    Ok(())
}

/// d⟨e, x⟩ = −⟨u, dK x⟩, where (K + ridge) x = b and (K + ridge) u = e: the gradient of a product, by one more solve.
#[test]
fn gradients_through_a_solution() -> Result<(), keops::Error> {
    let n = 60;
    let (points, b, e) = (cloud::<3>(5, n), numbers(6, n), numbers(7, n));
    let value = |points: &[[f64; 3]], s: f64| -> Result<f64, keops::Error> {
        let x = smooth(points, s).solve(&b).ridge(0.1).tolerance(1e-13).run()?.x;
        Ok(x.iter().zip(&e).map(|(x, e)| x * e).sum())
    };
    let k = smooth(&points, 0.8);
    let x = k.solve(&b).ridge(0.1).tolerance(1e-13).run()?.x;
    let minus_u: Vec<f64> = k.solve(&e).ridge(0.1).tolerance(1e-13).run()?.x.iter().map(|u| -u).collect();
    let slope = k.grad_s(&x, &minus_u).eval()?;
    let expected = (value(&points, 0.8 + 1e-5)? - value(&points, 0.8 - 1e-5)?) / 2e-5;
    assert!((slope - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{slope} for {expected}");
    let gradient = k.grad_x(&x, &minus_u).eval()?;
    let (mut up, mut down) = (points.clone(), points.clone());
    up[17][2] += 1e-5;
    down[17][2] -= 1e-5;
    let expected = (value(&up, 0.8)? - value(&down, 0.8)?) / 2e-5;
    assert!((gradient[17][2] - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{} for {expected}", gradient[17][2]);
    Ok(())
}

/// The covariance of `field`, in double precision.
fn covariance(x: &[f32; 2], y: &[f32; 2], l: [f32; 2], v: f32) -> f64 {
    let square = |k: usize| ((f64::from(x[k]) - f64::from(y[k])) / f64::from(l[k])).powi(2);
    let r = 3f64.sqrt() * (square(0) + square(1)).sqrt();
    f64::from(v) * (1.0 + r) * (-r).exp()
}

/// The variances beside known points, against systems that are solved one by one.
#[test]
fn variances_beside_known_points() -> Result<(), keops::Error> {
    let points = |seed, len| -> Vec<[f32; 2]> { cloud::<2>(seed, len).iter().map(|p| p.map(|v| v as f32)).collect() };
    let (known, mut new) = (points(1, 150), points(2, 37));
    new.push(known[5]);
    new.push([1e4, 0.0]);
    let (l, v, ridge) = ([0.4, 0.9], 2.5, 0.05);
    let k = field(&known, &known, l, v);
    let found = field(&new, &known, l, v).variances().ridge(ridge).tolerance(1e-5).run()?;
    assert!(found.converged, "{found}");
    for (at, (low, high)) in found.intervals.iter().enumerate() {
        let b: Vec<f64> = known.iter().map(|y| covariance(y, &new[at], l, v)).collect();
        let x = keops::solve::Solve::of(&k.operator()?, &b, 1).ridge(ridge).tolerance(1e-12).run()?.x;
        let exact = f64::from(v) - b.iter().zip(&x).map(|(b, x)| b * x).sum::<f64>();
        assert!(low - 1e-9 <= exact && exact <= high + 1e-9, "{at}: {exact} in {low} to {high}");
        assert!(high - low <= 1e-5 * 2.5 && (at < 38 || *low > 2.4999), "{at}: {low} to {high}");
    }
    // a known point's are smaller than that of its noise
    assert!(found.values[37] < ridge);
    let rows = keops::solve::Variances::of_rows(&k.operator()?, &[5]).ridge(ridge).tolerance(1e-5).run()?;
    assert!((rows.values[0] - found.values[37]).abs() < 1e-4 * ridge, "{} and {}", rows.values[0], found.values[37]);
    Ok(())
}

/// The gradient of the likelihood in all parameters, against finite differences of what the entries in `f64` say.
#[test]
fn likelihoods_have_gradients() -> Result<(), keops::Error> {
    let n = 150;
    let x: Vec<[f32; 2]> = cloud::<2>(3, n).iter().map(|p| p.map(|v| v as f32)).collect();
    let y: Vec<f32> = x.iter().map(|x| (3.0 * x[0]).sin() + x[1]).collect();
    let (l, v, ridge) = ([0.5, 1.0], 1.5, 0.05);
    let value = |l: [f32; 2], v: f32, ridge: f64| -> f64 {
        let mut k: Vec<f64> = x.iter().flat_map(|a| x.iter().map(move |b| covariance(a, b, l, v))).collect();
        (0..n).for_each(|at| k[at * n + at] += ridge);
        // Cholesky, in place
        let (mut log_det, mut z) = (0.0, vec![0.0; n]);
        for r in 0..n {
            for c in 0..=r {
                let sum: f64 = (0..c).map(|at| k[r * n + at] * k[c * n + at]).sum();
                let left = k[r * n + c] - sum;
                k[r * n + c] = if r == c { left.sqrt() } else { left / k[c * n + c] };
            }
            let sum: f64 = (0..r).map(|at| k[r * n + at] * z[at]).sum();
            z[r] = (f64::from(y[r]) - sum) / k[r * n + r];
            log_det += 2.0 * k[r * n + r].ln();
        }
        -0.5 * (z.iter().map(|z| z * z).sum::<f64>() + log_det + n as f64 * std::f64::consts::TAU.ln())
    };
    let k = field(&x, &x, l, v);
    let found = k.log_likelihood(&y).ridge(ridge).rank(140).gradient().probability(0.9999).run()?;
    let truth = value(l, v, ridge);
    assert!(found.interval.0 <= truth && truth <= found.interval.1, "{found}, not {truth}");
    let same = k.log_det(ridge).rank(140).probes(15).probability(0.9999).run()?;
    let form: f64 = found.weights.iter().zip(&y).map(|(a, y)| a * f64::from(*y)).sum();
    let sum = -0.5 * (form + same.value + n as f64 * std::f64::consts::TAU.ln());
    assert!((sum - found.value).abs() < 1e-4, "{sum}, {found}");

    let (mut in_l, mut in_v, mut in_ridge) = ([0.0; 2], 0.0, 0.0);
    const SEEDS: u64 = 12;
    for seed in 0..SEEDS {
        let found = k.log_likelihood(&y).ridge(ridge).seed(seed).gradient().run()?;
        let traces = found.gradient.expect("it was asked for");
        let [left, right] = traces.points::<f32, 16>()?;
        let slopes = k.grad_l(&right, &left).eval()?;
        in_l.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += f64::from(slope) / SEEDS as f64);
        in_v += f64::from(k.grad_v(&right, &left).eval()?) / SEEDS as f64;
        in_ridge += traces.in_ridge() / SEEDS as f64;
    }
    let close = |found: f64, up: f64, down: f64, step: f64, name: &str| {
        let expected = (up - down) / (2.0 * step);
        assert!((found - expected).abs() < 0.02 * (1.0 + expected.abs()), "in {name}: {found}, not {expected}");
    };
    let step = 1.0 / 128.0;
    for (at, slope) in in_l.iter().enumerate() {
        let (mut up, mut down) = (l, l);
        up[at] += step;
        down[at] -= step;
        close(*slope, value(up, v, ridge), value(down, v, ridge), step.into(), "l");
    }
    close(in_v, value(l, v + step, ridge), value(l, v - step, ridge), step.into(), "v");
    close(in_ridge, value(l, v, ridge + 1e-4), value(l, v, ridge - 1e-4), 1e-4, "the ridge");
    Ok(())
}

/// Matrices that are not symmetric, and their transposes, on other points in rows than in columns.
#[test]
fn unsymmetric_matrices_are_solved_where_asked() -> Result<(), keops::Error> {
    let (n, method) = (300, Method::Gmres { restart: 100 });
    let [x, y] =
        [1, 2].map(|seed| -> Vec<[f32; 2]> { cloud::<2>(seed, n).iter().map(|p| p.map(|v| v as f32)).collect() });
    let (w, c) = (numbers(3, n).iter().map(|v| 1.0 + 0.5 * *v as f32).collect::<Vec<f32>>(), [0.5f32, -0.25]);
    let entry = |i: usize, j: usize| {
        let [x, y, c] = [x[i], y[j], c].map(|p| p.map(f64::from));
        f64::from(w[i])
            * (-2.0 * ((x[0] - y[0]).powi(2) + (x[1] - y[1]).powi(2))).exp()
            * (1.0 + x[0] * c[0] + x[1] * c[1])
    };
    let k = along(&x, &y, &w, c);
    let b: Vec<f32> = numbers(4, n).iter().map(|v| *v as f32).collect();
    let wide: Vec<f64> = b.iter().map(|v| f64::from(*v)).collect();
    let solution = k.solve(&b).ridge(4.0).tolerance(1e-10).method(method).run()?;
    assert_eq!(
        (solution.report.stop, solution.report.bounds.is_none()),
        (Stop::Converged, true),
        "{}",
        solution.report
    );
    let is = residual(n, &entry, 4.0, &solution.x, &wide);
    assert!((is - solution.report.residuals[0]).abs() < 1e-13, "{is}: {}", solution.report);
    // the transpose, also of several columns, and on another engine
    let transposed = |i: usize, j: usize| entry(j, i);
    for solution in [
        k.solve_t(&b).ridge(4.0).tolerance(1e-10).method(method).run()?,
        k.on(&Naive).solve_t(&b).ridge(4.0).tolerance(1e-10).method(method).run()?,
        Solve::of(&k.operator()?.transposed()?, &wide, 1).ridge(4.0).tolerance(1e-10).method(method).run()?,
    ] {
        let is = residual(n, &transposed, 4.0, &solution.x, &wide);
        assert!(is <= 1e-10 && (is - solution.report.residuals[0]).abs() < 1e-13, "{is}: {}", solution.report);
    }
    let columns: Vec<[f32; 2]> = b.iter().map(|b| [*b, 1.0]).collect();
    let several = k.solve_t(&columns).ridge(4.0).tolerance(1e-10).method(method).run()?;
    let first: Vec<f64> = several.x.iter().map(|x| x[0]).collect();
    assert!(residual(n, &transposed, 4.0, &first, &wide) <= 1e-10, "{}", several.report);

    // of the operator: columns of the transpose are rows
    let (operator, there) = (k.operator()?, k.operator()?.transposed()?);
    assert!(!operator.is_symmetric() && operator.diagonal()? == there.diagonal()?);
    assert_eq!(there.block(&[4, 2, 9], &[7, 0])?, {
        let straight = operator.block(&[7, 0], &[4, 2, 9])?;
        [0, 3, 1, 4, 2, 5].map(|at| straight[at]).to_vec()
    });
    assert_eq!(there.columns(&[5])?, operator.block(&[5], &(0..n).collect::<Vec<_>>())?);
    assert_eq!(there.transposed()?.columns(&[5, 1])?, operator.columns(&[5, 1])?);
    let [mut single, mut double] = [(); 2].map(|()| vec![0.0; n]);
    there.apply(&wide, 1, &mut single)?;
    there.apply_in_double(&wide, 1, &mut double)?;
    assert_eq!(single, k.apply_t(&b)?.iter().map(|v| f64::from(*v)).collect::<Vec<_>>());
    for (j, found) in double.iter().enumerate() {
        let sum: f64 = (0..n).map(|i| entry(i, j) * wide[i]).sum();
        assert!((found - sum).abs() < 1e-10, "{found}, not {sum}");
    }
    Ok(())
}

/// The gradient through a solution, by one more solve with the transpose, against finite differences.
#[test]
fn gradients_through_unsymmetric_solutions() -> Result<(), keops::Error> {
    let (n, method, ridge) = (40, Method::Gmres { restart: 40 }, 2.0);
    let (mut x, y) = (cloud::<2>(1, n), cloud::<2>(2, n));
    let (b, e) = (numbers(3, n), numbers(4, n));
    let solved = |x: &[[f64; 2]], s: f64| -> Result<Vec<f64>, keops::Error> {
        let solution = drift(x, &y, s).solve(&b).ridge(ridge).tolerance(1e-13).method(method).run()?;
        assert!(solution.report.worst() < 1e-12, "{}", solution.report);
        Ok(solution.x)
    };
    let value = |x: &[[f64; 2]], s: f64| -> Result<f64, keops::Error> {
        Ok(solved(x, s)?.iter().zip(&e).map(|(a, e)| a * e).sum())
    };
    let a = solved(&x, 0.7)?;
    let k = drift(&x, &y, 0.7);
    let u = k.solve_t(&e).ridge(ridge).tolerance(1e-13).method(method).run()?.x;
    let minus_u: Vec<f64> = u.iter().map(|u| -u).collect();
    let (in_x, in_s) = (k.grad_x(&a, &minus_u).eval()?, k.grad_s(&a, &minus_u).eval()?);
    let step = 1e-5;
    let slope = (value(&x, 0.7 + step)? - value(&x, 0.7 - step)?) / (2.0 * step);
    assert!((in_s - slope).abs() < 1e-7 * (1.0 + slope.abs()), "{in_s}, not {slope}");
    let form: f64 = u.iter().zip(&b).map(|(u, b)| u * b).sum();
    assert!((form - value(&x, 0.7)?).abs() < 1e-10, "u is the gradient in b");
    for (i, d) in [(0, 0), (7, 1), (39, 0)] {
        let kept = x[i][d];
        let mut at = |v: f64| -> Result<f64, keops::Error> {
            x[i][d] = v;
            value(&x, 0.7)
        };
        let slope = (at(kept + step)? - at(kept - step)?) / (2.0 * step);
        at(kept)?;
        assert!((in_x[i][d] - slope).abs() < 1e-7 * (1.0 + slope.abs()), "{}, not {slope}", in_x[i][d]);
    }
    Ok(())
}

/// Eigenvalues of a graph that is not stored, against Jacobi's method for the entries in `f64`.
#[test]
fn spectra_of_graphs() -> Result<(), keops::Error> {
    let (n, count, g) = (80, 6, 6.0);
    let x: Vec<[f32; 2]> = cloud::<2>(4, n).iter().map(|p| p.map(|v| v as f32)).collect();
    let root: Vec<f32> = weight(&x, &x, g).row_sums()?.iter().map(|d| 1.0 / d.sqrt()).collect();
    let found = normalised(&x, &x, &root, &root, g).eigenpairs(count).tolerance(1e-9).run()?;
    assert_eq!(found.values.len(), count);

    let entry = |i: usize, j: usize| {
        let square: f64 = (0..2).map(|k| (f64::from(x[i][k]) - f64::from(x[j][k])).powi(2)).sum();
        f64::from(root[i]) * f64::from(root[j]) * (-f64::from(g) * square).exp()
    };
    let mut a: Vec<f64> = (0..n * n).map(|at| entry(at / n, at % n)).collect();
    for _ in 0..12 {
        for p in 0..n {
            for q in p + 1..n {
                // the rotation after which entry (p, q) is 0
                let angle = 0.5 * (2.0 * a[p * n + q]).atan2(a[q * n + q] - a[p * n + p]);
                let (sin, cos) = angle.sin_cos();
                for k in 0..n {
                    let (u, w) = (a[k * n + p], a[k * n + q]);
                    (a[k * n + p], a[k * n + q]) = (cos * u - sin * w, sin * u + cos * w);
                }
                for k in 0..n {
                    let (u, w) = (a[p * n + k], a[q * n + k]);
                    (a[p * n + k], a[q * n + k]) = (cos * u - sin * w, sin * u + cos * w);
                }
            }
        }
    }
    let mut exact: Vec<f64> = (0..n).map(|k| a[k * n + k]).collect();
    exact.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    for (value, exact) in found.values.iter().zip(&exact) {
        assert!((value - exact).abs() < 1e-8, "{:?}, not {:?}", found.values, &exact);
    }
    // the first is the root of the degrees, with the eigenvalue 1
    assert!((found.values[0] - 1.0).abs() < 1e-6);
    let first: Vec<f64> = (0..n).map(|k| found.vectors[k * count] * f64::from(root[k])).collect();
    assert!(first.iter().all(|v| (v / first[0] - 1.0).abs() < 1e-4), "{first:?}");
    for c in 0..count {
        let v = |k: usize| found.vectors[k * count + c];
        let rest = |i: usize| (0..n).map(|j| entry(i, j) * v(j)).sum::<f64>() - found.values[c] * v(i);
        assert!((0..n).map(|i| rest(i).powi(2)).sum::<f64>().sqrt() < 1e-8);
        for other in 0..=c {
            let along: f64 = (0..n).map(|k| v(k) * found.vectors[k * count + other]).sum();
            assert!((along - f64::from(u8::from(other == c))).abs() < 1e-8, "{along}");
        }
    }
    Ok(())
}

#[test]
fn the_matrix_that_solvers_see() -> Result<(), keops::Error> {
    let x: Vec<[f32; 2]> = cloud::<2>(8, 40).iter().map(|p| p.map(|v| v as f32)).collect();
    let k = gauss(&x, &x, 2.0);
    let operator = k.operator()?;
    let dense: Vec<f64> = k.dense()?.iter().map(|v| f64::from(*v)).collect();
    assert_eq!((operator.len(), operator.is_symmetric()), (40, true));
    assert_eq!(operator.precision(), f64::from(f32::EPSILON));
    assert!(operator.diagonal()?.iter().all(|v| *v == 1.0));
    let columns = operator.columns(&[3, 0, 3])?;
    let expected: Vec<f64> = (0..40).flat_map(|i| [3, 0, 3].map(|j| dense[i * 40 + j])).collect();
    assert_eq!(columns, expected);
    assert_eq!(operator.block(&[2, 1], &[0])?, [dense[80], dense[40]]);
    let b = numbers(9, 80);
    let [mut single, mut double] = [(); 2].map(|()| vec![0.0; 80]);
    operator.apply(&b, 2, &mut single)?;
    operator.apply_in_double(&b, 2, &mut double)?;
    assert!(single.iter().zip(&double).all(|(a, b)| (a - b).abs() < 1e-5));
    assert_ne!(single, double);

    // on another engine all of it is computed there
    let on = k.on(&Naive);
    let (naive, mut there) = (on.operator()?, vec![0.0; 80]);
    naive.apply(&b, 2, &mut there)?;
    let b: Vec<f32> = b.iter().map(|v| *v as f32).collect();
    let expected = on.apply(&Columns::new(&b, 2)?)?;
    assert_eq!(there, expected.iter().map(|v| f64::from(*v)).collect::<Vec<_>>());
    assert_ne!(there, single);
    assert_eq!(naive.diagonal()?, operator.diagonal()?);
    let b: Vec<f32> = numbers(10, 40).iter().map(|v| *v as f32).collect();
    let [ours, theirs] = [k.solve(&b).ridge(0.1).run()?, on.solve(&b).ridge(0.1).run()?];
    assert!(theirs.report.converged(), "{}", theirs.report);
    assert!(ours.x.iter().zip(&theirs.x).all(|(a, b)| (a - b).abs() < 1e-5 * (1.0 + a.abs())));
    Ok(())
}

#[test]
fn what_is_refused() {
    let x = [[0f32, 1.0], [2.0, 3.0]];
    let said = |e: Option<keops::Error>| e.expect("it is wrong").to_string();
    assert_eq!(
        said(gauss(&x, &x[..1], 1.0).solve(&[1.0; 2]).run().err()),
        "a matrix of 2 × 1 has no solutions: a square one has, as of `x_i` and `x_j`"
    );
    assert_eq!(
        said(blocks(&x, &x).operator().err()),
        "a matrix of 2 × 2 blocks of 2 × 1 has no solutions: a square one has, as of `x_i` and `x_j`, whose entries are numbers, or square blocks: \
         `#[block(3, 3)]`"
    );
    let ridge = |ridge: f64| said(gauss(&x, &x, 1.0).solve(&[1.0; 2]).ridge(ridge).run().err());
    assert!(ridge(-1.0).contains("-1") && ridge(f64::NAN).contains("NaN"));
    let unsymmetric = said(one_sided(&x, &x).solve(&[1.0; 2]).ridge(1.0).run().err());
    assert!(unsymmetric.ends_with("`k.solve(&b).method(Method::Gmres { restart: 50 })`"), "{unsymmetric}");
    assert_eq!(
        said(gauss(&x, &x[..1], 1.0).solve_t(&[1.0; 2]).method(Method::Gmres { restart: 9 }).run().err()),
        "a matrix of 2 × 1 has no solutions: a square one has, as of `x_i` and `x_j`"
    );
    let restart = said(one_sided(&x, &x).solve(&[1.0; 2]).method(Method::Gmres { restart: 0 }).run().err());
    assert!(restart.starts_with("generalised minimal residuals that restart after 0 iterations"), "{restart}");
    for (found, formula) in [(one_sided(&x, &x).variances(), "exp"), (smooth(&[[0.0; 3]], 1.0).variances(), "norm")] {
        let said = said(found.ridge(0.1).run().err());
        assert!(said.starts_with("variances beside points that are not told by `") && said.contains(formula), "{said}");
    }
    assert!(said(moving(&x, &x).variances().ridge(0.1).run().err()).starts_with("variances beside points"));
    assert!(said(gauss(&x, &x, 1.0).solve(&[1.0; 3]).run().err()).contains('3'));
    assert!(said(gauss(&x, &x, 1.0).solve(&[f32::INFINITY; 2]).run().err()).contains("inf"));
}

/// An engine that has some of the points, as `Ranks` has. (That one is of one thread, and solvers do not compile with it.)
struct Part;

/// Never asked for anything.
fn asked() -> ! {
    panic!("an engine that has not all points is asked to solve")
}

impl<T: Scalar> Engine<T> for Part {
    type Code = ();
    type Memory = ();
    type Partial = ();
    fn code<F: Pass>(&self, _: Option<Gpu>) -> Result<(), Error> {
        asked()
    }
    fn room(&self, _: usize) -> Result<(), Error> {
        asked()
    }
    fn read(&self, (): &(), _: usize, _: &mut [T]) -> Result<(), Error> {
        asked()
    }
    fn write(&self, (): &mut (), _: usize, _: &[T]) -> Result<(), Error> {
        asked()
    }
    fn take<'a>(&self, _: &'a Operand<'_, T>, _: usize) -> Result<Taken<'a, T, ()>, Error> {
        asked()
    }
    fn span(&self, (): &(), _: usize, _: usize) -> usize {
        asked()
    }
    fn start(&self, (): &(), _: &Inputs<'_, T, ()>) -> Result<(), Error> {
        asked()
    }
    fn reduce(&self, (): &(), _: &Inputs<'_, T, ()>, (): &mut ()) -> Result<(), Error> {
        asked()
    }
    fn merge(&self, (): &(), (): &mut (), (): &()) -> Result<(), Error> {
        asked()
    }
    fn finish(&self, (): &(), _: &Inputs<'_, T, ()>, (): (), _: &mut [Target<'_, T, ()>]) -> Result<(), Error> {
        asked()
    }
    fn save(&self, (): &()) -> Result<Vec<T>, Error> {
        asked()
    }
    fn restore(&self, (): &(), _: &[T]) -> Result<(), Error> {
        asked()
    }
    fn is_divided(&self) -> bool {
        true
    }
}

#[test]
fn solvers_want_all_points() {
    let x = [[0.5f32, 1.0], [0.0, 2.0]];
    let k = gauss(&x, &x, 8.0);
    let refused =
        |error: Option<Error>| assert!(matches!(error, Some(Error::Ranks(RanksError::Entries { .. }))), "{error:?}");
    refused(k.on(&Part).solve(&[1.0, 2.0]).ridge(1e-2).run().err());
    refused(k.on(&Part).operator().err());
}
