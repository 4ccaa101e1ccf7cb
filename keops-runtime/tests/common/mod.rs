//! Formulas as the macro would emit them, written by hand.
#![allow(dead_code, unreachable_pub, reason = "each test file uses some of them")]

use keops_core::{ArgMin, Dim, Formula, Idx, LogSumExp, Max, Min, Of, One, Real, Reduction, Shape, Softmax, Sum};

/// Stamps out a formula from its types and the bodies of its stages. Its results are both stored and added up.
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
        impl $(<$($generic)*>)? Formula for $name $(<$($argument)*>)? {
            type Params = $params;
            type Rows = $rows;
            type Cols = $cols;
            type P = $p;
            type X = $x;
            type Y = $y;
            type Reduce = $reduce;
            type Out = $out;
            type Total = $out;
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
            fn pair<R: Real>(
                $q_cx: R::Cx,
                $q_p: &Of<$p, R>,
                $q_x: &Of<$x, R>,
                $q_y: &Of<$y, R>,
                $part: &mut Of<<$reduce as Reduction>::Part, R>,
            ) {
                $q_body
            }
            #[inline(always)]
            fn finish<R: Real>(
                $f_cx: R::Cx,
                $f_p: &Of<$p, R>,
                $f_x: &Of<$x, R>,
                $f_done: &Of<<$reduce as Reduction>::Done, R>,
            ) -> (Of<$out, R>, Of<$out, R>) {
                let out = $f_body;
                (out, out)
            }
        }
    };
}

/// |x - y|²
#[inline(always)]
pub fn sqdist<R: Real, const D: usize>(x: &[R; D], y: &[R; D]) -> R {
    <Dim<D> as Shape>::fold(
        #[inline(always)]
        |k| (x[k] - y[k]).square(),
        #[inline(always)]
        |k, s| {
            let d = x[k] - y[k];
            d.mul_add(d, s)
        },
    )
}

formula! {
    /// Σ exp(-|x - y|² / 2s2) b
    Gauss[const D: usize][D]: (One, Dim<D>, (Dim<D>, One)) -> (One, Dim<D>, (Dim<D>, One)) -> Sum<One> => One;
    params |cx, p| R::lit(cx, -0.5 * core::f64::consts::LOG2_E) * p.recip();
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |_, p, x, (y, b), part| {
        let k = (sqdist(x, y) * *p).exp2();
        Sum::<One>::push::<R>(part, #[inline(always)] |_, a| k.mul_add(*b, a));
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
        let k = (sqdist(x, y) * *p * R::lit(cx, -0.5)).exp() * *b;
        Sum::<Dim<D>>::push::<R>(part, #[inline(always)] |c, a| k.mul_add(x[c] - y[c], a));
    };
    finish |_, p, _, done| done.map(#[inline(always)] |g| g * *p);
}

formula! {
    /// The nearest point, the first of them, and its distance.
    Nearest: ((), Dim<2>, Dim<2>) -> ((), Dim<2>, (Dim<2>, Idx<One>)) -> (ArgMin<One>, Min<One>) => (Idx<One>, One);
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, j| (*y, j);
    pair |_, _, x, (y, j), part| {
        let d = sqdist(x, y);
        ArgMin::<One>::push::<R>(&mut part.0, #[inline(always)] |_| d, *j);
        Min::<One>::push::<R>(&mut part.1, #[inline(always)] |_| d);
    };
    finish |_, _, _, (place, best)| (*place, best.sqrt());
}

formula! {
    /// log Σ exp(x y)
    LogSum: ((), One, One) -> ((), One, One) -> LogSumExp => One;
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |_, _, x, y, part| LogSumExp::push::<R>(part, *x * *y);
    finish |_, _, _, done| *done;
}

formula! {
    /// Σ softmax(x y) v, and the largest x + y in the same pass.
    Mixed: (One, One, (One, Dim<2>)) -> (One, One, (One, Dim<2>)) -> (Softmax<Dim<2>>, Max<One>) => (Dim<2>, One);
    params |_, p| *p;
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |_, p, x, (y, v), part| {
        let f = *x * *y * *p;
        Softmax::<Dim<2>>::push::<R>(&mut part.0, f, #[inline(always)] |k, w, a| w.mul_add(v[k], a));
        Max::<One>::push::<R>(&mut part.1, #[inline(always)] |_| *x + *y);
    };
    finish |_, _, _, done| *done;
}

formula! {
    /// The smallest Σ p (x - y)² over the columns, with a parameter that is a vector.
    Weighted: (Dim<3>, Dim<3>, Dim<3>) -> (Dim<3>, Dim<3>, Dim<3>) -> Min<One> => One;
    params |cx, p| p.map(
        #[inline(always)]
        |p| p * p + R::lit(cx, 1.0),
    );
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |_, p, x, y, part| {
        let d = <Dim<3> as Shape>::sum(
            #[inline(always)]
            |k| p[k] * (x[k] - y[k]).square(),
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
    /// Σ over the columns whose number is c of (x - y): what the gradient of a minimum does.
    Pick: ((), (One, Idx<One>), One) -> ((), (One, Idx<One>), (One, Idx<One>)) -> Sum<One> => One;
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, j| (*y, j);
    pair |cx, _, (x, c), (y, j), part| {
        let v = R::select(R::index_eq(*c, *j), *x - *y, R::lit(cx, 0.0));
        Sum::<One>::push::<R>(part, #[inline(always)] |_, a| a + v);
    };
    finish |_, _, _, done| *done;
}

formula! {
    /// Σ (x | y), in more dimensions than there are registers.
    Dot[const D: usize][D]: ((), Dim<D>, Dim<D>) -> ((), Dim<D>, Dim<D>) -> Sum<One> => One;
    params |_, ()| ();
    row |_, _, x, _| *x;
    col |_, _, y, _| *y;
    pair |_, _, x, y, part| {
        let s = <Dim<D> as Shape>::fold(#[inline(always)] |k| x[k] * y[k], #[inline(always)] |k, s| x[k].mul_add(y[k], s));
        Sum::<One>::push::<R>(part, #[inline(always)] |_, a| a + s);
    };
    finish |_, _, _, done| *done;
}

formula! {
    /// Σ 1: neither rows nor columns have operands.
    Count: ((), (), ()) -> ((), (), ()) -> Sum<One> => One;
    params |_, ()| ();
    row |_, _, (), _| ();
    col |_, _, (), _| ();
    pair |cx, _, (), (), part| Sum::<One>::push::<R>(part, #[inline(always)] |_, a| a + R::lit(cx, 1.0));
    finish |_, _, _, done| *done;
}
