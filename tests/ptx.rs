//! The code that the macro emits, compiled for a GPU: nothing in keops-core or in a pass may keep it from becoming a
//! kernel without calls and without memory of its own.
//!
//! This wants a *device compiler*: a rustc with the sources of its standard library, for there is no compiled one for
//! GPUs. The first of these is taken:
//! 1. the one that the environment variable `KEOPS_DEVICE_RUSTC` names;
//! 2. the toolchain of this build, where it has the component `rust-src`;
//! 3. rustup's nightly, where it has that component;
//! 4. any other `rustc` on `PATH`, such as Debian's: `apt-get install rustc-web rust-web-src`.
//!
//! Where there is `ptxas` of the CUDA toolkit (named by `KEOPS_PTXAS`, or on `PATH`), it assembles the result. Without
//! these programs the tests pass, and say that they were skipped; `KEOPS_REQUIRE=ptx,ptxas` makes them fail.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs, io};

use keops_formula::compile;

const TARGET: &str = "nvptx64-nvidia-cuda";
/// The oldest architecture that CUDA 13 knows; drivers compile it for all later ones.
const ARCHITECTURE: &str = "sm_75";
/// Panics are traps, not calls.
const PANIC: &str = "-Cpanic=immediate-abort";

/// Formulas that must become pure arithmetic, with all their gradients: every reduction, every elementary function but
/// the sine and the cosine, which call for help at arguments beyond thousands.
const FORMULAS: &str = "
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j }
    pub fn nearest(x_i: [f32; 3], y_j: [f32; 3]) { argmin_j sqdist(x_i, y_j) }
    pub fn farthest(x_i: [f32; 3], y_j: [f32; 3]) { max_j sqdist(x_i, y_j) }
    pub fn density(x_i: [f32; 3], y_j: [f32; 3]) { logsumexp_j(-sqdist(x_i, y_j)) }
    pub fn attention(q_i: [f32; 4], k_j: [f32; 4], v_j: [f32; 4]) { softmax_j((q_i | k_j), v_j) }
    pub fn functions(x_i: f32, y_j: f32) { sum_j tanh(x_i - y_j) * log(x_i * y_j) + abs(x_i)^y_j + sqrt(x_i + y_j) }
";

#[test]
fn passes_become_kernels_without_calls_and_memory() {
    let Some(ptx) = ptx() else { return };
    assert!(ptx.contains(&format!(".target {ARCHITECTURE}")), "not for the architecture asked for");
    let functions: Vec<&str> = ptx.lines().filter(|line| line.contains(".func")).collect();
    assert!(functions.is_empty(), "not everything is inlined: {functions:#?}");
    let entries = entries(ptx);
    for (name, _) in kernels() {
        let body = entries.get(name.as_str()).unwrap_or_else(|| panic!("no kernel {name} among {:?}", entries.keys()));
        let text = body.join("\n");
        assert!(!text.contains(".local"), "{name} has memory of its own:\n{text}");
        assert!(!count(body).keys().any(|op| op.starts_with("call")), "{name} calls:\n{text}");
    }
    assert_eq!(entries.len(), kernels().len(), "kernels that nobody asked for: {:?}", entries.keys());
}

#[test]
fn gaussian_pairs_take_few_instructions() {
    let Some(ptx) = ptx() else { return };
    let entries = entries(ptx);
    // differences, squares, scale, exponential, sum; a gradient adds its products
    let limits = [("ValuePass0", 9), ("GradXPass0", 12), ("GradYPass0", 12), ("GradBPass0", 9), ("GradS2Pass0", 10)];
    for (pass, most) in limits {
        let body = &entries[format!("gauss_{pass}").as_str()];
        let mut loops = innermost_loops(body);
        loops.retain(|l| count(&body[l.clone()]).contains_key("ex2.approx.ftz.f32"));
        assert!(!loops.is_empty(), "{pass}: no loop has an exponential:\n{}", body.join("\n"));
        for l in loops {
            let (text, mix) = (body[l.clone()].join("\n"), count(&body[l]));
            eprintln!("{pass}: {mix:?}");
            let pairs = mix["ex2.approx.ftz.f32"];
            let arithmetic = mix.iter().filter(|(op, _)| op.ends_with(".f32") && !op.starts_with("ld."));
            let numbers: usize = arithmetic.map(|(_, n)| n).sum();
            assert!(mix.contains_key("fma.rn.f32"), "{pass}: products are not contracted into sums:\n{text}");
            assert!(numbers <= pairs * most, "{pass}: {numbers} instructions for {pairs} pairs:\n{text}");
        }
    }
}

