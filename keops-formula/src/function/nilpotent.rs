//! Numbers that move along some directions, each by so little that its square is nothing.

/// A number, and what is proportional to each product of different directions: the bits of a place tell which are in the product.
#[derive(Clone, Debug)]
pub(super) struct Nilpotent(Vec<f64>);

impl Nilpotent {
    /// A number that moves by so much along each direction.
    pub(super) fn moving(at: f64, along: &[f64]) -> Self {
        let mut parts = vec![0.0; 1 << along.len()];
        parts[0] = at;
        along.iter().enumerate().for_each(|(k, by)| parts[1 << k] = *by);
        Nilpotent(parts)
    }
    /// The number, where it has not moved.
    pub(super) fn at(&self) -> f64 {
        self.0[0]
    }
    /// What is proportional to the product of all directions.
    pub(super) fn last(&self) -> f64 {
        self.0[self.0.len() - 1]
    }
    pub(super) fn plus(&self, b: &Self) -> Self {
        Nilpotent(self.0.iter().zip(&b.0).map(|(a, b)| a + b).collect())
    }
    pub(super) fn minus(&self, b: &Self) -> Self {
        Nilpotent(self.0.iter().zip(&b.0).map(|(a, b)| a - b).collect())
    }
    pub(super) fn times(&self, b: &Self) -> Self {
        let mut parts = vec![0.0; self.0.len()];
        for (k, x) in self.0.iter().enumerate() {
            for (l, y) in b.0.iter().enumerate().filter(|(l, _)| k & l == 0) {
                parts[k | l] += x * y;
            }
        }
        Nilpotent(parts)
    }
    pub(super) fn exp(&self) -> Self {
        let exp = self.at().exp();
        self.series(exp, |k, before| before / k)
    }
    pub(super) fn log(&self) -> Self {
        let a = self.at();
        self.series(a.ln(), |k, before| if k == 1.0 { 1.0 / a } else { -before * (k - 1.0) / (k * a) })
    }
    pub(super) fn recip(&self) -> Self {
        let a = self.at();
        self.series(1.0 / a, |_, before| -before / a)
    }

    /// The Taylor series around the number, whose coefficients follow from those before: it ends with the directions.
    fn series(&self, first: f64, next: impl Fn(f64, f64) -> f64) -> Self {
        let mut off = self.clone();
        off.0[0] = 0.0;
        let constant = |v: f64| {
            let mut parts = vec![0.0; self.0.len()];
            parts[0] = v;
            Nilpotent(parts)
        };
        let (mut sum, mut power, mut coefficient) = (constant(first), constant(1.0), first);
        for k in 1..=self.0.len().ilog2() {
            coefficient = next(f64::from(k), coefficient);
            power = power.times(&off);
            sum = sum.plus(&power.times(&constant(coefficient)));
        }
        sum
    }
}
