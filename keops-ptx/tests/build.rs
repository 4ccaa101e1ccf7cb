//! Builds: what they leave in their folder, and where there is nothing to build with.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../../tests/skip/mod.rs"]
mod skip;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs, thread};

use keops_ptx::Builder;
use skip::skip;

const GAUSS: &str = "tests/formulas/gauss.rs";
const MORE: &str = "tests/formulas/more.rs";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn symbols(file: &str) -> Vec<String> {
    Builder::new().file(file).symbols().unwrap().into_iter().collect()
}

#[test]
fn what_is_asked_for_is_what_is_compiled() {
    // the value, the gradient in `x`, and the three passes of that in `s2`, one of them a total
    assert_eq!(symbols(GAUSS).len(), 5, "{:?}", symbols(GAUSS));
    let more = symbols(MORE);
    for (label, count) in [
        ("keops_gauss_f32_", 4),
        ("keops_total_f32_", 1),
        ("keops_any_f32_2_", 2),
        ("keops_any_f64_3_", 2),
        ("keops_formula_f64_", 1),
    ] {
        assert_eq!(more.iter().filter(|s| s.starts_with(label)).count(), count, "{label}: {more:?}");
    }
    assert_eq!(more.len(), 10, "{more:?}");
    assert!(symbols(GAUSS).iter().all(|s| more.contains(s)), "the same formula has the same symbols elsewhere");
}

/// Entries by rows and by columns; and for each number of columns the product, that of the transpose, and what is asked for.
#[test]
fn matrices_are_compiled_for_some_numbers_of_columns() {
    let all = symbols("tests/formulas/matrices.rs");
    let count = |label: &str| all.iter().filter(|s| s.starts_with(label)).count();
    for (label, expected) in [
        ("keops_plain_f32_", 6),
        ("keops_plain_f32_by1_", 2),
        ("keops_plain_f32_by8_", 2),
        ("keops_generic_f32_2_", 2 + 3 * 3),
        ("keops_generic_f32_2_by3_", 3),
        ("keops_generic_f64_3_", 2 + 3 * 3),
        ("keops_blocks_f32_", 2 + 2),
        ("keops_part_", 0),
        ("keops_whole_", 1),
        ("keops_formula_f64_", 6),
    ] {
        assert_eq!(count(label), expected, "{label}: {all:?}");
    }
    assert_eq!(all.len(), 6 + 2 * 11 + 4 + 1 + 6, "{all:?}");
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let error = Builder::new().file("tests/formulas/none.rs").symbols().unwrap_err();
    assert!(error.to_string().starts_with("there is no file"), "{error}");
}

#[test]
fn kernels_depend_on_nothing_but_their_formula() {
    // a path with a space
    let (first, second) = (folder("kernels of one"), folder("kernels-of-two"));
    let Some(one) = build(GAUSS, &first) else { return };
    // the standard library is the same in both, and takes long
    let _ = fs::remove_dir_all(&second);
    copy_core(&first.join("keops-ptx"), &second.join("keops-ptx"));
    let (two, again) = thread::scope(|scope| {
        // two builds in one folder at the same time
        let builds = [(), ()].map(|()| scope.spawn(|| build(MORE, &second).unwrap()));
        let [two, again] = builds.map(|build| build.join().unwrap());
        (two, again)
    });
    assert_eq!(two, again);
    for (symbol, file) in &one {
        assert_eq!(fs::read_to_string(file).unwrap(), fs::read_to_string(&two[symbol]).unwrap(), "{symbol}");
    }
    assert!(two.keys().eq(&symbols(MORE)), "{two:?}");
    for entry in fs::read_dir(second.join("keops-ptx")).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(!name.to_string_lossy().starts_with("work-"), "{} was left", name.display());
    }

    let modified =
        || -> Vec<SystemTime> { two.values().map(|f| fs::metadata(f).unwrap().modified().unwrap()).collect() };
    let before = modified();
    assert_eq!(build(MORE, &second).unwrap(), two);
    assert_eq!(modified(), before, "compiled again without a reason");
}

