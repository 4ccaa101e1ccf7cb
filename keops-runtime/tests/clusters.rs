//! Clusters are those of slow twins: maps of cells, loops over points, questions about all pairs of clusters.

use std::collections::{BTreeMap, BTreeSet};

use keops_runtime::{
    Clusters, ClustersError, Elements, Entry, Error, Extent, Integers, Layout, Operand, Points, PointsError, Ranges,
    Rows, Scalar, View,
};

/// Points of all kinds: uniform, on a lattice whose side is that of cells, equal, and far away.
fn cloud<T: Scalar, const D: usize>(rng: &mut fastrand::Rng, len: usize) -> Vec<[T; D]> {
    let kind = rng.u8(..4);
    let mut number = || match kind {
        0 => 4.0 * rng.f64() - 2.0,
        1 => f64::from(rng.i32(-6..6)) * 0.25,
        2 => 0.3,
        _ => 1000.0 * rng.f64() * rng.f64(),
    };
    (0..len).map(|_| std::array::from_fn(|_| T::from_f64(number()))).collect()
}

fn distance<T: Scalar, const D: usize>(a: &[T; D], b: &[T; D]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a.to_f64() - b.to_f64()).powi(2)).sum::<f64>().sqrt()
}

/// The clusters, each with the numbers of its points.
fn listed(clusters: &Clusters) -> Vec<Vec<u32>> {
    (0..clusters.len()).map(|k| clusters.numbers(k).to_vec()).collect()
}

/// That each point is in one cluster, and that all ways to say in which agree.
fn check(clusters: &Clusters, len: usize) {
    let mut all = clusters.order().to_vec();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..len as u32));
    assert_eq!(clusters.points(), len);
    let labels = clusters.labels();
    let mut end = 0;
    for k in 0..clusters.len() {
        let (range, numbers) = (clusters.range(k), clusters.numbers(k));
        assert_eq!((range.start, &clusters.order()[range.clone()]), (end, numbers));
        end = range.end;
        assert!(numbers.is_sorted() && numbers.iter().all(|n| labels[*n as usize] == k as u32));
    }
    assert_eq!(end, len);
    let numbers: Vec<u32> = (0..len as u32).collect();
    let sorted = clusters.sort(&numbers).expect("there is one for each");
    assert_eq!(sorted, clusters.order());
    assert_eq!(clusters.unsort(&sorted).expect("there is one for each"), numbers);
    assert!(numbers.iter().all(|p| clusters.number(*p) == clusters.order()[*p as usize]));
    assert_eq!([clusters.number(len as u32), clusters.number(u32::MAX)], [u32::MAX; 2]);
}

fn grids<T: Scalar, const D: usize>(seed: u64) {
    let rng = &mut fastrand::Rng::with_seed(seed);
    for len in [0, 1, 2, 10, 300, 3000] {
        let x = cloud::<T, D>(rng, len);
        let sides: [T; D] = std::array::from_fn(|_| T::from_f64([0.25, 0.1, 3.0][rng.usize(..3)]));
        let twin = |sides: &[T; D]| -> Vec<Vec<u32>> {
            let mut cells: BTreeMap<[i64; D], Vec<u32>> = BTreeMap::new();
            for (n, x) in (0u32..).zip(&x) {
                let cell = std::array::from_fn(|k| (x[k].to_f64() / sides[k].to_f64()).floor() as i64);
                cells.entry(cell).or_default().push(n);
            }
            cells.into_values().collect()
        };
        let found = Clusters::grid(&x, sides).expect("they are finite");
        check(&found, len);
        assert_eq!(listed(&found), twin(&sides));
        let found = Clusters::grid(&x, sides[0]).expect("they are finite");
        assert_eq!(listed(&found), twin(&[sides[0]; D]));
    }
}

#[test]
fn cells_of_a_grid() {
    grids::<f32, 1>(1);
    grids::<f32, 2>(2);
    grids::<f64, 3>(3);
    grids::<f64, 7>(4);
    // numbers, and integers
    let found = Clusters::grid(&[0.9f32, -0.1, 0.1], 0.5).expect("they are finite");
    assert_eq!(listed(&found), [vec![1], vec![2], vec![0]]);
    let found = Clusters::grid::<Integers<f32>, _, _>(&[9u32, 0, 4_000_000_000, 4], 5.0).expect("they are finite");
    assert_eq!(listed(&found), [vec![1, 3], vec![0], vec![2]]);
}

