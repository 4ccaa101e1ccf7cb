//! Our kernels, as a user would write them.

use std::hint::black_box;
use std::time::Instant;

use keops::keops;

use crate::workload::{Data, Kernel, Quantity, Workload};

macro_rules! gauss {
    ($($name:ident: $t:ident, $dim:literal, $signal:ty;)*) => { $( keops! {
        fn $name(x_i: [$t; $dim], y_j: [$t; $dim], b_j: $signal, g: $t) {
            sum_j exp(-g * sqdist(x_i, y_j)) * b_j
        }
    } )* };
}
gauss! {
    gauss: f32, 3, f32;
    gauss_f64: f64, 3, f64;
    gauss_10: f32, 10, f32;
    gauss_10_10: f32, 10, [f32; 10];
    gauss_100: f32, 100, f32;
    gauss_100_10: f32, 100, [f32; 10];
    gauss_784: f32, 784, f32;
}
keops! {
    fn laplace(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, g: f32) {
        sum_j exp(-g * norm(x_i - y_j)) * b_j
    }
    fn cauchy(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, g: f32) {
        sum_j b_j / (1 + g * sqdist(x_i, y_j))
    }
    fn matern(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, g: f32) {
        let r = g * norm(x_i - y_j);
        sum_j (1 + r) * exp(-r) * b_j
    }
    fn multiquadric(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, g: f32) {
        sum_j b_j * rsqrt(1 + g * sqdist(x_i, y_j))
    }
    fn log_sum_exp(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, g: f32) {
        logsumexp_j(b_j - g * sqdist(x_i, y_j))
    }
    fn nearest(x_i: [f32; 2], y_j: [f32; 2]) {
        argmin_j sqdist(x_i, y_j)
    }
    fn all_nearest(x_i: [f32; 3], y_j: [f32; 3]) {
        argkmin_j[10](sqdist(x_i, y_j))
    }
}

/// A kernel applied to data: calls it so many times.
pub struct Ours(Box<dyn Fn(usize) -> Result<Timed, keops::Error>>);

/// Seconds per call, and the answer.
type Timed = (f64, Vec<f64>);

impl Ours {
    /// Calls the kernel so many times.
    pub fn run(&self, calls: usize) -> Result<Timed, keops::Error> {
        (self.0)(calls)
    }

