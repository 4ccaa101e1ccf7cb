//! Values as operands of Rust's operators: functions of the vocabulary are written with them as they are on paper.
//!
//! A term is a node of a graph that is being built. Nothing is simplified here: what is written is what stands there.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::function::Function;
use crate::graph::{Graph, NodeId};
use crate::op::{Binary, Compare, Digit, Op, Unary, Warp};
use crate::types::Shape;

/// A value.
#[derive(Clone, Copy, Debug)]
pub struct Term<'g> {
    graph: &'g RefCell<Graph>,
    node: NodeId,
}

/// What `build` makes of the terms that these nodes are.
pub(crate) fn build<T>(graph: &mut Graph, args: &[NodeId], build: impl Fn(&[Term<'_>]) -> T) -> T {
    let cell = RefCell::new(std::mem::take(graph));
    let terms: Vec<Term<'_>> = args.iter().map(|node| Term { graph: &cell, node: *node }).collect();
    let built = build(&terms);
    *graph = cell.into_inner();
    built
}

/// Terms one after the other.
pub(crate) fn concat<'g>(parts: &[Term<'g>]) -> Term<'g> {
    parts[0].insert(Op::Concat(parts.iter().map(|p| p.node).collect()))
}

impl<'g> Term<'g> {
    /// The node that it is.
    pub(crate) fn node(self) -> NodeId {
        self.node
    }
    fn of(self, node: NodeId) -> Self {
        Term { node, ..self }
    }
    fn insert(self, op: Op) -> Self {
        self.of(self.graph.borrow_mut().insert(op))
    }
    fn unary(self, op: Unary) -> Self {
        self.insert(Op::Unary(op, self.node))
    }
    fn binary(self, op: Binary, b: Self) -> Self {
        self.insert(Op::Binary(op, self.node, b.node))
    }
    /// Its shape.
    pub(crate) fn shape(self) -> Shape {
        self.graph.borrow().shape(self.node).clone()
    }
    /// A number.
    pub(crate) fn lit(self, v: f64) -> Self {
        self.insert(Op::Const(v.to_bits()))
    }
    /// The constant that it is.
    pub(crate) fn constant(self) -> Option<f64> {
        self.graph.borrow().constant(self.node)
    }
    /// The integer that a literal argument is.
    pub(crate) fn integer(self) -> usize {
        self.constant().map_or(0, |v| v as usize)
    }
    /// The integers that a list of literals is.
    pub(crate) fn integers(self) -> Vec<usize> {
        let graph = self.graph.borrow();
        let entries = match graph.op(self.node) {
            Op::Concat(entries) => &entries[..],
            _ => &[],
        };
        entries.iter().map(|k| graph.constant(*k).map_or(0, |v| v as usize)).collect()
    }
    /// A function of the vocabulary, of one argument.
    pub(crate) fn call(self, f: Function) -> Self {
        let node = f.expand(&mut self.graph.borrow_mut(), &[self.node]);
        self.of(node)
    }
    /// A function of the vocabulary, of two arguments.
    pub(crate) fn call_with(self, f: Function, b: Self) -> Self {
        let node = f.expand(&mut self.graph.borrow_mut(), &[self.node, b.node]);
        self.of(node)
    }
    pub(crate) fn exp(self) -> Self {
        self.call(Function::Exp)
    }
    pub(crate) fn log(self) -> Self {
        self.call(Function::Log)
    }
    pub(crate) fn square(self) -> Self {
        self.unary(Unary::Square)
    }
    pub(crate) fn recip(self) -> Self {
        self.unary(Unary::Recip)
    }
    pub(crate) fn abs(self) -> Self {
        self.unary(Unary::Abs)
    }
    pub(crate) fn sqrt(self) -> Self {
        self.unary(Unary::Sqrt)
    }
    /// 1/√a, and 0 at 0.
    pub(crate) fn rsqrt(self) -> Self {
        self.unary(Unary::Rsqrt)
    }
    pub(crate) fn floor(self) -> Self {
        self.unary(Unary::Floor)
    }
    pub(crate) fn minimum(self, b: Self) -> Self {
        self.binary(Binary::Minimum, b)
    }
    pub(crate) fn maximum(self, b: Self) -> Self {
        self.binary(Binary::Maximum, b)
    }
    /// Whether it is less: a truth.
    pub(crate) fn lt(self, b: Self) -> Self {
        self.insert(Op::Compare(Compare::Lt, self.node, b.node))
    }
    /// Whether it is less or equal: a truth.
    pub(crate) fn le(self, b: Self) -> Self {
        self.insert(Op::Compare(Compare::Le, self.node, b.node))
    }
    /// Whether both are equal: a truth.
    pub(crate) fn eq(self, b: Self) -> Self {
        self.insert(Op::Compare(Compare::Eq, self.node, b.node))
    }
    /// `a` where this truth holds, else `b`.
    pub(crate) fn select(self, a: Self, b: Self) -> Self {
        self.insert(Op::Select([self.node, a.node, b.node]))
    }
    /// It with the sign of `s`, where it is not negative itself.
    pub(crate) fn with_sign_of(self, s: Self) -> Self {
        s.lt(s.lit(0.0)).select(-self, self)
    }
    /// The sum of its components.
    pub(crate) fn sum(self) -> Self {
        if self.shape().is_scalar() { self } else { self.insert(Op::SumComponents(self.node)) }
    }
    /// The largest component, or the smallest.
    pub(crate) fn extreme(self, op: Binary) -> Self {
        if self.shape().is_scalar() { self } else { self.insert(Op::Extreme(op, self.node)) }
    }
    /// It, repeated to a shape.
    pub(crate) fn broadcast(self, shape: &Shape) -> Self {
        let node = self.graph.borrow_mut().broadcast(self.node, shape);
        self.of(node)
    }
    /// The numbers 0, 1, 2, … as a value of this shape.
    pub(crate) fn places(self, shape: Shape) -> Self {
        if shape.is_scalar() { self.lit(0.0) } else { self.insert(Op::Places(shape)) }
    }
    /// Its components by digits of extents and strides: see [`Op::View`].
    pub(crate) fn view(self, digits: &[(usize, usize)]) -> Self {
        let node = self.graph.borrow_mut().view(self.node, Digit::all(digits));
        self.of(node)
    }
    /// The sums of as many consecutive components.
    pub(crate) fn sum_groups(self, len: usize) -> Self {
        let node = self.graph.borrow_mut().sum_groups(self.node, len);
        self.of(node)
    }
    /// How many components it has.
    pub(crate) fn len(self) -> usize {
        self.shape().len().unwrap_or(1)
    }
    /// All components; a number is its own.
    pub(crate) fn components(self) -> Vec<Self> {
        let component = |k| if self.shape().is_scalar() { self } else { self.component(k) };
        (0..self.len()).map(component).collect()
    }
    /// Components `lo .. hi`.
    pub(crate) fn slice(self, lo: usize, hi: usize) -> Self {
        if lo == 0 && hi == self.len() { self } else { self.insert(Op::Slice(self.node, lo, hi)) }
    }
    /// Component `k`.
    pub(crate) fn component(self, k: usize) -> Self {
        self.insert(Op::Component(self.node, k))
    }
    /// Σ cₖ aᵏ
    pub(crate) fn polynomial(self, coefficients: &[f64]) -> Self {
        let (last, rest) = coefficients.split_last().expect("a coefficient");
        rest.iter().rev().fold(self.lit(*last), |sum, c| sum * self + self.lit(*c))
    }
    /// Warped series: see [`Op::Warp`].
    pub(crate) fn warp(self, warp: Warp, args: &[Self]) -> Self {
        self.insert(Op::Warp(warp, args.iter().map(|a| a.node).collect()))
    }
    /// The same value, whose derivative in each of these is stated: see [`Graph::with_slopes`].
    pub(crate) fn with_slopes(self, slopes: &[(Self, Self)]) -> Self {
        let slopes: Vec<_> = slopes.iter().map(|(a, s)| (a.node, s.node)).collect();
        let node = self.graph.borrow_mut().with_slopes(self.node, &slopes);
        self.of(node)
    }
}

macro_rules! operator {
    ($($Trait:ident $method:ident;)*) => { $(
        impl $Trait for Term<'_> {
            type Output = Self;
            fn $method(self, b: Self) -> Self {
                self.binary(Binary::$Trait, b)
            }
        }
        impl $Trait<f64> for Term<'_> {
            type Output = Self;
            fn $method(self, b: f64) -> Self {
                self.$method(self.lit(b))
            }
        }
        impl<'g> $Trait<Term<'g>> for f64 {
            type Output = Term<'g>;
            fn $method(self, b: Term<'g>) -> Term<'g> {
                b.lit(self).$method(b)
            }
        }
    )* };
}
operator! { Add add; Sub sub; Mul mul; Div div; }

impl Neg for Term<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.unary(Unary::Neg)
    }
}
