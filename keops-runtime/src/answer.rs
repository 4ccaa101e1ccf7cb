//! What a kernel answers with, in the user's types.

use std::fmt::Debug;
use std::marker::PhantomData;

use keops_core::{Bundle, Dim, Idx, One, Shape};

use crate::{Error, Scalar, plan::buffer};

/// What one result is in the user's types: `T`, `[T; D]`, `u32`, `[u32; D]`, or a pair of those.
pub trait Host: Bundle {
    /// One result.
    type Host<T: Scalar>: Copy + Debug + PartialEq;
    /// One result per row: a `Vec`, or a pair of them.
    type Many<T: Scalar>: Debug;
    /// Where the results go: a slice, or a pair of them.
    type Slot<'s, T: Scalar>;

    /// The result that starts with the first of these numbers.
    fn one<T: Scalar>(numbers: &[T]) -> Self::Host<T>;
    /// Room for `len` results.
    ///
    /// # Errors
    /// When there is no memory.
    fn many<T: Scalar>(len: usize) -> Result<Self::Many<T>, Error>;
    /// All of it.
    fn slot<T: Scalar>(many: &mut Self::Many<T>) -> Self::Slot<'_, T>;
    /// The length of a slot that does not have `len` places.
    fn misfit<T: Scalar>(slot: &Self::Slot<'_, T>, len: usize) -> Option<usize>;
    /// Takes the results from numbers, those of each row at the start of `stride` of them.
    fn copy<T: Scalar>(slot: Self::Slot<'_, T>, numbers: &[T], stride: usize);
    /// Lets `run` write the numbers of `len` results, in place where results are numbers.
    ///
    /// # Errors
    /// Those of `run`, and no memory.
    fn fill<T: Scalar>(
        slot: Self::Slot<'_, T>,
        len: usize,
        run: impl FnOnce(&mut [T]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut numbers = buffer(len.checked_mul(Self::LEN).ok_or(Error::OutOfMemory { numbers: usize::MAX })?)?;
        run(&mut numbers)?;
        Self::copy(slot, &numbers, Self::LEN);
        Ok(())
    }
}

/// `len` times `value`, or an error where there is no memory.
pub(crate) fn filled<V: Copy>(len: usize, value: V) -> Result<Vec<V>, Error> {
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|_| Error::OutOfMemory { numbers: len })?;
    values.resize(len, value);
    Ok(values)
}

/// Stamps out the shapes whose results lie in one slice; the last part is how they are numbers, where they are.
macro_rules! host {
    ([$($generic:tt)*] $shape:ty, $host:ty, $zero:expr, |$numbers:ident| $one:expr, $(|$slot:ident| $flat:expr)?) => {
        impl<$($generic)*> Host for $shape {
            type Host<T: Scalar> = $host;
            type Many<T: Scalar> = Vec<$host>;
            type Slot<'s, T: Scalar> = &'s mut [$host];
            fn one<T: Scalar>($numbers: &[T]) -> $host {
                $one
            }
            fn many<T: Scalar>(len: usize) -> Result<Vec<$host>, Error> {
                filled(len, $zero)
            }
            fn slot<T: Scalar>(many: &mut Vec<$host>) -> &mut [$host] {
                many
            }
            fn misfit<T: Scalar>(slot: &&mut [$host], len: usize) -> Option<usize> {
                (slot.len() != len).then_some(slot.len())
            }
            fn copy<T: Scalar>(slot: &mut [$host], numbers: &[T], stride: usize) {
                for (place, numbers) in slot.iter_mut().zip(numbers.chunks(stride)) {
                    *place = Self::one(numbers);
                }
            }
            $(fn fill<T: Scalar>(
                $slot: &mut [$host],
                _: usize,
                run: impl FnOnce(&mut [T]) -> Result<(), Error>,
            ) -> Result<(), Error> {
                run($flat)
            })?
        }
    };
}
host!([] One, T, T::default(), |numbers| numbers[0], |slot| slot);
host!([const D: usize] Dim<D>, [T; D], [T::default(); D], |numbers| std::array::from_fn(|k| numbers[k]), |slot| slot.as_flattened_mut());
host!([S: HostIndex] Idx<S>, S::Host, S::ZERO, |numbers| S::numbered(numbers),);

/// What a shape's row or column numbers are in the user's types: `u32` or `[u32; D]`.
///
/// A trait of the shape, for emitted code to ask for: asked that `Idx<S>: Host`, rustc would forget what else it knows of
/// `Idx<S>`.
pub trait HostIndex: Shape {
    /// One result.
    type Host: Copy + Debug + PartialEq;
    /// Before it is computed.
    const ZERO: Self::Host;
    /// The result that starts with the first of these numbers.
    fn numbered<T: Scalar>(numbers: &[T]) -> Self::Host;
}
impl HostIndex for One {
    type Host = u32;
    const ZERO: u32 = 0;
    fn numbered<T: Scalar>(numbers: &[T]) -> u32 {
        numbers[0].to_index()
    }
}
impl<const D: usize> HostIndex for Dim<D> {
    type Host = [u32; D];
    const ZERO: [u32; D] = [0; D];
    fn numbered<T: Scalar>(numbers: &[T]) -> [u32; D] {
        std::array::from_fn(|k| numbers[k].to_index())
    }
}

impl<A: Host, B: Host> Host for (A, B) {
    type Host<T: Scalar> = (A::Host<T>, B::Host<T>);
    type Many<T: Scalar> = (A::Many<T>, B::Many<T>);
    type Slot<'s, T: Scalar> = (A::Slot<'s, T>, B::Slot<'s, T>);
    fn one<T: Scalar>(numbers: &[T]) -> Self::Host<T> {
        (A::one(numbers), B::one(&numbers[A::LEN..]))
    }
    fn many<T: Scalar>(len: usize) -> Result<Self::Many<T>, Error> {
        Ok((A::many::<T>(len)?, B::many::<T>(len)?))
    }
    fn slot<T: Scalar>(many: &mut Self::Many<T>) -> Self::Slot<'_, T> {
        (A::slot::<T>(&mut many.0), B::slot::<T>(&mut many.1))
    }
    fn misfit<T: Scalar>(slot: &Self::Slot<'_, T>, len: usize) -> Option<usize> {
        A::misfit::<T>(&slot.0, len).or_else(|| B::misfit::<T>(&slot.1, len))
    }
    fn copy<T: Scalar>(slot: Self::Slot<'_, T>, numbers: &[T], stride: usize) {
        A::copy(slot.0, numbers, stride);
        B::copy(slot.1, numbers.get(A::LEN..).unwrap_or_default(), stride);
    }
}

/// The results of a plan: one per row, one per column, or one in all.
pub trait Answer: 'static {
    /// The shape of one result.
    type Shape: Host;
    /// What `eval` hands out.
    type Owned<T: Scalar>: Debug;
    /// What `eval_into` fills.
    type Slot<'s, T: Scalar>;
    /// Lets `run` write the results of `m` rows and `n` columns into `slot`.
    ///
    /// # Errors
    /// Those of `run`, a slot of another length, and no memory.
    fn fill<T: Scalar>(
        slot: Self::Slot<'_, T>,
        m: usize,
        n: usize,
        run: impl FnOnce(&mut [T]) -> Result<(), Error>,
    ) -> Result<(), Error>;
    /// Makes room for the results of `m` rows and `n` columns, and lets `run` write them.
    ///
    /// # Errors
    /// Those of `run`, and no memory.
    fn owned<T: Scalar>(
        m: usize,
        n: usize,
        run: impl FnOnce(&mut [T]) -> Result<(), Error>,
    ) -> Result<Self::Owned<T>, Error>;
}

