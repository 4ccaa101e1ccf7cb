//! Many nearest, of which the places are not in registers, against all columns sorted.

use keops::{NONE, keops};

/// The places of the smallest numbers, smaller indices first at ties, and these numbers.
fn sorted(row: &[f64], most: usize) -> (Vec<u32>, Vec<f64>) {
    let mut places: Vec<usize> = (0..row.len()).filter(|j| row[*j] < f64::INFINITY).collect();
    places.sort_by(|a, b| row[*a].total_cmp(&row[*b]));
    places.truncate(most);
    let values = places.iter().map(|j| row[*j]).chain(std::iter::repeat(f64::INFINITY)).take(most).collect();
    (places.iter().map(|j| *j as u32).chain(std::iter::repeat(NONE)).take(most).collect(), values)
}

/// Rows and columns with few different values and so with many ties, some of them NaN.
fn points(rng: &mut fastrand::Rng, count: usize) -> Vec<[f64; 2]> {
    (0..count)
        .map(|_| [f64::from(rng.u8(..20)), if rng.u8(..30) == 0 { f64::NAN } else { f64::from(rng.u8(..9)) }])
        .collect()
}

macro_rules! compare {
    ($($name:ident $most:literal,)*) => { $(
        #[test]
        fn $name() {
            let mut rng = fastrand::Rng::with_seed($most);
            for (rows, columns) in [(1, 1), (3, $most - 1), (17, $most), (40, $most + 1), (70, 333), (5, 3000)] {
                let (x, y) = (points(&mut rng, rows), points(&mut rng, columns));
                let call = keops!(kmin_argkmin_j[$most] sqdist(x_i, y_j));
                let ((values, places), naive) = (call.eval().unwrap(), call.naive().unwrap());
                let alone = keops!(argkmin_j[$most] sqdist(x_i, y_j)).eval().unwrap();
                for (i, x) in x.iter().enumerate() {
                    let row: Vec<f64> = y.iter().map(|y| (x[0] - y[0]).powi(2) + (x[1] - y[1]).powi(2)).collect();
                    let (first, smallest) = sorted(&row, $most);
                    for found in [&alone[i], &places[i], &naive.1[i]] {
                        assert_eq!(found[..], *first, "row {i} of {rows} x {columns}");
                    }
                    for found in [&values[i], &naive.0[i]] {
                        assert_eq!(found[..], *smallest, "row {i} of {rows} x {columns}");
                    }
                }
            }
        }
    )* };
}

compare! {
    eighteen_are_those_that_come_first 18,
    twenty_five_are_those_that_come_first 25,
    sixty_four_are_those_that_come_first 64,
}
