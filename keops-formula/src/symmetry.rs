//! Which matrices are symmetric: what a formula is where rows and columns are exchanged.

use std::collections::HashMap;

use crate::graph::{Graph, NodeId};
use crate::lower::Lowered;
use crate::op::{Binary, Compare, Op, Unary, Whole};
use crate::types::{Axis, Deps, Reading};

/// How many ways to pair operands are tried.
const MOST: usize = 120;

/// Which operands have to have the same points for a matrix to be symmetric, if that is enough: pairs of a row operand and a
/// column operand. Entries have so many columns of real numbers: those that are no numbers are transposed where rows and columns are exchanged, and
/// those that are complex are conjugated, which is the same of the real matrix with an entry [re, −im; im, re] for each.
pub(crate) fn mirrored(entry: &Lowered, columns: usize) -> Option<Vec<(usize, usize)>> {
    let of = |axis: Axis| -> Vec<usize> {
        (0..entry.operands.len()).filter(|k| entry.operands[*k].deps == Deps::of(axis)).collect()
    };
    let (rows, cols) = (of(Axis::I), of(Axis::J));
    if rows.len() != cols.len() {
        return None;
    }
    let (mut graph, mut apart) = (entry.graph.clone(), HashMap::new());
    let mut number = |k: usize| component(&mut graph, entry.root, k, &mut apart);
    let alike = match columns {
        1 => vec![(entry.root, entry.root, Sign::Same)],
        2 if entry.reading == Reading::Complex => {
            let [re, im] = [0, 1].map(number);
            vec![(re, re, Sign::Same), (im, im, Sign::Opposite)]
        }
        _ if entry.reading.is_complex() => return None,
        _ if entry.graph.shape(entry.root).len() != Some(columns * columns) => return None,
        _ => {
            let numbers: Vec<NodeId> = (0..columns * columns).map(&mut number).collect();
            let places = (0..columns).flat_map(|r| (0..columns).map(move |c| (r, c)));
            places.map(|(r, c)| (numbers[r * columns + c], numbers[c * columns + r], Sign::Same)).collect()
        }
    };
    Search { graph: &graph, alike: &alike, left: MOST }.pair(&rows, &cols, &mut vec![])
}

/// Component `k` of a value, made of components of what it is made of where that is no more than one each.
fn component(graph: &mut Graph, n: NodeId, k: usize, known: &mut HashMap<(NodeId, usize), NodeId>) -> NodeId {
    let k = if graph.shape(n).is_scalar() { 0 } else { k };
    if let Some(found) = known.get(&(n, k)) {
        return *found;
    }
    let op = graph.op(n).clone();
    let found = match &op {
        Op::Unary(..) | Op::Binary(..) | Op::Elementary(..) | Op::Powi(..) | Op::Select(_) => {
            let mut args: HashMap<NodeId, NodeId> = HashMap::new();
            for a in op.args() {
                args.insert(a, component(graph, a, k, known));
            }
            graph.make(op.map(|a| args[&a]))
        }
        Op::Sloped(a, _) | Op::Limit { value: a, .. } | Op::Broadcast(a, _) => component(graph, *a, k, known),
        Op::View(a, digits) => {
            let (mut rest, mut at) = (k, 0);
            for digit in digits.iter().rev() {
                at += rest % digit.extent * digit.stride;
                rest /= digit.extent;
            }
            component(graph, *a, at, known)
        }
        Op::Component(a, of) => component(graph, *a, *of, known),
        _ if graph.shape(n).is_scalar() => n,
        _ => match graph.component(n, k) {
            found if *graph.op(found) == Op::Component(n, k) => found,
            // of a list that part which it is in
            part => component(graph, part, 0, known),
        },
    };
    known.insert((n, k), found);
    found
}

/// Ways to pair operands, which are tried until one makes the matrix symmetric.
struct Search<'g> {
    graph: &'g Graph,
    /// Numbers of entries, each with the one that its mirror image is to be, or the opposite of.
    alike: &'g [(NodeId, NodeId, Sign)],
    /// How many ways may be tried yet.
    left: usize,
}

