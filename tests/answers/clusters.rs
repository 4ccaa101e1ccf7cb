//! Sums over clusters that are near each other: against the plain loop over the same pairs, and in the caller's order.

use keops::{Clusters, Ranges, Rows, index, keops};

keops! {
    /// A Gaussian sum.
    fn gauss<const D: usize>(x_i: [f64; D], y_j: [f64; D], b_j: f64, s2: f64) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j
    }
    /// Where the nearest column is.
    fn nearest(x_i: [f64; 2], y_j: [f64; 2]) {
        argmin_j sqdist(x_i, y_j)
    }
}

const SIGMA: f64 = 0.05;

/// A noisy arc.
fn arc<const D: usize>(rng: &mut fastrand::Rng, len: usize) -> Vec<[f64; D]> {
    let mut point = |_| {
        let (sin, cos) = rng.f64().sin_cos();
        std::array::from_fn(|k| [sin, cos][k % 2] + 0.05 * rng.f64())
    };
    (0..len).map(&mut point).collect()
}

fn sqdist<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// The value, and the gradient in the columns, of a Gaussian sum that is cut off at 4 σ; found and by loops.
fn cut_off<const D: usize>(seed: u64, of: impl Fn(&[[f64; D]]) -> Clusters) -> Result<(), keops::Error> {
    let rng = &mut fastrand::Rng::with_seed(seed);
    let (x, y) = (arc::<D>(rng, 700), arc::<D>(rng, 500));
    let b: Vec<f64> = y.iter().map(|_| rng.f64()).collect();
    let e: Vec<f64> = x.iter().map(|_| rng.f64()).collect();

    let (cx, cy) = (of(&x), of(&y));
    let (bx, by) = (cx.boxes(&x)?, cy.boxes(&y)?);
    let ranges = Ranges::between(&cx, &cy, |k, l| bx[k].is_within(&by[l], 4.0 * SIGMA));
    let sorted = (cx.sort(&x)?, cy.sort(&y)?, cy.sort(&b)?);
    let call = gauss(&sorted.0, &sorted.1, &sorted.2, SIGMA * SIGMA).ranges(&ranges);
    let found = cx.unsort(&call.eval()?)?;
    let gradient = cy.unsort(&call.grad_y(&cx.sort(&e)?).eval()?)?;
    // operands that are sorted on the way
    let (in_x, in_y, in_b) = (x.in_clusters(&cx), y.in_clusters(&cy), b.in_clusters(&cy));
    assert_eq!(gauss(&in_x, &in_y, &in_b, SIGMA * SIGMA).ranges(&ranges).eval()?, call.eval()?);

    let (labels_x, labels_y) = (cx.labels(), cy.labels());
    let meet = |i: usize, j: usize| bx[labels_x[i] as usize].is_within(&by[labels_y[j] as usize], 4.0 * SIGMA);
    let kernel = |i: usize, j: usize| (-sqdist(&x[i], &y[j]) / (2.0 * SIGMA * SIGMA)).exp();
    let mut pairs = 0;
    let mut expected_gradient = vec![[0.0; D]; y.len()];
    for i in 0..x.len() {
        let (mut expected, mut full) = (0.0, 0.0);
        for j in 0..y.len() {
            full += kernel(i, j) * b[j];
            if meet(i, j) {
                pairs += 1;
                expected += kernel(i, j) * b[j];
                for k in 0..D {
                    expected_gradient[j][k] += e[i] * b[j] * kernel(i, j) * (x[i][k] - y[j][k]) / (SIGMA * SIGMA);
                }
            } else {
                assert!(sqdist(&x[i], &y[j]).sqrt() > 4.0 * SIGMA, "a pair is missing");
            }
        }
        assert!((found[i] - expected).abs() <= 1e-12 * expected, "{i}: {} {expected}", found[i]);
        // nothing is left out but what is beyond 4 σ
        assert!((found[i] - full).abs() <= 500.0 * (-8f64).exp());
    }
    for (found, expected) in gradient.as_flattened().iter().zip(expected_gradient.as_flattened()) {
        assert!((found - expected).abs() <= 1e-10 * expected.abs().max(1.0), "{found} {expected}");
    }
    assert_eq!(ranges.pairs(), pairs);
    assert!(pairs < x.len() * y.len() / 2, "{pairs} pairs are left");
    Ok(())
}

#[test]
fn gaussian_sums_over_near_clusters() -> Result<(), keops::Error> {
    cut_off::<2>(1, |x| Clusters::grid(x, SIGMA).expect("they are finite"))?;
    cut_off::<3>(2, |x| Clusters::grid(x, [0.1, 0.05, 0.2]).expect("they are finite"))?;
    cut_off::<6>(3, |x| Clusters::grid(x, 0.1).expect("they are finite"))?;
    cut_off::<2>(4, |x| Clusters::tree(x, 20).expect("they are finite"))?;
    cut_off::<3>(5, |x| {
        Clusters::by_key(&x.iter().map(|p| (20.0 * p[0]) as i32).collect::<Vec<_>>()).expect("there is memory")
    })
}

/// Columns that `argmin` answers with are places, which have numbers in the caller's order.
#[test]
fn indices_in_the_order_of_clusters() -> Result<(), keops::Error> {
    let rng = &mut fastrand::Rng::with_seed(6);
    let (x, y) = (arc::<2>(rng, 300), arc::<2>(rng, 400));
    let (cx, cy) = (Clusters::grid(&x, 0.1)?, Clusters::grid(&y, 0.1)?);
    let (bx, by) = (cx.boxes(&x)?, cy.boxes(&y)?);
    let ranges = Ranges::between(&cx, &cy, |k, l| bx[k].is_within(&by[l], 0.1));
    let places = nearest(&cx.sort(&x)?, &cy.sort(&y)?).ranges(&ranges).eval()?;
    let found: Vec<u32> = cx.unsort(&places)?.into_iter().map(|place| cy.number(place)).collect();
    let all = nearest(&x, &y).eval()?;
    let near = |i: usize| sqdist(&x[i], &y[all[i] as usize]) < 0.01;
    assert!((0..x.len()).filter(|i| near(*i)).count() > 250);
    for i in (0..x.len()).filter(|i| near(*i)) {
        assert_eq!(found[i], all[i]);
        assert!(index(found[i]).is_some());
    }
    Ok(())
}
