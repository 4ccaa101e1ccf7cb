//! A crate outside the workspace, as a user's would be: what a compiler makes of kernels, and how long it takes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use crate::peer::Result;

/// A crate with one source file, which depends on this one.
pub struct Project {
    folder: PathBuf,
    name: &'static str,
}

impl Project {
    /// Writes the crate, with the versions of dependencies of this workspace; `others` it has beside this crate.
    pub fn new(folder: &Path, name: &'static str, others: &str) -> Result<Self> {
        let (folder, workspace) = (folder.join(name), Path::new(env!("CARGO_MANIFEST_DIR")));
        fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nkeops = {{ path = {workspace:?} }}\n{others}\n[workspace]\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Project { folder, name })
    }

    /// Writes the source.
    pub fn source(&self, text: &str) -> Result<()> {
        Ok(fs::write(self.folder.join("src/main.rs"), text)?)
    }

    /// Runs cargo on it, and says how long that takes.
    pub fn cargo(&self, args: &[&str]) -> Result<Duration> {
        let start = Instant::now();
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.arg("--quiet").args(args).current_dir(&self.folder).env("CARGO_TARGET_DIR", self.target());
        let output = cargo.output()?;
        if !output.status.success() {
            return Err(format!("cargo {} fails: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(start.elapsed())
    }

    /// Forgets what has been built.
    pub fn clean(&self) -> Result<()> {
        if self.target().exists() { Ok(fs::remove_dir_all(self.target())?) } else { Ok(()) }
    }

    /// The program that a release build makes.
    pub fn program(&self) -> PathBuf {
        self.target().join("release").join(self.name)
    }

    fn target(&self) -> PathBuf {
        self.folder.join("target")
    }
}
