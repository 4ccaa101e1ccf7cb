//! The form of a pass's pairs for long vectors: the squared distance of a row's and a column's vector is an argument.
//!
//! An engine may then compute it otherwise than as the sum of squared differences, for many pairs at once, as a product of
//! matrices: `keops-runtime/src/cpu/apart.rs` does. It is emitted for vectors that may be long; an engine asks for it where they are.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::stage::{Stage, name};
use super::{generic_name, keops, shape_type};
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Op, Unary};

/// What no engine takes for a long vector: code that is never asked for is compiled as long as other code, until it is thrown away.
const SHORT: usize = 16;

/// The squared distance of a vector of the row and one of the column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Apart {
    /// The squared distance.
    pub(super) square: NodeId,
    row: NodeId,
    col: NodeId,
}

impl Apart {
    /// The first such distance of the pairs of a stage, if what is reduced changes little where it does. In a strict formula
    /// there is none.
    pub(crate) fn of(
        g: &Graph,
        stage: &Stage<'_>,
        reduces: &[NodeId],
        rows: &BTreeSet<NodeId>,
        cols: &BTreeSet<NodeId>,
    ) -> Option<Self> {
        let chooses = |n: &NodeId| matches!(g.op(*n), Op::Reduce(reduction, ..) if reduction.chooses());
        if g.is_strict() || reduces.iter().any(chooses) {
            return None;
        }
        stage.computed().iter().find_map(|n| {
            let Op::SumComponents(squares) = *g.op(*n) else { return None };
            let Op::Unary(Unary::Square, difference) = *g.op(squares) else { return None };
            let (row, col) = ends(g, difference, rows, cols)?;
            let shape = g.shape(difference);
            let is_right = !shape.is_scalar() && shape.len().is_none_or(|len| len > SHORT) && !leaps(g, stage, *n);
            is_right.then_some(Apart { square: *n, row, col })
        })
    }

    /// What stands in the `impl Pass`: `rows` and `cols` take the values of rows and of columns from their bundles, and `pair` is the
    /// code of a pair.
    pub(super) fn body(&self, g: &Graph, [rows, cols, pair]: [&TokenStream; 3]) -> TokenStream {
        let (keops, shape) = (keops(), shape_type(g.shape(self.row), &generic_name));
        let (row, col, square) = (name(self.row), name(self.col), name(self.square));
        quote! {
            const APART: usize = <#shape as #keops::Bundle>::LEN;
            #[inline(always)]
            fn row_end<R: #keops::Real>(x: &#keops::Of<Self::PerRow, R>) -> &[R] { let &#rows = x; <#shape as #keops::Shape>::components::<R>(#row) }
            #[inline(always)]
            fn col_end<R: #keops::Real>(y: &#keops::Of<Self::PerCol, R>) -> &[R] { let &#cols = y; <#shape as #keops::Shape>::components::<R>(#col) }
            #[inline(always)]
            fn pair_apart<R: #keops::Pair>(cx: R::Cx, p: &#keops::Of<Self::PerCall, R::Param>, x: &#keops::Of<Self::PerRow, R::Row>, y: &#keops::Of<Self::PerCol, R::Col>, #square: R, part: &mut #keops::Of<<Self::Reduce as #keops::Reduction>::Part, R::Row>) { #pair }
        }
    }
}

/// The value of the row and the value of the column that a difference is between, of its own shape; in either order.
pub(super) fn ends(
    g: &Graph,
    difference: NodeId,
    rows: &BTreeSet<NodeId>,
    cols: &BTreeSet<NodeId>,
) -> Option<(NodeId, NodeId)> {
    let Op::Binary(Binary::Sub, a, b) = *g.op(difference) else { return None };
    let (row, col) = if rows.contains(&a) { (a, b) } else { (b, a) };
    let is_right =
        rows.contains(&row) && cols.contains(&col) && [row, col].iter().all(|n| g.shape(*n) == g.shape(difference));
    is_right.then_some((row, col))
}

/// Whether anything in a stage is a leap of this number: a comparison with it, or its integral part.
fn leaps(g: &Graph, stage: &Stage<'_>, of: NodeId) -> bool {
    let mut affected = BTreeSet::from([of]);
    // arguments come before what is made of them
    stage.computed().iter().any(|n| {
        let is_affected = g.args(*n).iter().any(|a| affected.contains(a));
        if is_affected {
            affected.insert(*n);
        }
        is_affected && matches!(g.op(*n), Op::Compare(..) | Op::Unary(Unary::Floor, _))
    })
}
