//! x
pub use keops_core::NONE;
pub use keops_macros::keops;
pub use keops_runtime::{Call, Cpu, Engine, Error, Isa, Naive, Owned, Param, Plan, Point, Rows, Scalar};

#[doc(hidden)]
pub mod __private {
    pub use keops_core::{
        ArgMax, ArgMin, Bundle, Dim, Formula, Idx, Join, LogSumExp, Max, Min, Of, One, Real, Reduction, Shape, Softmax,
        Sum,
    };
    pub use keops_runtime::{
        Call, Declared, Engine, Error, Host, Inputs, Operand, Param, Pass, PerCol, PerRow, Plan, Point, Rows, Scalar,
        Total, View, buffer, tag,
    };
}
