//! What lanes of any kind do, against plain numbers.

use core::fmt::Debug;

use keops_core::Wide;

use super::*;

/// One lane, done by other means.
pub(crate) trait Twin: Bits<Cx = (), Mask = bool, Index = u32> + Into<f64> + PartialEq + Debug {
    fn rounded(v: f64) -> Self;
    fn bits(self) -> u64;
    fn from_low_bits(bits: u64) -> Self;
    fn ties_even(self) -> Self;
    fn with_sign(self, s: Self) -> Self;
}
macro_rules! twin {
    ($t:ident) => {
        impl Twin for $t {
            fn rounded(v: f64) -> Self {
                v as $t
            }
            fn bits(self) -> u64 {
                self.to_bits().into()
            }
            fn from_low_bits(bits: u64) -> Self {
                $t::from_bits(bits as _)
            }
            fn ties_even(self) -> Self {
                self.round_ties_even()
            }
            fn with_sign(self, s: Self) -> Self {
                self.copysign(s)
            }
        }
    };
}
twin!(f32);
twin!(f64);

/// `x·2ⁿ` as the C library does it, for integral `n`.
fn scaled<T: Twin>(x: T, n: T) -> T {
    let power = |n: i32| f64::from_bits(((1023 + n) as u64) << 52);
    let (mut x, mut n): (f64, i32) = (x.into(), n.into() as i32);
    n = n.clamp(-9999, 9999);
    if T::SINGLE {
        // Exact in double precision.
        return T::rounded(x * power(n.clamp(-400, 400)));
    }
    while n > 1023 {
        x *= power(1023);
        n -= 1023;
    }
    // Leaves 53 digits until the last product.
    while n < -1022 {
        x *= power(-1022 + 53);
        n += 1022 - 53;
    }
    T::rounded(x * power(n))
}

/// Equal to the bit, but NaN is NaN.
fn same<T: Twin>(a: T, b: T) -> bool {
    a.bits() == b.bits() || (a.into().is_nan() && b.into().is_nan())
}

/// Numbers of all kinds, `random` of them with random bits and as many between -100 and 100.
pub(crate) fn numbers<T: Twin>(random: usize) -> Vec<T> {
    let (tiny, normal, huge) = if T::SINGLE {
        (1e-45, f32::MIN_POSITIVE.into(), f32::MAX.into())
    } else {
        (5e-324, f64::MIN_POSITIVE, f64::MAX)
    };
    let magic = if T::SINGLE { SINGLE.magic } else { DOUBLE.magic };
    let mut numbers = Vec::new();
    for v in [0.0, tiny, 3.0 * tiny, normal - tiny, normal, 1.5 * normal, huge, huge / 2.0, f64::INFINITY, f64::NAN]
        .into_iter()
        .chain([0.25, 0.5, 0.75, FRAC_1_SQRT_2, 1.0 - 1e-7, 1.0, 1.0 + 1e-7, 2f64.sqrt(), 1.5, 2.0, 2.5, 3.5, 100.3])
        .chain(
            [0.5, 1.0, 2.0, 3.0]
                .into_iter()
                .flat_map(|k| [k * magic - 0.5, k * magic, k * magic + 0.5, k * magic + 1.0]),
        )
    {
        numbers.extend([T::rounded(v), T::rounded(-v)]);
    }
    let mut state = 1u64;
    for _ in 0..random {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        numbers.push(T::from_low_bits(state.rotate_left(32)));
        numbers.push(T::rounded((state >> 11) as f64 * (200.0 / 2f64.powi(53)) - 100.0));
    }
    numbers
}

/// Lane `l` is `f(l)`.
pub(crate) fn from_fn<L: Lanes>(cx: L::Cx, f: impl FnMut(usize) -> L::T) -> L {
    L::load(cx, &(0..L::N).map(f).collect::<Vec<_>>())
}

/// `all` in vectors, the last one filled up.
fn vectors<L: Lanes<T: Twin>>(cx: L::Cx, all: &[L::T]) -> impl Iterator<Item = L> {
    (0..all.len()).step_by(L::N).map(move |i| from_fn(cx, |l| all[(i + l) % all.len()]))
}

fn lanes<L: Lanes<T: Twin>>(v: L) -> Vec<L::T> {
    let mut out = vec![L::T::rounded(7.0); L::N + 1];
    v.store(&mut out);
    assert_eq!(out.pop(), Some(L::T::rounded(7.0)), "stored too much");
    out
}

fn unary<L: Lanes<T: Twin>>(cx: L::Cx, name: &str, all: &[L::T], f: impl Fn(L) -> L, twin: impl Fn(L::T) -> L::T) {
    for v in vectors::<L>(cx, all) {
        for (a, got) in lanes(v).into_iter().zip(lanes(f(v))) {
            assert!(same(got, twin(a)), "{name}({a:?}) = {got:?}, not {:?}", twin(a));
        }
    }
}

