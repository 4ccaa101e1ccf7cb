//! Matrices whose entries are complex: products, entries and systems, against the numbers of each pair in `f64`.

mod points;

use keops::solve::{LogDet, Method, Stop};
use keops::{Columns, Complex, Error, Naive, keops};
use points::{cloud, numbers};

type C = Complex<f64>;

keops! {
    /// Waves from points: symmetric, and not Hermitian.
    #[with_grads(x, b)]
    fn waves(x_i: [f64; 3], y_j: [f64; 3], k: f64) { cis(k * norm(x_i - y_j)) / (0.1 + norm(x_i - y_j)) }
    /// A Gaussian that turns: Hermitian, and positive definite.
    fn turning<T, const D: usize>(x_i: [T; D], y_j: [T; D], q: [T; D], g: T) { exp(complex(-g * sqdist(x_i, y_j), (q | x_i - y_j))) }
    /// A vector of complex numbers for each pair.
    fn field(x_i: [f64; 3], y_j: [f64; 3], k: f64) { (x_i - y_j) * cis(k * norm(x_i - y_j)) }
    /// Of complex points.
    fn cauchy(z_i: Complex<f64>, w_j: Complex<f64>) { 1 / (z_i - conj(w_j) + 2.5) }
    /// The same points as rows and as columns, with indices. Hermitian.
    fn own(z_i: Complex<f64>) { exp(z_i * conj(z_j)) + if i == j { 1 } else { 0 } }
    /// Complex by its type alone.
    fn flat(x_i: f32, y_j: f32) { complex(x_i * y_j, 0) }
    /// Real entries.
    fn real(x_i: [f64; 3], y_j: [f64; 3]) { exp(-sqdist(x_i, y_j)) * (1 + x_i[0]) }
}

fn complex(seed: u64, len: usize) -> Vec<C> {
    cloud::<2>(seed, len).iter().map(|[re, im]| C::new(*re, *im)).collect()
}

fn distance(x: &[f64; 3], y: &[f64; 3]) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
}

fn wave(x: &[f64; 3], y: &[f64; 3], k: f64) -> C {
    C::cis(k * distance(x, y)) / (0.1 + distance(x, y))
}

/// The entries of some rows and columns, row by row.
fn entries<X, Y>(x: &[X], y: &[Y], f: impl Fn(usize, usize, &X, &Y) -> C) -> Vec<C> {
    let f = &f;
    x.iter().enumerate().flat_map(|(i, x)| y.iter().enumerate().map(move |(j, y)| f(i, j, x, y))).collect()
}

/// The product with a vector.
fn product(dense: &[C], b: &[C]) -> Vec<C> {
    dense.chunks_exact(b.len()).map(|row| row.iter().zip(b).map(|(k, b)| k * b).sum()).collect()
}

/// The conjugate transpose.
fn adjoint(dense: &[C], columns: usize) -> Vec<C> {
    let rows = dense.len() / columns;
    (0..columns).flat_map(|j| (0..rows).map(move |i| dense[i * columns + j].conj())).collect()
}

#[track_caller]
fn near(found: impl IntoIterator<Item = C>, expected: &[C], tolerance: f64) {
    let found: Vec<C> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.norm()));
    for (n, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).norm() <= tolerance * scale, "number {n}: {a} for {b}");
    }
}

