//! Prints every stage of a formula: its graph, gradients, schedules, the Rust that comes out, and the GPU kernels.
//!
//!     cargo run --example show -- 'sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j where x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32'
//!     cargo run --example show -- 'fn gauss<T, const D: usize>(x_i: [T; D], y_j: [T; D], s2: T) { sum_j exp(-sqdist(x_i, y_j) / 2s2) }'
//!
//! Nodes of graphs have the names that they have in the code. There are GPU kernels where operands have declared types and a
//! device compiler is at hand (see `keops-ptx`).

#![allow(clippy::print_stdout, reason = "that is what it does")]

use std::error::Error;
use std::process::ExitCode;
use std::{env, fs, process};

use keops_formula::compile::expand;
use keops_formula::error::Errors;
use keops_formula::parse::is_items;
use keops_formula::show;
use proc_macro2::TokenStream;

const USAGE: &str = "usage: show 'sum_j exp(-sqdist(x_i, y_j)) where x_i: [f32; 3], y_j: [f32; 3]', or 'fn f(…) { … }'";

fn main() -> ExitCode {
    let Some(formula) = env::args().nth(1).filter(|arg| !arg.starts_with('-')) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match show(&formula) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn show(formula: &str) -> Result<(), Box<dyn Error>> {
    let tokens: TokenStream = formula.parse().map_err(|e| format!("not a Rust token: {e}"))?;
    for stage in show::stages(tokens.clone()).map_err(messages)? {
        section(&stage.title, &stage.text);
    }
    let code = expand(tokens.clone()).map_err(messages)?;
    let file = if is_items(&tokens) { code } else { format!("fn formula() {{ let call = {code}; }}").parse()? };
    section("Rust", &prettyplease::unparse(&syn::parse2(file)?));
    for (name, text) in kernels(formula)? {
        section(&name, &text);
    }
    Ok(())
}

fn section(title: &str, text: &str) {
    println!("──── {title}\n\n{text}");
}

fn messages(errors: Errors) -> String {
    errors.iter().map(|e| format!("error: {}\n", e.message)).collect()
}

/// The PTX of each kernel, by its symbol, or why there is none.
fn kernels(formula: &str) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    // beside the program, for what all kernels share to be compiled once
    let folder = env::current_exe()?.with_file_name("show-ptx");
    fs::create_dir_all(&folder)?;
    let source = folder.join(format!("formula-{}.rs", process::id()));
    fs::write(&source, format!("keops::keops! {{ {formula} }}"))?;
    let output = keops_ptx::Builder::new().file(&source).out_dir(&folder).try_build()?;
    let mut kernels = vec![];
    for (symbol, file) in &output.kernels {
        let text = match file {
            Some(file) => fs::read_to_string(file)?,
            None => output.warnings.join("\n"),
        };
        kernels.push((format!("PTX: {symbol}"), text));
    }
    if kernels.is_empty() {
        kernels.push(("PTX".into(), "none: operands have no declared types, or no instance is asked for".into()));
    }
    fs::remove_file(source)?;
    Ok(kernels)
}
