//! The functions of complex numbers, one row each: those that only they have, and what functions of real numbers mean for them.

use super::Complex;
use crate::function::{Function, name_of};

/// A function of complex numbers.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    call: &'static str,
    line: &'static str,
    pub(crate) build: Build,
}

/// How a function is built.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Build {
    /// Of real numbers, which become the parts of a complex one.
    OfReal(for<'g> fn(&[Complex<'g>]) -> Complex<'g>),
    /// Of complex numbers.
    OfComplex(for<'g> fn(&[Complex<'g>]) -> Complex<'g>),
    /// What is linear in its first argument, and has literals behind it: the function of real numbers, of each part.
    Linear(Function),
    /// What is linear in each of two arguments: the function of real numbers, of all pairs of parts.
    Bilinear(Function),
    /// The arguments one after the other.
    List,
}
use Build::{Bilinear, Linear, List, OfComplex, OfReal};

const fn row(call: &'static str, line: &'static str, build: Build) -> Row {
    Row { call, line, build }
}

/// All rows, in the order of the table.
pub const ALL: &[Row] = &[
    row(
        "complex(u, v)",
        "the complex number u + iv of real u and v; the imaginary unit is `complex(0, 1)`",
        OfReal(|a| Complex::new(a[0].re, a[1].re)),
    ),
    row("cis(u)", "cos u + i sin u, that is e^(iu)", OfComplex(|a| a[0].cis())),
    row("re(z)", "real part", OfComplex(|a| Complex::real(a[0].re))),
    row("im(z)", "imaginary part", OfComplex(|a| Complex::real(a[0].imaginary()))),
    row("conj(z)", "complex conjugate", OfComplex(|a| a[0].conj())),
    row("abs(z)", "modulus, which does not overflow; its gradient at 0 is 0", OfComplex(|a| a[0].abs())),
    row("sqabs(z)", "square of the modulus", OfComplex(|a| a[0].sqabs())),
    row(
        "arg(z)",
        "angle from −π to π, π on the negative axis (zeros have no sign), and 0 at 0, where its gradient is 0",
        OfComplex(|a| a[0].arg()),
    ),
    row("exp(z)", "exponential", OfComplex(|a| a[0].exp())),
    row(
        "log(z)",
        "logarithm, log |z| + i arg z: its cut is the negative axis, where the imaginary part is π; −∞ at 0",
        OfComplex(|a| a[0].log()),
    ),
    row(
        "sqrt(z)",
        "the square root whose real part is not negative, and on the negative axis, its cut, whose imaginary part is not; its gradient at 0 is 0",
        OfComplex(|a| a[0].sqrt()),
    ),
    row("square(z)", "z²", OfComplex(|a| a[0].square())),
    row("inv(z)", "1/z", OfComplex(|a| a[0].inv())),
    row(
        "pow(z, w)",
        "z to the power w, also written `z^w`: e^(w log z), with the cut of `log`; an integer literal w is expanded into products. 0 to a power whose real part is above 0 is 0, with a gradient of 0",
        OfComplex(|a| a[0].pow(a[1])),
    ),
    row("sin(z)", "sine", OfComplex(|a| a[0].sin())),
    row("cos(z)", "cosine", OfComplex(|a| a[0].cos())),
    row("tan(z)", "tangent, ±i far from the real axis: nothing overflows", OfComplex(|a| a[0].tan())),
    row("sinh(z)", "hyperbolic sine", OfComplex(|a| a[0].sinh())),
    row("cosh(z)", "hyperbolic cosine", OfComplex(|a| a[0].cosh())),
    row("tanh(z)", "hyperbolic tangent, ±1 far from the imaginary axis: nothing overflows", OfComplex(|a| a[0].tanh())),
    row("sum(z)", "sum of the components", OfComplex(|a| a[0].sum())),
    row(
        "dot(z, w)",
        "Σ z̄ₖ wₖ, also written `(z | w)`: the first is conjugated; without that `sum(z * w)`",
        OfComplex(|a| a[0].dot(a[1])),
    ),
    row("sqnorm(z)", "Σ |zₖ|²", OfComplex(|a| a[0].sqnorm())),
    row("norm(z)", "its root; its gradient at the zero vector is 0", OfComplex(|a| a[0].norm())),
    row("sqdist(z, w)", "Σ |zₖ − wₖ|²", OfComplex(|a| (a[0] - a[1]).sqnorm())),
    row("normalize(z)", "z divided by its length; the zero vector stays", OfComplex(|a| a[0].normalize())),
    row("elem(z, k)", "component k, also written `z[k]`", Linear(Function::Elem)),
    row("concat(z, w)", "the components of z, then those of w; also written `[z, w]`", List),
    row("cross(z, w)", "cross product of vectors of 3, without conjugation", Bilinear(Function::Cross)),
    row(
        "outer(z, w)",
        "all products of a component of z and one of w, row by row, without conjugation",
        Bilinear(Function::Outer),
    ),
    row("matvec(a, z)", "product of a matrix, row by row, and a vector", Bilinear(Function::Matvec)),
    row(
        "vecmat(z, a)",
        "product of a vector and a matrix, row by row, without conjugation",
        Bilinear(Function::Vecmat),
    ),
];

impl Row {
    /// The row of the function with this name.
    pub(crate) fn from_name(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|row| row.name() == name)
    }
    /// The name in formulas.
    pub fn name(&self) -> &'static str {
        name_of(self.call)
    }
    /// How it is written.
    pub fn call(&self) -> &'static str {
        self.call
    }
    /// What it means, in a line.
    pub fn line(&self) -> &'static str {
        self.line
    }
    /// How many arguments it takes.
    pub fn arity(&self) -> usize {
        self.call.split(", ").count()
    }
}
