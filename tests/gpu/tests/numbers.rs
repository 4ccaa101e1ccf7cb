//! Faults of numbers that users of such libraries meet, on GPU kernels.

mod common;
#[path = "../../faults/mod.rs"]
mod faults;

use common::is_compiled;
use keops_gpu_tests::{Sizes, interpreter};

#[test]
fn numbers() {
    if !is_compiled() {
        return;
    }
    for sizes in [None, Some(Sizes { threads: 32, tile: 5, spans: 3 })] {
        faults::run::<f32, _>(&interpreter(sizes));
        faults::run::<f64, _>(&interpreter(sizes));
    }
}
