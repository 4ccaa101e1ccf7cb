//! What the loop over pairs consists of, in machine instructions.
//!
//! A crate with one kernel is compiled, and `objdump` shows the code of its steps for AVX-512. The hot loop is that of the
//! innermost ones with the most multiply-adds.

use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::peer::Result;
use crate::project::Project;

const SOURCE: &str = "
keops::keops! {
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, g: f32) { sum_j exp(-g * sqdist(x_i, y_j)) * b_j }
}
fn main() {
    let point = [std::env::args().count() as f32; 3];
    println!(\"{:?}\", gauss(&[point; 100], &[point; 200], &[1.0; 200], 1.0).eval());
}
";
/// How many numbers a register has.
const LANES: usize = 16;
/// Kinds of instructions by how their names start, and whether they keep the units busy that multiply.
const KINDS: [(&str, &[&str], bool); 6] = [
    ("multiply-adds", &["vfmadd", "vfmsub", "vfnmadd", "vfnmsub"], true),
    ("products", &["vmul"], true),
    ("scalings by powers of two", &["vscalef"], true),
    ("sums and differences", &["vadd", "vsub"], false),
    ("roundings", &["vrndscale"], false),
    ("loads and copies", &["vmov", "vbroadcast"], false),
];

/// A loop with an exponential for each pair: its instructions, by name.
pub struct Loop(Vec<String>);

/// The hot loop of the Gaussian sum in three dimensions.
///
/// # Errors
/// Without objdump, and where the code is not for x86-64.
pub fn gaussian_sum(folder: &Path) -> Result<Loop> {
    let project = Project::new(folder, "one-kernel")?;
    project.source(SOURCE)?;
    project.cargo(&["build", "--release"])?;
    let mut objdump = Command::new("objdump");
    let output = objdump.args(["--disassemble", "--no-show-raw-insn"]).arg(project.program()).output();
    let output = output.map_err(|e| format!("objdump: {e}"))?;
    hot_loop(&String::from_utf8_lossy(&output.stdout)).ok_or("objdump shows no loop of AVX-512".into())
}

/// The innermost loop with the most multiply-adds, in functions of the machine that the runtime calls so.
fn hot_loop(text: &str) -> Option<Loop> {
    let functions = text.split("\n\n").filter(|f| f.lines().next().is_some_and(|line| line.contains("Avx512")));
    let loops = functions.flat_map(|f| loops(&f.lines().filter_map(instruction).collect::<Vec<_>>()));
    loops.max_by_key(|l| l.count(KINDS[0].1)).filter(|l| l.pairs() > 0)
}

/// Address, name and target of a jump, of a line like `  23600:  jne  234b0 <…>`.
fn instruction(line: &str) -> Option<(u64, &str, Option<u64>)> {
    let (address, rest) = line.trim_start().split_once(":\t")?;
    let mut words = rest.split_whitespace();
    let name = words.next()?;
    let target = words.next().filter(|_| name.starts_with('j')).and_then(|t| u64::from_str_radix(t, 16).ok());
    Some((u64::from_str_radix(address, 16).ok()?, name, target))
}

/// The loops of a function that no jump enters, leaves or repeats a part of.
fn loops(function: &[(u64, &str, Option<u64>)]) -> Vec<Loop> {
    let mut loops = Vec::new();
    for (end, (address, _, target)) in function.iter().enumerate() {
        let Some(target) = target.filter(|target| target <= address) else { continue };
        let Some(start) = function.iter().position(|(address, ..)| *address == target) else { continue };
        let body = &function[start..=end];
        if body[..body.len() - 1].iter().all(|(.., target)| target.is_none()) {
            loops.push(Loop(body.iter().map(|(_, name, _)| (*name).to_owned()).collect()));
        }
    }
    loops
}

impl Loop {
    fn count(&self, starts: &[&str]) -> usize {
        self.0.iter().filter(|name| starts.iter().any(|start| name.starts_with(start))).count()
    }

    /// How many pairs it computes: each has one exponential.
    fn pairs(&self) -> usize {
        LANES * self.count(&["vscalef"])
    }

    /// How many instructions that multiply there are, per register of pairs.
    pub fn multiplications(&self) -> f64 {
        let multiply = KINDS.iter().filter(|(.., multiply)| *multiply);
        multiply.map(|(_, starts, _)| self.per_register(self.count(starts))).sum()
    }

    fn per_register(&self, count: usize) -> f64 {
        (count * LANES) as f64 / self.pairs() as f64
    }
}

impl fmt::Display for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, pairs) = (self.0.len(), self.pairs());
        let per_pair = all as f64 / pairs as f64;
        writeln!(
            f,
            "The loop over pairs of the Gaussian sum has {all} instructions for {pairs} pairs: {per_pair:.2} per pair."
        )?;
        write!(f, "  For {LANES} pairs these are {}:", self.per_register(all))?;
        let mut rest = all;
        for (kind, starts, _) in KINDS {
            let count = self.count(starts);
            rest -= count;
            write!(f, " {kind} {},", self.per_register(count))?;
        }
        write!(f, " others {}.", self.per_register(rest))
    }
}
