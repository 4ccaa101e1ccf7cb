//! Matrices whose entries are matrices: products, entries, systems and what follows from these, against all numbers in `f64`.

mod points;

use keops::solve::{Method, Solve};
use keops::{Error, Naive, keops};
use points::{cloud, numbers};

keops! {
    /// −∇∇ᵀ of a Gaussian: fields that are gradients. Symmetric, and positive definite.
    #[block(3, 3)]
    fn curl_free(x_i: [f64; 3], y_j: [f64; 3], s2: f64) { -hessian(exp(-sqdist(x_i, y_j) / 2s2), x_i) }
    /// (∇∇ᵀ − Δ) of a Gaussian, written by hand: fields without divergence.
    #[block(2, 2)]
    fn divergence_free(x_i: [f64; 2], y_j: [f64; 2], s2: f64) {
        let d = x_i - y_j;
        exp(-sqnorm(d) / 2s2) / s2 * (outer(d, d) / s2 + (1 - sqnorm(d) / s2) * [1, 0, 0, 1])
    }
    /// Neither square nor symmetric.
    #[block(2, 3)]
    #[with_grads(x, w)]
    fn skew(x_i: [f32; 2], y_j: [f32; 3], w_j: f32) { outer(x_i, y_j) * w_j + if i == j { 1 } else { 0 } }
    /// Blocks of one row.
    #[block(1, 2)]
    fn flat(x_i: [f32; 2], y_j: [f32; 2]) { x_i - 2 * y_j }
    /// The same points as rows and as columns; not symmetric, for blocks are not transposed.
    #[block(2, 2)]
    fn own(x_i: [f64; 2], g: f64) { exp(-g * sqdist(x_i, x_j)) * [1, 0.5, -0.5, 2] }
}

fn singles<const D: usize>(seed: u64, len: usize) -> Vec<[f32; D]> {
    cloud::<D>(seed, len).iter().map(|p| p.map(|v| v as f32)).collect()
}

/// All numbers of a matrix, row by row, of entries row by row.
struct Dense {
    columns: usize,
    numbers: Vec<f64>,
}

impl Dense {
    fn new<const L: usize>(entries: &[[f64; L]], [m, n]: [usize; 2], [tall, wide]: [usize; 2]) -> Self {
        assert_eq!((entries.len(), L), (m * n, tall * wide));
        let row =
            |i: usize, r: usize| (0..n).flat_map(move |j| (0..wide).map(move |c| entries[i * n + j][r * wide + c]));
        let numbers = (0..m).flat_map(|i| (0..tall).flat_map(move |r| row(i, r))).collect();
        Dense { columns: n * wide, numbers }
    }
    fn times(&self, b: &[f64]) -> Vec<f64> {
        self.numbers.chunks_exact(self.columns).map(|row| row.iter().zip(b).map(|(k, b)| k * b).sum()).collect()
    }
    fn transposed(&self) -> Self {
        let rows = self.numbers.len() / self.columns;
        let column = |c: usize| (0..rows).map(move |r| self.numbers[r * self.columns + c]);
        Dense { columns: rows, numbers: (0..self.columns).flat_map(column).collect() }
    }
    /// The Cholesky factor of this matrix with a ridge, row by row.
    fn factor(&self, ridge: f64) -> Vec<Vec<f64>> {
        let mut l: Vec<Vec<f64>> = vec![];
        for r in 0..self.columns {
            let mut row = vec![];
            for c in 0..=r {
                let other = l.get(c).unwrap_or(&row);
                let known: f64 = row.iter().zip(other).map(|(a, b)| a * b).take(c).sum();
                let rest = self.numbers[r * self.columns + c] + if r == c { ridge } else { 0.0 } - known;
                row.push(if r == c { rest.sqrt() } else { rest / l[c][c] });
            }
            l.push(row);
        }
        l
    }
    fn solve(&self, ridge: f64, b: &[f64]) -> Vec<f64> {
        let l = self.factor(ridge);
        let mut x = b.to_vec();
        for r in 0..x.len() {
            let known: f64 = (0..r).map(|c| l[r][c] * x[c]).sum();
            x[r] = (x[r] - known) / l[r][r];
        }
        for r in (0..x.len()).rev() {
            let known: f64 = (r + 1..x.len()).map(|c| l[c][r] * x[c]).sum();
            x[r] = (x[r] - known) / l[r][r];
        }
        x
    }
}

