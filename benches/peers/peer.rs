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
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

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
