//! The interface to build scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{env, fs, process, thread};

use keops_formula::compile;
use proc_macro2::TokenStream;

use crate::compiler::{Compiler, Options, create, write};
use crate::device;
use crate::scan::{Scan, targets};

/// The oldest architecture that CUDA 13 knows. Drivers compile its PTX for all later ones.
const ARCHITECTURE: &str = "sm_75";

/// Compiles the formulas of a crate to PTX.
///
/// ```no_run
/// keops_ptx::Builder::new().architecture("sm_90").build();
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    package: PathBuf,
    files: Vec<PathBuf>,
    options: Options,
    out: Option<PathBuf>,
}

/// What was compiled.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output {
    /// The kernels that formulas want, by symbol: the files with their PTX, or none where no device compiler is there.
    pub kernels: BTreeMap<String, Option<PathBuf>>,
    /// What the user should know: how to get a device compiler.
    pub warnings: Vec<String>,
    /// The files that were looked at, and the folders where such are missing.
    pub files: BTreeSet<PathBuf>,
}

/// Why nothing could be compiled.
#[derive(Clone, Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// A builder for the package whose build script runs: its targets, for GPUs from Turing (2018) on.
    pub fn new() -> Self {
        Self {
            package: env::var_os("CARGO_MANIFEST_DIR").unwrap_or(".".into()).into(),
            files: vec![],
            options: Options { architecture: ARCHITECTURE.into(), flags: vec![] },
            out: None,
        }
    }

    /// Looks for formulas in this file, relative to the package, and its modules. Where a file is named, the targets that
    /// Cargo finds on its own are no longer looked at.
    pub fn file(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.files.push(self.package.join(path));
        self
    }

    /// Looks for formulas in these files: [`file`](Builder::file).
    pub fn files<P: AsRef<Path>>(&mut self, paths: impl IntoIterator<Item = P>) -> &mut Self {
        for path in paths {
            self.file(path);
        }
        self
    }

    /// The oldest architecture on which the kernels shall run: `sm_75` if nothing else is said.
    pub fn architecture(&mut self, name: &str) -> &mut Self {
        self.options.architecture = name.into();
        self
    }

    /// One more argument for the device compiler.
    pub fn flag(&mut self, flag: &str) -> &mut Self {
        self.options.flags.push(flag.into());
        self
    }

    /// Where the files go, instead of Cargo's `OUT_DIR`.
    pub fn out_dir(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.out = Some(path.as_ref().into());
        self
    }

    /// Compiles, and tells Cargo and the macro of it. An [`Error`] ends the build. `cargo clippy`, which runs nothing, gets no kernels.
    pub fn build(&self) {
        // what it tells its driver; a script that it runs is another one for Cargo than that of a build
        if env::var_os("CLIPPY_ARGS").is_some() {
            return directive("rerun-if-changed", "build.rs");
        }
        let output = fail_with(self.try_build().map_err(|error| error.0));
        directive("rerun-if-env-changed", "KEOPS_DEVICE_RUSTC");
        for path in self.watched(&output.files) {
            directive("rerun-if-changed", path.display());
        }
        for warning in &output.warnings {
            directive("warning", warning);
        }
        // the macro embeds what is in the list, and an error can say what is not
        let line =
            |(symbol, file): (&String, &Option<PathBuf>)| Some(format!("{symbol} {}\n", file.as_ref()?.display()));
        let listed: Option<String> = output.kernels.iter().map(line).collect();
        if let (Some(list), Ok(out)) = (listed, self.out()) {
            let file = out.join(format!("kernels-{:016x}.txt", hash(&list)));
            let new = file.with_extension(process::id().to_string());
            fail_with(create(&out).and_then(|()| write(&new, &list)).and_then(|()| publish(&new, &file)));
            directive("rustc-env", format_args!("KEOPS_PTX={}", file.display()));
        }
    }

    fn out(&self) -> Result<PathBuf, Error> {
        let out = self.out.clone().or_else(|| env::var_os("OUT_DIR").map(PathBuf::from));
        Ok(out.ok_or_else(|| Error("OUT_DIR is not set: this is for build scripts".into()))?.join("keops-ptx"))
    }

    /// Paths to watch: the folders of targets, so that new files count, and files outside them. Not missing folders: Cargo
    /// would rerun the script at every build.
    fn watched(&self, files: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
        let real = |path: &Path| fs::canonicalize(path).ok();
        let folders = ["src", "tests", "examples", "benches"].map(|f| self.package.join(f)).into_iter();
        let folders: Vec<PathBuf> = folders.filter(|_| self.files.is_empty()).filter_map(|f| real(&f)).collect();
        // names may lead out of a folder that they begin with
        let mut watched: BTreeSet<PathBuf> = files.iter().filter_map(|f| real(f)).collect();
        watched.retain(|f| !folders.iter().any(|folder| f.starts_with(folder)));
        watched.extend(folders);
        watched
    }

    /// The symbols of the kernels that formulas want. Nothing is compiled.
    ///
    /// # Errors
    /// When a file that was named is not there.
    pub fn symbols(&self) -> Result<BTreeSet<String>, Error> {
        Ok(passes(self.scan()?.formulas).into_keys().collect())
    }

    fn scan(&self) -> Result<Scan, Error> {
        let files = if self.files.is_empty() { targets(&self.package) } else { self.files.clone() };
        let mut scan = Scan::default();
        for file in &files {
            if !file.is_file() {
                return Err(Error(format!("there is no file {}", file.display())));
            }
            scan.target(file);
        }
        Ok(scan)
    }

    /// Compiles. Without a device compiler this is a warning.
    ///
    /// # Errors
    /// When `KEOPS_DEVICE_RUSTC` names none, when no device compiler can compile the kernels, and when files cannot be
    /// read or written.
    pub fn try_build(&self) -> Result<Output, Error> {
        let scan = self.scan()?;
        let passes = passes(scan.formulas);
        let kernels = passes.keys().map(|symbol| (symbol.clone(), None)).collect();
        let mut output = Output { kernels, warnings: vec![], files: scan.files };
        if passes.is_empty() {
            return Ok(output);
        }
        let out = self.out()?;
        let compilers = Compiler::all().map_err(Error)?;
        let mut failures = vec![];
        for compiler in &compilers {
            match self.compile(compiler, &passes, &out) {
                Ok(kernels) => {
                    output.kernels = kernels;
                    return Ok(output);
                }
                Err(failure) => failures.push(failure),
            }
        }
        if !failures.is_empty() {
            return Err(Error(failures.join("\n")));
        }
        output.warnings.push(
            "the formulas of this crate get no GPU code, for no rustc here has the sources of its standard library: \
             type `rustup component add rust-src` (Debian: `apt-get install rustc-web rust-web-src`), and `touch build.rs`"
                .into(),
        );
        Ok(output)
    }

    /// The kernels, each compiled unless it is there.
    fn compile(
        &self,
        compiler: &Compiler,
        passes: &BTreeMap<String, String>,
        out: &Path,
    ) -> Result<BTreeMap<String, Option<PathBuf>>, String> {
        // Two builds may be here at the same time, each in a folder of its own until something is finished.
        static BUILDS: AtomicUsize = AtomicUsize::new(0);
        let work = out.join(format!("work-{}-{}", process::id(), BUILDS.fetch_add(1, Ordering::Relaxed)));
        remove_abandoned(out);
        let _ = fs::remove_dir_all(&work);
        create(&work)?;
        let kernels = self.compile_in(&work, compiler, passes, out);
        let _ = fs::remove_dir_all(&work);
        kernels
    }

    fn compile_in(
        &self,
        work: &Path,
        compiler: &Compiler,
        passes: &BTreeMap<String, String>,
        out: &Path,
    ) -> Result<BTreeMap<String, Option<PathBuf>>, String> {
        let (files, key) = (device::files(), compiler.key(&self.options));
        let sysroot = out.join(format!("core-{:016x}", hash(&key)));
        let crates = out.join(format!("crates-{:016x}", hash(&(&key, &files))));
        let kernels = crates.join("kernels");
        if !sysroot.is_dir() {
            compiler.compile_core(&self.options, &work.join("core"))?;
            publish(&work.join("core"), &sysroot)?;
        }
        if !crates.is_dir() {
            let new = work.join("crates");
            for (path, text) in &files {
                let path = new.join(path);
                create(path.parent().unwrap_or(&new))?;
                write(&path, text)?;
            }
            compiler.compile_crates(&self.options, &sysroot, &new)?;
            create(&new.join("kernels"))?;
            publish(&new, &crates)?;
        }
        let file = |symbol: &str, text: &str| kernels.join(format!("{symbol}-{:016x}.ptx", hash(&text)));
        let missing: Vec<(&String, &String)> =
            passes.iter().filter(|(symbol, text)| !is_whole(&file(symbol, text))).collect();
        in_parallel(&missing, |(symbol, text)| {
            let source = work.join(format!("{symbol}.rs"));
            write(&source, text)?;
            compiler.compile_pass(&self.options, &sysroot, &crates, &source)?;
            publish(&source.with_extension("ptx"), &file(symbol, text))
        })?;
        Ok(passes.iter().map(|(symbol, text)| (symbol.clone(), Some(file(symbol, text)))).collect())
    }
}

