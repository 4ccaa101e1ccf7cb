//! Operands may have the names of variables in what is emitted.
use keops::keops;

keops! {
    pub fn many(
        t_i: [f32; 2], cx_j: [f32; 2], p: f32, x: [f32; 2], k: f32, r: f32, a: f32, q: f32, m: f32, n: f32,
        out: f32, part_i: f32, done_j: f32, n5: f32, n5_0: f32, e: f32, acc: f32, i_: f32, me: f32, call: f32,
    ) {
        sum_j (t_i - cx_j | x) * p * k * r * a * q * m * n * out * part_i * done_j * n5 * n5_0 * e * acc * i_ * me * call
    }
}

fn main() {
    let (t, cx) = (vec![[1.0f32, 2.0]; 3], vec![[0.0f32, 1.0]; 2]);
    let (p, x, k, r, a, q, m, n) = (1.0, [1.0, 1.0], 1.0, 1.0, 1.0, 1.0, 1.0, 1.0);
    let (out, part, done, n5, n5_0, e, acc, i_, me, call) =
        (1.0, vec![1.0; 3], vec![1.0; 2], 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0);
    let of_item =
        many(&t, &cx, p, x, k, r, a, q, m, n, out, &part, &done, n5, n5_0, e, acc, i_, me, call).eval().unwrap();
    let of_expression = keops!(
        sum_j(t_i - cx_j | x)
            * p
            * k
            * r
            * a
            * q
            * m
            * n
            * out
            * part_i
            * done_j
            * n5
            * n5_0
            * e
            * acc
            * i_
            * me
            * call
    );
    assert_eq!(of_item, of_expression.eval().unwrap());
    let (gate, tag0, tag1, need, check) = (vec![1.0f32; 3], vec![1.0f32; 3], 1.0, 1.0, 1.0);
    let sums = keops!(sum_j gate_i * tag0_j * tag1 * need * check).eval().unwrap();
    assert_eq!(sums, [3.0; 3]);
}
