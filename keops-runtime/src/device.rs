//! Engines that run GPU kernels: what is asked of a device, and how passes become launches.

mod table;

use keops_core::launch::{Footprint, Launch, Work};
use keops_core::{Gpu, Pass};

use crate::engine::{Engine, Inputs, Taken, Target};
use crate::view::{Elements, Layout, View};
use crate::{Error, Operand, Ptx, Scalar, SumScheme};
use table::Tables;

/// A GPU, or what stands in for one: it has memory, and launches kernels. [`OnDevice`] makes an engine of it.
///
/// Copies and launches happen in the order in which they are asked for, as in one stream. Buffers that are dropped live until
/// what has been launched before is done.
pub trait Device<T: Scalar> {
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

    /// The sizes of a pass's launches.
    fn sizes(&self, of: &Footprint) -> Launch {
        Launch::new(of)
    }
    /// How many columns a span has: see [`Engine::span`].
    fn span(&self, of: &Footprint, rows: usize, cols: usize) -> usize {
        of.span(rows, cols)
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
}

/// Numbers in a device's memory.
#[derive(Clone, Debug)]
pub struct Numbers<B> {
    buffer: B,
    len: usize,
}

/// The most numbers that spans are reduced into at once; all of more spans would take much memory where rows are many, and
/// then there are blocks enough for any device.
const PARTS: usize = 1 << 24;
/// The most blocks of a launch along `y`.
const SPANS: u32 = 65_535;

/// Which of a pass's verbs is wanted.
enum Verb<'v, 't, T, B> {
    /// Begin accumulators, if not there yet; reduce, if so; and leave what comes of it there.
    Keep { fresh: bool, reduce: bool, partial: &'v mut Numbers<B> },
    /// The same, with accumulators there if it is not `None`, and results.
    Finish { reduce: bool, partial: Option<Numbers<B>>, outputs: &'v mut [Target<'t, T, Numbers<B>>] },
}

impl<D> OnDevice<D> {
    fn numbers<T: Scalar>(&self, len: usize) -> Result<Numbers<D::Buffer>, Error>
    where
        D: Device<T>,
    {
        Ok(Numbers { buffer: self.0.room(len)?, len })
    }

    fn copied<T: Scalar>(&self, numbers: &[T]) -> Result<Numbers<D::Buffer>, Error>
    where
        D: Device<T>,
    {
        let mut to = self.numbers(numbers.len())?;
        self.0.write(&mut to.buffer, 0, numbers)?;
        Ok(to)
    }

