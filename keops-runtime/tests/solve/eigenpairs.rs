//! Leading eigenvalues are those of dense factors.

use keops_runtime::Eigenpairs;

use crate::dense::{self, KERNELS};

#[test]
fn they_are_the_leading_ones() {
    for n in [1, 50, 128, 129, 250] {
        for kernel in KERNELS {
            for single in [false, true] {
                let count = 5.min(n);
                let dense = dense::kernel(&kernel, n, 3, single);
                let found = Eigenpairs::of(&dense, count, 1e-10, 1).unwrap();
                let mut exact = dense.eigenvalues();
                exact.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
                let size = exact[0].abs();
                let near = if single { 1e-5 } else { 1e-9 } * size;
                let name =
                    format!("{} of {n}, single {single}: {:?}, not {:?}", kernel.0, found.values, &exact[..count]);
                assert!(!found.values.is_empty(), "{name}");
                let vectors = dense::from_rows(&found.vectors, found.values.len());
                for (c, value) in found.values.iter().enumerate() {
                    assert!((value - exact[c]).abs() <= near, "{name}");
                    assert!((vectors.col(c).norm_l2() - 1.0).abs() < 1e-6, "{name}");
                    let rest = &dense.k * vectors.col(c) - faer::Scale(*value) * vectors.col(c);
                    assert!((rest.norm_l2() - found.residuals[c]).abs() <= 1e-12 * size, "{name}");
                    assert!(found.residuals[c] <= near.max(1e-9 * size), "{name}: {:?}", found.residuals);
                }
                // all that differ from each other are found
                let few = ["ones", "identity", "linear"].contains(&kernel.0);
                assert!(few || found.values.len() == count, "{name}");
            }
        }
    }
}

#[test]
fn they_are_as_many_as_there_can_be() {
    let dense = dense::kernel(&KERNELS[0], 10, 3, false);
    let message = |count| Eigenpairs::of(&dense, count, 1e-8, 0).expect_err("an error").to_string();
    assert_eq!(message(0), "0 eigenvalues of a matrix of 10 rows: from 1 to 10 can be asked for");
    assert_eq!(message(11), "11 eigenvalues of a matrix of 10 rows: from 1 to 10 can be asked for");
    assert_eq!(Eigenpairs::of(&dense, 10, 1e-8, 0).unwrap().values.len(), 10);
    assert!(Eigenpairs::of(&dense, 2, -1.0, 0).is_err());
}
