//! A result has a value per row because it is written with rows, not because they differ: whatever simplifies away.

use keops::keops;

const X: [[f32; 2]; 3] = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]];
const Y: [[f32; 2]; 4] = [[1.0, 2.0], [-0.5, 0.5], [3.0, -1.0], [0.25, 0.25]];
const B: [f32; 4] = [1.0, -2.0, 0.5, 4.0];

keops! {
    fn forces(x_i: [f32; 2], y_j: [f32; 2]) {
        sum_j grad(dot(x_i, y_j), x_i, 1)
    }
    fn columns(x_i: [f32; 2], y_j: [f32; 2]) {
        sum_i grad(dot(x_i, y_j), y_j, 1)
    }
    fn generic<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: T) {
        grad(sum_j(dot(x_i, y_j) * b_j), x_i, 1)
    }
    fn slope(u_i: f32, b_j: f32) {
        2 * grad(sum_j(u_i * b_j), u_i, 1) + 1
    }
}

fn total(k: usize) -> f32 {
    Y.iter().map(|y| y[k]).sum()
}

#[test]
fn constant_gradients_have_rows() {
    let sum = [total(0), total(1)];
    assert_eq!(forces(&X, &Y).eval().expect("runs"), vec![sum; 3]);
    assert_eq!(forces(&X[..0], &Y).eval().expect("runs"), Vec::<[f32; 2]>::new());
    assert_eq!(forces(&X, &Y).naive().expect("runs").len(), 3);
    let of_rows = [X.iter().map(|x| x[0]).sum::<f32>(), X.iter().map(|x| x[1]).sum()];
    assert_eq!(columns(&X, &Y).eval().expect("runs"), vec![of_rows; 4]);
    let weighted = |k: usize| Y.iter().zip(B).map(|(y, b)| y[k] * b).sum::<f32>();
    assert_eq!(generic(&X, &Y, &B).eval().expect("runs"), vec![[weighted(0), weighted(1)]; 3]);

    let (x, y) = (&X, &Y);
    let inferred: Vec<[f32; 2]> = keops!(sum_j grad(dot(x_i, y_j), x_i, 1)).eval().expect("runs");
    assert_eq!(inferred, vec![sum; 3]);
    let named: Vec<[f32; 2]> = keops!(let g = grad(dot(x_i, y_j), x_i, 1); let s = sum_j(g); s).eval().expect("runs");
    assert_eq!(named, vec![sum; 3]);
}

#[test]
fn arithmetic_of_constants_has_rows() {
    let u = [1.0f32, 2.0, 3.0];
    assert_eq!(slope(&u, &B).eval().expect("runs"), [8.0; 3]);
    let b = &B;
    let second: Vec<f32> = keops!(grad(grad(sum_j(u_i ^ 2 * b_j), u_i, 1), u_i, 1)).eval().expect("runs");
    assert_eq!(second, [7.0; 3]);
    let nothing: Vec<f32> = keops!(sum_j grad(b_j, u_i, 1)).eval().expect("runs");
    assert_eq!(nothing, [0.0; 3]);
    let differences: Vec<f32> = keops!(sum_j(u_i - u_i + b_j)).eval().expect("runs");
    assert_eq!(differences, [3.5; 3]);
    let counts: Vec<f32> = keops!(u_i ^ 0 * sum_j(1) + 0 * sum_j(b_j)).eval().expect("runs");
    assert_eq!(counts, [4.0; 3]);
    let largest: Vec<f32> = keops!(max_j grad(u_i * b_j, u_i, 1)).eval().expect("runs");
    assert_eq!(largest, [4.0; 3]);
    let places: Vec<u32> = keops!(argmin_j grad(u_i * b_j, u_i, 1)).eval().expect("runs");
    assert_eq!(places, [1; 3]);
    let (values, places): (Vec<f32>, Vec<u32>) = keops!(min_argmin_j grad(u_i * b_j, u_i, 1)).eval().expect("runs");
    assert_eq!((values, places), (vec![-2.0; 3], vec![1; 3]));
}

/// A gradient of what is the same in all rows is a sum over the rows.
#[test]
fn gradients_of_constants_count_rows() {
    let (e, b) = ([1.0f32, 10.0, 100.0], B);
    let gx = forces(&X, &Y).grad_x(&[[1.0; 2]; 3]).eval().expect("runs");
    assert_eq!(gx, [[0.0; 2]; 3]);
    let gy = forces(&X, &Y).grad_y(&[[1.0, 0.0], [10.0, 0.0], [100.0, 5.0]]).eval().expect("runs");
    assert_eq!(gy, [[111.0, 5.0]; 4]);
    let u = [1.0f32, 2.0, 3.0];
    let all = slope(&u, &B).with_grads(&e).eval().expect("runs");
    assert_eq!((all.value, all.grad_u, all.grad_b), (vec![8.0; 3], vec![0.0; 3], vec![222.0; 4]));
    // in the language: one for each of the three rows
    let counted: Vec<f32> = keops!(grad(grad(sum_j(u_i * b_j), u_i, 1), b_j, 1)).eval().expect("runs");
    assert_eq!(counted, [3.0; 4]);
    let weighted: Vec<f32> = keops!(grad(grad(sum_j(u_i * b_j), u_i, 1), b_j, e_i)).eval().expect("runs");
    assert_eq!(weighted, [111.0; 4]);
}
