//! The code of an operation, on arguments that have been written.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Stage, name, table};
use crate::emit::{keops, number};
use crate::graph::NodeId;
use crate::op::{Binary, Compare, Digit, Op, Unary, Warp};
use crate::types::{Dim, Kind, Shape};

/// How many numbers an operation leaves on the stack where nothing is optimised: one that is a polynomial, and any other.
/// Measured, and rounded up.
const LOCALS_OF_FUNCTION: usize = 800;
const LOCALS_OF_OPERATION: usize = 40;
/// The same of each number of a table, which has its place where all is optimised, too, as few other numbers do.
const LOCALS_OF_TABLE: usize = 32;

impl Stage<'_> {
    /// The operation of `n` on arguments that `at` names.
    pub(super) fn operation(&self, n: NodeId, op: &Op, at: &mut dyn FnMut(NodeId) -> TokenStream) -> TokenStream {
        let locals = match op {
            Op::Elementary(..) => LOCALS_OF_FUNCTION,
            Op::Warp(warp, args) => LOCALS_OF_FUNCTION + LOCALS_OF_TABLE * table(*warp, args),
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
                if let Some((method, a, b)) = self.exponent(f, args) {
                    let (method, a, b) = (format_ident!("{method}"), at(a), at(b));
                    let others = args[1..].iter().map(|a| at(*a));
                    return quote!(R::#method(#a, #b #(, #others)*));
                }
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
            Op::Warp(warp, ref args) => self.warp(warp, args),
            // leaves and reductions are given, and slopes erased
            Op::Sloped(..) | Op::Limit { .. } | Op::Operand(..) | Op::Index(_) | Op::Count(_) | Op::Reduce(..) => {
                let name = name(n);
                quote!(#name)
            }
        }
    }

    /// Warped series: a call, whose arguments are arrays.
    pub(super) fn warp(&self, warp: Warp, args: &[NodeId]) -> TokenStream {
        let k = keops();
        let list = |a: NodeId, len: usize| {
            let (len, at) = (Literal::usize_unsuffixed(len), self.read(a, &quote!(k)));
            quote!(&<#k::Dim<#len> as #k::Shape>::map::<R>(#[inline(always)] |k| #at))
        };
        let (u, v, s) = (list(args[0], warp.rows), list(args[1], warp.cols), self.read(args[2], &quote!(0)));
        let [rows, cols, len, directions] =
            [warp.rows, warp.cols, warp.count(), args.len() - 3].map(Literal::usize_unsuffixed);
        if !warp.slopes {
            return quote!(#k::warping::value::<R, #rows, #cols>(#u, #v, #s));
        }
        let jet = args[3..].iter().fold(quote!(R), |jet, _| quote!(#k::warping::Along<#jet>));
        let along = args[3..].iter().map(|a| list(*a, warp.count()));
        quote!(#k::warping::slopes::<#jet, #rows, #cols, #len, #directions>(#u, #v, #s, [#(#along),*]))
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
