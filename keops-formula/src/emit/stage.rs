//! One stage of a pass: straight-line arithmetic from what earlier stages left to some targets.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::scaled::Scaled;
use super::{generic_name, keops, number, shape_type};
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Compare, Digit, Op, Unary};
use crate::types::{Dim, Kind, Shape};

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

/// How many numbers an operation leaves on the stack where nothing is optimised: one that is a polynomial, and any other.
/// Measured, and rounded up.
const LOCALS_OF_FUNCTION: usize = 800;
const LOCALS_OF_OPERATION: usize = 40;

/// What a given value varies with, if with less than the pair.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Narrow {
    Param,
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
fn costly(op: &Op) -> bool {
    match op {
        Op::Unary(op, _) => match op {
            Unary::Neg | Unary::Square | Unary::Abs | Unary::Floor | Unary::Saturate => false,
            Unary::Recip | Unary::Sqrt | Unary::Rsqrt => true,
        },
        Op::Binary(op, ..) => *op == Binary::Div,
        Op::Elementary(..) | Op::SumTo(..) | Op::SumGroups(..) | Op::Powi(..) => true,
        _ => false,
    }
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
        self.order.iter().any(|n| matches!(self.g.op(*n), Op::Elementary(..)))
    }

    /// How many vector components this stage holds in memory.
    pub(crate) fn held(&self) -> TokenStream {
        let k = keops();
        let vectors = self.order.iter().filter(|n| self.bound.contains(n) && !self.is_scalar(**n));
        let shapes = vectors.map(|n| shape_type(self.g.shape(*n), &generic_name));
        quote!(0 #(+ <#shapes as #k::Bundle>::LEN)*)
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

    /// The lets, in order.
    pub(crate) fn lets(&self) -> TokenStream {
        let mut out = TokenStream::new();
        for n in self.order.iter().filter(|n| self.bound.contains(n)) {
            let (name, value) = (name(*n), self.bound_value(*n));
            out.extend(quote!(let #name = #value;));
        }
        out
    }

    fn bound_value(&self, n: NodeId) -> TokenStream {
        let g = self.g;
        if !self.is_scalar(n) {
            let map = self.map(n);
            return quote!(&#map);
        }
        match *g.op(n) {
            Op::SumComponents(a) => self.sum_components(a),
            Op::Component(a, k) => {
                let k = Literal::usize_unsuffixed(k);
                self.read(a, &quote!(#k))
            }
            // a scalar of a smaller shape than what it sums
            Op::SumTo(a, _) => self.sum_components(a),
            ref op => self.operation(n, op, &mut |a| self.scalar(a)),
        }
    }

    /// `S::map(|k| …)`: a vector as a value.
    fn map(&self, n: NodeId) -> TokenStream {
        let shape = shape_type(self.g.shape(n), &generic_name);
        let k = keops();
        let mut lets = Lets::default();
        let value = match self.g.op(n) {
            Op::SumTo(a, _) => {
                let inner = self.sum_components(*a);
                let one = self.component(*a, &mut lets);
                let lets = std::mem::take(&mut lets.code);
                quote!(if <#shape as #k::Shape>::SCALAR { #inner } else { #lets #one })
            }
            op => self.operation(n, op, &mut |a| self.component(a, &mut lets)),
        };
        let lets = lets.code;
        let map = if self.g.kind(n) == Kind::Integer { quote!(map_index) } else { quote!(map) };
        quote!(<#shape as #k::Shape>::#map::<R>(#[inline(always)] |k| { #lets #value }))
    }

    /// A value of the type of node `n`: for results.
    pub(crate) fn value(&self, n: NodeId) -> TokenStream {
        let named = name(n);
        if let Some(v) = self.g.constant(n) {
            let v = number(v);
            return quote!(R::lit(cx, #v));
        }
        if self.is_scalar(n) { quote!(#named) } else { quote!(*#named) }
    }

    /// The largest or smallest component.
    fn extreme(&self, op: Binary, a: NodeId) -> TokenStream {
        let (k, shape, x) = (keops(), shape_type(self.g.shape(a), &generic_name), self.at_k(a));
        let better = if op == Binary::Minimum { quote!(minimum) } else { quote!(maximum) };
        quote!({
            let k = 0usize;
            let mut m = #x;
            for k in 1..<#shape as #k::Bundle>::LEN { m = R::#better(m, #x); }
            m
        })
    }

    /// Σₖ, with products contracted.
    fn sum_components(&self, a: NodeId) -> TokenStream {
        self.sum_of(a, self.g.shape(a), false)
    }

    /// The sum of as many components as a shape has, all of them or those from number `from` on.
    fn sum_of(&self, a: NodeId, shape: &Shape, is_part: bool) -> TokenStream {
        let k = keops();
        let shape = shape_type(shape, &generic_name);
        let place = if is_part { quote!(let k = from + k;) } else { quote!() };
        let fused = self.product(a).filter(|_| !self.bound.contains(&a));
        let mut lets = Lets::default();
        match fused {
            Some((x, y)) => {
                let (x, y) = (self.component(x, &mut lets), self.component(y, &mut lets));
                let (first, next) = match self.is_square(a) {
                    true => (quote!(R::square(#x)), quote!(R::square_add(#x, s))),
                    false => (quote!(#x * #y), quote!(R::mul_add(#x, #y, s))),
                };
                let lets = lets.code;
                let lets = quote!(#place #lets);
                quote!(<#shape as #k::Shape>::fold::<R>(
                    #[inline(always)] |k| { #lets #first },
                    #[inline(always)] |k, s| { #lets #next },
                ))
            }
            None => {
                let x = self.component(a, &mut lets);
                let lets = lets.code;
                let lets = quote!(#place #lets);
                quote!(<#shape as #k::Shape>::sum::<R>(#[inline(always)] |k| { #lets #x }))
            }
        }
    }

    /// A closure body that adds component `k` of `n` to `a`, for all columns.
    pub(crate) fn accumulate(&self, n: NodeId) -> TokenStream {
        let mut lets = Lets::default();
        if !self.bound.contains(&n)
            && let Some((x, y)) = self.product(n)
        {
            let (x, y) = (self.component(x, &mut lets), self.component(y, &mut lets));
            let lets = lets.code;
            return match self.is_square(n) {
                true => quote!({ #lets R::add_square_to(#x, a) }),
                false => quote!({ #lets R::add_product_to(#x, #y, a) }),
            };
        }
        let x = self.component(n, &mut lets);
        let lets = lets.code;
        quote!({ #lets R::add_to(#x, a) })
    }

    /// A closure body that is component `k` of `n`.
    pub(crate) fn at_k(&self, n: NodeId) -> TokenStream {
        let mut lets = Lets::default();
        let x = self.component(n, &mut lets);
        let lets = lets.code;
        quote!({ #lets #x })
    }

    /// A scalar that may have the type of a vector of unknown kind.
    pub(crate) fn as_scalar(&self, n: NodeId) -> TokenStream {
        if self.is_scalar(n) {
            return self.scalar(n);
        }
        let at = self.at_k(n);
        quote!({ let k = 0usize; #at })
    }

    /// A scalar by name.
    pub(super) fn scalar(&self, n: NodeId) -> TokenStream {
        if let Some(v) = self.g.constant(n) {
            let v = number(v);
            return quote!(R::lit(cx, #v));
        }
        if !self.is_given(n) && !self.bound.contains(&n) {
            return self.operation(n, self.g.op(n), &mut |a| self.scalar(a));
        }
        let name = name(n);
        quote!(#name)
    }

    /// Component `k` of a named vector; a scalar of unknown kind answers for every component.
    fn read(&self, n: NodeId, k: &TokenStream) -> TokenStream {
        if self.is_scalar(n) {
            return self.scalar(n);
        }
        let (path, shape, name) = (keops(), shape_type(self.g.shape(n), &generic_name), name(n));
        let number = match self.narrow.get(&n) {
            None => quote!(R),
            Some(Narrow::Param) => quote!(R::Param),
            Some(Narrow::Row) => quote!(R::Row),
            Some(Narrow::Col) => quote!(R::Col),
        };
        let at = if self.g.kind(n) == Kind::Integer { quote!(at_index) } else { quote!(at) };
        self.widened(n, &quote!(<#shape as #path::Shape>::#at::<#number>(#name, #k)))
    }

    /// Whether component `k` of a node can be read: it need not be computed in the closure.
    fn has_name(&self, n: NodeId) -> bool {
        self.is_scalar(n) || self.is_given(n) || self.bound.contains(&n)
    }

    /// Component `k` of any node, computed in the closure where it has no name. What it is made of comes first: not by
    /// recursion, for a formula may be longer than the stack is deep.
    fn component(&self, n: NodeId, lets: &mut Lets) -> TokenStream {
        let mut wanted = vec![n];
        while let Some(n) = wanted.last().copied() {
            if self.has_name(n) || lets.done.contains(&n) {
                wanted.pop();
                continue;
            }
            let mut missing = vec![];
            let value = self.operation(n, self.g.op(n), &mut |a| {
                if self.has_name(a) {
                    return self.read(a, &quote!(k));
                }
                if !lets.done.contains(&a) {
                    missing.push(a);
                }
                let name = component_name(a);
                quote!(#name)
            });
            if missing.is_empty() {
                let name = component_name(n);
                lets.code.extend(quote!(let #name = #value;));
                lets.done.insert(n);
            }
            wanted.extend(missing.into_iter().rev());
        }
        if self.has_name(n) {
            return self.read(n, &quote!(k));
        }
        let name = component_name(n);
        quote!(#name)
    }

    /// How many numbers the code so far has on the stack where nothing is optimised.
    pub(crate) fn locals(&self) -> usize {
        self.locals.get()
    }

    /// The operation of `n` on arguments that `at` names.
    fn operation(&self, n: NodeId, op: &Op, at: &mut dyn FnMut(NodeId) -> TokenStream) -> TokenStream {
        let locals = match op {
            Op::Elementary(..) => LOCALS_OF_FUNCTION,
            Op::Powi(_, e) => LOCALS_OF_OPERATION * 2 * e.unsigned_abs().max(2).ilog2() as usize,
            _ => LOCALS_OF_OPERATION,
        };
        self.locals.set(self.locals.get() + locals);
        if let Some(value) = self.scaled.and_then(|scaled| scaled.operation(n, at)) {
            return value;
        }
        match *op {
            Op::Const(bits) => {
                let v = number(f64::from_bits(bits));
                quote!(R::lit(cx, #v))
            }
            Op::Unary(op, a) => {
                let a = at(a);
                let method = format_ident!("{}", op.method());
                if op == Unary::Neg { quote!(-#a) } else { quote!(R::#method(#a)) }
            }
            Op::Elementary(f, ref args) => {
                let (method, args) = (format_ident!("{}", f.name), args.iter().map(|a| at(*a)));
                quote!(R::#method(#(#args),*))
            }
            Op::Binary(op @ (Binary::Add | Binary::Sub), a, b) => self.sum(n, op, a, b, at),
            Op::Binary(op, a, b) => {
                let (op, a, b) = self.quotient(n).map_or((op, a, b), |(a, b)| (Binary::Div, a, b));
                let (a, b) = (at(a), at(b));
                match op {
                    Binary::Mul => quote!(#a * #b),
                    Binary::Div => quote!(#a / #b),
                    Binary::Minimum => quote!(R::minimum(#a, #b)),
                    Binary::Maximum => quote!(R::maximum(#a, #b)),
                    Binary::Add | Binary::Sub => quote!(),
                }
            }
            Op::Powi(a, e) => power(&at(a), e),
            Op::Integer(i) => match u32::try_from(i) {
                Ok(i) => quote!(R::index(cx, #i)),
                Err(_) => {
                    let k = keops();
                    quote!(#k::Integer::<R>::lit(cx, #i))
                }
            },
            Op::Whole(op, a, b) => {
                let (a, b, method) = (self.large(a, at), self.large(b, at), format_ident!("{}", op.method()));
                let index = (!self.g.is_large(n)).then(|| quote!(.index()));
                quote!(#a.#method(#b) #index)
            }
            Op::Number(a) if self.g.is_large(a) => {
                let a = self.large(a, at);
                quote!(#a.number())
            }
            Op::Number(a) => {
                let a = at(a);
                quote!(R::number_of(#a))
            }
            Op::Truth(true) => quote!(R::lt(R::lit(cx, 0.0), R::lit(cx, 1.0))),
            Op::Truth(false) => quote!(R::lt(R::lit(cx, 1.0), R::lit(cx, 0.0))),
            Op::Compare(op, a, b) => {
                let integers = self.g.kind(a) == Kind::Integer;
                if [a, b].into_iter().any(|n| self.g.is_large(n)) {
                    let (a, b, method) = (self.large(a, at), self.large(b, at), format_ident!("{}", op.method()));
                    return quote!(#a.#method(#b));
                }
                let is_same = a == b;
                let (a, b) = (at(a), at(b));
                match op {
                    Compare::Lt if integers => quote!(R::index_lt(#a, #b)),
                    Compare::Le if integers => quote!(R::not(R::index_lt(#b, #a))),
                    Compare::Eq if integers => quote!(R::index_eq(#a, #b)),
                    Compare::Eq if is_same => quote!(R::is_number(#a)),
                    Compare::Lt | Compare::Le | Compare::Eq => {
                        let compare = format_ident!("{}", op.method());
                        quote!(R::#compare(#a, #b))
                    }
                }
            }
            Op::Not(a) => {
                let a = at(a);
                quote!(R::not(#a))
            }
            Op::And(a, b) => {
                let (a, b) = (at(a), at(b));
                quote!(R::and(#a, #b))
            }
            Op::Or(a, b) => {
                let (a, b) = (at(a), at(b));
                quote!(R::or(#a, #b))
            }
            Op::Select([c, a, b]) if self.g.is_large(n) => {
                let (c, a, b, k) = (at(c), self.large(a, at), self.large(b, at), keops());
                quote!(#k::Integer::<R>::select(#c, #a, #b))
            }
            Op::Select([c, a, b]) => {
                let select = match self.g.kind(a) {
                    Kind::Integer => quote!(select_index),
                    Kind::Number | Kind::Truth => match self.is_smaller(c, a, b) {
                        Some(true) => quote!(select_smaller),
                        Some(false) => quote!(select_larger),
                        None => quote!(select),
                    },
                };
                let (c, a, b) = (at(c), at(a), at(b));
                quote!(R::#select(#c, #a, #b))
            }
            Op::Broadcast(a, _) | Op::SumTo(a, _) => at(a),
            Op::Slice(a, lo, _) => {
                let lo = Literal::usize_unsuffixed(lo);
                self.read(a, &quote!(k + #lo))
            }
            Op::Component(a, c) => {
                let c = Literal::usize_unsuffixed(c);
                self.read(a, &quote!(#c))
            }
            Op::Place(a, lo, _) => {
                let len = self.g.shape(a).len().unwrap_or(1);
                let (from, len) = (Literal::usize_unsuffixed(lo), Literal::usize_unsuffixed(len));
                let part = self.read(a, &quote!(k - #from));
                quote!(if k.wrapping_sub(#from) < #len { #part } else { R::lit(cx, 0.0) })
            }
            Op::Concat(ref parts) => {
                let mut lo = 0;
                let mut out = TokenStream::new();
                for (i, a) in parts.iter().enumerate() {
                    let from = Literal::usize_unsuffixed(lo);
                    lo += self.g.shape(*a).len().unwrap_or(1);
                    let to = Literal::usize_unsuffixed(lo);
                    let part = self.read(*a, &quote!(k - #from));
                    let last = i + 1 == parts.len();
                    out.extend(if last { quote!({ #part }) } else { quote!(if k < #to { #part } else) });
                }
                out
            }
            Op::SumComponents(a) => self.sum_components(a),
            Op::Extreme(op, a) => self.extreme(op, a),
            Op::SumGroups(a, len) => {
                let (count, sum) =
                    (Literal::usize_unsuffixed(len), self.sum_of(a, &Shape::vector(Dim::Lit(len)), true));
                quote!({ let from = k * #count; #sum })
            }
            Op::View(a, ref digits) => {
                let place = place(digits);
                self.read(a, &place)
            }
            Op::Places(_) => quote!(R::lit(cx, k as f64)),
            // leaves and reductions are given, and slopes erased
            Op::Sloped(..) | Op::Limit { .. } | Op::Operand(..) | Op::Index(_) | Op::Count(_) | Op::Reduce(..) => {
                let name = name(n);
                quote!(#name)
            }
        }
    }

    /// Whether a condition selects the smaller one of two values, or the larger one; none where it compares others.
    fn is_smaller(&self, c: NodeId, a: NodeId, b: NodeId) -> Option<bool> {
        match *self.g.op(c) {
            Op::Compare(Compare::Lt | Compare::Le, p, q) if [p, q] == [a, b] => Some(true),
            Op::Compare(Compare::Lt | Compare::Le, p, q) if [p, q] == [b, a] => Some(false),
            _ => None,
        }
    }

    /// An integer of 64 bits, whichever it is.
    fn large(&self, n: NodeId, at: &mut dyn FnMut(NodeId) -> TokenStream) -> TokenStream {
        let value = at(n);
        if self.g.is_large(n) {
            return value;
        }
        let k = keops();
        quote!(#k::Integer::<R>::of(cx, #value))
    }

    /// `a ± b`, with a product on one side contracted: rustc itself never does.
    fn sum(
        &self,
        n: NodeId,
        op: Binary,
        a: NodeId,
        b: NodeId,
        at: &mut dyn FnMut(NodeId) -> TokenStream,
    ) -> TokenStream {
        let product = self.absorbed(a, b, n);
        let Some((p, (x, y))) = product.and_then(|p| Some((p, self.product(p)?))) else {
            let (a, b) = (at(a), at(b));
            return if op == Binary::Add { quote!(#a + #b) } else { quote!(#a - #b) };
        };
        let is_square = self.is_square(p);
        let (x, y) = (at(x), at(y));
        match (op, p == b) {
            (Binary::Sub, true) if is_square => {
                let a = at(a);
                quote!(R::square_from(#x, #a))
            }
            (Binary::Sub, false) if is_square => {
                let b = at(b);
                quote!(R::square_add(#x, -#b))
            }
            (_, first) if is_square => {
                let rest = at(if first { a } else { b });
                quote!(R::square_add(#x, #rest))
            }
            (Binary::Sub, true) => {
                let a = at(a);
                quote!(R::mul_add(-#x, #y, #a))
            }
            (Binary::Sub, false) => {
                let b = at(b);
                quote!(R::mul_add(#x, #y, -#b))
            }
            (_, first) => {
                let rest = at(if first { a } else { b });
                quote!(R::mul_add(#x, #y, #rest))
            }
        }
    }
}

/// The place of component `k` of a view.
fn place(digits: &[Digit]) -> TokenStream {
    let (mut step, mut terms) = (1, vec![]);
    for (n, digit) in digits.iter().enumerate().rev() {
        let [step_before, extent, stride] = [step, digit.extent, digit.stride].map(Literal::usize_unsuffixed);
        let value = if step == 1 { quote!(k) } else { quote!(k / #step_before) };
        let value = if n == 0 { value } else { quote!((#value) % #extent) };
        match digit.stride {
            0 => {}
            _ if digit.extent == 1 => {}
            1 => terms.push(quote!((#value))),
            _ => terms.push(quote!((#value) * #stride)),
        }
        step *= digit.extent;
    }
    if terms.is_empty() { quote!(0) } else { quote!(#(#terms)+*) }
}

/// An integer power, by squaring.
fn power(a: &TokenStream, e: i32) -> TokenStream {
    let mut bits = e.unsigned_abs();
    let mut out = quote!(let mut q = #a; let mut p = R::lit(cx, 1.0););
    let mut first = true;
    while bits > 0 {
        if bits & 1 == 1 {
            out.extend(if first { quote!(p = q;) } else { quote!(p = p * q;) });
            first = false;
        }
        bits >>= 1;
        if bits > 0 {
            out.extend(quote!(q = R::square(q);));
        }
    }
    let value = if e < 0 { quote!(R::recip(p)) } else { quote!(p) };
    quote!({ #out let _ = q; #value })
}
