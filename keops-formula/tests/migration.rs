//! `docs/migration.md` says what formulas of KeOps are called here: all of it compiles, all names of KeOps are there, and the compiler
//! answers each with what to write.

use proc_macro2::TokenStream;

const PAGE: &str = include_str!("../../docs/migration.md");

/// The formulas in the third column of a table, and in which row they are.
fn entries(text: &str) -> Vec<(String, String)> {
    let mut entries = vec![];
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<String> = row.replace("\\|", "∣").split('|').map(|cell| cell.replace('∣', "|")).collect();
        if let [_, _, _, keops, _, _] = &cells[..] {
            let codes = keops.split('`').skip(1).step_by(2).map(str::to_owned);
            entries.extend(codes.map(|code| (code, row.to_owned())));
        }
    }
    entries
}

/// Whether a formula compiles in a function with these values.
fn compiles(values: &str, formula: &str) -> Result<(), Vec<String>> {
    let operands = "x_i: [f64; 3], y_j: [f64; 3], b_j: f64, s: f64, m_j: [f64; 9], l_i: u32, p_i: [Complex<f64>; 3], q_j: Complex<f64>";
    let text = format!("fn f({operands}) {{ {values} {formula} }}");
    let tokens: TokenStream = text.parse().expect("it lexes");
    keops_formula::compile::expand(tokens).map(|_| ()).map_err(|e| e.iter().map(|e| e.message.clone()).collect())
}

#[test]
fn what_keops_has_is_there_by_the_name_that_is_told() {
    let entries = entries(PAGE);
    assert!(entries.len() > 90, "{} entries", entries.len());
    // the dimensions that values have in one row or another
    let kinds = [
        "let u = b_j; let z = p_i[0] * q_j; let w = q_j; let f = b_j;",
        "let u = b_j; let z = p_i * q_j; let w = p_i; let f = b_j;",
        "let u = x_i - y_j; let v = x_i * y_j; let w = y_j; let a = m_j; let f = sqdist(x_i, y_j);",
        "let u = x_i[0] - y_j[0]; let v = s; let w = b_j; let a = m_j; let f = sqdist(x_i, y_j);",
        "let u = x_i - y_j; let v = x_i; let w = b_j; let a = m_j; let f = sqdist(x_i, y_j);",
    ];
    let mut missing = vec![];
    for (entry, row) in entries {
        let reduces = ["_j(", "_j[", "_i("].iter().any(|call| entry.contains(call));
        let formula = if reduces { entry.clone() } else { format!("sum_j({entry})") };
        let mut errors = vec![];
        if !kinds.iter().any(|values| compiles(values, &formula).map_err(|e| errors.push(e)).is_ok()) {
            missing.push(format!("`{entry}` in {row}\n{errors:#?}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The names of functions, operands and constants in formulas of KeOps.
const FORMULAS: &str = "Var Vi Vj Vx Vy Pm IntCst RatCst IntInv Zero \
    Minus Add Subtract Mult Divide Inv Square Abs Exp Log XLogX Sin Cos SinXDivX Asin Acos Atan Atan2 Sqrt Rsqrt Pow Powf Floor Round Sign Step \
    ReLU Clamp ClampInt DiffClampInt Mod IfElse Equal NotEqual LessThan LessOrEqual \
    Sum SumT Scalprod SqNorm2 Norm2 Normalize SqDist Max Min ArgMax ArgMin Elem ElemT Extract ExtractT Concat OneHot MatVecMult VecMatMult TensorProd \
    TensorDot Kron SqNormIso SqNormDiag SymSqNorm WeightedSqNorm WeightedSqDist GradMatrix BSpline SoftDTW_SqDist \
    Real2Complex Imag2Complex ComplexReal ComplexImag Conj ComplexAbs ComplexSquareAbs ComplexAngle ComplexSum ComplexSumT ComplexAdd \
    ComplexSubtract ComplexMult ComplexDivide ComplexRealScal ComplexExp ComplexExp1j ComplexScal \
    Grad Diff Divergence Laplacian TraceOperator AdjointOperator SumLinOperator Grad_WithSavedForward Diff_WithSavedForward Factorize AutoFactorize";

/// The names of its reductions.
const REDUCTIONS: &str = "Sum LogSumExp LogSumExpWeight SumSoftMaxWeight SoftMax Max_SumShiftExp Max_SumShiftExpWeight Max Min ArgMax ArgMin \
    Max_ArgMax MaxArgMax Min_ArgMin MinArgMin KMin ArgKMin KMin_ArgKMin KMinArgKMin";

/// The methods of its `LazyTensor`.
const METHODS: &str = "square power sqrt rsqrt abs sign step relu exp log xlogx sin cos asin acos atan atan2 sinxdivx sinc round clamp mod ifelse \
    sum sqnorm2 norm2 norm normalize sqdist max min argmax argmin elem extract concat concatenate cat one_hot matvecmult vecmatmult tensorprod \
    weightedsqnorm weightedsqdist keops_tensordot keops_kron bspline softdtw_sqdist real imag real2complex imag2complex conj angle exp1j \
    grad diff divergence laplacian grad_matrix trace_operator factorize auto_factorize difference_matrix \
    sum_reduction logsumexp sumsoftmaxweight max_argmax min_argmin Kmin argKmin Kmin_argKmin";

/// What the compiler says of a formula, or nothing.
fn said(formula: &str) -> String {
    let tokens: TokenStream = formula.parse().expect("it lexes");
    let errors = keops_formula::compile::expand(tokens).err();
    errors.iter().flat_map(|errors| errors.iter()).map(|e| format!("{}\n", e.message)).collect()
}

#[test]
fn names_of_keops_are_there() {
    let mut missing = vec![];
    for name in FORMULAS.split_whitespace() {
        if !PAGE.contains(&format!("`{name}(")) && !PAGE.contains(&format!("={name}(")) {
            missing.push(name.to_owned());
        }
    }
    for name in REDUCTIONS.split_whitespace() {
        if !PAGE.contains(&format!("`{name}`")) {
            missing.push(name.to_owned());
        }
    }
    for name in METHODS.split_whitespace() {
        if ![format!(".{name}("), format!(".{name}`")].iter().any(|written| PAGE.contains(written)) {
            missing.push(format!(".{name}"));
        }
    }
    assert!(missing.is_empty(), "{missing:?} of KeOps are not in docs/migration.md");
}

#[test]
fn names_of_keops_are_answered() {
    let mut wrong = vec![];
    let suffixed = REDUCTIONS
        .split_whitespace()
        .flat_map(|name| [format!("{name}_j"), format!("{name}_Reduction"), name.to_owned()]);
    for name in FORMULAS.split_whitespace().map(str::to_owned).chain(suffixed) {
        let said = said(&format!("sum_j x_i * y_j * {name}(y_j)"));
        let operands = ["Var", "Vi", "Vj", "Vx", "Vy", "Pm"].contains(&name.as_str());
        if !said.contains("help: write `") && !operands && name != "SumLinOperator" || said.contains("did you mean") {
            wrong.push(format!("{name}: {said}"));
        }
    }
    for name in METHODS.split_whitespace() {
        let said = said(&format!("sum_j x_i * y_j.{name}(2)"));
        if !said.contains("write `") && !said.contains("reduction") {
            wrong.push(format!(".{name}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
