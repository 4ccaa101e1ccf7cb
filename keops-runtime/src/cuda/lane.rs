//! Lanes: what one engine does on a card, in order.

use std::sync::{Arc, Mutex, Weak};

use super::card::{Card, Loaded, locked};
use super::driver::{Block, Refusal, Stream};
use super::pool::{Pool, Spare};
use super::staging::Staging;
use crate::device::Shape;
use crate::{DeviceError, Error};

/// Copies of fewer bytes are made between kernels; larger ones beside them.
const BESIDE: usize = 1 << 20;
/// Fewer bytes than any card is short of.
const FEW: usize = 1 << 18;
/// Chunks of pinned memory for the one and the other: bytes, and how many.
const SMALL: (usize, usize) = (1 << 18, 4);
const LARGE: (usize, usize) = (4 << 20, 3);
/// So many kernels are named at most when one of them has failed.
const NAMED: usize = 4;

/// A stream of kernels, and a stream of copies beside it; and the memory that both use.
///
/// All that is asked for is done in this order, but large copies to the card begin before the kernels are done that were asked for
/// earlier. So a block that kernels may still use is noted, and a copy to it waits for them.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) card: Arc<Card>,
    kernels: Stream,
    copies: Stream,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    pool: Pool,
    small: Staging,
    large: Staging,
    /// Kernels since the stream was waited for, the last ones, with the places of their formulas.
    launched: Vec<(&'static str, &'static str)>,
}

/// Some memory of a lane. Dropped, it is used again by what comes later in the lane.
#[derive(Debug)]
pub struct Buffer {
    lane: Arc<Lane>,
    spare: Mutex<Option<Spare>>,
    /// Other lanes that have read it.
    readers: Mutex<Vec<Arc<Lane>>>,
}

/// All lanes: who is out of memory takes what lies idle in others on the card.
static LANES: Mutex<Vec<Weak<Lane>>> = Mutex::new(vec![]);

impl Lane {
    pub(super) fn new(card: Arc<Card>, exact: bool) -> Result<Arc<Self>, Error> {
        card.check()?;
        let stream = || Stream::new(&card.context).map_err(|refusal| card.error("making a stream", &refusal));
        let (kernels, copies) = (stream()?, stream()?);
        let pool = Pool::new(exact);
        let (small, large) = (Staging::new(SMALL.0, SMALL.1), Staging::new(LARGE.0, LARGE.1));
        let state = Mutex::new(State { pool, small, large, launched: vec![] });
        let lane = Arc::new(Lane { card, kernels, copies, state });
        let mut lanes = locked(&LANES);
        lanes.retain(|lane| lane.strong_count() > 0);
        lanes.push(Arc::downgrade(&lane));
        Ok(lane)
    }

    /// Whether blocks are as large as what they are asked for.
    pub(super) fn is_exact(&self) -> bool {
        locked(&self.state).pool.exact
    }

    /// Room for some bytes.
    pub(super) fn room(self: &Arc<Self>, bytes: usize) -> Result<Buffer, Error> {
        self.card.check()?;
        let size = {
            let pool = &mut locked(&self.state).pool;
            let size = pool.size(bytes);
            if let Some(spare) = pool.take(size) {
                return Ok(Buffer { lane: self.clone(), spare: Mutex::new(Some(spare)), readers: Mutex::default() });
            }
            size
        };
        // sizes are rounded where there is room for that
        let block = self.allocate(size).or_else(|_| {
            self.trim();
            self.allocate(bytes)
        });
        let block = block.map_err(|refusal| self.no_room(bytes, &refusal))?;
        Ok(Buffer {
            lane: self.clone(),
            spare: Mutex::new(Some(Spare { block, used: None, is_known: false })),
            readers: Mutex::default(),
        })
    }

    fn allocate(&self, bytes: usize) -> Result<Block, Refusal> {
        Block::new(&self.card.context, bytes)
    }

    /// Gives what lies idle on the card back to the driver.
    fn trim(&self) {
        let lanes: Vec<Arc<Lane>> = locked(&LANES).iter().filter_map(Weak::upgrade).collect();
        for lane in lanes.into_iter().filter(|lane| Arc::ptr_eq(&lane.card, &self.card)) {
            let spares = locked(&lane.state).pool.drain();
            drop(spares);
        }
    }

    fn no_room(&self, bytes: usize, refusal: &Refusal) -> Error {
        const OUT_OF_MEMORY: u32 = 2;
        match self.card.context.memory() {
            Ok((free, total)) if refusal.code == OUT_OF_MEMORY => {
                DeviceError::Memory { card: self.card.device.ordinal, bytes, free, total }.into()
            }
            _ => self.card.error(&format!("taking {bytes} bytes of memory"), refusal),
        }
    }

    /// How many bytes there is room for.
    pub(super) fn free(&self) -> Result<usize, Error> {
        self.card.check()?;
        let (free, _) =
            self.card.context.memory().map_err(|refusal| self.card.error("asking for its memory", &refusal))?;
        Ok(free + locked(&self.state).pool.bytes())
    }

    /// Whether so many bytes are few enough to be taken as a whole. The driver is not asked where they are few for any card, nor where they
    /// lie idle here, as in all calls but the first.
    pub(super) fn fits(&self, bytes: usize) -> Result<bool, Error> {
        let is_idle = || bytes <= self.card.device.memory / 4 && bytes <= locked(&self.state).pool.bytes();
        Ok(bytes < FEW || is_idle() || bytes <= self.free()? / 4)
    }

