//! The race of a workload, and whether it reaches its bars.

use keops::Isa;

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
            values.push(seconds / turns::awake(calls, |calls| Ok(alone.run(calls)?.0))?);
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

    /// Each bar of this machine in words, and whether it is reached; `None` where the peer is absent.
    pub fn bars(&self) -> Vec<(String, Option<bool>)> {
        let here = |bar: &&Bar| !matches!(bar, Bar::PeerOn(isa, ..) if *isa != Isa::best());
        self.workload.bars.iter().filter(here).map(|bar| self.bar(bar)).collect()
    }

    fn bar(&self, bar: &Bar) -> (String, Option<bool>) {
        match *bar {
            Bar::Peer(name, least) => (format!("{name} ≥ {least}"), self.turns.ratio(name).map(|ratio| ratio >= least)),
            Bar::PeerOn(isa, name, least) => {
                let (word, reached) = self.bar(&Bar::Peer(name, least));
                (format!("{word} ({isa})"), reached)
            }
            Bar::BestPeer(least) => {
                let best = self.turns.ratios.iter().map(|(_, ratio)| *ratio).reduce(f64::min);
                (format!("best peer ≥ {least}"), best.map(|ratio| ratio >= least))
            }
            Bar::Value(most) => (format!("≤ {most} × the value alone"), self.value.map(|ratio| ratio <= most)),
            Bar::Seconds(most) => (format!("≤ {}", duration(most)), Some(self.turns.seconds <= most)),
            Bar::Error(most) => (format!("error ≤ {most:.0e}"), Some(self.turns.error <= most)),
            Bar::DirectError(times) => (
                format!("error ≤ {times} × the direct formula's"),
                self.turns.direct.map(|e| self.turns.error <= times * e),
            ),
        }
    }
}
