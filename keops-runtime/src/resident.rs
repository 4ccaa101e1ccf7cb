//! Points that stay where they were computed.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::{Elements, Engine, Error, Foreign, Layout, Operand, Point, Rows, Scalar, View};

/// An engine whose results may stay in its memory.
pub trait Keeps<T: Scalar>: Engine<T> {
    /// Numbers of its memory, as an operand of other calls.
    fn keep(&self, memory: Self::Memory) -> Arc<dyn Foreign<T>>;
}

/// Numbers in an engine's memory, of one of the number types.
#[doc(hidden)]
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "numbers elsewhere have no text of their own")]
pub enum HeldNumbers {
    F32(Arc<dyn Foreign<f32>>),
    F64(Arc<dyn Foreign<f64>>),
}

/// Points, or indices, in the memory of an engine: on a card, or, where a program runs without one, in that of this process.
///
/// An operand like a slice, which is used where it lies by calls on the same card. `.eval_device(&cuda)` answers with one, before it is
/// computed: what goes wrong on the way is told by [`wait`](DeviceVec::wait) and [`to_host`](DeviceVec::to_host). Clones share the memory.
///
/// `P` is `T`, `[T; D]`, `u32` or `[u32; D]`: indices are integers of other calls. Labels that were uploaded are
/// [`Integers`](crate::Integers).
#[must_use = "it is computed whether it is used or not; `.to_host()` takes it to this process"]
pub struct DeviceVec<P> {
    numbers: HeldNumbers,
    layout: Layout,
    points: PhantomData<fn() -> P>,
}

/// What a [`DeviceVec`] has for each row: `T`, `[T; D]`, `u32` or `[u32; D]`, for `f32` and `f64`.
///
/// The trait is sealed.
pub trait Entry: Copy + 'static {
    /// How many numbers it is.
    #[doc(hidden)]
    const LEN: usize;
    /// It, of its numbers, one after the other.
    #[doc(hidden)]
    fn of<T: Scalar>(number: impl FnMut(usize) -> T) -> Self;
}

macro_rules! entries {
    ($($t:ident: $from:expr;)*) => {$(
        impl Entry for $t {
            const LEN: usize = 1;
            fn of<T: Scalar>(mut number: impl FnMut(usize) -> T) -> Self {
                ($from)(number(0))
            }
        }
        impl<const D: usize> Entry for [$t; D] {
            const LEN: usize = D;
            fn of<T: Scalar>(mut number: impl FnMut(usize) -> T) -> Self {
                std::array::from_fn(|k| ($from)(number(k)))
            }
        }
    )*};
}
entries! {
    f32: |v: T| v.to_f64() as f32;
    f64: |v: T| v.to_f64();
    u32: |v: T| v.to_index();
}

impl<P> DeviceVec<P> {
    pub(crate) fn new<T: Scalar>(numbers: Arc<dyn Foreign<T>>, layout: Layout) -> Self {
        DeviceVec { numbers: T::held(numbers), layout, points: PhantomData }
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.layout.len
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    pub(crate) fn numbers(&self) -> &HeldNumbers {
        &self.numbers
    }
    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }
    /// Where they are: the card's number and name.
    pub fn place(&self) -> String {
        match &self.numbers {
            HeldNumbers::F32(numbers) => numbers.place(),
            HeldNumbers::F64(numbers) => numbers.place(),
        }
    }
    /// Waits until they are computed.
    ///
    /// # Errors
    /// What has failed on the way.
    pub fn wait(&self) -> Result<(), Error> {
        match &self.numbers {
            HeldNumbers::F32(numbers) => numbers.wait(),
            HeldNumbers::F64(numbers) => numbers.wait(),
        }
    }
}

impl<P: Entry> DeviceVec<P> {
    /// A copy in the memory of this process, when they are computed.
    ///
    /// # Errors
    /// When there is no memory, and what has failed on the way.
    pub fn to_host(&self) -> Result<Vec<P>, Error> {
        fn copy<T: Scalar, P: Entry>(numbers: &dyn Foreign<T>, layout: Layout) -> Result<Vec<P>, Error> {
            let numbers = numbers.to_host()?;
            let view = View::new(Elements::Same(&numbers), layout)?;
            let mut points = vec![];
            points.try_reserve_exact(layout.len).map_err(|_| Error::OutOfMemory { numbers: layout.len * P::LEN })?;
            points.extend((0..layout.len).map(|n| P::of(|k| view.get(n, k))));
            Ok(points)
        }
        match &self.numbers {
            HeldNumbers::F32(numbers) => copy(&**numbers, self.layout),
            HeldNumbers::F64(numbers) => copy(&**numbers, self.layout),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<P: Point> Rows<P> for DeviceVec<P> {
    fn operand(&self) -> Operand<'_, P::T> {
        let numbers = P::T::of_held(&self.numbers).expect("points are of the numbers that their type says");
        Operand::Foreign(numbers, self.layout)
    }
}

impl<P> Clone for DeviceVec<P> {
    fn clone(&self) -> Self {
        DeviceVec { numbers: self.numbers.clone(), ..*self }
    }
}

impl<P> fmt::Debug for DeviceVec<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, point) = (self.len(), std::any::type_name::<P>());
        write!(f, "{len} × {point} on {}", self.place())
    }
}

/// Numbers in the memory of this process, as those of an engine.
impl<T: Scalar> Foreign<T> for Vec<T> {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
    fn place(&self) -> String {
        "the host".into()
    }
    fn to_host(&self) -> Result<Vec<T>, Error> {
        Ok(self.clone())
    }
}

impl<T: Scalar> Keeps<T> for crate::Cpu {
    fn keep(&self, memory: Vec<T>) -> Arc<dyn Foreign<T>> {
        Arc::new(memory)
    }
}
