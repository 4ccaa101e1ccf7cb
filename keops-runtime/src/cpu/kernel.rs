//! One formula, one scalar type, one instruction set: compiled once, behind function pointers.
//!
//! [`Compile`] is where the types of a formula end. What it leaves are the sizes of the values of a block of rows, and
//! one pointer to each [step](step::Step) on them, compiled for the instruction set. [`State`] lays the values out in
//! memory and takes the steps; like all that follows, it is compiled once for all formulas.
//!
//! # Safety
//!
//! All that is unsafe in this crate, but for the lanes themselves, is in `state` and `step`: entering code of an instruction
//! set, and keeping values in memory without types. Two invariants carry it.
//!
//! * *A kernel exists only on a processor that has its instruction set*: it is made from a token of it.
//! * *A state reads only what its own kernel has written.* Places for values are sized and aligned by the types of the
//!   kernel and do not overlap. The parameters are written before `has_params` is set; the accumulator of block `b` before
//!   `blocks` passes `b`, and the values of its rows before `rows` does; entry `e` of the tile before `entries` passes `e`,
//!   all of them in the same form. A state stays on its thread, for its values need not be `Send`; results leave it as
//!   numbers.

mod beyond;
mod blocking;
mod compile;
mod line;
mod state;
mod step;
mod tile;

use keops_core::{Bundle, Pass, Reduction};

pub(super) use self::beyond::Across;
use self::beyond::{Beyond, Halves, Mutually, Plain, Prunes, SumsAcross as _};
use self::blocking::{blocking, is_apart, is_sum, sums_across, takes_one_row};
pub(crate) use self::compile::Compile;
use self::line::{LINE, entry, lines};
pub(super) use self::state::State;
use self::step::{
    Beside as _, Data, Forget, Load, Machine, Merge, PairsApart, PairsOfGroups, PairsOfOneRow, Places, Save, Settle,
    Stages, Start, TakeApart, TakeCols, TakeEntries, TakeGroups, TakeParams, Values, room_apart,
};
pub(super) use self::tile::{Form, TILE_MOST};
use super::block::{Acc, Entry, Group, RowValues};
use super::isa::Isa;
use super::lanes::Lanes;
#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512, Sse2};
use crate::engine::Widths;
use crate::{Error, Scalar, stack};

