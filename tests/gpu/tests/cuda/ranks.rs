//! Calls divided among ranks, each of which has a card: a fake one, or, with its number in `KEOPS_CARD`, streams of a real one.

use std::ops::Range;

use keops::error::RanksError;
use keops::ranks::{Communicator as _, Ranks};
use keops::{Batches, Cards, Cpu, Cuda, Device, Engine, Error, Keeps, Ranges};
use keops_cuda_tests::{Lease, Live};

use crate::common::{is_compiled, lease, points, real_card};
use crate::divided::Divided;
use crate::parts::parts;
use crate::suite;
use crate::threads::{Thread, on_threads};

/// As many cards as there are ranks: their numbers, and what holds the fake ones.
fn cards(ranks: usize) -> Vec<(u32, Option<Lease>)> {
    let fake = |device: Lease| (device.number() as u32, Some(device));
    (0..ranks).map(|_| real_card().map_or_else(|| fake(lease()), |card| (card, None))).collect()
}

/// Nothing is left on fake cards.
fn is_empty(cards: &[(u32, Option<Lease>)]) {
    for device in cards.iter().filter_map(|(_, device)| device.as_ref()) {
        assert_eq!((device.live(), device.unwritten()), (Live::default(), 0), "something is left, or was not written");
    }
}

/// Every pass of the suite, on ranks that are streams of one card.
#[test]
fn every_pass_has_the_bits_of_one_card() {
    if !is_compiled() {
        return;
    }
    let cards = cards(1);
    let cuda = Cuda::new(cards[0].0).expect("the card is there");
    for (sizes, [m, n]) in [([7, 3, 3], [9, 40]), ([1, 1, 1], [5, 0]), ([32, 5, 2], [0, 5])] {
        suite::run_all::<f32, _>(&Divided::new(cuda.with_sizes(sizes)), m, n, true);
    }
    // columns that have come are taken in pieces once more
    suite::run_all::<f64, _>(&Divided::new(cuda.with_sizes([7, 3, 4]).with_memory(3000, 100)), 7, 23, true);
    drop(cuda);
    is_empty(&cards);
}

/// Points of a call.
struct Given {
    x: Vec<[f32; 3]>,
    y: Vec<[f32; 3]>,
    b: Vec<f32>,
}

impl Given {
    fn new(m: usize, n: usize) -> Self {
        let y = points(n, 2);
        Given { x: points(m, 1), b: y.iter().map(|y| y[0] - 0.5).collect(), y }
    }
}

/// Results of rows, of columns, and those that are the same everywhere.
#[derive(Debug, Default, PartialEq)]
struct Answers {
    rows: Vec<Vec<f32>>,
    cols: Vec<Vec<f32>>,
    all: Vec<f32>,
}

