//! What a pass reduces into: types of keops-core, what is pushed into them, and where results are found in them.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::stage::{Stage, Summed, name};
use super::{generic_name, keops, shape_type};
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::reduction::Reduction;

/// One reduction of keops-core, which may answer for two of the graph: the smallest value and its place, or a sum of
/// exponentials and the shift that it is relative to.
pub(super) struct Accumulator {
    reduction: Reduction,
    args: Vec<NodeId>,
    /// Its own result, or that of the reduction that it is.
    of: NodeId,
    /// What it finds on its way: the value in a place, or the shift of a sum, if that is asked for.
    on_the_way: Option<NodeId>,
}

/// The accumulators of the reductions of a pass.
pub(super) fn accumulators(g: &Graph, reduces: &[NodeId]) -> Vec<Accumulator> {
    let key = |n: &NodeId| match g.op(*n) {
        Op::Reduce(reduction, _, args) => Some((*reduction, args.clone())),
        _ => None,
    };
    // those that others find on their way have none of their own
    let finder = |(reduction, args): &(Reduction, Vec<NodeId>)| {
        let finder = reduction.found_by()?;
        reduces.iter().copied().find(|n| key(n).as_ref() == Some(&(finder, args.clone())))
    };
    let of = |n: &NodeId| {
        let (reduction, args) = key(n)?;
        if finder(&(reduction, args.clone())).is_some() {
            return None;
        }
        let found = |m: &NodeId| key(m).is_some_and(|k| finder(&k) == Some(*n));
        let on_the_way = reduces.iter().copied().find(found);
        Some(Accumulator { reduction, args, of: *n, on_the_way })
    };
    reduces.iter().filter_map(of).collect()
}

impl Accumulator {
    /// The type.
    pub(super) fn ty(&self, g: &Graph) -> TokenStream {
        let (keops, shape) = (keops(), shape_type(g.shape(self.of), &generic_name));
        let count = |k: u32| Literal::usize_unsuffixed(k as usize);
        match self.reduction {
            Reduction::Sum => quote!(#keops::Sum<#shape>),
            Reduction::Prod => quote!(#keops::Prod<#shape>),
            Reduction::ProdRe | Reduction::ProdIm => quote!(#keops::ProdOfComplex<#shape>),
            Reduction::Max => quote!(#keops::Max<#shape>),
            Reduction::Min => quote!(#keops::Min<#shape>),
            Reduction::ArgMax => quote!(#keops::ArgMax<#shape>),
            Reduction::ArgMin => quote!(#keops::ArgMin<#shape>),
            Reduction::KMin(k) => {
                let k = count(k);
                quote!(#keops::KMin<#k>)
            }
            Reduction::ArgKMin(k) => {
                let k = count(k);
                quote!(#keops::ArgKMin<#k>)
            }
            Reduction::LogSumExp | Reduction::ExpShift | Reduction::ExpSum => quote!(#keops::SumExp<#shape>),
            Reduction::Softmax => quote!(#keops::Softmax<#shape>),
        }
    }

    /// Whether it takes exponentials.
    pub(super) fn calls_functions(&self) -> bool {
        match self.reduction {
            Reduction::LogSumExp | Reduction::ExpShift | Reduction::ExpSum | Reduction::Softmax => true,
            Reduction::Sum
            | Reduction::Prod
            | Reduction::ProdRe
            | Reduction::ProdIm
            | Reduction::Max
            | Reduction::Min
            | Reduction::ArgMax
            | Reduction::ArgMin
            | Reduction::KMin(_)
            | Reduction::ArgKMin(_) => false,
        }
    }

    /// How many numbers it leaves on the stack where nothing is optimised, beside the values that it takes.
    pub(super) fn locals(&self) -> usize {
        match self.reduction {
            Reduction::LogSumExp | Reduction::ExpShift | Reduction::ExpSum | Reduction::Softmax => 1600,
            Reduction::KMin(k) | Reduction::ArgKMin(k) => 200 + 40 * k as usize,
            Reduction::Prod => 800,
            Reduction::ProdRe | Reduction::ProdIm => 1600,
            Reduction::Sum | Reduction::Max | Reduction::Min | Reduction::ArgMax | Reduction::ArgMin => 200,
        }
    }

    /// The call that takes the values of a pair into `part`; `j` is the index of the column.
    pub(super) fn push(&self, stage: &Stage<'_>, part: &Ident, j: Option<NodeId>) -> TokenStream {
        let (value, j) = (self.args[0], j.map(name));
        match self.reduction {
            Reduction::Sum => {
                let add = stage.accumulate(value, Summed::Row);
                quote!(push::<R>(#part, #[inline(always)] |k, a| #add))
            }
            Reduction::Prod | Reduction::Max | Reduction::Min => {
                let at = stage.at_k(value);
                quote!(push::<R>(#part, #[inline(always)] |k| #at))
            }
            Reduction::ProdRe | Reduction::ProdIm => {
                let [re, im] = [value, self.args[1]].map(|part| stage.at_k(part));
                quote!(push::<R>(#part, #[inline(always)] |k| #re, #[inline(always)] |k| #im))
            }
            Reduction::LogSumExp | Reduction::ExpShift | Reduction::ExpSum => {
                let at = stage.at_k(value);
                let weight = self.args.get(1).map(|weight| stage.at_k(*weight));
                match weight {
                    None => quote!(push::<R>(#part, #[inline(always)] |k| #at)),
                    Some(weight) => {
                        quote!(push_weighed::<R>(#part, #[inline(always)] |k| #at, #[inline(always)] |k| #weight))
                    }
                }
            }
            Reduction::ArgMax | Reduction::ArgMin => {
                let at = stage.at_k(value);
                quote!(push::<R>(#part, #[inline(always)] |k| #at, #j))
            }
            Reduction::KMin(_) => {
                let value = stage.as_scalar(value);
                quote!(push::<R>(#part, #value))
            }
            Reduction::ArgKMin(_) => {
                let value = stage.as_scalar(value);
                quote!(push::<R>(#part, #value, #j))
            }
            Reduction::Softmax => {
                let (value, at) = (stage.as_scalar(value), stage.at_k(self.args[1]));
                quote!(push::<R>(#part, #value, #[inline(always)] |k| #at))
            }
        }
    }

    /// The call that takes the values of a pair into `part` of a column: of a sum.
    pub(super) fn push_across(&self, stage: &Stage<'_>, part: &Ident) -> TokenStream {
        let add = stage.accumulate(self.args[0], Summed::Col);
        quote!(push_across::<R>(#part, #[inline(always)] |k, a| #add))
    }

    /// The pattern of its results, where `pattern` is that of one.
    pub(super) fn done(&self, pattern: impl Fn(NodeId) -> TokenStream) -> TokenStream {
        let result = pattern(self.of);
        match self.reduction {
            Reduction::ArgMax | Reduction::ArgMin | Reduction::ArgKMin(_) | Reduction::ExpSum | Reduction::ProdIm => {
                let on_the_way = self.on_the_way.map_or(quote!(_), pattern);
                quote!((#on_the_way, #result))
            }
            Reduction::ExpShift | Reduction::ProdRe => quote!((#result, _)),
            Reduction::Sum
            | Reduction::Prod
            | Reduction::Max
            | Reduction::Min
            | Reduction::KMin(_)
            | Reduction::LogSumExp
            | Reduction::Softmax => result,
        }
    }
}
