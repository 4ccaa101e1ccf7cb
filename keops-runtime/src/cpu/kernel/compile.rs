//! Where generic code ends: what a scalar type is to this engine.

use keops_core::{Mutual, Pass};

use super::{Halves, Kernel, Mutually, Plain, Prunes, kernel};
use crate::cpu::Cpu;
use crate::cpu::halve::{Halving, Product, product};
use crate::cpu::isa::Isa;
use crate::cpu::prune::{Certain, CertifiedCode, Certifying, PrunedCode, Pruning};
use crate::evaluate::{self, Evaluation, Kept, Place};
use crate::{Error, Scalar};

/// What a scalar type is to this engine. Its name cannot be reached from outside, so that no other types are scalars.
pub trait Compile: Sized {
    /// A formula, compiled for an instruction set; for the baseline, should the processor not have that one.
    #[doc(hidden)]
    fn kernel<F: Pass>(isa: Isa) -> Kernel<Self>;
    /// The same with what it takes to leave columns out.
    #[doc(hidden)]
    fn kernel_to_prune<F: Pass>(isa: Isa) -> Kernel<Self>;
    /// The same with what it takes to sum over its rows as well.
    #[doc(hidden)]
    fn kernel_across<F: Mutual>(isa: Isa) -> Kernel<Self>;
    /// The same with what it takes to compute each value of a symmetric matrix once, where it is the sum of such values.
    #[doc(hidden)]
    fn kernel_to_halve<F: Pass>(isa: Isa) -> Kernel<Self>;
    /// Products of such values both ways, for an instruction set.
    #[doc(hidden)]
    fn products(isa: Isa) -> Product<Self>;
    /// Evaluates a plan. Not generic, and so compiled with this crate and not with each that has a formula.
    #[doc(hidden)]
    fn evaluate(
        cpu: &Cpu,
        evaluation: &Evaluation<'_, Self>,
        codes: &[Kernel<Self>],
        places: Vec<Place<'_, Self>>,
    ) -> Result<Vec<Kept<Vec<Self>>>, Error>;
    /// The same where each value of a symmetric matrix is computed once.
    #[doc(hidden)]
    fn evaluate_halved(
        halving: &Halving,
        evaluation: &Evaluation<'_, Self>,
        codes: &[Kernel<Self>],
        places: Vec<Place<'_, Self>>,
    ) -> Result<Vec<Kept<Vec<Self>>>, Error>;
    /// The same, leaving out what changes nothing.
    #[doc(hidden)]
    fn evaluate_pruned(
        pruning: &Pruning,
        evaluation: &Evaluation<'_, Self>,
        codes: &[PrunedCode<Self>],
        places: Vec<Place<'_, Self>>,
    ) -> Result<Vec<Kept<Vec<Self>>>, Error>
    where
        Self: Scalar;
    /// The same within a tolerance, with bounds.
    #[doc(hidden)]
    fn evaluate_certified(
        certifying: &Certifying,
        evaluation: &Evaluation<'_, Self>,
        codes: &[CertifiedCode<Self>],
        places: Vec<Place<'_, Self>>,
    ) -> Result<Vec<Kept<Certain<Self>>>, Error>
    where
        Self: Scalar;
}

macro_rules! compile {
    ($($t:ty),*) => { $(
        impl Compile for $t {
            fn kernel<F: Pass>(isa: Isa) -> Kernel<$t> {
                kernel::<$t, F, Plain>(isa)
            }
            fn kernel_to_prune<F: Pass>(isa: Isa) -> Kernel<$t> {
                kernel::<$t, F, Prunes>(isa)
            }
            fn kernel_to_halve<F: Pass>(isa: Isa) -> Kernel<$t> {
                kernel::<$t, F, Halves>(isa)
            }
            fn kernel_across<F: Mutual>(isa: Isa) -> Kernel<$t> {
                kernel::<$t, F, Mutually>(isa)
            }
            fn products(isa: Isa) -> Product<$t> {
                product(isa)
            }
            fn evaluate(
                cpu: &Cpu,
                evaluation: &Evaluation<'_, $t>,
                codes: &[Kernel<$t>],
                places: Vec<Place<'_, $t>>,
            ) -> Result<Vec<Kept<Vec<$t>>>, Error> {
                evaluate::steps(cpu, evaluation, codes, places)
            }
            fn evaluate_halved(
                halving: &Halving,
                evaluation: &Evaluation<'_, $t>,
                codes: &[Kernel<$t>],
                places: Vec<Place<'_, $t>>,
            ) -> Result<Vec<Kept<Vec<$t>>>, Error> {
                evaluate::steps(halving, evaluation, codes, places)
            }
            fn evaluate_pruned(
                pruning: &Pruning,
                evaluation: &Evaluation<'_, $t>,
                codes: &[PrunedCode<$t>],
                places: Vec<Place<'_, $t>>,
            ) -> Result<Vec<Kept<Vec<$t>>>, Error> {
                evaluate::steps(pruning, evaluation, codes, places)
            }
            fn evaluate_certified(
                certifying: &Certifying,
                evaluation: &Evaluation<'_, $t>,
                codes: &[CertifiedCode<$t>],
                places: Vec<Place<'_, $t>>,
            ) -> Result<Vec<Kept<Certain<$t>>>, Error> {
                evaluate::steps(certifying, evaluation, codes, places)
            }
        }
    )* };
}
compile!(f32, f64);
