//! Formulas over some of the pairs: each row meets its own columns, or the formula is refused.

#![allow(clippy::single_range_in_vec_init, reason = "lists of columns are ranges")]

use keops::{Batches, Call, Cpu, Error, Naive, Owned, Plan, Ranges, keops};

/// Which columns each of five rows meets.
const LISTS: [&[usize]; 5] = [&[0], &[1, 2], &[], &[0, 1, 2, 4, 5], &[5]];
const X: [f64; 5] = [1.0, 2.0, -3.0, 0.5, 4.0];
const Y: [f64; 6] = [10.0, -2.0, 3.0, 0.25, 5.0, 1.0];
const B: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
const E: [f64; 5] = [1.0, 10.0, 100.0, 0.5, 2.0];

fn ranges() -> Ranges {
    let lists = |i: usize| LISTS[i].iter().map(|j| *j..j + 1).collect::<Vec<_>>();
    Ranges::new(5, 6, (0..5).map(|i| (i..i + 1, lists(i)))).expect("it is a set of pairs")
}

/// What is a list of numbers: results per row or column, or one in all.
trait Flat {
    fn flat(self) -> Vec<f64>;
}
impl Flat for Vec<f64> {
    fn flat(self) -> Vec<f64> {
        self
    }
}
impl Flat for f64 {
    fn flat(self) -> Vec<f64> {
        vec![self]
    }
}

/// The results on both engines, which agree.
fn found<'c, P: Plan>(call: &impl AsRef<Call<'c, f64, P>>) -> Result<Vec<f64>, Error>
where
    Owned<P, f64>: Flat,
{
    let [naive, cpu] = on_both(call, &ranges())?.map(Flat::flat);
    close(&cpu, &naive);
    Ok(cpu)
}

/// The results on the plain loop and on the processor.
fn on_both<'c, P: Plan>(call: &impl AsRef<Call<'c, f64, P>>, ranges: &Ranges) -> Result<[Owned<P, f64>; 2], Error> {
    let call: Call<'_, f64, P> = call.as_ref().clone();
    let call = call.ranges(ranges);
    Ok([call.eval_on(&Naive)?, call.eval_on(&Cpu::default())?])
}

#[track_caller]
fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!(
            f == e || f.is_nan() && e.is_nan() || (f - e).abs() < 1e-12 * e.abs().max(1.0),
            "{found:?}, expected {expected:?}"
        );
    }
}

/// A value for each row, of the columns that it meets.
fn rows(of: impl Fn(usize, &[usize]) -> f64) -> Vec<f64> {
    (0..5).map(|i| of(i, LISTS[i])).collect()
}

/// A value for each column, of the rows that meet it.
fn cols(of: impl Fn(usize, &[usize]) -> f64) -> Vec<f64> {
    (0..6).map(|j| of(j, &(0..5).filter(|i| LISTS[*i].contains(&j)).collect::<Vec<_>>())).collect()
}

#[track_caller]
fn refused(result: Result<Vec<f64>, Error>) {
    assert!(matches!(result, Err(Error::Ranges { .. })), "{result:?}");
}

#[test]
fn sums_over_listed_columns() {
    let (x, y, b) = (X, Y, B);
    let call = keops!(sum_j exp(-(x_i - y_j)^2) * b_j);
    let k = |i: usize, j: usize| (-(X[i] - Y[j]).powi(2)).exp();
    close(&found(&call).expect("it is a sum"), &rows(|i, js| js.iter().map(|j| k(i, *j) * B[*j]).sum()));
    let grad_x = rows(|i, js| js.iter().map(|j| E[i] * -2.0 * (X[i] - Y[*j]) * k(i, *j) * B[*j]).sum());
    close(&found(&call.grad_x(&E)).expect("it is a sum"), &grad_x);
    close(&found(&call.grad_b(&E)).expect("it is a sum"), &cols(|j, is| is.iter().map(|i| E[*i] * k(*i, j)).sum()));
}

