//! What decides the bits of a row, as laws: an engine around another which computes each pass in other ways, too, and
//! compares.
//!
//! The laws are written at [`Engine`]: windows, saving and restoring, spans merged, ranges that list everything, batches,
//! indices that are named, layouts.

#![allow(dead_code, reason = "each test file uses its part")]

use std::ops::Range;

use keops::{Elements, Engine, Error, Layout, Operand, Scalar, View};
use keops_core::{Gpu, Mutual, Pass};
use keops_runtime::{ElementsMut, Inputs, Pairs, Per, Problem, Source, Taken, Target, ViewMut, Window};

/// An engine under the laws.
pub(crate) struct Lawful<E>(pub(crate) E);

impl<T: Scalar, E: Engine<T>> Engine<T> for Lawful<E> {
    type Code = (&'static str, E::Code);
    type Memory = E::Memory;
    type Partial = E::Partial;
    fn code<F: Pass>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        Ok((std::any::type_name::<F>(), self.0.code::<F>(gpu)?))
    }
    fn code_mutual<F: Mutual>(&self, gpu: Option<Gpu>) -> Result<Self::Code, Error> {
        Ok((std::any::type_name::<F>(), self.0.code_mutual::<F>(gpu)?))
    }
    fn room(&self, numbers: usize) -> Result<E::Memory, Error> {
        self.0.room(numbers)
    }
    fn read(&self, from: &E::Memory, first: usize, to: &mut [T]) -> Result<(), Error> {
        self.0.read(from, first, to)
    }
    fn write(&self, to: &mut E::Memory, first: usize, from: &[T]) -> Result<(), Error> {
        self.0.write(to, first, from)
    }
    fn take<'a>(&self, operand: &'a Operand<'_, T>, uses: usize) -> Result<Taken<'a, T, E::Memory>, Error> {
        self.0.take(operand, uses)
    }
    fn span(&self, (_, code): &Self::Code, rows: usize, cols: usize) -> usize {
        self.0.span(code, rows, cols)
    }
    fn start(&self, (_, code): &Self::Code, inputs: &Inputs<'_, T, E::Memory>) -> Result<E::Partial, Error> {
        self.0.start(code, inputs)
    }
    fn reduce(
        &self,
        (_, code): &Self::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        into: &mut E::Partial,
    ) -> Result<(), Error> {
        self.0.reduce(code, inputs, into)
    }
    fn merge(&self, (_, code): &Self::Code, into: &mut E::Partial, next: &E::Partial) -> Result<(), Error> {
        self.0.merge(code, into, next)
    }
    fn finish(
        &self,
        (_, code): &Self::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        partial: E::Partial,
        outputs: &mut [Target<'_, T, E::Memory>],
    ) -> Result<(), Error> {
        self.0.finish(code, inputs, partial, outputs)
    }
    fn save(&self, partial: &E::Partial) -> Result<Vec<T>, Error> {
        self.0.save(partial)
    }
    fn restore(&self, (_, code): &Self::Code, numbers: &[T]) -> Result<E::Partial, Error> {
        self.0.restore(code, numbers)
    }
    fn run(
        &self,
        (name, code): &Self::Code,
        inputs: &Inputs<'_, T, E::Memory>,
        outputs: &mut [Target<'_, T, E::Memory>],
    ) -> Result<(), Error> {
        self.0.run(code, inputs, outputs)?;
        let outputs = outputs.iter();
        let (widths, expected): (Vec<usize>, Vec<Vec<T>>) = outputs
            .map(|output| match output {
                Target::Host(view) => (view.layout().width, all(&self.0, &Source::Host(view.view()))),
                Target::Mine(memory, layout) => (layout.width, all(&self.0, &Source::Mine(memory, *layout))),
            })
            .unzip();
        let trial = Trial { engine: &self.0, code, name, widths };
        trial.windows(inputs, &expected);
        trial.spans_merged(inputs, &expected);
        if inputs.pairs.problems().len() == 1 && inputs.pairs.are_whole() {
            trial.ranges(inputs, &expected);
            trial.batches(inputs);
            trial.named_indices(inputs, &expected);
            trial.layouts(inputs, &expected);
        }
        Ok(())
    }
}

/// All numbers of a source, point after point.
fn all<T: Scalar, E: Engine<T>>(engine: &E, source: &Source<'_, T, E::Memory>) -> Vec<T> {
    let mut numbers = vec![];
    let view = match source {
        Source::Host(view) => *view,
        Source::Mine(memory, layout) => {
            numbers.resize(layout.extent().expect("it is there"), T::default());
            engine.read(memory, 0, &mut numbers).expect("it can be read");
            View::new(Elements::Same(&numbers), *layout).expect("it fits")
        }
    };
    view.numbers().collect()
}

/// Some points of `0..n` between uneven borders, some of them none.
fn cut(n: usize, pieces: usize) -> Vec<Range<usize>> {
    let border = |k: usize| if k >= pieces { n } else { (n * k * k / (pieces * pieces)).min(n) };
    (0..pieces).map(|k| border(k)..border(k + 1)).collect()
}

/// Borders at multiples of `span`, `each` spans apart.
fn spans(n: usize, span: usize, each: usize) -> Vec<Range<usize>> {
    let step = span.saturating_mul(each);
    (0..n).step_by(step).map(|first| first..n.min(first.saturating_add(step))).collect()
}

/// A pass under trial.
struct Trial<'a, T: Scalar, E: Engine<T>> {
    engine: &'a E,
    code: &'a E::Code,
    name: &'static str,
    widths: Vec<usize>,
}

/// The sources of some rows and columns.
struct Part<'a, T, M> {
    rows: Vec<Source<'a, T, M>>,
    cols: Vec<Source<'a, T, M>>,
}

