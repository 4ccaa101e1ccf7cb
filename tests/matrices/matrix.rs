//! Matrices: products, gradients, entries and symmetry, against the formula of each entry in `f64`, and against items that spell the
//! products out.

mod points;

use keops::{Columns, Error, Layout, Naive, Selection, keops};
use points::{cloud, numbers};

/// Numbers between −1 and 1, the same in every run.
fn singles(seed: u64, len: usize) -> Vec<f32> {
    numbers(seed, len).into_iter().map(|v| v as f32).collect()
}

fn points<const D: usize>(seed: u64, len: usize) -> Vec<[f32; D]> {
    cloud::<D>(seed, len).iter().map(|p| p.map(|v| v as f32)).collect()
}

#[track_caller]
fn near(found: impl IntoIterator<Item = f32>, expected: impl IntoIterator<Item = f64>) {
    let (found, expected): (Vec<f32>, Vec<f64>) = (found.into_iter().collect(), expected.into_iter().collect());
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    for (n, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((f64::from(*a) - b).abs() <= 2e-5 * scale, "number {n}: {a} for {b}");
    }
}

/// K b, where K has `m` rows of entries `f`.
fn times(m: usize, n: usize, f: &dyn Fn(usize, usize) -> f64, b: &[f32]) -> Vec<f64> {
    (0..m).map(|i| (0..n).map(|j| f(i, j) * f64::from(b[j])).sum()).collect()
}

const SIZES: [(usize, usize); 8] = [(1, 1), (1, 9), (7, 1), (5, 7), (16, 16), (65, 130), (200, 31), (3, 1100)];

fn wide(p: &[f32]) -> Vec<f64> {
    p.iter().map(|v| f64::from(*v)).collect()
}

fn sqdist(x: &[f32], y: &[f32]) -> f64 {
    wide(x).iter().zip(wide(y)).map(|(a, b)| (a - b) * (a - b)).sum()
}

fn dot(x: &[f32], y: &[f32]) -> f64 {
    wide(x).iter().zip(wide(y)).map(|(a, b)| a * b).sum()
}

keops! {
    /// A Gaussian, of which `s2` is the variance.
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { exp(-sqdist(x_i, y_j) / 2s2) }
    fn gauss_sum(x_i: [f32; 3], y_j: [f32; 3], s2: f32, b_j: f32) { sum_j gauss(x_i, y_j, s2) * b_j }
    fn gauss_sums(x_i: [f32; 3], y_j: [f32; 3], s2: f32, b_j: [f32; 2]) { sum_j gauss(x_i, y_j, s2) * b_j }
    /// Not symmetric, with weights, integers and indices.
    #[jvp(x)]
    #[with_grads(x, w)]
    fn labelled(x_i: [f32; 2], w_j: f32, l_i: u32, k_j: u32, y_j: [f32; 2]) {
        if l_i == k_j && j <= i + 3 { w_j * exp((x_i | y_j)) } else { 0.5 * w_j }
    }
    /// The same points as rows and as columns.
    fn own(x_i: [f32; 3], s: f32) { exp(-norm(x_i - x_j) / s) * (1 + (x_i | x_j)) + if i == j { 0.25 } else { 0 } }
    /// Blocks of 2 × 1.
    fn force(x_i: [f32; 2], y_j: [f32; 2]) { (x_i - y_j) / (1 + sqdist(x_i, y_j)) }
    fn smooth<T, const D: usize>(x_i: [T; D], y_j: [T; D], s: T) { matern(2.5, norm(x_i - y_j) / s) }
    fn one_number(u_i: f32, v_j: f32) { tanh(u_i * v_j) + u_i - v_j }
}

