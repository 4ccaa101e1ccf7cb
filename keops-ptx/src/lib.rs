//! GPU kernels of a crate's `keops!` formulas, compiled by the crate's build script.
//!
//! ```no_run
//! // build.rs
//! keops_ptx::build();
//! ```
//!
//! with `keops-ptx` among the `[build-dependencies]`. Every formula whose operands have declared shapes (`x_i: [f32; 3]`) is
//! then compiled to PTX, from the very Rust that runs on the processor, whenever formulas change; and the `keops!` macro
//! embeds the PTX in the program. (In single precision it takes the hardware's approximations of elementary functions, with
//! errors of a few ulp, and so results are not the processor's to the last bit.) What is compiled is the value. Items ask for
//! gradients, and generic ones for instances; expressions, `keops!(… where x_i: [f32; 3], …)`, have only their value:
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
//! A matrix, which is a formula without a reduction, has kernels for products with one column and with eight, for those of its transpose, and for
//! entries; `#[gpu(columns = 3)]` adds products with three columns.
//!
//! # Which formulas are found
//!
//! `keops!` calls in `src`, `tests`, `examples` and `benches`, from each target's file on along `mod` (with `#[path]`) and
//! `include!`, whatever `#[cfg]` says; in bodies of functions and in arguments of other macros, too. Not found are calls
//! under another name (`use keops::keops as k`), what a macro writes, `include!` of a path that is not a literal, and tests in
//! documentation. Targets at other places are named by [`Builder::file`].
//!
//! Files that were looked at, and the folders of targets, are watched. A folder that did not exist (the first test in `tests`)
//! is seen when the build script runs next: `touch build.rs`.
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
//! Where there is none, a warning says what to install, and the crate is built without GPU code; `touch build.rs` once it is
//! there. It is run with
//! `RUSTC_BOOTSTRAP=1`, for the target and parts of its intrinsics are unstable; this holds for GPU code alone. Nothing is
//! downloaded, and no nested Cargo runs: core (15 s, once for each `OUT_DIR` and architecture), keops-core and the
//! formulas are compiled by rustc itself. `cargo clippy` compiles none of them.
//!
//! # Guarantees
//!
//! The same formula, compiler and options give the same PTX, byte by byte, in any folder and beside any other formulas. What
//! has not changed is not compiled again. All files are in `OUT_DIR/keops-ptx`, where they appear finished, so that builds may
//! run at the same time; `kernels-….txt` there lists the kernels by their symbols, which begin with `keops_` and the formula's name.
//! `cargo clean` removes those of formulas that are no more.
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
