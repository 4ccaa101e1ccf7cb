//! A Gaussian sum over points in files, and its gradient, on as many processes as `mpirun` starts.
//!
//!     cargo build --release
//!     mpirun -n 4 target/release/keops-mpi-example 100000 /tmp/points
//!
//! Each process makes its part of the points and reads it back from files of numpy, as it would read those of others. What comes of them is written to files
//! with a row for each point, in the order of the points, whatever the number of processes; they are the same to the last bit.

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use keops::{Cpu, Mpi, keops};

keops! {
    /// The Gaussian sum of weights, at each point of `x`.
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let points: usize = arguments.next().map_or(Ok(20_000), |number| number.parse())?;
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "points".into()));

    // the two lines that make it one program of many processes: this one, and `eval_on(&mpi)` in the place of `eval()`
    let mpi = Mpi::start(Cpu::default())?.with_progress(|done| {
        print!("\r{:3.0} %", 100.0 * done);
        let _ = std::io::stdout().flush();
    });

    let file = |name: &str| folder.join(name).with_extension("npy");
    fs::create_dir_all(&folder)?;
    for (seed, name) in ["x", "y"].into_iter().enumerate() {
        mpi.write_npy(file(name), &cloud(mpi.part(points), seed as u64))?;
    }
    mpi.write_npy(file("b"), &vec![1.0 / points as f32; mpi.part(points).len()])?;

    let (x, y): (Vec<[f32; 3]>, Vec<[f32; 3]>) = (mpi.read_npy(file("x"))?, mpi.read_npy(file("y"))?);
    let b: Vec<f32> = mpi.read_npy(file("b"))?;
    let sum = gauss(&x, &y, &b, 0.01);

    let started = Instant::now();
    let density = sum.eval_on(&mpi)?;
    let slope = sum.grad_x(&vec![1.0; x.len()]).eval_on(&mpi)?;
    let seconds = started.elapsed().as_secs_f64();

    mpi.write_npy(file("density"), &density)?;
    mpi.write_npy(file("slope"), &slope)?;
    // one number for all: the same on each process
    let steepness = sum.grad_s2(&vec![1.0; x.len()]).eval_on(&mpi)?;
    if mpi.rank() == 0 {
        let pairs = 2.0 * (points as f64).powi(2);
        println!("\r{points} points on {} processes: {:.2e} pairs a second", mpi.ranks(), pairs / seconds);
        println!("the gradient in s2 is {steepness}; density.npy and slope.npy are in {}", folder.display());
    }
    Ok(())
}

/// Some of the points in a cube, whoever makes them: each has a seed of its own.
fn cloud(of: std::ops::Range<usize>, seed: u64) -> Vec<[f32; 3]> {
    let point = |k: usize| {
        let mut rng = fastrand::Rng::with_seed(k as u64 * 2 + seed);
        [rng.f32(), rng.f32(), rng.f32()]
    };
    of.map(point).collect()
}
