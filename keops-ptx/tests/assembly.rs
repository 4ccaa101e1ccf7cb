//! GPU kernels as the assembler sees them: they lie in registers alone, and their hot loops are short.
//!
//! `keops-ptx` says where a device compiler is looked for. `ptxas` and `nvdisasm` of the CUDA toolkit (or of the wheels
//! `nvidia-cuda-nvcc` and `nvidia-cuda-nvdisasm`) are named by `KEOPS_PTXAS` and `KEOPS_NVDISASM`, or on `PATH`. Without these
//! programs the tests pass, and say that they were skipped; `KEOPS_REQUIRE=ptx,ptxas` makes them fail.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../../tests/skip/mod.rs"]
mod skip;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs, io, thread};

use keops_formula::compile::passes;
use keops_ptx::{Builder, Output};
use skip::skip;

/// What is said of, where it is skipped.
const WHO: &str = "keops-ptx/tests/assembly.rs";

/// The oldest that CUDA 13 knows, and Blackwell: those between have as many registers.
const ARCHITECTURES: [&str; 2] = ["sm_75", "sm_100"];
/// The one whose instructions are counted.
const COUNTED: &str = "sm_90";

const FORMULAS: &str = "tests/formulas/standard.rs";
const LONG: &str = "tests/formulas/long.rs";
const SUITE: &str = "../tests/suite/mod.rs";

/// What stands once, or several times, in the code of a pair: formula, pass, instruction, how often, and, for some, how many
/// instructions a pair may take at most.
const PAIRS: [(&str, &str, &str, usize, Option<f64>); 10] = [
    ("gauss", "ValuePass0", "MUFU.EX2", 1, Some(8.4)),
    ("gauss", "GradXPass0", "MUFU.EX2", 1, Some(16.0)),
    ("gauss", "GradS2Pass0", "MUFU.EX2", 1, None),
    ("gauss", "ValueWithGradsPass0", "MUFU.EX2", 1, None),
    ("gauss_16", "ValuePass0", "MUFU.EX2", 1, None),
    ("gauss_16", "GradXPass0", "MUFU.EX2", 1, None),
    ("laplacian", "ValuePass0", "MUFU.EX2", 1, None),
    ("cauchy", "ValuePass0", "MUFU.RCP", 1, None),
    ("nearest", "ValuePass0", "FSETP", 1, None),
    // the weight, and the factor of the sums so far, which is rarely wanted
    ("attention", "ValuePass0", "MUFU.EX2", 2, None),
];

/// The same for each component of a pair, of the longest vectors in registers and of longer ones: there is no cliff between.
const COMPONENTS: [(&str, &str); 2] = [(FORMULAS, "gauss_50"), (LONG, "gauss_784")];

#[test]
fn kernels_call_nothing_and_have_no_memory() {
    let Some(ptx) = ptx() else { return };
    let long: Vec<String> = symbols(LONG).into_values().collect();
    for (symbol, text) in ptx {
        assert!(
            !text.contains(".func") && text.contains(".local") == long.contains(symbol),
            "{symbol} calls, or has memory of its own where it should not:\n{text}"
        );
        let entries: BTreeSet<&str> =
            text.split(".visible .entry ").skip(1).map(|e| e.split('(').next().unwrap()).collect();
        let expected = ["", "_columns", "_merge"].map(|end| format!("{symbol}{end}"));
        assert_eq!(entries, expected.iter().map(String::as_str).collect(), "{symbol}");
        for path in [env!("CARGO_TARGET_TMPDIR"), "/rustlib/"] {
            assert!(!text.contains(path), "{symbol} has paths of this machine in it");
        }
    }
}

