//! The engine of calls that leave out what cannot change their results: branch and bound.
//!
//! | file | what it knows |
//! |---|---|
//! | `bounds` | a pass on intervals, behind function pointers: what its values can be for all pairs of two boxes |
//! | `look` | before there are trees: at how many pairs a search would compute, and whether all count |
//! | `side` | the points of one index, in the order of a tree, with the boxes of its nodes |
//! | `certify` | the engine of sums with a tolerance |
//! | `sums` | for some rows that are near each other: which columns count, until what is left does not |
//! | `missing` | what is missing in sums, and what rounding has done |
//! | `off` | what rounding does to the values of pairs, in boxes as small as it takes |
//! | `relevant` | which operands a tree for sums is made of |
//! | `narrow` | where there are many more rows than columns: which single columns some hundred rows can need |
//! | `results` | what is computed of sums without any search |
//! | `slack` | how far operands may be off that are results themselves |
//! | `stored` | passes whose pairs stored places name: the gradients of what keeps some of the values |
//! | `search` | for some rows that are near each other: which columns can be among the best, and what they are reduced into |
//!
//! Leaves of columns meet the kernel of [`Cpu`], so that values are its values to the last bit; the kernel is given the caller's
//! indices, by which ties are decided. What each row meets depends on the points only, and so results on nothing else.

mod bounds;
mod certify;
mod look;
mod missing;
mod narrow;
mod off;
mod relevant;
mod results;
mod search;
mod side;
mod slack;
mod stored;
mod sums;

use std::ops::Range;

use keops_core::{Gpu, Interval, Mutual, Pass, Reduction, Stored};

use self::bounds::Bounds;
pub(crate) use self::certify::{Certain, CertifiedCode, Certifying};
use self::narrow::Singles;
use self::search::{Cost, Search};
use self::side::Side;
use self::stored::{Named, tasks};
use super::kernel::{Kernel, State};
use super::split::Split;
use super::tasks::{Tasks, each_chunk, each_output};
use super::{Cpu, layout};
use crate::evaluate::{Evaluation, Kept, Place};
use crate::host::{self, Few, Reading, room, zeros};
use crate::tree::{LEAF, Node, Tree};
use crate::{
    ElementsMut, Engine, Error, Inputs, Layout, Prunes, Scalar, SumScheme, Target, View, ViewMut, parallel, stack,
};

/// The processor, computing without the pairs that cannot change a result.
#[derive(Clone, Copy, Debug)]
pub struct Pruning {
    cpu: Cpu,
    /// Whether to leave out what can be, however little it is: for tests.
    always: bool,
}

/// A pass, ready to run.
#[derive(Clone, Debug)]
pub struct PrunedCode<T: Scalar> {
    kernel: Kernel<T>,
    /// None where nothing can be left out by them.
    bounds: Option<Bounds<T>>,
    /// Which operands name the only pairs that count, if any do.
    stored: &'static [Stored],
}

impl<T: Scalar> Prunes<T> for Cpu {
    type Pruning<'e> = Pruning;

    fn pruning(&self, always: bool) -> Pruning {
        Pruning { cpu: *self, always }
    }
}

impl<T: Scalar> Engine<T> for Pruning {
    type Code = PrunedCode<T>;
    host::memory!();
    type Partial = Vec<T>;

