//! A crate that knows `keops` by another name, hands the macro on, and has a macro of its own around it.
#![forbid(unsafe_code)]

pub use kp::keops;
pub use kp::keops as formula;

/// All of it.
pub mod all {
    pub use kp::*;
}

/// A Gaussian kernel: an item of the caller's.
#[macro_export]
macro_rules! gaussian {
    ($(#[$meta:meta])* $vis:vis $name:ident, $dim:literal) => {
        $crate::keops! {
            $(#[$meta])*
            $vis fn $name(x_i: [f32; $dim], y_j: [f32; $dim]) { sum_j exp(-sqdist(x_i, y_j)) }
        }
    };
}

/// The sum of an expression over the columns.
#[macro_export]
macro_rules! sum_of {
    ($($formula:tt)*) => { $crate::all::keops!(sum_j($($formula)*)) };
}

keops! {
    /// What this crate has of its own.
    pub fn own(x_i: f32, y_j: f32) { sum_j x_i * y_j }
}
