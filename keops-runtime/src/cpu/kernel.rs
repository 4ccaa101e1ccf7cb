//! One formula, one scalar type, one instruction set: compiled once, behind function pointers.
//!
//! [`Compile`] is where the types of a formula end. What it leaves are the sizes of the values of a block of rows, and
//! one pointer to each [`Step`] on them, an instance of [`Block`] compiled for the instruction set. [`State`] lays the
//! values out in memory and takes the steps; like all that follows, it is compiled once for all formulas.
//!
//! # Safety
//!
//! All that is unsafe in this crate, but for the lanes themselves, is here: entering code of an instruction set, and
//! keeping values in memory without types. Two invariants carry it.
//!
//! * *A kernel exists only on a processor that has its instruction set*: it is made from a token of it.
//! * *A state reads only what its own kernel has written.* Places for values are sized and aligned by the types of the
//!   kernel and do not overlap. The parameters are written at once; the values of block `b` before `blocks` passes `b`;
//!   entry `e` of the tile before `entries` passes `e`. A state stays on its thread, for its values need not be `Send`;
//!   results leave it as numbers.

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::Range;
use core::slice;

use keops_core::{Bundle, Formula, Reduction};

use super::block::{self, Acc, Block, Cols, Rows};
use super::isa::Isa;
use super::lanes::{Lanes, Portable};
#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512, F32x8, F32x16, F64x4, F64x8};
use crate::{Error, Scalar};

/// Values are aligned to lines: the size of the largest register, and of a line of the caches.
const LINE: usize = 64;

/// Up to as many numbers per column, a tile has each of them once; the block loads them into registers. Beyond, it has
/// them as the formula takes them, once for each vector of a block.
const FEW: usize = 16;

/// A formula, compiled for an instruction set.
#[derive(Clone, Copy)]
pub struct Kernel<T> {
    /// How many lanes a vector has.
    pub(super) lanes: usize,
    /// How many vectors a block has.
    pub(super) vectors: usize,
    /// How many numbers the bundles of the formula have.
    pub(super) len: Lens,
    /// How many bytes its values take.
    pub(super) size: Sizes,
    steps: Steps<T>,
}

/// How many numbers the bundles of a formula have.
#[derive(Clone, Copy)]
pub(super) struct Lens {
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) y: usize,
    pub(super) acc: usize,
    pub(super) out: usize,
}

/// How many bytes the values of a kernel take, in whole lines but for the entries of a tile.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    params: usize,
    pub(super) x: usize,
    pub(super) acc: usize,
    pub(super) entry: usize,
}

/// What a scalar type is to this engine: its name cannot be reached from outside, so that no other types are scalars.
pub trait Compile: Sized {
    /// A formula, compiled for an instruction set; for the baseline, should the processor not have that one.
    #[doc(hidden)]
    fn kernel<F: Formula>(isa: Isa) -> Kernel<Self>;
}

macro_rules! compile {
    ($($t:ty),*) => { $(
        impl Compile for $t {
            fn kernel<F: Formula>(isa: Isa) -> Kernel<$t> {
                match isa {
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx512 => Avx512::detect().map(Kernel::on::<F, _>),
                    #[cfg(target_arch = "x86_64")]
                    Isa::Avx2 => Avx2::detect().map(Kernel::on::<F, _>),
                    _ => None,
                }
                .unwrap_or_else(|| Kernel::on::<F, _>(()))
            }
        }
    )* };
}
compile!(f32, f64);

impl<T: Scalar> Kernel<T> {
    /// The token is the proof that the processor has the instruction set.
    fn on<F: Formula, M: Machine<T>>(_: M) -> Self {
        // a branch on a constant block leaves only one instance to the compiler
        if const { vectors::<F>(M::REGISTERS) == 4 } {
            Self::with::<F, M, 4>()
        } else if const { vectors::<F>(M::REGISTERS) == 2 } {
            Self::with::<F, M, 2>()
        } else {
            Self::with::<F, M, 1>()
        }
    }

