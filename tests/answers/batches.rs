//! Independent problems in one call: the bits of a call for each.

use std::ops::Range;

use keops::{Batches, Cpu, Isa, Naive, SumScheme, keops};

keops! {
    fn gauss(x_i: [f32; 2], y_j: [f32; 2], b_j: f32, s2: f32) { sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j }
    fn mean(x_i: [f32; 2], y_j: [f32; 2], b_j: f32, s2: f32) { softmax_j(-sqdist(x_i, y_j) / s2, b_j) }
    fn nearest(x_i: [f32; 2], y_j: [f32; 2]) { argmin_j sqdist(x_i, y_j) }
    fn few(x_i: [f32; 2], y_j: [f32; 2], s2: f32) { kmin_argkmin_j[3] if i != j + 1 { sqdist(x_i, y_j) / s2 } }
    fn moved(x_i: [f32; 2], y_j: [f32; 2], b_j: f32, s2: f32) { sum_j if b_j < 1.2 { exp(-sqdist(x_i, y_j) / 2s2) * (x_i - y_j) } }
    fn same(x_i: f32, y_j: f32, l_i: u32, m_j: u32) { sum_j if l_i == m_j { x_i * y_j } }
    fn double(x_i: f64, y_j: f64, s2: f64) { sum_j(exp(-sqdist(x_i, y_j) / s2)) + max_j(if (i + j) % 3 != 1 { y_j * x_i }) }
    fn long(x_i: [f32; 40], y_j: [f32; 40], s2: f32) { sum_j exp(-sqdist(x_i, y_j) / s2) }
    fn others(x_i: [f32; 2]) { min_j if i != j { sqdist(x_i, x_j) } }
    fn pairs(x_i: [f32; 2], y_j: [f32; 2], s2: f32) { logsumexp_j(-sqdist(x_i, y_j) / s2) * count_j(sqdist(x_i, y_j) < 0.25) }
}

/// Rows and columns of small batches.
const SMALL: [(usize, usize); 16] = [
    (1, 1),
    (2, 3),
    (3, 40),
    (5, 5),
    (9, 16),
    (16, 16),
    (17, 33),
    (20, 20),
    (31, 1),
    (40, 40),
    (12, 150),
    (130, 9),
    (257, 5),
    (1030, 2),
    (70, 128),
    (6, 0),
];

/// Sizes of batches: many alike, some of other sizes, and empty ones.
fn sizes() -> Vec<(Vec<usize>, Vec<usize>)> {
    let rng = &mut fastrand::Rng::with_seed(5);
    let mut all =
        vec![(vec![20; 70], vec![20; 70]), (vec![1; 40], vec![33; 40]), (vec![], vec![]), (vec![3], vec![700])];
    // in lanes together, of which the last are not filled, on every instruction set
    for (m, n) in SMALL {
        all.push((vec![m; 35], vec![n; 35]));
    }
    // as many are alike as fill lanes, and lie apart
    let of = |sizes: [usize; 5]| (0..90).map(|k| sizes[k * k % 5]).collect::<Vec<_>>();
    all.push((of([7, 20, 7, 13, 20]), of([20, 9, 20, 0, 9])));
    for _ in 0..4 {
        let mut lens = |most: usize| (0..9).map(|_| rng.usize(0..most)).collect::<Vec<_>>();
        all.push((lens(90), lens(90)));
        all.push((lens(5), lens(600)));
    }
    all
}

fn points(rng: &mut fastrand::Rng, n: usize) -> Vec<[f32; 2]> {
    (0..n).map(|_| [rng.f32(), rng.f32()]).collect()
}

fn numbers(rng: &mut fastrand::Rng, n: usize) -> Vec<f32> {
    (0..n).map(|_| rng.f32() + 0.5).collect()
}

fn bits(v: &[f32]) -> Vec<u32> {
    v.iter().map(|v| v.to_bits()).collect()
}

