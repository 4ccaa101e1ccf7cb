//! What points to operands is one.

use std::cell::{LazyCell, Ref, RefMut};
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, MutexGuard, RwLockReadGuard, RwLockWriteGuard};

use super::{Operand, Param, Point, Rows};
use crate::Scalar;

// one by one: an implementation for all that has `Deref` would leave no room for slices and for types of other crates
macro_rules! pointers {
    ($($pointer:ty),* $(,)?) => { $(
        #[diagnostic::do_not_recommend]
        impl<P: Point, A: Rows<P> + ?Sized> Rows<P> for $pointer {
            fn operand(&self) -> Operand<'_, P::T> {
                (**self).operand()
            }
        }
        #[diagnostic::do_not_recommend]
        impl<T: Scalar, A: Param<T> + ?Sized> Param<T> for $pointer {
            type Shape = A::Shape;
            fn flat(&self) -> &[T] {
                (**self).flat()
            }
        }
    )* };
}
pointers!(
    &A,
    &mut A,
    Box<A>,
    Rc<A>,
    Arc<A>,
    Ref<'_, A>,
    RefMut<'_, A>,
    MutexGuard<'_, A>,
    RwLockReadGuard<'_, A>,
    RwLockWriteGuard<'_, A>,
    ManuallyDrop<A>,
);

macro_rules! lazy {
    ($($cell:ident),*) => { $(
        #[diagnostic::do_not_recommend]
        impl<P: Point, A: Rows<P>, F: FnOnce() -> A> Rows<P> for $cell<A, F> {
            fn operand(&self) -> Operand<'_, P::T> {
                (**self).operand()
            }
        }
        #[diagnostic::do_not_recommend]
        impl<T: Scalar, A: Param<T>, F: FnOnce() -> A> Param<T> for $cell<A, F> {
            type Shape = A::Shape;
            fn flat(&self) -> &[T] {
                (**self).flat()
            }
        }
    )* };
}
lazy!(LazyCell, LazyLock);