#[test]
fn products() {
    for (m, n) in SIZES {
        let (x, y, s2) = (points::<3>(1, m), points::<3>(2, n), 0.3f32);
        let k = gauss(&x, &y, s2);
        assert_eq!(k.shape(), Ok([m, n]));
        let f = |i: usize, j: usize| (-sqdist(&x[i], &y[j]) / (2.0 * f64::from(s2))).exp();
        let (b, e) = (singles(3, n), singles(4, m));
        near(k.apply(&b).expect("it fits"), times(m, n, &f, &b));
        near(k.apply_t(&e).expect("it fits"), times(n, m, &|j, i| f(i, j), &e));
        near(k.row_sums().expect("it fits"), times(m, n, &f, &vec![1.0; n]));

        // the same bits as the sum that is written out; gradients are regrouped where there may be several columns
        let sum = gauss_sum(&x, &y, s2, &b);
        assert_eq!(k.apply(&b), sum.eval());
        assert_eq!(k.times(&b).eval(), sum.eval());
        assert_eq!(k.on(&Naive).apply(&b), sum.eval_on(&Naive));
        assert_eq!(k.apply_t(&e), sum.grad_b(&e).eval());
        let same = |ours: Vec<[f32; 3]>, theirs: Vec<[f32; 3]>| {
            near(ours.concat(), theirs.concat().iter().map(|v| f64::from(*v)));
        };
        let theirs = sum.with_grads(&e).eval().expect("it fits");
        same(k.grad_x(&b, &e).eval().expect("it fits"), theirs.grad_x.clone());
        same(k.grad_y(&b, &e).eval().expect("it fits"), theirs.grad_y);
        near([k.grad_s2(&b, &e).eval().expect("it fits")], [f64::from(theirs.grad_s2)]);
        let ours = k.with_grads(&b, &e).eval().expect("it fits");
        near(ours.value, theirs.value.iter().map(|v| f64::from(*v)));
        near(ours.grad_b, theirs.grad_b.iter().map(|v| f64::from(*v)));
        same(ours.grad_x, theirs.grad_x);
        let (two, along) = (points::<2>(5, n), points::<2>(6, m));
        let sums = gauss_sums(&x, &y, s2, &two);
        assert_eq!(k.times(&two).eval(), sums.eval());
        same(k.grad_x(&two, &along).eval().expect("it fits"), sums.grad_x(&along).eval().expect("it fits"));
        // other operands
        assert_eq!(k.with_s2(0.7).apply(&b), gauss_sum(&x, &y, 0.7, &b).eval());
    }
}

/// Any number of columns, at any place of a larger matrix: as if each were alone.
#[test]
fn several_columns() {
    for (m, n) in SIZES {
        let (x, y) = (points::<3>(1, m), points::<3>(2, n));
        let k = gauss(&x, &y, 0.4);
        for columns in [1, 2, 3, 5, 8, 9, 11, 16, 21] {
            let b = singles(7, n * (columns + 2));
            let layout = Layout { first: 1, point: columns + 2, ..Layout::points(n, columns) };
            let product = k.apply(&Columns::with_layout(&b, layout).expect("it lies within")).expect("it fits");
            let e = singles(8, m * columns);
            let transposed = k.apply_t(&Columns::new(&e, columns).expect("they are rows")).expect("it fits");
            for c in 0..columns {
                let of = |v: &[f32], first: usize, step: usize| -> Vec<f32> {
                    v.iter().skip(first).step_by(step).copied().collect()
                };
                let alone = k.apply(&of(&b, c + 1, columns + 2)).expect("it fits");
                near(of(&product, c, columns), alone.iter().map(|v| f64::from(*v)));
                let alone = k.apply_t(&of(&e, c, columns)).expect("it fits");
                near(of(&transposed, c, columns), alone.iter().map(|v| f64::from(*v)));
            }
        }
        let b = points::<9>(9, n);
        assert_eq!(
            k.apply(&b).expect("it fits").concat(),
            k.apply(&Columns::new(&b.concat(), 9).expect("they are rows")).expect("it fits")
        );
    }
}