    /// Points on the device, one after the other.
    fn upload<T: Scalar>(&self, view: &View<'_, T>) -> Result<(Numbers<D::Buffer>, Layout), Error>
    where
        D: Device<T>,
    {
        let Layout { len, width, .. } = view.layout();
        let numbers = match view.flat() {
            Some(numbers) => self.copied(numbers)?,
            None => self.copied(&all(view)?)?,
        };
        Ok((numbers, Layout::points(len, width)))
    }

    /// Does what the verb says with all rows of the window.
    fn go<T: Scalar>(
        &self,
        code: &DeviceCode<D::Module>,
        inputs: &Inputs<'_, T, Numbers<D::Buffer>>,
        verb: Verb<'_, '_, T, D::Buffer>,
    ) -> Result<(), Error>
    where
        D: Device<T>,
    {
        let (device, footprint) = (&self.0, &code.footprint);
        let launch = match inputs.sum_scheme {
            SumScheme::Kahan => device.sizes(footprint).compensated(),
            _ => device.sizes(footprint),
        };
        let span = |rows, cols| device.span(footprint, rows, cols);
        let (fresh, reduce) = match &verb {
            Verb::Keep { fresh, reduce, .. } => (*fresh, *reduce),
            Verb::Finish { reduce, partial, .. } => (partial.is_none(), *reduce),
        };
        let (mut own, outputs, finish) = match verb {
            Verb::Keep { partial, .. } => (Partial::There(partial), None, false),
            Verb::Finish { partial, outputs, .. } => (partial.map_or(Partial::None, Partial::Own), Some(outputs), true),
        };
        let mut tables = Tables::new(self, inputs)?;
        let results = tables.targets(self, outputs.as_deref().unwrap_or_default())?;
        let window = inputs.row_window.len;
        let at_once = (PARTS / (window * footprint.acc).max(1)).clamp(1, SPANS as usize) as u32;
        for tasks in tables.tasks(inputs, launch, footprint, span, reduce) {
            let rows = table::bytes(&tasks.rows);
            let count = tasks.rows.len() as u32;
            if count == 0 {
                continue;
            }
            let rows = device.table(&rows)?;
            let lists = device.table(&table::bytes(&tasks.lists))?;
            let columns = self.numbers(tasks.columns * footprint.column)?;
            let mut work = Work {
                tasks: device.address(&rows),
                lists: device.address(&lists),
                columns: device.address(&columns.buffer),
                window: window as u32,
                tile: launch.tile,
                summed: launch.summed,
                singles: tasks.singles.into(),
                ..tables.work
            };
            let shape = |x, y, shared| Shape { blocks: [x, y], threads: launch.threads, shared };
            let kernel = |end: &str, shape: Shape, work: &Work<u64>| {
                device.launch(&code.module, &format!("{}{end}", code.symbol), shape, &table::bytes(&[*work]))
            };
            if !tasks.cols.is_empty() {
                let cols = device.table(&table::bytes(&tasks.cols))?;
                let work = Work { tasks: device.address(&cols), ..work };
                kernel("_columns", shape(tasks.cols.len() as u32, 1, 0), &work)?;
            }
            if reduce && fresh && finish && tasks.spans <= 1 {
                kernel("", shape(count, 1, launch.shared), &Work { finish: 1, ..work })?;
                continue;
            }
            let partial = own.get(|| self.numbers(window * footprint.acc))?;
            work.partial = device.address(&partial.buffer);
            let mut first_span = 0;
            loop {
                let spans = at_once.min(tasks.spans - first_span);
                let parts = self.numbers(spans as usize * window * footprint.acc)?;
                work = Work { first_span, spans, parts: device.address(&parts.buffer), ..work };
                if spans > 0 {
                    kernel("", shape(count, spans, launch.shared), &work)?;
                }
                let (begins, ends) = (first_span == 0, first_span + spans == tasks.spans);
                work.fresh = (fresh && begins).into();
                kernel("_merge", shape(count, 1, 0), &Work { finish: (finish && ends).into(), ..work })?;
                first_span += spans;
                if ends {
                    break;
                }
            }
        }
        // outputs that lie in this process
        for (output, numbers) in outputs.into_iter().flatten().zip(results) {
            if let (Target::Host(view), Some(Numbers { buffer, len })) = (output, numbers) {
                let Layout { len: rows, width, .. } = view.layout();
                if let Some(place) = view.flat(0, rows) {
                    device.read(&buffer, 0, place)?;
                } else {
                    let mut numbers = crate::host::room(len)?;
                    device.read(&buffer, 0, &mut numbers)?;
                    (0..rows).for_each(|n| (0..width).for_each(|k| view.set(n, k, numbers[n * width + k])));
                }
            }
        }
        Ok(())
    }
}

/// Where accumulators are.
enum Partial<'v, B> {
    /// Nowhere yet.
    None,
    There(&'v mut Numbers<B>),
    Own(Numbers<B>),
}

impl<B> Partial<'_, B> {
    fn get(&mut self, room: impl FnOnce() -> Result<Numbers<B>, Error>) -> Result<&Numbers<B>, Error> {
        if let Partial::None = self {
            *self = Partial::Own(room()?);
        }
        match self {
            Partial::There(numbers) => Ok(numbers),
            Partial::Own(numbers) => Ok(numbers),
            Partial::None => unreachable!("there is room by now"),
        }
    }
}

/// All numbers of some points, one point after the other.
fn all<T: Scalar>(view: &View<'_, T>) -> Result<Vec<T>, Error> {
    let Layout { len, width, .. } = view.layout();
    let mut numbers = crate::host::room(len * width)?;
    let places = (0..len).flat_map(|n| (0..width).map(move |k| (n, k)));
    numbers.iter_mut().zip(places).for_each(|(to, (n, k))| *to = view.get(n, k));
    Ok(numbers)
}

impl<T: Scalar, D: Device<T>> Engine<T> for OnDevice<D> {
    type Code = DeviceCode<D::Module>;
    type Memory = Numbers<D::Buffer>;
    type Partial = Numbers<D::Buffer>;

    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        let ptx = Ptx::of::<F, T>(gpu)?;
        Ok(DeviceCode { module: self.0.load(ptx)?, symbol: ptx.symbol, footprint: Footprint::of::<F, T>() })
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
    fn take<'a>(&self, operand: &'a Operand<'_, T>) -> Result<Taken<'a, T, Self::Memory>, Error> {
        let copied = |view: View<'_, T>| {
            let (numbers, layout) = self.upload(&view)?;
            Ok(Taken::Copied(numbers, layout))
        };
        match operand {
            Operand::Host(view) => copied(*view),
            Operand::Owned(numbers, width) => copied(View::of(numbers, *width)),
            Operand::Foreign(memory, layout) => match memory.as_any().downcast_ref::<Self::Memory>() {
                Some(mine) => Ok(Taken::Mine(mine, *layout)),
                None => copied(View::new(Elements::Same(&memory.to_host()?), *layout)?),
            },
            Operand::Failed(error) => Err(error.clone()),
        }
    }
    fn span(&self, code: &Self::Code, rows: usize, cols: usize) -> usize {
        self.0.span(&code.footprint, rows, cols)
    }
    fn start(&self, code: &Self::Code, inputs: &Inputs<'_, T, Self::Memory>) -> Result<Self::Partial, Error> {
        let mut partial = self.numbers(inputs.row_window.len * code.footprint.acc)?;
        self.go(code, inputs, Verb::Keep { fresh: true, reduce: false, partial: &mut partial })?;
        Ok(partial)
    }
    fn reduce(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        into: &mut Self::Partial,
    ) -> Result<(), Error> {
        self.go(code, inputs, Verb::Keep { fresh: false, reduce: true, partial: into })
    }
    fn merge(&self, code: &Self::Code, into: &mut Self::Partial, next: &Self::Partial) -> Result<(), Error> {
        let window = into.len.checked_div(code.footprint.acc).unwrap_or(0);
        let launch = self.0.sizes(&code.footprint);
        let tasks = table::rows(0..window, launch, &code.footprint, keops_core::launch::Task::default());
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
            ..table::NOTHING
        };
        let shape = Shape { blocks: [tasks.len() as u32, 1], threads: launch.threads, shared: 0 };
        self.0.launch(&code.module, &format!("{}_merge", code.symbol), shape, &table::bytes(&[work]))
    }
    fn finish(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        partial: Self::Partial,
        outputs: &mut [Target<'_, T, Self::Memory>],
    ) -> Result<(), Error> {
        self.go(code, inputs, Verb::Finish { reduce: false, partial: Some(partial), outputs })
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
        self.go(code, inputs, Verb::Finish { reduce: true, partial: None, outputs })
    }
}
