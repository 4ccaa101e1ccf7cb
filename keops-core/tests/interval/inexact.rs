//! Bounds on rounding: chains of operations in single precision are off from the same chains in double precision by no more than they say.

use keops_core::{Inexact, Interval, Reduction, Summand};

use super::{Random, Tried, operations};

/// What one pair of points makes of a chain: the real number, what each engine has, and what is said of both.
#[derive(Clone, Debug)]
struct Step {
    real: f64,
    computed: Vec<f32>,
    said: Inexact<f32>,
}

/// An operand: one member of a set, known exactly or not.
fn operand(random: &mut Random, engines: usize) -> Step {
    let near = |random: &mut Random| 10f64.powf(random.0.f64() * 4.0 - 2.0) * [1.0, 1.0, -1.0][random.0.usize(..3)];
    let (a, b) = (near(random), near(random));
    let (lo, hi) = if random.0.u8(..3) == 0 { (a, a * (1.0 + 1e-3)) } else { (a.min(b), a.max(b)) };
    let (lo, hi) = (lo.min(hi) as f32, lo.max(hi) as f32);
    let member = (f64::from(lo) + (f64::from(hi) - f64::from(lo)) * random.0.f64()) as f32;
    let member = member.clamp(lo, hi);
    Step {
        real: member.into(),
        computed: vec![member; engines],
        said: Inexact::exact(Interval::new(lo, hi)).with_depth([20.0, 80.0, 5.0][random.0.usize(..3)]),
    }
}

/// Operations after operations, each on some of the numbers before: what is said of each is true.
#[test]
#[cfg_attr(miri, ignore = "takes hours")]
fn what_is_computed_is_off_by_no_more_than_is_said() {
    let (on_sets, engines, exact) = (operations::<Inexact<f32>>(), f32::answers(), operations::<f64>());
    let mut random = Random(fastrand::Rng::with_seed(8));
    let (mut all, mut known, mut tight) = (0, 0, 0);
    for _ in 0..60_000 {
        let mut steps: Vec<Step> = (0..3).map(|_| operand(&mut random, engines.len())).collect();
        for _ in 0..6 {
            let n = random.0.usize(..on_sets.len());
            let of: [usize; 3] = std::array::from_fn(|_| random.0.usize(..steps.len()));
            let name = on_sets[n].0;
            let said = on_sets[n].1(of.map(|k| steps[k].said));
            let real = exact[n].1(of.map(|k| steps[k].real));
            let computed: Vec<f32> =
                engines.iter().enumerate().map(|(e, engine)| engine[n](of.map(|k| steps[k].computed[e]))).collect();
            // the range of single precision is not asked of real numbers
            let is_infinite = computed.iter().any(|v| v.is_infinite());
            if name == "saturate"
                || is_infinite
                || !real.is_finite()
                || (real.abs() < 1e-25 && real != 0.0)
                || real.abs() > 1e35
            {
                continue;
            }
            all += 1;
            let bound = (said.absolute + said.relative * real.abs()) * (1.0 + 1e-12) + real.abs() * 1e-14;
            for found in &computed {
                let off = (f64::from(*found) - real).abs();
                assert!(
                    said.absolute == f64::INFINITY || off <= bound,
                    "{name} of {:?}: {found:?} is off from {real:?} by {off:e}, and {bound:e} is said: {said:?}",
                    of.map(|k| &steps[k])
                );
                tight += usize::from(bound < 1e-3 * real.abs() + 1e-6);
            }
            known += usize::from(said.absolute.is_finite());
            steps.push(Step { real, computed, said });
        }
    }
    // what says nothing would pass
    assert!(known * 10 > all * 7, "{known} of {all} are bounded");
    assert!(tight * 10 > all * engines.len() * 4, "{tight} of {} are close", all * engines.len());
}

/// Kernels as they are emitted: what is said of their values over boxes is near what rounding does.
#[test]
fn kernels_are_off_by_some_units_in_the_last_place() {
    use keops_core::Real;
    fn squared_distance<R: Real>(x: [R; 3], y: [R; 3]) -> R {
        let [a, b, c] = [0, 1, 2].map(|k| x[k] - y[k]);
        c.square_add(b.square_add(a.square()))
    }
    let unit = 2f64.powi(-24);
    let x = [Inexact::exact(Interval::new(0.0f32, 1.0)); 3];
    let near = squared_distance(x, x);
    assert!(near.absolute == 0.0 && near.relative < 6.0 * unit, "{near:?}");
    let gauss = (near * Inexact::lit((), -5000.0)).exp();
    // of an exponent of 20 at most, where it counts; the rest is of e⁻²⁰
    assert!(gauss.relative < 200.0 * unit && gauss.absolute < 1e-6 * unit, "{gauss:?}");
    let cauchy = (near + Inexact::lit((), 1.0)).recip();
    assert!(cauchy.absolute == 0.0 && cauchy.relative < 20.0 * unit, "{cauchy:?}");
    let coulomb = near.rsqrt();
    assert!(coulomb.absolute == 0.0 && coulomb.relative < 20.0 * unit, "{coulomb:?}");
}