#[test]
fn kernels_assemble_without_spills() {
    let (Some(ptx), Some(ptxas)) = (ptx(), tool("ptxas")) else { return };
    let symbols: Vec<String> = symbols(LONG).into_values().collect();
    let (long, short): (Vec<_>, Vec<_>) = ptx.iter().partition(|(symbol, _)| symbols.contains(symbol));
    let assembles = &|architecture| {
        for (texts, clean) in [
            (&short, "    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"),
            (&long, " bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"),
        ] {
            let (_, log) = assemble(&ptxas, architecture, texts.iter().map(|(_, text)| *text));
            let lines: Vec<&str> = log.lines().filter(|l| l.contains("stack frame") && !l.contains(clean)).collect();
            assert!(log.contains(clean) && lines.is_empty(), "{architecture}: memory of threads is slow: {lines:#?}");
        }
    };
    thread::scope(|scope| {
        for architecture in ARCHITECTURES {
            scope.spawn(move || assembles(architecture));
        }
    });
}

#[test]
fn hot_loops_are_as_recorded() {
    let (Some(ptx), Some(ptxas), Some(nvdisasm)) = (ptx(), tool("ptxas"), tool("nvdisasm")) else { return };
    let (mut counted, mut record) = (vec![], String::new());
    let pairs = PAIRS.map(|pair| (FORMULAS, "pair", pair));
    let components =
        COMPONENTS.map(|(file, formula)| (file, "component", (formula, "ValuePass0", "FADD", 1, Some(2.6))));
    for (file, unit, (formula, pass, mark, times, most)) in pairs.into_iter().chain(components) {
        let symbols = symbols(file);
        let symbol = &symbols[&(formula.to_owned(), pass.to_owned())];
        let (cubin, log) = assemble(&ptxas, COUNTED, [&ptx[symbol]]);
        let registers = registers(&log, symbol);
        let sass = run(Command::new(&nvdisasm).arg("-c").arg(&cubin)).unwrap();
        let (instructions, units) = hot_loop(&sass, symbol, mark, times);
        let each = instructions as f64 / units as f64;
        let _ = writeln!(record, "{formula:<10} {pass:<20} {registers:>3} registers {each:>6.2} instructions a {unit}");
        counted.push((formula, pass, each, most, unit));
    }
    eprintln!("{record}");
    // another version of either compiler may count otherwise
    let version = run(Command::new(&ptxas).arg("--version")).unwrap();
    let version = version.lines().find(|l| l.contains("release")).unwrap_or_default();
    let first = ptx.values().next().unwrap();
    let isa = first.lines().find(|l| l.starts_with(".version")).unwrap_or_default();
    let record = format!("{version}\nPTX {isa}\n{COUNTED}\n\n{record}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/record.txt");
    if env::var_os("KEOPS_BLESS").is_some() {
        fs::write(&file, &record).unwrap();
    }
    let agreed = fs::read_to_string(&file).unwrap();
    if agreed.lines().take(2).eq(record.lines().take(2)) {
        for (formula, pass, each, most, unit) in counted {
            assert!(most.is_none_or(|most| each <= most), "{formula} {pass}: {each} instructions a {unit}");
        }
        assert_eq!(agreed, record, "bless with KEOPS_BLESS=1, and read the difference");
    } else {
        let _ = writeln!(io::stderr(), "{WHO}: the record of hot loops is not compared: it is of other compilers");
    }
}

/// The PTX of all kernels by symbol, compiled once; none where there is no device compiler.
fn ptx() -> Option<&'static BTreeMap<String, String>> {
    static PTX: OnceLock<Option<BTreeMap<String, String>>> = OnceLock::new();
    PTX.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ptx");
        let built =
            Builder::new().files([FORMULAS, LONG, SUITE]).out_dir(out).try_build().unwrap_or_else(|e| panic!("{e}"));
        let Output { kernels, warnings, .. } = built;
        let read = |(symbol, file): (String, Option<PathBuf>)| Some((symbol, fs::read_to_string(file?).unwrap()));
        let texts: Option<_> = kernels.into_iter().map(read).collect();
        if texts.is_none() {
            skip("ptx", WHO, &warnings.join("; "));
        }
        texts
    })
    .as_ref()
}

/// The symbols of the formulas of a file, by the names of formula and pass.
fn symbols(file: &str) -> BTreeMap<(String, String), String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let formulas = text.split_once("keops! {").unwrap().1.trim_end().strip_suffix('}').unwrap();
    let mut symbols = BTreeMap::new();
    for pass in passes(formulas.parse().unwrap()).unwrap() {
        let formula = pass.symbol.strip_prefix("keops_").unwrap().rsplitn(3, '_').last().unwrap().to_owned();
        symbols.insert((formula, pass.ty.to_string()), pass.symbol);
    }
    symbols
}