/// What was made, or the end of the build.
fn fail_with<V>(made: Result<V, String>) -> V {
    made.unwrap_or_else(|error| {
        for line in error.lines() {
            directive("error", line);
        }
        process::exit(1);
    })
}

/// The crates of all passes, by symbol. A formula with a mistake has none: the macro tells what is wrong with it.
fn passes(formulas: Vec<TokenStream>) -> BTreeMap<String, String> {
    let passes = formulas.into_iter().filter_map(|tokens| compile::passes(tokens).ok()).flatten();
    passes.map(|pass| (pass.symbol.clone(), device::pass(&pass))).collect()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// How long ago a build that is still running has last made a file at its folder's top: compiling core takes no hour.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes the folders of builds that were killed.
fn remove_abandoned(out: &Path) {
    let Ok(entries) = fs::read_dir(out) else { return };
    for entry in entries.flatten() {
        let is_work = entry.file_name().to_string_lossy().starts_with("work-");
        let age = entry.metadata().and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
        if is_work && age.is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether a file has PTX to its end: one that was cut off, or emptied, is compiled again.
fn is_whole(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.contains(".version") && text.trim_end().ends_with('}'))
}

/// Gives something finished its name. Another build may have been faster: what it made is the same.
fn publish(new: &Path, name: &Path) -> Result<(), String> {
    match fs::rename(new, name) {
        Err(e) if !name.exists() => Err(format!("{}: {e}", name.display())),
        _ => Ok(()),
    }
}

/// Does all jobs, as many at a time as Cargo allows, until one fails.
fn in_parallel<J: Sync>(jobs: &[J], run: impl Fn(&J) -> Result<(), String> + Sync) -> Result<(), String> {
    let allowed = env::var("NUM_JOBS").ok().and_then(|n| n.parse().ok());
    let threads = allowed.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let threads = threads.clamp(1, jobs.len().max(1));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            run(job).inspect_err(|_| next.store(jobs.len(), Ordering::Relaxed))?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|t| t.join().unwrap_or_else(|_| Err("a thread has panicked".into())))
    })
}

