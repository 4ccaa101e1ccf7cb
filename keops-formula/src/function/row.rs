//! What a row of the vocabulary consists of, and what is asked of it.

use super::Function;
use crate::graph::{Graph, NodeId};
use crate::op::{Elementary, Op, Slopes};
use crate::rule::Rule;
use crate::term::{Term, build};
use Parameter::{Between, List, Literal, Of, Signed};

/// What is known of a function.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    head: Head,
    build: Build,
}

/// An argument as a function takes it.
#[derive(Clone, Copy, Debug)]
pub enum Parameter {
    /// Numbers. Inside this interval tests compare the function with its meaning, and gradients with differences.
    Between(f64, f64),
    /// Numbers in such an interval, and of such a dimension: tests try the function with vectors of this many, or numbers for 0.
    Of(f64, f64, usize),
    /// An integer literal, or one between integers, like this one.
    Literal(f64),
    /// An integer literal, which may be negative, like this one.
    Signed(f64),
    /// A list of integer literals, like this one.
    List(&'static [usize]),
}
impl Parameter {
    /// The interval in which tests draw its numbers, if it is no literal.
    pub fn interval(&self) -> Option<(f64, f64)> {
        match *self {
            Between(low, high) | Of(low, high, _) => Some((low, high)),
            Literal(_) | Signed(_) | List(_) => None,
        }
    }
    /// The dimension that it has in tests, if not any will do.
    pub fn dimension(&self) -> Option<usize> {
        match *self {
            Of(_, _, dim) => Some(dim),
            Between(..) | Literal(_) | Signed(_) | List(_) => None,
        }
    }
    /// An example of it and its numbers, if it is a literal or a list of them.
    pub fn literals(&self) -> Option<(String, Vec<f64>)> {
        match *self {
            Between(..) | Of(..) => None,
            Literal(k) | Signed(k) => Some((k.to_string(), vec![k])),
            List(list) => Some((format!("{list:?}"), list.iter().map(|k| *k as f64).collect())),
        }
    }
}

/// The shape of a function's result.
#[derive(Clone, Copy, Debug)]
pub enum Signature {
    /// The arguments are joined, and the function acts on each component.
    Map,
    /// The arguments are joined, and the result is one number.
    Fold,
    /// By a rule.
    Rule(Rule),
}

/// What a function means on plain numbers, by other means than it is built.
#[derive(Clone, Copy, Debug)]
pub enum Meaning {
    /// A function of the components in the same place.
    Each(fn(&[f64]) -> f64),
    /// A function of all components.
    Whole(fn(&[&[f64]]) -> Vec<f64>),
}

/// How a function comes into the graph.
#[derive(Clone, Copy, Debug)]
enum Build {
    /// An operation of its own.
    Elementary(Elementary),
    /// Made of operations. Literals are constants.
    Composed(for<'g> fn(&[Term<'g>]) -> Term<'g>),
}

/// Where a gradient is NaN although the value is not.
#[derive(Clone, Copy, Debug)]
pub struct Flaw {
    /// The places in words: "where u is 0".
    pub place: &'static str,
    /// Whether these arguments are such a place.
    pub is_there: fn(&[f64]) -> bool,
}

/// The beginning of a row: of a function by components.
pub(super) const fn map(
    call: &'static str,
    line: &'static str,
    parameters: &'static [Parameter],
    meaning: fn(&[f64]) -> f64,
) -> Head {
    let (signature, meaning) = (Signature::Map, Meaning::Each(meaning));
    Head { call, line, parameters, optional: 0, signature, meaning, gradients: &[], flaw: None }
}

/// The beginning of a row: of a function of all components.
pub(super) const fn whole(
    call: &'static str,
    line: &'static str,
    parameters: &'static [Parameter],
    signature: Signature,
    meaning: fn(&[&[f64]]) -> Vec<f64>,
) -> Head {
    Head {
        call,
        line,
        parameters,
        optional: 0,
        signature,
        meaning: Meaning::Whole(meaning),
        gradients: &[],
        flaw: None,
    }
}

/// What a row says of a function but how it is built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    call: &'static str,
    line: &'static str,
    parameters: &'static [Parameter],
    optional: usize,
    signature: Signature,
    meaning: Meaning,
    gradients: &'static [&'static str],
    flaw: Option<Flaw>,
}

