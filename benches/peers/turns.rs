//! Ours and the peers take turns, after their answers have been checked.

use crate::expected::Expected;
use crate::figures::median;
use crate::peer::{Peer, Result};
use crate::workload::{Bar, Data, Quantity, Workload};

/// What has been measured of a workload that all have computed in turns.
pub struct Turns {
    /// Of one call of ours: the median.
    pub seconds: f64,
    /// The relative error of our answer.
    pub error: f64,
    /// That of the direct formula in single precision, where a bar asks for it.
    pub direct: Option<f64>,
    /// How many times as long the peers take: medians of the ratios of each round.
    pub ratios: Vec<(&'static str, f64)>,
}

/// Seconds beside which it does not matter how long threads take to wake up.
const SHORT: f64 = 0.1;

/// The seconds of a call, of so many. Where they are short, as many go before, which do not count: threads that have slept are
/// awake after some milliseconds (on virtual processors), and who follows on whom must not decide.
///
/// # Errors
/// Those of the calls.
pub fn awake(calls: usize, mut run: impl FnMut(usize) -> Result<f64>) -> Result<f64> {
    let seconds = run(calls)?;
    if seconds * calls as f64 > SHORT { Ok(seconds) } else { run(calls) }
}

/// Lets ours and the peers take turns for so many rounds, each with so many calls. `ours` makes calls, and answers with the seconds
/// of one and the result; `then` is told our seconds at the end of each round.
///
/// # Errors
/// A wrong answer, and whoever fails.
pub fn take(
    w: &Workload,
    data: &Data,
    peers: &mut [Peer],
    [calls, rounds]: [usize; 2],
    ours: impl Fn(usize) -> Result<(f64, Vec<f64>)>,
    mut then: impl FnMut(f64) -> Result<()>,
) -> Result<Turns> {
    let mut rivals = Vec::new();
    for peer in peers {
        if peer.load(w, data)? {
            rivals.push(peer);
        }
    }
    let expected = Expected::new(w, data);
    let check = |who: &str, answer: &[f64]| {
        let error = expected.error(answer);
        let wrong = || format!("{w}: the answer of {who} is wrong, by {error:.1e}");
        if error <= tolerance(w) { Ok(error) } else { Err(wrong()) }
    };
    let error = check("ours", &ours(1)?.1)?;
    for rival in &mut rivals {
        check(rival.name, &rival.answer()?)?;
    }
    let compared = w.bars.iter().any(|bar| matches!(bar, Bar::DirectError(_)));
    let direct = if compared { expected.direct() } else { None };
    drop(expected);

    let (mut times, mut ratios) = (vec![], vec![Vec::new(); rivals.len()]);
    for _ in 0..rounds {
        let seconds = awake(calls, |calls| Ok(ours(calls)?.0))?;
        times.push(seconds);
        for (rival, ratios) in rivals.iter_mut().zip(&mut ratios) {
            ratios.push(awake(calls, |calls| rival.run(calls))? / seconds);
        }
        then(seconds)?;
    }
    let ratios = rivals.iter().zip(ratios).map(|(rival, ratios)| (rival.name, median(ratios))).collect();
    Ok(Turns { seconds: median(times), error, direct, ratios })
}

/// What rounding explains, also that of peers who take differences of squares.
fn tolerance(w: &Workload) -> f64 {
    match (w.double, w.quantity) {
        (true, _) => 1e-12,
        (false, Quantity::ArgMin | Quantity::Nearest) => 1e-4,
        (false, _) => 2e-5,
    }
}

impl Turns {
    /// How many times as long a peer takes.
    pub fn ratio(&self, peer: &str) -> Option<f64> {
        self.ratios.iter().find(|(name, _)| *name == peer).map(|(_, ratio)| *ratio)
    }
}
