//! The threads of a block, and where they meet.

use crate::fault::{Fault, FaultKind, Place};
use crate::instruction::{Op, Vote};
use crate::launch::World;
use crate::thread::{Stop, Thread};
use crate::types::mask;
use crate::warp;

#[derive(Debug)]
pub(crate) struct Block {
    entry: usize,
    number: u32,
    threads: Vec<Thread>,
    /// Where each thread has stopped; none: it goes on.
    stops: Vec<Option<Stop>>,
    /// Barriers passed, by the block and by each warp.
    epoch: u32,
    warp_epochs: Vec<u32>,
    /// The block's stamp since the last barrier, and those of its warps.
    stamp: u32,
    warp_stamps: Vec<u32>,
}

impl Block {
    pub(crate) fn new(world: &mut World<'_>, entry: usize) -> Self {
        let [x, y, z] = world.block_index;
        let number = x + world.grid[0] * (y + world.grid[1] * z);
        let count = world.block.iter().product::<u32>();
        let warps = count.div_ceil(32);
        let stamp = world.stamps.block(number, 0);
        let warp_stamps: Vec<_> = (0..warps).map(|w| world.stamps.warp(stamp, w, 0)).collect();
        let mut threads = vec![];
        for t in 0..count {
            let me = world.stamps.thread(stamp, warp_stamps[t as usize / 32], t);
            threads.push(Thread::new(world, t, me, entry));
        }
        Self {
            entry,
            number,
            stops: vec![None; threads.len()],
            threads,
            epoch: 0,
            warp_epochs: vec![0; warps as usize],
            stamp,
            warp_stamps,
        }
    }

    /// Runs all threads to their ends.
    pub(crate) fn run(mut self, world: &mut World<'_>) -> Result<(), Box<Fault>> {
        loop {
            for t in 0..self.threads.len() {
                if self.stops[t].is_none() {
                    let stop = self.threads[t].run(world);
                    self.stops[t] = Some(stop.map_err(|kind| self.fault(world, t, *kind))?);
                }
            }
            if self.meet_in_warps(world)? {
                continue;
            }
            if self.stops.iter().all(|stop| *stop == Some(Stop::Exit)) {
                break;
            }
            self.meet(world)?;
        }
        world.stats.instructions += self.threads.iter().map(|t| t.count).sum::<u64>();
        Ok(())
    }

    fn fault(&self, world: &World<'_>, thread: usize, kind: FaultKind) -> Box<Fault> {
        let (code, pc) = self.threads[thread].at();
        let code = &world.module.codes[code];
        let line = code.instructions.as_ref().map_or(0, |instructions| instructions[pc].line);
        let place = Place {
            function: code.name.clone(),
            line,
            text: world.module.line(line).into(),
            block: world.block_index,
            thread: self.threads[thread].index,
        };
        Box::new(Fault { entry: world.module.codes[self.entry].name.clone(), kind, place: Some(place) })
    }

    /// Where a thread is, in words.
    fn describe(&self, world: &World<'_>, thread: usize) -> String {
        let index = self.threads[thread].index;
        let (code, pc) = self.threads[thread].at();
        let line = world.module.codes[code].instructions.as_ref().map_or(0, |i| i[pc].line);
        match self.stops[thread] {
            Some(Stop::Exit) => format!("thread {index:?} has ended"),
            Some(Stop::Warp) => format!("thread {index:?} waits for its warp in line {line}"),
            _ => format!("thread {index:?} waits in line {line}"),
        }
    }