#[test]
fn clusters_of_a_tree() {
    let rng = &mut fastrand::Rng::with_seed(5);
    for len in [0, 1, 5, 64, 1000, 20_000] {
        for most in [1, 7, 32, 100, usize::MAX] {
            let x = cloud::<f32, 3>(rng, len);
            let clusters = Clusters::tree(&x, most).expect("they are finite");
            check(&clusters, len);
            assert_eq!(clusters.len(), len.div_ceil(most));
            let (full, last) = (0..clusters.len()).partition::<Vec<_>, _>(|k| k + 1 < clusters.len());
            assert!(full.iter().all(|k| clusters.range(*k).len() == most));
            assert!(last.iter().all(|k| (1..=most).contains(&clusters.range(*k).len())));
            // on a line they lie one behind the other
            let x = cloud::<f64, 1>(rng, len);
            let clusters = Clusters::tree(&x, most).expect("they are finite");
            let boxes = clusters.boxes(&x).expect("they are finite");
            assert!(boxes.windows(2).all(|w| w[0].hi[0] <= w[1].lo[0]), "{len} {most}");
        }
    }
}

#[test]
fn labels_and_keys() {
    let rng = &mut fastrand::Rng::with_seed(6);
    for len in [0, 1, 50, 5000] {
        let labels: Vec<i64> = (0..len).map(|_| rng.i64(0..9)).collect();
        let clusters = Clusters::labelled(&labels, 11).expect("they are below 11");
        check(&clusters, len);
        for k in 0..11 {
            let twin: Vec<u32> = (0u32..).zip(&labels).filter(|(_, label)| **label == k).map(|(n, _)| n).collect();
            assert_eq!(clusters.numbers(k as usize), twin);
        }
        assert!(labels.iter().zip(clusters.labels()).all(|(label, k)| *label == i64::from(k)));
        // keys are in their own order, and each that is there has a cluster
        let keys: Vec<(bool, String)> = labels.iter().map(|k| (k % 2 == 0, format!("{}", k * 5))).collect();
        let clusters = Clusters::by_key(&keys).expect("there is memory");
        check(&clusters, len);
        let there: BTreeSet<_> = keys.iter().collect();
        assert_eq!(clusters.len(), there.len());
        for (k, key) in there.into_iter().enumerate() {
            assert!(clusters.numbers(k).iter().all(|n| keys[*n as usize] == *key));
        }
    }
    assert!(Clusters::labelled::<u32>(&[], 0).expect("there are none").is_empty());
    assert_eq!(Clusters::labelled(&[0usize], 1), Clusters::labelled(&[0u8], 1));
}

/// Sums, centroids, boxes and radii, by loops.
fn summaries<T: Scalar + Entry, const D: usize>(seed: u64, off: f64)
where
    [T; D]: Entry,
{
    let rng = &mut fastrand::Rng::with_seed(seed);
    for len in [0, 1, 40, 2000] {
        let x = cloud::<T, D>(rng, len);
        let labels: Vec<u32> = (0..len).map(|_| rng.u32(..20)).collect();
        let clusters = Clusters::labelled(&labels, 21).expect("they are below 21");
        let w: Vec<T> = (0..len).map(|_| T::from_f64(rng.f64() + 0.01)).collect();
        let sums = clusters.sums(&w).expect("there is one for each");
        let plain = clusters.centroids(&x).expect("they are finite");
        let weighted = clusters.weighted_centroids(&x, &w).expect("they have weights");
        let boxes = clusters.boxes(&x).expect("they are finite");
        let radii = clusters.radii(&x, &plain).expect("there is one for each");
        for k in 0..21 {
            let own: Vec<usize> = (0..len).filter(|n| labels[*n] == k as u32).collect();
            let close = |found: T, expected: f64, size: f64| {
                let found = found.to_f64();
                assert!(
                    (found - expected).abs() <= off * size || found.is_nan() && expected.is_nan(),
                    "{found} {expected}"
                );
            };
            let total: f64 = own.iter().map(|n| w[*n].to_f64()).sum();
            close(sums[k], total, total);
            assert_eq!(boxes[k].is_empty(), own.is_empty());
            for d in 0..D {
                let of = |n: &usize| x[*n][d].to_f64();
                let size = own.iter().map(|n| of(n).abs()).fold(0.0, f64::max);
                close(plain[k][d], own.iter().map(of).sum::<f64>() / own.len() as f64, size);
                let sum: f64 = own.iter().map(|n| of(n) * w[*n].to_f64()).sum();
                close(weighted[k][d], sum / total, size);
                assert_eq!(boxes[k].lo[d].to_f64(), own.iter().map(of).fold(f64::INFINITY, f64::min));
                assert_eq!(boxes[k].hi[d].to_f64(), own.iter().map(of).fold(f64::NEG_INFINITY, f64::max));
            }
            assert!(own.is_empty() || boxes[k].contains(&plain[k]) && boxes[k].contains(&weighted[k]));
            let farthest = own.iter().map(|n| distance(&x[*n], &plain[k])).fold(0.0, f64::max);
            let radius = radii[k].to_f64();
            assert!(
                farthest <= radius * (1.0 + 1e-15) && radius <= farthest * (1.0 + 20.0 * off) + 1e-18,
                "{farthest} {radius}"
            );
        }
    }
}

