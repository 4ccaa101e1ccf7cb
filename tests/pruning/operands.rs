//! Operands of formulas that are held on clouds of points.

/// An operand of `$m` rows or `$n` columns, drawn from a cloud: points in `$d` dimensions, numbers, labels, or one number.
macro_rules! operand {
    (rows $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.points::<$T, $d>($m)
    };
    (cols $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.points::<$T, $d>($n)
    };
    (row $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.numbers::<$T>($m)
    };
    (col $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.numbers::<$T>($n)
    };
    (three_of_row $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.points::<$T, 3>($m)
    };
    (vectors $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.numbers::<$T>($n).into_iter().map(|v| [v, v * v]).collect::<Vec<[$T; 2]>>()
    };
    (weight $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.positive::<$T>($n)
    };
    (one $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.one::<$T>()
    };
    (row_labels $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.labels($m)
    };
    (col_labels $cloud:ident, $m:ident, $n:ident, $d:literal, $T:ty) => {
        $cloud.labels($n)
    };
}
pub(crate) use operand;
