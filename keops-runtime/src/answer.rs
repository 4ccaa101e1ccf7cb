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
    /// The places as numbers, where results are nothing else.
    fn flat<'r, T: Scalar>(_: &'r mut Self::Slot<'_, T>) -> Option<&'r mut [T]> {
        None
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
            $(fn flat<'r, T: Scalar>($slot: &'r mut &mut [$host]) -> Option<&'r mut [T]> {
                Some($flat)
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

/// The results of a plan: one per row, one per column, or one in all; or several of these.
pub trait Answer: 'static {
    /// What `eval` hands out.
    type Owned<T: Scalar>: Debug;
    /// What `eval_into` fills.
    type Slot<'s, T: Scalar>;
    /// A slot, and numbers beside it where its results are not numbers in a row.
    type Room<'s, T: Scalar>;
    /// Where a plan writes its numbers: a slice, one result after the other.
    type Numbers<'r, T: Scalar>;
    /// Makes room for the results of `m` rows and `n` columns.
    ///
    /// # Errors
    /// When there is no memory.
    fn owned<T: Scalar>(m: usize, n: usize) -> Result<Self::Owned<T>, Error>;
    /// All of it.
    fn slot<T: Scalar>(owned: &mut Self::Owned<T>) -> Self::Slot<'_, T>;
    /// Prepares a slot for the results of `m` rows and `n` columns.
    ///
    /// # Errors
    /// When the slot is of another length, and when there is no memory.
    fn room<'s, T: Scalar>(slot: Self::Slot<'s, T>, m: usize, n: usize) -> Result<Self::Room<'s, T>, Error>;
    /// Where the numbers go.
    fn numbers<'r, T: Scalar>(room: &'r mut Self::Room<'_, T>) -> Self::Numbers<'r, T>;
    /// Makes results of the numbers.
    fn finish<T: Scalar>(room: Self::Room<'_, T>);
}

/// The slot of results of one shape.
#[derive(Debug)]
pub struct Room<L, T> {
    slot: L,
    /// None where the slot itself takes numbers.
    numbers: Vec<T>,
}

fn room<S: Host, T: Scalar>(mut slot: S::Slot<'_, T>, len: usize) -> Result<Room<S::Slot<'_, T>, T>, Error> {
    let len = if S::flat(&mut slot).is_some() { Some(0) } else { len.checked_mul(S::LEN) };
    Ok(Room { slot, numbers: buffer(len.ok_or(Error::OutOfMemory { numbers: usize::MAX })?)? })
}

macro_rules! per {
    ($name:ident, $what:literal, $index:literal, |$m:ident, $n:ident| $len:expr) => {
        #[doc = concat!("One result of shape `S` per ", $what, ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name<S>(PhantomData<S>);

        impl<S: Host> Answer for $name<S> {
            type Owned<T: Scalar> = S::Many<T>;
            type Slot<'s, T: Scalar> = S::Slot<'s, T>;
            type Room<'s, T: Scalar> = Room<S::Slot<'s, T>, T>;
            type Numbers<'r, T: Scalar> = &'r mut [T];
            fn owned<T: Scalar>($m: usize, $n: usize) -> Result<S::Many<T>, Error> {
                S::many::<T>($len)
            }
            fn slot<T: Scalar>(owned: &mut S::Many<T>) -> S::Slot<'_, T> {
                S::slot::<T>(owned)
            }
            fn room<'s, T: Scalar>(slot: S::Slot<'s, T>, $m: usize, $n: usize) -> Result<Self::Room<'s, T>, Error> {
                match S::misfit::<T>(&slot, $len) {
                    Some(found) => Err(Error::OutputLength { expected: $len, found, index: $index }),
                    None => room::<S, T>(slot, $len),
                }
            }
            fn numbers<'r, T: Scalar>(room: &'r mut Self::Room<'_, T>) -> &'r mut [T] {
                if room.numbers.is_empty() { S::flat(&mut room.slot).unwrap_or_default() } else { &mut room.numbers }
            }
            fn finish<T: Scalar>(room: Self::Room<'_, T>) {
                if !room.numbers.is_empty() {
                    S::copy(room.slot, &room.numbers, S::LEN);
                }
            }
        }
    };
}
per!(EachRow, "row", 'i', |m, _n| m);
per!(EachCol, "column", 'j', |_m, n| n);

/// One result of shape `S` in all.
#[derive(Clone, Copy, Debug)]
pub struct InAll<S>(PhantomData<S>);

