//! How fast a formula is at each scale of its data.

use std::time::Duration;

use keops::{Cpu, Error};

use crate::formulas::{PAIRS, Sweep};

/// How much longer a call may take at one scale than at another.
pub const CLIFF: f64 = 1.1;
/// How often each scale has its turn, unless its turns have taken [`ENOUGH`].
const ROUNDS: usize = 7;
const ENOUGH: Duration = Duration::from_millis(20);

/// Rates of one formula, in pairs per second.
pub struct Curve {
    pub name: String,
    /// Scales, ascending, and the rate at each.
    pub rates: Vec<(f64, f64)>,
}

impl Curve {
    /// Lets all scales take turns, and keeps the best of each: what else runs on the machine only takes time away.
    ///
    /// # Errors
    /// Those of the calls.
    pub fn measure(sweep: &Sweep, cpu: &Cpu) -> Result<Self, Error> {
        let calls: Vec<_> = sweep.scales.iter().map(|&scale| (sweep.at)(scale)).collect();
        let mut times = vec![(Duration::ZERO, Duration::MAX); calls.len()];
        for _ in 0..ROUNDS {
            for ((all, least), call) in times.iter_mut().zip(&calls) {
                if *all < ENOUGH {
                    let time = call(cpu)?;
                    (*all, *least) = (*all + time, time.min(*least));
                }
            }
        }
        let rates = times.iter().map(|(_, least)| PAIRS as f64 / least.as_secs_f64());
        Ok(Curve { name: sweep.name.clone(), rates: sweep.scales.iter().copied().zip(rates).collect() })
    }

    /// The best rate.
    pub fn best(&self) -> f64 {
        self.rates.iter().map(|(_, rate)| *rate).fold(0.0, f64::max)
    }

    /// How many times as long as at best it takes at worst.
    pub fn worst(&self) -> f64 {
        self.best() / self.rates.iter().map(|(_, rate)| *rate).fold(f64::INFINITY, f64::min)
    }

    /// The scales, from one to another, at which it takes more than a tenth longer than at best.
    pub fn cliffs(&self) -> Vec<(f64, f64)> {
        let best = self.best();
        let is_cliff = |(_, rate): &(f64, f64)| best > CLIFF * rate;
        let runs = self.rates.chunk_by(|a, b| is_cliff(a) == is_cliff(b));
        runs.filter(|run| is_cliff(&run[0])).map(|run| (run[0].0, run[run.len() - 1].0)).collect()
    }
}
