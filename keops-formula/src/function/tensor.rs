//! Products of tensors: vectors of their components, the last axis changing fastest.
//!
//! As in products of matrices, factors are viewed in one order, that of the result's axes and then of those that are added
//! up, so that emitted code is one loop, however many components there are.

use crate::rule::{Argument, Refusal, len_of, vector};
use crate::term::Term;
use crate::types::Shape;

/// An axis of a product: how many places it has, and how far apart these lie in either factor; 0 in one that does not have it.
#[derive(Clone, Copy)]
struct Axis {
    extent: usize,
    strides: [usize; 2],
}

/// The axes of a product of two tensors.
struct Product {
    /// Those of the result, in order.
    free: Vec<Axis>,
    /// Those that are added up.
    summed: Vec<Axis>,
}

fn product(dims: &[usize]) -> usize {
    dims.iter().product()
}

fn strides(dims: &[usize]) -> Vec<usize> {
    (0..dims.len()).map(|k| product(&dims[k + 1..])).collect()
}

impl Product {
    /// The axes of `dims` in either factor, those `summed` in pairs; the k-th that is left stands at place `order[k]`.
    fn new(dims: [&[usize]; 2], summed: [&[usize]; 2], order: Option<&[usize]>) -> Self {
        let strides = dims.map(strides);
        let mut free = vec![];
        for side in 0..2 {
            for k in (0..dims[side].len()).filter(|k| !summed[side].contains(k)) {
                let mut axis = Axis { extent: dims[side][k], strides: [0, 0] };
                axis.strides[side] = strides[side][k];
                free.push(axis);
            }
        }
        if let Some(order) = order {
            let placed = (0..free.len()).filter_map(|place| order.iter().position(|p| *p == place));
            free = placed.map(|k| free[k]).collect();
        }
        let pairs = summed[0].iter().zip(summed[1]);
        let summed = pairs.map(|(a, b)| Axis { extent: dims[0][*a], strides: [strides[0][*a], strides[1][*b]] });
        Product { free, summed: summed.collect() }
    }

    fn shape(&self) -> Shape {
        let len = self.free.iter().map(|axis| axis.extent).product();
        if self.free.is_empty() { Shape::scalar() } else { vector(len) }
    }

    fn of<'g>(&self, u: Term<'g>, v: Term<'g>) -> Term<'g> {
        let axes = || self.free.iter().chain(&self.summed).filter(|axis| axis.extent > 1);
        let view = |side: usize, factor: Term<'g>| {
            let digits: Vec<(usize, usize)> = axes().map(|axis| (axis.extent, axis.strides[side])).collect();
            factor.view(&digits)
        };
        let terms = view(0, u) * view(1, v);
        if self.free.is_empty() {
            return terms.sum();
        }
        terms.sum_groups(self.summed.iter().map(|axis| axis.extent).product())
    }
}