impl<'a, T: Scalar, M> Part<'a, T, M> {
    fn of(inputs: &Inputs<'a, T, M>, rows: &Range<usize>, cols: &Range<usize>) -> Self {
        let part = |sources: &[Source<'a, T, M>], range: &Range<usize>| {
            sources.iter().map(|source| source.part(range.start, range.len())).collect()
        };
        Part { rows: part(inputs.rows, rows), cols: part(inputs.cols, cols) }
    }
}

fn window(range: &Range<usize>) -> Window {
    Window { first: range.start, len: range.len() }
}

impl<T: Scalar, E: Engine<T>> Trial<'_, T, E> {
    /// The columns there are: none where they do not matter.
    fn cols(inputs: &Inputs<'_, T, E::Memory>) -> Range<usize> {
        0..inputs.col_window.len
    }

    fn same(&self, found: &[Vec<T>], expected: &[Vec<T>], what: &str) {
        let bits = |v: T| if v.to_f64().is_nan() { None } else { Some(v.to_f64().to_bits()) };
        for (q, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert_eq!(found.len(), expected.len(), "{}: {what}", self.name);
            for (k, (f, e)) in found.iter().zip(expected).enumerate() {
                assert!(bits(*f) == bits(*e), "{}: {what}: number {k} of output {q} is {f:?}, not {e:?}", self.name);
            }
        }
    }

    /// The results of a window of rows.
    fn finished(&self, inputs: &Inputs<'_, T, E::Memory>, partial: Option<E::Partial>) -> Vec<Vec<T>> {
        let rows = inputs.row_window.len;
        let room = |width: &usize| self.engine.room(rows * width).expect("there is room");
        let mut memory: Vec<E::Memory> = self.widths.iter().map(room).collect();
        let target = |(memory, width)| Target::Mine(memory, Layout::points(rows, width));
        let mut targets: Vec<_> = memory.iter_mut().zip(self.widths.iter().copied()).map(target).collect();
        match partial {
            Some(partial) => self.engine.finish(self.code, inputs, partial, &mut targets).expect("it finishes"),
            None => self.engine.run(self.code, inputs, &mut targets).expect("it runs"),
        }
        let read = |(memory, width): (&E::Memory, &usize)| {
            all(self.engine, &Source::Mine(memory, Layout::points(rows, *width)))
        };
        memory.iter().zip(&self.widths).map(read).collect()
    }

    fn joined(&self, parts: Vec<Vec<Vec<T>>>) -> Vec<Vec<T>> {
        (0..self.widths.len()).map(|q| parts.iter().flat_map(|part| part[q].clone()).collect()).collect()
    }

    /// How many columns a window may have at least.
    fn span(&self, inputs: &Inputs<'_, T, E::Memory>) -> usize {
        match inputs.pairs.problems() {
            [Problem { rows, cols }] => self.engine.span(self.code, rows.len(), cols.len()),
            // there is no border that all of several problems have
            _ => usize::MAX,
        }
    }

    /// Rows and columns in windows, with what rows were reduced into handed out and taken up again between.
    fn windows(&self, inputs: &Inputs<'_, T, E::Memory>, expected: &[Vec<T>]) {
        for (pieces, each) in [(1, 1), (3, 2)] {
            let cols = spans(inputs.col_window.len, self.span(inputs), each);
            let mut parts = vec![];
            for rows in cut(inputs.row_window.len, pieces) {
                let at = |cols: &Range<usize>| (Part::of(inputs, &rows, cols), window(&rows), window(cols));
                let (part, row_window, col_window) = at(&(0..0));
                let empty = Inputs { rows: &part.rows, cols: &part.cols, row_window, col_window, ..*inputs };
                let mut partial = self.engine.start(self.code, &empty).expect("it starts");
                for cols in &cols {
                    let (part, row_window, col_window) = at(cols);
                    let inputs = Inputs { rows: &part.rows, cols: &part.cols, row_window, col_window, ..*inputs };
                    self.engine.reduce(self.code, &inputs, &mut partial).expect("it reduces");
                    let saved = self.engine.save(&partial).expect("it is saved");
                    partial = self.engine.restore(self.code, &saved).expect("it is restored");
                }
                parts.push(self.finished(&empty, Some(partial)));
            }
            self.same(&self.joined(parts), expected, &format!("{pieces} windows of rows, {each} spans a window"));
        }
    }

    /// Each span from scratch, and merged.
    fn spans_merged(&self, inputs: &Inputs<'_, T, E::Memory>, expected: &[Vec<T>]) {
        let mut merged = self.engine.start(self.code, inputs).expect("it starts");
        for cols in spans(inputs.col_window.len, self.span(inputs), 1) {
            let part = Part::of(inputs, &(0..inputs.row_window.len), &cols);
            let inputs = Inputs { cols: &part.cols, col_window: window(&cols), ..*inputs };
            let mut partial = self.engine.start(self.code, &inputs).expect("it starts");
            self.engine.reduce(self.code, &inputs, &mut partial).expect("it reduces");
            self.engine.merge(self.code, &mut merged, &partial).expect("it merges");
        }
        self.same(&self.finished(inputs, Some(merged)), expected, "spans from scratch, merged");
    }

    /// Blocks of rows, each with all columns.
    fn ranges(&self, inputs: &Inputs<'_, T, E::Memory>, expected: &[Vec<T>]) {
        let (m, n) = (inputs.row_window.len, inputs.pairs.sizes()[1]);
        let blocks = cut(m, 4).into_iter().map(|rows| (rows, cut(n, 3)));
        let pairs = Pairs::ranges(m, n, blocks);
        let params = per_problem(inputs, &pairs);
        let inputs = Inputs { params: &params, pairs: &pairs, ..*inputs };
        self.same(&self.finished(&inputs, None), expected, "ranges that list all columns");
    }

    /// Problems in one run, and in a run each.
    fn batches(&self, inputs: &Inputs<'_, T, E::Memory>) {
        let cols = cut(Self::cols(inputs).len(), 3);
        let rows = if inputs.kept { cut(inputs.row_window.len, 3) } else { vec![0..1, 1..2, 2..3] };
        if !inputs.kept && !inputs.rows.is_empty() {
            return;
        }
        let problems = rows.iter().zip(&cols).map(|(rows, cols)| Problem { rows: rows.clone(), cols: cols.clone() });
        let pairs = Pairs::batches(problems);
        let (params, m) = (per_problem(inputs, &pairs), rows[2].end);
        let together = Inputs { params: &params, row_window: Window::all(m), pairs: &pairs, ..*inputs };
        let together = self.finished(&together, None);
        let alone = rows.iter().zip(&cols).map(|(rows, cols)| {
            let rows_of = if inputs.kept { rows.clone() } else { 0..0 };
            let part = Part::of(inputs, &rows_of, cols);
            let pairs = Pairs::all(rows.len(), cols.len());
            let params = per_problem(inputs, &pairs);
            let (row_window, col_window) = (Window::all(rows.len()), Window::all(cols.len()));
            let inputs = Inputs {
                params: &params,
                rows: &part.rows,
                cols: &part.cols,
                row_window,
                col_window,
                pairs: &pairs,
                ..*inputs
            };
            self.finished(&inputs, None)
        });
        let alone = self.joined(alone.collect());
        self.same(&together, &alone, "batches, and calls");
    }

    /// Rows in reverse order, with their own indices.
    fn named_indices(&self, inputs: &Inputs<'_, T, E::Memory>, expected: &[Vec<T>]) {
        let (m, n) = (inputs.row_window.len, inputs.col_window.len);
        let reversed =
            |numbers: &[T], width: usize| numbers.rchunks_exact(width).flatten().copied().collect::<Vec<_>>();
        let row = |source| (reversed(&all(self.engine, source), source.layout().width), source.layout());
        let rows: Vec<(Vec<T>, Layout)> = inputs
            .rows
            .iter()
            .map(row)
            .map(|(numbers, Layout { width, .. })| (numbers, Layout::points(m, width)))
            .collect();
        let row_numbers: Vec<u32> = (0..m as u32).rev().collect();
        let col_numbers: Vec<u32> = (0..n as u32).collect();
        let inputs = Inputs {
            rows: &sources(&rows),
            row_numbers: Some(&row_numbers),
            col_numbers: Some(&col_numbers),
            ..*inputs
        };
        let found = self.finished(&inputs, None);
        let back: Vec<Vec<T>> =
            found.iter().zip(&self.widths).map(|(numbers, width)| reversed(numbers, *width)).collect();
        self.same(&back, expected, "rows in reverse order, with indices of their own");
    }

    /// Operands and outputs among other numbers, and component after component.
    fn layouts(&self, inputs: &Inputs<'_, T, E::Memory>, expected: &[Vec<T>]) {
        let m = inputs.row_window.len;
        let by_component =
            |len: usize, width: usize| Layout { first: 2, point: 1, component: len, ..Layout::points(len, width) };
        let apart = |len: usize, width: usize| Layout { first: 1, point: width + 3, ..Layout::points(len, width) };
        let laid =
            |sources: &[Source<'_, T, E::Memory>], layout: &dyn Fn(usize, usize) -> Layout| -> Vec<(Vec<T>, Layout)> {
                let lay = |source: &Source<'_, T, E::Memory>| {
                    let Layout { len, width, .. } = source.layout();
                    let (numbers, layout) = (all(self.engine, source), layout(len, width));
                    let mut to = vec![T::from_f64(f64::NAN); layout.extent().expect("it is there")];
                    (0..len).for_each(|p| (0..width).for_each(|k| to[layout.at(p, k)] = numbers[p * width + k]));
                    (to, layout)
                };
                sources.iter().map(lay).collect()
            };
        let (rows, cols) = (laid(inputs.rows, &by_component), laid(inputs.cols, &apart));
        let there = |(numbers, layout): &(Vec<T>, Layout)| {
            let mut memory = self.engine.room(numbers.len()).expect("there is room");
            self.engine.write(&mut memory, 0, numbers).expect("it can be written");
            (memory, *layout)
        };
        let (rows_there, cols_there): (Vec<_>, Vec<_>) =
            (rows.iter().map(there).collect(), cols.iter().map(there).collect());
        let here = Inputs { rows: &sources(&rows), cols: &sources(&cols), ..*inputs };
        let there = Inputs { rows: &mine(&rows_there), cols: &mine(&cols_there), ..*inputs };
        for layout in [&by_component as &dyn Fn(usize, usize) -> Layout, &apart] {
            let array = |width: &usize| {
                let layout = layout(m, *width);
                (vec![T::from_f64(7.0); layout.extent().expect("it is there")], layout)
            };
            let mut arrays: Vec<(Vec<T>, Layout)> = self.widths.iter().map(array).collect();
            let place = |(numbers, layout)| ViewMut::new(ElementsMut::Same(numbers), layout).expect("it fits");
            let targets = arrays.iter_mut().map(|(numbers, layout)| place((numbers.as_mut_slice(), *layout)));
            let mut targets: Vec<_> = targets.map(Target::Host).collect();
            self.engine.run(self.code, &here, &mut targets).expect("it runs");
            drop(targets);
            let mut arrays_there: Vec<(E::Memory, Layout)> = self
                .widths
                .iter()
                .map(array)
                .map(|(numbers, layout)| {
                    let mut memory = self.engine.room(numbers.len()).expect("there is room");
                    self.engine.write(&mut memory, 0, &numbers).expect("it can be written");
                    (memory, layout)
                })
                .collect();
            let targets = arrays_there.iter_mut().map(|(memory, layout)| Target::Mine(memory, *layout));
            self.engine.run(self.code, &there, &mut targets.collect::<Vec<_>>()).expect("it runs");
            let arrays_there = arrays_there.into_iter().map(|(memory, layout)| {
                let mut numbers = vec![T::default(); layout.extent().expect("it is there")];
                self.engine.read(&memory, 0, &mut numbers).expect("it can be read");
                (numbers, layout)
            });
            for (arrays, whose) in [(arrays, "of this process"), (arrays_there.collect(), "of the engine")] {
                let found: Vec<Vec<T>> =
                    sources::<T, E::Memory>(&arrays).iter().map(|source| all(self.engine, source)).collect();
                self.same(&found, expected, &format!("operands and outputs of other layouts, in the memory {whose}"));
                // what lies between is nobody's
                for (numbers, layout) in &arrays {
                    let of_points = layout.len * layout.width;
                    let untouched = numbers.iter().filter(|v| v.to_f64() == 7.0).count();
                    assert!(untouched >= numbers.len() - of_points, "{}: numbers between those of points", self.name);
                }
            }
        }
    }
}

