//! One stage of a pass: straight-line arithmetic from what earlier stages left to some targets.

mod operation;
mod value;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::scaled::Scaled;
use super::{generic_name, keops, shape_type};
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Elementary, Op, Unary, Warp};
use crate::types::Kind;

/// The code of one stage.
pub(crate) struct Stage<'g> {
    g: &'g Graph,
    /// The values that are there when the stage begins: scalars by value, vectors by reference.
    given: BTreeSet<NodeId>,
    /// Given values that are per parameter, row or column, and must be spread over the pairs when read.
    narrow: HashMap<NodeId, Narrow>,
    /// How many operations (and targets) of this stage use a node.
    uses: HashMap<NodeId, usize>,
    /// The nodes that get a `let`.
    bound: BTreeSet<NodeId>,
    /// The nodes that are computed here, in order.
    order: Vec<NodeId>,
    /// How many numbers the code so far has on the stack where nothing is optimised.
    locals: Cell<usize>,
    /// What is written in its second form.
    scaled: Option<Scaled>,
}

/// What a given value varies with, if with less than the pair.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Narrow {
    Param,
    Row,
    Col,
}

/// Whose sum a value is added to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Summed {
    Row,
    Col,
}

/// The name of a node's value.
pub(crate) fn name(n: NodeId) -> Ident {
    format_ident!("n{}", n.number())
}

fn component_name(n: NodeId) -> Ident {
    format_ident!("c{}", n.number())
}

/// Operations that are not worth repeating.
pub(super) fn costly(op: &Op) -> bool {
    match op {
        Op::Unary(op, _) => match op {
            Unary::Neg | Unary::Square | Unary::Abs | Unary::Floor | Unary::Saturate => false,
            Unary::Recip | Unary::Sqrt | Unary::Rsqrt => true,
        },
        Op::Binary(op, ..) => *op == Binary::Div,
        Op::Elementary(..) | Op::SumTo(..) | Op::SumGroups(..) | Op::Powi(..) | Op::Warp(..) => true,
        _ => false,
    }
}

/// How many numbers a table of warped series has, with its rows and columns: all of them where slopes are asked for, and twice as many
/// for each direction.
fn table(warp: Warp, args: &[NodeId]) -> usize {
    let series = 2 * warp.count();
    if warp.slopes { (warp.rows * warp.cols + series) << (args.len() - 3) } else { series }
}

/// The lets of a closure over the components of a vector.
#[derive(Default)]
struct Lets {
    code: TokenStream,
    done: BTreeSet<NodeId>,
}

impl<'g> Stage<'g> {
    /// `targets` are computed from `given`; those in `held` are wanted as values of their own.
    pub(crate) fn new(g: &'g Graph, given: BTreeSet<NodeId>, targets: &[NodeId], held: &[NodeId]) -> Self {
        let mut stage = Stage {
            g,
            given,
            narrow: HashMap::new(),
            uses: HashMap::new(),
            bound: held.iter().copied().collect(),
            order: vec![],
            locals: Cell::new(0),
            scaled: None,
        };
        let mut seen = BTreeSet::new();
        let mut stack: Vec<NodeId> = targets.iter().chain(held).copied().collect();
        stack.iter().for_each(|n| *stage.uses.entry(*n).or_default() += 1);
        while let Some(n) = stack.pop() {
            if stage.is_given(n) || !seen.insert(n) {
                continue;
            }
            for a in g.args(n) {
                *stage.uses.entry(a).or_default() += 1;
                stack.push(a);
            }
        }
        stage.order = seen.into_iter().collect();
        stage.bind();
        stage
    }

    fn is_given(&self, n: NodeId) -> bool {
        self.given.contains(&n) || self.g.constant(n).is_some()
    }
    fn is_scalar(&self, n: NodeId) -> bool {
        self.g.shape(n).is_scalar()
    }
    /// Whether one operation (or target) of this stage uses a node.
    pub(super) fn used_once(&self, n: NodeId) -> bool {
        self.uses.get(&n) == Some(&1)
    }

    /// The nodes that are computed here, in order.
    pub(super) fn computed(&self) -> &[NodeId] {
        &self.order
    }
    /// Writes an exponent in its second form, with the scale by the name `scale`.
    pub(super) fn write_scaled(&mut self, scaled: Scaled) {
        self.scaled = Some(scaled);
    }

    /// Decides what gets a `let`: scalars, vectors that are read at another component than they are
    /// used at, and costly vectors that would be computed more than once.
    fn bind(&mut self) {
        for n in self.order.clone() {
            if self.is_scalar(n) {
                self.bound.insert(n);
            }
            match self.g.op(n) {
                Op::Component(a, _) | Op::Slice(a, ..) | Op::Place(a, ..) | Op::View(a, _) => {
                    self.bound.insert(*a);
                }
                Op::Concat(parts) => self.bound.extend(parts),
                // all at once
                Op::Warp(_, args) => {
                    self.bound.insert(n);
                    self.bound.extend(args);
                }
                Op::SumTo(..) | Op::SumGroups(..) => {
                    self.bound.insert(n);
                }
                _ => {}
            }
            for a in self.g.args(n) {
                let reduces = matches!(self.g.op(n), Op::SumComponents(_) | Op::SumGroups(..) | Op::Extreme(..));
                let repeated = !self.used_once(a) || !reduces && self.g.shape(a) != self.g.shape(n);
                if costly(self.g.op(a)) && repeated {
                    self.bound.insert(a);
                }
            }
        }
        for n in &self.given {
            self.bound.remove(n);
        }
        // products that a sum takes in unmultiplied need no name, nor do reciprocals that a product divides by
        for n in self.order.clone() {
            if let Op::Binary(Binary::Mul, a, b) = *self.g.op(n)
                && let Some((numerator, _)) = self.quotient(n)
            {
                self.bound.remove(if numerator == a { &b } else { &a });
            }
            if let Op::Binary(Binary::Add | Binary::Sub, a, b) = *self.g.op(n)
                && let Some(product) = self.absorbed(a, b, n)
            {
                self.bound.remove(&product);
            }
            if let Op::SumComponents(a) = *self.g.op(n)
                && self.product(a).is_some()
                && self.used_once(a)
            {
                self.bound.remove(&a);
            }
            if let Op::Elementary(f, args) = self.g.op(n)
                && self.exponent(*f, args).is_some()
            {
                self.bound.remove(&args[0]);
            }
        }
    }