fn binary<L: Lanes<T: Twin>>(
    cx: L::Cx,
    name: &str,
    pairs: &(Vec<L::T>, Vec<L::T>),
    f: impl Fn(L, L) -> L,
    twin: impl Fn(L::T, L::T) -> L::T,
) {
    for (v, w) in vectors::<L>(cx, &pairs.0).zip(vectors::<L>(cx, &pairs.1)) {
        for ((a, b), got) in lanes(v).into_iter().zip(lanes(w)).zip(lanes(f(v, w))) {
            assert!(same(got, twin(a, b)), "{name}({a:?}, {b:?}) = {got:?}, not {:?}", twin(a, b));
        }
    }
}

fn pairs<T: Copy>(a: &[T], b: &[T]) -> (Vec<T>, Vec<T>) {
    a.iter().flat_map(|&a| b.iter().map(move |&b| (a, b))).unzip()
}

/// Every operation that is not an elementary function, against one lane at a time.
pub(crate) fn operations<L: Lanes<T: Twin>>(cx: L::Cx) {
    let all = numbers::<L::T>(100);
    assert_eq!(L::SINGLE, L::T::SINGLE);
    for v in [0.1, -1.0 / 3.0, 1e300, f64::NEG_INFINITY] {
        assert!(lanes(L::lit(cx, v)).into_iter().all(|got| same(got, L::T::rounded(v))), "lit({v})");
    }
    assert!(lanes(L::splat(cx, all[3])).into_iter().all(|got| same(got, all[3])), "splat");

    unary::<L>(cx, "neg", &all, |v| -v, |v| -v);
    unary::<L>(cx, "abs", &all, L::abs, L::T::abs);
    unary::<L>(cx, "square", &all, L::square, L::T::square);
    unary::<L>(cx, "sqrt", &all, L::sqrt, L::T::sqrt);
    unary::<L>(cx, "floor", &all, L::floor, L::T::floor);
    unary::<L>(cx, "round", &all, L::round, L::T::ties_even);
    unary::<L>(cx, "recip", &all, L::recip, L::T::recip);
    unary::<L>(cx, "clamp", &all, |v| v.clamp(-3.0, 2.5), |v| v.clamp(-3.0, 2.5));
    unary::<L>(cx, "to_exponent", &all, L::to_exponent, L::T::to_exponent);
    for v in vectors::<L>(cx, &all) {
        for (a, got) in lanes(v).into_iter().zip(lanes(Wide([v]).rsqrt().0[0])) {
            let (twin, exact) = (a.rsqrt(), 1.0 / a.into().sqrt());
            // rounded once, or twice: either way next to it
            let near = L::SINGLE && (got.into() - exact).abs() < exact * f64::from(f32::EPSILON) * 0.9;
            assert!(same(got, twin) || near, "rsqrt({a:?}) = {got:?}, not {twin:?}");
        }
    }
    unary::<L>(cx, "each", &all, |v| v.each(|v| v * 0.3), |v| L::T::rounded(v.into() * 0.3));

    let both = pairs(&all, &all);
    binary::<L>(cx, "add", &both, |a, b| a + b, |a, b| a + b);
    binary::<L>(cx, "sub", &both, |a, b| a - b, |a, b| a - b);
    binary::<L>(cx, "mul", &both, |a, b| a * b, |a, b| a * b);
    binary::<L>(cx, "div", &both, |a, b| a / b, |a, b| a / b);
    binary::<L>(cx, "minimum", &both, L::minimum, L::T::minimum);
    binary::<L>(cx, "maximum", &both, L::maximum, L::T::maximum);
    binary::<L>(cx, "copysign", &both, L::copysign, L::T::with_sign);
    binary::<L>(cx, "lt", &both, |a, b| L::select(a.lt(b), a, b), |a, b| L::T::select(a.lt(b), a, b));
    binary::<L>(cx, "le", &both, |a, b| L::select(a.le(b), b, a), |a, b| L::T::select(a.le(b), b, a));
    binary::<L>(cx, "eq", &both, |a, b| L::select(a.eq(b), -a, b), |a, b| L::T::select(a.eq(b), -a, b));
    let and = |a: L, b: L| L::select(L::and(a.lt(b), L::lit(cx, 1.0).le(b)), a, b);
    binary::<L>(cx, "and", &both, and, |a, b| L::T::select(a.lt(b) & L::T::lit((), 1.0).le(b), a, b));
    let or = |a: L, b: L| L::select(L::or(a.lt(b), L::lit(cx, 1.0).le(b)), a, b);
    binary::<L>(cx, "or", &both, or, |a, b| L::T::select(a.lt(b) | L::T::lit((), 1.0).le(b), a, b));
    let not = |a: L, b: L| L::select(L::not(a.lt(b)), a, b);
    binary::<L>(cx, "not", &both, not, |a, b| L::T::select(!a.lt(b), a, b));
    for (v, w) in vectors::<L>(cx, &both.0).zip(vectors::<L>(cx, &both.1)) {
        assert_eq!(L::any(v.lt(w)), lanes(v).into_iter().zip(lanes(w)).any(|(v, w)| v.lt(w)), "any");
        for (((a, b), c), got) in lanes(v).into_iter().zip(lanes(w)).zip(lanes(v - w)).zip(lanes(v.mul_add(w, v - w))) {
            let fused = a.mul_add(b, c);
            assert!(same(got, fused) || same(got, a * b + c), "mul_add({a:?}, {b:?}, {c:?}) = {got:?}, not {fused:?}");
        }
    }
}

