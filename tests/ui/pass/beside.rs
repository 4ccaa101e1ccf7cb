//! Items beside types, modules and traits of the same names, and functions whose types have names of Rust's prelude.
#![deny(warnings)]
use keops::{Error, keops};

#[derive(Debug, PartialEq)]
struct Gauss(u8);
struct GaussGradX;
enum Nearest {
    One,
}
trait Largest {
    fn largest(&self) -> u8 {
        1
    }
}
impl Largest for GaussGradX {}
mod largest {
    pub const ONE: u8 = 1;
}
type Total = u8;

keops! {
    fn gauss(x_i: f32, y_j: f32) { sum_j exp(-square(x_i - y_j)) }
    fn nearest(x_i: f32, y_j: f32) { argmin_j abs(x_i - y_j) }
    fn largest(x_i: f32, y_j: f32) { max_j(x_i * y_j) }
    fn total(x_i: f32, y_j: f32) { sum_i(sum_j(x_i * y_j)) }
}

// each of these types is Rust's in what follows
keops! {
    fn result(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn option(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn vec(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn string(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn sized(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn copy(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn clone(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn iterator(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn some(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn to_string(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn r#box(x_i: f32, y_j: f32) { sum_j x_i * y_j }
}

#[derive(Clone, Copy)]
struct Small;

fn first<T: Copy + Sized>(values: impl Iterator<Item = T>) -> Option<T> {
    let values: Vec<T> = values.collect();
    Some(*values.first()?)
}

fn kept(call: ResultCall<'_>, more: VecCall<'_>) -> Result<Vec<String>, Error> {
    let VecWithGrads { value, grad_x, .. } = more.with_grads(&[1.0]).eval()?;
    let all: Box<[f32]> = [call.eval()?, value, grad_x].concat().into();
    Ok(all.iter().map(ToString::to_string).collect())
}

// one name in two kinds of letters, and a gradient that another item is called like
mod letters {
    #![allow(non_snake_case)]
    keops::keops! {
        pub fn ab(x_i: f32, y_j: f32) { sum_j x_i * y_j }
        pub fn Ab(x_i: f32, y_j: f32) { max_j(x_i * y_j) }
        pub fn ab_grad_x(x_i: f32, y_j: f32) { min_j(x_i * y_j) }
    }
    pub struct Kept<'a>(pub Ab<'a>, pub Ab_<'a>, pub AbGradX<'a>);
}

// a module that is called like the item in it
mod scaled {
    keops::keops! { pub fn scaled(x_i: f32, y_j: f32) { sum_j 2 * x_i * y_j } }
}
use scaled::{Scaled, scaled};

fn main() -> Result<(), Error> {
    let x = [1.0f32];
    assert_eq!(gauss(&x, &x).eval()?, [1.0]);
    assert_eq!((Gauss(1), GaussGradX.largest(), largest::ONE, 1 as Total), (Gauss(1), 1, 1, 1));
    assert!(matches!(Nearest::One, Nearest::One) && nearest(&x, &x).eval()? == [0]);
    assert_eq!((largest(&x, &x).eval()?, total(&x, &x).eval()?), (vec![1.0], 1.0));
    assert_eq!(kept(result(&x, &x), vec(&x, &x))?, ["1", "1", "1"]);
    let sums = [option(&x, &x).eval()?, string(&x, &x).eval()?, sized(&x, &x).eval()?, copy(&x, &x).eval()?];
    let more = [clone(&x, &x).eval()?, iterator(&x, &x).eval()?, some(&x, &x).eval()?, r#box(&x, &x).eval()?];
    assert_eq!(first(sums.into_iter().chain(more).flatten()), Some(1.0));
    let _ = (Small.clone(), to_string(&x, &x).eval()?);
    let ab = letters::ab(&x, &x);
    let kept = letters::Kept(ab.clone(), letters::Ab(&x, &x), letters::ab_grad_x(&x, &x));
    assert_eq!((kept.0.eval()?, kept.1.eval()?, kept.2.eval()?), (x.into(), x.into(), x.into()));
    let call: Scaled<'_> = scaled(&x, &x);
    assert_eq!(call.eval()?, [2.0]);
    Ok(())
}
