//! How points come to ranks, and results back.

use std::ops::Range;

use bytemuck::Pod;

use super::agreement::{At, hash, words};
use super::{Communicator, Ranks};
use crate::{Error, RanksError, host};

/// The most bytes of a message.
const MESSAGE: usize = 1 << 28;

impl<E, C: Communicator> Ranks<E, C> {
    /// The part of `len` points that this rank takes where all take as many (or one less).
    ///
    /// ```
    /// # use keops_runtime::{Communicator, Ranks};
    /// # fn part<C: Communicator>(ranks: &Ranks<keops_runtime::Cpu, C>) {
    /// let rows = ranks.part(1_000_000);
    /// # }
    /// ```
    pub fn part(&self, len: usize) -> Range<usize> {
        part(len, self.rank(), self.ranks())
    }

    /// The points of this rank, of all that rank 0 has: as many for each. What the other ranks give is not looked at.
    ///
    /// # Errors
    /// When there is no memory, and what goes wrong on another rank.
    pub fn scatter<P: Pod>(&self, points: &[P]) -> Result<Vec<P>, Error> {
        let mine = if self.rank() == 0 { points } else { &[] };
        self.moved(At::Scatter, mine, |len, rank| part(len, rank, self.ranks()))
    }

    /// The points of all ranks, in order, on rank 0; none on the others.
    ///
    /// # Errors
    /// When there is no memory, and what goes wrong on another rank.
    pub fn gather<P: Pod>(&self, mine: &[P]) -> Result<Vec<P>, Error> {
        self.moved(At::Gather, mine, |len, rank| if rank == 0 { 0..len } else { 0..0 })
    }

    /// The same points, in the same order, as many on each rank. As every rank computes its own rows, over all columns, that is what makes all of them
    /// end at a time. Where [`Ranges`](crate::Ranges) give some rows more to do, see [`move_to`](Ranks::move_to).
    ///
    /// # Errors
    /// When there is no memory, and what goes wrong on another rank.
    pub fn balanced<P: Pod>(&self, mine: &[P]) -> Result<Vec<P>, Error> {
        self.moved(At::Balance, mine, |len, rank| part(len, rank, self.ranks()))
    }

    /// Those of all ranks' points that this one asks for, for example the rows of [`Ranges::part`](crate::Ranges::part).
    ///
    /// # Errors
    /// [`RanksError::Points`], when there are fewer; when there is no memory, and what goes wrong on another rank.
    pub fn move_to<P: Pod>(&self, mine: &[P], asked: Range<usize>) -> Result<Vec<P>, Error> {
        self.together(At::Move, || {
            let here = words([asked.start as u64, asked.end as u64]);
            let all = self.agree(At::Move, Ok(here))?;
            let of = |rank: usize| all[rank][0] as usize..all[rank][1] as usize;
            self.exchanged(At::Move, mine, |_, rank| of(rank))
        })
    }

    fn moved<P: Pod>(&self, at: At, mine: &[P], to: impl Fn(usize, usize) -> Range<usize>) -> Result<Vec<P>, Error> {
        self.together(at, || self.exchanged(at, mine, to))
    }

    /// How many points each rank has, which are of one type.
    pub(super) fn held<P: Pod>(&self, at: At, mine: &[P]) -> Result<Vec<usize>, Error> {
        let name = std::any::type_name::<P>();
        let all = self.agree(at, Ok(words([mine.len() as u64, hash(name)])))?;
        self.same(&all, 1, "type of points", || name.into())?;
        Ok(all.iter().map(|words| words[0] as usize).collect())
    }

    /// The points that each rank is to have of all there are. `to` is given how many there are, and a rank.
    fn exchanged<P: Pod>(
        &self,
        at: At,
        mine: &[P],
        to: impl Fn(usize, usize) -> Range<usize>,
    ) -> Result<Vec<P>, Error> {
        let mut len = 0;
        let behind = |held: usize| {
            len += held;
            len - held..len
        };
        let held: Vec<Range<usize>> = self.held(at, mine)?.into_iter().map(behind).collect();
        let (rank, ranks) = (self.rank(), self.ranks());
        let wanted: Vec<Range<usize>> = (0..ranks).map(|rank| to(len, rank)).collect();
        let is_there = |range: &Range<usize>| range.start <= range.end && range.end <= len;
        let room = match &wanted[rank] {
            range if is_there(range) => host::zeros::<P>(range.len()),
            &Range { start, end } => Err(RanksError::Points { start, end, len }.into()),
        };
        // from here on nothing can go wrong on one of them
        let mut room = self.once_all_are_well(at, room)?;
        // all in one order: then each of these is waited for by two that have done all before it
        for (from, held) in held.iter().enumerate() {
            for (to, wanted) in wanted.iter().enumerate() {
                let both = held.start.max(wanted.start)..held.end.min(wanted.end);
                if both.is_empty() || from != rank && to != rank {
                    continue;
                }
                let sent = || &mine[both.start - held.start..both.end - held.start];
                let place = both.start.saturating_sub(wanted.start)..both.end.saturating_sub(wanted.start);
                if from == to {
                    room[place].copy_from_slice(sent());
                } else if from == rank {
                    bytemuck::cast_slice(sent()).chunks(MESSAGE).for_each(|bytes| self.communicator.send(to, bytes));
                } else {
                    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut room[place]);
                    bytes.chunks_mut(MESSAGE).for_each(|bytes| self.communicator.receive(from, bytes));
                }
            }
        }
        Ok(room)
    }
}

/// The part of one of several ranks that take as many points, or one less.
pub(super) fn part(len: usize, rank: usize, ranks: usize) -> Range<usize> {
    let (each, more) = (len / ranks, len % ranks);
    let first = |rank: usize| rank * each + rank.min(more);
    first(rank)..first(rank + 1)
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn parts_follow_each_other() {
        for len in [0, 1, 5, 6, 7, 100] {
            for ranks in 1..8 {
                let parts: Vec<_> = (0..ranks).map(|rank| part(len, rank, ranks)).collect();
                assert_eq!((parts[0].start, parts[ranks - 1].end), (0, len));
                assert!(parts.windows(2).all(|two| two[0].end == two[1].start && two[0].len() - two[1].len() <= 1));
            }
        }
    }
}
