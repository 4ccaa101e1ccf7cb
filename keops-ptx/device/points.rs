//! Parameters, rows and columns: from operands as they lie in memory to values, and from results to where they go.

use keops_core::launch::{Source, Target, Task};
use keops_core::{Bundle, Dim, Idx, Of, One, Pass, Real, Shape, Wide};

use crate::kernel::{Pointer, Work, again, task};
use crate::number::Number;
use crate::thread::Thread;

/// A bundle of operands, or of outputs, in pairs: one behind the other, each with a place of its own.
pub trait Operands: Bundle {
    /// How many operands there are.
    const COUNT: usize;

    /// The values of a point, or of several side by side: `point` finds it in a source, and `number` is what lies so many
    /// numbers behind.
    ///
    /// # Safety
    /// There is a source for each operand.
    unsafe fn read<V: Real, Q>(
        sources: *const Source<Pointer>,
        point: impl Fn(&Source<Pointer>) -> Q + Copy,
        number: impl Fn(&Q, usize) -> V + Copy,
    ) -> Of<Self, V>;

    /// Hands out each component of each output, with its target and its number there.
    ///
    /// # Safety
    /// There is a target for each output.
    unsafe fn write<V: Real>(
        v: &Of<Self, V>,
        targets: *const Target<Pointer>,
        put: impl Fn(&Target<Pointer>, usize, V) + Copy,
    );
}

impl Operands for () {
    const COUNT: usize = 0;
    #[inline(always)]
    unsafe fn read<V: Real, Q>(
        _: *const Source<Pointer>,
        _: impl Fn(&Source<Pointer>) -> Q + Copy,
        _: impl Fn(&Q, usize) -> V + Copy,
    ) {
    }
    #[inline(always)]
    unsafe fn write<V: Real>((): &(), _: *const Target<Pointer>, _: impl Fn(&Target<Pointer>, usize, V) + Copy) {}
}

/// A single operand: a number, a vector, or indices.
macro_rules! operand {
    ([$($generic:tt)*] $shape:ty) => {
        impl<$($generic)*> Operands for $shape {
            const COUNT: usize = 1;
            #[inline(always)]
            unsafe fn read<V: Real, Q>(
                sources: *const Source<Pointer>,
                point: impl Fn(&Source<Pointer>) -> Q + Copy,
                number: impl Fn(&Q, usize) -> V + Copy,
            ) -> Of<Self, V> {
                // SAFETY: the caller's: there is a source
                let source = unsafe { *sources };
                let point = point(&source);
                Self::load(
                    #[inline(always)]
                    |k| number(&point, k * source.component as usize),
                )
            }
            #[inline(always)]
            unsafe fn write<V: Real>(
                v: &Of<Self, V>,
                targets: *const Target<Pointer>,
                put: impl Fn(&Target<Pointer>, usize, V) + Copy,
            ) {
                // SAFETY: the caller's: there is a target
                let target = unsafe { *targets };
                Self::store(
                    v,
                    #[inline(always)]
                    |k, v| put(&target, k, v),
                );
            }
        }
    };
}
operand!([] One);
operand!([const D: usize] Dim<D>);
operand!([S: Shape] Idx<S>);

impl<A: Operands, B: Operands> Operands for (A, B) {
    const COUNT: usize = A::COUNT + B::COUNT;
    #[inline(always)]
    unsafe fn read<V: Real, Q>(
        sources: *const Source<Pointer>,
        point: impl Fn(&Source<Pointer>) -> Q + Copy,
        number: impl Fn(&Q, usize) -> V + Copy,
    ) -> Of<Self, V> {
        // SAFETY: the caller's: there is a source for each operand of `A`, and behind them one for each of `B`
        unsafe { (A::read(sources, point, number), B::read(sources.add(A::COUNT), point, number)) }
    }
    #[inline(always)]
    unsafe fn write<V: Real>(
        v: &Of<Self, V>,
        targets: *const Target<Pointer>,
        put: impl Fn(&Target<Pointer>, usize, V) + Copy,
    ) {
        // SAFETY: the caller's: there is a target for each output of `A`, and behind them one for each of `B`
        unsafe {
            A::write(&v.0, targets, put);
            B::write(&v.1, targets.add(A::COUNT), put);
        }
    }
}

/// The place of point `n`.
#[inline(always)]
fn place<R>(source: &Source<Pointer>, n: u32) -> *const R {
    let n = source.start.wrapping_add(n);
    let n = if n < source.cycle { n } else { n.checked_rem(source.cycle).unwrap_or(n) };
    source.numbers.cast_const().cast::<R>().wrapping_add(n as usize * source.point as usize)
}

/// The parameters of a task, in numbers that `of` makes.
///
/// # Safety
/// [`keops_core::launch`], 2.
#[inline(always)]
pub(crate) unsafe fn params<F: Pass, R: Number, V: Real<Cx = ()>>(
    work: &Work,
    task: &Task,
    of: impl Fn(R) -> V + Copy,
) -> Of<F::PerCall, V>
where
    F::Params: Operands,
{
    let [call, problem, block] = task.points;
    // SAFETY: 2: there is a source for each parameter, with the numbers of the points that tasks name
    let operands = unsafe {
        F::Params::read(
            work.params.cast_const().cast(),
            #[inline(always)]
            |source| {
                let point = match source.per {
                    0 => call,
                    1 => problem,
                    _ => block,
                };
                place::<R>(source, point)
            },
            #[inline(always)]
            |point, k| of(*point.add(k)),
        )
    };
    F::params::<V>((), &operands)
}

