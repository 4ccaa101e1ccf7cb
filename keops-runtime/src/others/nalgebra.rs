//! `nalgebra`: points and vectors of fixed dimension are points.

use nalgebra::{Point, SVector};

use crate::{Element, Error, View};

macro_rules! numbers {
    ($($number:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<const D: usize> Element<[$number; D]> for Point<$number, D> {
            fn view(points: &[Self]) -> Result<View<'_, $number>, Error> {
                Ok(super::dense(points))
            }
        }
        #[diagnostic::do_not_recommend]
        impl<const D: usize> Element<[$number; D]> for SVector<$number, D> {
            fn view(vectors: &[Self]) -> Result<View<'_, $number>, Error> {
                Ok(super::dense(vectors))
            }
        }
    )*};
}
numbers!(f32 f64);
