//! One device: what it is, what it keeps, and what a test wants of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use keops_ptx_interpreter::{Entry, Memory, Module};

use crate::code::{self, Code};
use crate::stream::{Event, Stream};
use crate::table::{Kind, Table};

/// How many there can be; their addresses differ.
pub(crate) const MOST: usize = 32;

/// Calls of functions, by name: how many there were, and which are to fail.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    counts: BTreeMap<&'static str, u64>,
    /// A name, how many calls before, and the code.
    faults: Vec<(String, u64, Code)>,
}

impl Calls {
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }
    pub(crate) fn all(&self) -> BTreeMap<&'static str, u64> {
        self.counts.clone()
    }
    pub(crate) fn fail(&mut self, name: &str, nth: u64, code: Code) {
        self.faults.push((name.into(), nth, code));
    }
    /// A call is made: counted, and refused where that was asked for.
    pub(crate) fn made(&mut self, name: &'static str) -> Result<(), Code> {
        *self.counts.entry(name).or_default() += 1;
        let of_name = self.faults.iter_mut().filter(|fault| fault.0 == name);
        of_name.for_each(|fault| fault.1 = fault.1.saturating_sub(1));
        match self.faults.iter().position(|fault| fault.0 == name && fault.1 == 0) {
            Some(k) => Err(self.faults.swap_remove(k).2),
            None => Ok(()),
        }
    }
}

/// The primary context.
#[derive(Debug, Default)]
pub(crate) struct Context {
    pub(crate) handle: u64,
    pub(crate) references: u64,
    /// The code of the fault that it was lost by.
    pub(crate) lost: Option<Code>,
}

/// A kernel of a module.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) of: u64,
    pub(crate) module: Arc<Module>,
    pub(crate) entry: Entry,
    /// How much shared memory a launch may ask for.
    pub(crate) most_shared: u32,
}

/// What a test may choose.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Bytes of memory.
    pub(crate) memory: usize,
    pub(crate) capability: (i32, i32),
    pub(crate) multiprocessors: i32,
    /// In kHz.
    pub(crate) clock: i32,
    /// Whether a new context works after one was lost.
    pub(crate) recovers: bool,
    /// What the next compilations say instead of compiling.
    pub(crate) jit: VecDeque<(Code, String)>,
    /// How many kernels run before each of those that fail, and how.
    pub(crate) kernels: Vec<(u64, Code)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            memory: 1 << 30,
            capability: (7, 5),
            multiprocessors: 40,
            clock: 1_500_000,
            recovers: true,
            jit: VecDeque::new(),
            kernels: vec![],
        }
    }
}

/// A device.
#[derive(Debug)]
pub(crate) struct Card {
    pub(crate) number: usize,
    pub(crate) settings: Settings,
    pub(crate) calls: Calls,
    /// What went wrong last, in the interpreter's words.
    pub(crate) said: String,
    /// Bytes that were copied to the host and that nothing had written.
    pub(crate) unwritten: u64,
    /// Nanoseconds that the device has worked: some for each operation, and one for each instruction.
    pub(crate) clock: u64,
    pub(crate) contexts: Table<()>,
    pub(crate) context: Context,
    pub(crate) memory: Memory,
    /// How many buffers this context has asked for: their names.
    allocations: u64,
    pub(crate) modules: Table<Arc<Module>>,
    pub(crate) functions: Table<Function>,
    pub(crate) streams: Table<Stream>,
    /// The stream that is always there.
    pub(crate) default: u64,
    pub(crate) events: Table<Event>,
}

impl Card {
    pub(crate) fn new(number: usize) -> Self {
        let mut streams = Table::new(Kind::Stream, number);
        let default = streams.add(Stream::new(0));
        Self {
            number,
            settings: Settings::default(),
            calls: Calls::default(),
            said: String::new(),
            unwritten: 0,
            clock: 0,
            contexts: Table::new(Kind::Context, number),
            context: Context::default(),
            memory: Memory::part(number, MOST),
            allocations: 0,
            modules: Table::new(Kind::Module, number),
            functions: Table::new(Kind::Function, number),
            streams,
            default,
            events: Table::new(Kind::Event, number),
        }
    }

