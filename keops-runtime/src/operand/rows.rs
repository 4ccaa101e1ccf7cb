//! One point for each row or column: what an operand may be.

use std::borrow::Cow;

use super::{Element, Operand, Point, PointsError};
use crate::{Clusters, Elements, Error, InClusters, InTree, Layout, Tree, View};

/// Anything with one point `P` per row, or per column.
///
/// The trait is open: a container of your own is an operand.
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::{Elements, Layout, Operand, Rows, View};
///
/// /// Points as three arrays in one: all first components, all second ones, all third ones.
/// struct Cloud(Vec<f32>);
///
/// impl Rows<[f32; 3]> for Cloud {
///     fn operand(&self) -> Operand<'_, f32> {
///         let len = self.0.len() / 3;
///         let layout = Layout { point: 1, component: len, ..Layout::points(len, 3) };
///         View::new(Elements::Same(&self.0), layout).map_or_else(Operand::Failed, Operand::Host)
///     }
/// }
/// # let cloud = Cloud(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// # let Operand::Host(view) = Operand::rows::<[f32; 3], _>(&cloud) else { panic!("it fits") };
/// # assert_eq!([view.get(0, 0), view.get(0, 1), view.get(1, 2)], [1.0, 3.0, 6.0]);
/// ```
///
/// What does not lie in one piece is copied: `Operand::Owned(numbers, 3)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hold points of type `{P}`",
    label = "expected one `{P}` per row or column",
    note = "for types of your own implement `keops::Element` (what is in a slice) or `keops::Rows` (a container); for those of \
            glam, half, nalgebra and ndarray ask for keops's feature of that name, and say the type: `where x_i: [f32; 3]`",
    note = "operands are slices, `Vec`s and arrays of numbers (`f32`, `f64`) or of points (`[f32; 3]`), or, declared so, of integers (`u32`), \
            `&`, `Box`, `Rc`, `Arc` and `Cow` of them, guards of locks and cells, and `DeviceVec`s; what else derefs to a slice is one as `&*x`"
)]
pub trait Rows<P: Point> {
    /// The points, wherever they lie.
    fn operand(&self) -> Operand<'_, P::T>;

    /// These points in a [`Tree`], as an operand: for [`pruned`](crate::Call::pruned) calls, which then make no tree of them and need not put
    /// them in order. That costs a copy, here.
    ///
    /// A call with points that are not as many as those of the tree answers with [`PointsError::TreeLength`].
    fn in_tree(&self, tree: &Tree) -> InTree<'_, P> {
        InTree::new(self, tree)
    }

    /// These points in the order of [`Clusters`], as an operand: a copy. What lies in a slice, [`Clusters::sort`] answers with as a `Vec`.
    ///
    /// A call with points that are not as many as those of the clusters answers with [`ClustersError::Length`](crate::ClustersError::Length).
    fn in_clusters(&self, clusters: &Clusters) -> InClusters<P> {
        InClusters::new(self, clusters)
    }
}

#[diagnostic::do_not_recommend]
impl<P: Point, E: Element<P>> Rows<P> for [E] {
    fn operand(&self) -> Operand<'_, P::T> {
        let (view, expected) = (E::view(self), self.len());
        let view = view.and_then(|view| match view.layout().len {
            found if found == expected => Ok(view),
            found => Err(PointsError::Elements { expected, found }.into()),
        });
        view.map_or_else(Operand::Failed, Operand::Host)
    }
}

#[diagnostic::do_not_recommend]
impl<P: Point, E: Element<P>, const N: usize> Rows<P> for [E; N] {
    fn operand(&self) -> Operand<'_, P::T> {
        self.as_slice().operand()
    }
}

#[diagnostic::do_not_recommend]
impl<P: Point, E: Element<P>> Rows<P> for Vec<E> {
    fn operand(&self) -> Operand<'_, P::T> {
        self.as_slice().operand()
    }
}

#[diagnostic::do_not_recommend]
impl<P: Point, A: Rows<P> + ToOwned + ?Sized> Rows<P> for Cow<'_, A> {
    fn operand(&self) -> Operand<'_, P::T> {
        (**self).operand()
    }
}

/// Points `P` that lie somewhere in an array of numbers: a column of a matrix, or points with other numbers between them.
///
/// ```
/// # use keops_runtime::{Layout, Points};
/// // rows of a matrix with three columns
/// let matrix = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let last_column = Points::<f32>::new(&matrix, Layout { first: 2, point: 3, ..Layout::points(2, 1) })?;
/// # let _ = last_column;
/// # Ok::<(), keops_runtime::Error>(())
/// ```
#[derive(Debug)]
pub struct Points<'a, P: Point>(View<'a, P::T>);

impl<'a, P: Point> Points<'a, P> {
    /// Points in this layout.
    ///
    /// # Errors
    /// [`PointsError::Layout`] when it leads out of the array, and [`PointsError::Width`] when its points have not as many numbers as
    /// `P`.
    pub fn new(numbers: &'a [P::T], layout: Layout) -> Result<Self, Error> {
        let expected = P::NUMBERS;
        if layout.width != expected {
            return Err(PointsError::Width { expected, found: layout.width }.into());
        }
        View::new(Elements::Same(numbers), layout).map(Points)
    }

    /// The points of a view: what [`Points::new`] is for numbers of other types.
    ///
    /// # Errors
    /// [`PointsError::Width`] when they have not as many numbers as `P`, and [`PointsError::Indices`] when they are no numbers.
    pub fn of(view: View<'a, P::T>) -> Result<Self, Error> {
        Operand::Host(view).mistake(P::NUMBERS, P::ARE_INTEGERS).map_or(Ok(Points(view)), |error| Err(error.into()))
    }
}

impl<P: Point> Clone for Points<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P: Point> Copy for Points<'_, P> {}

#[diagnostic::do_not_recommend]
impl<P: Point> Rows<P> for Points<'_, P> {
    fn operand(&self) -> Operand<'_, P::T> {
        Operand::Host(self.0)
    }
}
