//! A page of documentation for each family of functions, `docs/functions`: written from their rows and from what the compiler makes of them, and checked to be
//! what is there. The gradients that rows state are compared with those that are computed.

mod common;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use common::close;
use keops_formula::differentiate::gradient;
use keops_formula::function::{Function, Meaning, Parameter, Signature};
use keops_formula::graph::{Graph, NodeId};
use keops_formula::interpret::{Data, Interpreter};
use keops_formula::lower::Lowered;
use keops_formula::op::Op;
use keops_formula::types::{Axis, Kind};

/// An argument that is no literal.
struct Argument {
    name: &'static str,
    /// Its dimension in the example, 0 for a number.
    dim: usize,
    interval: (f64, f64),
}

/// A function with an example of its arguments, and what the compiler makes of `⟨e, f⟩`.
struct Example {
    function: Function,
    arguments: Vec<Argument>,
    value: Lowered,
    /// The graph with the gradient in each argument.
    gradients: (Graph, Vec<NodeId>),
}

/// Whether a function takes numbers and vectors alike.
fn is_componentwise(f: Function) -> bool {
    matches!(f.meaning(), Meaning::Each(_))
}

fn declaration(name: &str, dim: usize) -> String {
    if dim == 0 { format!("{name}_i: f64") } else { format!("{name}_i: [f64; {dim}]") }
}

impl Example {
    fn new(function: Function) -> Self {
        let call = function.call();
        let names = call[function.name().len() + 1..call.len() - 1].split(", ");
        let (mut arguments, mut written) = (vec![], vec![]);
        for (name, parameter) in names.zip(function.parameters()) {
            match (parameter.literals(), parameter.interval()) {
                (None, Some(interval)) => {
                    let any = if is_componentwise(function) { 0 } else { 3 };
                    arguments.push(Argument { name, dim: parameter.dimension().unwrap_or(any), interval });
                    written.push(format!("{name}_i"));
                }
                (literals, _) => written.push(literals.expect("a literal").0),
            }
        }
        let declared: Vec<String> = arguments.iter().map(|a| declaration(a.name, a.dim)).collect();
        let text = format!(
            "fn f({}, n_j: f64) {{ sum_j {}({}) * n_j }}",
            declared.join(", "),
            function.name(),
            written.join(", ")
        );
        let value = common::lowered(&text);
        let mut g = value.graph.clone();
        let shape = g.shape(value.root).clone();
        let e = g.add_operand("e", Kind::Number, shape);
        let e = g.insert(Op::Operand(e, Some(Axis::I)));
        let roots = (0..arguments.len()).map(|k| gradient(&mut g, value.root, k, e, Some(Axis::I))).collect();
        Example { function, arguments, value, gradients: (g, roots) }
    }

    /// The dimension of the result, 0 for a number.
    fn dim(&self) -> usize {
        let shape = self.value.graph.shape(self.value.root);
        if shape.is_scalar() { 0 } else { shape.len().expect("it is known") }
    }

    fn data(args: &[Vec<f64>]) -> Data {
        args.iter().map(|a| vec![a.clone()]).chain([vec![vec![1.0]]]).collect()
    }

    fn value(&self, args: &[Vec<f64>]) -> Vec<f64> {
        evaluate(&self.value.graph, self.value.root, &Self::data(args))
    }

    /// The gradients of `⟨e, f⟩`.
    fn gradients(&self, args: &[Vec<f64>], e: &[f64]) -> Vec<Vec<f64>> {
        let mut data = Self::data(args);
        data.push(vec![e.to_vec()]);
        let (g, roots) = &self.gradients;
        let each = |(root, argument): (&NodeId, &Argument)| repeated(evaluate(g, *root, &data), argument.dim);
        roots.iter().zip(&self.arguments).map(each).collect()
    }

    fn sample(&self, rng: &mut fastrand::Rng) -> Vec<Vec<f64>> {
        let mut point = |a: &Argument| {
            (0..a.dim.max(1)).map(|_| a.interval.0 + (a.interval.1 - a.interval.0) * rng.f64()).collect()
        };
        self.arguments.iter().map(&mut point).collect()
    }

    /// What a formula that a row states is at some arguments.
    fn stated(&self, formula: &str, args: &[Vec<f64>], e: &[f64], dim: usize) -> Vec<f64> {
        let e_dim = self.dim();
        let operands = self.arguments.iter().map(|a| (a.name, a.dim)).chain([("e", e_dim)]);
        let declared: Vec<String> =
            operands.clone().map(|(name, dim)| declaration(&format!("of_{name}"), dim)).collect();
        let lets: Vec<String> = operands.map(|(name, _)| format!("let {name} = of_{name}_i; ")).collect();
        let text = format!("fn f({}, n_j: f64) {{ {} sum_j ({formula}) * n_j }}", declared.join(", "), lets.concat());
        let Lowered { graph, root, .. } = common::lowered(&text);
        let with_e: Vec<Vec<f64>> = args.iter().cloned().chain([e.to_vec()]).collect();
        repeated(evaluate(&graph, root, &Self::data(&with_e)), dim)
    }
}

fn evaluate(g: &Graph, root: NodeId, data: &Data) -> Vec<f64> {
    Interpreter::new(g, data, 1, 1).all(root).concat()
}

