//! A pass as an `impl Pass`.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::accumulator::{Accumulator, accumulators};
use super::apart::Apart;
use super::scaled::Scaled;
use super::stage::{Narrow, Stage, name};
use super::{Generics, bundle_type, generic_name, keops, nested, operand_type};
use crate::graph::{Graph, NodeId};
use crate::guard::Guard;
use crate::op::Op;
use crate::reduction::Reduction;
use crate::schedule::{Pass, Place, Schedule};
use crate::types::{Axis, Deps, Kind};

/// When a value is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    Params,
    Row,
    Col,
    Pair,
    Finish,
}

/// An operand of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leaf {
    /// A user's operand.
    Operand(usize),
    /// How many rows or columns there are.
    Count(Axis),
    /// An output of an earlier pass: the numbers of both.
    Output(usize, usize),
}

impl Leaf {
    /// The output at a place.
    pub(crate) fn output((pass, output): Place) -> Self {
        Leaf::Output(pass, output)
    }
}

/// What the code of a pass leaves for the plan: which operands go where.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    pub(crate) params: Vec<Leaf>,
    pub(crate) rows: Vec<Leaf>,
    pub(crate) cols: Vec<Leaf>,
}

/// The parts of a pass that are stored between stages.
#[derive(Default)]
struct Stored {
    params: BTreeSet<NodeId>,
    row: BTreeSet<NodeId>,
    col: BTreeSet<NodeId>,
}

struct Emitter<'a> {
    g: &'a Graph,
    plan: &'a Schedule,
    pass: &'a Pass,
    /// The sums over its rows that it can compute as well.
    across: &'a [NodeId],
    when: BTreeMap<NodeId, When>,
}

/// What is emitted of a pass.
pub(crate) struct Body {
    /// What stands in the `impl Pass`.
    pub(crate) pass: TokenStream,
    /// What stands in the `impl Mutual`, where it sums over its rows as well.
    pub(crate) mutual: Option<TokenStream>,
    /// What stands in the `impl Scaled`, for GPUs: nothing where pairs have one form.
    pub(crate) scaled: TokenStream,
    /// Whether the formula is strict.
    pub(crate) is_strict: bool,
}

