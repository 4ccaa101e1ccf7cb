//! What an engine is: a machine that has memory, and reduces rows over columns there.

use keops_core::{Bundle, Gpu, Mutual, Pass};

use crate::evaluate::{self, Evaluation, Kept, Place, Request};
use crate::{Error, Layout, Operand, Pairs, Plan, Scalar, SumScheme, View, ViewMut};

/// Where an engine finds numbers: in the memory of this process, or in its own.
#[derive(Debug)]
pub enum Source<'a, T, M> {
    /// In the memory of this process.
    Host(View<'a, T>),
    /// In the engine's.
    Mine(&'a M, Layout),
}

impl<T, M> Source<'_, T, M> {
    /// Where in its array each number lies.
    pub fn layout(&self) -> Layout {
        match self {
            Source::Host(view) => view.layout(),
            Source::Mine(_, layout) => *layout,
        }
    }
    /// The points from `first` on: of these there are `len`.
    #[must_use]
    pub fn part(self, first: usize, len: usize) -> Self {
        match self {
            Source::Host(view) => Source::Host(view.part(first, len)),
            Source::Mine(memory, layout) => Source::Mine(memory, layout.part(first, len)),
        }
    }
    /// The same points again and again, `len` in all.
    ///
    /// # Errors
    /// When they are repeated already, and do not end where they begin again.
    pub(crate) fn repeated(self, len: usize) -> Result<Self, Error> {
        Ok(match self {
            Source::Host(view) => Source::Host(view.repeated(len)?),
            Source::Mine(memory, layout) => Source::Mine(memory, layout.repeated(len)?),
        })
    }
}

// derived, these would ask the same of `T` and `M`
impl<T, M> Clone for Source<'_, T, M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T, M> Copy for Source<'_, T, M> {}

/// Where an output goes: to the memory of this process, or to the engine's.
#[derive(Debug)]
pub enum Target<'a, T, M> {
    /// To the memory of this process.
    Host(ViewMut<'a, T>),
    /// To the engine's.
    Mine(&'a mut M, Layout),
}

impl<T, M> Target<'_, T, M> {
    /// Where in its array each number goes.
    pub fn layout(&self) -> Layout {
        match self {
            Target::Host(view) => view.layout(),
            Target::Mine(_, layout) => *layout,
        }
    }
    /// The places of `len` points from `first` on.
    pub fn part(&mut self, first: usize, len: usize) -> Target<'_, T, M> {
        match self {
            Target::Host(view) => Target::Host(view.part(first, len)),
            Target::Mine(memory, layout) => Target::Mine(memory, layout.part(first, len)),
        }
    }
}

/// What an engine has made of an operand.
#[derive(Debug)]
pub enum Taken<'a, T, M> {
    /// It is read where it lies.
    Host(View<'a, T>),
    /// It has been copied.
    Copied(M, Layout),
    /// It lies in the engine's memory already.
    Mine(&'a M, Layout),
}

impl<T, M> Taken<'_, T, M> {
    /// Where to read it.
    pub fn source(&self) -> Source<'_, T, M> {
        match self {
            Taken::Host(view) => Source::Host(*view),
            Taken::Copied(memory, layout) => Source::Mine(memory, *layout),
            Taken::Mine(memory, layout) => Source::Mine(memory, *layout),
        }
    }
}

/// What the points of a parameter are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// There is one.
    Call,
    /// There is one for each of [`Pairs::problems`].
    Problem,
    /// There is one for each of [`Pairs::blocks`].
    Block,
}

/// Some points of an index that follow each other, of all in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first.
    pub first: usize,
    /// How many.
    pub len: usize,
}

impl Window {
    /// All of `len`.
    pub const fn all(len: usize) -> Self {
        Window { first: 0, len }
    }
    /// The points of `range` that are in the window.
    pub fn of(&self, range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let start = range.start.max(self.first);
        start..range.end.min(self.first + self.len).max(start)
    }
}

