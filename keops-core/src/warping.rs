//! Soft dynamic time warping, as loops: code that is as long for series of thirty numbers as it is for two.
//!
//! The cost of the cheapest way through a table of squared differences, where the cheapest of three is taken softly, and its slopes by the
//! same table from its end to its beginning (M. Cuturi and M. Blondel, *ICML* 2017). A slope's own slopes along a direction are those of
//! the same loops on numbers that move along it ([`Along`]), and so on: there are derivatives of any order.
//!
//! A minimum is softened by −s log Σ exp(−aₖ/s), taken from the smallest, so that no exponent is above 0.

use core::ops::{Add, Mul, Sub};

use crate::Real;

/// A number, or one that moves along some directions: what is proportional to each product of different directions goes along with it.
pub trait Jet: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> {
    /// The numbers that it is made of.
    type Real: Real;
    /// A number that moves along each direction by so much. There are as many as the type knows.
    fn moving(at: Self::Real, along: &[Self::Real]) -> Self;
    /// A number that does not move.
    fn still(at: Self::Real) -> Self;
    /// The number, where it has not moved.
    fn at(self) -> Self::Real;
    /// What is proportional to the product of all directions.
    fn last(self) -> Self::Real;
    /// eˣ
    fn exp(self) -> Self;
    /// Natural logarithm.
    fn log(self) -> Self;
    /// The reciprocal, of 0 the largest number: what is 0 stays 0 when it is multiplied by it.
    fn recip(self) -> Self;
    /// The smaller one of two and the larger one.
    fn in_order(self, b: Self) -> [Self; 2];
    /// The number where it is not above 0, and 0 where it is, if `holds` for all; any number else. Asked of sets only, which
    /// do not know that what is taken off something is no less.
    fn not_above_zero(self, holds: <Self::Real as Real>::Mask) -> Self;
    /// `a` where `m` holds, else `b`.
    fn select(m: <Self::Real as Real>::Mask, a: Self, b: Self) -> Self;
}

impl<R: Real> Jet for R {
    type Real = R;
    #[inline(always)]
    fn moving(at: R, _: &[R]) -> R {
        at
    }
    #[inline(always)]
    fn still(at: R) -> R {
        at
    }
    #[inline(always)]
    fn at(self) -> R {
        self
    }
    #[inline(always)]
    fn last(self) -> R {
        self
    }
    #[inline(always)]
    fn exp(self) -> R {
        Real::exp(self)
    }
    #[inline(always)]
    fn log(self) -> R {
        Real::log(self)
    }
    #[inline(always)]
    fn recip(self) -> R {
        Real::recip(self).saturate()
    }
    #[inline(always)]
    fn in_order(self, b: R) -> [R; 2] {
        let m = self.lt(b);
        [R::select_smaller(m, self, b), R::select_larger(m, b, self)]
    }
    #[inline(always)]
    fn not_above_zero(self, holds: R::Mask) -> R {
        R::select(holds, self.minimum(R::lit(self.cx(), 0.0)), self)
    }
    #[inline(always)]
    fn select(m: R::Mask, a: R, b: R) -> R {
        Real::select(m, a, b)
    }
}

/// A number that moves along one direction more than `J` does: it, and by how much.
#[derive(Clone, Copy, Debug)]
pub struct Along<J> {
    at: J,
    by: J,
}

impl<J: Jet> Add for Along<J> {
    type Output = Self;
    #[inline(always)]
    fn add(self, b: Self) -> Self {
        Along { at: self.at + b.at, by: self.by + b.by }
    }
}
impl<J: Jet> Sub for Along<J> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, b: Self) -> Self {
        Along { at: self.at - b.at, by: self.by - b.by }
    }
}
impl<J: Jet> Mul for Along<J> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        Along { at: self.at * b.at, by: self.at * b.by + self.by * b.at }
    }
}

