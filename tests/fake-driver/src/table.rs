//! Things that programs know by a handle.

use std::collections::BTreeMap;

use crate::code::{Code, INVALID_HANDLE};

/// What a handle is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Context = 1,
    Module,
    Function,
    Stream,
    Event,
}

const KIND: u32 = 40;
const DEVICE: u32 = 32;
const STEP: u64 = 0x10;

/// The device whose handle this is; nothing where it is no handle of this kind.
pub(crate) fn device_of(handle: u64, kind: Kind) -> Option<usize> {
    (handle >> KIND == kind as u64).then_some((handle >> DEVICE & 0xFF) as usize)
}

/// Things of one kind, of one device. A handle is not given twice.
#[derive(Debug)]
pub(crate) struct Table<T> {
    things: BTreeMap<u64, T>,
    last: u64,
}

impl<T> Table<T> {
    pub(crate) fn new(kind: Kind, device: usize) -> Self {
        Self { things: BTreeMap::new(), last: (kind as u64) << KIND | (device as u64) << DEVICE }
    }
    /// The next handle.
    pub(crate) fn number(&mut self) -> u64 {
        self.last += STEP;
        self.last
    }
    pub(crate) fn add(&mut self, thing: T) -> u64 {
        let handle = self.number();
        self.things.insert(handle, thing);
        handle
    }
    pub(crate) fn get(&self, handle: u64) -> Result<&T, Code> {
        self.things.get(&handle).ok_or(INVALID_HANDLE)
    }
    pub(crate) fn get_mut(&mut self, handle: u64) -> Result<&mut T, Code> {
        self.things.get_mut(&handle).ok_or(INVALID_HANDLE)
    }
    pub(crate) fn remove(&mut self, handle: u64) -> Result<T, Code> {
        self.things.remove(&handle).ok_or(INVALID_HANDLE)
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.things.iter().map(|(handle, thing)| (*handle, thing))
    }
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.things.values_mut()
    }
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.things.retain(|_, thing| keep(thing));
    }
    pub(crate) fn clear(&mut self) {
        self.things.clear();
    }
    pub(crate) fn len(&self) -> usize {
        self.things.len()
    }
}
