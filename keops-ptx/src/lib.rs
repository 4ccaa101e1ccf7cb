//! GPU kernels of a crate's `keops!` formulas, compiled by the crate's build script.
//!
//! ```no_run
//! // build.rs
//! keops_ptx::build();
//! ```
//!
//! with `keops-ptx` among the `[build-dependencies]`. Every formula whose operands have declared shapes (`x_i: [f32; 3]`) is
//! then compiled to PTX, from the very Rust that runs on the processor, whenever formulas change; and the `keops!` macro
//! embeds the PTX in the program. What is compiled is the value. Gradients, and instances of generic items, are asked for:
//!
//! ```text
//! keops! {
//!     #[gpu(grad_x, grad_y)]
//!     pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) { … }
//!
//!     #[gpu(<f32, 3>, <f64, 3>, grad_x)]
//!     pub fn cauchy<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: T) { … }
//! }
//! ```
//!
//! # Which formulas are found
//!
//! `keops!` calls in `src`, `tests`, `examples` and `benches`, from each target's file on along `mod` (with `#[path]`) and
//! `include!`, whatever `#[cfg]` says; in bodies of functions and in arguments of other macros, too. Not found are calls
//! under another name (`use keops::keops as k`) and what a macro writes. Targets at other places are named by
//! [`Builder::file`].
//!
//! # The device compiler
//!
//! PTX is made by rustc's own back end, `nvptx64-nvidia-cuda`. There is no compiled standard library for it, and so a
//! *device compiler* is a rustc, 1.91 or newer, with the sources of its library. The first is taken that compiles these:
//!
//! 1. the one that the environment variable `KEOPS_DEVICE_RUSTC` names, and then no other;
//! 2. the rustc of this build: `rustup component add rust-src`;
//! 3. rustup's nightly: `rustup component add rust-src --toolchain nightly`;
//! 4. any other `rustc` on `PATH`, such as Debian's: `apt-get install rustc-web rust-web-src`.
//!
//! Where there is none, a warning says what to install, and the crate is built without GPU code. It is run with
//! `RUSTC_BOOTSTRAP=1`, for the target and parts of its intrinsics are unstable; this holds for GPU code alone. Nothing is
//! downloaded, and no nested Cargo runs: core (once, 15 s), keops-core and the formulas are compiled by rustc itself.
//!
//! # Guarantees
//!
//! The same formula, compiler and options give the same PTX, byte by byte, in any folder and beside any other formulas. What
//! has not changed is not compiled again. All files are in `OUT_DIR`, where they appear finished, so that builds may run at
//! the same time.
//!
//! How kernels are launched is written in [`keops_core::launch`].
#![forbid(unsafe_code)]

mod builder;
mod compiler;
mod device;
mod scan;

pub use builder::{Builder, Error, Output};

/// Compiles the formulas of the crate whose build script calls this: [`Builder::new`], [`Builder::build`].
pub fn build() {
    Builder::new().build();
}