/// Emits pass number `k` of a plan, and what makes it able to compute the sums of another.
pub(crate) fn emit_pass(g: &Graph, plan: &Schedule, k: usize, other: Option<usize>) -> (Body, Leaves) {
    let pass = &plan.passes[k];
    let across = other.map_or(&[][..], |other| &plan.passes[other].reduces);
    let mut e = Emitter { g, plan, pass, across, when: BTreeMap::new() };
    let args: Vec<NodeId> = pass.reduces.iter().chain(across).flat_map(|r| g.args(*r)).collect();
    for n in args.iter().chain(&pass.outputs) {
        e.classify(*n);
    }
    let mut stored = Stored::default();
    let mut seen = BTreeSet::new();
    for n in &args {
        e.store(*n, When::Pair, &mut stored, &mut seen);
    }
    for n in &pass.outputs {
        e.store(*n, When::Finish, &mut stored, &mut seen);
    }
    if let Some(index) = e.column_index() {
        stored.col.insert(index);
    }
    for (set, when) in [(stored.row.clone(), When::Row), (stored.col.clone(), When::Col)] {
        for n in set {
            e.when.entry(n).or_insert(when);
            e.store(n, when, &mut stored, &mut seen);
        }
    }

    let mut leaves = Leaves::default();
    let mut locals = 0;
    let (params, _) = e.early(When::Params, &stored.params, &BTreeSet::new(), &mut leaves.params, &mut locals);
    let (row, reads_row) = e.early(When::Row, &stored.row, &stored.params, &mut leaves.rows, &mut locals);
    let (col, reads_col) = e.early(When::Col, &stored.col, &stored.params, &mut leaves.cols, &mut locals);
    let Pairs { code: pair, reduce, held, calls_functions, .. } = e.pair(&stored, Form::Direct, &mut locals);
    let mutual = other.map(|_| e.mutual(&stored, &mut locals));
    let apart = e.apart(&stored);
    let scaled = e.scaled(&stored).unwrap_or_default();
    let finish = e.finish(&stored, &mut locals);
    let locals = Literal::usize_unsuffixed(locals);
    let stored_places = e.stored_places(&leaves);

    let keops = keops();
    let types = |leaves: &[Leaf]| nested(&leaves.iter().map(|l| e.leaf_type(*l)).collect::<Vec<_>>());
    let bundle =
        |set: &BTreeSet<NodeId>| nested(&set.iter().map(|n| bundle_type(g, *n, &generic_name)).collect::<Vec<_>>());
    let (params_in, rows_in, cols_in) = (types(&leaves.params), types(&leaves.rows), types(&leaves.cols));
    let (p, x, y) = (bundle(&stored.params), bundle(&stored.row), bundle(&stored.col));
    let out = nested(&pass.outputs.iter().map(|n| bundle_type(g, *n, &generic_name)).collect::<Vec<_>>());
    let pass = quote! {
            type Params = #params_in;
            type Rows = #rows_in;
            type Cols = #cols_in;
            type PerCall = #p;
            type PerRow = #x;
            type PerCol = #y;
            type Reduce = #reduce;
            type Out = #out;
            const HELD: usize = #held;
            const CALLS_FUNCTIONS: bool = #calls_functions;
            const READS_INDICES: [bool; 2] = [#reads_row, #reads_col];
            const LOCALS: usize = #locals;
            #stored_places
            #[inline(always)]
            fn params<R: #keops::Real>(cx: R::Cx, p: &#keops::Of<Self::Params, R>) -> #keops::Of<Self::PerCall, R> { #params }
            #[inline(always)]
            fn row<R: #keops::Real>(cx: R::Cx, p: &#keops::Of<Self::PerCall, R>, x: &#keops::Of<Self::Rows, R>, i: R::Index) -> #keops::Of<Self::PerRow, R> { #row }
            #[inline(always)]
            fn col<R: #keops::Real>(cx: R::Cx, p: &#keops::Of<Self::PerCall, R>, y: &#keops::Of<Self::Cols, R>, j: R::Index) -> #keops::Of<Self::PerCol, R> { #col }
            #[inline(always)]
            fn pair<R: #keops::Pair>(cx: R::Cx, p: &#keops::Of<Self::PerCall, R::Param>, x: &#keops::Of<Self::PerRow, R::Row>, y: &#keops::Of<Self::PerCol, R::Col>, part: &mut #keops::Of<<Self::Reduce as #keops::Reduction>::Part, R::Row>) { #pair }
            #[inline(always)]
            fn finish<R: #keops::Real>(cx: R::Cx, p: &#keops::Of<Self::PerCall, R>, x: &#keops::Of<Self::PerRow, R>, done: &#keops::Of<<Self::Reduce as #keops::Reduction>::Done, R>) -> #keops::Of<Self::Out, R> { #finish }
            #apart
    };
    (Body { pass, mutual, scaled, is_strict: g.is_strict() }, leaves)
}

/// A pass as the type `name`: its `impl Pass`, with what [`emit_pass`] has emitted of it.
pub(crate) fn emit_impl(name: &Ident, body: &TokenStream, generics: &Generics, bounds: &TokenStream) -> TokenStream {
    let keops = keops();
    let (declared, arguments, phantom) = (generics.declared(), generics.arguments(), generics.phantom());
    quote! {
        pub struct #name<#declared>(#phantom);
        impl<#declared> #keops::Pass for #name<#arguments> where #bounds {
            #body
        }
    }
}

/// A pass as the type `name`, with what else has been emitted of it.
pub(crate) fn emit_body(name: &Ident, body: &Body, generics: &Generics, bounds: &TokenStream) -> TokenStream {
    let (keops, declared, arguments) = (keops(), generics.declared(), generics.arguments());
    let pass = emit_impl(name, &body.pass, generics, bounds);
    let mutual = body.mutual.as_ref().map(|mutual| {
        quote! {
            impl<#declared> #keops::Mutual for #name<#arguments> where #bounds {
                #mutual
            }
        }
    });
    quote!(#pass #mutual)
}

/// How the pairs are written.
#[derive(Clone, Copy)]
enum Form {
    Direct,
    /// With sums over the rows.
    Mutual,
    Scaled(Scaled),
    Apart(Apart),
}

/// The stage of the pairs.
struct Pairs {
    code: TokenStream,
    /// The reduction's type, and that of what is summed over the rows.
    reduce: TokenStream,
    across: TokenStream,
    /// How many vector components it holds in memory.
    held: TokenStream,
    calls_functions: bool,
}

/// What a function returns at its end: where that is nothing, nothing.
fn returned(results: &[TokenStream]) -> TokenStream {
    if results.is_empty() { quote!() } else { nested(results) }
}

