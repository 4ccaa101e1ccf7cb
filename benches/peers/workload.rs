//! What is raced: the rows of the table, with their data, the answers expected, and the bars.

use std::fmt;

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Workload {
    pub quantity: Quantity,
    pub kernel: Kernel,
    pub double: bool,
    pub rows: usize,
    pub cols: usize,
    /// Dimension of the points, and how many numbers a column's signal `b` has.
    pub dim: usize,
    pub signals: usize,
    /// What the kernel's argument is multiplied by.
    pub g: f64,
    pub bars: Vec<Bar>,
}

/// What is computed of the kernel `k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// `Σ_j k(x_i, y_j) b_j`
    Sum,
    /// The gradient of `Σ_ij e_i k(x_i, y_j) b_j` in `x`.
    Gradient,
    /// That sum over `j`, and the gradients in `x`, `y`, `b` and `g`, one after the other.
    Gradients,
    /// `log Σ_j exp(b_j - g |x_i - y_j|²)`
    LogSumExp,
    /// The nearest `y_j`.
    ArgMin,
}

/// A function of the distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    Gauss,
    Laplace,
    Cauchy,
    Matern,
}

/// What issue and README promise.
#[derive(Clone, Copy, Debug)]
pub enum Bar {
    /// This peer takes at least so many times as long.
    Peer(&'static str, f64),
    /// Every peer takes at least as long.
    BestPeer,
    /// It takes at most so many times as long as the value alone.
    Value(f64),
    /// A call takes at most so many seconds.
    Seconds(f64),
    /// The relative error is at most so large.
    Error(f64),
}

/// The numbers of the operands. Where the workload is in `f32`, so are these.
pub struct Data {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub b: Vec<f64>,
    pub e: Vec<f64>,
}

/// All rows of the table.
pub fn workloads() -> Vec<Workload> {
    use Bar::{BestPeer, Error, Peer, Seconds, Value};
    let gauss = |rows, cols, dim, signals, bars: &[Bar]| Workload {
        quantity: Quantity::Sum,
        kernel: Kernel::Gauss,
        double: false,
        rows,
        cols,
        dim,
        signals,
        g: 24.0 / dim as f64,
        bars: bars.to_vec(),
    };
    let mut all = Vec::new();
    for n in [10_000, 30_000] {
        let cube = |bars: &[Bar]| gauss(n, n, 3, 1, bars);
        let kernel = |kernel, g| Workload { kernel, g, ..cube(&[Peer("C++", 1.5)]) };
        all.extend([
            cube(&[Peer("AVX-512", 0.8), Peer("pykeops", 35.0), Peer("C++", 2.0), Error(5e-7)]),
            Workload { quantity: Quantity::Gradient, ..cube(&[Peer("pykeops", 15.0), Peer("C++", 1.5)]) },
            Workload { quantity: Quantity::Gradients, ..cube(&[Value(4.0)]) },
            Workload { quantity: Quantity::LogSumExp, g: 20.0, ..cube(&[Peer("pykeops", 15.0), Peer("C++", 1.3)]) },
            kernel(Kernel::Laplace, 4.0),
            kernel(Kernel::Cauchy, 8.0),
            kernel(Kernel::Matern, 4.0),
        ]);
    }
    all.extend([
        Workload { quantity: Quantity::ArgMin, ..gauss(1_000_000, 1000, 2, 1, &[Peer("pykeops", 5.0), BestPeer]) },
        gauss(10, 10, 3, 1, &[Seconds(5e-6)]),
        gauss(1, 1_000_000, 3, 1, &[BestPeer]),
        gauss(1_000_000, 1, 3, 1, &[BestPeer]),
        gauss(100, 100_000, 3, 1, &[BestPeer]),
        Workload { double: true, ..gauss(10_000, 10_000, 3, 1, &[]) },
        gauss(10_000, 10_000, 10, 1, &[]),
        gauss(10_000, 10_000, 10, 10, &[]),
        gauss(10_000, 10_000, 100, 1, &[]),
        gauss(10_000, 10_000, 100, 10, &[]),
        gauss(5000, 5000, 784, 1, &[]),
    ]);
    all
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kernel = match self.kernel {
            Kernel::Gauss => "Gaussian",
            Kernel::Laplace => "Laplacian",
            Kernel::Cauchy => "Cauchy",
            Kernel::Matern => "Matérn 3/2",
        };
        match self.quantity {
            Quantity::Sum => write!(f, "{kernel} sum")?,
            Quantity::Gradient => write!(f, "{kernel} gradient in x")?,
            Quantity::Gradients => write!(f, "{kernel} value and gradients")?,
            Quantity::LogSumExp => write!(f, "logsumexp with potential")?,
            Quantity::ArgMin => write!(f, "argmin")?,
        }
        write!(f, ", D = {}", self.dim)?;
        if self.signals > 1 {
            write!(f, ", E = {}", self.signals)?;
        }
        write!(f, ", {}, {} × {}", if self.double { "f64" } else { "f32" }, self.rows, self.cols)
    }
}

impl Kernel {
    /// Its value at a squared distance.
    pub fn at(self, s: f64, g: f64) -> f64 {
        let r = g * s.sqrt();
        match self {
            Kernel::Gauss => (-g * s).exp(),
            Kernel::Laplace => (-r).exp(),
            Kernel::Cauchy => 1.0 / (1.0 + g * s),
            Kernel::Matern => (1.0 + r) * (-r).exp(),
        }
    }
}

impl Workload {
    pub fn pairs(&self) -> f64 {
        self.rows as f64 * self.cols as f64
    }

    /// How many calls one measurement makes: enough that a clock can tell.
    pub fn calls(&self) -> usize {
        (2e7 / self.pairs()).clamp(1.0, 10_000.0) as usize
    }

    /// Points uniform in the unit cube, normal signals and seeds of the gradients.
    pub fn data(&self) -> Data {
        let rng = &mut fastrand::Rng::with_seed(7);
        let round = |v: f64| if self.double { v } else { f64::from(v as f32) };
        let mut uniform = |n| (0..n).map(|_| round(rng.f64())).collect();
        let (x, y) = (uniform(self.rows * self.dim), uniform(self.cols * self.dim));
        let normal = |u: [f64; 2]| (-2.0 * (1.0 - u[0]).ln()).sqrt() * (std::f64::consts::TAU * u[1]).cos();
        let mut normal = |n| (0..n).map(|_| round(normal([rng.f64(), rng.f64()]))).collect();
        Data { x, y, b: normal(self.cols * self.signals), e: normal(self.rows) }
    }
}

impl Data {
    /// The squared distance of points `x_i` and `y_j` of a dimension.
    pub fn sqdist(&self, dim: usize, i: usize, j: usize) -> f64 {
        let (x, y) = (&self.x[i * dim..][..dim], &self.y[j * dim..][..dim]);
        x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum()
    }
}