    /// Lets every warp go on that has come together; whether there was one.
    fn meet_in_warps(&mut self, world: &mut World<'_>) -> Result<bool, Box<Fault>> {
        let mut met = false;
        for first in (0..self.threads.len()).step_by(32) {
            let lanes = first..self.threads.len().min(first + 32);
            let Some(waiting) = lanes.clone().find(|t| self.stops[*t] == Some(Stop::Warp)) else { continue };
            let here = self.threads[waiting].at();
            let other = lanes.clone().find(|t| self.threads[*t].at() != here);
            if let Some(other) = other {
                let message = format!("all lanes must execute this together, but {}", self.describe(world, other));
                return Err(self.fault(world, waiting, FaultKind::Warp(message)));
            }
            let code = &world.module.codes[here.0];
            let op = code.instructions.as_ref().map(|instructions| &instructions[here.1].op);
            if let Some(Op::Warp { what, mask }) = op {
                let result = warp::execute(&mut self.threads[lanes.clone()], code, *what, *mask);
                result.map_err(|(lane, kind)| self.fault(world, first + lane, *kind))?;
                // memory is in order after the barrier of a warp, and after nothing else
                if what.is_barrier() {
                    let w = first / 32;
                    self.warp_epochs[w] += 1;
                    self.warp_stamps[w] = world.stamps.warp(self.stamp, w as u32, self.warp_epochs[w]);
                    self.restamp(world, lanes.clone());
                }
            }
            for t in lanes {
                self.threads[t].advance();
                self.stops[t] = None;
            }
            met = true;
        }
        Ok(met)
    }

    /// The threads go by new stamps: what they do from here on comes after what they did.
    fn restamp(&mut self, world: &mut World<'_>, threads: std::ops::Range<usize>) {
        for t in threads {
            self.threads[t].me = world.stamps.thread(self.stamp, self.warp_stamps[t / 32], t as u32);
        }
    }

    /// Lets the block go on, if all of its threads are at the same barrier.
    fn meet(&mut self, world: &mut World<'_>) -> Result<(), Box<Fault>> {
        let all = 0..self.threads.len();
        let waiting = all.clone().find(|t| self.stops[*t] == Some(Stop::Barrier)).unwrap_or(0);
        let here = self.threads[waiting].at();
        let other = all.clone().find(|t| self.threads[*t].at() != here);
        if let Some(other) = other {
            let message = format!("{}, {}", self.describe(world, waiting), self.describe(world, other));
            return Err(self.fault(world, waiting, FaultKind::Barrier(message)));
        }
        let code = &world.module.codes[here.0];
        let op = code.instructions.as_ref().map(|instructions| &instructions[here.1].op);
        let Some(Op::Barrier { id, count, vote }) = op else { return Ok(()) };
        let mut first_id = None;
        let mut set = 0;
        let threads = self.threads.len() as u64;
        for t in all.clone() {
            let thread = &self.threads[t];
            let get = |register| thread.get(code, register).map_err(|kind| self.fault(world, t, *kind));
            let (id, count) = (get(*id)?, count.map(get).transpose()?);
            let first = *first_id.get_or_insert(id);
            if id != first || id > 15 {
                let message = format!("barrier {id}, where the first thread is at barrier {first}");
                return Err(self.fault(world, t, FaultKind::Barrier(message)));
            }
            if let Some(count) = count.filter(|count| *count != threads.next_multiple_of(32)) {
                let message = format!("a barrier for {count} threads in a block of {threads}");
                return Err(self.fault(world, t, FaultKind::Barrier(message)));
            }
            if let Some((_, _, p)) = vote {
                set += get(*p)? & mask(1);
            }
        }
        for t in all.clone() {
            if let Some((kind, d, _)) = vote {
                let result = match kind {
                    Vote::All => u64::from(set == threads),
                    Vote::Any => u64::from(set > 0),
                    Vote::Count | Vote::Uniform | Vote::Ballot => set,
                };
                self.threads[t].set(*d, result);
            }
            self.threads[t].advance();
            self.stops[t] = None;
        }
        self.epoch += 1;
        world.stats.barriers += 1;
        self.stamp = world.stamps.block(self.number, self.epoch);
        for (w, stamp) in self.warp_stamps.iter_mut().enumerate() {
            *stamp = world.stamps.warp(self.stamp, w as u32, self.warp_epochs[w]);
        }
        self.restamp(world, all);
        Ok(())
    }
}
