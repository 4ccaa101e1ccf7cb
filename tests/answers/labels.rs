//! Operands that are made of integers, on every instruction set and by the plain loop, against what is written.

#[path = "../skip/mod.rs"]
mod skip;

use keops::{Cpu, Integers, Isa, NONE, Rows, Scalar, keops};

keops! {
    fn same<T>(x_i: T, y_j: T, l_i: u32, m_j: u32) { sum_j if l_i == m_j { x_i * y_j } }
    fn of_label<T>(x_i: T, y_j: T, m_j: u32, l: u32) { sum_j(if m_j == l { y_j } else { 0 }) + x_i }
    fn near<T>(y_j: T, l_i: u32, m_j: u32) { min_j if abs(l_i - m_j) <= 3 && (l_i + m_j) % 2 == 0 { y_j } }
    fn hamming<T, const D: usize>(w_j: T, l_i: [u32; D], m_j: [u32; D]) { sum_j w_j * sum(l_i != m_j) }
    fn nearest_word(l_i: [u32; 4], m_j: [u32; 4]) { argkmin_j[2](sum(l_i != m_j)) }
    fn alike(l_i: u32) { count_j(l_i == l_j && i != j) }
    fn masked<T>(x_i: T, y_j: T, bits: [u32; 3]) { sum_j if bits[1] - bits[0] < j && j % bits[2] != 0 { x_i * y_j } }
    fn farther<T>(x_i: T, y_j: T, l_i: u32) { maximum(argmax_j(x_i * y_j), l_i) }
}

/// Around the ends of vectors, blocks and tiles, with rows in lanes and with columns in lanes.
const SIZES: [[usize; 2]; 8] = [[0, 3], [3, 0], [1, 1], [5, 17], [33, 65], [400, 70], [3, 3000], [257, 300]];

/// Labels of which many are alike, some of them the largest that there are; as numbers of `f32`, some are NaN, and some subnormal.
fn labels(n: usize, by: usize) -> Vec<u32> {
    (0..n).map(|k| (k * by % 9) as u32).map(|k| if k > 4 { u32::MAX - k } else { k }).collect()
}

fn words<const D: usize>(n: usize, by: usize) -> Vec<[u32; D]> {
    labels(n * D, by).chunks_exact(D).map(|w| std::array::from_fn(|k| w[k])).collect()
}

fn on<T: Scalar>(isa: Isa) {
    let Some(cpu) = Cpu::with(isa) else {
        return skip::skip(isa.name(), "tests/answers/labels.rs", &format!("this processor has no {isa}"));
    };
    for [m, n] in SIZES {
        let at = format!("{isa} {} {m} x {n}", T::NAME);
        // sums of these are exact in any order
        let points = |n: usize, by: usize| (0..n).map(|k| T::from_f64((k * by % 11) as f64 - 5.0)).collect::<Vec<T>>();
        let (x, y, l, k) = (points(m, 7), points(n, 4), labels(m, 5), labels(n, 7));
        let (xs, ys): (Vec<f64>, Vec<f64>) =
            (x.iter().map(|v| v.to_f64()).collect(), y.iter().map(|v| v.to_f64()).collect());
        let sums =
            |term: &dyn Fn(usize, usize) -> f64| (0..m).map(|i| (0..n).map(|j| term(i, j)).sum()).collect::<Vec<f64>>();
        let numbers = |v: Vec<T>| v.into_iter().map(T::to_f64).collect::<Vec<f64>>();
        let counted = |c: bool, v: f64| if c { v } else { 0.0 };

        let call = same(&x, &y, &l, &k);
        let expected = sums(&|i, j| counted(l[i] == k[j], xs[i] * ys[j]));
        assert_eq!(numbers(call.eval_on(&cpu).expect("runs")), expected, "{at}");
        assert_eq!(call.naive().expect("runs"), expected, "{at}");
        let e = vec![T::from_f64(2.0); m];
        let gradient = numbers(call.grad_y(&e).eval_on(&cpu).expect("runs"));
        let expected: Vec<f64> = (0..n).map(|j| (0..m).map(|i| counted(l[i] == k[j], 2.0 * xs[i])).sum()).collect();
        assert_eq!(gradient, expected, "{at}");

        for label in [3, u32::MAX - 5, u32::MAX] {
            let call = of_label(&x, &y, &k, label);
            let expected = sums(&|_, j| counted(k[j] == label, ys[j]));
            let expected: Vec<f64> = expected.iter().zip(&xs).map(|(a, x)| a + x).collect();
            assert_eq!(numbers(call.eval_on(&cpu).expect("runs")), expected, "{at}");
            assert_eq!(call.naive().expect("runs"), expected, "{at}");
        }

        let are_near = |i: usize, j: usize| {
            let [a, b] = [l[i], k[j]].map(i64::from);
            (a - b).abs() <= 3 && (a + b) % 2 == 0
        };
        let least = |i: usize| (0..n).filter(|j| are_near(i, *j)).map(|j| ys[j]).fold(f64::INFINITY, f64::min);
        let found = numbers(near(&y, &l, &k).eval_on(&cpu).expect("runs"));
        assert_eq!(found, (0..m).map(least).collect::<Vec<_>>(), "{at}");

        let (u, v) = (words::<3>(m, 5), words::<3>(n, 7));
        let distance = |i: usize, j: usize| u[i].iter().zip(&v[j]).filter(|(a, b)| a != b).count() as f64;
        let call = hamming(&y, &u, &v);
        assert_eq!(numbers(call.eval_on(&cpu).expect("runs")), sums(&|i, j| ys[j] * distance(i, j)), "{at}");
        assert_eq!(call.naive().expect("runs"), sums(&|i, j| ys[j] * distance(i, j)), "{at}");

        let bits = [u32::MAX - 20, u32::MAX, 3];
        let found = numbers(masked(&x, &y, bits).eval_on(&cpu).expect("runs"));
        assert_eq!(found, sums(&|i, j| counted(20 < j && j % 3 != 0, xs[i] * ys[j])), "{at}");

        let best = |i: usize| {
            let mut best: Option<usize> = None;
            for j in 0..n {
                if best.is_none_or(|b| xs[i] * ys[j] > xs[i] * ys[b]) {
                    best = Some(j);
                }
            }
            best.map_or(NONE, |j| j as u32).max(l[i])
        };
        let call = farther(&x, &y, &l);
        assert_eq!(call.eval_on(&cpu).expect("runs"), (0..m).map(best).collect::<Vec<_>>(), "{at}");
        assert_eq!(call.naive().expect("runs"), (0..m).map(best).collect::<Vec<_>>(), "{at}");
    }
}

