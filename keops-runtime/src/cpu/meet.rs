//! Blocks of points of either side that meet, so that both are added to: what is common to all that is computed so.

use std::ops::Range;

use keops_core::{One, Reduction, Sum};

use super::kernel::{Kernel, State};
use super::layout;
use crate::host::{Reading, room, zeros};
use crate::{Error, Scalar};

/// How many vectors of points a block may have. Numbers of vectors of a kernel divide them, and their values are summed plainly.
const VECTORS: [usize; 3] = [96, 48, 24];

/// How many vectors of points a block has, of so many points: the most that leaves so many blocks.
pub(super) fn vectors_of_a_block(points: usize, lanes: usize, blocks: usize) -> usize {
    let enough = |vectors: &usize| points.div_ceil(vectors * lanes) >= blocks;
    VECTORS.into_iter().find(enough).unwrap_or(VECTORS[VECTORS.len() - 1])
}

/// The values of columns, vector after vector.
pub(super) fn cols<T: Scalar>(
    kernel: &Kernel<T>,
    reading: &Reading<'_, T>,
    state: &mut State<'_, T>,
    cols: Range<usize>,
) -> Result<Vec<T>, Error> {
    let (lanes, len) = (kernel.lanes(), kernel.len());
    let vectors = cols.len().div_ceil(lanes);
    let (mut from, mut index) = (room(len.cols * vectors * lanes)?, zeros(vectors * lanes)?);
    let mut values = room(len.y * vectors * lanes)?;
    layout::one_by_one(lanes, &reading.cols, cols.clone(), vectors, &mut from, &mut vec![]);
    layout::indices_one_by_one(reading.col_indices(0), cols, &mut index);
    state.cols(&from, &index, &mut values);
    Ok(values)
}

/// What a number has been summed into: the total, and what rounding has taken from it.
pub(super) type Total<T> = (T, T);

/// Adds a sum of few numbers to a total.
pub(super) fn absorb<T: Scalar>(total: &mut Total<T>, part: T) {
    Sum::<One>::absorb::<T>((), total, &part);
}

/// Adds a total to another.
pub(super) fn merge<T: Scalar>(total: &mut Total<T>, other: Total<T>) {
    Sum::<One>::merge::<T>((), total, &other);
}

/// Numbers that begin with a line of the caches.
pub(super) struct InLines<T> {
    numbers: Vec<T>,
    first: usize,
    len: usize,
}

impl<T: Scalar> InLines<T> {
    const LINE: usize = 64;

    pub(super) fn new(len: usize) -> Result<Self, Error> {
        let numbers = room::<T>(len + Self::LINE / size_of::<T>())?;
        let first = numbers.as_ptr().align_offset(Self::LINE).min(Self::LINE / size_of::<T>());
        Ok(InLines { numbers, first, len })
    }
    pub(super) fn all(&mut self) -> &mut [T] {
        &mut self.numbers[self.first..][..self.len]
    }
}

/// The sums of all lanes of some vectors, which take the place of the first of these numbers.
pub(super) fn folded<T: Scalar>(lanes: usize, vectors: &mut [T]) -> &mut [T] {
    match lanes {
        16 => folded_of::<T, 16>(vectors),
        8 => folded_of::<T, 8>(vectors),
        4 => folded_of::<T, 4>(vectors),
        2 => folded_of::<T, 2>(vectors),
        _ => unreachable!("vectors have two to sixteen lanes"),
    }
}

fn folded_of<T: Scalar, const LANES: usize>(vectors: &mut [T]) -> &mut [T] {
    let count = vectors.len() / LANES;
    for n in 0..count {
        let mut lanes = [T::from_f64(0.0); LANES];
        lanes.copy_from_slice(&vectors[n * LANES..][..LANES]);
        let mut half = LANES / 2;
        while half > 0 {
            for lane in 0..half {
                lanes[lane] = lanes[lane] + lanes[lane + half];
            }
            half /= 2;
        }
        vectors[n] = lanes[0];
    }
    &mut vectors[..count]
}
