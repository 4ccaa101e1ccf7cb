//! Parameters, rows and columns: from operands as they lie in memory to values.

use keops_core::{Bundle, Formula, Of, Real, Wide};

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

/// The parameters.
///
/// # Safety
/// There are as many pointers as operands, to a point each.
#[inline(always)]
pub(crate) unsafe fn params<F: Formula, R: Number>(pointers: &[*const R]) -> Of<F::P, R>
where
    F::Params: Operands,
{
    let operands = F::Params::point::<R, R>(
        pointers,
        #[inline(always)]
        // SAFETY: the caller's
        |operand, _, k| unsafe { *operand.add(k) },
    );
    F::params::<R>((), &operands)
}

/// The same, for several rows at once.
///
/// # Safety
/// There are as many pointers as operands, to a point each.
#[inline(always)]
pub(crate) unsafe fn wide_params<F: Formula, R: Number, const U: usize>(pointers: &[*const R]) -> Of<F::P, Wide<R, U>>
where
    F::Params: Operands,
{
    let operands = F::Params::point::<R, Wide<R, U>>(
        pointers,
        #[inline(always)]
        // SAFETY: the caller's
        |operand, _, k| Wide([unsafe { *operand.add(k) }; U]),
    );
    F::params::<Wide<R, U>>((), &operands)
}

/// The values of column `j`.
///
/// # Safety
/// There are as many pointers as operands, to more than `j` points each.
#[inline(always)]
pub(crate) unsafe fn column<F: Formula, R: Number>(p: &Of<F::P, R>, cols: &[*const R], j: u32) -> Of<F::Y, R>
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

/// A thread's rows: `U` of them.
pub(crate) struct Rows<const U: usize> {
    first: u64,
    step: u64,
    m: u32,
}

impl<const U: usize> Rows<U> {
    /// Those of a thread, of `m`. Threads beyond the last row repeat it: they are needed where all threads are.
    #[inline(always)]
    pub(crate) fn of(thread: Thread, m: u32) -> Self {
        let (block, of) = (u64::from(thread.block), u64::from(thread.of));
        Self { first: block * of * U as u64 + u64::from(thread.number), step: of, m }
    }

    /// Row `u`; none if it is a repeated one.
    #[inline(always)]
    pub(crate) fn get(&self, u: usize) -> Option<u32> {
        let place = self.first + u as u64 * self.step;
        (place < u64::from(self.m)).then_some(place as u32)
    }

    #[inline(always)]
    pub(crate) fn number(&self, u: usize) -> u32 {
        self.get(u).unwrap_or(self.m - 1)
    }

    /// Their values.
    ///
    /// # Safety
    /// There are as many pointers as operands, to `m` points each.
    #[inline(always)]
    pub(crate) unsafe fn values<F: Formula, R: Number>(
        &self,
        p: &Of<F::P, Wide<R, U>>,
        rows: &[*const R],
    ) -> Of<F::X, Wide<R, U>>
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
                    // SAFETY: the caller's; the row is one of m
                    |u| unsafe { *operand.add(numbers.0[u] as usize * len + k) },
                )
            },
        );
        F::row::<Wide<R, U>>((), p, &operands, numbers.0)
    }
}