    fn code<F: Pass>(&self, _: Option<Gpu>) -> Result<PrunedCode<T>, Error> {
        let bounds = if const { F::Reduce::SELECTS } { Some(Bounds::of::<F>()) } else { None };
        Ok(PrunedCode { kernel: T::kernel_to_prune::<F>(self.cpu.isa()), bounds, stored: F::STORED })
    }
    /// All that it reduces are sums over all pairs, of which nothing is left out: as [`Cpu`] runs it, to the same bits.
    fn code_mutual<F: Mutual>(&self, _: Option<Gpu>) -> Result<PrunedCode<T>, Error> {
        Ok(PrunedCode { kernel: T::kernel_across::<F>(self.cpu.isa()), bounds: None, stored: F::STORED })
    }
    fn run_mutual(
        &self,
        codes: [&PrunedCode<T>; 2],
        inputs: [&Inputs<'_, T, Vec<T>>; 2],
        outputs: [&mut [Target<'_, T, Vec<T>>]; 2],
    ) -> Result<bool, Error> {
        self.cpu.run_mutual(codes.map(|code| &code.kernel), inputs, outputs)
    }
    super::partials!(PrunedCode<T>, cpu, |code| &code.kernel);

    fn reduce(&self, code: &PrunedCode<T>, inputs: &Inputs<'_, T, Vec<T>>, into: &mut Vec<T>) -> Result<(), Error> {
        if let Some((numbers, tree)) = self.searched(code, inputs, Some(into))? {
            return ordered(&numbers, code.kernel.len().acc, tree.places(), into);
        }
        let kernel = &code.kernel;
        let over_stored = self.over_stored(code, inputs, |tasks| {
            each_chunk(tasks, kernel.len().acc, into, &|task, numbers| kernel.with_room(|| task.reduce(numbers)))
        });
        if over_stored? { Ok(()) } else { self.cpu.reduce(kernel, inputs, into) }
    }
    fn run(
        &self,
        code: &PrunedCode<T>,
        inputs: &Inputs<'_, T, Vec<T>>,
        outputs: &mut [Target<'_, T, Vec<T>>],
    ) -> Result<(), Error> {
        let len = code.kernel.len();
        len.widths().check(outputs, inputs.row_window);
        if let Some((results, tree)) = self.searched(code, inputs, None)? {
            scatter(&results, len.out, tree.places(), &mut host::views(outputs)?);
            return Ok(());
        }
        let kernel = &code.kernel;
        let over_stored = self.over_stored(code, inputs, |tasks| {
            each_output(tasks, outputs, &|task, outputs| kernel.with_room(|| task.run(outputs)))
        });
        if over_stored? { Ok(()) } else { self.cpu.run(kernel, inputs, outputs) }
    }
    fn kind(&self) -> String {
        format!("{}, leaving out what changes nothing", Engine::<T>::kind(&self.cpu))
    }
    fn evaluate(
        &self,
        evaluation: &Evaluation<'_, T>,
        codes: &[PrunedCode<T>],
        places: Vec<Place<'_, T>>,
    ) -> Result<Vec<Kept<Vec<T>>>, Error> {
        T::evaluate_pruned(self, evaluation, codes, places)
    }
}

/// What it costs to put a point into a tree, about, in cycles, and each of its numbers; and to read one that is there.
const TREE: u64 = 150;
const NUMBER: u64 = 40;
const KEPT: u64 = 15;
/// What it costs to begin: to wake threads for trees, and for the search.
const START: u64 = 2_000_000;

/// Of so many units of rows a few are tried first, and of as few as these nothing is to be learnt.
const PILOTS: usize = 8;

/// Of so many times as many units, if these are large, all of those are tried; of fewer as few.
const FEW: usize = 64;

/// How many of the pairs may be computed before it is better to compute all: they are computed several leaves at a time.
const PART: f64 = 1.0 / 3.0;

/// To look at a box of pairs takes about as long as to compute so many vectors of pairs: of the same formula.
const LOOK: f64 = 50.0;

/// Likewise to take a row, and to bring its results to their places.
const RESULT: f64 = 6.0;

/// Trees that take less than this part of the time of all pairs are made before it is known whether they pay.
const TREES: u64 = 50;

/// How many units a task takes.
const UNITS: usize = 16;

/// What is done about a problem: by its points and sizes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// All pairs are computed.
    All,
    /// Some rows are searched for, and then the others if few of their pairs were computed.
    Try,
    /// All rows are searched for: few of their pairs will be computed.
    Search,
}

/// How many rows are searched for together: they fill a block.
fn unit<T: Scalar>(kernel: &Kernel<T>) -> usize {
    LEAF * kernel.block_lanes().div_ceil(LEAF).next_power_of_two()
}

impl Pruning {
    /// Does something with the pairs alone that stored places name. Answers whether: all are computed where none are named, or it would not pay.
    fn over_stored<T: Scalar>(
        &self,
        code: &PrunedCode<T>,
        inputs: &Inputs<'_, T, Vec<T>>,
        with: impl FnOnce(&Tasks<'_, T, stored::Task<'_, T>>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        if code.stored.is_empty() {
            return Ok(false);
        }
        let reading = Reading::new(inputs, code.kernel.len().widths())?;
        let named = Named::of(code.stored, &code.kernel, &reading, self.always)?;
        named.as_ref().map(|named| with(&tasks(&code.kernel, &reading, named))).transpose().map(|done| done.is_some())
    }

    /// Whether all pairs of the points of one problem that are here are asked for, and it pays to leave some out.
    fn choose<T: Scalar>(
        &self,
        kernel: &Kernel<T>,
        bounds: &Bounds<T>,
        reading: &Reading<'_, T>,
    ) -> Result<Choice, Error> {
        let is_whole = matches!(reading.pairs.problems(), [_]) && reading.pairs.are_whole() && !reading.are_numbered();
        let (m, n) = (reading.row_window.len, reading.col_window.len);
        // distances from a tile's centre are other numbers where tiles are others
        if !is_whole || m == 0 || n == 0 || kernel.is_apart() {
            return Ok(Choice::All);
        }
        if self.always {
            return Ok(Choice::Search);
        }
        let cost = |views: &[View<'_, T>], len: usize, kept: u64| {
            let width: usize = views.iter().map(|view| view.layout().width).sum();
            let each = if side::kept(views).is_some() { kept } else { TREE + NUMBER * width as u64 };
            each.saturating_mul(len as u64)
        };
        let of_both = |kept: u64| cost(&reading.rows, m, kept).saturating_add(cost(&reading.cols, n, kept));
        let trees = of_both(KEPT);
        let work = Split::new(kernel, m, n).work;
        if work <= trees.saturating_add(START) {
            return Ok(Choice::All);
        }
        // to try takes nothing of trees that there are
        if of_both(0).saturating_mul(TREES) <= work {
            return Ok(Choice::Try);
        }
        let units = look::units(m, n, unit(kernel));
        if units == 0 {
            return Ok(Choice::All);
        }
        let part = look::part(kernel, bounds, reading, units)?;
        let search = (part / PART * work as f64) as u64;
        Ok(if search.saturating_add(trees).saturating_add(START) < work { Choice::Search } else { Choice::All })
    }

    /// Searches, if anything can be left out and it pays, for what the rows are reduced into: with what each has been reduced into over other columns
    /// where that is given, and if not, for their results. Answers in the order of a tree of the rows.
    fn searched<T: Scalar>(
        &self,
        code: &PrunedCode<T>,
        inputs: &Inputs<'_, T, Vec<T>>,
        so_far: Option<&[T]>,
    ) -> Result<Option<(Vec<T>, Tree)>, Error> {
        let Some(bounds) = code.bounds.as_ref().filter(|_| inputs.kept) else { return Ok(None) };
        let kernel = &code.kernel;
        let reading = &Reading::new(inputs, kernel.len().widths())?;
        let tries = match self.choose(kernel, bounds, reading)? {
            Choice::All => return Ok(None),
            Choice::Try => true,
            Choice::Search => false,
        };
        let [rows, cols] = Side::of_both(reading, bounds, [None, None])?;
        let problem = &Problem::new(kernel, bounds, reading, &rows, &cols)?;
        let acc = kernel.len().acc;
        let in_order = |numbers: &[T]| {
            let mut sorted = room(numbers.len())?;
            ordered(numbers, acc, rows.tree.order(), &mut sorted)?;
            Ok::<_, Error>(sorted)
        };
        let so_far = &so_far.map(in_order).transpose()?;
        let so_far_of =
            move |places: Range<usize>| so_far.as_ref().map(|numbers| &numbers[places.start * acc..places.end * acc]);
        let narrow = narrow::level(problem, self.always);
        let singles = narrow.map(|level| Singles::new(problem, level)).transpose()?;
        let mut way = singles.as_ref();
        let is_asked = (tries || way.is_some()) && !self.always;
        if is_asked && rows.nodes().on(problem.level) > 2 * PILOTS {
            // what takes no longer than to compute all
            let mut least = if tries { cols.nodes().len as f64 } else { f64::INFINITY };
            let mut best = None;
            for way in [None].into_iter().chain(way.map(Some)) {
                let cost = tried(problem, way, so_far_of)?;
                if cost < least {
                    (least, best) = (cost, Some(way));
                }
            }
            let Some(best) = best else { return Ok(None) };
            way = best;
        }
        let width = if so_far.is_some() { acc } else { kernel.len().out };
        let unit = LEAF << level(problem, way);
        let of_task = (UNITS * problem.unit() / unit).max(1);
        let mut numbers = room(reading.row_window.len * width)?;
        parallel::try_each(numbers.chunks_mut((of_task * unit * width).max(1)).enumerate(), |(task, numbers)| {
            stack::with_room(problem.stack(), || {
                let mut search = Search::new(problem, way)?;
                for (k, numbers) in numbers.chunks_mut((unit * width).max(1)).enumerate() {
                    let node = Node { level: level(problem, way), number: (task * of_task + k) as u32 };
                    search.reduce(node, so_far_of(rows.nodes().places(node)))?;
                    if so_far.is_some() { search.save(numbers) } else { search.finish(numbers) }
                }
                Ok(())
            })
        })?;
        drop(singles);
        Ok(Some((numbers, rows.tree)))
    }
}

/// The level of the rows that are reduced together.
fn level<T: Scalar>(problem: &Problem<'_, T>, way: Option<&Singles<'_, T>>) -> u32 {
    way.map_or(problem.level, |singles| singles.level)
}

/// What it takes to search for some rows, for each: about as much as to compute so many pairs.
fn tried<'s, T: Scalar>(
    problem: &Problem<'_, T>,
    way: Option<&Singles<'_, T>>,
    so_far_of: impl Fn(Range<usize>) -> Option<&'s [T]> + Sync,
) -> Result<f64, Error> {
    let (rows, level) = (problem.rows.nodes(), level(problem, way));
    let units = rows.on(level);
    let pilots = if level > problem.level { (units / FEW).clamp(1, PILOTS) } else { PILOTS };
    let one = |k: usize| {
        stack::with_room(problem.stack(), || {
            let mut search = Search::new(problem, way)?;
            let node = Node { level, number: (k * units / pilots) as u32 };
            let places = rows.places(node);
            search.reduce(node, so_far_of(places.clone()))?;
            let Cost { pairs, looks } = search.cost;
            let looks = looks as f64 * LOOK * problem.kernel.lanes() as f64;
            let results = places.len() as f64 * RESULT * problem.kernel.lanes() as f64;
            Ok((pairs as f64 / PART + looks + results, places.len()))
        })
    };
    let all = parallel::try_map(0..pilots, one)?;
    let (cost, len) = all.into_iter().fold((0.0, 0), |(cost, len), (c, l)| (cost + c, len + l));
    Ok(cost / len as f64)
}

/// What searches read.
struct Problem<'a, T: Scalar> {
    kernel: &'a Kernel<T>,
    bounds: &'a Bounds<T>,
    rows: &'a Side<'a, T>,
    row_views: Vec<View<'a, T>>,
    cols: &'a Side<'a, T>,
    /// The level of the nodes whose rows are taken together: they fill a block.
    level: u32,
    root: Node,
    /// The numbers of the parameters, and their values as intervals.
    params: Few<T>,
    p: Vec<Interval<T>>,
    /// The values of the columns, leaf after leaf as they go into tiles; and of the boxes of all nodes.
    values: Vec<T>,
    y: Vec<Interval<T>>,
}

/// How many leaves of columns, or nodes, a task takes.
const LEAVES: usize = 128;

/// What parameters and columns may be, where they may be more than the numbers that they are.
struct Sets<'s, T> {
    params: &'s [Interval<T>],
    /// Widens the box of a node.
    widen: &'s (dyn Fn(usize, &mut [Interval<T>]) + Sync),
}

impl<'a, T: Scalar> Problem<'a, T> {
    fn new(
        kernel: &'a Kernel<T>,
        bounds: &'a Bounds<T>,
        reading: &Reading<'_, T>,
        rows: &'a Side<'a, T>,
        cols: &'a Side<'a, T>,
    ) -> Result<Self, Error> {
        // an index is a number with its bits, and may be what is no number
        let params: Vec<Interval<T>> = reading.params(0).map(|v| Interval { lo: v, hi: v }).collect();
        Problem::of_sets(kernel, bounds, reading, rows, cols, Sets { params: &params, widen: &|_, _| () })
    }

