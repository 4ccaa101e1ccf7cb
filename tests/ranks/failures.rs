//! What goes wrong on one rank: all answer with the same error, and none waits in vain (the threads of these tests lose patience).

mod cloud;
mod faulty;
#[path = "../parts/mod.rs"]
mod parts;
#[path = "../threads/mod.rs"]
mod threads;

use cloud::Points;
use faulty::{Faulty, How};
use keops::error::RanksError;
use keops::ranks::{Communicator as _, Ranks};
use keops::{Batches, Cpu, Engine, Error, Isa, Naive, Ranges, SumScheme, keops};
use parts::parts;
use threads::{Thread, on_threads};

keops! {
    fn soft_min<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, s2: T) {
        -s2 * logsumexp_j((b_j - sqdist(x_i, y_j)) / s2)
    }
    fn other<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, s2: T) {
        sum_j sqdist(x_i, y_j) * b_j * s2
    }
}

/// The gradient in a parameter: a pass over all pairs, one over rows, and a total.
fn gradient<E: Engine<f32>>(engine: &E, points: &Points<f32>) -> Result<f32, Error> {
    let e: Vec<f32> = points.x.iter().map(|x| x[0]).collect();
    soft_min(&points.x, &points.y, &points.b, 0.5).grad_s2(&e).eval_on(engine)
}

/// What each of three ranks answers with, where each has a part of the points.
fn on_three<R: Send>(what: impl Fn(Thread, Points<f32>) -> R + Sync) -> Vec<R> {
    let points = Points::new(150, 200);
    let (rows, cols) = (parts(150, 3, 1), parts(200, 3, 2));
    on_threads(3, |thread| {
        let rank = thread.rank();
        what(thread, points.part(&rows[rank], &cols[rank]))
    })
}

/// The same error on all.
fn alike<R: std::fmt::Debug>(answers: &[Result<R, Error>]) -> Error {
    let errors: Vec<&Error> = answers.iter().map(|answer| answer.as_ref().expect_err("one has failed")).collect();
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    errors[0].clone()
}

#[test]
fn wherever_a_rank_fails_all_know() {
    for how in [How::Error, How::Panic] {
        for rank in 0..3 {
            let mut asked = 0;
            // until nothing is asked of the engine that late
            loop {
                let answers = on_three(|thread, points| {
                    let fails = if thread.rank() == rank { asked } else { usize::MAX };
                    let engine = Ranks::new(Faulty::after(fails, how), thread).with_piece(600);
                    let first = gradient(&engine, &points);
                    // and the next call is as if nothing had been
                    assert!(gradient(&engine, &points).is_ok() || first.is_ok());
                    first
                });
                if answers.iter().all(Result::is_ok) {
                    break;
                }
                let message = match how {
                    How::Error => "out of memory: no room for 77 numbers",
                    How::Panic => "a panic: it is asked once too often",
                };
                assert_eq!(
                    alike(&answers),
                    Error::Ranks(RanksError::Failed { rank, message: message.into() }),
                    "{asked}"
                );
                asked += 1;
            }
            assert!(asked > 20, "asked for {asked} things");
        }
    }
}

