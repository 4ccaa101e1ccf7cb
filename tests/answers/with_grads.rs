//! The value with its gradients: what the struct holds, and what goes wrong.

use keops::{Error, keops};

keops! {
    /// Gaussian sum.
    fn gauss(x_i: [f64; 2], y_j: [f64; 2], b_j: f64, s2: f64) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j
    }
    /// The same with derivatives along directions.
    #[jvp(x, y, s2)]
    fn smooth<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: T, s2: T) {
        sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j
    }
    /// A total, with derivatives along moves of the one cloud.
    #[jvp(x)]
    fn field(x_i: [f64; 2], q_j: f64) {
        let u = x_i - x_j;
        sum_j q_j * u / (1 + sqnorm(u))
    }
    /// One formula on one cloud.
    fn energy(x_i: [f64; 2], q_j: f64) {
        sum_j q_j * sqdist(x_i, x_j)
    }
}

fn points(n: usize) -> Vec<[f64; 2]> {
    (0..n).map(|i| [i as f64 * 0.37 % 1.0, i as f64 * 0.73 % 1.0]).collect()
}

#[test]
fn finite_differences() {
    let (x, y, b, e, s2) =
        (points(7), points(5), [0.5, -1.0, 2.0, 0.1, 0.7], [1.0, 2.0, 0.5, -1.0, 0.0, 1.5, 0.3], 0.2);
    let all = gauss(&x, &y, &b, s2).with_grads(&e).eval().expect("lengths agree");
    let weighted = |x: &[[f64; 2]], y: &[[f64; 2]], b: &[f64], s2| {
        let a = gauss(x, y, b, s2).naive().expect("lengths agree");
        a.iter().zip(&e).map(|(a, e)| a * e).sum::<f64>()
    };
    let h = 1e-6;
    let slope = |f: &dyn Fn(f64) -> f64| (f(h) - f(-h)) / (2.0 * h);
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-8 * (1.0 + b.abs()), "{a} is not {b}");
    for (i, g) in all.grad_x.iter().enumerate() {
        for k in 0..2 {
            let moved = |t| {
                let mut x = x.clone();
                x[i][k] += t;
                weighted(&x, &y, &b, s2)
            };
            near(g[k], slope(&moved));
        }
    }
    for (j, g) in all.grad_y.iter().enumerate() {
        for k in 0..2 {
            let moved = |t| {
                let mut y = y.clone();
                y[j][k] += t;
                weighted(&x, &y, &b, s2)
            };
            near(g[k], slope(&moved));
        }
    }
    for (j, g) in all.grad_b.iter().enumerate() {
        let moved = |t| {
            let mut b = b;
            b[j] += t;
            weighted(&x, &y, &b, s2)
        };
        near(*g, slope(&moved));
    }
    near(all.grad_s2, slope(&|t| weighted(&x, &y, &b, s2 + t)));
    assert_eq!(all.value, gauss(&x, &y, &b, s2).eval().expect("lengths agree"));
}

#[test]
fn no_points() {
    let none: [[f64; 2]; 0] = [];
    let all = gauss(&none, &points(3), &[1.0; 3], 0.5).with_grads(&[0.0; 0]).eval().expect("nothing is legal");
    assert!(all.value.is_empty() && all.grad_x.is_empty());
    assert_eq!((all.grad_y, all.grad_b, all.grad_s2), (vec![[0.0; 2]; 3], vec![0.0; 3], 0.0));
    let all = gauss(&points(2), &none, &[0.0; 0], 0.5).with_grads(&[1.0, 1.0]).eval().expect("nothing is legal");
    assert_eq!((all.value, all.grad_x, all.grad_s2), (vec![0.0; 2], vec![[0.0; 2]; 2], 0.0));
}