#[test]
fn sums_centroids_boxes_and_radii() {
    summaries::<f32, 2>(7, 1e-6);
    summaries::<f64, 3>(8, 1e-14);
    // equal points have themselves for a mean, and so have numbers whose sum is none
    let clusters = Clusters::labelled(&[0u8; 10], 1).expect("they are below 1");
    assert_eq!(clusters.centroids(&[0.1f64; 10]), Ok(vec![0.1]));
    let large: [f64; 10] = std::array::from_fn(|k| if k % 2 == 0 { f64::MAX } else { -f64::MAX / 2.0 });
    let mean = clusters.centroids(&large).expect("they are finite")[0];
    assert!((mean / f64::MAX - 0.25).abs() < 1e-15, "{mean}");
    // weights that vanish beside others, and some whose sum is no number
    let weights = [f64::MAX; 10].map(|w| w / 1.5);
    assert_eq!(clusters.weighted_centroids(&[7.5f64; 10], &weights), Ok(vec![7.5]));
    let (x, w) = ([1.0f32, 5.0, 9.0], [0.0f32, 1e-45, 0.0]);
    let clusters = Clusters::labelled(&[0u8; 3], 1).expect("they are below 1");
    assert_eq!(clusters.weighted_centroids(&x, &w), Ok(vec![5.0]));
}

#[test]
fn distances_of_boxes_are_bounds() {
    let rng = &mut fastrand::Rng::with_seed(9);
    for round in 0..2000 {
        let scale = 10f32.powi(rng.i32(-12..12));
        let mut extent = || {
            let ends: [[f32; 3]; 2] = std::array::from_fn(|_| std::array::from_fn(|_| scale * (rng.f32() - 0.5)));
            let [a, b] = ends;
            Extent {
                lo: std::array::from_fn(|k| a[k].min(b[k])),
                hi: std::array::from_fn(|k| if round % 3 == 0 { a[k].min(b[k]) } else { a[k].max(b[k]) }),
            }
        };
        let (a, b) = (extent(), extent());
        let ends =
            |e: &Extent<[f32; 3]>, corner: u8| std::array::from_fn(|k| [e.lo, e.hi][usize::from(corner >> k & 1)][k]);
        let near = |k: usize| f64::from(a.lo[k]).max(f64::from(b.lo[k])) - f64::from(a.hi[k].min(b.hi[k]));
        let least = (0..3).map(|k| near(k).max(0.0).powi(2)).sum::<f64>().sqrt();
        let pairs = (0..8).flat_map(|c| (0..8).map(move |d| (c, d)));
        let most = pairs.map(|(c, d)| distance::<f32, 3>(&ends(&a, c), &ends(&b, d))).fold(0.0, f64::max);
        let (nearest, farthest) = (f64::from(a.nearest(&b)), f64::from(a.farthest(&b)));
        assert!(nearest <= least && least * (1.0 - 2e-6) <= nearest, "{nearest} {least}");
        assert!(most <= farthest && farthest <= most * (1.0 + 2e-6), "{most} {farthest}");
        for distance in [least as f32, 0.3 * nearest as f32, farthest as f32, -1.0, f32::NAN] {
            let within = a.is_within(&b, distance);
            assert!(within || distance.is_nan() || least > f64::from(distance), "{distance}");
            assert!(!within || nearest <= f64::from(distance), "{distance}");
        }
        assert_eq!((a.nearest(&b), a.farthest(&b)), (b.nearest(&a), b.farthest(&a)));
        assert!(a.contains(&a.centre()) && a.contains(&a.lo) && a.contains(&a.hi));
    }
    let nothing = Extent { lo: f64::INFINITY, hi: f64::NEG_INFINITY };
    let one = Extent { lo: 1.0, hi: 2.0 };
    assert!(nothing.is_empty() && !nothing.contains(&0.0) && !one.is_empty());
    assert_eq!((nothing.nearest(&one), one.nearest(&nothing)), (f64::INFINITY, f64::INFINITY));
    assert_eq!((nothing.farthest(&one), nothing.farthest(&nothing)), (f64::NEG_INFINITY, f64::NEG_INFINITY));
    assert!(!nothing.is_within(&one, f64::MAX) && one.is_within(&one, 0.0));
}

