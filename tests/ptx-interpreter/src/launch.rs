//! Kernels launched.

use crate::address;
use crate::block::Block;
use crate::fault::{Fault, FaultKind};
use crate::instruction::Code;
use crate::memory::{Buffer, Memory};
use crate::module::Module;
use crate::race::Stamps;
use crate::region::Region;
use crate::types::Space;

/// What a GPU accepts.
const THREADS: u64 = 1024;
const BLOCK: [u32; 3] = [1024, 1024, 64];
const GRID: [u32; 3] = [i32::MAX as u32, 65535, 65535];

/// An argument of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg(Vec<u8>);

impl Arg {
    /// A structure, or an array, as it lies in memory.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Buffer> for Arg {
    /// The address of the buffer.
    fn from(buffer: Buffer) -> Self {
        buffer.address().into()
    }
}

macro_rules! number {
    ($($t:ty)*) => {$(
        impl From<$t> for Arg {
            fn from(v: $t) -> Self {
                Self(v.to_le_bytes().into())
            }
        }
    )*};
}
number!(u8 u16 u32 u64 i8 i16 i32 i64 f32 f64);

/// What a launch has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Instructions executed, by all threads together; those behind a predicate that was false count, too.
    pub instructions: u64,
    /// Barriers that blocks have passed.
    pub barriers: u64,
}

/// What the threads of a launch share.
#[derive(Debug)]
pub(crate) struct World<'a> {
    pub(crate) module: &'a Module,
    pub(crate) memory: &'a mut Memory,
    pub(crate) variables: Vec<Region>,
    /// Of the block that is running; what nobody has touched is not there.
    pub(crate) shared: Vec<Option<Region>>,
    pub(crate) stamps: Stamps,
    pub(crate) grid: [u32; 3],
    pub(crate) block: [u32; 3],
    /// Which block is running.
    pub(crate) block_index: [u32; 3],
    pub(crate) dynamic_shared: u32,
    pub(crate) args: Vec<Region>,
    pub(crate) stats: Stats,
}

impl Module {
    /// Runs a kernel: blocks one after the other; the threads of a block, too, each until it waits for others.
    ///
    /// # Errors
    /// The first thing that goes wrong. Memory then is as it was at that moment.
    pub fn launch(
        &self,
        entry: &str,
        grid: [u32; 3],
        block: [u32; 3],
        shared_bytes: u32,
        args: &[Arg],
        memory: &mut Memory,
    ) -> Result<Stats, Box<Fault>> {
        let fault =
            |message: String| Box::new(Fault { entry: entry.into(), kind: FaultKind::Launch(message), place: None });
        let found = self.codes.iter().position(|code| code.is_entry && code.name == entry);
        let number = found.ok_or_else(|| fault("there is no such kernel in this module".into()))?;
        let code = &self.codes[number];
        check_sizes(code, grid, block, shared_bytes).map_err(fault)?;
        let args = arguments(code, args).map_err(fault)?;
        memory.forget();
        let mut world = World {
            module: self,
            memory,
            variables: self.variables.clone(),
            shared: vec![],
            stamps: Stamps::new(),
            grid,
            block,
            block_index: [0; 3],
            dynamic_shared: shared_bytes,
            args,
            stats: Stats::default(),
        };
        for z in 0..grid[2] {
            for y in 0..grid[1] {
                for x in 0..grid[0] {
                    world.block_index = [x, y, z];
                    world.shared = vec![None; self.shared.len()];
                    Block::new(&mut world, number).run(&mut world)?;
                }
            }
        }
        Ok(world.stats)
    }
}

fn check_sizes(code: &Code, grid: [u32; 3], block: [u32; 3], shared_bytes: u32) -> Result<(), String> {
    for (what, sizes, most) in [("grid", grid, GRID), ("block", block, BLOCK)] {
        if (0..3).any(|k| sizes[k] == 0 || sizes[k] > most[k]) {
            return Err(format!("a {what} of {sizes:?}: sizes are 1 to {most:?}"));
        }
    }
    let threads: u64 = block.iter().map(|n| u64::from(*n)).product();
    if threads > THREADS {
        return Err(format!("{threads} threads in a block, more than {THREADS}"));
    }
    if u64::from(shared_bytes) > address::SMALL_BYTES {
        return Err(format!("{shared_bytes} bytes of dynamic shared memory are too many"));
    }
    for (exact, sizes) in &code.limits {
        let demanded = sizes.iter().fold(1u64, |product, size| product.saturating_mul(*size));
        if *exact && (0..3).any(|k| sizes.get(k).copied().unwrap_or(1) != u64::from(block[k])) {
            return Err(format!("a block of {block:?}, where the kernel demands {sizes:?}"));
        }
        if threads > demanded {
            return Err(format!("{threads} threads in a block, where the kernel allows {demanded}"));
        }
    }
    Ok(())
}

/// The parameters, as they lie in memory.
fn arguments(code: &Code, args: &[Arg]) -> Result<Vec<Region>, String> {
    let params = &code.params[..code.arguments];
    if args.len() != params.len() {
        return Err(format!("{} arguments for {} parameters", args.len(), params.len()));
    }
    let argument = |(slot, (param, arg)): (usize, (&crate::instruction::Slot, &Arg))| {
        if arg.0.len() as u64 != param.bytes {
            return Err(format!("argument {slot} has {} bytes, `{}` has {}", arg.0.len(), param.name, param.bytes));
        }
        Ok(Region::new(param.name.clone(), Space::Param, address::small(slot, param.align), arg.0.clone()))
    };
    params.iter().zip(args).enumerate().map(argument).collect()
}
