//! The memory of the device: what is copied there, and back.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::address::{self, Target};
use crate::region::Region;
use crate::types::Space;

/// Numbers that buffers are made of.
pub trait Element: Copy + sealed::Element {}
impl<T: sealed::Element> Element for T {}

mod sealed {
    /// A number as bytes, the lowest first.
    pub trait Element: Copy {
        const BYTES: usize;
        fn append(self, bytes: &mut Vec<u8>);
        fn take(bytes: &[u8]) -> Self;
    }

    macro_rules! element {
        ($($t:ident)*) => {$(
            impl Element for $t {
                const BYTES: usize = size_of::<$t>();
                fn append(self, bytes: &mut Vec<u8>) {
                    bytes.extend(self.to_le_bytes());
                }
                fn take(bytes: &[u8]) -> Self {
                    let mut own = [0; size_of::<$t>()];
                    own.copy_from_slice(bytes);
                    Self::from_le_bytes(own)
                }
            }
        )*};
    }
    element!(u8 u16 u32 u64 i8 i16 i32 i64 f32 f64);
}

/// A buffer in some [`Memory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer(usize);

impl Buffer {
    /// The address of its first byte, a multiple of 256.
    pub fn address(self) -> u64 {
        address::buffer(self.0)
    }
}

/// Global memory: buffers, far from each other.
#[derive(Clone, Debug)]
pub struct Memory {
    /// The slots that buffers may take.
    slots: Range<usize>,
    /// What lies in the first of these slots, and in those behind it; what was freed is still known by its name.
    buffers: Vec<Region>,
    /// Slots of buffers that were freed, the longest free first.
    free: VecDeque<usize>,
}

impl Default for Memory {
    fn default() -> Self {
        // the last slot has no address
        Self { slots: 0..address::SLOTS - 1, buffers: vec![], free: VecDeque::new() }
    }
}

impl Memory {
    /// No buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// No buffers, and the `index`-th of `count` equal parts of all addresses for them: those of one part are nowhere in another.
    ///
    /// # Panics
    /// Panics where there is no such part.
    pub fn part(index: usize, count: usize) -> Self {
        assert!(index < count, "there are {count} parts");
        let size = (address::SLOTS - 1) / count;
        Self { slots: index * size..(index + 1) * size, ..Self::default() }
    }

    /// A buffer that begins as a copy of `data`.
    ///
    /// # Panics
    /// Panics where [there is no room](Memory::is_full).
    pub fn allocate<T: Element>(&mut self, name: &str, data: &[T]) -> Buffer {
        let mut bytes = vec![];
        data.iter().for_each(|v| v.append(&mut bytes));
        self.push(|base| Region::new(Arc::from(name), Space::Global, base, bytes))
    }

    /// A buffer with room for `count` numbers, none of which may be read before it is written.
    ///
    /// # Panics
    /// Panics where [there is no room](Memory::is_full).
    pub fn allocate_uninitialised<T: Element>(&mut self, name: &str, count: usize) -> Buffer {
        self.push(|base| Region::uninitialised(Arc::from(name), Space::Global, base, count * T::BYTES))
    }

    fn push(&mut self, region: impl FnOnce(u64) -> Region) -> Buffer {
        let slot = self.slots.start + self.buffers.len();
        // an address that was freed is given again only where there is no other, so that who still uses it is found out
        if slot < self.slots.end {
            self.buffers.push(region(Buffer(slot).address()));
            return Buffer(slot);
        }
        let Some(slot) = self.free.pop_front() else { panic!("{} buffers are too many", self.buffers.len()) };
        self.buffers[slot - self.slots.start] = region(Buffer(slot).address());
        Buffer(slot)
    }

    /// Whether there are as many buffers as there are places for them.
    pub fn is_full(&self) -> bool {
        self.buffers.len() == self.slots.len() && self.free.is_empty()
    }

    /// Gives a buffer up: whoever comes to its addresses from now on finds no byte there.
    ///
    /// # Panics
    /// Panics where the buffer is not of this memory, or was given up before.
    pub fn free(&mut self, buffer: Buffer) {
        let region = self.of_mut(buffer);
        assert!(!region.is_freed(), "`{}`: once is enough", region.name());
        region.give_up();
        self.free.push_back(buffer.0);
    }

    /// The buffer that begins at an address.
    pub fn at(&self, address: u64) -> Option<Buffer> {
        let Target::Buffer(slot) = address::target(Space::Global, address) else { return None };
        let region = self.region(slot)?;
        (region.base == address && !region.is_freed()).then_some(Buffer(slot))
    }

    /// Where buffers begin.
    pub fn addresses(&self) -> Vec<u64> {
        self.buffers.iter().filter(|region| !region.is_freed()).map(|region| region.base).collect()
    }

    /// How many bytes a buffer has; 0 where it was freed.
    ///
    /// # Panics
    /// Panics where the buffer is not of this memory.
    pub fn bytes(&self, buffer: Buffer) -> usize {
        self.of(buffer).bytes.len()
    }

    /// How many buffers there are, and how many bytes they have together.
    pub fn live(&self) -> (usize, usize) {
        let live = self.buffers.iter().filter(|region| !region.is_freed());
        live.fold((0, 0), |(count, bytes), region| (count + 1, bytes + region.bytes.len()))
    }

    /// Copies bytes to an address, as a host does.
    ///
    /// # Errors
    /// Where no buffer has so many bytes there.
    pub fn copy_in(&mut self, address: u64, bytes: &[u8]) -> Result<(), Outside> {
        let (buffer, first) = self.place(address, bytes.len())?;
        self.of_mut(buffer).fill(first, bytes);
        Ok(())
    }