impl Search<'_> {
    /// The pairs that begin with `pairs` and make the matrix symmetric, if there are any.
    fn pair(&mut self, rows: &[usize], cols: &[usize], pairs: &mut Vec<(usize, usize)>) -> Option<Vec<(usize, usize)>> {
        let Some((row, rows)) = rows.split_first() else {
            self.left = self.left.checked_sub(1)?;
            let mut mirror = Mirror { graph: self.graph, pairs, known: HashMap::new() };
            let is_zero = |n: &NodeId| self.graph.constant(*n) == Some(0.0);
            let is_mirrored =
                self.alike.iter().all(|(a, b, sign)| mirror.sign(*a, *b) == Some(*sign) || (is_zero(a) && is_zero(b)));
            return is_mirrored.then(|| pairs.clone());
        };
        for (at, col) in cols.iter().enumerate() {
            let [of_row, of_col] = [row, col].map(|k| &self.graph.operands()[*k]);
            let may_be_alike = of_row.shape == of_col.shape || !of_row.shape.is_known() || !of_col.shape.is_known();
            if of_row.kind == of_col.kind && of_row.reading == of_col.reading && may_be_alike {
                pairs.push((*row, *col));
                let found = self.pair(rows, &[&cols[..at], &cols[at + 1..]].concat(), pairs);
                pairs.pop();
                if found.is_some() || self.left == 0 {
                    return found;
                }
            }
        }
        None
    }
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
    fn opposite(self) -> Sign {
        self.times(Sign::Opposite)
    }
}

/// Elementary functions with f(−x) = −f(x), and those with f(−x) = f(x).
const IS_ODD: [&str; 5] = ["sin", "sinh", "tanh", "atan", "erf"];
const IS_EVEN: [&str; 2] = ["cos", "cosh"];

/// Compares values with mirror images, which are what they are where rows and columns are exchanged.
struct Mirror<'g> {
    graph: &'g Graph,
    /// Operands that are exchanged, too.
    pairs: &'g [(usize, usize)],
    known: HashMap<(NodeId, NodeId), Option<Sign>>,
}

