//! The laws of the reductions: the neutral element, merging in any split, ties, NaN, infinities, empty rows.

use keops_core::{
    ArgKMin, ArgMax, ArgMin, Bundle, Dim, KMin, Max, Min, NONE, Of, One, Prod, ProdOfComplex, Reduction, Softmax, Sum,
    SumExp,
};

/// A column: a value, and a vector beside it.
type Column = (f64, [f64; 2]);

/// A reduction with what it takes from a column.
trait Case {
    type Reduction: Reduction;
    fn push(part: &mut Of<<Self::Reduction as Reduction>::Part, f64>, column: &Column, j: u32);
    fn expected(columns: &[Column]) -> Vec<f64>;
    /// What is compared, of the numbers that the reduction is done with.
    fn result(done: Vec<f64>) -> Vec<f64> {
        done
    }
}

type Acc<C> = Of<<<C as Case>::Reduction as Reduction>::Acc, f64>;

fn accumulate<C: Case>(columns: &[Column], first: usize, tile: usize) -> Acc<C> {
    let mut acc = C::Reduction::start::<f64>(());
    for (t, chunk) in columns.chunks(tile).enumerate() {
        let mut part = C::Reduction::part::<f64>((), &acc);
        for (k, column) in chunk.iter().enumerate() {
            C::push(&mut part, column, (first + t * tile + k) as u32);
        }
        C::Reduction::absorb::<f64>((), &mut acc, &part);
    }
    acc
}

/// The result as numbers; places by their bits, which is how they travel.
fn done<C: Case>(acc: &Acc<C>) -> Vec<f64> {
    let mut out = vec![];
    let done = C::Reduction::done::<f64>((), acc);
    <C::Reduction as Reduction>::Done::store::<f64>(&done, |_, v| out.push(v));
    C::result(out)
}

fn place(j: u32) -> f64 {
    f64::from_bits(u64::from(j))
}

#[track_caller]
fn same(found: &[f64], expected: &[f64], what: &str) {
    let close = |f: &f64, e: &f64| f == e || (f.is_nan() && e.is_nan()) || (f - e).abs() <= 1e-12 * (1.0 + e.abs());
    let equal = found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| close(f, e));
    assert!(equal, "{what}: {found:?}, expected {expected:?}");
}

const INF: f64 = f64::INFINITY;

fn rows() -> Vec<Vec<Column>> {
    let row = |values: &[f64]| {
        values.iter().enumerate().map(|(k, v)| (*v, [k as f64 - 1.5, v.clamp(-100.0, 100.0) * 0.5])).collect()
    };
    let mut random = fastrand::Rng::with_seed(1);
    // every cut is tried: under Miri 300 columns take an hour
    let long = if cfg!(miri) { 20 } else { 300 };
    let long: Vec<f64> = (0..long).map(|_| random.f64() * 100.0 - 50.0).collect();
    vec![
        row(&[]),
        row(&[2.0]),
        row(&[1.0, 3.0, 3.0, -2.0, -2.0, 0.0]),
        row(&[2.0, 2.0, 1.0, 2.0, 1.0, 2.0, 0.5, 2.0]),
        row(&[-INF, -INF, -INF]),
        row(&[-INF, 1.0, -INF, 700.0, -800.0]),
        row(&[1000.0, -1000.0, 1001.0]),
        row(&[f64::NAN, 1.0, 2.0]),
        row(&[5.0, f64::NAN, -1.0]),
        row(&[f64::NAN, f64::NAN]),
        row(&[INF, INF]),
        row(&[f64::NAN, INF]),
        row(&[INF, f64::NAN, 1.0]),
        row(&[1.0, INF, 2.0, -INF]),
        row(&long),
    ]
}

