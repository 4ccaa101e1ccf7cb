//! Formulas without a reduction: matrices, whose rows and columns are points, and what is computed of them.
//!
//! All that a matrix can do is a reduction of its entry. What it is multiplied with is one operand more, `sum_j f * b_j`, and the
//! product with its transpose is the gradient of that in `b`. Entries themselves are sums over one row or one column; there an
//! operand that is read under both indices is given twice, and indices are operands: rows and columns may be any then.

use std::collections::HashMap;

use proc_macro2::Span;

use crate::ask::Planned;
use crate::ast::{Block, Body};
use crate::complex::Value;
use crate::error::Errors;
use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::lower::Lowered;
use crate::op::{Binary, Op, Unary};
use crate::reduction::Reduction;
use crate::scope::DeclaredOperand;
use crate::symmetry::mirrored;
use crate::types::{Axis, Deps, Dim, Kind, Reading, Shape};

/// A formula without a reduction, and what is computed of it.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    /// The formula.
    pub(crate) entry: Lowered,
    /// `sum_j f * b_j`, where `b` is the last operand: a vector of any dimension, where entries are numbers.
    pub(crate) times: Lowered,
    /// `sum_i f`, for one row.
    pub(crate) rows: Lowered,
    /// `sum_j f`, for one column.
    pub(crate) columns: Lowered,
    /// Whether each entry is a real number. If not, it is a vector, or that is not known, and `b` is made of numbers, or it is a matrix, and `b`
    /// is made of vectors; or it is complex, and so is `b`.
    pub(crate) has_numbers: bool,
    /// How many columns of real numbers an entry has: two, if it is complex.
    pub(crate) columns_of_entry: usize,
    /// The operands that are read under both indices, which entries have once more, as columns, behind all others.
    pub(crate) twice: Vec<usize>,
    /// The indices that the formula reads: operands of entries, behind those.
    pub(crate) indices: Vec<Axis>,
    /// If the matrix is symmetric wherever each row operand `.0` has the points of the column operand `.1`: these pairs.
    pub(crate) mirrored: Option<Vec<(usize, usize)>>,
}

/// Names for what a matrix is multiplied with: the first that is free.
const FACTORS: [&str; 6] = ["b", "v", "w", "c", "r", "rhs"];

impl Matrix {
    /// The matrix of a formula without a reduction, which has been lowered.
    ///
    /// # Errors
    /// When its entries have not the numbers of the block that they are said to be.
    pub(crate) fn new(entry: Lowered, block: Option<Block>) -> Result<Self, Errors> {
        let (graph, root) = (&entry.graph, entry.root);
        let of_real = block.map_or(1, |block| block.columns);
        let columns_of_entry = if entry.reading.is_complex() { 2 } else { of_real };
        if let Some(block) = block {
            check(&entry, block)?;
        }
        let twice: Vec<usize> = (0..entry.operands.len()).filter(|k| both(graph, root, *k)).collect();
        let reads = |axis: &Axis| graph.reachable(&[root]).iter().any(|n| *graph.op(*n) == Op::Index(*axis));
        let indices: Vec<Axis> = [Axis::I, Axis::J].into_iter().filter(reads).collect();
        let [rows, columns] = [Axis::J, Axis::I].map(|kept| entries(&entry, &twice, &indices, kept));
        Ok(Matrix {
            times: times(&entry, of_real),
            rows,
            columns,
            has_numbers: graph.shape(root).is_scalar(),
            columns_of_entry,
            mirrored: mirrored(&entry, columns_of_entry),
            twice,
            indices,
            entry,
        })
    }

    /// Whether the product, planned so, is nothing but a sum of entries, of numbers, times what is multiplied, where the matrix may be
    /// symmetric: no other factor of a row stands outside of it.
    pub(crate) fn is_halved(&self, Planned { graph, plan }: &Planned) -> bool {
        let ([pass], [root]) = (&plan.passes[..], &plan.roots[..]) else { return false };
        let [sum] = pass.reduces[..] else { return false };
        let is_number = |n: NodeId| matches!(graph.op(n), Op::Const(_));
        let mut result = root.node;
        while result != sum {
            result = match *graph.op(result) {
                Op::Unary(Unary::Neg, a) => a,
                Op::Binary(Binary::Mul, a, b) if is_number(a) => b,
                Op::Binary(Binary::Mul | Binary::Div, a, b) if is_number(b) => a,
                _ => return false,
            };
        }
        let is_sum = matches!(graph.op(sum), Op::Reduce(Reduction::Sum, Axis::J, _));
        self.has_numbers && self.mirrored.is_some() && is_sum && pass.adds_up.is_none()
    }

