//! Lines: what values in memory without types are aligned to.

use core::hint::black_box;
use core::mem::MaybeUninit;

/// Values are aligned to lines: the size of the largest register, and of a line of the caches.
pub(super) const LINE: usize = 64;

/// The size of a value of a tile, of which there are several one after the other.
pub(super) const fn entry<V>() -> usize {
    assert!(align_of::<V>() <= LINE, "a bundle's values are aligned to 64 bytes at most");
    size_of::<V>()
}

/// The size of a value in whole lines.
pub(super) const fn lines<V>() -> usize {
    assert!(align_of::<V>() <= LINE, "a bundle's values are aligned to 64 bytes at most");
    size_of::<V>().next_multiple_of(LINE)
}

/// A piece of memory that values are aligned to.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [u8; LINE]);

/// Has the compiler align what finds no register. It does that, for vectors on the stack, only where it has known from the start of something there that is
/// aligned: else half of them, or all, lie in two lines of the cache.
#[inline(always)]
pub(super) fn align_stack() {
    black_box(&MaybeUninit::<Line>::uninit());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    #[repr(align(128))]
    struct Wider;

    #[derive(Clone, Copy)]
    #[repr(align(64))]
    struct AsWide;

    // kernels are constants, which call these: there they are errors of the compiler
    #[test]
    #[should_panic(expected = "aligned to 64 bytes at most")]
    fn entries_are_not_aligned_to_more_than_their_memory() {
        let _ = entry::<(u8, Wider)>();
    }

    #[test]
    #[should_panic(expected = "aligned to 64 bytes at most")]
    fn rows_are_not_aligned_to_more_than_their_memory() {
        let _ = lines::<(u8, Wider)>();
    }

    #[test]
    fn what_is_aligned_as_memory_is_taken() {
        assert_eq!((entry::<(u8, AsWide)>(), lines::<(u8, AsWide)>(), entry::<f32>()), (64, 64, 4));
    }
}
