//! Stacks for what does not fit on that of the caller: values of thousands of numbers, and long formulas in builds that do not
//! optimise, where every operation has places of its own.
//!
//! Threads of rayon and of tests have two mebibytes, and how much of them is left nobody knows. What a kernel needs is known when it
//! is compiled; what may need more than a share of that runs on a thread of its own, whose stack is as large. It takes no
//! memory but what is touched.

use std::panic::resume_unwind;
use std::thread;

use keops_core::{Bundle, Pass, Reduction};

use crate::Error;
use crate::parallel::Work;

/// What every thread is trusted to have left.
const COMMON: usize = 512 * 1024;

/// What is not counted: the frames of the callers.
const REST: usize = 256 * 1024;

/// How often the values of a formula lie on the stack at once, and what part of the [`Pass::LOCALS`] does. Without
/// optimisation values are copied for every function that hands them on.
const COPIES: usize = if cfg!(debug_assertions) { 4 } else { 2 };
const LOCALS_PART: usize = if cfg!(debug_assertions) { 1 } else { 32 };

/// How many bytes of stack the stages of a pass take at most, where a value's number takes `value` bytes, and a number that is
/// computed for pairs `pair` bytes.
pub(crate) const fn needed<F: Pass>(value: usize, pair: usize) -> usize {
    let operands = F::Params::LEN + F::Rows::LEN + F::Cols::LEN + F::Out::LEN;
    let stored = F::PerCall::LEN + F::PerRow::LEN + F::PerCol::LEN;
    let reduced =
        <F::Reduce as Reduction>::Part::LEN + <F::Reduce as Reduction>::Acc::LEN + <F::Reduce as Reduction>::Done::LEN;
    COPIES * (value * (operands + stored + reduced) + pair * F::HELD) + pair * F::LOCALS / LOCALS_PART
}

/// Does something that takes so many bytes of stack: here, or on a thread of its own. It may not wait for other tasks
/// of rayon, which would run on threads of another pool.
///
/// # Errors
/// When there is no memory for the stack.
pub(crate) fn with_room<R: Send>(needed: usize, f: impl FnOnce() -> Result<R, Error> + Send) -> Result<R, Error> {
    let (mut f, mut result) = (Some(f), None);
    on_a_stack(needed, &mut || result = f.take().map(|f| f()))?;
    result.unwrap_or_else(|| unreachable!("it has been done"))
}

/// Does it where there is so much stack. What it does is a trait object: all that starts a thread is compiled once.
#[inline(never)]
fn on_a_stack(needed: usize, work: &mut dyn Work) -> Result<(), Error> {
    if needed <= COMMON {
        work.run();
        return Ok(());
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(needed.saturating_add(REST)).spawn_scoped(scope, || work.run());
        let thread = thread.map_err(|_| Error::OutOfMemory { numbers: needed / size_of::<f64>() })?;
        thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        Ok(())
    })
}
