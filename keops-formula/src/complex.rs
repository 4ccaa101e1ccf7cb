//! Complex values: pairs of numbers, of which the graph knows nothing.
//!
//! What is done with them is written here in terms of their parts. What has a complex derivative states it
//! (`with_slopes`), where that of the parts would overflow or cancel.

pub mod function;

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::function::Function;
use crate::function::angle::ratio;
use crate::graph::{Graph, NodeId};
use crate::op::{Digit, Op};
use crate::term::{Term, build};
use crate::types::Reading;

/// The nodes of a value: one, or one for each part of a complex number. The parts have one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Value {
    /// A number, an integer or a truth; of a complex number the real part.
    pub(crate) re: NodeId,
    /// The imaginary part of a complex number.
    pub(crate) im: Option<NodeId>,
}

impl From<NodeId> for Value {
    fn from(re: NodeId) -> Self {
        Value { re, im: None }
    }
}

impl Value {
    /// What is read from a node whose numbers lie as those of operands and results do.
    pub(crate) fn read(g: &mut Graph, n: NodeId, reading: Reading) -> Self {
        let half = g.shape(n).len().unwrap_or_default() / 2;
        let (re, im) = match reading {
            Reading::Real => return n.into(),
            Reading::Complex => (g.insert(Op::Component(n, 0)), g.insert(Op::Component(n, 1))),
            Reading::Complexes => {
                let parts = g.view(n, Digit::all(&[(2, 1), (half, 2)]));
                (g.insert(Op::Slice(parts, 0, half)), g.insert(Op::Slice(parts, half, 2 * half)))
            }
        };
        Value { re, im: Some(im) }
    }

    /// The node whose numbers lie as those of operands and results do, if its shape is known, and how they are read.
    pub(crate) fn written(self, g: &mut Graph) -> Option<(NodeId, Reading)> {
        let Some(im) = self.im else { return Some((self.re, Reading::Real)) };
        let len = g.shape(self.re).len()?;
        let reading = Reading::of_complex(!g.shape(self.re).is_scalar());
        // what has just been read
        let mut source = g.args(self.re).first().copied();
        if let Some(Op::View(n, _)) = source.filter(|_| reading == Reading::Complexes).map(|n| g.op(n)) {
            source = Some(*n);
        }
        if let Some(n) = source.filter(|n| g.shape(*n).len() == Some(2 * len))
            && Value::read(g, n, reading) == self
        {
            return Some((n, reading));
        }
        let parts = g.insert(Op::Concat(vec![self.re, im]));
        Some((g.view(parts, Digit::all(&[(len, 1), (2, len)])), reading))
    }

    /// What terms make of values.
    pub(crate) fn built(g: &mut Graph, args: &[Self], f: impl for<'g> Fn(&[Complex<'g>]) -> Complex<'g>) -> Self {
        let nodes: Vec<NodeId> = args.iter().flat_map(|v| v.nodes()).collect();
        build(g, &nodes, |terms| {
            let mut taken = 0;
            let mut next = || {
                taken += 1;
                terms[taken - 1]
            };
            let complex = |v: &Self| Complex { re: next(), im: v.im.map(|_| next()) };
            let Complex { re, im } = f(&args.iter().map(complex).collect::<Vec<_>>());
            Value { re: re.node(), im: im.map(Term::node) }
        })
    }

    /// Its nodes.
    pub(crate) fn nodes(self) -> impl Iterator<Item = NodeId> {
        [self.re].into_iter().chain(self.im)
    }
}

/// A complex number, or a vector of them, or a real value, which has no imaginary part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Complex<'g> {
    pub(crate) re: Term<'g>,
    pub(crate) im: Option<Term<'g>>,
}

impl<'g> Complex<'g> {
    pub(crate) fn real(re: Term<'g>) -> Self {
        Complex { re, im: None }
    }

    /// Of parts that meet: a number and a vector are a vector.
    pub(crate) fn new(re: Term<'g>, im: Term<'g>) -> Self {
        let shape = re.shape().join(&im.shape()).unwrap_or_else(|_| re.shape());
        Complex { re: re.broadcast(&shape), im: Some(im.broadcast(&shape)) }
    }

