//! Formulas as they were written: every node keeps the span of its tokens.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::rc::Rc;

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;

use crate::calculus::Derivative;
use crate::types::{Axis, Deps, Dim, Kind};
use crate::word::Word;

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What to underline: the operator, the function's name, the name.
    pub span: Span,
    /// The expression.
    pub kind: ExprKind,
}

impl Drop for Expr {
    fn drop(&mut self) {
        // sums of thousands of terms lean to the left: one after the other, not one in the other
        let mut kind = std::mem::replace(&mut self.kind, ExprKind::Number(0.0));
        while let ExprKind::Binary(_, a, _) = &mut kind {
            kind = std::mem::replace(&mut a.kind, ExprKind::Number(0.0));
        }
    }
}

/// The kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A literal, `pi` too.
    Number(f64),
    /// An operand or the name of a `let`.
    Name(String),
    /// `-u`
    Neg(Box<Expr>),
    /// `!c`
    Not(Box<Expr>),
    /// `u + v` and so on.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `if c { u } else { v }`; without `else`, as what is reduced, pairs are left out.
    If(Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    /// `u[k]`
    Component(Box<Expr>, usize),
    /// `u[a..b]`
    Slice(Box<Expr>, usize, usize),
    /// `[u, v, …]`
    List(Vec<Expr>),
    /// `exp(u)`
    Call(String, Vec<Expr>),
    /// `gauss(u, v, w)`, where `gauss` is an item above: its formula, of these values.
    Item(Rc<Item>, Vec<Expr>),
    /// `sum_j …`, or, with a count, `kmin_j[3] …`
    Reduce(&'static Word, Axis, Option<u32>, Vec<Expr>),
}

/// Operators with two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Pow,
    Inner,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    And,
    Or,
}

/// `let name = value;`
#[derive(Clone, Debug)]
pub struct Let {
    /// The name.
    pub name: String,
    /// Its place.
    pub span: Span,
    /// The value.
    pub value: Expr,
}

/// Statements and a result.
#[derive(Clone, Debug)]
pub struct Body {
    /// The formula as text.
    pub text: String,
    /// `let …;`
    pub lets: Vec<Let>,
    /// The result.
    pub result: Expr,
    /// Where its operands are declared.
    pub place: Place,
    /// `#[strict]`: whether divisions divide, and constants stay where they are written.
    pub is_strict: bool,
    /// `#[block(3, 3)]`: how an entry of a matrix is a matrix.
    pub block: Option<Block>,
}

/// How the numbers of an entry are a matrix, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Where that is written.
    pub span: Span,
    /// How many rows it has.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
}

impl Body {
    /// What the formula varies with, where its operands do as their names say, and whether it has a reduction.
    pub(crate) fn written(&self) -> Written {
        self.read(HashMap::new(), &mut |_| {})
    }

    /// The same, where it is known of some names, and, as they are met, the names that it reads.
    fn read(&self, mut known: HashMap<String, Written>, met: &mut dyn FnMut(&str)) -> Written {
        let met = RefCell::new(met);
        let of = |known: &HashMap<String, Written>, e: &Expr| {
            e.written(&|name| {
                (*met.borrow_mut())(name);
                known.get(name).copied()
            })
        };
        for l in &self.lets {
            let written = of(&known, &l.value);
            known.insert(l.name.clone(), written);
        }
        of(&known, &self.result)
    }
}

/// Where operands are declared, if they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind `where`.
    Where,
    /// In the header of an item.
    Header,
}

/// `x_i: [f32; 3]`
#[derive(Clone, Debug)]
pub struct Declared {
    /// The name without suffix.
    pub name: String,
    /// Its place.
    pub span: Span,
    /// The suffix.
    pub axis: Option<Axis>,
    /// What its points are made of.
    pub element: Element,
    /// The dimension of a vector.
    pub dim: Option<Dim>,
}

impl Declared {
    /// Its name in formulas, under an index or none.
    pub(crate) fn under(&self, axis: Option<Axis>) -> String {
        format!("{}{}", self.name, suffix(axis))
    }
}

/// What declared points are made of.
#[derive(Clone, Debug)]
pub enum Element {
    /// Numbers: `f32`, `f64`, or the name of a type parameter.
    Number(Ident),
    /// Integers: `u32`, or a type that was meant to be.
    Integer(Ident),
    /// Complex numbers, whose parts are of this type.
    Complex(Ident),
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Number(name) | Element::Integer(name) => name.fmt(f),
            Element::Complex(name) => write!(f, "Complex<{name}>"),
        }
    }
}

/// Types that are no numbers of formulas, and integers in Rust, or truths.
const INTEGERS: [&str; 13] =
    ["u32", "u8", "u16", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "bool"];

