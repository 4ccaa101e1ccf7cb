//! What is swept: every elementary function over the decades of its argument, and kernels over all widths.

use std::hint::black_box;
use std::time::{Duration, Instant};

use keops::{Cpu, Error, Scalar, keops};

/// Rows, and columns: enough for a call to be arithmetic, few enough for thousands of calls.
const POINTS: usize = 700;
/// The pairs of a call.
pub const PAIRS: usize = POINTS * POINTS;

/// A call at one scale, which answers with the time that it takes.
type Timed = Box<dyn Fn(&Cpu) -> Result<Duration, Error>>;

/// A formula, called at many scales.
pub struct Sweep {
    /// What is computed of each pair.
    pub name: String,
    /// The scales, ascending: of arguments, or of what makes a kernel narrow.
    pub scales: Vec<f64>,
    /// A call at a scale.
    pub at: Box<dyn Fn(f64) -> Timed>,
}

/// Measures a call, whose result counts as used.
macro_rules! timed {
    (|$cpu:ident| $call:expr) => {
        Box::new(move |$cpu: &Cpu| {
            let start = Instant::now();
            black_box($call)?;
            Ok(start.elapsed())
        })
    };
}

/// Exponents, and whatever else functions have as a second argument.
const SECOND: [f64; 3] = [0.7, 7.3, -7.3];

macro_rules! functions {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => {
        mod formula {
            $( keops::keops! {
                pub fn $name<T>(x_i: T, y_j: T $(, $argument: T)*) { sum_j $name(x_i + y_j $(, $argument)*) }
            } )*
        }

        /// All elementary functions, of arguments of either sign over all decades that numbers have.
        pub fn functions<T: Scalar>() -> Vec<Sweep> {
            let mut sweeps = Vec::new();
            $( functions!(sweeps, $name($($argument)*)); )*
            sweeps
        }
    };
    ($sweeps:ident, $name:ident()) => {
        for sign in [1.0, -1.0] {
            $sweeps.push(Sweep {
                name: format!("{}({}u)", stringify!($name), if sign < 0.0 { "−" } else { "" }),
                scales: decades::<T>(if ["sin", "cos"].contains(&stringify!($name)) { FARTHEST } else { f64::MAX }),
                at: Box::new(move |scale| {
                    let [x, y] = [1, 2].map(|seed| numbers::<T>(seed, sign * scale));
                    timed!(|cpu| formula::$name(&x, &y).eval_on(cpu))
                }),
            });
        }
    };
    ($sweeps:ident, $name:ident($argument:ident)) => {
        for second in SECOND {
            $sweeps.push(Sweep {
                name: format!("{}(u, {})", stringify!($name), second.to_string().replace('-', "−")),
                scales: decades::<T>(f64::MAX),
                at: Box::new(move |scale| {
                    let [x, y] = [1, 2].map(|seed| numbers::<T>(seed, scale));
                    timed!(|cpu| formula::$name(&x, &y, T::from_f64(second)).eval_on(cpu))
                }),
            });
        }
    };
}
keops_core::functions!(functions);

keops! {
    fn gauss<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, g: T) { sum_j exp(-g * sqdist(x_i, y_j)) * b_j }
    fn laplace<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, g: T) { sum_j exp(-g * norm(x_i - y_j)) * b_j }
    fn matern<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, g: T) {
        let r = g * norm(x_i - y_j);
        sum_j (1 + r) * exp(-r) * b_j
    }
    fn multiquadric<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, g: T) { sum_j rsqrt(1 + g * sqdist(x_i, y_j)) * b_j }
    fn cauchy<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, g: T) { sum_j b_j / (1 + g * sqdist(x_i, y_j)) }
    fn log_sum_exp<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, g: T) { logsumexp_j(b_j - g * sqdist(x_i, y_j)) }
    fn soft_max<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, g: T) { softmax_j(-g * sqdist(x_i, y_j), b_j) }
}

/// Kernels of points in the unit cube, from far wider than it to far narrower.
pub fn kernels<T: Scalar>() -> Vec<Sweep> {
    macro_rules! kernel {
        ($name:literal, |$x:ident, $y:ident, $b:ident, $g:ident| $call:expr) => {
            Sweep {
                name: $name.to_owned(),
                scales: (-4..=10).map(|n| 10f64.powf(f64::from(n) / 2.0)).collect(),
                at: Box::new(|scale| {
                    let [$x, $y] = [1, 2].map(points::<T>);
                    let ($b, $g) = (numbers::<T>(3, 1.0), T::from_f64(scale));
                    timed!(|cpu| $call.eval_on(cpu))
                }),
            }
        };
    }
    vec![
        kernel!("Gaussian", |x, y, b, g| gauss(&x, &y, &b, g)),
        kernel!("Laplacian", |x, y, b, g| laplace(&x, &y, &b, g)),
        kernel!("Matérn 3/2", |x, y, b, g| matern(&x, &y, &b, g)),
        kernel!("inverse multiquadric", |x, y, b, g| multiquadric(&x, &y, &b, g)),
        kernel!("Cauchy", |x, y, b, g| cauchy(&x, &y, &b, g)),
        kernel!("logsumexp", |x, y, b, g| log_sum_exp(&x, &y, &b, g)),
        kernel!("gradient of the Gaussian", |x, y, b, g| gauss(&x, &y, &b, g).grad_x(&b)),
        kernel!("softmax", |x, y, b, g| soft_max(&x, &y, &b, g)),
    ]
}

/// All that single precision has.
const DECADES: i32 = 83;

/// The largest scale of arguments for which `sin` and `cos` need no function of one number at a time.
const FARTHEST: f64 = 4e8;

/// Powers of ten, from the smallest subnormal number to the largest, or to what is less.
fn decades<T: Scalar>(largest: f64) -> Vec<f64> {
    let single = T::from_f64(1e-60).to_f64() == 0.0;
    let (first, last) = if single { (-45, 38) } else { (-323, 308) };
    let powers = (0..=DECADES).map(|k| 10f64.powf(f64::from(first + (last - first) * k / DECADES)));
    powers.filter(|power| *power <= largest).collect()
}

/// Numbers between 0 and `scale`.
fn numbers<T: Scalar>(seed: u64, scale: f64) -> Vec<T> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..POINTS).map(|_| T::from_f64(rng.f64() * scale)).collect()
}

/// Points in the unit cube.
fn points<T: Scalar>(seed: u64) -> Vec<[T; 3]> {
    let mut rng = fastrand::Rng::with_seed(seed);
    (0..POINTS).map(|_| [(); 3].map(|()| T::from_f64(rng.f64()))).collect()
}