/// The batches in one call, and in a call each, with a result for each row, for each column, and for each batch.
#[test]
fn batches_are_calls() {
    for (case, (rows, cols)) in sizes().into_iter().enumerate() {
        let batches = Batches::ragged(&rows, &cols).expect("they are as many");
        let rng = &mut fastrand::Rng::with_seed(case as u64);
        let (x, y) = (points(rng, batches.rows()), points(rng, batches.cols()));
        let (b, e, s2) = (numbers(rng, y.len()), numbers(rng, x.len()), numbers(rng, rows.len()));
        let of = |k: usize| batches.batch(k).expect("there are as many");
        for engine in Isa::available().map(|isa| Cpu::with(isa).expect("it is there")) {
            macro_rules! check {
                (|$x:ident, $y:ident, $b:ident, $e:ident| $call:expr $(, $grad:ident($of:ident))?) => {{
                    let of_batches = {
                        let ($x, $y, $b, $e) = (&x[..], &y[..], &b[..], &e[..]);
                        let _ = ($b, $e);
                        let call = $call.with_s2_per_batch(&s2).batches(&batches)$(.$grad($of))?;
                        let results = call.eval_on(&engine).expect("it runs");
                        assert_eq!(flat(&call.eval_batches_on(&engine).expect("it runs").concat()), flat(&results));
                        results
                    };
                    let of_calls = (0..rows.len()).flat_map(|k| {
                        let (i, j) = of(k);
                        let ($x, $y, $b, $e) = (&x[i.clone()], &y[j.clone()], &b[j], &e[i]);
                        let _ = ($b, $e);
                        $call.with_s2(s2[k])$(.$grad($of))?.eval_on(&engine).expect("it runs")
                    });
                    let what = concat!(stringify!($call) $(, stringify!($grad))?);
                    assert_eq!(flat(&of_batches), flat(&of_calls.collect::<Vec<_>>()), "{what} {case} {}", engine.isa());
                }};
            }
            check!(|x, y, b, e| gauss(x, y, b, 1.0));
            check!(|x, y, b, e| gauss(x, y, b, 1.0), grad_x(e));
            check!(|x, y, b, e| gauss(x, y, b, 1.0), grad_y(e));
            check!(|x, y, b, e| gauss(x, y, b, 1.0), grad_b(e));
            check!(|x, y, b, e| mean(x, y, b, 1.0));
            check!(|x, y, b, e| mean(x, y, b, 1.0), grad_x(e));
            check!(|x, y, b, e| mean(x, y, b, 1.0), grad_y(e));
            check!(|x, y, b, e| moved(x, y, b, 1.0));
            check!(|x, y, b, e| moved(x, y, b, 1.0), grad_y(x));
            check!(|x, y, b, e| pairs(x, y, 1.0));
            check!(|x, y, b, e| pairs(x, y, 1.0), grad_y(e));
            // one result for each batch
            let call = mean(&x, &y, &b, 1.0).with_s2_per_batch(&s2).batches(&batches).grad_s2(&e);
            let together = call.eval_batches_on(&engine).expect("it runs");
            let alone = |k: usize| {
                let (i, j) = of(k);
                mean(&x[i.clone()], &y[j.clone()], &b[j], s2[k]).grad_s2(&e[i]).eval_on(&engine).expect("it runs")
            };
            assert_eq!(bits(&together), bits(&(0..rows.len()).map(alone).collect::<Vec<_>>()), "{case}");
            // indices count from 0 in each
            let apart = |k: usize| nearest(&x[of(k).0], &y[of(k).1]).eval_on(&engine).expect("it runs");
            let call = nearest(&x, &y).batches(&batches);
            assert_eq!(call.eval_on(&engine), Ok((0..rows.len()).flat_map(apart).collect()), "{case}");
            let call = few(&x, &y, 1.0).with_s2_per_batch(&s2).batches(&batches);
            let (values, places) = call.eval_on(&engine).expect("it runs");
            for (k, s2) in s2.iter().enumerate() {
                let (i, j) = of(k);
                let alone = few(&x[i.clone()], &y[j], *s2).eval_on(&engine).expect("it runs");
                assert_eq!((flat(&values[i.clone()]), &places[i]), (flat(&alone.0), &alone.1[..]), "{case}");
            }
        }
    }
}

