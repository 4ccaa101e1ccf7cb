//! The race of a workload, and whether it reaches its bars.

use crate::figures::{duration, median};
use crate::ours::Ours;
use crate::peer::{Peer, Result};
use crate::turns::{self, Turns};
use crate::workload::{Bar, Quantity, Workload};

/// What has been measured of a workload.
pub struct Row {
    pub workload: Workload,
    pub turns: Turns,
    /// How many times as long ours takes as the value alone, where gradients are asked for with it.
    pub value: Option<f64>,
}

/// Races a workload for so many rounds.
///
/// # Errors
/// A wrong answer, and a peer that fails.
pub fn run(w: &Workload, peers: &mut [Peer], rounds: usize) -> Result<Row> {
    let data = w.data();
    let ours = Ours::new(w, &data).ok_or("no kernel of ours computes this")?;
    let alone = Workload { quantity: Quantity::Sum, ..w.clone() };
    let alone = if w.quantity == Quantity::Gradients { Ours::new(&alone, &data) } else { None };
    let (calls, mut values) = (w.calls(), vec![]);
    let with_value = |seconds| {
        if let Some(alone) = &alone {
            values.push(seconds / alone.run(calls)?.0);
        }
        Ok(())
    };
    let turns = turns::take(w, &data, peers, [calls, rounds], |calls| Ok(ours.run(calls)?), with_value)?;
    let value = alone.map(|_| median(values));
    Ok(Row { workload: w.clone(), turns, value })
}

impl Row {
    pub fn pairs_per_second(&self) -> f64 {
        self.workload.pairs() / self.turns.seconds
    }

    /// Each bar in words, and whether it is reached; `None` where the peer is absent.
    pub fn bars(&self) -> Vec<(String, Option<bool>)> {
        let bar = |bar: &Bar| match *bar {
            Bar::Peer(name, least) => (format!("{name} ≥ {least}"), self.turns.ratio(name).map(|ratio| ratio >= least)),
            Bar::BestPeer => {
                let best = self.turns.ratios.iter().map(|(_, ratio)| *ratio).reduce(f64::min);
                ("best peer ≥ 1".to_owned(), best.map(|ratio| ratio >= 1.0))
            }
            Bar::Value(most) => (format!("≤ {most} × the value alone"), self.value.map(|ratio| ratio <= most)),
            Bar::Seconds(most) => (format!("≤ {}", duration(most)), Some(self.turns.seconds <= most)),
            Bar::Error(most) => (format!("error ≤ {most:.0e}"), Some(self.turns.error <= most)),
        };
        self.workload.bars.iter().map(bar).collect()
    }
}
