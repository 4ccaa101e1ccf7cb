//! How ranks talk to each other.

/// Processes, or threads, that compute one call together. Each is a rank, and holds one of these.
///
/// All methods but [`send`](Communicator::send), [`receive`](Communicator::receive) and [`abort`](Communicator::abort) are collective: every
/// rank calls them in the same order. [`Ranks`](crate::Ranks) sees to that, whatever goes wrong on some of them.
pub trait Communicator {
    /// The number of this rank, from 0 on.
    fn rank(&self) -> usize;
    /// How many ranks there are.
    fn ranks(&self) -> usize;
    /// The words of all ranks, one rank after the other. Each gives as many.
    fn all_gather(&self, words: &[u64]) -> Vec<u64>;
    /// Copies pieces of memory, each from the rank that is named beside it to the same piece of all others. Meanwhile it calls `work` again and
    /// again, as long as that answers with `true`. `work` does not panic.
    fn spread(&self, pieces: Vec<Piece<'_>>, work: &mut dyn FnMut() -> bool);
    /// Sends bytes to another rank, which [receives](Communicator::receive) as many.
    fn send(&self, to: usize, bytes: &[u8]);
    /// Receives what another rank sends.
    fn receive(&self, from: usize, bytes: &mut [u8]);
    /// Ends all ranks.
    fn abort(&self) -> !;
}

/// Memory that has the same bytes on every rank in the end, and the rank that has them in the beginning.
pub type Piece<'a> = (usize, &'a mut [u8]);

impl<C: Communicator + ?Sized> Communicator for &C {
    fn rank(&self) -> usize {
        (**self).rank()
    }
    fn ranks(&self) -> usize {
        (**self).ranks()
    }
    fn all_gather(&self, words: &[u64]) -> Vec<u64> {
        (**self).all_gather(words)
    }
    fn spread(&self, pieces: Vec<Piece<'_>>, work: &mut dyn FnMut() -> bool) {
        (**self).spread(pieces, work);
    }
    fn send(&self, to: usize, bytes: &[u8]) {
        (**self).send(to, bytes);
    }
    fn receive(&self, from: usize, bytes: &mut [u8]) {
        (**self).receive(from, bytes);
    }
    fn abort(&self) -> ! {
        (**self).abort()
    }
}
