//! A buffer or a variable: bytes that know their bounds, and which of them were written and by whom.

use std::ops::Range;
use std::sync::Arc;

use crate::fault::{Access, FaultKind, Verb};
use crate::race::{Mark, Me, Order, Stamps};
use crate::types::Space;

#[derive(Clone, Debug)]
pub(crate) struct Region {
    name: Arc<str>,
    space: Space,
    /// The address of the first byte.
    pub(crate) base: u64,
    pub(crate) bytes: Vec<u8>,
    /// Which bytes were written; empty: all.
    written: Vec<bool>,
    /// Who has touched each byte in this launch, or in the last one; empty: nobody.
    marks: Vec<Mark>,
    /// Whether it is no more.
    freed: bool,
}

impl Region {
    /// Bytes that are all written.
    pub(crate) fn new(name: Arc<str>, space: Space, base: u64, bytes: Vec<u8>) -> Self {
        Self { name, space, base, bytes, written: vec![], marks: vec![], freed: false }
    }

    /// Bytes that nothing has written yet.
    pub(crate) fn uninitialised(name: Arc<str>, space: Space, base: u64, length: usize) -> Self {
        Self { name, space, base, bytes: vec![0; length], written: vec![false; length], marks: vec![], freed: false }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn space(&self) -> Space {
        self.space
    }

    /// Takes the contents of a buffer of the same size.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.bytes.copy_from_slice(&other.bytes);
        self.written.clone_from(&other.written);
    }

    /// Ends its life: its name is still known, its bytes are gone.
    pub(crate) fn give_up(&mut self) {
        let name = Arc::from(format!("{}, freed", self.name));
        *self = Self { freed: true, ..Self::new(name, self.space, self.base, vec![]) };
    }

    pub(crate) fn is_freed(&self) -> bool {
        self.freed
    }

    /// Some of its bytes, and which of them were written.
    pub(crate) fn part(&self, place: Range<usize>) -> Self {
        let bytes = self.bytes[place.clone()].to_vec();
        let written = if self.written.is_empty() { vec![] } else { self.written[place].to_vec() };
        Self { written, ..Self::new(self.name.clone(), self.space, self.base, bytes) }
    }

    /// Takes the bytes of a part; those that nothing has written are unwritten here, too.
    pub(crate) fn fill_with(&mut self, first: usize, part: &Self) {
        let place = first..first + part.bytes.len();
        if self.written.is_empty() && part.written.contains(&false) {
            self.written = vec![true; self.bytes.len()];
        }
        self.fill(first, &part.bytes);
        if !part.written.is_empty() && !self.written.is_empty() {
            self.written[place].copy_from_slice(&part.written);
        }
    }

    /// Gives bytes to the outside: how many of them nothing has written.
    pub(crate) fn copy_to(&self, first: usize, bytes: &mut [u8]) -> usize {
        let place = first..first + bytes.len();
        bytes.copy_from_slice(&self.bytes[place.clone()]);
        if self.written.is_empty() { 0 } else { self.written[place].iter().filter(|written| !**written).count() }
    }

    /// Forgets who has touched what: another launch begins.
    pub(crate) fn forget(&mut self) {
        self.marks = vec![];
    }

    /// The first of these bytes that nothing has written.
    pub(crate) fn first_unwritten(&self, bytes: Range<usize>) -> Option<usize> {
        if self.written.is_empty() {
            return None;
        }
        let first = bytes.start;
        self.written[bytes].iter().position(|w| !w).map(|place| first + place)
    }

    /// Takes bytes from outside.
    pub(crate) fn fill(&mut self, first: usize, bytes: &[u8]) {
        let place = first..first + bytes.len();
        self.bytes[place.clone()].copy_from_slice(bytes);
        if !self.written.is_empty() {
            self.written[place].fill(true);
        }
    }

    fn access(&self, verb: Verb, address: u64, bytes: u64) -> Access {
        let offset = address.wrapping_sub(self.base) as i64;
        let (name, length) = (self.name.clone(), self.bytes.len() as u64);
        Access { verb, bytes, offset, space: self.space, name, length }
    }

    /// Where these bytes are, if they may be accessed so.
    pub(crate) fn check(&self, verb: Verb, address: u64, bytes: u64) -> Result<usize, Box<FaultKind>> {
        let offset = address.wrapping_sub(self.base);
        let length = self.bytes.len() as u64;
        if offset >= length || bytes > length - offset {
            return Err(Box::new(FaultKind::OutOfBounds(self.access(verb, address, bytes))));
        }
        if address & (bytes - 1) != 0 {
            return Err(Box::new(FaultKind::Misaligned(self.access(verb, address, bytes))));
        }
        if verb != Verb::Read && self.space == Space::Const {
            return Err(Box::new(FaultKind::Constant(self.access(verb, address, bytes))));
        }
        Ok(offset as usize)
    }

    /// Notes who does this, where it can be seen by others.
    pub(crate) fn note(
        &mut self,
        verb: Verb,
        at: usize,
        bytes: u64,
        order: Order,
        stamps: &Stamps,
        me: Me,
    ) -> Result<(), Box<FaultKind>> {
        if self.marks.is_empty() {
            self.marks = vec![Mark::default(); self.bytes.len()];
        }
        let marks = &mut self.marks[at..at + bytes as usize];
        stamps.touch(marks, verb, order, me).map_err(|(first, earlier)| {
            let access = self.access(verb, self.base + (at + first) as u64, 1);
            Box::new(FaultKind::Race { access: Access { bytes, ..access }, earlier })
        })
    }

    /// The number in these bytes; none where one of them is unwritten.
    pub(crate) fn get(&self, at: usize, bytes: u64) -> Option<u64> {
        let range = at..at + bytes as usize;
        if !self.written.is_empty() && self.written[range.clone()].contains(&false) {
            return None;
        }
        let mut number = [0; 8];
        number[..bytes as usize].copy_from_slice(&self.bytes[range]);
        Some(u64::from_le_bytes(number))
    }

    /// The value at `at`, or a fault where some of it is not written.
    pub(crate) fn read(&self, at: usize, bytes: u64) -> Result<u64, Box<FaultKind>> {
        self.get(at, bytes).ok_or_else(|| {
            let address = self.base + at as u64;
            Box::new(FaultKind::Uninitialised(self.access(Verb::Read, address, bytes)))
        })
    }

    /// Puts a number into these bytes; none makes them unwritten.
    pub(crate) fn put(&mut self, at: usize, bytes: u64, value: Option<u64>) {
        let range = at..at + bytes as usize;
        if value.is_none() && self.written.is_empty() {
            self.written = vec![true; self.bytes.len()];
        }
        if !self.written.is_empty() {
            self.written[range.clone()].fill(value.is_some());
        }
        self.bytes[range].copy_from_slice(&value.unwrap_or_default().to_le_bytes()[..bytes as usize]);
    }
}
