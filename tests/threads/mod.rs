//! Ranks that are threads of one process: what has to hold of ranks is tested without MPI.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{HashMap, VecDeque};
use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use keops::ranks::{Communicator, Piece};

/// How long a rank waits for others before the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Default)]
struct State {
    /// What each rank has brought to the meeting that goes on.
    brought: Vec<Option<Vec<Vec<u8>>>>,
    /// What all ranks have brought to the last one.
    met: Arc<Vec<Vec<Vec<u8>>>>,
    meetings: usize,
    mail: HashMap<(usize, usize), VecDeque<Vec<u8>>>,
    sent: usize,
}

/// One of several threads.
#[derive(Clone)]
pub(crate) struct Thread {
    rank: usize,
    ranks: usize,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Thread {
    /// All of so many.
    pub(crate) fn all(ranks: usize) -> Vec<Thread> {
        let state = State { brought: vec![None; ranks], ..State::default() };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        (0..ranks).map(|rank| Thread { rank, ranks, shared: shared.clone() }).collect()
    }

    /// How many bytes have been spread by all ranks.
    pub(crate) fn sent(&self) -> usize {
        self.state().sent
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().expect("no rank has panicked here")
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let (state, time) = self.shared.1.wait_timeout(state, PATIENCE).expect("no rank has panicked here");
        assert!(!time.timed_out(), "rank {} waits for the others in vain", self.rank);
        state
    }

    /// Waits for all, and hands out what they have brought.
    fn meet(&self, mine: Vec<Vec<u8>>) -> Arc<Vec<Vec<Vec<u8>>>> {
        let mut state = self.state();
        let meeting = state.meetings;
        state.brought[self.rank] = Some(mine);
        if state.brought.iter().all(Option::is_some) {
            let all = state.brought.iter_mut().map(|mine| mine.take().expect("all are there")).collect();
            state.met = Arc::new(all);
            state.meetings += 1;
            self.shared.1.notify_all();
        }
        while state.meetings == meeting {
            state = self.wait(state);
        }
        state.met.clone()
    }
}

impl Communicator for Thread {
    fn rank(&self) -> usize {
        self.rank
    }
    fn ranks(&self) -> usize {
        self.ranks
    }
    fn all_gather(&self, words: &[u64]) -> Vec<u64> {
        let bytes = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let all = self.meet(vec![bytes]);
        let of = |rank: &Vec<Vec<u8>>| {
            assert_eq!(rank[0].len(), size_of_val(words), "ranks gather other numbers of words");
            rank[0].chunks(8).map(|b| u64::from_ne_bytes(b.try_into().expect("a word"))).collect::<Vec<_>>()
        };
        all.iter().flat_map(of).collect()
    }
    fn spread(&self, pieces: Vec<Piece<'_>>, work: &mut dyn FnMut() -> bool) {
        // pieces of others are sent empty, with what is to tell that all ranks mean the same
        let mut brought: Vec<Vec<u8>> = vec![];
        for (owner, piece) in &pieces {
            brought.push(owner.to_ne_bytes().into_iter().chain(piece.len().to_ne_bytes()).collect());
            brought.push(if *owner == self.rank { piece.to_vec() } else { vec![] });
        }
        while work() {}
        let all = self.meet(brought);
        for (k, (owner, piece)) in pieces.into_iter().enumerate() {
            assert!(all.iter().all(|rank| rank[2 * k] == all[0][2 * k]), "ranks spread different pieces");
            piece.copy_from_slice(&all[owner][2 * k + 1]);
            self.state().sent += if owner == self.rank { 0 } else { piece.len() };
        }
    }
    fn send(&self, to: usize, bytes: &[u8]) {
        self.state().mail.entry((self.rank, to)).or_default().push_back(bytes.to_vec());
        self.shared.1.notify_all();
    }
    fn receive(&self, from: usize, bytes: &mut [u8]) {
        let mut state = self.state();
        loop {
            match state.mail.get_mut(&(from, self.rank)).and_then(VecDeque::pop_front) {
                Some(sent) => return bytes.copy_from_slice(&sent),
                None => state = self.wait(state),
            }
        }
    }
    fn abort(&self) -> ! {
        // past the harness, which shows nothing of a test that does not end
        let _ = writeln!(io::stderr(), "rank {} ends all: run it with `--nocapture`", self.rank);
        std::process::exit(101)
    }
}

/// What each rank answers with.
pub(crate) fn on_threads<R: Send>(ranks: usize, rank: impl Fn(Thread) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let running: Vec<_> = Thread::all(ranks).into_iter().map(|thread| scope.spawn(|| rank(thread))).collect();
        running.into_iter().map(|rank| rank.join().expect("no rank panics")).collect()
    })
}
