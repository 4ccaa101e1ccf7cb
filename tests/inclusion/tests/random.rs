//! A number that an engine computes lies in what intervals say of it: every operation of random formulas and of their gradients, on boxes of
//! points with special values among them, on every instruction set and in either precision.
//!
//! The formulas are those of `tests/random` that run on the engine there, every tenth. `KEOPS_FUZZ=1000` tries as many boxes for each, from the
//! seed `KEOPS_FUZZ_FROM` on.

use keops::{Call, Plan, Scalar};
use keops_inclusion_tests::{Check, Program, contained, recorded};

/// The passes of a call.
fn passes<'a, T: Scalar, P: Plan>(_: &impl AsRef<Call<'a, T, P>>) -> Vec<Program> {
    recorded::<P>()
}

macro_rules! case {
    ($name:ident 1 engine $operands:tt $body:tt) => { case! { @ $name (f64) (0.5) $operands $body } };
    ($name:ident $dim:literal engine $operands:tt $body:tt) => {
        case! { @ $name ([f64; $dim]) ([0.5; $dim]) $operands $body }
    };
    ($name:ident $dim:literal $how:ident $operands:tt $body:tt) => {};
    (@ $name:ident ($e:ty) ($one:expr) ($($operands:tt)*) { $($body:tt)* }) => {
        #[test]
        fn $name() {
            keops::keops! { #[with_grads(x, y, s)] fn formula<T>($($operands)*) { $($body)* } }
            // what is recorded does not depend on the points
            let (x, u, z) = (vec![[0.5; 3]], vec![0.5], vec![[0.5; 2]]);
            let e: Vec<$e> = vec![$one];
            let call = formula(&x, &u, &z, &x, &u, &z, 0.5, [0.5; 3]);
            let text = stringify!($($body)*);
            contained(&passes(&call), Check::of_environment(), text);
            contained(&passes(&call.grad_x(&e)), Check::of_environment(), &format!("grad_x of {text}"));
            contained(&passes(&call.grad_y(&e)), Check::of_environment(), &format!("grad_y of {text}"));
            contained(&passes(&call.grad_s(&e)), Check::of_environment(), &format!("grad_s of {text}"));
        }
    };
}

include!("../../random/formulas.rs");
