//! A system of kernel ridge regression beside pykeops' `KernelSolve`: `cargo bench --bench solve --features faer [-- N [SECONDS]]`, on a quiet machine.
//!
//! Points are uniform in the unit cube, the kernel is Matérn 5/2 of width 1/4, the ridge 10⁻³, and residuals are to be 10⁻⁶ of the right side. `KernelSolve`
//! has no limit: it is ended after so many seconds, 900 where nothing is said, and what it has taken by then is less than it would take. Its Python is `python3`,
//! or `KEOPS_PEERS_PYTHON`; without pykeops there is ours alone.

#![allow(clippy::print_stdout, reason = "it is what a benchmark says")]

use std::error::Error;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs, path::Path};

use keops::keops;

keops! {
    fn smooth<T>(x_i: [T; 3], y_j: [T; 3], g: T) { matern(2.5, g * norm(x_i - y_j)) }
}

const WIDTH: f64 = 0.25;
const RIDGE: f64 = 1e-3;
const TOLERANCE: f64 = 1e-6;

/// How long it takes to solve the system, and what the report says; ends without a preconditioner after so many seconds.
fn ours(x: &[[f64; 3]], b: &[f64], rank: Option<usize>, seconds: f64) -> Result<f64, keops::Error> {
    let start = Instant::now();
    let k = smooth(x, x, 1.0 / WIDTH);
    let mut solve = k.solve(b).ridge(RIDGE).tolerance(TOLERANCE).iterations(100_000).progress(|_| {
        if start.elapsed().as_secs_f64() < seconds { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    if let Some(rank) = rank {
        solve = solve.rank(rank);
    }
    let report = solve.run()?.report;
    let time = start.elapsed().as_secs_f64();
    println!(
        "ours, rank {}: {time:.2} s, {} iterations, {:?}, residual {:.1e}",
        report.rank, report.iterations, report.stop, report.residuals[0]
    );
    Ok(time)
}

/// The same by `KernelSolve`, if it is there.
fn theirs(x: &[[f64; 3]], b: &[f64], seconds: f64) -> Result<Option<f64>, Box<dyn Error>> {
    let python = env::var("KEOPS_PEERS_PYTHON").unwrap_or_else(|_| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/solve/kernel_solve.py");
    let numbers =
        [x.len().to_string(), WIDTH.to_string(), RIDGE.to_string(), TOLERANCE.to_string(), seconds.to_string()];
    let mut child =
        Command::new(python).arg(script).args(numbers).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let bytes: Vec<u8> = x.as_flattened().iter().chain(b).flat_map(|v| v.to_ne_bytes()).collect();
    // a child that has ended already reads nothing
    let _ = child.stdin.take().expect("a pipe").write_all(&bytes);
    let said = String::from_utf8(child.wait_with_output()?.stdout)?;
    let Some(said) = said.lines().find_map(|line| line.strip_prefix("KernelSolve: ")) else { return Ok(None) };
    println!("pykeops' KernelSolve: {said}");
    Ok(said.split(' ').next().and_then(|seconds| seconds.parse().ok()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = env::args().skip(1).filter_map(|argument| argument.parse::<f64>().ok());
    let (n, seconds) = (numbers.next().map_or(100_000, |n| n as usize), numbers.next().unwrap_or(900.0));
    let mut rng = fastrand::Rng::with_seed(1);
    let x: Vec<[f64; 3]> = (0..n).map(|_| std::array::from_fn(|_| rng.f64())).collect();
    let b: Vec<f64> = (0..n).map(|_| rng.f64() - 0.5).collect();
    println!("{n} points; load: {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    let preconditioned = ours(&x, &b, None, f64::INFINITY)?;
    ours(&x, &b, Some(0), seconds)?;
    match theirs(&x, &b, seconds)? {
        Some(time) => println!("that is {:.1} times as long, to its end or until it was ended", time / preconditioned),
        None => println!("skipped: there is no pykeops"),
    }
    Ok(())
}
