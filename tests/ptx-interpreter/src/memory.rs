//! The memory of the device: what is copied there, and back.

use std::ops::Range;
use std::sync::Arc;

use crate::address;
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
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub(crate) buffers: Vec<Region>,
    /// Places of buffers that were freed.
    free: Vec<usize>,
}

impl Memory {
    /// No buffers.
    pub fn new() -> Self {
        Self::default()
    }

    /// A buffer that begins as a copy of `data`.
    ///
    /// # Panics
    /// Panics at the 65536th buffer.
    pub fn allocate<T: Element>(&mut self, name: &str, data: &[T]) -> Buffer {
        let mut bytes = vec![];
        data.iter().for_each(|v| v.append(&mut bytes));
        self.push(|base| Region::new(Arc::from(name), Space::Global, base, bytes))
    }

    /// A buffer with room for `count` numbers, none of which may be read before it is written.
    ///
    /// # Panics
    /// Panics at the 65536th buffer.
    pub fn allocate_uninitialised<T: Element>(&mut self, name: &str, count: usize) -> Buffer {
        self.push(|base| Region::uninitialised(Arc::from(name), Space::Global, base, count * T::BYTES))
    }

    fn push(&mut self, region: impl FnOnce(u64) -> Region) -> Buffer {
        let buffer = Buffer(self.free.pop().unwrap_or(self.buffers.len()));
        let region = region(buffer.address());
        match self.buffers.get_mut(buffer.0) {
            Some(place) => *place = region,
            None => {
                assert!(buffer.0 + 1 < address::SLOTS, "too many buffers");
                self.buffers.push(region);
            }
        }
        buffer
    }

    /// Gives a buffer up: nothing is there until another one takes its place.
    ///
    /// # Panics
    /// Where the buffer is not of this memory.
    pub fn free(&mut self, buffer: Buffer) {
        let name = Arc::from(format!("{}, freed", self.buffers[buffer.0].name()));
        self.buffers[buffer.0] = Region::new(name, Space::Global, buffer.address(), vec![]);
        self.free.push(buffer.0);
    }

    /// Copies numbers to a buffer, to `first` and behind.
    ///
    /// # Panics
    /// Where there is no room for them, and where the buffer is not of this memory.
    pub fn write<T: Element>(&mut self, buffer: Buffer, first: usize, data: &[T]) {
        let mut bytes = vec![];
        data.iter().for_each(|v| v.append(&mut bytes));
        self.buffers[buffer.0].fill(first * T::BYTES, &bytes);
    }

    /// The numbers that the buffer holds.
    ///
    /// # Errors
    /// The place of the first number that nothing has written, counted in numbers.
    ///
    /// # Panics
    /// Panics where the buffer is not of this memory, or no whole number of `T`.
    pub fn read<T: Element>(&self, buffer: Buffer) -> Result<Vec<T>, Unwritten> {
        let region = &self.buffers[buffer.0];
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
        let region = &self.buffers[buffer.0];
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