/// [`Bits::split`], and [`Bits::scale`] where there is an instruction for it.
pub(crate) fn exponents<L: Lanes<T: Twin>>(cx: L::Cx) {
    let all = numbers::<L::T>(100);
    let mut n: Vec<_> = (-330..330).chain((-2300..2300).step_by(11)).map(|n| L::T::rounded(n.into())).collect();
    n.extend([-3e38, -1e9, -3e4, 3e4, 2147483648.0, 3e38].map(L::T::rounded));
    if L::SCALES {
        binary::<L>(cx, "scale", &pairs(&all, &n), L::scale, scaled);
    }

    let positive: Vec<_> = all.into_iter().filter(|v| (*v).into() > 0.0 && (*v).into() < f64::INFINITY).collect();
    let one = L::T::rounded(1.0).bits();
    for v in vectors::<L>(cx, &positive) {
        let (m, n) = v.split();
        for ((v, m), n) in lanes(v).into_iter().zip(lanes(m)).zip(lanes(n)) {
            let (low, high) = (L::T::rounded(FRAC_1_SQRT_2), L::T::rounded(core::f64::consts::SQRT_2));
            assert!(low.le(m) && m.lt(high) && n.floor() == n, "split({v:?}) = {m:?}, {n:?}");
            assert!(same(scaled(m, n), v), "split({v:?}) = {m:?}, {n:?}");
            assert!(m.bits() != one || v.bits() != one || n.bits() == 0, "split(1) has n = 0");
        }
    }
    let other = [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -1.0, -1e-40, -3e38].map(L::T::rounded);
    for v in vectors::<L>(cx, &other) {
        let (m, n) = v.split();
        for ((v, m), n) in lanes(v).into_iter().zip(lanes(m)).zip(lanes(n)) {
            let (v, m, n): (f64, f64, f64) = (v.into(), m.into(), n.into());
            let right =
                if v >= 0.0 { m.is_finite() && n == if v > 0.0 { v } else { -f64::INFINITY } } else { m.is_nan() };
            assert!(right, "split({v}) = {m}, {n}");
        }
    }
}

/// Row and column indices.
pub(crate) fn indices<L: Lanes<T: Twin>>(cx: L::Cx) {
    let all = [0, 1, 2, 77, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xff80_0001, u32::MAX - 1, u32::MAX];
    let rotated = |by: usize| (0..L::N).map(|l| all[(l + by) % all.len()]).collect::<Vec<u32>>();
    let read = |i: L::Index| lanes(L::from_index(i)).into_iter().map(Real::to_index).collect::<Vec<u32>>();
    for (shift, n) in all.into_iter().enumerate() {
        let a = L::load_index(cx, &rotated(0));
        let b = L::load_index(cx, &rotated(shift));
        let c = L::index(cx, n);
        assert_eq!(read(c), vec![n; L::N]);
        // Through memory, as a number.
        let stored = lanes(L::from_index(b));
        let b = L::load(cx, &stored).to_index();
        for l in 0..L::N {
            let (a_l, b_l) = (all[l % all.len()], all[(l + shift) % all.len()]);
            assert_eq!(read(b)[l], b_l);
            assert_eq!(
                read(L::select_index(L::index_lt(a, b), a, c))[l],
                if a_l < b_l { a_l } else { n },
                "{a_l} < {b_l}"
            );
            assert_eq!(
                read(L::select_index(L::index_lt(b, a), a, c))[l],
                if b_l < a_l { a_l } else { n },
                "{b_l} < {a_l}"
            );
            assert_eq!(
                read(L::select_index(L::index_eq(a, b), a, c))[l],
                if a_l == b_l { a_l } else { n },
                "{a_l} == {b_l}"
            );
        }
    }
}

#[test]
fn portable_operations() {
    operations::<Portable<f32, 4>>(());
    operations::<Portable<f32, 8>>(());
    operations::<Portable<f64, 2>>(());
    operations::<Portable<f64, 4>>(());
}
#[test]
fn portable_exponents() {
    exponents::<Portable<f32, 4>>(());
    exponents::<Portable<f64, 2>>(());
}
#[test]
fn portable_indices() {
    indices::<Portable<f32, 8>>(());
    indices::<Portable<f64, 2>>(());
}
