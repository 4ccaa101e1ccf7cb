//! Warped series on GPU kernels, whose tables lie in the memory of threads: the same as on the processor.

mod common;

use common::is_compiled;
use keops::{Naive, keops};
use keops_gpu_tests::{Sizes, interpreter};

keops! {
    #[gpu(with_grads)]
    #[with_grads(u, v, s)]
    fn single(u_i: [f32; 10], v_j: [f32; 10], s: f32) { sum_j softdtw(u_i, v_j, s) }
    #[gpu(with_grads)]
    #[with_grads(u, v, s)]
    fn double(u_i: [f64; 5], v_j: [f64; 3], s: f64) { logsumexp_j(-softdtw(u_i, v_j, s)) }
    fn second(u_i: [f64; 3], v_j: [f64; 4], s: f64) { sum_j sum(grad(diff(softdtw(u_i, v_j, s), s, 1), u_i, 1)) }
}

fn series<const D: usize>(rng: &mut fastrand::Rng, count: usize) -> Vec<[f64; D]> {
    (0..count).map(|_| std::array::from_fn(|_| 4.0 * rng.f64() - 2.0)).collect()
}

#[track_caller]
fn near(found: impl IntoIterator<Item = f64>, expected: impl IntoIterator<Item = f64>, tolerance: f64) {
    for (a, b) in found.into_iter().zip(expected) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{a}, expected {b}");
    }
}

#[test]
fn values_and_slopes() {
    if !is_compiled() {
        return;
    }
    let rng = &mut fastrand::Rng::with_seed(1);
    let (u, v) = (series::<10>(rng, 9), series::<10>(rng, 7));
    let [u, v] = [u, v].map(|w| w.iter().map(|w| w.map(|v| v as f32)).collect::<Vec<_>>());
    let (x, y, e) = (series::<5>(rng, 9), series::<3>(rng, 7), [1.0, -0.5, 2.0, 0.0, 1.0, 1.5, 0.25, 1.0, 3.0]);
    let (p, q) = (series::<3>(rng, 5), series::<4>(rng, 6));
    for sizes in [None, Some(Sizes { threads: 4, tile: 3, spans: 2 })] {
        let engine = interpreter(sizes);
        let e32 = e.map(|v| v as f32);
        let call = single(&u, &v, 0.4);
        let [found, expected] =
            [call.with_grads(&e32).eval_on(&engine), call.with_grads(&e32).eval_on(&Naive)].map(|all| all.unwrap());
        let wide = |v: &[f32]| v.iter().map(|v| f64::from(*v)).collect::<Vec<_>>();
        near(wide(&found.value), wide(&expected.value), 1e-5);
        near(wide(found.grad_u.as_flattened()), wide(expected.grad_u.as_flattened()), 1e-4);
        near(wide(found.grad_v.as_flattened()), wide(expected.grad_v.as_flattened()), 1e-4);
        near([f64::from(found.grad_s)], [f64::from(expected.grad_s)], 1e-4);

        let call = double(&x, &y, 0.4);
        let [found, expected] =
            [call.with_grads(&e).eval_on(&engine), call.with_grads(&e).eval_on(&Naive)].map(|all| all.unwrap());
        near(found.value, expected.value, 1e-12);
        near(found.grad_u.into_iter().flatten(), expected.grad_u.into_iter().flatten(), 1e-11);
        near(found.grad_v.into_iter().flatten(), expected.grad_v.into_iter().flatten(), 1e-11);
        near([found.grad_s], [expected.grad_s], 1e-11);

        let call = second(&p, &q, 0.7);
        near(call.eval_on(&engine).unwrap(), call.eval_on(&Naive).unwrap(), 1e-11);
    }
}