fn laws<C: Case>(name: &str) {
    for (r, columns) in rows().iter().enumerate() {
        let what = format!("{name}, row {r}");
        let expected = C::expected(columns);
        for tile in [1, 2, 7, 1000] {
            same(&done::<C>(&accumulate::<C>(columns, 0, tile)), &expected, &what);
        }
        let mut part = C::Reduction::part::<f64>((), &C::Reduction::start::<f64>(()));
        columns.iter().enumerate().for_each(|(j, column)| C::push(&mut part, column, j as u32));
        if let Some(acc) = C::Reduction::of_part::<f64>((), &part) {
            let mut absorbed = C::Reduction::start::<f64>(());
            C::Reduction::absorb::<f64>((), &mut absorbed, &part);
            same(&done::<C>(&acc), &done::<C>(&absorbed), &format!("{what}, of one part"));
        }
        for cut in 0..columns.len() {
            let (left, right) = columns.split_at(cut);
            let (left, right) = (accumulate::<C>(left, 0, 3), accumulate::<C>(right, cut, 3));
            // ascending, and the other way round: a merge finds the order of places by itself
            for (mut a, b) in [(left, right), (right, left)] {
                C::Reduction::merge::<f64>((), &mut a, &b);
                same(&done::<C>(&a), &expected, &format!("{what}, cut at {cut}"));
            }
        }
        let mut acc = accumulate::<C>(columns, 0, 5);
        C::Reduction::merge::<f64>((), &mut acc, &C::Reduction::start::<f64>(()));
        same(&done::<C>(&acc), &expected, &format!("{what}, merged with nothing"));
        let mut acc = C::Reduction::start::<f64>(());
        C::Reduction::merge::<f64>((), &mut acc, &accumulate::<C>(columns, 0, 5));
        same(&done::<C>(&acc), &expected, &format!("nothing merged with {what}"));
    }
}

macro_rules! case {
    (
        $name:ident: $reduction:ty, |$part:ident, $column:ident, $j:ident| $push:expr, |$columns:ident| $expected:expr
        $(, |$done:ident| $result:expr)?
    ) => {
        #[test]
        fn $name() {
            struct This;
            impl Case for This {
                type Reduction = $reduction;
                fn push($part: &mut Of<<$reduction as Reduction>::Part, f64>, $column: &Column, $j: u32) {
                    $push;
                }
                fn expected($columns: &[Column]) -> Vec<f64> {
                    $expected
                }
                $(fn result($done: Vec<f64>) -> Vec<f64> {
                    $result
                })?
            }
            laws::<This>(stringify!($name));
        }
    };
}

