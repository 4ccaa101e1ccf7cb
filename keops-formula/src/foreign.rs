//! What mathematics, Rust and other libraries call things, and how a formula says it.

use std::collections::BTreeSet;

use crate::calculus::Derivative;
use crate::complex::function::Row;
use crate::function::Function;
use crate::word::Word;

/// Functions by other names, and what to write.
const FUNCTIONS: &[(&str, &str)] = &[
    ("ln", "log(u)"),
    ("logarithm", "log(u)"),
    ("log2", "log(u) / log(2)"),
    ("log10", "log(u) / log(10)"),
    ("ln_1p", "log1p(u)"),
    ("exponential", "exp(u)"),
    ("sqrt2", "sqrt(u)"),
    ("root", "sqrt(u)"),
    ("pow2", "square(u)"),
    ("sqr", "square(u)"),
    ("sq", "square(u)"),
    ("powi", "pow(u, v)"),
    ("powf", "pow(u, v)"),
    ("power", "pow(u, v)"),
    ("fmax", "maximum(u, v)"),
    ("fmin", "minimum(u, v)"),
    ("rec", "inv(u)"),
    ("recip", "inv(u)"),
    ("fabs", "abs(u)"),
    ("absolute", "abs(u)"),
    ("norm2", "norm(u)"),
    ("norm1", "sum(abs(u))"),
    ("norminf", "max(abs(u))"),
    ("length", "norm(u)"),
    ("len", "norm(u)"),
    ("magnitude", "norm(u)"),
    ("reciprocal", "inv(u)"),
    ("amax", "max(u)"),
    ("amin", "min(u)"),
    ("one_hot", "onehot(u, 3)"),
    ("tensorprod", "outer(u, v)"),
    ("matmul", "matvec(a, u)"),
    ("matvecmult", "matvec(a, u)"),
    ("vecmatmult", "vecmat(u, a)"),
    ("mv", "matvec(a, u)"),
    ("determinant", "det(a)"),
    ("invert", "inverse(a)"),
    ("linsolve", "solve(a, u)"),
    ("symsqnorm", "weightedsqnorm(w, u)"),
    ("sqnormiso", "weightedsqnorm(w, u)"),
    ("sqnormdiag", "weightedsqnorm(w, u)"),
    ("mahalanobis", "weightednorm(w, u - v)"),
    ("extract", "u[0..2]"),
    ("sqnorm2", "sqnorm(u)"),
    ("norm_squared", "sqnorm(u)"),
    ("magnitude_squared", "sqnorm(u)"),
    ("length_squared", "sqnorm(u)"),
    ("normalized", "normalize(u)"),
    ("unit", "normalize(u)"),
    ("dist", "norm(u - v)"),
    ("distance", "norm(u - v)"),
    ("dist2", "sqdist(u, v)"),
    ("distance_squared", "sqdist(u, v)"),
    ("heaviside", "step(u)"),
    ("sgn", "sign(u)"),
    ("signum", "sign(u)"),
    ("inner", "dot(u, v)"),
    ("scalprod", "dot(u, v)"),
    ("logistic", "sigmoid(u)"),
    ("expit", "sigmoid(u)"),
    ("exp_m1", "expm1(u)"),
    ("rem_euclid", "modulo(u, v)"),
    ("mod", "modulo(u, v)"),
    ("mod", "w + modulo(u - w, v)"),
    ("fmod", "rem(u, v)"),
    ("remainder", "rem(u, v)"),
    ("ceiling", "ceil(u)"),
    ("truncate", "trunc(u)"),
    ("int", "trunc(u)"),
    ("frac", "fract(u)"),
    ("rint", "round(u)"),
    ("nint", "round(u)"),
    ("arcsin", "asin(u)"),
    ("arccos", "acos(u)"),
    ("arctan", "atan(u)"),
    ("arctan2", "atan2(u, v)"),
    ("angle", "atan2(u, v)"),
    ("angle", "arg(z)"),
    ("arcsinh", "asinh(u)"),
    ("arccosh", "acosh(u)"),
    ("arctanh", "atanh(u)"),
    ("sec", "1 / cos(u)"),
    ("cot", "1 / tan(u)"),
    ("tanc", "tan(u) / u"),
    ("log_sigmoid", "-softplus(-u)"),
    ("logsigmoid", "-softplus(-u)"),
    ("silu", "u * sigmoid(u)"),
    ("swish", "u * sigmoid(u)"),
    ("softsign", "u / (1 + abs(u))"),
    ("float", "number(u)"),
    ("double", "number(u)"),
    ("f32", "number(u)"),
    ("f64", "number(u)"),
    ("minus", "-u"),
    ("add", "u + v"),
    ("subtract", "u - v"),
    ("mult", "u * v"),
    ("multiply", "u * v"),
    ("divide", "u / v"),
    ("equal", "u == v"),
    ("notequal", "u != v"),
    ("lessthan", "u < v"),
    ("lessorequal", "u <= v"),
    ("clampint", "clamp(u, v, w)"),
    ("diffclampint", "if v <= u && u <= w { 1 } else { 0 }"),
    ("cat", "concat(u, v)"),
    ("cat", "[u, v, w]"),
    ("concatenate", "concat(u, v)"),
    ("concatenate", "[u, v, w]"),
    ("differencematrix", "u - v"),
    ("keops_tensordot", "tensordot(u, v, [2, 1], [1, 2], [1], [0])"),
    ("einsum", "tensordot(u, v, [2, 1], [1, 2], [1], [0])"),
    ("contract", "tensordot(u, v, [2, 1], [1, 2], [1], [0])"),
    ("keops_kron", "kron(u, v, [2, 1], [1, 2])"),
    ("kronecker", "kron(u, v, [2, 1], [1, 2])"),
    ("softdtw_sqdist", "softdtw(u, v, s)"),
    ("dtw", "softdtw(u, v, s)"),
    ("outerproduct", "outer(u, v)"),
    ("sumt", "u * [1, 1, 1]"),
    ("elemt", "[0, u, 0]"),
    ("extractt", "[0, u, 0]"),
    ("intinv", "1 / 2"),
    ("intcst", "2"),
    ("ratcst", "1 / 2"),
    ("zero", "0"),
    ("factorize", "u"),
    ("autofactorize", "u"),
    ("manhattan", "sum(abs(u - v))"),
    ("chebyshev", "max(abs(u - v))"),
    ("cosine_similarity", "(normalize(u) | normalize(v))"),
    ("logit", "log(u / (1 - u))"),
    ("fix", "trunc(u)"),
    ("lerp", "u + (v - u) * w"),
    ("mix", "u + (v - u) * w"),
    ("erfcx", "exp(u^2) * erfc(u)"),
    ("normcdf", "erfc(-u * sqrt(0.5)) / 2"),
    ("ndtr", "erfc(-u * sqrt(0.5)) / 2"),
    ("gelu", "u * erfc(-u * sqrt(0.5)) / 2"),
    ("loggamma", "lgamma(u)"),
    ("gammaln", "lgamma(u)"),
    ("lngamma", "lgamma(u)"),
    ("gamma", "exp(lgamma(u))"),
    ("factorial", "exp(lgamma(u + 1))"),
    ("beta", "exp(lgamma(u) + lgamma(v) - lgamma(u + v))"),
    ("psi", "digamma(u)"),
    ("polygamma", "trigamma(u)"),
    ("entropy", "xlogx(u)"),
    ("cuberoot", "cbrt(u)"),
    ("mul_add", "u * v + w"),
    ("where", "if c { u } else { v }"),
    ("ifelse", "if c { u } else { v }"),
    ("select", "if c { u } else { v }"),
    ("not", "!(…)"),
    ("gradient", "grad(f, v, e)"),
    ("vjp", "grad(f, v, e)"),
    ("jvp", "diff(f, v, u)"),
    ("derivative", "diff(f, v, u)"),
    ("gradwithsavedforward", "grad(f, v, e)"),
    ("diffwithsavedforward", "diff(f, v, u)"),
    ("adjointoperator", "grad(f, v, e)"),
    ("traceoperator", "divergence(f, v)"),
    ("gradmatrix", "jacobian(f, v)"),
    ("div", "divergence(f, v)"),
    ("laplace", "laplacian(f, v)"),
];

