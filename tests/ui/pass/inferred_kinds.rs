//! Without declared shapes, every reduction and function that computes no dimension.
use keops::keops;

fn main() {
    let (v, w, x, s) = (vec![1.0f32, 2.0], vec![0.5f32, 0.25, 0.0], vec![[1.0f32, 2.0]; 3], 2.0);
    let place: Vec<u32> = keops!(argmin_j(abs(v_i - w_j))).eval().unwrap();
    assert_eq!(place, [0, 0]);
    let places: Vec<[u32; 2]> = keops!(argmax_j(x_j * v_i)).eval().unwrap();
    assert_eq!(places, [[0, 0]; 2]);
    let most: Vec<[f32; 2]> = keops!(max_j(x_j * v_i)).eval().unwrap();
    assert_eq!(most, [[1.0, 2.0], [2.0, 4.0]]);
    let sums: Vec<f32> = keops!(logsumexp_j(v_i * w_j / s)).eval().unwrap();
    assert_eq!(sums.len(), 2);
    let of_vectors: Vec<[f32; 2]> = keops!(logsumexp_j(x_j / v_i, w_j)).eval().unwrap();
    assert_eq!(of_vectors.len(), 2);
    let products: Vec<[f32; 2]> = keops!(prod_j(x_j * v_i)).eval().unwrap();
    assert_eq!(products, [[1.0, 8.0], [8.0, 64.0]]);
    let largest: Vec<[f32; 2]> = keops!(kmax_j[2](w_j * v_i)).eval().unwrap();
    assert_eq!(largest, [[0.5, 0.25], [1.0, 0.5]]);
    let means: Vec<[f32; 2]> = keops!(softmax_j(v_i * w_j, x_j)).eval().unwrap();
    assert_eq!(means.len(), 2);
    let slopes: Vec<f32> = keops!(softmax_j(v_i * w_j, x_j)).grad_v(&means).eval().unwrap();
    assert_eq!(slopes.len(), 2);
    let first: Vec<f32> = keops!(sum_j x_j[1] * v_i).eval().unwrap();
    assert_eq!(first, [6.0, 12.0]);
    let part: Vec<[f32; 1]> = keops!(sum_j x_j[1..2] * v_i).eval().unwrap();
    assert_eq!(part, [[6.0], [12.0]]);
    let total: f32 = keops!(sum_i(sum_j(v_i * w_j))).eval().unwrap();
    assert_eq!(total, 2.25);
    let columns: Vec<f32> = keops!(sum_i v_i * w_j).eval().unwrap();
    assert_eq!(columns, [1.5, 0.75, 0.0]);
    let unused = keops!(sum_j v_i * w_j where v_i: f32, w_j: f32, x_j: [f32; 2], s: f32).eval().unwrap();
    assert_eq!(unused, [0.75, 1.5]);
}