    fn with<F: Formula, M: Machine<T>, const U: usize>() -> Self {
        Kernel {
            lanes: M::V::N,
            vectors: U,
            len: Lens {
                rows: F::Rows::LEN,
                cols: F::Cols::LEN,
                y: F::Y::LEN,
                acc: <F::Reduce as Reduction>::Acc::LEN,
                out: F::Out::LEN,
            },
            size: Sizes {
                params: (F::P::LEN * size_of::<M::V>()).next_multiple_of(LINE),
                x: lines::<Rows<F, M::V, U>>(),
                acc: lines::<Acc<F, M::V, U>>(),
                entry: if in_place::<F>() {
                    size_of::<Cols<F, M::V, U>>()
                } else {
                    F::Y::LEN * size_of::<M::V>()
                },
            },
            steps: Steps {
                params: M::enter::<F, TakeParams, U>,
                rows: M::enter::<F, TakeRows, U>,
                cols: M::enter::<F, TakeCols, U>,
                pairs: M::enter::<F, Pairs, U>,
                save: M::enter::<F, Save, U>,
                merge: M::enter::<F, Merge, U>,
                finish: M::enter::<F, Finish, U>,
            },
        }
    }
}

/// How many vectors of rows fit in the registers: those of the rows and of what they are reduced into for each of them,
/// those of a column and some to compute with in all.
const fn vectors<F: Formula>(registers: usize) -> usize {
    let each = F::X::LEN + <F::Reduce as Reduction>::Part::LEN;
    let rest = F::P::LEN + F::Y::LEN + 6;
    if 4 * each + rest <= registers {
        4
    } else if 2 * each + rest <= registers {
        2
    } else {
        1
    }
}

/// Whether the entries of a tile are as the formula takes them.
const fn in_place<F: Formula>() -> bool {
    F::Y::LEN == 0 || F::Y::LEN > FEW
}

/// The size of a value in whole lines.
const fn lines<V>() -> usize {
    assert!(align_of::<V>() <= LINE);
    size_of::<V>().next_multiple_of(LINE)
}

/// An instruction set, by its token.
trait Machine<T: Scalar>: Copy + 'static {
    /// Its lanes.
    type V: Lanes<T = T, Cx = Self>;
    /// How many registers it has.
    const REGISTERS: usize;
    /// Takes a step, compiled for the instruction set.
    ///
    /// # Safety
    /// The processor has the instruction set, and [`Step::run`] may be called.
    unsafe fn enter<F: Formula, S: Step, const U: usize>(at: Places, with: Data<'_, T>);
}

