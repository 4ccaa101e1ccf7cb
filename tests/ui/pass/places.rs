//! Items may stand in modules and in functions, several in one `keops!`, with any visibility.
mod kernels {
    keops::keops! {
        /// One.
        pub fn one(x_i: f32, y_j: f32) { sum_j x_i * y_j }
        /// Two.
        #[inline]
        pub(crate) fn two(x_i: f32, y_j: f32) { max_j(x_i * y_j) }
        fn three(x_i: f32, y_j: f32) { argmin_j(x_i * y_j) }
        pub(in crate::kernels) fn four(x_i: f32, y_j: f32) { sum_i x_i * y_j }
    }
    pub fn private(x: &[f32]) -> (usize, usize) {
        (three(x, x).eval().unwrap().len(), four(x, x).eval().unwrap().len())
    }
    /// A type that a kernel is kept in.
    pub struct Model<'a>(pub One<'a>);
}

impl kernels::Model<'_> {
    fn run(&self) -> Vec<f32> {
        keops::keops! { fn inner(x_i: f32, y_j: f32) { sum_j x_i - y_j } }
        assert_eq!(inner(&[1.0f32], &[2.0]).eval().unwrap(), [-1.0]);
        self.0.eval().unwrap()
    }
}

fn main() {
    let x = [1.0f32, 2.0];
    assert_eq!(kernels::two(&x, &x).eval().unwrap(), [2.0, 4.0]);
    assert_eq!(kernels::private(&x), (2, 2));
    assert_eq!(kernels::Model(kernels::one(&x, &x)).run(), [3.0, 6.0]);
    let scaled = |s: f32| keops::keops!(sum_j s * x_i * x_j).eval();
    assert_eq!(scaled(2.0).unwrap(), [6.0, 12.0]);
}
