//! Nearest columns by kiddo's tree, which is built in the call, as our kernels build nothing; rows in parallel by `rayon`.

use std::num::NonZero;

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;

use crate::Call;
use crate::workload::{Operands, Workload};

/// The call of a search in two or three dimensions.
pub fn call(w: &Workload, operands: &Operands<f32>) -> Option<Call<f32>> {
    match (w.quantity.as_str(), w.dim) {
        ("argmin", 2) => Some(search::<2>(operands, 1)),
        ("argmin", 3) => Some(search::<3>(operands, 1)),
        ("nearest", 3) => Some(search::<3>(operands, 10)),
        _ => None,
    }
}

fn search<const D: usize>(operands: &Operands<f32>, count: usize) -> Call<f32> {
    let points = |a: &ndarray::Array2<f32>| -> Vec<[f32; D]> {
        a.rows().into_iter().map(|row| std::array::from_fn(|k| row[k])).collect()
    };
    let (x, y) = (points(&operands.x), points(&operands.y));
    Box::new(move || {
        let tree = ImmutableKdTree::<f32, D>::new_from_slice(&y).expect("there are points");
        match NonZero::new(count) {
            Some(count) if count.get() > 1 => {
                let nearest = |x: &[f32; D]| tree.query(x).nearest_n::<SquaredEuclidean<f32>>(count).execute();
                x.par_iter().flat_map_iter(|x| nearest(x).into_iter().map(|found| found.item as f32)).collect()
            }
            _ => x
                .par_iter()
                .map(|x| tree.query(x).nearest_one::<SquaredEuclidean<f32>>().execute().item as f32)
                .collect(),
        }
    })
}