/// What calls answer with on an engine around a card, for some rows and columns: of operands on the host, and of the same on the card.
fn answers<E: Keeps<f32>>(
    engine: &E,
    cuda: &Cuda,
    given: &Given,
    [rows, cols]: [&Range<usize>; 2],
    [m, n]: [usize; 2],
) -> Result<[Answers; 2], Error> {
    let (x, y, b) = (&given.x[rows.clone()], &given.y[cols.clone()], &given.b[cols.clone()]);
    let e: Vec<f32> = x.iter().map(|x| x[1] - 0.25).collect();
    let ranges = Ranges::new(m, n, [(0..m / 3, vec![0..n / 2, n..n]), (m / 2..m, vec![n / 5..n / 3, n / 2..n])])?;
    let batches = Batches::ragged(&[m / 4, 0, m - m / 4], &[n / 3, 2, n - n / 3 - 2])?;
    let numbers = |points: &[[f32; 3]]| points.as_flattened().to_vec();
    let indices = |points: &[u32]| points.iter().map(|index| *index as f32).collect();

    let mut host = Answers::default();
    let call = suite::gauss(x, y, b, 0.3);
    let gradients = call.with_grads(&e).eval_on(engine)?;
    host.rows.extend([gradients.value, numbers(&gradients.grad_x)]);
    host.cols.extend([numbers(&gradients.grad_y), gradients.grad_b]);
    host.all.push(gradients.grad_s2);
    host.rows.push(call.clone().ranges(&ranges).eval_on(engine)?);
    host.cols.push(numbers(&call.clone().ranges(&ranges).grad_y(&e).eval_on(engine)?));
    host.rows.push(call.clone().batches(&batches).eval_on(engine)?);
    host.all.extend(call.clone().batches(&batches).grad_s2(&e).eval_batches_on(engine)?);
    let soft = suite::soft_min(x, y, b, 0.1);
    host.rows.push(soft.eval_on(engine)?);
    host.cols.push(numbers(&soft.grad_y(&e).eval_on(engine)?));
    let flat = |points: &[[f32; 3]]| points.iter().map(|p| [p[0], p[1]]).collect::<Vec<_>>();
    host.rows.push(indices(&suite::nearest(&flat(x), &flat(y)).eval_on(engine)?));

    let mut card = Answers::default();
    let (x, y, b, e) = (cuda.upload(x)?, cuda.upload(y)?, cuda.upload(b)?, cuda.upload(&e)?);
    let call = suite::gauss(&x, &y, &b, 0.3);
    let gradients = call.with_grads(&e).eval_device(engine)?;
    card.rows.extend([gradients.value.to_host()?, numbers(&gradients.grad_x.to_host()?)]);
    card.cols.extend([numbers(&gradients.grad_y.to_host()?), gradients.grad_b.to_host()?]);
    card.all.extend(gradients.grad_s2.to_host()?);
    card.rows.push(call.clone().ranges(&ranges).eval_on(engine)?);
    card.cols.push(numbers(&call.clone().ranges(&ranges).grad_y(&e).eval_device(engine)?.to_host()?));
    card.rows.push(call.clone().batches(&batches).eval_device(engine)?.to_host()?);
    card.all.extend(call.batches(&batches).grad_s2(&e).eval_batches_on(engine)?);
    // some on the host, and what a call has left on the card
    let soft = suite::soft_min(&x, &given.y[cols.clone()], &b, 0.1);
    card.rows.push(soft.eval_on(engine)?);
    card.cols.push(numbers(&soft.grad_y(&e).eval_on(engine)?));
    let (flat_x, flat_y) = (cuda.upload(&flat(&given.x[rows.clone()]))?, flat(&given.y[cols.clone()]));
    let nearest = suite::nearest(&flat_x, &flat_y).eval_device(engine)?;
    card.rows.push(indices(&nearest.to_host()?));
    Ok([host, card])
}

/// The answers of ranks, put together.
fn joined(of_ranks: Vec<Answers>) -> Answers {
    let mut ranks = of_ranks.into_iter();
    let mut all = ranks.next().expect("there is a rank");
    for rank in ranks {
        let behind = |all: &mut Vec<Vec<f32>>, more: Vec<Vec<f32>>| {
            all.iter_mut().zip(more).for_each(|(all, more)| all.extend(more));
        };
        behind(&mut all.rows, rank.rows);
        behind(&mut all.cols, rank.cols);
        assert_eq!(all.all, rank.all, "what is one for all is the same on all ranks");
    }
    all
}

