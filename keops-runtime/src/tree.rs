//! Points in a tree of boxes: halves of halves, down to leaves of equal size.

mod order;
mod placed;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub(crate) use self::order::order;
pub use self::placed::InTree;
pub(crate) use self::placed::Placed;
use crate::{Error, Operand, Point, PointsError, Rows, Scalar, View, host};

/// How many points a leaf has: whole vectors of every instruction set, and few enough that their box says something.
pub(crate) const LEAF: usize = 32;

/// Points of an index, put in an order in which neighbours are close: what [`pruned`](crate::Call::pruned) calls look for
/// columns in, and group rows by.
///
/// Such a call makes the trees that it needs. A tree of one's own pays where several calls read the same points, as the iterations of
/// k-means do, or Sinkhorn's: `x.in_tree(&tree)` ([`Rows::in_tree`]) is `x` as an operand that is in the tree's order already, and has the
/// boxes of its nodes.
///
/// A tree knows the *order* of the points and not where they are: that is what the operand knows. So it may be kept while
/// points move, as in mean-shift, for `x.in_tree(&tree)` of the moved points has new boxes. Results are exact with any tree, also
/// with one of other points; it finds less and less to leave out as points leave their neighbours.
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::{Rows, Tree};
///
/// let x = [[0.0f32, 0.0], [1.0, 0.0], [0.0, 1.0]];
/// let tree = Tree::new(&x)?;
/// assert_eq!(tree.len(), 3);
/// let x = x.in_tree(&tree);
/// // an operand like any other: `keops!(argmin_j sqdist(y_i, x_j)).pruned()`
/// # let _ = x;
/// # Ok::<(), keops::Error>(())
/// ```
///
/// Points are split by their widest component, into halves of as many points, until 32 of them are a leaf. The trees that `.pruned()` and `.tolerance(t)` make themselves
/// leave out components that the formula does not read; what it reads of points in trees of your own, let these be of. To make a tree takes O(N log N),
/// on all threads. Points that have a component that is not finite are put last.
#[derive(Clone)]
pub struct Tree {
    shared: Arc<Shared>,
}

struct Shared {
    /// The numbers of the points, in the order of the tree. Those of a leaf ascend.
    order: Vec<u32>,
    /// The places of the points in it.
    places: Vec<u32>,
    /// The smallest and the largest number of each node.
    numbers: Vec<(u32, u32)>,
}

/// A node: that number of those on a level. Leaves are on level 0, and node `n` has the points from `n` · 32 · 2ᴸ on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) level: u32,
    pub(crate) number: u32,
}

/// The nodes of a tree of so many points. All but the last of a level have as many points as fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nodes {
    pub(crate) len: usize,
}

impl Nodes {
    /// How many there are on a level.
    pub(crate) fn on(self, level: u32) -> usize {
        self.len.div_ceil(LEAF << level)
    }
    /// The level of the root.
    pub(crate) fn top(self) -> u32 {
        self.on(0).max(1).next_power_of_two().ilog2()
    }
    /// How many there are in all.
    pub(crate) fn count(self) -> usize {
        (0..=self.top()).map(|level| self.on(level)).sum()
    }
    /// Where the nodes of each level begin, level after level from the leaves on.
    pub(crate) fn firsts(self) -> Vec<usize> {
        let on = (0..=self.top()).map(|level| self.on(level));
        on.scan(0, |sum, on| Some(std::mem::replace(sum, *sum + on))).collect()
    }
    /// The places of a node's points.
    pub(crate) fn places(self, node: Node) -> Range<usize> {
        let first = node.number as usize * (LEAF << node.level);
        first..self.len.min(first + (LEAF << node.level))
    }
    /// A node's halves: two nodes, or one at the end of the tree.
    pub(crate) fn children(self, node: Node) -> impl Iterator<Item = Node> {
        let (level, first) = (node.level - 1, 2 * node.number);
        let count = if (first as usize + 1) * (LEAF << level) < self.len { 2 } else { 1 };
        (first..first + count).map(move |number| Node { level, number })
    }
}

