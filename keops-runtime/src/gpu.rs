//! Kernels for GPUs, as a program carries them: what an engine for GPUs asks for.

use std::any::type_name;

use keops_core::{Formula, Gpu};

use crate::{Error, Scalar};

/// The kernels of a formula over numbers `T`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernels {
    /// The name of the one that reduces, from which those of the others follow: [`keops_core::launch`].
    pub symbol: &'static str,
    /// All of them, as PTX.
    pub ptx: &'static str,
}

/// Why there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoKernels {
    /// No build script has compiled any.
    Built,
    /// The formula does not ask for them.
    Asked,
    /// It asks for other number types or dimensions.
    Instance,
    /// The build script has not seen the formula.
    Seen,
}

impl Kernels {
    /// Those that a build script has compiled of `F` over numbers `T`.
    ///
    /// # Errors
    /// [`Error::NoKernels`].
    pub fn of<F: Formula, T: Scalar>() -> Result<Self, Error> {
        let Some(Gpu { place, method, kernels }) = F::GPU else {
            let place = type_name::<F>();
            return Err(Error::NoKernels { place, method: "", scalar: T::NAME, why: NoKernels::Built });
        };
        let none = |why| Error::NoKernels { place, method, scalar: T::NAME, why };
        if kernels.is_empty() {
            return Err(none(NoKernels::Asked));
        }
        let asked =
            kernels.iter().flatten().find(|kernel| kernel.scalar == T::NAME).ok_or(none(NoKernels::Instance))?;
        Ok(Kernels { symbol: asked.symbol, ptx: asked.ptx.ok_or(none(NoKernels::Seen))? })
    }
}
