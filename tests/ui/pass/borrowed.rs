//! A call borrows what a variable refers to, can go to another thread, and can be caught.
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use keops::{Error, Scalar, keops};

keops! { fn sums(x_i: [f32; 3], y_j: [f32; 3]) { sum_j sqdist(x_i, y_j) } }

/// An expression as a function's result, and in a closure that outlives the variables.
fn later<'a>(
    x: &'a [[f32; 3]],
    y: &'a Vec<[f32; 3]>,
    s: &f32,
) -> impl Fn() -> Result<Vec<f32>, Error> + Send + use<'a> {
    let k = keops!(sum_j s * sqdist(x_i, y_j));
    move || k.eval()
}
fn declared<'a>(x: &'a [[f32; 3]], s: f32) -> impl Fn() -> Result<Vec<f32>, Error> + 'a {
    let k = keops!(sum_j s * sqdist(x_i, x_j) where x_i: [f32; 3], s: f32);
    move || k.grad_s(&vec![1.0; x.len()]).eval().map(|g| vec![g])
}
fn generic<'a, T: Scalar, const D: usize>(x: &'a [[T; D]]) -> impl Fn() -> Result<Vec<[T; D]>, Error> + 'a {
    let k = keops!(sum_j x_i - x_j);
    move || k.eval()
}
fn of_references<'a>(x: &&'a [f32], y: &'a Rc<Vec<f32>>) -> impl Fn() -> Result<Vec<f32>, Error> + use<'a> {
    let x = *x;
    let k = keops!(sum_j x_i * y_j);
    move || k.eval()
}
/// What is no reference is borrowed itself.
fn owned(mut x: Vec<f32>, y: [f32; 2], z: &mut [f32]) -> Result<Vec<f32>, Error> {
    let a = keops!(sum_j x_i * y_j * z_j).eval()?;
    (x[0], z[0]) = (a[0], a[0]);
    keops!(sum_j x_i * y_j * z_j).eval()
}

fn portable<T: Send + Sync + UnwindSafe + RefUnwindSafe>(call: T) -> T {
    call
}

fn main() -> Result<(), Error> {
    let (x, y) = (vec![[1.0f32, 0.0, 0.0]; 2], vec![[0.0f32; 3]; 3]);
    assert_eq!(later(&x, &y, &2.0)()?, [6.0, 6.0]);
    assert_eq!(declared(&x, 1.0)()?, [0.0]);
    assert_eq!(generic(&x)()?, [[0.0; 3]; 2]);
    assert_eq!(of_references(&&[1.0f32][..], &Rc::new(vec![2.0]))()?, [2.0]);
    assert_eq!(owned(vec![1.0], [1.0, 2.0], &mut [1.0, 1.0])?, [15.0]);
    let call = portable(sums(&x, &y));
    let gradient = portable(call.with_grads(&[1.0f32, 1.0]));
    std::thread::scope(|scope| scope.spawn(|| gradient.eval()).join().map(|_| ())).unwrap();
    let caught = std::panic::catch_unwind(|| portable(keops!(sum_j sqdist(x_i, y_j))).eval());
    assert_eq!(caught.unwrap()?, call.eval()?);
    Ok(())
}
