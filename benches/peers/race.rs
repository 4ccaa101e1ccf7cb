//! The race: ours and the peers take turns, after their answers have been checked.

use crate::expected::Expected;
use crate::figures::{duration, median};
use crate::ours::Ours;
use crate::peer::{Peer, Result};
use crate::workload::{Bar, Quantity, Workload};

/// What has been measured of a workload.
pub struct Row {
    pub workload: Workload,
    /// Of one call of ours: the median.
    pub seconds: f64,
    /// The relative error of our answer.
    pub error: f64,
    /// How many times as long the peers take: medians of the ratios of each round.
    pub ratios: Vec<(&'static str, f64)>,
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
    let mut rivals = Vec::new();
    for peer in peers {
        if peer.load(w, &data)? {
            rivals.push(peer);
        }
    }

    let expected = Expected::new(w, &data);
    let check = |who: &str, answer: &[f64]| {
        let error = expected.error(answer);
        let wrong = || format!("{w}: the answer of {who} is wrong, by {error:.1e}");
        if error <= tolerance(w) { Ok(error) } else { Err(wrong()) }
    };
    let error = check("ours", &ours.run(1)?.1)?;
    for rival in &mut rivals {
        check(rival.name, &rival.answer()?)?;
    }
    drop(expected);

    let calls = w.calls();
    let (mut times, mut values) = (Vec::new(), Vec::new());
    let mut ratios = vec![Vec::new(); rivals.len()];
    for _ in 0..rounds {
        let seconds = ours.run(calls)?.0;
        times.push(seconds);
        for (rival, ratios) in rivals.iter_mut().zip(&mut ratios) {
            ratios.push(rival.run(calls)? / seconds);
        }
        if let Some(alone) = &alone {
            values.push(seconds / alone.run(calls)?.0);
        }
    }
    let ratios = rivals.iter().zip(ratios).map(|(rival, ratios)| (rival.name, median(ratios))).collect();
    let value = alone.map(|_| median(values));
    Ok(Row { workload: w.clone(), seconds: median(times), error, ratios, value })
}

/// What rounding explains, also that of peers who take differences of squares.
fn tolerance(w: &Workload) -> f64 {
    match (w.double, w.quantity) {
        (true, _) => 1e-12,
        (false, Quantity::ArgMin) => 1e-4,
        (false, _) => 2e-5,
    }
}

impl Row {
    /// How many times as long a peer takes.
    pub fn ratio(&self, peer: &str) -> Option<f64> {
        self.ratios.iter().find(|(name, _)| *name == peer).map(|(_, ratio)| *ratio)
    }

    pub fn pairs_per_second(&self) -> f64 {
        self.workload.pairs() / self.seconds
    }

    /// Each bar in words, and whether it is reached; `None` where the peer is absent.
    pub fn bars(&self) -> Vec<(String, Option<bool>)> {
        let bar = |bar: &Bar| match *bar {
            Bar::Peer(name, least) => (format!("{name} ≥ {least}"), self.ratio(name).map(|ratio| ratio >= least)),
            Bar::BestPeer => {
                let best = self.ratios.iter().map(|(_, ratio)| *ratio).reduce(f64::min);
                ("best peer ≥ 1".to_owned(), best.map(|ratio| ratio >= 1.0))
            }
            Bar::Value(most) => (format!("≤ {most} × the value alone"), self.value.map(|ratio| ratio <= most)),
            Bar::Seconds(most) => (format!("≤ {}", duration(most)), Some(self.seconds <= most)),
            Bar::Error(most) => (format!("error ≤ {most:.0e}"), Some(self.error <= most)),
        };
        self.workload.bars.iter().map(bar).collect()
    }
}
