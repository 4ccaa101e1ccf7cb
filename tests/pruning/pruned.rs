//! Pruning: calls that leave out what cannot change a result answer like those that compute all pairs, to the last bit.
//!
//! Clouds are drawn at random: uniform, grids full of ties, all points equal, far from 0, with NaN and infinities. `KEOPS_FUZZ=1000` tries as
//! many instead of a few for each formula, from the seed `KEOPS_FUZZ_FROM` on. A failure names its seed.

mod clouds;
#[path = "../divided/mod.rs"]
mod divided;
mod fuzz;
mod operands;
#[path = "../parts/mod.rs"]
mod parts;
#[path = "../threads/mod.rs"]
mod threads;

use clouds::{Bits, CLOUDS, Cloud, check, formulas};
use fuzz::seeds;
use keops::prelude::*;
use keops::{Error, Tree};

keops! {
    fn same_label<T>(x_i: [T; 2], y_j: [T; 2], l_i: u32, k_j: u32) { argmin_j if l_i == k_j { sqdist(x_i, y_j) } }
    fn other_label<T>(x_i: [T; 2], l_i: u32) { argkmin_j[2] if l_i != l_j { sqdist(x_i, x_j) } }
    fn of_components<T>(x_i: [T; 2], y_j: [T; 2]) { kmin_argkmin_j[3](abs(x_i - y_j)) }
    fn numbers_of_labels<T>(x_i: [T; 2], y_j: [T; 2], l_i: u32, k_j: u32) {
        min_argmin_j(sqdist(x_i, y_j) + number(k_j) / 2 - number(l_i - k_j))
    }
    fn labels<T>(l_i: u32, k_j: u32, u_i: T, v_j: T) { min_argmin_j if l_i + 1 < k_j * 2 { abs(u_i - v_j) } }
}

formulas! {
    nearest_in_1<1>: { argmin_j sqdist(x_i, y_j) } with x: rows, y: cols;
    nearest_in_2<2>: { argmin_j sqdist(x_i, y_j) } with x: rows, y: cols;
    nearest_in_3<3>: { min_argmin_j sqdist(x_i, y_j) } with x: rows, y: cols;
    nearest_in_5<5>: { argmin_j sqdist(x_i, y_j) } with x: rows, y: cols;
    nearest_in_10<10>: { min_j norm(x_i - y_j) } with x: rows, y: cols;
    nearest_in_40<40>: { argmin_j sqdist(x_i, y_j) } with x: rows, y: cols;
    over_rows<2>: { min_argmin_i sqdist(x_i, y_j) } with x: rows, y: cols;
    farthest<3>: { max_argmax_j sqdist(x_i, y_j) } with x: rows, y: cols;
    several<3>: { argkmin_j[5] sqdist(x_i, y_j) } with x: rows, y: cols;
    several_with_values<2>: { kmin_argkmin_j[3] sqdist(x_i, y_j) } with x: rows, y: cols;
    several_values<2>: { kmin_j[4] sqdist(x_i, y_j) } with x: rows, y: cols;
    many<2>: { argkmin_j[12] sqdist(x_i, y_j) } with x: rows, y: cols;
    others<2>: { argmin_j if i != j { sqdist(x_i, x_j) } } with x: rows;
    neighbours<3>: { argkmin_j[4] if i != j { sqdist(x_i, x_j) } } with x: rows;
    later<2>: { min_argmin_j if i < j { sqdist(x_i, x_j) } } with x: rows;
    of_the_same_label<2>: (same_label(x, y, l, k)) with x: rows, y: cols, l: row_labels, k: col_labels;
    of_other_labels<2>: (other_label(x, l)) with x: rows, l: row_labels;
    several_of_components<2>: (of_components(x, y)) with x: rows, y: cols;
    by_number<2>: (numbers_of_labels(x, y, l, k)) with x: rows, y: cols, l: row_labels, k: col_labels;
    by_label<2>: (labels(l, k, u, v)) with l: row_labels, k: col_labels, u: row, v: col;
    within<2>: { max_argmax_j if sqdist(x_i, y_j) < s { v_j } } with x: rows, y: cols, v: col, s: one;
    transform<3>: { min_argmin_j((sqdist(x_i, y_j) - g_j) / s) } with x: rows, y: cols, g: col, s: one;
    weighed<3>: { let d = x_i - y_j; argmin_j s * square(d[0]) + square(d[1]) + 3 * square(d[2]) } with x: rows, y: cols, s: one;
    periodic<2>: { let d = x_i - y_j; let w = d - floor(d + 0.5); argmin_j sqnorm(w) } with x: rows, y: cols;
    kernel<2>: { max_argmax_j exp(-sqdist(x_i, y_j) / s) * v_j } with x: rows, y: cols, v: col, s: one;
    products<4>: { max_argmax_j (x_i | y_j) } with x: rows, y: cols;
    components<3>: { argmin_j abs(x_i - y_j) } with x: rows, y: cols;
    lowest_and_highest<2>: { let d = sqdist(x_i, y_j); max_j(d) - min_j(d) } with x: rows, y: cols;
    two_of_one<2>: { let d = sqdist(x_i, y_j); max_j(d * v_j) - sqrt(min_j(d)) } with x: rows, y: cols, v: col;
    roughly<2>: { argmin_j log(1 + norm(x_i - y_j)) * cos(v_j) + tanh(u_i - v_j) } with x: rows, y: cols, u: row, v: col;
    quotients<1>: { min_argmin_j u_i / v_j + pow(u_i * u_i, s) } with u: row, v: col, s: one;
    columns_only<2>: { max_argmax_j (v_j + 0 * u_i) } with u: row, v: col;
    with_a_sum<2>: { let d = sqdist(x_i, y_j); min_j(d) / (1 + sum_j(exp(-d))) } with x: rows, y: cols;
}

