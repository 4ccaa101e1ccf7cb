//! The one intermediate form: a typed, hash-consed, acyclic graph.
//!
//! Nodes refer to earlier nodes only, so that every pass is a loop over an arena. Equal operations
//! on equal arguments are one node: common sub-expressions are shared by construction, across
//! reductions and across a value and its gradients.

use std::collections::HashMap;

use crate::function::Function;
use crate::integer::{self, Range};
use crate::op::{Binary, Op, Warp};
use crate::reduction::Reduction;
use crate::types::{Axis, Deps, Dim, Kind, Reading, Shape, Type};

/// A node of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// Its number in the arena.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// An operand as the graph knows it.
#[derive(Clone, Debug)]
pub struct Operand {
    /// Its name, without suffix.
    pub name: String,
    /// What the components of its points are.
    pub kind: Kind,
    /// Its shape.
    pub shape: Shape,
    /// How its numbers are read.
    pub reading: Reading,
}

impl Operand {
    /// The shape of its points as they are read.
    pub(crate) fn read_shape(&self) -> Shape {
        self.reading.shape(&self.shape)
    }
}

/// A result, and the index that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    /// The result.
    pub node: NodeId,
    /// What it is indexed by; none for a single one.
    pub kept: Option<Axis>,
    /// How its numbers are read.
    pub reading: Reading,
}

impl Root {
    /// A result of real numbers, or of integers.
    pub fn new(node: NodeId, kept: Option<Axis>) -> Self {
        Root { node, kept, reading: Reading::Real }
    }
}

/// The arena.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<(Op, Type)>,
    known: HashMap<Op, NodeId>,
    /// Of integers, which ones they may be.
    ranges: HashMap<NodeId, Range>,
    operands: Vec<Operand>,
    is_strict: bool,
}