#[test]
fn lengths_are_checked() {
    let (x, b) = (points(4), [1.0; 4]);
    let wrong = gauss(&x, &x, &b, 0.5).with_grads(&[1.0; 3]).eval().expect_err("three are not four");
    assert_eq!(wrong.to_string(), "`with_grads(e)` has 3 points but `x` has 4: both are indexed by i");

    let mut all = gauss(&x, &x, &b, 0.5).with_grads(&b).eval().expect("lengths agree");
    let before = all.clone();
    assert_eq!(gauss(&x, &x, &b, 0.5).with_grads(&b).eval_into(&mut all), Ok(()));
    assert_eq!(all, before);
    all.grad_b.pop();
    let wrong = gauss(&x, &x, &b, 0.5).with_grads(&b).eval_into(&mut all);
    assert_eq!(wrong, Err(Error::OutputLength { expected: 4, found: 3, index: 'j' }));
}

#[test]
fn both_sides_of_one_cloud() {
    let (x, q, e) = (points(6), [1.0, -0.5, 2.0, 0.3, 0.0, 1.0], [0.4, 1.0, -1.0, 0.2, 0.6, 0.9]);
    let call = energy(&x, &q);
    let all = call.with_grads(&e).eval().expect("lengths agree");
    let apart = call.grad_x(&e).naive().expect("lengths agree");
    for (a, b) in all.grad_x.iter().flatten().zip(apart.iter().flatten()) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }
}

/// Derivatives along directions: differences of what has moved so.
#[test]
fn along_directions() {
    let (x, y, b, s2) = (points(7), points(5), [0.5, -1.0, 2.0, 0.1, 0.7], 0.2);
    let moved = |x: &[[f64; 2]], u: &[[f64; 2]], t: f64| -> Vec<[f64; 2]> {
        x.iter().zip(u).map(|(x, u)| [x[0] + t * u[0], x[1] + t * u[1]]).collect()
    };
    let h = 1e-6;
    fn near(found: &[f64], slope: impl Iterator<Item = f64>) {
        let expected: Vec<f64> = slope.collect();
        assert!(found.len() == expected.len() && !found.is_empty());
        found.iter().zip(&expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-8 * (1.0 + b.abs()), "{a}, {b}"));
    }
    let differences = |a: Vec<f64>, b: Vec<f64>| a.into_iter().zip(b).map(move |(a, b)| (a - b) / (2.0 * h));
    let call = smooth(&x, &y, &b, s2);
    let u: Vec<[f64; 2]> = points(7).iter().map(|p| [p[1] - 0.5, 1.0 + p[0]]).collect();
    let at = |t: f64| smooth(&moved(&x, &u, t), &y, &b, s2).naive().expect("lengths agree");
    let found: SmoothJvpX<'_, f64, 2> = call.jvp_x(&u);
    near(&found.eval().expect("lengths agree"), differences(at(h), at(-h)));
    let at = |t: f64| smooth(&x, &moved(&y, &u[..5], t), &b, s2).naive().expect("lengths agree");
    near(&call.jvp_y(&u[..5]).eval().expect("lengths agree"), differences(at(h), at(-h)));
    let at = |t: f64| smooth(&x, &y, &b, s2 + 3.0 * t).naive().expect("lengths agree");
    near(&call.jvp_s2(&3.0).eval().expect("lengths agree"), differences(at(h), at(-h)));
    // of an operand that is read under both indices it is the total derivative
    let q = [1.0, -2.0, 0.5, 0.25, 3.0, -1.0, 2.0];
    let flat = |v: Vec<[f64; 2]>| v.into_iter().flatten().collect::<Vec<f64>>();
    let at = |t: f64| flat(field(&moved(&x, &u, t), &q).naive().expect("lengths agree"));
    near(&flat(field(&x, &q).jvp_x(&u).eval().expect("lengths agree")), differences(at(h), at(-h)));

    let message = call.jvp_x(&u[..3]).eval().expect_err("lengths differ").to_string();
    assert_eq!(message, "`jvp_x(u)` has 3 points but `x` has 7: both are indexed by i");
}
