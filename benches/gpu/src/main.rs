//! Races our kernels on a card against other libraries there, and prints the table.
//!
//!     cargo bench -p keops-gpu-bench                   # all rows
//!     cargo bench -p keops-gpu-bench -- "D = 3"        # those whose name has these words, or others that are given
//!         --card 1                                     # the card with this number, and not 0
//!         --reps 15                                    # how many times all take turns (7 unless said)
//!         --record                                     # also written down: benches/record
//!     cargo bench -p keops-gpu-bench -- --count        # the limits of each generation of cards; needs none
//!
//! Each row is raced twice: with points that are on the card and results that stay there, and with points and results in the memory of
//! this process. Peers are what the machine has of pykeops, torch and torch.compile, with the Python that `KEOPS_PEERS_PYTHON` names, or
//! `python3`. Every answer is checked against plain loops in `f64` before anything is timed.
//!
//! The limit of the card is arithmetic: what its units can do in a clock, for the instructions that a pair takes in the machine code of
//! our own kernel. That wants `ptxas` and `nvdisasm` (`KEOPS_PTXAS`, `KEOPS_NVDISASM`, or on `PATH`).
//!
//! Where there is no card this is said, and nothing is measured.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, reason = "a program")]
#![allow(missing_debug_implementations, reason = "a program")]

#[path = "../../peers/expected.rs"]
mod expected;
#[path = "../../peers/figures.rs"]
mod figures;
mod limit;
mod ours;
#[path = "../../peers/peer.rs"]
mod peer;
#[path = "../../peers/plot.rs"]
mod plot;
mod race;
mod record;
mod sass;
#[allow(dead_code, reason = "no plot of cards has curves")]
#[path = "../../peers/svg.rs"]
mod svg;
#[allow(dead_code, reason = "no bar of cards asks for the error of the direct formula")]
#[path = "../../peers/turns.rs"]
mod turns;
#[allow(dead_code, reason = "the race of processors has more rows")]
#[path = "../../peers/workload.rs"]
mod workload;

use std::env;
use std::process::{Command, ExitCode};

use keops::Cuda;

use crate::limit::{Limit, Limits};
use crate::ours::Place;
use crate::peer::{Peer, Result};
use crate::race::Row;
use crate::workload::{Kernel, Quantity, Workload, usual};

/// The least number of rounds whose median counts.
const ROUNDS: usize = 7;
const DIMENSIONS: [usize; 4] = [3, 10, 64, 100];
const POINTS: [usize; 4] = [1000, 10_000, 100_000, 1_000_000];
const QUANTITIES: [Quantity; 4] = [Quantity::Sum, Quantity::Gradient, Quantity::LogSumExp, Quantity::ArgMin];
/// Compute capabilities whose limits are counted where that is asked for.
const GENERATIONS: [(u32, u32); 4] = [(7, 5), (8, 0), (9, 0), (10, 0)];
const PEERS: [&str; 3] = ["pykeops", "torch", "torch.compile"];

/// What the command line asks for.
struct Options {
    words: Vec<String>,
    card: u32,
    rounds: usize,
    record: bool,
    count: bool,
}

impl Options {
    fn from_args() -> Result<Self> {
        let mut options = Options { words: vec![], card: 0, rounds: ROUNDS, record: false, count: false };
        let mut args = env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut number = || args.next().and_then(|n| n.parse::<u32>().ok());
            match arg.as_str() {
                "--bench" => {} // cargo says so
                "--record" => options.record = true,
                "--count" => options.count = true,
                "--card" => options.card = number().ok_or("--card wants a number")?,
                "--reps" => options.rounds = number().filter(|n| *n > 0).ok_or("--reps wants a number")? as usize,
                _ if arg.starts_with('-') => return Err(format!("no such option: {arg}").into()),
                _ => options.words.push(arg.to_lowercase()),
            }
        }
        if options.record && (options.rounds < ROUNDS || !options.words.is_empty()) {
            return Err(format!("--record wants all rows, and at least {ROUNDS} rounds").into());
        }
        Ok(options)
    }

    fn wants(&self, w: &Workload) -> bool {
        let name = w.to_string().to_lowercase();
        self.words.is_empty() || self.words.iter().any(|words| name.contains(words))
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
    if options.count {
        print!("{}", counts());
        return Ok(());
    }
    let cuda = match Cuda::new(options.card) {
        Ok(cuda) => cuda,
        Err(error) => {
            println!("nothing is measured: {error}");
            return Ok(());
        }
    };
    let workloads: Vec<_> = workloads().into_iter().filter(|w| options.wants(w)).collect();
    if workloads.is_empty() {
        return Err("no row of this name".into());
    }
    let (mut rows, mut limits) = (vec![], Limits::of(cuda.device().capability));
    for place in [Place::Card, Place::Host] {
        let mut peers = start(place);
        if rows.is_empty() {
            print!("{}\n{}", record::circumstances(cuda.device(), &peers), record::head(&PEERS));
        }
        for w in &workloads {
            let row = race::run(w, place, &cuda, &mut peers, limits.get(w), options.rounds)?;
            print!("{}", record::line(&row, &PEERS));
            rows.push(row);
        }
    }
    print!("\n{}", remarks(&rows));
    if options.record { record::write(&rows, &PEERS, cuda.device()) } else { Ok(()) }
}

/// The limits of our kernels on each generation of cards.
fn counts() -> String {
    let mut text =
        "| workload | card | instructions a pair | pairs a clock and SM | bound by |\n|---|---|---:|---:|---|\n"
            .to_owned();
    let once = workloads().into_iter().filter(|w| w.rows == POINTS[0]).collect::<Vec<_>>();
    for (major, minor) in GENERATIONS {
        let mut limits = Limits::of((major, minor));
        for w in &once {
            text += &match limits.get(w) {
                Ok(Limit { per_clock, instructions, by }) => {
                    format!("| {w} | {major}.{minor} | {instructions:.2} | {per_clock:.2} | {by} |\n")
                }
                Err(why) => format!("| {w} | {major}.{minor} | | | {why} |\n"),
            };
        }
    }
    text
}

/// All rows of the table.
fn workloads() -> Vec<Workload> {
    let mut all = vec![];
    for quantity in QUANTITIES {
        for dim in DIMENSIONS {
            for n in POINTS {
                let (kernel, g) = (Kernel::Gauss, usual(dim));
                all.push(Workload {
                    quantity,
                    kernel,
                    double: false,
                    rows: n,
                    cols: n,
                    dim,
                    signals: 1,
                    g,
                    bars: vec![],
                });
            }
        }
    }
    all
}

/// Starts the peers, with operands at this place. Those that are not there are named, with the reason.
fn start(place: Place) -> Vec<Peer> {
    let python = env::var_os("KEOPS_PEERS_PYTHON").unwrap_or_else(|| "python3".into());
    let started = PEERS.into_iter().filter_map(|name| {
        let mut command = Command::new(&python);
        command
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/peers.py"), name, place.word()])
            .env("PYKEOPS_VERBOSE", "0");
        Peer::start(name, command).inspect_err(|why| println!("without {name}: {why}")).ok()
    });
    started.collect()
}

/// How limits are counted; and why they are not known, where they are not.
fn remarks(rows: &[Row]) -> String {
    let unknown = rows.iter().find_map(|row| row.limit.as_ref().err());
    let unknown = unknown.map_or_else(String::new, |why| format!("Some limits are not known: {why}\n"));
    format!(
        "The limit is what the card's units can do at its highest clock, for the instructions that a pair takes in our kernel: \
         those that are issued, those in `f32`, exponentials.\n{unknown}"
    )
}