impl Emitter<'_> {
    fn is_here(&self, n: NodeId) -> bool {
        self.pass.reduces.contains(&n)
    }

    fn when_of(&self, deps: Deps) -> When {
        let row = self.pass.kept.is_some_and(|a| deps.has(a));
        let col = deps.has(self.pass.reduced) && self.pass.kept != Some(self.pass.reduced);
        match (row, col) {
            (false, false) => When::Params,
            (true, false) => When::Row,
            (false, true) => When::Col,
            (true, true) => When::Pair,
        }
    }

    fn classify(&mut self, n: NodeId) -> When {
        if let Some(w) = self.when.get(&n) {
            return *w;
        }
        let mut when = self.when_of(self.g.deps(n));
        if self.is_here(n) {
            when = When::Finish;
        } else if !matches!(self.g.op(n), Op::Reduce(..)) {
            for a in self.g.args(n) {
                if self.classify(a) == When::Finish {
                    when = When::Finish;
                }
            }
        }
        self.when.insert(n, when);
        when
    }

    /// Notes what the code at `at` needs from earlier stages for `n`.
    fn store(&mut self, n: NodeId, at: When, stored: &mut Stored, seen: &mut BTreeSet<(NodeId, When)>) {
        if matches!(self.g.op(n), Op::Const(_) | Op::Integer(_)) || !seen.insert((n, at)) {
            return;
        }
        let when = self.classify(n);
        // a truth is not stored, but decided where it is asked for; nor is an integer that is larger than an index
        if when != at && self.g.kind(n) != Kind::Truth && !self.g.is_large(n) {
            match when {
                When::Params => stored.params.insert(n),
                When::Row => stored.row.insert(n),
                When::Col => stored.col.insert(n),
                When::Pair | When::Finish => false,
            };
            return;
        }
        if !matches!(self.g.op(n), Op::Reduce(..)) {
            for a in self.g.args(n) {
                self.store(a, at, stored, seen);
            }
        }
    }

    /// The column's own index, where a reduction asks for it.
    fn column_index(&self) -> Option<NodeId> {
        let asks = |n: &NodeId| matches!(self.g.op(*n), Op::Reduce(r, ..) if r.needs_index());
        self.pass.reduces.iter().any(asks).then(|| self.g.find(&Op::Index(self.pass.reduced))).flatten()
    }

    fn leaf(&self, n: NodeId) -> Option<Leaf> {
        match *self.g.op(n) {
            Op::Operand(k, _) => Some(Leaf::Operand(k)),
            Op::Count(axis) => Some(Leaf::Count(axis)),
            Op::Reduce(..) => self.plan.place(n).map(Leaf::output),
            _ => None,
        }
    }

    /// Which operands of the pass name the only pairs that add anything, if any do.
    fn stored_places(&self, leaves: &Leaves) -> Option<TokenStream> {
        let keops = keops();
        let operand = |guard: &Guard| {
            let leaf = self.leaf(guard.place)?;
            let (of, leaves) = match guard.index == self.pass.reduced {
                true => (quote!(OfRow), &leaves.rows),
                false => (quote!(OfCol), &leaves.cols),
            };
            let number = Literal::usize_unsuffixed(leaves.iter().position(|own| *own == leaf)?);
            Some(quote!(#keops::Stored::#of(#number)))
        };
        let all = self.pass.guards.iter().map(operand).collect::<Option<Vec<_>>>()?;
        (!all.is_empty()).then(|| quote!(const STORED: &'static [#keops::Stored] = &[#(#all),*];))
    }

    fn leaf_type(&self, leaf: Leaf) -> TokenStream {
        match leaf {
            Leaf::Operand(k) => operand_type(&self.g.operands()[k], &generic_name),
            Leaf::Count(_) => {
                let keops = keops();
                quote!(#keops::One)
            }
            Leaf::Output(k, q) => bundle_type(self.g, self.plan.passes[k].outputs[q], &generic_name),
        }
    }

    /// `n5` for a scalar, `ref n5` for a vector.
    fn pattern(&self, n: NodeId) -> TokenStream {
        let name = name(n);
        if self.g.shape(n).is_scalar() { quote!(#name) } else { quote!(ref #name) }
    }
    fn patterns<'n>(&self, nodes: impl IntoIterator<Item = &'n NodeId>) -> TokenStream {
        nested(&nodes.into_iter().map(|n| self.pattern(*n)).collect::<Vec<_>>())
    }

    /// A stage before the pairs: from operands, and what `params` left, to what is stored. And whether it reads the index of its row or column.
    fn early(
        &self,
        at: When,
        stored: &BTreeSet<NodeId>,
        params: &BTreeSet<NodeId>,
        leaves: &mut Vec<Leaf>,
        locals: &mut usize,
    ) -> (TokenStream, bool) {
        let mut given = params.clone();
        let mut needed: BTreeMap<Leaf, NodeId> = BTreeMap::new();
        let mut index = None;
        for n in self.local(stored, at) {
            if let Some(leaf) = self.leaf(n) {
                needed.insert(leaf, n);
                given.insert(n);
            } else if matches!(self.g.op(n), Op::Index(_)) {
                index = Some(n);
                given.insert(n);
            }
        }
        let reads_index = index.is_some();
        *leaves = needed.keys().copied().collect();
        let stage = Stage::new(self.g, given, &[], &stored.iter().copied().collect::<Vec<_>>());
        let operands: Vec<TokenStream> = needed.values().map(|n| self.pattern(*n)).collect();
        let (operands, params) = (nested(&operands), self.patterns(params));
        let unpack = match at {
            When::Params => quote!(let &#operands = p;),
            When::Row => quote!(let &#params = p; let &#operands = x;),
            _ => quote!(let &#params = p; let &#operands = y;),
        };
        let index = index.map(|n| {
            let (name, index) = (name(n), if at == When::Row { quote!(i) } else { quote!(j) });
            quote!(let #name = #index;)
        });
        let lets = stage.lets();
        *locals = stage.locals().max(*locals);
        let results = returned(&stored.iter().map(|n| stage.value(*n)).collect::<Vec<_>>());
        (quote!(#unpack #index #lets #results), reads_index)
    }

    /// All nodes of one stage that `targets` are made of.
    fn local(&self, targets: &BTreeSet<NodeId>, at: When) -> BTreeSet<NodeId> {
        let (mut found, mut stack) = (BTreeSet::new(), targets.iter().copied().collect::<Vec<_>>());
        while let Some(n) = stack.pop() {
            if self.when.get(&n) == Some(&at) && found.insert(n) && !matches!(self.g.op(n), Op::Reduce(..)) {
                stack.extend(self.g.args(n));
            }
        }
        found
    }

    fn unpack_stored(&self, stored: &Stored, with_col: bool) -> TokenStream {
        let (p, x) = (self.patterns(&stored.params), self.patterns(&stored.row));
        let y = with_col.then(|| {
            let y = self.patterns(&stored.col);
            quote!(let &#y = y;)
        });
        quote!(let &#p = p; let &#x = x; #y)
    }

    /// The stage of the pairs, in which a value of theirs may be known.
    fn stage(&self, stored: &Stored, known: Option<NodeId>, across: &[NodeId]) -> Stage<'_> {
        let given = stored.params.iter().chain(&stored.row).chain(&stored.col).chain(&known);
        let given: BTreeSet<NodeId> = given.copied().collect();
        // values that are read twice by their push are held
        let (mut targets, mut held) = (vec![], vec![]);
        for r in self.pass.reduces.iter().chain(across) {
            match self.g.op(*r) {
                Op::Reduce(r, _, args) if r.reads_twice() => held.extend(args.iter().copied()),
                _ => targets.extend(self.g.args(*r)),
            }
        }
        held.retain(|n| !given.contains(n));
        Stage::new(self.g, given, &targets, &held)
    }

    /// The second form of the pairs, if there is one: where all is summed, for its bound is one of terms in a sum.
    fn scaled(&self, stored: &Stored) -> Option<TokenStream> {
        let is_sum = |n: &NodeId| matches!(self.g.op(*n), Op::Reduce(Reduction::Sum, ..));
        if !self.pass.reduces.iter().all(is_sum) {
            return None;
        }
        let stage = self.stage(stored, None, &[]);
        let scaled = Scaled::of(self.g, &stage, &stored.row, &stored.col)?;
        let pair = self.pair(stored, Form::Scaled(scaled), &mut 0).code;
        let (params, cols) = (self.patterns(&stored.params), self.patterns(&stored.col));
        let results = nested(&stored.col.iter().map(|n| stage.value(*n)).collect::<Vec<_>>());
        Some(scaled.body(self.g, &stage, [&params, &cols, &results, &pair]))
    }

    /// The form of the pairs in which a squared distance is known, if there is one.
    fn apart(&self, stored: &Stored) -> Option<TokenStream> {
        let stage = self.stage(stored, None, &[]);
        let apart = Apart::of(self.g, &stage, &self.pass.reduces, &stored.row, &stored.col)?;
        let pair = self.pair(stored, Form::Apart(apart), &mut 0).code;
        Some(apart.body(self.g, [&self.patterns(&stored.row), &self.patterns(&stored.col), &pair]))
    }

    /// The pushes of a pair, the type of the reduction, and how many numbers of vectors are held for a pair.
    fn pair(&self, stored: &Stored, form: Form, locals: &mut usize) -> Pairs {
        let known = if let Form::Apart(apart) = form { Some(apart.square) } else { None };
        let across = if let Form::Mutual = form { self.across } else { &[] };
        let mut stage = self.stage(stored, known, across);
        if let Form::Scaled(scaled) = form {
            stage.write_scaled(scaled);
        }
        let mut spread = stage.spread(&stored.params, Narrow::Param);
        spread.extend(stage.spread(&stored.row, Narrow::Row));
        spread.extend(stage.spread(&stored.col, Narrow::Col));
        for r in self.pass.reduces.iter().chain(across) {
            if let Op::Reduce(reduction, _, args) = self.g.op(*r)
                && reduction.takes_products()
            {
                stage.release(args[0]);
            }
        }
        let (mut types, mut names, mut pushes, mut taken) = (vec![], vec![], TokenStream::new(), 0);
        let mut calls_functions = stage.calls_functions();
        for (q, accumulator) in accumulators(self.g, &self.pass.reduces).iter().enumerate() {
            let part = format_ident!("a{}", q);
            let (ty, push) = (accumulator.ty(self.g), accumulator.push(&stage, &part, self.column_index()));
            pushes.extend(quote!(<#ty>::#push;));
            taken += accumulator.locals();
            calls_functions |= accumulator.calls_functions();
            types.push(ty);
            names.push(quote!(#part));
        }
        let (mut types_across, mut names_across) = (vec![], vec![]);
        for (q, accumulator) in accumulators(self.g, across).iter().enumerate() {
            let part = format_ident!("b{}", q);
            let (ty, push) = (accumulator.ty(self.g), accumulator.push_across(&stage, &part));
            pushes.extend(quote!(<#ty>::#push;));
            taken += accumulator.locals();
            types_across.push(ty);
            names_across.push(quote!(#part));
        }
        let (unpack, lets, parts) = (self.unpack_stored(stored, true), stage.lets(), nested(&names));
        *locals = (stage.locals() + taken).max(*locals);
        let parts_across = (!across.is_empty()).then(|| {
            let parts = nested(&names_across);
            quote!(let #parts = across;)
        });
        let code = quote!(#unpack #spread let #parts = part; #parts_across #lets #pushes);
        Pairs { code, reduce: nested(&types), across: nested(&types_across), held: stage.held(), calls_functions }
    }

    /// The pairs with their sums over the rows.
    fn mutual(&self, stored: &Stored, locals: &mut usize) -> TokenStream {
        let Pairs { code, across, .. } = self.pair(stored, Form::Mutual, locals);
        let keops = keops();
        quote! {
            type Across = #across;
            #[inline(always)]
            fn pair_across<R: #keops::Crossing>(cx: R::Cx, p: &#keops::Of<Self::PerCall, R::Param>, x: &#keops::Of<Self::PerRow, R::Row>, y: &#keops::Of<Self::PerCol, R::Col>, part: &mut #keops::Of<<Self::Reduce as #keops::Reduction>::Part, R::Row>, across: &mut #keops::Of<<Self::Across as #keops::Reduction>::Part, R::Across>) { #code }
        }
    }

    /// From what was reduced to the results.
    fn finish(&self, stored: &Stored, locals: &mut usize) -> TokenStream {
        let given: BTreeSet<NodeId> =
            stored.params.iter().chain(&stored.row).chain(&self.pass.reduces).copied().collect();
        let held: Vec<NodeId> = self.pass.outputs.iter().copied().filter(|n| !given.contains(n)).collect();
        let stage = Stage::new(self.g, given, &[], &held);
        let done = accumulators(self.g, &self.pass.reduces);
        let taken: usize = done.iter().map(Accumulator::locals).sum();
        let done = nested(&done.iter().map(|a| a.done(|n| self.pattern(n))).collect::<Vec<_>>());
        let unpack = self.unpack_stored(stored, false);
        let lets = stage.lets();
        *locals = (stage.locals() + taken).max(*locals);
        let results = returned(&self.pass.outputs.iter().map(|n| stage.value(*n)).collect::<Vec<_>>());
        quote!(#unpack let &#done = done; #lets #results)
    }
}