fn mine<T, M>(arrays: &[(M, Layout)]) -> Vec<Source<'_, T, M>> {
    arrays.iter().map(|(memory, layout)| Source::Mine(memory, *layout)).collect()
}

fn sources<T: Scalar, M>(arrays: &[(Vec<T>, Layout)]) -> Vec<Source<'_, T, M>> {
    let view = |(numbers, layout)| View::new(Elements::Same(numbers), layout).expect("it fits");
    arrays.iter().map(|(numbers, layout)| Source::Host(view((numbers.as_slice(), *layout)))).collect()
}

/// The parameters of a single problem of one block, for others: the one point stands in for all.
fn per_problem<'a, T: Scalar, M>(inputs: &Inputs<'a, T, M>, pairs: &Pairs) -> Vec<(Source<'a, T, M>, Per)> {
    let repeated = |(source, per): &(Source<'a, T, M>, Per)| {
        let len = match per {
            Per::Call => return (*source, *per),
            Per::Problem => pairs.problems().len(),
            Per::Block => pairs.blocks().len(),
        };
        let again = |layout: Layout| Layout { len, cycle: 1, ..layout };
        let source = match *source {
            Source::Host(view) => Source::Host(View::new(view.elements(), again(view.layout())).expect("it fits")),
            Source::Mine(memory, layout) => Source::Mine(memory, again(layout)),
        };
        (source, *per)
    };
    inputs.params.iter().map(repeated).collect()
}