/// Functions of complex numbers by other names, and what to write.
const OF_COMPLEX: &[(&str, &str)] = &[
    ("complexadd", "z + w"),
    ("complexsubtract", "z - w"),
    ("complexmult", "z * w"),
    ("complexdivide", "z / w"),
    ("complexscal", "s * z"),
    ("complexrealscal", "s * z"),
    ("complexreal", "re(z)"),
    ("real", "re(z)"),
    ("compleximag", "im(z)"),
    ("imag", "im(z)"),
    ("complexabs", "abs(z)"),
    ("complexsquareabs", "sqabs(z)"),
    ("complexangle", "arg(z)"),
    ("phase", "arg(z)"),
    ("complexexp", "exp(z)"),
    ("complexexp1j", "cis(u)"),
    ("exp1j", "cis(u)"),
    ("complexsum", "sum(z)"),
    ("complexsumt", "z * [1, 1, 1]"),
    ("real2complex", "complex(u, 0)"),
    ("imag2complex", "complex(0, u)"),
];

/// How a formula says what is a function of so many arguments elsewhere.
pub(crate) fn foreign_function(name: &str, arguments: usize) -> Option<&'static str> {
    let name = name.to_lowercase();
    // KeOps writes `TensorDot` and `GradMatrix`, others `soft_plus`
    let plain = name.replace('_', "");
    let rows = || FUNCTIONS.iter().chain(OF_COMPLEX).filter(|f| f.0 == name || f.0 == plain).map(|f| f.1);
    // `mod` is two functions, by how many values it takes
    let there = rows().find(|write| values(write).len() == arguments).or_else(|| rows().next());
    let same = || Function::from_name(&plain).map(Function::call).or_else(|| Row::from_name(&plain).map(Row::call));
    there.or_else(same).or_else(|| Derivative::from_name(&plain).map(Derivative::call))
}