/// A program of the CUDA toolkit; none where it is not to be had, which is said.
fn tool(program: &str) -> Option<PathBuf> {
    let variable = format!("KEOPS_{}", program.to_uppercase());
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    let on_path = env::split_paths(&path).map(|p| p.join(&file)).find(|p| p.is_file());
    let found = env::var_os(&variable).map(PathBuf::from).or(on_path);
    if found.is_none() {
        skip("ptxas", WHO, &format!("there is no {program} on PATH, and {variable} names none"));
    }
    found
}

/// Assembles kernels together: the file, and what `ptxas` says of them.
fn assemble<'a>(ptxas: &Path, architecture: &str, texts: impl IntoIterator<Item = &'a String>) -> (PathBuf, String) {
    let mut all = String::new();
    for text in texts {
        // what stands in front of everything stands there once
        let is_first = all.is_empty();
        let common =
            |l: &str| [".version", ".target", ".address_size", ".extern .shared"].iter().any(|c| l.starts_with(c));
        text.lines().filter(|l| is_first || !common(l)).for_each(|l| {
            all.push_str(l);
            all.push('\n');
        });
    }
    // tests run at the same time
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("assembled-{number}.ptx"));
    fs::write(&file, all).unwrap();
    let cubin = file.with_extension("cubin");
    let arguments: [&OsStr; 4] = [OsStr::new("-v"), file.as_os_str(), OsStr::new("-o"), cubin.as_os_str()];
    let log = run(Command::new(ptxas).arg(format!("-arch={architecture}")).args(arguments));
    (cubin, log.unwrap_or_else(|log| panic!("{log}")))
}

/// How many registers a kernel takes, as `ptxas` says.
fn registers(log: &str, symbol: &str) -> usize {
    let of_kernel = log.split(&format!("'{symbol}'")).nth(1).unwrap();
    let count = of_kernel.split("Used ").nth(1).unwrap().split(' ').next().unwrap();
    count.parse().unwrap()
}

/// The instructions of the loop with the most pairs, and how many pairs that are: of the loops without one in them, which
/// is unrolled most; and of two forms of a pair, the shorter one, which ordinary data takes.
fn hot_loop(sass: &str, symbol: &str, mark: &str, times: usize) -> (usize, usize) {
    let section = format!(".text.{symbol},");
    let lines = sass.lines().skip_while(|l| !l.contains(&section)).skip(1).take_while(|l| !l.contains(".section"));
    let (mut code, mut labels, mut loops) = (vec![], BTreeMap::new(), vec![]);
    for line in lines.map(str::trim) {
        if let Some(label) = line.strip_suffix(':').filter(|l| l.starts_with('.')) {
            labels.insert(label, code.len());
        } else if let Some((_, instruction)) = line.strip_prefix("/*").and_then(|l| l.split_once("*/")) {
            let target = instruction.split_once("BRA").and_then(|(_, t)| t.split_once("`(")?.1.split_once(')'));
            if let Some(start) = target.and_then(|(label, _)| labels.get(label)) {
                loops.push(*start..=code.len());
            }
            code.push(instruction);
        }
    }
    let is_inner = |l: &&std::ops::RangeInclusive<usize>| {
        !loops.iter().any(|o| o != *l && l.contains(o.start()) && l.contains(o.end()))
    };
    let count = |l: &std::ops::RangeInclusive<usize>| {
        let body = &code[l.clone()];
        (body.len(), body.iter().filter(|i| i.contains(mark)).count() / times)
    };
    loops.iter().filter(is_inner).map(count).max_by_key(|(len, pairs)| (*pairs, Reverse(*len))).unwrap()
}

/// Runs a program: what it prints, or what it was and what it complains of.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let log = text(&output.stdout) + &text(&output.stderr);
    if output.status.success() { Ok(log) } else { Err(format!("{command:?}: {}\n{log}", output.status)) }
}
