//! Shapes: how many numbers a value has, and which of them may meet.

use crate::Real;

/// A fixed set of numbers: what crosses from one stage of a kernel to the next, lies in a tile,
/// or is reduced.
pub trait Bundle: 'static {
    /// How many numbers.
    const LEN: usize;
    /// The set, in numbers of type `R`.
    type Of<R: Real>: Copy;
    /// Makes the set from its numbers, asked for in order.
    fn load<R: Real>(f: impl FnMut(usize) -> R) -> Self::Of<R>;
    /// Hands out the numbers, in order.
    fn store<R: Real>(v: &Self::Of<R>, f: impl FnMut(usize, R));
    /// The set in numbers of another type.
    fn convert<R: Real, S: Real>(v: &Self::Of<R>, f: impl Fn(R) -> S) -> Self::Of<S>;
    /// Whether number `k` is an index, that travels as a number with its bits.
    fn is_index(_k: usize) -> bool {
        false
    }
}

/// The kind of one value: a scalar ([`One`]), or a vector ([`Dim`]).
///
/// `[T; 1]` is a vector; only `T` is a scalar, and only scalars broadcast.
pub trait Shape: Bundle {
    /// Whether this is the scalar.
    const SCALAR: bool;
    /// Row or column indices, as many as the value has components.
    type Index<R: Real>: Copy;
    /// Component `k`; a scalar answers for every `k`.
    fn at<R: Real>(v: &Self::Of<R>, k: usize) -> R;
    /// The components.
    fn components<R: Real>(v: &Self::Of<R>) -> &[R];
    /// The place of component `k`.
    fn at_mut<R: Real>(v: &mut Self::Of<R>, k: usize) -> &mut R;
    /// Makes a value from its components.
    #[inline(always)]
    fn map<R: Real>(f: impl FnMut(usize) -> R) -> Self::Of<R> {
        Self::load(f)
    }
    /// Component `k` of a set of row or column indices.
    fn at_index<R: Real>(v: &Self::Index<R>, k: usize) -> R::Index;
    /// The place of component `k` of a set of row or column indices.
    fn at_index_mut<R: Real>(v: &mut Self::Index<R>, k: usize) -> &mut R::Index;
    /// Makes a set of row or column indices.
    fn map_index<R: Real>(f: impl FnMut(usize) -> R::Index) -> Self::Index<R>;
    /// Replaces each component `v` by `f(k, v)`.
    #[inline(always)]
    fn update<R: Real>(v: &mut Self::Of<R>, f: impl Fn(usize, R) -> R) {
        for k in 0..Self::LEN {
            let place = Self::at_mut(v, k);
            *place = f(k, *place);
        }
    }
    /// Adds up what the components give: `first(k)`, and `next(k, s)` what `s` is with it.
    ///
    /// Many components are added in blocks, and these in groups: in one chain of D the error grows with D, here with ∛D from
    /// some ten thousand on. (Nor is the error of each sum taken to the next, which would make NaN of infinities.)
    #[inline(always)]
    fn fold<R: Real>(first: impl Fn(usize) -> R, next: impl Fn(usize, R) -> R) -> R {
        // a constant block: else all that follows is compiled for short values, too, and left out later
        if const { Self::LEN <= LONGEST_CHAIN } {
            let mut s = first(0);
            for k in 1..Self::LEN {
                s = next(k, s);
            }
            return s;
        }
        let block = const { block(Self::LEN) };
        let zero = R::lit(first(0).cx(), 0.0);
        let (mut sum, mut group, mut s) = (zero, zero, zero);
        if !R::ONE_LOOP {
            let mut from = 0;
            while from < Self::LEN {
                let to = Self::LEN.min(from + block);
                s = first(from);
                for k in from + 1..to {
                    s = next(k, s);
                }
                (group, from) = (group + s, to);
                if Self::LEN > block * block && from % (block * block) == 0 {
                    (sum, group) = (sum + group, zero);
                }
            }
            return sum + group;
        }
        for k in 0..Self::LEN {
            if k % block == 0 {
                (group, s) = (group + s, zero);
                if Self::LEN > block * block && k % (block * block) == 0 {
                    (sum, group) = (sum + group, zero);
                }
            }
            s = next(k, s);
        }
        sum + (group + s)
    }
    /// Σₖ f(k)
    #[allow(clippy::redundant_closure, reason = "`&f` would be called through a function that is not always inlined")]
    #[inline(always)]
    fn sum<R: Real>(f: impl Fn(usize) -> R) -> R {
        Self::fold(
            #[inline(always)]
            |k| f(k),
            #[inline(always)]
            |k, s| s + f(k),
        )
    }
}