#[test]
fn exact_on_every_instruction_set() {
    for isa in [Isa::Avx512, Isa::Avx2, Isa::Baseline] {
        on::<f32>(isa);
        on::<f64>(isa);
    }
}

/// A formula of integers alone has numbers of `f32`.
#[test]
fn integers_alone() {
    let (u, v) = (words::<4>(9, 5), words::<4>(31, 7));
    let nearest = |i: usize| {
        let distance = |j: usize| u[i].iter().zip(&v[j]).filter(|(a, b)| a != b).count();
        let mut all: Vec<usize> = (0..v.len()).collect();
        all.sort_by_key(|j| (distance(*j), *j));
        [all[0] as u32, all[1] as u32]
    };
    assert_eq!(nearest_word(&u, &v).eval(), Ok((0..9).map(nearest).collect()));
    let l = labels(40, 5);
    let others = |i: usize| (0..40).filter(|j| *j != i && l[*j] == l[i]).count() as f32;
    assert_eq!(alike(&l).eval(), Ok((0..40).map(others).collect()));
}

/// In expressions, with integers of all kinds of containers.
#[test]
fn declared_in_expressions() {
    let (x, l) = ([[0.0f64, 0.0], [1.0, 0.0], [0.5, 0.0], [3.0, 0.0]], [7u32, 7, 8, 8]);
    let other = keops!(argmin_j if l_i != l_j { sqdist(x_i, x_j) } where x_i: [f64; 2], l_i: u32).eval();
    assert_eq!(other, Ok(vec![2, 2, 0, 1]));
    let label = 8u32;
    let sum = keops!(sum_j if l_j == label { x_j * x_i } where x_i: [f64; 2], l_j: u32, label: u32).eval();
    assert_eq!(sum, Ok(vec![[0.0, 0.0], [3.5, 0.0], [1.75, 0.0], [10.5, 0.0]]));

    fn sum_of(l: &(impl Rows<Integers<f32>> + ?Sized)) -> Vec<f32> {
        same(&[1.0f32; 4], &[1.0, 2.0, 4.0, 8.0], l, &[7, 8, 7, 8]).eval().expect("runs")
    }
    let expected = [5.0, 5.0, 10.0, 10.0];
    assert_eq!(sum_of(&l), expected);
    assert_eq!(sum_of(&l[..]), expected);
    assert_eq!(sum_of(&l.to_vec()), expected);
    assert_eq!(sum_of(&std::sync::Arc::new(l.to_vec())), expected);
    assert_eq!(sum_of(&std::borrow::Cow::Borrowed(&l[..])), expected);
}

/// Indices that stay with an engine are integers of the next call.
#[test]
fn of_another_call() {
    let (x, y) = ([[0.0f32], [5.0], [9.0]], [[8.0f32], [1.0]]);
    let nearest = keops!(argmin_j sqdist(x_i, y_j) where x_i: [f32; 1], y_j: [f32; 1]);
    let labels = nearest.eval_device(&Cpu::default()).expect("runs");
    let count = keops!(count_i(labels_i == j && y_j[0] > -1) where labels_i: u32, y_j: [f32; 1]);
    assert_eq!(count.eval(), Ok(vec![2.0, 1.0]));
    assert_eq!(count.naive(), Ok(vec![2.0, 1.0]));
    // beside numbers of another type, a copy
    let z = [[8.0f64], [1.0]];
    assert_eq!(
        keops!(count_i(labels_i == j && z_j[0] > -1) where labels_i: u32, z_j: [f64; 1]).eval(),
        Ok(vec![2.0, 1.0])
    );
}

#[test]
fn lengths_are_checked() {
    let message = same(&[1.0f32; 3], &[1.0; 2], &[1, 2], &[1, 2]).eval().expect_err("lengths differ").to_string();
    assert_eq!(message, "`l` has 2 points but `x` has 3: both are indexed by i");
    let call = of_label(&[1.0f32], &[2.0], &[5], 5);
    assert_eq!(call.eval(), Ok(vec![3.0]));
    assert_eq!(call.with_l(6).eval(), Ok(vec![1.0]));
    assert_eq!(call.with_m(&[6]).with_l(6).eval(), Ok(vec![3.0]));
    assert!(format!("{call:?}").ends_with("m: 1 × u32, l: 5 }"), "{call:?}");
}
