//! How ranks learn of what went wrong on one of them, and stay together.
//!
//! Whatever ranks exchange, they agree before: each says where in the program it is and whether all is well there. What has gone wrong
//! on a rank it says the next time, whatever the others want to exchange then, and all answer with the same error. So none waits for
//! one that has given up.

use std::any::Any;
use std::hash::{DefaultHasher, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Communicator, Ranks};
use crate::{Error, RanksError};

/// Where in the program a rank is: two of these are never the same where ranks go on to exchange different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum At {
    Call = 1,
    Pass,
    Columns,
    Partials,
    CallEnd,
    Scatter,
    Gather,
    Balance,
    Move,
    Read,
    Write,
    /// It is done with all calls.
    End,
    /// Something has gone wrong.
    Failed,
}

impl At {
    const ALL: [At; 13] = [
        At::Call,
        At::Pass,
        At::Columns,
        At::Partials,
        At::CallEnd,
        At::Scatter,
        At::Gather,
        At::Balance,
        At::Move,
        At::Read,
        At::Write,
        At::End,
        At::Failed,
    ];

    fn words(self) -> &'static str {
        match self {
            At::Call => "at the beginning of a call",
            At::Pass | At::Columns | At::Partials => "in a call",
            At::CallEnd => "at the end of a call",
            At::Scatter => "at `scatter`",
            At::Gather => "at `gather`",
            At::Balance => "at `balanced`",
            At::Move => "at `move_to`",
            At::Read => "at `read_npy`",
            At::Write => "at `write_npy`",
            At::End => "at the end of the program",
            At::Failed => "where something has gone wrong",
        }
    }

    fn of(word: u64) -> At {
        At::ALL.into_iter().find(|at| *at as u64 == word).unwrap_or(At::Failed)
    }
}

/// What a rank says beside where it is.
pub(super) type Words = [u64; WORDS];

/// How many there are.
const WORDS: usize = 8;

/// Some of these words; the others are 0.
pub(super) fn words<const N: usize>(some: [u64; N]) -> Words {
    std::array::from_fn(|k| some.get(k).copied().unwrap_or(0))
}

/// A hash that is the same on all ranks. (`DefaultHasher::new` has fixed keys.)
pub(super) fn hash(what: impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

impl<E, C: Communicator> Ranks<E, C> {
    /// What all ranks say, or the first error of any.
    pub(super) fn agree(&self, at: At, mine: Result<Words, Error>) -> Result<Vec<Words>, Error> {
        let (at, words) = mine.as_ref().map_or((At::Failed, words([])), |words| (at, *words));
        let mut sent = [0; 1 + WORDS];
        sent[0] = at as u64;
        sent[1..].copy_from_slice(&words);
        let all = self.communicator.all_gather(&sent);
        let all: Vec<(At, Words)> =
            all.chunks_exact(sent.len()).map(|rank| (At::of(rank[0]), std::array::from_fn(|k| rank[1 + k]))).collect();
        let failed = all.iter().position(|(at, _)| *at == At::Failed);
        let outcome = match failed {
            Some(rank) => {
                let message = self.told_by(rank, mine.err().map(|error| error.to_string()).unwrap_or_default());
                Err(RanksError::Failed { rank, message }.into())
            }
            None => match all.iter().position(|(at, _)| *at != all[0].0) {
                Some(rank) => {
                    let (first, other) = (all[0].0.words().into(), all[rank].0.words().into());
                    Err(RanksError::Differ { what: "place in the program".into(), rank, other, first }.into())
                }
                None => Ok(all.into_iter().map(|(_, words)| words).collect()),
            },
        };
        self.agreed.set(outcome.is_err());
        outcome
    }

    /// The text of one rank, on all.
    pub(super) fn told_by(&self, rank: usize, mine: String) -> String {
        let mut bytes = if rank == self.rank() { mine.into_bytes() } else { vec![] };
        let len = self.communicator.all_gather(&[bytes.len() as u64])[rank];
        bytes.resize(len as usize, 0);
        self.communicator.spread(vec![(rank, &mut bytes)], &mut || false);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// An error, where a word is not the same on all ranks. `say` tells what it means here, and has to on all ranks.
    pub(super) fn same(&self, all: &[Words], word: usize, what: &str, say: impl Fn() -> String) -> Result<(), Error> {
        let Some(rank) = all.iter().position(|words| words[word] != all[0][word]) else { return Ok(()) };
        let (first, mut other) = (self.told_by(0, say()), self.told_by(rank, say()));
        if first == other {
            other += ", which differ in what is too long to be told";
        }
        self.agreed.set(true);
        Err(RanksError::Differ { what: what.into(), rank, other, first }.into())
    }

    /// What this rank has, once all have theirs; or the first error of any.
    pub(super) fn once_all_are_well<V>(&self, at: At, mine: Result<V, Error>) -> Result<V, Error> {
        self.agree(at, mine.as_ref().map(|_| words([])).map_err(Clone::clone)).and(mine)
    }

    /// Does something that ranks do together, and answers with the same error on all if it fails on one, by an error or a panic.
    pub(super) fn together<R>(&self, end: At, body: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
        self.agreed.set(false);
        let outcome = caught(body);
        if self.agreed.get() { outcome } else { self.once_all_are_well(end, outcome) }
    }

    /// Waits until all ranks are done with all calls. Those that are not get an error from each that they begin.
    pub(super) fn leave(&self) {
        while self.agree(At::End, Ok(words([]))).is_err() {}
    }
}

/// What `body` answers with; a panic as an error.
pub(super) fn caught<R>(body: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
    // what a panic leaves half done is not used any more: the results of a call that fails are dropped
    catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|panic| Err(RanksError::Panicked { message: text(&*panic) }.into()))
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}