impl<J: Jet> Jet for Along<J> {
    type Real = J::Real;
    #[inline(always)]
    fn moving(at: J::Real, along: &[J::Real]) -> Self {
        Along { at: J::moving(at, &along[1..]), by: J::still(along[0]) }
    }
    #[inline(always)]
    fn still(at: J::Real) -> Self {
        Along { at: J::still(at), by: J::still(J::Real::lit(at.cx(), 0.0)) }
    }
    #[inline(always)]
    fn at(self) -> J::Real {
        self.at.at()
    }
    #[inline(always)]
    fn last(self) -> J::Real {
        self.by.last()
    }
    #[inline(always)]
    fn exp(self) -> Self {
        let exp = self.at.exp();
        Along { at: exp, by: exp * self.by }
    }
    #[inline(always)]
    fn log(self) -> Self {
        Along { at: self.at.log(), by: self.by * self.at.recip() }
    }
    #[inline(always)]
    fn recip(self) -> Self {
        let recip = self.at.recip();
        let zero = J::still(J::Real::lit(self.at().cx(), 0.0));
        Along { at: recip, by: zero - recip * recip * self.by }
    }
    #[inline(always)]
    fn in_order(self, b: Self) -> [Self; 2] {
        let m = self.at().lt(b.at());
        let [smaller, larger] = self.at.in_order(b.at);
        [Along { at: smaller, by: J::select(m, self.by, b.by) }, Along { at: larger, by: J::select(m, b.by, self.by) }]
    }
    #[inline(always)]
    fn not_above_zero(self, holds: <J::Real as Real>::Mask) -> Self {
        Along { at: self.at.not_above_zero(holds), by: self.by }
    }
    #[inline(always)]
    fn select(m: <J::Real as Real>::Mask, a: Self, b: Self) -> Self {
        Along { at: J::select(m, a.at, b.at), by: J::select(m, a.by, b.by) }
    }
}

/// How soft a minimum is.
#[derive(Clone, Copy)]
struct Smoothing<J> {
    s: J,
    /// 1/s
    inverse: J,
}

impl<J: Jet> Smoothing<J> {
    #[inline(always)]
    fn new(s: J) -> Self {
        Smoothing { s, inverse: s.recip() }
    }

    /// By how many times s a number is above another that is no larger.
    #[inline(always)]
    fn above(self, least: J, a: J) -> J {
        let above = (least - a) * self.inverse;
        if J::Real::SETS {
            let s = self.s.at();
            return above.not_above_zero(J::Real::lit(s.cx(), 0.0).lt(s));
        }
        above
    }

    /// The soft minimum of three.
    #[inline(always)]
    fn minimum(self, [a, b, c]: [J; 3]) -> J {
        let [low, high] = a.in_order(b);
        let [least, middle] = c.in_order(low);
        // the exponential of the smallest is 1
        let one = J::still(J::Real::lit(self.s.at().cx(), 1.0));
        let sum = one + self.above(least, middle).exp() + self.above(least, high).exp();
        least - self.s * sum.log()
    }

    /// The slopes of that in each of the three, and in s.
    #[inline(always)]
    fn slopes(self, [a, b, c]: [J; 3]) -> ([J; 3], J) {
        let [low, _] = a.in_order(b);
        let [least, _] = c.in_order(low);
        let above = [self.above(least, a), self.above(least, b), self.above(least, c)];
        let [p, q, r] = [above[0].exp(), above[1].exp(), above[2].exp()];
        let sum = p + q + r;
        let inverse = sum.recip();
        let shares = [p * inverse, q * inverse, r * inverse];
        let mean = shares[0] * above[0] + shares[1] * above[1] + shares[2] * above[2];
        (shares, mean - sum.log())
    }
}

