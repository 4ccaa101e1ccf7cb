//! Which matrices are symmetric: what a formula is where rows and columns are exchanged.

use std::collections::HashMap;

use crate::graph::{Graph, NodeId};
use crate::lower::Lowered;
use crate::op::{Binary, Compare, Op, Unary, Whole};
use crate::types::{Axis, Deps};

/// Which operands have to have the same points for a matrix to be symmetric, if that is enough: pairs of a row operand and a
/// column operand. The first row operand is paired with the first column operand that is like it, and so on.
pub(crate) fn mirrored(entry: &Lowered) -> Option<Vec<(usize, usize)>> {
    let of = |axis: Axis| (0..entry.operands.len()).filter(move |k| entry.operands[*k].deps == Deps::of(axis));
    let operands = entry.graph.operands();
    let mut free: Vec<usize> = of(Axis::J).collect();
    let mut pairs = vec![];
    for row in of(Axis::I) {
        let of_row = &operands[row];
        let alike = |col: &usize| {
            let of_col = &operands[*col];
            let (unknown, same) = (!of_row.shape.is_known(), of_row.shape == of_col.shape);
            of_row.kind == of_col.kind && of_row.reading == of_col.reading && (same || unknown)
        };
        let at = free.iter().position(alike)?;
        pairs.push((row, free.remove(at)));
    }
    let mut mirror = Mirror { graph: &entry.graph, pairs: &pairs, known: HashMap::new() };
    let is_symmetric = free.is_empty() && mirror.sign(entry.root, entry.root) == Some(Sign::Same);
    is_symmetric.then_some(pairs)
}

/// What a value is to the mirror image of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Same,
    Opposite,
}

impl Sign {
    fn times(self, o: Sign) -> Sign {
        if self == o { Sign::Same } else { Sign::Opposite }
    }
}

/// Compares values with mirror images, which are what they are where rows and columns are exchanged.
struct Mirror<'g> {
    graph: &'g Graph,
    /// Operands that are exchanged, too.
    pairs: &'g [(usize, usize)],
    known: HashMap<(NodeId, NodeId), Option<Sign>>,
}

impl Mirror<'_> {
    /// What `a` is to the mirror image of `b`, if the graph tells: the same number, or the opposite one, as they are rounded.
    fn sign(&mut self, a: NodeId, b: NodeId) -> Option<Sign> {
        if let Some(known) = self.known.get(&(a, b)) {
            return *known;
        }
        let sign = self.compare(a, b);
        self.known.insert((a, b), sign);
        sign
    }

    fn compare(&mut self, a: NodeId, b: NodeId) -> Option<Sign> {
        let graph = self.graph;
        let (one, other) = (graph.op(a), graph.op(b));
        let (first, second) = (one.args(), other.args());
        let same = |holds: bool| holds.then_some(Sign::Same);
        match (one, other) {
            (Op::Operand(p, x), Op::Operand(q, y)) => {
                return same(self.partner(*p) == *q && *x == y.map(Axis::other));
            }
            (Op::Index(x), Op::Index(y)) => return same(*x == y.other()),
            _ => {}
        }
        // the same operation, whatever of
        if first.len() != second.len() || one.map(|_| a) != other.map(|_| a) {
            return None;
        }
        match one {
            // one of the two is no operand or index
            Op::Operand(..) | Op::Index(_) => None,
            Op::Const(_) | Op::Integer(_) | Op::Truth(_) | Op::Places(_) | Op::Count(_) => Some(Sign::Same),
            Op::Unary(f, _) => {
                let sign = self.sign(first[0], second[0])?;
                match f {
                    Unary::Neg | Unary::Recip | Unary::Saturate => Some(sign),
                    Unary::Square | Unary::Abs => Some(Sign::Same),
                    Unary::Sqrt | Unary::Rsqrt | Unary::Floor => same(sign == Sign::Same),
                }
            }
            Op::Powi(_, e) => {
                let sign = self.sign(first[0], second[0])?;
                Some(if e % 2 == 0 { Sign::Same } else { sign })
            }
            Op::Binary(f, ..) => match f {
                Binary::Mul => self.any_order(&first, &second, |x, y| Some(x.times(y))),
                Binary::Add => self.any_order(&first, &second, |x, y| (x == y).then_some(x)),
                Binary::Minimum | Binary::Maximum => {
                    self.any_order(&first, &second, |x, y| same(x == Sign::Same && x == y))
                }
                Binary::Div => {
                    let (x, y) = self.pair([first[0], first[1]], [second[0], second[1]])?;
                    Some(x.times(y))
                }
                Binary::Sub => {
                    let straight = self.pair([first[0], first[1]], [second[0], second[1]]).filter(|(x, y)| x == y);
                    straight.map(|(x, _)| x).or_else(|| {
                        let (x, y) = self.pair([first[0], first[1]], [second[1], second[0]])?;
                        (x == y).then(|| x.times(Sign::Opposite))
                    })
                }
            },
            Op::Whole(Whole::Add | Whole::Mul | Whole::Minimum | Whole::Maximum | Whole::Distance, ..)
            | Op::Compare(Compare::Eq, ..)
            | Op::And(..)
            | Op::Or(..) => self.any_order(&first, &second, |x, y| same(x == Sign::Same && x == y)),
            // linear, component by component
            Op::SumComponents(_)
            | Op::SumTo(..)
            | Op::SumGroups(..)
            | Op::View(..)
            | Op::Broadcast(..)
            | Op::Component(..)
            | Op::Slice(..)
            | Op::Place(..) => self.sign(first[0], second[0]),
            // what is stated for derivatives is no part of the value
            Op::Sloped(..) | Op::Limit { .. } => self.sign(first[0], second[0]),
            Op::Whole(Whole::Sub | Whole::Rem, ..)
            | Op::Compare(Compare::Lt | Compare::Le, ..)
            | Op::Elementary(..)
            | Op::Not(_)
            | Op::Select(_)
            | Op::Extreme(..)
            | Op::Concat(_)
            | Op::Reduce(..) => {
                same(first.iter().zip(&second).all(|(a, b)| self.sign(*a, *b) == Some(Sign::Same)))
            }
        }
    }

    /// The operand that is read in place of `k` where rows and columns are exchanged.
    fn partner(&self, k: usize) -> usize {
        let of_row = self.pairs.iter().find(|(row, _)| *row == k).map(|(_, col)| *col);
        let of_col = self.pairs.iter().find(|(_, col)| *col == k).map(|(row, _)| *row);
        of_row.or(of_col).unwrap_or(k)
    }

    fn pair(&mut self, a: [NodeId; 2], b: [NodeId; 2]) -> Option<(Sign, Sign)> {
        Some((self.sign(a[0], b[0])?, self.sign(a[1], b[1])?))
    }

    /// What an operation is whose two arguments may be exchanged, if `joined` knows it of theirs.
    fn any_order(
        &mut self,
        a: &[NodeId],
        b: &[NodeId],
        joined: impl Fn(Sign, Sign) -> Option<Sign>,
    ) -> Option<Sign> {
        let straight = self.pair([a[0], a[1]], [b[0], b[1]]).and_then(|(x, y)| joined(x, y));
        straight.or_else(|| self.pair([a[0], a[1]], [b[1], b[0]]).and_then(|(x, y)| joined(x, y)))
    }
}