/// The values that some advice is of: each has a letter.
pub(crate) fn values(write: &str) -> BTreeSet<&str> {
    let words = write.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.len() == 1 && word.starts_with(char::is_alphabetic)).collect()
}

/// What there is nothing for, and what there is instead, over the columns.
const ABSENT: &[(&str, &str)] = &[
    ("median", "there are no medians: the smallest values are `kmin_j[3](f)`, the mean is `mean_j(f)`"),
    ("quantile", "there are no quantiles: the smallest values are `kmin_j[3](f)`, the largest `kmax_j[3](f)`"),
    ("percentile", "there are no quantiles: the smallest values are `kmin_j[3](f)`, the largest `kmax_j[3](f)`"),
    (
        "sumlinoperator",
        "KeOps uses it for itself: sums of second derivatives are `laplacian(f, v)`, of derivatives `divergence(f, v)`",
    ),
];

/// What to say of what there is nothing for, over the index of this letter.
pub(crate) fn absent(name: &str, letter: char) -> Option<String> {
    let plain = name.to_lowercase().replace('_', "");
    let (_, instead) = ABSENT.iter().find(|a| a.0 == plain)?;
    Some(instead.replace("_j", &format!("_{letter}")))
}

/// Reductions by other names, over the columns, and what to write.
const REDUCTIONS: &[(&str, &str)] = &[
    ("avg", "mean_j(f)"),
    ("average", "mean_j(f)"),
    ("variance", "var_j(f)"),
    ("std", "sqrt(var_j(f))"),
    ("product", "prod_j(f)"),
    ("norm", "sqrt(sum_j(f^2))"),
    ("sqnorm", "sum_j(f^2)"),
    ("dot", "sum_j(u * v)"),
    ("lse", "logsumexp_j(f)"),
    ("logaddexp", "logsumexp_j(f)"),
    ("softmin", "softmax_j(-f, v)"),
    ("argsort", "argkmin_j[3](f)"),
    ("sort", "kmin_j[3](f)"),
    ("knn", "argkmin_j[3](sqdist(x_i, y_j))"),
    ("nearest", "argmin_j(sqdist(x_i, y_j))"),
    ("topk", "kmax_j[3](f)"),
    ("argtopk", "argkmax_j[3](f)"),
    ("kargmin", "argkmin_j[3](f)"),
    ("kargmax", "argkmax_j[3](f)"),
    ("maximum", "max_j(f)"),
    ("minimum", "min_j(f)"),
    ("Σ", "sum_j(f)"),
    ("σ", "sum_j(f)"),
    ("Π", "prod_j(f)"),
];