    /// Whether entries are complex numbers, or vectors of these.
    pub(crate) fn is_complex(&self) -> bool {
        self.entry.reading.is_complex()
    }

    /// The number of what the matrix is multiplied with, among the operands of the product.
    pub(crate) fn factor(&self) -> usize {
        self.times.operands.len() - 1
    }
}

/// Checks that an entry has as many numbers as a block.
fn check(entry: &Lowered, block: Block) -> Result<(), Errors> {
    let Block { span, rows, columns } = block;
    let shape = entry.graph.shape(entry.root);
    let found = match shape.len() {
        _ if entry.reading.is_complex() => "complex".to_owned(),
        _ if shape.is_scalar() => "a number".to_owned(),
        Some(len) if rows * columns == len => return Ok(()),
        Some(len) => format!("a vector of {len}"),
        None => "of a dimension that is not known here".to_owned(),
    };
    let mut errors = Errors::default();
    errors.help(
        span,
        format!("each entry is {found}, and no block of {rows} × {columns}, row by row"),
        "`#[block(rows, columns)]` stands above entries that are matrices, row by row: `outer(u, v)`, `hessian(f, x_i)`",
    );
    errors.check(())
}

/// Whether a formula is a matrix: nothing is reduced, and it varies with rows and columns.
pub(crate) fn is_matrix(body: &Body) -> bool {
    let written = body.written();
    !written.reduces && written.deps == Deps::BOTH
}

/// Checks that what is said of entries is said of a matrix.
pub(crate) fn check_block(body: &Body) -> Result<(), Errors> {
    let mut errors = Errors::default();
    if let Some(block) = body.block.filter(|_| !is_matrix(body)) {
        errors.help(
            block.span,
            "`block` says how entries of a matrix are read, and this is none",
            "remove it: a formula without a reduction that varies with i and j is a matrix",
        );
    }
    errors.check(())
}

/// Whether an operand is read under both indices.
fn both(graph: &Graph, root: NodeId, k: usize) -> bool {
    let nodes = graph.reachable(&[root]);
    let read = |axis: Axis| nodes.iter().any(|n| *graph.op(*n) == Op::Operand(k, Some(axis)));
    read(Axis::I) && read(Axis::J)
}

/// What a matrix of these operands is multiplied with is called so.
pub(crate) fn factor_name<'o>(operands: impl Iterator<Item = &'o str> + Clone) -> String {
    let mut names = FACTORS.iter().map(|name| (*name).to_owned()).chain((0..).map(|k| format!("b{k}")));
    names.find(|name| operands.clone().all(|operand| operand != name)).unwrap_or_default()
}

/// `sum_j f * b_j`, or `sum_j matvec(f, b_j)` where entries have several columns.
fn times(entry: &Lowered, columns: usize) -> Lowered {
    let mut graph = entry.graph.clone();
    let name = factor_name(entry.operands.iter().map(|o| o.name.as_str()));
    let k = if entry.reading.is_complex() {
        graph.add_complex_operand(&name, None)
    } else {
        let shape = match graph.shape(entry.root).is_scalar() {
            true => Shape::unknown(entry.operands.len()),
            false if columns > 1 => Shape::vector(Dim::Lit(columns)),
            false => Shape::scalar(),
        };
        graph.add_operand(&name, Kind::Number, shape)
    };
    let b = graph.insert(Op::Operand(k, Some(Axis::J)));
    let text = match columns {
        1 => format!("sum_j ({}) * {name}_j", entry.text),
        _ => format!("sum_j matvec({}, {name}_j)", entry.text),
    };
    let product = if entry.reading.is_complex() {
        let read = [Value::read(&mut graph, entry.root, entry.reading), Value::read(&mut graph, b, Reading::Complex)];
        let product = Value::built(&mut graph, &read, |v| v[0] * v[1]);
        product.written(&mut graph).map_or(entry.root, |(node, _)| node)
    } else if columns == 1 {
        graph.insert(Op::Binary(Binary::Mul, entry.root, b))
    } else {
        Function::Matvec.expand(&mut graph, &[entry.root, b])
    };
    let root = graph.insert(Op::Reduce(Reduction::Sum, Axis::J, vec![product]));
    let factor = DeclaredOperand { name, span: Span::call_site(), deps: Deps::of(Axis::J), axis: Some(Axis::J) };
    let operands = entry.operands.iter().cloned().chain([factor]).collect();
    Lowered { text, graph, root, kept: Some(Axis::I), operands, ..entry.clone() }
}

