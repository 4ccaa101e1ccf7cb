//! Independent problems in one call: the bits of a call for each.

use std::ops::Range;

use keops::{Batches, Cpu, Isa, Naive, keops};

keops! {
    fn gauss(x_i: [f32; 2], y_j: [f32; 2], b_j: f32, s2: f32) { sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j }
    fn mean(x_i: [f32; 2], y_j: [f32; 2], b_j: f32, s2: f32) { softmax_j(-sqdist(x_i, y_j) / s2, b_j) }
    fn nearest(x_i: [f32; 2], y_j: [f32; 2]) { argmin_j sqdist(x_i, y_j) }
    fn others(x_i: [f32; 2]) { min_j if i != j { sqdist(x_i, x_j) } }
    fn pairs(x_i: [f32; 2], y_j: [f32; 2], s2: f32) { logsumexp_j(-sqdist(x_i, y_j) / s2) * count_j(sqdist(x_i, y_j) < 0.25) }
}

/// Sizes of batches: many alike, some of other sizes, and empty ones.
fn sizes() -> Vec<(Vec<usize>, Vec<usize>)> {
    let rng = &mut fastrand::Rng::with_seed(5);
    let mut all =
        vec![(vec![20; 70], vec![20; 70]), (vec![1; 40], vec![33; 40]), (vec![], vec![]), (vec![3], vec![700])];
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
impl AsNumbers for [f32; 2] {
    fn numbers(&self) -> Vec<f32> {
        self.to_vec()
    }
}

/// An operand with the points of one batch is shared by all, and so is a parameter with one value.
#[test]
fn what_all_batches_share() {
    let rng = &mut fastrand::Rng::with_seed(7);
    let batches = Batches::uniform(5, 30, 21).expect("they are few");
    let (x, y, b) = (points(rng, 150), points(rng, 21), numbers(rng, 105));
    let copied: Vec<[f32; 2]> = y.repeat(5);
    let shared = gauss(&x, &y, &b, 0.1).batches(&batches);
    let alone = gauss(&x, &copied, &b, 0.1).batches(&batches);
    assert_eq!(shared.eval(), alone.eval());
    assert_eq!(shared.eval_on(&Naive), alone.eval_on(&Naive));
    // a gradient is one for each batch
    let e = numbers(rng, 30);
    let repeated = e.repeat(5);
    assert_eq!(shared.grad_y(&e).eval(), alone.grad_y(&repeated).eval());
    assert_eq!(shared.grad_y(&e).eval().map(|g| g.len()), Ok(105));
    // points under both indices
    let one: Range<usize> = 0..30;
    let batches = Batches::uniform(5, 30, 30).expect("they are few");
    let expected: Vec<f32> = others(&x[one.clone()]).eval().expect("it runs").repeat(5);
    assert_eq!(others(&x[one]).batches(&batches).eval(), Ok(expected));
    let apart: Vec<f32> = x.chunks(30).flat_map(|x| others(x).eval().expect("it runs")).collect();
    assert_eq!(others(&x).batches(&batches).eval(), Ok(apart));
    // what lies in another layout
    let layout = keops::Layout { point: 1, component: 21, ..keops::Layout::points(21, 2) };
    let numbers: Vec<f32> = (0..2).flat_map(|k| y.iter().map(move |y| y[k])).collect();
    let columns = keops::Points::new(&numbers, layout).expect("it fits");
    assert_eq!(gauss(&x, &columns, &b, 0.1).batches(&Batches::uniform(5, 30, 21).expect("few")).eval(), alone.eval());
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
