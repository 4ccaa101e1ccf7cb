//! Engines that run GPU kernels: what is asked of a device, and how passes become launches.

mod error;
mod pieces;
mod table;

use keops_core::launch::{Footprint, Launch, Task, Work};
use keops_core::{Gpu, Pass};

pub use self::error::DeviceError;
use crate::engine::{Engine, Inputs, Taken, Target, Widths};
use crate::operand::Found;
use crate::view::{Elements, Layout, View, ViewMut};
use crate::{Error, Operand, Ptx, Scalar, SumScheme};
use table::{Tables, Tasks};

/// A GPU, or what stands in for one: it has memory, and launches kernels. [`OnDevice`] makes an engine of it.
///
/// Copies and launches happen in the order in which they are asked for, as in one stream. Buffers that are dropped live until
/// what has been launched before is done.
pub trait Accelerator<T: Scalar> {
    /// Kernels, loaded.
    type Module;
    /// Memory of the device, aligned to 16 bytes at least.
    type Buffer: 'static;

    /// Loads kernels.
    ///
    /// # Errors
    /// What the device's driver says.
    fn load(&self, ptx: Ptx) -> Result<Self::Module, Error>;
    /// Room for some numbers.
    ///
    /// # Errors
    /// When there is no memory.
    fn room(&self, numbers: usize) -> Result<Self::Buffer, Error>;
    /// A copy of some bytes.
    ///
    /// # Errors
    /// When there is no memory.
    fn table(&self, bytes: &[u8]) -> Result<Self::Buffer, Error>;
    /// Whether tables that are wanted together are better copied as one: where each copy is a matter of microseconds. Apart from each
    /// other, they show who reads over the end of one.
    fn joins_tables(&self) -> bool {
        false
    }
    /// Copies the numbers from `first` on to this process. Waits for what has been launched before.
    ///
    /// # Errors
    /// What the device's driver says, also of the launches before.
    fn read(&self, from: &Self::Buffer, first: usize, to: &mut [T]) -> Result<(), Error>;
    /// Copies numbers from this process, to `first` and behind.
    ///
    /// # Errors
    /// What the device's driver says.
    fn write(&self, to: &mut Self::Buffer, first: usize, from: &[T]) -> Result<(), Error>;
    /// Where the buffer begins.
    fn address(&self, buffer: &Self::Buffer) -> u64;
    /// Launches a kernel, which takes these bytes as its parameter: see [`keops_core::launch`].
    ///
    /// # Errors
    /// What the device's driver says.
    fn launch(&self, module: &Self::Module, kernel: &str, shape: Shape, work: &[u8]) -> Result<(), Error>;

    /// Prepares to read a buffer that may be of another queue of this device.
    ///
    /// # Errors
    /// When it is of another device.
    fn lend(&self, _: &Self::Buffer) -> Result<(), Error> {
        Ok(())
    }
    /// For how many bytes there is room.
    ///
    /// # Errors
    /// What the device's driver says.
    fn free(&self) -> Result<usize, Error> {
        Ok(usize::MAX)
    }
    /// Whether an operand of so many bytes may lie there as a whole, and leave room for what a call takes beside it. It is asked for each
    /// operand of a call, and should cost next to nothing for small ones.
    ///
    /// # Errors
    /// What the device's driver says.
    fn fits(&self, bytes: usize) -> Result<bool, Error> {
        Ok(bytes <= self.free()? / 4)
    }
    /// How many bytes of an operand are worth taking in pieces, so that they are copied while others are computed with.
    fn piece(&self) -> usize {
        PIECE
    }

    /// The sizes of a pass's launches.
    fn sizes(&self, of: &Footprint) -> Launch {
        Launch::new(of)
    }
    /// How many columns a span has: see [`Engine::span`].
    fn span(&self, of: &Footprint, rows: usize, cols: usize) -> usize {
        of.span(rows, cols)
    }
    /// The most numbers that spans are reduced into at once. Those of all spans would take much memory where rows are many,
    /// and then there are blocks enough for any device.
    fn parts(&self) -> usize {
        PARTS
    }
}

/// The shape of a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Blocks along `x` and `y`.
    pub blocks: [u32; 2],
    /// Threads of a block.
    pub threads: u32,
    /// Bytes of shared memory of a block.
    pub shared: u32,
}

/// The engine of a device.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnDevice<D>(pub D);

/// A pass, ready to run on a device.
#[derive(Clone, Debug)]
pub struct DeviceCode<M> {
    module: M,
    symbol: &'static str,
    footprint: Footprint,
    widths: Widths,
}

