//! The values of rows and columns, in memory without types, and the steps on them.

use core::marker::PhantomData;
use core::mem::{self, MaybeUninit};
use core::ops::Range;
use std::iter::repeat_n;

use smallvec::SmallVec;

use super::line::{LINE, Line};
use super::step::{Data, Places};
use super::tile::{Entries, Form};
use super::{Across, Enter, Kernel, Sizes};
use crate::{Error, Scalar, SumScheme};

/// The values of a chunk of rows: of blocks of them, and of one tile of columns.
pub(in crate::cpu) struct State<'k, T> {
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
    pub(in crate::cpu) fn new(
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
    pub(in crate::cpu) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Computes the parameters from their numbers. What rows and columns have been computed with stays as it was.
    pub(in crate::cpu) fn params(&mut self, numbers: &[T]) {
        let lanes = self.kernel.lanes;
        let in_lanes: SmallVec<[T; 64]> = numbers.iter().flat_map(|number| repeat_n(*number, lanes)).collect();
        self.params_in_lanes(&in_lanes);
    }

    /// The same from a number for every lane, of one parameter after the other.
    pub(in crate::cpu) fn params_in_lanes(&mut self, from: &[T]) {
        // SAFETY: there is room for the parameters, and nothing is read.
        unsafe { self.step(self.kernel.steps.params, 0, 0..0, Data { from, ..Data::none() }) };
        self.has_params = true;
    }

    /// Adds a block into which nothing has been reduced, for [`merge`](State::merge) and [`save`](State::save).
    pub(in crate::cpu) fn start(&mut self) {
        assert!(self.blocks < self.room, "no room for a block of rows");
        // SAFETY: there is room for the block, and nothing is read.
        unsafe { self.step(self.kernel.steps.start, self.blocks, 0..0, Data::none()) };
        self.blocks += 1;
    }

    /// Adds blocks of rows, from their operands and indices, with nothing reduced into them.
    pub(in crate::cpu) fn rows(&mut self, from: &[T], index: &[u32]) {
        assert!(self.has_params && self.rows == self.blocks, "rows come with parameters, and after rows");
        let numbers = self.kernel.len.rows * self.kernel.block_lanes();
        for (n, index) in index.chunks_exact(self.kernel.block_lanes()).enumerate() {
            assert!(self.rows < self.room, "no room for a block of rows");
            let from = &from[n * numbers..][..numbers];
            // SAFETY: there is room for the block; the parameters have been written.
            unsafe { self.step(self.kernel.steps.stages, self.rows, 0..0, Data { from, index, ..Data::none() }) };
            self.rows += 1;
            self.blocks = self.rows;
        }
    }

    /// Hands out the results of blocks of rows, from their operands and indices, over what is in the tile, which stays as it is. There are no
    /// other blocks, and none is kept.
    pub(in crate::cpu) fn rows_at_once(&mut self, from: &[T], index: &[u32], to: &mut [T]) {
        assert!(
            self.has_params && self.blocks == 0 && self.room > 0,
            "rows come with parameters, and to room for a block"
        );
        assert!(self.form == Form::Alone && self.sum_scheme == SumScheme::Block, "columns that are summed in one step");
        let lanes = self.kernel.block_lanes();
        let [taken, results] = [self.kernel.len.rows, self.kernel.len.out].map(|numbers| numbers * lanes);
        assert_eq!(to.len(), index.len() / lanes * results, "room for all results");
        let blocks = index.chunks_exact(lanes).zip(to.chunks_exact_mut(results.max(1))).enumerate();
        let data = blocks.map(|(n, (index, to))| Data { from: &from[n * taken..][..taken], index, to, ..Data::none() });
        // SAFETY: there is room for a block; the parameters have been written, and the entries in this form.
        unsafe { self.steps(self.kernel.steps.stages, 0, 0..self.entries, data) };
    }

    /// Leaves room for other blocks in place of all that there are. Parameters stay.
    pub(in crate::cpu) fn clear(&mut self) {
        (self.rows, self.blocks, self.entries) = (0, 0, 0);
    }

    /// Forgets all that has been reduced into the blocks.
    pub(in crate::cpu) fn restart(&mut self) {
        let blocks = mem::take(&mut self.blocks);
        (0..blocks).for_each(|_| self.start());
        self.entries = 0;
    }

    /// Computes the values of columns, as many as there are numbers, from their operands.
    pub(in crate::cpu) fn cols(&mut self, from: &[T], index: &[u32], to: &mut [T]) {
        assert!(self.has_params, "columns come with parameters");
        // SAFETY: the parameters have been written.
        unsafe { self.step(self.kernel.steps.cols, 0, 0..0, Data { from, index, to, ..Data::none() }) };
    }

    /// Adds to the tile the first `count` of the columns whose values these are, and reduces whenever it is full and there are more. In
    /// lanes, these are whole vectors, and in groups, whole groups.
    pub(in crate::cpu) fn add(&mut self, cols: &[T], count: usize, form: Form) {
        self.add_some(cols, 0..count, form);
    }

    /// The same of some of these columns. In lanes and in groups, they begin where an entry does.
    pub(in crate::cpu) fn add_some(&mut self, cols: &[T], columns: Range<usize>, form: Form) {
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
            if self.entries == room {
                self.reduce();
            }
            let end = (self.entries + (last - first) / each).min(room);
            let data =
                Data { from: cols, first, spread: !matches!(form, Form::Lanes | Form::LanesOfOneRow), ..Data::none() };
            // SAFETY: there is room for the entries, and those before them have been written in this form.
            unsafe { self.step(take, 0, self.entries..end, data) };
            first += (end - self.entries) * each;
            self.entries = end;
        }
    }

    /// Replaces what is in the tile by some of the columns whose values these are, each an entry of its own: no more than a tile has.
    pub(in crate::cpu) fn fill(&mut self, cols: &[T], columns: Range<usize>) {
        self.form = Form::Alone;
        let Entries { bytes, most, take, .. } = self.kernel.entries(self.form);
        let room = self.tile.checked_div(bytes).unwrap_or(most).min(most);
        assert!(columns.len() <= room, "no room for a column");
        let data = Data { from: cols, first: columns.start, spread: true, ..Data::none() };
        // SAFETY: there is room for the entries, and nothing but the columns is read.
        unsafe { self.step(take, 0, 0..columns.len(), data) };
        self.entries = columns.len();
    }

    /// Hands out what the pairs of a block push into its sum: for one entry of the tile after the other. Nothing is reduced.
    ///
    /// # Panics
    /// When the kernel has none.
    pub(in crate::cpu) fn values(&mut self, block: usize, to: &mut [T]) {
        assert!(block < self.rows && self.rows == self.blocks && self.form == Form::Alone);
        let Some(values) = self.kernel.steps.values else { panic!("a kernel without values") };
        // SAFETY: the block has been written, the parameters before it, and the entries in this form.
        unsafe { self.step(values, block, 0..self.entries, Data { to, ..Data::none() }) };
    }

    /// Reduces a block over what is in the tile, and adds to the sums of its columns: for one entry after the other. The tile stays as it is.
    ///
    /// # Panics
    /// When the kernel does not sum over its rows.
    pub(in crate::cpu) fn reduce_across(&mut self, block: usize, sums: &mut [T]) {
        assert!(block < self.rows && self.rows == self.blocks && self.form == Form::Alone);
        let Some(Across { pairs, .. }) = self.kernel.across else { panic!("a kernel without sums over its rows") };
        // SAFETY: the block has been written, the parameters before it, and the entries in this form.
        unsafe { self.step(pairs, block, 0..self.entries, Data { to: sums, ..Data::none() }) };
    }

    /// Reduces every block over what is in the tile, and empties it.
    pub(in crate::cpu) fn reduce(&mut self) {
        self.reduce_after(|_| ());
    }

    /// The same, with something that is done before each block.
    pub(in crate::cpu) fn reduce_after(&mut self, mut before: impl FnMut(usize)) {
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
            unsafe { self.step(take_apart, 0, 0..self.entries, Data::none()) };
        }
        let summed = if self.sum_scheme == SumScheme::Kahan { 1 } else { self.entries };
        for block in 0..self.blocks {
            before(block);
            for first in (0..self.entries).step_by(summed) {
                // SAFETY: the block has been written, the parameters before it, and the entries in this form.
                unsafe { self.step(pairs, block, first..first + summed, Data::none()) };
            }
            let of_scheme = match self.sum_scheme {
                SumScheme::Direct => self.kernel.steps.forget,
                SumScheme::Kahan => self.kernel.steps.settle,
                SumScheme::Block => continue,
            };
            // SAFETY: the block has been written.
            unsafe { self.step(of_scheme, block, 0..0, Data::none()) };
        }
        self.entries = 0;
    }

    /// Hands out what has been reduced into a block.
    pub(in crate::cpu) fn save(&mut self, block: usize, to: &mut [T]) {
        assert!(block < self.blocks);
        // SAFETY: the block has been written.
        unsafe { self.step(self.kernel.steps.save, block, 0..0, Data { to, ..Data::none() }) };
    }

    /// Takes what a block of this or another state has handed out.
    pub(in crate::cpu) fn merge(&mut self, block: usize, from: &[T]) {
        assert!(block < self.blocks);
        // SAFETY: the block has been written.
        unsafe { self.step(self.kernel.steps.merge, block, 0..0, Data { from, ..Data::none() }) };
    }

    /// Replaces what a block has been reduced into by what this or another state has handed out.
    pub(in crate::cpu) fn load(&mut self, block: usize, from: &[T]) {
        assert!(block < self.blocks);
        if let Some(load) = self.kernel.steps.load {
            // SAFETY: there is room for the block, and nothing is read.
            unsafe { self.step(load, block, 0..0, Data { from, ..Data::none() }) };
        }
    }

    /// Hands out the results of blocks.
    pub(in crate::cpu) fn finish(&mut self, blocks: Range<usize>, to: &mut [T]) {
        assert!(blocks.end <= self.rows);
        let numbers = self.kernel.len.out * self.kernel.block_lanes();
        for (n, block) in blocks.enumerate() {
            let to = &mut to[n * numbers..][..numbers];
            // SAFETY: the block has been written, and the parameters before it.
            unsafe { self.step(self.kernel.steps.stages, block, 0..0, Data { to, ..Data::none() }) };
        }
    }

    /// Takes a step on a block and on entries of the tile.
    ///
    /// # Safety
    /// There is room for the block and the entries, and those that the step reads have been written.
    unsafe fn step(&mut self, enter: Enter<T>, block: usize, entries: Range<usize>, data: Data<'_, T>) {
        // SAFETY: by the contract
        unsafe { self.steps(enter, block, entries, [data]) }
    }

    /// Takes a step on the same places with one thing after the other.
    ///
    /// # Safety
    /// As for [`step`](State::step).
    #[inline]
    unsafe fn steps<'a>(
        &mut self,
        enter: Enter<T>,
        block: usize,
        entries: Range<usize>,
        data: impl IntoIterator<Item = Data<'a, T>>,
    ) where
        T: 'a,
    {
        let Sizes { params, x, acc, .. } = self.kernel.size;
        let entry = self.kernel.entry(self.form);
        let start = self.memory.as_mut_ptr().cast::<u8>();
        let accs = params + self.room * x;
        let tile = accs + self.room * acc;
        let at = Places {
            params: start,
            x: start.wrapping_add(params + block * x),
            acc: start.wrapping_add(accs + block * acc),
            tile: start.wrapping_add(tile + entries.start * entry),
            apart: start.wrapping_add(tile + self.tile),
            entries: entries.len(),
        };
        for data in data {
            // SAFETY: the processor has the instruction set of the kernel. The places lie in `memory`, one after the other,
            // each as large as the type that the kernel has there. `start` is aligned to lines, and so is each place but an
            // entry, which comes after others of its type. What a step reads has been written, by this same kernel: it is of
            // the right type; what is apart has been numbers from the beginning. `&mut self` keeps others out.
            unsafe { enter(at, data) }
        }
    }
}