/// Checks that the vector of argument `tensor` has as many components as the dimensions of argument `dims` say.
fn is_tensor(a: &[Argument<'_>], tensor: usize, dims: usize) -> Result<(), Refusal> {
    let (len, list) = (len_of(a, tensor)?, a[dims].list);
    if let Some(k) = list.iter().position(|dim| *dim == 0) {
        let message = "an axis has at least one place, and this one has 0";
        return Err(Refusal::WrongEntry(
            dims,
            k,
            message.into(),
            format!("the dimensions of {len} numbers: `[{len}]`"),
        ));
    }
    let all = list.iter().try_fold(1usize, |all, dim| all.checked_mul(*dim));
    if all == Some(len) {
        return Ok(());
    }
    let all = all.map_or("more numbers than there can be".to_owned(), |all| format!("{all} numbers"));
    let message = format!("a tensor of the dimensions {list:?} is one of {all}, and this vector has {len}");
    let rows = list.first().copied().filter(|rows| *rows > 1 && len % rows == 0);
    let help = rows.map_or(format!("`[{len}]`"), |rows| format!("`[{rows}, {}]`", len / rows));
    Err(Refusal::Wrong(dims, message, format!("write dimensions whose product is {len}: {help}")))
}

/// Checks that a list names axes of the tensor with these dimensions, each once.
fn are_axes(a: &[Argument<'_>], axes: usize, dims: usize) -> Result<(), Refusal> {
    let (list, count) = (a[axes].list, a[dims].list.len());
    for (k, axis) in list.iter().enumerate() {
        if *axis >= count {
            let help = match count {
                0 => "it has none: write `[]`".to_owned(),
                _ => format!("axes are counted from 0 to {}", count - 1),
            };
            let message = format!("there is no axis {axis} in a tensor of the dimensions {:?}", a[dims].list);
            return Err(Refusal::WrongEntry(axes, k, message, help));
        }
        if list[..k].contains(axis) {
            let message = format!("axis {axis} is named twice");
            let mut once = list.to_vec();
            once.remove(k);
            return Err(Refusal::WrongEntry(axes, k, message, format!("an axis is added up once: `{once:?}`")));
        }
    }
    Ok(())
}

pub(super) fn tensordot_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    is_tensor(a, 0, 2)?;
    is_tensor(a, 1, 3)?;
    are_axes(a, 4, 2)?;
    are_axes(a, 5, 3)?;
    let [dims_u, dims_v, axes_u, axes_v] = [2, 3, 4, 5].map(|k| a[k].list);
    if axes_u.len() != axes_v.len() {
        let message =
            format!("axes are added up in pairs, and these are {} of u and {} of v", axes_u.len(), axes_v.len());
        let few = axes_u.len().min(axes_v.len());
        let help = format!("name as many axes of each: `{:?}, {:?}`", &axes_u[..few], &axes_v[..few]);
        return Err(Refusal::Wrong(5, message, help));
    }
    for (k, (x, y)) in axes_u.iter().zip(axes_v).enumerate() {
        if dims_u[*x] != dims_v[*y] {
            let message = format!("axis {x} of u has {} places, and axis {y} of v {}", dims_u[*x], dims_v[*y]);
            let like = dims_v.iter().position(|dim| dim == &dims_u[*x]);
            let help = match like {
                Some(like) => {
                    format!("axes that are added up have as many places: axis {like} of v has {}", dims_u[*x])
                }
                None => "axes that are added up have as many places: name others, or none, `[]`".into(),
            };
            return Err(Refusal::WrongEntry(5, k, message, help));
        }
    }
    let order = a.get(6).map(|order| order.list);
    let count = dims_u.len() + dims_v.len() - axes_u.len() - axes_v.len();
    if let Some(order) = order {
        let places: Vec<usize> = (0..count).collect();
        let wrong = (0..order.len()).find(|k| order[*k] >= count || order[..*k].contains(&order[*k]));
        let help = format!("name the place of each from 0 on, `{places:?}` as they are");
        if let Some(k) = wrong {
            let what = if order[k] >= count { "is no place among" } else { "is named twice among those of" };
            let message = format!("{} {what} the {count} axes that are left", order[k]);
            return Err(Refusal::WrongEntry(6, k, message, help));
        }
        if order.len() != count {
            let message = format!("{count} axes are left, and these are {} places", order.len());
            return Err(Refusal::Wrong(6, message, help));
        }
    }
    Ok(Product::new([dims_u, dims_v], [axes_u, axes_v], order).shape())
}

pub(super) fn tensordot<'g>(a: &[Term<'g>]) -> Term<'g> {
    let [dims_u, dims_v, axes_u, axes_v] = [2, 3, 4, 5].map(|k| a[k].integers());
    let order = a.get(6).map(|order| order.integers());
    Product::new([&dims_u, &dims_v], [&axes_u, &axes_v], order.as_deref()).of(a[0], a[1])
}

/// The places at which axes that alternate between the factors stand: the first of u, the first of v, and so on.
fn alternating(axes: usize) -> Vec<usize> {
    (0..axes).map(|k| 2 * k).chain((0..axes).map(|k| 2 * k + 1)).collect()
}

