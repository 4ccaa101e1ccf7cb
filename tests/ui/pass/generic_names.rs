//! Type and const parameters may have any name.
use keops::keops;

keops! {
    fn f1<R, const S: usize>(x_i: [R; S], y_j: R) { sum_j x_i * y_j }
    fn f2<E, const Q: usize>(x_i: [E; Q], y_j: E) { max_j(x_i * y_j) }
    fn f3<A, const P: usize>(x_i: [A; P], y_j: A) { argmin_j(x_i * y_j) }
    fn f4<F, const N: usize>(x_i: [F; N], y_j: F) { logsumexp_j(sqnorm(x_i) * y_j) }
    fn f5<V, const M: usize>(x_i: [V; M], y_j: V) { sum_j(x_i * y_j) / sum_j(y_j) }
    fn f6<S0, const K: usize>(x_i: [S0; K], y_j: S0) { softmax_j(y_j, x_i) }
    fn f7<T, const T0: usize>(x_i: [T; T0], y_j: T) { sum_j x_i[0] * y_j }
}

fn main() {
    let (x, y) = ([[1.0f32, 2.0]], [1.0f32, 2.0]);
    assert_eq!(f1(&x, &y).grad_x(&x).eval().unwrap().len(), 1);
    assert_eq!(f2(&x, &y).grad_y(&x).eval().unwrap().len(), 2);
    assert_eq!(f3(&x, &y).eval().unwrap(), [[0, 0]]);
    assert_eq!(f4(&x, &y).grad_x(&[1.0]).eval().unwrap().len(), 1);
    assert_eq!(f5(&x, &y).grad_y(&x).eval().unwrap().len(), 2);
    assert_eq!(f6(&x, &y).grad_x(&x).eval().unwrap().len(), 1);
    assert_eq!(f7(&x, &y).eval().unwrap(), [3.0]);
}
