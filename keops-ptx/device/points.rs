//! Parameters, rows and columns: from operands as they lie in memory to values.

use keops_core::{Bundle, Of, Pass, Real, Wide};

use crate::number::Number;
use crate::thread::Thread;

/// Operands: one behind the other in a bundle `(A, (B, ()))`, each with a pointer of its own.
pub trait Operands: Bundle {
    /// The numbers of a point, or of several side by side: `number(operand, length, k)` is number `k` of a point of the
    /// `operand`, which has `length` of them for each point.
    fn point<R: Number, V: Real>(
        pointers: &[*const R],
        number: impl Fn(*const R, usize, usize) -> V + Copy,
    ) -> Of<Self, V>;
}

impl Operands for () {
    #[inline(always)]
    fn point<R: Number, V: Real>(_: &[*const R], _: impl Fn(*const R, usize, usize) -> V + Copy) {}
}

impl<A: Bundle, B: Operands> Operands for (A, B) {
    #[inline(always)]
    fn point<R: Number, V: Real>(
        pointers: &[*const R],
        number: impl Fn(*const R, usize, usize) -> V + Copy,
    ) -> Of<Self, V> {
        let a = A::load(
            #[inline(always)]
            |k| number(pointers[0], A::LEN, k),
        );
        (a, B::point(&pointers[1..], number))
    }
}

/// The parameters, in numbers that `of` makes.
///
/// # Safety
/// There are as many pointers as operands, to a point each.
#[inline(always)]
pub(crate) unsafe fn params<F: Pass, R: Number, V: Real<Cx = ()>>(
    pointers: &[*const R],
    of: impl Fn(R) -> V + Copy,
) -> Of<F::PerCall, V>
where
    F::Params: Operands,
{
    let operands = F::Params::point::<R, V>(
        pointers,
        #[inline(always)]
        // SAFETY: the caller's
        |operand, _, k| of(unsafe { *operand.add(k) }),
    );
    F::params::<V>((), &operands)
}

/// The same number for each of a thread's points.
#[inline(always)]
pub(crate) fn widen<R: Number, const U: usize>(v: R) -> Wide<R, U> {
    Wide([v; U])
}

/// The values of column `j`.
///
/// # Safety
/// There are as many pointers as operands, to more than `j` points each.
#[inline(always)]
pub(crate) unsafe fn column<F: Pass, R: Number>(p: &Of<F::PerCall, R>, cols: &[*const R], j: u32) -> Of<F::PerCol, R>
where
    F::Cols: Operands,
{
    let operands = F::Cols::point::<R, R>(
        cols,
        #[inline(always)]
        // SAFETY: the caller's
        |operand, len, k| unsafe { *operand.add(j as usize * len + k) },
    );
    F::col::<R>((), p, &operands, j)
}

/// A thread's points, rows or columns: `U` of them.
pub(crate) struct Points<const U: usize> {
    first: u64,
    step: u64,
    len: u32,
}

impl<const U: usize> Points<U> {
    /// Those of a thread, of `len`. Threads beyond the last point repeat it: they are needed where all threads are.
    #[inline(always)]
    pub(crate) fn of(thread: Thread, len: u32) -> Self {
        let (block, of) = (u64::from(thread.block), u64::from(thread.of));
        Self { first: block * of * U as u64 + u64::from(thread.number), step: of, len }
    }

    /// Point `u`; none if it is a repeated one.
    #[inline(always)]
    pub(crate) fn get(&self, u: usize) -> Option<u32> {
        let place = self.first + u as u64 * self.step;
        (place < u64::from(self.len)).then_some(place as u32)
    }

    #[inline(always)]
    pub(crate) fn number(&self, u: usize) -> u32 {
        self.get(u).unwrap_or(self.len - 1)
    }

    /// Writes the numbers of those that are no repeated ones: that of point `i` to `place(i)`.
    ///
    /// # Safety
    /// Each place has room for a number, and belongs to this thread.
    #[inline(always)]
    pub(crate) unsafe fn write<R: Number>(&self, numbers: Wide<R, U>, place: impl Fn(u32) -> *mut R) {
        let _ = Wide::<(), U>::from_fn(
            #[inline(always)]
            |u| {
                if let Some(point) = self.get(u) {
                    // SAFETY: the caller's
                    unsafe { place(point).write(numbers.0[u]) }
                }
            },
        );
    }

    /// The values of rows.
    ///
    /// # Safety
    /// There are as many pointers as operands, to as many points each.
    #[inline(always)]
    pub(crate) unsafe fn values<F: Pass, R: Number>(
        &self,
        p: &Of<F::PerCall, Wide<R, U>>,
        rows: &[*const R],
    ) -> Of<F::PerRow, Wide<R, U>>
    where
        F::Rows: Operands,
    {
        let numbers = Wide::<u32, U>::from_fn(
            #[inline(always)]
            |u| self.number(u),
        );
        let operands = F::Rows::point::<R, Wide<R, U>>(
            rows,
            #[inline(always)]
            |operand, len, k| {
                Wide::from_fn(
                    #[inline(always)]
                    // SAFETY: the caller's; the row is one of `len`
                    |u| unsafe { *operand.add(numbers.0[u] as usize * len + k) },
                )
            },
        );
        F::row::<Wide<R, U>>((), p, &operands, numbers.0)
    }
}
