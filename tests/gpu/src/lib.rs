//! An engine that executes GPU kernels without a GPU, instruction by instruction.
#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::rc::Rc;

use keops::{Error, Scalar};
use keops_core::launch::{Footprint, Launch};
use keops_ptx_interpreter::{Arg, Buffer, Element, Memory, Module};
use keops_runtime::{Accelerator, OnDevice, Ptx, Shape};

/// The engine of [`Interpreted`].
pub type Interpreter = OnDevice<Interpreted>;

/// Runs the kernels of a pass in launches of some sizes. Whatever a GPU would pass over in silence, a read past the end or a
/// race, is a panic.
#[derive(Clone)]
pub struct Interpreted {
    sizes: Option<Sizes>,
    scarce: Option<Scarce>,
    memory: Rc<RefCell<Memory>>,
    modules: Rc<RefCell<HashMap<&'static str, Rc<Module>>>>,
    instructions: Rc<Cell<u64>>,
}

/// Sizes of launches that a GPU would not get.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Threads of a block.
    pub threads: u32,
    /// Columns in shared memory at a time.
    pub tile: u32,
    /// Spans of columns.
    pub spans: u32,
}

/// Memory that is scarce: what is taken in pieces, and how large they are, follows.
#[derive(Clone, Copy, Debug)]
pub struct Scarce {
    /// Bytes that are said to be free.
    pub free: usize,
    /// Bytes of an operand that is worth taking in pieces.
    pub piece: usize,
}

/// The interpreter with launches that a GPU would get, or others.
pub fn interpreter(sizes: Option<Sizes>) -> Interpreter {
    let (memory, modules, instructions) = Default::default();
    OnDevice(Interpreted { sizes, scarce: None, memory, modules, instructions })
}

/// The same with scarce memory.
pub fn scarce(sizes: Option<Sizes>, scarce: Scarce) -> Interpreter {
    let OnDevice(interpreted) = interpreter(sizes);
    OnDevice(Interpreted { scarce: Some(scarce), ..interpreted })
}

impl fmt::Debug for Interpreted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interpreted").field("sizes", &self.sizes).field("scarce", &self.scarce).finish_non_exhaustive()
    }
}

/// A buffer, which is freed with the last who knows it.
#[derive(Debug)]
pub struct Room {
    memory: Rc<RefCell<Memory>>,
    buffer: Buffer,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.memory.borrow_mut().free(self.buffer);
    }
}

impl Interpreted {
    /// The symbols of the kernels that have been loaded.
    pub fn loaded(&self) -> BTreeSet<String> {
        self.modules.borrow().keys().map(|symbol| (*symbol).to_owned()).collect()
    }

    /// How many instructions have been executed, by all threads together.
    pub fn instructions(&self) -> u64 {
        self.instructions.get()
    }

    fn keep(&self, allocate: impl FnOnce(&mut Memory) -> Buffer) -> Room {
        Room { memory: self.memory.clone(), buffer: allocate(&mut self.memory.borrow_mut()) }
    }
}

impl<T: Scalar + Element> Accelerator<T> for Interpreted {
    type Module = Rc<Module>;
    type Buffer = Room;

    fn load(&self, Ptx { symbol, text, .. }: Ptx) -> Result<Rc<Module>, Error> {
        let parse = || Rc::new(Module::parse(text).unwrap_or_else(|error| panic!("{symbol}: {error}")));
        Ok(self.modules.borrow_mut().entry(symbol).or_insert_with(parse).clone())
    }
    fn room(&self, numbers: usize) -> Result<Room, Error> {
        Ok(self.keep(|memory| memory.allocate_uninitialised::<T>("numbers", numbers)))
    }
    fn table(&self, bytes: &[u8]) -> Result<Room, Error> {
        Ok(self.keep(|memory| memory.allocate("a table", bytes)))
    }
    fn read(&self, from: &Room, first: usize, to: &mut [T]) -> Result<(), Error> {
        let numbers = self.memory.borrow().read_part(from.buffer, first..first + to.len());
        to.copy_from_slice(&numbers.unwrap_or_else(|unwritten| panic!("{self:?}: {unwritten}")));
        Ok(())
    }
    fn write(&self, to: &mut Room, first: usize, from: &[T]) -> Result<(), Error> {
        self.memory.borrow_mut().write(to.buffer, first, from);
        Ok(())
    }
    fn address(&self, buffer: &Room) -> u64 {
        buffer.buffer.address()
    }
    fn launch(&self, module: &Rc<Module>, kernel: &str, shape: Shape, work: &[u8]) -> Result<(), Error> {
        let Shape { blocks: [x, y], threads, shared } = shape;
        let memory = &mut self.memory.borrow_mut();
        let done = module.launch(kernel, [x, y, 1], [threads, 1, 1], shared, &[Arg::bytes(work)], memory);
        let stats = done.unwrap_or_else(|fault| panic!("{self:?}, {shape:?}: {fault}"));
        self.instructions.set(self.instructions.get() + stats.instructions);
        Ok(())
    }
    fn free(&self) -> Result<usize, Error> {
        Ok(self.scarce.map_or(usize::MAX, |scarce| scarce.free))
    }
    fn piece(&self) -> usize {
        self.scarce.map_or(usize::MAX, |scarce| scarce.piece)
    }
    fn sizes(&self, of: &Footprint) -> Launch {
        self.sizes.map_or_else(|| Launch::new(of), |sizes| Launch::with(of, sizes.threads, sizes.tile))
    }
    fn parts(&self) -> usize {
        // few, for some spans to come in turns
        self.sizes.map_or(1 << 24, |_| 100)
    }
    fn span(&self, of: &Footprint, rows: usize, cols: usize) -> usize {
        self.sizes.map_or_else(|| of.span(rows, cols), |sizes| of.span_of(cols, sizes.spans as usize))
    }
}
