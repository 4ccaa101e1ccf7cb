//! The pages of functions of real numbers: one for each family.

use std::fmt::Write as _;

use keops_formula::differentiate::gradient;
use keops_formula::function::{Function, Meaning, Parameter, Signature};
use keops_formula::graph::{Graph, NodeId};
use keops_formula::lower::Lowered;
use keops_formula::types::Axis;

use crate::common::case::{Case, adjoint, declared, evaluate, repeated, summed};
use crate::{HEADER, are_close, are_up_to_date, at_arguments, of_shapes, shown, stated};

/// A function with an example of its arguments, and what the compiler makes of the gradient of `⟨e, f⟩` in each.
struct Example {
    function: Function,
    case: Case,
    gradients: (Graph, Vec<NodeId>),
}

/// Whether a function takes numbers and vectors alike.
fn is_componentwise(f: Function) -> bool {
    matches!(f.meaning(), Meaning::Each(_))
}

impl Example {
    fn new(function: Function) -> Self {
        let any = if is_componentwise(function) { 0 } else { 3 };
        let numbers = function.parameters().iter().filter(|parameter| parameter.interval().is_some());
        let dims: Vec<usize> = numbers.map(|parameter| parameter.dimension().unwrap_or(any)).collect();
        let case = Case::new(function, &dims);
        let (mut g, root) = (case.lowered.graph.clone(), case.lowered.root);
        let shape = g.shape(root).clone();
        let e = adjoint(&mut g, "e", shape);
        let roots = (0..dims.len()).map(|k| gradient(&mut g, root, k, e, Some(Axis::I))).collect();
        Example { function, case, gradients: (g, roots) }
    }

    /// The dimension of the result, 0 for a number.
    fn dim(&self) -> usize {
        let shape = self.case.lowered.graph.shape(self.case.lowered.root);
        if shape.is_scalar() { 0 } else { shape.len().expect("it is known") }
    }

    fn value(&self, args: &[Vec<f64>]) -> Vec<f64> {
        evaluate(&self.case.lowered.graph, self.case.lowered.root, &Case::data(args, &[]))
    }

    /// The gradient of `⟨e, f⟩` in argument `k`.
    fn gradient(&self, k: usize, args: &[Vec<f64>], e: &[f64]) -> Vec<f64> {
        let (g, roots) = &self.gradients;
        repeated(evaluate(g, roots[k], &Case::data(args, &[e.to_vec()])), args[k].len())
    }

    /// A formula of the arguments and `e`, that a row states.
    fn stated(&self, formula: &str) -> Lowered {
        let arguments = self.case.arguments.iter().map(|a| (a.name, a.dim));
        let operands: Vec<(&str, usize)> = arguments.chain([("e", self.dim())]).collect();
        let declared: Vec<String> = operands.iter().map(|(name, dim)| declared(&format!("of_{name}"), *dim)).collect();
        let lets: Vec<String> = operands.iter().map(|(name, _)| format!("let {name} = of_{name}_i;")).collect();
        summed(&declared, &lets.join(" "), formula)
    }
}

#[test]
fn gradients_are_as_stated() {
    let rng = &mut fastrand::Rng::with_seed(8);
    let mut compared = 0;
    for f in Function::ALL {
        let example = Example::new(*f);
        let arguments = &example.case.arguments;
        assert_eq!(f.gradients().len(), arguments.len(), "{f:?} states a gradient in each argument");
        for (k, text) in f.gradients().iter().enumerate() {
            let formula = match stated(text) {
                Some(formula) => formula,
                None if *text == "0" => "0",
                None => continue,
            };
            let Lowered { graph, root, .. } = example.stated(formula);
            for _ in 0..20 {
                let mut args = example.case.sample(rng);
                let e: Vec<f64> = (0..example.dim().max(1)).map(|_| rng.f64() - 0.5).collect();
                let found = example.gradient(k, &args, &e);
                args.push(e);
                let expected = repeated(evaluate(&graph, root, &Case::data(&args, &[])), args[k].len());
                let name = arguments[k].name;
                let same = are_close(&found, &expected);
                assert!(same, "the gradient of {f:?} in {name} at {args:?} is {found:?}, stated as {expected:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 20 * 70, "{compared}");
}

/// Arguments that pages show: of functions of one number and of two.
const SPECIAL: [f64; 7] = [f64::NEG_INFINITY, -1.0, -0.0, 0.0, 1.0, f64::INFINITY, f64::NAN];
const PAIRS: [[f64; 2]; 8] = [
    [0.0, 0.0],
    [0.0, 1.0],
    [1.0, 0.0],
    [-1.0, -1.0],
    [f64::INFINITY, 1.0],
    [1.0, f64::INFINITY],
    [f64::NAN, 1.0],
    [1.0, f64::NAN],
];

/// What a function is at special arguments: a table for a function of one or two numbers.
fn edges(example: &Example) -> String {
    let points: Vec<Vec<f64>> = match example.case.arguments.len() {
        _ if !is_componentwise(example.function) => return String::new(),
        1 => SPECIAL.iter().map(|v| vec![*v]).collect(),
        2 => PAIRS.iter().map(|p| p.to_vec()).collect(),
        _ => return String::new(),
    };
    let names: Vec<&str> = example.case.arguments.iter().map(|a| a.name).collect();
    let at = |point: &Vec<f64>| {
        let args: Vec<Vec<f64>> = point.iter().map(|v| vec![*v]).collect();
        let gradients = (0..args.len()).flat_map(|k| example.gradient(k, &args, &[1.0]));
        // zeros of values and of gradients have no sign that is promised
        let found = example.value(&args).into_iter().chain(gradients).map(|v| v + 0.0);
        point.iter().copied().chain(found).map(shown).collect()
    };
    at_arguments(&names, points.iter().map(at))
}

/// Which shapes meet, and what they make.
fn shapes(example: &Example) -> String {
    match example.function.signature() {
        signature @ (Signature::Map | Signature::Fold) => {
            of_shapes(matches!(signature, Signature::Fold), example.case.arguments.len()).into()
        }
        Signature::Rule(_) => {
            let shape = |dim: usize| if dim == 0 { "T".to_owned() } else { format!("[T; {dim}]") };
            let from: Vec<String> =
                example.case.arguments.iter().map(|a| format!("{}: {}", a.name, shape(a.dim))).collect();
            let literals = example.function.parameters().iter().filter_map(Parameter::literals).count();
            let of = if literals == 0 { String::new() } else { format!("`{}` with ", example.function.example()) };
            format!("for example, {of}`{} → {}`", from.join(", "), shape(example.dim()))
        }
    }
}

fn page(title: &str, functions: &[Function]) -> String {
    let mut out = format!("# {title}\n\n{HEADER}");
    for f in functions {
        let example = Example::new(*f);
        writeln!(out, "\n## `{}`\n\n- meaning: {}\n- shapes: {}", f.call(), f.line(), shapes(&example))
            .expect("a string takes it");
        for (argument, text) in example.case.arguments.iter().zip(f.gradients()) {
            writeln!(out, "- gradient of ⟨e, f⟩ in {}: {text}", argument.name).expect("a string takes it");
        }
        out += &edges(&example);
    }
    out
}

#[test]
fn pages_are_up_to_date() {
    for (title, functions) in Function::SECTIONS {
        are_up_to_date(title, &page(title, functions));
    }
}
