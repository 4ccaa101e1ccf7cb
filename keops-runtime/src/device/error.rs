//! What goes wrong on a GPU, or on the way there.

use crate::NoKernels;
use crate::error::{Count, shown_as_message};

/// Why a GPU gave no result.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// An engine for GPUs was asked for a formula that has no kernels for them.
    #[error("{}", none(place, method, scalar, *why))]
    NoKernels {
        /// Where the formula was written: file and line; its type where no build script knows more.
        place: &'static str,
        /// The method that wants them, like `grad_x`; empty for the value.
        method: &'static str,
        /// The number type.
        scalar: &'static str,
        /// Why there are none.
        why: NoKernels,
    },
    /// There is no card to run on.
    #[error(
        "no CUDA device: {why}. The driver of NVIDIA's cards is all that it takes (`nvidia-smi` shows it); `Device::best()` takes the CPU where there is none"
    )]
    NoDevice {
        /// Why, in the words of the system or of the driver.
        why: String,
    },
    /// A card was asked for that is not there.
    #[error("there is no card {ordinal}: this machine has {}, counted from 0", Count(*found, "card"))]
    NoSuchCard {
        /// The number that was asked for.
        ordinal: u32,
        /// How many cards there are.
        found: usize,
    },
    /// An engine was asked for of no card at all.
    #[error(
        "no card was asked for: `Cards::of` takes the numbers of one or more, and `Cuda::all()` takes all that there are"
    )]
    NoCards,
    /// A card is older than those that kernels are for.
    #[error(
        "{card} has compute capability {}.{}, and kernels are for {}.{} (Turing, 2018) and above: take another card, or the \
         processor. `Device::best()` and `Cuda::all()` pass it over", found.0, found.1, wanted.0, wanted.1
    )]
    OldCard {
        /// Which card.
        card: String,
        /// Its compute capability.
        found: (u32, u32),
        /// The least that is supported.
        wanted: (u32, u32),
    },
    /// A card has not enough memory.
    #[error(
        "card {card} is out of memory: {bytes} bytes were asked for, and {free} of its {total} are free; drop what is kept \
         there, also by other programs. What is uploaded, or stays there, has to fit; operands and results on the host need not"
    )]
    Memory {
        /// Which card.
        card: u32,
        /// How many bytes were asked for.
        bytes: usize,
        /// How many are free.
        free: usize,
        /// How many it has.
        total: usize,
    },
    /// An operand lies on one card, and the call runs on another.
    #[error(
        "it lies on {found}, and the call runs on {wanted}: upload it there, or take it to the host with `.to_host()`"
    )]
    OtherCard {
        /// Where the operand lies.
        found: String,
        /// Where the call runs.
        wanted: String,
    },
    /// The card's driver refuses, or a kernel has failed.
    #[error("{}", said(what, *code, text, advice))]
    Driver {
        /// What was done, on which card.
        what: String,
        /// The driver's code.
        code: u32,
        /// What the driver says: of kernels that it could not compile, its compiler's log.
        text: String,
        /// What to do, if anything is known.
        advice: &'static str,
    },
}

shown_as_message!(DeviceError);

/// What a driver says, and what to do.
fn said(what: &str, code: u32, text: &str, advice: &str) -> String {
    let advice = if advice.is_empty() { String::new() } else { format!(". {advice}") };
    format!("{what}: {text} (CUDA error {code}){advice}")
}

/// What is missing, and what to type.
fn none(place: &str, method: &str, scalar: &str, why: NoKernels) -> String {
    match why {
        NoKernels::NoBuildScript => format!(
            "the formula at {place} has no GPU kernels: no build script has made any. It belongs to the crate in which this \
             `keops!` stands: `fn main() {{ keops_ptx::build(); }}` in its build.rs. If that is there, it warns that it has no compiler: \
             `touch build.rs`, and build again"
        ),
        NoKernels::OtherInstance => format!(
            "the formula at {place} has GPU kernels, but not for these numbers ({scalar}) and dimensions: ask for the \
             instance, `#[gpu(<{scalar}, …>)]`"
        ),
        NoKernels::OtherColumns(columns) => format!(
            "the matrix at {place} has GPU kernels, but not to be multiplied with {columns} columns at once: an item asks for them, \
             `#[gpu(columns = {columns})]`, and `k.on(&engine).apply(&b)` takes any number of columns"
        ),
        NoKernels::NotAskedFor if method.is_empty() => format!(
            "the formula at {place} has no GPU kernels: declare its operands' types; a generic item asks for instances, \
             `#[gpu(<{scalar}, …>)]`"
        ),
        NoKernels::NotAskedFor => format!(
            "the formula at {place} has no GPU kernels for `{method}`: an item asks for them, `#[gpu({method})]`, and of an \
             expression there is only the value"
        ),
        NoKernels::NotSeen => format!(
            "the formula at {place} has no GPU kernels: the build script has not seen it. It reads `keops!` in the files of \
             the crate's targets, under no other name, and not what macros write. If the file is new, `touch build.rs`; \
             `keops_ptx::Builder::file` names others"
        ),
    }
}
