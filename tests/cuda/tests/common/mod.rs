//! What the tests of the engine share.

#![allow(dead_code, unused_imports, unused_macros, reason = "each test file uses its part")]

#[path = "../../../gpu/tests/common/mod.rs"]
pub(crate) mod compiled;

pub(crate) use compiled::is_compiled;
use keops_cuda_tests::{Lease, free_device, install};

/// A fake card that no other test has.
pub(crate) fn lease() -> Lease {
    install();
    free_device()
}

/// The number of the card that tests are to run on, where it is a real one: `KEOPS_CARD`, or the first where `KEOPS_REQUIRE` lists `gpu`.
pub(crate) fn real_card() -> Option<u32> {
    let required = std::env::var("KEOPS_REQUIRE").unwrap_or_default();
    let first = required.split([',', ' ']).any(|what| what == "gpu").then_some(0);
    let named = std::env::var("KEOPS_CARD").ok();
    named.map_or(first, |card| Some(card.parse().expect("`KEOPS_CARD` is the number of a card")))
}

/// Points in a cube.
pub(crate) fn points(len: usize, seed: u64) -> Vec<[f32; 3]> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| [rng.f32(), rng.f32(), rng.f32()]).collect()
}

/// The card of a lease.
macro_rules! cuda {
    ($device:ident) => {
        if $crate::common::is_compiled() {
            keops::Cuda::new($device.number() as u32).expect("the fake driver has cards")
        } else {
            return Ok(());
        }
    };
}
pub(crate) use cuda;
