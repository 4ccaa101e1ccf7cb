//! Faults of numbers that users of such libraries meet: what is computed after all passes of the compiler, for values and
//! derivatives, against closed forms. The same formulas run on engines in the `tests/answers/numbers.rs`.

mod common;

use common::at::{At, INF, NAN, Points, at};
use common::lowered;
use keops_formula::ask;

/// W1: what is not taken, not selected, or weighed with nothing has no part in gradients, whatever its slope is.
mod a_pair_that_counts_nothing {
    use super::*;

    const ORIGIN: Points<'static> = &[&[0.0, 0.0]];
    const TWO: Points<'static> = &[&[0.0, 0.0], &[3.0, 4.0]];

    #[test]
    fn branches() {
        at("f(x_i: [f64; 2]) { let r2 = sqdist(x_i, x_j); sum_j if r2 > 0 { 1/r2 } else { 0 } }", &[ORIGIN])
            .is(&[0.0])
            .grad("x", &[0.0, 0.0]);
        for singular in
            ["1/r2", "log(r2)", "r2^-0.5", "rsqrt(r2)^3", "r2^(-2)", "log1p(-1 - r2)", "sqrt(-1 - r2)", "inv(r2)"]
        {
            at(
                &format!(
                    "f(x_i: [f64; 2]) {{ let r2 = sqdist(x_i, x_j); sum_j if i == j {{ 2r2 }} else {{ {singular} }} }}"
                ),
                &[ORIGIN],
            )
            .is(&[0.0])
            .grad("x", &[0.0, 0.0]);
            // the branch that is taken stays
            at(
                &format!("f(x_i: f64, y_j: f64) {{ let r2 = (x_i - y_j)^2; sum_j if r2 > 0 {{ 3x_i }} else {{ {singular} * y_j }} + x_i }}"),
                &[&[&[0.5]], &[&[0.0], &[2.0]]],
            )
            .grad("x", &[8.0])
            .grad("y", &[0.0, 0.0]);
        }
        // neither of two branches counts, and then the shared root
        at(
            "f(x_i: f64, y_j: f64) { let l = log(x_i * y_j); sum_j if y_j > 1 { l } else { 0 } + if y_j > 2 { l^2 } else { 1 } }",
            &[&[&[1.0]], &[&[0.0]]],
        )
        .is(&[1.0])
        .grad("x", &[0.0])
        .grad("y", &[0.0]);
        // what is singular varies with less than the condition
        at(
            "f(x_i: f64, y_j: f64) { sum_j if x_i < y_j { x_i } else { log(y_j) } + y_j }",
            &[&[&[-1.0], &[-2.0]], &[&[0.0], &[2.0]]],
        )
        .grad("x", &[2.0, 2.0])
        .grad("y", &[2.0, 2.0]);
        at(
            "f(x_i: f64, y_j: f64) { sum_j if i < j { x_i / y_j } else { x_i } }",
            &[&[&[2.0], &[4.0]], &[&[0.0], &[1.0]]],
        )
        .is(&[4.0, 8.0])
        .grad("x", &[2.0, 2.0])
        .grad("y", &[0.0, -2.0]);
        at("f(x_i: f64, y_j: [f64; 2]) { sum_j if x_i > 0 { sqnorm(y_j) } else { 1 } }", &[&[&[-1.0]], &[&[NAN, INF]]])
            .is(&[1.0])
            .grad("y", &[0.0, 0.0]);
        // a whole row, and a condition of components
        at(
            "f(x_i: [f64; 2], y_j: f64) { sum_j y_j * sum(if x_i > 0 { log(x_i) } else { x_i }) }",
            &[&[&[0.0, 1.0]], &[&[2.0]]],
        )
        .is(&[0.0])
        .grad("x", &[2.0, 2.0]);
        at(
            "f(x_i: f64, y_j: f64) { if x_i > 0 { log(sum_j(x_i * y_j)) } else { 0 } }",
            &[&[&[0.0], &[2.0]], &[&[1.5]]],
        )
        .is(&[0.0, 3.0f64.ln()])
        .grad("x", &[0.0, 0.5])
        .grad("y", &[1.0 / 1.5]);
    }

