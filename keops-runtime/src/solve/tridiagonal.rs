//! Rules of quadrature from tridiagonal matrices.

/// An eigenvalue of a symmetric tridiagonal matrix, and the square of the first component of its vector: a node of the rule of Gauss that belongs to
/// the matrix, and its weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: f64,
    pub(super) weight: f64,
}

/// The nodes of the rule, rising; `None` where numbers are not finite.
///
/// The method of Golub and Welsch (1969), by implicit QL steps that keep the first components of vectors only: N² operations where all vectors would
/// take N³, and every eigenvalue is as near as the largest one's rounding, also among such as lie close together.
pub(super) fn nodes(diagonal: &[f64], beside: &[f64]) -> Option<Vec<Node>> {
    let n = diagonal.len();
    let (mut d, mut e, mut first) = (diagonal.to_vec(), beside.to_vec(), vec![0.0; n]);
    e.resize(n, 0.0);
    if let Some(first) = first.first_mut() {
        *first = 1.0;
    }
    for low in 0..n {
        let mut steps = 0;
        loop {
            // the block that begins here ends where something beside the diagonal is 0, but for rounding
            let is_split = |at: &usize| e[*at].abs() <= f64::EPSILON * (d[*at].abs() + d[at + 1].abs());
            let high = (low..n - 1).find(is_split).unwrap_or(n - 1);
            if high == low {
                break;
            }
            steps += 1;
            if steps > 60 {
                return None;
            }
            step(&mut d[low..=high], &mut e[low..=high], &mut first[low..=high]);
        }
    }
    let mut nodes: Vec<Node> = d.iter().zip(&first).map(|(&value, f)| Node { value, weight: f * f }).collect();
    nodes.sort_by(|a, b| a.value.total_cmp(&b.value));
    nodes.iter().all(|node| node.value.is_finite() && node.weight.is_finite()).then_some(nodes)
}

/// One step with Wilkinson's shift, from the end of a block to its beginning.
fn step(d: &mut [f64], e: &mut [f64], first: &mut [f64]) {
    let last = d.len() - 1;
    let half = (d[1] - d[0]) / (2.0 * e[0]);
    let mut g = d[last] - d[0] + e[0] / (half + half.hypot(1.0).copysign(half));
    let (mut sin, mut cos, mut shifted) = (1.0, 1.0, 0.0);
    for at in (0..last).rev() {
        let (f, b) = (sin * e[at], cos * e[at]);
        let r = f.hypot(g);
        e[at + 1] = r;
        if r == 0.0 {
            d[at + 1] -= shifted;
            e[last] = 0.0;
            return;
        }
        (sin, cos) = (f / r, g / r);
        g = d[at + 1] - shifted;
        let r = (d[at] - g) * sin + 2.0 * cos * b;
        shifted = sin * r;
        d[at + 1] = g + shifted;
        g = cos * r - b;
        (first[at], first[at + 1]) = (cos * first[at] - sin * first[at + 1], sin * first[at] + cos * first[at + 1]);
    }
    d[0] -= shifted;
    e[0] = g;
    e[last] = 0.0;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 2 on the diagonal and 1 beside it: eigenvalues 2 + 2 cos(kπ / (n + 1)), whose vectors are sines.
    #[test]
    fn nodes_are_those_of_a_known_matrix() {
        for n in [1usize, 2, 3, 50, 301] {
            let found = nodes(&vec![2.0; n], &vec![1.0; n - 1]).expect("finite numbers");
            for (k, node) in found.iter().enumerate() {
                let angle = (n - k) as f64 * std::f64::consts::PI / (n + 1) as f64;
                let weight = 2.0 / (n + 1) as f64 * angle.sin().powi(2);
                assert!((node.value - 2.0 - 2.0 * angle.cos()).abs() < 1e-13, "{n}, {k}: {node:?}");
                assert!((node.weight - weight).abs() < 1e-13, "{n}, {k}: {node:?}");
            }
        }
        assert_eq!(nodes(&[], &[]), Some(vec![]));
        assert_eq!(nodes(&[1.0, f64::NAN], &[1.0]), None);
        assert_eq!(nodes(&[3.0, 1.0], &[0.0]).map(|nodes| nodes[1]), Some(Node { value: 3.0, weight: 1.0 }));
    }

    /// Eigenvalues that lie close together, beside one that is far larger: their sums are the trace and that of squares.
    #[test]
    fn small_eigenvalues_are_found_beside_large_ones() {
        let n = 120;
        let (mut diagonal, mut beside) = (vec![1.0; n], vec![1e-3; n - 1]);
        (diagonal[0], diagonal[n - 1], beside[60]) = (1e10, 1e10, 0.25);
        let found = nodes(&diagonal, &beside).expect("finite numbers");
        // those of the middle are within Gershgorin's discs
        assert!(found[..n - 2].iter().all(|node| (0.74..1.26).contains(&node.value)), "{found:?}");
        assert!((found.iter().map(|node| node.weight).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
