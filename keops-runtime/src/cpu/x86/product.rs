//! Sums over the components of three vectors of rows and four columns, in AVX2: the inner loops of [`apart`](crate::cpu::apart).
//!
//! Twelve sums, a column's number and what it is multiplied with take all sixteen registers. The compiler loads more columns ahead than
//! fit beside them, and then moves sums about: its loops take up to twice as long. So these are written by hand.

use core::arch::asm;
use core::arch::x86_64::{__m256, __m256d, _mm256_add_pd, _mm256_add_ps};
use core::slice;

use keops_core::{Grid, Wide};

use super::{F32x8, F64x4};
use crate::cpu::lanes::{self, Lanes, Term};

/// How many vectors of rows and how many columns meet here.
const ROWS: usize = 3;
const COLS: usize = 4;

type Sums<V> = Grid<V, ROWS, COLS>;

/// Lanes that have these loops.
pub(super) trait Twelve: Lanes {
    /// [`Lanes::add_terms`], for so many rows and columns, and at least one component.
    fn add_twelve(sums: &mut Sums<Self>, term: Term, rows: &[Wide<Self, ROWS>], cols: &[Wide<Self::T, COLS>]);
}

/// [`Lanes::add_terms`]: by hand where so many rows and columns meet.
#[inline(always)]
pub(super) fn add_terms<V: Twelve, const U: usize, const J: usize>(
    sums: &mut Grid<V, U, J>,
    term: Term,
    rows: &[Wide<V, U>],
    cols: &[Wide<V::T, J>],
) {
    if U != ROWS || J != COLS || rows.is_empty() {
        return lanes::add_terms(sums, term, rows, cols);
    }
    // SAFETY: these are the very same types.
    let (sums, rows, cols) = unsafe {
        (
            &mut *(&raw mut *sums).cast::<Sums<V>>(),
            slice::from_raw_parts(rows.as_ptr().cast::<Wide<V, ROWS>>(), rows.len()),
            slice::from_raw_parts(cols.as_ptr().cast::<Wide<V::T, COLS>>(), cols.len()),
        )
    };
    V::add_twelve(sums, term, rows, cols);
}

/// The sums of a loop over components: what is done first, and what with each column, whose number is broadcast to `ymm12`.
macro_rules! components {
    ($rows:ident, $cols:ident, $register:ty, $step:literal, $($code:expr),*) => {
        // SAFETY: the loop reads as many components of rows as there are, at least one, of 96 bytes aligned to 32, and as many of
        // columns.
        unsafe {
            let (a0, a1, a2, b0, b1, b2, c0, c1, c2, d0, d1, d2): (
                $register, $register, $register, $register, $register, $register,
                $register, $register, $register, $register, $register, $register,
            );
            asm!(
                "vxorps ymm0, ymm0, ymm0", "vxorps ymm1, ymm1, ymm1", "vxorps ymm2, ymm2, ymm2",
                "vxorps ymm3, ymm3, ymm3", "vxorps ymm4, ymm4, ymm4", "vxorps ymm5, ymm5, ymm5",
                "vxorps ymm6, ymm6, ymm6", "vxorps ymm7, ymm7, ymm7", "vxorps ymm8, ymm8, ymm8",
                "vxorps ymm9, ymm9, ymm9", "vxorps ymm10, ymm10, ymm10", "vxorps ymm11, ymm11, ymm11",
                "2:",
                $($code,)*
                "add {rows}, 96",
                concat!("add {cols}, ", $step),
                "dec {count}",
                "jnz 2b",
                rows = inout(reg) $rows.as_ptr() => _,
                cols = inout(reg) $cols.as_ptr() => _,
                count = inout(reg) $rows.len() => _,
                out("ymm0") a0, out("ymm1") a1, out("ymm2") a2, out("ymm3") b0, out("ymm4") b1, out("ymm5") b2,
                out("ymm6") c0, out("ymm7") c1, out("ymm8") c2, out("ymm9") d0, out("ymm10") d1, out("ymm11") d2,
                out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
                options(readonly, nostack),
            );
            [[a0, a1, a2], [b0, b1, b2], [c0, c1, c2], [d0, d1, d2]]
        }
    };
}