    #[test]
    fn particles_by_number() {
        let item = "f(x_i: [f64; 2], n_i: f64, s: f64, eps: f64) {
            let q = s^2 / sqdist(x_i, x_j);
            sum_j if n_i != n_j { 4 * eps * (q^6 - q^3) } else { 0 } }";
        // at distance 1 and s = 1 the potential is 0, its slope in r is −24 ε, in s 24 ε
        at(item, &[&[&[0.0, 0.0], &[1.0, 0.0]], &[&[1.0], &[2.0]], &[&[1.0]], &[&[0.5]]])
            .is(&[0.0, 0.0])
            .grad("x", &[24.0, 0.0, -24.0, 0.0])
            .grad("s", &[24.0])
            .grad("eps", &[0.0]);
    }

    #[test]
    fn selections() {
        let expected = &[-6.0 / 25.0, -8.0 / 25.0];
        at("f(x_i: [f64; 2], y_j: [f64; 2]) { max_j log(sqdist(x_i, y_j)) }", &[ORIGIN, TWO]).grad("x", expected);
        at("f(x_i: [f64; 2], y_j: [f64; 2]) { min_j(-log(sqdist(x_i, y_j))) }", &[ORIGIN, TWO])
            .grad("x", &[6.0 / 25.0, 8.0 / 25.0]);
        at("f(x_i: [f64; 2], y_j: [f64; 2]) { sum(kmin_j[1](-log(sqdist(x_i, y_j)))) }", &[ORIGIN, TWO])
            .grad("y", &[0.0, 0.0, -6.0 / 25.0, -8.0 / 25.0]);
        at(
            "f(x_i: f64, y_j: f64) { sum_j maximum(x_i * y_j, log(y_j)) + minimum(1 / y_j, 7) }",
            &[&[&[2.0]], &[&[0.0]]],
        )
        .is(&[7.0])
        .grad("x", &[0.0])
        .grad("y", &[2.0]);
        at("f(x_i: f64, y_j: f64) { sum_j clamp(log(y_j), -1, x_i) + relu(-1 / y_j) }", &[&[&[2.0]], &[&[0.0]]])
            .is(&[-1.0])
            .grad("y", &[0.0]);
        at("f(x_i: [f64; 2], y_j: [f64; 2]) { max_j(x_i / y_j) }", &[&[&[-1.0, 2.0]], &[&[0.0, 1.0], &[1.0, 4.0]]])
            .is(&[-1.0, 2.0])
            .grad("x", &[1.0, 1.0])
            .grad("y", &[0.0, -2.0, 1.0, 0.0]);
    }

    #[test]
    fn weights() {
        let (x, y, v): (Points<'_>, _, Points<'_>) = (ORIGIN, TWO, &[&[5.0], &[7.0]]);
        // exp(log r²) is r², and what is weighed with it: 2 d over the sum
        at("f(x_i: [f64; 2], y_j: [f64; 2]) { logsumexp_j(log(sqdist(x_i, y_j))) }", &[x, y])
            .is(&[25.0f64.ln()])
            .grad("x", &[-6.0 / 25.0, -8.0 / 25.0])
            .grad("y", &[0.0, 0.0, 6.0 / 25.0, 8.0 / 25.0]);
        at("f(x_i: [f64; 2], y_j: [f64; 2], v_j: f64) { softmax_j(-inv(sqdist(x_i, y_j)), v_j) }", &[x, y, v])
            .is(&[7.0])
            .grad("x", &[0.0, 0.0])
            .grad("v", &[0.0, 1.0]);
        let k = (-1.0f64 / 25.0).exp() * 2.0 / 625.0;
        for k_of in [
            "exp(-1/r2)",
            "exp(-inv(r2))",
            "exp2(-1.4426950408889634 / r2)",
            "exp(-r2^-1)",
            "exp(-square(rsqrt(r2 + 1e-300)))",
        ] {
            at(&format!("f(x_i: [f64; 2], y_j: [f64; 2]) {{ let r2 = sqdist(x_i, y_j); sum_j {k_of} }}"), &[x, y])
                .grad("x", &[-3.0 * k, -4.0 * k]);
        }
        at("f(x_i: f64) { sum_j tanh(1 / (x_i - x_j)^2) + sigmoid(-1 / (x_i - x_j)^2) }", &[&[&[2.0]]])
            .is(&[1.0])
            .grad("x", &[0.0]);
        // a mask of the exponent
        at(
            "f(x_i: f64, y_j: f64, m_j: f64) { logsumexp_j(if m_j > 0 { x_i * y_j } else { -1/0 }) }",
            &[&[&[2.0]], &[&[NAN], &[3.0], &[INF]], &[&[0.0], &[1.0], &[0.0]]],
        )
        .is(&[6.0])
        .grad("x", &[3.0])
        .grad("y", &[0.0, 2.0, 0.0]);
    }

    #[test]
    fn columns_behind_a_mask() {
        let y: Points<'_> = &[&[NAN, 0.0], &[INF, INF], &[1.0, 2.0], &[-INF, NAN]];
        let m: Points<'_> = &[&[0.0], &[0.0], &[1.0], &[0.0]];
        let k = (-5.0f64).exp();
        at(
            "f(x_i: [f64; 2], y_j: [f64; 2], m_j: f64, s: f64) { sum_j if m_j > 0 { exp(-sqdist(x_i, y_j) / s) } else { 0 } }",
            &[ORIGIN, y, m, &[&[1.0]]],
        )
        .is(&[k])
        .grad("x", &[2.0 * k, 4.0 * k])
        .grad("y", &[0.0, 0.0, 0.0, 0.0, -2.0 * k, -4.0 * k, 0.0, 0.0])
        .grad("s", &[5.0 * k]);
        at(
            "f(x_i: [f64; 2], y_j: [f64; 2], m_j: f64) { sum_j if m_j > 0 { (x_i | y_j) * y_j } else { x_i } }",
            &[&[&[3.0, 1.0]], y, m],
        )
        .is(&[14.0, 13.0])
        .grad("x", &[6.0, 9.0]);
    }

    #[test]
    fn powers() {
        at("f(x_i: [f64; 2], b: f64) { sum_j 1 / (1 + sqdist(x_i, x_j)^b) }", &[ORIGIN, &[&[0.9]]])
            .is(&[1.0])
            .grad("x", &[0.0, 0.0])
            .grad("b", &[0.0]);
        for b in ["0.5", "0.25", "0.75", "1.5", "0.9", "3"] {
            at(&format!("f(x_i: [f64; 2], y_j: [f64; 2]) {{ sum_j sqdist(x_i, y_j)^{b} }}"), &[ORIGIN, ORIGIN])
                .grad("x", &[0.0, 0.0])
                .grad("y", &[0.0, 0.0]);
        }
    }

    #[test]
    fn second_derivatives() {
        // of Σ_j r⁻² where i is not j
        at(
            "f(x_i: [f64; 2], v_i: [f64; 2]) {
                let k = if i != j { 1 / sqdist(x_i, x_j) } else { 0 };
                sum_j grad(dot(grad(k, x_i, 1), v_i), x_i, 1) }",
            &[&[&[1.0, 0.0], &[0.0, 0.0]], &[&[1.0, 0.0], &[0.0, 1.0]]],
        )
        .is(&[6.0, 0.0, 0.0, -2.0]);
        at(
            "f(x_i: f64, y_j: f64) { grad(sum_j grad(if y_j > 0 { log(x_i * y_j) } else { x_i^2 }, x_i, 1), x_i, 1) }",
            &[&[&[2.0]], &[&[0.0], &[3.0]]],
        )
        .is(&[2.0 - 0.25]);
        at(
            "f(x_i: [f64; 2], y_j: [f64; 2]) { let g = grad(max_j log(sqdist(x_i, y_j)), x_i, 1); grad(g[0], x_i, 1) }",
            &[ORIGIN, TWO],
        )
        .is(&[2.0 / 25.0 - 36.0 / 625.0, -48.0 / 625.0]);
        at(
            "f(x_i: f64, y_j: f64) { grad(sum_j grad(exp(-1 / (x_i - y_j)^2), x_i, 1), x_i, 1) }",
            &[&[&[1.0]], &[&[1.0]]],
        )
        .is(&[0.0]);
    }
}