/// Tells Cargo something.
#[allow(clippy::print_stdout, reason = "how build scripts speak with Cargo")]
fn directive(key: &str, value: impl fmt::Display) {
    println!("cargo::{key}={value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_off_is_not_whole() {
        let folder = env::temp_dir().join(format!("keops-ptx-whole-{}", process::id()));
        create(&folder).expect("a folder");
        let file = folder.join("kernel.ptx");
        let is = |text: &str| write(&file, text).map(|()| is_whole(&file));
        assert_eq!(is(".version 7.0\n.entry f() { ret; }\n"), Ok(true));
        assert_eq!([is(""), is(".version 7.0\n.entry f() { ret;"), is("\0\0\0")], [Ok(false), Ok(false), Ok(false)]);
        let _ = fs::remove_dir_all(&folder);
        assert!(!is_whole(&file));
    }

    #[test]
    fn only_folders_of_old_builds_are_removed() {
        let folder = env::temp_dir().join(format!("keops-ptx-work-{}", process::id()));
        let [old, new, other] = ["work-1-0", "work-2-0", "core-1"].map(|name| folder.join(name));
        for name in [&old, &new, &other] {
            create(name).expect("a folder");
        }
        for name in [&old, &other] {
            let long_ago = std::time::SystemTime::now() - 2 * ABANDONED;
            fs::File::open(name).and_then(|f| f.set_modified(long_ago)).expect("the owner may");
        }
        remove_abandoned(&folder);
        assert_eq!([old.exists(), new.exists(), other.exists()], [false, true, true]);
        let _ = fs::remove_dir_all(&folder);
    }

    #[test]
    fn what_lies_elsewhere_is_watched() {
        let package = fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/package")).expect("it is there");
        let inside = package.join("src/lib.rs");
        let outside = package.join("src/../../formulas/gauss.rs");
        let builder = Builder { package: package.clone(), ..Builder::new() };
        let watched = builder.watched(&[inside.clone(), outside.clone()].into());
        assert!(watched.contains(&package.join("src")) && !watched.contains(&inside), "{watched:?}");
        assert!(watched.contains(&fs::canonicalize(outside).expect("it is there")), "{watched:?}");
    }
}
