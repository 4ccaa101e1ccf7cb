//! Stored matrices: what solvers are asked to do without.

use faer::linalg::solvers::Solve as _;
use faer::{Mat, Side};
use keops_runtime::{Error, Operator};

/// A matrix whose products are in single or in double precision.
pub(crate) struct Dense {
    pub(crate) k: Mat<f64>,
    pub(crate) single: bool,
}

impl Dense {
    pub(crate) fn of(n: usize, single: bool, entry: impl Fn(usize, usize) -> f64) -> Self {
        Dense { k: Mat::from_fn(n, n, entry), single }
    }

    fn entry(&self, r: usize, c: usize) -> f64 {
        if self.single { f64::from(self.k[(r, c)] as f32) } else { self.k[(r, c)] }
    }

    /// K + ridge.
    pub(crate) fn with(&self, ridge: f64) -> Mat<f64> {
        let mut sum = self.k.clone();
        (0..sum.nrows()).for_each(|at| sum[(at, at)] += ridge);
        sum
    }

    /// The eigenvalues of K, rising.
    pub(crate) fn eigenvalues(&self) -> Vec<f64> {
        self.k.self_adjoint_eigenvalues(Side::Lower).expect("finite")
    }

    /// (K + ridge)⁻¹ b, refined once.
    pub(crate) fn solve(&self, ridge: f64, b: &Mat<f64>) -> Mat<f64> {
        let sum = self.with(ridge);
        let factors = sum.partial_piv_lu();
        let x = factors.solve(b);
        let r = b - &sum * &x;
        x + factors.solve(&r)
    }
}

impl Operator for Dense {
    fn len(&self) -> usize {
        self.k.nrows()
    }

    fn apply(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        if !self.single {
            return self.apply_in_double(b, columns, out);
        }
        let mut sums = vec![0.0_f32; out.len()];
        for k in 0..self.len() {
            for (r, entry) in self.k.col(k).iter().enumerate() {
                (0..columns).for_each(|c| sums[r * columns + c] += *entry as f32 * b[k * columns + c] as f32);
            }
        }
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out = f64::from(sum));
        Ok(())
    }

    fn apply_in_double(&self, b: &[f64], columns: usize, out: &mut [f64]) -> Result<(), Error> {
        out.fill(0.0);
        for k in 0..self.len() {
            for (r, entry) in self.k.col(k).iter().enumerate() {
                (0..columns).for_each(|c| out[r * columns + c] += entry * b[k * columns + c]);
            }
        }
        Ok(())
    }

    fn diagonal(&self) -> Result<Vec<f64>, Error> {
        Ok((0..self.len()).map(|at| self.entry(at, at)).collect())
    }

    fn columns(&self, of: &[usize]) -> Result<Vec<f64>, Error> {
        Ok((0..self.len()).flat_map(|r| of.iter().map(move |&c| self.entry(r, c))).collect())
    }

    fn precision(&self) -> f64 {
        if self.single { f64::from(f32::EPSILON) } else { f64::EPSILON }
    }
}

/// Row by row, as solvers have it.
pub(crate) fn rows(a: &Mat<f64>) -> Vec<f64> {
    (0..a.nrows()).flat_map(|r| (0..a.ncols()).map(move |c| a[(r, c)])).collect()
}

pub(crate) fn from_rows(rows: &[f64], columns: usize) -> Mat<f64> {
    Mat::from_fn(rows.len() / columns, columns, |r, c| rows[r * columns + c])
}

/// Points in the unit square or cube.
pub(crate) fn points(n: usize, seed: u64) -> Vec<[f64; 3]> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..n).map(|_| [random.f64(), random.f64(), random.f64()]).collect()
}

/// A kernel of two points, with its name, and whether it is positive semi-definite.
pub(crate) type Kernel = (&'static str, bool, fn(&[f64; 3], &[f64; 3]) -> f64);

/// A dozen kernels, and what they are.
pub(crate) const KERNELS: [Kernel; 14] = [
    ("gaussian", true, |x, y| (-sqdist(x, y) / 0.1).exp()),
    ("wide gaussian", true, |x, y| (-sqdist(x, y) / 4.0).exp()),
    ("narrow gaussian", true, |x, y| (-sqdist(x, y) / 1e-3).exp()),
    ("laplacian", true, |x, y| (-sqdist(x, y).sqrt()).exp()),
    ("matern 3/2", true, |x, y| {
        let r = 3.0_f64.sqrt() * sqdist(x, y).sqrt();
        (1.0 + r) * (-r).exp()
    }),
    ("matern 5/2", true, |x, y| {
        let r = 5.0_f64.sqrt() * sqdist(x, y).sqrt() / 0.5;
        (1.0 + r + r * r / 3.0) * (-r).exp()
    }),
    ("cauchy", true, |x, y| 1.0 / (1.0 + sqdist(x, y))),
    ("linear", true, dot),
    ("cubic", true, |x, y| (1.0 + dot(x, y)).powi(3)),
    ("ones", true, |_, _| 1.0),
    ("identity", true, |x, y| if x == y { 2.0 } else { 0.0 }),
    ("distance", false, |x, y| sqdist(x, y).sqrt()),
    ("multiquadric", false, |x, y| (1.0 + sqdist(x, y)).sqrt()),
    ("sigmoid", false, |x, y| (3.0 * dot(x, y) - 1.0).tanh()),
];

fn sqdist(x: &[f64; 3], y: &[f64; 3]) -> f64 {
    (0..3).map(|d| (x[d] - y[d]).powi(2)).sum()
}

fn dot(x: &[f64; 3], y: &[f64; 3]) -> f64 {
    (0..3).map(|d| x[d] * y[d]).sum()
}

pub(crate) fn kernel(kernel: &Kernel, n: usize, seed: u64, single: bool) -> Dense {
    let points = points(n, seed);
    Dense::of(n, single, |r, c| kernel.2(&points[r], &points[c]))
}

pub(crate) fn random(n: usize, columns: usize, seed: u64) -> Mat<f64> {
    let mut random = fastrand::Rng::with_seed(seed);
    Mat::from_fn(n, columns, |_, _| 2.0 * random.f64() - 1.0)
}