impl Tree {
    /// A tree of the points of one operand.
    ///
    /// # Errors
    /// That of an operand that has failed, and when there is no memory; when there are more points than `u32` can number.
    pub fn new<P: Point, A: Rows<P> + ?Sized>(points: &A) -> Result<Self, Error> {
        Tree::of(points).build()
    }

    /// A tree of points in several operands: of some components here, and others [there](TreeOf::and).
    ///
    /// ```
    /// # extern crate keops_runtime as keops;
    /// # use keops::Tree;
    /// let (y, g) = (vec![[0.0f64, 0.0, 0.0]; 100], vec![1.0; 100]);
    /// let tree = Tree::of(&y).and(&g).build()?;
    /// # assert_eq!(tree.len(), 100);
    /// # Ok::<(), keops::Error>(())
    /// ```
    pub fn of<P: Point, A: Rows<P> + ?Sized>(points: &A) -> TreeOf<'_, P::T> {
        TreeOf { operands: vec![] }.and(points)
    }

    /// How many points there are.
    #[allow(clippy::len_without_is_empty, reason = "of no points there need be no tree")]
    pub fn len(&self) -> usize {
        self.shared.order.len()
    }

    /// A tree of points in some places, which are split by the components that count, or by all.
    pub(crate) fn of_views<T: Scalar>(
        views: &[View<'_, T>],
        are_integers: &[bool],
        count: Option<&[bool]>,
        len: usize,
    ) -> Result<Self, Error> {
        let order = order(views, are_integers, count, len, LEAF)?;
        let mut places = host::zeros(len)?;
        for (place, n) in (0u32..).zip(&order) {
            places[*n as usize] = place;
        }
        Ok(Tree::of_order(order, places))
    }

    /// A tree whose leaves are these numbers of points, of all or of some: those of a leaf ascend. `places` are what is asked for by
    /// [`places`](Tree::places), of all points, or none.
    pub(crate) fn of_order(order: Vec<u32>, places: Vec<u32>) -> Self {
        let nodes = Nodes { len: order.len() };
        let mut numbers: Vec<(u32, u32)> = Vec::with_capacity(nodes.count());
        numbers.extend(order.chunks(LEAF).map(|leaf| (leaf[0], leaf[leaf.len() - 1])));
        let mut below = 0;
        for level in 1..=nodes.top() {
            let first = numbers.len();
            for number in 0..nodes.on(level) {
                let (left, right) = (numbers[below + 2 * number], numbers.get(below + 2 * number + 1));
                let right = right.filter(|_| below + 2 * number + 1 < first).unwrap_or(&left);
                numbers.push((left.0.min(right.0), left.1.max(right.1)));
            }
            below = first;
        }
        Tree { shared: Arc::new(Shared { order, places, numbers }) }
    }

    pub(crate) fn nodes(&self) -> Nodes {
        Nodes { len: self.len() }
    }
    /// The numbers of the points, in the order of the tree.
    pub(crate) fn order(&self) -> &[u32] {
        &self.shared.order
    }
    /// The places of the points in it.
    pub(crate) fn places(&self) -> &[u32] {
        &self.shared.places
    }
    /// The smallest and the largest number of a point of each node, level after level.
    pub(crate) fn numbers(&self) -> &[(u32, u32)] {
        &self.shared.numbers
    }
    pub(crate) fn is(&self, other: &Tree) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The operands of a [`Tree`] that is to be made.
#[derive(Clone, Debug)]
#[must_use = "no tree is made before `.build()`"]
pub struct TreeOf<'a, T: Scalar> {
    operands: Vec<Operand<'a, T>>,
}

impl<'a, T: Scalar> TreeOf<'a, T> {
    /// With the components of these, of the same points.
    pub fn and<P: Point<T = T>, A: Rows<P> + ?Sized>(mut self, points: &'a A) -> Self {
        self.operands.push(Operand::rows::<P, A>(points));
        self
    }

