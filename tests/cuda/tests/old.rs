//! Cards that are older than those that kernels are for. In a process of its own, for it counts all cards.

use keops::{Cards, Cuda, Device, Error};
use keops_cuda_tests::{Live, device, install, says};

/// They are told when they are asked for, and passed over where any card will do.
#[test]
fn cards_that_are_too_old() -> Result<(), Error> {
    install();
    let count = Cuda::devices()?.len();
    let old = device(1);
    old.set_capability(7, 0);
    old.set_memory(1 << 40);
    let parts = ["card 1 (", "has compute capability 7.0", "for 7.5 (Turing, 2018) and above", "`Device::best()`"];
    says(Cuda::new(1), &parts);
    says(Cards::of([0, 1]), &parts);
    assert_eq!(
        (old.live(), Cuda::devices()?.len()),
        (Live::default(), count),
        "it is listed, and has not been touched"
    );
    // the one with most memory is no choice, nor is the next if it fails
    device(2).set_memory(1 << 35);
    let best = |expected: u32| match Device::best() {
        Device::Cuda(cuda) => assert_eq!(cuda.device().ordinal, expected),
        other => panic!("{other:?}, not card {expected}"),
    };
    best(2);
    device(2).fail("cuDevicePrimaryCtxRetain", 1, 2);
    best(0);
    let numbers = |cards: Cards| cards.cards().iter().map(|card| card.device().ordinal).collect::<Vec<_>>();
    assert_eq!(numbers(Cuda::all()?), (0..count as u32).filter(|card| *card != 1).collect::<Vec<_>>());
    // where all are, the processor is left
    (0..count).for_each(|number| device(number).set_capability(6, 1));
    says(Cuda::all(), &["card 0 (", "has compute capability 6.1"]);
    assert!(matches!(Device::best(), Device::Cpu(_)));
    Ok(())
}