/// A vector whose components are the same may be one number.
fn repeated(found: Vec<f64>, dim: usize) -> Vec<f64> {
    if found.len() == 1 { found.repeat(dim.max(1)) } else { found }
}

#[test]
fn gradients_are_as_stated() {
    let rng = &mut fastrand::Rng::with_seed(8);
    let mut compared = 0;
    for f in Function::ALL {
        let example = Example::new(*f);
        assert_eq!(f.gradients().len(), example.arguments.len(), "{f:?} states a gradient in each argument");
        for (k, (text, argument)) in f.gradients().iter().zip(&example.arguments).enumerate() {
            let formula = match text.strip_prefix('`') {
                Some(rest) => rest.split('`').next().expect("a formula"),
                None if *text == "0" => "0",
                None => continue,
            };
            // weights may be of several shapes, and the first formula is of one for each component where the example has so many
            for _ in 0..20 {
                let args = example.sample(rng);
                let e: Vec<f64> = (0..example.dim().max(1)).map(|_| rng.f64() - 0.5).collect();
                let (found, expected) =
                    (&example.gradients(&args, &e)[k], example.stated(formula, &args, &e, argument.dim));
                let same =
                    found.len() == expected.len() && found.iter().zip(&expected).all(|(a, b)| close(*a, *b, 1e-9));
                assert!(
                    same,
                    "the gradient of {f:?} in {} at {args:?} is {found:?}, stated as {expected:?}",
                    argument.name
                );
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

fn shown(v: f64) -> String {
    match v {
        v if v.is_nan() => "NaN".into(),
        v if v.is_infinite() => if v > 0.0 { "∞" } else { "−∞" }.into(),
        v if v == 0.0 => if v.is_sign_negative() { "−0" } else { "0" }.into(),
        v => format!("{v:.6}").trim_end_matches('0').trim_end_matches('.').replace('-', "−"),
    }
}

/// What a function is at special arguments: a table for a function of one or two numbers.
fn edges(example: &Example) -> String {
    let points: Vec<Vec<f64>> = match example.arguments.len() {
        _ if !is_componentwise(example.function) => return String::new(),
        1 => SPECIAL.iter().map(|v| vec![*v]).collect(),
        2 => PAIRS.iter().map(|p| p.to_vec()).collect(),
        _ => return String::new(),
    };
    let names: Vec<&str> = example.arguments.iter().map(|a| a.name).collect();
    let mut rows: Vec<(String, Vec<String>)> = names.iter().map(|name| (name.to_string(), vec![])).collect();
    rows.push(("value".into(), vec![]));
    rows.extend(names.iter().map(|name| (format!("gradient in {name}"), vec![])));
    for point in &points {
        let args: Vec<Vec<f64>> = point.iter().map(|v| vec![*v]).collect();
        let numbers =
            point.iter().copied().chain(example.value(&args)).chain(example.gradients(&args, &[1.0]).concat());
        // zeros of values and of gradients have no sign that is promised
        for (k, (number, row)) in numbers.zip(&mut rows).enumerate() {
            row.1.push(shown(if k < point.len() { number } else { number + 0.0 }));
        }
    }
    let mut out = String::new();
    for (n, (name, cells)) in rows.iter().enumerate() {
        writeln!(out, "| {name} | {} |", cells.join(" | ")).expect("a string takes it");
        if n == 0 {
            writeln!(out, "|---|{}", "---|".repeat(cells.len())).expect("a string takes it");
        }
    }
    format!("\n{out}")
}

/// Which shapes meet, and what they make.
fn shapes(example: &Example) -> String {
    match example.function.signature() {
        Signature::Map if example.arguments.len() == 1 => {
            "by components: a number makes a number, a vector one of its dimension".into()
        }
        Signature::Map => {
            "by components: numbers, vectors of one dimension, or both, where a number meets each component".into()
        }
        Signature::Fold if example.arguments.len() == 1 => "a vector or a number makes a number".into(),
        Signature::Fold => "vectors of one dimension, or numbers, make a number".into(),
        Signature::Rule(_) => {
            let shape = |dim: usize| if dim == 0 { "T".to_owned() } else { format!("[T; {dim}]") };
            let from: Vec<String> = example.arguments.iter().map(|a| format!("{}: {}", a.name, shape(a.dim))).collect();
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
        for (argument, text) in example.arguments.iter().zip(f.gradients()) {
            writeln!(out, "- gradient of ⟨e, f⟩ in {}: {text}", argument.name).expect("a string takes it");
        }
        out += &edges(&example);
    }
    out
}

const HEADER: &str = "Written by `KEOPS_BLESS=1 cargo test -p keops-formula --test pages`, from the compiler's table and what the compiler makes of it; the
documentation of `keops!` has all functions at a glance. Values at special arguments are those of double precision; gradients there are those with e = 1.
T is a number.
";

#[test]
fn pages_are_up_to_date() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/functions");
    for (title, functions) in Function::SECTIONS {
        let name = format!("{}.md", title.to_lowercase().replace(' ', "-"));
        let text = page(title, functions);
        if env::var_os("KEOPS_BLESS").is_some() {
            fs::create_dir_all(&folder).expect("the folder can be made");
            fs::write(folder.join(&name), &text).expect("the page can be written");
        }
        let is = fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(
            is == text,
            "docs/functions/{name} is not what the table says: bless with KEOPS_BLESS=1, and read the difference"
        );
    }
}
