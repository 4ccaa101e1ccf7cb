//! Matrices: products with several columns, and entries: `cargo bench --bench matrix`, on a quiet machine.

#![allow(clippy::print_stdout, reason = "it is what a benchmark says")]

mod common;

use common::{cloud, time};
use keops::prelude::*;
use keops::{Columns, Error};

keops! {
    /// A Gaussian of width `1 / sqrt(2g)`.
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], g: f32) { exp(-g * sqdist(x_i, y_j)) }
    fn gauss_sum(x_i: [f32; 3], y_j: [f32; 3], g: f32, b_j: f32) { sum_j gauss(x_i, y_j, g) * b_j }
}

/// Products of 20 000 × 20 000 entries.
fn products(rng: &mut fastrand::Rng) -> Result<(), Error> {
    let n = 20_000;
    let (x, y) = (cloud::<3>(rng, n), cloud::<3>(rng, n));
    let k = gauss(&x, &y, 4.0);
    let b: Vec<f32> = (0..n).map(|_| rng.f32()).collect();
    let (mut ours, mut written) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..7 {
        written = written.min(time(1, || gauss_sum(&x, &y, 4.0, &b).eval())?.1);
        ours = ours.min(time(1, || k.apply(&b))?.1);
    }
    println!("one column: {ours:.1} ms, the sum as it is written {written:.1}: {:.2} x", written / ours);
    for columns in [2, 3, 8, 10, 32] {
        let b: Vec<f32> = (0..n * columns).map(|_| rng.f32()).collect();
        let (_, all) = time(3, || k.apply(&Columns::new(&b, columns)?))?;
        let (_, transposed) = time(3, || k.apply_t(&Columns::new(&b, columns)?))?;
        println!(
            "{columns} columns: {all:.1} ms, {:.2} x one by one; of the transpose {transposed:.1}",
            columns as f64 * ours / all
        );
    }
    Ok(())
}

/// Entries of n × n, and what a plain loop takes that stores them, on one thread. What ndarray's broadcasting does beside that is to store
/// differences and squares.
fn entries(rng: &mut fastrand::Rng, n: usize) -> Result<(), Error> {
    let (x, y) = (cloud::<3>(rng, n), cloud::<3>(rng, n));
    let k = gauss(&x, &y, 4.0);
    let (_, dense) = time(5, || k.dense())?;
    let entry = |x: &[f32; 3], y: &[f32; 3]| {
        let sqdist: f32 = x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum();
        (-4.0 * sqdist).exp()
    };
    let (_, plain) = time(3, || Ok(x.iter().flat_map(|x| y.iter().map(move |y| entry(x, y))).collect::<Vec<f32>>()))?;
    let some: Vec<usize> = (0..n).step_by(n.div_ceil(64)).collect();
    let (_, columns) = time(5, || k.block(.., &some))?;
    let (_, rows) = time(5, || k.block(&some, ..))?;
    let (_, diagonal) = time(5, || k.diagonal())?;
    println!(
        "entries of {n} x {n}: dense {dense:.2} ms, a plain loop {plain:.2}: {:.1} x; {} columns {columns:.2}, as many rows {rows:.2}, \
         the diagonal {diagonal:.2}",
        plain / dense,
        some.len()
    );
    Ok(())
}

fn main() -> Result<(), Error> {
    let mut rng = fastrand::Rng::with_seed(1);
    products(&mut rng)?;
    for n in [100, 1000, 5000] {
        entries(&mut rng, n)?;
    }
    Ok(())
}