/// Checks entries by every way to them.
macro_rules! entries {
    ($k:expr, $m:expr, $n:expr, $f:expr, |$entry:ident| $numbers:expr) => {{
        let (k, m, n) = (&$k, $m, $n);
        let flat = |entries: Vec<_>| -> Vec<f32> { entries.into_iter().flat_map(|$entry| $numbers).collect() };
        let all = |rows: &[usize], cols: &[usize]| -> Vec<f64> {
            rows.iter().flat_map(|i| cols.iter().flat_map(|j| $f(*i, *j)).collect::<Vec<f64>>()).collect()
        };
        let (rows, cols): (Vec<usize>, Vec<usize>) = ((0..m).collect(), (0..n).collect());
        let dense = k.dense().expect("it fits");
        near(flat(dense.clone()), all(&rows, &cols));
        let (i, j) = (m - 1, n / 2);
        assert_eq!(k.row(i).expect("it is there"), dense[i * n..]);
        let column = k.column(j).expect("it is there");
        near(flat(column), all(&rows, &[j]));
        let len = m.min(n);
        near(flat(k.diagonal().expect("it fits")), (0..len).flat_map(|i| $f(i, i)));
        let (some, others) = ([m - 1, 0, m / 2, m - 1], [n / 2, n - 1, 0]);
        near(flat(k.block(&some, &others).expect("they are there")), all(&some, &others));
        near(
            flat(k.block(&others[..1], ..).unwrap_or_default()),
            if others[0] < m { all(&others[..1], &cols) } else { vec![] },
        );
        near(flat(k.block(m / 2.., ..=j).expect("they are there")), all(&rows[m / 2..], &cols[..=j]));
        assert!(k.block(m..m, ..).expect("nothing").is_empty());
    }};
}

#[test]
fn entries_of_all_kinds() {
    for (m, n) in SIZES {
        let (x, y) = (points::<3>(1, m), points::<3>(2, n));
        entries!(gauss(&x, &y, 0.3), m, n, |i: usize, j: usize| [(-sqdist(&x[i], &y[j]) / 0.6).exp()], |v| [v]);

        let (x, y, w) = (points::<2>(3, m), points::<2>(4, n), singles(5, n));
        let labels =
            |seed: u64, len: usize| -> Vec<u32> { singles(seed, len).iter().map(|v| u32::from(*v > 0.0)).collect() };
        let (l, c) = (labels(6, m), labels(7, n));
        let f = |i: usize, j: usize| {
            let w = f64::from(w[j]);
            [if l[i] == c[j] && j <= i + 3 { w * dot(&x[i], &y[j]).exp() } else { 0.5 * w }]
        };
        let k = labelled(&x, &w, &l, &c, &y);
        entries!(k, m, n, f, |v| [v]);
        let b = singles(8, n);
        near(k.apply(&b).expect("it fits"), times(m, n, &|i, j| f(i, j)[0], &b));
        near(k.apply_t(&singles(9, m)).expect("it fits"), times(n, m, &|j, i| f(i, j)[0], &singles(9, m)));
        let e = singles(9, m);
        let together = k.with_grads(&b, &e).eval().expect("it fits");
        assert_eq!(Ok(together.grad_w), k.grad_w(&b, &e).eval());
        assert_eq!(k.times(&b).jvp_x(&x).eval().expect("it fits").len(), m);

        let f = |i: usize, j: usize| {
            let over = 1.0 + sqdist(&x[i], &y[j]);
            [0, 1].map(|k| (f64::from(x[i][k]) - f64::from(y[j][k])) / over)
        };
        let k = force(&x, &y);
        entries!(k, m, n, f, |v| v);
        let vectors: Vec<f64> =
            (0..m).flat_map(|i| [0, 1].map(|k| (0..n).map(|j| f(i, j)[k] * f64::from(b[j])).sum())).collect();
        near(k.apply(&b).expect("it fits"), vectors.clone());
        near(k.times(&b).eval().expect("it fits").concat(), vectors);
        near(
            k.row_sums().expect("it fits").concat(),
            (0..m).flat_map(|i| [0, 1].map(|k| (0..n).map(|j| f(i, j)[k]).sum())),
        );
        // three columns of blocks: rows of numbers, which are twice as many
        let b = points::<3>(10, n);
        let several = k.apply(&b).expect("it fits");
        for c in 0..3 {
            let alone = k.apply(&b.iter().map(|b| b[c]).collect::<Vec<f32>>()).expect("it fits");
            near(several.iter().map(|row| row[c]), alone.iter().map(|v| f64::from(*v)));
        }
        let e = singles(11, 2 * m);
        let transposed =
            |j: usize| (0..m).map(|i| f(i, j)[0] * f64::from(e[2 * i]) + f(i, j)[1] * f64::from(e[2 * i + 1])).sum();
        near(k.apply_t(&e).expect("it fits"), (0..n).map(transposed));
        // rows that begin later, and rows that begin again
        let longer: Vec<f32> = [9.0; 3].into_iter().chain(e.iter().copied()).collect();
        let later =
            Columns::with_layout(&longer, Layout { start: 3, ..Layout::points(2 * m, 1) }).expect("it lies within");
        assert_eq!(k.apply_t(&later), k.apply_t(&e));
        let again = Columns::with_layout(&e, Layout { cycle: 2, ..Layout::points(2 * m, 1) }).expect("it lies within");
        assert_eq!(k.apply_t(&again), k.apply_t(&e[..2].repeat(m)));

        let (u, v) = (singles(12, m), singles(13, n));
        let f = |i: usize, j: usize| {
            let (u, v) = (f64::from(u[i]), f64::from(v[j]));
            [(u * v).tanh() + u - v]
        };
        entries!(one_number(&u, &v), m, n, f, |v| [v]);
    }
}

