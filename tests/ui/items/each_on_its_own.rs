//! A mistake in one item is no mistake in the others, nor in what calls them.
#![deny(missing_docs, warnings)]
use keops::{Error, keops};

keops! {
    /// One.
    pub fn one(x_i: f32, y_j: f32) { sum_j x_i ** y_j }
    /// Two.
    pub(crate) fn two(x_i: f32, y_j: f32) { sum_j z_i * y_j }
    /// Three.
    fn three<T, const D: usize>(x_i: [T; D], y_j: T) { sum_j x_i * y_j }
    /// Four.
    fn four(x_i: Vec<f32>, y_j: f32) { sum_j x_i * y_j }
}

fn main() -> Result<(), Error> {
    let x = vec![0.5f32; 7];
    let a: Vec<f32> = one(&x, &x).eval()?;
    let b = two(&x, &x).grad_x(&a).eval()?;
    let c = three(&[[0.0; 2]], &x).eval()?;
    let d = four(&x, &x);
    println!("{a:?} {b:?} {c:?} {:?}", d.eval()?[0] + 1.0);
    Ok(())
}
