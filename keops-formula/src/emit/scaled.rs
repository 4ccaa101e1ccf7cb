//! The second form of a pass's pairs, for GPUs: exponents −Σ (s x − s y)² instead of c Σ (x − y)², where s² is −c and a column
//! comes with s y. The multiplication by c is gone, and s x costs none: it is part of a multiply-add.
//!
//! Emitted beside the `impl Pass` that a GPU's compiler sees, and nowhere else. When it is right is decided at run time, by
//! `keops-ptx/device/scaled.rs`.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::apart::ends;
use super::stage::{Stage, name};
use super::{generic_name, keops, shape_type};
use crate::graph::{Graph, NodeId};
use crate::op::{Op, Unary};
use crate::types::Deps;

/// An exponent of base 2 that is a factor of parameters alone, times the squared distance of a row's value and a column's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scaled {
    factor: NodeId,
    /// The whole exponent.
    exponent: NodeId,
    /// The squared distance.
    square: NodeId,
    difference: NodeId,
    row: NodeId,
    /// The value of the column, which nothing else reads: the scaled one takes its place.
    col: NodeId,
}

impl Scaled {
    /// The first such exponent of the pairs of a stage, of which the distance is for nothing else. In a strict formula there is none.
    pub(crate) fn of(g: &Graph, stage: &Stage<'_>, rows: &BTreeSet<NodeId>, cols: &BTreeSet<NodeId>) -> Option<Self> {
        let once = |n: NodeId| stage.used_once(n);
        let squared = |n: NodeId| match *g.op(n) {
            Op::Unary(Unary::Square, difference) if once(n) => Some(difference),
            _ => None,
        };
        stage.computed().iter().find_map(|n| {
            let Op::Elementary(f, args) = g.op(*n) else { return None };
            let (_, a, b) = stage.exponent(*f, args)?;
            let exponent = args[0];
            let (factor, square) = if g.deps(a) == Deps::NONE { (a, b) } else { (b, a) };
            let difference = match *g.op(square) {
                Op::SumComponents(squares) if once(square) => squared(squares)?,
                _ if g.shape(square).is_scalar() => squared(square)?,
                _ => return None,
            };
            let (row, col) = ends(g, difference, rows, cols)?;
            let is_right = [factor, exponent, square].iter().all(|n| g.shape(*n).is_scalar())
                && g.deps(factor) == Deps::NONE
                && [difference, col].into_iter().all(once);
            is_right.then_some(Scaled { factor, exponent, square, difference, row, col })
        })
    }

    /// Whether a node is the exponent that has the second form.
    pub(super) fn is_exponent(&self, n: NodeId) -> bool {
        n == self.exponent
    }

    /// What a node is in the second form, if it is something else there; `at` names arguments.
    pub(super) fn operation(&self, n: NodeId, at: &mut dyn FnMut(NodeId) -> TokenStream) -> Option<TokenStream> {
        if n == self.exponent {
            let square = at(self.square);
            Some(quote!(-#square))
        } else if n == self.difference {
            let (x, y) = (at(self.row), at(self.col));
            Some(quote!(R::mul_add(scale, #x, -#y)))
        } else {
            None
        }
    }

    /// What stands in the `impl Scaled`: `stage` has the values of parameters and columns, which `params` and `cols` take from
    /// their bundles; `results` are the columns' values, and `pair` is the code of a pair in the second form.
    pub(super) fn body(
        &self,
        g: &Graph,
        stage: &Stage<'_>,
        [params, cols, results, pair]: [&TokenStream; 4],
    ) -> TokenStream {
        let keops = keops();
        let (factor, col) = (stage.scalar(self.factor), name(self.col));
        let shape = shape_type(g.shape(self.col), &generic_name);
        let at = quote!(<#shape as #keops::Shape>::at::<R>);
        let (scaled, lent) = if g.shape(self.col).is_scalar() {
            (quote!(scale * #col), quote!(&#col))
        } else {
            let map = quote!(<#shape as #keops::Shape>::map::<R>(#[inline(always)] |k| scale * #at(#col, k)));
            (quote!(&#map), quote!(#col))
        };
        quote! {
            const SCALED: bool = true;
            #[inline(always)]
            fn factor<R: #keops::Real>(cx: R::Cx, p: &#keops::Of<Self::PerCall, R>) -> R { let &#params = p; #factor }
            #[inline(always)]
            fn scale<R: #keops::Real>(scale: R, y: &#keops::Of<Self::PerCol, R>) -> (#keops::Of<Self::PerCol, R>, R) {
                let &#cols = y;
                let #col = #scaled;
                let square = <#shape as #keops::Shape>::fold::<R>(
                    #[inline(always)] |k| { let y = #at(#lent, k); R::square(y) },
                    #[inline(always)] |k, s| { let y = #at(#lent, k); R::square_add(y, s) },
                );
                (#results, square)
            }
            #[inline(always)]
            fn scaled_pair<R: #keops::Pair>(cx: R::Cx, scale: R::Param, p: &#keops::Of<Self::PerCall, R::Param>, x: &#keops::Of<Self::PerRow, R::Row>, y: &#keops::Of<Self::PerCol, R::Col>, part: &mut #keops::Of<<Self::Reduce as #keops::Reduction>::Part, R::Row>) {
                let scale = R::of_param(cx, scale);
                #pair
            }
        }
    }
}