    /// Wraps `eval`; `numbers` of its answer are taken off the clock.
    fn of<A: 'static>(
        eval: impl Fn() -> Result<A, keops::Error> + 'static,
        numbers: fn(A) -> Vec<f64>,
    ) -> Option<Self> {
        Some(Ours(Box::new(move |calls| {
            let start = Instant::now();
            for _ in 1..calls {
                black_box(eval()?);
            }
            let answer = eval()?;
            let seconds = start.elapsed().as_secs_f64() / calls as f64;
            Ok((seconds, numbers(answer)))
        })))
    }

    /// The kernel of a workload; `None` if no kernel here computes it.
    pub fn new(w: &Workload, data: &Data) -> Option<Self> {
        /// A sum, and numbers or points as what it sums.
        macro_rules! sum {
            ($f:ident, $t:ident, $dim:literal) => {
                sum!($f, $t, $dim, numbers::<$t>, wide)
            };
            ($f:ident, $t:ident, $dim:literal, $signals:literal) => {
                sum!($f, $t, $dim, points::<$t, $signals>, |a| wide(a.into_flattened()))
            };
            ($f:ident, $t:ident, $dim:literal, $signal:expr, $wide:expr) => {{
                let (x, y, b, g) =
                    (points::<$t, $dim>(&data.x), points::<$t, $dim>(&data.y), $signal(&data.b), w.g as $t);
                Ours::of(move || $f(&x, &y, &b, g).eval(), $wide)
            }};
        }
        match (w.quantity, w.kernel, w.double, w.dim, w.signals) {
            (Quantity::Sum, Kernel::Gauss, false, 3, 1) => sum!(gauss, f32, 3),
            (Quantity::Sum, Kernel::Gauss, true, 3, 1) => sum!(gauss_f64, f64, 3),
            (Quantity::Sum, Kernel::Gauss, false, 10, 1) => sum!(gauss_10, f32, 10),
            (Quantity::Sum, Kernel::Gauss, false, 10, 10) => sum!(gauss_10_10, f32, 10, 10),
            (Quantity::Sum, Kernel::Gauss, false, 100, 1) => sum!(gauss_100, f32, 100),
            (Quantity::Sum, Kernel::Gauss, false, 100, 10) => sum!(gauss_100_10, f32, 100, 10),
            (Quantity::Sum, Kernel::Gauss, false, 784, 1) => sum!(gauss_784, f32, 784),
            (Quantity::Sum, Kernel::Laplace, false, 3, 1) => sum!(laplace, f32, 3),
            (Quantity::Sum, Kernel::Cauchy, false, 3, 1) => sum!(cauchy, f32, 3),
            (Quantity::Sum, Kernel::Matern, false, 3, 1) => sum!(matern, f32, 3),
            (Quantity::Sum, Kernel::Multiquadric, false, 3, 1) => sum!(multiquadric, f32, 3),
            (Quantity::LogSumExp, Kernel::Gauss, false, 3, 1) => sum!(log_sum_exp, f32, 3),
            (Quantity::ArgMin, _, false, 2, _) => {
                let (x, y) = (points::<f32, 2>(&data.x), points::<f32, 2>(&data.y));
                Ours::of(move || nearest(&x, &y).eval(), |a| a.into_iter().map(f64::from).collect())
            }
            (Quantity::Nearest, _, false, 3, _) => {
                let (x, y) = (points::<f32, 3>(&data.x), points::<f32, 3>(&data.y));
                Ours::of(move || all_nearest(&x, &y).eval(), |a| a.into_iter().flatten().map(f64::from).collect())
            }
            (Quantity::Gradient, Kernel::Gauss, false, 3, 1) => {
                let (x, y) = (points::<f32, 3>(&data.x), points::<f32, 3>(&data.y));
                let (b, e) = (numbers::<f32>(&data.b), numbers::<f32>(&data.e));
                let g = w.g as f32;
                Ours::of(move || gauss(&x, &y, &b, g).grad_x(&e).eval(), |a| wide(a.into_flattened()))
            }
            (Quantity::Gradients, Kernel::Gauss, false, 3, 1) => {
                let (x, y) = (points::<f32, 3>(&data.x), points::<f32, 3>(&data.y));
                let (b, e) = (numbers::<f32>(&data.b), numbers::<f32>(&data.e));
                let g = w.g as f32;
                let flat = |all: GaussWithGrads| {
                    let (grad_x, grad_y) = (all.grad_x.into_flattened(), all.grad_y.into_flattened());
                    wide([all.value, grad_x, grad_y, all.grad_b, vec![all.grad_g]].concat())
                };
                Ours::of(move || gauss(&x, &y, &b, g).with_grads(&e).eval(), flat)
            }
            _ => None,
        }
    }
}

/// A number type that data is rounded to.
trait Number: Copy + Into<f64> {
    fn of(v: f64) -> Self;
}
impl Number for f32 {
    fn of(v: f64) -> f32 {
        v as f32
    }
}
impl Number for f64 {
    fn of(v: f64) -> f64 {
        v
    }
}

fn numbers<T: Number>(data: &[f64]) -> Vec<T> {
    data.iter().map(|v| T::of(*v)).collect()
}

fn points<T: Number, const D: usize>(data: &[f64]) -> Vec<[T; D]> {
    data.as_chunks().0.iter().map(|point: &[f64; D]| point.map(T::of)).collect()
}

fn wide<T: Number>(numbers: Vec<T>) -> Vec<f64> {
    numbers.into_iter().map(Into::into).collect()
}