#[test]
fn ranges_of_clusters_that_meet() {
    let rng = &mut fastrand::Rng::with_seed(10);
    for _ in 0..100 {
        let [m, n] = [(); 2].map(|()| rng.usize(..60));
        let [p, q] = [(); 2].map(|()| rng.usize(1..9));
        let labels =
            |rng: &mut fastrand::Rng, len: usize, of: usize| (0..len).map(|_| rng.usize(..of)).collect::<Vec<_>>();
        let (rows, cols) = (labels(rng, m, p), labels(rng, n, q));
        let rows = Clusters::labelled(&rows, p).expect("they are below p");
        let cols = Clusters::labelled(&cols, q).expect("they are below q");
        let keep: Vec<Vec<bool>> = (0..p).map(|_| (0..q).map(|_| rng.bool()).collect()).collect();
        let ranges = Ranges::between(&rows, &cols, |a, b| keep[a][b]);
        assert_eq!((ranges.rows(), ranges.cols()), (m, n));
        let mut found = BTreeSet::new();
        for (block, lists) in ranges.blocks() {
            for (i, j) in block.flat_map(|i| lists.iter().cloned().flatten().map(move |j| (i, j))) {
                assert!(found.insert((rows.number(i as u32), cols.number(j as u32))));
            }
        }
        let (a, b) = (rows.labels(), cols.labels());
        let all = (0..m).flat_map(|i| (0..n).map(move |j| (i, j)));
        let twin = all.filter(|(i, j)| keep[a[*i] as usize][b[*j] as usize]).map(|(i, j)| (i as u32, j as u32));
        assert_eq!(found, twin.collect());
    }
    // nobody is asked about clusters without points
    let rows = Clusters::labelled(&[2u8], 3).expect("it is below 3");
    assert_eq!(Ranges::between(&rows, &rows, |a, b| a == 2 && b == 2 || panic!("{a} {b}")).pairs(), 1);
}

#[test]
fn operands_in_the_order_of_clusters() {
    let clusters = Clusters::labelled(&[1u8, 0, 2, 0], 3).expect("they are below 3");
    let numbers = |operand: Operand<'_, f32>| -> Vec<f32> {
        let Operand::Host(view) = operand else { panic!("{operand:?}") };
        view.numbers().collect()
    };
    let x = [[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]];
    let sorted = clusters.sort(&x).expect("there is one for each");
    assert_eq!(sorted, [[3.0, 4.0], [7.0, 8.0], [1.0, 2.0], [5.0, 6.0]]);
    assert_eq!(numbers(x.in_clusters(&clusters).operand()), sorted.as_flattened());
    // points in another layout, of which there are copies of two
    let layout = Layout { first: 1, point: 3, cycle: 2, ..Layout::points(4, 2) };
    let points = Points::<[f32; 2]>::new(x.as_flattened(), layout).expect("it fits");
    assert_eq!(numbers(points.in_clusters(&clusters).operand()), [5.0, 6.0, 5.0, 6.0, 2.0, 3.0, 2.0, 3.0]);
    assert_eq!(Clusters::grid(&points, 2.0).expect("they are finite").labels(), [0, 1, 0, 1]);
    assert_eq!(clusters.boxes(&points).expect("they are finite")[0], Extent { lo: [5.0, 6.0], hi: [5.0, 6.0] });
    // integers, with all their bits
    let labels = [7u32, 0xffff_fff0, 0x7fc0_0001, 9];
    let sorted = Rows::<Integers<f32>>::in_clusters(&labels, &clusters);
    let Operand::Host(view) = sorted.operand() else { panic!("they are here") };
    let Elements::U32(found) = view.elements() else { panic!("they are integers") };
    assert_eq!(found, clusters.sort(&labels).expect("there is one for each"));
    // what is no operand is one in no order
    let few = Rows::<f32>::in_clusters(&[1.0f32; 3], &clusters);
    assert!(
        matches!(few.operand(), Operand::Failed(Error::Clusters(ClustersError::Length { points: 4, found: 3 }))),
        "{few:?}"
    );
    struct Nothing;
    impl Rows<f32> for Nothing {
        fn operand(&self) -> Operand<'_, f32> {
            View::new(Elements::Same(&[]), Layout::points(1, 1)).map_or_else(Operand::Failed, Operand::Host)
        }
    }
    let error = Error::Points(PointsError::Layout { needed: 1, found: 0 });
    assert!(matches!(Nothing.in_clusters(&clusters).operand(), Operand::Failed(found) if found == error));
    assert_eq!(Clusters::grid(&Nothing, 1.0), Err(error.clone()));
    assert_eq!(clusters.sums(&Nothing), Err(error));
}

