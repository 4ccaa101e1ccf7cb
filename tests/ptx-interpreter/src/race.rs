//! Who has touched what, and whether anything orders it.
//!
//! Each byte remembers its last writer, its readers and its last atomic access. Two accesses of different threads, one
//! of them a write, are in order only where a barrier of their block, or one of their warp, stands between them. Threads
//! run one after the other, so every pair without such a barrier is met, whatever a GPU would make of it.

use crate::fault::Verb;

/// How an access is ordered with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Plain,
    /// Atomic, volatile, relaxed, acquire, release: races with plain accesses only.
    Strong,
    /// Through the cache of constants: nobody may write there during the launch, not even this thread.
    ReadOnly,
}

/// A stamp's place in the table of [`Stamps`].
type Id = u32;
const NOBODY: Id = 0;
const GRID: Id = 1;

/// The accesses that a byte remembers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    writer: Id,
    reader: Id,
    /// The last atomic write or update.
    atomic: Id,
    /// The last atomic read.
    watcher: Id,
}

/// A thread between two barriers, or several threads.
#[derive(Clone, Copy, Debug)]
struct Stamp {
    who: Who,
    block: u32,
    /// How many barriers the block has passed.
    epoch: u32,
    warp: u32,
    /// How many barriers the warp has passed.
    warp_epoch: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Thread(u32),
    Warp,
    Block,
    Grid,
}

/// All stamps of a launch.
#[derive(Debug)]
pub(crate) struct Stamps(Vec<Stamp>);

/// The stamps that a thread goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Me {
    thread: Id,
    warp: Id,
    block: Id,
}

impl Stamps {
    pub(crate) fn new() -> Self {
        let grid = Stamp { who: Who::Grid, block: 0, epoch: 0, warp: 0, warp_epoch: 0 };
        Self(vec![grid, grid])
    }

    fn push(&mut self, stamp: Stamp) -> Id {
        self.0.push(stamp);
        (self.0.len() - 1) as Id
    }

    /// A block passes a barrier.
    pub(crate) fn block(&mut self, block: u32, epoch: u32) -> Id {
        self.push(Stamp { who: Who::Block, block, epoch, warp: 0, warp_epoch: 0 })
    }

    /// A warp passes a barrier.
    pub(crate) fn warp(&mut self, block: Id, warp: u32, warp_epoch: u32) -> Id {
        let block = self.0[block as usize];
        self.push(Stamp { who: Who::Warp, warp, warp_epoch, ..block })
    }

    /// The stamps of a thread that has passed these barriers.
    pub(crate) fn thread(&mut self, block: Id, warp: Id, thread: u32) -> Me {
        let like = self.0[warp as usize];
        Me { thread: self.push(Stamp { who: Who::Thread(thread), ..like }), warp, block }
    }

    /// Notes an access to bytes; an earlier one that nothing orders with it is the error: which byte, and what it was.
    pub(crate) fn touch(&self, marks: &mut [Mark], verb: Verb, order: Order, me: Me) -> Result<(), (usize, String)> {
        for (at, mark) in marks.iter_mut().enumerate() {
            let conflict = |earlier: Id| !self.ordered(earlier, me);
            let strong = order == Order::Strong;
            let writes = verb != Verb::Read;
            let plain_write = writes && !strong;
            let checks = [
                (true, mark.writer, "written"),
                (!strong, mark.atomic, "written"),
                (writes, mark.reader, "read"),
                (plain_write, mark.watcher, "read"),
            ];
            if let Some((_, who, done)) = checks.into_iter().find(|(asked, who, _)| *asked && conflict(*who)) {
                return Err((at, format!("{} has {done} it", self.name(who))));
            }
            match (order, writes) {
                (Order::ReadOnly, _) => {
                    if mark.writer != NOBODY || mark.atomic != NOBODY {
                        return Err((at, "it was written in this launch, and is read as constant".into()));
                    }
                    mark.reader = GRID;
                }
                (Order::Strong, true) => mark.atomic = self.join(mark.atomic, me),
                (Order::Strong, false) => mark.watcher = self.join(mark.watcher, me),
                (Order::Plain, true) => mark.writer = me.thread,
                (Order::Plain, false) => mark.reader = self.join(mark.reader, me),
            }
        }
        Ok(())
    }

    /// Whether all of an earlier access comes before what `me` does now.
    fn ordered(&self, earlier: Id, me: Me) -> bool {
        if earlier == NOBODY || earlier == me.thread {
            return true;
        }
        let (a, b) = (self.0[earlier as usize], self.0[me.thread as usize]);
        if a.who == Who::Grid || a.block != b.block {
            return false;
        }
        if a.epoch < b.epoch {
            return true;
        }
        if a.who == Who::Block || a.warp != b.warp {
            return false;
        }
        a.warp_epoch < b.warp_epoch || a.who == b.who
    }

    /// A stamp that conflicts with all that `earlier` or `me` conflicts with.
    fn join(&self, earlier: Id, me: Me) -> Id {
        if [me.warp, me.block, GRID].contains(&earlier) {
            return earlier;
        }
        if self.ordered(earlier, me) {
            return me.thread;
        }
        let (a, b) = (self.0[earlier as usize], self.0[me.thread as usize]);
        if a.block != b.block {
            GRID
        } else if a.who == Who::Block || a.warp != b.warp {
            me.block
        } else {
            me.warp
        }
    }

    fn name(&self, id: Id) -> String {
        let stamp = self.0[id as usize];
        match stamp.who {
            Who::Thread(t) => format!("thread number {t} of block number {}", stamp.block),
            Who::Warp => format!("a thread of warp {} of block number {}", stamp.warp, stamp.block),
            Who::Block => format!("a thread of block number {}", stamp.block),
            Who::Grid => "a thread of the grid".into(),
        }
    }
}