    /// What `cuDeviceGetAttribute` answers.
    pub(crate) fn attribute(&self, which: u32) -> i32 {
        match which {
            1..=3 => 1024,
            4 => 64,
            5 => i32::MAX,
            6 | 7 => 65535,
            8 => 48 << 10,
            9 => 64 << 10,
            10 => 32,
            12 | 82 => 65536,
            13 => self.settings.clock,
            16 => self.settings.multiprocessors,
            33 => self.number as i32,
            36 => 5_000_000,
            37 => 256,
            38 => 4 << 20,
            39 => 1024,
            19 | 31 | 40 | 41 | 115 => 1,
            75 => self.settings.capability.0,
            76 => self.settings.capability.1,
            81 | 97 => MOST_SHARED as i32,
            _ => 0,
        }
    }

    /// One reference more to the primary context.
    pub(crate) fn retain(&mut self) -> Result<u64, Code> {
        if self.context.references == 0 {
            if let Some(lost) = self.context.lost.filter(|_| !self.settings.recovers) {
                return Err(lost);
            }
            self.context = Context { handle: self.contexts.number(), ..Context::default() };
        }
        self.context.references += 1;
        Ok(self.context.handle)
    }

    /// Whether this is the context's handle, and there is one.
    pub(crate) fn has(&self, context: u64) -> bool {
        self.context.handle == context && self.context.references > 0
    }

    /// Everything of the context goes; what was asked for and not done is not done.
    pub(crate) fn reset(&mut self) {
        if self.settings.recovers {
            self.context.lost = None;
        }
        self.allocations = 0;
        self.modules.clear();
        self.functions.clear();
        self.events.clear();
        self.streams.clear();
        self.default = self.streams.add(Stream::new(0));
        for address in self.memory.addresses() {
            let _ = self.free(address);
        }
    }

    pub(crate) fn allocate(&mut self, bytes: usize) -> Result<u64, Code> {
        if bytes == 0 {
            return Err(code::INVALID_VALUE);
        }
        let room = self.settings.memory.saturating_sub(self.memory.live().1);
        if bytes > room || self.memory.is_full() {
            return Err(code::OUT_OF_MEMORY);
        }
        self.allocations += 1;
        let name = format!("allocation {}", self.allocations);
        Ok(self.memory.allocate_uninitialised::<u8>(&name, bytes).address())
    }

    pub(crate) fn free(&mut self, address: u64) -> Result<(), Code> {
        let buffer = self.memory.at(address).ok_or(code::INVALID_VALUE)?;
        self.memory.free(buffer);
        Ok(())
    }

    /// Compiles a module, or says why it does not compile, as the driver's compiler would.
    pub(crate) fn compile(&mut self, ptx: &str, driver: i32) -> Result<Module, (Code, String)> {
        if let Some(failure) = self.settings.jit.pop_front() {
            return Err(failure);
        }
        let stated = |what: &str| {
            let line = ptx.lines().map(str::trim_start).find_map(|line| line.strip_prefix(what))?;
            line.split([',', ' ']).find(|word| !word.is_empty())
        };
        if let Some(version) = stated(".version ").filter(|v| number(v) > number(&isa(driver))) {
            let log = format!("ptxas fatal   : Unsupported .version {version}; current version is '{}'", isa(driver));
            return Err((code::UNSUPPORTED_PTX, log));
        }
        let (major, minor) = self.settings.capability;
        let target =
            stated(".target ").and_then(|t| t.strip_prefix("sm_")?.trim_end_matches(char::is_alphabetic).parse().ok());
        if target.is_some_and(|target: i32| target > major * 10 + minor) {
            let log = "ptxas fatal   : SM version specified by .target is higher than default SM version assumed";
            return Err((code::INVALID_PTX, log.into()));
        }
        Module::parse(ptx).map_err(|error| (code::INVALID_PTX, format!("ptxas application ptx input, {error}")))
    }
}

/// Shared memory that a block can have where it is asked for.
pub(crate) const MOST_SHARED: u32 = 64 << 10;

/// The newest PTX that a driver knows, by the version of CUDA that it is of.
fn isa(driver: i32) -> String {
    let (major, minor) = (driver / 1000, driver % 1000 / 10);
    match major {
        ..=9 => format!("6.{minor}"),
        10 => format!("6.{}", minor + 3),
        _ => format!("{}.{minor}", major - 4),
    }
}

/// A version as a number that can be compared.
fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.trim().parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