#[track_caller]
fn near(found: impl IntoIterator<Item = f64>, expected: &[f64], tolerance: f64) {
    let found: Vec<f64> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    for (n, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * scale, "number {n}: {a} for {b}");
    }
}

fn outer(x: &[f32], y: &[f32], w: f32, is_diagonal: bool) -> [f64; 6] {
    std::array::from_fn(|k| {
        f64::from(x[k / 3]) * f64::from(y[k % 3]) * f64::from(w) + if is_diagonal { 1.0 } else { 0.0 }
    })
}

#[test]
fn products_of_blocks_that_are_not_square() -> Result<(), Error> {
    for (m, n) in [(1, 1), (1, 9), (7, 1), (5, 7), (33, 130), (200, 31)] {
        let (x, y) = (singles::<2>(1, m), singles::<3>(2, n));
        let w: Vec<f32> = numbers(3, n).iter().map(|v| *v as f32).collect();
        let k = skew(&x, &y, &w);
        assert_eq!(k.shape(), Ok([m, n]));
        let pairs = (0..m).flat_map(|i| (0..n).map(move |j| (i, j)));
        let entries: Vec<[f64; 6]> = pairs.map(|(i, j)| outer(&x[i], &y[j], w[j], i == j)).collect();
        let dense = Dense::new(&entries, [m, n], [2, 3]);
        near(k.dense()?.concat().into_iter().map(f64::from), entries.as_flattened(), 1e-6);

        let (b, e) = (singles::<3>(4, n), singles::<2>(5, m));
        let double = |v: &[f32]| v.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>();
        let product = dense.times(&double(b.as_flattened()));
        near(k.apply(b.as_flattened())?.into_iter().map(f64::from), &product, 1e-5);
        let by_call: Vec<[f32; 2]> = k.times(&b).eval()?;
        near(by_call.concat().into_iter().map(f64::from), &product, 1e-5);
        let naive: Vec<[f32; 2]> = k.times(&b).eval_on(&Naive)?;
        near(naive.concat().into_iter().map(f64::from), &product, 1e-5);
        let transposed = dense.transposed().times(&double(e.as_flattened()));
        near(k.apply_t(e.as_flattened())?.into_iter().map(f64::from), &transposed, 1e-5);
        // the gradient of ⟨e, K b⟩ in b
        let in_b: Vec<[f32; 3]> = k.times(&b).grad_b(&e).eval()?;
        near(in_b.concat().into_iter().map(f64::from), &transposed, 1e-5);
        // and in x: Σ_j w_j e_i (y_j | b_j)
        let sum: f64 = (0..n)
            .map(|j| f64::from(w[j]) * (0..3).map(|c| f64::from(y[j][c]) * f64::from(b[j][c])).sum::<f64>())
            .sum();
        let expected: Vec<f64> = double(e.as_flattened()).iter().map(|e| e * sum).collect();
        near(k.grad_x(&b, &e).eval()?.concat().into_iter().map(f64::from), &expected, 1e-5);
        near(k.with_grads(&b, &e).eval()?.grad_x.concat().into_iter().map(f64::from), &expected, 1e-5);

        let sums: Vec<f64> = (0..m)
            .flat_map(|i| (0..6).map(move |k| (i, k)))
            .map(|(i, k)| (0..n).map(|j| entries[i * n + j][k]).sum())
            .collect();
        near(k.row_sums()?.concat().into_iter().map(f64::from), &sums, 1e-5);

        // several columns, of rows of numbers
        let columns = singles::<10>(6, 3 * n);
        let several = k.apply(&columns)?;
        for c in [0, 9] {
            let one: Vec<f64> = columns.iter().map(|row| f64::from(row[c])).collect();
            near(several.iter().map(|row| f64::from(row[c])), &dense.times(&one), 1e-5);
        }
    }
    let (x, y) = (singles::<2>(7, 3), singles::<2>(8, 4));
    let b = singles::<2>(9, 4);
    let row: Vec<[f32; 1]> = flat(&x, &y).times(&b).eval()?;
    near(
        flat(&x, &y).apply(b.as_flattened())?.into_iter().map(f64::from),
        &row.concat().into_iter().map(f64::from).collect::<Vec<_>>(),
        1e-6,
    );
    Ok(())
}