macro_rules! machine {
    ($(#[$meta:meta])* $token:ty, $assume:expr, $registers:expr, $t:ty => $lanes:ty $(, $features:literal)?) => {
        $(#[$meta])*
        impl Machine<$t> for $token {
            type V = $lanes;
            const REGISTERS: usize = $registers;
            $(#[target_feature(enable = $features)])?
            unsafe fn enter<F: Formula, S: Step, const U: usize>(at: Places, with: Data<'_, $t>) {
                // SAFETY: the caller vouches for the processor and for the places.
                #[allow(unused_unsafe, reason = "the baseline needs no proof")]
                unsafe { S::run::<F, $lanes, U>($assume, at, with) }
            }
        }
    };
}
/// How many registers every processor of the target has.
const BASELINE: usize = if cfg!(target_arch = "aarch64") { 32 } else { 16 };
machine!((), (), BASELINE, f32 => Portable<f32, 4>);
machine!((), (), BASELINE, f64 => Portable<f64, 2>);
machine!(#[cfg(target_arch = "x86_64")] Avx2, Avx2::assume(), 16, f32 => F32x8, "avx2,fma");
machine!(#[cfg(target_arch = "x86_64")] Avx2, Avx2::assume(), 16, f64 => F64x4, "avx2,fma");
machine!(#[cfg(target_arch = "x86_64")] Avx512, Avx512::assume(), 32, f32 => F32x16, "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma");
machine!(#[cfg(target_arch = "x86_64")] Avx512, Avx512::assume(), 32, f64 => F64x8, "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma");

/// Where the values are that a step works on. Each step says which of them it reads and writes.
#[derive(Clone, Copy)]
struct Places {
    /// A vector for each number of the parameters.
    params: *mut u8,
    /// [`Rows`] of a block.
    x: *mut u8,
    /// [`Acc`] of a block.
    acc: *mut u8,
    /// Entries of the tile: a vector for each number of a column, or [`Cols`].
    tile: *mut u8,
    /// How many entries.
    entries: usize,
}

/// What else a step takes.
struct Data<'a, T> {
    /// Numbers to read, one component after the other with a number for every lane.
    from: &'a [T],
    /// The numbers of the rows or columns in the lanes.
    index: &'a [u32],
    /// Numbers to write.
    to: &'a mut [T],
    /// How entries of the tile are made of columns.
    mode: Mode,
    /// How far lanes are shifted before they are merged.
    shift: usize,
}

/// Who is in the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Rows. An entry of the tile has one column, the same in every lane.
    Rows,
    /// Columns. Each vector of a block has one row, the same in every lane.
    Columns,
}

/// What a kernel can do.
#[derive(Clone, Copy)]
struct Steps<T> {
    params: Enter<T>,
    rows: Enter<T>,
    cols: Enter<T>,
    pairs: Enter<T>,
    save: Enter<T>,
    merge: Enter<T>,
    finish: Enter<T>,
}
type Enter<T> = unsafe fn(Places, Data<'_, T>);

/// A stage of a kernel on values in memory.
trait Step {
    /// # Safety
    /// The places that a step reads hold values of the types that [`Places`] names, for the same `F`, `V` and `U`; those
    /// that it writes have room for them. All are aligned for these types, and nobody else uses them meanwhile.
    unsafe fn run<F: Formula, V: Lanes, const U: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>);
}

/// Writes the parameters, from their numbers.
struct TakeParams;
impl Step for TakeParams {
    #[inline(always)]
    unsafe fn run<F: Formula, V: Lanes, const U: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: there is room for as many vectors, aligned; they need not have been written.
        let to = unsafe { slice::from_raw_parts_mut(at.params.cast::<MaybeUninit<V>>(), F::P::LEN) };
        Block::<F, V, 1>::params(cx, with.from, to);
    }
}

/// Writes the values of rows and starts their accumulator; reads the parameters.
struct TakeRows;
impl Step for TakeRows {
    #[inline(always)]
    unsafe fn run<F: Formula, V: Lanes, const U: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, the other places have room for values of their types; all are aligned.
        unsafe {
            let params = &Block::<F, V, U>::widen(slice::from_raw_parts(at.params.cast(), F::P::LEN));
            at.x.cast::<Rows<F, V, U>>().write(Block::<F, V, U>::rows(cx, params, with.from, with.index));
            at.acc.cast::<Acc<F, V, U>>().write(Block::<F, V, U>::start(cx));
        }
    }
}

/// Writes entries of a tile, a column in each or one with a column in each lane; reads the parameters.
struct TakeCols;
impl Step for TakeCols {
    #[inline(always)]
    unsafe fn run<F: Formula, V: Lanes, const U: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, aligned.
        let params = &Block::<F, V, 1>::widen(unsafe { slice::from_raw_parts(at.params.cast(), F::P::LEN) });
        let cols = with.to;
        Block::<F, V, 1>::cols(cx, params, with.from, with.index, cols);
        for e in 0..at.entries {
            if const { in_place::<F>() } {
                let y = match with.mode {
                    Mode::Rows => block::spread_in_place::<F::Y, V, U>(cx, cols, e),
                    Mode::Columns => block::entry_in_place::<F::Y, V, U>(cx, cols),
                };
                // SAFETY: there is room for `entries` values of the type, aligned.
                unsafe { at.tile.cast::<Cols<F, V, U>>().add(e).write(y) }
            } else {
                let len = F::Y::LEN;
                // SAFETY: there is room for `entries` times `len` vectors, aligned; they need not have been written.
                let to = unsafe { slice::from_raw_parts_mut(at.tile.cast::<MaybeUninit<V>>().add(e * len), len) };
                match with.mode {
                    Mode::Rows => block::spread(cx, cols, e, to),
                    Mode::Columns => block::entry(cx, cols, to),
                }
            }
        }
    }
}

/// Reduces over the tile into the accumulator; reads parameters and rows.
struct Pairs;
impl Step for Pairs {
    #[inline(always)]
    unsafe fn run<F: Formula, V: Lanes, const U: usize>(cx: V::Cx, at: Places, _: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, all else are values of their types; they are aligned and do not overlap.
        unsafe {
            let params = &Block::<F, V, U>::widen(slice::from_raw_parts(at.params.cast(), F::P::LEN));
            let x = &*at.x.cast::<Rows<F, V, U>>();
            let acc = &mut *at.acc.cast::<Acc<F, V, U>>();
            if const { in_place::<F>() } {
                let tile = slice::from_raw_parts(at.tile.cast::<Cols<F, V, U>>(), at.entries);
                Block::<F, V, U>::pairs_in_place(cx, params, x, tile, acc);
            } else {
                let tile = slice::from_raw_parts(at.tile.cast::<V>(), at.entries * F::Y::LEN);
                Block::<F, V, U>::pairs(cx, params, x, tile, acc);
            }
        }
    }
}

/// Hands out the accumulator.
struct Save;
impl Step for Save {
    #[inline(always)]
    unsafe fn run<F: Formula, V: Lanes, const U: usize>(_: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: the accumulator is a value of the type, and aligned.
        let acc = unsafe { &*at.acc.cast::<Acc<F, V, U>>() };
        Block::<F, V, U>::save(acc, with.to);
    }
}

/// Takes what another accumulator, or the same one, has handed out.
struct Merge;
impl Step for Merge {
    #[inline(always)]
    unsafe fn run<F: Formula, V: Lanes, const U: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: the accumulator is a value of the type, and aligned.
        let acc = unsafe { &mut *at.acc.cast::<Acc<F, V, U>>() };
        Block::<F, V, U>::merge(cx, acc, with.from, with.shift);
    }
}

/// Hands out the results of the rows; reads parameters, rows and accumulator.
struct Finish;
impl Step for Finish {
    #[inline(always)]
    unsafe fn run<F: Formula, V: Lanes, const U: usize>(cx: V::Cx, at: Places, with: Data<'_, V::T>) {
        // SAFETY: the parameters are vectors, all else are values of their types; they are aligned.
        unsafe {
            let params = &Block::<F, V, U>::widen(slice::from_raw_parts(at.params.cast(), F::P::LEN));
            let x = &*at.x.cast::<Rows<F, V, U>>();
            Block::<F, V, U>::finish(cx, params, x, &*at.acc.cast::<Acc<F, V, U>>(), with.to);
        }
    }
}

/// A piece of memory that values are aligned to.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; LINE]);

/// The values of a chunk of rows: of blocks of them, and of one tile of columns.
pub(super) struct State<'k, T> {
    kernel: &'k Kernel<T>,
    memory: Vec<MaybeUninit<Line>>,
    /// How many blocks there is room for, and how many have been written.
    room: usize,
    blocks: usize,
    /// How many entries of the tile there is room for, and how many have been written.
    tile: usize,
    entries: usize,
    /// Values stay on the thread that has made them.
    here: PhantomData<*const ()>,
}

