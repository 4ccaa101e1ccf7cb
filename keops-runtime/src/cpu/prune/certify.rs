//! The engine of sums with a tolerance: it computes what counts, and bounds on all that is missing.

use std::ops::Range;

use keops_core::{Gpu, Inexact, Interval, Pass, Reduction, Summand};

use super::bounds::{self, Bounds, Errors, Finish, Index};
use super::look;
use super::off::DEPTHS;
use super::relevant;
use super::results::{of_results, sets};
use super::slack::{Slack, bounds_of};
use super::sums::{Cost, Sums};
use super::{Problem, Sets, Side, scatter};
use crate::cpu::kernel::Kernel;
use crate::cpu::split::Split;
use crate::engine::Translated;
use crate::evaluate::{Evaluation, Kept, Place};
use crate::host::{Reading, room};
use crate::tree::{LEAF, Node, Tree};
use crate::{
    Cpu, Elements, ElementsMut, Engine, Error, Inputs, Operand, Scalar, Source, SumScheme, Taken, Target, Tolerance,
    View, ViewMut, host, parallel, stack,
};

/// The processor, computing sums within a tolerance.
#[derive(Clone, Copy, Debug)]
pub struct Certifying {
    cpu: Cpu,
    tolerance: Tolerance,
    /// Whether to leave out what can be, however little it is: for tests.
    always: bool,
}

/// Numbers, and for each how far it may be off: without bounds they are exact.
#[derive(Debug)]
pub struct Certain<T> {
    pub(crate) numbers: Vec<T>,
    pub(crate) bounds: Vec<T>,
}

/// A pass, ready to run.
#[derive(Debug)]
pub struct CertifiedCode<T: Scalar> {
    pub(super) kernel: Kernel<T>,
    pub(super) bounds: Bounds<T>,
    pub(super) finish: Finish<Interval<T>>,
    pub(super) errors: Errors<T>,
    pub(super) summands: Vec<Summand>,
    has_sums: bool,
}

impl<T: Scalar> CertifiedCode<T> {
    /// Why the pass has no bounds, if it has none.
    pub(crate) fn refused(&self) -> Option<&'static str> {
        let why = "it keeps some of the values, which have no tolerance (`.pruned()` leaves out what cannot be among them), or \
                   multiplies them";
        (!self.has_sums).then_some(why)
    }
}

impl Certifying {
    pub(crate) fn new(tolerance: Tolerance) -> Self {
        Certifying { cpu: Cpu::default(), tolerance, always: false }
    }
    /// On this processor.
    pub(crate) fn on(self, cpu: Cpu) -> Self {
        Certifying { cpu, ..self }
    }
    /// Whatever it costs.
    pub(crate) fn always(self) -> Self {
        Certifying { always: true, ..self }
    }
    /// The same, if its tolerance is one.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        Ok(Certifying { tolerance: self.tolerance.checked()?, ..self })
    }
}

/// Reduces nothing before it finishes, and then all at once: bounds are of all columns.
impl<T: Scalar> Engine<T> for Certifying {
    type Code = CertifiedCode<T>;
    type Memory = Certain<T>;
    type Partial = ();