    fn of_sets(
        kernel: &'a Kernel<T>,
        bounds: &'a Bounds<T>,
        reading: &Reading<'_, T>,
        rows: &'a Side<'a, T>,
        cols: &'a Side<'a, T>,
        sets: Sets<'_, T>,
    ) -> Result<Self, Error> {
        let params: Few<T> = reading.params(0).collect();
        let nothing = Interval::point(T::default());
        let fills = (unit(kernel) / LEAF).ilog2();
        let level = fills.min(rows.nodes().top());
        let mut problem = Problem {
            kernel,
            bounds,
            rows,
            row_views: rows.views(),
            cols,
            level,
            root: Node { level: cols.nodes().top(), number: 0 },
            p: bounds.of_params(sets.params),
            params,
            values: vec![],
            y: vec![nothing; cols.nodes().count() * bounds.y],
        };

        let (len, lanes, stride) = (kernel.len(), kernel.lanes(), problem.stride());
        let mut values: Vec<T> = room(cols.nodes().on(0) * stride)?;
        let views = cols.views();
        parallel::try_each(values.chunks_mut((LEAVES * stride).max(1)).enumerate(), |(task, values)| {
            kernel.with_room(|| {
                let mut state = State::new(kernel, 0, lanes, SumScheme::Block)?;
                state.params(&problem.params);
                let padded = LEAF.next_multiple_of(lanes);
                let (mut staged, mut index, mut widened) = (room(len.cols * padded)?, zeros(padded)?, vec![]);
                for (k, to) in values.chunks_exact_mut(stride.max(1)).enumerate() {
                    let places = cols.nodes().places(Node { level: 0, number: (task * LEAVES + k) as u32 });
                    layout::one_by_one(lanes, &views, places.clone(), padded / lanes, &mut staged, &mut widened);
                    cols.indices(places, &mut index);
                    state.cols(&staged, &index, to);
                }
                Ok(())
            })
        })?;
        problem.values = values;
        let (p, width, each) = (&problem.p, cols.width(), bounds.y);
        parallel::try_each(problem.y.chunks_mut((LEAVES * each).max(1)).enumerate(), |(task, y)| {
            stack::with_room(bounds.stack, || {
                let mut numbers = vec![nothing; width];
                for (k, y) in y.chunks_exact_mut(each.max(1)).enumerate() {
                    let node = task * LEAVES + k;
                    let indices = cols.of(node, &mut numbers);
                    (sets.widen)(node, &mut numbers);
                    (bounds.col)(p, &numbers, indices, y);
                }
                Ok(())
            })
        })?;
        Ok(problem)
    }