#[test]
fn symmetry_is_that_of_transposed_blocks() -> Result<(), Error> {
    let (x, y) = (cloud::<3>(1, 5), cloud::<3>(2, 5));
    assert!(curl_free(&x, &x, 0.5).is_symmetric()?);
    assert!(!curl_free(&x, &y, 0.5).is_symmetric()?);
    let x = cloud::<2>(1, 5);
    assert!(divergence_free(&x, &x, 0.5).is_symmetric()?);
    assert!(!own(&x, 1.0).is_symmetric()?);
    Ok(())
}

#[test]
fn systems_of_blocks() -> Result<(), Error> {
    let (n, ridge) = (40, 1e-2);
    let x = cloud::<3>(3, n);
    let k = curl_free(&x, &x, 0.3);
    let dense = Dense::new(&k.dense()?, [n, n], [3, 3]);
    let b = numbers(4, 3 * n);
    let expected = dense.solve(ridge, &b);
    for rank in [0, 30] {
        let solution = k.solve(&b).ridge(ridge).tolerance(1e-11).rank(rank).run()?;
        near(solution.x.iter().copied(), &expected, 1e-7);
    }
    let log_det: f64 = dense.factor(ridge).iter().enumerate().map(|(r, row)| 2.0 * row[r].ln()).sum();
    let found = k.log_det(ridge).probes(60).run()?;
    assert!((found.value - log_det).abs() < 0.05 * log_det.abs(), "{} for {log_det}", found.value);
    let pairs = k.eigenpairs(3).tolerance(1e-9).run()?;
    for (k, value) in pairs.values.iter().enumerate() {
        let vector: Vec<f64> = pairs.vectors.chunks_exact(pairs.values.len()).map(|row| row[k]).collect();
        near(dense.times(&vector), &vector.iter().map(|v| v * value).collect::<Vec<_>>(), 1e-6);
    }

    // what is known of a field at new points: a variance for each of its components
    let new = cloud::<3>(5, 4);
    let cross = Dense::new(&curl_free(&new, &x, 0.3).dense()?, [4, n], [3, 3]);
    let found = curl_free(&new, &x, 0.3).variances().ridge(ridge).tolerance(1e-8).run()?;
    let expected: Vec<f64> = cross
        .numbers
        .chunks_exact(3 * n)
        .map(|row| 1.0 / 0.3 - dense.solve(ridge, row).iter().zip(row).map(|(a, b)| a * b).sum::<f64>())
        .collect();
    near(found.values.iter().copied(), &expected, 1e-4);

    // and where blocks are not transposed
    let x = cloud::<2>(6, n);
    let k = own(&x, 2.0);
    let dense = Dense::new(&k.dense()?, [n, n], [2, 2]);
    let b = numbers(7, 2 * n);
    for transposed in [false, true] {
        let solve: Solve<'_, Vec<f64>> = if transposed { k.solve_t(&b) } else { k.solve(&b) };
        let found = solve.ridge(0.1).tolerance(1e-10).method(Method::Gmres { restart: 80 }).run()?.x;
        let product = if transposed { dense.transposed().times(&found) } else { dense.times(&found) };
        near(product.iter().zip(&found).map(|(k, x)| k + 0.1 * x), &b, 1e-8);
    }
    Ok(())
}

#[test]
fn what_is_wrong_with_blocks() {
    let (x, y) = (singles::<2>(1, 4), singles::<3>(2, 5));
    let w = vec![1.0f32; 5];
    let k = skew(&x, &y, &w);
    let said = |error: Error| error.to_string();
    assert_eq!(
        k.apply(&y).map_err(said),
        Err("a matrix of 4 × 5 blocks of 2 × 3 takes 15 rows of what it is multiplied with, 3 for each column, and gets 5: the numbers of \
             points are rows of one column as `b.as_flattened()`"
            .to_owned())
    );
    assert_eq!(
        k.apply_t(&w).map_err(said),
        Err("the transpose of a matrix of 4 × 5 blocks of 2 × 3 takes 8 rows of what it is multiplied with, 2 for each row, and gets 5: the \
             numbers of points are rows of one column as `b.as_flattened()`"
            .to_owned())
    );
    let square = skew(&x, &y[..4], &w[..4]);
    assert_eq!(
        square.solve(&vec![1.0; 8]).run().map(|_| ()).map_err(said),
        Err("a matrix of 4 × 4 blocks of 2 × 3 has no solutions: a square one has, as of `x_i` and `x_j`, whose entries are numbers, or square \
             blocks: `#[block(3, 3)]`"
            .to_owned())
    );
}
