//! Matrices: products, entries and gradients against the plain double loop over entries in `f64`.

use keops::{Columns, keops};

keops! {
    /// exp(-|x_i - y_j|² / 2s²)
    pub fn gauss(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { exp(-sqdist(x_i, y_j) / 2s2) }
}

#[test]
fn smoke() {
    let x: Vec<[f32; 3]> = (0..5).map(|k| [k as f32 * 0.1, 0.3, 0.2 * k as f32]).collect();
    let y: Vec<[f32; 3]> = (0..7).map(|k| [k as f32 * 0.2, 0.1, 0.3]).collect();
    let b: Vec<f32> = (0..7).map(|k| k as f32 - 2.5).collect();
    let k = gauss(&x, &y, 0.3);
    println!("{k:?} {:?} {:?}", k.shape(), k.dense());
    println!("{:?} {:?}", k.apply(&b), k.times(&b).eval());
    let e: Vec<f32> = (0..5).map(|k| k as f32 - 1.5).collect();
    println!("{:?} {:?}", k.apply_t(&e), k.times(&b).grad_x(&e).eval());
    println!("{:?}", k.grad_s2(&b, &e).eval());
    let cols: Vec<f32> = (0..7 * 11).map(|k| k as f32 * 0.1).collect();
    println!("{:?}", k.apply(&Columns::new(&cols, 11).unwrap()));
    let k2 = keops!(exp(-sqdist(x_i, y_j) / 0.6));
    println!("{:?}", k2.row(2));
    println!("{:?}", k.block(&[3, 1], 2..4));
}
