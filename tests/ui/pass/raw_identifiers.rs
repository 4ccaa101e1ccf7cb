//! Names that Rust keeps for itself.
use keops::keops;

keops! {
    pub fn r#match(type_i: f32, r#in_j: f32, r#fn: f32) {
        let r#let = type_i * in_j;
        sum_j r#let * r#fn
    }
}

fn main() {
    let (r#type, r#in) = (vec![1.0f32; 2], vec![2.0f32; 3]);
    let r#fn = 0.5;
    let a = r#match(&r#type, &r#in, r#fn);
    assert_eq!(a.eval().unwrap(), [3.0, 3.0]);
    assert_eq!(a.grad_type(&[1.0f32, 0.0]).eval().unwrap(), [3.0, 0.0]);
    assert_eq!(a.grad_fn(&[1.0f32, 0.0]).eval().unwrap(), 6.0);
    let a = keops!(sum_j type_i * r#in_j * r#fn);
    assert_eq!(a.eval().unwrap(), [3.0, 3.0]);
    assert_eq!(a.grad_in(&[1.0f32, 0.0]).eval().unwrap(), [0.5; 3]);
}
