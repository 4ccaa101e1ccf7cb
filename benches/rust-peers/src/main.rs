//! The workloads of the race as one would write them in Rust without keops: a program that the race drives (the protocol is in
//! `benches/peers/peer.rs`).
//!
//!     keops-rust-peers ndarray|faer|kiddo
//!
//! The race compiles it for the very processor that it runs on, as it does the peers in C++.
#![deny(unsafe_code)] // the macros of ndarray do not let themselves be forbidden it

mod loops;
mod product;
mod tree;
mod workload;

use std::error::Error;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::time::Instant;
use std::{env, process};

use crate::workload::{Number, Operands, Workload};

/// Computes a workload.
pub type Call<T> = Box<dyn Fn() -> Vec<T>>;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// What this program was compiled with.
const LOCK: &str = include_str!("../Cargo.lock");

/// The race's end of the pipes.
struct Race {
    from: BufReader<io::Stdin>,
    to: BufWriter<io::Stdout>,
}

fn main() {
    if let Err(error) = run() {
        eprintln!("error: {error}");
        process::exit(2);
    }
}

fn run() -> Result<()> {
    let name = env::args().nth(1).ok_or("which peer?")?;
    let mut race = Race { from: BufReader::new(io::stdin()), to: BufWriter::new(io::stdout()) };
    race.reply(&format!("here {}", version(&name).ok_or("no such peer")?))?;
    let mut line = race.line()?;
    while let Some(words) = line {
        let w: Workload = words.strip_prefix("load ").ok_or("not understood")?.parse()?;
        line = if w.double {
            let operands = race.operands::<f64>(&w)?;
            let call = (name == "ndarray").then(|| loops::call(&w, &operands)).flatten();
            race.serve(call)?
        } else {
            let operands = race.operands::<f32>(&w)?;
            let call = match name.as_str() {
                "ndarray" => loops::call(&w, &operands),
                "faer" => product::call(&w, &operands),
                _ => tree::call(&w, &operands),
            };
            race.serve(call)?
        };
    }
    Ok(())
}

/// The version of a crate in the lock file.
fn version(name: &str) -> Option<&'static str> {
    let (_, package) = LOCK.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    package.split('"').next()
}

impl Race {
    /// A command, unless there are no more.
    fn line(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let read = self.from.read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim_end().to_owned()))
    }

    fn reply(&mut self, words: &str) -> Result<()> {
        writeln!(self.to, "{words}")?;
        Ok(self.to.flush()?)
    }

    fn operands<T: Number>(&mut self, w: &Workload) -> Result<Operands<T>> {
        let mut read = |rows, width| -> Result<Vec<T>> {
            let mut bytes = vec![0; rows * width * size_of::<T>()];
            self.from.read_exact(&mut bytes)?;
            Ok(bytes.chunks_exact(size_of::<T>()).map(T::from_ne_bytes).collect())
        };
        let (x, y) = (read(w.rows, w.dim)?, read(w.cols, w.dim)?);
        Operands::new(w, x, y, read(w.cols, w.signals)?, read(w.rows, 1)?)
    }

    /// Answers until the next `load`, which is returned.
    fn serve<T: Number>(&mut self, call: Option<Call<T>>) -> Result<Option<String>> {
        let Some(call) = call else {
            self.reply("no")?;
            return self.line();
        };
        let mut answer = call();
        self.reply("ready")?;
        loop {
            match self.line()? {
                Some(line) if line.starts_with("run ") => {
                    let calls: usize = line["run ".len()..].parse()?;
                    let start = Instant::now();
                    for _ in 0..calls {
                        answer = call();
                    }
                    self.reply(&(start.elapsed().as_secs_f64() / calls as f64).to_string())?;
                }
                Some(line) if line == "answer" => {
                    writeln!(self.to, "{}", answer.len())?;
                    for v in &answer {
                        self.to.write_all(&(*v).into().to_ne_bytes())?;
                    }
                    self.to.flush()?;
                }
                next => return Ok(next),
            }
        }
    }
}
