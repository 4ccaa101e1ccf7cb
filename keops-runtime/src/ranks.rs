//! A call divided among ranks: processes on one or more machines, each with an engine and its part of the points.
//!
//! | file | what it knows |
//! |---|---|
//! | `communicator` | how ranks talk to each other |
//! | `agreement` | how they learn of what went wrong on one of them |
//! | `columns` | columns on their way to all ranks |
//! | `points` | how points come to ranks, and results back |
//! | `files` | the same from files of numpy, and to them |

mod agreement;
mod columns;
mod communicator;
mod error;
#[cfg(feature = "npy")]
mod files;
mod points;

use std::cell::Cell;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use keops_core::{Gpu, Mutual, Pass};

use self::agreement::{At, hash, words};
use self::columns::{Cut, width, windows};
pub use self::communicator::{Communicator, Piece};
pub use self::error::RanksError;
#[cfg(feature = "npy")]
pub use self::files::Numpy;
use crate::engine::{Engine, Inputs, Source, Taken, Target, Window};
use crate::evaluate::{Evaluation, Request, Share};
use crate::host::{room, viewed};
use crate::pairs::{BothWays, Told};
use crate::resident::Keeps;
use crate::{Error, Foreign, Operand, Problem, Prunes, Scalar};

/// How many bytes of columns travel together.
const PIECE: usize = 8 << 20;
/// How many times as many where some of the pairs are left out: of more columns at once more can be.
const TO_PRUNE: usize = 8;
/// How many windows a piece has, between which ranks look after what travels.
const WINDOWS: usize = 4;

/// An engine whose calls are divided among ranks: each holds some of the rows and some of the columns, and gets the results of its own.
///
/// Every rank makes the same calls, in the same order, with its own part of the points: as many as it likes, or none. Rows and columns
/// count through from rank 0 to the last, which `i`, `j` and the results of `argmin` go by. Parameters are the same on all ranks. So a result has a row on the
/// rank that has the point, the gradient in an operand is where the operand is, and what has one row for all (a total, the gradient in a
/// parameter) is the same on all ranks.
///
/// **Results have the bits that one process gives**, for any number of ranks and any parts, as long as all ranks' engines are of one kind: the
/// same instruction set, or compute capability. [`Ranges`](crate::Ranges) and [`Batches`](crate::Batches) are those of all points, the same on all ranks.
///
/// Of a [`Matrix`](crate::Matrix) the products are computed over ranks, `k.on(&ranks).apply(&b)`: `b` has a row for each column of this rank, and the product
/// one for each of its rows. Entries are refused ([`RanksError::Entries`](crate::RanksError::Entries)), for no rank has all points.
///
/// What an engine with memory of its own leaves there, by `eval_device`, is not waited for: what goes wrong later is told on that rank when it is read, and
/// by the next call on all.
///
/// # Memory
///
/// Columns travel in pieces, while work is done on the piece before: a rank holds its own points and results, and two pieces of some megabytes, or of
/// as many columns as the engine takes in one span. Those of a call that is [pruned](crate::Pruned) are eight times as large, and each is searched on its own.
///
/// # Errors
///
/// What goes wrong on one rank, an error or a panic within a call, all ranks answer with: [`RanksError::Failed`](crate::RanksError::Failed) says where and what. Where ranks
/// have different formulas, dimensions, parameters, pairs or engines, or are at different calls, all answer with [`RanksError::Differ`](crate::RanksError::Differ). None waits for
/// one that has given up, or has come to the end of the program.
pub struct Ranks<E, C: Communicator> {
    inner: E,
    communicator: C,
    piece: usize,
    /// What rank 0 is told after each window of columns: which part of those of a pass it has done.
    progress: Option<Rc<dyn Fn(f64)>>,
    /// Whether all ranks know of a failure. Until they do, the one that failed says so the next time they agree.
    agreed: Cell<bool>,
    /// Whether it is the one of its communicator that waits for the others in the end.
    leaves: bool,
}

impl<E, C: Communicator> Ranks<E, C> {
    /// This engine on every rank.
    pub fn new(inner: E, communicator: C) -> Self {
        Ranks { inner, communicator, piece: PIECE, progress: None, agreed: Cell::new(false), leaves: true }
    }

    /// The same, with so many bytes of columns on their way at a time.
    #[must_use]
    pub fn with_piece(mut self, bytes: usize) -> Self {
        self.piece = bytes;
        self
    }

    /// The same, which calls `told` on rank 0 as the columns of a pass are done: with the part that is, from 0 to 1. A plan with several passes begins anew with
    /// each; a pass whose columns travel at once is told of at its end.
    #[must_use]
    pub fn with_progress(mut self, told: impl Fn(f64) + 'static) -> Self {
        self.progress = (self.rank() == 0).then(|| Rc::new(told) as Rc<dyn Fn(f64)>);
        self
    }

