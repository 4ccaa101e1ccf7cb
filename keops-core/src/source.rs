//! The source of this crate, which `keops-ptx` compiles once more, for the GPU.

macro_rules! files {
    ($($path:literal)*) => { &[$(($path, include_str!($path))),*] };
}

/// Every file of `src`: its path there, and its text.
pub const SOURCE: &[(&str, &str)] = files! {
    "functions.rs"
    "integer.rs"
    "interval.rs"
    "interval/bound.rs"
    "interval/function.rs"
    "interval/index.rs"
    "interval/inexact.rs"
    "interval/truth.rs"
    "launch.rs"
    "lib.rs"
    "math.rs"
    "math/arctangent.rs"
    "math/error_function.rs"
    "math/exponential.rs"
    "math/gamma.rs"
    "math/logarithm.rs"
    "math/polynomial.rs"
    "math/power.rs"
    "math/trigonometric.rs"
    "pair.rs"
    "pass.rs"
    "plain.rs"
    "plain/reference.rs"
    "real.rs"
    "reduce.rs"
    "reduce/extremum.rs"
    "reduce/kmin.rs"
    "reduce/logsumexp.rs"
    "reduce/prod.rs"
    "reduce/prod_of_complex.rs"
    "reduce/scaled.rs"
    "reduce/sum.rs"
    "shape.rs"
    "source.rs"
    "unrolled.rs"
    "warping.rs"
    "wide.rs"
};

#[cfg(test)]
mod tests {
    extern crate std;

    use std::path::Path;
    use std::vec::Vec;
    use std::{fs, vec};

    #[test]
    #[cfg_attr(miri, ignore = "reads files")]
    fn no_file_is_left_out() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let (mut files, mut folders) = (vec![], vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"));
                }
            }
        }
        files.sort();
        assert_eq!(files, super::SOURCE.iter().map(|(path, _)| *path).collect::<Vec<_>>());
    }
}
