//! A call on its way to an engine: what is checked of it, and what an engine then is given.

mod steps;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

pub(crate) use self::steps::{kept_numbers, steps};
use crate::engine::{Per, Window};
use crate::host::viewed;
use crate::pairs::{BothWays, Told};
use crate::plan::{Axis, Step, Table, Usage};
use crate::{Error, Layout, Operand, Pairs, PairsError, Problem, Scalar, SumScheme, ViewMut};

/// A call on its way to an engine, of which nothing has been checked.
pub struct Request<'a, T> {
    pub(crate) table: &'static Table,
    pub(crate) operands: &'a [Operand<'a, T>],
    /// Which pairs.
    pub(crate) pairs: Told<'a>,
    pub(crate) sum_scheme: SumScheme,
}

/// Which points of a call are here, where it is divided among several processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The rows and the columns that are here.
    pub windows: [Window; 2],
    /// How many rows and columns there are everywhere.
    pub sizes: [usize; 2],
}

/// A call on its way to an engine: a plan, operands of checked lengths, and pairs.
pub struct Evaluation<'a, T> {
    pub(crate) table: &'static Table,
    operands: &'a [Operand<'a, T>],
    /// Which rows and columns are here.
    windows: [Window; 2],
    /// Of all rows and columns, wherever they are.
    pairs: Cow<'a, BothWays>,
    sum_scheme: SumScheme,
}

/// Where a result goes.
#[derive(Debug)]
pub enum Place<'r, T> {
    /// To the memory of this process.
    Host(ViewMut<'r, T>),
    /// It stays in the engine's.
    Keep,
}

/// A result that has stayed with its engine, and where in that memory it lies.
pub type Kept<M> = Option<(M, Layout)>;

impl<'a, T: Scalar> Request<'a, T> {
    /// The evaluation of all points here.
    ///
    /// # Errors
    /// When operands of one index differ in length, or have not as many points as the pairs, when there are too many points, and
    /// when the plan needs all pairs.
    ///
    /// # Panics
    /// When there are not as many operands as the plan has.
    pub fn alone(&self) -> Result<Evaluation<'a, T>, Error> {
        assert_eq!(self.table.operands.len(), self.operands.len(), "a call holds the operands of its plan");
        let pairs = self.pairs.pairs()?;
        let lengths = [Axis::I, Axis::J].map(|axis| match pairs {
            None => length(self.indexed(axis), axis),
            Some(pairs) => length_of_pairs(self.indexed(axis), axis, pairs.pairs()),
        });
        let [m, n] = lengths;
        let (m, n) = (m?, n?);
        self.within(Share { windows: [Window::all(m), Window::all(n)], sizes: [m, n] })
    }

    /// The evaluation of the rows that are here, where operands have the points of these windows.
    ///
    /// # Errors
    /// When the pairs are not of as many points as there are in all, and when the plan needs all pairs.
    pub fn within(&self, share: Share) -> Result<Evaluation<'a, T>, Error> {
        let Request { table, operands, pairs, sum_scheme } = *self;
        let [m, n] = share.sizes;
        let pairs = pairs.pairs()?.map_or_else(|| Cow::Owned(BothWays::new(Pairs::all(m, n))), Cow::Borrowed);
        for (axis, found) in [Axis::I, Axis::J].into_iter().zip(share.sizes) {
            let expected = pairs.pairs().sizes()[axis as usize];
            let Some((&Usage { name, .. }, _)) = self.indexed(axis).next() else { continue };
            if found >= u32::MAX as usize {
                return Err(Error::TooManyPoints { name, len: found });
            }
            if found != expected {
                let (index, batches) = (axis.letter(), pairs.pairs().problems().len() != 1);
                return Err(PairsError::Points { name, found, expected, index, batches, one: None }.into());
            }
        }
        let batches = pairs.pairs().problems().len();
        for (usage, operand) in self.params() {
            let found = points(usage, operand)?;
            if found != 1 && found != batches {
                return Err(PairsError::Values { name: usage.name, found, batches }.into());
            }
        }
        match table.whole {
            Some(why) if !pairs.pairs().are_whole() => Err(Error::Ranges { formula: table.formula, why }),
            _ => Ok(Evaluation { table, operands, windows: share.windows, pairs, sum_scheme }),
        }
    }

    /// How many rows and columns the operands have.
    ///
    /// # Errors
    /// When those of one index differ in length, and when there are too many points.
    pub fn sizes(&self) -> Result<[usize; 2], Error> {
        sizes(self.table.operands, self.operands)
    }

    /// The operands that are used with an index.
    fn indexed(&self, axis: Axis) -> impl Iterator<Item = Used<'a, T>> + use<'a, T> {
        indexed(self.table.operands, self.operands, axis)
    }

    /// The operands without an index.
    pub(crate) fn params(&self) -> impl Iterator<Item = Used<'a, T>> + use<'a, T> {
        self.table.operands.iter().zip(self.operands).filter(|(usage, _)| !usage.rows && !usage.cols)
    }
}

impl<T: Scalar> fmt::Debug for Request<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Request");
        out.field("formula", &self.table.formula).field("operands", &self.operands);
        out.field("pairs", &self.pairs).field("sum_scheme", &self.sum_scheme).finish()
    }
}

