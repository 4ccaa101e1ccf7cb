//! What is raced: the rows of the table, with their data, the answers expected, and the bars.

use std::fmt;

use keops::Isa;

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
    /// The [`NEAREST`] nearest `y_j`, in order.
    Nearest,
}

/// How many are the nearest.
pub const NEAREST: usize = 10;

/// A function of the distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    Gauss,
    Laplace,
    Cauchy,
    Matern,
    Multiquadric,
}

/// What issue and README promise.
#[derive(Clone, Copy, Debug)]
pub enum Bar {
    /// This peer takes at least so many times as long.
    Peer(&'static str, f64),
    /// The same, of kernels on this instruction set.
    PeerOn(Isa, &'static str, f64),
    /// Every peer takes at least so many times as long.
    BestPeer(f64),
    /// It takes at most so many times as long as the value alone.
    Value(f64),
    /// A call takes at most so many seconds.
    Seconds(f64),
    /// The relative error is at most so large.
    Error(f64),
    /// The relative error is at most so many times that of the direct formula in single precision.
    DirectError(f64),
}

/// The numbers of the operands. Where the workload is in `f32`, so are these.
pub struct Data {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub b: Vec<f64>,
    pub e: Vec<f64>,
}

/// The peer that is written by hand for the instruction set of the machine.
pub const BY_HAND: &str = "by hand";

/// All rows of the table.
pub fn workloads() -> Vec<Workload> {
    use Bar::{BestPeer, DirectError, Error, Peer, PeerOn, Seconds, Value};
    let gauss = |rows, cols, dim, signals, bars: &[Bar]| Workload {
        quantity: Quantity::Sum,
        kernel: Kernel::Gauss,
        double: false,
        rows,
        cols,
        dim,
        signals,
        g: usual(dim),
        bars: bars.to_vec(),
    };
    let pykeops = |least| PeerOn(Isa::Avx512, "pykeops", least);
    let sum = [Peer(BY_HAND, 1.0), Error(5e-7), Peer("C++", 2.0), pykeops(35.0)];
    let double = Workload { double: true, ..gauss(10_000, 10_000, 3, 1, &[Peer("C++", 1.8)]) };
    // what is raced at any number of points, and at any width
    let cube = |n, g| {
        let of = |quantity, kernel, bars: &[Bar]| Workload { quantity, kernel, g, ..gauss(n, n, 3, 1, bars) };
        let kernel = |kernel| of(Quantity::Sum, kernel, &[Peer("C++", 1.8)]);
        [
            of(Quantity::Sum, Kernel::Gauss, &sum),
            of(Quantity::Gradient, Kernel::Gauss, &[Peer("C++", 1.8), pykeops(15.0)]),
            of(Quantity::Gradients, Kernel::Gauss, &[Value(2.8)]),
            of(Quantity::LogSumExp, Kernel::Gauss, &[Peer("C++", 1.8), pykeops(15.0)]),
            kernel(Kernel::Laplace),
            kernel(Kernel::Matern),
            kernel(Kernel::Multiquadric),
        ]
    };
    let cauchy = |n| Workload { kernel: Kernel::Cauchy, ..gauss(n, n, 3, 1, &[Peer("C++", 1.2)]) };
    let width = |g| Workload { g, ..gauss(10_000, 10_000, 3, 1, &sum) };
    let wide = [BestPeer(1.5), DirectError(4.0)];

    let mut all = Vec::from(cube(10_000, usual(3)));
    all.push(cauchy(10_000));
    all.push(width(60.0));
    all.extend(cube(10_000, 150.0));
    all.push(width(5000.0));
    all.extend(cube(30_000, usual(3)));
    all.push(cauchy(30_000));
    let best = [BestPeer(1.0)];
    let argmin = gauss(1_000_000, 1000, 2, 1, &[Peer("faiss", 1.2), Peer("pykeops", 5.0)]);
    all.extend([
        Workload { quantity: Quantity::ArgMin, ..argmin },
        Workload {
            quantity: Quantity::Nearest,
            ..gauss(10_000, 10_000, 3, 1, &["C++", "faiss", "pykeops"].map(|name| Peer(name, 3.0)))
        },
        gauss(10, 10, 3, 1, &[BestPeer(1.0), Seconds(5e-6)]),
        gauss(1, 1_000_000, 3, 1, &best),
        gauss(1_000_000, 1, 3, 1, &best),
        gauss(100, 100_000, 3, 1, &best),
        double.clone(),
        Workload { g: 1100.0, ..double },
        gauss(10_000, 10_000, 10, 1, &wide),
        gauss(10_000, 10_000, 10, 10, &wide),
        gauss(10_000, 10_000, 100, 1, &wide),
        gauss(10_000, 10_000, 100, 10, &wide),
        gauss(5000, 5000, 784, 1, &wide),
    ]);
    all
}

/// The first row of each kernel.
pub fn kernels() -> Vec<Workload> {
    let same = |a: &Workload, b: &Workload| {
        let of = |w: &Workload| (w.quantity, w.kernel, w.double, w.dim, w.signals);
        of(a) == of(b)
    };
    workloads().into_iter().fold(Vec::new(), |mut kernels, w| {
        if !kernels.iter().any(|other| same(other, &w)) {
            kernels.push(w);
        }
        kernels
    })
}

/// What the squared distance of points in the unit cube is multiplied by where nothing else is said: on average that makes 4.
pub fn usual(dim: usize) -> f64 {
    24.0 / dim as f64
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kernel = match self.kernel {
            Kernel::Gauss => "Gaussian",
            Kernel::Laplace => "Laplacian",
            Kernel::Cauchy => "Cauchy",
            Kernel::Matern => "Matérn 3/2",
            Kernel::Multiquadric => "Inverse multiquadric",
        };
        match self.quantity {
            Quantity::Sum => write!(f, "{kernel} sum")?,
            Quantity::Gradient => write!(f, "{kernel} gradient in x")?,
            Quantity::Gradients => write!(f, "{kernel} value and gradients")?,
            Quantity::LogSumExp => write!(f, "logsumexp with potential")?,
            Quantity::ArgMin => write!(f, "argmin")?,
            Quantity::Nearest => write!(f, "{NEAREST} nearest")?,
        }
        if self.g != usual(self.dim) {
            write!(f, ", g = {}", self.g)?;
        }
        write!(f, ", D = {}", self.dim)?;
        if self.signals > 1 {
            write!(f, ", E = {}", self.signals)?;
        }
        write!(f, ", {}, {} × {}", if self.double { "f64" } else { "f32" }, self.rows, self.cols)
    }
}

/// A kernel's value at a squared distance, in one precision.
macro_rules! value {
    ($(#[$doc:meta])* $name:ident: $t:ty) => {
        $(#[$doc])*
        pub fn $name(self, s: $t, g: $t) -> $t {
            let r = g * s.sqrt();
            match self {
                Kernel::Gauss => (-g * s).exp(),
                Kernel::Laplace => (-r).exp(),
                Kernel::Cauchy => 1.0 / (1.0 + g * s),
                Kernel::Matern => (1.0 + r) * (-r).exp(),
                Kernel::Multiquadric => 1.0 / (1.0 + g * s).sqrt(),
            }
        }
    };
}

impl Kernel {
    value! {
        /// Its value at a squared distance.
        at: f64
    }
    value! {
        /// Its value as [`at`](Self::at) has it, computed in single precision.
        in_single: f32
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
