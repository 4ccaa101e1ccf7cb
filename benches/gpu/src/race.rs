//! The race: ours and the peers take turns, after their answers have been checked.

use keops::Cuda;

use crate::expected::Expected;
use crate::figures::median;
use crate::limit::Limit;
use crate::ours::{Ours, Place};
use crate::peer::{Peer, Result};
use crate::workload::{Quantity, Workload};

/// What has been measured of a workload.
pub struct Row {
    pub workload: Workload,
    pub place: Place,
    /// Of one call of ours: the median.
    pub seconds: f64,
    /// The relative error of our answer.
    pub error: f64,
    /// How many times as long the peers take: medians of the ratios of each round.
    pub ratios: Vec<(&'static str, f64)>,
    pub limit: Result<Limit, String>,
    /// Pairs in a second, at this limit.
    pub most: Option<f64>,
}

/// Races a workload for so many rounds.
///
/// # Errors
/// A wrong answer, what the card's driver says, and a peer that fails.
pub fn run(
    w: &Workload,
    place: Place,
    cuda: &Cuda,
    peers: &mut [Peer],
    limit: Result<Limit, String>,
    rounds: usize,
) -> Result<Row> {
    let data = w.data();
    let ours = Ours::new(w, &data, place, cuda)?;
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
        if error <= tolerance(w.quantity) { Ok(error) } else { Err(wrong()) }
    };
    let error = check("ours", &ours.run(1)?.1)?;
    for rival in &mut rivals {
        check(rival.name, &rival.answer()?)?;
    }
    drop(expected);

    // enough that a clock can tell
    let calls = (1e10 / w.pairs()).clamp(1.0, 1000.0) as usize;
    let (mut times, mut ratios) = (vec![], vec![Vec::new(); rivals.len()]);
    for _ in 0..rounds {
        let seconds = ours.run(calls)?.0;
        times.push(seconds);
        for (rival, ratios) in rivals.iter_mut().zip(&mut ratios) {
            ratios.push(rival.run(calls)? / seconds);
        }
    }
    let ratios = rivals.iter().zip(ratios).map(|(rival, ratios)| (rival.name, median(ratios))).collect();
    let most = limit.as_ref().ok().map(|limit| limit.pairs_per_second(cuda.device()));
    Ok(Row { workload: w.clone(), place, seconds: median(times), error, ratios, limit, most })
}

/// What rounding explains, also that of peers who take differences of squares.
fn tolerance(quantity: Quantity) -> f64 {
    match quantity {
        Quantity::ArgMin => 1e-4,
        Quantity::Sum | Quantity::Gradient | Quantity::Gradients | Quantity::LogSumExp => 2e-5,
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
    /// Which part of the card's limit it reaches.
    pub fn share(&self) -> Option<f64> {
        self.most.map(|most| self.pairs_per_second() / most)
    }
}