    /// Its imaginary part, which is 0 where it has none.
    pub(crate) fn imaginary(self) -> Term<'g> {
        self.im.unwrap_or_else(|| self.re.lit(0.0).broadcast(&self.re.shape()))
    }

    /// The same of both parts: for what is linear.
    fn each(self, f: impl Fn(Term<'g>) -> Term<'g>) -> Self {
        Complex { re: f(self.re), im: self.im.map(f) }
    }

    /// `a` where a truth holds, else `b`.
    pub(crate) fn choice(holds: Term<'g>, a: Self, b: Self) -> Self {
        Complex::new(holds.select(a.re, b.re), holds.select(a.imaginary(), b.imaginary()))
    }

    /// The same value, whose complex derivative in each of these is stated.
    pub(crate) fn with_slopes(self, slopes: &[(Self, Self)]) -> Self {
        let (mut of_re, mut of_im) = (vec![], vec![]);
        for (z, slope) in slopes {
            let (re, im) = (slope.re, slope.imaginary());
            of_re.push((z.re, re));
            of_im.push((z.re, im));
            if let Some(y) = z.im {
                of_re.push((y, -im));
                of_im.push((y, re));
            }
        }
        Complex { re: self.re.with_slopes(&of_re), im: Some(self.imaginary().with_slopes(&of_im)) }
    }

    /// The same value, and 0 where this truth holds.
    fn unless(self, is_zero: Term<'g>) -> Self {
        self.each(|part| is_zero.select(part.lit(0.0), part))
    }

    /// Whether it is 0: a truth.
    fn is_zero(self) -> Term<'g> {
        (self.re.abs() + self.imaginary().abs()).eq(self.re.lit(0.0))
    }

    pub(crate) fn conj(self) -> Self {
        Complex { im: self.im.map(|im| -im), ..self }
    }

    /// The modulus, which neither over- nor underflows on the way.
    pub(crate) fn abs(self) -> Self {
        Complex::real(self.im.map_or_else(|| self.re.abs(), |im| self.re.call_with(Function::Hypot, im)))
    }

    /// The square of the modulus.
    pub(crate) fn sqabs(self) -> Self {
        let square = self.re.square();
        Complex::real(self.im.map_or(square, |im| square + im.square()))
    }

    pub(crate) fn arg(self) -> Self {
        Complex::real(self.imaginary().call_with(Function::Atan2, self.re))
    }

    /// (a + ib)² = (a + b)(a − b) + 2ab i
    pub(crate) fn square(self) -> Self {
        match self.im {
            None => Complex::real(self.re.square()),
            Some(im) => Complex::new((self.re + im) * (self.re - im), (self.re + self.re) * im),
        }
    }

    pub(crate) fn inv(self) -> Self {
        Complex::real(self.re.lit(1.0)) / self
    }

    /// e^z. Where `z` is real, it is: 0 · ∞ does not happen.
    pub(crate) fn exp(self) -> Self {
        let (size, angle) = (self.re.exp(), self.imaginary());
        let (cos, sin) = (angle.call(Function::Cos), angle.call(Function::Sin));
        let value = Complex::new(size * cos, angle.eq(angle.lit(0.0)).select(angle, size * sin));
        value.with_slopes(&[(self, value)])
    }

    /// e^(iz)
    pub(crate) fn cis(self) -> Self {
        match self.im {
            None => Complex::new(self.re.call(Function::Cos), self.re.call(Function::Sin)),
            Some(im) => Complex::new(-im, self.re).exp(),
        }
    }

    /// The logarithm of the larger part and that of its quotient with the modulus: nothing overflows, and near 1 nothing cancels
    /// that is not small beside the angle.
    pub(crate) fn log(self) -> Self {
        let (large, ratio) = ratio(self.re.abs(), self.imaginary().abs());
        let size = large.log() + ratio.square().call(Function::Log1p) * 0.5;
        Complex::new(size, self.arg().re).with_slopes(&[(self, self.inv())])
    }

    /// The root with the larger part first: √(|z| + |a|) does not cancel, and the other part is a quotient by it. All of it is
    /// scaled by the larger of |a| and |b|.
    pub(crate) fn sqrt(self) -> Self {
        let (re, im, zero) = (self.re, self.imaginary(), self.re.lit(0.0));
        let (a, b) = (re.abs(), im.abs());
        let is_steep = a.le(b);
        let (large, ratio) = ratio(a, b);
        let length = (ratio.square() + 1.0).sqrt();
        let inner = ((is_steep.select(ratio, ratio.lit(1.0)) + length) * 0.5).sqrt();
        let outer = large.sqrt();
        let first = outer * inner;
        let other = is_steep.select(outer / (inner + inner), b / (first + first));
        let is_left = re.lt(zero);
        let value = Complex::new(is_left.select(other, first), is_left.select(first, other).with_sign_of(im));
        // as the root of a number, it has no slope at 0
        let slope = (Complex::real(re.lit(0.5)) / value).unless(self.is_zero());
        value.with_slopes(&[(self, slope)])
    }

    /// z^w: a literal integer by products, a literal ½ by the root, and any other by e^(w log z).
    pub(crate) fn pow(self, w: Self) -> Self {
        match w.re.constant().filter(|_| w.im.is_none()) {
            Some(0.5) => return self.sqrt(),
            Some(n) if n.fract() == 0.0 && n.abs() <= LARGEST_POWER => {
                return if n < 0.0 { self.inv().integer_power(-n as u32) } else { self.integer_power(n as u32) };
            }
            _ => {}
        }
        let (log, is_zero, zero) = (self.log(), self.is_zero(), self.re.lit(0.0));
        let value = (w * log).exp();
        // 0 to a power is no exponential, for there is none of 0 · ∞
        let (falls, is_flat) = (zero.lt(w.re), w.is_zero());
        let of_zero = |limit, part| is_zero.select(falls.select(zero, is_flat.select(limit, part)), part);
        let value = Complex::new(of_zero(zero.lit(1.0), value.re), of_zero(zero, value.imaginary()));
        let slope = (w * value / self).unless(is_zero);
        let growth = (value * log).unless(is_zero);
        value.with_slopes(&[(self, slope), (w, growth)])
    }

    fn integer_power(self, n: u32) -> Self {
        let (mut power, mut square, mut rest) = (None, self, n);
        while rest > 0 {
            if rest % 2 == 1 {
                power = Some(power.map_or(square, |power: Self| power * square));
            }
            rest /= 2;
            if rest > 0 {
                square = square.square();
            }
        }
        power.unwrap_or_else(|| Complex::new(self.re.lit(1.0), self.re.lit(0.0).broadcast(&self.re.shape())))
    }

    /// cos(a + ib) = cos a cosh b − i sin a sinh b
    pub(crate) fn cos(self) -> Self {
        let [cos, sin, cosh, sinh] = self.waves();
        Complex::new(cos * cosh, -(sin * sinh))
    }

    /// sin(a + ib) = sin a cosh b + i cos a sinh b
    pub(crate) fn sin(self) -> Self {
        let [cos, sin, cosh, sinh] = self.waves();
        Complex::new(sin * cosh, cos * sinh)
    }

    fn waves(self) -> [Term<'g>; 4] {
        let (re, im) = (self.re, self.imaginary());
        [re.call(Function::Cos), re.call(Function::Sin), im.call(Function::Cosh), im.call(Function::Sinh)]
    }

    /// cosh z = cos iz
    pub(crate) fn cosh(self) -> Self {
        Complex::new(-self.imaginary(), self.re).cos()
    }

    /// sinh z = −i sin iz
    pub(crate) fn sinh(self) -> Self {
        let turned = Complex::new(-self.imaginary(), self.re).sin();
        Complex::new(turned.imaginary(), -turned.re)
    }

    /// With q = e^(−2|a|) and p = 1 − q it is (±p (1 + q) + 4iq sin b cos b) / |w|², where w = (1 + q) cos b ± ip sin b is
    /// 2 e^(−|a|) cosh(a + ib): nothing overflows, and the slope, 4q / w², has no difference that cancels. |a| is a choice of
    /// signs here, which has a slope at 0, for the next derivative.
    pub(crate) fn tanh(self) -> Self {
        let (re, angle) = (self.re, self.imaginary());
        let exponent = re.with_sign_of(re) * -2.0;
        let (q, p) = (exponent.exp(), -exponent.call(Function::Expm1));
        let (cos, sin) = (angle.call(Function::Cos), angle.call(Function::Sin));
        let q4 = q * 4.0;
        let length = p.square() + q4 * cos.square();
        let value = Complex::new((p * (q + 1.0) / length).with_sign_of(re), q4 * sin * cos / length);
        let inverse = Complex::new((q + 1.0) * cos / length, -(p * sin / length).with_sign_of(re));
        value.with_slopes(&[(self, Complex::real(q4) * inverse.square())])
    }

    /// tan z = −i tanh iz
    pub(crate) fn tan(self) -> Self {
        let turned = Complex::new(-self.imaginary(), self.re).tanh();
        Complex::new(turned.imaginary(), -turned.re)
    }

    pub(crate) fn sum(self) -> Self {
        self.each(Term::sum)
    }

    /// Σ ūₖ vₖ
    pub(crate) fn dot(self, v: Self) -> Self {
        (self.conj() * v).sum()
    }

    /// Σ |uₖ|²
    pub(crate) fn sqnorm(self) -> Self {
        let squares = self.re.square().sum();
        Complex::real(self.im.map_or(squares, |im| squares + im.square().sum()))
    }

    pub(crate) fn norm(self) -> Self {
        Complex::real(self.sqnorm().re.sqrt())
    }

    pub(crate) fn normalize(self) -> Self {
        let scale = self.sqnorm().re.rsqrt();
        self.each(|part| part * scale)
    }
}

