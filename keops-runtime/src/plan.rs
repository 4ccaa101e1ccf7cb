//! What the `keops!` macro makes of a kernel: a short plan of passes.

use crate::{Answer, Engine, Error, Operand, Scalar, SumScheme, View};

/// An operand as the formula declares it. Neither row nor column: a parameter.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// Its name, without suffix.
    pub name: &'static str,
    /// Whether it is used with the index of the rows.
    pub rows: bool,
    /// Whether it is used with the index of the columns.
    pub cols: bool,
}

/// A kernel: straight-line host code over passes, on any engine.
pub trait Plan: 'static {
    /// The operands, in the order in which a call holds them.
    const OPERANDS: &'static [Declared];
    /// What the result is.
    type Answer: Answer;
    /// Runs the passes. `out` has room for all numbers of the answer; every one is written.
    ///
    /// # Errors
    /// Those of the engine, and of [`buffer`].
    fn run<T: Scalar, E: Engine<T>>(
        engine: &E,
        inputs: &Inputs<'_, T>,
        out: <Self::Answer as Answer>::Numbers<'_, T>,
    ) -> Result<(), Error>;
}

/// The operands of one evaluation, of checked lengths.
#[derive(Clone, Debug)]
pub struct Inputs<'a, T> {
    views: Vec<View<'a, T>>,
    m: usize,
    n: usize,
    sum_scheme: SumScheme,
}

impl<'a, T: Scalar> Inputs<'a, T> {
    pub(crate) fn new(
        declared: &[Declared],
        operands: &'a [Operand<'_, T>],
        sum_scheme: SumScheme,
    ) -> Result<Self, Error> {
        assert_eq!(declared.len(), operands.len(), "a call holds the operands of its plan");
        let views = operands.iter().map(Operand::view).collect::<Result<Vec<_>, _>>()?;
        let m = common_length(declared, &views, 'i', |d| d.rows)?;
        let n = common_length(declared, &views, 'j', |d| d.cols)?;
        Ok(Inputs { views, m, n, sum_scheme })
    }
    /// The numbers of operand `k`.
    pub fn view(&self, k: usize) -> View<'a, T> {
        self.views[k]
    }
    /// How many rows.
    pub fn m(&self) -> usize {
        self.m
    }
    /// How many columns.
    pub fn n(&self) -> usize {
        self.n
    }
    /// How to add up.
    pub fn sum_scheme(&self) -> SumScheme {
        self.sum_scheme
    }
}

/// The length of all operands with one index; 0 where there are none.
fn common_length<T>(
    declared: &[Declared],
    views: &[View<'_, T>],
    index: char,
    has: impl Fn(&Declared) -> bool,
) -> Result<usize, Error> {
    let mut first: Option<(&Declared, usize)> = None;
    for (d, view) in declared.iter().zip(views).filter(|(d, _)| has(d)) {
        let len = view.len();
        if len >= u32::MAX as usize {
            return Err(Error::TooManyPoints { name: d.name, len });
        }
        let (other, expected) = *first.get_or_insert((d, len));
        if len != expected {
            let shared = [other, d].into_iter().find(|d| d.rows && d.cols).map(|d| d.name);
            return Err(Error::Lengths { name: d.name, found: len, other: other.name, expected, index, shared });
        }
    }
    Ok(first.map_or(0, |(_, len)| len))
}

/// Room for `len` numbers: results of earlier passes.
///
/// # Errors
/// When there is no memory.
pub fn buffer<T: Scalar>(len: usize) -> Result<Vec<T>, Error> {
    crate::answer::filled(len, T::default())
}

/// Takes one of several results: from each row of as many numbers as there are in `parts` together, those of part `k`.
pub fn pick<T: Scalar>(rows: &[T], parts: &[usize], k: usize, out: &mut [T]) {
    let (stride, first, len) = (parts.iter().sum::<usize>(), parts[..k].iter().sum::<usize>(), parts[k]);
    for (out, row) in out.chunks_exact_mut(len.max(1)).zip(rows.chunks_exact(stride.max(1))) {
        out.copy_from_slice(&row[first..first + len]);
    }
}
