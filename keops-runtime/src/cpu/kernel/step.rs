//! What a kernel can do: the stages of [`Block`], on values in memory without types.
//!
//! A step knows the types of a formula; who takes it, through a function pointer, does not. [`Beside::enter`] compiles
//! each step for an instruction set: all that it does is inlined there.

use core::hint::black_box;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::slice;

use keops_core::{Bundle, Grid, Mutual, Pass, Reduction, Wide};

use super::TILE_MOST;
use super::blocking::{held, kept};
use super::line::align_stack;
use crate::Scalar;
use crate::cpu::apart::Apart;
use crate::cpu::block::{self, Acc, Block, Entry, Group, RowValues};
use crate::cpu::lanes::Lanes;
#[cfg(not(target_arch = "x86_64"))]
use crate::cpu::lanes::Portable;
#[cfg(target_arch = "x86_64")]
use crate::cpu::x86::{Avx2, Avx512, F32x4, F32x8, F32x16, F64x2, F64x4, F64x8, Sse2};

/// An instruction set, by its token.
pub(super) trait Machine<T: Scalar>: Copy + 'static {
    /// Its lanes.
    type V: Lanes<T = T, Cx = Self>;
    /// The type itself, beside which steps are compiled for the instruction set.
    type Of<X>: Beside<Self, T>;
}

/// Code beside a type, whatever it is. The compiler keeps functions of traits in the unit of their `Self`: that of a formula,
/// which is compiled again where the formula has changed. Were it the token, all kernels of a crate would share one unit.
pub(super) trait Beside<M, T> {
    /// Takes a step, compiled for the instruction set.
    ///
    /// # Safety
    /// The processor has the instruction set, and [`Step::run`] may be called.
    unsafe fn enter<S: Step, const U: usize, const J: usize>(at: Places, with: Data<'_, T>);
}

/// Stamps out an instruction set: its token, how to come by one inside, the attribute of functions that are
/// compiled for it, and its lanes.
macro_rules! machine {
    ($token:ty, $assume:expr, $attribute:tt, $($t:ty => $lanes:ty),*) => { $(
        impl Machine<$t> for $token {
            type V = $lanes;
            type Of<X> = X;
        }
        impl<Of> Beside<$token, $t> for Of {
            # $attribute
            unsafe fn enter<S: Step, const U: usize, const J: usize>(at: Places, with: Data<'_, $t>) {
                // SAFETY: the caller vouches for the processor and for the places.
                unsafe { S::run::<$lanes, U, J>($assume, at, with) }
            }
        }
    )* };
}
#[cfg(target_arch = "x86_64")]
machine!(
    Avx512, Avx512::assume(),
    [target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")],
    f32 => F32x16, f64 => F64x8
);
#[cfg(target_arch = "x86_64")]
machine!(Avx2, Avx2::assume(), [target_feature(enable = "avx2,fma")], f32 => F32x8, f64 => F64x4);
#[cfg(target_arch = "x86_64")]
machine!(Sse2, Sse2::of_target(), [inline(never)], f32 => F32x4, f64 => F64x2);
#[cfg(not(target_arch = "x86_64"))]
machine!((), (), [inline(never)], f32 => Portable<f32, 4>, f64 => Portable<f64, 2>);

/// Where the values are that a step works on. Each step says which of them it reads and writes.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// A vector for each number of the parameters.
    pub(super) params: *mut u8,
    /// [`RowValues`] of a block.
    pub(super) x: *mut u8,
    /// [`Acc`] of the block.
    pub(super) acc: *mut u8,
    /// [`Entry`]s of the tile, or [`Group`]s.
    pub(super) tile: *mut u8,
    /// How many of them.
    pub(super) entries: usize,
    /// What the fields of [`Apart`] lie in, one after the other: always numbers.
    pub(super) apart: *mut u8,
}

/// What else a step takes.
pub(super) struct Data<'a, T> {
    /// Numbers to read, vector after vector, each one component after the other with a number for every lane.
    pub(super) from: &'a [T],
    /// The numbers of the rows or columns in the lanes.
    pub(super) index: &'a [u32],
    /// Numbers to write.
    pub(super) to: &'a mut [T],
    /// The number of the first column that goes into an entry, and whether a column goes into all of its lanes. Else each
    /// lane has another column.
    pub(super) first: usize,
    pub(super) spread: bool,
}