    fn code<F: Pass>(&self, _: Option<Gpu>) -> Result<CertifiedCode<T>, Error> {
        let mut summands = vec![];
        F::Reduce::summands(&mut |s| summands.push(s));
        Ok(CertifiedCode {
            kernel: T::kernel::<F>(self.cpu.isa()),
            bounds: Bounds::of::<F>(),
            finish: bounds::finish::<F, Interval<T>>(),
            errors: Errors::of::<F>(),
            summands,
            has_sums: F::Reduce::SUMS,
        })
    }
    fn room(&self, numbers: usize) -> Result<Certain<T>, Error> {
        Ok(Certain { numbers: room(numbers)?, bounds: room(numbers)? })
    }
    fn read(&self, from: &Certain<T>, first: usize, to: &mut [T]) -> Result<(), Error> {
        to.copy_from_slice(&from.numbers[first..][..to.len()]);
        Ok(())
    }
    fn write(&self, to: &mut Certain<T>, first: usize, from: &[T]) -> Result<(), Error> {
        to.numbers[first..][..from.len()].copy_from_slice(from);
        to.bounds[first..][..from.len()].fill(T::ZERO);
        Ok(())
    }
    fn take<'a>(&self, operand: &'a Operand<'_, T>, _: usize) -> Result<Taken<'a, T, Certain<T>>, Error> {
        Ok(match host::take(operand)? {
            Taken::Host(view) => Taken::Host(view),
            Taken::Copied(numbers, layout) => Taken::Copied(Certain { numbers, bounds: vec![] }, layout),
            Taken::Mine(numbers, layout) => Taken::Host(View::new(Elements::Same(numbers), layout)?),
        })
    }
    fn span(&self, _: &CertifiedCode<T>, _: usize, cols: usize) -> usize {
        cols.max(1)
    }
    fn start(&self, _: &CertifiedCode<T>, _: &Inputs<'_, T, Certain<T>>) -> Result<(), Error> {
        Ok(())
    }
    fn reduce(&self, _: &CertifiedCode<T>, _: &Inputs<'_, T, Certain<T>>, (): &mut ()) -> Result<(), Error> {
        Ok(())
    }
    fn merge(&self, _: &CertifiedCode<T>, (): &mut (), (): &()) -> Result<(), Error> {
        Ok(())
    }
    fn finish(
        &self,
        code: &CertifiedCode<T>,
        inputs: &Inputs<'_, T, Certain<T>>,
        (): (),
        outputs: &mut [Target<'_, T, Certain<T>>],
    ) -> Result<(), Error> {
        self.run(code, inputs, outputs)
    }
    fn save(&self, (): &()) -> Result<Vec<T>, Error> {
        Ok(vec![])
    }
    fn restore(&self, _: &CertifiedCode<T>, _: &[T]) -> Result<(), Error> {
        Ok(())
    }
    fn run(
        &self,
        code: &CertifiedCode<T>,
        inputs: &Inputs<'_, T, Certain<T>>,
        outputs: &mut [Target<'_, T, Certain<T>>],
    ) -> Result<(), Error> {
        let translated = Translated::of(inputs, |Certain { numbers, .. }, layout| Ok(Source::Mine(numbers, layout)))?;
        let own = translated.inputs(inputs);
        let is_result = |source: &Source<'_, T, Certain<T>>| matches!(source, Source::Mine(Certain { bounds, .. }, _) if !bounds.is_empty());
        let are_results =
            inputs.params.iter().map(|(source, _)| source).chain(inputs.rows).chain(inputs.cols).any(is_result);
        let mut results = Results::of(outputs)?;
        if code.summands.is_empty() || (are_results && !inputs.kept) {
            let mut numbers: Vec<_> = results.numbers.iter_mut().map(|view| Target::Host(view.reborrow())).collect();
            self.cpu.run(&code.kernel, &own, &mut numbers)?;
            stack::with_room(code.bounds.stack, || of_results(code, inputs, &mut results))
        } else if inputs.row_window.len > 0 {
            self.sums(code, inputs, &Reading::new(&own, code.kernel.len().widths())?, &mut results)
        } else {
            Ok(())
        }
    }
    fn evaluate(
        &self,
        evaluation: &Evaluation<'_, T>,
        codes: &[CertifiedCode<T>],
        places: Vec<Place<'_, T>>,
    ) -> Result<Vec<Kept<Certain<T>>>, Error> {
        T::evaluate_certified(self, evaluation, codes, places)
    }
}

/// Where the results of a pass go, output after output, and how far each may be off.
pub(super) struct Results<'t, T> {
    pub(super) numbers: Vec<ViewMut<'t, T>>,
    pub(super) bounds: Vec<ViewMut<'t, T>>,
}

impl<'t, T: Scalar> Results<'t, T> {
    /// Those of a plan, which stay with the engine.
    fn of(outputs: &'t mut [Target<'_, T, Certain<T>>]) -> Result<Self, Error> {
        let mut results = Results { numbers: vec![], bounds: vec![] };
        for target in outputs {
            let Target::Mine(Certain { numbers, bounds }, layout) = target else {
                unreachable!("what goes elsewhere has no room for bounds");
            };
            results.numbers.push(ViewMut::new(ElementsMut::Same(numbers), *layout)?);
            results.bounds.push(ViewMut::new(ElementsMut::Same(bounds), *layout)?);
        }
        Ok(results)
    }
}

/// How far a number may be from all of a set that it is in.
pub(super) fn off<T: Scalar>(value: T, set: &Interval<T>) -> T {
    let most = (set.hi.wide() - value.wide()).max(value.wide() - set.lo.wide());
    let is_known = most >= 0.0 && !set.is_anything();
    if is_known { above(most * (1.0 + 4.0 * f64::EPSILON)) } else { T::INFINITY }
}

/// A number of the type that is no smaller.
pub(super) fn above<T: Scalar>(v: f64) -> T {
    let rounded = T::from_f64(v);
    if rounded.wide() < v { rounded.next_up() } else { rounded }
}

