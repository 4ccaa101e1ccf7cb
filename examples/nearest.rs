//! The graph of the nearest neighbours of a cloud of points, without computing all distances.
//!
//! ```text
//! cargo run --release --example nearest              # 100,000 points
//! cargo run --release --example nearest -- 1000000   # as many as you like
//! ```

#![allow(clippy::print_stdout, reason = "an example prints what it found")]

use std::time::Instant;

use keops::prelude::*;
use keops::{Error, index};

/// How many neighbours each point is joined with.
const K: usize = 10;

fn main() -> Result<(), Error> {
    let n = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let mut rng = fastrand::Rng::with_seed(1);
    // a curved sheet in space
    let sheet = |(u, v): (f32, f32)| [u, v, (3.0 * u).sin() * (2.0 * v).cos()];
    let x: Vec<[f32; 3]> = (0..n).map(|_| sheet((rng.f32(), rng.f32()))).collect();

    let start = Instant::now();
    let graph = keops!(argkmin_j[10] if i != j { sqdist(x_i, x_j) }).pruned().eval()?;
    println!("the {K} nearest of each of {n} points: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);

    let edges = graph.iter().flatten().filter_map(|j| index(*j));
    let mut popularity = vec![0usize; n];
    edges.for_each(|j| popularity[j] += 1);
    println!("the most popular point is a neighbour of {} others", popularity.iter().max().unwrap_or(&0));

    // all distances, of some points
    let some = &x[..n.min(1000)];
    let start = Instant::now();
    let all = keops!(argkmin_j[10] if i != j { sqdist(some_i, x_j) }).eval()?;
    let all_time = start.elapsed().as_secs_f64() * n as f64 / some.len().max(1) as f64;
    assert_eq!(all[..], graph[..some.len()]);
    println!("all distances would take {:.0} ms, and give the same", all_time * 1e3);
    Ok(())
}
