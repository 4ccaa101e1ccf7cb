//! `keops!` in what other macros write: values stay values, and names are those of the caller.
use keops::keops;

macro_rules! kernel {
    ($(#[$meta:meta])* $vis:vis $name:ident, $point:ty, $dim:literal) => {
        keops! { $(#[$meta])* $vis fn $name(x_i: $point, y_j: [f32; $dim]) { sum_j sqnorm(x_i - y_j) } }
    };
}
kernel!(/// Documented.
    pub first, [f32; 2], 2);
kernel!(second, [f32; 3], 3);

macro_rules! twice {
    ($u:expr, $s:ident) => {{
        let z = vec![1.0f32; 2];
        keops!(sum_j 2 * $u * z_j - $s).eval().unwrap()
    }};
}

macro_rules! sum_of {
    ($($formula:tt)*) => { keops!(sum_j($($formula)*)).eval().unwrap() };
}

fn main() {
    assert_eq!(first(&[[1.0f32; 2]], &[[0.0; 2]]).eval().unwrap(), [2.0]);
    assert_eq!(second(&[[1.0f32; 3]], &[[0.0; 3]]).eval().unwrap(), [3.0]);
    let (x, y, z, t) = (vec![1.0f32; 2], vec![3.0f32; 2], vec![100.0f32; 2], 1.0);
    // `(x_i + y_j) * …`, not `x_i + y_j * …`
    assert_eq!(twice!(x_i + y_j, t), [14.0; 2]);
    assert_eq!(sum_of!(x_i * z_j), [200.0; 2]);
}
