//! The vocabulary of functions: what a user can write, one row each.
//!
//! A [`Row`] holds all that is known of a function: how it is called, a line of documentation, its signature, where it is
//! tried in tests, its meaning on plain numbers, and how it is built. Most functions are *composed* of the few operations of
//! [`op`](mod@crate::op), and differentiate by themselves; where the derivative of the parts would be unstable, the row states
//! it by [`Graph::with_slopes`](crate::graph::Graph::with_slopes). An *elementary* function is a method of keops-core's `Real` by the same name, and states its
//! slopes.
//!
//! To add a function: add its row; for an elementary one, also its row in keops-core's list and its polynomial in `math`.
//! Generic tests over [`Function::ALL`] try each row: its value, its gradients of orders 1 and 2, and special values.

use crate::calculus::Derivative;
use crate::complex;
use crate::integer;
use crate::op::Slopes::{Exponential, Finite, Infinite, Vanishing};
use crate::op::{Compare, Unary};
use crate::rule::{component, concatenation, same};
use crate::term::concat;

pub(crate) mod angle;
mod hyperbolic;
mod kernel;
mod matrix;
mod nilpotent;
mod rounding;
mod row;
mod special;
mod spline;
mod tensor;
mod vector;
pub(crate) mod warping;

pub use row::{Flaw, Meaning, Parameter, Row, Signature};
pub(crate) use row::{arguments_of, name_of};

use Parameter::{Between, List, Literal, Of, Signed};
use row::{map, whole};

/// Stamps out [`Function`] from sections of rows.
macro_rules! rows {
    ($( $section:literal { $( $variant:ident = $row:expr; )* } )*) => {
        /// A function of the language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Function { $( $( $variant, )* )* }

        impl Function {
            /// All functions, section after section.
            pub const ALL: &[Self] = &[ $( $( Self::$variant, )* )* ];
            /// The functions of each section of the documentation.
            pub const SECTIONS: &[(&str, &[Self])] = &[ $( ($section, &[ $( Self::$variant, )* ]), )* ];

            fn row(self) -> &'static Row {
                match self { $( $( Self::$variant => const { &$row }, )* )* }
            }
        }
    };
}

/// Moderate numbers of either sign.
const ANY: Parameter = Between(-3.0, 3.0);
/// Numbers above 0.
const POSITIVE: Parameter = Between(0.1, 4.0);