impl Element {
    /// What a type of this name means, where `generic` is a type parameter.
    pub(crate) fn named(name: Ident, generic: Option<&Ident>) -> Self {
        let is_integer = generic != Some(&name) && INTEGERS.iter().any(|integer| name == integer);
        if is_integer { Element::Integer(name) } else { Element::Number(name) }
    }
    /// The type of numbers, of points that are made of them.
    pub(crate) fn number(&self) -> Option<&Ident> {
        match self {
            Element::Number(name) | Element::Complex(name) => Some(name),
            Element::Integer(_) => None,
        }
    }
    /// Whether they were meant to be integers, and have a type that those of formulas have not.
    pub(crate) fn is_other_integer(&self) -> bool {
        matches!(self, Element::Integer(name) if name != "u32")
    }
    /// What a value of these points is.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Element::Number(_) | Element::Complex(_) => Kind::Number,
            Element::Integer(_) => Kind::Integer,
        }
    }
    /// What to underline.
    pub(crate) fn span(&self) -> Span {
        match self {
            Element::Number(name) | Element::Integer(name) | Element::Complex(name) => name.span(),
        }
    }
}

/// The expression form.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The formula.
    pub body: Body,
    /// `where x_i: …`, if it is there.
    pub declared: Option<Vec<Declared>>,
}

/// The item form.
#[derive(Clone, Debug)]
pub struct Item {
    /// Attributes that are none of the following.
    pub attrs: TokenStream,
    /// Doc comments.
    pub docs: TokenStream,
    /// What says when the item is there at all: `#[cfg(…)]`.
    pub cfgs: TokenStream,
    /// Whether `#[deprecated]` is among the attributes.
    pub is_deprecated: bool,
    /// The visibility.
    pub vis: TokenStream,
    /// The name.
    pub name: Ident,
    /// The name of the type parameter, if there is one.
    pub scalar: Option<Ident>,
    /// The names of the const parameters.
    pub dims: Vec<Ident>,
    /// The operands.
    pub declared: Vec<Declared>,
    /// `#[with_grads(x, b)]`: the operands in which `.with_grads(&e)` computes gradients; without it, all of them.
    pub with_grads: Option<Vec<Ident>>,
    /// `#[jvp(x, b)]`: the operands in which there are derivatives in a direction, `.jvp_x(&u)`.
    pub jvp: Vec<Ident>,
    /// `#[gpu(…)]`: what is compiled for a GPU beside the value.
    pub gpu: Option<Gpu>,
    /// The formula.
    pub body: Body,
    /// What it varies with where its operands vary like these: each is asked for as often as it is called.
    pub(crate) varies: RefCell<HashMap<Vec<Written>, Written>>,
}

impl Item {
    /// Its name.
    pub(crate) fn text(&self) -> String {
        self.name.unraw().to_string()
    }
    /// How it is called.
    pub(crate) fn call(&self) -> String {
        let operands: Vec<String> = self.declared.iter().map(|o| o.under(o.axis)).collect();
        format!("{}({})", self.text(), operands.join(", "))
    }
    /// What its formula varies with where its operands vary like `args`.
    pub fn written(&self, args: &[Written]) -> Written {
        if let Some(known) = self.varies.borrow().get(args) {
            return *known;
        }
        let written = self.read(args, &mut |_| {});
        self.varies.borrow_mut().insert(args.to_vec(), written);
        written
    }
    /// Whether its formula has a reduction. One that has none is a part of others.
    pub fn reduces(&self) -> bool {
        self.written(&[]).reduces
    }
    /// The names that its formula reads.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.read(&[], &mut |name| {
            names.insert(name.to_owned());
        });
        names
    }

    /// What its formula varies with, and, as they are met, the names that it reads.
    fn read(&self, args: &[Written], met: &mut dyn FnMut(&str)) -> Written {
        let mut known: HashMap<String, Written> = HashMap::new();
        for (operand, arg) in self.declared.iter().zip(args) {
            known.insert(operand.under(operand.axis), *arg);
            if let Some(axis) = operand.axis {
                known.insert(operand.under(Some(axis.other())), Written { deps: arg.deps.swapped(), ..*arg });
            }
        }
        self.body.read(known, met)
    }

    /// Renames its type and const parameters by `free`, which is told of the others.
    pub(crate) fn rename_parameters(&mut self, free: &dyn Fn(&Ident, &[Ident]) -> Ident) {
        let old: Vec<Ident> = self.scalar.iter().chain(&self.dims).cloned().collect();
        for name in old {
            let others: Vec<Ident> = self.scalar.iter().chain(&self.dims).filter(|o| **o != name).cloned().collect();
            let new = free(&name, &others);
            self.scalar.iter_mut().chain(&mut self.dims).filter(|p| **p == name).for_each(|p| *p = new.clone());
            for operand in &mut self.declared {
                if let Element::Number(number) | Element::Complex(number) = &mut operand.element
                    && *number == name
                {
                    *number = Ident::new(&new.to_string(), number.span());
                }
                if matches!(&operand.dim, Some(Dim::Name(dim)) if name == dim) {
                    operand.dim = Some(Dim::Name(new.to_string()));
                }
            }
        }
    }
}