/// LLVM would make PTX for it that no driver takes.
#[test]
fn an_architecture_that_is_none_is_an_error() {
    let out = folder("kernels of one");
    if build(GAUSS, &out).is_none() {
        return;
    }
    for name in ["hopper", "sm_9"] {
        let error = Builder::new().file(GAUSS).out_dir(&out).architecture(name).try_build().unwrap_err().to_string();
        assert!(error.contains(&format!("'{name}' is not a recognized processor")), "{error}");
    }
}

#[test]
fn what_is_not_there_yet_is_looked_for() {
    let out = folder("missing");
    fs::create_dir_all(&out).unwrap();
    let root = out.join("root.rs");
    fs::write(&root, "mod later;").unwrap();
    let symbols = || Builder::new().file(&root).symbols().unwrap().len();
    let _ = fs::remove_file(out.join("later.rs"));
    assert_eq!(symbols(), 0);
    let files = Builder::new().file(&root).try_build().unwrap().files;
    assert!(files.contains(&out), "{files:?}");
    fs::copy(GAUSS, out.join("later.rs")).unwrap();
    assert_eq!(symbols(), 5);
}

#[test]
fn without_a_device_compiler_a_warning_says_what_to_type() {
    let done =
        alone("builds_without_a_device_compiler", &[("PATH", ""), ("RUSTC", "none"), ("KEOPS_DEVICE_RUSTC", "")]);
    assert!(done.contains("1 passed"), "{done}");
}

#[test]
#[ignore = "run by another test, in an environment of its own"]
fn builds_without_a_device_compiler() {
    let output = Builder::new().file(GAUSS).out_dir(folder("nothing")).try_build().unwrap();
    assert_eq!(output.kernels.len(), 5);
    assert!(output.kernels.values().all(Option::is_none), "{:?}", output.kernels);
    assert!(output.warnings[0].contains("`rustup component add rust-src`"), "{:?}", output.warnings);
}

#[test]
fn a_device_compiler_that_is_none_is_an_error() {
    let done = alone("builds_with_a_wrong_device_compiler", &[("KEOPS_DEVICE_RUSTC", "no such program")]);
    assert!(done.contains("1 passed"), "{done}");
}

#[test]
#[ignore = "run by another test, in an environment of its own"]
fn builds_with_a_wrong_device_compiler() {
    let error = Builder::new().file(GAUSS).out_dir(folder("nothing")).try_build().unwrap_err();
    assert!(error.to_string().starts_with("KEOPS_DEVICE_RUSTC: no such program"), "{error}");
}

#[test]
fn lints_get_no_kernels() {
    let out = folder("linted");
    let _ = fs::remove_dir_all(&out);
    let done = alone("builds_for_lints", &[("CLIPPY_ARGS", "")]);
    assert!(done.contains("1 passed"), "{done}");
    assert!(!out.exists(), "nothing is compiled");
}

#[test]
#[ignore = "run by another test, in an environment of its own"]
fn builds_for_lints() {
    Builder::new().file(GAUSS).out_dir(folder("linted")).build();
}

/// Runs a test of this file in another environment.
fn alone(test: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored"]).envs(environment.iter().copied());
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The files of the kernels; none, and it is said, where there is no device compiler.
fn build(file: &str, out: &Path) -> Option<BTreeMap<String, PathBuf>> {
    let output = Builder::new().file(file).out_dir(out).try_build().unwrap_or_else(|error| panic!("{error}"));
    let files: Option<_> = output.kernels.into_iter().map(|(symbol, file)| Some((symbol, file?))).collect();
    if files.is_none() {
        skip("ptx", "keops-ptx/tests/build.rs", &output.warnings.join("; "));
    }
    files
}

fn copy_core(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(|e| e.unwrap()) {
        if entry.file_name().to_string_lossy().starts_with("core-") {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|e| e.unwrap().path()) {
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &to);
        } else {
            fs::copy(&entry, &to).unwrap();
        }
    }
}