    /// Makes the tree.
    ///
    /// # Errors
    /// Those of [`Tree::new`]; when the operands have not as many points each.
    pub fn build(self) -> Result<Tree, Error> {
        let mut here = vec![];
        for operand in &self.operands {
            here.push(host::take(operand)?);
        }
        let mut views = vec![];
        for taken in &here {
            views.push(host::view(&taken.source())?);
        }
        let len = views.first().map_or(0, |view| view.layout().len);
        if let Some(other) = views.iter().map(|view| view.layout().len).find(|other| *other != len) {
            return Err(PointsError::TreeLength { tree: len, found: other }.into());
        }
        if len >= u32::MAX as usize {
            return Err(Error::TooManyPoints { name: "a tree", len });
        }
        let are_integers: Vec<bool> =
            views.iter().flat_map(|view| vec![view.has_integers(); view.layout().width]).collect();
        Tree::of_views(&views, &are_integers, None, len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_halves() {
        for len in [0, 1, LEAF - 1, LEAF, LEAF + 1, 5 * LEAF, 1000, 12_345] {
            let nodes = Nodes { len };
            assert_eq!(nodes.on(nodes.top()), usize::from(len > 0), "{len}");
            assert_eq!(nodes.firsts().last().map_or(0, |first| first + usize::from(len > 0)), nodes.count());
            for level in 1..=nodes.top() {
                for number in 0..nodes.on(level) as u32 {
                    let node = Node { level, number };
                    let halves: Vec<_> = nodes.children(node).map(|half| nodes.places(half)).collect();
                    assert_eq!(halves[0].start, nodes.places(node).start);
                    assert_eq!(halves[halves.len() - 1].end, nodes.places(node).end);
                    assert!(halves.windows(2).all(|w| w[0].end == w[1].start && !w[1].is_empty()));
                }
            }
        }
    }

    #[test]
    fn points_are_split_by_what_counts() -> Result<(), Error> {
        let mut rng = fastrand::Rng::with_seed(4);
        let points: Vec<f64> = (0..4096).flat_map(|_| [1000.0 * rng.f64(), rng.f64()]).collect();
        let views = [View::of(&points, 2)];
        // leaves have a 128th of what they are split by
        for (count, component, most) in [(None, 0, 1000.0), (Some(&[false, true][..]), 1, 1.0)] {
            let tree = Tree::of_views(&views, &[false; 2], count, 4096)?;
            for leaf in tree.order().chunks(LEAF) {
                let of = |n: &u32| points[2 * *n as usize + component];
                let (lo, hi) = leaf.iter().map(of).fold((most, 0.0), |(lo, hi): (f64, f64), v| (lo.min(v), hi.max(v)));
                assert!(hi - lo < most / 32.0, "{component}: {lo} to {hi}");
            }
        }
        Ok(())
    }

    #[test]
    fn a_tree_has_each_point_once_and_leaves_ascend() {
        let mut rng = fastrand::Rng::with_seed(3);
        for len in [0, 1, LEAF, LEAF + 1, 1000, 70_001] {
            let points: Vec<[f32; 2]> = (0..len)
                .map(|_| match rng.u8(..) {
                    0 => [f32::NAN, rng.f32()],
                    1 => [f32::NEG_INFINITY, f32::INFINITY],
                    2..30 => [0.5, 0.5],
                    _ => [rng.f32(), rng.f32()],
                })
                .collect();
            let tree = Tree::new(&points).expect("there is memory");
            let mut all = tree.order().to_vec();
            all.sort_unstable();
            assert!(all.iter().zip(0u32..).all(|(n, m)| *n == m) && all.len() == len);
            assert!(tree.order().chunks(LEAF).all(|leaf| leaf.is_sorted()));
            assert!(tree.order().iter().zip(0u32..).all(|(n, place)| tree.places()[*n as usize] == place));
            for (level, first) in (0u32..).zip(tree.nodes().firsts()) {
                for number in 0..tree.nodes().on(level) {
                    let own = &tree.order()[tree.nodes().places(Node { level, number: number as u32 })];
                    let ends = (*own.iter().min().expect("a point"), *own.iter().max().expect("a point"));
                    assert_eq!(tree.numbers()[first + number], ends);
                }
            }
            // those that are not finite are last, but for what fills the last leaf with them
            let finite = |n: &u32| points[*n as usize].iter().all(|v| v.is_finite());
            let count = tree.order().iter().filter(|n| finite(n)).count();
            assert!(tree.order()[..count / LEAF * LEAF].iter().all(finite), "{len}");
        }
    }
}
