//! What the compiler knows of a value: its kind, its shape, and the indices that it varies with.

use std::collections::BTreeSet;
use std::fmt;

use proc_macro2::Ident;

/// One of the two indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Axis {
    /// The row index `i`.
    I,
    /// The column index `j`.
    J,
}

impl Axis {
    /// The other index.
    pub fn other(self) -> Self {
        match self {
            Axis::I => Axis::J,
            Axis::J => Axis::I,
        }
    }
    /// The letter that stands behind names: `x_i`, `sum_j`.
    pub fn letter(self) -> char {
        match self {
            Axis::I => 'i',
            Axis::J => 'j',
        }
    }
}

/// A set of indices: what a value varies with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Deps(u8);

impl Deps {
    /// Neither index: parameters and constants.
    pub const NONE: Self = Deps(0);
    /// Both indices: a value per pair.
    pub const BOTH: Self = Deps(3);
    /// One index.
    pub fn of(axis: Axis) -> Self {
        Deps(match axis {
            Axis::I => 1,
            Axis::J => 2,
        })
    }
    /// Whether the value varies with `axis`.
    pub fn has(self, axis: Axis) -> bool {
        self.0 & Self::of(axis).0 != 0
    }
    /// All indices of both.
    pub fn union(self, o: Self) -> Self {
        Deps(self.0 | o.0)
    }
    /// The indices of `self` that are not in `o`.
    pub fn minus(self, o: Self) -> Self {
        Deps(self.0 & !o.0)
    }
    /// This set with one index less.
    pub fn without(self, axis: Axis) -> Self {
        self.minus(Self::of(axis))
    }
    /// Whether every index of `self` is in `o`.
    pub fn within(self, o: Self) -> bool {
        self.minus(o) == Self::NONE
    }
    /// The indices with the roles of `i` and `j` exchanged.
    pub fn swapped(self) -> Self {
        Deps(self.0 >> 1 | (self.0 & 1) << 1)
    }
    /// The indices, `i` first.
    pub fn axes(self) -> impl Iterator<Item = Axis> {
        [Axis::I, Axis::J].into_iter().filter(move |a| self.has(*a))
    }
    /// The only index, if there is exactly one.
    pub fn single(self) -> Option<Axis> {
        match self.0 {
            1 => Some(Axis::I),
            2 => Some(Axis::J),
            _ => None,
        }
    }
}

/// The dimension of a vector as it was declared: a number, or the name of a const parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dim {
    /// `[f32; 3]`
    Lit(usize),
    /// `[T; D]`
    Name(String),
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dim::Lit(n) => n.fmt(f),
            Dim::Name(n) => n.fmt(f),
        }
    }
}

/// The number type of a formula.
#[derive(Clone, Debug)]
pub enum NumberType {
    /// `f32` or `f64`.
    Concrete(Ident),
    /// A type parameter.
    Generic(Ident),
}

impl NumberType {
    /// What the type is called in emitted code.
    pub fn name(&self) -> &Ident {
        match self {
            NumberType::Concrete(t) | NumberType::Generic(t) => t,
        }
    }
}

/// The shape of a value: the join of a known dimension, if any, and of operands whose shape only
/// rustc will know (by number, in the expression form without `where`).
///
/// Joining shapes is idempotent, commutative and associative; a *set* of operands says so, where
/// nested projections of types would not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shape {
    /// The dimension, if a vector of known dimension takes part.
    pub dim: Option<Dim>,
    /// Operands of unknown shape that take part.
    pub free: BTreeSet<usize>,
}

impl Shape {
    /// A number.
    pub fn scalar() -> Self {
        Self::default()
    }
    /// A vector of `dim` numbers.
    pub fn vector(dim: Dim) -> Self {
        Shape { dim: Some(dim), free: BTreeSet::new() }
    }
    /// Whatever operand `k` is.
    pub fn unknown(k: usize) -> Self {
        Shape { dim: None, free: BTreeSet::from([k]) }
    }
    /// Certainly a number.
    pub fn is_scalar(&self) -> bool {
        self.dim.is_none() && self.free.is_empty()
    }
    /// Whether the dimension, or that there is none, is known here.
    pub fn is_known(&self) -> bool {
        self.free.is_empty()
    }
    /// The count of components, where it is known.
    #[allow(clippy::len_without_is_empty, reason = "a shape is not a container")]
    pub fn len(&self) -> Option<usize> {
        match (&self.dim, self.free.is_empty()) {
            (None, true) => Some(1),
            (Some(Dim::Lit(n)), true) => Some(*n),
            _ => None,
        }
    }
    /// The shape of an operation on both, or the two dimensions that do not meet.
    pub fn join(&self, o: &Self) -> Result<Self, (Dim, Dim)> {
        let dim = match (&self.dim, &o.dim) {
            (Some(a), Some(b)) if a != b => return Err((a.clone(), b.clone())),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        Ok(Shape { dim, free: self.free.union(&o.free).copied().collect() })
    }
    /// Whether a value of this shape is one of shape `o` already, or broadcasts to it: joining adds nothing to `o`.
    pub fn within(&self, o: &Self) -> bool {
        (self.dim.is_none() || self.dim == o.dim) && self.free.is_subset(&o.free)
    }
}

/// How the numbers of an operand or a result are read. The parts of complex numbers lie beside each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// As they are.
    #[default]
    Real,
    /// Two of them as one complex number.
    Complex,
    /// As a vector of complex numbers.
    Complexes,
}

impl Reading {
    /// That of complex numbers, a single one if they are no vector.
    pub fn of_complex(is_vector: bool) -> Self {
        if is_vector { Reading::Complexes } else { Reading::Complex }
    }
    /// Whether they are complex.
    pub fn is_complex(self) -> bool {
        match self {
            Reading::Real => false,
            Reading::Complex | Reading::Complexes => true,
        }
    }
    /// The shape of what is read from numbers of this one.
    pub fn shape(self, of: &Shape) -> Shape {
        match self {
            Reading::Real => of.clone(),
            Reading::Complex => Shape::scalar(),
            Reading::Complexes => Shape::vector(Dim::Lit(of.len().unwrap_or_default() / 2)),
        }
    }
}

/// What the components of a value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Numbers to compute with: `f32` or `f64`.
    Number,
    /// Integers: row and column indices, `u32`.
    Integer,
    /// Truths: what comparisons answer. They are not stored, but computed where they decide something.
    Truth,
}

/// Kind, shape and indices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// What the components are.
    pub kind: Kind,
    /// The shape.
    pub shape: Shape,
    /// What the value varies with.
    pub deps: Deps,
}
