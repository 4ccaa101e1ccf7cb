//! Points of other crates as operands, each behind a feature of its name.

#[cfg(feature = "glam")]
mod glam;
#[cfg(feature = "half")]
mod half;
#[cfg(feature = "nalgebra")]
mod nalgebra;
#[cfg(feature = "ndarray")]
mod ndarray;

/// Points that lie one after the other, as the numbers that they are.
#[cfg(any(feature = "glam", feature = "nalgebra"))]
fn dense<T: crate::Scalar + bytemuck::Pod, E: bytemuck::Pod>(elements: &[E]) -> crate::View<'_, T> {
    crate::View::of(bytemuck::cast_slice(elements), size_of::<E>() / size_of::<T>())
}
