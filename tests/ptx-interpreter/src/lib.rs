//! Executes PTX on the CPU, one thread after the other, and reports what a GPU would pass over in silence.
//!
//! Kernels that rustc has compiled for `nvptx64-nvidia-cuda` are tested where there is no GPU, and more strictly than on
//! one: the first thing that goes wrong ends the launch with a [`Fault`] that names kernel, line, block, thread and buffer.
//!
//! ```
//! use keops_ptx_interpreter::{Memory, Module};
//!
//! let module = Module::parse("
//!     .version 7.0
//!     .target sm_75
//!     .address_size 64
//!     .visible .entry double(.param .u64 x, .param .u64 out) {
//!         .reg .b64 %x, %out;
//!         .reg .b32 %i;
//!         .reg .f32 %v;
//!         ld.param.u64 %x, [x];
//!         ld.param.u64 %out, [out];
//!         mov.u32 %i, %tid.x;
//!         mad.wide.u32 %x, %i, 4, %x;
//!         mad.wide.u32 %out, %i, 4, %out;
//!         ld.global.f32 %v, [%x];
//!         add.f32 %v, %v, %v;
//!         st.global.f32 [%out], %v;
//!         ret;
//!     }")?;
//! let mut memory = Memory::new();
//! let x = memory.allocate("x", &[1f32, 2.5]);
//! let out = memory.allocate_uninitialised::<f32>("out", 2);
//! let args = [x.into(), out.into()];
//! module.launch("double", [1, 1, 1], [2, 1, 1], 0, &args, &mut memory)?;
//! assert_eq!(memory.read::<f32>(out)?, [2.0, 5.0]);
//!
//! let fault = module.launch("double", [1, 1, 1], [3, 1, 1], 0, &args, &mut memory).unwrap_err();
//! assert_eq!(fault.to_string(), "kernel `double`: reads 4 bytes at byte 8 of global `x` (8 bytes), out of bounds, \
//!     in thread [2, 0, 0] of block [0, 0, 0], line 14: ld.global.f32 %v, [%x];");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is found
//!
//! * accesses out of bounds or misaligned, in every kind of memory: buffers lie far apart, and are aligned to no more
//!   than what they promise;
//! * reads of memory, byte by byte, that nothing has written; and registers that nothing has written, where a thread goes by
//!   them, stores them, or takes them for addresses. What is computed from them is as undefined as they are, for
//!   compilers compute ahead what may turn out not to be needed;
//! * races in shared and in global memory: two threads, one byte, at least one write, and nothing that orders them. As
//!   order counts a barrier of their block (`bar.sync`) or of their warp (`bar.warp.sync`). Atomic, volatile, relaxed,
//!   acquire and release accesses do not race with each other. Where a missing barrier lets a thread read what another
//!   has still to write, it is the read of uninitialised memory that is reported;
//! * writes to what is read through the cache of constants (`ld.global.nc`) in the same launch;
//! * barriers that not all threads of a block reach, and instructions of a warp that not all of its lanes reach;
//! * `trap`, division of integers by zero, endless loops ([`Module::set_budget`]), launches that no GPU accepts;
//! * instructions and modifiers that are not modelled: when the file is parsed.
//!
//! # What is modelled otherwise than on a GPU
//!
//! * A thread runs until it waits for others or ends; blocks run one after the other. A thread that spins until another
//!   one writes uses up its budget.
//! * Fences order nothing, and neither do atomic accesses: what relies on them to order plain ones is called a race.
//!   Scopes (`.cta`, `.gpu`) make no difference.
//! * A barrier is for all threads of a block, and an instruction of a warp for all of its lanes: other counts and masks
//!   are faults. So are barriers in different lines, even those with one number.
//! * Copies of memory by larger units than were written, padding for example, are reads of uninitialised memory.
//! * `.approx` instructions are computed in double precision and rounded once: better than any hardware does.
//! * Arithmetic rounds to nearest, and `add`, `mul` without `.rn` are never fused; arithmetic with `.rz`, `.rm` or `.rp` is
//!   refused (conversions know all roundings). NaN results are `0x7FFFFFFF` and `0xFFF8000000000000`.
//! * `f16` and `bf16` are loaded, stored and converted, not computed with; `f32x2`, other packed types, textures, tensor
//!   cores, asynchronous copies, clusters and `bar.arrive` are refused.
//! * Module variables begin each launch with their initial values.
#![forbid(unsafe_code)]

mod address;
mod block;
mod compute;
mod decode;
mod fault;
mod instruction;
mod launch;
mod memory;
mod module;
mod parse;
mod race;
mod region;
mod syntax;
mod thread;
mod token;
mod types;
mod warp;

pub use fault::{Access, Fault, FaultKind, ParseError, Place, Verb};
pub use launch::{Arg, Stats};
pub use memory::{Buffer, Element, Memory, Outside, Unwritten};
pub use module::{Entry, Module, Param};
pub use types::Space;
