//! Points, laid out in lanes of AVX-512. There an instruction takes the numbers of a register from any places of two others: registers of
//! one point after the other become registers of one component each, without a detour of groups of four.

use core::arch::x86_64::*;

use keops_core::unrolled::each;

use super::{Avx512, F32x16, F64x8};
use crate::Scalar;
use crate::cpu::lanes::Lanes;
use crate::cpu::layout::prefetch_ahead;

/// Lays out points of one view, as many as fill vectors, each `stride` numbers after the one before it: if these are lanes of AVX-512, and points of up to four
/// components, or of as many as there are lanes. Answers whether it was done.
pub(in crate::cpu) fn to_lanes<T: Scalar>(
    points: &[T],
    width: usize,
    lanes: usize,
    to: &mut [T],
    stride: usize,
) -> bool {
    let Some(cx) = (lanes * size_of::<T>() == size_of::<__m512>()).then(Avx512::detect).flatten() else { return false };
    macro_rules! of_width {
        ($points:ident: $($k:literal)*, $long:ident) => {{
            let (points, to) = (bytemuck::cast_slice(points), bytemuck::cast_slice_mut(to));
            match width {
                // SAFETY: the token proves the instruction set.
                $( $k => unsafe { $points::<$k>(cx, points, to, stride) }, )*
                // SAFETY: likewise.
                _ if width >= lanes => unsafe { $long(cx, points, width, to, stride) },
                _ => return false,
            }
        }};
    }
    if size_of::<T>() == size_of::<f32>() {
        of_width!(single: 1 2 3 4, long_single);
    } else {
        of_width!(double: 1 2 3 4, long_double);
    }
    true
}

/// Where the numbers of each component are: `[k][r]` are the places to take those from that register `r` has. Those behind `N` are places of that register; others
/// those of what registers before it have made of the component, or for the first two of the first.
struct Places<const K: usize, const N: usize>;
impl<const K: usize, const N: usize> Places<K, N> {
    const OF: [[[u32; N]; K]; K] = {
        let mut of = [[[0; N]; K]; K];
        let (mut k, mut r, mut lane) = (0, 0, 0);
        while k < K {
            let number = lane * K + k;
            of[k][r][lane] = match number / N {
                0 if r == 1 => number as u32,
                register if register == r => (N + number % N) as u32,
                _ => lane as u32,
            };
            lane += 1;
            if lane == N {
                (lane, r) = (0, r + 1);
            }
            if r == K {
                (r, k) = (0, k + 1);
            }
        }
        of
    };
}

/// Where the numbers are of two registers that exchange halves, so many numbers at a time: 1, 2, 4, …. Those of the first come first. After all such
/// steps, of registers that are as far apart, a square of numbers has its rows and columns exchanged.
struct Halves<const N: usize>;
impl<const N: usize> Halves<N> {
    const STEPS: usize = N.ilog2() as usize;
    const OF: [[[u32; N]; 2]; 4] = {
        let mut of = [[[0; N]; 2]; 4];
        let (mut step, mut lane) = (0, 0);
        while step < Self::STEPS {
            let apart = 1 << step;
            let (first, second) = if lane & apart == 0 { (lane, lane + apart) } else { (N + lane - apart, N + lane) };
            (of[step][0][lane], of[step][1][lane]) = (first as u32, second as u32);
            lane += 1;
            if lane == N {
                (lane, step) = (0, step + 1);
            }
        }
        of
    };
}

macro_rules! points {
    ($(#[$doc:meta])* $name:ident, $long:ident: [$t:ty; $n:literal] in $lanes:ident, $permute:ident) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// The processor has the instruction set.
        #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]
        unsafe fn $name<const K: usize>(cx: Avx512, points: &[$t], to: &mut [$t], stride: usize) {
            for (from, to) in points.chunks_exact($n * K).zip(to.chunks_mut(stride)) {
                let registers: [$lanes; K] = each(
                    #[inline(always)]
                    |r| $lanes::load(cx, &from[r * $n..]),
                );
                for k in 0..K {
                    let mut component = registers[0].0;
                    for r in 1..K {
                        let places = $lanes::load_index(cx, &Places::<K, $n>::OF[k][r]).0;
                        component = $permute(component, places, registers[r].0);
                    }
                    $lanes(component).store(&mut to[k * $n..]);
                }
            }
        }

        /// The same of points of many components: squares of as many of these as points, one beside the other. The last may begin in the one before it.
        ///
        /// # Safety
        /// The processor has the instruction set.
        #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]
        unsafe fn $long(cx: Avx512, points: &[$t], width: usize, to: &mut [$t], stride: usize) {
            for (from, to) in points.chunks_exact($n * width).zip(to.chunks_mut(stride)) {
                for first in (0..width).step_by($n) {
                    let first = first.min(width - $n);
                    let mut square: [$lanes; $n] = each(
                        #[inline(always)]
                        |point| {
                            let point = &from[point * width + first..];
                            prefetch_ahead(point, $n * width);
                            $lanes::load(cx, point)
                        },
                    );
                    for step in 0..Halves::<$n>::STEPS {
                        let [low, high] = Halves::<$n>::OF[step].map(
                            #[inline(always)]
                            |places| $lanes::load_index(cx, &places).0,
                        );
                        for r in (0..$n).filter(|r| r & (1 << step) == 0) {
                            let (a, b) = (square[r].0, square[r + (1 << step)].0);
                            square[r] = $lanes($permute(a, low, b));
                            square[r + (1 << step)] = $lanes($permute(a, high, b));
                        }
                    }
                    for (component, to) in square.into_iter().zip(to[first * $n..].chunks_exact_mut($n)) {
                        component.store(to);
                    }
                }
            }
        }
    };
}
points!(
    /// Points in single precision.
    single, long_single: [f32; 16] in F32x16, _mm512_permutex2var_ps
);
points!(
    /// Points in double precision.
    double, long_double: [f64; 8] in F64x8, _mm512_permutex2var_pd
);