/// What it costs to go from the beginnings of two series to their ends.
#[inline(always)]
pub fn value<R: Real, const N: usize, const M: usize>(u: &[R; N], v: &[R; M], s: R) -> R {
    let smoothing = Smoothing::new(s);
    // the costs of a row, from its beginning on, and of the row before
    let mut costs = [R::lit(s.cx(), 0.0); M];
    for (k, x) in u.iter().enumerate() {
        let (mut across, mut along) = (costs[0], costs[0]);
        for l in 0..M {
            let down = costs[l];
            let cost = (*x - v[l]).square();
            along = match (k, l) {
                (0, 0) => cost,
                (0, _) => cost + along,
                (_, 0) => cost + down,
                _ => cost + smoothing.minimum([along, down, across]),
            };
            (across, costs[l]) = (down, along);
        }
    }
    costs[M - 1]
}

/// The number at a place of the arguments, which moves as this place of the directions does.
#[inline(always)]
fn moving<J: Jet, const L: usize, const K: usize>(at: J::Real, along: &[&[J::Real; L]; K], place: usize) -> J {
    let mut by = [at; K];
    for (by, along) in by.iter_mut().zip(along) {
        *by = along[place];
    }
    J::moving(at, &by)
}

/// The slopes of that in the numbers of `u`, then in those of `v`, then in s: `L` is `N + M + 1`. With directions in all of these, `along`, it
/// is their derivative along each of these, one after the other, and `J` moves along as many.
#[inline(always)]
pub fn slopes<J: Jet, const N: usize, const M: usize, const L: usize, const K: usize>(
    u: &[J::Real; N],
    v: &[J::Real; M],
    s: J::Real,
    along: [&[J::Real; L]; K],
) -> [J::Real; L] {
    const { assert!(L == N + M + 1) };
    let zero = J::Real::lit(s.cx(), 0.0);
    let nothing = J::still(zero);
    let smoothing = Smoothing::new(moving::<J, L, K>(s, &along, N + M));
    let (mut x, mut y) = ([nothing; N], [nothing; M]);
    for k in 0..N {
        x[k] = moving::<J, L, K>(u[k], &along, k);
    }
    for l in 0..M {
        y[l] = moving::<J, L, K>(v[l], &along, N + l);
    }

    // what it costs to come to a pair of places
    let mut costs = [[nothing; M]; N];
    for k in 0..N {
        for l in 0..M {
            let difference = x[k] - y[l];
            let cost = difference * difference;
            costs[k][l] = match (k, l) {
                (0, 0) => cost,
                (0, _) => cost + costs[k][l - 1],
                (_, 0) => cost + costs[k - 1][l],
                _ => cost + smoothing.minimum([costs[k][l - 1], costs[k - 1][l], costs[k - 1][l - 1]]),
            };
        }
    }

    // how much of the way goes by each pair of places: of a row, and of the row before
    let (mut in_u, mut in_v, mut in_s) = ([nothing; N], [nothing; M], nothing);
    let mut here = [nothing; M];
    here[M - 1] = J::still(J::Real::lit(s.cx(), 1.0));
    for k in (0..N).rev() {
        let mut before = [nothing; M];
        let mut of_row = nothing;
        for l in (0..M).rev() {
            let part = here[l];
            let slope = part * (x[k] - y[l]);
            of_row = of_row + slope;
            in_v[l] = in_v[l] - slope;
            match (k, l) {
                (0, 0) => {}
                (0, _) => here[l - 1] = here[l - 1] + part,
                (_, 0) => before[l] = before[l] + part,
                _ => {
                    let from = [costs[k][l - 1], costs[k - 1][l], costs[k - 1][l - 1]];
                    let ([along, down, across], in_smoothing) = smoothing.slopes(from);
                    here[l - 1] = here[l - 1] + part * along;
                    before[l] = before[l] + part * down;
                    before[l - 1] = before[l - 1] + part * across;
                    in_s = in_s + part * in_smoothing;
                }
            }
        }
        in_u[k] = of_row;
        here = before;
    }

    let mut out = [zero; L];
    let two = J::Real::lit(s.cx(), 2.0);
    for k in 0..N {
        out[k] = in_u[k].last() * two;
    }
    for l in 0..M {
        out[N + l] = in_v[l].last() * two;
    }
    out[N + M] = in_s.last();
    out
}