#[test]
fn columns_are_counted_for_each_row() {
    let (x, y) = (X, Y);
    let call = keops!(sum_j x_i + 0 * y_j where x_i: f64, y_j: f64);
    close(&found(&call).expect("it counts"), &rows(|i, js| X[i] * js.len() as f64));
    close(&found(&call.grad_x(&E)).expect("it counts"), &rows(|i, js| E[i] * js.len() as f64));
    let call = keops!(sum_j(x_i) * max_j(x_i * y_j));
    let most = |i: usize, js: &[usize]| js.iter().map(|j| X[i] * Y[*j]).fold(f64::NEG_INFINITY, f64::max);
    let counted = rows(|i, js| X[i] * js.len() as f64 * most(i, js));
    close(&found(&call).expect("it counts"), &counted);
}

/// What the compiler has taken out of the pairs.
#[test]
fn what_is_the_same_for_all_rows_is_refused() {
    let (x, y, b) = (X, Y, B);
    refused(found(&keops!(x_i * sum_j(b_j))));
    refused(found(&keops!(x_i * sum_j(b_j)).grad_b(&E)));
    let call = keops!(max_j(x_i * y_j) * sum_j(b_j));
    refused(found(&call));
    refused(found(&call.grad_b(&E)));
    refused(found(&call.grad_y(&E)));
    let call = keops!(softmax_j(x_i * y_j, y_j) * sum_j(b_j));
    refused(found(&call.grad_b(&E)));
}

/// A total over all pairs that are listed.
#[test]
fn gradients_in_parameters() {
    let (x, y, p) = (X, Y, 0.5);
    let call = keops!(sum_j exp(-p * (x_i - y_j)^2));
    let share = |i: usize, j: usize| E[i] * -(X[i] - Y[j]).powi(2) * (-0.5 * (X[i] - Y[j]).powi(2)).exp();
    let expected: f64 = (0..5).flat_map(|i| LISTS[i].iter().map(move |j| share(i, *j))).sum();
    close(&found(&call.grad_p(&E)).expect("it is a total"), &[expected]);
}

#[test]
fn the_nearest_of_equals_come_first_in_any_form() {
    // few rows, so that columns fill the lanes, but for the ends of the lists; and values of which many are equal
    let n = 5000;
    let (x, y) = ([0.0, 1.0, -2.0], (0..n).map(|j| f64::from(j * 7 % 5)).collect::<Vec<f64>>());
    let lists = vec![3..1022, 1023..1030, 2000..2777, 4000..4999];
    let ranges = Ranges::new(3, n as usize, [(0..1, lists.clone()), (1..3, lists)]).expect("it is a set of pairs");
    let call = keops!(argkmin_j[4]((x_i - y_j) ^ 2));
    let [naive, cpu] = on_both(&call, &ranges).expect("it chooses");
    assert_eq!(cpu, naive);
}

#[test]
fn ranges_of_other_points() {
    let (x, y, p) = (X, Y, 0.5);
    let few = Ranges::new(4, 6, [(0..4, vec![0..6])]).expect("it is a set of pairs");
    let said = keops!(sum_j exp(-p * (x_i - y_j)^2)).ranges(&few).eval().expect_err("there are five rows");
    assert_eq!(said.to_string(), "`x` has 5 points, and the ranges of the call have 4 rows");
    let all = ranges();
    let call = keops!(sum_j exp(-p * (x_i - y_j)^2)).with_p_per_batch(&[0.5, 1.0]);
    let said = call.ranges(&all).eval().expect_err("there is one problem");
    assert_eq!(said.to_string(), "the parameter `p` has 2 values, and there is 1 batch: one for all, or one for each");
}

/// What no pairs are has the results of nothing, with gradients of 0.
#[test]
fn rows_that_meet_nothing() {
    let (x, y) = (X, Y);
    let none = Ranges::new(5, 6, [(0..5, vec![])]).expect("it is a set of pairs");
    assert_eq!(keops!(max_j x_i * y_j).ranges(&none).eval(), Ok(vec![f64::NEG_INFINITY; 5]));
    assert_eq!(keops!(argmin_j x_i * y_j).ranges(&none).eval(), Ok(vec![keops::NONE; 5]));
    assert_eq!(keops!(logsumexp_j x_i * y_j).ranges(&none).grad_x(&E).eval(), Ok(vec![0.0; 5]));
    assert_eq!(keops!(logsumexp_j x_i * y_j).ranges(&none).grad_y(&E).eval(), Ok(vec![0.0; 6]));
}