macro_rules! per {
    ($name:ident, $what:literal, $index:literal, |$m:ident, $n:ident| $len:expr) => {
        #[doc = concat!("One result of shape `S` per ", $what, ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name<S>(PhantomData<S>);

        impl<S: Host> Answer for $name<S> {
            type Shape = S;
            type Owned<T: Scalar> = S::Many<T>;
            type Slot<'s, T: Scalar> = S::Slot<'s, T>;
            fn fill<T: Scalar>(
                slot: S::Slot<'_, T>,
                $m: usize,
                $n: usize,
                run: impl FnOnce(&mut [T]) -> Result<(), Error>,
            ) -> Result<(), Error> {
                if let Some(found) = S::misfit::<T>(&slot, $len) {
                    return Err(Error::OutputLength { expected: $len, found, index: $index });
                }
                S::fill(slot, $len, run)
            }
            fn owned<T: Scalar>(
                $m: usize,
                $n: usize,
                run: impl FnOnce(&mut [T]) -> Result<(), Error>,
            ) -> Result<S::Many<T>, Error> {
                let mut many = S::many::<T>($len)?;
                S::fill(S::slot::<T>(&mut many), $len, run)?;
                Ok(many)
            }
        }
    };
}
per!(PerRow, "row", 'i', |m, _n| m);
per!(PerCol, "column", 'j', |_m, n| n);

/// One result of shape `S` in all.
#[derive(Clone, Copy, Debug)]
pub struct Total<S>(PhantomData<S>);

impl<S: Host> Answer for Total<S> {
    type Shape = S;
    type Owned<T: Scalar> = S::Host<T>;
    type Slot<'s, T: Scalar> = &'s mut S::Host<T>;
    fn fill<T: Scalar>(
        slot: &mut S::Host<T>,
        m: usize,
        n: usize,
        run: impl FnOnce(&mut [T]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        *slot = Self::owned(m, n, run)?;
        Ok(())
    }
    fn owned<T: Scalar>(
        _: usize,
        _: usize,
        run: impl FnOnce(&mut [T]) -> Result<(), Error>,
    ) -> Result<S::Host<T>, Error> {
        let mut numbers = buffer(S::LEN)?;
        run(&mut numbers)?;
        Ok(S::one(&numbers))
    }
}
