//! Ranges and batches, as users say them, on GPU kernels.

mod common;

use common::is_compiled;
use keops::{Batches, Naive, Ranges, keops};
use keops_gpu_tests::interpreter;

keops! {
    #[gpu(grad_y, grad_s)]
    fn laplace(x_i: [f64; 2], y_j: [f64; 2], b_j: f64, s: f64) { sum_j exp(-norm(x_i - y_j) / s) * b_j }
}

#[track_caller]
fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 1e-12 * e.abs().max(1.0), "{found:?}, expected {expected:?}");
    }
}

#[test]
fn ranges_and_batches() {
    if !is_compiled() {
        return;
    }
    let rng = &mut fastrand::Rng::with_seed(3);
    let mut points = |n: usize| (0..n).map(|_| [rng.f64(), rng.f64()]).collect::<Vec<_>>();
    let (x, y, shared) = (points(60), points(90), points(30));
    let (b, e) =
        ((0..90).map(f64::from).collect::<Vec<_>>(), (0..60).map(|n| 1.0 / f64::from(n + 1)).collect::<Vec<_>>());
    let gpu = interpreter(None);

    let ranges = Ranges::new(60, 90, [(40..60, vec![3..5, 80..90]), (0..20, vec![30..60, 0..17])]);
    let ranges = ranges.expect("it is a set of pairs");
    let call = laplace(&x, &y, &b, 0.3).ranges(&ranges);
    close(&call.eval_on(&gpu).expect("it runs"), &call.eval_on(&Naive).expect("it runs"));
    let grad = call.grad_y(&e);
    let [on_gpu, naive] = [grad.eval_on(&gpu), grad.eval_on(&Naive)].map(|g| g.expect("it runs").concat());
    close(&on_gpu, &naive);
    let grad = call.grad_s(&e);
    let [on_gpu, naive] = [grad.eval_on(&gpu), grad.eval_on(&Naive)].map(|g| vec![g.expect("it runs")]);
    close(&on_gpu, &naive);

    let batches = Batches::uniform(3, 20, 30).expect("they are few");
    let s = [0.1, 0.2, 0.4];
    let call = laplace(&x, &shared, &b, 1.0).with_s_per_batch(&s).batches(&batches);
    let apart = (0..3).flat_map(|k| {
        let (i, j) = batches.batch(k).expect("there are three");
        laplace(&x[i], &shared, &b[j], s[k]).eval_on(&Naive).expect("it runs")
    });
    close(&call.eval_on(&gpu).expect("it runs"), &apart.collect::<Vec<_>>());
    let grad = call.grad_s(&e);
    let [on_gpu, naive] = [grad.eval_batches_on(&gpu), grad.eval_batches_on(&Naive)].map(|g| g.expect("it runs"));
    close(&on_gpu, &naive);
}
