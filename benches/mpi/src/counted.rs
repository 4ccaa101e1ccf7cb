//! A communicator that counts what it brings, and how long that takes.

use std::cell::Cell;
use std::time::{Duration, Instant};

use keops::ranks::{Communicator, Piece};

/// A communicator, and what it has taken so far.
pub(crate) struct Counted<C> {
    inner: C,
    time: Cell<Duration>,
    bytes: Cell<usize>,
}

impl<C> Counted<C> {
    pub(crate) fn new(inner: C) -> Self {
        Counted { inner, time: Cell::default(), bytes: Cell::default() }
    }

    /// The seconds spent in it, but for work that is done meanwhile, and the bytes that have come.
    pub(crate) fn taken(&self) -> (f64, usize) {
        (self.time.get().as_secs_f64(), self.bytes.get())
    }

    fn timed<R>(&self, what: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let done = what();
        self.time.set(self.time.get() + started.elapsed());
        done
    }
}

impl<C: Communicator> Communicator for Counted<C> {
    fn rank(&self) -> usize {
        self.inner.rank()
    }
    fn ranks(&self) -> usize {
        self.inner.ranks()
    }
    fn all_gather(&self, words: &[u64]) -> Vec<u64> {
        self.timed(|| self.inner.all_gather(words))
    }
    fn spread(&self, pieces: Vec<Piece<'_>>, work: &mut dyn FnMut() -> bool) {
        let of_others = pieces.iter().filter(|(owner, _)| *owner != self.rank());
        self.bytes.set(self.bytes.get() + of_others.map(|(_, piece)| piece.len()).sum::<usize>());
        let mut worked = Duration::ZERO;
        self.timed(|| {
            self.inner.spread(pieces, &mut || {
                let started = Instant::now();
                let more = work();
                worked += started.elapsed();
                more
            });
        });
        self.time.set(self.time.get() - worked);
    }
    fn send(&self, to: usize, bytes: &[u8]) {
        self.timed(|| self.inner.send(to, bytes));
    }
    fn receive(&self, from: usize, bytes: &mut [u8]) {
        self.bytes.set(self.bytes.get() + bytes.len());
        self.timed(|| self.inner.receive(from, bytes));
    }
    fn abort(&self) -> ! {
        self.inner.abort()
    }
}