impl<T> Data<'_, T> {
    /// Nothing: for the fields that a step has no use for.
    pub(super) fn none() -> Self {
        Data { from: &[], index: &[], to: &mut [], first: 0, spread: false }
    }
}

/// A stage of a kernel on values in memory. It is a type of no more than it knows of a formula: formulas with equal columns
/// or reductions share the steps of those.
pub(super) trait Step {
    /// # Safety
    /// The places that a step reads hold values of the types that [`Places`] names, for the same `F`, `V`, `U` and `J`; those
    /// that it writes have room for them. All are aligned for these types, and nobody else uses them meanwhile.
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>);
}

/// Writes the parameters, from their numbers.
pub(super) struct TakeParams<F>(PhantomData<F>);
impl<F: Pass> Step for TakeParams<F> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: there is room for as many vectors, aligned; they need not have been written.
        let to = unsafe { slice::from_raw_parts_mut(at.params.cast::<MaybeUninit<V>>(), F::PerCall::LEN) };
        Block::<F, V, 1>::params(cx, with.from, to);
    }
}

/// Writes the accumulator of no columns.
pub(super) struct Start<R>(PhantomData<R>);
impl<R: Reduction> Step for Start<R> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, _: Data<'_, V::T>) {
        // SAFETY: there is room for a value of the type, aligned.
        unsafe { at.acc.cast::<Acc<R, V, U>>().write(R::start::<Wide<V, U>>(cx)) }
    }
}

/// Computes the values of columns, some vectors of them, as numbers; reads the parameters.
pub(super) struct TakeCols<F>(PhantomData<F>);
impl<F: Pass> Step for TakeCols<F> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, aligned.
        let params = &Block::<F, V, 1>::widen(unsafe { slice::from_raw_parts(at.params.cast(), F::PerCall::LEN) });
        for (v, index) in with.index.chunks_exact(V::N).enumerate() {
            let from = &with.from[v * F::Cols::LEN * V::N..][..F::Cols::LEN * V::N];
            let to = &mut with.to[v * F::PerCol::LEN * V::N..][..F::PerCol::LEN * V::N];
            Block::<F, V, 1>::cols(cx, params, from, index, to);
        }
    }
}

/// The values of the vector with this column.
#[inline(always)]
fn vector<Y: Bundle, V: Lanes>(cols: &[V::T], column: usize) -> &[V::T] {
    let len = Y::LEN * V::N;
    &cols[column / V::N * len..][..len]
}

/// Writes entries of the tile, from columns as numbers.
pub(super) struct TakeEntries<Y>(PhantomData<Y>);
impl<Y: Bundle> Step for TakeEntries<Y> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        for e in 0..at.entries {
            let column = with.first + if with.spread { e } else { e * V::N };
            let y = block::entry::<Y, V>(cx, vector::<Y, V>(with.from, column), with.spread.then_some(column % V::N));
            // SAFETY: there is room for `entries` values of the type, aligned.
            unsafe { at.tile.cast::<Entry<Y, V>>().add(e).write(y) }
        }
    }
}

/// Writes groups of the tile, from columns as numbers.
pub(super) struct TakeGroups<Y>(PhantomData<Y>);
impl<Y: Bundle> Step for TakeGroups<Y> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(_: V::Cx, at: Places, with: Data<'_, V::T>) {
        for e in 0..at.entries {
            let column = with.first + e * J;
            let y = block::group::<Y, V, J>(vector::<Y, V>(with.from, column), column % V::N);
            // SAFETY: there is room for `entries` values of the type, aligned.
            unsafe { at.tile.cast::<Group<Y, V, J>>().add(e).write(y) }
        }
    }
}

