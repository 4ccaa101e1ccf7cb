//! Intervals: every operation on random and delicate sets contains what plain numbers and lanes answer for members, with multiply-adds
//! that round once and twice, and the real number; and is not much wider than what it contains.

mod inexact;
#[path = "../math/lane.rs"]
mod lane;

use keops_core::{Endpoint, Integer, Interval, Pair, Real, Truth};
use lane::{F32, F64};

/// An operation of up to three numbers.
type Operation<R> = (&'static str, fn([R; 3]) -> R);

macro_rules! named {
    ([] $($(#[$doc:meta])* $name:ident($($argument:ident)*) $single:ident $double:ident;)*) => {
        vec![$((stringify!($name), |[a, _b, _c]: [R; 3]| named!(@ $name a _b $($argument)*))),*]
    };
    (@ $name:ident $a:ident $b:ident) => { R::$name($a) };
    (@ $name:ident $a:ident $b:ident $argument:ident) => { R::$name($a, $b) };
}

/// Every operation of numbers, also those that are made of masks.
fn operations<R: Real>() -> Vec<Operation<R>> {
    let mut all: Vec<Operation<R>> = vec![
        ("add", |[a, b, _]| a + b),
        ("sub", |[a, b, _]| a - b),
        ("mul", |[a, b, _]| a * b),
        ("div", |[a, b, _]| a / b),
        ("neg", |[a, _, _]| -a),
        ("mul_add", |[a, b, c]| a.mul_add(b, c)),
        ("square", |[a, _, _]| a.square()),
        ("abs", |[a, _, _]| a.abs()),
        ("sqrt", |[a, _, _]| a.sqrt()),
        ("floor", |[a, _, _]| a.floor()),
        ("recip", |[a, _, _]| a.recip()),
        ("rsqrt", |[a, _, _]| a.rsqrt()),
        ("minimum", |[a, b, _]| a.minimum(b)),
        ("maximum", |[a, b, _]| a.maximum(b)),
        ("saturate", |[a, _, _]| a.saturate()),
        ("lit", |[a, _, _]| a + R::lit(a.cx(), 0.1)),
        ("lt", |[a, b, c]| R::select(a.lt(b), a, c)),
        ("le", |[a, b, c]| R::select(a.le(b), a, c)),
        ("eq", |[a, b, c]| R::select(a.eq(b), a, c)),
        ("not lt", |[a, b, c]| R::select(R::not(a.lt(b)), a, c)),
        ("the smaller one", |[a, b, _]| R::select_smaller(a.lt(b), a, b)),
        ("the smaller one by le", |[a, b, _]| R::select_smaller(b.le(a), b, a)),
        ("the larger one", |[a, b, _]| R::select_larger(a.lt(b), b, a)),
        ("the larger one by le", |[a, b, _]| R::select_larger(b.le(a), a, b)),
        ("from 0 on", |[a, _, _]| {
            let zero = R::lit(a.cx(), 0.0);
            R::select_larger(a.lt(zero), zero, a)
        }),
        ("to 0", |[a, _, _]| {
            let zero = R::lit(a.cx(), 0.0);
            R::select_smaller(a.le(zero), a, zero)
        }),
        ("is equal", |[a, b, _]| R::select(a.eq(a), a, b)),
        ("is number", |[a, b, _]| R::select(a.is_number(), a, b)),
        ("square_add", |[a, b, _]| a.square_add(b)),
        ("square_from", |[a, b, _]| a.square_from(b)),
        ("and", |[a, b, c]| R::select(R::and(a.lt(b), b.le(c)), a, c)),
        ("or", |[a, b, c]| R::select(R::or(a.lt(b), R::not(b.le(c))), a, c)),
        ("sum of squares", |[a, b, _]| (a - b).square().sqrt()),
    ];
    let functions: Vec<Operation<R>> = keops_core::functions!(named);
    all.extend(functions);
    all
}

/// An operation as one of the engines' numbers has it.
type Answer<T> = Box<dyn Fn([T; 3]) -> T>;

/// A number type of intervals, with the engines' numbers.
trait Tried: Endpoint + std::fmt::Debug {
    /// What engines answer, each in its way.
    fn answers() -> Vec<Vec<Answer<Self>>>;
    /// The double nearest to a number, as one of the type.
    fn of(v: f64) -> Self;
}

macro_rules! tried {
    ($t:ident, $lane:ident) => {
        impl Tried for $t {
            fn answers() -> Vec<Vec<Answer<Self>>> {
                fn of_lanes<const FUSED: bool, const SCALES: bool>() -> Vec<Answer<$t>> {
                    let lanes = operations::<$lane<FUSED, SCALES>>();
                    lanes.into_iter().map(|(_, f)| Box::new(move |v: [$t; 3]| f(v.map($lane)).0) as _).collect()
                }
                let plain = operations::<$t>().into_iter().map(|(_, f)| Box::new(f) as _).collect();
                vec![plain, of_lanes::<false, false>(), of_lanes::<true, false>(), of_lanes::<true, true>()]
            }
            fn of(v: f64) -> Self {
                v as $t
            }
        }
    };
}
tried!(f32, F32);
tried!(f64, F64);

/// Numbers at which operations are delicate.
const DELICATE: [f64; 28] = [
    0.0,
    1.0,
    0.5,
    2.0,
    3.0,
    4.0,
    1.4616321449683623,
    std::f64::consts::FRAC_PI_2,
    std::f64::consts::PI,
    6.0,
    0.1,
    1e-7,
    88.7,
    87.3,
    127.0,
    126.5,
    709.7,
    708.3,
    1022.0,
    1e-40,
    1.5e-38,
    3e-308,
    1e-310,
    1e19,
    1e38,
    3.4e38,
    1e308,
    f64::INFINITY,
];

struct Random(fastrand::Rng);

impl Random {
    fn number(&mut self) -> f64 {
        let size = match self.0.u8(..8) {
            0 | 1 => DELICATE[self.0.usize(..DELICATE.len())],
            2 => 10f64.powf(self.0.f64() * 80.0 - 42.0),
            3 => (self.0.f64() * 40.0).floor() / 4.0,
            _ => 10f64.powf(self.0.f64() * 5.0 - 3.0),
        };
        if self.0.u8(..3) == 0 { -size } else { size }
    }

    /// An interval, and some of its members.
    fn set<T: Tried>(&mut self) -> (Interval<T>, Vec<T>) {
        let a = T::of(self.number());
        let b = match self.0.u8(..6) {
            0 => a,
            1 => a.next_up(),
            2 => T::of(a.wide() * (1.0 + 1e-5 * self.0.f64())),
            3 => T::of(a.wide() + self.0.f64()),
            _ => T::of(self.number()),
        };
        let (lo, hi) = if b < a { (b, a) } else { (a, b) };
        if self.0.u8(..50) == 0 {
            return (Interval::anything(), vec![T::NAN, a]);
        }
        let set = Interval::new(lo, hi);
        let mut members = vec![lo, hi];
        for _ in 0..3 {
            let between = lo.wide() + (hi.wide() - lo.wide()) * self.0.f64();
            let short = (between * 4.0).floor() / 4.0;
            members
                .extend([between, short, self.number(), -0.0].map(T::of).into_iter().filter(|v| *v >= lo && *v <= hi));
        }
        (set, members)
    }
}

fn inclusion<T: Tried>(rounds: usize) {
    let (on_sets, engines, exact) = (operations::<Interval<T>>(), T::answers(), operations::<f64>());
    let mut random = Random(fastrand::Rng::with_seed(5));
    let mut is_anything = vec![0; on_sets.len()];
    for _ in 0..rounds {
        let sets: [(Interval<T>, Vec<T>); 3] = std::array::from_fn(|_| random.set());
        let bounds: Vec<_> = on_sets.iter().map(|(_, f)| f([sets[0].0, sets[1].0, sets[2].0])).collect();
        for (count, bound) in is_anything.iter_mut().zip(&bounds) {
            *count += usize::from(bound.is_anything());
        }
        for _ in 0..8 {
            let members: [T; 3] = std::array::from_fn(|k| sets[k].1[random.0.usize(..sets[k].1.len())]);
            for (n, bound) in bounds.iter().enumerate() {
                let (name, sets) = (on_sets[n].0, [sets[0].0, sets[1].0, sets[2].0]);
                for (kind, engine) in engines.iter().enumerate() {
                    let found = engine[n](members);
                    assert!(
                        bound.contains(found),
                        "{name} of {members:?} by {kind}: {found:?} not in {bound:?} of {sets:?}"
                    );
                }
                // the real number, to the precision of doubles: of what is not rounded in between, and does not depend on the type
                let found = exact[n].1(members.map(T::wide));
                if T::IS_SINGLE && !["sum of squares", "saturate"].contains(&name) && !bound.is_anything() {
                    let slack = if found.is_finite() { found.abs() * 1e-14 } else { 0.0 };
                    let within = bound.lo.wide() - slack <= found && found <= bound.hi.wide() + slack;
                    assert!(within, "real {name} of {members:?}: {found:?} not in {bound:?} of {sets:?}");
                }
            }
        }
    }
    // a bound that says nothing would pass: "anything" is the answer of few
    for ((name, _), count) in on_sets.iter().zip(is_anything) {
        assert!(count * 4 < rounds * 3, "{name} is anything in {count} of {rounds} cases");
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn every_operation_contains_what_engines_answer_in_single_precision() {
    inclusion::<f32>(50_000);
}

#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn every_operation_contains_what_engines_answer_in_double_precision() {
    inclusion::<f64>(50_000);
}

/// A point's interval is as narrow as functions are precise.
fn tight<T: Tried>(at: [f64; 3], units: f64) {
    let (on_sets, plain) = (operations::<Interval<T>>(), operations::<f64>());
    for ((name, f), (_, exact)) in on_sets.iter().zip(&plain) {
        let numbers = at.map(T::of);
        let (bound, value) = (f(numbers.map(Interval::point)), exact(numbers.map(T::wide)));
        let width = bound.hi.wide() - bound.lo.wide();
        let least = if value.is_nan() || value.abs() < 1e-30 { 1e-30 } else { value.abs() };
        assert!(value.is_nan() || width <= units * T::UNIT.wide() * least, "{name} of {numbers:?} is {bound:?}");
    }
}

#[test]
fn points_have_narrow_bounds() {
    for at in [[0.3, 0.7, 1.9], [3.3, 2.7, -1.9], [5.25, 0.5, 2.0], [17.0, 3.0, 0.25]] {
        tight::<f32>(at, 150.0);
        tight::<f64>(at, 150.0);
    }
}

/// What is exact, and where nothing is lost.
#[test]
fn what_is_exact_has_not_been_widened() {
    let set = |lo: f32, hi: f32| Interval::new(lo, hi);
    let zero = set(0.0, 0.0);
    assert_eq!(set(1.0, 2.0) + set(0.0, 0.5), set(1.0, 2.5));
    assert_eq!((set(-1.0, 2.0).square() + set(0.0, 0.0)).sqrt().lo, 0.0);
    assert_eq!(set(1.0, 1.0) + set(-1.0, -1.0), zero);
    assert_eq!(zero * set(-3.0, 7.0), zero);
    assert_eq!(set(-1.0, 3.0).square(), set(0.0, 9.0));
    assert_eq!(set(-1.0, 3.0).square_add(set(1.0, 1.0)), set(1.0, 10.0));
    assert_eq!(set(-1.0, 3.0).square_from(set(1.0, 1.0)), set(-8.0, 1.0));
    assert_eq!(set(-1.0, 3.0).add_square_to(set(0.0, 1.0)), set(0.0, 10.0));
    assert_eq!(set(0.0, 0.0).rsqrt(), zero);
    assert_eq!(set(0.0, 4.0).rsqrt(), set(0.0, f32::INFINITY));
    assert_eq!(set(1.0, 1.0).log(), zero);
    assert!((set(0.0, 4.0) + set(1.0, 1.0)).log().sqrt().lo == 0.0);
    assert_eq!(set(0.0, 1.0).tanh().lo, 0.0);
    assert_eq!(set(0.0, 3.0).sin().lo, 0.0);
    assert_eq!(set(1e-30, 1.0).square().lo, 0.0);
    assert!(set(1e-30, 1.0).square().hi == 1.0);
    // far from any point, exponentials are 0 or little
    assert!(set(-1e30, -1e3).exp().hi < 1e-37 && set(-1e30, -1e3).exp().lo == 0.0);
    let double = |lo: f64, hi: f64| Interval::new(lo, hi);
    assert_eq!(double(1.0, 2.0) * double(0.5, 3.0), double(0.5, 6.0));
    assert_eq!(double(0.1, 0.1) * double(0.0, 0.0), double(0.0, 0.0));
    assert_eq!(double(0.1, 0.2) + double(0.0, 0.0), double(0.1, 0.2));
}

#[test]
fn where_a_member_may_give_nan_nothing_is_said() {
    let set = |lo: f32, hi: f32| Interval::new(lo, hi);
    let infinite = f32::INFINITY;
    for nothing in [
        set(0.0, infinite) - set(0.0, infinite),
        set(0.0, infinite) * set(0.0, 1.0),
        set(-1.0, 1.0) / set(-1.0, 1.0),
        set(1.0, infinite) / set(1.0, infinite),
        set(-1.0, 1.0).sqrt(),
        set(-1.0, 1.0).rsqrt(),
        set(-1.0, 1.0).log(),
        set(0.0, infinite).sin(),
        set(-1.5, -0.5).digamma(),
        set(-1.5, -0.5).pow(set(0.5, 0.5)),
        set(0.0, 1.0).minimum(Interval::anything()),
        Interval::point(f32::NAN),
        Interval::select(Interval::anything().lt(set(0.0, 0.0)), Interval::anything(), set(0.0, 1.0)),
    ] {
        assert!(nothing.is_anything(), "{nothing:?}");
    }
    // a zero's sign is not known
    assert_eq!(set(0.0, 1.0).recip(), set(-infinite, infinite));
}

#[test]
fn truths_have_three_values() {
    let set = |lo: f32, hi: f32| Interval::new(lo, hi);
    let (yes, no, open) =
        (Truth { may: true, must: true }, Truth { may: false, must: false }, Truth { may: true, must: false });
    assert_eq!(set(0.0, 1.0).lt(set(2.0, 3.0)), yes);
    assert_eq!(set(2.0, 3.0).lt(set(0.0, 2.0)), no);
    assert_eq!(set(0.0, 2.0).le(set(2.0, 3.0)), yes);
    assert_eq!(set(0.0, 2.0).lt(set(1.0, 3.0)), open);
    assert_eq!(set(1.0, 1.0).eq(set(1.0, 1.0)), yes);
    assert_eq!(set(1.0, 2.0).eq(set(1.0, 2.0)), open);
    assert_eq!(set(1.0, 2.0).eq(set(3.0, 4.0)), no);
    assert_eq!(set(1.0, 2.0).is_number(), yes);
    let anything = Interval::anything();
    for answer in [anything.lt(set(0.0, 1.0)), set(0.0, 1.0).le(anything), anything.eq(anything)] {
        assert_eq!(answer, open);
        assert_eq!(anything.is_number(), open);
        assert_eq!(<Interval<f32> as Real>::not(answer), open);
    }
    type Set = Interval<f32>;
    assert_eq!(Set::not(yes), no);
    assert_eq!(Set::and(yes, open), open);
    assert_eq!(Set::and(open, no), no);
    assert_eq!(Set::or(yes, open), yes);
    assert_eq!(Set::or(open, no), open);
    assert!(Set::any(open) && !Set::any(no));
}

/// Indices of sets, and the arithmetic of integers on them: single ones are exact, of several nothing wrong is said.
#[test]
fn indices_are_ranges() {
    type Set = Interval<f32>;
    let range =
        |first, last| Set::select_index(Truth { may: true, must: false }, Set::index((), first), Set::index((), last));
    let several = range(3, 9);
    assert_eq!((several.first, several.last), (3, 9));
    assert_eq!(Set::from_index(several).to_index(), several);
    assert_eq!(Set::index_eq(several, range(9, 12)), Truth { may: true, must: false });
    assert!(!Set::index_eq(several, range(10, 12)).may);
    assert!(Set::index_lt(several, range(10, 12)).must);
    assert!(!Set::index_lt(range(9, 12), several).may);
    let integer = |i| Integer::<Set>::of((), i);
    let single = integer(Set::index((), 3)).sub(integer(Set::index((), 9)));
    assert!(single.lt(Integer::lit((), -5)).must && single.le(Integer::lit((), -6)).must);
    assert!(!single.lt(Integer::lit((), -6)).may);
    assert!(single.eq(Integer::lit((), -6)).must);
    let open = integer(several).sub(integer(Set::index((), 5))).lt(Integer::lit((), 0));
    assert_eq!(open, Truth { may: true, must: false });
}
