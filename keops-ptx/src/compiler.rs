//! Compilers for GPUs: where they are found, and how they make PTX.

use std::env;
use std::fs;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::device::CRATES;

const TARGET: &str = "nvptx64-nvidia-cuda";

/// For all crates, the standard library's too. Panics are traps, and take their texts and the paths of files with them.
/// Of libraries there is no machine code but only what inlining wants: whatever a kernel calls is to be inlined.
const FLAGS: [&str; 11] = [
    "--edition=2024",
    "--target",
    TARGET,
    "-Copt-level=3",
    "-Ccodegen-units=1",
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zforce-unstable-if-unmarked",
    "-Zalways-encode-mir",
    "--cap-lints",
    "allow",
];

/// For the kernels: values of rows are arrays, and lie in registers only where every loop over them is unrolled; and the loop
/// over the columns of a tile has more to do than to count.
const UNROLL: [&str; 3] =
    ["-Cllvm-args=-unroll-threshold=1000", "-Cllvm-args=-unroll-runtime", "-Cllvm-args=-unroll-partial-threshold=400"];

/// A rustc with the sources of its standard library: there is no compiled one for GPUs.
#[derive(Clone, Debug)]
pub(crate) struct Compiler {
    rustc: PathBuf,
    library: PathBuf,
    version: String,
}

/// What device code is compiled for, and with.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Options {
    pub(crate) architecture: String,
    pub(crate) flags: Vec<String>,
}

impl Compiler {
    /// Those of this machine, in the order of the crate's documentation.
    pub(crate) fn all() -> Result<Vec<Self>, String> {
        if let Some(rustc) = env::var_os("KEOPS_DEVICE_RUSTC").filter(|named| !named.is_empty()) {
            let found = Self::new(Path::new(&rustc)).map_err(|why| format!("KEOPS_DEVICE_RUSTC: {why}"))?;
            return Ok(vec![found]);
        }
        let current = env::var_os("RUSTC").unwrap_or("rustc".into()).into();
        let mut found: Vec<Self> = vec![];
        for rustc in [current].into_iter().chain(nightly()).chain(on_path("rustc")) {
            if let Ok(compiler) = Self::new(&rustc)
                && !found.iter().any(|f| f.version == compiler.version && f.library == compiler.library)
            {
                found.push(compiler);
            }
        }
        Ok(found)
    }

    fn new(rustc: &Path) -> Result<Self, String> {
        // old compilers do not know what a panic shall become
        let ask = |arguments: &[&str]| {
            let panic = ["-Zunstable-options", "-Cpanic=immediate-abort"];
            run(Command::new(rustc).args(arguments).args(panic).env("RUSTC_BOOTSTRAP", "1"))
        };
        let sysroot = ask(&["--print=sysroot"])?;
        let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
        if !library.join("core/src/lib.rs").is_file() {
            return Err(format!("{} has no sources of its standard library in {}", rustc.display(), library.display()));
        }
        Ok(Self { rustc: rustc.into(), library, version: ask(&["-vV"])? })
    }

    /// What tells this compiler, used in this way, from another one.
    pub(crate) fn key(&self, options: &Options) -> impl Hash {
        (self.version.clone(), self.library.clone(), FLAGS, UNROLL, options.clone())
    }

    /// Compiles the standard library's core into a folder. A quarter of a minute.
    pub(crate) fn compile_core(&self, options: &Options, sysroot: &Path) -> Result<(), String> {
        let to = sysroot.join("lib/rustlib").join(TARGET).join("lib");
        create(&to)?;
        self.library("core", &self.library.join("core/src/lib.rs"), &[], options, sysroot, &to)?;
        // Nothing of it is called. rustc wants it to be there.
        let builtins = to.join("compiler_builtins.rs");
        write(&builtins, "#![feature(compiler_builtins)]\n#![compiler_builtins]\n#![no_std]\n")?;
        self.library("compiler_builtins", &builtins, &[], options, sysroot, &to)
    }

    /// Compiles what all passes share, where its sources lie.
    pub(crate) fn compile_crates(&self, options: &Options, sysroot: &Path, crates: &Path) -> Result<(), String> {
        CRATES.iter().try_for_each(|c| self.library(c.name, &crates.join(c.root), c.uses, options, sysroot, crates))
    }

    /// Compiles the crate of a pass, `symbol.rs`, to PTX beside it.
    pub(crate) fn compile_pass(
        &self,
        options: &Options,
        sysroot: &Path,
        crates: &Path,
        source: &Path,
    ) -> Result<(), String> {
        let mut rustc = self.rustc(options, sysroot, crates, &["keops"]);
        rustc.args(UNROLL).args(["--emit=asm", "--out-dir"]).arg(source.with_file_name("")).arg(source);
        run(&mut rustc)?;
        let (assembly, ptx) = (source.with_extension("s"), source.with_extension("ptx"));
        let text = fs::read_to_string(&assembly).map_err(|e| format!("{}: {e}", assembly.display()))?;
        match text.lines().find(|line| line.contains(".extern .func") || line.contains(".extern .global")) {
            Some(line) => Err(format!("a kernel uses what lies in no kernel: {line}")),
            None => write(&ptx, &text),
        }
    }

    fn library(
        &self,
        name: &str,
        root: &Path,
        uses: &[&str],
        options: &Options,
        sysroot: &Path,
        to: &Path,
    ) -> Result<(), String> {
        let mut rustc = self.rustc(options, sysroot, to, uses);
        rustc.args(["--crate-name", name, "--emit=metadata", "--out-dir"]).arg(to).arg(root);
        run(&mut rustc).map(drop)
    }

    fn rustc(&self, options: &Options, sysroot: &Path, libraries: &Path, uses: &[&str]) -> Command {
        let mut rustc = Command::new(&self.rustc);
        rustc
            .env("RUSTC_BOOTSTRAP", "1")
            .args(FLAGS)
            .arg("--crate-type=lib")
            .arg(format!("-Ctarget-cpu={}", options.architecture));
        rustc.args(&options.flags).arg("--sysroot").arg(sysroot).arg("-L").arg(libraries);
        rustc.args(uses.iter().flat_map(|name| ["--extern", *name]));
        rustc
    }
}

/// The compiler of rustup's nightly, where it is installed.
fn nightly() -> Option<PathBuf> {
    let mut rustup = Command::new("rustup");
    rustup.args(["which", "--toolchain", "nightly", "rustc"]).env("RUSTUP_AUTO_INSTALL", "0");
    run(&mut rustup).ok().map(|path| path.trim().into())
}

/// Programs of this name on `PATH`.
fn on_path(program: &str) -> Vec<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|p| p.join(&file)).filter(|p| p.is_file()).collect()
}

/// What LLVM says of an architecture that it does not know, before it makes PTX that no driver takes.
const UNKNOWN: &str = "is not a recognized processor";

/// Runs a program: what it prints, or what it was and what it complains of.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if let Some(line) = log.lines().find(|line| line.contains(UNKNOWN)) {
        return Err(format!("{}: {line}", command.get_program().display()));
    }
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{}: {}\n{log}", command.get_program().display(), output.status))
}

pub(crate) fn create(directory: &Path) -> Result<(), String> {
    fs::create_dir_all(directory).map_err(|e| format!("{}: {e}", directory.display()))
}

pub(crate) fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))
}