    /// The number of this rank, from 0 on.
    pub fn rank(&self) -> usize {
        self.communicator.rank()
    }
    /// How many ranks there are.
    pub fn ranks(&self) -> usize {
        self.communicator.ranks()
    }
    /// The engine of this rank.
    pub fn engine(&self) -> &E {
        &self.inner
    }
    /// How it talks to the others.
    pub fn communicator(&self) -> &C {
        &self.communicator
    }

    /// How many columns of a pass travel together at most.
    fn most<T, M>(&self, inputs: &Inputs<'_, T, M>) -> usize {
        self.piece / (width(inputs.cols) * size_of::<T>()).max(1)
    }

    /// Computes a pass that has a row for each problem, which is the same on all ranks: spans of columns are shared out, and what they are reduced into
    /// travels.
    fn run_shared<T: Scalar>(
        &self,
        code: &E::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        owners: &[Window],
        outputs: &mut [Target<'_, T, E::Memory>],
    ) -> Result<(), Error>
    where
        E: Engine<T>,
    {
        let problems = inputs.pairs.problems();
        let most = self.most(inputs);
        let cuts = windows(problems, |p| self.span(code, p.rows.len(), p.cols.len()), Cut::OneSpan(most));
        let pieces = grouped(&cuts, most);
        let (mut number, mut mine) = (0, vec![]);
        self.each_window(inputs, owners, &pieces, |of_window| {
            number += 1;
            if (number - 1) % self.ranks() == self.rank() {
                let rows = rows_of(problems, of_window.col_window);
                let here = some_rows(inputs, &rows);
                let of_rows = Inputs { rows: &here, row_window: window(&rows), ..*of_window };
                let mut partial = self.inner.start(code, &of_rows)?;
                self.inner.reduce(code, &of_rows, &mut partial)?;
                mine.push(self.inner.save(&partial)?);
            }
            Ok(())
        })?;
        // what rows are reduced into before the first column tells how many numbers that is
        let no_cols = none_of(inputs.cols);
        let alone = Inputs { cols: &no_cols, col_window: Window::all(0), ..*inputs };
        let started = self.inner.start(code, &alone).and_then(|partial| {
            let all = self.inner.save(&partial)?;
            let of_row = all.len().checked_div(inputs.row_window.len).unwrap_or(0);
            let rooms = cuts.iter().map(|cut| room(rows_of(problems, *cut).len() * of_row));
            Ok((rooms.collect::<Result<Vec<Vec<T>>, Error>>()?, all, of_row))
        });
        let (mut partials, mut all, of_row) = self.once_all_are_well(At::Partials, started)?;
        // what comes of each window, from the rank that has reduced it
        let owned = |k: usize| k % self.ranks();
        let of_rank = partials.iter_mut().enumerate().filter(|(k, _)| owned(*k) == self.rank());
        of_rank.zip(mine).for_each(|((_, room), numbers)| *room = numbers);
        let travelling = partials.iter_mut().enumerate().filter(|(_, numbers)| !numbers.is_empty());
        let travelling = travelling.map(|(k, numbers)| (owned(k), bytemuck::cast_slice_mut(&mut numbers[..])));
        self.communicator.spread(travelling.collect(), &mut || false);
        // windows of the same rows follow each other: they are spans of one problem
        for (cut, numbers) in cuts.iter().zip(&partials) {
            let rows = rows_of(problems, *cut);
            let so_far = &mut all[rows.start * of_row..rows.end * of_row];
            let mut merged = self.inner.restore(code, so_far)?;
            self.inner.merge(code, &mut merged, &self.inner.restore(code, numbers)?)?;
            so_far.copy_from_slice(&self.inner.save(&merged)?);
        }
        self.inner.finish(code, &alone, self.inner.restore(code, &all)?, outputs)
    }

    /// Computes the rows of this rank, over the columns of all.
    fn run_rows<T: Scalar>(
        &self,
        code: &E::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        owners: &[Window],
        outputs: &mut [Target<'_, T, E::Memory>],
    ) -> Result<(), Error>
    where
        E: Engine<T>,
    {
        let problems = inputs.pairs.problems();
        let most = self.most(inputs);
        let all = Window { first: 0, len: owners.iter().map(|owner| owner.len).sum() };
        if all.len <= most {
            // in one piece an engine may know a faster way
            return self.each_window(inputs, owners, &[&[all]], |inputs| self.inner.run(code, inputs, outputs));
        }
        let cuts = windows(problems, |p| self.span(code, p.rows.len(), p.cols.len()), Cut::Most(most / WINDOWS));
        let no_cols = none_of(inputs.cols);
        let alone = Inputs { cols: &no_cols, col_window: Window::all(0), ..*inputs };
        let mut partial = self.inner.start(code, &alone);
        self.each_window(inputs, owners, &grouped(&cuts, most), |inputs| match &mut partial {
            Ok(partial) => self.inner.reduce(code, inputs, partial),
            Err(error) => Err(error.clone()),
        })?;
        self.inner.finish(code, &alone, partial?, outputs)
    }
}

/// The rows whose columns are in a window: whole problems, or one that has more.
fn rows_of(problems: &[Problem], cols: Window) -> Range<usize> {
    let end = cols.first + cols.len;
    let first = problems.partition_point(|problem| problem.cols.end <= cols.first);
    let last = problems.partition_point(|problem| problem.cols.start < end);
    problems[first].rows.start..problems[last - 1].rows.end
}

fn window(range: &Range<usize>) -> Window {
    Window { first: range.start, len: range.len() }
}

/// The operands of some rows of a pass that has all of them.
fn some_rows<'a, T, M>(inputs: &Inputs<'a, T, M>, rows: &Range<usize>) -> Vec<Source<'a, T, M>> {
    inputs.rows.iter().map(|source| source.part(rows.start, rows.len())).collect()
}

