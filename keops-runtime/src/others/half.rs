//! `half`: numbers of sixteen bits, and points of them, are read as `f32`, which they all are.

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

use crate::{Element, Elements, Error, Layout, View};

macro_rules! numbers {
    ($($number:ty => $elements:ident;)*) => {$(
        /// The numbers, to be read as `f32`.
        impl<'a, T> From<&'a [$number]> for Elements<'a, T> {
            fn from(numbers: &'a [$number]) -> Self {
                Elements::$elements(numbers.reinterpret_cast())
            }
        }
        #[diagnostic::do_not_recommend]
        impl Element<f32> for $number {
            fn view(numbers: &[Self]) -> Result<View<'_, f32>, Error> {
                View::new(Elements::from(numbers), Layout::points(numbers.len(), 1))
            }
        }
        #[diagnostic::do_not_recommend]
        impl<const D: usize> Element<[f32; D]> for [$number; D] {
            fn view(points: &[Self]) -> Result<View<'_, f32>, Error> {
                View::new(Elements::from(points.as_flattened()), Layout::points(points.len(), D))
            }
        }
    )*};
}
numbers! {
    f16 => F16;
    bf16 => Bf16;
}