/// Rows and columns that are the same points, which an entry has twice, and whose indices are those of the whole matrix.
#[test]
fn of_one_cloud() {
    for n in [1, 2, 17, 130] {
        let x = points::<3>(1, n);
        let f = |i: usize, j: usize| {
            [(-sqdist(&x[i], &x[j]).sqrt() / 0.7).exp() * (1.0 + dot(&x[i], &x[j])) + if i == j { 0.25 } else { 0.0 }]
        };
        let k = own(&x, 0.7);
        entries!(k, n, n, f, |v| [v]);
        assert_eq!(k.is_symmetric(), Ok(true));
        let b = singles(2, n);
        near(k.apply(&b).expect("it fits"), times(n, n, &|i, j| f(i, j)[0], &b));
        assert_eq!(k.apply(&b).map(|v| v.len()), k.apply_t(&b).map(|v| v.len()));
        // the gradient is the total one: of ⟨e, K b⟩ by finite differences
        let e = singles(3, n);
        let value = |x: &[[f32; 3]]| -> f64 {
            let product = own(x, 0.7).times(&b).naive().expect("it fits");
            product.iter().zip(&e).map(|(a, e)| a * f64::from(*e)).sum()
        };
        let gradient = k.grad_x(&b, &e).eval().expect("it fits");
        let (mut up, mut down) = (x.clone(), x.clone());
        (up[0][1], down[0][1]) = (x[0][1] + 1e-3, x[0][1] - 1e-3);
        let slope = (value(&up) - value(&down)) / (f64::from(up[0][1]) - f64::from(down[0][1]));
        assert!(
            (f64::from(gradient[0][1]) - slope).abs() < 1e-3 * (1.0 + slope.abs()),
            "{} for {slope}",
            gradient[0][1]
        );
    }
}

