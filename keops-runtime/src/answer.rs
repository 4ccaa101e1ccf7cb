//! What a kernel answers with, in the user's types.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use bytemuck::Zeroable;
use keops_core::{Dim, Idx, One, Shape};

use crate::evaluate::Place;
use crate::host::zeros;
use crate::{DeviceVec, ElementsMut, Error, Foreign, Layout, Scalar, ViewMut};

/// What one result is in the user's types: `T`, `[T; D]`, `u32` or `[u32; D]`, or `Complex<T>` for `T`.
pub trait Host: 'static {
    /// How many numbers it is.
    const NUMBERS: usize;
    /// One result.
    type Host<T: Scalar>: Copy + Debug + PartialEq + Zeroable;
    /// Where the numbers of results go.
    fn elements<T: Scalar>(results: &mut [Self::Host<T>]) -> ElementsMut<'_, T>;
}

impl Host for One {
    const NUMBERS: usize = 1;
    type Host<T: Scalar> = T;
    fn elements<T: Scalar>(results: &mut [T]) -> ElementsMut<'_, T> {
        ElementsMut::Same(results)
    }
}

impl<const D: usize> Host for Dim<D> {
    const NUMBERS: usize = D;
    type Host<T: Scalar> = [T; D];
    fn elements<T: Scalar>(results: &mut [[T; D]]) -> ElementsMut<'_, T> {
        ElementsMut::Same(results.as_flattened_mut())
    }
}

impl<S: HostIndex> Host for Idx<S> {
    const NUMBERS: usize = S::LEN;
    type Host<T: Scalar> = S::Host;
    fn elements<T: Scalar>(results: &mut [S::Host]) -> ElementsMut<'_, T> {
        ElementsMut::U32(S::indices(results))
    }
}

/// What a shape's row or column indices are in the user's types: `u32` or `[u32; D]`.
///
/// A trait of the shape, for emitted code to ask for: asked that `Idx<S>: Host`, rustc would forget what else it knows of
/// `Idx<S>`.
pub trait HostIndex: Shape {
    /// One result.
    type Host: Copy + Debug + PartialEq + Zeroable;
    /// Where the indices go.
    fn indices(results: &mut [Self::Host]) -> &mut [u32];
}
impl HostIndex for One {
    type Host = u32;
    fn indices(results: &mut [u32]) -> &mut [u32] {
        results
    }
}
impl<const D: usize> HostIndex for Dim<D> {
    type Host = [u32; D];
    fn indices(results: &mut [[u32; D]]) -> &mut [u32] {
        results.as_flattened_mut()
    }
}

/// Results that have stayed with an engine, in order.
pub(crate) type Residents<'k, T> = dyn Iterator<Item = (Arc<dyn Foreign<T>>, Layout)> + 'k;

/// The results of a plan: one per row, one per column, or one in all; or several of these.
pub trait Answer: 'static {
    /// What `eval` hands out.
    type Owned<T: Scalar>: Debug;
    /// What `eval_into` fills.
    type Slot<'s, T: Scalar>;
    /// What `eval_device` hands out.
    type Resident<T: Scalar>: Debug;
    /// Makes room for the results of `m` rows and `n` columns.
    ///
    /// # Errors
    /// When there is no memory.
    fn owned<T: Scalar>(m: usize, n: usize) -> Result<Self::Owned<T>, Error>;
    /// All of it.
    fn slot<T: Scalar>(owned: &mut Self::Owned<T>) -> Self::Slot<'_, T>;
    /// Adds the places of the results, in order.
    fn places<'s, T: Scalar>(slot: Self::Slot<'s, T>, places: &mut Vec<Place<'s, T>>);
    /// The next results of those that have stayed with an engine.
    fn resident<T: Scalar>(kept: &mut Residents<'_, T>) -> Self::Resident<T>;
}

/// The next result that has stayed with an engine.
fn kept<S: Host, T: Scalar>(kept: &mut Residents<'_, T>) -> DeviceVec<S::Host<T>> {
    let (numbers, layout) = kept.next().expect("there are as many results as the plan has");
    DeviceVec::new(numbers, layout)
}

/// The place of some results.
fn place<S: Host, T: Scalar>(results: &mut [S::Host<T>]) -> Place<'_, T> {
    let layout = Layout::points(results.len(), S::NUMBERS);
    Place::Host(ViewMut::new(S::elements::<T>(results), layout).expect("results are as long as they are"))
}

