//! Work that is divided among the threads of rayon.
//!
//! All that hands work to another thread, and waits for it, is compiled for each thing that is done; it was a quarter of this crate.
//! Here it is compiled [once](join), for trait objects, but for sorting. These are of traits with one method: `dyn Fn` has the code of each closure in three.

use std::convert::Infallible;
use std::sync::OnceLock;

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

/// How many tasks there are at most: enough to keep the largest machine busy.
const TASKS: usize = 1024;

/// Does something with each item, on all threads: each in a task of its own, or several where they are many.
pub(crate) fn each<I: Send>(items: impl IntoIterator<Item = I>, with: impl Fn(I) + Sync) {
    #[inline(never)]
    fn halve<I: Send>(items: &mut [Option<I>], of_task: usize, with: &dyn On<I>) {
        if items.len() <= of_task {
            items.iter_mut().filter_map(Option::take).for_each(|item| with.run(item));
        } else {
            let (left, right) = items.split_at_mut(items.len() / 2);
            join(&mut || halve(left, of_task, with), &mut || halve(right, of_task, with));
        }
    }
    let mut items: Vec<_> = items.into_iter().map(Some).collect();
    let of_task = items.len().div_ceil(TASKS).max(1);
    halve(&mut items, of_task, &with);
}

/// The same until something fails. What has begun is done, and one of the errors told.
pub(crate) fn try_each<I: Send, E: Send + Sync>(
    items: impl IntoIterator<Item = I>,
    with: impl Fn(I) -> Result<(), E> + Sync,
) -> Result<(), E> {
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
    let Ok(results) = try_map(items, |item| Ok::<_, Infallible>(of(item)));
    results
}

/// The same until something fails.
pub(crate) fn try_map<I: Send, R: Send, E: Send + Sync>(
    items: impl IntoIterator<Item = I>,
    of: impl Fn(I) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let items: Vec<I> = items.into_iter().collect();
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    try_each(items.into_iter().zip(&mut results), |(item, result)| {
        *result = Some(of(item)?);
        Ok(())
    })?;
    Ok(results.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::Error;

    const COUNTS: [usize; 9] = [0, 1, 2, 3, 7, TASKS - 1, TASKS, TASKS + 1, 5 * TASKS + 3];

    #[test]
    fn each_item_once_and_results_in_order() {
        for count in COUNTS {
            let mut times = vec![0; count];
            each(&mut times, |times| *times += 1);
            assert_eq!(times, vec![1; count]);
            assert_eq!(map(0..count, |n| 3 * n), (0..count).map(|n| 3 * n).collect::<Vec<_>>());
            assert_eq!(try_map(0..count, |n| Ok::<_, Error>(n + 1)).unwrap(), (1..=count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_fails_is_told_and_ends_the_rest() {
        let failing =
            |at: usize| move |n: usize| if n == at { Err(Error::OutOfMemory { numbers: at }) } else { Ok(()) };
        for count in COUNTS.into_iter().filter(|count| *count > 0) {
            for at in [0, count / 2, count - 1] {
                let told = |error: Error| matches!(error, Error::OutOfMemory { numbers } if numbers == at);
                assert!(told(try_each(0..count, failing(at)).unwrap_err()), "{at} of {count}");
                assert!(told(try_map(0..count, failing(at)).unwrap_err()), "{at} of {count}");
            }
        }
        let begun = AtomicUsize::new(0);
        let all = |_| {
            begun.fetch_add(1, Ordering::Relaxed);
            Err(Error::OutOfMemory { numbers: 1 })
        };
        try_each(0..5 * TASKS, all).unwrap_err();
        assert!(begun.into_inner() < 5 * TASKS, "all have begun");
    }
}