/// A formula, compiled for an instruction set.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<T> {
    lanes: usize,
    vectors: usize,
    group: usize,
    columns: usize,
    keeps_many: bool,
    calls_functions: bool,
    reads_indices: [bool; 2],
    len: Lens,
    size: Sizes,
    across: Option<Across<T>>,
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
    stages: Enter<T>,
    start: Enter<T>,
    cols: Enter<T>,
    entries: Enter<T>,
    pairs_of_one_row: Option<Enter<T>>,
    groups: Enter<T>,
    take_apart: Option<Enter<T>>,
    pairs_of_groups: Enter<T>,
    forget: Enter<T>,
    settle: Enter<T>,
    save: Enter<T>,
    merge: Enter<T>,
    load: Option<Enter<T>>,
    values: Option<Enter<T>>,
}
type Enter<T> = unsafe fn(Places, Data<'_, T>);

/// A formula, compiled for an instruction set, with what it can do beyond.
#[cfg(target_arch = "x86_64")]
fn kernel<T: Scalar, F: Pass, Q: Beyond<F>>(isa: Isa) -> Kernel<T>
where
    Sse2: Machine<T>,
    Avx2: Machine<T>,
    Avx512: Machine<T>,
{
    match isa {
        Isa::Avx512 => Avx512::detect().map(Kernel::on::<F, _, Q>),
        Isa::Avx2 => Avx2::detect().map(Kernel::on::<F, _, Q>),
        Isa::Baseline => None,
    }
    .unwrap_or_else(|| Kernel::on::<F, _, Q>(Sse2::of_target()))
}

/// The same on other processors: of the baseline.
#[cfg(not(target_arch = "x86_64"))]
fn kernel<T: Scalar, F: Pass, Q: Beyond<F>>(_: Isa) -> Kernel<T>
where
    (): Machine<T>,
{
    Kernel::on::<F, _, Q>(())
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
    /// How many lanes a block has.
    pub(super) fn block_lanes(&self) -> usize {
        self.vectors * self.lanes
    }
    /// Whether its blocks take one row in all their vectors without computing for each.
    pub(super) fn takes_one_row(&self) -> bool {
        self.steps.pairs_of_one_row.is_some()
    }
    /// Whether columns have to come in order, if some are left out: then accumulators can be [loaded](State::load).
    pub(super) fn is_in_order(&self) -> bool {
        self.steps.load.is_some()
    }
    /// Whether it hands out the [values](State::values) of pairs, of which its one result is the sum.
    pub(super) fn has_values(&self) -> bool {
        self.steps.values.is_some()
    }
    /// How it sums over its rows as well, if it does.
    pub(super) fn across(&self) -> Option<&Across<T>> {
        self.across.as_ref()
    }
    /// Whether pairs call elementary functions.
    pub(super) fn calls_functions(&self) -> bool {
        self.calls_functions
    }
    /// Whether it reads the indices of rows, and those of columns.
    pub(super) fn reads_indices(&self) -> [bool; 2] {
        self.reads_indices
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
    fn on<F: Pass, M: Machine<T>, Q: Beyond<F>>(_: M) -> Self {
        const { Self::blocked::<F, M, Q>() }
    }

    /// A kernel with blocks of the size that suits the formula, to be computed as a constant: of what that names, the compiler looks at nothing but what it
    /// holds. Of a function it also looks at all that is called in branches that are never taken: at every step for every size, for each formula and
    /// instruction set.
    const fn blocked<F: Pass, M: Machine<T>, Q: Beyond<F>>() -> Self {
        match blocking::<F, M::V>(sums_across::<M::V>(Q::ACROSS)) {
            (6, 1) => Self::with::<F, M, 6, 1, Q>(),
            (4, 1) => Self::with::<F, M, 4, 1, Q>(),
            (2, 1) => Self::with::<F, M, 2, 1, Q>(),
            (1, 1) => Self::with::<F, M, 1, 1, Q>(),
            (3, 4) => Self::with::<F, M, 3, 4, Q>(),
            (3, 2) => Self::with::<F, M, 3, 2, Q>(),
            (1, 4) => Self::with::<F, M, 1, 4, Q>(),
            _ => panic!("blocks of a size that no kernel is compiled for"),
        }
    }

    const fn with<F: Pass, M: Machine<T>, const U: usize, const J: usize, Q: Beyond<F>>() -> Self {
        let (apart, group_apart) = if is_apart::<F>(J) { room_apart::<F, M::V, U, J>() } else { (0, 0) };
        Kernel {
            lanes: M::V::N,
            vectors: U,
            group: J,
            columns: F::Reduce::COLUMNS,
            keeps_many: F::Reduce::SELECTS && F::Reduce::COLUMNS > 1,
            calls_functions: F::CALLS_FUNCTIONS,
            reads_indices: F::READS_INDICES,
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
                x: lines::<RowValues<F, M::V, U>>(),
                acc: lines::<Acc<F::Reduce, M::V, U>>(),
                entry: entry::<Entry<F::PerCol, M::V>>(),
                group: entry::<Group<F::PerCol, M::V, J>>(),
                apart,
                group_apart,
            },
            across: if J == 1 && sums_across::<M::V>(Q::ACROSS) { Q::Across::<T, M, U>::ACROSS } else { None },
            stack: stack::needed::<F>(U * size_of::<M::V>(), U * J * size_of::<M::V>()),
            steps: Steps {
                params: M::Of::<F>::enter::<TakeParams<F>, 1, 1>,
                stages: M::Of::<F>::enter::<Stages<F>, U, 1>,
                start: M::Of::<Start<F::Reduce>>::enter::<Start<F::Reduce>, U, 1>,
                cols: M::Of::<F>::enter::<TakeCols<F>, 1, 1>,
                entries: M::Of::<TakeEntries<F::PerCol>>::enter::<TakeEntries<F::PerCol>, 1, 1>,
                pairs_of_one_row: if takes_one_row::<F, M::V>(U) {
                    Some(M::Of::<F>::enter::<PairsOfOneRow<F>, U, 1>)
                } else {
                    None
                },
                groups: if J > 1 {
                    M::Of::<TakeGroups<F::PerCol>>::enter::<TakeGroups<F::PerCol>, 1, J>
                } else {
                    M::Of::<TakeEntries<F::PerCol>>::enter::<TakeEntries<F::PerCol>, 1, 1>
                },
                take_apart: if is_apart::<F>(J) { Some(M::Of::<F>::enter::<TakeApart<F>, U, J>) } else { None },
                pairs_of_groups: if is_apart::<F>(J) {
                    M::Of::<F>::enter::<PairsApart<F>, U, J>
                } else if J > 1 {
                    M::Of::<F>::enter::<PairsOfGroups<F>, U, J>
                } else {
                    M::Of::<F>::enter::<Stages<F>, U, 1>
                },
                forget: M::Of::<Forget<F::Reduce>>::enter::<Forget<F::Reduce>, U, 1>,
                settle: M::Of::<Settle<F::Reduce>>::enter::<Settle<F::Reduce>, U, 1>,
                save: M::Of::<Save<F::Reduce>>::enter::<Save<F::Reduce>, U, 1>,
                merge: M::Of::<Merge<F::Reduce>>::enter::<Merge<F::Reduce>, U, 1>,
                load: if Q::PRUNES && F::Reduce::IN_ORDER {
                    Some(M::Of::<Load<F::Reduce>>::enter::<Load<F::Reduce>, U, 1>)
                } else {
                    None
                },
                values: if Q::HALVES && J == 1 && is_sum::<F>() {
                    Some(M::Of::<F>::enter::<Values<F>, U, 1>)
                } else {
                    None
                },
            },
        }
    }
}
