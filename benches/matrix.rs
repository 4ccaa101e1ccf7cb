//! Matrices: products with several columns, and of symmetric ones, and entries: `cargo bench --bench matrix`, on a quiet machine.

#![allow(clippy::print_stdout, reason = "it is what a benchmark says")]

mod common;

use common::{cloud, time};
use keops::prelude::*;
use keops::{Columns, Error};
use ndarray::{Array2, Axis, s};

keops! {
    /// A Gaussian of width `1 / sqrt(2g)`.
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], g: f32) { exp(-g * sqdist(x_i, y_j)) }
    /// Matérn 5/2, of width `1 / g`.
    pub fn smooth<T>(x_i: [T; 3], y_j: [T; 3], g: T) { matern(2.5, g * norm(x_i - y_j)) }
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

/// What products of symmetric matrices gain, whose entries are computed once for both of their places: beside one that is not symmetric for a point that
/// is elsewhere. Both take turns; the ratio is that of the medians.
macro_rules! symmetric {
    ($rng:expr, $name:literal, $kernel:ident, $t:ty) => {{
        let n = 20_000;
        let x: Vec<[$t; 3]> = (0..n).map(|_| std::array::from_fn(|_| $rng.f64() as $t)).collect();
        let mut elsewhere = x.clone();
        elsewhere[0][0] += 1.0;
        let (halved, all) = ($kernel(&x, &x, 4.0), $kernel(&x, &elsewhere, 4.0));
        for columns in [1, 2, 4] {
            let b: Vec<$t> = (0..n * columns).map(|_| $rng.f64() as $t).collect();
            let b = Columns::new(&b, columns)?;
            let (mut ours, mut others) = (vec![], vec![]);
            for _ in 0..9 {
                ours.push(time(1, || halved.apply(&b))?.1);
                others.push(time(1, || all.apply(&b))?.1);
            }
            let [ours, others] = [ours, others].map(median);
            println!(
                "symmetric, {}, {columns} columns: {ours:.1} ms, all entries {others:.1}: {:.2} x",
                $name,
                others / ours
            );
        }
    }};
}

fn symmetric(rng: &mut fastrand::Rng) -> Result<(), Error> {
    symmetric!(rng, "Gaussian in f32", gauss, f32);
    symmetric!(rng, "Matérn 5/2 in f32", smooth, f32);
    symmetric!(rng, "Matérn 5/2 in f64", smooth, f64);
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Entries of n × n, and what a plain loop takes that stores them, on one thread.
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

/// Entries of n × n as ndarray's broadcasting has them, on its one thread: of all components at once, as one writes it first, and component by
/// component, which stores less. All take turns; ratios are medians of those of each round, and ours is also computed on one thread.
fn broadcasting(rng: &mut fastrand::Rng, n: usize) -> Result<(), Error> {
    let (x, y) = (cloud::<3>(rng, n), cloud::<3>(rng, n));
    let k = gauss(&x, &y, 4.0);
    let (a, b) = (ndarray::arr2(&x), ndarray::arr2(&y));
    let at_once = || {
        let mut differences = &a.view().insert_axis(Axis(1)) - &b.view().insert_axis(Axis(0));
        differences.mapv_inplace(|v| v * v);
        let mut squares = differences.sum_axis(Axis(2));
        squares.mapv_inplace(|s| (-4.0 * s).exp());
        Ok(squares)
    };
    let by_component = || {
        let mut squares = Array2::<f32>::zeros((n, n));
        for d in 0..3 {
            let mut differences = &a.slice(s![.., d..d + 1]) - &b.slice(s![.., d]);
            differences.mapv_inplace(|v| v * v);
            squares += &differences;
        }
        squares.mapv_inplace(|s| (-4.0 * s).exp());
        Ok(squares)
    };
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let dense = k.dense()?;
    for theirs in [at_once()?, by_component()?] {
        assert!(theirs.iter().zip(&dense).all(|(a, b)| (a - b).abs() < 1e-5), "the same entries");
    }
    let mut ratios = [const { Vec::new() }; 4];
    for _ in 0..9 {
        let (_, ours) = time(1, || k.dense())?;
        let (_, alone) = one.install(|| time(1, || k.dense()))?;
        let (theirs, others) = (time(1, at_once)?.1, time(1, by_component)?.1);
        let round = [theirs / ours, others / ours, theirs / alone, others / alone];
        ratios.iter_mut().zip(round).for_each(|(ratios, ratio)| ratios.push(ratio));
    }
    let [all, component, all_alone, component_alone] = ratios.map(median);
    println!(
        "dense {n} x {n}: ndarray's broadcasting takes {all:.1} x as long at once, {component:.1} x by component; beside one thread of ours \
         {all_alone:.1} x and {component_alone:.1} x"
    );
    Ok(())
}

fn main() -> Result<(), Error> {
    let mut rng = fastrand::Rng::with_seed(1);
    products(&mut rng)?;
    symmetric(&mut rng)?;
    for n in [100, 1000, 5000] {
        entries(&mut rng, n)?;
    }
    for n in [100, 1000, 4000] {
        broadcasting(&mut rng, n)?;
    }
    Ok(())
}