/// A block of rows, and the entries of the tile that it meets.
struct Met<'a, F: Pass, V: Lanes, Y, const U: usize> {
    params: &'a [V],
    x: &'a RowValues<F, V, U>,
    tile: &'a [Y],
    acc: &'a mut Acc<F::Reduce, V, U>,
}

/// What lies in the places of a step that reduces over entries `Y`.
///
/// # Safety
/// The parameters are vectors, all else are values of their types; they are aligned and do not overlap.
#[inline(always)]
unsafe fn met<'a, F: Pass, V: Lanes, Y, const U: usize>(at: Places) -> Met<'a, F, V, Y, U> {
    align_stack();
    // SAFETY: by the contract
    unsafe {
        Met {
            params: slice::from_raw_parts(at.params.cast(), F::PerCall::LEN),
            x: &*at.x.cast(),
            tile: slice::from_raw_parts(at.tile.cast(), at.entries),
            acc: &mut *at.acc.cast(),
        }
    }
}

/// The stages of a block, those that are asked for: computes the values of its rows, where there are indices of them, and begins with nothing reduced;
/// reduces over the entries, where there are any; and hands out results, where there is room for them. Reads the parameters, and rows and accumulator
/// where these are not new; writes these unless there are results.
///
/// One step, and not three: with few columns, a block goes through all of them in registers, where most of the time else went to memory.
pub(super) struct Stages<F>(PhantomData<F>);
impl<F: Pass> Step for Stages<F> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        align_stack();
        let (x, acc) = (at.x.cast::<RowValues<F, V, U>>(), at.acc.cast::<Acc<F::Reduce, V, U>>());
        let kept = const { kept::<F, V>(U, 1) };
        // Of neither the compiler may know, wherever it is asked, that it is what it was before: it would write out the pairs for each case.
        let (is_new, is_last) = (!with.index.is_empty(), !with.to.is_empty());
        // SAFETY: the parameters are vectors, all else are values of their types, or places for such where rows are new; they are aligned and do not
        // overlap. What is new is written before it is read.
        unsafe {
            let params = slice::from_raw_parts(at.params.cast(), F::PerCall::LEN);
            let tile = slice::from_raw_parts(at.tile.cast(), at.entries);
            let own;
            let x = if is_new {
                own = Block::<F, V, U>::rows(cx, &Block::<F, V, U>::widen(params), with.from, with.index);
                if !(kept && is_last) {
                    x.write(own);
                }
                if kept { &own } else { &*x }
            } else if kept {
                own = *x;
                &own
            } else {
                &*x
            };
            if const { held::<F, V>(U) } {
                let mut now = so_far::<F::Reduce, V, U>(cx, acc, black_box(is_new));
                if !tile.is_empty() {
                    let mut part = F::Reduce::part::<Wide<V, U>>(cx, &now);
                    Block::<F, V, U>::push::<Wide<V, U>>(cx, params, x, kept, tile, &mut part);
                    now = match F::Reduce::of_part::<Wide<V, U>>(cx, &part) {
                        Some(first) if black_box(is_new) => first,
                        _ => {
                            let mut now = so_far::<F::Reduce, V, U>(cx, acc, black_box(is_new));
                            F::Reduce::absorb::<Wide<V, U>>(cx, &mut now, &part);
                            now
                        }
                    };
                }
                if black_box(is_last) {
                    Block::<F, V, U>::finish(cx, &Block::<F, V, U>::widen(params), x, &now, with.to);
                } else {
                    acc.write(now);
                }
            } else {
                if is_new {
                    acc.write(F::Reduce::start::<Wide<V, U>>(cx));
                }
                if !tile.is_empty() {
                    Block::<F, V, U>::pairs::<Wide<V, U>>(cx, params, x, kept, tile, &mut *acc);
                }
                if black_box(is_last) {
                    Block::<F, V, U>::finish(cx, &Block::<F, V, U>::widen(params), x, &*acc, with.to);
                }
            }
        }
    }
}

