//! Values of pairs times what either side is multiplied with, in the lanes of each instruction set.
//!
//! It knows no formula, and is compiled with this crate.
//!
//! # Safety
//!
//! A product exists only on a processor that has its instruction set: it is made from a token of it.

use core::fmt;

use keops_core::unrolled::each;

use crate::Scalar;
use crate::cpu::isa::Isa;
use crate::cpu::lanes::Lanes;
#[cfg(not(target_arch = "x86_64"))]
use crate::cpu::lanes::Portable;
#[cfg(target_arch = "x86_64")]
use crate::cpu::x86::{Avx2, Avx512, F32x4, F32x8, F32x16, F64x2, F64x4, F64x8, Sse2};

/// How many columns are multiplied at once, the most first.
pub(super) const WIDTHS: [usize; 3] = [4, 2, 1];

/// The values of a block of rows and the columns of a tile, and what they are multiplied with and added to, `width` numbers for each point.
pub(super) struct Met<'a, T> {
    /// Column after column, of as many vectors of rows.
    pub(super) values: &'a [T],
    pub(super) vectors: usize,
    /// What rows are multiplied with, for columns: vector after vector, with a number for every lane of one of the `width` after the other.
    pub(super) of_rows: &'a [T],
    /// What columns are multiplied with, for rows: column after column.
    pub(super) of_cols: &'a [T],
    /// The sums of rows, which lie as what they are multiplied with.
    pub(super) rows: &'a mut [T],
    /// The sums of columns, each a vector, or `width` of them: those of the rows in each lane.
    pub(super) cols: &'a mut [T],
}

type Enter<T> = unsafe fn(Met<'_, T>);

/// Products both ways, for an instruction set.
#[derive(Clone, Copy)]
pub struct Product<T> {
    lanes: usize,
    /// For each of [`WIDTHS`].
    by_width: [Enter<T>; 3],
}

impl<T> fmt::Debug for Product<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Product").field("lanes", &self.lanes).finish_non_exhaustive()
    }
}

impl<T: Scalar> Product<T> {
    /// Adds the products of all values: with those of columns to rows, and with those of rows to columns.
    pub(super) fn add(&self, width: usize, met: Met<'_, T>) {
        let by_width = self.by_width[WIDTHS.iter().position(|w| *w == width).expect("a width")];
        // SAFETY: the processor has the instruction set.
        unsafe { by_width(met) }
    }
}

/// An instruction set, by its token.
pub(in crate::cpu) trait Machine<T> {
    fn product() -> Product<T>;
}

macro_rules! machine {
    ($token:ty, $assume:expr, $attribute:tt, $($t:ty => $lanes:ty),*) => { $(
        impl Machine<$t> for $token {
            fn product() -> Product<$t> {
                # $attribute
                unsafe fn enter<const G: usize, const E: usize>(met: Met<'_, $t>) {
                    add::<$lanes, G, E>($assume, met);
                }
                Product { lanes: <$lanes as Lanes>::N, by_width: [enter::<2, 4>, enter::<4, 2>, enter::<4, 1>] }
            }
        }
    )* };
}
#[cfg(target_arch = "x86_64")]
machine!(
    Avx512,
    // SAFETY: who enters vouches for the processor.
    unsafe { Avx512::assume() },
    [target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")],
    f32 => F32x16, f64 => F64x8
);
#[cfg(target_arch = "x86_64")]
machine!(
    Avx2,
    // SAFETY: who enters vouches for the processor.
    unsafe { Avx2::assume() },
    [target_feature(enable = "avx2,fma")],
    f32 => F32x8, f64 => F64x4
);
#[cfg(target_arch = "x86_64")]
machine!(Sse2, Sse2::of_target(), [inline(never)], f32 => F32x4, f64 => F64x2);
#[cfg(not(target_arch = "x86_64"))]
machine!((), (), [inline(never)], f32 => Portable<f32, 4>, f64 => Portable<f64, 2>);

/// The product of a machine, which the token proves to be there.
fn of<M: Machine<T>, T>(_: M) -> Product<T> {
    M::product()
}

/// Products for an instruction set; for the baseline, should the processor not have it.
#[cfg(target_arch = "x86_64")]
pub(in crate::cpu) fn product<T>(isa: Isa) -> Product<T>
where
    Sse2: Machine<T>,
    Avx2: Machine<T>,
    Avx512: Machine<T>,
{
    match isa {
        Isa::Avx512 => Avx512::detect().map(of),
        Isa::Avx2 => Avx2::detect().map(of),
        Isa::Baseline => None,
    }
    .unwrap_or_else(|| of(Sse2::of_target()))
}

/// Products for the baseline.
#[cfg(not(target_arch = "x86_64"))]
pub(in crate::cpu) fn product<T>(_: Isa) -> Product<T>
where
    (): Machine<T>,
{
    of(())
}

#[inline(always)]
fn add<V: Lanes, const G: usize, const E: usize>(cx: V::Cx, mut met: Met<'_, V::T>) {
    let mut first = 0;
    while first + G <= met.vectors {
        add_some::<V, G, E>(cx, first, &mut met);
        first += G;
    }
    while first < met.vectors {
        add_some::<V, 1, E>(cx, first, &mut met);
        first += 1;
    }
}

/// The same for `G` vectors of rows, whose sums stay in registers.
#[inline(always)]
fn add_some<V: Lanes, const G: usize, const E: usize>(cx: V::Cx, first: usize, met: &mut Met<'_, V::T>) {
    let here = first * E * V::N..(first + G) * E * V::N;
    let of_rows: [[V; E]; G] = load(cx, &met.of_rows[here.clone()]);
    let mut rows: [[V; E]; G] = load(cx, &met.rows[here.clone()]);
    let columns = met.values.chunks_exact(met.vectors * V::N).zip(met.of_cols.chunks_exact(E));
    for ((values, of_col), cols) in columns.zip(met.cols.chunks_exact_mut(E * V::N)) {
        let [values]: [[V; G]; 1] = load(cx, &values[first * V::N..][..G * V::N]);
        let of_col: [V; E] = each(
            #[inline(always)]
            |e| V::splat(cx, of_col[e]),
        );
        let [mut col]: [[V; E]; 1] = load(cx, cols);
        for g in 0..G {
            for e in 0..E {
                rows[g][e] = values[g].mul_add(of_col[e], rows[g][e]);
                col[e] = values[g].mul_add(of_rows[g][e], col[e]);
            }
        }
        col.into_iter().zip(cols.chunks_exact_mut(V::N)).for_each(
            #[inline(always)]
            |(sum, to)| sum.store(to),
        );
    }
    for (sum, to) in rows.iter().flatten().zip(met.rows[here].chunks_exact_mut(V::N)) {
        sum.store(to);
    }
}

/// Vectors that follow each other.
#[inline(always)]
fn load<V: Lanes, const A: usize, const B: usize>(cx: V::Cx, numbers: &[V::T]) -> [[V; B]; A] {
    each(
        #[inline(always)]
        |a| {
            each(
                #[inline(always)]
                |b| V::load(cx, &numbers[(a * B + b) * V::N..]),
            )
        },
    )
}
