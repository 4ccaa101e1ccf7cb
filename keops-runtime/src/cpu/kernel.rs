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
//!   kernel and do not overlap. The parameters are written before `has_params` is set; the accumulator of block `b` before
//!   `blocks` passes `b`, and the values of its rows before `rows` does; entry `e` of the tile before `entries` passes `e`,
//!   all of them in the same form. A state stays on its thread, for its values need not be `Send`; results leave it as
//!   numbers.

mod step;

use core::marker::PhantomData;
use core::mem::{self, MaybeUninit};
use core::ops::Range;
use std::iter::repeat_n;

use keops_core::{Bundle, Pass, Reduction};
use smallvec::SmallVec;

use self::step::{
    Data, Finish, Forget, Load, Machine, Merge, Pairs, PairsApart, PairsOfGroups, PairsOfOneRow, Places, Save, Start,
    TakeApart, TakeCols, TakeEntries, TakeGroups, TakeParams, TakeRows, room_apart,
};
use super::Cpu;
use super::apart::LONG;
use super::block::{Acc, Entry, Group, RowValues};
use super::isa::Isa;
use super::lanes::Lanes;
use super::prune::{Certain, CertifiedCode, Certifying, PrunedCode, Pruning};
#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512};
use crate::engine::Widths;
use crate::evaluate::{self, Evaluation, Kept, Place};
use crate::{Error, Scalar, SumScheme, stack};

/// Values are aligned to lines: the size of the largest register, and of a line of the caches.
const LINE: usize = 64;

/// How many bytes a tile takes of the cache of the first level: the rest is for the rows.
const TILE_BYTES: usize = 24 * 1024;
/// How many bytes groups take, of the second: each is in the first while a block meets it, whose rows may not be.
const GROUPS_BYTES: usize = 128 * 1024;
/// The most columns of a tile. A tile is summed before it is added to a total: so many columns lose no accuracy worth
/// mentioning.
pub(super) const TILE_MOST: usize = 128;
/// The least columns of a tile where there are as many: they share the work of loading and storing what a block is
/// reduced into.
const TILE_LEAST: usize = 4;

/// With at most this many numbers per column, loading a column costs less than computing with it: no need to load it for
/// several pairs at once.
const FEW: usize = 8;

/// A formula, compiled for an instruction set.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<T> {
    lanes: usize,
    vectors: usize,
    group: usize,
    columns: usize,
    len: Lens,
    size: Sizes,
    stack: usize,
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
}

impl Lens {
    pub(super) fn widths(&self) -> Widths {
        let Lens { params, rows, cols, out, .. } = *self;
        Widths { params, rows, cols, out }
    }
}

/// How many bytes the values of a kernel take, in whole lines but for those of a tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    params: usize,
    pub(super) x: usize,
    pub(super) acc: usize,
    entry: usize,
    group: usize,
    /// What a kernel needs that is told squared distances: for rows and the centre, and for each group.
    apart: usize,
    group_apart: usize,
}