/// What a pass is applied to.
///
/// `rows` and `cols` hold the points in their windows, and `pairs` counts in points of the whole call, so that engines
/// which divide a call among several machines, or take it in pieces, hand on the same pairs with other windows. The bundles
/// of a pass have the operands' components one after the other.
#[derive(Debug)]
pub struct Inputs<'a, T, M> {
    /// Operands without an index.
    pub params: &'a [(Source<'a, T, M>, Per)],
    /// Operands of the index that is kept.
    pub rows: &'a [Source<'a, T, M>],
    /// Operands of the index that is reduced.
    pub cols: &'a [Source<'a, T, M>],
    /// Whether there is an index that is kept. If not, there is a row for each problem.
    pub kept: bool,
    /// Which rows are here.
    pub row_window: Window,
    /// Which columns are here.
    pub col_window: Window,
    /// Which pairs count.
    pub pairs: &'a Pairs,
    /// The indices of the rows in the window, where they do not simply count the rows of their problem.
    pub row_numbers: Option<&'a [u32]>,
    /// The indices of the columns, likewise.
    pub col_numbers: Option<&'a [u32]>,
    /// How to add up.
    pub sum_scheme: SumScheme,
}

/// How many numbers the operands of a pass have, and its outputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Widths {
    pub(crate) params: usize,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) out: usize,
}

impl Widths {
    pub(crate) fn of<F: Pass>() -> Self {
        Widths { params: F::Params::LEN, rows: F::Rows::LEN, cols: F::Cols::LEN, out: F::Out::LEN }
    }

    /// What engines rely on when they write results.
    ///
    /// # Panics
    /// When the outputs are not those of a pass of such widths, for the rows of a window.
    pub(crate) fn check<T, M>(&self, outputs: &[Target<'_, T, M>], rows: Window) {
        let layouts = || outputs.iter().map(Target::layout);
        let fits = layouts().map(|layout| layout.width).sum::<usize>() == self.out;
        assert!(fits && layouts().all(|layout| layout.len == rows.len), "the outputs are not those of the pass");
    }
}

impl<T, M> Inputs<'_, T, M> {
    /// What engines rely on when they read operands.
    ///
    /// # Panics
    /// When the operands are not those of a pass of such widths, or not as many as the windows have points.
    pub(crate) fn check(&self, widths: Widths) {
        let fits = |sources: &[Source<'_, T, M>], numbers: usize, window: Window, own: Option<&[u32]>| {
            let layouts = || sources.iter().map(Source::layout);
            layouts().map(|layout| layout.width).sum::<usize>() == numbers
                && layouts().all(|layout| layout.len == window.len)
                && own.is_none_or(|own| own.len() == window.len)
                && window.first + window.len <= u32::MAX as usize
        };
        let points = |per: Per| match per {
            Per::Call => 1,
            Per::Problem => self.pairs.problems().len(),
            Per::Block => self.pairs.blocks().len(),
        };
        let params = self.params.iter().map(|(source, _)| source.layout().width).sum::<usize>() == widths.params
            && self.params.iter().all(|(source, per)| source.layout().len == points(*per));
        assert!(
            params
                && fits(self.rows, widths.rows, self.row_window, self.row_numbers)
                && fits(self.cols, widths.cols, self.col_window, self.col_numbers),
            "the operands are not those of the pass"
        );
    }
}

/// The operands of a pass as those of another engine, by which it is computed.
pub(crate) struct Translated<'a, T, M> {
    params: Vec<(Source<'a, T, M>, Per)>,
    pub(crate) rows: Vec<Source<'a, T, M>>,
    cols: Vec<Source<'a, T, M>>,
}

