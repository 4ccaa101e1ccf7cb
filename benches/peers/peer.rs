//! The peers: programs that are started once and driven over pipes.
//!
//! A peer first writes `here <version>`, or `absent: <why>` and ends. Then it is asked, and answers:
//!
//! | asked | answered |
//! |---|---|
//! | `load <quantity> <kernel> <f32 or f64> <rows> <columns> <dimension> <signals> <g>`, and the numbers of x, y, b, e | `ready` once it has computed, or `no` if it cannot |
//! | `run <calls>` | seconds per call, by its own clock |
//! | `answer` | how many numbers that has which was computed last, and these numbers in `f64` |

use std::error::Error;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::{env, fs};

use crate::workload::{Data, Workload};

pub type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// A peer that is there.
pub struct Peer {
    pub name: &'static str,
    pub version: String,
    child: Child,
    to: BufWriter<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// The environment variable that names a Python with the peers.
const PYTHON: &str = "KEOPS_PEERS_PYTHON";

/// Starts all peers. Those that are not there are named, with the reason.
pub fn start(folder: &Path) -> Vec<Peer> {
    let loops = compile(folder);
    let python = env::var_os(PYTHON).unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/peers.py");
    let program = |what: &str| {
        let mut command = Command::new(loops.as_ref().map_err(ToString::to_string)?);
        command.arg(what);
        Ok(command)
    };
    let module = |name: &str| {
        let mut command = Command::new(&python);
        // with a cache of compiled formulas of our own, without messages, and with no flags but its own
        command.args([script, name]).env_remove("CXXFLAGS");
        command.env("KEOPS_CACHE_FOLDER", folder.join("pykeops")).env("PYKEOPS_VERBOSE", "0");
        Ok(command)
    };
    let commands = [
        ("C++", program("loops")),
        ("AVX-512", program("avx512")),
        ("pykeops", module("pykeops")),
        ("faiss", module("faiss")),
        ("NumPy", module("numpy")),
    ];
    let started = commands.into_iter().filter_map(|(name, command): (_, Result<Command, String>)| {
        let peer = command.and_then(|command| Peer::start(name, command).map_err(|e| e.to_string()));
        peer.inspect_err(|why| println!("without {name}: {why}")).ok()
    });
    started.collect()
}

/// Compiles the peers in C++, if that has not been done.
pub fn compile(folder: &Path) -> Result<OsString> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/peers.cpp");
    let (program, kept) = (folder.join("peers"), folder.join("peers.cpp"));
    let text = fs::read(source)?;
    if fs::read(&kept).ok().as_ref() != Some(&text) || !program.exists() {
        let mut gcc = Command::new("g++");
        gcc.args(["-O3", "-march=native", "-ffast-math", "-fopenmp", source, "-o"]).arg(&program);
        let output = gcc.output().map_err(|e| format!("g++: {e}"))?;
        if !output.status.success() {
            return Err(format!("g++ fails: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        fs::write(kept, text)?;
    }
    Ok(program.into())
}

impl Peer {
    /// Starts a peer.
    pub fn start(name: &'static str, mut command: Command) -> Result<Peer> {
        // threads that wait for their turn must not take the time of those whose turn it is
        command.env("OMP_WAIT_POLICY", "passive").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|e| format!("{}: {e}", command.get_program().display()))?;
        let (to, from) = child.stdin.take().zip(child.stdout.take()).expect("both are piped");
        let mut peer = Peer { name, version: String::new(), child, to: BufWriter::new(to), from: BufReader::new(from) };
        let reply = peer.line()?;
        peer.version = reply.strip_prefix("here ").ok_or(reply.trim_start_matches("absent: "))?.to_owned();
        Ok(peer)
    }

    /// Hands over the operands, and has it computed; false if this peer cannot.
    pub fn load(&mut self, w: &Workload, data: &Data) -> Result<bool> {
        let kind = if w.double { "f64" } else { "f32" };
        let what = format!("{:?} {:?}", w.quantity, w.kernel).to_lowercase();
        writeln!(self.to, "load {what} {kind} {} {} {} {} {}", w.rows, w.cols, w.dim, w.signals, w.g)?;
        for v in [&data.x, &data.y, &data.b, &data.e].into_iter().flatten() {
            if w.double {
                self.to.write_all(&v.to_ne_bytes())?;
            } else {
                self.to.write_all(&(*v as f32).to_ne_bytes())?;
            }
        }
        Ok(self.line()? == "ready")
    }

    /// Seconds per call.
    pub fn run(&mut self, calls: usize) -> Result<f64> {
        writeln!(self.to, "run {calls}")?;
        Ok(self.line()?.parse()?)
    }

    /// What has been computed.
    pub fn answer(&mut self) -> Result<Vec<f64>> {
        writeln!(self.to, "answer")?;
        let len: usize = self.line()?.parse()?;
        let mut bytes = vec![0; len * size_of::<f64>()];
        self.from.read_exact(&mut bytes)?;
        Ok(bytes.as_chunks().0.iter().map(|v| f64::from_ne_bytes(*v)).collect())
    }

    fn line(&mut self) -> Result<String> {
        self.to.flush()?;
        let mut line = String::new();
        if self.from.read_line(&mut line)? == 0 {
            return Err(format!("{} has stopped", self.name).into());
        }
        Ok(line.trim().to_owned())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // the protocol has nothing to say goodbye with, and nothing is lost
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
