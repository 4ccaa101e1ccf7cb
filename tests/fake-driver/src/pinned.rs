//! Memory of the host that devices reach while the host goes on.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::collections::BTreeMap;

use crate::code::{Code, INVALID_VALUE, OUT_OF_MEMORY};
use crate::pointer::Host;

const PAGE: usize = 4096;

/// A piece of it, and the device in whose context it was asked for.
#[derive(Debug)]
struct Block {
    layout: Layout,
    device: usize,
}

/// All of it, by address.
#[derive(Debug, Default)]
pub(crate) struct Pinned {
    blocks: BTreeMap<usize, Block>,
}

impl Pinned {
    pub(crate) fn allocate(&mut self, bytes: usize, device: usize) -> Result<Host, Code> {
        let layout = Layout::from_size_align(bytes, PAGE).ok().filter(|l| l.size() > 0).ok_or(INVALID_VALUE)?;
        // SAFETY: the size is not 0
        let address = unsafe { alloc_zeroed(layout) }.expose_provenance();
        if address == 0 {
            return Err(OUT_OF_MEMORY);
        }
        self.blocks.insert(address, Block { layout, device });
        Ok(Host::new(address))
    }

    pub(crate) fn free(&mut self, address: usize) -> Result<(), Code> {
        let Block { layout, .. } = self.blocks.remove(&address).ok_or(INVALID_VALUE)?;
        // SAFETY: so it was allocated, and it is known no longer
        unsafe { dealloc(std::ptr::with_exposed_provenance_mut(address), layout) };
        Ok(())
    }

    /// Whether so many bytes lie in one piece of it.
    pub(crate) fn holds(&self, address: usize, bytes: usize) -> bool {
        let before = self.blocks.range(..=address).next_back();
        before.is_some_and(|(start, block)| bytes <= block.layout.size().saturating_sub(address - start))
    }

    /// The addresses of what a device's context has.
    pub(crate) fn of(&self, device: usize) -> Vec<usize> {
        self.blocks.iter().filter(|(_, block)| block.device == device).map(|(address, _)| *address).collect()
    }
}