/// How many components are added in one chain.
const LONGEST_CHAIN: usize = 128;

/// How many components, of more than that, are added in a block: a power of two, about ∛n.
const fn block(n: usize) -> usize {
    let mut block = LONGEST_CHAIN / 4;
    while block * block * block < n {
        block *= 2;
    }
    block
}

/// A scalar: `T` in the user's types.
#[derive(Clone, Copy, Debug)]
pub struct One;

/// A vector of `D` components: `[T; D]` in the user's types.
#[derive(Clone, Copy, Debug)]
pub struct Dim<const D: usize>;

/// Row or column indices in the place of numbers: `u32` or `[u32; D]` in the user's types.
#[derive(Clone, Copy, Debug)]
pub struct Idx<S>(S);

impl Bundle for () {
    const LEN: usize = 0;
    type Of<R: Real> = ();
    #[inline(always)]
    fn load<R: Real>(_: impl FnMut(usize) -> R) {}
    #[inline(always)]
    fn store<R: Real>((): &(), _: impl FnMut(usize, R)) {}
    #[inline(always)]
    fn convert<R: Real, S: Real>((): &(), _: impl Fn(R) -> S) {}
}

impl Bundle for One {
    const LEN: usize = 1;
    type Of<R: Real> = R;
    #[inline(always)]
    fn load<R: Real>(mut f: impl FnMut(usize) -> R) -> R {
        f(0)
    }
    #[inline(always)]
    fn store<R: Real>(v: &R, mut f: impl FnMut(usize, R)) {
        f(0, *v);
    }
    #[inline(always)]
    fn convert<R: Real, S: Real>(v: &R, f: impl Fn(R) -> S) -> S {
        f(*v)
    }
}

impl Shape for One {
    const SCALAR: bool = true;
    type Index<R: Real> = R::Index;
    #[inline(always)]
    fn at<R: Real>(v: &R, _: usize) -> R {
        *v
    }
    #[inline(always)]
    fn components<R: Real>(v: &R) -> &[R] {
        core::slice::from_ref(v)
    }
    #[inline(always)]
    fn at_mut<R: Real>(v: &mut R, _: usize) -> &mut R {
        v
    }
    #[inline(always)]
    fn at_index<R: Real>(v: &R::Index, _: usize) -> R::Index {
        *v
    }
    #[inline(always)]
    fn at_index_mut<R: Real>(v: &mut R::Index, _: usize) -> &mut R::Index {
        v
    }
    #[inline(always)]
    fn map_index<R: Real>(mut f: impl FnMut(usize) -> R::Index) -> R::Index {
        f(0)
    }
}

/// `[f(0), f(1), …]`. `core::array::from_fn` does the same, but is only a candidate for inlining: with a
/// large `f` it stays a call, outside the caller's target features.
#[inline(always)]
fn filled<V: Copy, const D: usize>(mut f: impl FnMut(usize) -> V) -> [V; D] {
    let mut out = [f(0); D];
    for (k, place) in out.iter_mut().enumerate().skip(1) {
        *place = f(k);
    }
    out
}

impl<const D: usize> Bundle for Dim<D> {
    const LEN: usize = D;
    type Of<R: Real> = [R; D];
    #[inline(always)]
    fn load<R: Real>(f: impl FnMut(usize) -> R) -> [R; D] {
        filled(f)
    }
    #[inline(always)]
    fn store<R: Real>(v: &[R; D], mut f: impl FnMut(usize, R)) {
        for (k, v) in v.iter().enumerate() {
            f(k, *v);
        }
    }
    #[inline(always)]
    fn convert<R: Real, S: Real>(v: &[R; D], f: impl Fn(R) -> S) -> [S; D] {
        filled(
            #[inline(always)]
            |k| f(v[k]),
        )
    }
}