#[test]
fn kernels_assemble_without_spills() {
    let Some(ptx) = ptx() else { return };
    let named = env::var_os("KEOPS_PTXAS").map(PathBuf::from);
    let Some(ptxas) = named.or_else(|| on_path("ptxas").next()) else {
        skip("ptxas", "no ptxas on PATH (wheel nvidia-cuda-nvcc, or the CUDA toolkit)");
        return;
    };
    let directory = directory();
    let file = directory.join("assembled.ptx");
    fs::write(&file, ptx).unwrap();
    for architecture in [ARCHITECTURE, "sm_90"] {
        let mut command = Command::new(&ptxas);
        command
            .arg(format!("-arch={architecture}"))
            .arg("-v")
            .arg(&file)
            .arg("-o")
            .arg(directory.join("kernels.cubin"));
        let log = run(&mut command).unwrap_or_else(|log| panic!("{log}"));
        eprintln!("{log}");
        let clean = log.matches("0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads").count();
        assert_eq!(clean, kernels().len(), "{architecture}: memory of threads is slow:\n{log}");
    }
}

/// The PTX of all kernels, compiled once; none where there is no device compiler.
fn ptx() -> Option<&'static str> {
    static PTX: OnceLock<Option<String>> = OnceLock::new();
    PTX.get_or_init(|| {
        let compiler = Compiler::find();
        if compiler.is_none() {
            skip("ptx", "no rustc has the sources of its standard library: `rustup component add rust-src`, or Debian's `apt-get install rustc-web rust-web-src`");
        }
        compiler.and_then(|c| c.compile())
    })
    .as_deref()
}

/// Says, past the test harness, that something was not tested.
fn skip(what: &str, why: &str) {
    let required = env::var("KEOPS_REQUIRE").unwrap_or_default();
    assert!(!required.split([',', ' ']).any(|r| r == what), "KEOPS_REQUIRE has `{what}`, but {why}");
    let _ = writeln!(io::stderr(), "tests/ptx.rs: skipped, for {why}");
}

/// Names of kernels and of the passes that they run.
fn kernels() -> Vec<(String, String)> {
    let mut kernels = vec![];
    for f in compile::passes(FORMULAS.parse().unwrap()).unwrap() {
        let formula = f.name.unwrap();
        kernels.extend(f.passes.iter().map(|p| (format!("{formula}_{}", p.name), format!("{formula}::{}", p.name))));
    }
    kernels
}

/// Source of the formulas: what the macro emits, and nothing but the passes.
fn formulas() -> String {
    let expanded = compile::compile(FORMULAS.parse().unwrap()).to_string();
    let mut source = String::new();
    for f in compile::passes(FORMULAS.parse().unwrap()).unwrap() {
        let _ = write!(source, "#[allow(unused)] pub mod {} {{ ", f.name.unwrap());
        for pass in &f.passes {
            let code = pass.code.to_string();
            assert!(expanded.contains(&code), "not what the macro emits: {code}");
            source += &code;
        }
        source += "}\n";
    }
    let kernels = kernels().into_iter().map(|(name, pass)| format!("{name} = {pass};")).collect::<String>();
    source + &format!("kernels! {{ {kernels} }}\n")
}

/// Where the device crate is put together: in the target directory of this build.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("ptx")
}

