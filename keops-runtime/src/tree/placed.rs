//! An operand in the order of a tree, with the boxes of its nodes.

use std::fmt;

use keops_core::Interval;

use super::{LEAF, Tree};
use crate::host::{self, zeros};
use crate::{Error, Operand, Point, PointsError, Rows, Scalar, View, parallel};

/// How many leaves a task takes.
const TASK: usize = 128;

/// Points in the order of a tree, and of each node the box that they are in.
pub(crate) struct Placed<T> {
    tree: Tree,
    width: usize,
    /// The numbers of one point after the other.
    numbers: Vec<T>,
    /// Of each node, level after level, an interval for each component: its bounds.
    boxes: Vec<[T; 2]>,
}

impl<T: Scalar> Placed<T> {
    /// Puts points in order. Those of `view` are integers, or no component of them is.
    pub(crate) fn new(tree: &Tree, view: View<'_, T>, integers: bool) -> Result<Self, Error> {
        let (width, nodes) = (view.layout().width, tree.nodes());
        let mut numbers = zeros(nodes.len * width)?;
        let mut boxes: Vec<[T; 2]> = zeros(nodes.count() * width)?;
        let (leaves, above) = boxes.split_at_mut(nodes.on(0) * width);
        let tasks = numbers.chunks_mut((TASK * LEAF * width).max(1)).zip(leaves.chunks_mut((TASK * width).max(1)));
        parallel::each(tasks.zip(tree.order().chunks(TASK * LEAF)), |((numbers, boxes), order)| {
            gather(view, order, numbers);
            let leaves = numbers.chunks((LEAF * width).max(1)).zip(boxes.chunks_exact_mut(width.max(1)));
            leaves.for_each(|(points, to)| bound(points, integers, to));
        });
        let mut below = leaves;
        let mut above = above;
        for level in 1..=nodes.top() {
            let (here, rest) = std::mem::take(&mut above).split_at_mut(nodes.on(level) * width);
            for (to, from) in here.chunks_exact_mut(width.max(1)).zip(below.chunks((2 * width).max(1))) {
                for (k, to) in to.iter_mut().enumerate() {
                    let (left, right) = (from[k], from.get(width + k).copied().unwrap_or(from[k]));
                    *to = if integers { hull_of_integers(left, right) } else { hull(left, right) };
                }
            }
            (below, above) = (here, rest);
        }
        Ok(Placed { tree: tree.clone(), width, numbers, boxes })
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }
    pub(crate) fn width(&self) -> usize {
        self.width
    }
    /// The points, in the order of the tree.
    pub(crate) fn view(&self) -> View<'_, T> {
        View::of(&self.numbers, self.width)
    }
    /// The box of a node, by its number among all.
    pub(crate) fn of(&self, node: usize) -> impl Iterator<Item = Interval<T>> {
        self.boxes[node * self.width..][..self.width].iter().map(|[lo, hi]| Interval { lo: *lo, hi: *hi })
    }
}

impl<T> fmt::Debug for Placed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Placed").field("tree", &self.tree).field("width", &self.width).finish_non_exhaustive()
    }
}

/// Copies points in an order.
fn gather<T: Scalar>(view: View<'_, T>, order: &[u32], to: &mut [T]) {
    fn short<T: Scalar, const W: usize>(from: &[T], order: &[u32], to: &mut [T]) {
        let (from, to) = (from.as_chunks::<W>().0, to.as_chunks_mut::<W>().0);
        to.iter_mut().zip(order).for_each(|(to, n)| *to = from[*n as usize]);
    }
    match (view.flat(), view.layout().width) {
        (_, 0) => {}
        (Some(from), 1) => short::<T, 1>(from, order, to),
        (Some(from), 2) => short::<T, 2>(from, order, to),
        (Some(from), 3) => short::<T, 3>(from, order, to),
        (_, width) => {
            for (to, n) in to.chunks_exact_mut(width).zip(order) {
                to.iter_mut().enumerate().for_each(|(k, to)| *to = view.get(*n as usize, k));
            }
        }
    }
}

/// The box of some points.
fn bound<T: Scalar>(points: &[T], integers: bool, to: &mut [[T; 2]]) {
    let width = to.len();
    for (k, to) in to.iter_mut().enumerate() {
        let own = points[k..].iter().step_by(width).map(|v| [*v, *v]);
        *to = if integers {
            own.reduce(hull_of_integers).unwrap_or_default()
        } else {
            // a NaN is what a box cannot bound
            let nothing = [T::INFINITY, -T::INFINITY];
            let (lo_hi, nan) = own.fold((nothing, false), |([lo, hi], nan), [v, _]| {
                ([if v < lo { v } else { lo }, if v > hi { v } else { hi }], nan | v.partial_cmp(&T::ZERO).is_none())
            });
            if nan { [T::NAN; 2] } else { lo_hi }
        };
    }
}

fn hull<T: Scalar>(a: [T; 2], b: [T; 2]) -> [T; 2] {
    let hull = Interval { lo: a[0], hi: a[1] }.hull(Interval { lo: b[0], hi: b[1] });
    [hull.lo, hull.hi]
}

fn hull_of_integers<T: Scalar>(a: [T; 2], b: [T; 2]) -> [T; 2] {
    let [a, b] = [a, b].map(|[lo, hi]| (lo.to_index(), hi.to_index()));
    [T::from_index(a.0.min(b.0)), T::from_index(a.1.max(b.1))]
}

/// Points that are in a [`Tree`]: what [`Rows::in_tree`] answers with.
///
/// It is an operand like the points themselves. What it has beside them, for [`pruned`](crate::Call::pruned) calls to read, is a copy in the
/// order of the tree, and the boxes of the nodes.
pub struct InTree<'a, P: Point> {
    points: Result<Here<'a, P::T>, Error>,
}

/// Points in the memory of this process.
struct Here<'a, T> {
    points: Operand<'a, T>,
    placed: Placed<T>,
}

impl<'a, P: Point> InTree<'a, P> {
    pub(crate) fn new<A: Rows<P> + ?Sized>(points: &'a A, tree: &Tree) -> Self {
        let here = || {
            let points = match Operand::rows::<P, A>(points) {
                Operand::Foreign(memory, layout) => {
                    let numbers = memory.to_host()?;
                    Operand::Owned(
                        View::new(crate::Elements::Same(&numbers), layout)?.numbers().collect(),
                        layout.width,
                    )
                }
                points => points,
            };
            let placed = host::viewed(&points, |view| {
                let (tree_len, found) = (tree.len(), view.layout().len);
                if tree_len != found {
                    return Err(PointsError::TreeLength { tree: tree_len, found }.into());
                }
                Placed::new(tree, view, P::ARE_INTEGERS)
            })?;
            Ok(Here { points, placed })
        };
        InTree { points: here() }
    }
}

#[diagnostic::do_not_recommend]
impl<P: Point> Rows<P> for InTree<'_, P> {
    fn operand(&self) -> Operand<'_, P::T> {
        match &self.points {
            Err(error) => Operand::Failed(error.clone()),
            Ok(Here { points, placed }) => match points.found() {
                Ok(crate::operand::Found::Here(view)) => Operand::Host(view.placed(placed)),
                Ok(crate::operand::Found::Elsewhere(..)) => unreachable!("they have been copied"),
                Err(error) => Operand::Failed(error),
            },
        }
    }
}

impl<P: Point> fmt::Debug for InTree<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.points {
            Err(error) => write!(f, "failed: {error}"),
            Ok(here) => f.debug_struct("InTree").field("points", &here.points).finish_non_exhaustive(),
        }
    }
}
