//! What matrices are multiplied with.

use keops_core::{Dim, One, Shape};

use crate::answer::Host;
use crate::{Elements, Error, Layout, MatrixError, Scalar, View};

/// What a matrix may be multiplied with: numbers, one for each row of it, or several columns of them.
pub trait Factor<T: Scalar> {
    /// What the product is.
    type Product;
    /// The same in double precision: what a solution is.
    type Double;
    /// As many columns are multiplied at once, where there are more.
    #[doc(hidden)]
    type Group: Shape + Host;
    /// Reads its rows, of one number per column.
    #[doc(hidden)]
    fn read<V>(&self, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error>;
    /// The product, of numbers row by row.
    #[doc(hidden)]
    fn product(numbers: Vec<T>, columns: usize) -> Self::Product;
    /// The solution, of numbers row by row.
    #[doc(hidden)]
    fn double(numbers: Vec<f64>, columns: usize) -> Self::Double;
}

/// The group of those that are several.
pub(crate) type Eight = Dim<8>;

impl<T: Scalar> Factor<T> for [T] {
    type Product = Vec<T>;
    type Double = Vec<f64>;
    type Group = One;
    fn read<V>(&self, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        with(View::of(self, 1))
    }
    fn product(numbers: Vec<T>, _: usize) -> Vec<T> {
        numbers
    }
    fn double(numbers: Vec<f64>, _: usize) -> Vec<f64> {
        numbers
    }
}

impl<T: Scalar, const E: usize> Factor<T> for [[T; E]] {
    type Product = Vec<[T; E]>;
    type Double = Vec<[f64; E]>;
    type Group = Eight;
    fn read<V>(&self, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        const { assert!(E > 0, "a matrix is multiplied with at least one column") };
        with(View::of(self.as_flattened(), E))
    }
    fn product(numbers: Vec<T>, _: usize) -> Vec<[T; E]> {
        bytemuck::allocation::cast_vec(numbers)
    }
    fn double(numbers: Vec<f64>, _: usize) -> Vec<[f64; E]> {
        bytemuck::allocation::cast_vec(numbers)
    }
}

macro_rules! as_slice {
    ($([$($parameters:tt)*] $vec:ty, $slice:ty;)*) => { $(
        impl<T: Scalar, $($parameters)*> Factor<T> for $vec {
            type Product = <$slice as Factor<T>>::Product;
            type Double = <$slice as Factor<T>>::Double;
            type Group = <$slice as Factor<T>>::Group;
            fn read<V>(&self, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
                <$slice as Factor<T>>::read(self, with)
            }
            fn product(numbers: Vec<T>, columns: usize) -> Self::Product {
                <$slice as Factor<T>>::product(numbers, columns)
            }
            fn double(numbers: Vec<f64>, columns: usize) -> Self::Double {
                <$slice as Factor<T>>::double(numbers, columns)
            }
        }
    )* };
}
as_slice! {
    [] Vec<T>, [T];
    [const E: usize] Vec<[T; E]>, [[T; E]];
    [const N: usize] [T; N], [T];
    [const E: usize, const N: usize] [[T; E]; N], [[T; E]];
}

/// Columns of which the program chooses how many there are: a matrix of numbers, row by row.
///
/// ```
/// # extern crate keops_runtime as keops;
/// use keops::Columns;
///
/// // three rows of two columns
/// let b = Columns::new(&[1.0f32, 10.0, 2.0, 20.0, 3.0, 30.0], 2)?;
/// assert_eq!((b.rows(), b.columns()), (3, 2));
/// # Ok::<(), keops::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a, T>(View<'a, T>);

impl<'a, T: Scalar> Columns<'a, T> {
    /// `columns` columns, whose rows follow each other.
    ///
    /// # Errors
    /// When these are no rows of so many numbers.
    pub fn new(numbers: &'a [T], columns: usize) -> Result<Self, Error> {
        if columns == 0 || !numbers.len().is_multiple_of(columns) {
            return Err(MatrixError::Columns { columns, numbers: numbers.len() }.into());
        }
        Ok(Columns(View::of(numbers, columns)))
    }

    /// Numbers in this layout, whose points are rows: of a larger matrix some columns, say.
    ///
    /// # Errors
    /// When it leads out of the numbers.
    pub fn with_layout(numbers: &'a [T], layout: Layout) -> Result<Self, Error> {
        View::new(Elements::Same(numbers), layout).map(Columns)
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.0.layout().len
    }
    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.0.layout().width
    }
}

/// The product has its numbers row by row, of as many columns.
impl<T: Scalar> Factor<T> for Columns<'_, T> {
    type Product = Vec<T>;
    type Double = Vec<f64>;
    type Group = Eight;
    fn read<V>(&self, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        with(self.0)
    }
    fn product(numbers: Vec<T>, _: usize) -> Vec<T> {
        numbers
    }
    fn double(numbers: Vec<f64>, _: usize) -> Vec<f64> {
        numbers
    }
}