rows! {
    "Powers and roots" {
        Square = map("square(u)", "u²", &[ANY], |a| a[0] * a[0])
            .gradients(&["`2 * e * u`"])
            .composed(|a| a[0].square());
        Inv = map("inv(u)", "1/u", &[POSITIVE], |a| 1.0 / a[0])
            .gradients(&["`-e / u^2`"])
            .composed(|a| a[0].recip());
        Sqrt = map("sqrt(u)", "square root; NaN below 0. Its gradient at 0 is 0", &[POSITIVE], |a| a[0].sqrt())
            .gradients(&["`e / (2 * sqrt(u))`"])
            .composed(|a| a[0].sqrt());
        Rsqrt = map("rsqrt(u)", "1/√u, and 0 at 0", &[POSITIVE], |a| rsqrt(a[0]))
            .gradients(&["`-e * rsqrt(u)^3 / 2`"])
            .composed(|a| a[0].rsqrt());
        Cbrt = map("cbrt(u)", "cube root, of negative numbers too. Its gradient at 0 is 0", &[POSITIVE], |a| a[0].cbrt())
            .gradients(&["`e / (3 * cbrt(u)^2)`"])
            .composed(kernel::cbrt);
        Hypot = map("hypot(u, v)", "√(u² + v²), which does not overflow; its gradient at (0, 0) is 0", &[ANY, ANY], |a| {
            if a[0].is_nan() || a[1].is_nan() { f64::NAN } else { a[0].hypot(a[1]) }
        })
        .gradients(&["`e * u / hypot(u, v)`", "`e * v / hypot(u, v)`"])
        .flawed("where u or v is infinite", is_infinite)
        .composed(angle::hypot);
        Pow = map(
            "pow(u, v)",
            "u to the power v, also written `u^v`; an integer literal v is expanded into products. Where u is 0 and v between 0 and 1 the gradient in u is 0",
            &[POSITIVE, Between(-2.0, 2.0)],
            |a| a[0].powf(a[1]),
        )
        .gradients(&["`e * v * u^(v - 1)`", "`e * u^v * log(u)`"])
        .flawed("in v where u is below 0, and where u or v is infinite", |a| {
            a[0] < 0.0 || is_infinite(a)
        })
        .elementary(Infinite, |g, a, power| {
            let (u, v, zero, one) = (a[0], a[1], g.lit(0.0), g.lit(1.0));
            let less = g.sub(v, one);
            let lower = g.pow(u, less);
            let slope = g.mul(v, lower);
            // u⁰ is 1 everywhere, and uᵛ log u tends to 0 with u
            let (flat, at_zero) = (g.compare(Compare::Eq, v, zero), g.compare(Compare::Eq, u, zero));
            // a root has no slope at 0, as `sqrt`
            let (is_root, is_power) = (g.compare(Compare::Lt, v, one), g.compare(Compare::Lt, zero, v));
            let is_root = g.and(is_root, is_power);
            let at_root = g.and(is_root, at_zero);
            let slope = g.select(at_root, zero, slope);
            let slope = g.select(flat, zero, slope);
            let log = Function::Log.of(g, &[u]);
            let growth = g.mul(power, log);
            vec![slope, g.select(at_zero, zero, growth)]
        });
    }
    "Exponentials and logarithms" {
        Exp = map("exp(u)", "exponential", &[ANY], |a| a[0].exp())
            .gradients(&["`e * exp(u)`"])
            .elementary(Exponential, |_, _, exp| vec![exp]);
        Exp2 = map("exp2(u)", "2 to the power u", &[ANY], |a| a[0].exp2())
            .gradients(&["`e * log(2) * exp2(u)`"])
            .elementary(Exponential, |g, _, power| {
                let ln2 = g.lit(std::f64::consts::LN_2);
                vec![g.mul(ln2, power)]
            });
        Log = map("log(u)", "natural logarithm; −∞ at 0, NaN below", &[POSITIVE], |a| a[0].ln())
            .gradients(&["`e / u`"])
            .elementary(Infinite, |g, a, _| vec![g.unary(Unary::Recip, a[0])]);
        Log1p = map("log1p(u)", "log(1 + u), accurate near 0; −∞ at −1, NaN below", &[Between(-0.8, 4.0)], |a| a[0].ln_1p())
            .gradients(&["`e / (1 + u)`"])
            .elementary(Infinite, |g, a, _| {
                let one = g.lit(1.0);
                let sum = g.add(one, a[0]);
                vec![g.unary(Unary::Recip, sum)]
            });
        Expm1 = map("expm1(u)", "e^u − 1, accurate near 0", &[ANY], |a| a[0].exp_m1())
            .gradients(&["`e * exp(u)`"])
            .elementary(Exponential, |g, a, _| vec![Function::Exp.of(g, a)]);
        Erf = map("erf(u)", "error function", &[ANY], |a| special::erf(a[0]))
            .gradients(&["`e * 1.1283791670955126 * exp(-u^2)`, where the number is 2/√π"])
            .elementary(Vanishing, |g, a, _| vec![special::slope_of_erf(g, a[0], 1.0)]);
        Erfc = map("erfc(u)", "1 − erf(u), accurate where that is little", &[ANY], |a| special::erfc(a[0]))
            .gradients(&["`-e * 1.1283791670955126 * exp(-u^2)`, where the number is 2/√π"])
            .elementary(Vanishing, |g, a, _| vec![special::slope_of_erf(g, a[0], -1.0)]);
        Lgamma = map("lgamma(u)", "log |Γ(u)|; ∞ at 0, −1, −2 …", &[POSITIVE], |a| special::lgamma(a[0]))
            .gradients(&["`e * digamma(u)`"])
            .flawed("at −1, −2 … and −∞", special::is_pole)
            .elementary(Infinite, |g, a, _| vec![Function::Digamma.of(g, a)]);
        Digamma = map(
            "digamma(u)",
            "derivative of `lgamma(u)`; −∞ at 0, NaN at −1, −2 …",
            &[POSITIVE],
            |a| special::digamma(a[0]),
        )
        .gradients(&["`e * trigamma(u)`"])
        .elementary(Infinite, |g, a, _| vec![Function::Trigamma.of(g, a)]);
        Trigamma = map(
            "trigamma(u)",
            "derivative of `digamma(u)`, with derivatives of every order; ∞ at 0, −1, −2 …",
            &[POSITIVE],
            |a| special::sum_of_inverse_squares(a[0]),
        )
        .gradients(&["−2 e Σₖ 1/(u + k)³ over k = 0, 1, 2 …"])
        .flawed("at −1, −2 …", special::is_pole)
        .composed(special::trigamma);
        Xlogx = map("xlogx(u)", "u log u, and 0 at 0, where its gradient is −∞; NaN below", &[POSITIVE], |a| {
            if a[0] == 0.0 { 0.0 } else { a[0] * a[0].ln() }
        })
        .gradients(&["`e * (1 + log(u))`"])
        .composed(kernel::xlogx);
        Sigmoid = map("sigmoid(u)", "1 / (1 + e⁻ᵘ)", &[Between(-8.0, 8.0)], |a| 1.0 / (1.0 + (-a[0]).exp()))
            .gradients(&["`e * sigmoid(u) * sigmoid(-u)`"])
            .composed(hyperbolic::sigmoid);
        Softplus = map("softplus(u)", "log(1 + eᵘ), which does not overflow", &[Between(-8.0, 8.0)], |a| {
            a[0].max(0.0) + (-a[0].abs()).exp().ln_1p()
        })
        .gradients(&["`e * sigmoid(u)`"])
        .composed(hyperbolic::softplus);
    }
    "Trigonometric and hyperbolic functions" {
        Sin = map("sin(u)", "sine", &[ANY], |a| a[0].sin())
            .gradients(&["`e * cos(u)`"])
            .elementary(Finite, |g, a, _| vec![Function::Cos.of(g, a)]);
        Cos = map("cos(u)", "cosine", &[ANY], |a| a[0].cos())
            .gradients(&["`-e * sin(u)`"])
            .elementary(Finite, |g, a, _| {
                let sin = Function::Sin.of(g, a);
                vec![g.neg(sin)]
            });
        Tan = map("tan(u)", "tangent", &[Between(-1.3, 1.3)], |a| a[0].tan())
            .gradients(&["`e * (1 + tan(u)^2)`"])
            .composed(angle::tan);
        Sinxdivx = map("sinxdivx(u)", "sin(u) / u, and 1 at 0", &[ANY], |a| sinxdivx(a[0]))
            .gradients(&["`e * (cos(u) - sinxdivx(u)) / u`"])
            .composed(kernel::sinxdivx);
        Sinc = map("sinc(u)", "sin(πu) / (πu), and 1 at 0", &[ANY], |a| kernel::sinc_of(a[0]))
            .gradients(&["`e * (cos(3.141592653589793 * u) - sinc(u)) / u`"])
            .composed(kernel::sinc);
        Asin = map("asin(u)", "arcsine; NaN outside of −1 to 1. Its gradient at ±1 is 0", &[Between(-0.9, 0.9)], |a| a[0].asin())
            .gradients(&["`e / sqrt(1 - u^2)`"])
            .composed(angle::asin);
        Acos = map("acos(u)", "arccosine; NaN outside of −1 to 1. Its gradient at ±1 is 0", &[Between(-0.9, 0.9)], |a| a[0].acos())
            .gradients(&["`-e / sqrt(1 - u^2)`"])
            .composed(angle::acos);
        Atan = map("atan(u)", "arctangent", &[ANY], |a| a[0].atan())
            .gradients(&["`e / (1 + u^2)`"])
            .elementary(Finite, |g, a, _| {
                let (one, square) = (g.lit(1.0), g.unary(Unary::Square, a[0]));
                let sum = g.add(one, square);
                vec![g.unary(Unary::Recip, sum)]
            });
        Atan2 = map(
            "atan2(u, v)",
            "angle of the point (v, u) from −π to π, and 0 of (0, 0), where its gradient is 0; zeros have no sign",
            &[ANY, POSITIVE],
            |a| (a[0] + 0.0).atan2(a[1] + 0.0),
        )
        .gradients(&["`e * v / (u^2 + v^2)`", "`-e * u / (u^2 + v^2)`"])
        .composed(angle::atan2);
        Sinh = map("sinh(u)", "hyperbolic sine", &[ANY], |a| a[0].sinh())
            .gradients(&["`e * cosh(u)`"])
            .elementary(Infinite, |g, a, _| vec![Function::Cosh.of(g, a)]);
        Cosh = map("cosh(u)", "hyperbolic cosine", &[ANY], |a| a[0].cosh())
            .gradients(&["`e * sinh(u)`"])
            .elementary(Infinite, |g, a, _| vec![Function::Sinh.of(g, a)]);
        Tanh = map("tanh(u)", "hyperbolic tangent", &[ANY], |a| a[0].tanh())
            .gradients(&["`e * (1 - tanh(u)^2)`"])
            .elementary(Vanishing, |g, _, tanh| {
                let (one, square) = (g.lit(1.0), g.unary(Unary::Square, tanh));
                vec![g.sub(one, square)]
            });
        Asinh = map("asinh(u)", "inverse hyperbolic sine", &[ANY], |a| a[0].asinh())
            .gradients(&["`e / sqrt(1 + u^2)`"])
            .composed(hyperbolic::asinh);
        Acosh = map("acosh(u)", "inverse hyperbolic cosine; NaN below 1, where its gradient is 0", &[Between(1.1, 5.0)], |a| {
            a[0].acosh()
        })
        .gradients(&["`e / sqrt(u^2 - 1)`"])
        .composed(hyperbolic::acosh);
        Atanh = map("atanh(u)", "inverse hyperbolic tangent; ±∞ at ±1, NaN beyond", &[Between(-0.9, 0.9)], |a| a[0].atanh())
            .gradients(&["`e / (1 - u^2)`"])
            .composed(hyperbolic::atanh);
    }
    "Steps and kinks" {
        Abs = map("abs(u)", "absolute value; its gradient at 0 is 0", &[ANY], |a| a[0].abs())
            .gradients(&["`e * sign(u)`"])
            .composed(|a| a[0].abs());
        Sign = map("sign(u)", "−1, 0 or 1; 0 for NaN. Its gradient is 0", &[ANY], |a| {
            if a[0] > 0.0 { 1.0 } else if a[0] < 0.0 { -1.0 } else { 0.0 }
        })
        .gradients(&["0"])
        .composed(|a| {
            let [zero, one, minus] = [0.0, 1.0, -1.0].map(|v| a[0].lit(v));
            zero.lt(a[0]).select(one, a[0].lt(zero).select(minus, zero))
        });
        Step = map("step(u)", "0 below 0, else 1. Its gradient is 0", &[ANY], |a| if a[0] < 0.0 { 0.0 } else { 1.0 })
            .gradients(&["0"])
            .composed(|a| {
                let [zero, one] = [0.0, 1.0].map(|v| a[0].lit(v));
                a[0].lt(zero).select(zero, one)
            });
        Relu = map("relu(u)", "0 below 0, else u. Its gradient at 0 is 1", &[ANY], |a| if a[0] < 0.0 { 0.0 } else { a[0] })
            .gradients(&["`e * step(u)`"])
            .composed(|a| {
                let zero = a[0].lit(0.0);
                a[0].lt(zero).select(zero, a[0])
            });
        Floor = map("floor(u)", "largest integer not above u. Its gradient is 0", &[ANY], |a| a[0].floor())
            .gradients(&["0"])
            .composed(|a| a[0].floor());
        Ceil = map("ceil(u)", "smallest integer not below u. Its gradient is 0", &[ANY], |a| a[0].ceil())
            .gradients(&["0"])
            .composed(rounding::ceil);
        Trunc = map("trunc(u)", "u without what is behind the point. Its gradient is 0", &[ANY], |a| a[0].trunc())
            .gradients(&["0"])
            .composed(rounding::trunc);
        Fract = map("fract(u)", "u − trunc(u), which has the sign of u; its gradient is 1", &[ANY], |a| a[0].fract())
            .gradients(&["`e`"])
            .composed(rounding::fract);
        Round = whole(
            "round(u, d)",
            "u to d decimals, a literal; `round(u)` is the nearest integer. Halves go away from 0. Its gradient is 0",
            &[ANY, Signed(1.0)],
            Signature::Rule(rounding::round_shape),
            |a| a[0].iter().map(|u| rounding::to_decimals(*u, a[1][0])).collect(),
        )
        .gradients(&["0"])
        .or_without()
        .composed(rounding::round);
        Modulo = map(
            "modulo(u, v)",
            "u − v floor(u / v): between 0 and v. From d on: `modulo(u - d, v) + d`. Its gradient is 1 in u, −floor(u / v) in v",
            &[ANY, Between(0.8, 2.0)],
            |a| {
                let rest = a[0] - a[1] * (a[0] / a[1]).trunc();
                if rest * a[1].signum() < 0.0 { rest + a[1] } else { rest }
            },
        )
        .gradients(&["`e`", "`-e * floor(u / v)`"])
        .composed(rounding::modulo);
        Rem = map("rem(u, v)", "u − v trunc(u / v): the rest, with the sign of u, as `%` in Rust", &[ANY, Between(0.8, 2.0)], |a| {
            a[0] - a[1] * (a[0] / a[1]).trunc()
        })
        .gradients(&["`e`", "`-e * trunc(u / v)`"])
        .composed(rounding::rem);
        Minimum = map("minimum(u, v)", "the smaller; NaN if either is. At a tie the gradient goes to u", &[ANY, ANY], |a| {
            if a[0].is_nan() || a[1].is_nan() { f64::NAN } else { a[0].min(a[1]) }
        })
        .gradients(&["`if u <= v { e } else { 0 }`", "`if v < u { e } else { 0 }`"])
        .composed(|a| a[0].minimum(a[1]));
        Maximum = map("maximum(u, v)", "the larger; NaN if either is. At a tie the gradient goes to u", &[ANY, ANY], |a| {
            if a[0].is_nan() || a[1].is_nan() { f64::NAN } else { a[0].max(a[1]) }
        })
        .gradients(&["`if v <= u { e } else { 0 }`", "`if u < v { e } else { 0 }`"])
        .composed(|a| a[0].maximum(a[1]));
        Clamp = map(
            "clamp(u, a, b)",
            "u kept between a and b; a wins where a > b",
            &[ANY, Between(-2.0, 0.0), Between(0.0, 2.0)],
            |a| if a.iter().any(|v| v.is_nan()) { f64::NAN } else { a[0].min(a[2]).max(a[1]) },
        )
        .gradients(&["`if a <= u && u <= b { e } else { 0 }`", "`if minimum(u, b) < a { e } else { 0 }`", "`if b < u && a <= b { e } else { 0 }`"])
        .composed(|a| a[0].minimum(a[2]).maximum(a[1]));
    }
    "Kernels" {
        Bspline = whole(
            "bspline(t, u, k)",
            "the B-splines of degree k, a literal from 0 to 5, on the knots t, in ascending order, at the number u: as many as there are knots, less k + 1. Cells are half open, and those of no width count nothing",
            &[Of(0.0, 1.0, 6), Of(0.0, 1.0, 0), Literal(2.0)],
            Signature::Rule(spline::bspline_shape),
            |a| spline::bspline_meaning(a[0], a[1][0], a[2][0] as usize),
        )
        .gradients(&["by the splines of degree k − 1 on the same knots", "by the splines of degree k − 1 on the same knots"])
        .flawed("where a number is infinite, or knots all but meet", spline::is_degenerate)
        .composed(spline::bspline);
        Softdtw = whole(
            "softdtw(u, v, s)",
            "soft dynamic time warping of the series u and v, of squared differences, smoothed by the number s > 0; for up to 4096 pairs of a number of u and one of v",
            &[Of(-2.0, 2.0, 3), Of(-2.0, 2.0, 2), Of(0.5, 2.0, 0)],
            Signature::Rule(warping::softdtw_shape),
            |a| vec![warping::softdtw_meaning(a[0], a[1], a[2][0])],
        )
        .gradients(&["by the soft minima of all paths, backwards", "by the soft minima of all paths, backwards", "by the soft minima of all paths, backwards"])
        .flawed("where a number is infinite, or s not above 0", warping::is_degenerate)
        .composed(warping::softdtw);
        Matern = whole(
            "matern(nu, r)",
            "Matérn kernel of smoothness nu, a literal 0.5, 1.5 … 10.5, at the distance r ≥ 0 in units of its length: `matern(1.5, norm(x_i - y_j) / s)`, smooth where r is 0 as it should be",
            &[Literal(1.5), Between(0.1, 4.0)],
            Signature::Rule(kernel::matern_shape),
            |a| a[1].iter().map(|r| kernel::matern_meaning(a[0][0], *r)).collect(),
        )
        .gradients(&["`-3 * e * r * exp(-sqrt(3) * r)` for 1.5, of all others e^(−√(2 nu) r) times another polynomial"])
        .composed(kernel::matern);
    }
    "Vectors" {
        Elem = whole("elem(u, k)", "component k, also written `u[k]`", &[ANY, Literal(0.0)], Signature::Rule(component), |a| {
            vec![a[0][a[1][0] as usize]]
        })
        .gradients(&["e in place k, 0 in others"])
        .composed(|a| a[0].component(a[1].integer()));
        Concat = whole(
            "concat(u, v)",
            "the components of u, then those of v; also written `[u, v]`",
            &[ANY, ANY],
            Signature::Rule(concatenation),
            |a| a.concat(),
        )
        .gradients(&["the components of e that are those of u", "the components of e that are those of v"])
        .composed(concat);
        Sum = whole("sum(u)", "sum of the components", &[ANY], Signature::Fold, |a| vec![a[0].iter().sum()])
            .gradients(&["e in each place"])
            .composed(|a| a[0].sum());
        Dot = whole("dot(u, v)", "inner product, also written `(u | v)`", &[ANY, ANY], Signature::Fold, |a| {
            vec![a[0].iter().zip(a[1]).map(|(u, v)| u * v).sum()]
        })
        .gradients(&["`e * v`", "`e * u`"])
        .composed(|a| (a[0] * a[1]).sum());
        Sqnorm = whole("sqnorm(u)", "squared Euclidean length", &[ANY], Signature::Fold, |a| vec![sum_of_squares(a[0])])
            .gradients(&["`2 * e * u`"])
            .composed(|a| a[0].square().sum());
        Norm = whole("norm(u)", "Euclidean length; its gradient at the zero vector is 0", &[ANY], Signature::Fold, |a| {
            vec![sum_of_squares(a[0]).sqrt()]
        })
        .gradients(&["`e * normalize(u)`"])
        .flawed("where a component is infinite", is_infinite)
        .composed(|a| a[0].square().sum().sqrt());
        Normalize = whole(
            "normalize(u)",
            "u divided by its length; the zero vector stays",
            &[ANY],
            Signature::Rule(same),
            |a| a[0].iter().map(|u| u * rsqrt(sum_of_squares(a[0]))).collect(),
        )
        .gradients(&["`(e - normalize(u) * (normalize(u) | e)) / norm(u)`"])
        .composed(|a| a[0] * a[0].square().sum().rsqrt());
        Sqdist = whole("sqdist(u, v)", "squared Euclidean distance", &[ANY, ANY], Signature::Fold, |a| {
            vec![a[0].iter().zip(a[1]).map(|(u, v)| (u - v) * (u - v)).sum()]
        })
        .gradients(&["`2 * e * (u - v)`", "`2 * e * (v - u)`"])
        .composed(|a| (a[0] - a[1]).square().sum());
        Cross = whole("cross(u, v)", "cross product of vectors of 3", &[Of(-3.0, 3.0, 3), Of(-3.0, 3.0, 3)], Signature::Rule(vector::three), |a| {
            (0..3).map(|k| (a[0][(k + 1) % 3] * a[1][(k + 2) % 3]) - (a[0][(k + 2) % 3] * a[1][(k + 1) % 3])).collect()
        })
        .gradients(&["`cross(v, e)`", "`cross(e, u)`"])
        .flawed("where an argument is infinite", is_infinite)
        .composed(vector::cross);
        Max = whole("max(u)", "the largest component; NaN if one is. The gradient goes to the first of equal ones", &[ANY], Signature::Rule(vector::extreme_shape), |a| {
            vec![a[0].iter().copied().fold(f64::NEG_INFINITY, |m, v| if m.is_nan() || v.is_nan() { f64::NAN } else { m.max(v) })]
        })
        .gradients(&["e in the place of the largest, 0 in others"])
        .composed(vector::max);
        Min = whole("min(u)", "the smallest component; NaN if one is. The gradient goes to the first of equal ones", &[ANY], Signature::Rule(vector::extreme_shape), |a| {
            vec![a[0].iter().copied().fold(f64::INFINITY, |m, v| if m.is_nan() || v.is_nan() { f64::NAN } else { m.min(v) })]
        })
        .gradients(&["e in the place of the smallest, 0 in others"])
        .composed(vector::min);
        Argmax = whole("argmax(u)", "the place of the largest component, from 0 on, as a number: the first of equal ones; NaN if one is. Its gradient is 0", &[ANY], Signature::Rule(vector::extreme_shape), |a| {
            vec![vector::first(a[0], |v, m| v > m)]
        })
        .gradients(&["0"])
        .composed(vector::argmax);
        Argmin = whole("argmin(u)", "the place of the smallest component, likewise", &[ANY], Signature::Rule(vector::extreme_shape), |a| {
            vec![vector::first(a[0], |v, m| v < m)]
        })
        .gradients(&["0"])
        .composed(vector::argmin);
        AnyOf = whole("any(u)", "whether a component holds: is not 0. Its gradient is 0", &[ANY], Signature::Rule(vector::truths_shape), |a| {
            vec![f64::from(a[0].iter().any(|u| *u != 0.0))]
        })
        .gradients(&["0"])
        .composed(vector::any);
        AllOf = whole("all(u)", "whether all components hold: whether none is 0. Its gradient is 0", &[ANY], Signature::Rule(vector::truths_shape), |a| {
            vec![f64::from(a[0].iter().all(|u| *u != 0.0))]
        })
        .gradients(&["0"])
        .composed(vector::all);
        Onehot = whole(
            "onehot(u, n)",
            "n numbers, all 0 but for a 1 at the place that u is, rounded as by `round`; all 0 where there is no such place. Its gradient is 0",
            &[Of(-1.0, 3.0, 0), Literal(3.0)],
            Signature::Rule(vector::onehot_shape),
            |a| (0..a[1][0] as usize).map(|k| if a[0][0].round() == k as f64 { 1.0 } else { 0.0 }).collect(),
        )
        .gradients(&["0"])
        .composed(vector::onehot);
    }
    "Matrices" {
        Outer = whole("outer(u, v)", "all products of a component of u and one of v, row by row", &[Of(-3.0, 3.0, 2), Of(-3.0, 3.0, 3)], Signature::Rule(matrix::outer_shape), |a| {
            a[0].iter().flat_map(|u| a[1].iter().map(move |v| u * v)).collect()
        })
        .gradients(&["`matvec(e, v)`", "`vecmat(u, e)`"])
        .flawed("where an argument is infinite", is_infinite)
        .composed(matrix::outer);
        Matvec = whole("matvec(a, u)", "product of a matrix, row by row, and a vector", &[Of(-3.0, 3.0, 6), Of(-3.0, 3.0, 3)], Signature::Rule(matrix::matvec_shape), |a| {
            a[0].chunks(a[1].len()).map(|row| row.iter().zip(a[1]).map(|(a, u)| a * u).sum()).collect()
        })
        .gradients(&["`outer(e, u)`", "`vecmat(e, a)`"])
        .flawed("where an argument is infinite", is_infinite)
        .composed(matrix::matvec);
        Vecmat = whole("vecmat(u, a)", "product of a vector and a matrix, row by row", &[Of(-3.0, 3.0, 2), Of(-3.0, 3.0, 6)], Signature::Rule(matrix::vecmat_shape), |a| {
            let width = a[1].len() / a[0].len();
            (0..width).map(|c| a[0].iter().enumerate().map(|(r, u)| u * a[1][r * width + c]).sum()).collect()
        })
        .gradients(&["`matvec(a, e)`", "`outer(u, e)`"])
        .flawed("where an argument is infinite", is_infinite)
        .composed(matrix::vecmat);
        Tensordot = whole(
            "tensordot(u, v, m, n, a, b, p)",
            "u and v as tensors of the dimensions m and n, multiplied and added up over the axes a of u and b of v, pair by pair: \
             `tensordot(u, v, [2, 3], [3, 4], [1], [0])` is a product of matrices. What is left are the other axes of u, then those of v, \
             in row-major order; with the list p the k-th of these takes place `p[k]`. A number where none is left",
            &[
                Of(-3.0, 3.0, 12),
                Of(-3.0, 3.0, 6),
                List(&[2, 2, 3]),
                List(&[3, 2]),
                List(&[2]),
                List(&[0]),
                List(&[2, 0, 1]),
            ],
            Signature::Rule(tensor::tensordot_shape),
            tensor::tensordot_meaning,
        )
        .gradients(&["a `tensordot` of e and v", "a `tensordot` of u and e"])
        .flawed("where an argument is infinite", is_infinite)
        .or_without()
        .composed(tensor::tensordot);
        Kron = whole(
            "kron(u, v, m, n)",
            "Kronecker product of u and v as tensors of the dimensions m and n, of as many axes: `kron(u, v, [2, 2], [3, 1])` is a matrix of 6 × 2",
            &[Of(-3.0, 3.0, 4), Of(-3.0, 3.0, 3), List(&[2, 2]), List(&[3, 1])],
            Signature::Rule(tensor::kron_shape),
            tensor::kron_meaning,
        )
        .gradients(&["a `tensordot` of e and v", "a `tensordot` of e and u"])
        .flawed("where an argument is infinite", is_infinite)
        .composed(tensor::kron);
        Weightedsqnorm = whole(
            "weightedsqnorm(w, u)",
            "squared length by weights: one number, one for each component, or a matrix, row by row: Σ wₖₗ uₖ uₗ",
            &[Of(0.2, 2.0, 9), Of(-3.0, 3.0, 3)],
            Signature::Rule(matrix::weighted_shape),
            |a| vec![matrix::form(a[0], a[1])],
        )
        .gradients(&["`e * outer(u, u)`, of one weight for each component `e * u^2`", "`e * (matvec(w, u) + vecmat(u, w))`, of one weight for each component `2 * e * w * u`"])
        .flawed("where an argument is infinite", is_infinite)
        .composed(matrix::weightedsqnorm);
        Weightednorm = whole(
            "weightednorm(w, u)",
            "its root. Its gradient at the zero vector is 0",
            &[Of(0.2, 2.0, 3), Of(-3.0, 3.0, 3)],
            Signature::Rule(matrix::weighted_shape),
            |a| vec![matrix::form(a[0], a[1]).sqrt()],
        )
        .gradients(&["`e * u^2 / (2 * weightednorm(w, u))` of one weight for each component", "`e * w * u / weightednorm(w, u)` of one weight for each component"])
        .flawed("where an argument is infinite", is_infinite)
        .composed(matrix::weightednorm);
        Weightedsqdist = whole(
            "weightedsqdist(w, u, v)",
            "`weightedsqnorm(w, u - v)`",
            &[Of(0.2, 2.0, 9), Of(-3.0, 3.0, 3), Of(-3.0, 3.0, 3)],
            Signature::Rule(matrix::weighted_distance_shape),
            |a| vec![matrix::form(a[0], &a[1].iter().zip(a[2]).map(|(u, v)| u - v).collect::<Vec<_>>())],
        )
        .gradients(&["`e * outer(u - v, u - v)`", "`e * (matvec(w, u - v) + vecmat(u - v, w))`", "`-e * (matvec(w, u - v) + vecmat(u - v, w))`"])
        .flawed("where an argument is infinite", is_infinite)
        .composed(matrix::weightedsqdist);
        Det = whole("det(a)", "determinant of a matrix of up to 4 × 4, row by row", &[Of(-3.0, 3.0, 9)], Signature::Rule(matrix::determinant_shape), |a| {
            vec![matrix::laplace(a[0])]
        })
        .gradients(&["e det(a) a⁻ᵀ, by cofactors"])
        .flawed("where an argument is infinite", is_infinite)
        .composed(matrix::det);
        Inverse = whole("inverse(a)", "inverse of a matrix of up to 4 × 4, row by row", &[Of(1.0, 3.0, 4)], Signature::Rule(matrix::inverse_shape), |a| {
            matrix::by_cofactors(a[0])
        })
        .gradients(&["−a⁻ᵀ e a⁻ᵀ"])
        .flawed("where the matrix has no inverse, or is as good as that", matrix::is_singular)
        .composed(matrix::inverse);
        Solve = whole("solve(a, u)", "the vector that a matrix of up to 4 × 4, row by row, takes to u", &[Of(1.0, 3.0, 4), Of(-3.0, 3.0, 2)], Signature::Rule(matrix::solve_shape), |a| matrix::by_cramer(a[0], a[1]),
        )
        .gradients(&["−y xᵀ, where x is the solution and y the gradient in u", "y = a⁻ᵀ e"])
        .flawed("where the matrix has no inverse, or is as good as that", matrix::is_singular)
        .composed(matrix::solve);
    }
}

fn sum_of_squares(u: &[f64]) -> f64 {
    u.iter().map(|u| u * u).sum()
}

/// Whether an argument is infinite.
fn is_infinite(a: &[f64]) -> bool {
    a.iter().any(|v| v.is_infinite())
}

/// sin u / u, and 1 at 0.
fn sinxdivx(u: f64) -> f64 {
    if u == 0.0 { 1.0 } else { u.sin() / u }
}

/// 1/√u, and 0 at 0.
fn rsqrt(u: f64) -> f64 {
    if u == 0.0 { 0.0 } else { 1.0 / u.sqrt() }
}

/// Whether a name is that of a function, of real or of complex numbers or of integers, or of a derivative.
pub(crate) fn is_function(name: &str) -> bool {
    let (real, complex) = (Function::from_name(name), complex::function::Row::from_name(name));
    real.is_some() || complex.is_some() || Derivative::from_name(name).is_some() || name == integer::NUMBER
}
