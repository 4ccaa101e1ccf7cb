//! What the `keops!` macro makes of a kernel: a table of steps.

use crate::host::Few;
use crate::{Answer, Engine, Error, Scalar};

/// An index of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Of the rows.
    I,
    /// Of the columns.
    J,
}

impl Axis {
    /// Its letter in formulas.
    pub const fn letter(self) -> char {
        match self {
            Axis::I => 'i',
            Axis::J => 'j',
        }
    }
}

/// An operand as the formula uses it. Neither row nor column: a parameter.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Its name, without suffix.
    pub name: &'static str,
    /// Whether it is used with the index of the rows.
    pub rows: bool,
    /// Whether it is used with the index of the columns.
    pub cols: bool,
    /// Whether it is made of integers.
    pub integers: bool,
}

/// Where an operand of a step comes from.
#[derive(Clone, Copy, Debug)]
pub enum Leaf {
    /// From the call: the operand of this number.
    Operand(usize),
    /// The number of points that the index has.
    Count(Axis),
    /// An output of an earlier step: the numbers of both.
    Output(usize, usize),
}

/// One pass: where its operands come from, and how wide its outputs are.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The index that is kept; none where there is one row for each problem.
    pub kept: Option<Axis>,
    /// The index that is reduced; none where nothing is.
    pub reduced: Option<Axis>,
    /// The operands without an index.
    pub params: &'static [Leaf],
    /// The operands of the kept index.
    pub rows: &'static [Leaf],
    /// The operands of the reduced index.
    pub cols: &'static [Leaf],
    /// How many numbers each output has for a row.
    pub outputs: &'static [usize],
    /// Whether it adds up what an earlier step has computed for each row, which takes every addition compensated.
    pub is_total: bool,
    /// The step whose sums this one's code can compute beside its own, if it has been [made for that](Engine::code_mutual): one behind it, of
    /// the same pairs, that keeps the index which is reduced here.
    pub mutual: Option<usize>,
}

/// A kernel as a table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The formula, as it was written.
    pub formula: &'static str,
    /// Its operands, in the order in which a call holds them.
    pub operands: &'static [Usage],
    /// What is computed, in order.
    pub steps: &'static [Step],
    /// The results: numbers of steps and of their outputs.
    pub roots: &'static [(usize, usize)],
    /// Why it cannot be computed over some of the pairs only, if it cannot.
    pub whole: Option<&'static str>,
}

impl Table {
    /// The index of a result; none where there is one for each problem.
    pub(crate) fn kept(&self, root: usize) -> Option<Axis> {
        self.steps[self.roots[root].0].kept
    }
}

/// A kernel: a table, and code for its steps on any engine.
///
/// `keops!` writes the implementations; what they name changes without notice. Code that takes calls of any formula has it as a
/// bound: `fn solve<P: Plan>(call: &Call<'_, f32, P>)`.
pub trait Plan: 'static {
    /// The steps.
    const TABLE: &'static Table;
    /// What the results are.
    type Answer: Answer;
    /// Prepares a step, of which there are as many as in the table.
    ///
    /// # Errors
    /// Those of [`Engine::code`].
    fn code<T: Scalar, E: Engine<T>>(engine: &E, step: usize) -> Result<E::Code, Error>;
}

/// Prepares all steps of a plan.
pub(crate) fn codes<P: Plan, T: Scalar, E: Engine<T>>(engine: &E) -> Result<Few<E::Code>, Error> {
    each_code(P::TABLE, &mut |step| P::code(engine, step))
}

/// The same by a trait object, for what makes a list of them to be compiled once and not for each plan.
#[inline(never)]
pub(crate) fn each_code<C>(table: &Table, code: &mut dyn FnMut(usize) -> Result<C, Error>) -> Result<Few<C>, Error> {
    (0..table.steps.len()).map(code).collect()
}

/// Ends the program: a plan was asked for a step that it does not have.
pub fn no_step(step: usize) -> ! {
    unreachable!("a plan has no step {step}")
}