/// The largest exponent that is expanded into products.
const LARGEST_POWER: f64 = 64.0;

impl Neg for Complex<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.each(|part| -part)
    }
}

impl Add for Complex<'_> {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        let re = self.re + b.re;
        match (self.im, b.im) {
            (Some(x), Some(y)) => Complex::new(re, x + y),
            (Some(im), None) | (None, Some(im)) => Complex::new(re, im),
            (None, None) => Complex::real(re),
        }
    }
}

impl Sub for Complex<'_> {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        let re = self.re - b.re;
        match (self.im, b.im) {
            (Some(x), Some(y)) => Complex::new(re, x - y),
            (Some(im), None) => Complex::new(re, im),
            (None, Some(im)) => Complex::new(re, -im),
            (None, None) => Complex::real(re),
        }
    }
}

impl Mul for Complex<'_> {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        match (self.im, b.im) {
            (Some(x), Some(y)) => Complex::new(self.re * b.re - x * y, self.re * y + x * b.re),
            (Some(im), None) => Complex::new(self.re * b.re, im * b.re),
            (None, Some(im)) => Complex::new(self.re * b.re, self.re * im),
            (None, None) => Complex::real(self.re * b.re),
        }
    }
}

/// Smith's quotient: by the larger part of the divisor, so that no square of it is taken, which might over- or underflow.
impl Div for Complex<'_> {
    type Output = Self;
    fn div(self, w: Self) -> Self {
        let Some(d) = w.im else { return self.each(|part| part / w.re) };
        let (c, zero) = (w.re, w.re.lit(0.0));
        let is_steep = c.abs().lt(d.abs());
        let (large, small) = (is_steep.select(d, c), is_steep.select(c, d));
        let quotient = small / large;
        // where both are 0, or infinite, the larger one decides
        let is_number = quotient.eq(quotient);
        let ratio = is_number.select(quotient, zero);
        let length = large + is_number.select(small * quotient, zero);
        let short = length.recip();
        let turned = short * ratio;
        let inverse = Complex::new(is_steep.select(turned, short), -is_steep.select(short, turned));
        let value = match self.im {
            None => {
                let (far, near) = (self.re / length, self.re * ratio / length);
                Complex::new(is_steep.select(near, far), -is_steep.select(far, near))
            }
            Some(im) => {
                let (p, q) = (is_steep.select(im, self.re), is_steep.select(self.re, im));
                let re = (p + q * ratio) / length;
                let im = (q - p * ratio) / length;
                Complex::new(re, is_steep.select(-im, im))
            }
        };
        value.with_slopes(&[(self, inverse), (w, -(value * inverse))])
    }
}
