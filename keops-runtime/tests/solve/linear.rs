//! faer's own methods run on operators, and tell of what failed.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::matrix_free::{IdentityPrecond, conjugate_gradient as cg, lsmr};
use faer::{Mat, Par};
use keops_runtime::{DeviceError, Error, Linear, Operator, Preconditioner};

use crate::dense::{self, KERNELS};

#[test]
fn conjugate_gradients_of_faer_solve() {
    let dense = dense::kernel(&KERNELS[0], 200, 1, false);
    let (b, ridge) = (dense::random(200, 2, 2), 1e-3);
    let p = Preconditioner::of(&dense, 60, ridge, 0).unwrap();
    let linear = Linear::new(&dense, ridge);
    let mut x = Mat::zeros(200, 2);
    let mut memory = MemBuffer::new(cg::conjugate_gradient_scratch(&p, &linear, 2, Par::Seq));
    let parameters = cg::CgParams { rel_tolerance: 1e-10, max_iters: 500, ..Default::default() };
    let stack = MemStack::new(&mut memory);
    let info =
        cg::conjugate_gradient(x.as_mut(), &p, &linear, b.as_ref(), parameters, |_| {}, Par::Seq, stack).unwrap();
    linear.finish().unwrap();
    assert!(info.iter_count < 200, "{}", info.iter_count);
    assert!((dense.with(ridge) * &x - &b).norm_l2() < 1e-8 * b.norm_l2());
}

#[test]
fn least_squares_of_faer_solve() {
    let dense = dense::kernel(&KERNELS[11], 60, 1, false);
    let b = dense::random(60, 1, 2);
    let linear = Linear::new(&dense, 1.0);
    let (mut x, none) = (Mat::zeros(60, 1), IdentityPrecond { dim: 60 });
    let mut memory = MemBuffer::new(lsmr::lsmr_scratch(none, &linear, 1, Par::Seq));
    let stack = MemStack::new(&mut memory);
    lsmr::lsmr(x.as_mut(), none, &linear, b.as_ref(), Default::default(), |_| {}, Par::Seq, stack).unwrap();
    linear.finish().unwrap();
    assert!((dense.with(1.0) * &x - &b).norm_l2() < 1e-8 * b.norm_l2());
}

/// A matrix whose products fail.
struct Failing;

impl Operator for Failing {
    fn len(&self) -> usize {
        4
    }
    fn apply(&self, _: &[f64], _: usize, _: &mut [f64]) -> Result<(), Error> {
        Err(Error::Device(DeviceError::NoCards))
    }
    fn diagonal(&self) -> Result<Vec<f64>, Error> {
        Ok(vec![1.0; 4])
    }
    fn columns(&self, of: &[usize]) -> Result<Vec<f64>, Error> {
        Ok(vec![0.0; 4 * of.len()])
    }
}

#[test]
fn failures_are_kept() {
    let linear = Linear::new(&Failing, 1.0);
    let (mut x, b) = (Mat::zeros(4, 1), Mat::from_fn(4, 1, |r, _| r as f64));
    let none = IdentityPrecond { dim: 4 };
    let mut memory = MemBuffer::new(cg::conjugate_gradient_scratch(none, &linear, 1, Par::Seq));
    let stack = MemStack::new(&mut memory);
    let parameters = cg::CgParams { max_iters: 3, ..Default::default() };
    cg::conjugate_gradient(x.as_mut(), none, &linear, b.as_ref(), parameters, |_| {}, Par::Seq, stack).ok();
    assert_eq!(linear.finish(), Err(Error::Device(DeviceError::NoCards)));
    assert_eq!(linear.finish(), Ok(()));
}
