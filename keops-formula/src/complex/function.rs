//! The functions of complex numbers, one row each: those that only they have, and what functions of real numbers mean for them.

use super::Complex;
use crate::function::{Function, arguments_of, name_of};

/// A function of complex numbers.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    call: &'static str,
    line: &'static str,
    pub(crate) build: Build,
    shapes: Shapes,
    gradients: &'static [&'static str],
}

/// Which shapes a function takes, for its documentation.
#[derive(Clone, Copy, Debug)]
pub enum Shapes {
    /// Numbers and vectors, component by component.
    Each,
    /// Numbers and vectors, of which it makes a number.
    Fold,
    /// For example these dimensions, 0 for a number, of arguments that are no literals.
    Of(&'static [usize]),
}
use Shapes::{Each, Fold, Of};

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
    Row { call, line, build, shapes: Each, gradients: &[] }
}

/// All rows, in the order of the table.
pub const ALL: &[Row] = &[
    row(
        "complex(u, v)",
        "the complex number u + iv of real u and v; the imaginary unit is `complex(0, 1)`",
        OfReal(|a| Complex::new(a[0].re, a[1].re)),
    ).stating(&["`re(e)`", "`im(e)`"]),
    row("cis(u)", "cos u + i sin u, that is e^(iu)", OfComplex(|a| a[0].cis())).stating(&["`re(conj(complex(0, 1) * cis(u)) * e)`"]),
    row("re(z)", "real part", OfComplex(|a| Complex::real(a[0].re))).stating(&["`complex(e, 0)`"]),
    row("im(z)", "imaginary part", OfComplex(|a| Complex::real(a[0].imaginary()))).stating(&["`complex(0, e)`"]),
    row("conj(z)", "complex conjugate", OfComplex(|a| a[0].conj())).stating(&["`conj(e)`"]),
    row("abs(z)", "modulus, which does not overflow; its gradient at 0 is 0", OfComplex(|a| a[0].abs())).stating(&["`e * z / abs(z)`"]),
    row("sqabs(z)", "square of the modulus", OfComplex(|a| a[0].sqabs())).stating(&["`2 * e * z`"]),
    row(
        "arg(z)",
        "angle from −π to π, π on the negative axis (zeros have no sign), and 0 at 0, where its gradient is 0",
        OfComplex(|a| a[0].arg()),
    ).stating(&["`complex(0, 1) * e * z / sqabs(z)`"]),
    row("exp(z)", "exponential", OfComplex(|a| a[0].exp())).stating(&["`e * conj(exp(z))`"]),
    row(
        "log(z)",
        "logarithm, log |z| + i arg z: its cut is the negative axis, where the imaginary part is π; −∞ at 0",
        OfComplex(|a| a[0].log()),
    ).stating(&["`e / conj(z)`"]),
    row(
        "sqrt(z)",
        "the square root whose real part is not negative, and on the negative axis, its cut, whose imaginary part is not; its gradient at 0 is 0",
        OfComplex(|a| a[0].sqrt()),
    ).stating(&["`e / conj(2 * sqrt(z))`"]),
    row("square(z)", "z²", OfComplex(|a| a[0].square())).stating(&["`e * conj(2 * z)`"]),
    row("inv(z)", "1/z", OfComplex(|a| a[0].inv())).stating(&["`-e / conj(z)^2`"]),
    row(
        "pow(z, w)",
        "z to the power w, also written `z^w`: e^(w log z), with the cut of `log`; an integer literal w is expanded into products. 0 to a power whose real part is above 0 is 0, with a gradient of 0",
        OfComplex(|a| a[0].pow(a[1])),
    ).stating(&["`e * conj(w * z^(w - 1))`", "`e * conj(z^w * log(z))`"]),
    row("sin(z)", "sine", OfComplex(|a| a[0].sin())).stating(&["`e * conj(cos(z))`"]),
    row("cos(z)", "cosine", OfComplex(|a| a[0].cos())).stating(&["`-e * conj(sin(z))`"]),
    row("tan(z)", "tangent, ±i far from the real axis: nothing overflows", OfComplex(|a| a[0].tan())).stating(&["`e / conj(cos(z))^2`"]),
    row("sinh(z)", "hyperbolic sine", OfComplex(|a| a[0].sinh())).stating(&["`e * conj(cosh(z))`"]),
    row("cosh(z)", "hyperbolic cosine", OfComplex(|a| a[0].cosh())).stating(&["`e * conj(sinh(z))`"]),
    row("tanh(z)", "hyperbolic tangent, ±1 far from the imaginary axis: nothing overflows", OfComplex(|a| a[0].tanh())).stating(&["`e / conj(cosh(z))^2`"]),
    row("sum(z)", "sum of the components", OfComplex(|a| a[0].sum())).of(Fold).stating(&["e in each place"]),
    row(
        "dot(z, w)",
        "Σ z̄ₖ wₖ, also written `(z | w)`: the first is conjugated; without that `sum(z * w)`",
        OfComplex(|a| a[0].dot(a[1])),
    ).of(Fold).stating(&["`w * conj(e)`", "`z * e`"]),
    row("sqnorm(z)", "Σ |zₖ|²", OfComplex(|a| a[0].sqnorm())).of(Fold).stating(&["`2 * e * z`"]),
    row("norm(z)", "its root; its gradient at the zero vector is 0", OfComplex(|a| a[0].norm())).of(Fold).stating(&["`e * normalize(z)`"]),
    row("sqdist(z, w)", "Σ |zₖ − wₖ|²", OfComplex(|a| (a[0] - a[1]).sqnorm())).of(Fold).stating(&["`2 * e * (z - w)`", "`2 * e * (w - z)`"]),
    row("normalize(z)", "z divided by its length; the zero vector stays", OfComplex(|a| a[0].normalize())).of(Of(&[3])).stating(&["`(e - normalize(z) * re((normalize(z) | e))) / norm(z)`"]),
    row("elem(z, k)", "component k, also written `z[k]`", Linear(Function::Elem)).of(Of(&[3])).stating(&["e in place k, 0 in others"]),
    row("concat(z, w)", "the components of z, then those of w; also written `[z, w]`", List).of(Of(&[3, 2])).stating(&["the components of e that are those of z", "the components of e that are those of w"]),
    row("cross(z, w)", "cross product of vectors of 3, without conjugation", Bilinear(Function::Cross)).of(Of(&[3, 3])).stating(&["`cross(conj(w), e)`", "`cross(e, conj(z))`"]),
    row(
        "outer(z, w)",
        "all products of a component of z and one of w, row by row, without conjugation",
        Bilinear(Function::Outer),
    ).of(Of(&[2, 3])).stating(&["`matvec(e, conj(w))`", "`vecmat(conj(z), e)`"]),
    row("matvec(a, z)", "product of a matrix, row by row, and a vector", Bilinear(Function::Matvec)).of(Of(&[6, 3])).stating(&["`outer(e, conj(z))`", "`vecmat(e, conj(a))`"]),
    row(
        "vecmat(z, a)",
        "product of a vector and a matrix, row by row, without conjugation",
        Bilinear(Function::Vecmat),
    ).of(Of(&[2, 6])).stating(&["`matvec(conj(a), e)`", "`outer(conj(z), e)`"]),
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
    const fn of(self, shapes: Shapes) -> Self {
        Row { shapes, ..self }
    }
    const fn stating(self, gradients: &'static [&'static str]) -> Self {
        Row { gradients, ..self }
    }
    /// Which shapes it takes.
    pub fn shapes(&self) -> Shapes {
        self.shapes
    }
    /// The gradient of ⟨e, f⟩ in each argument that is no literal: a formula of the arguments and `e`, in backquotes, or what it is in words. Of complex values
    /// ⟨e, f⟩ is Re(ē f).
    pub fn gradients(&self) -> &'static [&'static str] {
        self.gradients
    }
    /// The names of its arguments: `u` and `v` are real, `k` is a literal, and others are complex.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        arguments_of(self.call)
    }
    /// How many arguments it takes.
    pub fn arity(&self) -> usize {
        self.names().count()
    }
}