#[test]
fn products_and_entries() -> Result<(), Error> {
    for (m, n) in [(1, 1), (1, 9), (7, 1), (5, 7), (33, 130), (200, 31)] {
        let (x, y) = (cloud::<3>(1, m), cloud::<3>(2, n));
        let (b, e) = (complex(3, n), complex(4, m));
        let k = waves(&x, &y, 3.0);
        assert_eq!(k.shape(), Ok([m, n]));
        let dense = entries(&x, &y, |_, _, x, y| wave(x, y, 3.0));
        near(k.dense()?, &dense, 1e-14);
        near(k.row(m - 1)?, &dense[(m - 1) * n..], 1e-14);
        let column = |j: usize| dense.iter().skip(j).step_by(n).copied().collect::<Vec<_>>();
        near(k.column(n / 2)?, &column(n / 2), 1e-14);
        near(k.block(&[m - 1, 0], &[n - 1])?, &[column(n - 1)[m - 1], column(n - 1)[0]], 1e-14);
        near(k.diagonal()?, &(0..m.min(n)).map(|i| dense[i * n + i]).collect::<Vec<_>>(), 1e-14);

        let expected = product(&dense, &b);
        let transposed = product(&adjoint(&dense, n), &e);
        near(k.apply(&b)?, &expected, 1e-13);
        near(k.times(&b).eval()?, &expected, 1e-13);
        near(k.times(&b).eval_on(&Naive)?, &expected, 1e-13);
        near(k.on(&Naive).apply(&b)?, &expected, 1e-13);
        near(k.apply_t(&e)?, &transposed, 1e-13);
        near(k.times(&b).grad_b(&e).eval()?, &transposed, 1e-13);
        near(k.row_sums()?, &product(&dense, &vec![C::new(1.0, 0.0); n]), 1e-13);

        // the gradient in x of Re Σ ē_i a_i
        let sum = |x: &[[f64; 3]]| -> f64 {
            let a = product(&entries(x, &y, |_, _, x, y| wave(x, y, 3.0)), &b);
            a.iter().zip(&e).map(|(a, e)| (a * e.conj()).re).sum()
        };
        let gradient = k.grad_x(&b, &e).eval()?;
        for d in 0..3 {
            let moved = |by: f64| -> Vec<[f64; 3]> {
                let mut x = x.clone();
                x[m / 2][d] += by;
                x
            };
            let slope = (sum(&moved(1e-5)) - sum(&moved(-1e-5))) / 2e-5;
            assert!(
                (gradient[m / 2][d] - slope).abs() < 1e-5 * slope.abs().max(1.0),
                "{} for {slope}",
                gradient[m / 2][d]
            );
        }
        let real = |v: Vec<[f64; 3]>| v.concat().into_iter().map(C::from).collect::<Vec<_>>();
        near(real(k.with_grads(&b, &e).eval()?.grad_x), &real(gradient), 1e-13);

        // several columns, of complex numbers and of their parts
        let columns: Vec<[C; 3]> = b.iter().map(|b| [*b, b * C::i(), b.conj() * 2.0]).collect();
        let several = k.apply(&columns)?;
        let parts: Vec<f64> = columns.iter().flat_map(|row| [row.map(|b| b.re), row.map(|b| b.im)]).flatten().collect();
        let of_parts = k.apply(&Columns::new(&parts, 3)?)?;
        for c in 0..3 {
            let one: Vec<C> = columns.iter().map(|row| row[c]).collect();
            near(several.iter().map(|row| row[c]), &product(&dense, &one), 1e-13);
            near(of_parts.chunks_exact(6).map(|row| C::new(row[c], row[3 + c])), &product(&dense, &one), 1e-13);
        }

        let vectors: Vec<[C; 3]> = field(&x, &y, 2.0).dense()?;
        let by_hand = entries(&x, &y, |_, _, x, y| C::cis(2.0 * distance(x, y)) * (x[1] - y[1]));
        near(vectors.iter().map(|v| v[1]), &by_hand, 1e-14);
        let a: Vec<[C; 3]> = field(&x, &y, 2.0).times(&b).eval()?;
        near(a.iter().map(|a| a[1]), &product(&by_hand, &b), 1e-13);
        near(field(&x, &y, 2.0).apply(&b)?, a.as_flattened(), 1e-13);
        near(
            field(&x, &y, 2.0).row_sums()?.iter().map(|a| a[1]),
            &product(&by_hand, &vec![C::new(1.0, 0.0); n]),
            1e-13,
        );

        let (z, w) = (complex(5, m), complex(6, n));
        near(cauchy(&z, &w).dense()?, &entries(&z, &w, |_, _, z, w| (z - w.conj() + 2.5).inv()), 1e-14);
        let k = own(&z);
        let dense = entries(&z, &z, |i, j, z, w| (z * w.conj()).exp() + if i == j { 1.0 } else { 0.0 });
        near(k.apply(&e)?, &product(&dense, &e), 1e-13);
        near(k.block(.., &[m / 2])?, &dense.iter().skip(m / 2).step_by(m).copied().collect::<Vec<_>>(), 1e-14);
    }
    Ok(())
}

/// A real matrix takes the parts of complex numbers as columns.
#[test]
fn real_matrices_of_complex_columns() -> Result<(), Error> {
    let (x, y, b) = (cloud::<3>(1, 20), cloud::<3>(2, 30), complex(3, 30));
    let k = real(&x, &y);
    let dense: Vec<C> = k.dense()?.into_iter().map(C::from).collect();
    near(k.apply(&b)?, &product(&dense, &b), 1e-14);
    let columns: Vec<[C; 5]> = b.iter().map(|b| [*b, b * 2.0, b.conj(), b * C::i(), b * b]).collect();
    let several = k.apply(&columns)?;
    for c in 0..5 {
        let one: Vec<C> = columns.iter().map(|row| row[c]).collect();
        near(several.iter().map(|row| row[c]), &product(&dense, &one), 1e-14);
    }
    Ok(())
}

#[test]
fn symmetry_is_that_of_conjugates() -> Result<(), Error> {
    let (x, y) = (cloud::<3>(1, 6), cloud::<3>(2, 6));
    assert!(turning(&x, &x, [1.0, 2.0, 3.0], 0.5).is_symmetric()?);
    assert!(!turning(&x, &y, [1.0, 2.0, 3.0], 0.5).is_symmetric()?);
    assert!(!waves(&x, &x, 3.0).is_symmetric()?);
    assert!(own(&complex(3, 6)).is_symmetric()?);
    assert!(!cauchy(&complex(3, 6), &complex(3, 6)).is_symmetric()?);
    assert!(!field(&x, &x, 3.0).is_symmetric()?);
    assert!(flat(&[1.0, 2.0], &[1.0, 2.0]).is_symmetric()?);
    Ok(())
}

