//! The GPU kernels that a program carries: what an engine for GPUs asks for.

use std::any::type_name;

use keops_core::{Gpu, Pass};

use crate::{DeviceError, Error, Scalar};

/// The kernels of a pass over numbers `T`, as PTX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ptx {
    /// The name of the kernel that reduces, from which the names of the others follow: [`keops_core::launch`].
    pub symbol: &'static str,
    /// The text of all kernels.
    pub text: &'static str,
    /// Where the formula was written: file and line.
    pub place: &'static str,
}

/// Why a formula has no GPU kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoKernels {
    /// No build script has compiled any.
    NoBuildScript,
    /// The formula does not ask for them.
    NotAskedFor,
    /// It asks for other number types or dimensions.
    OtherInstance,
    /// It is a matrix, and does not ask to be multiplied with so many columns at once.
    OtherColumns(usize),
    /// The build script has not seen the formula.
    NotSeen,
}

impl Ptx {
    /// The kernels of `F` over numbers `T` among those that a build script has compiled of it.
    ///
    /// # Errors
    /// [`DeviceError::NoKernels`].
    pub fn of<F: Pass, T: Scalar>(gpu: Option<Gpu>) -> Result<Self, Error> {
        let Some(Gpu { place, method, other_columns, instances }) = gpu else {
            let place = type_name::<F>();
            let why = NoKernels::NoBuildScript;
            return Err(DeviceError::NoKernels { place, method: "", scalar: T::NAME, why }.into());
        };
        let none = |why| DeviceError::NoKernels { place, method, scalar: T::NAME, why };
        let instances = instances.ok_or(none(NoKernels::NoBuildScript))?;
        if instances.is_empty() {
            return Err(none(NoKernels::NotAskedFor).into());
        }
        if let Some(columns) = other_columns {
            return Err(none(NoKernels::OtherColumns(columns)).into());
        }
        let asked = instances
            .iter()
            .flatten()
            .find(|instance| instance.scalar == T::NAME)
            .ok_or(none(NoKernels::OtherInstance))?;
        Ok(Ptx { symbol: asked.symbol, text: asked.ptx.ok_or(none(NoKernels::NotSeen))?, place })
    }
}
