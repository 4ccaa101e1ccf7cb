//! What the lanes of a warp do together.

use crate::fault::FaultKind;
use crate::instruction::{Code, Reg, Shuffle, Together, Vote};
use crate::thread::Thread;
use crate::types::mask;

/// Which lane it happened to, and what.
type Failed = (usize, Box<FaultKind>);

/// Executes an instruction for all lanes that there are.
pub(crate) fn execute(lanes: &mut [Thread], code: &Code, what: Together, members: Reg) -> Result<(), Failed> {
    let all = mask(lanes.len() as u32);
    for (lane, members) in values(lanes, code, members)?.into_iter().enumerate() {
        if members & all != all {
            let message = format!("the mask {members:#x} leaves lanes out, which is not modelled");
            return Err((lane, Box::new(FaultKind::Warp(message))));
        }
    }
    match what {
        Together::Barrier => {}
        Together::Shuffle { mode, d, p, a, b, c } => {
            let (values, b, c) = (values(lanes, code, a)?, values(lanes, code, b)?, values(lanes, code, c)?);
            for (lane, thread) in lanes.iter_mut().enumerate() {
                let (from, inside) = source(mode, lane as u64, b[lane], c[lane]);
                let Some(value) = values.get(from as usize) else {
                    let message = format!("lane {lane} reads of lane {from}, and there are {} lanes", values.len());
                    return Err((lane, Box::new(FaultKind::Warp(message))));
                };
                thread.set(d, *value);
                if let Some(p) = p {
                    thread.set(p, inside.into());
                }
            }
        }
        Together::Vote { kind, d, a } => {
            let votes = values(lanes, code, a)?;
            let ballot = votes.iter().enumerate().map(|(lane, vote)| vote << lane).sum::<u64>();
            let result = match kind {
                Vote::All => u64::from(ballot == all),
                Vote::Any => u64::from(ballot != 0),
                Vote::Uniform => u64::from(ballot == all || ballot == 0),
                Vote::Count => ballot.count_ones().into(),
                Vote::Ballot => ballot,
            };
            lanes.iter_mut().for_each(|thread| thread.set(d, result));
        }
        Together::Match { all: whole, d, p, a } => {
            let values = values(lanes, code, a)?;
            for (lane, thread) in lanes.iter_mut().enumerate() {
                let same = |other: &u64| u64::from(*other == values[lane]);
                let equal = values.iter().enumerate().map(|(k, other)| same(other) << k).sum::<u64>();
                thread.set(d, if whole && equal != all { 0 } else { equal });
                if let Some(p) = p {
                    thread.set(p, u64::from(equal == all));
                }
            }
        }
        Together::Reduce { f, d, a } => {
            let result = values(lanes, code, a)?.into_iter().reduce(f).unwrap_or_default();
            lanes.iter_mut().for_each(|thread| thread.set(d, result));
        }
    }
    Ok(())
}

fn values(lanes: &[Thread], code: &Code, register: Reg) -> Result<Vec<u64>, Failed> {
    lanes.iter().enumerate().map(|(lane, thread)| thread.get(code, register).map_err(|kind| (lane, kind))).collect()
}

/// Which lane a lane reads of, and whether that is one within the bounds; else it reads of itself.
fn source(mode: Shuffle, lane: u64, b: u64, c: u64) -> (u64, bool) {
    let (b, bound, segment) = (b & 31, c & 31, c >> 8 & 31);
    let (least, most) = (lane & segment, lane & segment | bound & !segment);
    let (from, inside) = match mode {
        // `most` is the lower bound here
        Shuffle::Up => (lane.wrapping_sub(b), lane as i64 - b as i64 >= most as i64),
        Shuffle::Down => (lane + b, lane + b <= most),
        Shuffle::Butterfly => (lane ^ b, lane ^ b <= most),
        Shuffle::Index => (least | b & !segment, least | b & !segment <= most),
    };
    if inside { (from, true) } else { (lane, false) }
}
