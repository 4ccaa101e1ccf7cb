//! Compiles the kernels with a rustc that has the sources of its standard library. Which one, and how, is told in
//! `keops-ptx`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::skip::skip;

/// Whose kernels these are.
const WHO: &str = "ptx-interpreter/tests/rustc.rs";
const TARGET: &str = "nvptx64-nvidia-cuda";
const PANIC: &str = "-Cpanic=immediate-abort";

/// The kernels' PTX; none where there is no device compiler.
pub(crate) fn ptx() -> Option<String> {
    let Some((rustc, library)) = compiler() else {
        skip(
            "ptx",
            WHO,
            "no rustc has the sources of its standard library: `rustup component add rust-src`, or Debian's \
             `apt-get install rustc-web rust-web-src`",
        );
        return None;
    };
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ptx-interpreter");
    fs::create_dir_all(directory.join(".cargo")).unwrap();
    let vendor = library.join("vendor");
    let offline =
        format!("source.crates-io.replace-with = 'vendor'\nsource.vendor.directory = {vendor:?}\nnet.offline = true");
    let config = format!(
        "build.target = '{TARGET}'\nbuild.target-dir = 'target'\nunstable.build-std = ['core']\n\
         target.{TARGET}.rustflags = ['-Ctarget-cpu=sm_75', '-Zunstable-options', '{PANIC}']\n{}\n",
        if vendor.is_dir() { &offline } else { "" }
    );
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../keops-core");
    let manifest = format!(
        "[package]\nname = 'kernels'\nedition = '2024'\n[lib]\npath = 'device.rs'\ncrate-type = ['cdylib']\n\
         [dependencies]\nkeops-core = {{ path = {core:?} }}\nlibm = '0.2'\n[workspace]\n\
         [profile.release]\npanic = 'abort'\ncodegen-units = 1\nlto = 'fat'\n\
         [patch.crates-io]\nlibm = {{ path = {:?} }}\n",
        library.join("compiler-builtins/libm")
    );
    // the lanes of keops-core's own tests; the methods that they call are in `core` by other names
    let lane: String = include_str!("../../../../keops-core/tests/math/lane.rs")
        .lines()
        .filter(|line| !line.starts_with("//!"))
        .map(|line| format!("{line}\n"))
        .collect();
    let files = [
        (".cargo/config.toml", config),
        ("Cargo.toml", manifest),
        ("device.rs", include_str!("../kernels/device.rs").into()),
        ("float.rs", include_str!("../kernels/float.rs").into()),
        ("functions.rs", include_str!("../kernels/functions.rs").into()),
        ("lane.rs", format!("use crate::float::Float as _;\n{lane}")),
    ];
    for (name, text) in files {
        fs::write(directory.join(name), text).unwrap();
    }
    let file = directory.join("target").join(TARGET).join("release/deps/kernels.s");
    let _ = fs::remove_file(&file);
    let cargo = |args: &[&str]| {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        // without what this build has left in the environment
        for (key, _) in env::vars_os() {
            let name = key.to_string_lossy();
            let machine = ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_SOURCE_"];
            let ours = name.starts_with("CARGO") && !machine.iter().any(|m| name.starts_with(m));
            if ours || name.starts_with("RUSTC") || name.starts_with("RUSTFLAGS") {
                cargo.env_remove(&key);
            }
        }
        run(cargo.current_dir(&directory).env("RUSTC", &rustc).env("RUSTC_BOOTSTRAP", "1").args(args))
    };
    if !vendor.is_dir()
        && let Err(log) = cargo(&["fetch", "--target", TARGET])
    {
        let cause = log.lines().last().unwrap_or_default();
        skip("ptx", WHO, &format!("what the standard library depends on is not to be had: {}", cause.trim()));
        return None;
    }
    let built = cargo(&["rustc", "--release", "--lib", "--", "--emit=asm", "-Zno-link"]);
    built.unwrap_or_else(|log| panic!("{log}"));
    Some(fs::read_to_string(file).unwrap())
}

/// The first rustc that has the sources of its standard library, and where they are.
fn compiler() -> Option<(PathBuf, PathBuf)> {
    let named = env::var_os("KEOPS_DEVICE_RUSTC").filter(|r| !r.is_empty()).map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|p| p.join("rustc")).filter(|p| p.is_file());
    named.into_iter().chain(on_path).find_map(|rustc| {
        let mut ask = Command::new(&rustc);
        ask.args(["--print", "sysroot", "-Zunstable-options", PANIC]).env("RUSTC_BOOTSTRAP", "1");
        let sysroot = run(&mut ask).ok()?;
        let library = Path::new(sysroot.lines().next()?).join("lib/rustlib/src/rust/library");
        library.join("core/Cargo.toml").is_file().then_some((rustc, library))
    })
}

/// Runs a program: what it prints, or what it complains of.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(format!("{command:?}: {}\n{}{}", output.status, text(&output.stdout), text(&output.stderr)))
    }
}
