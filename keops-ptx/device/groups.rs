//! Values of columns in groups, as they lie in memory where vectors are long.

use core::hint;
use core::marker::PhantomData;
use core::ptr::{NonNull, addr_of_mut};

use keops_core::launch::{Footprint, Task};
use keops_core::{Bundle, Dim, Idx, Of, One, Wide};

use crate::kernel::Work;
use crate::number::Number;

/// Values of columns, in groups.
pub trait Scatter: Bundle {
    /// Writes the values of a column to its place in a group.
    ///
    /// # Safety
    /// There is room for the group, and `column < J`.
    unsafe fn scatter<R: Number, const J: usize>(v: &Of<Self, R>, group: *mut Of<Self, Wide<R, J>>, column: usize);
}

impl Scatter for () {
    #[inline(always)]
    unsafe fn scatter<R: Number, const J: usize>((): &(), _: *mut (), _: usize) {}
}

impl Scatter for One {
    #[inline(always)]
    unsafe fn scatter<R: Number, const J: usize>(v: &R, group: *mut Wide<R, J>, column: usize) {
        // SAFETY: the caller's: there is room for `J` numbers, and `column` is less; `Wide` is an array
        unsafe { group.cast::<R>().add(column).write(*v) }
    }
}

impl<const D: usize> Scatter for Dim<D> {
    #[inline(always)]
    unsafe fn scatter<R: Number, const J: usize>(v: &[R; D], group: *mut [Wide<R, J>; D], column: usize) {
        for (k, v) in v.iter().enumerate() {
            // SAFETY: the caller's: there is room for these D arrays of J, and `column < J`
            unsafe { group.cast::<R>().add(k * J + column).write(*v) }
        }
    }
}

impl Scatter for Idx<One> {
    #[inline(always)]
    unsafe fn scatter<R: Number, const J: usize>(v: &u32, group: *mut [u32; J], column: usize) {
        // SAFETY: the caller's: there is room for `J` indices, and `column` is less
        unsafe { group.cast::<u32>().add(column).write(*v) }
    }
}

impl<const D: usize> Scatter for Idx<Dim<D>> {
    #[inline(always)]
    unsafe fn scatter<R: Number, const J: usize>(v: &[u32; D], group: *mut [[u32; J]; D], column: usize) {
        for (k, v) in v.iter().enumerate() {
            // SAFETY: the caller's: there is room for these D arrays of J, and `column < J`
            unsafe { group.cast::<u32>().add(k * J + column).write(*v) }
        }
    }
}

impl<A: Scatter, B: Scatter> Scatter for (A, B) {
    #[inline(always)]
    unsafe fn scatter<R: Number, const J: usize>(v: &Of<Self, R>, group: *mut Of<Self, Wide<R, J>>, column: usize) {
        // SAFETY: the caller's: the places of both halves are within the group's
        unsafe {
            A::scatter::<R, J>(&v.0, addr_of_mut!((*group).0), column);
            B::scatter::<R, J>(&v.1, addr_of_mut!((*group).1), column);
        }
    }
}

/// Values of a problem's columns in memory: of those that fill groups of `J`, and behind these one by one of the rest, or of
/// all. Columns are counted from the first one that the problem has in the window.
pub struct Groups<Y, R, const J: usize> {
    numbers: *mut R,
    grouped: u32,
    singles: bool,
    values: PhantomData<Y>,
}

impl<Y: Scatter, R: Number, const J: usize> Groups<Y, R, J> {
    /// Those of a task's problem.
    ///
    /// # Safety
    /// [`keops_core::launch`], 5.
    #[inline(always)]
    pub unsafe fn new(work: &Work, task: &Task, footprint: Footprint) -> Self {
        const {
            assert!(size_of::<Of<Y, Wide<R, J>>>() <= J * Y::LEN * size_of::<R>());
            assert!(size_of::<Of<Y, R>>() <= Y::LEN * size_of::<R>());
        }
        let nothing = NonNull::<u128>::dangling().as_ptr().cast::<R>();
        let all = if Y::LEN == 0 { nothing } else { work.columns.cast::<R>() };
        let grouped = footprint.grouped(task.cols[1] - task.cols[0], work.summed);
        let numbers = all.wrapping_add(task.place as usize * Y::LEN);
        Self { numbers, grouped, singles: work.singles != 0, values: PhantomData }
    }

    /// How many columns are in groups.
    #[inline(always)]
    pub fn grouped(&self) -> u32 {
        self.grouped
    }

    #[inline(always)]
    fn group_place(&self, group: u32) -> *mut Of<Y, Wide<R, J>> {
        self.numbers.wrapping_add(group as usize * J * Y::LEN).cast()
    }

    #[inline(always)]
    fn column_place(&self, column: u32) -> *mut Of<Y, R> {
        let behind = if self.singles { self.grouped } else { 0 };
        self.numbers.wrapping_add((behind as usize + column as usize) * Y::LEN).cast()
    }

    /// Writes the values of a column.
    ///
    /// # Safety
    /// It is one of those.
    #[inline(always)]
    pub unsafe fn write(&self, column: u32, y: &Of<Y, R>) {
        // SAFETY: `new`: there is room for all columns, and each has places of its own
        unsafe {
            if column < self.grouped {
                Y::scatter::<R, J>(y, self.group_place(column / J as u32), column as usize % J);
            }
            if column >= self.grouped || self.singles {
                self.column_place(column).write(*y);
            }
        }
    }

    /// The values of the columns of a group that is filled.
    ///
    /// # Safety
    /// They were written.
    #[inline(always)]
    pub unsafe fn group(&self, group: u32) -> &Of<Y, Wide<R, J>> {
        let place = self.group_place(group);
        // SAFETY: the caller's. `new`: all begins on 16 bytes, places are multiples of groups, and the compiler takes 16 bytes at
        // once only where it knows that they are aligned.
        unsafe {
            let aligned = const { (J * size_of::<R>()).is_multiple_of(16) };
            hint::assert_unchecked(!aligned || place.addr().is_multiple_of(16));
            &*place
        }
    }

    /// The values of a column: of one in no group, unless all are there one by one.
    ///
    /// # Safety
    /// They were written.
    #[inline(always)]
    pub unsafe fn column(&self, column: u32) -> &Of<Y, R> {
        // SAFETY: the caller's
        unsafe { &*self.column_place(column) }
    }
}
