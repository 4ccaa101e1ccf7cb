//! Work that is divided among the threads of rayon.
//!
//! All that hands work to another thread, and waits for it, is compiled for each thing that is done; it was a quarter of this crate.
//! Here it is compiled [once](join), for trait objects. These are of traits with one method: `dyn Fn` has the code of each closure in three.

use std::sync::OnceLock;

use crate::Error;

/// A piece of work, which is done once.
pub(crate) trait Work: Send {
    fn run(&mut self);
}

impl<F: FnMut() + Send> Work for F {
    #[inline(always)]
    fn run(&mut self) {
        self();
    }
}

/// What is done with each item.
trait On<I>: Sync {
    fn run(&self, item: I);
}

impl<I, F: Fn(I) + Sync> On<I> for F {
    #[inline(always)]
    fn run(&self, item: I) {
        self(item);
    }
}

/// Does both: the second on another thread, where one is free.
#[inline(never)]
pub(crate) fn join(first: &mut dyn Work, second: &mut dyn Work) {
    rayon::join(|| first.run(), || second.run());
}

/// Does something with each item, on all threads. Each is worth a task.
pub(crate) fn each<I: Send>(items: impl IntoIterator<Item = I>, with: impl Fn(I) + Sync) {
    #[inline(never)]
    fn halve<I: Send>(items: &mut [Option<I>], with: &dyn On<I>) {
        if let [item] = items {
            item.take().into_iter().for_each(|item| with.run(item));
        } else if !items.is_empty() {
            let (left, right) = items.split_at_mut(items.len() / 2);
            join(&mut || halve(left, with), &mut || halve(right, with));
        }
    }
    halve(&mut items.into_iter().map(Some).collect::<Vec<_>>(), &with);
}

/// The same until something fails. What has begun is done, and one of the errors told.
pub(crate) fn try_each<I: Send>(
    items: impl IntoIterator<Item = I>,
    with: impl Fn(I) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let failed = OnceLock::new();
    each(items, |item| {
        if failed.get().is_none()
            && let Err(error) = with(item)
        {
            // another may have been faster
            _ = failed.set(error);
        }
    });
    failed.into_inner().map_or(Ok(()), Err)
}

/// What is made of each item, in order.
pub(crate) fn map<I: Send, R: Send>(items: impl IntoIterator<Item = I>, of: impl Fn(I) -> R + Sync) -> Vec<R> {
    let items: Vec<I> = items.into_iter().collect();
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    each(items.into_iter().zip(&mut results), |(item, result)| *result = Some(of(item)));
    results.into_iter().flatten().collect()
}

/// The same until something fails.
pub(crate) fn try_map<I: Send, R: Send>(
    items: impl IntoIterator<Item = I>,
    of: impl Fn(I) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let items: Vec<I> = items.into_iter().collect();
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    try_each(items.into_iter().zip(&mut results), |(item, result)| {
        *result = Some(of(item)?);
        Ok(())
    })?;
    Ok(results.into_iter().flatten().collect())
}
