//! What scanning finds, and what it does not.
#[cfg(feature = "never")]
mod hidden;
mod deep {
    pub(crate) mod inner;
    fn within() {
        mod in_a_function;
    }
}
#[path = "../elsewhere/moved.rs"]
pub mod moved;
#[cfg_attr(unix, path = "../elsewhere/unix.rs")]
mod system;
include!("../elsewhere/included.rs");

fn values() {
    let a = keops!(sum_j f_lib(x_i - y_j) where x_i: f32);
    assert!(a == vec![keops::keops![sum_j f_nested(x_i)]].len());
    // keops!(sum_j f_comment(x_i))
    let text = "keops!(sum_j f_string(x_i))";
    other!(sum_j f_other(x_i));
}