case!(sum: Sum<Dim<2>>, |part, c, _j| Sum::<Dim<2>>::push::<f64>(part, |k, a| a + c.0 * (k as f64 + 1.0)), |columns| {
    let s: f64 = columns.iter().map(|c| c.0).sum();
    vec![s, 2.0 * s]
});
case!(max: Max<One>, |part, c, _j| Max::<One>::push::<f64>(part, |_| c.0), |columns| {
    vec![columns.iter().map(|c| c.0).fold(-INF, |m, v| if v > m { v } else { m })]
});
case!(min: Min<Dim<2>>, |part, c, _j| Min::<Dim<2>>::push::<f64>(part, |k| if k == 0 { c.0 } else { c.1[0] }), |columns| {
    let min = |f: fn(&Column) -> f64| columns.iter().map(f).fold(INF, |m, v| if v < m { v } else { m });
    vec![min(|c| c.0), min(|c| c.1[0])]
});
case!(argmax: ArgMax<One>, |part, c, j| ArgMax::<One>::push::<f64>(part, |_| c.0, j), |columns| {
    let mut best = (-INF, NONE);
    for (j, c) in columns.iter().enumerate() {
        if c.0 > best.0 { best = (c.0, j as u32); }
    }
    vec![best.0, place(best.1)]
});
case!(argmin: ArgMin<One>, |part, c, j| ArgMin::<One>::push::<f64>(part, |_| c.0, j), |columns| {
    let mut best = (INF, NONE);
    for (j, c) in columns.iter().enumerate() {
        if c.0 < best.0 { best = (c.0, j as u32); }
    }
    vec![best.0, place(best.1)]
});
case!(kmin: KMin<3>, |part, c, _j| KMin::<3>::push::<f64>(part, c.0), |columns| smallest(columns, 3).0);
case!(kmin_of_one: KMin<1>, |part, c, _j| KMin::<1>::push::<f64>(part, c.0), |columns| smallest(columns, 1).0);
case!(argkmin: ArgKMin<3>, |part, c, j| ArgKMin::<3>::push::<f64>(part, c.0, j), |columns| {
    let (values, places) = smallest(columns, 3);
    [values, places].concat()
});
case!(argkmin_of_many: ArgKMin<17>, |part, c, j| ArgKMin::<17>::push::<f64>(part, c.0, j), |columns| {
    let (values, places) = smallest(columns, 17);
    [values, places].concat()
});
case!(logsumexp: SumExp<One>, |part, c, _j| SumExp::<One>::push::<f64>(part, |_| c.0), |columns| {
    vec![log_sum_exp(columns, |c| c.0, |_| 1.0)]
}, |done| logarithms(&done));
case!(logsumexp_of_vectors: SumExp<Dim<2>>, |part, c, _j| {
    SumExp::<Dim<2>>::push::<f64>(part, |k| if k == 0 { c.0 } else { c.1[1] });
}, |columns| {
    vec![log_sum_exp(columns, |c| c.0, |_| 1.0), log_sum_exp(columns, |c| c.1[1], |_| 1.0)]
}, |done| logarithms(&done));
case!(logsumexp_of_weights: SumExp<One>, |part, c, _j| {
    SumExp::<One>::push_weighed::<f64>(part, |_| c.0, |_| weight(c, 0));
}, |columns| vec![log_sum_exp(columns, |c| c.0, |c| weight(c, 0))], |done| logarithms(&done));
case!(logsumexp_of_vectors_of_weights: SumExp<Dim<4>>, |part, c, _j| {
    SumExp::<Dim<4>>::push_weighed::<f64>(part, |_| c.0, |k| weight(c, k));
}, |columns| {
    (0..4).map(|k| log_sum_exp(columns, |c| c.0, |c| weight(c, k))).collect()
}, |done| logarithms(&done));
case!(softmax: Softmax<Dim<2>>, |part, c, _j| Softmax::<Dim<2>>::push::<f64>(part, c.0, |k| c.1[k]), |columns| {
    let total = log_sum_exp(columns, |c| c.0, |_| 1.0);
    if total == -INF {
        return vec![0.0; 2];
    }
    (0..2).map(|k| columns.iter().map(|c| (c.0 - total).exp() * if c.0 == -INF { 0.0 } else { c.1[k] }).sum()).collect()
});
case!(prod: Prod<Dim<2>>, |part, c, _j| Prod::<Dim<2>>::push::<f64>(part, |k| factor(c, k)), |columns| {
    (0..2).map(|k| columns.iter().map(|c| factor(c, k)).product()).collect()
});
case!(prod_of_complex: ProdOfComplex<Dim<2>>, |part, c, _j| {
    ProdOfComplex::<Dim<2>>::push::<f64>(part, |_| factor(c, 1), |k| turn(c, k));
}, |columns| {
    let product = |k: usize| columns.iter().fold([1.0, 0.0], |[a, b], c| {
        let (re, im) = (factor(c, 1), turn(c, k));
        [a * re - b * im, a * im + b * re]
    });
    let products = [product(0), product(1)];
    vec![products[0][0], products[1][0], products[0][1], products[1][1]]
});
case!(several: (Sum<One>, (Max<One>, ())), |part, c, _j| {
    Sum::<One>::push::<f64>(&mut part.0, |_, a| a + c.0);
    Max::<One>::push::<f64>(&mut part.1.0, |_| c.0);
}, |columns| {
    let max = columns.iter().map(|c| c.0).fold(-INF, |m, v| if v > m { v } else { m });
    vec![columns.iter().map(|c| c.0).sum(), max]
});

/// Factors: numbers as they are, and around 1.
fn factor(c: &Column, k: usize) -> f64 {
    if k == 0 { c.0 } else { 1.0 + c.1[1] / 128.0 }
}

/// Imaginary parts of factors: small ones.
fn turn(c: &Column, k: usize) -> f64 {
    c.1[1 - k] / 64.0
}

