//! Memory of a card that is used again: after the first call, others of its sizes ask the driver for none.

use std::collections::BTreeMap;

use super::driver::{Block, Event};

/// Blocks that nobody uses, by their size.
#[derive(Debug)]
pub(super) struct Pool {
    idle: BTreeMap<usize, Vec<Spare>>,
    /// Blocks are as large as what they are asked for, and go back to the driver: in tests, where whoever leaves a block is to be seen.
    pub(super) exact: bool,
}

/// A block, and what a copy to it that is made beside kernels has to wait for.
#[derive(Debug)]
pub(super) struct Spare {
    pub(super) block: Block,
    /// Behind the last kernel that used it before it was idle, where that was noted.
    pub(super) used: Option<Event>,
    /// Whether it may have been used since: then for all kernels so far.
    pub(super) is_known: bool,
}

impl Pool {
    pub(super) fn new(exact: bool) -> Self {
        Pool { idle: BTreeMap::new(), exact }
    }

    /// How large a block is that is to have so many bytes: an eighth more at most, beyond 256, so that sizes that are near each
    /// other share blocks.
    pub(super) fn size(&self, bytes: usize) -> usize {
        if self.exact {
            return bytes.max(1);
        }
        let step = (bytes.checked_next_power_of_two().unwrap_or(bytes) / 16).max(256);
        bytes.max(1).checked_next_multiple_of(step).unwrap_or(bytes)
    }

    /// A block of such a size, if one is idle.
    pub(super) fn take(&mut self, size: usize) -> Option<Spare> {
        self.idle.get_mut(&size)?.pop()
    }

    /// Keeps a block that is used no more.
    pub(super) fn give(&mut self, spare: Spare) {
        if !self.exact {
            self.idle.entry(spare.block.bytes()).or_default().push(spare);
        }
    }

    /// How many bytes are idle.
    pub(super) fn bytes(&self) -> usize {
        self.idle.iter().map(|(size, spares)| size * spares.len()).sum()
    }

    /// All idle blocks, for the driver to have them back.
    pub(super) fn drain(&mut self) -> Vec<Spare> {
        std::mem::take(&mut self.idle).into_values().flatten().collect()
    }
}
