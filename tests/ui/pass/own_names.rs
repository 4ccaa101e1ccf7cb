//! The user's own items may have the names of what is emitted.
#![allow(dead_code)]
use keops::keops;

#[derive(Debug)]
struct Kernel;
#[derive(Debug)]
struct Formula;
#[derive(Debug)]
struct Value;
#[derive(Debug)]
struct One;
trait Real {}
trait Shape {}
trait Passed {
    fn pass(&self) {}
}
impl<T> Passed for T {}
mod keops_formula {
    pub fn bind() {}
}
mod core {}
mod std {}
fn bind() {}

fn main() {
    let x = vec![0.5f64; 3];
    let (u, v) = (vec![[0.5f64; 2]; 3], 2.0);
    let a = keops!(sum_j exp(x_i * x_j) * u_j / v).eval().unwrap();
    let g = keops!(sum_j x_i * x_j where x_i: f64).grad_x(&x).eval().unwrap();
    assert_eq!((a.len(), g.len()), (3, 3));
    bind();
    keops_formula::bind();
    Kernel.pass();
    println!("{:?} {:?} {:?} {:?}", Kernel, Formula, Value, One);
}