/// Three vectors times a column's number, added to its sums.
macro_rules! product {
    ($s:literal, $at:literal, $a:literal, $b:literal, $c:literal) => {
        concat!(
            "vbroadcasts",
            $s,
            " ymm12, [{cols} + ",
            $at,
            "]\n",
            "vfmadd231p",
            $s,
            " ymm",
            $a,
            ", ymm12, ymm13\n",
            "vfmadd231p",
            $s,
            " ymm",
            $b,
            ", ymm12, ymm14\n",
            "vfmadd231p",
            $s,
            " ymm",
            $c,
            ", ymm12, ymm15"
        )
    };
}

/// The squares of a column's number less three vectors, added to its sums.
macro_rules! square {
    ($s:literal, $at:literal, $a:literal, $b:literal, $c:literal) => {
        concat!(
            "vbroadcasts",
            $s,
            " ymm12, [{cols} + ",
            $at,
            "]\n",
            "vsubp",
            $s,
            " ymm13, ymm12, [{rows}]\n",
            "vsubp",
            $s,
            " ymm14, ymm12, [{rows} + 32]\n",
            "vsubp",
            $s,
            " ymm15, ymm12, [{rows} + 64]\n",
            "vfmadd231p",
            $s,
            " ymm",
            $a,
            ", ymm13, ymm13\n",
            "vfmadd231p",
            $s,
            " ymm",
            $b,
            ", ymm14, ymm14\n",
            "vfmadd231p",
            $s,
            " ymm",
            $c,
            ", ymm15, ymm15"
        )
    };
}

macro_rules! lanes {
    ($lanes:ident, $t:ty, $register:ty, $add:ident, $s:literal, step $step:literal, columns $c0:literal $c1:literal $c2:literal $c3:literal) => {
        impl Twelve for $lanes {
            fn add_twelve(sums: &mut Sums<Self>, term: Term, rows: &[Wide<Self, ROWS>], cols: &[Wide<$t, COLS>]) {
                #[target_feature(enable = "avx2,fma")]
                fn add(sums: &mut Sums<$lanes>, term: Term, rows: &[Wide<$lanes, ROWS>], cols: &[Wide<$t, COLS>]) {
                    assert!(!rows.is_empty() && rows.len() == cols.len(), "components of rows and of columns");
                    let chain = match term {
                        Term::Product => components!(
                            rows,
                            cols,
                            $register,
                            $step,
                            "vmovaps ymm13, [{rows}]",
                            "vmovaps ymm14, [{rows} + 32]",
                            "vmovaps ymm15, [{rows} + 64]",
                            product!($s, $c0, 0, 1, 2),
                            product!($s, $c1, 3, 4, 5),
                            product!($s, $c2, 6, 7, 8),
                            product!($s, $c3, 9, 10, 11)
                        ),
                        Term::SquaredDifference => components!(
                            rows,
                            cols,
                            $register,
                            $step,
                            square!($s, $c0, 0, 1, 2),
                            square!($s, $c1, 3, 4, 5),
                            square!($s, $c2, 6, 7, 8),
                            square!($s, $c3, 9, 10, 11)
                        ),
                    };
                    for (sums, chain) in sums.0.iter_mut().zip(chain) {
                        for (sum, chain) in sums.0.iter_mut().zip(chain) {
                            sum.0 = $add(sum.0, chain);
                        }
                    }
                }
                // SAFETY: a number proves the instruction set (header of `x86`).
                unsafe { add(sums, term, rows, cols) }
            }
        }
    };
}
lanes!(F32x8, f32, __m256, _mm256_add_ps, "s", step 16, columns 0 4 8 12);
lanes!(F64x4, f64, __m256d, _mm256_add_pd, "d", step 32, columns 0 8 16 24);
