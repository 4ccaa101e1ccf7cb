//! Calls of all kinds, and the bits of what they answer with.

#![allow(dead_code, reason = "each program uses its part")]

use std::ops::Range;

use keops::{Batches, Engine, Error, Prunes, Ranges, Scalar, SumScheme, keops};

use crate::cloud::Points;

keops! {
    pub(crate) fn gauss<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, s2: T) {
        sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j
    }
    fn regression<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, s2: T) {
        let k = exp(-sqdist(x_i, y_j) / 2s2);
        sum_j(k * b_j) / sum_j(k)
    }
    fn soft_min<T>(x_i: [T; 3], y_j: [T; 3], b_j: T, s2: T) {
        -s2 * logsumexp_j((b_j - sqdist(x_i, y_j)) / s2)
    }
    pub(crate) fn nearest<T>(x_i: [T; 3], y_j: [T; 3]) {
        argkmin_j[4](sqdist(x_i, y_j))
    }
    fn smallest<T>(x_i: [T; 3], y_j: [T; 3], b_j: T) {
        min_j(if (i + j) % 3 == 0 { sqdist(x_i, y_j) + b_j } else { 2 * sqdist(x_i, y_j) })
    }
    /// A sum that is the same for all rows, and a count.
    fn centred<T>(x_i: [T; 3], y_j: [T; 3], b_j: T) {
        (x_i - sum_j(y_j * b_j) / sum_j(1)) * sum_j(sqdist(x_i, y_j))
    }
    fn own<T>(x_i: [T; 3], b_i: T) {
        sum_j rsqrt(sqdist(x_i, x_j)) * b_j * b_i
    }
}

/// Bits of all numbers, however they are nested.
pub(crate) trait Bits {
    fn bits(&self, to: &mut Vec<u64>);
}
impl Bits for f32 {
    fn bits(&self, to: &mut Vec<u64>) {
        to.push(self.to_bits().into());
    }
}
impl Bits for f64 {
    fn bits(&self, to: &mut Vec<u64>) {
        to.push(self.to_bits());
    }
}
impl Bits for u32 {
    fn bits(&self, to: &mut Vec<u64>) {
        to.push((*self).into());
    }
}
impl<B: Bits, const N: usize> Bits for [B; N] {
    fn bits(&self, to: &mut Vec<u64>) {
        self.iter().for_each(|b| b.bits(to));
    }
}
impl<B: Bits> Bits for [B] {
    fn bits(&self, to: &mut Vec<u64>) {
        self.iter().for_each(|b| b.bits(to));
    }
}

pub(crate) fn bits<B: Bits + ?Sized>(of: &B) -> Vec<u64> {
    let mut bits = vec![];
    of.bits(&mut bits);
    bits
}

/// Results that are rows, columns, or one for all: those of a rank are part of those of all, or the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Of {
    Rows,
    Cols,
    All,
}

/// What all calls answer with on an engine, for these points.
pub(crate) fn answers<T: Scalar + Bits, E: Engine<T>>(
    engine: &E,
    points: &Points<T>,
    rows: &Range<usize>,
    cols: &Range<usize>,
) -> Result<Vec<(Of, Vec<u64>)>, Error> {
    let (x, y, b) = (&points.x[rows.clone()], &points.y[cols.clone()], &points.b[cols.clone()]);
    let s2 = T::from_f64(0.3);
    // gradients are of sums weighed with other numbers, of rows
    let e: Vec<T> = x.iter().map(|x| x[0] + x[1]).collect();
    let mut all = vec![];
    let mut push = |of: Of, bits: Vec<u64>| all.push((of, bits));
    push(Of::Rows, bits(&gauss(x, y, b, s2).eval_on(engine)?[..]));
    push(Of::Rows, bits(&gauss(x, y, b, s2).sum_scheme(SumScheme::Kahan).eval_on(engine)?[..]));
    push(Of::Rows, bits(&gauss(x, y, b, s2).grad_x(&e).eval_on(engine)?[..]));
    push(Of::Cols, bits(&gauss(x, y, b, s2).grad_y(&e).eval_on(engine)?[..]));
    push(Of::All, bits(&[gauss(x, y, b, s2).grad_s2(&e).eval_on(engine)?]));
    let together = regression(x, y, b, s2).with_grads(&e).eval_on(engine)?;
    push(Of::Rows, bits(&together.value[..]));
    push(Of::Rows, bits(&together.grad_x[..]));
    push(Of::Cols, bits(&together.grad_y[..]));
    push(Of::Cols, bits(&together.grad_b[..]));
    push(Of::All, bits(&[together.grad_s2]));
    push(Of::Rows, bits(&soft_min(x, y, b, s2).eval_on(engine)?[..]));
    push(Of::Cols, bits(&soft_min(x, y, b, s2).grad_y(&e).eval_on(engine)?[..]));
    push(Of::All, bits(&[soft_min(x, y, b, s2).grad_s2(&e).eval_on(engine)?]));
    push(Of::Rows, bits(&nearest(x, y).eval_on(engine)?[..]));
    push(Of::Rows, bits(&smallest(x, y, b).eval_on(engine)?[..]));
    push(Of::Rows, bits(&centred(x, y, b).eval_on(engine)?[..]));
    push(Of::Cols, bits(&centred(x, y, b).grad_y(x).eval_on(engine)?[..]));
    push(Of::Rows, bits(&own(x, &e).eval_on(engine)?[..]));
    push(Of::Rows, bits(&own(x, &e).grad_x(&e).eval_on(engine)?[..]));
    Ok(all)
}

