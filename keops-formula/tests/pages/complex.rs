//! The page of functions of complex numbers.

use std::fmt::Write as _;

use keops_formula::ask::{self, Planned};
use keops_formula::complex::function::{ALL, Row, Shapes};
use keops_formula::lower::Lowered;

use crate::common::case::{Case, summed};
use crate::common::results;
use crate::{HEADER, are_close, are_up_to_date, at_arguments, of_shapes, shown, stated};

/// A value by its dimension, 0 for a number, and whether it is complex.
#[derive(Clone, Copy)]
struct Type {
    dim: usize,
    is_complex: bool,
}

impl Type {
    fn of(l: &Lowered) -> Self {
        let (shape, is_complex) = (l.graph.shape(l.root), l.reading.is_complex());
        let is_number = shape.is_scalar() || l.reading == keops_formula::types::Reading::Complex;
        let parts = if is_complex { 2 } else { 1 };
        let dim = if is_number { 0 } else { shape.len().expect("it is known") / parts };
        Type { dim, is_complex }
    }

    /// As it is written, of these numbers.
    fn written(self, number: &str) -> String {
        let one = if self.is_complex { format!("Complex<{number}>") } else { number.to_owned() };
        if self.dim == 0 { one } else { format!("[{one}; {}]", self.dim) }
    }

    /// How many real numbers it is.
    fn len(self) -> usize {
        self.dim.max(1) * if self.is_complex { 2 } else { 1 }
    }
}

/// A function with an example of its arguments that are no literals.
struct Example {
    row: &'static Row,
    arguments: Vec<(&'static str, Type)>,
    lowered: Lowered,
    gradients: Vec<Planned>,
}

/// A formula of these operands, at one row and one column.
fn formula(operands: &[(&str, Type)], formula: &str) -> Lowered {
    let declared: Vec<String> =
        operands.iter().map(|(name, ty)| format!("of_{name}_i: {}", ty.written("f64"))).collect();
    let lets: Vec<String> = operands.iter().map(|(name, _)| format!("let {name} = of_{name}_i;")).collect();
    summed(&declared, &lets.join(" "), formula)
}

impl Example {
    fn new(row: &'static Row) -> Self {
        let is_number = |name: &&str| *name != "k";
        let dim = |k: usize| match row.shapes() {
            Shapes::Each => 0,
            Shapes::Fold => 3,
            Shapes::Of(dims) => dims[k],
        };
        let ty = |(k, name)| (name, Type { dim: dim(k), is_complex: !["u", "v"].contains(&name) });
        let arguments: Vec<_> = row.names().filter(is_number).enumerate().map(ty).collect();
        let lowered = formula(&arguments, &row.call().replace(", k)", ", 1)"));
        let gradients = (0..arguments.len()).map(|k| ask::gradient(&lowered, k).expect("there is one")).collect();
        Example { row, arguments, lowered, gradients }
    }

    /// The parts of the value.
    fn value(&self, args: &[Vec<f64>]) -> Vec<f64> {
        results(&ask::value(&self.lowered), &Case::data(args, &[]), [1, 1])
    }

