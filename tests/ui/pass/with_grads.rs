//! The value with its gradients: the struct can be named, taken apart and filled again.
#![deny(warnings, missing_docs)]
use keops::{Error, keops};

keops! {
    /// A kernel.
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j
    }
    /// A kernel of any numbers, in one gradient.
    #[with_grads(y)]
    pub fn plain<Value, const D: usize>(x_i: [Value; D], y_j: [Value; D]) {
        sum_j dot(x_i, y_j)
    }
}

/// All at once, and again in place.
pub fn step(x: &[[f32; 3]], b: &[f32], e: &[f32]) -> Result<GaussWithGrads, Error> {
    let mut all = gauss(x, x, b, 0.5).with_grads(e).eval()?;
    gauss(x, x, b, 0.5).with_grads(e).eval_into(&mut all)?;
    Ok(all)
}

fn main() -> Result<(), Error> {
    let x = vec![[0.5; 3]; 4];
    let GaussWithGrads { value, grad_x, grad_y, grad_b, grad_s2 } = step(&x, &[1.0; 4], &[1.0; 4])?;
    let _: (Vec<f32>, Vec<[f32; 3]>, Vec<[f32; 3]>, Vec<f32>, f32) = (value, grad_x, grad_y, grad_b, grad_s2);
    let all: PlainWithGrads<f64, 2> = plain(&[[1.0, 2.0]], &[[3.0, 4.0]]).with_grads(&[1.0]).eval()?;
    assert_eq!((all.value, all.grad_y), (vec![11.0], vec![[1.0, 2.0]]));
    let (u, y) = (vec![1.0f32, 2.0], vec![3.0f32]);
    let all = keops!(sum_j u_i * y_j).with_grads(&u).eval()?;
    assert_eq!((all.value, all.grad_u, all.grad_y), (vec![3.0, 6.0], vec![3.0, 6.0], vec![5.0]));
    Ok(())
}