/// The `k` smallest values, and their places.
fn smallest(columns: &[Column], k: usize) -> (Vec<f64>, Vec<f64>) {
    let mut below: Vec<(f64, u32)> = columns.iter().zip(0..).map(|(c, j)| (c.0, j)).filter(|(v, _)| *v < INF).collect();
    below.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    below.resize(k, (INF, NONE));
    below.into_iter().map(|(v, j)| (v, place(j))).unzip()
}

/// Weights: of both signs, all alike, the first and every third column alone, and those behind.
fn weight(c: &Column, k: usize) -> f64 {
    let j = c.1[0] + 1.5;
    match k {
        0 => 1.25 - j % 4.0 / 2.0,
        1 => 2.0,
        2 => f64::from(j % 3.0 == 0.0),
        _ => f64::from(j > 1.0) * 0.5,
    }
}

/// log Σ w exp(f), of what has a weight.
fn log_sum_exp(columns: &[Column], f: impl Fn(&Column) -> f64, w: impl Fn(&Column) -> f64) -> f64 {
    let terms: Vec<(f64, f64)> = columns.iter().map(|c| (f(c), w(c))).filter(|(_, w)| *w != 0.0).collect();
    if terms.iter().any(|(f, _)| f.is_nan()) {
        return f64::NAN;
    }
    let max = terms.iter().map(|(f, _)| *f).fold(-INF, f64::max);
    if max == -INF {
        return -INF;
    }
    if max == INF {
        return if terms.iter().all(|(f, w)| *f < INF || *w > 0.0) { INF } else { f64::NAN };
    }
    max + terms.iter().map(|(f, w)| w * (f - max).exp()).sum::<f64>().ln()
}

/// The logarithms of sums of exponentials, behind their shifts.
fn logarithms(done: &[f64]) -> Vec<f64> {
    let (shifts, sums) = done.split_at(done.len() / 2);
    let logarithm = |(shift, sum): (&f64, &f64)| {
        assert!(shift.is_finite(), "a shift of {shift}");
        shift + sum.ln()
    };
    shifts.iter().zip(sums).map(logarithm).collect()
}

/// Products of these factors, in any split and order, are what they are: no matter what comes first.
#[test]
fn products_leave_the_range_only_where_their_result_does() {
    let (tiny, huge) = (f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX));
    let subnormal = f64::from(f32::from_bits(1));
    let power = |n: i32| 2f64.powi(n);
    let many = |v: f64, n: usize| vec![v; n];
    for (factors, expected) in [
        (
            [many(huge, 3), many(1.0 / 1024.0 * power(-118), 3), vec![0.5]].concat(),
            Some(0.5 * (huge * power(-128)).powi(3)),
        ),
        (vec![huge, huge, 0.0, huge], Some(0.0)),
        (vec![huge, f64::INFINITY, tiny, tiny, tiny], Some(f64::INFINITY)),
        (vec![subnormal, subnormal, power(100), power(100), power(100)], Some(power(2))),
        (many(-subnormal, 5).into_iter().chain(many(power(127), 5)).chain(many(power(110), 1)).collect(), Some(-1.0)),
        (many(huge, 400).into_iter().chain(many(power(-128), 400)).collect(), Some((huge * power(-128)).powi(400))),
        (many(tiny, 2), Some(0.0)),
        (vec![tiny, power(-20), 3.0], Some(3.0 * power(-146))),
        (vec![-tiny, power(-23), 1.5], Some(-2.0 * power(-149))),
        (vec![huge, -2.0, 1.0], Some(f64::NEG_INFINITY)),
        (vec![0.0, f64::INFINITY], None),
        (vec![0.0, f64::NAN, 1.0], None),
    ] {
        for turn in 0..factors.len().min(8) {
            let mut factors = factors.clone();
            factors.rotate_left(turn);
            for tile in [1, 3, 100] {
                let mut accs = factors.chunks(tile * 2).map(|span| {
                    let mut acc = Prod::<One>::start::<f32>(());
                    for columns in span.chunks(tile) {
                        let mut part = Prod::<One>::part::<f32>((), &acc);
                        columns.iter().for_each(|v| Prod::<One>::push::<f32>(&mut part, |_| *v as f32));
                        Prod::<One>::absorb::<f32>((), &mut acc, &part);
                    }
                    acc
                });
                let mut acc = accs.next().expect("a span");
                accs.for_each(|next| Prod::<One>::merge::<f32>((), &mut acc, &next));
                let found = Prod::<One>::done::<f32>((), &acc);
                let what = format!("{factors:?} by {tile}: {found}, expected {expected:?}");
                match expected.map(|e| e as f32) {
                    None => assert!(found.is_nan(), "{what}"),
                    Some(e) if e.is_normal() => assert!((found / e - 1.0).abs() <= 1e-4, "{what}"),
                    Some(e) => assert_eq!(found.to_bits(), e.to_bits(), "{what}"),
                }
            }
        }
    }
}

