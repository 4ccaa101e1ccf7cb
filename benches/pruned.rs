//! Pruned calls against all pairs: `cargo bench --bench pruned`, on a quiet machine. Answers are compared on the way.

#![allow(clippy::print_stdout, reason = "it is what a benchmark says")]

mod common;

use common::{cloud, time};
use keops::prelude::*;
use keops::{Error, Tree};

keops! {
    /// The nearest column of each row.
    fn nearest_of<const D: usize>(x_i: [f32; D], y_j: [f32; D]) { argmin_j sqdist(x_i, y_j) }
    fn smallest(x_i: [f32; 3], y_j: [f32; 3]) { min_j sqdist(x_i, y_j) }
    fn chamfer(x_i: [f32; 3], y_j: [f32; 3]) {
        let d = sqdist(x_i, y_j);
        sum_i(min_j(d)) + sum_j(min_i(d))
    }
}

fn nearest<const D: usize>(n: usize) -> Result<(), Error> {
    let mut rng = fastrand::Rng::with_seed(1);
    let (x, y) = (cloud::<D>(&mut rng, n), cloud::<D>(&mut rng, n));
    let call = nearest_of::<D>(&x, &y);
    let some = &x[..n.min(30_000)];
    let of_some = nearest_of::<D>(some, &y);
    let (found, mut with_trees) = time(1, || call.pruned().eval())?;
    let (all, mut brute) = time(1, || of_some.eval())?;
    assert_eq!(found[..all.len()], all);
    // in turns, that both meet what else the machine does
    for _ in 0..if n <= 30_000 { 20 } else { 3 } {
        with_trees = with_trees.min(time(1, || call.pruned().eval())?.1);
        brute = brute.min(time(1, || of_some.eval())?.1);
    }
    let (trees, to_make) = time(5, || Ok((Tree::new(&x)?, Tree::new(&y)?)))?;
    let (x_in, y_in) = (x.in_tree(&trees.0), y.in_tree(&trees.1));
    let kept = nearest_of::<D>(&x_in, &y_in);
    let (same, kept) = time(5, || kept.pruned().eval())?;
    assert_eq!(found, same);
    let brute = brute * n as f64 / all.len() as f64;
    println!(
        "argmin {n} x {n}, D = {D}: {with_trees:.1} ms, trees alone {to_make:.1}, trees kept {kept:.1}, all pairs {brute:.1} ({:.2} x)",
        brute / with_trees
    );
    Ok(())
}

/// The gradients of the smallest squared distances, and of a distance of two clouds with all of it: medians of calls in turns.
fn gradients(n: usize) -> Result<(), Error> {
    let mut rng = fastrand::Rng::with_seed(3);
    let (x, y) = (cloud::<3>(&mut rng, n), cloud::<3>(&mut rng, n));
    let e: Vec<f32> = (0..n).map(|_| rng.f32() - 0.5).collect();
    let in_x = smallest(&x, &y).grad_x(&e);
    let in_y = smallest(&x, &y).grad_y(&e);
    in_turns(&format!("gradient in x of min_j, {n} x {n}"), || in_x.pruned().eval(), || in_x.eval())?;
    in_turns(&format!("gradient in y of min_j, {n} x {n}"), || in_y.pruned().eval(), || in_y.eval())?;
    let both = chamfer(&x, &y).with_grads(&1.0);
    let numbers = |all: ChamferWithGrads| (all.value, all.grad_x, all.grad_y);
    in_turns(
        &format!("chamfer with gradients, {n} x {n}"),
        || both.pruned().eval().map(numbers),
        || both.eval().map(numbers),
    )
}

/// The assignment of an iteration of k-means: medians of calls in turns, with the points in a tree that is kept.
fn assignment<const D: usize>(m: usize, n: usize) -> Result<(), Error> {
    let mut rng = fastrand::Rng::with_seed(2);
    let (x, y) = (cloud::<D>(&mut rng, m), cloud::<D>(&mut rng, n));
    let tree = Tree::new(&x)?;
    let x_in = x.in_tree(&tree);
    let (kept, plain) = (nearest_of::<D>(&x_in, &y), nearest_of::<D>(&x, &y));
    in_turns(&format!("k-means, argmin {m} x {n}, D = {D}"), || kept.pruned().eval(), || plain.eval())
}

fn in_turns<V: PartialEq + std::fmt::Debug>(
    name: &str,
    pruned: impl Fn() -> Result<V, Error>,
    all: impl Fn() -> Result<V, Error>,
) -> Result<(), Error> {
    let (mut with, mut without) = (vec![], vec![]);
    for _ in 0..5 {
        let (found, took) = time(1, &pruned)?;
        with.push(took);
        let (expected, took) = time(1, &all)?;
        without.push(took);
        assert!(found == expected, "{name}");
    }
    let [with, without] = [with, without].map(|mut of| {
        of.sort_by(f64::total_cmp);
        of[of.len() / 2]
    });
    println!("{name}: {with:.1} ms, all pairs {without:.0} ({:.1} x)", without / with);
    Ok(())
}

fn main() -> Result<(), Error> {
    gradients(10_000)?;
    gradients(100_000)?;
    for n in [1000, 3000, 10_000, 100_000, 1_000_000] {
        nearest::<2>(n)?;
        nearest::<3>(n)?;
    }
    nearest::<10>(30_000)?;
    nearest::<5>(30_000)?;
    nearest::<10>(3_000)?;
    nearest::<10>(10_000)?;
    let mut rng = fastrand::Rng::with_seed(2);
    let x = cloud::<3>(&mut rng, 100_000);
    let call = keops!(argkmin_j[10] if i != j { sqdist(x_i, x_j) });
    let (found, pruned) = time(5, || call.pruned().eval())?;
    let some: Vec<_> = x[..4000].to_vec();
    let _ = &some;
    let (all, brute) = {
        let y = &x;
        let x = &some;
        time(3, || keops!(argkmin_j[10] if i != j { sqdist(x_i, y_j) }).eval())?
    };
    assert_eq!(found[..4000], all[..]);
    println!("argkmin 10 of 1e5 D=3: {pruned:.1} ms, all pairs {:.0}", brute * 25.0);
    assignment::<2>(1_000_000, 1000)?;
    assignment::<2>(100_000, 1000)?;
    assignment::<3>(1_000_000, 1000)
}
