//! Leading eigenvalues are those of dense factors.

use std::ops::ControlFlow;

use keops_runtime::Spectrum;

use crate::dense::{self, Dense, KERNELS};

#[test]
fn they_are_the_leading_ones() {
    for n in [1, 50, 128, 129, 250] {
        for kernel in KERNELS {
            for single in [false, true] {
                let count = 5.min(n);
                let dense = dense::kernel(&kernel, n, 3, single);
                let found = Spectrum::of(&dense, count).tolerance(1e-10).seed(1).run().unwrap();
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
    let message = |count| Spectrum::of(&dense, count).run().expect_err("an error").to_string();
    assert_eq!(message(0), "0 eigenvalues of a matrix of 10 rows: from 1 to 10 can be asked for");
    assert_eq!(message(11), "11 eigenvalues of a matrix of 10 rows: from 1 to 10 can be asked for");
    let none = Dense::of(0, false, |_, _| 0.0);
    let error = Spectrum::of(&none, 1).run().expect_err("an error");
    assert_eq!(error.to_string(), "1 eigenvalue of a matrix of 0 rows: it has none");
    assert_eq!(Spectrum::of(&dense, 10).run().unwrap().values.len(), 10);
    assert!(Spectrum::of(&dense, 2).tolerance(-1.0).run().is_err());
}

#[test]
fn a_caller_sees_how_far_they_are_and_can_cancel() {
    let dense = dense::kernel(&KERNELS[3], 300, 3, false);
    let mut rounds = Vec::new();
    let found = Spectrum::of(&dense, 6)
        .tolerance(1e-9)
        .progress(|p| {
            rounds.push((p.iteration, p.residuals.iter().copied().fold(0.0, f64::max)));
            ControlFlow::Continue(())
        })
        .run()
        .unwrap();
    assert_eq!(found.values.len(), 6);
    assert!(rounds.iter().enumerate().all(|(at, (round, _))| *round == at + 1) && rounds.len() > 3, "{rounds:?}");
    assert!(rounds.last().unwrap().1 <= 1e-9 && rounds[0].1 > 1e-3, "{rounds:?}");
    let few = Spectrum::of(&dense, 6).tolerance(1e-9).progress(|p| match p.iteration {
        3 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    // what is far from being an eigenvector is none
    assert!(few.run().unwrap().values.len() < 6);
}