fn flat<P: AsNumbers>(points: &[P]) -> Vec<u32> {
    points.iter().flat_map(AsNumbers::numbers).map(f32::to_bits).collect()
}

trait AsNumbers {
    fn numbers(&self) -> Vec<f32>;
}
impl AsNumbers for f32 {
    fn numbers(&self) -> Vec<f32> {
        vec![*self]
    }
}
impl AsNumbers for [f32; 3] {
    fn numbers(&self) -> Vec<f32> {
        self.to_vec()
    }
}
impl AsNumbers for [f32; 2] {
    fn numbers(&self) -> Vec<f32> {
        self.to_vec()
    }
}

/// In both precisions, added up in every way, and where columns come in groups.
#[test]
fn small_batches_in_every_scheme() {
    let rng = &mut fastrand::Rng::with_seed(11);
    for (m, n) in SMALL {
        let batches = Batches::uniform(35, m, n).expect("they are few");
        let mut wide = |n: usize| (0..n).map(|_| rng.f64()).collect::<Vec<_>>();
        let (x, y, s2) = (wide(35 * m), wide(35 * n), wide(35));
        let mut long_points = |n: usize| (0..n).map(|_| std::array::from_fn(|_| rng.f32())).collect::<Vec<[f32; 40]>>();
        let (p, q) = (long_points(35 * m), long_points(35 * n));
        for engine in Isa::available().map(|isa| Cpu::with(isa).expect("it is there")) {
            for scheme in [SumScheme::Direct, SumScheme::Block, SumScheme::Kahan] {
                let call = double(&x, &y, 1.0).with_s2_per_batch(&s2).sum_scheme(scheme).batches(&batches);
                let together = call.eval_on(&engine).expect("it runs");
                let alone = (0..35).flat_map(|k| {
                    let call = double(&x[k * m..][..m], &y[k * n..][..n], s2[k]).sum_scheme(scheme);
                    call.eval_on(&engine).expect("it runs")
                });
                let bits = |v: Vec<f64>| v.into_iter().map(f64::to_bits).collect::<Vec<_>>();
                assert_eq!(bits(together), bits(alone.collect()), "{m} x {n}, {scheme:?}, {}", engine.isa());
                let call = long(&p, &q, 9.0).sum_scheme(scheme).batches(&batches);
                let together = call.eval_on(&engine).expect("it runs");
                let alone = (0..35).flat_map(|k| {
                    let call = long(&p[k * m..][..m], &q[k * n..][..n], 9.0).sum_scheme(scheme);
                    call.eval_on(&engine).expect("it runs")
                });
                assert_eq!(
                    flat(&together),
                    flat(&alone.collect::<Vec<_>>()),
                    "{m} x {n}, {scheme:?}, {}",
                    engine.isa()
                );
            }
        }
    }
}

/// An operand with the points of one batch is shared by all, and so is a parameter with one value.
#[test]
fn what_all_batches_share() {
    [5, 37].into_iter().for_each(what_so_many_batches_share);
}

