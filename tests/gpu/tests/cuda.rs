//! The conformance suite on the engine `Cuda`: through `cust`, on a fake driver, or, with the number of a card in the environment variable
//! `KEOPS_CARD`, on that card. The executable needs nothing beside itself, and can be carried to where a card is.

#[path = "../../cuda/tests/common/mod.rs"]
mod common;
#[path = "../../divided/mod.rs"]
mod divided;
#[path = "../../lawful/mod.rs"]
mod lawful;
#[path = "../../parts/mod.rs"]
mod parts;
// in one program with what it compiles as well
#[path = "cuda/ranks.rs"]
mod ranks;
#[path = "../../suite/mod.rs"]
mod suite;
#[path = "../../threads/mod.rs"]
mod threads;

use common::{is_compiled, lease, real_card};
use keops::{Cards, Cuda, Engine, Scalar};
use keops_cuda_tests::{Lease, Live};
use lawful::Lawful;
use suite::Numbers;

/// One warp; single threads and columns; odd numbers of all; more threads than columns.
const SHAPES: [[u32; 3]; 4] = [[32, 32, 1], [1, 1, 1], [7, 3, 2], [32, 5, 3]];
const SIZES: [[usize; 2]; 7] = [[0, 5], [1, 1], [5, 0], [3, 40], [40, 3], [33, 33], [2, 200]];

/// In memory that is used again, and in memory of exact sizes, in which whoever leaves a block is found.
fn on<T: Scalar + Numbers>(usual: [usize; 2]) {
    if !is_compiled() {
        return;
    }
    let (card, device) = card();
    let cuda = Cuda::new(card).expect("the card is there");
    for (k, shape) in SHAPES.into_iter().enumerate() {
        for [m, n] in SIZES {
            let pooled = cuda.with_sizes(shape);
            let engine = if (m + k) % 2 == 0 { pooled } else { pooled.exact().expect("a stream") };
            suite::run_all::<T, _>(&engine, m, n, true);
        }
    }
    suite::run_all::<T, _>(&cuda, usual[0], usual[1], true);
    suite::run_all::<T, _>(&cuda.with_sizes([7, 3, 4]).with_memory(3000, 100), 9, 40, true);
    suite::run_all::<T, _>(&Lawful(cuda.with_sizes([7, 3, 2])), 9, 40, true);
    drop(cuda);
    if let Some(device) = device {
        assert_eq!(device.unwritten(), 0, "numbers that nothing has written were taken for results");
        assert_eq!(device.live(), Live::default(), "something is left behind");
    }
}

/// The number of a card, and what holds it, if it is a fake one.
fn card() -> (u32, Option<Lease>) {
    real_card().map_or_else(
        || {
            let device = lease();
            (device.number() as u32, Some(device))
        },
        |card| (card, None),
    )
}

#[test]
fn single_precision() {
    on::<f32>([300, 30]);
}

#[test]
fn double_precision() {
    on::<f64>([20, 300]);
}

/// A value with its gradients, and a gradient that takes two passes.
type Bits = (Vec<f32>, Vec<[f32; 3]>, Vec<[f32; 3]>, Vec<f32>, f32, Vec<[f32; 3]>);

/// Several cards are one engine, with the bits of one card.
#[test]
fn several_cards() {
    if !is_compiled() {
        return;
    }
    // of a real one, three streams
    let devices = [card(), card(), card()];
    let cards = Cards::of(devices.each_ref().map(|(card, _)| *card)).expect("they are there");
    for [m, n] in SIZES {
        suite::run_all::<f32, _>(&cards, m, n, true);
    }
    suite::run_all::<f64, _>(&Lawful(cards.clone()), 9, 40, true);
    let (x, y) = (common::points(50, 1), common::points(90, 2));
    let (b, e): (Vec<f32>, Vec<f32>) = (y.iter().map(|y| y[0] - 0.5).collect(), x.iter().map(|x| x[1]).collect());
    fn all<E: Engine<f32>>(engine: &E, x: &[[f32; 3]], y: &[[f32; 3]], b: &[f32], e: &[f32]) -> Bits {
        let call = suite::gauss(x, y, b, 0.3);
        let gradients = call.with_grads(e).eval_on(engine).expect("all gradients");
        let soft = suite::soft_min(x, y, b, 0.1).grad_y(e).eval_on(engine).expect("a gradient in the columns");
        (gradients.value, gradients.grad_x, gradients.grad_y, gradients.grad_b, gradients.grad_s2, soft)
    }
    let (one, three) = (all(&cards.cards()[0], &x, &y, &b, &e), all(&cards, &x, &y, &b, &e));
    assert!(one == three, "the bits of one card");
    drop(cards);
    for device in devices.into_iter().filter_map(|(_, device)| device) {
        assert!(device.calls("cuLaunchKernel") > 0, "each card has computed");
        assert_eq!(device.live(), Live::default(), "something is left behind");
    }
}

/// 10⁵ calls, and the card has as much memory as before.
#[test]
fn calls_on_a_card_leave_nothing() {
    let Some(card) = real_card() else {
        let why = "a fake driver stands in for a card: `KEOPS_CARD=0` takes the first";
        return common::compiled::skip::skip("gpu", "tests/cuda on a card", why);
    };
    let cuda = Cuda::new(card).expect("the card is there");
    let (x, y) = (common::points(50, 1), common::points(90, 2));
    let (b, e) = (vec![0.5; 90], vec![1.0; 50]);
    let call = || suite::gauss(&x, &y, &b, 0.3).with_grads(&e).eval_on(&cuda).expect("a result").value;
    let expected = (0..1000).map(|_| call()).next_back();
    let before = cuda.free_memory().expect("the driver says");
    for _ in 0..100_000 {
        assert_eq!(Some(call()), expected, "other bits");
    }
    assert_eq!(cuda.free_memory().expect("the driver says"), before);
}