/// The answers of all ranks, put together.
pub(crate) fn joined(of_ranks: &[Vec<(Of, Vec<u64>)>]) -> Vec<(Of, Vec<u64>)> {
    (0..of_ranks[0].len())
        .map(|k| {
            let of = of_ranks[0][k].0;
            if of == Of::All {
                assert!(
                    of_ranks.iter().all(|rank| rank[k] == of_ranks[0][k]),
                    "answer {k} is not the same on all ranks"
                );
                return of_ranks[0][k].clone();
            }
            (of, of_ranks.iter().flat_map(|rank| rank[k].1.clone()).collect())
        })
        .collect()
}

/// Some of the pairs of 60 rows and 900 columns, and several problems of them.
pub(crate) fn of_sixty_rows() -> Result<(Ranges, Batches), Error> {
    let ranges = Ranges::new(
        60,
        900,
        [(0..10, vec![0..400, 410..410]), (10..33, vec![5..6, 200..900]), (40..60, vec![300..900, 0..0])],
    )?;
    Ok((ranges, Batches::ragged(&[20, 0, 30, 10], &[500, 100, 300, 0])?))
}

/// Without the pairs that cannot change a result.
pub(crate) fn pruned<E: Prunes<f32>>(engine: &E, points: &Points<f32>) -> Result<Vec<(Of, Vec<u64>)>, Error> {
    let Points { x, y, b } = points;
    let e: Vec<f32> = x.iter().map(|x| x[0] + x[1]).collect();
    Ok(vec![
        (Of::Rows, bits(&nearest(x, y).pruned().eval_on(engine)?[..])),
        (Of::Rows, bits(&nearest(x, y).pruned().always().eval_on(engine)?[..])),
        (Of::Rows, bits(&smallest(x, y, b).pruned().always().eval_on(engine)?[..])),
        (Of::Rows, bits(&smallest(x, y, b).grad_x(&e).pruned().always().eval_on(engine)?[..])),
        (Of::Cols, bits(&smallest(x, y, b).grad_y(&e).pruned().always().eval_on(engine)?[..])),
    ])
}

/// Over some of the pairs, and as several problems.
pub(crate) fn some_pairs<E: Engine<f32>>(
    engine: &E,
    points: &Points<f32>,
    ranges: &Ranges,
    batches: &Batches,
) -> Result<Vec<(Of, Vec<u64>)>, Error> {
    let Points { x, y, b } = points;
    let e: Vec<f32> = x.iter().map(|x| x[0] + x[1]).collect();
    let call = gauss(x, y, b, 0.3);
    // a result for each batch, of the rows that are here
    let of_batches = call.clone().batches(batches).eval_batches_on(engine)?.concat();
    Ok(vec![
        (Of::Rows, bits(&call.clone().ranges(ranges).eval_on(engine)?[..])),
        (Of::Cols, bits(&call.clone().ranges(ranges).grad_y(&e).eval_on(engine)?[..])),
        (Of::All, bits(&[call.clone().ranges(ranges).grad_s2(&e).eval_on(engine)?])),
        (Of::Rows, bits(&call.clone().batches(batches).eval_on(engine)?[..])),
        (Of::Rows, bits(&of_batches[..])),
        (Of::Rows, bits(&nearest(x, y).batches(batches).eval_on(engine)?[..])),
        (Of::All, bits(&call.batches(batches).grad_s2(&e).eval_batches_on(engine)?[..])),
        (Of::Rows, bits(&centred(x, y, b).batches(batches).eval_on(engine)?[..])),
    ])
}