impl Mirror<'_> {
    /// What `a` is to the mirror image of `b`, if the graph tells: the same number, or the opposite one, but for rounding where sums or
    /// products have several terms.
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
        let both_same = |x: Sign, y: Sign| same(x == Sign::Same && x == y);
        match (one, other) {
            (Op::Operand(p, x), Op::Operand(q, y)) => {
                return same(self.partner(*p) == *q && *x == y.map(Axis::other));
            }
            (Op::Index(x), Op::Index(y)) => return same(*x == y.other()),
            (Op::Unary(Unary::Neg, a), _) => return self.sign(*a, b).map(Sign::opposite),
            (_, Op::Unary(Unary::Neg, b)) => return self.sign(a, *b).map(Sign::opposite),
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
                Binary::Mul | Binary::Div | Binary::Add => self.regrouped(*f, a, b),
                Binary::Minimum | Binary::Maximum => self.any_order(&first, &second, both_same),
                Binary::Sub => self.difference(&first, &second),
            },
            Op::Whole(f, ..) => match f {
                Whole::Add => self.any_order(&first, &second, |x, y| (x == y).then_some(x)),
                Whole::Mul => self.any_order(&first, &second, |x, y| Some(x.times(y))),
                Whole::Sub => self.difference(&first, &second),
                Whole::Minimum | Whole::Maximum => self.any_order(&first, &second, both_same),
                // |a - 0| does not ask for the sign of a, and 0 has any
                Whole::Distance if *graph.op(first[1]) == Op::Integer(0) && first[1] == second[1] => {
                    self.sign(first[0], second[0]).map(|_| Sign::Same)
                }
                Whole::Distance => self.any_order(&first, &second, |x, y| same(x == y)),
                Whole::Rem => same(self.all_same(&first, &second)),
            },
            // a = 0 where −a is
            Op::Compare(Compare::Eq, ..) if [first[1], second[1]].iter().all(|n| graph.constant(*n) == Some(0.0)) => {
                self.sign(first[0], second[0]).map(|_| Sign::Same)
            }
            Op::Compare(Compare::Eq, ..) | Op::And(..) | Op::Or(..) => self.any_order(&first, &second, both_same),
            Op::Select(_) => {
                let (condition, _) = self.pair([first[0], first[1]], [second[0], second[1]])?;
                let [a, b] = [1, 2].map(|k| self.sign(first[k], second[k]));
                (condition == Sign::Same && a == b).then_some(a).flatten()
            }
            // linear, component by component
            Op::Number(_)
            | Op::SumComponents(_)
            | Op::SumTo(..)
            | Op::SumGroups(..)
            | Op::View(..)
            | Op::Broadcast(..)
            | Op::Component(..)
            | Op::Slice(..)
            | Op::Place(..) => self.sign(first[0], second[0]),
            // what is stated for derivatives is no part of the value
            Op::Sloped(..) | Op::Limit { .. } => self.sign(first[0], second[0]),
            // it costs the same either way round
            Op::Warp(warp, _) if !warp.slopes && warp.rows == warp.cols => {
                let smoothing = self.sign(first[2], second[2])?;
                self.any_order(&first, &second, |x, y| same(x == Sign::Same && x == y && x == smoothing))
            }
            Op::Elementary(f, _) if IS_ODD.contains(&f.name) => self.sign(first[0], second[0]),
            Op::Elementary(f, _) if IS_EVEN.contains(&f.name) => self.sign(first[0], second[0]).map(|_| Sign::Same),
            Op::Compare(Compare::Lt | Compare::Le, ..)
            | Op::Elementary(..)
            | Op::Not(_)
            | Op::Extreme(..)
            | Op::Concat(_)
            | Op::Warp(..)
            | Op::Reduce(..) => same(self.all_same(&first, &second)),
        }
    }

    /// The operand that is read in place of `k` where rows and columns are exchanged.
    fn partner(&self, k: usize) -> usize {
        let of_row = self.pairs.iter().find(|(row, _)| *row == k).map(|(_, col)| *col);
        let of_col = self.pairs.iter().find(|(_, col)| *col == k).map(|(row, _)| *row);
        of_row.or(of_col).unwrap_or(k)
    }

    fn all_same(&mut self, a: &[NodeId], b: &[NodeId]) -> bool {
        a.iter().zip(b).all(|(a, b)| self.sign(*a, *b) == Some(Sign::Same))
    }

    /// What a difference is, which is the opposite one where its sides are exchanged.
    fn difference(&mut self, a: &[NodeId], b: &[NodeId]) -> Option<Sign> {
        let straight = self.pair([a[0], a[1]], [b[0], b[1]]).filter(|(x, y)| x == y);
        straight.map(|(x, _)| x).or_else(|| {
            let (x, y) = self.pair([a[0], a[1]], [b[1], b[0]])?;
            (x == y).then(|| x.opposite())
        })
    }

    /// What a sum is, or a product or quotient, whose terms come in any order.
    fn regrouped(&mut self, f: Binary, a: NodeId, b: NodeId) -> Option<Sign> {
        let (ours, mut theirs) = (self.terms(f, a), self.terms(f, b));
        let mut signs = vec![];
        for (term, divides) in ours {
            let (at, sign) = theirs.iter().enumerate().find_map(|(at, (other, other_divides))| {
                if divides == *other_divides { Some((at, self.sign(term, *other)?)) } else { None }
            })?;
            theirs.swap_remove(at);
            signs.push(sign);
        }
        match f {
            _ if !theirs.is_empty() => None,
            Binary::Mul | Binary::Div => Some(signs.into_iter().fold(Sign::Same, Sign::times)),
            _ => signs.iter().all(|sign| *sign == signs[0]).then(|| signs[0]),
        }
    }

    /// The terms of a sum, or the factors of a product or quotient, which has at least two, each with whether it divides.
    fn terms(&self, f: Binary, n: NodeId) -> Vec<(NodeId, bool)> {
        let (mut terms, mut stack) = (vec![], vec![(n, false)]);
        while let Some((n, divides)) = stack.pop() {
            match self.graph.op(n) {
                Op::Binary(Binary::Add, a, b) if f == Binary::Add => stack.extend([(*a, false), (*b, false)]),
                Op::Binary(Binary::Mul, a, b) if f != Binary::Add => stack.extend([(*a, divides), (*b, divides)]),
                Op::Binary(Binary::Div, a, b) if f != Binary::Add => stack.extend([(*a, divides), (*b, !divides)]),
                _ => terms.push((n, divides)),
            }
        }
        terms
    }

    fn pair(&mut self, a: [NodeId; 2], b: [NodeId; 2]) -> Option<(Sign, Sign)> {
        Some((self.sign(a[0], b[0])?, self.sign(a[1], b[1])?))
    }

    /// What an operation is whose two arguments may be exchanged, if `joined` knows it of theirs.
    fn any_order(&mut self, a: &[NodeId], b: &[NodeId], joined: impl Fn(Sign, Sign) -> Option<Sign>) -> Option<Sign> {
        let straight = self.pair([a[0], a[1]], [b[0], b[1]]).and_then(|(x, y)| joined(x, y));
        straight.or_else(|| self.pair([a[0], a[1]], [b[1], b[0]]).and_then(|(x, y)| joined(x, y)))
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use proc_macro2::TokenStream;

    use super::mirrored;
    use crate::lower::lower_entry;
    use crate::parse::{Parts, parse_parts};

    /// The names of the operands that are paired.
    fn pairs(formula: &str) -> Option<String> {
        let tokens = TokenStream::from_str(formula).expect("tokens");
        let Ok(Parts::Expression(e)) = parse_parts(tokens) else { panic!("{formula} is no expression") };
        let entry = lower_entry(&e.body, e.declared.as_deref()).expect("a matrix");
        let name = |k: usize| entry.operands[k].name.clone();
        let pairs = mirrored(&entry, e.body.block.map_or(1, |block| block.columns))?
            .into_iter()
            .map(|(row, col)| name(row) + &name(col));
        Some(pairs.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_is_symmetric() {
        for (formula, expected) in [
            ("exp(-sqdist(x_i, y_j))", "xy"),
            ("exp(-sqnorm(y_j - x_i))", "xy"),
            ("exp(-norm(x_i - x_j))", ""),
            ("((x_i | y_j) + 1)^3", "xy"),
            ("sum(abs(x_i - y_j))", "xy"),
            ("w_i * v_j / (1 + sqdist(x_i, y_j))", "wv xy"),
            ("w_i / (1 + sqdist(x_i, y_j)) * v_j", "wv xy"),
            ("2 * w_i * exp(-sqdist(x_i, y_j)) * v_j", "wv xy"),
            ("exp(-sqdist(x_i, y_j) / (s_i^2 + t_j^2)) * s_i * t_j", "xy st"),
            ("sum(x_i - y_j)^2", "xy"),
            ("(x_i - y_j) * (y_j - x_i)", "xy"),
            ("if i == j { 1 + x_i * y_j } else { x_i * y_j }", "xy"),
            ("if abs(i - j) <= 2 { x_i * y_j } else { 0 }", "xy"),
            ("minimum(x_i, y_j)", "xy"),
            ("cos(abs(x_i - y_j)) + x_i + y_j", "xy"),
            ("x_i[0] * y_j[0]", "xy"),
            ("#[block(2, 2)] outer(x_i - y_j, x_i - y_j) where x_i: [f32; 2], y_j: [f32; 2]", "xy"),
            ("#[block(2, 2)] outer(x_i, y_j) where x_i: [f32; 2], y_j: [f32; 2]", "xy"),
            ("#[block(2, 2)] hessian(exp(-sqdist(x_i, y_j)), x_i) where x_i: [f32; 2], y_j: [f32; 2]", "xy"),
            ("#[block(2, 2)] hessian(log(1 + sqdist(x_i, y_j)), x_i) where x_i: [f32; 2], y_j: [f32; 2]", "xy"),
            ("#[block(2, 2)] [x_i[0] * y_j[0], x_i[1], y_j[1], 1] where x_i: [f32; 2], y_j: [f32; 2]", "xy"),
            ("matern(1.5, norm(x_i - y_j))", "xy"),
            ("softdtw(x_i, y_j, s) where x_i: [f32; 9], y_j: [f32; 9], s: f32", "xy"),
            ("softdtw(y_j, x_i, w_i * v_j) where w_i: f32, x_i: [f32; 2], v_j: f32, y_j: [f32; 2]", "wv xy"),
            ("exp(p * x_i + p * y_j)", "xy"),
            ("if l_i == k_j { 1 } else { exp(-(x_i - y_j)^2) } where l_i: u32, x_i: f32, k_j: u32, y_j: f32", "lk xy"),
        ] {
            assert_eq!(pairs(formula).as_deref(), Some(expected), "{formula}");
        }
    }

    #[test]
    fn what_is_not_symmetric() {
        for formula in [
            "exp(x_i - y_j)",
            "sum(x_i - y_j)",
            "sum(x_i - y_j)^3",
            "w_i / (1 + sqdist(x_i, x_j))",
            "w_i * exp(-sqdist(x_i, y_j)) * v_j * v_j",
            "if i <= j { x_i * y_j } else { 0 }",
            "x_i[0] * y_j[1]",
            "softdtw(x_i, y_j, w_i) where w_i: f32, x_i: [f32; 9], v_j: f32, y_j: [f32; 9]",
            "softdtw(x_i[0..2], y_j, 1) where x_i: [f32; 3], y_j: [f32; 3]",
            "x_i / y_j",
            "exp(p * x_i + q * y_j)",
            "x_i * y_j where x_i: f32, y_j: [f32; 2]",
            "#[block(2, 2)] [x_i, y_j] where x_i: [f32; 2], y_j: [f32; 2]",
            "#[block(2, 2)] [x_i[0] * y_j[0], x_i[1], -y_j[1], 1] where x_i: [f32; 2], y_j: [f32; 2]",
            "#[block(1, 4)] [x_i * y_j, x_i * y_j] where x_i: [f32; 2], y_j: [f32; 2]",
            "if l_i == y_j { 1 } else { 0 } where l_i: u32, y_j: u32, z_i: f32",
        ] {
            assert_eq!(pairs(formula), None, "{formula}");
        }
    }
}