fn what_so_many_batches_share(count: usize) {
    let rng = &mut fastrand::Rng::with_seed(7);
    let batches = Batches::uniform(count, 30, 21).expect("they are few");
    let (x, y, b) = (points(rng, count * 30), points(rng, 21), numbers(rng, count * 21));
    let copied: Vec<[f32; 2]> = y.repeat(count);
    let shared = gauss(&x, &y, &b, 0.1).batches(&batches);
    let alone = gauss(&x, &copied, &b, 0.1).batches(&batches);
    assert_eq!(shared.eval(), alone.eval());
    assert_eq!(shared.eval_on(&Naive), alone.eval_on(&Naive));
    // a gradient is one for each batch
    let e = numbers(rng, 30);
    let repeated = e.repeat(count);
    assert_eq!(shared.grad_y(&e).eval(), alone.grad_y(&repeated).eval());
    assert_eq!(shared.grad_y(&e).eval().map(|g| g.len()), Ok(count * 21));
    // points under both indices
    let one: Range<usize> = 0..30;
    let batches = Batches::uniform(count, 30, 30).expect("they are few");
    let expected: Vec<f32> = others(&x[one.clone()]).eval().expect("it runs").repeat(count);
    assert_eq!(others(&x[one]).batches(&batches).eval(), Ok(expected));
    let apart: Vec<f32> = x.chunks(30).flat_map(|x| others(x).eval().expect("it runs")).collect();
    assert_eq!(others(&x).batches(&batches).eval(), Ok(apart));
    // what is stored as another type, shared and not
    let labels = |n: usize| (0..n as u32).map(|n| n * n % 5).collect::<Vec<_>>();
    let (l, m) = (labels(count * 30), labels(21));
    let first: Vec<f32> = x.iter().map(|x| x[0]).collect();
    let of_labels = same(&first, &b, &l, &m).batches(&Batches::uniform(count, 30, 21).expect("they are few")).eval();
    let of_label =
        |k: usize| same(&first[k * 30..][..30], &b[k * 21..][..21], &l[k * 30..][..30], &m).eval().expect("it runs");
    assert_eq!(of_labels.map(|v| bits(&v)), Ok(bits(&(0..count).flat_map(of_label).collect::<Vec<_>>())));
    // what lies in another layout
    let layout = keops::Layout { point: 1, component: 21, ..keops::Layout::points(21, 2) };
    let numbers: Vec<f32> = (0..2).flat_map(|k| y.iter().map(move |y| y[k])).collect();
    let columns = keops::Points::new(&numbers, layout).expect("it fits");
    assert_eq!(
        gauss(&x, &columns, &b, 0.1).batches(&Batches::uniform(count, 30, 21).expect("few")).eval(),
        alone.eval()
    );
}

/// Rows that problems share are in lanes already: with parameters that are the same or others, indices, and beside rows that are
/// not shared, of few rows and of more than are in lanes at a time.
#[test]
fn rows_that_all_batches_share() {
    let rng = &mut fastrand::Rng::with_seed(13);
    for (count, m, n) in [(20, 70, 1), (9, 400, 3), (7, 700, 40), (5, 6000, 1), (3, 40, 900)] {
        let batches = Batches::uniform(count, m, n).expect("they are few");
        let (x, y, b) = (points(rng, m), points(rng, count * n), numbers(rng, count * n));
        let (s2, first, own) = (numbers(rng, count), numbers(rng, m), numbers(rng, count * m));
        let labels = |len: usize| (0..len as u32).map(|n| n * n % 5).collect::<Vec<_>>();
        let (l, own_l, k) = (labels(m), labels(count * m), labels(count * n));
        let (u, v): (Vec<f64>, Vec<f64>) =
            (first.iter().map(|v| f64::from(*v)).collect(), b.iter().map(|v| f64::from(*v)).collect());
        for engine in Isa::available().map(|isa| Cpu::with(isa).expect("it is there")) {
            let what = format!("{count} of {m} x {n}, {}", engine.isa());
            let all = |call: &dyn Fn(usize) -> Vec<f32>| bits(&(0..count).flat_map(call).collect::<Vec<_>>());
            let part = |batch: usize| batch * n..(batch + 1) * n;
            let found = gauss(&x, &y, &b, 0.3).batches(&batches).eval_on(&engine).expect("it runs");
            let alone = |k: usize| gauss(&x, &y[part(k)], &b[part(k)], 0.3).eval_on(&engine).expect("it runs");
            assert_eq!(bits(&found), all(&alone), "{what}");
            let found = mean(&x, &y, &b, 1.0).with_s2_per_batch(&s2).batches(&batches);
            let alone = |k: usize| mean(&x, &y[part(k)], &b[part(k)], s2[k]).eval_on(&engine).expect("it runs");
            assert_eq!(bits(&found.eval_on(&engine).expect("it runs")), all(&alone), "{what}");
            let places = few(&x, &y, 1.0).batches(&batches).eval_on(&engine).expect("it runs").1;
            let alone = |k: usize| few(&x, &y[part(k)], 1.0).eval_on(&engine).expect("it runs").1;
            assert_eq!(places, (0..count).flat_map(alone).collect::<Vec<_>>(), "{what}");
            // one of two is shared
            let rows = |batch: usize| batch * m..(batch + 1) * m;
            let found = same(&first, &b, &own_l, &k).batches(&batches).eval_on(&engine).expect("it runs");
            let alone =
                |q: usize| same(&first, &b[part(q)], &own_l[rows(q)], &k[part(q)]).eval_on(&engine).expect("it runs");
            assert_eq!(bits(&found), all(&alone), "{what}");
            let found = same(&own, &b, &l, &k).batches(&batches).eval_on(&engine).expect("it runs");
            let alone = |q: usize| same(&own[rows(q)], &b[part(q)], &l, &k[part(q)]).eval_on(&engine).expect("it runs");
            assert_eq!(bits(&found), all(&alone), "{what}");
            for scheme in [SumScheme::Direct, SumScheme::Block, SumScheme::Kahan] {
                let of = |u: &[f64], v: &[f64]| double(u, v, 0.4).sum_scheme(scheme).eval_on(&engine).expect("it runs");
                let found = double(&u, &v, 0.4).sum_scheme(scheme).batches(&batches).eval_on(&engine).expect("it runs");
                let wide = |v: Vec<f64>| v.into_iter().map(f64::to_bits).collect::<Vec<_>>();
                let alone = (0..count).flat_map(|k| of(&u, &v[part(k)])).collect();
                assert_eq!(wide(found), wide(alone), "{what}, {scheme:?}");
            }
        }
    }
}