    /// Copies bytes from an address, as a host does: how many of them nothing has written.
    ///
    /// # Errors
    /// Where no buffer has so many bytes there.
    pub fn copy_out(&self, address: u64, bytes: &mut [u8]) -> Result<usize, Outside> {
        let (buffer, first) = self.place(address, bytes.len())?;
        Ok(self.of(buffer).copy_to(first, bytes))
    }

    /// Copies bytes from one address to another; what was never written stays so.
    ///
    /// # Errors
    /// Where no buffer has so many bytes at one of the two.
    pub fn copy_within(&mut self, to: u64, from: u64, bytes: usize) -> Result<(), Outside> {
        let (source, first) = self.place(from, bytes)?;
        let (target, to) = self.place(to, bytes)?;
        let part = self.of(source).part(first..first + bytes);
        self.of_mut(target).fill_with(to, &part);
        Ok(())
    }

    /// Whether so many bytes lie in one buffer there.
    ///
    /// # Errors
    /// Where they do not.
    pub fn check(&self, address: u64, bytes: usize) -> Result<(), Outside> {
        self.place(address, bytes).map(drop)
    }

    /// Where these bytes lie: the buffer, and the first of them in it.
    fn place(&self, address: u64, bytes: usize) -> Result<(Buffer, usize), Outside> {
        let Target::Buffer(slot) = address::target(Space::Global, address) else {
            return Err(Outside { address, bytes, near: None });
        };
        let Some(region) = self.region(slot) else { return Err(Outside { address, bytes, near: None }) };
        let first = address.wrapping_sub(region.base);
        let room = (region.bytes.len() as u64).checked_sub(first);
        match room {
            Some(room) if bytes as u64 <= room && !region.is_freed() => Ok((Buffer(slot), first as usize)),
            _ => {
                let near = (region.name().to_owned(), first as i64, region.bytes.len());
                Err(Outside { address, bytes, near: Some(near) })
            }
        }
    }

    fn region(&self, slot: usize) -> Option<&Region> {
        self.buffers.get(slot.checked_sub(self.slots.start)?)
    }

    /// What lies in a slot, or lay there.
    pub(crate) fn region_mut(&mut self, slot: usize) -> Option<&mut Region> {
        self.buffers.get_mut(slot.checked_sub(self.slots.start)?)
    }

    fn of(&self, buffer: Buffer) -> &Region {
        &self.buffers[buffer.0 - self.slots.start]
    }

    fn of_mut(&mut self, buffer: Buffer) -> &mut Region {
        &mut self.buffers[buffer.0 - self.slots.start]
    }

    /// Forgets who has touched what: another launch begins.
    pub(crate) fn forget(&mut self) {
        self.buffers.iter_mut().for_each(Region::forget);
    }

    /// Copies numbers to a buffer, to `first` and behind.
    ///
    /// # Panics
    /// Where there is no room for them, and where the buffer is not of this memory.
    pub fn write<T: Element>(&mut self, buffer: Buffer, first: usize, data: &[T]) {
        let mut bytes = vec![];
        data.iter().for_each(|v| v.append(&mut bytes));
        self.of_mut(buffer).fill(first * T::BYTES, &bytes);
    }

    /// The numbers that the buffer holds.
    ///
    /// # Errors
    /// The place of the first number that nothing has written, counted in numbers.
    ///
    /// # Panics
    /// Panics where the buffer is not of this memory, or no whole number of `T`.
    pub fn read<T: Element>(&self, buffer: Buffer) -> Result<Vec<T>, Unwritten> {
        let region = self.of(buffer);
        assert_eq!(region.bytes.len() % T::BYTES, 0, "`{}` is not made of such numbers", region.name());
        self.read_part(buffer, 0..region.bytes.len() / T::BYTES)
    }

    /// The numbers that a part of the buffer holds; the part is counted in numbers.
    ///
    /// # Errors
    /// Those of [`read`](Memory::read).
    ///
    /// # Panics
    /// Where the buffer is not of this memory, or has no such part.
    pub fn read_part<T: Element>(&self, buffer: Buffer, numbers: Range<usize>) -> Result<Vec<T>, Unwritten> {
        let region = self.of(buffer);
        let bytes = numbers.start * T::BYTES..numbers.end * T::BYTES;
        if let Some(byte) = region.first_unwritten(bytes.clone()) {
            return Err(Unwritten { name: region.name().to_string(), index: byte / T::BYTES });
        }
        Ok(region.bytes[bytes].chunks_exact(T::BYTES).map(T::take).collect())
    }
}

/// A number that was never written is asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("number {index} of `{name}` was never written")]
#[non_exhaustive]
pub struct Unwritten {
    /// The name of the buffer.
    pub name: String,
    /// Its place in the buffer.
    pub index: usize,
}

/// Bytes that are asked for do not lie in one buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outside {
    /// The address of the first.
    pub address: u64,
    /// How many.
    pub bytes: usize,
    /// The name of the buffer that the address is an offset from, which byte of it that would be, and how many it has.
    pub near: Option<(String, i64, usize)>,
}

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, bytes, near } = self;
        match near {
            Some((name, byte, length)) => {
                write!(f, "copies {bytes} bytes at byte {byte} of global `{name}` ({length} bytes), out of bounds")
            }
            None => write!(f, "copies {bytes} bytes at address {address:#x}, where there is no buffer"),
        }
    }
}

impl std::error::Error for Outside {}