    /// Copies bytes to a buffer of this lane, `at` bytes behind its beginning.
    pub(super) fn write(&self, to: &Buffer, at: usize, from: &[u8]) -> Result<(), Error> {
        self.card.check()?;
        let told = |refusal: Refusal| self.card.error("copying numbers to the card", &refusal);
        let mut spare = locked(&to.spare);
        let Some(Spare { block, used, is_known }) = &mut *spare else { return Ok(()) };
        let was_known = std::mem::replace(is_known, true);
        let state = &mut *locked(&self.state);
        let context = &self.card.context;
        if from.len() < BESIDE {
            return state.small.write(context, &self.kernels, block, at, from).map_err(told);
        }
        if was_known {
            *used = Some(self.kernels.event().map_err(told)?);
        }
        if let Some(used) = used.take() {
            self.copies.wait_for(used).map_err(told)?;
        }
        state.large.write(context, &self.copies, block, at, from).map_err(told)?;
        self.copies.event().and_then(|copied| self.kernels.wait_for(copied)).map_err(told)
    }

    /// Copies bytes of a buffer of this lane to this process. Waits for all before.
    pub(super) fn read(&self, from: &Buffer, at: usize, to: &mut [u8]) -> Result<(), Error> {
        self.card.check()?;
        let spare = locked(&from.spare);
        let Some(Spare { block, .. }) = &*spare else { return Ok(()) };
        let done = self.kernels.read(block, at, to);
        self.waited(done, "copying results from the card")
    }

    /// Waits for all that was asked for.
    pub(super) fn wait(&self) -> Result<(), Error> {
        self.card.check()?;
        self.waited(self.kernels.wait(), "waiting for it")
    }

    /// An error that shows now may be that of any kernel since the last time.
    fn waited(&self, done: Result<(), Refusal>, what: &str) -> Result<(), Error> {
        let launched = std::mem::take(&mut locked(&self.state).launched);
        done.map_err(|refusal| {
            let kernels = launched.iter().map(|(symbol, place)| format!("`{symbol}` of the formula at {place}"));
            let kernels = kernels.collect::<Vec<_>>().join(", ");
            let after = if kernels.is_empty() { String::new() } else { format!(", after {kernels}") };
            self.card.error(&format!("{what}{after}"), &refusal)
        })
    }

    /// Launches a kernel.
    pub(super) fn launch(&self, loaded: &Loaded, name: &str, shape: Shape, work: &[u8]) -> Result<(), Error> {
        self.card.check()?;
        let kernel = loaded.kernel(name).expect("a pass has the kernels that `keops_core::launch` names");
        {
            let launched = &mut locked(&self.state).launched;
            let named = (loaded.symbol, loaded.place);
            if launched.last() != Some(&named) {
                launched.truncate(NAMED - 1);
                launched.push(named);
            }
        }
        // SAFETY: `work` is a `Work`, whose tables `OnDevice` has made as `keops_core::launch` asks, of buffers of this lane or
        // of others for which it waits; and they are used again only behind this launch
        let done = unsafe { self.kernels.launch(kernel, shape, work) };
        done.map_err(|refusal| {
            self.card.error(&format!("launching `{name}` of the formula at {}", loaded.place), &refusal)
        })
    }

    /// Does what comes from now on after all that was asked for in another lane.
    fn follow(&self, other: &Lane) -> Result<(), Error> {
        let after = other.kernels.event().and_then(|event| self.kernels.wait_for(event));
        after.map_err(|refusal| self.card.error("waiting for another stream", &refusal))
    }
}

impl Buffer {
    /// Its address on the card, for kernels.
    pub(super) fn address(&self) -> u64 {
        locked(&self.spare).as_mut().map_or(0, |spare| {
            spare.is_known = true;
            spare.block.address()
        })
    }

    /// Lets a lane read it, which is not written any more.
    pub(super) fn lend(&self, to: &Arc<Lane>) -> Result<(), Error> {
        if Arc::ptr_eq(&self.lane, to) {
            return Ok(());
        }
        if !Arc::ptr_eq(&self.lane.card, &to.card) {
            self.lane.card.check()?;
            return Err(DeviceError::OtherCard { found: self.lane.card.name(), wanted: to.card.name() }.into());
        }
        to.follow(&self.lane)?;
        let mut readers = locked(&self.readers);
        if !readers.iter().any(|reader| Arc::ptr_eq(reader, to)) {
            readers.push(to.clone());
        }
        Ok(())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let Some(mut spare) = locked(&self.spare).take() else { return };
        spare.is_known = false;
        let readers = std::mem::take(&mut *locked(&self.readers));
        // what cannot wait for those that read it is not used again: the driver frees it when they are done
        if readers.iter().any(|reader| self.lane.follow(reader).is_err()) {
            return;
        }
        if spare.block.bytes() >= BESIDE {
            match self.lane.kernels.event() {
                Ok(event) => spare.used = Some(event),
                Err(_) => return,
            }
        }
        locked(&self.lane.state).pool.give(spare);
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // pinned memory goes with it, from which copies may be on their way
        let _ = (self.copies.wait(), self.kernels.wait());
    }
}
