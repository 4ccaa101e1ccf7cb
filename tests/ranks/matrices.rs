//! Matrices over ranks: products have the bits of one process, rows stay where they are, and what needs all points is refused.

mod cloud;
#[path = "../parts/mod.rs"]
mod parts;
#[path = "../threads/mod.rs"]
mod threads;

use std::ops::Range;

use cloud::Points;
use keops::error::RanksError;
use keops::ranks::{Communicator as _, Ranks};
use keops::{Columns, Cpu, Engine, Error, Naive, keops};
use parts::parts;
use threads::{Thread, on_threads};

keops! {
    pub(crate) fn gauss<T>(x_i: [T; 3], y_j: [T; 3], s2: T) { exp(-sqdist(x_i, y_j) / 2s2) }
    pub(crate) fn moved(x_i: [f32; 3], y_j: [f32; 3]) { if (i + 2 * j) % 3 < 2 { x_i - y_j } else { x_i * y_j } }
    fn near<const D: usize>(x_i: [f32; D], y_j: [f32; D]) { min_j sqdist(x_i, y_j) }
}

/// Numbers of a rank: those of its rows, or of its columns.
#[derive(Debug, PartialEq)]
enum Of {
    Rows(Vec<u32>),
    Cols(Vec<u32>),
}

fn bits<'n>(numbers: impl IntoIterator<Item = &'n f32>) -> Vec<u32> {
    numbers.into_iter().map(|number| number.to_bits()).collect()
}

/// Columns of numbers for the points of a range, the same wherever these are.
fn columns<const E: usize>(points: &Range<usize>) -> Vec<[f32; E]> {
    points.clone().map(|point| std::array::from_fn(|k| ((point * 7 + k * 3) % 11) as f32 / 8.0 - 0.5)).collect()
}

/// All products that there are, of these rows and columns.
fn products<E: Engine<f32>>(
    engine: &E,
    points: &Points<f32>,
    rows: &Range<usize>,
    cols: &Range<usize>,
) -> Result<Vec<Of>, Error> {
    let Points { x, y, b } = points.part(rows, cols);
    let (k, blocks) = (gauss(&x, &y, 0.5), moved(&x, &y));
    let (k, blocks) = (k.on(engine), blocks.on(engine));
    let numbers = columns::<5>(cols).concat();
    let (of_rows, of_entries) = (columns::<1>(rows).concat(), columns::<3>(rows).concat());
    Ok(vec![
        Of::Rows(bits(&k.apply(&b)?)),
        Of::Rows(bits(k.apply(&columns::<2>(cols))?.as_flattened())),
        // a group of eight and some of the next
        Of::Rows(bits(k.apply(&columns::<11>(cols))?.as_flattened())),
        Of::Rows(bits(&k.apply(&Columns::new(&numbers, 5)?)?)),
        Of::Cols(bits(&k.apply_t(&of_rows)?)),
        Of::Cols(bits(k.apply_t(&columns::<4>(rows))?.as_flattened())),
        Of::Rows(bits(k.row_sums()?.iter())),
        Of::Rows(bits(&blocks.apply(&b)?)),
        Of::Cols(bits(&blocks.apply_t(&of_entries)?)),
        Of::Rows(bits(blocks.row_sums()?.as_flattened())),
    ])
}

/// What ranks have, one after the other.
fn joined(of_ranks: &[Vec<Of>]) -> Vec<Of> {
    (0..of_ranks[0].len())
        .map(|k| {
            let all = of_ranks.iter().flat_map(|rank| match &rank[k] {
                Of::Rows(numbers) | Of::Cols(numbers) => numbers.clone(),
            });
            match of_ranks[0][k] {
                Of::Rows(_) => Of::Rows(all.collect()),
                Of::Cols(_) => Of::Cols(all.collect()),
            }
        })
        .collect()
}

#[test]
fn products_have_the_bits_of_one_process() -> Result<(), Error> {
    for (m, n) in [(60, 90), (3, 500), (0, 5), (7, 0)] {
        let points = Points::new(m, n);
        let expected = products(&Cpu::default(), &points, &(0..m), &(0..n))?;
        for (ranks, piece) in [(1, usize::MAX), (2, 1), (3, 900), (5, usize::MAX)] {
            let (rows, cols) = (parts(m, ranks, 1), parts(n, ranks, 2));
            let of_ranks = on_threads(ranks, |thread| {
                let rank = thread.rank();
                let engine = Ranks::new(Cpu::default(), thread).with_piece(piece);
                products(&engine, &points, &rows[rank], &cols[rank]).expect("it is computed")
            });
            assert_eq!(joined(&of_ranks), expected, "{m} × {n} on {ranks} ranks, {piece} bytes at a time");
        }
    }
    Ok(())
}

/// What each of some ranks answers with, where each has a part of the points.
fn on_ranks<R: Send>(ranks: usize, what: impl Fn(&Ranks<Naive, Thread>, Points<f32>) -> R + Sync) -> Vec<R> {
    let points = Points::new(50, 40);
    let (rows, cols) = (parts(50, ranks, 1), parts(40, ranks, 2));
    on_threads(ranks, |thread| {
        let here = points.part(&rows[thread.rank()], &cols[thread.rank()]);
        what(&Ranks::new(Naive, thread), here)
    })
}