/// `#[gpu(<f32, 3>, grad_x)]`
#[derive(Clone, Debug)]
pub struct Gpu {
    /// Its place.
    pub span: Span,
    /// `<f32, 3>`: instances of a generic item.
    pub instances: Vec<Instance>,
    /// `grad_x`: methods whose results are compiled, too.
    pub methods: Vec<Ident>,
    /// `columns = 3`: how many columns a matrix is multiplied with, too.
    pub columns: Vec<(Span, usize)>,
}

/// `<f32, 3>`: what an item is compiled for.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its place.
    pub span: Span,
    /// The number type; none where it is not to be chosen.
    pub scalar: Option<Ident>,
    /// The dimensions.
    pub dims: Vec<usize>,
}

impl Instance {
    /// The instance of a formula whose dimensions are numbers.
    pub(crate) fn of(scalar: Ident) -> Self {
        Self { span: scalar.span(), scalar: Some(scalar), dims: vec![] }
    }
}

/// What stands in `keops!`.
#[derive(Clone, Debug)]
pub enum Input {
    /// One expression.
    Expression(Box<Expression>),
    /// Any number of functions.
    Items(Vec<Item>),
}

/// What a name varies with by its suffix, or by being an index.
pub fn varies_with(name: &str) -> Deps {
    index(name).or(split(name).1).map_or(Deps::NONE, Deps::of)
}

/// The index that a name is: `i` or `j`.
pub fn index(name: &str) -> Option<Axis> {
    [Axis::I, Axis::J].into_iter().find(|axis| name.chars().eq([axis.letter()]))
}

/// `_i`, `_j`, or nothing.
pub fn suffix(axis: Option<Axis>) -> String {
    axis.map_or(String::new(), |axis| format!("_{}", axis.letter()))
}

/// Splits `x_i` into `x` and its index.
pub fn split(name: &str) -> (&str, Option<Axis>) {
    for axis in [Axis::I, Axis::J] {
        if let Some(base) = name.strip_suffix(['_', axis.letter()].iter().collect::<String>().as_str())
            && !base.is_empty()
        {
            return (base, Some(axis));
        }
    }
    (name, None)
}

/// A name of the user's, that may be a keyword of Rust's behind its suffix.
pub(crate) fn raw_if_needed(name: &str, span: Span) -> Ident {
    syn::parse_str::<Ident>(name).map_or_else(
        |_| Ident::new_raw(name, span),
        |mut i| {
            i.set_span(span);
            i
        },
    )
}

/// What can be told of a value by how it is written: what it is has not been simplified yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Written {
    /// The indices that it varies with.
    pub deps: Deps,
    /// Whether it has a reduction.
    pub reduces: bool,
}

impl Written {
    fn with(self, o: Self) -> Self {
        Written { deps: self.deps.union(o.deps), reduces: self.reduces || o.reduces }
    }
}

impl Expr {
    /// What the expression varies with, by its names alone. `lets` answers for names bound before.
    pub fn written(&self, lets: &dyn Fn(&str) -> Option<Written>) -> Written {
        let all = |v: &[&Expr]| v.iter().fold(Written::default(), |w, e| w.with(e.written(lets)));
        match &self.kind {
            ExprKind::Number(_) => Written::default(),
            ExprKind::Name(name) => lets(name).unwrap_or_else(|| Written { deps: varies_with(name), reduces: false }),
            ExprKind::Neg(a) | ExprKind::Not(a) | ExprKind::Component(a, _) | ExprKind::Slice(a, ..) => a.written(lets),
            ExprKind::Binary(..) => {
                // a loop on the left: sums of thousands of terms are legal
                let (mut written, mut e) = (Written::default(), self);
                while let ExprKind::Binary(_, a, b) = &e.kind {
                    written = written.with(b.written(lets));
                    e = a;
                }
                written.with(e.written(lets))
            }
            ExprKind::If(c, a, b) => all(&[&**c, a].into_iter().chain(b.as_deref()).collect::<Vec<_>>()),
            ExprKind::Call(name, v)
                if v.len() > 1 && Derivative::from_name(name).is_some() && v[0].written(lets).reduces =>
            {
                // one per row or column of the operand; all but gradients are one for each of the value
                let of = usize::from(name == Derivative::Grad.name());
                Written { deps: v[of].written(lets).deps, reduces: true }
            }
            ExprKind::Item(item, v) => item.written(&v.iter().map(|e| e.written(lets)).collect::<Vec<_>>()),
            ExprKind::List(v) | ExprKind::Call(_, v) => all(&v.iter().collect::<Vec<_>>()),
            ExprKind::Reduce(_, axis, _, v) => {
                Written { deps: all(&v.iter().collect::<Vec<_>>()).deps.without(*axis), reduces: true }
            }
        }
    }
}