/// Of so many units of rows a few are tried first, and of as few as these nothing is to be learnt.
const PILOTS: usize = 8;
/// How many rows a task takes, at most and about.
const TASK: usize = 1024;
/// As many tasks keep the threads of most machines busy.
const TASKS: usize = 24;
/// How much coarser the units of rows are where all pairs are computed, at least, and where there are enough of them: then filling tiles takes
/// little of the time.
const COARSE: std::ops::RangeInclusive<u32> = 2..=4;

impl Certifying {
    fn sums<T: Scalar>(
        &self,
        code: &CertifiedCode<T>,
        inputs: &Inputs<'_, T, Certain<T>>,
        reading: &Reading<'_, T>,
        results: &mut Results<'_, T>,
    ) -> Result<(), Error> {
        let (m, out) = (reading.row_window.len, code.kernel.len().out);
        let is_in_vain = !self.always && look::is_in_vain(code, reading, self.tolerance)?;
        let trees = if is_in_vain {
            // as they are
            let as_they_are = |len: usize| Tree::of_order((0..len as u32).collect(), (0..len as u32).collect());
            [m, reading.col_window.len].map(as_they_are).map(Some)
        } else {
            [relevant::tree(code, reading, Index::Rows)?, relevant::tree(code, reading, Index::Cols)?]
        };
        let [rows, cols] = Side::of_both(reading, &code.bounds, trees.each_ref().map(Option::as_ref))?;
        let slack = [Slack::new(&rows.tree, inputs.rows)?, Slack::new(&cols.tree, inputs.cols)?];
        let params = inexact_params(inputs)?;
        let of_params: Vec<_> = params.iter().map(|v| v.set).collect();
        let sets = Sets { params: &of_params, widen: &|node, numbers: &mut [_]| slack[1].widen(node, numbers) };
        let mut problem = Problem::of_sets(&code.kernel, &code.bounds, reading, &rows, &cols, sets)?;
        let whole = Whole::new(code, &problem, &params, slack)?;
        let stack = problem.stack().max(code.errors.stack);
        let Way { level, leaf } = self.way(code, &mut problem, &whole, stack, is_in_vain)?;
        problem.level = level;
        let unit = problem.unit();
        let units = (m / TASKS).min(TASK).div_ceil(unit).max(1);
        let mut there = Certain { numbers: room(m * out)?, bounds: room(m * out)? };
        let of_task = (units * unit * out).max(1);
        let tasks = there.numbers.chunks_mut(of_task).zip(there.bounds.chunks_mut(of_task));
        parallel::try_each(tasks.enumerate(), |(task, (numbers, bounds))| {
            stack::with_room(stack, || {
                let mut sums = Sums::new(code, &problem, &whole, self.tolerance, leaf, reading.sum_scheme)?;
                let each = (unit * out).max(1);
                for (k, (numbers, bounds)) in numbers.chunks_mut(each).zip(bounds.chunks_mut(each)).enumerate() {
                    sums.rows(Node { level, number: (task * units + k) as u32 }, numbers, bounds);
                }
                Ok(())
            })
        })?;
        scatter(&there.numbers, out, rows.tree.places(), &mut results.numbers);
        scatter(&there.bounds, out, rows.tree.places(), &mut results.bounds);
        Ok(())
    }

    /// How to go about it, by what a few units of rows take.
    fn way<T: Scalar>(
        &self,
        code: &CertifiedCode<T>,
        problem: &mut Problem<'_, T>,
        whole: &Whole<T>,
        stack: usize,
        is_in_vain: bool,
    ) -> Result<Way, Error> {
        let (rows, n, base) = (problem.rows.nodes(), problem.cols.nodes().len, problem.level);
        let level = |coarser: u32| (base + coarser).min(rows.top());
        let coarse = COARSE.rev().find(|coarser| rows.on(level(*coarser)) >= TASKS).unwrap_or(*COARSE.start());
        let all = Way { level: level(coarse), leaf: None };
        let small = Way { level: base, leaf: Some(0) };
        // larger units share what it takes to look at columns, and compute more of them
        let large = Way { level: level(LARGE), leaf: Some(FINE) };
        if self.always {
            return Ok(if rows.on(large.level) > PILOTS { large } else { small });
        }
        let per_pair = Split::new(problem.kernel, rows.len, n).work as f64 / (rows.len as f64 * n as f64) / MODEL;
        let mut best = (per_pair * n as f64, all);
        if n <= 2 * LEAF || is_in_vain {
            return Ok(all);
        }
        for way in [small, large] {
            problem.level = way.level;
            if rows.on(way.level) <= FEW * PILOTS {
                continue;
            }
            let try_some = |units: Range<usize>| self.tried(code, problem, whole, stack, way, units);
            let first = try_some(0..FIRST)?;
            if first.pairs as f64 > ALL * (FIRST * problem.unit()) as f64 * n as f64 {
                break;
            }
            let Cost { pairs, nodes } = first + try_some(FIRST..PILOTS)?;
            let cost = (pairs as f64 * OVERHEAD * per_pair + nodes as f64 * NODE) / (PILOTS * problem.unit()) as f64;
            if cost < best.0 {
                best = (cost, way);
            }
            if pairs as f64 > HOPELESS * (PILOTS * problem.unit()) as f64 * n as f64 {
                break;
            }
        }
        Ok(best.1)
    }