/// Whole calls, each rank with a card of its own, and the engine as it is made of a card.
#[test]
fn a_card_for_each_rank() {
    if !is_compiled() {
        return;
    }
    for (sizes, ranks, piece) in [([21, 50], 1, 1), ([21, 50], 2, 200), ([40, 30], 3, 1), ([10, 60], 3, usize::MAX)] {
        let [m, n] = sizes;
        let given = Given::new(m, n);
        let (cards, shape) = (cards(ranks), [7, 3, 4]);
        let on = |card: u32| Cuda::new(card).expect("the card is there").with_sizes(shape);
        let alone = on(cards[0].0);
        let [host, card] = answers(&alone, &alone, &given, [&(0..m), &(0..n)], sizes).expect("one card answers");
        assert_eq!(host, card);
        drop(alone);
        let (rows, cols) = (parts(m, ranks, 1), parts(n, ranks, 2));
        let of_ranks = on_threads(ranks, |thread| {
            let rank = thread.rank();
            let engine = Ranks::new(on(cards[rank].0), thread).with_piece(piece);
            answers(&engine, engine.engine(), &given, [&rows[rank], &cols[rank]], sizes).expect("ranks answer")
        });
        let (of_host, of_card) = of_ranks.into_iter().map(|[host, card]| (host, card)).unzip();
        assert_eq!(joined(of_host), host, "{m} × {n} on {ranks} ranks, {piece} bytes at a time");
        assert_eq!(joined(of_card), host, "{m} × {n} on {ranks} cards, {piece} bytes at a time");
        is_empty(&cards);
    }
}

/// A gradient on both sides and in a parameter, with operands on the host: all that a card is asked for.
fn gradients<E: Engine<f32>>(
    engine: &E,
    given: &Given,
    rows: &Range<usize>,
    cols: &Range<usize>,
) -> Result<f32, Error> {
    let (x, y, b) = (&given.x[rows.clone()], &given.y[cols.clone()], &given.b[cols.clone()]);
    let e: Vec<f32> = x.iter().map(|x| x[1]).collect();
    Ok(suite::gauss(x, y, b, 0.3).with_grads(&e).eval_on(engine)?.grad_s2)
}

/// Each function of the driver fails on one rank, at every call of it that there is: all ranks answer with the same error, and the next call is as if
/// nothing had been.
#[test]
fn what_goes_wrong_on_one_card_all_ranks_know() {
    if !is_compiled() {
        return;
    }
    let devices = [lease(), lease(), lease()];
    let (m, n, ranks) = (12, 30, 3);
    let given = Given::new(m, n);
    let (rows, cols) = ([0..5, 5..8, 8..12], [0..4, 4..22, 22..30]);
    let on = |fault: &(dyn Fn(usize) + Sync)| {
        on_threads(ranks, |thread| {
            let rank = thread.rank();
            let cuda = Cuda::new(devices[rank].number() as u32).expect("the card is there").with_sizes([7, 3, 2]);
            let engine = Ranks::new(cuda, thread).with_piece(150);
            fault(rank);
            let first = gradients(&engine, &given, &rows[rank], &cols[rank]);
            (first, gradients(&engine, &given, &rows[rank], &cols[rank]))
        })
    };
    let expected = on(&|_| ())[0].0.clone().expect("nothing goes wrong");
    let names =
        ["cuModuleLoadDataEx", "cuMemAlloc_v2", "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuLaunchKernel"];
    for (name, code) in names.into_iter().zip([999, 2, 999, 2000, 918]).chain([("cuStreamSynchronize", 999)]) {
        let (mut nth, mut failed) = (1, 0);
        // until it is not called so often
        loop {
            let before = std::sync::atomic::AtomicU64::new(0);
            let answers = on(&|rank| {
                if rank == 1 {
                    before.store(devices[1].calls(name), std::sync::atomic::Ordering::Relaxed);
                    devices[1].fail(name, nth, code);
                }
            });
            let is_late = devices[1].calls(name) < before.into_inner() + nth;
            devices[1].forget();
            let error = answers[0].0.as_ref().err();
            for (first, next) in &answers {
                assert_eq!(first.as_ref().err(), error, "call {nth} of `{name}`");
                assert!(first.as_ref().is_ok_and(|first| *first == expected) || first.is_err());
                let next_fails = error.is_none() && next.is_err();
                assert!(next_fails || *next == Ok(expected), "after call {nth} of `{name}`: {next:?}");
            }
            if let Some(error) = error {
                failed += 1;
                let Error::Ranks(RanksError::Failed { rank: 1, message }) = error else {
                    panic!("call {nth} of `{name}`: {error:?}")
                };
                let told = message.contains(&format!("CUDA error {code})")) || message.contains("out of memory");
                assert!(told, "{name}: {message}");
            }
            devices.iter().for_each(|device| assert_eq!(device.live(), Live::default(), "call {nth} of `{name}`"));
            if is_late {
                break;
            }
            // all of the first, and some of those that come often
            nth += 1 + nth / 4;
        }
        assert!(failed > 0 || name == "cuMemAlloc_v2", "`{name}` never fails");
    }
}