pub(super) fn kron_shape(a: &[Argument<'_>]) -> Result<Shape, Refusal> {
    is_tensor(a, 0, 2)?;
    is_tensor(a, 1, 3)?;
    let [m, n] = [2, 3].map(|k| a[k].list);
    if m.len() != n.len() {
        let message = format!("a Kronecker product is one of as many axes, and these are {} and {}", m.len(), n.len());
        let (k, few, many) = if n.len() < m.len() { (3, n, m) } else { (2, m, n) };
        let longer = [vec![1; many.len() - few.len()], few.to_vec()].concat();
        return Err(Refusal::Wrong(k, message, format!("axes of one place may stand in front: `{longer:?}`")));
    }
    // every axis is one of as many places as both have together
    Ok(if m.is_empty() { Shape::scalar() } else { vector(product(m) * product(n)) })
}

pub(super) fn kron<'g>(a: &[Term<'g>]) -> Term<'g> {
    let [m, n] = [2, 3].map(|k| a[k].integers());
    Product::new([&m, &n], [&[], &[]], Some(&alternating(m.len()))).of(a[0], a[1])
}

/// The place of each axis that a number of a component is made of.
fn digits(mut k: usize, dims: &[usize]) -> Vec<usize> {
    let mut digits: Vec<usize> = dims.iter().rev().map(|dim| (k % dim, k /= dim).0).collect();
    digits.reverse();
    digits
}

fn number(digits: &[usize], dims: &[usize]) -> usize {
    digits.iter().zip(dims).fold(0, |k, (digit, dim)| k * dim + digit)
}

fn integers(list: &[f64]) -> Vec<usize> {
    list.iter().map(|v| *v as usize).collect()
}

/// What a product means: every component of u with every one of v, added up where their axes meet.
pub(super) fn tensordot_meaning(a: &[&[f64]]) -> Vec<f64> {
    let [dims_u, dims_v, axes_u, axes_v] = [2, 3, 4, 5].map(|k| integers(a[k]));
    let left = |dims: &[usize], axes: &[usize], of: &[usize]| -> Vec<usize> {
        (0..dims.len()).filter(|k| !axes.contains(k)).map(|k| of[k]).collect()
    };
    let in_order = |natural: Vec<usize>| match a.get(6).map(|order| integers(order)) {
        None => natural,
        Some(order) => {
            let mut placed = natural.clone();
            order.iter().zip(natural).for_each(|(place, v)| placed[*place] = v);
            placed
        }
    };
    let dims = in_order([left(&dims_u, &axes_u, &dims_u), left(&dims_v, &axes_v, &dims_v)].concat());
    let mut sums = vec![0.0; product(&dims)];
    for (k, u) in a[0].iter().enumerate() {
        let k = digits(k, &dims_u);
        for (l, v) in a[1].iter().enumerate() {
            let l = digits(l, &dims_v);
            if axes_u.iter().zip(&axes_v).all(|(x, y)| k[*x] == l[*y]) {
                let place = in_order([left(&dims_u, &axes_u, &k), left(&dims_v, &axes_v, &l)].concat());
                sums[number(&place, &dims)] += u * v;
            }
        }
    }
    sums
}

/// What a Kronecker product means: places of u count as many times as v has.
pub(super) fn kron_meaning(a: &[&[f64]]) -> Vec<f64> {
    let [m, n] = [2, 3].map(|k| integers(a[k]));
    let dims: Vec<usize> = m.iter().zip(&n).map(|(m, n)| m * n).collect();
    let component = |k: usize| {
        let digits = digits(k, &dims);
        let [u, v]: [Vec<usize>; 2] =
            [digits.iter().zip(&n).map(|(k, n)| k / n).collect(), digits.iter().zip(&n).map(|(k, n)| k % n).collect()];
        a[0][number(&u, &m)] * a[1][number(&v, &n)]
    };
    (0..product(&dims)).map(component).collect()
}