    /// What a few units of rows take.
    fn tried<T: Scalar>(
        &self,
        code: &CertifiedCode<T>,
        problem: &Problem<'_, T>,
        whole: &Whole<T>,
        stack: usize,
        way: Way,
        pilots: Range<usize>,
    ) -> Result<Cost, Error> {
        let (rows, out) = (problem.rows.nodes(), code.kernel.len().out);
        let units = rows.on(way.level);
        let one = |k: usize| {
            stack::with_room(stack, || {
                let mut sums = Sums::new(code, problem, whole, self.tolerance, way.leaf, SumScheme::Block)?;
                let node = Node { level: way.level, number: (k * units / PILOTS) as u32 };
                let len = rows.places(node).len() * out;
                sums.rows(node, &mut room(len)?, &mut room(len)?);
                Ok(sums.cost)
            })
        };
        let costs = parallel::try_map(pilots, one)?;
        Ok(costs.into_iter().fold(Cost::default(), |a, b| a + b))
    }
}

/// How much coarser the units of rows are that search than those that fill a block, and up to which level columns are computed.
const LARGE: u32 = 2;
const FINE: u32 = 1;
/// If the first of the units that are tried compute such a part of their pairs, no others are.
const FIRST: usize = 2;
const ALL: f64 = 0.9;
/// What it takes to look at a node, in cycles; how much longer a pair takes that is searched for; and how much longer it is said to take than it does.
const NODE: f64 = 500.0;
const OVERHEAD: f64 = 1.25;
const MODEL: f64 = 3.0;
/// How many times as many units there are as are tried, at least.
const FEW: usize = 6;
/// If small units compute such a part of their pairs, larger ones are not tried.
const HOPELESS: f64 = 0.5;

/// How rows are taken together, and up to which level columns are; none where all are computed.
#[derive(Clone, Copy, Debug)]
struct Way {
    level: u32,
    leaf: Option<u32>,
}

/// What is known beside the values: how far operands may be off that are results, and what rounding does to values of all columns together.
pub(super) struct Whole<T> {
    pub(super) rows: Slack<T>,
    pub(super) cols: Slack<T>,
    pub(super) p: Vec<Inexact<T>>,
    pub(super) y: Vec<Inexact<T>>,
}

impl<T: Scalar> Whole<T> {
    fn new(
        code: &CertifiedCode<T>,
        problem: &Problem<'_, T>,
        params: &[Inexact<T>],
        [rows, cols]: [Slack<T>; 2],
    ) -> Result<Self, Error> {
        let nothing = Inexact::exact(Interval::point(T::default()));
        let mut whole = Whole { rows, cols, p: vec![nothing; code.errors.p], y: vec![nothing; code.errors.y] };
        stack::with_room(code.errors.stack, || {
            (code.errors.params)(params, &mut whole.p);
            let cols = problem.cols;
            if cols.nodes().len > 0 {
                let root = cols.number(problem.root);
                let mut numbers = vec![Interval::point(T::default()); cols.width()];
                let indices = cols.of(root, &mut numbers);
                whole.cols.widen(root, &mut numbers);
                let numbers = whole.cols.inexact(root, &numbers, DEPTHS[0]);
                (code.errors.col)(&whole.p, &numbers, indices, &mut whole.y);
            }
            Ok(())
        })?;
        Ok(whole)
    }
}

/// The numbers of the parameters, and how far they may be off.
fn inexact_params<T: Scalar>(inputs: &Inputs<'_, T, Certain<T>>) -> Result<Vec<Inexact<T>>, Error> {
    let mut params = vec![];
    for (source, _) in inputs.params {
        let (mut own, off) = (vec![], bounds_of(source)?);
        sets(source, 0, &mut own);
        params.extend(own.into_iter().enumerate().map(|(k, set)| {
            let off = off.map_or(T::ZERO, |off| off.get(0, k));
            Inexact { absolute: off.wide(), ..Inexact::exact(set) }
        }));
    }
    Ok(params)
}
