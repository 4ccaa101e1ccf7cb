//! How long a user's crate takes to compile: fifty kernels of all sorts, twenty of them with a gradient.

use std::fmt::Write as _;
use std::path::Path;

use crate::peer::Result;
use crate::project::Project;

const KERNELS: usize = 50;
const GRADIENTS: usize = 20;

/// Formulas of points `x_i` and `y_j`, a number `b_j` and a parameter `s`. Each is used in several dimensions.
const FORMULAS: [&str; 10] = [
    "sum_j exp(-sqdist(x_i, y_j) / 2s) * b_j",
    "sum_j exp(-norm(x_i - y_j) / s) * b_j",
    "sum_j b_j / (1 + sqdist(x_i, y_j) / s)",
    "let r = norm(x_i - y_j) / s; sum_j (1 + r) * exp(-r) * b_j",
    "logsumexp_j(b_j - s * sqdist(x_i, y_j))",
    "let k = exp(-s * sqdist(x_i, y_j)); sum_j(k * b_j) / sum_j(k)",
    "softmax_j(s * (x_i | y_j), b_j * y_j)",
    "sum_j tanh(s * (x_i | y_j)) * b_j",
    "max_j(b_j - s * sqdist(x_i, y_j))",
    "sum_j (x_i - y_j) * rsqrt(sqdist(x_i, y_j) + s)^3 * b_j",
];

/// Compiles the crate, and prints how long that takes: with the release profile as it is, and with `incremental = true` in it.
///
/// # Errors
/// Those of cargo.
pub fn measure(folder: &Path) -> Result<()> {
    let project = Project::new(folder, "many-kernels", "")?;
    for (profile, settings) in [("", &[][..]), (", incremental", &["--config", "profile.release.incremental=true"])] {
        project.clean()?;
        for (command, flags) in [("check", &[][..]), ("build", &["--release"])] {
            for (what, source) in [("all", source()), ("a formula that has changed", changed(&source()))] {
                project.source(&source)?;
                let time = project.cargo(&[&[command], flags, settings].concat())?;
                println!("cargo {command} {}{profile}: {what}: {:.1} s", flags.concat(), time.as_secs_f64());
            }
        }
    }
    Ok(())
}

/// The same program with another formula in the place of one.
fn changed(source: &str) -> String {
    source.replacen("2s)", "3s)", 1)
}

/// A program that evaluates every kernel.
fn source() -> String {
    let (mut items, mut calls) = (String::new(), String::new());
    for k in 0..KERNELS {
        let (formula, dim) = (FORMULAS[k % FORMULAS.len()], 1 + k / FORMULAS.len());
        _ = writeln!(
            items,
            "keops::keops! {{\n    pub fn kernel_{k}(x_i: [f32; {dim}], y_j: [f32; {dim}], b_j: f32, s: f32) {{ {formula} }}\n}}"
        );
        _ = writeln!(
            calls,
            "    let (x, y, b) = (vec![[1.0; {dim}]; 100], vec![[2.0; {dim}]; 100], vec![3.0; 100]);\n    \
             let call = kernel_{k}(&x, &y, &b, s);\n    let value = call.eval()?;\n    println!(\"{{value:?}}\");"
        );
        if k < GRADIENTS {
            _ = writeln!(calls, "    println!(\"{{:?}}\", call.grad_x(&value).eval()?);");
        }
    }
    format!("{items}\nfn main() -> Result<(), keops::Error> {{\n    let s = 1.0;\n{calls}    Ok(())\n}}\n")
}