/// What a block has been reduced into: nothing where it is new. The compiler reads it anew each time, for to keep it over a loop would take registers.
///
/// # Safety
/// There is a value of the type, unless it is new.
#[inline(always)]
unsafe fn so_far<R: Reduction, V: Lanes, const U: usize>(
    cx: V::Cx,
    acc: *const Acc<R, V, U>,
    is_new: bool,
) -> Acc<R, V, U> {
    // SAFETY: by the contract
    if is_new { R::start::<Wide<V, U>>(cx) } else { unsafe { *black_box(acc) } }
}

/// Hands out what the pairs of a block push into sums: those of one entry after the other. Reads parameters and rows, and an accumulator, of
/// which nothing goes into a sum.
pub(super) struct Values<F>(PhantomData<F>);
impl<F: Pass> Step for Values<F> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, all else are values of their types; they are aligned and do not overlap.
        unsafe {
            let Met { params, x, tile, acc } = met::<F, V, Entry<F::PerCol, V>, U>(at);
            Block::<F, V, U>::values(cx, params, x, const { kept::<F, V>(U, 1) }, tile, acc, with.to);
        }
    }
}

/// Reduces over entries of the tile into the accumulator, and sums over the rows: for each entry into some vectors of numbers. Reads parameters
/// and rows.
pub(super) struct PairsAcross<F>(PhantomData<F>);
impl<F: Mutual> Step for PairsAcross<F> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, all else are values of their types; they are aligned and do not overlap.
        unsafe {
            let Met { params, x, tile, acc } = met::<F, V, Entry<F::PerCol, V>, U>(at);
            Block::<F, V, U>::pairs_across(cx, params, x, const { kept::<F, V>(U, 1) }, tile, acc, with.to);
        }
    }
}

/// Reduces over entries of the tile where all vectors of a block have one row, and all have been reduced alike: the first meets the entries, and the
/// others take what it is reduced into. Reads parameters and rows.
pub(super) struct PairsOfOneRow<F>(PhantomData<F>);
impl<F: Pass> Step for PairsOfOneRow<F> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, _: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, all else are values of their types; they are aligned and do not overlap.
        let Met { params, x, tile, acc } = unsafe { met::<F, V, Entry<F::PerCol, V>, U>(at) };
        let x = &block::first::<F::PerRow, V, U>(x);
        let mut first = block::first::<<F::Reduce as Reduction>::Acc, V, U>(acc);
        Block::<F, V, 1>::pairs::<Wide<V, 1>>(cx, params, x, const { kept::<F, V>(1, 1) }, tile, &mut first);
        *acc = block::all_as::<<F::Reduce as Reduction>::Acc, V, U>(&first);
    }
}

/// Reduces over groups of the tile into the accumulator; reads parameters and rows.
pub(super) struct PairsOfGroups<F>(PhantomData<F>);
impl<F: Pass> Step for PairsOfGroups<F> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, _: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, all else are values of their types; they are aligned and do not overlap.
        unsafe {
            let Met { params, x, tile, acc } = met::<F, V, Group<F::PerCol, V, J>, U>(at);
            Block::<F, V, U>::pairs::<Grid<V, U, J>>(cx, params, x, const { kept::<F, V>(U, J) }, tile, acc);
        }
    }
}

/// What lies at [`Places::apart`], for a pass whose pairs are told the squared distance.
///
/// # Safety
/// There is [room](room_apart) for these, and for as many groups as there are entries; all are numbers, aligned, and nobody else uses
/// them meanwhile.
#[inline(always)]
unsafe fn apart<'a, F: Pass, V: Lanes, const U: usize, const J: usize>(at: Places) -> Apart<'a, V, U, J> {
    let rows = at.apart.cast::<Wide<V, U>>();
    // SAFETY: by the contract; the places follow each other, and alignment only becomes less.
    unsafe {
        let products = rows.add(F::APART + 1).cast::<Grid<V, U, J>>();
        let centre = products.add(TILE_MOST / J).cast::<Wide<V::T, J>>();
        let cols = centre.add(F::APART);
        Apart {
            rows: slice::from_raw_parts_mut(rows, F::APART + 1),
            products: slice::from_raw_parts_mut(products, at.entries),
            centre: slice::from_raw_parts_mut(centre, F::APART),
            cols: slice::from_raw_parts_mut(cols, at.entries * (F::APART + 1)),
        }
    }
}

