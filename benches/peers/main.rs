//! Races our kernels against other libraries on the same data in the same minutes, and prints the table.
//!
//!     cargo bench --bench peers                    # all rows; half an hour
//!     cargo bench --bench peers -- laplacian       # those whose name has this word, or another one given
//!         --reps 15                                # how many times all take turns (7 unless said)
//!         --record                                 # also written down: benches/record, and the README's table
//!     cargo bench --bench peers -- --disassemble   # what the loops over pairs consist of, and the limit of the ports
//!         --record                                 # also written to docs/performance.md
//!     cargo bench --bench peers -- --compile-time  # how long a crate with fifty kernels takes to compile
//!
//! Peers are what the machine has of: plain C++ loops and a kernel by hand in AVX-512 or AVX2 (`peers.cpp`; wants `g++`); what one
//! would write in Rust without keops, loops over ndarray's arrays, faer's matrix products and kiddo's tree (`benches/rust-peers`, which
//! is compiled first); and pykeops, faiss, matrix products in NumPy, numba, jax and torch.compile as installed (`peers.py`, with the Python
//! that `KEOPS_PEERS_PYTHON` names, or `python3`). All use all threads. Every answer is checked against plain loops in `f64` before anything
//! is timed.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, reason = "a program")]
#![allow(missing_debug_implementations, reason = "a program")]

mod assembly;
mod compile_time;
mod disassembly;
mod expected;
mod figures;
mod limits;
mod machine;
mod ours;
mod peer;
mod plot;
mod ports;
mod project;
mod race;
mod readme;
mod record;
mod rivals;
#[allow(dead_code, reason = "the plot of a race has no curves")]
mod svg;
mod turns;
mod workload;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use crate::limits::Limits;
use crate::peer::{Peer, Result};
use crate::race::Row;
use crate::record::Table;

/// The least number of rounds whose median counts.
const ROUNDS: usize = 7;

/// What the command line asks for.
#[derive(Default)]
struct Options {
    words: Vec<String>,
    rounds: usize,
    record: bool,
    disassemble: bool,
    compile_time: bool,
}

impl Options {
    fn from_args() -> Result<Self> {
        let (mut options, mut args) = (Options { rounds: ROUNDS, ..Options::default() }, env::args().skip(1));
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => {} // cargo says so
                "--record" => options.record = true,
                "--disassemble" => options.disassemble = true,
                "--compile-time" => options.compile_time = true,
                "--reps" => {
                    let rounds = args.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
                    options.rounds = rounds.ok_or("--reps wants a number")?;
                }
                _ if arg.starts_with('-') => return Err(format!("no such option: {arg}").into()),
                _ => options.words.push(arg),
            }
        }
        if options.record && (options.rounds < ROUNDS || !options.words.is_empty()) {
            return Err(format!("--record wants all rows, and at least {ROUNDS} rounds").into());
        }
        Ok(options)
    }
}

fn main() -> ExitCode {
    match Options::from_args().and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    fs::create_dir_all(&folder)?;
    if options.disassemble {
        let table = disassembly::table(&folder)?;
        print!("{table}");
        return if options.record { record::performance(&table) } else { Ok(()) };
    }
    if options.compile_time {
        return compile_time::measure(&folder);
    }
    let mut peers = rivals::start(&folder);
    let circumstances = record::circumstances(&peers);
    println!("{circumstances}");
    let names: Vec<_> = peers.iter().map(|peer| peer.name).collect();
    let rows = race(options, &mut peers, &Table(&names))?;
    drop(peers);
    let remarks = remarks(&folder, &rows);
    print!("\n{remarks}");
    if options.record { record::write(&rows, &names, &circumstances, &remarks) } else { Ok(()) }
}

/// Races the workloads asked for, and prints each row as soon as it is there.
fn race(options: &Options, peers: &mut [Peer], table: &Table<'_>) -> Result<Vec<Row>> {
    print!("{}", table.head());
    let mut rows = Vec::new();
    for w in workload::workloads() {
        let name = w.to_string().to_lowercase();
        if options.words.is_empty() || options.words.iter().any(|word| name.contains(&word.to_lowercase())) {
            let row = race::run(&w, peers, options.rounds)?;
            print!("{}", table.row(&row));
            rows.push(row);
        }
    }
    if rows.is_empty() { Err("no row of this name".into()) } else { Ok(rows) }
}

/// How far the Gaussian sum is from the limits of the machine.
fn remarks(folder: &Path, rows: &[Row]) -> String {
    match Limits::measure(folder) {
        Ok(limits) => limits.report(rows),
        Err(why) => format!("- The limits of the machine are not known: {why}\n"),
    }
}