#[test]
fn calls_that_differ() {
    let differ = |what: &str, rank: usize, other: &str, first: &str| {
        Error::Ranks(RanksError::Differ { what: what.into(), rank, other: other.into(), first: first.into() })
    };
    // formulas
    let answers = on_three(|thread, Points { x, y, b }| {
        let is_first = thread.rank() == 0;
        let engine = Ranks::new(Naive, thread);
        if is_first { soft_min(&x, &y, &b, 0.5).eval_on(&engine) } else { other(&x, &y, &b, 0.5).eval_on(&engine) }
    });
    let error = alike(&answers);
    let Error::Ranks(RanksError::Differ { what, rank: 1, other: found, first }) = &error else { panic!("{error:?}") };
    assert!(what == "formula" && found.contains("sum_j") && first.contains("logsumexp_j"), "{error}");
    // parameters
    let answers = on_three(|thread, Points { x, y, b }| {
        let s2 = if thread.rank() == 2 { 0.25 } else { 0.5 };
        soft_min(&x, &y, &b, s2).eval_on(&Ranks::new(Naive, thread))
    });
    assert_eq!(alike(&answers), differ("value of a parameter", 2, "`s2` = 0.25", "`s2` = 0.5"));
    // ways to add up
    let answers = on_three(|thread, Points { x, y, b }| {
        let scheme = if thread.rank() == 1 { SumScheme::Kahan } else { SumScheme::Block };
        soft_min(&x, &y, &b, 0.5).sum_scheme(scheme).eval_on(&Ranks::new(Naive, thread))
    });
    assert!(alike(&answers).to_string().contains("way to add up"), "{:?}", alike(&answers));
    // instruction sets
    let widest = Isa::best();
    if widest != Isa::Baseline {
        let answers = on_three(|thread, Points { x, y, b }| {
            let isa = if thread.rank() == 1 { Isa::Baseline } else { widest };
            let cpu = Cpu::with(isa).expect("it is there");
            soft_min(&x, &y, &b, 0.5).eval_on(&Ranks::new(cpu, thread))
        });
        let of = |isa: Isa| format!("the processor, with {isa}");
        assert_eq!(alike(&answers), differ("engine", 1, &of(Isa::Baseline), &of(widest)));
    }
    // pairs of the same sizes
    let ranges = [0, 1].map(|k| Ranges::new(150, 200, [(0..150, Some(k..100))]).expect("they are inside"));
    let answers = on_three(|thread, Points { x, y, b }| {
        let ranges = &ranges[usize::from(thread.rank() == 2)];
        soft_min(&x, &y, &b, 0.5).ranges(ranges).eval_on(&Ranks::new(Naive, thread))
    });
    let pairs = "150 rows and 200 columns in 1 batches and 1 blocks of rows";
    let others = format!("{pairs}, which differ in what is too long to be told");
    assert_eq!(alike(&answers), differ("set of pairs", 2, &others, pairs));
    // all pairs, and not all
    let answers = on_three(|thread, Points { x, y, b }| {
        let is_second = thread.rank() == 1;
        let (engine, call) = (Ranks::new(Cpu::default(), thread), soft_min(&x, &y, &b, 0.5));
        if is_second { call.pruned().eval_on(&engine) } else { call.eval_on(&engine) }
    });
    let all = format!("the processor, with {}", Isa::best());
    assert_eq!(alike(&answers), differ("engine", 1, &format!("{all}, leaving out what changes nothing"), &all));
    // number types
    let answers = on_three(|thread, Points { x, y, b }| {
        let is_first = thread.rank() == 0;
        let engine = Ranks::new(Naive, thread);
        if is_first {
            return soft_min(&x, &y, &b, 0.5).eval_on(&engine).map(|_| ());
        }
        let wide = |p: &[f32; 3]| p.map(f64::from);
        let (x, y): (Vec<_>, Vec<_>) = (x.iter().map(wide).collect(), y.iter().map(wide).collect());
        let b: Vec<f64> = b.iter().map(|b| f64::from(*b)).collect();
        soft_min(&x, &y, &b, 0.5).eval_on(&engine).map(|_| ())
    });
    assert!(alike(&answers).to_string().contains("in f64"), "{}", alike(&answers));
}

#[test]
fn lengths_that_differ() {
    // within a rank
    let answers = on_three(|thread, Points { x, y, mut b }| {
        if thread.rank() == 1 {
            b.push(1.0);
        }
        soft_min(&x, &y, &b, 0.5).eval_on(&Ranks::new(Naive, thread))
    });
    let error = alike(&answers);
    assert!(
        matches!(&error, Error::Ranks(RanksError::Failed { rank: 1, message }) if message.contains("indexed by j")),
        "{error}"
    );
    // from what batches say that all ranks have
    let batches = Batches::ragged(&[100, 51], &[100, 100]).expect("they are batches");
    let answers = on_three(|thread, Points { x, y, b }| {
        soft_min(&x, &y, &b, 0.5).batches(&batches).eval_on(&Ranks::new(Naive, thread))
    });
    let error = alike(&answers).to_string();
    assert!(error.contains("150") && error.contains("151"), "{error}");
}

#[test]
fn ranks_that_are_elsewhere() {
    let answers = on_three(|thread, points| {
        let is_second = thread.rank() == 1;
        let engine = Ranks::new(Naive, thread);
        if is_second { engine.gather(&points.x).map(|_| 0.0) } else { gradient(&engine, &points) }
    });
    let message = "rank 1 has another place in the program than rank 0: at `gather`, and not at the beginning of a call; \
                   ranks make the same calls, in the same order";
    assert_eq!(alike(&answers).to_string(), message);

    // one makes two calls, the others one
    let answers = on_three(|thread, points| {
        let is_last = thread.rank() == 2;
        let engine = Ranks::new(Naive, thread);
        gradient(&engine, &points).expect("all are there");
        if is_last { gradient(&engine, &points) } else { Ok(0.0) }
    });
    let left = "rank 2 has another place in the program than rank 0: at the beginning of a call, and not at the end of the program";
    assert!(answers[2].as_ref().is_err_and(|error| error.to_string().starts_with(left)), "{answers:?}");
}