impl<S: Host> Answer for InAll<S> {
    type Owned<T: Scalar> = S::Host<T>;
    type Slot<'s, T: Scalar> = &'s mut S::Host<T>;
    type Room<'s, T: Scalar> = Room<&'s mut S::Host<T>, T>;
    type Numbers<'r, T: Scalar> = &'r mut [T];
    fn owned<T: Scalar>(_: usize, _: usize) -> Result<S::Host<T>, Error> {
        Ok(S::one(&buffer(S::LEN)?))
    }
    fn slot<T: Scalar>(owned: &mut S::Host<T>) -> &mut S::Host<T> {
        owned
    }
    fn room<'s, T: Scalar>(slot: Self::Slot<'s, T>, _: usize, _: usize) -> Result<Self::Room<'s, T>, Error> {
        Ok(Room { slot, numbers: buffer(S::LEN)? })
    }
    fn numbers<'r, T: Scalar>(room: &'r mut Self::Room<'_, T>) -> &'r mut [T] {
        &mut room.numbers
    }
    fn finish<T: Scalar>(room: Self::Room<'_, T>) {
        *room.slot = S::one(&room.numbers);
    }
}

/// The end of a list of results.
impl Answer for () {
    type Owned<T: Scalar> = ();
    type Slot<'s, T: Scalar> = ();
    type Room<'s, T: Scalar> = ();
    type Numbers<'r, T: Scalar> = ();
    fn owned<T: Scalar>(_: usize, _: usize) -> Result<(), Error> {
        Ok(())
    }
    fn slot<T: Scalar>((): &mut ()) {}
    fn room<'s, T: Scalar>((): Self::Slot<'s, T>, _: usize, _: usize) -> Result<Self::Room<'s, T>, Error> {
        Ok(())
    }
    fn numbers<T: Scalar>((): &mut ()) {}
    fn finish<T: Scalar>((): ()) {}
}

/// A list of results.
impl<A: Answer, B: Answer> Answer for (A, B) {
    type Owned<T: Scalar> = (A::Owned<T>, B::Owned<T>);
    type Slot<'s, T: Scalar> = (A::Slot<'s, T>, B::Slot<'s, T>);
    type Room<'s, T: Scalar> = (A::Room<'s, T>, B::Room<'s, T>);
    type Numbers<'r, T: Scalar> = (A::Numbers<'r, T>, B::Numbers<'r, T>);
    fn owned<T: Scalar>(m: usize, n: usize) -> Result<Self::Owned<T>, Error> {
        Ok((A::owned(m, n)?, B::owned(m, n)?))
    }
    fn slot<T: Scalar>(owned: &mut Self::Owned<T>) -> Self::Slot<'_, T> {
        (A::slot(&mut owned.0), B::slot(&mut owned.1))
    }
    fn room<'s, T: Scalar>(slot: Self::Slot<'s, T>, m: usize, n: usize) -> Result<Self::Room<'s, T>, Error> {
        Ok((A::room(slot.0, m, n)?, B::room(slot.1, m, n)?))
    }
    fn numbers<'r, T: Scalar>(room: &'r mut Self::Room<'_, T>) -> Self::Numbers<'r, T> {
        (A::numbers(&mut room.0), B::numbers(&mut room.1))
    }
    fn finish<T: Scalar>(room: Self::Room<'_, T>) {
        A::finish(room.0);
        B::finish(room.1);
    }
}

/// Results with names: a struct of the user's, made of a list.
pub trait Named: 'static {
    /// The results in order.
    type List: Answer;
    /// The struct.
    type Struct<T: Scalar>: Debug;
    /// Gives them their names.
    fn name<T: Scalar>(list: <Self::List as Answer>::Owned<T>) -> Self::Struct<T>;
    /// The slots of the list.
    fn slots<T: Scalar>(named: &mut Self::Struct<T>) -> <Self::List as Answer>::Slot<'_, T>;
}

/// The answer of which `N` knows the names.
#[derive(Clone, Copy, Debug)]
pub struct Together<N>(PhantomData<N>);

impl<N: Named> Answer for Together<N> {
    type Owned<T: Scalar> = N::Struct<T>;
    type Slot<'s, T: Scalar> = &'s mut N::Struct<T>;
    type Room<'s, T: Scalar> = <N::List as Answer>::Room<'s, T>;
    type Numbers<'r, T: Scalar> = <N::List as Answer>::Numbers<'r, T>;
    fn owned<T: Scalar>(m: usize, n: usize) -> Result<N::Struct<T>, Error> {
        Ok(N::name(N::List::owned(m, n)?))
    }
    fn slot<T: Scalar>(owned: &mut N::Struct<T>) -> &mut N::Struct<T> {
        owned
    }
    fn room<'s, T: Scalar>(slot: Self::Slot<'s, T>, m: usize, n: usize) -> Result<Self::Room<'s, T>, Error> {
        N::List::room(N::slots(slot), m, n)
    }
    fn numbers<'r, T: Scalar>(room: &'r mut Self::Room<'_, T>) -> Self::Numbers<'r, T> {
        N::List::numbers(room)
    }
    fn finish<T: Scalar>(room: Self::Room<'_, T>) {
        N::List::finish(room);
    }
}