impl<'a, T, M> Translated<'a, T, M> {
    /// Translates what lies in an engine's memory; what lies in that of this process is the same for all.
    pub(crate) fn of<N>(
        inputs: &Inputs<'a, T, N>,
        translate: impl Fn(&'a N, Layout) -> Result<Source<'a, T, M>, Error>,
    ) -> Result<Self, Error> {
        let one = |source: &Source<'a, T, N>| match *source {
            Source::Host(view) => Ok(Source::Host(view)),
            Source::Mine(memory, layout) => translate(memory, layout),
        };
        let all = |sources: &[Source<'a, T, N>]| sources.iter().map(one).collect::<Result<Vec<_>, Error>>();
        let params = inputs.params.iter().map(|(source, per)| Ok((one(source)?, *per)));
        let params = params.collect::<Result<_, Error>>()?;
        Ok(Translated { params, rows: all(inputs.rows)?, cols: all(inputs.cols)? })
    }

    /// The same pass with these operands.
    pub(crate) fn inputs<'t, N>(&'t self, of: &Inputs<'t, T, N>) -> Inputs<'t, T, M> {
        let Inputs { kept, row_window, col_window, pairs, row_numbers, col_numbers, sum_scheme, .. } = *of;
        let (params, rows, cols) = (&self.params, &self.rows, &self.cols);
        Inputs { params, rows, cols, kept, row_window, col_window, pairs, row_numbers, col_numbers, sum_scheme }
    }
}

impl<T, M> Clone for Inputs<'_, T, M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T, M> Copy for Inputs<'_, T, M> {}

/// A machine that computes passes: it has memory, and it can reduce some rows over some columns, go on with others, and
/// finish.
///
/// # What decides the bits of a row
///
/// The row itself, the parameters, its columns in ascending order, and the [`span`](Engine::span) of its problem's sizes.
/// *Columns are reduced in spans, counted from the first column of the problem: each span from scratch, and spans are merged
/// into what the row has been reduced into, one after the other, in ascending order. Windows of columns end where spans
/// end.* Within a span an engine does what it likes, as long as that depends on the formula, the sizes of the problem and
/// the listed columns only. So the bits do not depend on the number of threads, devices or machines, nor on how a call is
/// cut into windows, nor on whether what rows have been reduced into was [saved](Engine::save) and restored between; ranges that
/// list all columns are no ranges; and batches are calls.
///
/// # Writing one
///
/// [`code`](Engine::code) alone knows formulas. All else works on what it returns, and on [`Inputs`] that name no types. See
/// `Naive` for the least that it takes.
pub trait Engine<T: Scalar>: Sized {
    /// A pass, ready to run here.
    type Code;
    /// Numbers that this engine holds.
    type Memory: 'static;
    /// What the rows of a window have been reduced into so far.
    type Partial;

    /// Prepares a pass. `gpu` is what a build script has made of it, if anything.
    ///
    /// # Errors
    /// When this engine has no code for the pass.
    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error>;

    /// Prepares a pass that can sum over its rows as well. An engine that has no use for that takes it as any other; one
    /// that is around another hands it on, for its bits may be those of other blocks.
    ///
    /// # Errors
    /// Those of [`code`](Engine::code).
    fn code_mutual<F: Mutual>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        self.code::<F>(gpu)
    }

    /// Room for some numbers.
    ///
    /// # Errors
    /// When there is no memory.
    fn room(&self, numbers: usize) -> Result<Self::Memory, Error>;
    /// Copies the numbers from `first` on to this process. Waits for what is being computed there.
    ///
    /// # Errors
    /// What the engine's machine says.
    fn read(&self, from: &Self::Memory, first: usize, to: &mut [T]) -> Result<(), Error>;
    /// Copies numbers from this process, to `first` and behind.
    ///
    /// # Errors
    /// What the engine's machine says.
    fn write(&self, to: &mut Self::Memory, first: usize, from: &[T]) -> Result<(), Error>;
    /// Takes an operand, once for all passes of a call, which read it `uses` times.
    ///
    /// # Errors
    /// That of an operand that has failed; when there is no memory; and when the operand lies where it cannot be read.
    fn take<'a>(&self, operand: &'a Operand<'_, T>, uses: usize) -> Result<Taken<'a, T, Self::Memory>, Error>;

