//! Clouds of points drawn at random, and formulas held on them to what all pairs say.

use keops::prelude::*;
use keops::{Cpu, Isa, Owned, Scalar};

use crate::divided::Divided;

/// How many points a leaf of a tree has.
const LEAF: usize = 32;

/// Results, as bits: but for the sign of zeros, which may be either where zeros of both signs are the best, and for which NaN it is.
pub(crate) trait Bits {
    fn bits(&self) -> Vec<u64>;
}
impl Bits for u32 {
    fn bits(&self) -> Vec<u64> {
        vec![u64::from(*self)]
    }
}
impl Bits for f32 {
    fn bits(&self) -> Vec<u64> {
        vec![u64::from(if self.is_nan() { f32::NAN } else { self + 0.0 }.to_bits())]
    }
}
impl Bits for f64 {
    fn bits(&self) -> Vec<u64> {
        vec![if self.is_nan() { f64::NAN } else { self + 0.0 }.to_bits()]
    }
}
impl<V: Bits, const K: usize> Bits for [V; K] {
    fn bits(&self) -> Vec<u64> {
        self.iter().flat_map(V::bits).collect()
    }
}
impl<V: Bits> Bits for Vec<V> {
    fn bits(&self) -> Vec<u64> {
        self.iter().flat_map(V::bits).collect()
    }
}
impl<A: Bits, B: Bits> Bits for (A, B) {
    fn bits(&self) -> Vec<u64> {
        [self.0.bits(), self.1.bits()].concat()
    }
}

/// How many clouds each formula is tried on.
pub(crate) const CLOUDS: u64 = 24;

/// A cloud of points, and how many.
pub(crate) struct Cloud {
    pub(crate) rng: fastrand::Rng,
    pub(crate) kind: u8,
}

impl Cloud {
    pub(crate) fn new(seed: u64, salt: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed.wrapping_mul(31).wrapping_add(salt));
        let kind = rng.u8(0..8);
        Cloud { rng, kind }
    }
    pub(crate) fn size(&mut self) -> usize {
        let near = LEAF << self.rng.usize(0..3);
        match self.rng.u8(0..8) {
            0 => self.rng.usize(0..3),
            1 => near - 1,
            2 => near,
            3 => near + 1,
            4 => self.rng.usize(1000..4000),
            _ => self.rng.usize(3..600),
        }
    }
    pub(crate) fn number(&mut self) -> f64 {
        let rng = &mut self.rng;
        match self.kind {
            0 | 1 => rng.f64(),
            // ties
            2 => f64::from(rng.u8(0..6)),
            3 => 1.0,
            // far from 0, where numbers are coarse
            4 => 1e5 + rng.f64(),
            5 => match rng.u8(0..40) {
                0 => f64::NAN,
                1 => f64::INFINITY,
                2 => f64::NEG_INFINITY,
                3 => -0.0,
                4 => 1e-42,
                5 => 3e38,
                _ => rng.f64() - 0.5,
            },
            // clusters
            6 => f64::from(rng.u8(0..4)) * 10.0 + rng.f64() * 1e-3,
            _ => (rng.f64() - 0.5) * 10f64.powi(rng.i32(-6..6)),
        }
    }
    pub(crate) fn points<T: Scalar, const D: usize>(&mut self, len: usize) -> Vec<[T; D]> {
        (0..len).map(|_| std::array::from_fn(|_| T::from_f64(self.number()))).collect()
    }
    pub(crate) fn numbers<T: Scalar>(&mut self, len: usize) -> Vec<T> {
        (0..len).map(|_| T::from_f64(self.number())).collect()
    }
    pub(crate) fn one<T: Scalar>(&mut self) -> T {
        T::from_f64(0.25 + self.rng.f64())
    }
    pub(crate) fn labels(&mut self, len: usize) -> Vec<u32> {
        let most = [1, 3, 1000][self.rng.usize(0..3)];
        (0..len).map(|_| self.rng.u32(0..=most)).collect()
    }
}

/// Holds a call to what all pairs say, on every instruction set.
pub(crate) fn check<T: Scalar, P: Plan>(call: &Call<'_, T, P>, seed: u64)
where
    Owned<P, T>: Bits,
{
    for isa in Isa::available() {
        let cpu = Cpu::with(isa).expect("it is available");
        let expected = call.eval_on(&cpu).map(|v| v.bits());
        for pruned in [call.pruned(), call.pruned().always()] {
            // and each pass once more, divided among ranks
            let found = pruned.eval_on(&Divided::new(cpu)).map(|v| v.bits());
            if found != expected {
                let place = expected.iter().flatten().zip(found.iter().flatten()).position(|(a, b)| a != b);
                let (a, b) = (expected.map(|v| v[place.unwrap_or(0)]), found.map(|v| v[place.unwrap_or(0)]));
                panic!("seed {seed}, {isa}: {pruned:?} differs at {place:?}: {a:x?}, {b:x?}");
            }
        }
    }
}

/// A test that holds a formula to what all pairs say, in both number types, over clouds whose operands are declared.
macro_rules! formulas {
    ($($name:ident<$d:literal>: $formula:tt with $($operand:ident: $kind:ident),*;)*) => { $(
        #[test]
        fn $name() {
            fn all<T: keops::Scalar + crate::clouds::Bits>(salt: u64) {
                for seed in crate::fuzz::seeds(crate::clouds::CLOUDS) {
                    let mut cloud = crate::clouds::Cloud::new(seed, salt);
                    let (m, n) = (cloud.size(), cloud.size());
                    // a formula may have no columns of its own
                    let _ = n;
                    $(let $operand = &crate::operands::operand!($kind cloud, m, n, $d, T);)*
                    crate::clouds::check(formulas!(@call $formula).as_ref(), seed);
                }
            }
            all::<f32>(1);
            all::<f64>(2);
        }
    )* };
    (@call { $($formula:tt)* }) => { keops!($($formula)*) };
    (@call ($call:expr)) => { $call };
}
pub(crate) use formulas;
