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

/// Compiles the crate, and prints how long that takes.
///
/// # Errors
/// Those of cargo.
pub fn measure(folder: &Path) -> Result<()> {
    let project = Project::new(folder, "many-kernels", "")?;
    project.clean()?;
    let source = source();
    project.source(&source)?;
    let all = project.cargo(&["build", "--release"])?;
    println!("cargo build --release, with all dependencies: {:.1} s", all.as_secs_f64());
    project.source(&source.replace("let s = 1.0;", "let s = 2.0;"))?;
    let again = project.cargo(&["build", "--release"])?;
    println!("cargo build --release after a change of a line: {:.1} s", again.as_secs_f64());
    project.source(&source)?;
    let check = project.cargo(&["check"])?;
    println!("cargo check, with all dependencies: {:.1} s", check.as_secs_f64());
    project.source(&source.replace("let s = 1.0;", "let s = 2.0;"))?;
    let again = project.cargo(&["check"])?;
    println!("cargo check after a change of a line: {:.1} s", again.as_secs_f64());
    Ok(())
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