    /// How many columns a span has in a problem of so many rows and columns: at least one.
    fn span(&self, code: &Self::Code, rows: usize, cols: usize) -> usize;
    /// What the rows of the window have been reduced into before the first column.
    ///
    /// # Errors
    /// When there is no memory.
    fn start(&self, code: &Self::Code, inputs: &Inputs<'_, T, Self::Memory>) -> Result<Self::Partial, Error>;
    /// Reduces the rows over the columns of the window, which come after all columns so far.
    ///
    /// # Errors
    /// When there is no memory, and what the engine's machine says.
    fn reduce(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        into: &mut Self::Partial,
    ) -> Result<(), Error>;
    /// Takes in what the same rows have been reduced into over columns that come later: of one span, for these are the bits of
    /// [`reduce`](Engine::reduce) over it.
    ///
    /// # Errors
    /// When there is no memory, and what the engine's machine says.
    fn merge(&self, code: &Self::Code, into: &mut Self::Partial, next: &Self::Partial) -> Result<(), Error>;
    /// Computes the results of the rows, each output to its target.
    ///
    /// # Errors
    /// When there is no memory, and what the engine's machine says.
    fn finish(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        partial: Self::Partial,
        outputs: &mut [Target<'_, T, Self::Memory>],
    ) -> Result<(), Error>;
    /// What rows have been reduced into, as numbers: for each row those of the pass's accumulator, in this order.
    ///
    /// # Errors
    /// What the engine's machine says.
    fn save(&self, partial: &Self::Partial) -> Result<Vec<T>, Error>;
    /// Takes saved numbers up again, perhaps those of another engine.
    ///
    /// # Errors
    /// When there is no memory.
    fn restore(&self, code: &Self::Code, numbers: &[T]) -> Result<Self::Partial, Error>;

    /// Reduces and finishes at once. An engine may know a faster way, to the same bits.
    ///
    /// # Errors
    /// Those of [`reduce`](Engine::reduce) and [`finish`](Engine::finish).
    fn run(
        &self,
        code: &Self::Code,
        inputs: &Inputs<'_, T, Self::Memory>,
        outputs: &mut [Target<'_, T, Self::Memory>],
    ) -> Result<(), Error> {
        let mut partial = self.start(code, inputs)?;
        self.reduce(code, inputs, &mut partial)?;
        self.finish(code, inputs, partial, outputs)
    }

    /// Runs two passes at once, of which the first is [mutual](Engine::code_mutual) and the second what it can sum over its rows: where this
    /// engine does that and it pays. What decides is which pairs there are, how they are added up, and the formula. Answers whether it was done; if not,
    /// nothing was. The bits depend on the same alone, but are not those of one pass after the other.
    ///
    /// # Errors
    /// When there is no memory.
    fn run_mutual(
        &self,
        codes: [&Self::Code; 2],
        inputs: [&Inputs<'_, T, Self::Memory>; 2],
        outputs: [&mut [Target<'_, T, Self::Memory>]; 2],
    ) -> Result<bool, Error> {
        let _ = (codes, inputs, outputs);
        Ok(false)
    }

    /// What of this engine decides bits beside what is written above. Where several processes compute one call, all have the same.
    fn kind(&self) -> String {
        std::any::type_name::<Self>().into()
    }

    /// Checks a call, and does with it what is left to do. An engine whose points are spread over several processes learns here how many
    /// there are, and sees to it that all processes answer alike.
    ///
    /// # Errors
    /// What the checks find, and those of `body`.
    fn around<R>(
        &self,
        request: &Request<'_, T>,
        body: impl FnOnce(&Evaluation<'_, T>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        body(&request.alone()?)
    }

    /// Does what takes several calls, or may fail before the first: `what` says what that is, in words. An engine whose points are spread over
    /// several processes sees to it that all of them mean the same, and answer alike.
    ///
    /// # Errors
    /// Those of `body`.
    fn alike<R>(
        &self,
        what: impl FnOnce() -> Result<String, Error>,
        body: impl FnOnce() -> Result<R, Error>,
    ) -> Result<R, Error> {
        let _ = what;
        body()
    }

    /// Whether points are spread over several processes, each of which has some. What needs all of them is refused then.
    fn is_divided(&self) -> bool {
        false
    }

    /// Multiplies by a matrix that is equal to its transpose, computing each entry once for both of its places, where this engine does that and
    /// it pays. `request` is the product with one column, the sum that `P` is, but its last operand has as many columns as `out`. What
    /// decides is how many rows and columns there are, and the formula; only then `is_symmetric` is asked. Answers whether it was done. The bits depend on
    /// the same alone, but are not those of the sum.
    ///
    /// # Errors
    /// Those of the request, of `is_symmetric`, and when there is no memory.
    fn halve<P: Plan>(
        &self,
        request: &Request<'_, T>,
        is_symmetric: impl FnOnce() -> Result<bool, Error>,
        out: &mut ViewMut<'_, T>,
    ) -> Result<bool, Error> {
        let _ = (request, is_symmetric, out);
        Ok(false)
    }

    /// Evaluates a plan, step by step. An engine that is compiled elsewhere than the call may have this compiled there.
    ///
    /// # Errors
    /// Those of the steps.
    fn evaluate(
        &self,
        evaluation: &Evaluation<'_, T>,
        codes: &[Self::Code],
        places: Vec<Place<'_, T>>,
    ) -> Result<Vec<Kept<Self::Memory>>, Error> {
        evaluate::steps(self, evaluation, codes, places)
    }
}