impl<const D: usize> Shape for Dim<D> {
    const SCALAR: bool = false;
    type Index<R: Real> = [R::Index; D];
    #[inline(always)]
    fn at<R: Real>(v: &[R; D], k: usize) -> R {
        v[k]
    }
    #[inline(always)]
    fn components<R: Real>(v: &[R; D]) -> &[R] {
        v
    }
    #[inline(always)]
    fn at_mut<R: Real>(v: &mut [R; D], k: usize) -> &mut R {
        &mut v[k]
    }
    #[inline(always)]
    fn at_index<R: Real>(v: &[R::Index; D], k: usize) -> R::Index {
        v[k]
    }
    #[inline(always)]
    fn at_index_mut<R: Real>(v: &mut [R::Index; D], k: usize) -> &mut R::Index {
        &mut v[k]
    }
    #[inline(always)]
    fn map_index<R: Real>(f: impl FnMut(usize) -> R::Index) -> [R::Index; D] {
        filled(f)
    }
}

impl<S: Shape> Bundle for Idx<S> {
    const LEN: usize = S::LEN;
    type Of<R: Real> = S::Index<R>;
    #[inline(always)]
    fn load<R: Real>(mut f: impl FnMut(usize) -> R) -> S::Index<R> {
        S::map_index::<R>(
            #[inline(always)]
            |k| f(k).to_index(),
        )
    }
    #[inline(always)]
    fn store<R: Real>(v: &S::Index<R>, mut f: impl FnMut(usize, R)) {
        for k in 0..S::LEN {
            f(k, R::from_index(S::at_index::<R>(v, k)));
        }
    }
    #[inline(always)]
    fn convert<R: Real, To: Real>(v: &S::Index<R>, f: impl Fn(R) -> To) -> S::Index<To> {
        S::map_index::<To>(
            #[inline(always)]
            |k| f(R::from_index(S::at_index::<R>(v, k))).to_index(),
        )
    }
    fn is_index(_: usize) -> bool {
        true
    }
}

// `&mut f` in the place of `|k| f(k)` would be called through a function that is not always inlined.
#[allow(clippy::redundant_closure, reason = "these closures are inlined, and with them the caller's target features")]
impl<A: Bundle, B: Bundle> Bundle for (A, B) {
    const LEN: usize = A::LEN + B::LEN;
    type Of<R: Real> = (A::Of<R>, B::Of<R>);
    #[inline(always)]
    fn load<R: Real>(mut f: impl FnMut(usize) -> R) -> Self::Of<R> {
        let a = A::load(
            #[inline(always)]
            |k| f(k),
        );
        let b = B::load(
            #[inline(always)]
            |k| f(A::LEN + k),
        );
        (a, b)
    }
    #[inline(always)]
    fn store<R: Real>(v: &Self::Of<R>, mut f: impl FnMut(usize, R)) {
        A::store(
            &v.0,
            #[inline(always)]
            |k, r| f(k, r),
        );
        B::store(
            &v.1,
            #[inline(always)]
            |k, r| f(A::LEN + k, r),
        );
    }
    #[inline(always)]
    fn convert<R: Real, S: Real>(v: &Self::Of<R>, f: impl Fn(R) -> S) -> Self::Of<S> {
        let a = A::convert(
            &v.0,
            #[inline(always)]
            |r| f(r),
        );
        let b = B::convert(
            &v.1,
            #[inline(always)]
            |r| f(r),
        );
        (a, b)
    }
    fn is_index(k: usize) -> bool {
        if k < A::LEN { A::is_index(k) } else { B::is_index(k - A::LEN) }
    }
}

/// Which shapes meet in an operator, and the shape of what comes out: scalars broadcast, vectors
/// meet vectors of the same dimension.
///
/// By kind and not by number: a rule for `Dim<1>` would overlap with the one for `Dim<D>`.
#[diagnostic::on_unimplemented(
    message = "this formula combines {Self} with {B}",
    label = "these two do not fit together",
    note = "a scalar meets anything; a vector meets only vectors of the same dimension (`[T; 1]` is a vector)"
)]
pub trait Join<B: Shape>: Shape {
    /// The joined shape.
    type Out: Shape;
}
impl Join<One> for One {
    type Out = One;
}
impl<const D: usize> Join<Dim<D>> for One {
    type Out = Dim<D>;
}
impl<const D: usize> Join<One> for Dim<D> {
    type Out = Dim<D>;
}
impl<const D: usize> Join<Dim<D>> for Dim<D> {
    type Out = Dim<D>;
}