/// Sources without points.
fn none_of<'a, T, M>(sources: &[Source<'a, T, M>]) -> Vec<Source<'a, T, M>> {
    sources.iter().map(|source| source.part(0, 0)).collect()
}

/// Windows that travel together: some of them, with no more than `most` columns if there are several.
fn grouped(windows: &[Window], most: usize) -> Vec<&[Window]> {
    let (mut pieces, mut rest) = (vec![], windows);
    while let [first, ..] = rest {
        let fits = |window: &Window| window.first + window.len - first.first <= most;
        let (piece, behind) = rest.split_at(rest.iter().take_while(|w| fits(w)).count().max(1));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

impl<T: Scalar, E: Engine<T>, C: Communicator> Engine<T> for Ranks<E, C> {
    type Code = E::Code;
    type Memory = E::Memory;
    type Partial = E::Partial;

    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<E::Code, Error> {
        self.inner.code::<F>(gpu)
    }
    fn code_mutual<F: Mutual>(&self, gpu: Option<Gpu>) -> Result<E::Code, Error> {
        self.inner.code_mutual::<F>(gpu)
    }
    fn room(&self, numbers: usize) -> Result<E::Memory, Error> {
        self.inner.room(numbers)
    }
    fn read(&self, from: &E::Memory, first: usize, to: &mut [T]) -> Result<(), Error> {
        self.inner.read(from, first, to)
    }
    fn write(&self, to: &mut E::Memory, first: usize, from: &[T]) -> Result<(), Error> {
        self.inner.write(to, first, from)
    }
    fn take<'a>(&self, operand: &'a Operand<'_, T>, uses: usize) -> Result<Taken<'a, T, E::Memory>, Error> {
        self.inner.take(operand, uses)
    }
    fn span(&self, code: &E::Code, rows: usize, cols: usize) -> usize {
        self.inner.span(code, rows, cols)
    }
    fn start(&self, code: &E::Code, inputs: &Inputs<'_, T, E::Memory>) -> Result<E::Partial, Error> {
        self.inner.start(code, inputs)
    }
    fn reduce(&self, code: &E::Code, inputs: &Inputs<'_, T, E::Memory>, into: &mut E::Partial) -> Result<(), Error> {
        self.inner.reduce(code, inputs, into)
    }
    fn merge(&self, code: &E::Code, into: &mut E::Partial, next: &E::Partial) -> Result<(), Error> {
        self.inner.merge(code, into, next)
    }
    fn finish(
        &self,
        code: &E::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        partial: E::Partial,
        outputs: &mut [Target<'_, T, E::Memory>],
    ) -> Result<(), Error> {
        self.inner.finish(code, inputs, partial, outputs)
    }
    fn save(&self, partial: &E::Partial) -> Result<Vec<T>, Error> {
        self.inner.save(partial)
    }
    fn restore(&self, code: &E::Code, numbers: &[T]) -> Result<E::Partial, Error> {
        self.inner.restore(code, numbers)
    }
    fn kind(&self) -> String {
        self.inner.kind()
    }

    fn run(
        &self,
        code: &E::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        outputs: &mut [Target<'_, T, E::Memory>],
    ) -> Result<(), Error> {
        let Window { first, len } = inputs.col_window;
        let parts = self.agree(At::Pass, Ok(words([first as u64, len as u64])))?;
        let owners: Vec<Window> =
            parts.iter().map(|words| Window { first: words[0] as usize, len: words[1] as usize }).collect();
        if owners.iter().all(|owner| owner.len == 0) {
            // nothing is reduced, or there is nothing to reduce
            self.inner.run(code, inputs, outputs)
        } else if inputs.kept {
            self.run_rows(code, inputs, &owners, outputs)
        } else {
            self.run_shared(code, inputs, &owners, outputs)
        }
    }

    fn around<R>(
        &self,
        request: &Request<'_, T>,
        body: impl FnOnce(&Evaluation<'_, T>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.together(At::CallEnd, || {
            let mine = request.sizes().and_then(|[m, n]| {
                let formula = hash((request.table.formula, T::NAME));
                let params = hash(params(request)?);
                let pairs = request.pairs.pairs()?.map(BothWays::pairs);
                let (pairs, sum_scheme) = (hash(pairs), hash(request.sum_scheme.to_string()));
                let (widths, kind) = (hash(widths(request)?), hash(Engine::<T>::kind(self)));
                Ok([m as u64, n as u64, formula, kind, pairs, params, sum_scheme, widths])
            });
            let all = self.agree(At::Call, mine)?;
            self.same(&all, 2, "formula", || format!("`{}` in {}", request.table.formula, T::NAME))?;
            self.same(&all, 7, "width of an operand", || widths(request).unwrap_or_default())?;
            self.same(&all, 3, "engine", || Engine::<T>::kind(self))?;
            self.same(&all, 4, "set of pairs", || match request.pairs {
                Told::Once(pairs) => {
                    let pairs = pairs.pairs();
                    let ([m, n], blocks, problems) = (pairs.sizes(), pairs.blocks().len(), pairs.problems().len());
                    format!("{m} rows and {n} columns in {problems} batches and {blocks} blocks of rows")
                }
                Told::Nothing | Told::Twice => "all".into(),
            })?;
            self.same(&all, 6, "way to add up", || format!("`SumScheme::{:?}`", request.sum_scheme))?;
            self.same(&all, 5, "value of a parameter", || params(request).unwrap_or_default())?;
            let before = |axis: usize, rank: usize| all[..rank].iter().map(|words| words[axis] as usize).sum::<usize>();
            let sizes = [0, 1].map(|axis| before(axis, all.len()));
            let here = |axis: usize| Window { first: before(axis, self.rank()), len: all[self.rank()][axis] as usize };
            body(&request.within(Share { windows: [here(0), here(1)], sizes })?)
        })
    }

    fn alike<R>(
        &self,
        what: impl FnOnce() -> Result<String, Error>,
        body: impl FnOnce() -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.together(At::CallEnd, || {
            let mine = what();
            // where the formula of a call is, for others may be at a call
            let all = self.agree(At::Call, mine.clone().map(|what| words([0, 0, hash(what)])))?;
            self.same(&all, 2, "formula", || mine.clone().unwrap_or_default())?;
            body()
        })
    }

    fn is_divided(&self) -> bool {
        true
    }
}

/// How many numbers a point of each operand has, in words: ranks may have one formula in different dimensions.
fn widths<T: Scalar>(request: &Request<'_, T>) -> Result<String, Error> {
    let mut words = vec![];
    for (usage, operand) in request.table.operands.iter().zip(request.operands) {
        words.push(format!("`{}` of {}", usage.name, operand.width()?));
    }
    Ok(words.join(", "))
}

impl<T: Scalar, E: Prunes<T>, C: Communicator> Prunes<T> for Ranks<E, C> {
    type Pruning<'e>
        = Ranks<E::Pruning<'e>, &'e C>
    where
        Self: 'e;

    fn pruning(&self, always: bool) -> Self::Pruning<'_> {
        let Ranks { inner, communicator, piece, progress, .. } = self;
        let (inner, piece) = (inner.pruning(always), piece.saturating_mul(TO_PRUNE));
        Ranks { inner, communicator, piece, progress: progress.clone(), agreed: Cell::new(false), leaves: false }
    }
}

/// The parameters of a call, in words.
fn params<T: Scalar>(request: &Request<'_, T>) -> Result<String, Error> {
    let mut words = vec![];
    for (usage, operand) in request.params() {
        let numbers = viewed(operand, |view| Ok(view.numbers().map(|v| format!("{v:?}")).collect::<Vec<_>>()))?;
        words.push(format!("`{}` = {}", usage.name, numbers.join(", ")));
    }
    Ok(words.join("; "))
}

impl<T: Scalar, E: Keeps<T>, C: Communicator> Keeps<T> for Ranks<E, C> {
    fn keep(&self, memory: E::Memory) -> std::sync::Arc<dyn Foreign<T>> {
        self.inner.keep(memory)
    }
}

impl<E, C: Communicator> Drop for Ranks<E, C> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // the others may wait for what does not come any more
            self.communicator.abort();
        }
        if self.leaves {
            self.leave();
        }
    }
}

impl<E: fmt::Debug, C: Communicator> fmt::Debug for Ranks<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {}, {:?}", self.rank(), self.ranks(), self.inner)
    }
}
