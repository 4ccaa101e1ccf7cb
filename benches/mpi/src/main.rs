//! How a Gaussian sum and its gradient scale over processes, what they send, and a model of more machines than there are.
//!
//!     MPICC=mpicc.openmpi cargo build --release
//!     RAYON_NUM_THREADS=2 mpirun -n 1 --bind-to none target/release/keops-mpi-bench threads 100000
//!     RAYON_NUM_THREADS=1 mpirun -n 2 target/release/keops-mpi-bench ranks 100000
//!     RAYON_NUM_THREADS=1 mpirun -n 2 target/release/keops-mpi-bench nearest-ranks 1000000
//!     target/release/keops-mpi-bench model 2e9 1.25e9 model.svg
//!
//! `threads` is the plain call, in one process; `ranks` is the same divided, with the seconds that each rank spends on what travels, and the bytes that it
//! receives beside those of the model in `docs/mpi.md`. `nearest-threads` and `nearest-ranks` are the nearest other point of each, pruned. `model` draws that model, for a machine of so many pairs and a network of so many bytes a second.

mod counted;
mod model;

use std::time::Instant;

use counted::Counted;
use keops::ranks::{Ranks, World};
use keops::{Cpu, Engine, Error, Mpi, Prunes, keops};

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j
    }
}

/// How many times a call is timed; the median counts.
const TIMES: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["threads", points] => threads(points.parse()?)?,
        ["ranks", points] => ranks(points.parse()?)?,
        ["nearest-threads", points] => {
            println!("one process: {:.3} s", nearest(&Cpu::default(), &cloud(0..points.parse()?))?)
        }
        ["nearest-ranks", points] => {
            let mpi = Mpi::start(Cpu::default())?;
            let seconds = nearest(&mpi, &cloud(mpi.part(points.parse()?)))?;
            if mpi.rank() == 0 {
                println!("{} ranks: {seconds:.3} s", mpi.ranks());
            }
        }
        ["model", pairs, bytes, path] => {
            let curves = model::curves(pairs.parse()?, bytes.parse()?);
            curves.iter().for_each(|curve| println!("{curve}"));
            std::fs::write(path, model::drawn(&curves))?;
        }
        _ => println!(
            "[nearest-]threads <points> | [nearest-]ranks <points> | model <pairs a second> <bytes a second> <file.svg>"
        ),
    }
    Ok(())
}

/// Some of the points, the same whoever makes them.
fn cloud(of: std::ops::Range<usize>) -> Vec<[f32; 3]> {
    let point = |k: usize| {
        let mut rng = fastrand::Rng::with_seed(k as u64);
        [rng.f32(), rng.f32(), rng.f32()]
    };
    of.map(point).collect()
}

/// The median time of the sum, and of its gradient in `x`.
fn timed<E: Engine<f32>>(engine: &E, x: &[[f32; 3]]) -> Result<[f64; 2], Error> {
    let b = vec![1.0; x.len()];
    let (sum, e) = (gauss(x, x, &b, 0.1), vec![1.0; x.len()]);
    let slope = sum.grad_x(&e);
    let mut seconds = [vec![], vec![]];
    // a first time, that is not counted
    for time in 0..=TIMES {
        let started = Instant::now();
        sum.eval_on(engine)?;
        let between = Instant::now();
        slope.eval_on(engine)?;
        if time > 0 {
            seconds[0].push((between - started).as_secs_f64());
            seconds[1].push(between.elapsed().as_secs_f64());
        }
    }
    Ok(seconds.map(median))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The median time in which each point finds the nearest other one.
fn nearest<E: Prunes<f32>>(engine: &E, x: &[[f32; 3]]) -> Result<f64, Error> {
    let mut seconds = vec![];
    for _ in 0..TIMES {
        let started = Instant::now();
        keops!(argmin_j if i != j { sqdist(x_i, x_j) } where x_i: [f32; 3]).pruned().eval_on(engine)?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    Ok(median(seconds))
}

fn threads(points: usize) -> Result<(), Error> {
    let [sum, slope] = timed(&Cpu::default(), &cloud(0..points))?;
    println!("one process: {points} points, sum {sum:.3} s, gradient {slope:.3} s");
    Ok(())
}

fn ranks(points: usize) -> Result<(), Error> {
    let mpi = Ranks::new(Cpu::default(), Counted::new(World::start()?));
    let [sum, slope] = timed(&mpi, &cloud(mpi.part(points)))?;
    let (seconds, bytes) = mpi.communicator().taken();
    // of each call: all are as long
    let calls = (2 * (TIMES + 1)) as f64;
    let share = seconds / calls / ((sum + slope) / 2.0);
    // three numbers of a point and one of a weight, and in the gradient as many again with a weight from each row
    let model = 4.0 * 4.0 * (points - mpi.part(points).len()) as f64;
    let slowest = mpi.gather(&[share])?.into_iter().fold(0.0, f64::max);
    if mpi.rank() == 0 {
        println!(
            "{} ranks: {points} points, sum {sum:.3} s, gradient {slope:.3} s; on what travels at most {:.2} % of it; {:.0} bytes a pass, the model says {model:.0}",
            mpi.ranks(),
            100.0 * slowest,
            bytes as f64 / calls,
        );
    }
    Ok(())
}
