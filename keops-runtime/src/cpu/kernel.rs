//! One formula, one scalar type, one instruction set: compiled once, behind function pointers.
//!
//! [`Compile`] is where the types of a formula end. What it leaves are the sizes of the values of a block of rows, and
//! one pointer to each [step](step::Step) on them, compiled for the instruction set. [`State`] lays the values out in
//! memory and takes the steps; like all that follows, it is compiled once for all formulas.
//!
//! # Safety
//!
//! All that is unsafe in this crate, but for the lanes themselves, is here and in `step`: entering code of an instruction
//! set, and keeping values in memory without types. Two invariants carry it.
//!
//! * *A kernel exists only on a processor that has its instruction set*: it is made from a token of it.
//! * *A state reads only what its own kernel has written.* Places for values are sized and aligned by the types of the
//!   kernel and do not overlap. The parameters are written at once; the values of block `b` before `blocks` passes `b`;
//!   entry `e` of the tile before `entries` passes `e`. A state stays on its thread, for its values need not be `Send`;
//!   results leave it as numbers.

mod step;

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::Range;

use keops_core::{Bundle, Formula, Reduction};

use self::step::{Data, Finish, Machine, Merge, Pairs, Places, Save, TakeCols, TakeEntries, TakeParams, TakeRows};
use super::block::{Acc, Cols, Rows};
use super::isa::Isa;
use super::lanes::Lanes;
#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512};
use crate::{Error, Pass, Scalar};

/// Values are aligned to lines: the size of the largest register, and of a line of the caches.
const LINE: usize = 64;

/// Up to as many numbers per column, a tile has them as vectors, which a block loads into registers. Where there are more,
/// it has them as the formula takes them, and a block has one vector.
const FEW: usize = 16;

/// A formula, compiled for an instruction set.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<T> {
    lanes: usize,
    vectors: usize,
    len: Lens,
    size: Sizes,
    steps: Steps<T>,
}

/// How many numbers the bundles of a formula have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lens {
    pub(super) params: usize,
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) y: usize,
    pub(super) acc: usize,
    pub(super) out: usize,
    pub(super) total: usize,
}

/// How many bytes the values of a kernel take, in whole lines but for the entries of a tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    params: usize,
    pub(super) x: usize,
    pub(super) acc: usize,
    pub(super) entry: usize,
}

/// What a kernel can do.
#[derive(Clone, Copy, Debug)]
struct Steps<T> {
    params: Enter<T>,
    rows: Enter<T>,
    cols: Enter<T>,
    entries: Enter<T>,
    pairs: Enter<T>,
    save: Enter<T>,
    merge: Enter<T>,
    finish: Enter<T>,
}
type Enter<T> = unsafe fn(Places, Data<'_, T>);

/// What a scalar type is to this engine. Its name cannot be reached from outside, so that no other types are scalars.
pub trait Compile: Sized {
    /// A formula, compiled for an instruction set; for the baseline, should the processor not have that one.
    #[doc(hidden)]
    fn kernel<F: Formula>(isa: Isa) -> Kernel<Self>;
    /// Runs a pass. Not generic, and so compiled with this crate and not with each that has a formula.
    #[doc(hidden)]
    fn run(kernel: &Kernel<Self>, pass: Pass<'_, Self>, out: &mut [Self], total: &mut [Self]) -> Result<(), Error>;
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
            fn run(kernel: &Kernel<$t>, pass: Pass<'_, $t>, out: &mut [$t], total: &mut [$t]) -> Result<(), Error> {
                super::run(kernel, pass, out, total)
            }
        }
    )* };
}
compile!(f32, f64);

