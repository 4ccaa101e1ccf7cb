//! A thread's loads, stores and atomic updates.

use super::{Result, Thread};
use crate::address::{self, Target};
use crate::fault::{FaultKind, Verb};
use crate::instruction::{Code, Update, Values};
use crate::launch::World;
use crate::race::Order;
use crate::region::Region;
use crate::types::{Space, mask, sign_extend};

impl Thread {
    /// Finds `bytes` bytes that may be accessed, and notes that they are: the buffer, and where in it they are.
    fn find<'w>(
        &'w mut self,
        world: &'w mut World<'_>,
        verb: Verb,
        (space, order): (Space, Order),
        address: u64,
        bytes: u64,
    ) -> Result<(&'w mut Region, usize)> {
        let (found, own) = match address::target(space, address) {
            Target::Buffer(slot) => (world.memory.region_mut(slot), address),
            Target::Variable(slot) => (world.variables.get_mut(slot), address),
            Target::Shared(own) => {
                let slot = address::small_slot(own).filter(|slot| *slot < world.shared.len());
                let dynamic = u64::from(world.dynamic_shared);
                let shared = &world.module.shared;
                let region = slot.map(|slot| {
                    world.shared[slot].get_or_insert_with(|| {
                        let declared = &shared[slot];
                        let length = if declared.dynamic { dynamic } else { declared.bytes };
                        let base = address::small(slot, declared.align);
                        Region::uninitialised(declared.name.clone(), Space::Shared, base, length as usize)
                    })
                });
                (region, own)
            }
            // the memory of another thread is out of reach
            Target::Local { thread, address: own } => {
                let mine = thread == u64::MAX || thread == u64::from(self.number);
                (address::small_slot(own).filter(|_| mine).and_then(|slot| self.locals.get_mut(slot)), own)
            }
            Target::Param(own) => (address::small_slot(own).and_then(|slot| self.params.get_mut(slot)), own),
            Target::Nothing => (None, address),
        };
        let Some(region) = found else {
            return Err(Box::new(FaultKind::Nowhere { verb, bytes, address, space }));
        };
        let at = region.check(verb, own, bytes)?;
        if matches!(region.space(), Space::Global | Space::Shared) {
            region.note(verb, at, bytes, order, &world.stamps, self.me)?;
        }
        Ok((region, at))
    }

    pub(super) fn load(
        &mut self,
        world: &mut World<'_>,
        space: Space,
        order: Order,
        values: &Values,
        address: u64,
    ) -> Result<()> {
        let bytes = u64::from(values.bytes);
        let count = usize::from(values.count);
        let mut loaded = [None; 4];
        let (region, at) = self.find(world, Verb::Read, (space, order), address, bytes * count as u64)?;
        for (k, value) in loaded[..count].iter_mut().enumerate() {
            let at = at + k * bytes as usize;
            // what is passed to a function may be undefined, if the function does not use it
            *value = if region.space() == Space::Param { region.get(at, bytes) } else { Some(region.read(at, bytes)?) };
        }
        for (value, register) in loaded[..count].iter().zip(values.registers) {
            match value {
                Some(v) if values.extend > 0 => {
                    self.set(register, sign_extend(*v, 8 * bytes as u32) & mask(values.extend.into()));
                }
                Some(v) => self.set(register, *v),
                None => self.written[self.frame.registers + register as usize] = false,
            }
        }
        Ok(())
    }

    pub(super) fn store(
        &mut self,
        world: &mut World<'_>,
        code: &Code,
        (space, order): (Space, Order),
        values: &Values,
        address: u64,
    ) -> Result<()> {
        let bytes = u64::from(values.bytes);
        let count = usize::from(values.count);
        let mut stored = [None; 4];
        for (value, register) in stored[..count].iter_mut().zip(values.registers) {
            *value = match self.get(code, register) {
                Err(_) if space == Space::Param => None,
                value => Some(value?),
            };
        }
        let (region, at) = self.find(world, Verb::Write, (space, order), address, bytes * count as u64)?;
        for (k, value) in stored[..count].iter().enumerate() {
            region.put(at + k * bytes as usize, bytes, *value);
        }
        Ok(())
    }

    /// An atomic update: the value before it.
    pub(super) fn update(
        &mut self,
        world: &mut World<'_>,
        space: Space,
        update: Update,
        bytes: u64,
        address: u64,
        [b, c]: [u64; 2],
    ) -> Result<u64> {
        let (region, at) = self.find(world, Verb::Update, (space, Order::Strong), address, bytes)?;
        let old = region.read(at, bytes)?;
        let new = match update {
            Update::Swap => b,
            Update::CompareAndSwap if old == b & mask(8 * bytes as u32) => c,
            Update::CompareAndSwap => old,
            Update::Compute(f) => f(old, b),
        };
        region.put(at, bytes, Some(new));
        Ok(old)
    }
}