#[test]
fn mistakes() {
    let (x, y, b) = (vec![[0.0; 2]; 12], vec![[0.0; 2]; 6], vec![0.0; 6]);
    let three = Batches::uniform(3, 4, 2).expect("they are few");
    let said = |error: Option<keops::Error>| error.expect("it is a mistake").to_string();
    assert_eq!(
        said(gauss(&x[..5], &y, &b, 1.0).batches(&three).eval().err()),
        "`x` has 5 points, and the batches of the call have 12 rows in all; an operand that all batches share has 4"
    );
    let ragged = Batches::ragged(&[5, 7], &[3, 3]).expect("they are two");
    assert_eq!(
        said(gauss(&x[..5], &y, &b, 1.0).batches(&ragged).eval().err()),
        "`x` has 5 points, and the batches of the call have 12 rows"
    );
    let call = gauss(&x, &y, &b, 1.0).with_s2_per_batch(&[1.0, 2.0]);
    assert_eq!(
        said(call.batches(&three).eval().err()),
        "the parameter `s2` has 2 values, and there are 3 batches: one for all, or one for each"
    );
    let call = gauss(&x, &y, &b, 1.0).batches(&three).grad_s2(&[1.0; 4]);
    assert_eq!(
        said(call.eval().err()),
        "there are 3 batches, and `eval` answers with one result: `eval_batches` answers with one for each"
    );
    assert_eq!(call.eval_batches(), Ok(vec![0.0; 3]));
}

/// An operand may be called as the method of a parameter is.
#[test]
fn names_of_methods() {
    let (x, a, a_per_batch) = (vec![1.0f32, 2.0], 1.0, 10.0);
    let two = Batches::uniform(2, 1, 1).expect("they are two");
    let call = keops!(sum_j x_i * x_j * a + a_per_batch where x_i: f32, a: f32, a_per_batch: f32);
    assert_eq!(call.with_a_per_batch(20.0).batches(&two).eval(), Ok(vec![21.0, 24.0]));
    assert_eq!(call.with_a_per_batch_(&[0.0, 1.0]).batches(&two).eval(), Ok(vec![10.0, 14.0]));
}