/// Numbers in a device's memory.
#[derive(Clone, Debug)]
pub struct Numbers<B> {
    buffer: B,
    len: usize,
}

#[cfg(feature = "cuda")]
impl<B> Numbers<B> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

/// What [`Accelerator::piece`] is where a device knows nothing better.
pub(crate) const PIECE: usize = 16 << 20;
/// What [`Accelerator::parts`] is where a device knows nothing better.
pub(crate) const PARTS: usize = 1 << 24;

/// The most blocks of a launch along `y`.
const SPANS: usize = 65_535;

/// What is to be done with the rows of a window.
struct Wanted<'w, 't, T, B> {
    /// Where accumulators are, or are to be; `None` where nobody asks for them.
    partial: Option<&'w Numbers<B>>,
    /// Whether they begin anew.
    fresh: bool,
    /// Whether columns are reduced.
    reduce: bool,
    /// Where results go, if they are wanted.
    outputs: Option<&'w mut [Target<'t, T, Numbers<B>>]>,
}

impl<D> OnDevice<D> {
    fn numbers<T: Scalar>(&self, len: usize) -> Result<Numbers<D::Buffer>, Error>
    where
        D: Accelerator<T>,
    {
        Ok(Numbers { buffer: self.0.room(len)?, len })
    }

    fn copied<T: Scalar>(&self, numbers: &[T]) -> Result<Numbers<D::Buffer>, Error>
    where
        D: Accelerator<T>,
    {
        let mut to = self.numbers(numbers.len())?;
        self.0.write(&mut to.buffer, 0, numbers)?;
        Ok(to)
    }

    /// Copies of some tables, on 16 bytes each: their buffers, and where each begins.
    fn tables<T: Scalar>(&self, tables: &[Vec<u8>]) -> Result<(Vec<D::Buffer>, Vec<u64>), Error>
    where
        D: Accelerator<T>,
    {
        if !self.0.joins_tables() {
            let buffers: Vec<_> = tables.iter().map(|bytes| self.0.table(bytes)).collect::<Result<_, _>>()?;
            let places = buffers.iter().map(|buffer| self.0.address(buffer)).collect();
            return Ok((buffers, places));
        }
        let (mut all, mut places) = (vec![], vec![]);
        for table in tables {
            all.resize(all.len().next_multiple_of(16), 0);
            places.push(all.len() as u64);
            all.extend(table);
        }
        let buffer = self.0.table(&all)?;
        places.iter_mut().for_each(|place| *place += self.0.address(&buffer));
        Ok((vec![buffer], places))
    }

