//! Many nearest, on every instruction set, against all columns sorted.

use keops::{Cpu, Isa, NONE, Scalar, keops};

/// The places of the smallest numbers, smaller indices first at ties, and these numbers.
fn sorted(row: &[f64], most: usize) -> (Vec<u32>, Vec<f64>) {
    let mut places: Vec<usize> = (0..row.len()).filter(|j| row[*j] < f64::INFINITY).collect();
    places.sort_by(|a, b| row[*a].total_cmp(&row[*b]));
    places.truncate(most);
    let values = places.iter().map(|j| row[*j]).chain(std::iter::repeat(f64::INFINITY)).take(most).collect();
    (places.iter().map(|j| *j as u32).chain(std::iter::repeat(NONE)).take(most).collect(), values)
}

/// Points with few different values and so with many ties, some of them NaN.
fn points<const D: usize>(rng: &mut fastrand::Rng, count: usize) -> Vec<[f64; D]> {
    let mut number = |most: u8| if rng.u8(..30) == 0 { f64::NAN } else { f64::from(rng.u8(..most)) };
    (0..count).map(|_| std::array::from_fn(|k| if k < 2 { number(20) } else { 0.0 })).collect()
}

/// In which order columns come that are nearer than those before: at random, each of them, every fifth, and none.
fn in_order<const D: usize>(mut columns: Vec<[f64; D]>) -> [Vec<[f64; D]>; 4] {
    let random = columns.clone();
    let count = columns.len();
    for (j, y) in columns.iter_mut().enumerate() {
        y[0] = 20.0 + (count - j) as f64;
        y[1] = 0.0;
    }
    let each = columns.clone();
    let far = std::array::from_fn(|k| if k == 0 { 4000.0 } else { 0.0 });
    let fifth = columns.iter().enumerate().map(|(j, y)| if j % 5 == 3 { *y } else { far }).collect();
    columns.reverse();
    [random, each, fifth, columns]
}

fn numbers<T: Scalar, const D: usize>(points: &[[f64; D]]) -> Vec<[T; D]> {
    points.iter().map(|point| point.map(T::from_f64)).collect()
}

macro_rules! compare {
    ($($name:ident $most:literal $dim:literal $($scalar:ident)*;)*) => { $(
        mod $name {
            use super::*;

            keops! {
                fn nearest<T>(x_i: [T; $dim], y_j: [T; $dim]) { kmin_argkmin_j[$most] sqdist(x_i, y_j) }
                fn places<T>(x_i: [T; $dim], y_j: [T; $dim]) { argkmin_j[$most] sqdist(x_i, y_j) }
                fn smallest<T>(x_i: [T; $dim], y_j: [T; $dim]) { kmin_j[$most] sqdist(x_i, y_j) }
            }

            fn agree<T: Scalar>(x: &[[f64; $dim]], y: &[[f64; $dim]]) {
                let (of_rows, of_columns) = (numbers::<T, $dim>(x), numbers::<T, $dim>(y));
                let call = nearest(&of_rows, &of_columns);
                let expected: Vec<_> = x
                    .iter()
                    .map(|x| {
                        let row = y.iter().map(|y| x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum());
                        sorted(&row.collect::<Vec<f64>>(), $most)
                    })
                    .collect();
                type Values = Vec<[f64; $most]>;
                type Indices = Vec<[u32; $most]>;
                let check = |(values, places): (Values, Indices), alone: (Values, Indices), what| {
                    for (i, (first, smallest)) in expected.iter().enumerate() {
                        let at = format!("row {i} of {} x {}, {what}", x.len(), y.len());
                        assert_eq!(places[i][..], *first, "{at}");
                        assert_eq!(values[i][..], *smallest, "{at}");
                        assert_eq!(alone.0[i][..], *smallest, "values alone: {at}");
                        assert_eq!(alone.1[i][..], *first, "places alone: {at}");
                    }
                };
                let wide = |values: Vec<[T; $most]>| values.into_iter().map(|row| row.map(T::to_f64)).collect();
                let alone = (smallest(&of_rows, &of_columns), places(&of_rows, &of_columns));
                let one_by_one = (alone.0.naive().unwrap(), alone.1.naive().unwrap());
                check(call.naive().unwrap(), one_by_one, "one by one".to_string());
                for cpu in Isa::available().filter_map(Cpu::with) {
                    let (values, places) = call.eval_on(&cpu).unwrap();
                    let alone = (wide(alone.0.eval_on(&cpu).unwrap()), alone.1.eval_on(&cpu).unwrap());
                    check((wide(values), places), alone, cpu.isa().to_string());
                }
            }

            #[test]
            fn are_those_that_come_first() {
                let mut rng = fastrand::Rng::with_seed($most);
                for (rows, columns) in [(1, 1), (3, $most - 1), (17, $most), (40, $most + 1), (70, 333), (5, 3000)] {
                    let x = points(&mut rng, rows);
                    for y in in_order(points(&mut rng, columns)) {
                        $(agree::<$scalar>(&x, &y);)*
                    }
                }
            }
        }
    )* };
}

compare! {
    one 1 2 f32;
    two 2 2 f32;
    ten 10 2 f32 f64;
    ten_of_long_vectors 10 12 f32;
    eighteen 18 2 f32;
    twenty_five 25 2 f32;
    sixty_four 64 2 f32;
}
