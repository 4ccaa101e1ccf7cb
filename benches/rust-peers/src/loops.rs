//! Loops over arrays of `ndarray`, with rows in parallel by `rayon`: blocks of columns, whose squared distances stay in the first cache.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut1, Axis, Zip, s};

use crate::Call;
use crate::workload::{Number, Operands, Workload};

/// How many columns a block has.
const BLOCK: usize = 512;

/// A workload's call; none for all gradients, and for those ten columns that are nearest.
pub fn call<T: Number>(w: &Workload, operands: &Operands<T>) -> Option<Call<T>> {
    let g = T::of(w.g);
    let (x, y, b, e) = (operands.x.clone(), operands.y.clone(), operands.b.clone(), operands.e.clone());
    match w.quantity.as_str() {
        "sum" => {
            let one = T::one();
            match w.kernel.as_str() {
                "gauss" => Some(Box::new(move || sums(&x, &y, &b, |s| (-g * s).exp()))),
                "laplace" => Some(Box::new(move || sums(&x, &y, &b, |s| (-g * s.sqrt()).exp()))),
                "cauchy" => Some(Box::new(move || sums(&x, &y, &b, |s| (one + g * s).recip()))),
                "multiquadric" => Some(Box::new(move || sums(&x, &y, &b, |s| (one + g * s).sqrt().recip()))),
                "matern" => Some(Box::new(move || {
                    sums(&x, &y, &b, |s| {
                        let r = g * s.sqrt();
                        (one + r) * (-r).exp()
                    })
                })),
                _ => None,
            }
        }
        "gradient" if w.kernel == "gauss" => Some(Box::new(move || gradients(&x, &y, &b, &e, g))),
        "logsumexp" => Some(Box::new(move || log_sums(&x, &y, &b, g))),
        "argmin" => Some(Box::new(move || nearest(&x, &y))),
        _ => None,
    }
}

/// Calls a function of every row `x_i`, with room for the squared distances of a block; its answers, one after the other.
fn rows<T: Number>(x: &Array2<T>, width: usize, row: impl Fn(ArrayView1<T>, usize, ArrayViewMut1<T>) + Sync) -> Vec<T> {
    let mut out = Array2::zeros((x.nrows(), width));
    Zip::indexed(out.rows_mut()).and(x.rows()).par_for_each(|i, out, x| row(x, i, out));
    out.into_raw_vec_and_offset().0
}

/// The squared distances of a point to those of a block, whose components are the rows of `y`.
fn squared_distances<T: Number>(x: ArrayView1<T>, y: ArrayView2<T>, mut s: ArrayViewMut1<T>) {
    s.fill(T::zero());
    for (x, y) in x.iter().zip(y.rows()) {
        s.zip_mut_with(&y, |s, y| *s += (*x - *y) * (*x - *y));
    }
}

/// Calls a function of the first column and the squared distances of each block of columns.
fn blocks<T: Number>(x: ArrayView1<T>, components: &Array2<T>, mut block: impl FnMut(usize, ArrayViewMut1<T>)) {
    let mut room = Array1::zeros(BLOCK);
    for (k, y) in components.axis_chunks_iter(Axis(1), BLOCK).enumerate() {
        let mut s = room.slice_mut(s![..y.ncols()]);
        squared_distances(x, y, s.view_mut());
        block(k * BLOCK, s);
    }
}

/// The array whose rows are the components.
fn components<T: Number>(points: &Array2<T>) -> Array2<T> {
    points.t().as_standard_layout().into_owned()
}

/// `Σ_j k(|x_i - y_j|²) b_j`
fn sums<T: Number>(x: &Array2<T>, y: &Array2<T>, b: &Array2<T>, k: impl Fn(T) -> T + Sync) -> Vec<T> {
    let (y, b) = (components(y), components(b));
    rows(x, b.nrows(), |x, _, mut out| {
        blocks(x, &y, |first, mut s| {
            s.mapv_inplace(&k);
            for (out, b) in out.iter_mut().zip(b.rows()) {
                *out += s.dot(&b.slice(s![first..first + s.len()]));
            }
        });
    })
}

/// The gradient in `x` of `Σ_ij e_i exp(-g |x_i - y_j|²) b_j`
fn gradients<T: Number>(x: &Array2<T>, y: &Array2<T>, b: &Array2<T>, e: &Array2<T>, g: T) -> Vec<T> {
    let (y, b, two) = (components(y), components(b), T::one() + T::one());
    rows(x, x.ncols(), |x, i, mut out| {
        blocks(x, &y, |first, mut s| {
            let block = s![first..first + s.len()];
            s.zip_mut_with(&b.row(0).slice(block), |s, b| *s = (-g * *s).exp() * *b);
            for ((out, x), y) in out.iter_mut().zip(x).zip(y.rows()) {
                *out += Zip::from(&s).and(&y.slice(block)).fold(T::zero(), |sum, s, y| sum + *s * (*x - *y));
            }
        });
        out *= -two * g * e[[i, 0]];
    })
}

/// `log Σ_j exp(b_j - g |x_i - y_j|²)`, in two passes: the largest exponent, then the sum.
fn log_sums<T: Number>(x: &Array2<T>, y: &Array2<T>, b: &Array2<T>, g: T) -> Vec<T> {
    let (y, b) = (components(y), components(b));
    rows(x, 1, |x, _, mut out| {
        let mut exponents = Array1::zeros(y.ncols());
        blocks(x, &y, |first, s| {
            let block = s![first..first + s.len()];
            Zip::from(exponents.slice_mut(block))
                .and(b.row(0).slice(block))
                .and(&s)
                .for_each(|f, b, s| *f = *b - g * *s);
        });
        let most = exponents.fold(T::neg_infinity(), |most, f| most.max(*f));
        out[0] = most + exponents.fold(T::zero(), |sum, f| sum + (*f - most).exp()).ln();
    })
}

/// The nearest column: the least of a block, and its place only where the block improves.
fn nearest<T: Number>(x: &Array2<T>, y: &Array2<T>) -> Vec<T> {
    let y = components(y);
    rows(x, 1, |x, _, mut out| {
        let mut best = T::infinity();
        blocks(x, &y, |first, s| {
            let least = s.fold(T::infinity(), |least, s| if *s < least { *s } else { least });
            if least < best {
                best = least;
                let at = first + s.iter().position(|s| *s == least).unwrap_or_default();
                out[0] = T::of(at as f64);
            }
        });
    })
}