/// Means of nothing are no numbers, and yet nothing contributes nothing to a gradient, nor does a row whose e is 0.
#[test]
fn means_of_nothing_have_gradients() {
    keops! {
        fn mean(x_i: f64, y_j: f64, s: f64) { mean_j(s * (x_i - y_j)^2) }
        fn var(x_i: f64, y_j: f64, s: f64) { var_j(s * (x_i - y_j)) }
    }
    let (x, y, e) = ([1.0, 2.0, 3.0], [4.0, 6.0, 9.0, 9.0], [1.0, 0.0, 1.0]);
    let some =
        Ranges::new(3, 4, [(0..1, vec![0..2]), (1..2, vec![]), (2..3, vec![1..4])]).expect("it is a set of pairs");
    let over_ranges = || mean(&x, &y, 2.0).ranges(&some);
    let values = over_ranges().eval().expect("answers");
    assert!(values[0] == 34.0 && values[1].is_nan() && values[2] == 54.0, "{values:?}");
    assert_eq!(over_ranges().grad_x(&e).eval(), Ok(vec![-16.0, 0.0, -20.0]));
    assert_eq!(over_ranges().grad_s(&e).eval(), Ok(44.0));
    assert_eq!(var(&x, &y, 2.0).ranges(&some).grad_x(&e).eval(), Ok(vec![0.0; 3]));
    let batches = Batches::ragged(&[1, 1, 1], &[2, 0, 2]).expect("they are few");
    assert_eq!(mean(&x, &y, 2.0).batches(&batches).grad_s(&e).eval_batches(), Ok(vec![17.0, 0.0, 36.0]));
    let none = mean(&x, &[0.0; 0], 2.0);
    assert_eq!(none.grad_x(&e).eval(), Ok(vec![0.0; 3]));
    assert_eq!(none.grad_s(&e).naive(), Ok(0.0));
    assert!(none.eval().expect("answers").iter().all(|v| v.is_nan()));
}

#[test]
fn ranges_within_batches() {
    let (x, y) = ([1.0, 2.0, 4.0, 8.0], [1.0, 10.0, 100.0, 1000.0]);
    let batches = Batches::uniform(2, 2, 2).expect("they are few");
    let ranges = Ranges::within(&batches, [(0..2, vec![1..2]), (3..4, vec![2..4])]).expect("each is of one batch");
    assert_eq!(keops!(sum_j x_i * y_j).ranges(&ranges).eval(), Ok(vec![10.0, 20.0, 0.0, 8800.0]));
    // indices count from 0 in each batch
    assert_eq!(keops!(argmax_j x_i * y_j).ranges(&ranges).eval(), Ok(vec![1, 1, keops::NONE, 1]));
    let e = [1.0; 4];
    assert_eq!(keops!(sum_j abs(x_i - y_j)).ranges(&ranges).grad_y(&e).eval(), Ok(vec![0.0, 2.0, 1.0, 1.0]));
}

/// Of two sets of pairs none is meant for sure: a call answers with neither.
#[test]
fn a_call_is_over_one_set_of_pairs() {
    keops! { fn near(x_i: f64, y_j: f64) { sum_j exp(-(x_i - y_j)^2) } }
    let (ranges, batches) = (ranges(), Batches::uniform(1, 5, 6).expect("they are few"));
    let refused = |error: Error| {
        assert_eq!(
            error.to_string(),
            "a call with two of `.ranges(…)` and `.batches(…)`, or with one of them twice: it is over one set of pairs. \
             `Ranges::within(&batches, …)` are ranges within batches"
        );
    };
    for call in [
        near(&X, &Y).ranges(&ranges).batches(&batches),
        near(&X, &Y).batches(&batches).ranges(&ranges),
        near(&X, &Y).ranges(&ranges).ranges(&ranges),
        near(&X, &Y).batches(&batches).batches(&batches).with_x(&X),
    ] {
        refused(call.eval().expect_err("two sets"));
        refused(call.naive().expect_err("two sets"));
        refused(call.eval_batches().expect_err("two sets"));
        refused(call.eval_into(&mut [0.0; 5]).expect_err("two sets"));
        refused(call.grad_x(&E).eval().expect_err("two sets"));
        refused(call.pruned().eval().expect_err("two sets"));
        assert!(call.tolerance(1e-6).eval().is_err());
    }
    let one = near(&X, &Y).ranges(&ranges).grad_x(&E).ranges(&ranges);
    refused(one.eval().expect_err("the gradient has the pairs of its value"));
}