/// How a formula says what is a reduction elsewhere, over the index of this letter.
pub(crate) fn foreign_reduction(base: &str, letter: char) -> Option<String> {
    if let Some(instead) = absent(base, letter) {
        return Some(instead);
    }
    let there = REDUCTIONS.iter().find(|r| r.0 == base || r.0 == base.to_lowercase()).map(|r| r.1);
    let write = there.or_else(|| of_keops(&base.to_lowercase()))?;
    let write =
        if letter == 'j' { write.to_owned() } else { write.replace("_j", "_i").replace("x_i, y_i", "x_i, y_j") };
    Some(format!("write `{write}`"))
}

/// Reductions as KeOps has them, over the columns, without underscores and capitals: `ArgKMin`, `Max_ArgMax_Reduction`.
const OF_KEOPS: &[(&str, &str)] = &[
    ("sum", "sum_j(f)"),
    ("logsumexp", "logsumexp_j(f)"),
    ("logsumexpweight", "logsumexp_j(f, w)"),
    ("softmax", "softmax_j(f, v)"),
    ("sumsoftmax", "softmax_j(f, v)"),
    ("sumsoftmaxweight", "softmax_j(f, v)"),
    ("max", "max_j(f)"),
    ("min", "min_j(f)"),
    ("argmax", "argmax_j(f)"),
    ("argmin", "argmin_j(f)"),
    ("maxargmax", "max_argmax_j(f)"),
    ("minargmin", "min_argmin_j(f)"),
    ("kmin", "kmin_j[3](f)"),
    ("argkmin", "argkmin_j[3](f)"),
    ("kminargkmin", "kmin_argkmin_j[3](f)"),
    ("maxsumshiftexp", "logsumexp_j(f)"),
    ("maxsumshiftexpweight", "logsumexp_j(f, w)"),
];

/// The ending of reductions in formulas of KeOps, in small letters.
const REDUCTION: &str = "_reduction";

/// How a formula says what is a reduction of KeOps, by its name there in small letters.
fn of_keops(lower: &str) -> Option<&'static str> {
    let base = lower.strip_suffix(REDUCTION).unwrap_or(lower).replace('_', "");
    OF_KEOPS.iter().find(|r| r.0 == base).map(|r| r.1)
}

/// The function of components that KeOps calls like the reduction: `Sum`.
pub(crate) fn of_components(name: &str) -> Option<(Function, &'static Word)> {
    let lower = name.to_lowercase();
    Function::from_name(&lower).zip(Word::from_name(&lower)).filter(|_| lower != name)
}

/// How a formula says what is a reduction of KeOps, by its name there.
pub(crate) fn reduction_of_keops(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    if lower != name || lower.ends_with(REDUCTION) { of_keops(&lower) } else { None }
}

/// How a formula says what is a reduction here or in KeOps, by its name in capitals or not.
pub(crate) fn reduction_elsewhere(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    of_keops(&lower).or_else(|| Word::from_name(&lower).map(|word| word.call))
}

/// Whether a name declares an operand in KeOps.
pub(crate) fn declares_in_keops(name: &str) -> bool {
    ["Vi", "Vj", "Vx", "Vy", "Pm", "Var"].contains(&name)
}