#[test]
fn mistakes() {
    #[track_caller]
    fn said<V: std::fmt::Debug>(result: Result<V, Error>, message: &str) {
        assert_eq!(result.expect_err("it is a mistake").to_string(), message);
    }
    let x = [[0.0f32, 1.0], [2.0, f32::NAN]];
    let side =
        |side: &str| format!("cells have a side of {side}: it is a finite number above 0, in the units of the points");
    said(Clusters::grid(&x, 0.0), &side("0.0"));
    said(Clusters::grid(&x, [1.0, -0.5]), &side("-0.5"));
    said(Clusters::grid(&x, f32::INFINITY), &side("inf"));
    said(Clusters::grid(&x, f32::NAN), &side("NaN"));
    said(
        Clusters::grid(&x, [1.0; 3]),
        "cells have 3 sides, and points have 2 numbers: one side for all components, or one for each",
    );
    let not_finite = "point 1 is at NaN: only finite points lie in cells and boxes, so leave it out before";
    said(Clusters::grid(&x, 1.0), not_finite);
    said(Clusters::tree(&x, 10), not_finite);
    let infinite = [1.0f64, f64::NEG_INFINITY];
    said(Clusters::grid(&infinite, 1.0), &not_finite.replace("NaN", "-inf"));
    said(
        Clusters::grid(&[1.0, 2.0, -1e300f64], 1e-9),
        "point 2 is at -1e300, more than 2^53 cells of side 1e-9 away from 0: make cells larger, or leave the point out",
    );
    said(
        Clusters::grid(&[f64::MAX], f64::MIN_POSITIVE).map(|_| ()),
        &format!(
            "point 0 is at {:?}, more than 2^53 cells of side {:?} away from 0: make cells larger, or leave the point out",
            f64::MAX,
            f64::MIN_POSITIVE,
        ),
    );
    said(Clusters::tree(&x, 0), "clusters of at most 0 points: each has 1 or more");
    said(Clusters::labelled(&[0u32, 7], 4), "point 1 has the label 7, and there are 4 clusters, counted from 0");
    said(Clusters::labelled(&[-1i32], 1), "point 0 has the label -1, and there is 1 cluster, counted from 0");
    said(
        Clusters::labelled(&[0u32], usize::MAX),
        "18446744073709551615 clusters: they are numbered with u32, so 4294967294 is the most",
    );
    let clusters = Clusters::labelled(&[0u8, 2], 3).expect("they are below 3");
    let length = "3 values for clusters of 2 points in all: one for each point";
    said(clusters.sort(&[0; 3]), length);
    said(clusters.unsort(&[0; 3]), length);
    said(clusters.sums(&[0.0f32; 3]), length);
    said(clusters.centroids(&[0.0f32; 3]), length);
    said(clusters.boxes(&[0.0f32; 1]), "1 value for clusters of 2 points in all: one for each point");
    said(clusters.weighted_centroids(&[0.0f32; 2], &[1.0f32; 3]), length);
    said(clusters.radii(&[0.0f32; 3], &[0.0; 3]), length);
    said(clusters.radii(&[0.0f32; 2], &[0.0; 1]), "1 centre for 3 clusters: one for each");
    said(clusters.centroids(&x), not_finite);
    said(clusters.boxes(&x), not_finite);
    said(clusters.radii(&x, &[[0.0; 2]; 3]), not_finite);
    let weights = |w: [f32; 2]| clusters.weighted_centroids(&[1.0f32, 2.0], &w);
    said(weights([1.0, -1.0]), "the weight of point 1 is -1.0: weights are finite, and 0 or above");
    said(weights([f32::NAN, 0.0]), "the weight of point 0 is NaN: weights are finite, and 0 or above");
    said(
        weights([1.0, 0.0]),
        "all points of cluster 2 have the weight 0: it has no weighted centroid; `centroids` has the plain one",
    );
    assert!(weights([1.0, 1.0]).expect("they have weights")[1].is_nan(), "there is nothing in cluster 1");
}