/// The same of complex numbers: these, times powers of two that make no difference together, or leave the range.
#[test]
fn products_of_complex_numbers_leave_the_range_only_where_their_result_does() {
    let numbers = [[1.0, -1.0], [0.75, 0.5], [0.0, 1.5], [-1.25, 0.0], [1e-3, -1.0], [1.0, 1e-4]];
    let product = numbers.iter().fold([1.0f64, 0.0], |[a, b], [c, d]| [a * c - b * d, a * d + b * c]);
    for exponents in [
        [0, 0, 0, 0, 0, 0],
        [126, 126, 126, -126, -126, -126],
        [126, -126, 120, -120, -110, 110],
        [-126, -126, -126, 126, 126, 126],
        [-149, 127, -100, 120, 1, 1],
        [127, 127, 127, -126, -126, -3],
        [127, 127, 127, 127, 127, 127],
        [-126, -126, -126, -126, -126, -126],
    ] {
        let total: i32 = exponents.iter().sum();
        let factor = |k: usize| numbers[k].map(|v: f64| (v * 2f64.powi(exponents[k])) as f32);
        for (turn, tile) in (0..6).flat_map(|turn| [(turn, 1), (turn, 2), (turn, 6)]) {
            let mut accs = (0..6)
                .collect::<Vec<_>>()
                .chunks(tile)
                .map(|columns| {
                    let mut acc = ProdOfComplex::<One>::start::<f32>(());
                    let mut part = ProdOfComplex::<One>::part::<f32>((), &acc);
                    for k in columns {
                        let [re, im] = factor((k + turn) % 6);
                        ProdOfComplex::<One>::push::<f32>(&mut part, |_| re, |_| im);
                    }
                    ProdOfComplex::<One>::absorb::<f32>((), &mut acc, &part);
                    acc
                })
                .collect::<Vec<_>>()
                .into_iter();
            let mut acc = accs.next().expect("a span");
            accs.for_each(|next| ProdOfComplex::<One>::merge::<f32>((), &mut acc, &next));
            let (re, im) = ProdOfComplex::<One>::done::<f32>((), &acc);
            for (found, expected) in [(re, product[0]), (im, product[1])] {
                let expected = expected * 2f64.powi(total);
                let is_there = (f64::from(found) - expected).abs() <= 1e-6 * expected.abs()
                    || f64::from(found) == f64::from(expected as f32);
                assert!(is_there, "{exponents:?} from {turn} by {tile}: {found}, expected {expected}");
            }
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes hours: a million additions")]
fn compensated_sums_do_not_drift() {
    // a million times 0.1 in f32, in tiles: plain addition would be off in the third digit
    let mut acc = Sum::<One>::start::<f32>(());
    for _ in 0..10_000 {
        let mut part = Sum::<One>::part::<f32>((), &acc);
        for _ in 0..100 {
            Sum::<One>::push::<f32>(&mut part, |_, a| a + 0.1);
        }
        Sum::<One>::absorb::<f32>((), &mut acc, &part);
    }
    let sum = f64::from(Sum::<One>::done::<f32>((), &acc));
    assert!((sum / 100_000.0 - 1.0).abs() < 2e-6, "{sum}");
}