/// W2: a function of a distance that is smooth where points coincide has a second derivative there, f″(0) v; a kink keeps 0.
#[test]
fn what_is_smooth_where_points_coincide() {
    let second = |k: &str, expected: f64| {
        let text = |dim: &str, norm: &str, dot: &str| {
            format!(
                "f(x_i: {dim}, y_j: {dim}, v_i: {dim}, l: f64, a: f64) {{
                    let n = {norm}; let k = {k}; sum_j grad({dot}, x_i, 1) }}"
            )
        };
        let (l, a): (Points<'_>, Points<'_>) = (&[&[1.0]], &[&[2.0]]);
        let (x, y, v): (Points<'_>, Points<'_>, Points<'_>) = (&[&[0.5, -1.0]], &[&[0.5, -1.0]], &[&[1.0, 3.0]]);
        let item = text("[f64; 2]", "norm(x_i - y_j)", "dot(grad(k, x_i, 1), v_i)");
        at(&item, &[x, y, v, l, a]).is(&[expected, 3.0 * expected]);
        let item = text("[f64; 2]", "sqdist(y_j, x_i)^0.5", "dot(grad(k, x_i, 1), v_i)");
        at(&item, &[x, y, v, l, a]).is(&[expected, 3.0 * expected]);
        for norm in ["norm(x_i - y_j)", "abs(x_i - y_j)", "sqrt((x_i - y_j)^2)"] {
            let item = text("f64", norm, "grad(k, x_i, 1) * v_i");
            at(&item, &[&[&[0.5]], &[&[0.5]], &[&[2.0]], l, a]).is(&[2.0 * expected]);
        }
        // also through the sum, in the other operand, and as the gradient of a gradient
        let item = format!(
            "f(x_i: [f64; 2], y_j: [f64; 2], v_i: [f64; 2], l: f64, a: f64) {{
                let n = norm(x_i - y_j); let k = {k}; dot(grad(sum_j k, x_i, 1), v_i) }}"
        );
        at(&item, &[x, y, v, l, a])
            .grad("x", &[expected, 3.0 * expected])
            .grad("y", &[-expected, -3.0 * expected])
            .grad("v", &[0.0, 0.0])
            .grad("a", &[0.0]);
    };
    second("(1 + sqrt(3) * n) * exp(-sqrt(3) * n)", -3.0);
    second("(1 + sqrt(3) * n / l) * exp(-sqrt(3) * n / l)", -3.0);
    second("a * (1 + sqrt(5) * n + 5 * n^2 / 3) * exp(-sqrt(5) * n)", -2.0 * 5.0 / 3.0);
    second("(1 + n^2 / (2 * a))^(-a)", -1.0);
    second("exp(-n^2)", -2.0);
    second("exp(-n^2 / 2l)", -1.0);
    second("cos(a * n)", -4.0);
    second("log(1 + n * n)", 2.0);
    second("n^3 + tanh(n) * n", 2.0);
    second("1 / (1 + n^2)", -2.0);
    second("(1 + n^2)^0.5", 1.0);
    // kinks
    second("exp(-n)", 0.0);
    second("a * n", 0.0);
    second("(1 + n) * exp(-2n)", 0.0);
}

