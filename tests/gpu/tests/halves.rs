//! Operands of sixteen bits a number on GPU kernels: the same results as of the `f32`s that they are.

mod common;

use common::is_compiled;
use keops::{Elements, Layout, Points, View, keops};
use keops_gpu_tests::{Sizes, interpreter};

keops! {
    #[gpu(grad_x)]
    fn weighted(x_i: [f32; 2], y_j: [f32; 2], b_j: f32) {
        sum_j exp(-sqdist(x_i, y_j)) * b_j
    }
}

#[test]
fn operands_of_sixteen_bits() {
    if !is_compiled() {
        return;
    }
    // between 1/2 and 2, where both types have all of their digits
    let f16: Vec<u16> = (0..80u16).map(|n| 0x3800 + n * 25).collect();
    let bf16: Vec<u16> = (0..120u16).map(|n| 0x3f00 + n).collect();
    let points = |elements, layout| View::<f32>::new(elements, layout).expect("it fits");
    // all in a row; and component after component
    let x = points(Elements::F16(&f16), Layout::points(40, 2));
    let y = points(Elements::Bf16(&bf16), Layout { point: 1, component: 60, ..Layout::points(60, 2) });
    let b = points(Elements::F16(&f16), Layout { first: 1, ..Layout::points(60, 1) });
    let numbers = |view: &View<'_, f32>| view.numbers().collect::<Vec<f32>>();
    let pairs = |view: &View<'_, f32>| numbers(view).as_chunks::<2>().0.to_vec();
    let (exact_x, exact_y, exact_b) = (pairs(&x), pairs(&y), numbers(&b));
    assert_eq!(exact_x[1], [0.5 + 25.0 / 1024.0, 0.5 + 37.5 / 1024.0]);
    assert_eq!((exact_y[3], exact_b[0]), ([0.5 + 3.0 / 256.0, 0.5 + 63.0 / 256.0], 0.5 + 12.5 / 1024.0));

    let of = |view| Points::<[f32; 2]>::of(view).expect("points of two numbers");
    let (x, y, b) = (of(x), of(y), Points::<f32>::of(b).expect("numbers"));
    let (halves, exact) = (weighted(&x, &y, &b), weighted(&exact_x, &exact_y, &exact_b));
    let e = [1.0; 40];
    for sizes in [None, Some(Sizes { threads: 32, tile: 5, spans: 3 })] {
        let engine = interpreter(sizes);
        assert_eq!(halves.eval_on(&engine), exact.eval_on(&engine));
        assert_eq!(halves.grad_x(&e).eval_on(&engine), exact.grad_x(&e).eval_on(&engine));
    }
}
