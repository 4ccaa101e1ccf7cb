//! What matrices are multiplied with.

use keops_core::{Dim, One, Shape};
use num_complex::Complex;

use crate::answer::Host;
use crate::{Elements, Error, Layout, MatrixError, Scalar, View};

/// What a matrix may be multiplied with: numbers, one for each row of it, or several columns of them; also complex ones.
pub trait Factor<T: Scalar> {
    /// What the product is.
    type Product;
    /// The same in double precision: what a solution is.
    type Double;
    /// As many columns are multiplied at once, where there are more.
    #[doc(hidden)]
    type Group: Shape + Host;
    /// Reads its rows, of one number per column. Of a complex matrix each part of a number is a row; where a real one is multiplied, it is a column.
    #[doc(hidden)]
    fn read<V>(&self, is_complex: bool, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error>;
    /// The product, of numbers row by row.
    #[doc(hidden)]
    fn product(numbers: Vec<T>, columns: usize, is_complex: bool) -> Self::Product;
    /// The solution, of numbers row by row.
    #[doc(hidden)]
    fn double(numbers: Vec<f64>, columns: usize, is_complex: bool) -> Self::Double;
}

/// The group of those that are several.
pub(crate) type Eight = Dim<8>;

impl<T: Scalar> Factor<T> for [T] {
    type Product = Vec<T>;
    type Double = Vec<f64>;
    type Group = One;
    fn read<V>(&self, _: bool, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        with(View::of(self, 1))
    }
    fn product(numbers: Vec<T>, _: usize, _: bool) -> Vec<T> {
        numbers
    }
    fn double(numbers: Vec<f64>, _: usize, _: bool) -> Vec<f64> {
        numbers
    }
}

impl<T: Scalar, const E: usize> Factor<T> for [[T; E]] {
    type Product = Vec<[T; E]>;
    type Double = Vec<[f64; E]>;
    type Group = Eight;
    fn read<V>(&self, _: bool, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        const { assert!(E > 0, "a matrix is multiplied with at least one column") };
        with(View::of(self.as_flattened(), E))
    }
    fn product(numbers: Vec<T>, _: usize, _: bool) -> Vec<[T; E]> {
        bytemuck::allocation::cast_vec(numbers)
    }
    fn double(numbers: Vec<f64>, _: usize, _: bool) -> Vec<[f64; E]> {
        bytemuck::allocation::cast_vec(numbers)
    }
}

/// Complex numbers: what a complex matrix is multiplied with, and for a real one two columns.
impl<T: Scalar> Factor<T> for [Complex<T>] {
    type Product = Vec<Complex<T>>;
    type Double = Vec<Complex<f64>>;
    type Group = One;
    fn read<V>(&self, is_complex: bool, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        with(View::of(bytemuck::cast_slice(self), if is_complex { 1 } else { 2 }))
    }
    fn product(numbers: Vec<T>, _: usize, _: bool) -> Vec<Complex<T>> {
        in_rows(&numbers, false).into_iter().map(|[z]| z).collect()
    }
    fn double(numbers: Vec<f64>, _: usize, _: bool) -> Vec<Complex<f64>> {
        in_rows(&numbers, false).into_iter().map(|[z]| z).collect()
    }
}

impl<T: Scalar, const E: usize> Factor<T> for [[Complex<T>; E]] {
    type Product = Vec<[Complex<T>; E]>;
    type Double = Vec<[Complex<f64>; E]>;
    type Group = Eight;
    fn read<V>(&self, is_complex: bool, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        const { assert!(E > 0, "a matrix is multiplied with at least one column") };
        if !is_complex {
            return with(View::of(bytemuck::cast_slice(self.as_flattened()), 2 * E));
        }
        let parts = |row: &[Complex<T>; E]| [row.map(|z| z.re), row.map(|z| z.im)];
        let rows: Vec<[T; E]> = self.iter().flat_map(parts).collect();
        with(View::of(rows.as_flattened(), E))
    }
    fn product(numbers: Vec<T>, _: usize, is_complex: bool) -> Vec<[Complex<T>; E]> {
        in_rows(&numbers, is_complex)
    }
    fn double(numbers: Vec<f64>, _: usize, is_complex: bool) -> Vec<[Complex<f64>; E]> {
        in_rows(&numbers, is_complex)
    }
}

/// Rows of complex numbers, whose parts lie beside each other, or first all real ones of a row and then the imaginary ones.
fn in_rows<T: Scalar, const E: usize>(numbers: &[T], are_apart: bool) -> Vec<[Complex<T>; E]> {
    let number = |row: &[T], k: usize| match are_apart {
        true => Complex::new(row[k], row[E + k]),
        false => Complex::new(row[2 * k], row[2 * k + 1]),
    };
    numbers.chunks_exact(2 * E).map(|row| std::array::from_fn(|k| number(row, k))).collect()
}

macro_rules! as_slice {
    ($([$($parameters:tt)*] $vec:ty, $slice:ty;)*) => { $(
        impl<T: Scalar, $($parameters)*> Factor<T> for $vec {
            type Product = <$slice as Factor<T>>::Product;
            type Double = <$slice as Factor<T>>::Double;
            type Group = <$slice as Factor<T>>::Group;
            fn read<V>(&self, is_complex: bool, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
                <$slice as Factor<T>>::read(self, is_complex, with)
            }
            fn product(numbers: Vec<T>, columns: usize, is_complex: bool) -> Self::Product {
                <$slice as Factor<T>>::product(numbers, columns, is_complex)
            }
            fn double(numbers: Vec<f64>, columns: usize, is_complex: bool) -> Self::Double {
                <$slice as Factor<T>>::double(numbers, columns, is_complex)
            }
        }
    )* };
}
as_slice! {
    [] Vec<T>, [T];
    [const E: usize] Vec<[T; E]>, [[T; E]];
    [const N: usize] [T; N], [T];
    [const E: usize, const N: usize] [[T; E]; N], [[T; E]];
    [] Vec<Complex<T>>, [Complex<T>];
    [const E: usize] Vec<[Complex<T>; E]>, [[Complex<T>; E]];
    [const N: usize] [Complex<T>; N], [Complex<T>];
    [const E: usize, const N: usize] [[Complex<T>; E]; N], [[Complex<T>; E]];
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
    fn read<V>(&self, _: bool, with: impl FnOnce(View<'_, T>) -> Result<V, Error>) -> Result<V, Error> {
        with(self.0)
    }
    fn product(numbers: Vec<T>, _: usize, _: bool) -> Vec<T> {
        numbers
    }
    fn double(numbers: Vec<f64>, _: usize, _: bool) -> Vec<f64> {
        numbers
    }
}
