//! Pruned calls whose passes are of pairs that stored places name, gradients of minima above all: they answer like all pairs, to the last bit.

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
use keops::{Batches, Error, Ranges, Scalar, Tree};

keops! {
    fn nearest<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { min_j sqdist(x_i, y_j) }
    fn from_columns<T>(x_i: [T; 3], y_j: [T; 3]) { min_i norm(x_i - y_j) }
    fn farthest<T>(x_i: [T; 2], y_j: [T; 2], v_j: T) { max_j(sqdist(x_i, y_j) * v_j) }
    fn several<T>(x_i: [T; 2], y_j: [T; 2]) { kmin_j[3] sqdist(x_i, y_j) }
    fn others<T>(x_i: [T; 2]) { min_j if i != j { sqdist(x_i, x_j) } }
    fn same_label<T>(x_i: [T; 2], y_j: [T; 2], l_i: u32, k_j: u32) { min_j if l_i == k_j { sqdist(x_i, y_j) } }
    fn of_components<T>(x_i: [T; 2], y_j: [T; 2]) { min_j abs(x_i - y_j) }
    fn chamfer<T>(x_i: [T; 3], y_j: [T; 3]) {
        let d = sqdist(x_i, y_j);
        sum_i(min_j(d)) + sum_j(min_i(d))
    }
    fn hausdorff<T>(x_i: [T; 2], y_j: [T; 2]) { max_i min_j norm(x_i - y_j) }
    #[jvp(y)]
    fn scaled<T>(x_i: [T; 2], y_j: [T; 2], s: T) { log(1 + min_j(sqdist(x_i, y_j) / s)) }
    fn gap<T>(x_i: [T; 2], y_j: [T; 2]) { let d = sqdist(x_i, y_j); max_j(d) - min_j(d) }
    fn along<T>(x_i: [T; 2], y_j: [T; 2], e_i: T, w_i: [T; 2]) { (grad(min_j square(sqdist(x_i, y_j)), x_i, e_i) | w_i) }
    // the sum is over all pairs, and so is its pass
    fn beside_a_sum<T>(x_i: [T; 2], y_j: [T; 2]) { let d = sqdist(x_i, y_j); min_j(d) + sum_j(exp(-d)) }
    // places of the caller's
    fn picked<T>(x_i: [T; 2], y_j: [T; 2], l_i: u32) { sum_j if j == l_i { x_i - y_j } else { 0 * x_i } }
    fn taken<T>(y_j: [T; 2], l_i: u32, k_j: u32) {
        sum_j if j == l_i || i == k_j { [y_j[0], 1] } else { [0, 0] }
    }
}

formulas! {
    in_rows_of_1<1>: (nearest(x, y).grad_x(e)) with x: rows, y: cols, e: row;
    in_columns_of_1<1>: (nearest(x, y).grad_y(e)) with x: rows, y: cols, e: row;
    in_rows<3>: (nearest(x, y).grad_x(e)) with x: rows, y: cols, e: row;
    in_columns<3>: (nearest(x, y).grad_y(e)) with x: rows, y: cols, e: row;
    in_rows_of_10<10>: (nearest(x, y).grad_x(e)) with x: rows, y: cols, e: row;
    in_columns_of_10<10>: (nearest(x, y).grad_y(e)) with x: rows, y: cols, e: row;
    in_columns_of_40<40>: (nearest(x, y).grad_y(e)) with x: rows, y: cols, e: row;
    over_rows_in_rows<3>: (from_columns(x, y).grad_x(e)) with x: rows, y: cols, e: col;
    over_rows_in_columns<3>: (from_columns(x, y).grad_y(e)) with x: rows, y: cols, e: col;
    largest<2>: (farthest(x, y, v).grad_y(e)) with x: rows, y: cols, v: col, e: row;
    largest_in_weights<2>: (farthest(x, y, v).grad_v(e)) with x: rows, y: cols, v: col, e: row;
    several_in_columns<2>: (several(x, y).grad_y(e3)) with x: rows, y: cols, e3: three_of_row;
    several_in_rows<2>: (several(x, y).grad_x(e3)) with x: rows, y: cols, e3: three_of_row;
    of_both_indices<2>: (others(x).grad_x(e)) with x: rows, e: row;
    where_labels_are_equal<2>: (same_label(x, y, l, k).grad_y(e)) with x: rows, y: cols, l: row_labels, k: col_labels, e: row;
    of_values_that_are_vectors<2>: (of_components(x, y).grad_y(x)) with x: rows, y: cols;
    of_a_distance_of_clouds<3>: (chamfer(x, y).grad_x(s)) with x: rows, y: cols, s: one;
    of_a_distance_of_clouds_in_columns<3>: (chamfer(x, y).grad_y(s)) with x: rows, y: cols, s: one;
    of_one_pair<2>: (hausdorff(x, y).grad_y(s)) with x: rows, y: cols, s: one;
    in_a_parameter<2>: (scaled(x, y, *s).grad_s(e)) with x: rows, y: cols, s: one, e: row;
    in_a_direction<2>: (scaled(x, y, *s).jvp_y(y)) with x: rows, y: cols, s: one;
    of_two_places<2>: (gap(x, y).grad_y(e)) with x: rows, y: cols, e: row;
    of_a_gradient<2>: (along(x, y, e, x).grad_y(e)) with x: rows, y: cols, e: row;
    of_a_gradient_in_rows<2>: (along(x, y, e, x).grad_x(e)) with x: rows, y: cols, e: row;
    where_all_pairs_count<2>: (beside_a_sum(x, y).grad_y(e)) with x: rows, y: cols, e: row;
    of_given_places<2>: (picked(x, y, l)) with x: rows, y: cols, l: row_labels;
    of_given_places_in_columns<2>: (picked(x, y, l).grad_y(x)) with x: rows, y: cols, l: row_labels;
    of_places_of_both<2>: (taken(y, l, k)) with y: cols, l: row_labels, k: col_labels;
}

