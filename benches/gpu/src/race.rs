//! The race of a workload on a card, and how far ours is from the card's limit.

use keops::Cuda;

use crate::limit::Limit;
use crate::ours::{Ours, Place};
use crate::peer::{Peer, Result};
use crate::turns::{self, Turns};
use crate::workload::Workload;

/// What has been measured of a workload.
pub struct Row {
    pub workload: Workload,
    pub place: Place,
    pub turns: Turns,
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
    // enough that a clock can tell
    let calls = (1e10 / w.pairs()).clamp(1.0, 1000.0) as usize;
    let turns = turns::take(w, &data, peers, [calls, rounds], |calls| Ok(ours.run(calls)?), |_| Ok(()))?;
    let most = limit.as_ref().ok().map(|limit| limit.pairs_per_second(cuda.device()));
    Ok(Row { workload: w.clone(), place, turns, limit, most })
}

impl Row {
    pub fn pairs_per_second(&self) -> f64 {
        self.workload.pairs() / self.turns.seconds
    }
    /// Which part of the card's limit it reaches.
    pub fn share(&self) -> Option<f64> {
        self.most.map(|most| self.pairs_per_second() / most)
    }
}
