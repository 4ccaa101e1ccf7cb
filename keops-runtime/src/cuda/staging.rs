//! Pinned memory through which the numbers of this process go to a card: the call copies them there, and need not wait for the
//! card to have fetched them.

use std::sync::Arc;

use super::driver::{Block, Context, Event, Pinned, Refusal, Stream};

/// A ring of pinned chunks, on their way in one stream.
#[derive(Debug)]
pub(super) struct Staging {
    /// Bytes of a chunk, and how many there are at most.
    size: usize,
    most: usize,
    chunks: Vec<Chunk>,
    /// The chunk that is filled, and so far.
    now: usize,
    filled: usize,
}

#[derive(Debug)]
struct Chunk {
    pinned: Pinned,
    /// Behind the last copy from it.
    fetched: Option<Event>,
}

impl Staging {
    pub(super) fn new(size: usize, most: usize) -> Self {
        Staging { size, most, chunks: vec![], now: 0, filled: 0 }
    }

    /// Copies bytes to a block, `at` bytes behind its beginning. They may be changed when this returns.
    pub(super) fn write(
        &mut self,
        context: &Arc<Context>,
        stream: &Stream,
        to: &Block,
        mut at: usize,
        mut from: &[u8],
    ) -> Result<(), Refusal> {
        while !from.is_empty() {
            if self.chunks.is_empty() {
                self.chunks.push(Chunk { pinned: Pinned::new(context, self.size)?, fetched: None });
            }
            if self.filled == self.size {
                self.next(context, stream)?;
            }
            let len = from.len().min(self.size - self.filled);
            let chunk = &mut self.chunks[self.now];
            chunk.pinned.write(self.filled, &from[..len]);
            // SAFETY: these bytes of the chunk are written again only after `next` has come round to it, which waits
            unsafe { stream.write(to, at, &chunk.pinned, self.filled, len) }?;
            // what comes next begins on 16 bytes
            self.filled = (self.filled + len).next_multiple_of(16).min(self.size);
            (at, from) = (at + len, &from[len..]);
        }
        Ok(())
    }

    /// Turns to the next chunk, when it has been fetched.
    fn next(&mut self, context: &Arc<Context>, stream: &Stream) -> Result<(), Refusal> {
        self.chunks[self.now].fetched = Some(stream.event()?);
        let next = (self.now + 1) % self.most;
        if next == self.chunks.len() {
            self.chunks.push(Chunk { pinned: Pinned::new(context, self.size)?, fetched: None });
        }
        if let Some(fetched) = self.chunks[next].fetched.take() {
            fetched.wait()?;
        }
        (self.now, self.filled) = (next, 0);
        Ok(())
    }
}
