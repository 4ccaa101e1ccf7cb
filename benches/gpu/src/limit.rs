//! How many pairs a second a card can compute with, by arithmetic.

use std::collections::HashMap;

use keops::CudaDevice;
use keops::engine::Ptx;

use crate::ours::Ours;
use crate::peer::Result;
use crate::sass::{self, Counts};
use crate::workload::{Quantity, Workload};

/// From this dimension on, components are a loop within the loop over pairs: what a pair takes beside it is not counted.
const LONG: usize = 51;

/// What bounds a kernel on the cards of a compute capability.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Pairs in a clock of a multiprocessor.
    pub per_clock: f64,
    /// Instructions of a pair, as if each turn of the loop took all of its branches.
    pub instructions: f64,
    /// What there is least of.
    pub by: &'static str,
}

/// What a multiprocessor does in a clock, by the CUDA programming guide's table of throughputs.
struct Rates {
    /// Instructions of threads that are issued: 4 of 32 threads each.
    issued: f64,
    single: f64,
    special: f64,
}

impl Rates {
    fn of((major, minor): (u32, u32)) -> Self {
        let single = if major < 8 || (major, minor) == (8, 0) { 64.0 } else { 128.0 };
        Rates { issued: 128.0, single, special: 16.0 }
    }
}

impl Limit {
    fn of(w: &Workload, ptx: &Ptx, capability: (u32, u32)) -> Result<Self> {
        let long = w.dim >= LONG;
        // what a turn of the loop has one of for each pair, or for each component of one
        let units: fn(&Counts) -> usize = match w.quantity {
            Quantity::Gradient | Quantity::Gradients if long => {
                return Err(format!("a pair of `{}` has several loops, and they are not counted", ptx.symbol).into());
            }
            _ if long => |counts| counts.additions,
            Quantity::ArgMin | Quantity::Nearest => |counts| counts.comparisons,
            // that of the value, and that of what the sum so far is multiplied by
            Quantity::LogSumExp => |counts| counts.exponentials / 2,
            Quantity::Sum | Quantity::Gradient | Quantity::Gradients => |counts| counts.exponentials,
        };
        let sass = sass::of(ptx, capability)?;
        let counts = sass::hot_loop(&sass, ptx.symbol, units).filter(|counts| units(counts) > 0);
        let counts = counts.ok_or_else(|| format!("the loop of `{}` is not found", ptx.symbol))?;
        let pairs = units(&counts) as f64 / if long { w.dim as f64 } else { 1.0 };
        let rates = Rates::of(capability);
        let bounds = [
            ("issue", rates.issued / (counts.all as f64 / pairs)),
            ("f32", rates.single / (counts.single as f64 / pairs)),
            ("exponentials", rates.special / (counts.special as f64 / pairs)),
        ];
        let (by, per_clock) = bounds.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default();
        Ok(Limit { per_clock, instructions: counts.all as f64 / pairs, by })
    }

    /// Pairs in a second on a card at its highest clock.
    pub fn pairs_per_second(&self, device: &CudaDevice) -> f64 {
        self.per_clock * f64::from(device.clock) * 1e3 * f64::from(device.multiprocessors)
    }
}

/// The limits of workloads on the cards of a compute capability; each kernel is looked at once.
pub struct Limits {
    capability: (u32, u32),
    found: HashMap<&'static str, Result<Limit, String>>,
}

impl Limits {
    pub fn of(capability: (u32, u32)) -> Self {
        Limits { capability, found: HashMap::new() }
    }

    /// The limit of a workload's kernel.
    ///
    /// # Errors
    /// Without the tools that show machine code, and where its loop is not found.
    pub fn get(&mut self, w: &Workload) -> Result<Limit, String> {
        let ptx = Ours::ptx(w).map_err(|e| e.to_string())?;
        let limit = self.found.entry(ptx.symbol);
        limit.or_insert_with(|| Limit::of(w, &ptx, self.capability).map_err(|e| e.to_string())).clone()
    }
}