/// The sum of the entry over the index that is not kept, where rows and columns may be any of those of the matrix.
fn entries(entry: &Lowered, twice: &[usize], indices: &[Axis], kept: Axis) -> Lowered {
    let mut graph = entry.graph.clone();
    let mut operands = entry.operands.clone();
    let (mut moved, mut index_of): (HashMap<usize, usize>, HashMap<Axis, usize>) = Default::default();
    for k in twice {
        let operand = graph.operands()[*k].clone();
        moved.insert(*k, graph.add_like(&operand));
        operands[*k] = DeclaredOperand { deps: Deps::of(Axis::I), axis: Some(Axis::I), ..operands[*k].clone() };
        operands.push(DeclaredOperand { deps: Deps::of(Axis::J), axis: Some(Axis::J), ..operands[*k].clone() });
    }
    for axis in indices {
        let name = axis.letter().to_string();
        index_of.insert(*axis, graph.add_operand(&name, Kind::Integer, Shape::scalar()));
        operands.push(DeclaredOperand { name, span: Span::call_site(), deps: Deps::of(*axis), axis: Some(*axis) });
    }
    let root = graph.rewrite(&[entry.root], |g, _, op| {
        let op = match op {
            Op::Operand(k, Some(Axis::J)) => Op::Operand(moved.get(&k).copied().unwrap_or(k), Some(Axis::J)),
            Op::Index(axis) => Op::Operand(index_of[&axis], Some(axis)),
            op => op,
        };
        g.insert(op)
    })[0];
    let root = graph.insert(Op::Reduce(Reduction::Sum, kept.other(), vec![root]));
    let text = format!("an entry of {}", entry.text);
    Lowered { text, graph, root, kept: Some(kept), operands, checks: vec![], ..entry.clone() }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use proc_macro2::TokenStream;

    use super::Matrix;
    use crate::ask;
    use crate::lower::lower_entry;
    use crate::parse::{Parts, parse_parts};

    #[test]
    fn products_that_may_be_halved() {
        for (formula, expected) in [
            ("exp(-sqdist(x_i, y_j) / 2s2) where x_i: [f32; 3], y_j: [f32; 3], s2: f32", true),
            ("-3 * matern(2.5, norm(x_i - y_j) / s) where x_i: [f32; 3], y_j: [f32; 3], s: f32", true),
            ("2 * w_i * exp(-(x_i - y_j)^2) * v_j / s where w_i: f32, x_i: f32, y_j: f32, v_j: f32, s: f32", true),
            ("x_i + y_j where x_i: f32, y_j: f32", true),
            ("-(if i == j { 1 } else { x_i * x_j / 7 }) where x_i: f32", true),
            // not symmetric
            ("w_i * exp(-(x_i - y_j)^2) where w_i: f32, x_i: f32, y_j: f32", false),
            ("if i < j { x_i * y_j } else { 0 } where x_i: f32, y_j: f32", false),
            // no numbers, or that is not known
            ("exp(-sqdist(x_i, y_j))", true),
            ("exp(-sqdist(x_i, y_j) / 2s2)", false),
            ("#[block(2, 2)] outer(x_i, y_j) where x_i: [f32; 2], y_j: [f32; 2]", false),
            ("(x_i - y_j) * (x_i - y_j) where x_i: [f32; 2], y_j: [f32; 2]", false),
        ] {
            let tokens = TokenStream::from_str(formula).expect("tokens");
            let Ok(Parts::Expression(e)) = parse_parts(tokens) else { panic!("{formula} is no expression") };
            let entry = lower_entry(&e.body, e.declared.as_deref()).expect("a matrix");
            let matrix = Matrix::new(entry, e.body.block).expect("a matrix");
            assert_eq!(matrix.is_halved(&ask::value(&matrix.times)), expected, "{formula}");
        }
    }
}