/// The same error on all, after which all are where they were.
fn alike<R: std::fmt::Debug + Send>(
    ranks: usize,
    what: impl Fn(&Ranks<Naive, Thread>, Points<f32>) -> Result<R, Error> + Sync,
) -> Error {
    let answers = on_ranks(ranks, |engine, points| {
        let answer = what(engine, points.clone());
        gauss(&points.x, &points.y, 0.5).on(engine).apply(&points.b).expect("the next call is as if nothing had been");
        answer
    });
    let errors: Vec<&Error> = answers.iter().map(|answer| answer.as_ref().expect_err("one has failed")).collect();
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    errors[0].clone()
}

#[test]
fn factors_that_do_not_fit() {
    for ranks in [1, 2, 3] {
        let last = ranks - 1;
        let apply = alike(ranks, |engine, Points { x, y, mut b }| {
            b.extend((engine.rank() == last).then_some(1.0));
            gauss(&x, &y, 0.5).on(engine).apply(&b)
        });
        let rank = |error: &Error| matches!(error, Error::Ranks(RanksError::Failed { rank, .. }) if *rank == last);
        assert!(rank(&apply) && apply.to_string().contains("one for each column"), "{apply}");
        let transposed = alike(ranks, |engine, Points { x, y, .. }| {
            let rows = x.len() + usize::from(engine.rank() == last);
            gauss(&x, &y, 0.5).on(engine).apply_t(&vec![1.0; rows])
        });
        assert!(rank(&transposed) && transposed.to_string().contains("one for each row"), "{transposed}");
    }
    // operands of a matrix, of which a product is made before there is a call
    let lengths = alike(3, |engine, Points { x, y, .. }| {
        let weights = vec![1.0; x.len() + usize::from(engine.rank() == 1)];
        weighed(&x, &y, &weights).on(engine).row_sums()
    });
    assert!(
        matches!(&lengths, Error::Ranks(RanksError::Failed { rank: 1, message }) if message.contains("indexed by i")),
        "{lengths}"
    );
}

keops! {
    pub(crate) fn weighed(x_i: [f32; 3], y_j: [f32; 3], w_i: f32) { w_i * dot(x_i, y_j) }
}

#[test]
fn products_that_differ() {
    let differ = |error: Error, at: usize, parts: [&str; 3]| {
        let Error::Ranks(RanksError::Differ { what, rank, other, first }) = &error else { panic!("{error:?}") };
        let fits = *rank == at && what == parts[0] && other.contains(parts[1]) && first.contains(parts[2]);
        assert!(fits, "{error}");
    };
    // one product in the place of two, and others of the same formula
    for columns in [1, 2, 9] {
        let error = alike(3, |engine, Points { x, y, .. }| {
            let columns = if engine.rank() == 2 { columns } else { 3 };
            let b = vec![1.0; y.len() * columns];
            gauss(&x, &y, 0.5).on(engine).apply(&Columns::new(&b, columns)?)
        });
        differ(error, 2, ["formula", &format!("with {columns} columns"), "with 3 columns"]);
    }
    let error = alike(2, |engine, Points { x, y, b }| {
        let k = gauss(&x, &y, 0.5);
        if engine.rank() == 1 { k.on(engine).row_sums() } else { k.on(engine).apply(&b) }
    });
    differ(error, 1, ["formula", "the sums of the rows", "the product"]);
    // a call, and none
    let error = alike(2, |engine, Points { x, y, b }| {
        let k = gauss(&x, &y, 0.5);
        if engine.rank() == 1 { k.times(&b).eval_on(engine) } else { k.on(engine).apply(&b) }
    });
    differ(error, 1, ["formula", "exp", "the product of"]);
    // one formula, in the plane and in space
    let error = alike(3, |engine, Points { x, y, .. }| {
        let plane = |points: &[[f32; 3]]| points.iter().map(|p| [p[0], p[1]]).collect::<Vec<_>>();
        if engine.rank() == 1 { near(&plane(&x), &plane(&y)).eval_on(engine) } else { near(&x, &y).eval_on(engine) }
    });
    differ(error, 1, ["width of an operand", "`x` of 2, `y` of 2", "`x` of 3, `y` of 3"]);
}

/// Asks for entries.
type Entries = fn(&Ranks<Naive, Thread>, Points<f32>) -> Result<Vec<f32>, Error>;

#[test]
fn entries_are_refused() {
    for ranks in [1, 2, 3] {
        let refused = |entries: Entries| {
            let error = alike(ranks, entries);
            let text = error.to_string();
            assert!(
                matches!(error, Error::Ranks(RanksError::Entries { .. })) && text.contains("`ranks.gather(&x)`"),
                "{text}"
            );
        };
        refused(|engine, Points { x, y, .. }| gauss(&x, &y, 0.5).on(engine).row(3));
        refused(|engine, Points { x, y, .. }| gauss(&x, &y, 0.5).on(engine).column(0));
        refused(|engine, Points { x, y, .. }| gauss(&x, &y, 0.5).on(engine).block(0..1, ..));
        refused(|engine, Points { x, y, .. }| gauss(&x, &y, 0.5).on(engine).dense());
        refused(|engine, Points { x, y, .. }| gauss(&x, &y, 0.5).on(engine).diagonal());
        // and what the error says to type works
        let gathered = on_ranks(ranks, |engine, Points { x, y, .. }| {
            let (x, y) = (engine.gather(&x).expect("all"), engine.gather(&y).expect("all"));
            (engine.rank() == 0).then(|| gauss(&x, &y, 0.5).row(3).expect("it has entries"))
        });
        let all = Points::<f32>::new(50, 40);
        assert_eq!(gathered[0], gauss(&all.x, &all.y, 0.5).row(3).ok());
    }
}