impl<'k, T: Scalar> State<'k, T> {
    /// Room for `room` blocks of rows and a tile of `tile` entries.
    pub(super) fn new(kernel: &'k Kernel<T>, params: &[T], room: usize, tile: usize) -> Result<Self, Error> {
        let Sizes { params: p, x, acc, entry } = kernel.size;
        let bytes = (x + acc)
            .checked_mul(room)
            .zip(entry.checked_mul(tile))
            .and_then(|(blocks, tile)| blocks.checked_add(tile)?.checked_add(p))
            .ok_or(Error::OutOfMemory { numbers: usize::MAX })?;
        let lines = bytes.div_ceil(LINE);
        let mut memory = Vec::new();
        memory.try_reserve_exact(lines).map_err(|_| Error::OutOfMemory { numbers: bytes / size_of::<T>() })?;
        memory.resize(lines, MaybeUninit::uninit());
        let mut state = State { kernel, memory, room, blocks: 0, tile, entries: 0, here: PhantomData };
        // SAFETY: there is room for the parameters, and nothing is read.
        unsafe { state.step(kernel.steps.params, 0, 0..0, Data { from: params, ..Data::none() }) };
        Ok(state)
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Adds a block of rows, from their operands and numbers, with nothing reduced into it.
    pub(super) fn rows(&mut self, from: &[T], index: &[u32]) {
        assert!(self.blocks < self.room, "no room for a block of rows");
        // SAFETY: there is room for the block; the parameters have been written.
        unsafe { self.step(self.kernel.steps.rows, self.blocks, 0..0, Data { from, index, ..Data::none() }) };
        self.blocks += 1;
    }

    /// Adds entries to the tile, from the operands and numbers of as many columns as there are lanes. There is one entry
    /// of all these columns, or `entries` of the first of them. `to` is for scratch.
    pub(super) fn cols(&mut self, from: &[T], index: &[u32], to: &mut [T], mode: Mode, entries: usize) {
        let end = self.entries + entries;
        assert!(end <= self.tile, "no room for entries of a tile");
        assert!(entries <= if mode == Mode::Rows { self.kernel.lanes } else { 1 }, "as many entries as columns");
        // SAFETY: there is room for the entries; the parameters have been written.
        unsafe { self.step(self.kernel.steps.cols, 0, self.entries..end, Data { from, index, to, mode, shift: 0 }) };
        self.entries = end;
    }

    /// Reduces every block over the tile, and empties it.
    pub(super) fn pairs(&mut self) {
        for block in 0..self.blocks {
            // SAFETY: the block and the entries have been written.
            unsafe { self.step(self.kernel.steps.pairs, block, 0..self.entries, Data::none()) };
        }
        self.entries = 0;
    }

    /// Hands out what has been reduced into a block.
    pub(super) fn save(&mut self, block: usize, to: &mut [T]) {
        assert!(block < self.blocks);
        // SAFETY: the block has been written.
        unsafe { self.step(self.kernel.steps.save, block, 0..0, Data { to, ..Data::none() }) };
    }

    /// Takes what a block of this or another state has handed out, each lane from the one `shift` to its right.
    pub(super) fn merge(&mut self, block: usize, from: &[T], shift: usize) {
        assert!(block < self.blocks);
        // SAFETY: the block has been written.
        unsafe { self.step(self.kernel.steps.merge, block, 0..0, Data { from, shift, ..Data::none() }) };
    }

    /// Hands out the results of a block.
    pub(super) fn finish(&mut self, block: usize, to: &mut [T]) {
        assert!(block < self.blocks);
        // SAFETY: the block has been written.
        unsafe { self.step(self.kernel.steps.finish, block, 0..0, Data { to, ..Data::none() }) };
    }

    /// Takes a step on a block and on entries of the tile.
    ///
    /// # Safety
    /// There is room for the block and the entries, and those that the step reads have been written.
    unsafe fn step(&mut self, enter: Enter<T>, block: usize, entries: Range<usize>, data: Data<'_, T>) {
        let Sizes { params, x, acc, entry } = self.kernel.size;
        let start = self.memory.as_mut_ptr().cast::<u8>();
        let accs = params + self.room * x;
        let tile = accs + self.room * acc;
        let at = Places {
            params: start,
            x: start.wrapping_add(params + block * x),
            acc: start.wrapping_add(accs + block * acc),
            tile: start.wrapping_add(tile + entries.start * entry),
            entries: entries.len(),
        };
        // SAFETY: the processor has the instruction set of the kernel. The places lie in `memory`, one after the other,
        // each as large as the type that the kernel has there. `start` is aligned to lines, and so is each place but an
        // entry, which comes after others of its type. What a step reads has been written, by this same kernel: it is of
        // the right type. `&mut self` keeps others out.
        unsafe { enter(at, data) }
    }
}

impl<T> Data<'_, T> {
    fn none() -> Self {
        Data { from: &[], index: &[], to: &mut [], mode: Mode::Rows, shift: 0 }
    }
}