keops! {
    fn costs<const D: usize>(x_i: [f32; D], y_j: [f32; D], g_j: f32) { min_argmin_j(sqdist(x_i, y_j) - g_j) }
}

/// Points in a tree that is kept answer like those that are in none, whatever the tree is of.
#[test]
fn trees_that_are_kept() -> Result<(), Error> {
    for seed in seeds(CLOUDS) {
        let mut cloud = Cloud::new(seed, 3);
        let (m, n) = (cloud.size(), cloud.size());
        let (x, y, g) = (cloud.points::<f32, 3>(m), cloud.points::<f32, 3>(n), cloud.numbers::<f32>(n));
        let call = costs::<3>(&x, &y, &g);
        let expected = call.eval()?.bits();
        let (rows, cols, both) = (Tree::new(&x)?, Tree::new(&y)?, Tree::of(&y).and(&g).build()?);
        // the points have moved since the last tree was made
        let elsewhere = Tree::new(&cloud.points::<f32, 2>(n))?;
        for tree in [&cols, &both, &elsewhere] {
            let (x, y, g_in) = (x.in_tree(&rows), y.in_tree(tree), g.in_tree(tree));
            check(costs::<3>(&x, &y, &g_in).as_ref(), seed);
            // some operands are in a tree, and others in another or in none
            check(costs::<3>(&x, &y, &g).as_ref(), seed);
            let other = g.in_tree(&cols);
            check(costs::<3>(&x, &y, &other).as_ref(), seed);
            assert_eq!(costs::<3>(&x, &y, &g_in).eval()?.bits(), expected, "all pairs read the points, seed {seed}");
        }
    }
    Ok(())
}

/// Points in another order have results in that order.
#[test]
fn results_follow_their_points() -> Result<(), Error> {
    for seed in seeds(CLOUDS) {
        let mut cloud = Cloud::new(seed, 4);
        // without ties: of equal values the place depends on the order
        cloud.kind = 0;
        let (m, n) = (cloud.size().max(1), cloud.size().max(1));
        let (x, y) = (cloud.points::<f64, 2>(m), cloud.points::<f64, 2>(n));
        let (mut of_x, mut of_y): (Vec<usize>, Vec<usize>) = ((0..m).collect(), (0..n).collect());
        cloud.rng.shuffle(&mut of_x);
        cloud.rng.shuffle(&mut of_y);
        let there = keops!(argmin_j sqdist(x_i, y_j)).pruned().always().eval()?;
        let moved_x: Vec<_> = of_x.iter().map(|i| x[*i]).collect();
        let moved_y: Vec<_> = of_y.iter().map(|j| y[*j]).collect();
        let moved = {
            let (x, y) = (&moved_x, &moved_y);
            keops!(argmin_j sqdist(x_i, y_j)).pruned().always().eval()?
        };
        for (i, from) in of_x.iter().enumerate() {
            assert_eq!(of_y[moved[i] as usize], there[*from] as usize, "row {from} of seed {seed}");
        }
    }
    Ok(())
}