/// How many bytes that takes: for rows, the products of as many groups as a tile has at most, and the centre; and for each group.
pub(super) const fn room_apart<F: Pass, V: Lanes, const U: usize, const J: usize>() -> (usize, usize) {
    let (row, col) = (size_of::<Wide<V, U>>(), size_of::<Wide<V::T, J>>());
    let products = TILE_MOST / J * size_of::<Grid<V, U, J>>();
    ((F::APART + 1) * row + products + F::APART * col, (F::APART + 1) * col)
}

/// Takes the columns of a tile of groups relative to their centre.
pub(super) struct TakeApart<F>(PhantomData<F>);
impl<F: Pass> Step for TakeApart<F> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(_: V::Cx, at: Places, _: Data<'_, V::T>) {
        // SAFETY: the groups are values of their type, aligned; what is apart is numbers with room for them.
        unsafe {
            let tile = slice::from_raw_parts(at.tile.cast::<Group<F::PerCol, V, J>>(), at.entries);
            apart::<F, V, U, J>(at).take::<F>(tile);
        }
    }
}

/// Reduces over groups of the tile into the accumulator, from the squared distances of pairs; reads parameters, rows, and what has
/// been taken apart.
pub(super) struct PairsApart<F>(PhantomData<F>);
impl<F: Pass> Step for PairsApart<F> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, _: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, all else are values of their types; they are aligned and do not overlap.
        unsafe {
            let Met { params, x, tile, acc } = met::<F, V, Group<F::PerCol, V, J>, U>(at);
            apart::<F, V, U, J>(at).pairs::<F>(cx, params, x, tile, acc);
        }
    }
}

/// Lets the accumulator forget what rounding has taken from its sums.
pub(super) struct Forget<R>(PhantomData<R>);
impl<R: Reduction> Step for Forget<R> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, _: Data<'_, V::T>) {
        // SAFETY: the accumulator is a value of the type, and aligned.
        R::forget::<Wide<V, U>>(cx, unsafe { &mut *at.acc.cast::<Acc<R, V, U>>() });
    }
}

/// Lets the sums of the accumulator take back what rounding has taken from them.
pub(super) struct Settle<R>(PhantomData<R>);
impl<R: Reduction> Step for Settle<R> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, _: Data<'_, V::T>) {
        // SAFETY: the accumulator is a value of the type, and aligned.
        R::settle::<Wide<V, U>>(cx, unsafe { &mut *at.acc.cast::<Acc<R, V, U>>() });
    }
}

/// Hands out the accumulator.
pub(super) struct Save<R>(PhantomData<R>);
impl<R: Reduction> Step for Save<R> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(_: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: the accumulator is a value of the type, and aligned.
        block::store::<R::Acc, V, U>(unsafe { &*at.acc.cast::<Acc<R, V, U>>() }, with.to);
    }
}

/// Merges what an accumulator has handed out.
pub(super) struct Merge<R>(PhantomData<R>);
impl<R: Reduction> Step for Merge<R> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        let other = block::load::<R::Acc, V, U>(cx, with.from);
        // SAFETY: the accumulator is a value of the type, and aligned.
        R::merge::<Wide<V, U>>(cx, unsafe { &mut *at.acc.cast::<Acc<R, V, U>>() }, &other);
    }
}

/// Writes the accumulator that has been handed out.
pub(super) struct Load<R>(PhantomData<R>);
impl<R: Reduction> Step for Load<R> {
    #[inline(always)]
    unsafe fn run<V: Lanes, const U: usize, const J: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        let acc = block::load::<R::Acc, V, U>(cx, with.from);
        // SAFETY: there is room for a value of the type, aligned.
        unsafe { at.acc.cast::<Acc<R, V, U>>().write(acc) }
    }
}