/// Summands are numbered as parts and accumulators are, in pairs of reductions too.
#[test]
fn summands_are_numbers_of_parts_and_accumulators() {
    use keops_core::{Bundle, Dim, Max, One, Prod, Softmax, Sum, SumExp};
    fn all<R: Reduction>() -> Vec<Summand> {
        let mut all = vec![];
        R::summands(&mut |s| all.push(s));
        all
    }
    type Both = (Sum<Dim<2>>, (Softmax<Dim<3>>, SumExp<Dim<2>>));
    const { assert!(Both::SUMS && !<(Sum<One>, Max<One>)>::SUMS && !Prod::<One>::SUMS) };
    let both = all::<Both>();
    let numbers = |f: fn(&Summand) -> usize| both.iter().map(f).collect::<Vec<_>>();
    assert_eq!(numbers(|s| s.part), [0, 1, 3, 4, 5, 6, 9, 10]);
    assert_eq!(numbers(|s| s.total), [0, 1, 5, 7, 8, 9, 15, 16]);
    assert_eq!(numbers(|s| s.rest), [2, 3, 6, 10, 11, 12, 17, 18]);
    assert_eq!(numbers(|s| s.group), [0, 0, 1, 2, 2, 2, 3, 4]);
    let exponents = both.iter().map(|s| s.exponent).collect::<Vec<_>>();
    assert_eq!(exponents[..3], [None, None, Some((2, 4))]);
    assert_eq!(exponents[3..6], [Some((2, 4)); 3]);
    assert_eq!(exponents[6..], [Some((7, 13)), Some((8, 14))]);
    assert_eq!(<<Both as Reduction>::Acc as Bundle>::LEN, 19);
}

/// Of a single pair, a part has what the sums take of it, relative to its own exponential.
#[test]
fn a_part_is_the_value_of_its_only_pair() {
    use keops_core::{Of, One, Pair, Softmax, Sum, SumExp};
    type Set = Interval<f64>;
    let (value, weight) = (Set::new(-2.0, 3.0), Set::new(0.5, 4.0));
    let near = |found: Set, expected: Set| {
        assert!(expected.lo - found.lo < 1e-14 && found.hi - expected.hi < 1e-14, "{found:?} for {expected:?}");
        assert!(found.lo <= expected.lo && found.hi >= expected.hi);
    };
    fn fresh<R: Reduction>() -> Of<R::Part, Set> {
        R::part::<Set>((), &R::start::<Set>(()))
    }
    let mut sum = fresh::<Sum<One>>();
    Sum::<One>::push::<Set>(&mut sum, |_, a| value.add_to(a));
    near(sum, value);
    let mut plain = fresh::<SumExp<One>>();
    SumExp::<One>::push::<Set>(&mut plain, |_| value);
    near(plain.0, value);
    near(plain.1, Set::point(1.0));
    let mut weighed = fresh::<SumExp<One>>();
    SumExp::<One>::push_weighed::<Set>(&mut weighed, |_| value, |_| weight);
    near(weighed.0, value);
    near(weighed.1, weight);
    let mut mean = fresh::<Softmax<One>>();
    Softmax::<One>::push::<Set>(&mut mean, value, |_| weight);
    near(mean.0, value);
    near(mean.1.0, Set::point(1.0));
    near(mean.1.1, weight);
}

/// Branches: what is decided on exact numbers is decided by the computed ones as by the real ones, for each pair; on others it need not be.
#[test]
fn branches_that_are_not_known_are_as_far_off_as_they_may_be() {
    use keops_core::{Indices, Real};
    type Set = Inexact<f32>;
    let (a, b) = (Set::exact(Interval::new(0.0, 2.0)), Set::exact(Interval::new(1.0, 3.0)));
    let (low, high) = (Set::exact(Interval::point(1.0)), Set::exact(Interval::point(5.0)));
    assert_eq!(Set::select(a.lt(b), low, high).error(), 0.0);
    // rounding may decide otherwise
    let rounded = a + Set::lit((), 0.1);
    assert!(Set::select(rounded.lt(b), low, high).error() >= 4.0);
    assert!(Set::select(Set::and(a.lt(b), Set::not(rounded.le(b))), low, high).error() >= 4.0);
    assert_eq!(Set::select(rounded.lt(Set::lit((), 9.0)), low, high).error(), 0.0);
    let some = |first, last| Indices { first, last }.into();
    assert_eq!(Set::select(Set::index_lt(some(0, 9), some(5, 7)), low, high).error(), 0.0);
    // so may an index that is chosen by one
    let chosen = Set::select_index(rounded.lt(b), some(0, 0), some(1, 1));
    assert!(Set::select(Set::index_eq(chosen, some(0, 0)), low, high).error() >= 4.0);
    let again = Set::from_index(chosen).to_index();
    assert!(Set::select(Set::index_eq(again, some(0, 0)), low, high).error() >= 4.0);
    let exactly = Set::select_index(a.lt(b), some(0, 0), some(1, 1));
    assert_eq!(Set::select(Set::index_eq(Set::index_map([exactly], |[n]| n + 1), some(1, 1)), low, high).error(), 0.0);
}