impl<T> Kernel<T> {
    /// How many lanes a vector has.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }
    /// How many vectors a block has.
    pub(super) fn vectors(&self) -> usize {
        self.vectors
    }
    /// How many numbers the bundles of the formula have.
    pub(super) fn len(&self) -> Lens {
        self.len
    }
    /// How many bytes its values take.
    pub(super) fn size(&self) -> Sizes {
        self.size
    }
}

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
                params: F::Params::LEN,
                rows: F::Rows::LEN,
                cols: F::Cols::LEN,
                y: F::Y::LEN,
                acc: <F::Reduce as Reduction>::Acc::LEN,
                out: F::Out::LEN,
                total: F::Total::LEN,
            },
            size: Sizes {
                params: (F::P::LEN * size_of::<M::V>()).next_multiple_of(LINE),
                x: lines::<Rows<F, M::V, U>>(),
                acc: lines::<Acc<F, M::V, U>>(),
                entry: if in_place::<F>() { size_of::<Cols<F, M::V, U>>() } else { F::Y::LEN * size_of::<M::V>() },
            },
            steps: Steps {
                params: M::enter::<F, TakeParams, U>,
                rows: M::enter::<F, TakeRows, U>,
                cols: M::enter::<F, TakeCols, U>,
                entries: M::enter::<F, TakeEntries, U>,
                pairs: M::enter::<F, Pairs, U>,
                save: M::enter::<F, Save, U>,
                merge: M::enter::<F, Merge, U>,
                finish: M::enter::<F, Finish, U>,
            },
        }
    }
}

/// How many vectors of rows a block has: as many as have their parts in registers, beside some of the column's values and
/// what it takes to compute. The values of the rows may come from memory, but not too many of them.
const fn vectors<F: Formula>(registers: usize) -> usize {
    let part = <F::Reduce as Reduction>::Part::LEN;
    let rest = F::Y::LEN / 2 + 8;
    if F::Y::LEN > FEW || F::X::LEN > 4 * FEW || F::P::LEN > 4 * FEW {
        1
    } else if 4 * part + rest <= registers {
        4
    } else if 2 * part + rest <= registers {
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

    /// Computes the values of as many columns as there are lanes, from their operands and numbers.
    pub(super) fn cols(&mut self, from: &[T], index: &[u32], to: &mut [T]) {
        // SAFETY: the parameters have been written.
        unsafe { self.step(self.kernel.steps.cols, 0, 0..0, Data { from, index, to, ..Data::none() }) };
    }

    /// How many entries the tile has room for.
    pub(super) fn room(&self) -> usize {
        self.tile - self.entries
    }

    /// Adds entries to the tile: some of the columns whose values these are.
    pub(super) fn spread(&mut self, cols: &[T], lanes: Range<usize>) {
        assert!(lanes.end <= self.kernel.lanes && lanes.len() <= self.room());
        let end = self.entries + lanes.len();
        // SAFETY: there is room for the entries.
        unsafe {
            let data = Data { from: cols, lane: Some(lanes.start), ..Data::none() };
            self.step(self.kernel.steps.entries, 0, self.entries..end, data);
        }
        self.entries = end;
    }

    /// Adds an entry to the tile: all the columns whose values these are, one in each lane.
    pub(super) fn entry(&mut self, cols: &[T]) {
        assert!(self.room() > 0);
        let end = self.entries + 1;
        // SAFETY: there is room for the entry.
        unsafe { self.step(self.kernel.steps.entries, 0, self.entries..end, Data { from: cols, ..Data::none() }) };
        self.entries = end;
    }

    /// Reduces if the tile is full.
    pub(super) fn reduce_if_full(&mut self) {
        if self.room() == 0 {
            self.reduce();
        }
    }

    /// Reduces every block over the tile, and empties it.
    pub(super) fn reduce(&mut self) {
        if self.entries == 0 {
            return;
        }
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

    /// Takes what a block of this or another state has handed out.
    pub(super) fn merge(&mut self, block: usize, from: &[T]) {
        assert!(block < self.blocks);
        // SAFETY: the block has been written.
        unsafe { self.step(self.kernel.steps.merge, block, 0..0, Data { from, ..Data::none() }) };
    }

    /// Hands out the results of a block, and behind them what is added up.
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
