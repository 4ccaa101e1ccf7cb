//! Looks for cliffs: how fast every elementary function is over all decades of its argument, and kernels over seven decades of their
//! width, in both precisions and on all instruction sets that this processor has.
//!
//!     cargo bench --bench sweep                  # all; about three minutes
//!     cargo bench --bench sweep -- sin pow       # formulas whose name has one of these words
//!         --record                               # also written down: benches/record/sweep
//!
//! A function `f` is `sum_j f(x_i + y_j)` with `x` and `y` between 0 and the scale; kernels are of points in the unit cube. Rates are those
//! of one thread, each the best of some turns. The third column is how many times as long a call takes at the worst scale as at the best, and
//! the last one tells at which scales it takes more than a tenth longer. Of `sin` and `cos` arguments end where their documentation says so.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, reason = "a program")]
#![allow(missing_debug_implementations, reason = "a program")]

mod curve;
#[allow(dead_code, reason = "races have times")]
#[path = "../peers/figures.rs"]
mod figures;
mod formulas;
#[path = "../peers/machine.rs"]
mod machine;
mod plot;
#[path = "../peers/svg.rs"]
mod svg;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use keops::{Cpu, Isa, Scalar};

use crate::curve::{CLIFF, Curve};
use crate::figures::figures;
use crate::plot::Curves;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What the command line asks for.
#[derive(Default)]
struct Options {
    words: Vec<String>,
    record: bool,
}

impl Options {
    fn from_args() -> Result<Self> {
        let mut options = Options::default();
        for arg in env::args().skip(1) {
            match arg.as_str() {
                "--bench" => {} // cargo says so
                "--record" => options.record = true,
                _ if arg.starts_with('-') => return Err(format!("no such option: {arg}").into()),
                _ => options.words.push(arg.to_lowercase()),
            }
        }
        if options.record && !options.words.is_empty() {
            return Err("--record wants all rows".into());
        }
        Ok(options)
    }

    fn ask(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.to_lowercase().contains(word))
    }
}

fn main() -> ExitCode {
    match Options::from_args().and_then(|options| one_thread()?.install(|| run(&options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What else runs on the machine then takes another one.
fn one_thread() -> Result<rayon::ThreadPool> {
    Ok(rayon::ThreadPoolBuilder::new().num_threads(1).build()?)
}

fn run(options: &Options) -> Result<()> {
    let circumstances = machine::circumstances();
    println!("{circumstances}");
    let (mut all, mut text) = (Vec::new(), circumstances);
    for cpu in Isa::available().filter_map(Cpu::with) {
        all.push(precision::<f32>("f32", &cpu, options, &mut text)?);
        all.push(precision::<f64>("f64", &cpu, options, &mut text)?);
    }
    if !options.record {
        return Ok(());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/record/sweep");
    fs::create_dir_all(&folder)?;
    let name = machine::name();
    fs::write(folder.join(name.clone() + ".md"), format!("{text}\n![rates]({name}.svg)\n"))?;
    Ok(fs::write(folder.join(name + ".svg"), plot::curves(&all))?)
}

/// Sweeps all that is asked for, on one instruction set and in one precision, and adds its table to the text.
fn precision<T: Scalar>(precision: &'static str, cpu: &Cpu, options: &Options, text: &mut String) -> Result<Curves> {
    let isa = cpu.isa().name();
    let mut say = |line: String| {
        println!("{line}");
        *text += &(line + "\n");
    };
    say(format!("\n| {isa}, {precision} | 10⁹ pairs/s | worst, × | more than {CLIFF} × at |\n|---|---:|---:|---|"));
    let mut curves = Vec::new();
    for sweep in formulas::functions::<T>().into_iter().chain(formulas::kernels::<T>()) {
        if options.ask(&sweep.name) {
            let curve = Curve::measure(&sweep, cpu)?;
            let cliffs: Vec<_> = curve.cliffs().iter().map(|(from, to)| format!("{from:.0e} to {to:.0e}")).collect();
            let (rate, worst) = (figures(curve.best() / 1e9), curve.worst());
            say(format!("| {} | {rate} | {worst:.2} | {} |", curve.name, cliffs.join(", ")));
            curves.push(curve);
        }
    }
    Ok(Curves { isa, precision, curves })
}
