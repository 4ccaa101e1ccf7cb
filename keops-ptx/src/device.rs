//! What is compiled for the GPU.

use keops_formula::compile::DevicePass;

/// A crate: its name, the file that is compiled, and the crates that it names.
pub(crate) struct Crate {
    pub(crate) name: &'static str,
    pub(crate) root: &'static str,
    pub(crate) uses: &'static [&'static str],
}

/// The crates that all passes share, in the order in which they are compiled.
pub(crate) const CRATES: [Crate; 3] = [
    Crate { name: "libm", root: "libm.rs", uses: &[] },
    Crate { name: "keops_core", root: "keops-core/lib.rs", uses: &["libm"] },
    Crate { name: "keops", root: "lib.rs", uses: &["keops_core"] },
];

/// Their files: paths and texts.
pub(crate) fn files() -> Vec<(String, &'static str)> {
    let own = [
        ("groups.rs", include_str!("../device/groups.rs")),
        ("kernel.rs", include_str!("../device/kernel.rs")),
        ("lib.rs", include_str!("../device/lib.rs")),
        ("libm.rs", include_str!("../device/libm.rs")),
        ("number.rs", include_str!("../device/number.rs")),
        ("points.rs", include_str!("../device/points.rs")),
        ("scaled.rs", include_str!("../device/scaled.rs")),
        ("thread.rs", include_str!("../device/thread.rs")),
        ("tile.rs", include_str!("../device/tile.rs")),
    ];
    let core = keops_core::SOURCE.iter().map(|(path, text)| (format!("keops-core/{path}"), *text));
    own.map(|(path, text)| (path.into(), text)).into_iter().chain(core).collect()
}

/// The crate of a pass: its type, and kernels of it.
pub(crate) fn pass(DevicePass { symbol, ty, code, scalar, is_strict }: &DevicePass) -> String {
    let number = match (&**scalar, is_strict) {
        ("f32", true) => "StrictF32",
        ("f32", false) => "F32",
        _ => "F64",
    };
    format!(
        "#![no_std]\n#![feature(abi_ptx, asm_experimental_arch)]\nmod pass {{ use ::keops::__private as keops;\n{code} }}\nkeops::kernels! {{ {symbol}_columns {symbol} {symbol}_merge: pass::{ty}, {number} }}\n"
    )
}
