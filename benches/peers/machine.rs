//! About the machine what matters.

use std::process::Command;
use std::{fs, thread};

use keops::Isa;

/// The kind of this machine: what a record is named after.
pub fn name() -> String {
    let [name, family, model] = ["model name", "cpu family", "model"].map(|key| cpu(key).unwrap_or_default());
    let words = format!("{name} {family} {model} {} threads {}", threads(), Isa::best());
    let dashes = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    words.split_whitespace().map(|word| word.chars().map(dashes).collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What figures depend on, as a list.
pub fn circumstances() -> String {
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
    list.into_iter().fold(String::new(), |text, (what, value)| text + &format!("- {what}: {value}\n"))
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