    /// Points on the device, one after the other.
    pub(crate) fn upload<T: Scalar>(&self, view: &View<'_, T>) -> Result<(Numbers<D::Buffer>, Layout), Error>
    where
        D: Accelerator<T>,
    {
        let Layout { len, width, .. } = view.layout();
        let numbers = match view.flat() {
            Some(numbers) => self.copied(numbers)?,
            None => self.copied(&crate::host::copied(*view)?.0)?,
        };
        Ok((numbers, Layout::points(len, width)))
    }

    /// Does what is wanted with all rows of the window.
    fn go<T: Scalar>(
        &self,
        code: &DeviceCode<D::Module>,
        inputs: &Inputs<'_, T, Numbers<D::Buffer>>,
        Wanted { partial, fresh, reduce, outputs }: Wanted<'_, '_, T, D::Buffer>,
    ) -> Result<(), Error>
    where
        D: Accelerator<T>,
    {
        inputs.check(code.widths);
        let (finish, outputs) = (outputs.is_some(), outputs.unwrap_or_default());
        if finish {
            code.widths.check(outputs, inputs.row_window);
        }
        let sizes = self.0.sizes(&code.footprint);
        let launch = if inputs.sum_scheme == SumScheme::Kahan { sizes.compensated() } else { sizes };
        let tables = Tables::new(self, inputs, outputs)?;
        let span = |rows, cols| self.0.span(&code.footprint, rows, cols);
        let flags = Work { fresh: fresh.into(), finish: finish.into(), ..tables.work };
        for tasks in tables.tasks(inputs, launch, &code.footprint, span, reduce) {
            self.run_tasks(code, launch, &tasks, reduce, partial, &flags)?;
        }
        for (output, numbers) in outputs.iter_mut().zip(&tables.results) {
            if let (Target::Host(view), Some(numbers)) = (output, numbers) {
                self.fetch(numbers, view)?;
            }
        }
        Ok(())
    }

    /// Runs some tasks, which end as `wanted` says.
    fn run_tasks<T: Scalar>(
        &self,
        code: &DeviceCode<D::Module>,
        launch: Launch,
        tasks: &Tasks,
        reduce: bool,
        partial: Option<&Numbers<D::Buffer>>,
        wanted: &Work<u64>,
    ) -> Result<(), Error>
    where
        D: Accelerator<T>,
    {
        let (device, footprint) = (&self.0, &code.footprint);
        if tasks.rows.is_empty() {
            return Ok(());
        }
        let tables = [table::bytes(&tasks.rows), table::bytes(&tasks.cols), table::bytes(&tasks.lists)];
        let (_tables, places) = self.tables::<T>(&tables)?;
        let columns = self.numbers(tasks.columns * footprint.column)?;
        let mut work = Work {
            tasks: places[0],
            lists: places[2],
            columns: device.address(&columns.buffer),
            tile: launch.tile,
            summed: launch.summed,
            singles: tasks.singles.into(),
            ..*wanted
        };
        let kernel =
            |end, tasks: &[Task], spans, work| self.launch(code, launch, end, [tasks.len() as u32, spans], work);
        if !tasks.cols.is_empty() {
            kernel("_columns", &tasks.cols, 1, Work { tasks: places[1], ..work })?;
        }
        if reduce && tasks.spans <= 1 && wanted.fresh != 0 && wanted.finish != 0 {
            return kernel("", &tasks.rows, 1, work);
        }
        let accumulators = work.window as usize * footprint.acc;
        let scratch = if partial.is_none() { Some(self.numbers(accumulators)?) } else { None };
        work.partial = partial.or(scratch.as_ref()).map_or(0, |numbers| device.address(&numbers.buffer));
        let mut at_once =
            (device.parts() / accumulators.max(1)).clamp(1, SPANS).min(tasks.spans.max(1) as usize) as u32;
        let parts = loop {
            match self.numbers(at_once as usize * accumulators) {
                Ok(parts) => break parts,
                // with less memory there are more launches
                Err(_) if at_once > 1 => at_once /= 2,
                Err(error) => return Err(error),
            }
        };
        work.parts = device.address(&parts.buffer);
        loop {
            work.spans = at_once.min(tasks.spans - work.first_span);
            if work.spans > 0 {
                kernel("", &tasks.rows, work.spans, Work { finish: 0, ..work })?;
            }
            let next = work.first_span + work.spans;
            let is_last = next == tasks.spans;
            kernel("_merge", &tasks.rows, 1, Work { finish: if is_last { wanted.finish } else { 0 }, ..work })?;
            if is_last {
                return Ok(());
            }
            work = Work { first_span: next, fresh: 0, ..work };
        }
    }

    /// Launches the kernel whose name ends so.
    fn launch<T: Scalar>(
        &self,
        code: &DeviceCode<D::Module>,
        launch: Launch,
        end: &str,
        blocks: [u32; 2],
        work: Work<u64>,
    ) -> Result<(), Error>
    where
        D: Accelerator<T>,
    {
        let shared = if end.is_empty() { launch.shared } else { 0 };
        let shape = Shape { blocks, threads: launch.threads, shared };
        self.0.launch(&code.module, &format!("{}{end}", code.symbol), shape, &table::bytes(&[work]))
    }

    /// Copies results to where they go in this process.
    fn fetch<T: Scalar>(&self, from: &Numbers<D::Buffer>, to: &mut ViewMut<'_, T>) -> Result<(), Error>
    where
        D: Accelerator<T>,
    {
        if let Some(place) = to.flat(0, to.layout().len) {
            return self.0.read(&from.buffer, 0, place);
        }
        to.fill(self.save(from)?);
        Ok(())
    }
}

impl<T: Scalar, D: Accelerator<T>> Engine<T> for OnDevice<D> {
    type Code = DeviceCode<D::Module>;
    type Memory = Numbers<D::Buffer>;
    type Partial = Numbers<D::Buffer>;

    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        let ptx = Ptx::of::<F, T>(gpu)?;
        let (footprint, widths) = (Footprint::of::<F, T>(), Widths::of::<F>());
        Ok(DeviceCode { module: self.0.load(ptx)?, symbol: ptx.symbol, footprint, widths })
    }
    fn room(&self, numbers: usize) -> Result<Self::Memory, Error> {
        self.numbers(numbers)
    }
    fn read(&self, from: &Self::Memory, first: usize, to: &mut [T]) -> Result<(), Error> {
        self.0.read(&from.buffer, first, to)
    }
    fn write(&self, to: &mut Self::Memory, first: usize, from: &[T]) -> Result<(), Error> {
        self.0.write(&mut to.buffer, first, from)
    }
    fn take<'a>(&self, operand: &'a Operand<'_, T>, uses: usize) -> Result<Taken<'a, T, Self::Memory>, Error> {
        let copied = |view: &View<'_, T>| {
            let (numbers, layout) = self.upload(view)?;
            Ok(Taken::Copied(numbers, layout))
        };
        let here = |view: View<'a, T>| match self.stays(view.layout(), uses)? {
            true => Ok(Taken::Host(view)),
            // what was free when it was asked for may be another program's now
            false => copied(&view)
                .or_else(|error: Error| if error.is_of_memory() { Ok(Taken::Host(view)) } else { Err(error) }),
        };
        match operand.found()? {
            Found::Here(view) => here(view),
            Found::Elsewhere(memory, layout) => match memory.as_any().downcast_ref::<Self::Memory>() {
                Some(mine) => {
                    self.0.lend(&mine.buffer)?;
                    Ok(Taken::Mine(mine, layout))
                }
                None => copied(&View::new(Elements::Same(&memory.to_host()?), layout)?),
            },
        }
    }
    fn span(&self, code: &Self::Code, rows: usize, cols: usize) -> usize {
        self.0.span(&code.footprint, rows, cols)
    }
    fn start(&self, code: &Self::Code, inputs: &Inputs<'_, T, Self::Memory>) -> Result<Self::Partial, Error> {
        let partial = self.numbers(inputs.row_window.len * code.footprint.acc)?;
        self.go(code, inputs, Wanted { partial: Some(&partial), fresh: true, reduce: false, outputs: None })?;
        Ok(partial)
    }
    fn reduce(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        into: &mut Self::Partial,
    ) -> Result<(), Error> {
        self.go(code, inputs, Wanted { partial: Some(into), fresh: false, reduce: true, outputs: None })
    }
    fn merge(&self, code: &Self::Code, into: &mut Self::Partial, next: &Self::Partial) -> Result<(), Error> {
        let window = into.len.checked_div(code.footprint.acc).unwrap_or(0);
        let launch = self.0.sizes(&code.footprint);
        let tasks = table::rows(0..window, launch, &code.footprint, Task::default());
        if tasks.is_empty() {
            return Ok(());
        }
        let table = self.0.table(&table::bytes(&tasks))?;
        let work = Work {
            tasks: self.0.address(&table),
            partial: self.0.address(&into.buffer),
            parts: self.0.address(&next.buffer),
            window: window as u32,
            spans: 1,
            ..Work::default()
        };
        self.launch(code, launch, "_merge", [tasks.len() as u32, 1], work)
    }
    fn finish(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        partial: Self::Partial,
        outputs: &mut [Target<'_, T, Self::Memory>],
    ) -> Result<(), Error> {
        let wanted = Wanted { partial: Some(&partial), fresh: false, reduce: false, outputs: Some(outputs) };
        self.go(code, inputs, wanted)
    }
    fn save(&self, partial: &Self::Partial) -> Result<Vec<T>, Error> {
        let mut numbers = crate::host::room(partial.len)?;
        self.0.read(&partial.buffer, 0, &mut numbers)?;
        Ok(numbers)
    }
    fn restore(&self, _: &Self::Code, numbers: &[T]) -> Result<Self::Partial, Error> {
        self.copied(numbers)
    }
    fn run(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        outputs: &mut [Target<'_, T, Self::Memory>],
    ) -> Result<(), Error> {
        let mut pieces = self.pieces(code, inputs, outputs)?;
        let mut free = usize::MAX;
        loop {
            let done = match pieces {
                Some(pieces) => self.run_in_pieces(code, inputs, outputs, pieces),
                None => {
                    let outputs = Some(&mut *outputs);
                    self.go(code, inputs, Wanted { partial: None, fresh: true, reduce: true, outputs })
                }
            };
            // where there was no room after all, smaller pieces are tried, as long as they get smaller
            match done {
                Err(error) if error.is_of_memory() => {
                    free = self.0.free()?.min(free / 2);
                    let smaller = self.pieces_in(free, code, inputs, outputs);
                    if smaller.is_none() || smaller == pieces {
                        return Err(error);
                    }
                    pieces = smaller;
                }
                done => return done,
            }
        }
    }
}