impl<T: Scalar> Evaluation<'_, T> {
    /// How many rows and columns are here.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        self.windows.map(|window| window.len)
    }

    /// The points of a problem that are here, counted from the first that is.
    pub(crate) fn here(&self, axis: Axis, of_problem: &Range<usize>) -> Range<usize> {
        let window = self.windows[axis as usize];
        let place = |point: usize| point.clamp(window.first, window.first + window.len) - window.first;
        place(of_problem.start)..place(of_problem.end)
    }

    /// The problems, of the rows and columns of the call.
    pub(crate) fn problems(&self) -> &[Problem] {
        self.pairs.pairs().problems()
    }

    /// How many results there are of one kind.
    pub(crate) fn results(&self, root: usize) -> usize {
        self.window(self.table.kept(root)).len
    }

    /// The points of an index that are here; without one, a point for each problem, on every machine.
    fn window(&self, axis: Option<Axis>) -> Window {
        axis.map_or(Window::all(self.problems().len()), |axis| self.windows[axis as usize])
    }

    /// The pairs of a step: its rows are those of the index that it keeps.
    fn pairs(&self, step: &Step) -> Cow<'_, Pairs> {
        match (step.kept, step.reduced) {
            (Some(Axis::I), _) => Cow::Borrowed(self.pairs.pairs()),
            (Some(Axis::J), _) => Cow::Borrowed(self.pairs.transposed()),
            (None, Some(Axis::I)) => Cow::Owned(Pairs::row_per_problem(self.problems().iter().map(|p| p.rows.clone()))),
            (None, _) => Cow::Owned(Pairs::row_per_problem(self.problems().iter().map(|p| p.cols.clone()))),
        }
    }

    /// How many points an index has, for each row of a step.
    fn counts(&self, axis: Axis, step: &Step, pairs: &Pairs) -> (Vec<T>, Per) {
        let number = |count: usize| T::from_f64(count as f64);
        if step.kept.is_some_and(|kept| kept != axis) {
            // those that a row meets
            (pairs.blocks().iter().map(|block| number(pairs.count(block))).collect(), Per::Block)
        } else {
            let of = |p: &Problem| if axis == Axis::I { p.rows.len() } else { p.cols.len() };
            (self.problems().iter().map(|problem| number(of(problem))).collect(), Per::Problem)
        }
    }
}

impl<T: Scalar> fmt::Debug for Evaluation<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluation")
            .field("formula", &self.table.formula)
            .field("operands", &self.operands)
            .field("pairs", self.pairs.pairs())
            .field("sum_scheme", &self.sum_scheme)
            .finish()
    }
}

/// An operand, and how the formula uses it.
type Used<'a, T> = (&'a Usage, &'a Operand<'a, T>);

/// The operands that are used with an index.
fn indexed<'a, T>(
    usages: &'static [Usage],
    operands: &'a [Operand<'a, T>],
    axis: Axis,
) -> impl Iterator<Item = Used<'a, T>> {
    let is_of = move |usage: &Usage| if axis == Axis::I { usage.rows } else { usage.cols };
    usages.iter().zip(operands).filter(move |(usage, _)| is_of(usage))
}

/// How many points an operand has.
fn points<T: Scalar>(usage: &Usage, operand: &Operand<'_, T>) -> Result<usize, Error> {
    match operand {
        Operand::Failed(error) => Err(Error::Operand { name: usage.name, error: Box::new(error.clone()) }),
        operand => Ok(operand.points().unwrap_or_default()),
    }
}

/// The length of all operands with one index; 0 where there are none.
fn length<'a, T: Scalar>(operands: impl Iterator<Item = Used<'a, T>>, axis: Axis) -> Result<usize, Error> {
    let mut first: Option<(&Usage, usize)> = None;
    for (usage, operand) in operands {
        let len = points(usage, operand)?;
        if len >= u32::MAX as usize {
            return Err(Error::TooManyPoints { name: usage.name, len });
        }
        let (other, expected) = *first.get_or_insert((usage, len));
        if len != expected {
            let shared = [other, usage].into_iter().find(|u| u.rows && u.cols).map(|u| u.name);
            let index = axis.letter();
            return Err(Error::Lengths { name: usage.name, found: len, other: other.name, expected, index, shared });
        }
    }
    Ok(first.map_or(0, |(_, len)| len))
}

/// How many rows and columns these operands have.
///
/// # Errors
/// When those of one index differ in length, and when there are too many points.
pub(crate) fn sizes<T: Scalar>(usages: &'static [Usage], operands: &[Operand<'_, T>]) -> Result<[usize; 2], Error> {
    let of = |axis: Axis| length(indexed(usages, operands, axis), axis);
    Ok([of(Axis::I)?, of(Axis::J)?])
}

/// Whether two operands have the same points.
///
/// # Errors
/// Those of the operands.
pub(crate) fn are_same<T: Scalar>(a: &Operand<'_, T>, b: &Operand<'_, T>) -> Result<bool, Error> {
    viewed(a, |a| {
        viewed(b, |b| {
            let alike = (a.layout().len, a.layout().width) == (b.layout().len, b.layout().width);
            Ok(alike && (a.is_same(&b) || a.numbers().eq(b.numbers())))
        })
    })
}

/// How many points of one index some pairs have. Operands have as many, or as many as each problem where all have as many.
fn length_of_pairs<'a, T: Scalar>(
    operands: impl Iterator<Item = Used<'a, T>>,
    axis: Axis,
    pairs: &Pairs,
) -> Result<usize, Error> {
    let (expected, index) = (pairs.sizes()[axis as usize], axis.letter());
    let mut lens = pairs.problems().iter().map(|p| if axis == Axis::I { p.rows.len() } else { p.cols.len() });
    let one = lens.next().filter(|first| pairs.are_alike() || lens.all(|len| len == *first));
    let batches = pairs.problems().len() != 1;
    for (usage, operand) in operands {
        let found = points(usage, operand)?;
        if found != expected && Some(found) != one {
            return Err(PairsError::Points {
                name: usage.name,
                found,
                expected,
                index,
                batches,
                one: one.filter(|_| batches),
            }
            .into());
        }
    }
    Ok(expected)
}