/// What a kernel can do.
#[derive(Clone, Copy, Debug)]
struct Steps<T> {
    params: Enter<T>,
    rows: Enter<T>,
    start: Enter<T>,
    cols: Enter<T>,
    entries: Enter<T>,
    pairs: Enter<T>,
    pairs_of_one_row: Option<Enter<T>>,
    groups: Enter<T>,
    take_apart: Option<Enter<T>>,
    pairs_of_groups: Enter<T>,
    forget: Enter<T>,
    save: Enter<T>,
    merge: Enter<T>,
    load: Option<Enter<T>>,
    finish: Enter<T>,
}
type Enter<T> = unsafe fn(Places, Data<'_, T>);

/// What a scalar type is to this engine. Its name cannot be reached from outside, so that no other types are scalars.
pub trait Compile: Sized {
    /// A formula, compiled for an instruction set; for the baseline, should the processor not have that one.
    #[doc(hidden)]
    fn kernel<F: Pass>(isa: Isa) -> Kernel<Self>;
    /// The same with what it takes to leave columns out.
    #[doc(hidden)]
    fn kernel_to_prune<F: Pass>(isa: Isa) -> Kernel<Self>;
    /// Evaluates a plan. Not generic, and so compiled with this crate and not with each that has a formula.
    #[doc(hidden)]
    fn evaluate(
        cpu: &Cpu,
        evaluation: &Evaluation<'_, Self>,
        codes: &[Kernel<Self>],
        places: Vec<Place<'_, Self>>,
    ) -> Result<Vec<Kept<Vec<Self>>>, Error>;
    /// The same, leaving out what changes nothing.
    #[doc(hidden)]
    fn evaluate_pruned(
        pruning: &Pruning,
        evaluation: &Evaluation<'_, Self>,
        codes: &[PrunedCode<Self>],
        places: Vec<Place<'_, Self>>,
    ) -> Result<Vec<Kept<Vec<Self>>>, Error>
    where
        Self: Scalar;
    /// The same within a tolerance, with bounds.
    #[doc(hidden)]
    fn evaluate_certified(
        certifying: &Certifying,
        evaluation: &Evaluation<'_, Self>,
        codes: &[CertifiedCode<Self>],
        places: Vec<Place<'_, Self>>,
    ) -> Result<Vec<Kept<Certain<Self>>>, Error>
    where
        Self: Scalar;
}

macro_rules! compile {
    ($($t:ty),*) => { $(
        impl Compile for $t {
            fn kernel<F: Pass>(isa: Isa) -> Kernel<$t> {
                kernel::<$t, F, false>(isa)
            }
            fn kernel_to_prune<F: Pass>(isa: Isa) -> Kernel<$t> {
                kernel::<$t, F, true>(isa)
            }
            fn evaluate(
                cpu: &Cpu,
                evaluation: &Evaluation<'_, $t>,
                codes: &[Kernel<$t>],
                places: Vec<Place<'_, $t>>,
            ) -> Result<Vec<Kept<Vec<$t>>>, Error> {
                evaluate::steps(cpu, evaluation, codes, places)
            }
            fn evaluate_pruned(
                pruning: &Pruning,
                evaluation: &Evaluation<'_, $t>,
                codes: &[PrunedCode<$t>],
                places: Vec<Place<'_, $t>>,
            ) -> Result<Vec<Kept<Vec<$t>>>, Error> {
                evaluate::steps(pruning, evaluation, codes, places)
            }
            fn evaluate_certified(
                certifying: &Certifying,
                evaluation: &Evaluation<'_, $t>,
                codes: &[CertifiedCode<$t>],
                places: Vec<Place<'_, $t>>,
            ) -> Result<Vec<Kept<Certain<$t>>>, Error> {
                evaluate::steps(certifying, evaluation, codes, places)
            }
        }
    )* };
}
compile!(f32, f64);

/// A formula, compiled for an instruction set, perhaps with what it takes to leave columns out.
#[cfg(target_arch = "x86_64")]
fn kernel<T: Scalar, F: Pass, const PRUNES: bool>(isa: Isa) -> Kernel<T>
where
    (): Machine<T>,
    Avx2: Machine<T>,
    Avx512: Machine<T>,
{
    match isa {
        Isa::Avx512 => Avx512::detect().map(Kernel::on::<F, _, PRUNES>),
        Isa::Avx2 => Avx2::detect().map(Kernel::on::<F, _, PRUNES>),
        Isa::Baseline => None,
    }
    .unwrap_or_else(|| Kernel::on::<F, _, PRUNES>(()))
}

/// The same on other processors: of the baseline.
#[cfg(not(target_arch = "x86_64"))]
fn kernel<T: Scalar, F: Pass, const PRUNES: bool>(_: Isa) -> Kernel<T>
where
    (): Machine<T>,
{
    Kernel::on::<F, _, PRUNES>(())
}

impl<T> Kernel<T> {
    /// How many lanes a vector has.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }
    /// How many vectors a block has.
    pub(super) fn vectors(&self) -> usize {
        self.vectors
    }
    /// Whether its blocks take one row in all their vectors without computing for each.
    pub(super) fn takes_one_row(&self) -> bool {
        self.steps.pairs_of_one_row.is_some()
    }
    /// Whether columns have to come in order, if some are left out: then accumulators can be [loaded](State::load).
    pub(super) fn is_in_order(&self) -> bool {
        self.steps.load.is_some()
    }
    /// Whether its groups are told squared distances, which depend on the tile that a column is in.
    pub(super) fn is_apart(&self) -> bool {
        self.steps.take_apart.is_some()
    }
    /// How many columns a group has.
    pub(super) fn group(&self) -> usize {
        self.group
    }
    /// How many columns a row is to meet at least before it is merged with others: [`Reduction::COLUMNS`].
    pub(super) fn columns(&self) -> usize {
        self.columns
    }
    /// How many numbers the bundles of the formula have.
    pub(super) fn len(&self) -> Lens {
        self.len
    }
    /// Does something with values of the formula, where the stack has room for them. It may not wait for tasks of rayon.
    pub(super) fn with_room<R: Send>(&self, f: impl FnOnce() -> Result<R, Error> + Send) -> Result<R, Error> {
        stack::with_room(self.stack, f)
    }
    /// How many bytes of stack its stages take.
    pub(super) fn stack(&self) -> usize {
        self.stack
    }
    /// How many bytes its values take.
    pub(super) fn size(&self) -> Sizes {
        self.size
    }
}

impl<T: Scalar> Kernel<T> {
    /// The token is the proof that the processor has the instruction set.
    fn on<F: Pass, M: Machine<T>, const PRUNES: bool>(_: M) -> Self {
        // a branch on a constant block leaves only one instance to the compiler
        macro_rules! first {
            ($($u:literal x $j:literal),*) => { $(
                if const { matches!(blocking::<F, M::V>(), ($u, $j)) } {
                    return Self::with::<F, M, $u, $j, PRUNES>();
                }
            )* };
        }
        first!(6 x 1, 4 x 1, 2 x 1, 3 x 4, 3 x 2);
        Self::with::<F, M, 1, 1, PRUNES>()
    }

    fn with<F: Pass, M: Machine<T>, const U: usize, const J: usize, const PRUNES: bool>() -> Self {
        let (apart, group_apart) = const { if is_apart::<F>(J) { room_apart::<F, M::V, U, J>() } else { (0, 0) } };
        Kernel {
            lanes: M::V::N,
            vectors: U,
            group: J,
            columns: F::Reduce::COLUMNS,
            len: Lens {
                params: F::Params::LEN,
                rows: F::Rows::LEN,
                cols: F::Cols::LEN,
                y: F::PerCol::LEN,
                acc: <F::Reduce as Reduction>::Acc::LEN,
                out: F::Out::LEN,
            },
            size: Sizes {
                params: (F::PerCall::LEN * size_of::<M::V>()).next_multiple_of(LINE),
                x: const { lines::<RowValues<F, M::V, U>>() },
                acc: const { lines::<Acc<F::Reduce, M::V, U>>() },
                entry: const { entry::<Entry<F::PerCol, M::V>>() },
                group: const { entry::<Group<F::PerCol, M::V, J>>() },
                apart,
                group_apart,
            },
            stack: const { stack::needed::<F>(U * size_of::<M::V>(), U * J * size_of::<M::V>()) },
            steps: Steps {
                params: M::step::<F, TakeParams<F>, 1, 1>(),
                rows: M::step::<F, TakeRows<F>, U, 1>(),
                start: M::step::<Start<F::Reduce>, Start<F::Reduce>, U, 1>(),
                cols: M::step::<F, TakeCols<F>, 1, 1>(),
                entries: M::step::<TakeEntries<F::PerCol>, TakeEntries<F::PerCol>, 1, 1>(),
                pairs: M::step::<F, Pairs<F>, U, 1>(),
                pairs_of_one_row: if const { takes_one_row::<F, M::V>(U) } {
                    Some(M::step::<F, PairsOfOneRow<F>, U, 1>())
                } else {
                    None
                },
                groups: if const { J > 1 } {
                    M::step::<TakeGroups<F::PerCol>, TakeGroups<F::PerCol>, 1, J>()
                } else {
                    M::step::<TakeEntries<F::PerCol>, TakeEntries<F::PerCol>, 1, 1>()
                },
                take_apart: if const { is_apart::<F>(J) } { Some(M::step::<F, TakeApart<F>, U, J>()) } else { None },
                pairs_of_groups: if const { is_apart::<F>(J) } {
                    M::step::<F, PairsApart<F>, U, J>()
                } else if const { J > 1 } {
                    M::step::<F, PairsOfGroups<F>, U, J>()
                } else {
                    M::step::<F, Pairs<F>, U, 1>()
                },
                forget: M::step::<Forget<F::Reduce>, Forget<F::Reduce>, U, 1>(),
                save: M::step::<Save<F::Reduce>, Save<F::Reduce>, U, 1>(),
                merge: M::step::<Merge<F::Reduce>, Merge<F::Reduce>, U, 1>(),
                load: if const { PRUNES && F::Reduce::IN_ORDER } {
                    Some(M::step::<Load<F::Reduce>, Load<F::Reduce>, U, 1>())
                } else {
                    None
                },
                finish: M::step::<F, Finish<F>, U, 1>(),
            },
        }
    }
}

/// The [`Pass::LOCALS`] of ten functions or so.
const MANY: usize = 8000;

/// How many vectors of rows a block has, and how many columns it meets at once.
///
/// With few numbers one column after the other will do: as many vectors as have their parts in registers, beside some of
/// the column's values and what it takes to compute. Many numbers come from memory for each group of columns, and a number
/// that has been loaded must do for several pairs. Three vectors leave more of the caches to the numbers than four do.
///
/// Where functions go in lockstep, more vectors are worth more than registers: what does not fit is read from memory beside the
/// arithmetic. On Zen 3 six vectors are 1.1 times as fast as four where one number is reduced, and four 1.15 times as fast as
/// two where it is two.
///
/// A formula with so many functions that one vector keeps the processor busy takes one: written out for more, it would compile for minutes.
const fn blocking<F: Pass, V: Lanes>() -> (usize, usize) {
    let (part, rest) = (<F::Reduce as Reduction>::Part::LEN, F::PerCol::LEN / 2 + 8);
    if F::HELD > FEW || F::LOCALS > MANY {
        (1, 1)
    } else if F::PerCol::LEN > FEW || F::PerRow::LEN > 4 * FEW || F::PerCall::LEN > 4 * FEW {
        (3, if (V::REGISTERS == 32 || is_long::<F>()) && V::N >= 4 { 4 } else { 2 })
    } else if V::LOCKSTEP && V::REGISTERS == 16 && F::CALLS_FUNCTIONS && part <= 2 {
        (if 4 * part + rest <= V::REGISTERS { 6 } else { 4 }, 1)
    } else if 4 * part + rest <= V::REGISTERS {
        (4, 1)
    } else if 2 * part + rest <= V::REGISTERS {
        (2, 1)
    } else {
        (1, 1)
    }
}

/// Whether there is a step for blocks of one row, which takes compile time: where most of the time goes to functions, and blocks are
/// large for their sake. Without functions, or in blocks of AVX-512, there is little to gain; SSE2 is for processors of another time.
const fn takes_one_row<F: Pass, V: Lanes>(vectors: usize) -> bool {
    V::LOCKSTEP && size_of::<V>() > 16 && F::CALLS_FUNCTIONS && vectors >= 4
}

/// Whether groups of so many columns are told the squared distances of their pairs.
const fn is_apart<F: Pass>(columns: usize) -> bool {
    columns > 1 && is_long::<F>()
}

/// Whether squared distances are most of the work: the vectors are long, and what a pair is reduced into is shorter.
const fn is_long<F: Pass>() -> bool {
    F::APART >= LONG && <F::Reduce as Reduction>::Part::LEN < F::APART
}

/// Whether the rows' values of a block are to be kept in registers, beside what is computed for the pairs.
const fn kept<F: Pass, V: Lanes>(vectors: usize, columns: usize) -> bool {
    vectors * (F::PerRow::LEN + <F::Reduce as Reduction>::Part::LEN + columns) + F::PerCall::LEN <= V::REGISTERS
}

/// The size of a value of a tile, of which there are several one after the other.
const fn entry<V>() -> usize {
    assert!(align_of::<V>() <= LINE, "a bundle's values are aligned to 64 bytes at most");
    size_of::<V>()
}

/// The size of a value in whole lines.
const fn lines<V>() -> usize {
    assert!(align_of::<V>() <= LINE, "a bundle's values are aligned to 64 bytes at most");
    size_of::<V>().next_multiple_of(LINE)
}

/// A piece of memory that values are aligned to.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line([u8; LINE]);

/// How columns lie in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// An entry is one column, the same in every lane.
    Alone,
    /// An entry is as many columns as there are lanes, one in each.
    Lanes,
    /// Likewise, and all vectors of a block have one row.
    LanesOfOneRow,
    /// An entry is a group of columns, as plain numbers.
    Groups,
}

