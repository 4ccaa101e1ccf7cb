//! Integers of two indices are those of Rust, in one element and in several.

use keops_core::{Indices, Inexact, Integer, Interval, Real, Wide};

/// Around the ends of 32 and of 64 bits, and small ones.
const SOME: [i64; 17] = [
    0,
    1,
    -1,
    2,
    3,
    -7,
    1000,
    i32::MAX as i64,
    i32::MIN as i64,
    u32::MAX as i64 - 1,
    u32::MAX as i64,
    u32::MAX as i64 + 1,
    -(u32::MAX as i64),
    3_037_000_500,
    0x1234_5678_9abc_def0,
    i64::MAX,
    i64::MIN,
];

type R = Wide<f32, 2>;

/// The integers `a` and `b`, in two elements, exchanged in the second.
fn pair(a: i64, b: i64) -> [Integer<R>; 2] {
    let first = R::lit((), 0.0).lt(Wide([1.0, 0.0]));
    [(a, b), (b, a)].map(|(a, b)| Integer::select(first, Integer::lit((), a), Integer::lit((), b)))
}

/// What two elements hold.
#[track_caller]
fn holds(found: Integer<R>, expected: [i64; 2], what: &str) {
    let same = |e| found.eq(Integer::lit((), e));
    assert!(same(expected[0])[0] && same(expected[1])[1], "{what}: {found:?}, expected {expected:?}");
}

#[test]
fn arithmetic() {
    for a in SOME {
        for b in SOME {
            let [x, y] = pair(a, b);
            let of = |f: fn(i64, i64) -> i64| [f(a, b), f(b, a)];
            holds(x.add(y), of(i64::wrapping_add), &format!("{a} + {b}"));
            holds(x.sub(y), of(i64::wrapping_sub), &format!("{a} - {b}"));
            holds(x.mul(y), of(i64::wrapping_mul), &format!("{a} * {b}"));
            holds(x.rem(y), of(|a, b| if b == 0 { 0 } else { a.wrapping_rem_euclid(b) }), &format!("{a} % {b}"));
            holds(x.minimum(y), of(i64::min), &format!("minimum({a}, {b})"));
            holds(x.maximum(y), of(i64::max), &format!("maximum({a}, {b})"));
            holds(x.distance(y), of(|a, b| a.wrapping_sub(b).wrapping_abs()), &format!("|{a} - {b}|"));
            assert_eq!(x.lt(y), [a < b, b < a], "{a} < {b}");
            assert_eq!(x.le(y), [a <= b, b <= a], "{a} <= {b}");
            assert_eq!(x.eq(y), [a == b; 2], "{a} == {b}");
        }
    }
}

/// Between rows and columns of the largest call, and of none.
#[test]
fn differences_of_indices_are_exact() {
    for i in [0, 1, 2, 0x8000_0000, u32::MAX - 1, u32::MAX] {
        for j in [0, 1, 2, 0x7fff_ffff, u32::MAX - 1, u32::MAX] {
            let [x, y] = [i, j].map(|n| Integer::<f64>::of((), n));
            let (difference, product) = (i64::from(i) - i64::from(j), i64::from(i).wrapping_mul(i64::from(j)));
            assert!(x.sub(y).eq(Integer::lit((), difference)), "{i} - {j}");
            assert!(x.mul(y).eq(Integer::lit((), product)), "{i} * {j}");
            assert_eq!(x.distance(y).index(), i.abs_diff(j));
        }
    }
}

/// The nearest in double precision, and in single what is no farther off than the next number.
#[test]
fn integers_are_numbers() {
    for a in SOME {
        assert_eq!(Integer::<f64>::lit((), a).number(), a as f64, "{a}");
        let single = Integer::<f32>::lit((), a).number();
        let nearest = a as f32;
        let is_there = single == nearest || single == nearest.next_up() || single == nearest.next_down();
        assert!(if a.unsigned_abs() <= u32::MAX.into() { single == nearest } else { is_there }, "{a}: {single}");
    }
    for n in [0, 1, 255, 1 << 24, (1 << 24) + 1, 0x8000_0001, u32::MAX - 128, u32::MAX] {
        assert_eq!((f32::number_of(n), f64::number_of(n)), (n as f32, f64::from(n)));
    }
}

/// What engines and mathematics have of every index, and of the integers that are made of it.
#[test]
fn numbers_lie_in_their_bounds() {
    for (first, last) in [(0, 0), (3, 40), (16_777_217, 16_777_217), (16_777_215, 33_554_435), (0, u32::MAX)] {
        let set = Interval::<f32>::number_of(Indices { first, last });
        let said = Inexact::<f32>::number_of(Indices { first, last }.into());
        let moved = Integer::<Interval<f32>>::of((), Indices { first, last }).sub(Integer::lit((), 20)).number();
        for n in [first, first + (last - first) / 3, last] {
            assert!(set.contains(n as f32), "{n} of {first} to {last}: {set:?}");
            assert!(f64::from(set.lo) <= n.into() && f64::from(set.hi) >= n.into(), "{n}: {set:?}");
            let off = (f64::from(n as f32) - f64::from(n)).abs();
            assert!(off <= said.absolute + said.relative * f64::from(n), "{n}: {said:?}");
            assert!(moved.contains(Integer::<f32>::lit((), i64::from(n) - 20).number()), "{n}: {moved:?}");
        }
    }
}
