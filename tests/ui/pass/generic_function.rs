//! A formula in a generic function is compiled for each of its types.
use keops::{Error, Scalar, keops};

fn gauss<T: Scalar, const D: usize>(x: &[[T; D]], y: &[[T; D]], b: &[T], s2: T) -> Result<Vec<T>, Error> {
    keops!(sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j).eval()
}

fn spread<T: Scalar>(x: &[T], e: &[T]) -> Result<Vec<T>, Error> {
    keops!(logsumexp_j(-(x_i - x_j) ^ 2)).grad_x(e).eval()
}

keops! {
    /// Generic over the numbers, and over the dimension.
    pub fn potential<T, const D: usize>(x_i: [T; D], y_j: [T; D], m_j: T) {
        sum_j m_j / norm(x_i - y_j)
    }
}

fn field<T: Scalar>(x: &[[T; 2]], y: &[[T; 2]], m: &[T], e: &[T]) -> Result<Vec<[T; 2]>, Error> {
    potential(x, y, m).grad_x(e).eval()
}

fn main() {
    assert_eq!(gauss(&[[0.0f32; 2]], &[[0.0; 2]], &[2.0], 1.0).unwrap(), [2.0]);
    assert_eq!(gauss(&[[0.0f64; 5]], &[[0.0; 5]], &[3.0], 1.0).unwrap(), [3.0]);
    assert_eq!(spread(&[1.0f32, 1.0], &[1.0, 1.0]).unwrap(), [0.0, 0.0]);
    assert_eq!(field(&[[1.0f64, 0.0]], &[[0.0, 0.0]], &[1.0], &[1.0]).unwrap(), [[-1.0, 0.0]]);
}
