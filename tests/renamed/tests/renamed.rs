//! Formulas in a crate where nothing is called `keops`.
#![forbid(unsafe_code)]

use kp::Error;

kp::keops! {
    /// By the name of the dependency.
    fn of_dependency<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { sum_j sqdist(x_i, y_j) }
}
renamed::keops! {
    fn of_reexport(x_i: f32, y_j: f32) { max_j(x_i * y_j) }
}
renamed::gaussian!(of_macro, 2);

mod in_a_module {
    use renamed::all::*;
    keops! { pub(super) fn of_glob(x_i: f32, y_j: f32) { argmin_j abs(x_i - y_j) } }
}

/// A call with a name, in a type of this crate.
struct Kept<'a>(OfDependency<'a, f32, 2>);

#[test]
fn a_renamed_dependency() -> Result<(), Error> {
    let (x, y) = ([[0.0f32, 1.0]], [[0.0f32, 3.0], [0.0, 2.0]]);
    let kept = Kept(of_dependency(&x, &y));
    assert_eq!(kept.0.eval()?, [5.0]);
    assert_eq!(kept.0.with_grads(&[1.0]).eval()?.grad_x, [[0.0, -6.0]]);
    assert_eq!(kp::keops!(sum_j sqdist(x_i, y_j)).grad_y(&[1.0]).eval()?, [[0.0, 4.0], [0.0, 2.0]]);
    assert_eq!(kp::keops!(sum_j sqdist(x_i, y_j) where x_i: [f32; 2], y_j: [f32; 2]).eval()?, [5.0]);
    Ok(())
}

#[test]
fn a_crate_that_hands_on() -> Result<(), Error> {
    let x = [1.0f32, 2.0];
    assert_eq!(of_reexport(&x, &x).eval()?, [2.0, 4.0]);
    assert_eq!(renamed::formula!(sum_j x_i * x_j).eval()?, [3.0, 6.0]);
    assert_eq!(renamed::all::keops!(argmin_j abs(x_i - x_j)).eval()?, [0, 1]);
    assert_eq!(in_a_module::of_glob(&x, &x).eval()?, [0, 1]);
    assert_eq!(renamed::own(&x, &x).grad_x(&x).eval()?, [3.0, 6.0]);
    Ok(())
}

#[test]
fn a_macro_around_it() -> Result<(), Error> {
    let (x, y) = ([[0.0f32; 2]; 2], [[0.0f32; 2]; 3]);
    assert_eq!(of_macro(&x, &y).eval()?, [3.0, 3.0]);
    let (u, s) = ([1.0f32, 2.0], 2.0);
    assert_eq!(renamed::sum_of!(u_i * u_j / s).eval()?, [1.5, 3.0]);
    Ok(())
}
