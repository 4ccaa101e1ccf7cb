//! What may hold the points of an operand.
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use keops::keops;

keops! { fn sums(x_i: [f64; 2], y_j: f64) { sum_j x_i * y_j } }

struct Cloud {
    points: Vec<[f64; 2]>,
}

fn main() {
    let cloud = Cloud { points: vec![[1.0, 2.0]; 3] };
    let y = [1.0, 2.0];
    let want = [[3.0, 6.0]; 3];

    let array: [[f64; 2]; 3] = [[1.0, 2.0]; 3];
    let slice: &[[f64; 2]] = &cloud.points;
    let boxed: Box<[[f64; 2]]> = slice.into();
    let cow: Cow<'_, [[f64; 2]]> = slice.into();
    let (rc, arc): (Rc<[[f64; 2]]>, Arc<Vec<[f64; 2]>>) = (slice.into(), Arc::new(slice.to_vec()));
    let mut owned = slice.to_vec();
    let mutable = &mut owned;

    assert_eq!(sums(&array, &y).eval().unwrap(), want);
    assert_eq!(sums(slice, &y).eval().unwrap(), want);
    assert_eq!(sums(&slice, &&y).eval().unwrap(), want);
    assert_eq!(sums(&boxed, y.as_slice()).eval().unwrap(), want);
    assert_eq!(sums(&cow, &vec![1.0, 2.0]).eval().unwrap(), want);

    let (x, b) = (&cloud.points, &y[..]);
    assert_eq!(keops!(sum_j array_i * y_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j slice_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j boxed_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j cow_i * rc_j / rc_j * b_j).eval().is_err(), true);
    assert_eq!(keops!(sum_j rc_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j arc_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j mutable_i * b_j).eval().unwrap(), want);
    assert_eq!(keops!(sum_j x_i * b_j).eval().unwrap(), want);
    let (scale, at) = (&2.0, &[0.5, 0.5]);
    assert_eq!(keops!(sum_j scale * at * x_i * b_j).eval().unwrap(), want);
}
