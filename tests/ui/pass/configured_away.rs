//! Twins of which one is configured away, with its types.

use keops::keops;

keops! {
    /// One.
    #[cfg(not(any()))]
    pub fn twin(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    /// The other.
    #[cfg(any())]
    pub fn twin(x_i: f64, y_j: f64) { sum_j x_i * y_j }
}

fn main() {
    let call: Twin<'_> = twin(&[1.0f32], &[2.0f32]);
    assert_eq!(call.eval(), Ok(vec![2.0]));
}