/// Numbers that all engines compute with exactly, and so also the slow one: with ties, rows that meet nothing, and columns that many rows have chosen.
#[test]
fn small_integers() -> Result<(), Error> {
    fn all<T: Scalar + Bits>() -> Result<(), Error>
    where
        Vec<[T; 3]>: Bits,
    {
        for seed in seeds(CLOUDS) {
            let mut cloud = Cloud::new(seed, 7);
            cloud.kind = 2;
            // the slow one takes its time
            let (m, n) = (cloud.rng.usize(0..200), cloud.rng.usize(0..200));
            let (x, y, e) = (cloud.points::<T, 3>(m), cloud.points::<T, 3>(n), cloud.numbers::<T>(m));
            let wide = |v: Vec<[f64; 3]>| v.into_iter().map(|p| p.map(T::from_f64)).collect::<Vec<_>>().bits();
            let (in_x, in_y) = (nearest::<T, 3>(&x, &y).grad_x(&e), nearest::<T, 3>(&x, &y).grad_y(&e));
            check(in_x.as_ref(), seed);
            check(in_y.as_ref(), seed);
            assert_eq!(in_x.pruned().always().eval()?.bits(), wide(in_x.naive()?), "rows of seed {seed}");
            assert_eq!(in_y.pruned().always().eval()?.bits(), wide(in_y.naive()?), "columns of seed {seed}");

            let (l, k) = (cloud.labels(m), cloud.labels(n));
            let (x, y) = (cloud.points::<T, 2>(m), cloud.points::<T, 2>(n));
            let e3 = cloud.points::<T, 3>(m);
            let wide = |v: Vec<[f64; 2]>| v.into_iter().map(|p| p.map(T::from_f64)).collect::<Vec<_>>().bits();
            let of_labels = same_label(&x, &y, &l, &k).grad_y(&e);
            let of_several = several(&x, &y).grad_y(&e3);
            assert_eq!(of_labels.pruned().always().eval()?.bits(), wide(of_labels.naive()?), "labels of seed {seed}");
            assert_eq!(
                of_several.pruned().always().eval()?.bits(),
                wide(of_several.naive()?),
                "several of seed {seed}"
            );
        }
        Ok(())
    }
    all::<f32>()?;
    all::<f64>()
}

/// However sums are added up, and over some of the pairs, where all that are listed are computed.
#[test]
fn sums_and_pairs() -> Result<(), Error> {
    for seed in seeds(CLOUDS) {
        let mut cloud = Cloud::new(seed, 8);
        let (m, n) = (cloud.size(), cloud.size());
        let (x, y, e) = (cloud.points::<f32, 2>(m), cloud.points::<f32, 2>(n), cloud.numbers::<f32>(m));
        for scheme in [SumScheme::Block, SumScheme::Direct, SumScheme::Kahan] {
            check(nearest::<f32, 2>(&x, &y).grad_y(&e).sum_scheme(scheme).as_ref(), seed);
        }
        let ranges = Ranges::new(m, n, [(m / 3..m, vec![0..n / 4, n / 2..n])])?;
        let batches = Batches::ragged(&[m / 2, m - m / 2], &[n / 3, n - n / 3])?;
        let call = nearest::<f32, 2>(&x, &y).grad_y(&e);
        check(call.clone().ranges(&ranges).as_ref(), seed);
        check(call.batches(&batches).as_ref(), seed);
    }
    Ok(())
}

/// A value with its gradients, on any number of threads, in place, and beside points in trees; of so many points that nobody has to be told to
/// leave pairs out.
#[test]
fn a_value_with_gradients() -> Result<(), Box<dyn std::error::Error>> {
    let mut cloud = Cloud::new(1, 9);
    cloud.kind = 0;
    let (x, y) = (cloud.points::<f32, 3>(30_000), cloud.points::<f32, 3>(40_000));
    let call = chamfer(&x, &y).with_grads(&1.0);
    let all = call.eval()?;
    let (rows, cols) = (Tree::new(&x)?, Tree::new(&y)?);
    let (x_in, y_in) = (x.in_tree(&rows), y.in_tree(&cols));
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        for call in [chamfer(&x, &y), chamfer(&x_in, &y_in)] {
            let found = pool.install(|| call.with_grads(&1.0).pruned().eval())?;
            assert_eq!(found.value.to_bits(), all.value.to_bits(), "{threads} threads");
            assert_eq!(found.grad_x.bits(), all.grad_x.bits(), "{threads} threads");
            assert_eq!(found.grad_y.bits(), all.grad_y.bits(), "{threads} threads");
        }
    }
    let mut out = vec![[0.0f32; 3]; y.len()];
    chamfer(&x, &y).grad_y(&1.0).pruned().eval_into(&mut out)?;
    assert_eq!(out.bits(), all.grad_y.bits());
    Ok(())
}