#[test]
fn generic_items_and_expressions() {
    let (m, n) = (20, 33);
    let x: Vec<[f64; 2]> = numbers(1, 2 * m).chunks(2).map(|p| [p[0], p[1]]).collect();
    let y: Vec<[f64; 2]> = numbers(2, 2 * n).chunks(2).map(|p| [p[0], p[1]]).collect();
    let k = smooth(&x, &y, 0.5);
    let dense = k.dense().expect("it fits");
    for (i, row) in dense.chunks(n).enumerate() {
        for (j, v) in row.iter().enumerate() {
            let r = 5f64.sqrt() * (x[i][0] - y[j][0]).hypot(x[i][1] - y[j][1]) / 0.5;
            assert!((v - (1.0 + r + r * r / 3.0) * (-r).exp()).abs() < 1e-14);
        }
    }
    let b = numbers(3, n);
    let own = |x: &[[f64; 2]]| smooth(x, x, 0.5).is_symmetric();
    assert_eq!((k.is_symmetric(), own(&x)), (Ok(false), Ok(true)));

    // shapes that follow from the operands
    let s = 0.5;
    let same = keops!(matern(2.5, norm(x_i - y_j) / s));
    assert_eq!(same.apply(&b), k.apply(&b));
    let e = numbers(4, m);
    let slopes = [k.grad_s(&b, &e).eval().expect("it fits"), same.grad_s(&b, &e).eval().expect("it fits")];
    let twin = keops!(sum_j matern(2.5, norm(x_i - y_j) / s) * b_j).grad_s(&e).eval().expect("it fits");
    assert!(slopes.iter().all(|slope| (slope - twin).abs() < 1e-13 * twin.abs()), "{slopes:?} for {twin}");
    let (p, q) = (singles(5, m), singles(6, n));
    let product = keops!(p_i * q_j);
    assert_eq!(product.block(3..5, 7..8), Ok(vec![p[3] * q[7], p[4] * q[7]]));
    assert_eq!(product.apply(&q).expect("it fits").len(), m);
    // and whose entries may be vectors
    let v = points::<4>(7, m);
    assert_eq!(keops!(v_i * q_j).row(2), Ok(q.iter().map(|q| v[2].map(|v| v * q)).collect()));
    let w = [0.0; 4];
    assert_eq!(
        keops!((v_i - w) * q_j where v_i: [f32; 4], w: [f32; 4], q_j: f32)
            .with_w([1.0; 4])
            .column(0)
            .expect("it is there")
            .len(),
        m
    );
}

/// The formula and the points have to be symmetric; the compiler's own tests have formulas of all kinds.
#[test]
fn symmetry() {
    let (x, y) = (points::<3>(1, 9), points::<3>(2, 9));
    let copy = x.clone();
    assert_eq!(gauss(&x, &x, 1.0).is_symmetric(), Ok(true));
    assert_eq!(gauss(&x, &copy, 1.0).is_symmetric(), Ok(true));
    assert_eq!(gauss(&x, &y, 1.0).is_symmetric(), Ok(false));
    assert_eq!(gauss(&x, &x[..8], 1.0).is_symmetric(), Ok(false));
    let (u, l) = (points::<2>(3, 9), [1; 9]);
    assert_eq!(labelled(&u, &[1.0; 9], &l, &l, &u).is_symmetric(), Ok(false));
    assert_eq!(one_number(&[1.0; 4], &[1.0; 4]).is_symmetric(), Ok(false));
}