    /// Takes the rows of a node into a state, and their box. Numbers go by `staged`, `index` and `widened`.
    fn take_rows(
        &self,
        node: Node,
        state: &mut State<'_, T>,
        (staged, index, widened): (&mut [T], &mut [u32], &mut Vec<T>),
        numbers: &mut [Interval<T>],
    ) -> (Range<usize>, (u32, u32)) {
        let Problem { kernel, rows, ref row_views, .. } = *self;
        let (lanes, all) = (kernel.lanes(), kernel.block_lanes());
        let places = rows.nodes().places(node);
        let vectors = places.len().div_ceil(all) * kernel.vectors();
        let (from, index) = (&mut staged[..kernel.len().rows * vectors * lanes], &mut index[..vectors * lanes]);
        layout::one_by_one(lanes, row_views, places.clone(), vectors, from, widened);
        rows.indices(places.clone(), index);
        state.clear();
        state.rows(from, index);
        (places, rows.of(rows.number(node), numbers))
    }

    /// How many rows are taken together.
    fn unit(&self) -> usize {
        LEAF << self.level
    }
    /// How many numbers the values of a leaf of columns are.
    fn stride(&self) -> usize {
        LEAF.next_multiple_of(self.kernel.lanes()) * self.kernel.len().y
    }
    /// How many bytes of stack a search takes.
    fn stack(&self) -> usize {
        self.bounds.stack.max(self.kernel.stack())
    }
}

/// How many results a task brings to their places.
const RESULTS: usize = 16 * 1024;

/// Brings the numbers of points into an order: those of point `order[n]` become those of point n.
fn ordered<T: Scalar>(numbers: &[T], width: usize, order: &[u32], to: &mut [T]) -> Result<(), Error> {
    let place = ViewMut::new(ElementsMut::Same(to), Layout::points(order.len(), width))?;
    scatter(numbers, width, order, &mut [place]);
    Ok(())
}

/// Brings the results of rows, which are in the order of a tree, to their places.
fn scatter<T: Scalar>(results: &[T], out: usize, order: &[u32], places: &mut [ViewMut<'_, T>]) {
    let mut at = 0;
    for place in places {
        let Layout { len, width, .. } = place.layout();
        let number = |n: usize, k: usize| results[order[n] as usize * out + at + k];
        // (to find the place of a number otherwise is no small part of the time for it)
        let is_alone = width == 1 && out == 1;
        if place.is_apart() {
            let mut parts = vec![];
            let mut rest = place.reborrow();
            for first in (0..len).step_by(RESULTS) {
                let (part, more) = rest.split(RESULTS.min(len - first));
                parts.push((first, part));
                rest = more;
            }
            parallel::each(parts, |(first, mut part)| {
                let points = first..first + part.layout().len;
                if is_alone {
                    part.fill(order[points].iter().map(|place| results[*place as usize]));
                } else if width == 1 {
                    part.fill(points.map(|n| number(n, 0)));
                } else {
                    part.fill(points.flat_map(|n| (0..width).map(move |k| (n, k))).map(|(n, k)| number(n, k)));
                }
            });
        } else {
            (0..len).for_each(|n| (0..width).for_each(|k| place.set(n, k, number(n, k))));
        }
        at += width;
    }
}
