//! An engine that executes GPU kernels without a GPU, instruction by instruction.
#![forbid(unsafe_code)]

use keops::{Engine, Error, Scalar, SumScheme};
use keops_core::launch::Launch;
use keops_core::{Bundle, Pass};
use keops_ptx_interpreter::{Arg, Buffer, Element, Memory, Module};
use keops_runtime::{PassInputs, Ptx, View};

/// Runs the kernels of a pass in launches of some shape. Whatever a GPU would pass over in silence, a read past the end
/// or a race, is a panic.
#[derive(Clone, Copy, Debug)]
pub enum Interpreter {
    /// The launch that a GPU would get.
    Usual,
    /// A launch of any other shape.
    Shape {
        /// Threads of a block.
        threads: u32,
        /// Columns in shared memory at a time.
        tile: u32,
        /// Ranges of columns.
        splits: u32,
    },
}

impl Interpreter {
    fn launch<F: Pass, T: Scalar>(self, m: u32, n: u32) -> Launch {
        match self {
            Interpreter::Usual => Launch::new::<F, T>(m, n),
            Interpreter::Shape { threads, tile, splits } => Launch::with::<F, T>(m, n, threads, tile, splits),
        }
    }
}

impl<T: Scalar + Element> Engine<T> for Interpreter {
    fn run<F: Pass>(&self, pass: PassInputs<'_, T>, out: &mut [T], total: &mut [T]) -> Result<(), Error> {
        let Ptx { symbol, text } = Ptx::of::<F, T>()?;
        let (m, n) = (pass.kept as u32, pass.reduced as u32);
        total.fill(T::from_f64(0.0));
        if m == 0 {
            return Ok(());
        }
        // block sums are at least as good as plain ones
        let launch = match (self.launch::<F, T>(m, n), pass.sum_scheme) {
            (launch, SumScheme::Kahan) => launch.compensated(),
            (launch, _) => launch,
        };
        let module = Module::parse(text).unwrap_or_else(|error| panic!("{symbol}: {error}"));
        let mut memory = Memory::new();
        let mut operands = |kind: &str, views: &[View<'_, T>]| -> Vec<Arg> {
            let views = views.iter().enumerate();
            views.map(|(k, v)| memory.allocate(&format!("{kind} {k}"), v.flat()).into()).collect()
        };
        let (params, rows) = (operands("parameter", pass.params), operands("row operand", pass.rows));
        let cols = operands("column operand", pass.cols);
        let merges = launch.splits > 1;
        let blocks = if merges { launch.blocks_of(m) } else { launch.blocks };
        let columns = memory.allocate_uninitialised::<T>("values of columns", launch.columns as usize);
        let results = memory.allocate_uninitialised::<T>("results", out.len());
        let totals = memory.allocate_uninitialised::<f64>("totals", F::Total::LEN * blocks as usize);
        let parts = memory.allocate_uninitialised::<T>("parts", launch.parts as usize);
        let sums = memory.allocate_uninitialised::<T>("sums of totals", F::Total::LEN);

        let run = |memory: &mut Memory, kernel: &str, grid: [u32; 2], shared: u32, args: &[&[Arg]]| {
            let (grid, block) = ([grid[0], grid[1], 1], [launch.threads, 1, 1]);
            let done = module.launch(&format!("{symbol}{kernel}"), grid, block, shared, &args.concat(), memory);
            done.unwrap_or_else(|fault| panic!("{m} x {n}, {launch:?}: {fault}"));
        };
        if launch.columns > 0 {
            let args = [columns.into(), n.into(), launch.summed.into()];
            run(&mut memory, "_columns", [launch.blocks_of(n), 1], 0, &[&params, &cols, &args]);
        }
        let to = [results, totals, parts].map(Arg::from);
        let sizes = [m, n, launch.tile, launch.summed].map(Arg::from);
        let grid = [launch.blocks, launch.splits];
        run(&mut memory, "", grid, launch.shared, &[&params, &rows, &cols, &[columns.into()], &to, &sizes]);
        let shared = launch.shared_of_sums();
        if merges {
            let sizes = [m, launch.splits].map(Arg::from);
            run(&mut memory, "_merge", [blocks, 1], shared, &[&params, &rows, &to, &sizes]);
        }
        if F::Total::LEN > 0 {
            let args = [sums.into(), totals.into(), blocks.into()];
            run(&mut memory, "_total", [F::Total::LEN as u32, 1], shared, &[&args]);
        }
        let read = |buffer: Buffer, to: &mut [T]| match memory.read::<T>(buffer) {
            Ok(numbers) => to.copy_from_slice(&numbers),
            Err(unwritten) => panic!("{symbol}, {m} x {n}, {launch:?}: {unwritten}"),
        };
        read(results, out);
        read(sums, total);
        Ok(())
    }
}