/// What to write for a reduction over what is no index: `sum_k`, `Sum_j`, `sumj`, `LogSumExpWeight_k`.
pub(crate) fn wrong_index(name: &str) -> Option<String> {
    let mut letters = name.chars();
    let letter = letters.next_back().filter(|c| c.is_alphabetic())?;
    let base = letters.as_str().trim_end_matches('_').to_lowercase();
    let of_keops = || if letters.as_str().ends_with('_') { of_keops(&base) } else { None };
    let call = Word::from_name(&base).map(|word| word.call).or_else(of_keops)?;
    Some(match letter.to_ascii_lowercase() {
        'i' => format!("write `{}`", call.replace("_j", "_i")),
        'j' => format!("write `{call}`"),
        _ => format!("the indices are `i` and `j`: write `{call}` or `{}`", call.replace("_j", "_i")),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        ABSENT, FUNCTIONS, OF_COMPLEX, OF_KEOPS, REDUCTIONS, foreign_function, foreign_reduction, reduction_of_keops,
        wrong_index,
    };
    use crate::calculus::Derivative;
    use crate::compile::expand;
    use crate::complex::function::Row;
    use crate::function::Function;

    fn compiles(formula: &str) {
        let formula = formula.replace("c)", "x_i < y_j)").replace("if c", "if x_i < y_j");
        let tokens: proc_macro2::TokenStream = formula.parse().expect("it lexes");
        let errors = expand(tokens).err().map(|e| e.iter().map(|e| e.message.clone()).collect::<Vec<_>>());
        assert_eq!(errors, None, "{formula}");
    }

    /// What is recommended is a formula.
    #[test]
    fn advice_compiles() {
        let names = "let u = x_i - y_j; let v = x_i * y_j; let w = y_j; let s = 2; ";
        for (name, _) in FUNCTIONS {
            assert!(Function::from_name(name).is_none(), "{name} is a function here");
        }
        for (_, write) in FUNCTIONS.iter().filter(|f| f.1 != "!(…)" && Derivative::ALL.iter().all(|d| d.call() != f.1))
        {
            if write.contains("(z)") {
                continue;
            }
            if write.starts_with("number") {
                compiles(&format!("let u = j; sum_j({write} * x_i * y_j) where x_i: f32, y_j: f32"));
                continue;
            }
            let vectors = ["sqdist", "dot", "norm", "max(", "min(", "outer", "0..2"].iter().any(|f| write.contains(f))
                && !write.contains("maximum(");
            let matrices =
                ["(a,", "(a)", "a)", "(w", "[2, 1]"].iter().any(|a| write.contains(a)) && !write.contains("abs");
            if matrices {
                let names = "let u = x_i - y_j; let v = x_i * y_j; let w = [u, v]; let a = [u, v]; ";
                compiles(&format!("{names}sum_j({write}) where x_i: [f32; 2], y_j: [f32; 2]"));
                continue;
            }
            let types = if vectors && !write.contains("[u") { "[f32; 3]" } else { "f32" };
            compiles(&format!("{names}sum_j({write}) where x_i: {types}, y_j: {types}"));
        }
        for (name, write) in OF_COMPLEX.iter().chain(FUNCTIONS.iter().filter(|f| f.1.contains("(z)"))) {
            assert!(Row::from_name(name).is_none(), "{name} is a function here");
            compiles(&format!(
                "let u = y_j; let z = x_i * y_j; let w = x_i; let s = y_j; sum_j({write}) where x_i: Complex<f32>, y_j: f32"
            ));
        }
        let names = "let u = x_i - y_j; let v = x_i * y_j; let f = x_i * y_j; ";
        for (base, write) in REDUCTIONS {
            let types = if write.contains("sqdist") { "[f32; 3]" } else { "f32" };
            compiles(&format!("{}{write} where x_i: {types}, y_j: {types}", if types == "f32" { names } else { "" }));
            assert!(crate::word::Word::from_name(base).is_none(), "{base} is a reduction here");
        }
        for (_, write) in OF_KEOPS {
            compiles(&format!("let w = x_i^2; {names}{write} where x_i: f32, y_j: f32"));
        }
        for (_, instead) in ABSENT {
            for write in instead.split('`').skip(1).step_by(2).filter(|write| !write.contains("(f, v)")) {
                compiles(&format!("{names}{write} where x_i: f32, y_j: f32"));
            }
        }
    }

    #[test]
    fn indices() {
        assert_eq!(foreign_reduction("avg", 'i').as_deref(), Some("write `mean_i(f)`"));
        assert_eq!(wrong_index("sum_J").as_deref(), Some("write `sum_j(f)`"));
        assert_eq!(wrong_index("sumi").as_deref(), Some("write `sum_i(f)`"));
        assert!(wrong_index("kmin_k").is_some_and(|help| help.contains("kmin_j[3](f)")));
        assert_eq!(reduction_of_keops("KMin_ArgKMin_Reduction"), Some("kmin_argkmin_j[3](f)"));
        assert_eq!(reduction_of_keops("LogSumExp"), Some("logsumexp_j(f)"));
        assert_eq!(reduction_of_keops("max"), None);
        assert_eq!(foreign_reduction("min_argmin_reduction", 'i').as_deref(), Some("write `min_argmin_i(f)`"));
        assert_eq!(foreign_function("Mod", 2), Some("modulo(u, v)"));
        assert_eq!(foreign_function("Mod", 3), Some("w + modulo(u - w, v)"));
        assert_eq!(wrong_index("sum"), None);
        assert_eq!(wrong_index("sums2"), None);
    }
}
