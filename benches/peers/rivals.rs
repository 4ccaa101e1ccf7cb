//! Which peers there are, and how they are started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::peer::{Peer, Result};
use crate::workload::BY_HAND;

/// The environment variable that names a Python with the peers.
const PYTHON: &str = "KEOPS_PEERS_PYTHON";

/// Starts all peers. Those that are not there are named, with the reason.
pub fn start(folder: &Path) -> Vec<Peer> {
    let loops = in_cpp(folder).map_err(|e| e.to_string());
    let crates = in_rust(folder).map_err(|e| e.to_string());
    let python = env::var_os(PYTHON).unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/peers.py");
    let program = |program: &Result<PathBuf, String>, what: &str| {
        let mut command = Command::new(program.as_ref().map_err(Clone::clone)?);
        command.arg(what);
        Ok(command)
    };
    let module = |name: &str| {
        let mut command = Command::new(&python);
        // with caches of compiled formulas of our own, without messages, and with no flags but its own
        command.args([script, name]).env_remove("CXXFLAGS");
        command.env("KEOPS_CACHE_FOLDER", folder.join("pykeops")).env("PYKEOPS_VERBOSE", "0");
        command.env("TORCHINDUCTOR_CACHE_DIR", folder.join("inductor"));
        Ok(command)
    };
    let commands = [
        ("C++", program(&loops, "loops")),
        (BY_HAND, program(&loops, "hand")),
        ("ndarray", program(&crates, "ndarray")),
        ("faer", program(&crates, "faer")),
        ("kiddo", program(&crates, "kiddo")),
        ("pykeops", module("pykeops")),
        ("faiss", module("faiss")),
        ("NumPy", module("numpy")),
        ("numba", module("numba")),
        ("jax", module("jax")),
        ("torch.compile", module("torch")),
    ];
    let started = commands.into_iter().filter_map(|(name, command): (_, Result<Command, String>)| {
        let peer = command.and_then(|command| Peer::start(name, command).map_err(|e| e.to_string()));
        peer.inspect_err(|why| println!("without {name}: {why}")).ok()
    });
    started.collect()
}

/// Compiles the peers in C++, if that has not been done.
///
/// # Errors
/// Those of the compiler, and without one.
pub fn in_cpp(folder: &Path) -> Result<PathBuf> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/peers.cpp");
    let (program, kept) = (folder.join("peers"), folder.join("peers.cpp"));
    let text = fs::read(source)?;
    if fs::read(&kept).ok().as_ref() != Some(&text) || !program.exists() {
        let mut gcc = Command::new("g++");
        gcc.args(["-O3", "-march=native", "-ffast-math", "-fopenmp", source, "-o"]).arg(&program);
        succeed(gcc)?;
        fs::write(kept, text)?;
    }
    Ok(program)
}

/// Compiles the peers in Rust, for this very processor too.
fn in_rust(folder: &Path) -> Result<PathBuf> {
    let target = folder.join("rust");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]);
    cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/rust-peers/Cargo.toml")).arg("--target-dir").arg(&target);
    cargo.env("RUSTFLAGS", "-Ctarget-cpu=native").env_remove("CARGO_ENCODED_RUSTFLAGS");
    succeed(cargo)?;
    Ok(target.join("release/keops-rust-peers"))
}

/// Runs a compiler.
fn succeed(mut compiler: Command) -> Result<()> {
    let name = OsString::from(compiler.get_program());
    let output = compiler.output().map_err(|e| format!("{}: {e}", name.display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{} fails: {}", name.display(), String::from_utf8_lossy(&output.stderr)).into())
}