/// Entries of a tile in one form.
struct Entries<T> {
    /// How many columns one has.
    columns: usize,
    /// How many bytes.
    bytes: usize,
    /// How many there are at most.
    most: usize,
    take: Enter<T>,
    pairs: Enter<T>,
}

impl<T> Kernel<T> {
    /// How many columns a tile has in this form, where there are as many.
    pub(super) fn tile(&self, form: Form) -> usize {
        let Entries { columns, most, .. } = self.entries(form);
        columns * most
    }

    fn entries(&self, form: Form) -> Entries<T> {
        let Sizes { entry, group, .. } = self.size;
        let Steps { entries, pairs, pairs_of_one_row, groups, pairs_of_groups, .. } = self.steps;
        // a group of one column is a column
        let form = if form == Form::Groups && self.group == 1 { Form::Alone } else { form };
        // rows in lanes take in all columns of a group, and one of those in lanes
        let (columns, bytes, least, most, take, pairs) = match form {
            Form::Alone => (1, entry, TILE_LEAST, TILE_MOST, entries, pairs),
            Form::Lanes => (self.lanes, entry, TILE_LEAST, TILE_MOST, entries, pairs),
            Form::LanesOfOneRow => {
                (self.lanes, entry, TILE_LEAST, TILE_MOST, entries, pairs_of_one_row.unwrap_or(pairs))
            }
            Form::Groups => (self.group, group, 1, TILE_MOST / self.group, groups, pairs_of_groups),
        };
        let tile = match form {
            Form::Groups if self.steps.take_apart.is_some() => 2 * GROUPS_BYTES,
            Form::Groups => GROUPS_BYTES,
            Form::Alone | Form::Lanes | Form::LanesOfOneRow => TILE_BYTES,
        };
        Entries { columns, bytes, most: (tile / bytes.max(1)).clamp(least, most), take, pairs }
    }
}