keops! {
    fn nearest_of<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { argmin_j sqdist(x_i, y_j) }
    fn best_of<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { kmin_argkmin_j[3] sqdist(x_i, y_j) }
    fn several_of<T, const D: usize>(x_i: [T; D]) { kmin_argkmin_j[3] if i != j { sqdist(x_i, x_j) } }
}

/// So many points that some of them are looked at first, of which it is told whether trees would pay: in the plane they would, in ten
/// dimensions not, and in clusters of their own.
#[test]
fn points_that_are_looked_at_first() -> Result<(), Error> {
    for (seed, kind) in [(1, 0), (2, 2), (3, 5), (4, 6), (5, 7)] {
        let mut cloud = Cloud::new(seed, 6);
        cloud.kind = kind;
        let (x, y) = (cloud.points::<f32, 2>(5000), cloud.points::<f32, 2>(6001));
        check(nearest_of::<f32, 2>(&x, &y).as_ref(), seed);
        check(several_of::<f32, 2>(&y).as_ref(), seed);
        let (x, y) = (cloud.points::<f64, 10>(4100), cloud.points::<f64, 10>(4200));
        check(nearest_of::<f64, 10>(&x, &y).as_ref(), seed);
    }
    Ok(())
}

/// So many more rows than columns that columns are looked at one by one, for some hundred rows at once: on points with ties, in clusters, with
/// NaN, and where a row has fewer columns than are asked for.
#[test]
fn many_more_rows_than_columns() -> Result<(), Error> {
    for kind in 0..8 {
        let mut cloud = Cloud::new(kind, 7);
        cloud.kind = kind as u8;
        let (x, y) = (cloud.points::<f32, 2>(20_000), cloud.points::<f32, 2>(1000));
        let tree = Tree::new(&x)?;
        let x_in = x.in_tree(&tree);
        check(nearest_of::<f32, 2>(&x_in, &y).as_ref(), kind);
        check(best_of::<f32, 2>(&x_in, &y).as_ref(), kind);
        let few = &y[..2];
        check(best_of::<f32, 2>(&x_in, few).as_ref(), kind);
    }
    Ok(())
}

/// Results are the same on any number of threads, and gradients go to the columns that were found.
#[test]
fn threads_and_gradients() -> Result<(), Box<dyn std::error::Error>> {
    let mut rng = fastrand::Rng::with_seed(5);
    let mut cloud = |len: usize| -> Vec<[f32; 2]> { (0..len).map(|_| [rng.f32(), rng.f32()]).collect() };
    let (x, y) = (cloud(5000), cloud(7000));
    let call = keops!(kmin_argkmin_j[3] sqdist(x_i, y_j));
    let expected = call.eval()?.bits();
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        assert_eq!(pool.install(|| call.pruned().eval())?.bits(), expected, "{threads} threads");
    }
    let (nearest, e) = (keops!(min_j sqdist(x_i, y_j)), vec![1.0f32; x.len()]);
    assert_eq!(nearest.grad_y(&e).pruned().eval()?, nearest.grad_y(&e).eval()?);
    let mut out = vec![0.0; x.len()];
    nearest.pruned().eval_into(&mut out)?;
    assert_eq!(out, nearest.eval()?);
    Ok(())
}

/// What is wrong is told in words, as by a call that computes all pairs.
#[test]
fn mistakes_are_told() -> Result<(), Error> {
    let (x, y) = ([[0.0f32; 2]; 3], [[0.0f32; 2]; 5]);
    let tree = Tree::new(&y)?;
    let x_in = x.in_tree(&tree);
    let said = |error: Error| error.to_string();
    let call = {
        let x = &x_in;
        keops!(argmin_j sqdist(x_i, y_j) where x_i: [f32; 2], y_j: [f32; 2])
    };
    let expected = "`x`: 3 points in a tree of 5: make one of these, `Tree::new(&points)`";
    assert_eq!(call.pruned().eval().map_err(said), Err(expected.into()));
    assert_eq!(call.eval().map_err(said), Err(expected.into()));
    let g = [0.0f32; 4];
    let said_of_two = Tree::of(&y).and(&g).build().map(|_| ()).map_err(said);
    assert_eq!(said_of_two, Err("4 points in a tree of 5: make one of these, `Tree::new(&points)`".into()));
    let mut short = [0u32; 2];
    let output = keops!(argmin_j sqdist(x_i, y_j)).pruned().eval_into(&mut short);
    assert_eq!(output, Err(Error::OutputLength { expected: 3, found: 2, index: 'i' }));
    Ok(())
}