    /// The parts of the gradient of ⟨e, f⟩ in argument `k`.
    fn gradient(&self, k: usize, args: &[Vec<f64>], e: Vec<f64>) -> Vec<f64> {
        results(&self.gradients[k], &Case::data(args, &[e]), [1, 1])
    }
}

#[test]
fn gradients_are_as_stated() {
    let rng = &mut fastrand::Rng::with_seed(9);
    let mut compared = 0;
    for row in ALL {
        let example = Example::new(row);
        let gradients = row.gradients();
        assert_eq!(gradients.len(), example.arguments.len(), "{} states a gradient in each argument", row.call());
        for (k, text) in gradients.iter().enumerate() {
            let Some(gradient) = stated(text) else { continue };
            let e = ("e", Type::of(&example.lowered));
            let of_gradient = formula(&[&example.arguments[..], &[e]].concat(), gradient);
            for _ in 0..20 {
                let mut random = |ty: Type| (0..ty.len()).map(|_| rng.f64() * 3.0 - 1.5).collect::<Vec<f64>>();
                let mut args: Vec<Vec<f64>> = example.arguments.iter().map(|(_, ty)| random(*ty)).collect();
                let e = random(e.1);
                let found = example.gradient(k, &args, e.clone());
                args.push(e);
                let expected = results(&ask::value(&of_gradient), &Case::data(&args, &[]), [1, 1]);
                let same = are_close(&found, &expected);
                assert!(same, "gradient {k} of {} at {args:?} is {found:?}, stated as {expected:?}", row.call());
                compared += 1;
            }
        }
    }
    assert!(compared > 20 * 35, "{compared}");
}

/// Arguments that the page shows: of functions of one number and of two.
const SPECIAL: [[f64; 2]; 10] = [
    [0.0, 0.0],
    [1.0, 0.0],
    [-1.0, 0.0],
    [0.0, 1.0],
    [0.0, -1.0],
    [1.0, 1.0],
    [f64::INFINITY, 0.0],
    [f64::NEG_INFINITY, 0.0],
    [0.0, f64::INFINITY],
    [f64::NAN, 0.0],
];
const PAIRS: [[[f64; 2]; 2]; 7] = [
    [[0.0, 0.0], [0.0, 0.0]],
    [[0.0, 0.0], [1.0, 0.0]],
    [[0.0, 0.0], [0.5, 1.0]],
    [[0.0, 0.0], [0.0, 1.0]],
    [[-1.0, 0.0], [0.5, 0.0]],
    [[0.0, 1.0], [0.0, 1.0]],
    [[1.0, 0.0], [2.0, -3.0]],
];

/// A number by its parts, of which there may be one.
fn number(parts: &[f64]) -> String {
    // zeros have no sign, nor what is 0 but for rounding
    let shown = |v: f64| shown(if v.abs() < 5e-7 { 0.0 } else { v });
    let [re, im] = [parts[0], parts.get(1).copied().unwrap_or_default()].map(shown);
    match (&re[..], &im[..]) {
        (_, "0") => re,
        ("NaN", "NaN") => re,
        ("NaN", _) | (_, "NaN") => format!("({re}, {im})"),
        _ => {
            let (sign, size) = im.strip_prefix('−').map_or(("+", &im[..]), |size| ("−", size));
            let size = if size == "1" { "" } else { size };
            match &re[..] {
                "0" => format!("{}{size}i", sign.trim_start_matches('+')),
                _ => format!("{re} {sign} {size}i"),
            }
        }
    }
}

/// What a function is at special arguments.
fn edges(example: &Example) -> String {
    let is_complex = example.arguments.iter().all(|(_, ty)| ty.is_complex);
    let points: Vec<Vec<Vec<f64>>> = match (example.row.shapes(), example.arguments.len()) {
        (Shapes::Each, 1) if is_complex => SPECIAL.iter().map(|z| vec![z.to_vec()]).collect(),
        (Shapes::Each, 2) if is_complex => PAIRS.iter().map(|pair| pair.map(|z| z.to_vec()).to_vec()).collect(),
        _ => return String::new(),
    };
    let names: Vec<&str> = example.arguments.iter().map(|(name, _)| *name).collect();
    let mut e = vec![0.0; Type::of(&example.lowered).len()];
    e[0] = 1.0;
    let at = |args: &Vec<Vec<f64>>| {
        let gradients = (0..args.len()).map(|k| example.gradient(k, args, e.clone()));
        args.iter().cloned().chain([example.value(args)]).chain(gradients).map(|parts| number(&parts)).collect()
    };
    at_arguments(&names, points.iter().map(at))
}

/// Which shapes meet, and what they make.
fn shapes(example: &Example) -> String {
    let from: Vec<String> = example.arguments.iter().map(|(name, ty)| format!("{name}: {}", ty.written("T"))).collect();
    let types = format!("`{} → {}`", from.join(", "), Type::of(&example.lowered).written("T"));
    match example.row.shapes() {
        Shapes::Of(_) => format!("for example, {types}"),
        shapes => format!("{}; {types}", of_shapes(matches!(shapes, Shapes::Fold), example.arguments.len())),
    }
}

#[test]
fn page_is_up_to_date() {
    let mut out = format!(
        "# Complex numbers\n\n{HEADER}\nHere ⟨e, f⟩ is Re(ē f), and the gradient in a complex argument ∂/∂re + i ∂/∂im of that. Real numbers meet complex ones.\n"
    );
    for row in ALL {
        let example = Example::new(row);
        writeln!(out, "\n## `{}`\n\n- meaning: {}\n- shapes: {}", row.call(), row.line(), shapes(&example))
            .expect("a string takes it");
        for ((name, _), text) in example.arguments.iter().zip(row.gradients()) {
            writeln!(out, "- gradient of ⟨e, f⟩ in {name}: {text}").expect("a string takes it");
        }
        out += &edges(&example);
    }
    are_up_to_date("Complex numbers", &out);
}
