//! Calls divided among ranks: their results have the bits of calls that are not, and what goes wrong on one rank all know.

mod answers;
mod cloud;
#[path = "../parts/mod.rs"]
mod parts;
#[path = "../threads/mod.rs"]
mod threads;

use answers::{Bits, answers, joined, of_sixty_rows, pruned, some_pairs};
use cloud::Points;
use keops::ranks::{Communicator as _, Ranks as Divided};
use keops::{Cpu, Engine, Error, Naive, Scalar};
use parts::parts;
use threads::on_threads;

fn same<T: Scalar + Bits, E: Engine<T> + Clone + Sync>(
    engine: &E,
    sizes: &[(usize, usize)],
    ranks: &[usize],
    pieces: &[usize],
) {
    for &(m, n) in sizes {
        let points = Points::<T>::new(m, n);
        let expected = answers(engine, &points, &(0..m), &(0..n)).expect("it is computed");
        for &ranks in ranks {
            for (seed, &piece) in pieces.iter().enumerate() {
                let (rows, cols) = (parts(m, ranks, seed as u64), parts(n, ranks, seed as u64 + 50));
                let of_ranks = on_threads(ranks, |thread| {
                    let rank = thread.rank();
                    let ranks = Divided::new(engine.clone(), thread).with_piece(piece);
                    answers(&ranks, &points, &rows[rank], &cols[rank]).expect("it is computed")
                });
                let found = joined(&of_ranks);
                for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
                    assert_eq!(found, expected, "answer {k} of {m} × {n} on {ranks} ranks, {piece} bytes at a time");
                }
            }
        }
    }
}

#[test]
fn bits_are_those_of_one_process() {
    let sizes = [(40, 70), (1, 3000), (300, 1), (0, 5), (7, 0), (130, 1100)];
    same::<f32, Cpu>(&Cpu::default(), &sizes, &[1, 2, 3, 5], &[1, 5000]);
    same::<f64, Cpu>(&Cpu::default(), &sizes, &[2, 4], &[20_000]);
    same::<f32, Naive>(&Naive, &sizes[..5], &[1, 2, 5], &[1, 3000]);
}

#[test]
fn bits_of_several_spans() {
    // the processor has no span of more than 65,536 columns
    same::<f32, Cpu>(&Cpu::default(), &[(2, 70_000)], &[1, 3], &[1, 700_000]);
}

#[test]
fn ranges_and_batches() -> Result<(), Error> {
    let (m, n) = (60, 900);
    let points = Points::new(m, n);
    let (ranges, batches) = of_sixty_rows()?;
    let expected = some_pairs(&Cpu::default(), &points, &ranges, &batches)?;
    for (ranks, piece) in [(1, 1), (2, 4000), (3, 1), (4, usize::MAX)] {
        let (rows, cols) = (parts(m, ranks, 1), parts(n, ranks, 2));
        let of_ranks = on_threads(ranks, |thread| {
            let here = points.part(&rows[thread.rank()], &cols[thread.rank()]);
            let engine = Divided::new(Cpu::default(), thread).with_piece(piece);
            some_pairs(&engine, &here, &ranges, &batches).expect("it is computed")
        });
        for (k, (found, expected)) in joined(&of_ranks).iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "answer {k} on {ranks} ranks, {piece} bytes at a time");
        }
    }
    Ok(())
}

/// Trees of the columns that have come are searched, and each row goes on with what it has found before.
#[test]
fn pruned_calls() -> Result<(), Error> {
    for (m, n) in [(700, 5000), (5, 0), (0, 7)] {
        let points = Points::new(m, n);
        let expected = pruned(&Cpu::default(), &points)?;
        for (ranks, piece) in [(1, 1), (2, 500), (3, 20_000), (4, usize::MAX)] {
            let (rows, cols) = (parts(m, ranks, 3), parts(n, ranks, 4));
            let of_ranks = on_threads(ranks, |thread| {
                let here = points.part(&rows[thread.rank()], &cols[thread.rank()]);
                pruned(&Divided::new(Cpu::default(), thread).with_piece(piece), &here).expect("it is computed")
            });
            for (k, (found, expected)) in joined(&of_ranks).iter().zip(&expected).enumerate() {
                assert_eq!(found, expected, "answer {k} of {m} × {n} on {ranks} ranks, {piece} bytes at a time");
            }
        }
    }
    Ok(())
}

#[test]
fn progress_is_told_on_rank_0() -> Result<(), Error> {
    let points = Points::<f32>::new(10, 200);
    let told = on_threads(2, |thread| {
        let told = std::rc::Rc::new(std::cell::RefCell::new(vec![]));
        let (to, rank) = (told.clone(), thread.rank());
        // spans of the naive loop have 64 columns
        let engine = Divided::new(Naive, thread).with_piece(1).with_progress(move |done| to.borrow_mut().push(done));
        let cols = [0..150, 150..200][rank].clone();
        answers::gauss(&points.x, &points.y[cols.clone()], &points.b[cols], 0.5)
            .eval_on(&engine)
            .expect("it is computed");
        told.take()
    });
    assert_eq!(told, [vec![0.32, 0.64, 0.96, 1.0], vec![]]);
    Ok(())
}