/// The same number for each of a thread's points.
#[inline(always)]
pub(crate) fn widen<R: Number, const U: usize>(v: R) -> Wide<R, U> {
    Wide([v; U])
}

/// The index of a point of the window.
///
/// # Safety
/// [`keops_core::launch`], 4, and `n` is in the window.
#[inline(always)]
unsafe fn index(indices: Pointer, shift: u32, n: u32) -> u32 {
    // SAFETY: 4: if it is not null, there is an index for each point of the window
    if indices.is_null() {
        shift.wrapping_add(n)
    } else {
        unsafe { *indices.cast_const().cast::<u32>().add(n as usize) }
    }
}

/// The values of column `j` of the window.
///
/// # Safety
/// [`keops_core::launch`], 2 and 4, and `j` is in the window.
#[inline(always)]
pub(crate) unsafe fn column<F: Pass, R: Number>(
    p: &Of<F::PerCall, R>,
    work: &Work,
    task: &Task,
    j: u32,
) -> Of<F::PerCol, R>
where
    F::Cols: Operands,
{
    // SAFETY: 2: there is a source for each operand, with the numbers of every column in the window; 4: `j` is one
    unsafe {
        let operands = F::Cols::read(
            work.cols.cast_const().cast(),
            #[inline(always)]
            |source| place::<R>(source, j),
            #[inline(always)]
            |point, k| *point.add(k),
        );
        F::col::<R>((), p, &operands, index(work.col_indices, task.col_shift, j))
    }
}

/// A thread's points, rows or columns of a task: `U` of them.
pub(crate) struct Points<const U: usize> {
    first: u32,
    len: u32,
    thread: u32,
    step: u32,
}

impl<const U: usize> Points<U> {
    /// Those of a thread. Threads beyond the last point repeat it: they are needed where all threads are.
    #[inline(always)]
    pub(crate) fn of(thread: Thread, task: &Task) -> Self {
        Self { first: task.first, len: task.len, thread: thread.number, step: thread.of }
    }

    /// Those of a thread, read from memory [`again`].
    ///
    /// # Safety
    /// [`keops_core::launch`], 1.
    #[inline(always)]
    pub(crate) unsafe fn again(work: &Work, thread: Thread) -> Self {
        let task = task(work, thread);
        // SAFETY: 1
        let [first, len] = unsafe { [again(&raw const (*task).first), again(&raw const (*task).len)] };
        Self { first, len, thread: thread.number, step: thread.of }
    }

    /// Point `u`; none if it is a repeated one.
    #[inline(always)]
    pub(crate) fn get(&self, u: usize) -> Option<u32> {
        let place = self.thread + u as u32 * self.step;
        (place < self.len).then_some(self.first + place)
    }

    /// Point `u`, or the last one.
    #[inline(always)]
    pub(crate) fn point(&self, u: usize) -> u32 {
        self.first + (self.thread + u as u32 * self.step).min(self.len - 1)
    }

    /// Does something with each that is no repeated one, and its number of `numbers`.
    #[inline(always)]
    pub(crate) fn each<R: Number>(&self, numbers: Wide<R, U>, with: impl Fn(u32, R)) {
        let _ = Wide::<(), U>::from_fn(
            #[inline(always)]
            |u| {
                if let Some(point) = self.get(u) {
                    with(point, numbers.0[u]);
                }
            },
        );
    }

    /// The values of rows.
    ///
    /// # Safety
    /// [`keops_core::launch`], 1, 2 and 4.
    #[inline(always)]
    pub(crate) unsafe fn values<F: Pass, R: Number>(
        &self,
        p: &Of<F::PerCall, Wide<R, U>>,
        work: &Work,
        task: &Task,
    ) -> Of<F::PerRow, Wide<R, U>>
    where
        F::Rows: Operands,
    {
        let indices = Wide::<u32, U>::from_fn(
            #[inline(always)]
            // SAFETY: 1 and 4: the row is in the window
            |u| unsafe { index(work.row_indices, task.row_shift, self.point(u)) },
        );
        // SAFETY: 1 and 2: there is a source for each operand, with the numbers of every row in the window
        let operands = unsafe {
            F::Rows::read(
                work.rows.cast_const().cast(),
                #[inline(always)]
                |source| {
                    Wide::<*const R, U>::from_fn(
                        #[inline(always)]
                        |u| place::<R>(source, self.point(u)),
                    )
                },
                #[inline(always)]
                |points, k| {
                    Wide::from_fn(
                        #[inline(always)]
                        |u| *points.0[u].add(k),
                    )
                },
            )
        };
        F::row::<Wide<R, U>>((), p, &operands, indices.0)
    }

    /// Writes the outputs of rows.
    ///
    /// # Safety
    /// [`keops_core::launch`], 1, 7 and 9.
    #[inline(always)]
    pub(crate) unsafe fn write<F: Pass, R: Number>(&self, out: &Of<F::Out, Wide<R, U>>, work: &Work)
    where
        F::Out: Operands,
    {
        // SAFETY: 7: there is a target for each output; 1 and 9: the row is in the window, and its places there are its own
        unsafe {
            F::Out::write(
                out,
                work.outs.cast_const().cast(),
                #[inline(always)]
                |target, k, v: Wide<R, U>| {
                    self.each(
                        v,
                        #[inline(always)]
                        |row, v| {
                            let place = u64::from(row) * target.point + k as u64 * target.component;
                            target.numbers.cast::<R>().add(place as usize).write(v);
                        },
                    );
                },
            );
        }
    }
}
