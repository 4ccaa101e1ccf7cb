//! Formulas as the macro would emit them, written by hand.
#![allow(dead_code, unreachable_pub, reason = "each test file uses some of them")]

use keops_core::{
    ArgMax, ArgMin, Dim, Idx, Max, Min, Of, One, Pair, Pass, Real, Reduction, Shape, Softmax, Sum, SumExp,
};

/// Stamps out a formula from its types and the bodies of its stages.
macro_rules! formula {
    (
        $(#[$doc:meta])* $name:ident $([$($generic:tt)*] [$($argument:tt)*])?:
        ($params:ty, $rows:ty, $cols:ty) -> ($p:ty, $x:ty, $y:ty) -> $reduce:ty => $out:ty;
        params |$p_cx:pat_param, $p_in:pat_param| $p_body:expr;
        row |$r_cx:pat_param, $r_p:pat_param, $r_in:pat_param, $r_i:pat_param| $r_body:expr;
        col |$c_cx:pat_param, $c_p:pat_param, $c_in:pat_param, $c_j:pat_param| $c_body:expr;
        pair |$q_cx:pat_param, $q_p:pat_param, $q_x:pat_param, $q_y:pat_param, $part:pat_param| $q_body:expr;
        finish |$f_cx:pat_param, $f_p:pat_param, $f_x:pat_param, $f_done:pat_param| $f_body:expr;
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name $(<$($generic)*>)?;
        impl $(<$($generic)*>)? Pass for $name $(<$($argument)*>)? {
            type Params = $params;
            type Rows = $rows;
            type Cols = $cols;
            type PerCall = $p;
            type PerRow = $x;
            type PerCol = $y;
            type Reduce = $reduce;
            type Out = $out;
            const HELD: usize = 0;
            #[inline(always)]
            fn params<R: Real>($p_cx: R::Cx, $p_in: &Of<$params, R>) -> Of<$p, R> {
                $p_body
            }
            #[inline(always)]
            fn row<R: Real>($r_cx: R::Cx, $r_p: &Of<$p, R>, $r_in: &Of<$rows, R>, $r_i: R::Index) -> Of<$x, R> {
                $r_body
            }
            #[inline(always)]
            fn col<R: Real>($c_cx: R::Cx, $c_p: &Of<$p, R>, $c_in: &Of<$cols, R>, $c_j: R::Index) -> Of<$y, R> {
                $c_body
            }
            #[inline(always)]
            fn pair<R: Pair>(
                $q_cx: R::Cx,
                $q_p: &Of<$p, R::Param>,
                $q_x: &Of<$x, R::Row>,
                $q_y: &Of<$y, R::Col>,
                $part: &mut Of<<$reduce as Reduction>::Part, R::Row>,
            ) {
                $q_body
            }
            #[inline(always)]
            fn finish<R: Real>(
                $f_cx: R::Cx,
                $f_p: &Of<$p, R>,
                $f_x: &Of<$x, R>,
                $f_done: &Of<<$reduce as Reduction>::Done, R>,
            ) -> Of<$out, R> {
                $f_body
            }
        }
    };
}

/// |x - y|²
#[inline(always)]
pub fn sqdist<R: Pair, const D: usize>(cx: R::Cx, x: &[R::Row; D], y: &[R::Col; D]) -> R {
    <Dim<D> as Shape>::fold(
        #[inline(always)]
        |k| difference::<R>(cx, x[k], y[k]).square(),
        #[inline(always)]
        |k, s| {
            let d = difference::<R>(cx, x[k], y[k]);
            d.mul_add(d, s)
        },
    )
}

/// (x | y)
#[inline(always)]
pub fn inner<R: Pair, const D: usize>(cx: R::Cx, x: &[R::Row; D], y: &[R::Col; D]) -> R {
    <Dim<D> as Shape>::fold(
        #[inline(always)]
        |k| R::of_row(cx, x[k]) * R::of_col(cx, y[k]),
        #[inline(always)]
        |k, s| R::of_row(cx, x[k]).mul_add(R::of_col(cx, y[k]), s),
    )
}

/// x - y
#[inline(always)]
pub fn difference<R: Pair>(cx: R::Cx, x: R::Row, y: R::Col) -> R {
    R::of_row(cx, x) - R::of_col(cx, y)
}

formula! {
    /// Σ exp(-|x - y|² / 2s2) b
    Gauss[const D: usize][D]: (One, Dim<D>, (Dim<D>, One)) -> (One, Dim<D>, (Dim<D>, One)) -> Sum<One> => One;
    params |cx, p| R::lit(cx, -0.5 * core::f64::consts::LOG2_E) * p.recip();
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |cx, p, x, (y, b), part| {
        let k = (sqdist::<R, D>(cx, x, y) * R::of_param(cx, *p)).exp2();
        Sum::<One>::push::<R>(part, #[inline(always)] |_, a| k.add_product_to(R::of_col(cx, *b), a));
    };
    finish |_, _, _, done| *done;
}

formula! {
    /// Σ exp(-|x - y|² / 2s2) (x - y) b e / s2: the gradient of the above in x, up to the sign.
    GaussGrad[const D: usize][D]: (One, (Dim<D>, One), (Dim<D>, One)) -> (One, Dim<D>, (Dim<D>, One)) -> Sum<Dim<D>> => Dim<D>;
    params |_, p| p.recip();
    row |_, _, (x, _), _| *x;
    col |_, _, y, _| *y;
    pair |cx, p, x, (y, b), part| {
        let k = (sqdist::<R, D>(cx, x, y) * R::of_param(cx, *p) * R::lit(cx, -0.5)).exp() * R::of_col(cx, *b);
        Sum::<Dim<D>>::push::<R>(part, #[inline(always)] |c, a| k.add_product_to(difference(cx, x[c], y[c]), a));
    };
    finish |_, p, _, done| done.map(#[inline(always)] |g| g * *p);
}

formula! {
    /// The nearest point, the first of them, and its distance.
    Nearest[const D: usize][D]: ((), Dim<D>, Dim<D>) -> ((), Dim<D>, (Dim<D>, Idx<One>)) -> (ArgMin<One>, Min<One>) => (Idx<One>, One);
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, j| (*y, j);
    pair |cx, _, x, (y, j), part| {
        let d = sqdist::<R, D>(cx, x, y);
        ArgMin::<One>::push::<R>(&mut part.0, #[inline(always)] |_| d, R::of_col_index(cx, *j));
        Min::<One>::push::<R>(&mut part.1, #[inline(always)] |_| d);
    };
    finish |_, _, _, ((_, place), best)| (*place, best.sqrt());
}

formula! {
    /// log Σ exp(x y)
    LogSum: ((), One, One) -> ((), One, One) -> SumExp<One> => One;
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |cx, _, x, y, part| SumExp::<One>::push::<R>(part, #[inline(always)] |_| R::of_row(cx, *x) * R::of_col(cx, *y));
    finish |_, _, _, (shift, sum)| *shift + sum.log();
}

formula! {
    /// Σ softmax(x y) v, and the largest x + y in the same pass.
    Mixed[const D: usize][D]: (One, One, (One, Dim<D>)) -> (One, One, (One, Dim<D>)) -> (Softmax<Dim<D>>, Max<One>) => (Dim<D>, One);
    params |_, p| *p;
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |cx, p, x, (y, v), part| {
        let (x, y) = (R::of_row(cx, *x), R::of_col(cx, *y));
        let f = x * y * R::of_param(cx, *p);
        Softmax::<Dim<D>>::push::<R>(&mut part.0, f, #[inline(always)] |k| R::of_col(cx, v[k]));
        Max::<One>::push::<R>(&mut part.1, #[inline(always)] |_| x + y);
    };
    finish |_, _, _, done| *done;
}

formula! {
    /// The smallest Σ p (x - y)² over the columns, with a parameter that is a vector.
    Weighted[const D: usize][D]: (Dim<D>, Dim<D>, Dim<D>) -> (Dim<D>, Dim<D>, Dim<D>) -> Min<One> => One;
    params |cx, p| p.map(
        #[inline(always)]
        |p| p * p + R::lit(cx, 1.0),
    );
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |cx, p, x, y, part| {
        let d = <Dim<D> as Shape>::sum(
            #[inline(always)]
            |k| R::of_param(cx, p[k]) * difference::<R>(cx, x[k], y[k]).square(),
        );
        Min::<One>::push::<R>(
            part,
            #[inline(always)]
            |_| d,
        );
    };
    finish |_, _, _, done| *done;
}

formula! {
    /// Nothing reduced: (2x, the number of the row).
    Twice: ((), One, ()) -> ((), (One, Idx<One>), ()) -> () => (One, Idx<One>);
    params |_, ()| ();
    row |_, _, x, i| (*x, i);
    col |_, _, (), _| ();
    pair |_, _, _, _, _| ();
    finish |_, _, (x, i), ()| (*x + *x, *i);
}

formula! {
    /// Σ over the columns whose number is c of x - y, per component: what the gradient of a minimum does.
    Pick[const D: usize][D]: ((), (One, Idx<One>), Dim<D>) -> ((), (One, Idx<One>), (Dim<D>, Idx<One>)) -> Sum<Dim<D>> => Dim<D>;
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, j| (*y, j);
    pair |cx, _, (x, c), (y, j), part| {
        let chosen = R::index_eq(R::of_row_index(cx, *c), R::of_col_index(cx, *j));
        Sum::<Dim<D>>::push::<R>(part, #[inline(always)] |k, a| {
            R::select(chosen, difference(cx, *x, y[k]), R::lit(cx, 0.0)).add_to(a)
        });
    };
    finish |_, _, _, done| *done;
}

formula! {
    /// The largest and the smallest x - y, per component, and which columns have them.
    Extremes[const D: usize][D]: ((), Dim<D>, Dim<D>) -> ((), Dim<D>, (Dim<D>, Idx<One>))
        -> (ArgMax<Dim<D>>, Min<Dim<D>>) => (Idx<Dim<D>>, Dim<D>);
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, j| (*y, j);
    pair |cx, _, x, (y, j), part| {
        ArgMax::<Dim<D>>::push::<R>(&mut part.0, #[inline(always)] |k| difference(cx, x[k], y[k]), R::of_col_index(cx, *j));
        Min::<Dim<D>>::push::<R>(&mut part.1, #[inline(always)] |k| difference(cx, x[k], y[k]));
    };
    finish |_, _, _, ((_, places), smallest)| (*places, *smallest);
}

formula! {
    /// log Σ exp(x | y)
    LogSumOfMany[const D: usize][D]: ((), Dim<D>, Dim<D>) -> ((), Dim<D>, Dim<D>) -> SumExp<One> => One;
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |cx, _, x, y, part| {
        let value = inner(cx, x, y);
        SumExp::<One>::push::<R>(part, #[inline(always)] |_| value);
    };
    finish |_, _, _, (shift, sum)| *shift + sum.log();
}

formula! {
    /// Σ (x | y), in more dimensions than there are registers.
    Dot[const D: usize][D]: ((), Dim<D>, Dim<D>) -> ((), Dim<D>, Dim<D>) -> Sum<One> => One;
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |cx, _, x, y, part| {
        let s: R = inner(cx, x, y);
        Sum::<One>::push::<R>(part, #[inline(always)] |_, a| s.add_to(a));
    };
    finish |_, _, _, done| *done;
}

formula! {
    /// Σ 1: neither rows nor columns have operands.
    Count: ((), (), ()) -> ((), (), ()) -> Sum<One> => One;
    params |_, ()| ();
    row |_, _, (), _| ();
    col |_, _, (), _| ();
    pair |cx, _, (), (), part| Sum::<One>::push::<R>(part, #[inline(always)] |_, a| R::lit(cx, 1.0).add_to(a));
    finish |_, _, _, done| *done;
}
