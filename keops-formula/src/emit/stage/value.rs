//! How values of a stage are written: bound to names, read from them, or computed where they are wanted.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Lets, Narrow, Stage, Summed, component_name, name};
use crate::emit::{generic_name, keops, number, shape_type};
use crate::graph::NodeId;
use crate::op::{Binary, Op};
use crate::types::{Kind, Shape};

impl Stage<'_> {
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
            if let Op::Warp(warp, args) = g.op(n) {
                let slopes = self.warp(*warp, args);
                return quote!(&#slopes);
            }
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
    pub(super) fn extreme(&self, op: Binary, a: NodeId) -> TokenStream {
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
    pub(super) fn sum_components(&self, a: NodeId) -> TokenStream {
        self.sum_of(a, self.g.shape(a), false)
    }

    /// The sum of as many components as a shape has, all of them or those from number `from` on.
    pub(super) fn sum_of(&self, a: NodeId, shape: &Shape, is_part: bool) -> TokenStream {
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

    /// A closure body that adds component `k` of `n` to `a`: to the sum of a row, for all columns, or to that of a column, for all rows.
    pub(crate) fn accumulate(&self, n: NodeId, to: Summed) -> TokenStream {
        let [add, add_product, add_square] = match to {
            Summed::Row => ["add_to", "add_product_to", "add_square_to"],
            Summed::Col => ["add_across", "add_product_across", "add_square_across"],
        }
        .map(|name| format_ident!("{name}"));
        let mut lets = Lets::default();
        if !self.bound.contains(&n)
            && let Some((x, y)) = self.product(n)
        {
            let (x, y) = (self.component(x, &mut lets), self.component(y, &mut lets));
            let lets = lets.code;
            return match self.is_square(n) {
                true => quote!({ #lets R::#add_square(#x, a) }),
                false => quote!({ #lets R::#add_product(#x, #y, a) }),
            };
        }
        let x = self.component(n, &mut lets);
        let lets = lets.code;
        quote!({ #lets R::#add(#x, a) })
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
    pub(in crate::emit) fn scalar(&self, n: NodeId) -> TokenStream {
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
    pub(super) fn read(&self, n: NodeId, k: &TokenStream) -> TokenStream {
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
}
