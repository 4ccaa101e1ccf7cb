//! What the hot loop of a kernel consists of in a card's own machine code.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use keops::engine::Ptx;

use crate::peer::Result;

/// How many instructions of some kinds a loop has, each time it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub all: usize,
    /// Those of the units for `f32`.
    pub single: usize,
    /// Those of the units for exponentials, reciprocals and roots.
    pub special: usize,
    /// Exponentials; comparisons; additions.
    pub exponentials: usize,
    pub comparisons: usize,
    pub additions: usize,
}

/// A program of the CUDA toolkit.
fn tool(program: &str) -> Result<PathBuf> {
    let variable = format!("KEOPS_{}", program.to_uppercase());
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    let on_path = || env::split_paths(&path).map(|folder| folder.join(&file)).find(|file| file.is_file());
    let found = env::var_os(&variable).map(PathBuf::from).or_else(on_path);
    found.ok_or_else(|| format!("there is no {program} on PATH, and {variable} names none").into())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The machine code of a kernel.
pub fn of(ptx: &Ptx, (major, minor): (u32, u32)) -> Result<String> {
    let (ptxas, nvdisasm) = (tool("ptxas")?, tool("nvdisasm")?);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.ptx", ptx.symbol));
    let cubin = file.with_extension("cubin");
    fs::write(&file, ptx.text)?;
    output(Command::new(ptxas).arg(format!("-arch=sm_{major}{minor}")).arg(&file).arg("-o").arg(&cubin))?;
    output(Command::new(nvdisasm).arg("-c").arg(&cubin))
}

/// What the loop consists of that has most of these: of the loops of a kernel without another in them, the one that is unrolled most; of several
/// bodies for one loop, the shortest.
pub fn hot_loop(sass: &str, symbol: &str, units: fn(&Counts) -> usize) -> Option<Counts> {
    let section = format!(".text.{symbol},");
    let lines = sass.lines().skip_while(|line| !line.contains(&section)).skip(1);
    let (mut code, mut labels, mut loops) = (vec![], HashMap::new(), Vec::<RangeInclusive<usize>>::new());
    for line in lines.take_while(|line| line.split_whitespace().next() != Some(".section")).map(str::trim) {
        if let Some(label) = line.strip_suffix(':').filter(|label| label.starts_with('.')) {
            labels.insert(label, code.len());
        } else if let Some((_, instruction)) = line.strip_prefix("/*").and_then(|line| line.split_once("*/")) {
            let target = instruction.split_once("BRA").and_then(|(_, to)| to.split_once("`(")?.1.split_once(')'));
            if let Some(start) = target.and_then(|(label, _)| labels.get(label)) {
                loops.push(*start..=code.len());
            }
            code.push(instruction);
        }
    }
    let has_none_in_it = |l: &&RangeInclusive<usize>| {
        !loops.iter().any(|other| other != *l && l.contains(other.start()) && l.contains(other.end()))
    };
    let counts = loops.iter().filter(has_none_in_it).map(|l| count(&code[l.clone()]));
    counts.max_by_key(|counts| (units(counts), Reverse(counts.all)))
}

fn count(code: &[&str]) -> Counts {
    /// The name of an instruction, behind its predicate.
    fn name(instruction: &str) -> &str {
        instruction.split_whitespace().find(|word| !word.starts_with('@')).unwrap_or_default().trim_end_matches(';')
    }
    let of = |is: &dyn Fn(&str) -> bool| code.iter().filter(|instruction| is(name(instruction))).count();
    Counts {
        all: code.len(),
        single: of(&|name| ["FADD", "FMUL", "FFMA", "FSETP", "FMNMX", "FSEL"].iter().any(|own| name.starts_with(own))),
        special: of(&|name| name.starts_with("MUFU")),
        exponentials: of(&|name| name.starts_with("MUFU.EX2")),
        comparisons: of(&|name| name.starts_with("FSETP")),
        additions: of(&|name| name.starts_with("FADD")),
    }
}