impl Graph {
    /// A graph in which nothing is moved for speed, if it is `is_strict`.
    pub fn new(is_strict: bool) -> Self {
        Graph { is_strict, ..Graph::default() }
    }
    /// Whether divisions divide, and constants stay where they are written.
    pub fn is_strict(&self) -> bool {
        self.is_strict
    }
    /// Adds an operand and answers with its number.
    pub fn add_operand(&mut self, name: &str, kind: Kind, shape: Shape) -> usize {
        self.operands.push(Operand { name: name.into(), kind, shape, reading: Reading::Real });
        self.operands.len() - 1
    }
    /// Adds an operand of `dim` complex numbers, or of one, and answers with its number.
    pub fn add_complex_operand(&mut self, name: &str, dim: Option<usize>) -> usize {
        let (shape, reading) = (Shape::vector(Dim::Lit(2 * dim.unwrap_or(1))), Reading::of_complex(dim.is_some()));
        self.operands.push(Operand { name: name.into(), kind: Kind::Number, shape, reading });
        self.operands.len() - 1
    }
    /// Adds an operand that is like another one and answers with its number.
    pub(crate) fn add_like(&mut self, operand: &Operand) -> usize {
        self.operands.push(operand.clone());
        self.operands.len() - 1
    }
    /// All operands, by number.
    pub fn operands(&self) -> &[Operand] {
        &self.operands
    }
    /// The operation of a node.
    pub fn op(&self, n: NodeId) -> &Op {
        &self.nodes[n.0 as usize].0
    }
    /// The type of a node.
    pub fn ty(&self, n: NodeId) -> &Type {
        &self.nodes[n.0 as usize].1
    }
    /// The shape of a node.
    pub fn shape(&self, n: NodeId) -> &Shape {
        &self.ty(n).shape
    }
    /// What the components of a node are.
    pub fn kind(&self, n: NodeId) -> Kind {
        self.ty(n).kind
    }
    /// Whether a node is an integer that may be negative, or larger than an index.
    pub fn is_large(&self, n: NodeId) -> bool {
        self.ranges.get(&n).is_some_and(integer::is_large)
    }
    /// What a node varies with.
    pub fn deps(&self, n: NodeId) -> Deps {
        self.ty(n).deps
    }
    /// The arguments of a node.
    pub fn args(&self, n: NodeId) -> Vec<NodeId> {
        self.op(n).args()
    }
    /// How many nodes there are: the number of the next one.
    pub fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }
    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
    /// The constant that a node is, if it is one.
    pub fn constant(&self, n: NodeId) -> Option<f64> {
        match self.op(n) {
            Op::Const(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }
    /// The node of an operation, if it is there.
    pub fn find(&self, op: &Op) -> Option<NodeId> {
        self.known.get(op).copied()
    }
    /// The node of an operation exactly as it is: no simplification.
    ///
    /// Shapes of arguments must meet; `lower` has checked them, and derivatives keep them.
    pub fn insert(&mut self, op: Op) -> NodeId {
        if let Some(n) = self.known.get(&op) {
            return *n;
        }
        let ty = self.type_of(&op);
        let n = NodeId(self.len());
        if ty.kind == Kind::Integer {
            let range = integer::range_of(&op, |a| self.ranges.get(&a).cloned().unwrap_or(integer::ALL));
            self.ranges.insert(n, range);
        }
        self.nodes.push((op.clone(), ty));
        self.known.insert(op, n);
        n
    }

    /// `value`, whose derivative in each node `.0` is `.1`, component by component: for functions whose parts would give an
    /// unstable one. Where a slope is 0 the function is taken for flat, whatever slopes its argument has.
    pub fn with_slopes(&mut self, value: NodeId, slopes: &[(NodeId, NodeId)]) -> NodeId {
        self.insert(Op::Sloped(value, slopes.to_vec()))
    }

    /// Forgets what only derivatives ask for, the slopes and limits that are stated, and takes log Σ exp apart: for what has
    /// been differentiated.
    pub fn erase(&mut self, roots: &[NodeId]) -> Vec<NodeId> {
        self.rewrite(roots, |g, _, op| match op {
            Op::Sloped(value, _) | Op::Limit { value, .. } => value,
            Op::Reduce(Reduction::LogSumExp, axis, args) => {
                let shift = g.insert(Op::Reduce(Reduction::ExpShift, axis, args.clone()));
                let sum = g.insert(Op::Reduce(Reduction::ExpSum, axis, args));
                let log = Function::Log.expand(g, &[sum]);
                g.insert(Op::Binary(Binary::Add, shift, log))
            }
            op => g.insert(op),
        })
    }

    /// The node `root` of a copy of this graph, which knows one operand more. Where a condition still asks for that one, it is 1.
    pub fn import(&mut self, copy: &Graph, root: NodeId, operand: usize) -> NodeId {
        let mut new: HashMap<NodeId, NodeId> = HashMap::new();
        for n in copy.reachable(&[root]) {
            let m = match copy.op(n) {
                Op::Operand(k, _) if *k == operand => {
                    let (one, shape) = (self.lit(1.0), copy.shape(n).clone());
                    self.broadcast(one, &shape)
                }
                op => self.insert(op.map(|a| new[&a])),
            };
            new.insert(n, m);
        }
        new[&root]
    }

    fn type_of(&self, op: &Op) -> Type {
        let args = op.args();
        let mut deps = args.iter().fold(Deps::NONE, |d, a| d.union(self.deps(*a)));
        let joined = |args: &[NodeId]| {
            args.iter().fold(Shape::scalar(), |s, a| s.join(self.shape(*a)).unwrap_or_else(|_| self.shape(*a).clone()))
        };
        let shape = match op {
            Op::Const(_)
            | Op::Integer(_)
            | Op::Truth(_)
            | Op::Count(_)
            | Op::SumComponents(_)
            | Op::Extreme(..)
            | Op::Component(..) => Shape::scalar(),
            Op::Operand(k, axis) => {
                deps = axis.map_or(Deps::NONE, Deps::of);
                self.operands[*k].shape.clone()
            }
            Op::Index(axis) => {
                deps = Deps::of(*axis);
                Shape::scalar()
            }
            Op::Unary(..)
            | Op::Binary(..)
            | Op::Whole(..)
            | Op::Elementary(..)
            | Op::Powi(..)
            | Op::Number(_)
            | Op::Compare(..)
            | Op::Not(_)
            | Op::And(..)
            | Op::Or(..)
            | Op::Select(_) => joined(&args),
            Op::Sloped(value, _) | Op::Limit { value, .. } => {
                deps = self.deps(*value);
                self.shape(*value).clone()
            }
            Op::SumTo(_, shape) | Op::Broadcast(_, shape) | Op::Place(_, _, shape) | Op::Places(shape) => shape.clone(),
            Op::SumGroups(a, len) => Shape::vector(Dim::Lit(self.shape(*a).len().unwrap_or_default() / len)),
            Op::View(_, digits) => Shape::vector(Dim::Lit(digits.iter().map(|d| d.extent).product())),
            Op::Slice(_, lo, hi) => Shape::vector(Dim::Lit(hi - lo)),
            Op::Concat(_) => {
                Shape::vector(Dim::Lit(args.iter().map(|a| self.shape(*a).len().unwrap_or_default()).sum()))
            }
            Op::Warp(Warp { slopes: false, .. }, _) => Shape::scalar(),
            Op::Warp(warp, _) => Shape::vector(Dim::Lit(warp.count())),
            Op::Reduce(reduction, axis, _) => {
                deps = deps.without(*axis);
                reduction.shape(&joined(&args))
            }
        };
        Type { kind: self.kind_of(op), shape, deps }
    }

    fn kind_of(&self, op: &Op) -> Kind {
        match op {
            Op::Integer(_) | Op::Index(_) | Op::Whole(..) => Kind::Integer,
            Op::Truth(_) | Op::Compare(..) | Op::Not(_) | Op::And(..) | Op::Or(..) => Kind::Truth,
            Op::Select([_, a, _]) => self.kind(*a),
            Op::Concat(parts) => parts.first().map_or(Kind::Number, |a| self.kind(*a)),
            Op::View(a, _)
            | Op::Component(a, _)
            | Op::Slice(a, ..)
            | Op::Broadcast(a, _)
            | Op::Sloped(a, _)
            | Op::Limit { value: a, .. } => self.kind(*a),
            Op::Reduce(reduction, ..) => reduction.gives(),
            Op::Operand(k, _) => self.operands[*k].kind,
            Op::Const(_)
            | Op::Count(_)
            | Op::Unary(..)
            | Op::Binary(..)
            | Op::Elementary(..)
            | Op::Powi(..)
            | Op::Number(_)
            | Op::SumComponents(_)
            | Op::SumTo(..)
            | Op::Extreme(..)
            | Op::SumGroups(..)
            | Op::Places(_)
            | Op::Warp(..)
            | Op::Place(..) => Kind::Number,
        }
    }

    /// The nodes that `roots` are made of, arguments before what uses them.
    pub fn reachable(&self, roots: &[NodeId]) -> Vec<NodeId> {
        let mut seen = vec![false; self.nodes.len()];
        let mut stack = roots.to_vec();
        while let Some(n) = stack.pop() {
            if !std::mem::replace(&mut seen[n.0 as usize], true) {
                stack.extend(self.args(n));
            }
        }
        (0..self.nodes.len()).filter(|k| seen[*k]).map(|k| NodeId(k as u32)).collect()
    }

    /// Rebuilds `roots` bottom up: `f` gets each node, and its operation with the arguments already rebuilt.
    pub fn rewrite(&mut self, roots: &[NodeId], mut f: impl FnMut(&mut Self, NodeId, Op) -> NodeId) -> Vec<NodeId> {
        let mut new: HashMap<NodeId, NodeId> = HashMap::new();
        for n in self.reachable(roots) {
            let op = self.op(n).map(|a| new[&a]);
            let m = f(self, n, op);
            new.insert(n, m);
        }
        roots.iter().map(|r| new[r]).collect()
    }

    /// The value `root` with the roles of `i` and `j` exchanged. It is the same *kernel* only where both
    /// indices run over the same points.
    pub fn swap(&mut self, root: NodeId) -> NodeId {
        self.rewrite(&[root], |g, _, op| {
            g.insert(match op {
                Op::Operand(k, Some(axis)) => Op::Operand(k, Some(axis.other())),
                Op::Index(axis) => Op::Index(axis.other()),
                Op::Count(axis) => Op::Count(axis.other()),
                Op::Reduce(kind, axis, args) => Op::Reduce(kind, axis.other(), args),
                other => other,
            })
        })[0]
    }
}

impl Op {
    /// The operation on other arguments: `f` of each.
    pub fn map(&self, mut f: impl FnMut(NodeId) -> NodeId) -> Op {
        match self {
            Op::Const(_)
            | Op::Integer(_)
            | Op::Truth(_)
            | Op::Operand(..)
            | Op::Index(_)
            | Op::Count(_)
            | Op::Places(_) => self.clone(),
            Op::Unary(op, a) => Op::Unary(*op, f(*a)),
            Op::Binary(op, a, b) => Op::Binary(*op, f(*a), f(*b)),
            Op::Whole(op, a, b) => Op::Whole(*op, f(*a), f(*b)),
            Op::Elementary(name, v) => Op::Elementary(*name, v.iter().map(|a| f(*a)).collect()),
            Op::Sloped(value, slopes) => {
                let value = f(*value);
                Op::Sloped(value, slopes.iter().map(|(a, s)| (f(*a), f(*s))).collect())
            }
            Op::Limit { value, at, limit } => Op::Limit { value: f(*value), at: f(*at), limit: f(*limit) },
            Op::Powi(a, e) => Op::Powi(f(*a), *e),
            Op::Number(a) => Op::Number(f(*a)),
            Op::Compare(op, a, b) => Op::Compare(*op, f(*a), f(*b)),
            Op::Not(a) => Op::Not(f(*a)),
            Op::And(a, b) => Op::And(f(*a), f(*b)),
            Op::Or(a, b) => Op::Or(f(*a), f(*b)),
            Op::Select(v) => Op::Select(v.map(f)),
            Op::SumComponents(a) => Op::SumComponents(f(*a)),
            Op::SumTo(a, shape) => Op::SumTo(f(*a), shape.clone()),
            Op::Extreme(op, a) => Op::Extreme(*op, f(*a)),
            Op::SumGroups(a, len) => Op::SumGroups(f(*a), *len),
            Op::View(a, digits) => Op::View(f(*a), digits.clone()),
            Op::Broadcast(a, shape) => Op::Broadcast(f(*a), shape.clone()),
            Op::Component(a, k) => Op::Component(f(*a), *k),
            Op::Slice(a, lo, hi) => Op::Slice(f(*a), *lo, *hi),
            Op::Place(a, k, shape) => Op::Place(f(*a), *k, shape.clone()),
            Op::Concat(v) => Op::Concat(v.iter().map(|a| f(*a)).collect()),
            Op::Warp(warp, v) => Op::Warp(*warp, v.iter().map(|a| f(*a)).collect()),
            Op::Reduce(kind, axis, v) => Op::Reduce(*kind, *axis, v.iter().map(|a| f(*a)).collect()),
        }
    }
}
