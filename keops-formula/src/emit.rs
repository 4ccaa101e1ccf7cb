//! Plans to Rust: each pass becomes an `impl Pass`, the plan itself an `impl Plan`.
//!
//! What is emitted is pure arithmetic, generic over `R: Real`. Names are numbers of nodes, so that the
//! code can be read beside the printed graph. A vector is a function of its component, fused into the
//! loop that consumes it, unless it is costly and used more than once.

mod accumulator;
mod apart;
mod call;
mod device;
mod gradient;
mod held;
mod item;
mod made;
mod matrix;
mod name;
mod pass;
mod plan;
mod scaled;
mod stage;
mod stub;

pub(crate) use call::{Asked, Shell};
pub(crate) use device::{COLUMNS, Device};
pub use device::{DevicePass, Embed};
pub(crate) use item::{expression, item};
pub(crate) use made::Formula;
pub(crate) use name::{Names, gradient_method, jvp_method};
pub(crate) use plan::emit_plan;
pub(crate) use stub::stub;

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::graph::{Graph, NodeId, Operand};
use crate::types::{Dim, Kind, Shape};

/// The path of all that emitted code names: an alias, of which each emitted module has one.
pub(crate) fn keops() -> TokenStream {
    quote!(keops)
}

/// What gives [`keops`] its meaning, for a crate that reaches ours by the path `root`. Nothing else is emitted of that path.
fn alias(root: &TokenStream) -> TokenStream {
    quote!(use #root::__private as keops;)
}

/// The type parameters of what is emitted: one per operand of unknown shape, one per named dimension.
#[derive(Clone, Debug, Default)]
pub(crate) struct Generics {
    /// Operands of unknown shape, by number.
    pub(crate) free: Vec<usize>,
    /// Names of const parameters: those of [`dimension`] in plans.
    pub(crate) dims: Vec<Ident>,
}

/// The name that a dimension of the user's has in plans: whatever it is, not that of a parameter there.
pub(crate) fn dimension(name: &str) -> Ident {
    format_ident!("D_{}", name)
}

impl Generics {
    /// The name of the shape of an operand.
    pub(crate) fn shape(k: usize) -> Ident {
        format_ident!("S{}", k)
    }
    /// `S0: Shape, const D: usize`
    pub(crate) fn declared(&self) -> TokenStream {
        let (k, free, dims) = (keops(), self.free.iter().map(|k| Self::shape(*k)), &self.dims);
        quote!(#(#free: #k::Shape,)* #(const #dims: usize,)*)
    }
    /// `S0, const D: usize`, where no bounds are said
    pub(crate) fn named(&self) -> TokenStream {
        let (free, dims) = (self.free.iter().map(|k| Self::shape(*k)), &self.dims);
        quote!(#(#free,)* #(const #dims: usize,)*)
    }
    /// `S0, D`
    pub(crate) fn arguments(&self) -> TokenStream {
        let (free, dims) = (self.free.iter().map(|k| Self::shape(*k)), &self.dims);
        quote!(#(#free,)* #(#dims,)*)
    }
    /// `PhantomData<(S0,)>`
    pub(crate) fn phantom(&self) -> TokenStream {
        let free = self.free.iter().map(|k| Self::shape(*k));
        quote!(::core::marker::PhantomData<(#(#free,)*)>)
    }
}

/// How the shapes of operands are named in types.
pub(crate) type Naming<'a> = &'a dyn Fn(usize) -> TokenStream;

/// The naming within emitted impls.
pub(crate) fn generic_name(k: usize) -> TokenStream {
    let name = Generics::shape(k);
    quote!(#name)
}

/// The parts of a shape that are joined, in canonical order.
fn parts(shape: &Shape, name: Naming<'_>) -> Vec<TokenStream> {
    let k = keops();
    let dim = shape.dim.as_ref().map(|dim| match dim {
        Dim::Lit(n) => {
            let n = Literal::usize_unsuffixed(*n);
            quote!(#k::Dim<#n>)
        }
        Dim::Name(name) => {
            let name = dimension(name);
            quote!(#k::Dim<#name>)
        }
    });
    dim.into_iter().chain(shape.free.iter().map(|f| name(*f))).collect()
}

/// The type of a shape. Joins are nested in one order only: rustc does not know that the order is
/// of no importance.
pub(crate) fn shape_type(shape: &Shape, name: Naming<'_>) -> TokenStream {
    let k = keops();
    let join = |a, b| quote!(<#a as #k::Join<#b>>::Out);
    parts(shape, name).into_iter().reduce(join).unwrap_or_else(|| quote!(#k::One))
}

/// What must hold for the shapes of all these values to exist, and for them to be results:
/// `S0: Join<S1>, …`. Products are regrouped, and so a gradient may join operands that meet only
/// indirectly in the value: one set of bounds serves all plans of a formula.
pub(crate) fn list_of_bounds(plans: &[(&Graph, NodeId)], name: Naming<'_>) -> Vec<TokenStream> {
    let k = keops();
    let mut bounds: BTreeMap<String, TokenStream> = BTreeMap::new();
    for (g, root) in plans {
        if !g.shape(*root).is_known() {
            let shape = shape_type(g.shape(*root), name);
            let host = match g.kind(*root) {
                Kind::Integer => quote!(HostIndex),
                Kind::Number | Kind::Truth => quote!(Host),
            };
            // behind all joins
            bounds.insert(format!("~ {shape} {host}"), quote!(#shape: #k::#host));
        }
    }
    let mut add = |shape: &Shape| {
        let mut parts = parts(shape, name).into_iter();
        let Some(mut so_far) = parts.next() else { return };
        for (depth, part) in parts.enumerate() {
            // shorter joins first: longer ones are made of them
            bounds.insert(format!("{depth} {so_far} {part}"), quote!(#so_far: #k::Join<#part>));
            so_far = quote!(<#so_far as #k::Join<#part>>::Out);
        }
    };
    for (g, root) in plans {
        g.reachable(&[*root]).iter().for_each(|n| add(g.shape(*n)));
    }
    bounds.into_values().collect()
}

/// A list as pairs of its halves: `()`, `a`, `(a, b)`, `(a, (b, c))`, `((a, b), (c, d))`. rustc follows types, and what is
/// generic over them, to a depth of 128 only, which a chain of pairs would reach with as many parts.
pub(crate) fn nested(parts: &[TokenStream]) -> TokenStream {
    match parts {
        [] => quote!(()),
        [part] => part.clone(),
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            let (left, right) = (nested(left), nested(right));
            quote!((#left, #right))
        }
    }
}

/// The bundle type of a node's value.
pub(crate) fn bundle_type(g: &Graph, n: NodeId, name: Naming<'_>) -> TokenStream {
    bundle(g.kind(n), g.shape(n), name)
}

/// The bundle type of an operand's points.
pub(crate) fn operand_type(operand: &Operand, name: Naming<'_>) -> TokenStream {
    bundle(operand.kind, &operand.shape, name)
}

fn bundle(kind: Kind, shape: &Shape, name: Naming<'_>) -> TokenStream {
    let (k, shape) = (keops(), shape_type(shape, name));
    match kind {
        Kind::Integer => quote!(#k::Idx<#shape>),
        Kind::Number | Kind::Truth => shape,
    }
}

/// A number at full precision.
pub(crate) fn number(v: f64) -> TokenStream {
    if v == f64::INFINITY {
        quote!(f64::INFINITY)
    } else if v == f64::NEG_INFINITY {
        quote!(f64::NEG_INFINITY)
    } else if v.is_nan() {
        quote!(f64::NAN)
    } else if v.is_sign_negative() {
        let v = literal(-v);
        quote!(-#v)
    } else {
        literal(v)
    }
}

/// The constants of mathematics that have names in Rust.
macro_rules! constants {
    ($($name:ident)*) => { &[$((stringify!($name), std::f64::consts::$name)),*] };
}
const CONSTANTS: &[(&str, f64)] = constants!(
    E FRAC_1_PI FRAC_1_SQRT_2 FRAC_2_PI FRAC_2_SQRT_PI FRAC_PI_2 FRAC_PI_3 FRAC_PI_4 FRAC_PI_6 FRAC_PI_8 LN_2 LN_10 LOG10_2
    LOG10_E LOG2_10 LOG2_E PI SQRT_2 TAU
);

/// A literal; a constant by its name. What is near a constant is written in bits: clippy denies it as a literal, and no `allow`
/// may stand under a `forbid`.
fn literal(v: f64) -> TokenStream {
    let near = |(_, constant): &&(&str, f64)| (v - constant).abs() < 1e-3 * constant;
    match CONSTANTS.iter().find(near) {
        Some((name, constant)) if *constant == v => {
            let name = format_ident!("{name}");
            quote!(::core::f64::consts::#name)
        }
        Some(_) => {
            let bits = Literal::u64_unsuffixed(v.to_bits());
            quote!(f64::from_bits(#bits))
        }
        None => {
            let v = Literal::f64_unsuffixed(v);
            quote!(#v)
        }
    }
}
