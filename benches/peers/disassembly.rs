//! What the loops over pairs consist of in machine code, for each kernel of the race and each instruction set that it is compiled for, and
//! how near to the limit of the processor's ports it runs.
//!
//! A crate with these kernels is compiled as a user's would be, with symbols that name what a function is compiled for; the code for all
//! instruction sets is in its program, whatever the machine has.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use keops::Isa;

use crate::assembly::{Function, functions};
use crate::figures::figures;
use crate::limits::Limits;
use crate::peer::Result;
use crate::ports::{Counts, Kind};
use crate::project::Project;
use crate::workload::{Kernel, Quantity, Workload, kernels};

/// The crate runs its kernels, each for a second, and prints how many seconds of a core a call takes: other programs take none of these away.
/// They are those of the process, in hundredths: a call may run on threads that end with it.
const MAIN: &str = "fn busy() -> f64 {
    let text = std::fs::read_to_string(\"/proc/self/stat\").expect(\"Linux\");
    let fields = text.rsplit(')').next().expect(\"fields\").split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
fn main() {
    for w in workload::kernels() {
        let ours = ours::Ours::new(&w, &w.data()).expect(\"there is a kernel\");
        ours.run(w.calls()).expect(\"it runs\");
        let (start, mut calls) = (busy(), 0);
        while busy() < start + 1.0 {
            ours.run(w.calls()).expect(\"it runs\");
            calls += w.calls();
        }
        println!(\"{}\", (busy() - start) / calls as f64);
    }
}
";

/// Instruction sets, what their types are called in symbols, and how many bytes a register has.
const SETS: [(Isa, &str, usize); 3] =
    [(Isa::Avx512, "Avx512", 64), (Isa::Avx2, "Avx2", 32), (Isa::Baseline, "Sse2", 16)];

/// The table of all kernels and instruction sets; what this machine runs is timed, on a core.
///
/// # Errors
/// Without objdump, and where the code is not for x86-64.
pub fn table(folder: &Path) -> Result<String> {
    let project = Project::new(folder, "all-kernels", "fastrand = \"2.5\"\n")?;
    let modules = ["ours", "workload"].map(|name| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
        format!("#[path = \"{path}/{name}.rs\"]\nmod {name};\n")
    });
    project.source(&format!("#![allow(dead_code)]\n{}{MAIN}", modules.concat()))?;
    project.cargo(&["rustc", "--release", "--", "-Csymbol-mangling-version=v0"])?;
    let objdump = Command::new("objdump").args(["-dC", "--no-show-raw-insn"]).arg(project.program()).output();
    let text = String::from_utf8(objdump.map_err(|e| format!("objdump: {e}"))?.stdout)?;
    let functions: Vec<_> = functions(&text).filter(|f| f.name.contains("enter::<")).collect();
    let limits = Limits::measure(folder).ok();
    let mut out = head(limits.as_ref().map(Limits::clock));
    for (isa, set, bytes) in SETS {
        if !functions.iter().any(|f| f.name.contains(&format!("{set}, "))) {
            return Err(format!("no code for {isa}: are its types called something else than {set}?").into());
        }
        let times = times(&project, isa);
        for (k, w) in kernels().iter().enumerate() {
            let Some(counts) = counts(&functions, w, set) else { continue };
            let lanes = bytes / if w.double { 8 } else { 4 };
            let seconds = times.as_ref().and_then(|times| times.get(k)).copied();
            let pairs_per_clock = limits.as_ref().map(|limits| limits.clock() * limits.pace(bytes) * lanes as f64);
            line(&mut out, w, isa, &counts, pairs_per_clock, seconds);
        }
    }
    Ok(out)
}

fn head(clock: Option<f64>) -> String {
    let clock = clock.map_or_else(String::new, |clock| format!(" at {:.2} GHz", clock / 1e9));
    let mut text = format!(
        "Instructions for a vector of pairs, along the shortest way through the loops, and without those of functions that they call; of long \
         vectors, whose squared distances are products, these products alone. Rates are those of a core. The limit is that of the ports{clock} if they were always \
         busy: in a clock two instructions that multiply, two that add (comparisons, minima and roundings too), 3.1 of all on vectors but loads and \
         copies; divisions take 3.4 clocks, roots 5. These were measured on AMD's Zen 3 with AVX2, and are supposed of other processors. Of \
         AVX-512 are counted where AMD's Zen 4 computes them: comparisons and first digits of roots with what multiplies, and to scale is two of what adds.\n\n| workload | \
         instruction set |"
    );
    Kind::ALL.iter().for_each(|(_, name)| text.extend([" ", name, " |"]));
    let numbers = "---:|".repeat(Kind::ALL.len() + 4);
    text + &format!(" clocks | limit, 10⁹ pairs/s | measured | share |\n|---|---|{numbers}\n")
}

fn line(out: &mut String, w: &Workload, isa: Isa, counts: &Counts, pairs_per_clock: Option<f64>, seconds: Option<f64>) {
    _ = write!(out, "| {w} | {isa} |");
    Kind::ALL.iter().for_each(|(kind, _)| _ = write!(out, " {} |", short(counts.get(*kind))));
    let limit = pairs_per_clock.map(|pairs| pairs / counts.clocks());
    let measured = seconds.map(|seconds| w.pairs() / seconds);
    let rate = |rate: Option<f64>| rate.map_or_else(String::new, |rate| figures(rate / 1e9));
    let share = limit.zip(measured).map_or_else(String::new, |(limit, rate)| format!("{:.0} %", 100.0 * rate / limit));
    _ = writeln!(out, " {} | {} | {} | {share} |", short(counts.clocks()), rate(limit), rate(measured));
}

/// A number with a decimal where it has one.
fn short(v: f64) -> String {
    let text = format!("{v:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Seconds of a call of each kernel, if this machine has the instruction set.
fn times(project: &Project, isa: Isa) -> Option<Vec<f64>> {
    if !Isa::available().any(|available| available == isa) {
        return None;
    }
    let output = Command::new(project.program()).env("KEOPS_ISA", isa.name()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.lines().map(|line| line.parse().ok()).collect()
}

/// A kernel's instructions for a vector of pairs, in all passes that look at pairs.
fn counts(functions: &[Function<'_>], w: &Workload, set: &str) -> Option<Counts> {
    let (formula, pass) = symbols(w);
    let number = if w.double { "f64" } else { "f32" };
    // like `<….ValuePass0 as ….Beside<….Avx2, f32>>::enter::<….Stages<….__keops_gauss::plan::ValuePass0>, 4, 1>`
    let machine = format!("{set}, {number}>>::enter::<");
    let of_pass = |function: &&Function<'_>| {
        function.name.contains(&machine) && function.name.contains(&format!("::__keops_{formula}::plan::{pass}"))
    };
    let step = |step: &str| -> Vec<_> {
        functions.iter().filter(of_pass).filter(|f| f.name.contains(&format!("::{step}<"))).collect()
    };
    // where squared distances of long vectors are products, these are most of it
    if !step("PairsApart").is_empty() {
        return Some(Counts::products(w.dim));
    }
    // with many numbers per column these come in groups, and what fills none is rare
    let grouped = step("PairsOfGroups");
    let passes = if grouped.is_empty() { step("Stages") } else { grouped };
    let counts: Vec<_> = passes.iter().filter_map(|function| vector_of_pairs(function, w)).collect();
    (!counts.is_empty()).then(|| counts.into_iter().sum())
}

/// A function's instructions for a vector of pairs.
fn vector_of_pairs(function: &Function<'_>, w: &Workload) -> Option<Counts> {
    // vectors of rows and columns are the last two arguments
    let mut arguments = function.name.trim_end_matches('>').rsplit(", ").map(str::parse::<f64>);
    let (Some(Ok(columns)), Some(Ok(vectors))) = (arguments.next(), arguments.next()) else { return None };
    let pairs = vectors * columns;
    // within the loop over columns are one over components, with a square for each, and one over the columns of a group
    let turns = |counts: &Counts| match counts.get(Kind::Multiply) {
        squares if counts.get(Kind::Logic) == 0.0 && squares > 0.0 => w.dim as f64 * pairs / squares,
        _ => columns,
    };
    Some(function.turn(turns)? * (1.0 / pairs))
}

/// How symbols name a workload's formula and passes.
fn symbols(w: &Workload) -> (String, &'static str) {
    let stem = match (w.quantity, w.kernel) {
        (Quantity::LogSumExp, _) => "log_sum_exp",
        (Quantity::ArgMin, _) => "nearest",
        (Quantity::Nearest, _) => "all_nearest",
        (_, Kernel::Gauss) => "gauss",
        (_, Kernel::Laplace) => "laplace",
        (_, Kernel::Cauchy) => "cauchy",
        (_, Kernel::Matern) => "matern",
        (_, Kernel::Multiquadric) => "multiquadric",
    };
    let mut formula = stem.to_owned();
    if w.dim > 3 {
        formula += &format!("_{}", w.dim);
    }
    if w.signals > 1 {
        formula += &format!("_{}", w.signals);
    }
    if w.double {
        formula += "_f64";
    }
    let pass = match w.quantity {
        Quantity::Gradient => "GradXPass",
        Quantity::Gradients => "ValueWithGradsPass",
        _ => "ValuePass",
    };
    (formula, pass)
}