#[test]
fn systems() -> Result<(), Error> {
    let (n, ridge) = (60, 1e-2);
    let (x, b) = (cloud::<3>(3, n), complex(4, n));
    let residual = |dense: &[C], x: &[C], b: &[C]| {
        let back: Vec<C> = product(dense, x).iter().zip(x).map(|(a, x)| a + x * ridge).collect();
        near(back, b, 1e-8);
    };
    let q = [1.0, -2.0, 0.5];
    let k = turning(&x, &x, q, 2.0);
    let dense = entries(&x, &x, |_, _, x, y| {
        let turn: f64 = (0..3).map(|d| q[d] * (x[d] - y[d])).sum();
        C::new(-2.0 * distance(x, y).powi(2), turn).exp()
    });
    near(k.dense()?, &dense, 1e-13);
    for rank in [0, 25] {
        let found = k.solve(&b).ridge(ridge).tolerance(1e-10).rank(rank).run()?;
        assert!(found.report.stop == Stop::Converged, "{:?}", found.report);
        residual(&dense, &found.x, &b);
    }
    // several right sides, and single precision with a tolerance beyond it
    let columns: Vec<[C; 2]> = b.iter().map(|b| [*b, b.conj()]).collect();
    let found = k.solve(&columns).ridge(ridge).tolerance(1e-10).run()?;
    for c in 0..2 {
        let of = |rows: &[[C; 2]]| rows.iter().map(|row| row[c]).collect::<Vec<_>>();
        residual(&dense, &of(&found.x), &of(&columns));
    }
    let single = |v: &[f64; 3]| v.map(|v| v as f32);
    let (xs, bs) = (x.iter().map(single).collect::<Vec<_>>(), b.iter().map(|b| Complex::new(b.re as f32, b.im as f32)));
    let bs: Vec<Complex<f32>> = bs.collect();
    let found = turning(&xs, &xs, single(&q), 2.0f32).solve(&bs).ridge(ridge).tolerance(1e-9).run()?;
    let (xs, bs): (Vec<[f64; 3]>, Vec<C>) =
        (xs.iter().map(|x| x.map(f64::from)).collect(), bs.iter().map(|b| C::new(b.re.into(), b.im.into())).collect());
    residual(&turning(&xs, &xs, q, 2.0).dense()?, &found.x, &bs);

    // what is not Hermitian, and its adjoint
    let k = waves(&x, &x, 3.0);
    let dense = entries(&x, &x, |_, _, x, y| wave(x, y, 3.0));
    let method = Method::Gmres { restart: 2 * n };
    let found = k.solve(&b).ridge(ridge).tolerance(1e-10).method(method).run()?;
    residual(&dense, &found.x, &b);
    let found = k.solve_t(&b).ridge(ridge).tolerance(1e-10).method(method).run()?;
    residual(&adjoint(&dense, n), &found.x, &b);

    // twice the logarithm of the determinant of a Hermitian matrix
    let z: Vec<C> = complex(5, 2).iter().map(|z| z * 0.5).collect();
    let k = own(&z);
    let [a, b, c, d]: [C; 4] = k.dense()?.try_into().expect("four entries");
    let expected = 2.0 * ((a + ridge) * (d + ridge) - b * c).re.ln();
    let found = LogDet::of(&k.operator()?, ridge).rank(4).run()?;
    assert!((found.value - expected).abs() < 1e-6, "{} for {expected}", found.value);
    Ok(())
}

#[test]
fn what_is_wrong_with_complex_matrices() {
    let (x, y) = (cloud::<3>(1, 4), cloud::<3>(2, 5));
    let said = |error: Error| error.to_string();
    let k = waves(&x, &y, 3.0);
    assert_eq!(
        k.apply(&complex(1, 4)).map_err(said),
        Err("a matrix of 4 × 5 complex entries takes 10 rows of what it is multiplied with, 2 for each column, and gets 8: a complex number \
             `Complex::new(u, v)` is two of them"
            .to_owned())
    );
    assert_eq!(
        k.apply_t(&numbers(1, 4)).map_err(said),
        Err("the transpose of a matrix of 4 × 5 complex entries takes 8 rows of what it is multiplied with, 2 for each row, and gets 4: a \
             complex number `Complex::new(u, v)` is two of them"
            .to_owned())
    );
    let refused = "`exp(complex(-g * sqdist(x_i, y_j), (q | x_i - y_j)))` is complex: determinants, likelihoods, eigenvalues and variances are those \
                   of real matrices, as `k.operator()?` is, of twice as many rows: `keops::solve::LogDet::of(&k.operator()?, ridge)` and its \
                   like have each eigenvalue of a Hermitian matrix twice";
    let k = turning(&x, &x, [1.0; 3], 1.0);
    for error in [
        k.log_det(1.0).run().map(|_| ()),
        k.eigenpairs(1).run().map(|_| ()),
        k.log_likelihood(&numbers(1, 4)).ridge(1.0).run().map(|_| ()),
        k.variances().ridge(1.0).run().map(|_| ()),
    ] {
        assert_eq!(error.map_err(said), Err(refused.to_owned()));
    }
}
