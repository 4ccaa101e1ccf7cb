//! What is written down of a race: the table, and about the machine what matters.

use std::fmt::Write as _;
use std::process::Command;
use std::{env, fs, thread};

use keops::Isa;

use crate::peer::Peer;
use crate::race::{Row, duration};

/// The head of the table, for these peers.
pub fn head(peers: &[&str]) -> String {
    let columns: Vec<_> =
        ["workload", "time", "10⁹ pairs/s", "error"].iter().chain(peers).chain(&["bars"]).copied().collect();
    format!("| {} |\n|---|{}---|\n", columns.join(" | "), "---:|".repeat(columns.len() - 2))
}

/// A row of the table.
pub fn row(row: &Row, peers: &[&str]) -> String {
    let mut line = format!(
        "| {} | {} | {} | {:.1e} |",
        row.workload,
        duration(row.seconds),
        figures(row.pairs_per_second() / 1e9),
        row.error
    );
    for peer in peers {
        _ = match row.ratio(peer) {
            Some(ratio) => write!(line, " {} × |", figures(ratio)),
            None => write!(line, " |"),
        };
    }
    let value = row.value.map(|ratio| format!("{} × the value alone", figures(ratio)));
    let bars = row.bars().into_iter().map(|(bar, reached)| match reached {
        Some(true) => format!("{bar} ✓"),
        Some(false) => format!("**{bar} ✗**"),
        None => format!("{bar} ?"),
    });
    line + " " + &value.into_iter().chain(bars).collect::<Vec<_>>().join(", ") + " |\n"
}

/// Three figures.
fn figures(v: f64) -> String {
    let digits = 2 - v.abs().max(1e-3).log10().floor().clamp(-3.0, 2.0) as i32;
    format!("{v:.*}", digits.max(0) as usize)
}

/// The kind of this machine: what a record is named after.
pub fn machine() -> String {
    let words = format!("{} {} threads {}", cpu("model name").unwrap_or_default(), threads(), Isa::best());
    let dashes = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    words.split_whitespace().map(|word| word.chars().map(dashes).collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What the figures depend on.
pub fn circumstances(peers: &[Peer]) -> String {
    let unknown = || "unknown".to_owned();
    let rustc = Command::new("rustc").arg("--version").output().ok();
    let rustc = rustc.and_then(|output| String::from_utf8(output.stdout).ok());
    let list = [
        ("processor", cpu("model name").unwrap_or_else(unknown)),
        ("family and model", cpu("cpu family").zip(cpu("model")).map_or_else(unknown, |(f, m)| format!("{f}, {m}"))),
        ("threads", threads().to_string()),
        ("instruction set", Isa::best().to_string()),
        ("keops", env!("CARGO_PKG_VERSION").to_owned()),
        ("rustc", rustc.map_or_else(unknown, |text| text.trim().trim_start_matches("rustc ").to_owned())),
    ];
    let peers = peers.iter().map(|peer| (peer.name, peer.version.clone()));
    list.into_iter().chain(peers).fold(String::new(), |text, (what, value)| text + &format!("- {what}: {value}\n"))
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// What Linux says of the processor.
fn cpu(key: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let value = |line: &str| line.split_once(':').filter(|(k, _)| k.trim() == key).map(|(_, v)| v.trim().to_owned());
    text.lines().find_map(value)
}