macro_rules! per {
    ($name:ident, $what:literal, |$m:ident, $n:ident| $len:expr) => {
        #[doc = concat!("One result of shape `S` per ", $what, ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name<S>(PhantomData<S>);

        impl<S: Host> Answer for $name<S> {
            type Owned<T: Scalar> = Vec<S::Host<T>>;
            type Slot<'s, T: Scalar> = &'s mut [S::Host<T>];
            type Resident<T: Scalar> = DeviceVec<S::Host<T>>;
            fn owned<T: Scalar>($m: usize, $n: usize) -> Result<Vec<S::Host<T>>, Error> {
                zeros($len)
            }
            fn slot<T: Scalar>(owned: &mut Vec<S::Host<T>>) -> &mut [S::Host<T>] {
                owned
            }
            fn places<'s, T: Scalar>(slot: &'s mut [S::Host<T>], places: &mut Vec<Place<'s, T>>) {
                places.push(place::<S, T>(slot));
            }
            fn resident<T: Scalar>(all: &mut Residents<'_, T>) -> DeviceVec<S::Host<T>> {
                kept::<S, T>(all)
            }
        }
    };
}
per!(EachRow, "row", |m, _n| m);
per!(EachCol, "column", |_m, n| n);

/// One result of shape `S` in all.
#[derive(Clone, Copy, Debug)]
pub struct InAll<S>(PhantomData<S>);

impl<S: Host> Answer for InAll<S> {
    type Owned<T: Scalar> = S::Host<T>;
    type Slot<'s, T: Scalar> = &'s mut S::Host<T>;
    type Resident<T: Scalar> = DeviceVec<S::Host<T>>;
    fn owned<T: Scalar>(_: usize, _: usize) -> Result<S::Host<T>, Error> {
        Ok(Zeroable::zeroed())
    }
    fn slot<T: Scalar>(owned: &mut S::Host<T>) -> &mut S::Host<T> {
        owned
    }
    fn places<'s, T: Scalar>(slot: &'s mut S::Host<T>, places: &mut Vec<Place<'s, T>>) {
        places.push(place::<S, T>(std::slice::from_mut(slot)));
    }
    fn resident<T: Scalar>(all: &mut Residents<'_, T>) -> DeviceVec<S::Host<T>> {
        kept::<S, T>(all)
    }
}

/// Several results.
impl<A: Answer, B: Answer> Answer for (A, B) {
    type Owned<T: Scalar> = (A::Owned<T>, B::Owned<T>);
    type Slot<'s, T: Scalar> = (A::Slot<'s, T>, B::Slot<'s, T>);
    type Resident<T: Scalar> = (A::Resident<T>, B::Resident<T>);
    fn owned<T: Scalar>(m: usize, n: usize) -> Result<Self::Owned<T>, Error> {
        Ok((A::owned(m, n)?, B::owned(m, n)?))
    }
    fn slot<T: Scalar>(owned: &mut Self::Owned<T>) -> Self::Slot<'_, T> {
        (A::slot(&mut owned.0), B::slot(&mut owned.1))
    }
    fn places<'s, T: Scalar>(slot: Self::Slot<'s, T>, places: &mut Vec<Place<'s, T>>) {
        A::places(slot.0, places);
        B::places(slot.1, places);
    }
    fn resident<T: Scalar>(kept: &mut Residents<'_, T>) -> Self::Resident<T> {
        let first = A::resident(kept);
        (first, B::resident(kept))
    }
}

/// Results with names: a struct of the user's, made of a list.
pub trait Named: 'static {
    /// The results in order.
    type List: Answer;
    /// The struct.
    type Struct<T: Scalar>: Debug;
    /// The struct of those that stay with an engine.
    type OnDevice<T: Scalar>: Debug;
    /// Gives them their names.
    fn name<T: Scalar>(list: <Self::List as Answer>::Owned<T>) -> Self::Struct<T>;
    /// Gives those that stay with an engine their names.
    fn name_on_device<T: Scalar>(list: <Self::List as Answer>::Resident<T>) -> Self::OnDevice<T>;
    /// The slots of the list.
    fn slots<T: Scalar>(named: &mut Self::Struct<T>) -> <Self::List as Answer>::Slot<'_, T>;
}

/// The answer of which `N` knows the names.
#[derive(Clone, Copy, Debug)]
pub struct Together<N>(PhantomData<N>);

impl<N: Named> Answer for Together<N> {
    type Owned<T: Scalar> = N::Struct<T>;
    type Slot<'s, T: Scalar> = &'s mut N::Struct<T>;
    type Resident<T: Scalar> = N::OnDevice<T>;
    fn owned<T: Scalar>(m: usize, n: usize) -> Result<N::Struct<T>, Error> {
        Ok(N::name(N::List::owned(m, n)?))
    }
    fn slot<T: Scalar>(owned: &mut N::Struct<T>) -> &mut N::Struct<T> {
        owned
    }
    fn places<'s, T: Scalar>(slot: &'s mut N::Struct<T>, places: &mut Vec<Place<'s, T>>) {
        N::List::places(N::slots(slot), places);
    }
    fn resident<T: Scalar>(kept: &mut Residents<'_, T>) -> Self::Resident<T> {
        N::name_on_device(N::List::resident(kept))
    }
}
