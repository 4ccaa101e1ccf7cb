//! What callers pass: pointers, each looked at in one way only.
//!
//! Nobody but a caller of the driver's functions makes one of these, and nobody keeps one when the function returns. What such a caller
//! has to keep is what the driver's documentation asks for: a pointer is null, or leads to what it is said to lead to.

use std::ffi::{CStr, c_char, c_void};
use std::{ptr, slice};

use crate::code::{Code, INVALID_VALUE};

/// A place for what a caller asks for.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Out<T>(*mut T);

impl<T> Out<T> {
    /// Writes it.
    pub(crate) fn give(self, value: T) -> Result<(), Code> {
        if self.0.is_null() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: the caller has a place for a `T` there
        unsafe { self.0.write(value) };
        Ok(())
    }
}

impl Out<c_char> {
    /// Writes as much of a text as there is room for, and a zero behind it.
    pub(crate) fn give_text(self, text: &str, room: usize) -> Result<(), Code> {
        let Some(most) = room.checked_sub(1).filter(|_| !self.0.is_null()) else { return Err(INVALID_VALUE) };
        let length = text.len().min(most);
        // SAFETY: the caller has room for so many bytes there
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), self.0.cast(), length);
            self.0.add(length).write(0);
        }
        Ok(())
    }
}

/// A list of so many things that a caller has.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct List<T>(*const T);

impl<T> List<T> {
    pub(crate) fn get(&self, count: usize) -> Result<&[T], Code> {
        match count {
            0 => Ok(&[]),
            _ if self.0.is_null() => Err(INVALID_VALUE),
            // SAFETY: the caller has so many there, until the function returns
            _ => Ok(unsafe { slice::from_raw_parts(self.0, count) }),
        }
    }
}

/// A text of a caller's, with a zero behind it.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Text(*const c_char);

impl Text {
    /// Gives a caller a text that is always there; none is a null pointer, and an error.
    pub(crate) fn give(text: Option<&'static CStr>, to: Out<Text>) -> Result<(), Code> {
        to.give(Self(text.map_or(ptr::null(), CStr::as_ptr)))?;
        text.map(drop).ok_or(INVALID_VALUE)
    }
    pub(crate) fn get(&self) -> Result<&CStr, Code> {
        // SAFETY: there is a text, until the function returns
        if self.0.is_null() { Err(INVALID_VALUE) } else { Ok(unsafe { CStr::from_ptr(self.0) }) }
    }
}

/// Memory of a caller's, or a number in the place of an address.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Host(*mut c_void);

impl Host {
    pub(crate) fn new(address: usize) -> Self {
        Self(ptr::with_exposed_provenance_mut(address))
    }
    pub(crate) fn address(self) -> usize {
        self.0.expose_provenance()
    }
    /// A copy of so many bytes there.
    pub(crate) fn bytes(self, count: usize) -> Result<Vec<u8>, Code> {
        match count {
            0 => Ok(vec![]),
            _ if self.0.is_null() => Err(INVALID_VALUE),
            // SAFETY: the caller has so many bytes there
            _ => Ok(unsafe { slice::from_raw_parts(self.0.cast::<u8>(), count) }.to_vec()),
        }
    }
    /// Copies bytes there.
    pub(crate) fn fill(self, bytes: &[u8]) -> Result<(), Code> {
        match bytes.len() {
            0 => Ok(()),
            _ if self.0.is_null() => Err(INVALID_VALUE),
            count => {
                // SAFETY: the caller has room for so many bytes there, and nobody else uses it
                unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.0.cast(), count) };
                Ok(())
            }
        }
    }
    /// Takes it for a place for a text.
    pub(crate) fn text(self) -> Out<c_char> {
        Out(self.0.cast())
    }
}

/// What the driver has given to a caller to name something with: a number.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Handle(*mut c_void);

impl Handle {
    pub(crate) fn new(number: u64) -> Self {
        Self(ptr::without_provenance_mut(number as usize))
    }
    pub(crate) fn number(self) -> u64 {
        self.0.addr() as u64
    }
}
