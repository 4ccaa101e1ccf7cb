//! What every rank does, for one test of `tests/ranks/mpi.rs`: the first argument says which.

#[path = "../../ranks/answers.rs"]
mod answers;
#[path = "../../ranks/cloud.rs"]
mod cloud;
#[path = "../../ranks/faulty.rs"]
mod faulty;
#[path = "../../parts/mod.rs"]
mod parts;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use answers::{Of, answers, bits, gauss, of_sixty_rows, pruned, some_pairs};
use cloud::Points;
use faulty::{Faulty, How};
use keops::{Cpu, Error, Mpi};
use parts::parts;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let done = match what.as_str() {
        "bits" => same_bits(&PathBuf::from(arguments.next().expect("a folder"))),
        "error" => fails(How::Error),
        "panic" => fails(How::Panic),
        "panic-outside" => panics_outside(),
        "leaves" => leaves(),
        "files" => files(&PathBuf::from(arguments.next().expect("a folder"))),
        _ => panic!("there is no test `{what}`"),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(3)
        }
    }
}

/// The bits of all answers are those of one process: a rank that is alone compares its answers with those that no rank had a part in, and leaves them in a folder
/// for others.
fn same_bits(folder: &Path) -> Result<(), Error> {
    let mut mpi = Mpi::start(Cpu::default())?;
    let (rank, ranks) = (mpi.rank(), mpi.ranks());
    let mut numbers = 0;
    for (seed, (m, n)) in [(40, 70), (0, 5), (300, 1), (2, 70_000)].into_iter().enumerate() {
        // some columns at a time, and all at once
        mpi = mpi.with_piece(if seed % 2 == 0 { 200 } else { 1 << 23 });
        let points = Points::<f32>::new(m, n);
        let (rows, cols) = (parts(m, ranks, seed as u64), parts(n, ranks, 50 + seed as u64));
        let found = answers(&mpi, &points, &rows[rank], &cols[rank])?;
        numbers += compared(&mpi, folder, &found, &format!("{m} × {n}"), || {
            answers(&Cpu::default(), &points, &(0..m), &(0..n))
        })?;
    }
    let (m, n) = (60, 900);
    let points = Points::new(m, n);
    let (ranges, batches) = of_sixty_rows()?;
    let here = points.part(&parts(m, ranks, 1)[rank], &parts(n, ranks, 2)[rank]);
    let found = some_pairs(&mpi, &here, &ranges, &batches)?;
    numbers +=
        compared(&mpi, folder, &found, "some pairs", || some_pairs(&Cpu::default(), &points, &ranges, &batches))?;
    let points = Points::new(500, 4000);
    let here = points.part(&parts(500, ranks, 1)[rank], &parts(4000, ranks, 2)[rank]);
    mpi = mpi.with_piece(4000);
    let found = pruned(&mpi, &here)?;
    numbers += compared(&mpi, folder, &found, "pruned", || pruned(&Cpu::default(), &points))?;
    if rank == 0 {
        println!("{ranks} ranks: {numbers} numbers have the bits of one process");
    }
    Ok(())
}

type Answers = Vec<(Of, Vec<u64>)>;

/// Compares what all ranks have with what one process has, and counts the numbers.
fn compared(
    mpi: &Mpi,
    folder: &Path,
    found: &Answers,
    what: &str,
    alone: impl FnOnce() -> Result<Answers, Error>,
) -> Result<usize, Error> {
    let file = |k: usize| folder.join(format!("{what}, answer {k}"));
    if mpi.ranks() == 1 {
        for (k, (_, numbers)) in alone()?.iter().enumerate() {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            fs::write(file(k), bytes).expect("there is room");
        }
    }
    let mut numbers = 0;
    for (k, (of, found)) in found.iter().enumerate() {
        let bytes = fs::read(file(k)).expect("one rank has left it");
        let expected: Vec<u64> =
            bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes"))).collect();
        let all = mpi.gather(found)?;
        if *of == Of::All {
            assert_eq!(*found, expected, "answer {k} of {what} on rank {}", mpi.rank());
        } else if mpi.rank() == 0 {
            assert_eq!(all, expected, "answer {k} of {what} on {} ranks", mpi.ranks());
        }
        numbers += expected.len();
    }
    Ok(numbers)
}

/// Rank 1 fails in the middle of a call.
fn fails(how: How) -> Result<(), Error> {
    let world = keops::ranks::World::start()?;
    let rank = keops::ranks::Communicator::rank(&world);
    let mpi =
        keops::ranks::Ranks::new(Faulty::after(if rank == 1 { 9 } else { usize::MAX }, how), world).with_piece(500);
    let Points { x, y, b } = Points::<f32>::new(100, 200);
    let call = gauss(&x, &y, &b, 0.5);
    said(call.eval_on(&mpi).and_then(|a| call.grad_y(&a).eval_on(&mpi)))
}

/// Prints an error, as long as there is an `Mpi`: it waits for all ranks when it is dropped, and the first that is gone ends the others.
fn said<R>(answer: Result<R, Error>) -> Result<(), Error> {
    answer.map(|_| ()).inspect_err(|error| println!("answer: {error}"))
}

/// Rank 1 panics where no call is, and the others wait for it in one.
fn panics_outside() -> Result<(), Error> {
    let mpi = Mpi::start(Cpu::default())?;
    let Points { x, y, b } = Points::<f32>::new(100, 200);
    assert!(mpi.rank() != 1, "rank 1 has had enough");
    gauss(&x, &y, &b, 0.5).eval_on(&mpi).map(|_| ())
}

/// Rank 1 comes to the end of the program, and the others make another call.
fn leaves() -> Result<(), Error> {
    let mpi = Mpi::start(Cpu::default())?;
    let Points { x, y, b } = Points::<f32>::new(100, 200);
    gauss(&x, &y, &b, 0.5).eval_on(&mpi)?;
    if mpi.rank() == 1 {
        return Ok(());
    }
    said(gauss(&x, &y, &b, 0.5).eval_on(&mpi))
}

/// From files and back.
fn files(folder: &Path) -> Result<(), Error> {
    let mpi = Mpi::start(Cpu::default())?;
    let all = Points::<f32>::new(101, 57);
    let (x, y, b) = (folder.join("x.npy"), folder.join("y.npy"), folder.join("b.npy"));
    mpi.write_npy(&x, &all.x[mpi.part(101)])?;
    mpi.write_npy(&y, &all.y[mpi.part(57)])?;
    mpi.write_npy(&b, &mpi.scatter(&all.b)?)?;
    let (x, y): (Vec<[f32; 3]>, Vec<[f32; 3]>) = (mpi.read_npy(&x)?, mpi.read_npy(&y)?);
    let b: Vec<f32> = mpi.read_npy(&b)?;
    let of_files = gauss(&x, &y, &b, 0.5).eval_on(&mpi)?;
    let result = folder.join(format!("a-{}.npy", mpi.ranks()));
    mpi.write_npy(&result, &of_files)?;
    let back: Vec<f32> = mpi.gather(&mpi.read_npy::<f32>(&result)?)?;
    if mpi.rank() == 0 {
        let alone = gauss(&all.x, &all.y, &all.b, 0.5).eval()?;
        assert_eq!(bits(&back[..]), bits(&alone[..]));
        println!("{} bytes", fs::metadata(&result).map_or(0, |file| file.len()));
    }
    Ok(())
}