/// What a kernel does wrong after a call has left its results on the card is told there by these, and by the next call on all.
#[test]
fn a_context_that_is_lost() {
    if !is_compiled() {
        return;
    }
    let devices = [lease(), lease()];
    let given = Given::new(8, 10);
    let (rows, cols) = ([0..3, 3..8], [0..6, 6..10]);
    let answers = on_threads(2, |thread: Thread| {
        let rank = thread.rank();
        let engine = Ranks::new(Cuda::new(devices[rank].number() as u32).expect("the card is there"), thread);
        if rank == 1 {
            devices[1].fail_kernel(1, 700);
        }
        let (x, y, b) = (&given.x[rows[rank].clone()], &given.y[cols[rank].clone()], &given.b[cols[rank].clone()]);
        let kept = suite::gauss(x, y, b, 0.3).eval_device(&engine);
        let told = kept.and_then(|kept| kept.to_host());
        (told.map(|_| ()), gradients(&engine, &given, &rows[rank], &cols[rank]))
    });
    let next: Vec<&Error> = answers.iter().map(|(_, next)| next.as_ref().expect_err("a context is lost")).collect();
    assert_eq!(next[0], next[1]);
    assert!(
        matches!(next[0], Error::Ranks(RanksError::Failed { rank: 1, message }) if message.contains("context is lost")),
        "{}",
        next[0]
    );
    let first = answers[1].0.as_ref().expect_err("a context is lost").to_string();
    assert!(first.contains("(CUDA error 700)"), "{first}");
}

/// Cards of another kind take other approximations, and a processor is no card: ranks are told so.
#[test]
fn cards_of_other_kinds() {
    if !is_compiled() {
        return;
    }
    let devices = [lease(), lease()];
    devices[0].set_capability(8, 0);
    devices[1].set_capability(9, 0);
    let given = Given::new(8, 10);
    let (rows, cols) = ([0..3, 3..8], [0..6, 6..10]);
    let number = |rank: usize| devices[rank].number() as u32;
    fn differ<E: Engine<f32>>(
        on: impl Fn(usize) -> E + Sync,
        given: &Given,
        [rows, cols]: [&[Range<usize>; 2]; 2],
        [other, first]: [&str; 2],
    ) {
        let answers = on_threads(2, |thread| {
            let rank = thread.rank();
            gradients(&Ranks::new(on(rank), thread), given, &rows[rank], &cols[rank])
        });
        let (other, first) = (other.to_owned(), first.to_owned());
        let error = Error::Ranks(RanksError::Differ { what: "engine".into(), rank: 1, other, first });
        assert_eq!(answers, [Err(error.clone()), Err(error)]);
    }
    let (eight, nine) = ("a card of compute capability 8.0", "a card of compute capability 9.0");
    let card = |rank: usize| Cuda::new(number(rank)).expect("the card is there");
    differ(card, &given, [&rows, &cols], [nine, eight]);
    let both = |rank: usize| Cards::of([number(0), number(rank)]).expect("they are there");
    differ(both, &given, [&rows, &cols], [&format!("{eight} and {nine}"), eight]);
    let any = |rank: usize| if rank == 0 { Device::Cuda(card(0)) } else { Device::Cpu(Cpu::default()) };
    let cpu = Engine::<f32>::kind(&Cpu::default());
    differ(any, &given, [&rows, &cols], [&cpu, eight]);
}