/// The values of a chunk of rows: of blocks of them, and of one tile of columns.
pub(super) struct State<'k, T> {
    kernel: &'k Kernel<T>,
    memory: Vec<MaybeUninit<Line>>,
    /// How many blocks there is room for, of how many the accumulator has been written, and of how many the rows' values.
    room: usize,
    blocks: usize,
    rows: usize,
    has_params: bool,
    /// How many bytes the tile has, how its columns lie, and how many entries or groups of them have been written.
    tile: usize,
    form: Form,
    entries: usize,
    /// Of how many groups there is room for what is told apart.
    groups: usize,
    sum_scheme: SumScheme,
    /// Values stay on the thread that has made them.
    here: PhantomData<*const ()>,
}

impl<'k, T: Scalar> State<'k, T> {
    /// Room for `room` blocks of rows, and for a tile of no more than `columns`.
    pub(super) fn new(
        kernel: &'k Kernel<T>,
        room: usize,
        columns: usize,
        sum_scheme: SumScheme,
    ) -> Result<Self, Error> {
        let Sizes { params, x, acc, apart, group_apart, .. } = kernel.size;
        let entries = |form: Form| {
            let Entries { columns: each, bytes, most, .. } = kernel.entries(form);
            (most.min(columns / each), bytes)
        };
        let (groups, group) = entries(Form::Groups);
        let (alone, entry) = entries(Form::Alone);
        let tile = (alone * entry).max(groups * group).next_multiple_of(LINE);
        let apart = (apart + groups * group_apart).next_multiple_of(LINE);
        let bytes = (x + acc)
            .checked_mul(room)
            .and_then(|blocks| blocks.checked_add(tile)?.checked_add(params)?.checked_add(apart))
            .ok_or(Error::OutOfMemory { numbers: usize::MAX })?;
        let lines = bytes.div_ceil(LINE);
        let mut memory = Vec::new();
        memory.try_reserve_exact(lines).map_err(|_| Error::OutOfMemory { numbers: bytes / size_of::<T>() })?;
        memory.resize(lines, MaybeUninit::uninit());
        memory[lines - apart / LINE..].fill(MaybeUninit::new(Line([0; LINE])));
        let (blocks, rows, has_params) = (0, 0, false);
        let (form, here) = (Form::Alone, PhantomData);
        Ok(State { kernel, memory, room, blocks, rows, has_params, tile, form, entries: 0, groups, sum_scheme, here })
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Computes the parameters from their numbers. What rows and columns have been computed with stays as it was.
    pub(super) fn params(&mut self, numbers: &[T]) {
        let lanes = self.kernel.lanes;
        let in_lanes: SmallVec<[T; 64]> = numbers.iter().flat_map(|number| repeat_n(*number, lanes)).collect();
        self.params_in_lanes(&in_lanes);
    }

    /// The same from a number for every lane, of one parameter after the other.
    pub(super) fn params_in_lanes(&mut self, from: &[T]) {
        // SAFETY: there is room for the parameters, and nothing is read.
        unsafe { self.step(self.kernel.steps.params, 0..0, 0..0, Data { from, ..Data::none() }) };
        self.has_params = true;
    }

    /// Adds a block into which nothing has been reduced, for [`merge`](State::merge) and [`save`](State::save).
    pub(super) fn start(&mut self) {
        assert!(self.blocks < self.room, "no room for a block of rows");
        // SAFETY: there is room for the block, and nothing is read.
        unsafe { self.step(self.kernel.steps.start, self.blocks..self.blocks + 1, 0..0, Data::none()) };
        self.blocks += 1;
    }

    /// Adds blocks of rows, from their operands and indices, with nothing reduced into them.
    pub(super) fn rows(&mut self, from: &[T], index: &[u32]) {
        assert!(self.has_params && self.rows == self.blocks, "rows come with parameters, and after rows");
        let end = self.rows + index.len() / (self.kernel.vectors * self.kernel.lanes);
        assert!(end <= self.room, "no room for blocks of rows");
        // SAFETY: there is room for the blocks; the parameters have been written.
        unsafe { self.step(self.kernel.steps.rows, self.rows..end, 0..0, Data { from, index, ..Data::none() }) };
        (self.rows, self.blocks) = (end, end);
    }

    /// Leaves room for other blocks in place of all that there are. Parameters stay.
    pub(super) fn clear(&mut self) {
        (self.rows, self.blocks, self.entries) = (0, 0, 0);
    }

    /// Forgets all that has been reduced into the blocks.
    pub(super) fn restart(&mut self) {
        let blocks = mem::take(&mut self.blocks);
        (0..blocks).for_each(|_| self.start());
        self.entries = 0;
    }

    /// Computes the values of columns, as many as there are numbers, from their operands.
    pub(super) fn cols(&mut self, from: &[T], index: &[u32], to: &mut [T]) {
        assert!(self.has_params, "columns come with parameters");
        // SAFETY: the parameters have been written.
        unsafe { self.step(self.kernel.steps.cols, 0..0, 0..0, Data { from, index, to, ..Data::none() }) };
    }

    /// Adds to the tile the first `count` of the columns whose values these are, and reduces whenever it is full. In
    /// lanes, these are whole vectors, and in groups, whole groups.
    pub(super) fn add(&mut self, cols: &[T], count: usize, form: Form) {
        self.add_some(cols, 0..count, form);
    }

    /// The same of some of these columns. In lanes and in groups, they begin where an entry does.
    pub(super) fn add_some(&mut self, cols: &[T], columns: Range<usize>, form: Form) {
        if self.form != form {
            self.reduce();
            self.form = form;
        }
        let Entries { columns: each, bytes, most, take, .. } = self.kernel.entries(form);
        let Range { start: mut first, end: last } = columns;
        assert!(first.is_multiple_of(each) && last.is_multiple_of(each), "columns that are no entries");
        let room = self.tile.checked_div(bytes).unwrap_or(most).min(most);
        assert!(room > 0, "no room for a column");
        while first < last {
            let end = (self.entries + (last - first) / each).min(room);
            let data =
                Data { from: cols, first, spread: !matches!(form, Form::Lanes | Form::LanesOfOneRow), ..Data::none() };
            // SAFETY: there is room for the entries, and those before them have been written in this form.
            unsafe { self.step(take, 0..0, self.entries..end, data) };
            first += (end - self.entries) * each;
            self.entries = end;
            if end == room {
                self.reduce();
            }
        }
    }

    /// Reduces every block over what is in the tile, and empties it.
    pub(super) fn reduce(&mut self) {
        self.reduce_after(|_| ());
    }

    /// The same, with something that is done before each block.
    pub(super) fn reduce_after(&mut self, mut before: impl FnMut(usize)) {
        if self.entries == 0 {
            return;
        }
        assert!(self.rows == self.blocks, "blocks without rows");
        let pairs = self.kernel.entries(self.form).pairs;
        if self.form == Form::Groups
            && let Some(take_apart) = self.kernel.steps.take_apart
        {
            assert!(self.entries <= self.groups, "no room for what is told of groups");
            // SAFETY: the entries have been written in this form, and there is room for what is told of them.
            unsafe { self.step(take_apart, 0..1, 0..self.entries, Data::none()) };
        }
        let summed = if self.sum_scheme == SumScheme::Kahan { 1 } else { self.entries };
        for block in 0..self.blocks {
            before(block);
            for first in (0..self.entries).step_by(summed) {
                // SAFETY: the block has been written, the parameters before it, and the entries in this form.
                unsafe { self.step(pairs, block..block + 1, first..first + summed, Data::none()) };
            }
            if self.sum_scheme == SumScheme::Direct {
                // SAFETY: the block has been written.
                unsafe { self.step(self.kernel.steps.forget, block..block + 1, 0..0, Data::none()) };
            }
        }
        self.entries = 0;
    }

    /// Hands out what has been reduced into a block.
    pub(super) fn save(&mut self, block: usize, to: &mut [T]) {
        assert!(block < self.blocks);
        // SAFETY: the block has been written.
        unsafe { self.step(self.kernel.steps.save, block..block + 1, 0..0, Data { to, ..Data::none() }) };
    }

    /// Takes what a block of this or another state has handed out.
    pub(super) fn merge(&mut self, block: usize, from: &[T]) {
        assert!(block < self.blocks);
        // SAFETY: the block has been written.
        unsafe { self.step(self.kernel.steps.merge, block..block + 1, 0..0, Data { from, ..Data::none() }) };
    }

    /// Replaces what a block has been reduced into by what this or another state has handed out.
    pub(super) fn load(&mut self, block: usize, from: &[T]) {
        assert!(block < self.blocks);
        if let Some(load) = self.kernel.steps.load {
            // SAFETY: there is room for the block, and nothing is read.
            unsafe { self.step(load, block..block + 1, 0..0, Data { from, ..Data::none() }) };
        }
    }

    /// Hands out the results of blocks.
    pub(super) fn finish(&mut self, blocks: Range<usize>, to: &mut [T]) {
        assert!(blocks.end <= self.rows);
        // SAFETY: the blocks have been written, and the parameters before them.
        unsafe { self.step(self.kernel.steps.finish, blocks, 0..0, Data { to, ..Data::none() }) };
    }

    /// Takes a step on blocks and on entries of the tile.
    ///
    /// # Safety
    /// There is room for the blocks and the entries, and those that the step reads have been written.
    unsafe fn step(&mut self, enter: Enter<T>, blocks: Range<usize>, entries: Range<usize>, data: Data<'_, T>) {
        let Sizes { params, x, acc, .. } = self.kernel.size;
        let entry = self.kernel.entries(self.form).bytes;
        let start = self.memory.as_mut_ptr().cast::<u8>();
        let accs = params + self.room * x;
        let tile = accs + self.room * acc;
        let at = Places {
            params: start,
            x: start.wrapping_add(params + blocks.start * x),
            acc: start.wrapping_add(accs + blocks.start * acc),
            blocks: blocks.len(),
            tile: start.wrapping_add(tile + entries.start * entry),
            apart: start.wrapping_add(tile + self.tile),
            entries: entries.len(),
        };
        // SAFETY: the processor has the instruction set of the kernel. The places lie in `memory`, one after the other,
        // each as large as the type that the kernel has there. `start` is aligned to lines, and so is each place but an
        // entry, which comes after others of its type. What a step reads has been written, by this same kernel: it is of
        // the right type; what is apart has been numbers from the beginning. `&mut self` keeps others out.
        unsafe { enter(at, data) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    #[repr(align(128))]
    struct Wider;

    #[derive(Clone, Copy)]
    #[repr(align(64))]
    struct AsWide;

    // `const` blocks of a kernel call these: there they are errors of the compiler
    #[test]
    #[should_panic(expected = "aligned to 64 bytes at most")]
    fn entries_are_not_aligned_to_more_than_their_memory() {
        let _ = entry::<(u8, Wider)>();
    }

    #[test]
    #[should_panic(expected = "aligned to 64 bytes at most")]
    fn rows_are_not_aligned_to_more_than_their_memory() {
        let _ = lines::<(u8, Wider)>();
    }

    #[test]
    fn what_is_aligned_as_memory_is_taken() {
        assert_eq!((entry::<(u8, AsWide)>(), lines::<(u8, AsWide)>(), entry::<f32>()), (64, 64, 4));
    }
}