/// W3: a division by what does not vary with the pair becomes a product, but not with an infinity.
#[test]
fn small_divisors() {
    let (x, y): (Points<'_>, Points<'_>) = (&[&[2.0]], &[&[2.0], &[3.0]]);
    for p in [1e-310, 5e-324, -1e-312, 2.0f64] {
        let expected = [1.0 + (-1.0 / p).exp()];
        at("f(x_i: f64, y_j: f64, p: f64) { sum_j exp(-square(x_i - y_j) / p) }", &[x, y, &[&[p]]]).is(&expected);
        at("f(x_i: f64, y_j: f64, p_i: f64) { sum_j exp(-square(x_i - y_j) / p_i) }", &[x, y, &[&[p]]]).is(&expected);
        at("f(x_i: f64, y_j: f64, p_j: f64) { sum_j exp(-square(x_i - y_j) / p_j) }", &[x, y, &[&[p], &[p]]])
            .is(&expected);
        at(&format!("f(x_i: f64, y_j: f64) {{ sum_j exp(-square(x_i - y_j) / ({p:e})) }}"), &[x, y]).is(&expected);
    }
    at("f(x_i: f64, y_j: f64, p: f64) { sum_j (x_i - y_j) / p }", &[x, &[&[2.0]], &[&[1e-320]]]).is(&[0.0]);
    at("f(x_i: f64, y_j: f64, p: f64) { sum_j log(1 + (x_i - y_j)^2 / p) }", &[x, &[&[2.0]], &[&[1e-320]]]).is(&[0.0]);
    at("f(x_i: f64, y_j: [f64; 2], p_i: f64) { sum_j (x_i * y_j) / p_i }", &[&[&[0.0]], &[&[2.0, 1.0]], &[&[1e-320]]])
        .is(&[0.0, 0.0]);
    // by 0 it is what it is written to be
    at("f(x_i: f64, y_j: f64, p: f64) { sum_j (x_i - y_j) / p }", &[&[&[2.0], &[3.0]], &[&[2.0]], &[&[0.0]]])
        .is(&[NAN, INF]);
}