/// A rustc that has the sources of its standard library.
struct Compiler {
    rustc: PathBuf,
    cargo: PathBuf,
    library: PathBuf,
}

impl Compiler {
    fn find() -> Option<Self> {
        let cargo = || PathBuf::from(env::var_os("CARGO").unwrap_or("cargo".into()));
        if let Some(rustc) = env::var_os("KEOPS_DEVICE_RUSTC").filter(|r| !r.is_empty()) {
            let found = Self::new(rustc.into(), cargo());
            return Some(
                found.expect(
                    "KEOPS_DEVICE_RUSTC names a rustc, 1.91 or newer, with the sources of its standard library",
                ),
            );
        }
        let current = env::var_os("RUSTC").unwrap_or("rustc".into());
        Self::new(current.into(), cargo())
            .or_else(|| Self::new(nightly("rustc")?, nightly("cargo")?))
            .or_else(|| on_path("rustc").find_map(|rustc| Self::new(rustc, cargo())))
    }

    fn new(rustc: PathBuf, cargo: PathBuf) -> Option<Self> {
        let mut ask = Command::new(&rustc);
        // old compilers do not know what a panic shall become
        ask.args(["--print", "sysroot", "-Zunstable-options", PANIC]).env("RUSTC_BOOTSTRAP", "1");
        let sysroot = run(&mut ask).ok()?;
        let library = Path::new(sysroot.lines().next()?).join("lib/rustlib/src/rust/library");
        library.join("core/Cargo.toml").is_file().then_some(Self { rustc, cargo, library })
    }

    /// Compiles keops-core and the formulas into one self-contained PTX; none where a registry is needed and out of
    /// reach.
    fn compile(&self) -> Option<String> {
        let directory = directory();
        fs::create_dir_all(directory.join(".cargo")).unwrap();
        let files = [
            ("Cargo.toml", self.manifest()),
            (".cargo/config.toml", self.config()),
            ("device.rs", include_str!("ptx/device.rs").into()),
            ("number.rs", include_str!("ptx/number.rs").into()),
            ("formulas.rs", formulas()),
        ];
        for (name, text) in files {
            fs::write(directory.join(name), text).unwrap();
        }
        if !self.library.join("vendor").is_dir()
            && let Err(log) = run(self.cargo().args(["fetch", "--target", TARGET]))
        {
            let cause = log.lines().last().unwrap_or_default();
            skip("ptx", &format!("what the standard library depends on is not to be had: {}", cause.trim()));
            return None;
        }
        let file = directory.join("target").join(TARGET).join("release/deps/keops_device.s");
        // not that of another time: where there is none, nor a result of the linker's, Cargo compiles
        let _ = fs::remove_file(&file);
        let build = ["rustc", "--release", "--lib", "--", "--emit=asm", "-Zno-link"];
        run(self.cargo().args(build)).unwrap_or_else(|log| panic!("{log}"));
        Some(fs::read_to_string(file).unwrap())
    }

    fn manifest(&self) -> String {
        let core = quoted(&Path::new(env!("CARGO_MANIFEST_DIR")).join("keops-core"));
        // what keops-core depends on stands among the compiler's sources: no registry is asked for it
        let libm = self.library.join("compiler-builtins/libm");
        let patch = libm.is_dir().then(|| format!("[patch.crates-io]\nlibm = {{ path = {} }}", quoted(&libm)));
        format!(
            r#"
[package]
name = "keops-device"
edition = "2024"

[lib]
path = "device.rs"
crate-type = ["cdylib"]

[dependencies]
keops-core = {{ path = {core} }}

[profile.release]
panic = "abort"
codegen-units = 1
lto = "fat"

[workspace]

{}
"#,
            patch.unwrap_or_default()
        )
    }