    /// The product in a sum or a difference that becomes its multiply-add.
    fn absorbed(&self, a: NodeId, b: NodeId, n: NodeId) -> Option<NodeId> {
        [b, a].into_iter().find(|p| {
            !self.is_given(*p)
                && self.used_once(*p)
                && self.product(*p).is_some()
                && self.g.shape(*p) == self.g.shape(n)
        })
    }

    /// The factors of a product that is computed here.
    pub(crate) fn product(&self, n: NodeId) -> Option<(NodeId, NodeId)> {
        if self.is_given(n) {
            return None;
        }
        match *self.g.op(n) {
            Op::Binary(Binary::Mul, a, b) => self.quotient(n).is_none().then_some((a, b)),
            Op::Unary(Unary::Square, a) => Some((a, a)),
            _ => None,
        }
    }

    /// The method for an exponential of a product that is for nothing else, and the factors.
    pub(super) fn exponent(&self, f: Elementary, args: &[NodeId]) -> Option<(&'static str, NodeId, NodeId)> {
        let method = match f.name {
            "exp2" => "exp2_product",
            "exp2_weighted" => "exp2_product_weighted",
            _ => return None,
        };
        let n = args[0];
        let is_scaled = self.scaled.is_some_and(|scaled| scaled.is_exponent(n));
        if is_scaled || self.g.is_strict() || !self.used_once(n) || self.is_square(n) {
            return None;
        }
        self.product(n).map(|(a, b)| (method, a, b))
    }

    /// Whether a product that is computed here is a square.
    fn is_square(&self, n: NodeId) -> bool {
        !self.is_given(n) && matches!(self.g.op(n), Op::Unary(Unary::Square, _))
    }

    /// Says whose numbers these given values have: they are spread over the pairs where they are read, scalars at once.
    pub(crate) fn spread<'n>(&mut self, nodes: impl IntoIterator<Item = &'n NodeId>, narrow: Narrow) -> TokenStream {
        let mut scalars = TokenStream::new();
        for n in nodes {
            self.narrow.insert(*n, narrow);
            if self.is_scalar(*n) {
                let name = name(*n);
                let spread = self.widened(*n, &quote!(#name));
                scalars.extend(quote!(let #name = #spread;));
            }
        }
        scalars
    }

    /// A number of `n`, for all pairs.
    fn widened(&self, n: NodeId, number: &TokenStream) -> TokenStream {
        let index = self.g.kind(n) == Kind::Integer;
        let of = match self.narrow.get(&n) {
            None => return number.clone(),
            Some(Narrow::Param) if index => quote!(of_param_index),
            Some(Narrow::Param) => quote!(of_param),
            Some(Narrow::Row) if index => quote!(of_row_index),
            Some(Narrow::Row) => quote!(of_row),
            Some(Narrow::Col) if index => quote!(of_col_index),
            Some(Narrow::Col) => quote!(of_col),
        };
        quote!(R::#of(cx, #number))
    }

    /// Whether it calls elementary functions.
    pub(crate) fn calls_functions(&self) -> bool {
        self.order.iter().any(|n| matches!(self.g.op(*n), Op::Elementary(..) | Op::Warp(..)))
    }

    /// How many vector components this stage holds in memory.
    pub(crate) fn held(&self) -> TokenStream {
        let k = keops();
        let vectors = self.order.iter().filter(|n| self.bound.contains(n) && !self.is_scalar(**n));
        let shapes = vectors.map(|n| shape_type(self.g.shape(*n), &generic_name));
        // a row of costs is short, and one vector's way through it leaves a processor waiting: several at once do not
        let held = |n: &NodeId| match self.g.op(*n) {
            Op::Warp(warp, args) if warp.slopes => table(*warp, args),
            Op::Warp(..) => 1,
            _ => 0,
        };
        let tables = self.order.iter().map(held);
        let tables = Literal::usize_unsuffixed(tables.sum::<usize>());
        quote!(#tables #(+ <#shapes as #k::Bundle>::LEN)*)
    }

    /// The division that a product with a reciprocal is, where nothing else wants the reciprocal: dividing saves the
    /// multiplication, and a rounding.
    fn quotient(&self, n: NodeId) -> Option<(NodeId, NodeId)> {
        let Op::Binary(Binary::Mul, a, b) = *self.g.op(n) else { return None };
        [(a, b), (b, a)].into_iter().find_map(|(a, r)| match *self.g.op(r) {
            Op::Unary(Unary::Recip, b) => {
                let free = !self.is_given(r) && self.used_once(r) && self.g.shape(r) == self.g.shape(n);
                free.then_some((a, b))
            }
            _ => None,
        })
    }

    /// Lets a reduction take the product `n` in unmultiplied.
    pub(crate) fn release(&mut self, n: NodeId) -> bool {
        let free = self.used_once(n) && self.product(n).is_some();
        if free {
            self.bound.remove(&n);
        }
        free
    }

    /// How many numbers the code so far has on the stack where nothing is optimised.
    pub(crate) fn locals(&self) -> usize {
        self.locals.get()
    }
}