/// W4: factors that cancel stay neighbours, and nothing is moved out of a sum that would overflow without it.
#[test]
fn products_in_order() {
    at("f(x_i: f64, y_j: f64) { sum_j x_i*y_j*x_i*y_j }", &[&[&[1e200]], &[&[1e-200]]])
        .is(&[1.0])
        .grad("x", &[2e-200])
        .grad("y", &[2e200]);
    at("f(x_i: f64, y_j: f64) { sum_j((x_i*y_j)^3) }", &[&[&[1e200]], &[&[1e-200]]]).is(&[1.0]).grad("x", &[3e-200]);
    let ten: Points<'_> = &[&[1e308] as &[f64]; 10];
    at("f(x_i: f64, y_j: f64) { sum_j x_i * y_j }", &[&[&[1e-200], &[0.0]], ten]).is(&[1e109, 0.0]);
    at("f(x_i: f64, y_j: f64) { sum_j y_j * x_i }", &[&[&[1e-200], &[0.0]], ten]).is(&[1e109, 0.0]);
    at("f(x_i: f64, y_j: f64, p: f64) { sum_j y_j * x_i * p }", &[&[&[1e-200]], &[&[1e200]], &[&[1e200]]]).is(&[1e200]);
    at("f(x_i: f64, y_j: [f64; 2]) { sum_j sum(x_i * y_j) }", &[&[&[1e-200]], &[&[1e308, 1e308], &[1e308, 1e308]]])
        .is(&[4e108]);
    at("f(x_i: f64, y_j: f64) { sum_j 1e300 * (1e300 * (x_i * y_j)) }", &[&[&[1e-150]], &[&[1e-150]]]).is(&[1e300]);
    at("f(x_i: f64, y_j: f64) { sum_j y_j / x_i }", &[&[&[1e200]], ten]).is(&[1e109]);
    // terms that cancel stay beside each other
    at("f(x_i: f64, y_j: f64) { sum_j x_i - y_j }", &[&[&[1e17]], &[&[1e17], &[1e17 + 32.0], &[1e17 + 16.0]]])
        .is(&[-48.0]);
    at("f(x_i: f64, y_j: f64) { sum_j((x_i - y_j)^2) }", &[&[&[1e17]], &[&[1e17], &[1e17 + 32.0], &[1e17 + 16.0]]])
        .grad("x", &[-96.0])
        .grad("y", &[0.0, 64.0, 32.0]);
}

/// W5: what IEEE 754 says of infinities and NaN is not simplified away.
#[test]
fn special_values() {
    let x: Points<'_> = &[&[1.0], &[INF], &[-INF], &[NAN]];
    let one: Points<'_> = &[&[1.0]];
    at("f(x_i: f64, y_j: f64) { sum_j 0 * x_i * y_j }", &[x, one]).is(&[0.0, NAN, NAN, NAN]);
    at("f(x_i: f64, y_j: f64) { sum_j x_i * y_j - x_i * y_j }", &[x, one]).is(&[0.0, NAN, NAN, NAN]);
    at("f(x_i: f64, y_j: f64) { max_j(x_i * y_j) * 0 }", &[x, one]).is(&[0.0, NAN, NAN, NAN]);
    at("f(x_i: f64, y_j: f64) { 0 * sum_j(x_i * y_j) }", &[x, one]).is(&[0.0, NAN, NAN, NAN]);
    at("f(x_i: f64, y_j: f64) { sum_j 0 / (x_i * y_j) }", &[&[&[1.0], &[0.0], &[INF], &[NAN]], one])
        .is(&[0.0, NAN, 0.0, NAN]);
    at("f(x_i: f64, y_j: f64) { sum_j((x_i * y_j)^0.5) }", &[&[&[4.0], &[-INF], &[-1.0], &[0.0]], one])
        .is(&[2.0, INF, NAN, 0.0]);
    at("f(x_i: f64, y_j: f64) { sum_j maximum(x_i * y_j, 0) - abs(0 * x_i) }", &[&[&[1.0], &[NAN]], one])
        .is(&[1.0, NAN]);
}

