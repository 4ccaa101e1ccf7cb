//! The engine `Cuda` on the fake driver.
//!
//! Without a device compiler the tests pass, and say that they were skipped; `KEOPS_REQUIRE=ptx` makes them fail.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::is_compiled;
use keops::{Cuda, keops};
use keops_cuda_tests::{Live, free_device, install};

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32) {
        sum_j exp(-sqdist(x_i, y_j)) * b_j
    }
}

#[test]
fn calls_leave_nothing_behind() {
    if !is_compiled() {
        return;
    }
    install();
    let lease = free_device();
    let cuda = Cuda::new(lease.number() as u32).unwrap();
    let x: Vec<[f32; 3]> = (0..40).map(|k| [k as f32 * 0.01, 0.5, -0.25]).collect();
    let y: Vec<[f32; 3]> = (0..70).map(|k| [0.3, k as f32 * 0.02, 0.1]).collect();
    let b: Vec<f32> = (0..70).map(|k| (k % 7) as f32 - 2.5).collect();
    let expected = gauss(&x, &y, &b).eval().unwrap();
    let first = gauss(&x, &y, &b).eval_on(&cuda).unwrap();
    for (found, expected) in first.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
    }
    let before = (lease.live(), lease.calls("cuMemAlloc_v2"));
    for _ in 0..20 {
        assert_eq!(gauss(&x, &y, &b).eval_on(&cuda).unwrap(), first);
    }
    assert_eq!((lease.live(), lease.calls("cuMemAlloc_v2")), before, "nothing grows, and nothing is allocated");
    assert_eq!(lease.unwritten(), 0);
    drop(cuda);
    assert_eq!(lease.live(), Live::default(), "{:?}", lease.all_calls());
}