    fn config(&self) -> String {
        let vendor = self.library.join("vendor");
        let source = if vendor.is_dir() {
            format!(
                "source.crates-io.replace-with = 'vendor'\nsource.vendor.directory = {}\nnet.offline = true",
                quoted(&vendor)
            )
        } else {
            String::new()
        };
        format!(
            r#"
build.target = "{TARGET}"
build.target-dir = "target"
unstable.build-std = ["core"]
target.{TARGET}.rustflags = ["-Ctarget-cpu={ARCHITECTURE}", "-Zunstable-options", "{PANIC}"]
{source}
"#
        )
    }

    /// Cargo for the device crate, without what this build has left in the environment.
    fn cargo(&self) -> Command {
        let mut cargo = Command::new(&self.cargo);
        let machine = ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_"];
        for (key, _) in env::vars_os() {
            let name = key.to_string_lossy();
            let ours = name.starts_with("CARGO") && !machine.iter().any(|m| name.starts_with(m));
            if ours || name.starts_with("RUSTC") || name.starts_with("RUSTFLAGS") {
                cargo.env_remove(&key);
            }
        }
        cargo.current_dir(directory()).env("RUSTC", &self.rustc).env("RUSTC_BOOTSTRAP", "1");
        cargo
    }
}

/// A program of rustup's nightly, where it is installed.
fn nightly(program: &str) -> Option<PathBuf> {
    let mut rustup = Command::new("rustup");
    let path = run(rustup.args(["which", "--toolchain", "nightly", program]).env("RUSTUP_AUTO_INSTALL", "0"));
    path.ok().map(|p| p.trim().into())
}

/// Programs of this name on `PATH`.
fn on_path(program: &str) -> impl Iterator<Item = PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    let path = env::var_os("PATH").unwrap_or_default();
    let found: Vec<_> = env::split_paths(&path).map(|p| p.join(&file)).filter(|p| p.is_file()).collect();
    found.into_iter()
}

/// Runs a program: what it prints, or what it was and what it complains of.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let log = text(&output.stdout) + &text(&output.stderr);
    if output.status.success() { Ok(log) } else { Err(format!("{command:?}: {}\n{log}", output.status)) }
}

/// A path as a string of TOML.
fn quoted(path: &Path) -> String {
    let path = path.to_str().expect("paths are UTF-8");
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The lines of each kernel.
fn entries(ptx: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut entries = BTreeMap::new();
    for part in ptx.split(".visible .entry ").skip(1) {
        let (name, rest) = part.split_once('(').unwrap();
        let body = rest.split("\n}").next().unwrap();
        entries.insert(name, body.lines().map(str::trim).collect());
    }
    entries
}

/// How often each instruction stands in these lines.
fn count<'a>(lines: &[&'a str]) -> BTreeMap<&'a str, usize> {
    let mut mix = BTreeMap::new();
    for line in lines {
        let instruction = line.split_whitespace().find(|w| !w.starts_with('@')).unwrap_or_default();
        let instruction = instruction.trim_end_matches(';');
        if instruction.starts_with(|c: char| c.is_ascii_lowercase()) {
            *mix.entry(instruction).or_insert(0) += 1;
        }
    }
    mix
}

/// From a label to the jump back to it, where no other such loop lies within.
fn innermost_loops(lines: &[&str]) -> Vec<RangeInclusive<usize>> {
    let labels: BTreeMap<&str, usize> =
        lines.iter().enumerate().filter_map(|(at, line)| Some((line.split_once(':')?.0, at))).collect();
    let mut loops: Vec<RangeInclusive<usize>> = vec![];
    for (at, line) in lines.iter().enumerate() {
        let mut words = line.trim_end_matches(';').split_whitespace().rev();
        let target = words.next().and_then(|label| labels.get(label));
        if let Some(start) = target.filter(|start| **start <= at && line.contains("bra")) {
            loops.push(*start..=at);
        }
    }
    let within =
        |a: &RangeInclusive<usize>, b: &RangeInclusive<usize>| a != b && b.contains(a.start()) && b.contains(a.end());
    loops.iter().filter(|l| !loops.iter().any(|other| within(other, l))).cloned().collect()
}
