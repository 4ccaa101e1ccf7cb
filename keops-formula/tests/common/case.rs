//! A function of the vocabulary at arguments of some dimensions, as a formula.

use keops_formula::function::Function;
use keops_formula::graph::{Graph, NodeId};
use keops_formula::interpret::{Data, Interpreter};
use keops_formula::lower::Lowered;
use keops_formula::op::Op;
use keops_formula::types::{Axis, Kind, Shape};

use super::lowered;

/// An argument that is no literal.
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    /// Its dimension, 0 for a number.
    pub(crate) dim: usize,
    /// Where its numbers are drawn.
    pub(crate) interval: (f64, f64),
}

impl Argument {
    /// How it is declared.
    pub(crate) fn declared(&self) -> String {
        declared(self.name, self.dim)
    }
}

/// How an operand of the rows is declared.
pub(crate) fn declared(name: &str, dim: usize) -> String {
    if dim == 0 { format!("{name}_i: f64") } else { format!("{name}_i: [f64; {dim}]") }
}

/// The formula `sum_j f(…) * one_j` at one row and one column, where `one` is 1: arguments are called as in the function's row.
pub(crate) struct Case {
    pub(crate) lowered: Lowered,
    pub(crate) arguments: Vec<Argument>,
}

impl Case {
    /// With these dimensions, 0 for numbers.
    pub(crate) fn new(f: Function, dims: &[usize]) -> Self {
        let (mut arguments, mut written, mut dims) = (vec![], vec![], dims.iter());
        for (name, parameter) in f.names().zip(f.parameters()) {
            match parameter.interval() {
                Some(interval) => {
                    let dim = *dims.next().expect("a dimension for each argument");
                    arguments.push(Argument { name, dim, interval });
                    written.push(format!("{name}_i"));
                }
                None => written.push(parameter.literals().expect("a literal").0),
            }
        }
        let declared: Vec<String> = arguments.iter().map(Argument::declared).collect();
        let lowered = summed(&declared, "", &format!("{}({})", f.name(), written.join(", ")));
        Case { lowered, arguments }
    }

    /// The data of some arguments, of `one`, and of adjoints.
    pub(crate) fn data(args: &[Vec<f64>], adjoints: &[Vec<f64>]) -> Data {
        let one = vec![vec![1.0]];
        let points = args.iter().map(|a| vec![a.clone()]);
        points.chain([one]).chain(adjoints.iter().map(|e| vec![e.clone()])).collect()
    }

    /// Random arguments.
    pub(crate) fn sample(&self, rng: &mut fastrand::Rng) -> Vec<Vec<f64>> {
        let point = |Argument { dim, interval: (low, high), .. }: &Argument| -> Vec<f64> {
            (0..(*dim).max(1)).map(|_| low + (high - low) * rng.f64()).collect()
        };
        self.arguments.iter().map(point).collect()
    }
}

/// The formula that sums a formula of rows over one column.
pub(crate) fn summed(declared: &[String], lets: &str, formula: &str) -> Lowered {
    lowered(&format!("fn f({}, one_j: f64) {{ {lets} sum_j ({formula}) * one_j }}", declared.join(", ")))
}

/// An operand of the rows that a gradient is weighed with.
pub(crate) fn adjoint(g: &mut Graph, name: &str, shape: Shape) -> NodeId {
    let e = g.add_operand(name, Kind::Number, shape);
    g.insert(Op::Operand(e, Some(Axis::I)))
}

/// What a node is at one row and one column.
pub(crate) fn evaluate(g: &Graph, root: NodeId, data: &Data) -> Vec<f64> {
    Interpreter::new(g, data, 1, 1).all(root).concat()
}

/// A vector whose components are the same may be one number.
pub(crate) fn repeated(found: Vec<f64>, len: usize) -> Vec<f64> {
    if found.len() == 1 { found.repeat(len) } else { found }
}