#[test]
fn what_is_refused() {
    let (x, y) = (points::<3>(1, 5), points::<3>(2, 4));
    let k = gauss(&x, &y, 1.0);
    let said = |e: Option<Error>| e.expect("it is wrong").to_string();
    assert_eq!(
        said(k.apply(&[1.0; 3]).err()),
        "a matrix of 5 × 4 takes 4 rows of what it is multiplied with, one for each column, and gets 3"
    );
    assert_eq!(
        said(k.apply_t(&[[1.0; 2]; 4]).err()),
        "the transpose of a matrix of 5 × 4 takes 5 rows of what it is multiplied with, one for each row, and gets 4"
    );
    assert_eq!(said(k.row(5).err()), "there is no row 5: the matrix has 5 rows, counted from 0");
    assert_eq!(said(k.column(9).err()), "there is no column 9: the matrix has 4 columns, counted from 0");
    assert_eq!(said(k.block(.., &[0, 4]).err()), "there is no column 4: the matrix has 4 columns, counted from 0");
    assert_eq!(said(k.block(2..7, ..).err()), "there is no row 6: the matrix has 5 rows, counted from 0");
    let reversed = Selection::Range(3, Some(1));
    assert_eq!(said(k.block(reversed, ..).err()), "rows from 3 to 1: a range ends where it begins, or behind that");
    assert_eq!(
        said(k.dense_within(79).err()),
        "a matrix of 5 × 4 takes 80 bytes, and 79 is the most: `apply` and `block` need not store it, and `dense_within(80)` does"
    );
    let many = vec![[0f32; 3]; 20_000];
    assert!(
        said(gauss(&many, &many, 1.0).dense().err()).contains("takes 1600000000 bytes, and 1073741824 is the most")
    );
    // blocks have the same limit, of as many entries as are asked for
    let (k, list) = (gauss(&many, &many, 1.0), vec![7; 20_000]);
    let refused = "a block of 20000 × 20000 takes 1600000000 bytes, and 1073741824 is the most: `apply` and smaller blocks need not store it, and \
                   `block_within(1600000000, …)` does";
    for found in
        [k.block(.., ..), k.block(&list, ..), k.block(.., &list), k.block(&list, &list), k.on(&Naive).block(.., ..)]
    {
        assert_eq!(said(found.err()), refused);
    }
    let k = gauss(&x, &y, 1.0);
    assert_eq!(
        said(k.block_within(23, ..2, &[3, 0, 1]).err()),
        "a block of 2 × 3 takes 24 bytes, and 23 is the most: `apply` and smaller blocks need not store it, and `block_within(24, …)` does"
    );
    assert_eq!(k.block_within(24, ..2, &[3, 0, 1]), k.block(..2, &[3, 0, 1]));
    let pairs = force(&[[0.0; 2]; 3], &[[1.0; 2]; 2]);
    assert!(
        said(pairs.block_within(47, .., ..).err()).starts_with("a block of 3 × 2 takes 48 bytes, and 47 is the most")
    );
    assert_eq!(
        said(Columns::new(&[1.0f32; 7], 2).err()),
        "7 numbers are no rows of 2 columns: there is at least one column, and all rows have as many numbers"
    );
    assert!(said(Columns::<f32>::new(&[], 0).err()).starts_with("0 numbers are no rows of 0 columns"));
    let blocks = force(&[[0.0; 2]; 3], &[[1.0; 2]; 2]);
    assert_eq!(
        said(blocks.apply_t(&[1.0; 3]).err()),
        "the transpose of a matrix of 3 × 2 blocks of 2 × 1 takes 6 rows of what it is multiplied with, 2 for each row, and gets 3: the \
         numbers of points are rows of one column as `b.as_flattened()`"
    );
    let lengths = labelled(&[[0.0; 2]; 3], &[1.0; 2], &[1; 4], &[1; 2], &[[0.0; 2]; 2]);
    assert_eq!(said(lengths.shape().err()), "`l` has 4 points but `x` has 3: both are indexed by i");
    assert_eq!(said(lengths.dense().err()), said(lengths.apply(&[1.0; 2]).err()));
}

#[test]
fn nothing_at_all() {
    let none: [[f32; 3]; 0] = [];
    let (x, b) = (points::<3>(1, 4), [0f32; 0]);
    assert_eq!(gauss(&x, &none, 1.0).apply(&b), Ok(vec![0.0; 4]));
    assert_eq!(gauss(&none, &x, 1.0).apply(&[1.0; 4]), Ok(vec![]));
    for k in [gauss(&x, &none, 1.0), gauss(&none, &x, 1.0), gauss(&none, &none, 1.0)] {
        assert_eq!((k.dense(), k.diagonal()), (Ok(vec![]), Ok(vec![])));
    }
    assert_eq!(gauss(&x, &none, 1.0).row(0), Ok(vec![]));
    assert_eq!(gauss(&none, &x, 1.0).column(3), Ok(vec![]));
    assert_eq!(gauss(&x, &x, 1.0).apply(&Columns::with_layout(&[], Layout::points(0, 3)).expect("none")).ok(), None);
}

/// Entries keep what is infinite, or no number.
#[test]
fn special_values() {
    let (x, y) = ([0.0f32, f32::NAN, f32::INFINITY, 1.0], [1.0f32, 0.0, f32::NEG_INFINITY]);
    let dense = keops!(x_i / y_j).dense().expect("it fits");
    for (i, row) in dense.chunks(3).enumerate() {
        for (j, v) in row.iter().enumerate() {
            let expected = x[i] / y[j];
            assert!(*v == expected || v.is_nan() && expected.is_nan(), "{v} for {expected}");
        }
    }
}