impl Head {
    /// The last argument, a literal, may be left out.
    pub(super) const fn or_without(self) -> Self {
        Head { optional: 1, ..self }
    }
    /// What the documentation says of the gradient of ⟨e, f⟩ in each argument that is no literal: a formula in backquotes, which tests compare with
    /// what is computed, or words.
    pub(super) const fn gradients(self, gradients: &'static [&'static str]) -> Self {
        Head { gradients, ..self }
    }
    pub(super) const fn flawed(self, place: &'static str, is_there: fn(&[f64]) -> bool) -> Self {
        Head { flaw: Some(Flaw { place, is_there }), ..self }
    }
    pub(super) const fn composed(self, build: for<'g> fn(&[Term<'g>]) -> Term<'g>) -> Row {
        Row { head: self, build: Build::Composed(build) }
    }
    /// The derivatives in the arguments are made from these and the value.
    pub(super) const fn elementary(
        self,
        slopes: Slopes,
        derivative: fn(&mut Graph, &[NodeId], NodeId) -> Vec<NodeId>,
    ) -> Row {
        let Meaning::Each(value) = self.meaning else { panic!("an elementary function acts on each component") };
        let name = name_of(self.call);
        Row { head: self, build: Build::Elementary(Elementary { name, value, derivative, slopes }) }
    }
}

/// The name in front of the parenthesis.
pub(crate) const fn name_of(call: &str) -> &str {
    let mut len = 0;
    while call.as_bytes()[len] != b'(' {
        len += 1;
    }
    call.split_at(len).0
}

/// The names of the arguments in a call: `u` and `v` of `f(u, v)`.
pub(crate) fn arguments_of(call: &'static str) -> impl Iterator<Item = &'static str> {
    call[name_of(call).len() + 1..call.len() - 1].split(", ")
}

impl Function {
    /// The function with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|f| f.name() == name)
    }
    /// The function that is meant where this one is called with so many arguments: elsewhere the larger of two is `max`.
    pub(crate) fn meant(self, arguments: usize) -> Self {
        match self {
            Self::Max if arguments > 1 => Self::Maximum,
            Self::Min if arguments > 1 => Self::Minimum,
            f => f,
        }
    }
    /// The name in formulas.
    pub fn name(self) -> &'static str {
        name_of(self.call())
    }
    /// How it is written.
    pub fn call(self) -> &'static str {
        self.row().head.call
    }
    /// The names of its arguments in that.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        arguments_of(self.call())
    }
    /// How it is written with its literals: `elem(u, 0)`.
    pub fn example(self) -> String {
        let arguments = self
            .names()
            .zip(self.parameters())
            .map(|(name, parameter)| parameter.literals().map_or(name.to_owned(), |(text, _)| text));
        format!("{}({})", self.name(), arguments.collect::<Vec<_>>().join(", "))
    }
    /// How it is written where somebody has to be told: lists say more than the names that they have.
    pub(crate) fn shown(self) -> String {
        let has_list = self.parameters().iter().any(|parameter| matches!(parameter, List(_)));
        if has_list { self.example() } else { self.call().to_owned() }
    }
    /// How so many arguments are written where somebody has to be told, which may be more than it takes.
    pub(crate) fn shown_of(self, arguments: usize) -> String {
        match self.meant(arguments) {
            Self::Concat if arguments > 2 => "[u, v, w]".into(),
            f @ (Self::Minimum | Self::Maximum) if arguments > 2 => format!("{0}({0}(u, v), w)", f.name()),
            f => f.shown(),
        }
    }
    /// What it means, in a line.
    pub fn line(self) -> String {
        let Head { line, flaw, .. } = self.row().head;
        match flaw {
            None => line.into(),
            Some(flaw) => format!("{line}. Its gradient is NaN {}", flaw.place),
        }
    }
    /// The gradient of ⟨e, f⟩ in each argument that is no literal, for users: where it begins with a backquote, a formula stands in these.
    pub fn gradients(self) -> &'static [&'static str] {
        self.row().head.gradients
    }
    /// The arguments.
    pub fn parameters(self) -> &'static [Parameter] {
        self.row().head.parameters
    }
    /// How many arguments it takes at least; at most as many as there are.
    pub fn least_arguments(self) -> usize {
        self.parameters().len() - self.row().head.optional
    }
    /// The shape of the result.
    pub fn signature(self) -> Signature {
        self.row().head.signature
    }
    /// What it means on plain numbers.
    pub fn meaning(self) -> Meaning {
        self.row().head.meaning
    }
    /// Where its gradient is NaN although its value is not.
    pub fn flaw(self) -> Option<Flaw> {
        self.row().head.flaw
    }
    /// The operation that it is, if it is elementary.
    pub fn elementary(self) -> Option<Elementary> {
        match self.row().build {
            Build::Elementary(f) => Some(f),
            Build::Composed(_) => None,
        }
    }

    /// Builds the function of arguments whose shapes have been checked.
    pub(crate) fn expand(self, g: &mut Graph, args: &[NodeId]) -> NodeId {
        match self.row().build {
            Build::Elementary(f) => g.insert(Op::Elementary(f, args.to_vec())),
            Build::Composed(composed) => build(g, args, |terms| composed(terms).node()),
        }
    }

    /// Builds an elementary function, simplified.
    pub(crate) fn of(self, g: &mut Graph, args: &[NodeId]) -> NodeId {
        let n = self.expand(g, args);
        let op = g.op(n).clone();
        g.make(op)
    }
}