/// W8: the shares of exponentials do not depend on what is common to all exponents.
#[test]
fn shares_of_large_exponents() {
    let total: f64 = 2.0 + 0.5f64.exp();
    let shares = [1.0 / total, 1.0 / total, 0.5f64.exp() / total];
    let y: Points<'_> = &[&[0.0], &[0.0], &[0.5]];
    for x in [0.0, 1e6, 1e12, -1e12] {
        at("f(x_i: f64, y_j: f64) { logsumexp_j(x_i + y_j) }", &[&[&[x]], y]).grad("y", &shares).grad("x", &[1.0]);
        at("f(x_i: f64, y_j: f64) { logsumexp_j(y_j - x_i) }", &[&[&[x]], y]).grad("y", &shares).grad("x", &[-1.0]);
        at("f(x_i: f64, y_j: f64, v_j: f64) { softmax_j(-(x_i - y_j), v_j) }", &[&[&[x]], y, y])
            .grad("v", &shares)
            .is(&[0.5 * shares[2]]);
    }
    // the derivative of a share: p (1 − p)
    at("f(x_i: f64, y_j: f64) { grad(grad(logsumexp_j(x_i * y_j), x_i, 1), x_i, 1) }", &[&[&[1.0]], y])
        .is(&[0.25 * shares[2] * (1.0 - shares[2])]);
    // no weight at all, and no columns
    at("f(x_i: f64, y_j: f64) { logsumexp_j(x_i + y_j) }", &[&[&[1.0]], &[&[-INF], &[-INF]]])
        .is(&[-INF])
        .grad("y", &[0.0, 0.0]);
    at("f(x_i: f64, y_j: f64, m_i: f64) { logsumexp_j(m_i + x_i * y_j) }", &[&[&[1.0], &[1.0]], y, &[&[-INF], &[3.0]]])
        .grad("m", &[0.0, 1.0])
        .grad("y", &shares);
    at("f(x_i: f64, y_j: f64) { logsumexp_j(x_i * y_j) }", &[&[&[1.0]], &[]]).is(&[-INF]).grad("x", &[0.0]);
}

/// W7: where a length overflows, its gradient is not 0; a kernel that has vanished there has none.
#[test]
fn lengths_that_overflow() {
    let (x, y): (Points<'_>, Points<'_>) = (&[&[1e160, 0.0]], &[&[0.0, 0.0]]);
    at("f(x_i: [f64; 2], y_j: [f64; 2]) { sum_j norm(x_i - y_j) }", &[x, y]).is(&[INF]).grad("x", &[NAN, NAN]);
    at("f(x_i: [f64; 2], y_j: [f64; 2]) { max_j sqrt(1 + sqdist(x_i, y_j)) }", &[x, y])
        .is(&[INF])
        .grad("x", &[NAN, NAN]);
    at("f(x_i: [f64; 2], y_j: [f64; 2]) { sum_j exp(-norm(x_i - y_j)) }", &[x, y]).is(&[0.0]).grad("x", &[0.0, 0.0]);
    at("f(x_i: [f64; 2], y_j: [f64; 2]) { sum_j norm(x_i - y_j) }", &[&[&[3.0, 4.0]], y]).grad("x", &[0.6, 0.8]);
}

/// `#[strict]`: divisions divide, also by what has no reciprocal, and nothing is moved out of its place.
#[test]
fn strict_formulas() {
    let (x, y, p): (Points<'_>, Points<'_>, Points<'_>) = (&[&[6e-310]], &[&[1.0], &[0.5]], &[&[2e-310]]);
    for (formula, loose, strict) in [
        ("sum_j(x_i * y_j / p)", f64::MAX * 9e-310, 4.5),
        (
            "sum_j(exp(-x_i * y_j / p))",
            (-f64::MAX * 6e-310).exp2() + (-f64::MAX * 3e-310).exp2(),
            (-3.0f64).exp() + (-1.5f64).exp(),
        ),
    ] {
        let declared = "x_i: f64, y_j: f64, p: f64";
        let item = at(&format!("f({declared}) {{ {formula} }}"), &[x, y, p]);
        assert!(!item.lowered.graph.is_strict());
        let found = item.run(&ask::value(&item.lowered), false)[0];
        assert!((found - loose).abs() < 0.02, "{formula}: {found}, expected about {loose}");
        let texts =
            [format!("#[strict] fn f({declared}) {{ {formula} }}"), format!("#[strict] {formula} where {declared}")];
        for lowered in texts.map(|text| lowered(&text)) {
            At { lowered, ..at(&format!("f({declared}) {{ {formula} }}"), &[x, y, p]) }.is(&[strict]);
        }
    }
}
