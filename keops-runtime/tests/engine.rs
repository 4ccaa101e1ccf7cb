//! The engine of the processor against the naive loop, around every border of lanes, blocks and tiles.

mod common;

use common::*;
use keops_core::{Dim, Gpu, NONE, Pass, SumAll};
use keops_runtime::{
    Cpu, DeviceError, ElementsMut, Engine, Error, Inputs, Isa, Layout, Naive, NoKernels, Pairs, Per, Ptx, Scalar,
    Source, SumScheme, Target, ViewMut, Window,
};

/// An operand, or a result, as a test describes it: numbers or row and column numbers.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Numbers in (-1, 1).
    Number,
    /// Numbers in (1, 2).
    Positive,
    /// Small integers: sums of them are exact, and there are ties.
    Integer,
    /// Numbers of rows or columns.
    Index,
}
use Kind::*;

/// One operand: its kind and width, and its points in double precision.
struct Data {
    kind: Kind,
    width: usize,
    numbers: Vec<f64>,
}

impl Data {
    fn new(kind: Kind, width: usize, len: usize, seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            state >> 40
        };
        let number = |r: u64| match kind {
            Number => r as f64 / f64::from(1 << 23) - 1.0,
            Positive => 1.0 + r as f64 / f64::from(1 << 24),
            Integer => (r % 8) as f64 - 3.0,
            Index if r.is_multiple_of(10) => f64::from(NONE),
            Index => (r % 300) as f64,
        };
        Data { kind, width, numbers: (0..width * len).map(|_| number(random())).collect() }
    }
    fn scalars<T: Scalar>(&self, len: usize) -> Vec<T> {
        let numbers = self.numbers[..len * self.width].iter();
        numbers.map(|v| if self.kind == Index { T::from_index(*v as u32) } else { T::from_f64(*v) }).collect()
    }
}

/// Where an engine whose memory is that of the process finds some operands.
fn sources<T: Scalar>(data: &[(Vec<T>, usize)]) -> Vec<Source<'_, T, Vec<T>>> {
    data.iter().map(|(numbers, width)| Source::Mine(numbers, Layout::points(numbers.len() / width, *width))).collect()
}

/// The operands of a pass: parameters, rows, columns.
struct Operands([Vec<Data>; 3]);

impl Operands {
    /// Kinds and widths of each, for as many rows and columns.
    fn new(
        params: &[(Kind, usize)],
        rows: &[(Kind, usize)],
        cols: &[(Kind, usize)],
        kept: usize,
        reduced: usize,
    ) -> Self {
        let mut seed = 0;
        Operands([(params, 1), (rows, kept), (cols, reduced)].map(|(kinds, len)| {
            let data = kinds.iter().map(|(kind, width)| {
                seed += 1;
                Data::new(*kind, *width, len, seed)
            });
            data.collect()
        }))
    }

    /// Runs a formula on the first points. Row and column numbers come back as numbers.
    fn run<F: Pass, T: Scalar>(
        &self,
        engine: &impl Engine<T, Memory = Vec<T>>,
        out: &[Kind],
        [kept, reduced]: [usize; 2],
    ) -> Vec<f64> {
        let scalars =
            |o: usize, len: usize| self.0[o].iter().map(|d| (d.scalars::<T>(len), d.width)).collect::<Vec<_>>();
        let (params, rows, cols) = (scalars(0, 1), scalars(1, kept), scalars(2, reduced));
        let inputs = Inputs {
            params: &sources(&params).into_iter().map(|source| (source, Per::Call)).collect::<Vec<_>>(),
            rows: &sources(&rows),
            cols: &sources(&cols),
            kept: true,
            row_window: Window::all(kept),
            col_window: Window::all(reduced),
            pairs: &Pairs::all(kept, reduced),
            row_numbers: None,
            col_numbers: None,
            sum_scheme: SumScheme::default(),
        };
        let mut results = vec![T::from_f64(77.0); out.len() * kept];
        let target = ViewMut::new(ElementsMut::Same(&mut results), Layout::points(kept, out.len()));
        let code = engine.code::<F>(None).expect("there is code");
        engine.run(&code, &inputs, &mut [Target::Host(target.expect("whole points"))]).expect("there is memory");
        let number = |(v, kind): (&T, &Kind)| if *kind == Index { v.to_index().into() } else { v.to_f64() };
        results.iter().zip(out.iter().cycle()).map(number).collect()
    }
}

fn cpus() -> Vec<Cpu> {
    Isa::available().map(|isa| Cpu::with(isa).expect("it is available")).collect()
}

const ROWS: [usize; 28] =
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 66, 127, 128, 129, 255, 256, 257, 511, 600, 1000];
const COLS: [usize; 13] = [0, 1, 2, 7, 8, 9, 16, 17, 31, 97, 128, 257, 1100];

/// Compares the engines on all sizes. Results in f32 may be wrong by `tolerance` times 1 or their own size.
fn check<F: Pass>(
    params: &[(Kind, usize)],
    rows: &[(Kind, usize)],
    cols: &[(Kind, usize)],
    out: &[Kind],
    tolerance: f64,
) {
    check_sizes::<F>(params, rows, cols, out, tolerance, &ROWS, &COLS);
}

fn check_sizes<F: Pass>(
    params: &[(Kind, usize)],
    rows: &[(Kind, usize)],
    cols: &[(Kind, usize)],
    out: &[Kind],
    tolerance: f64,
    kept: &[usize],
    reduced: &[usize],
) {
    let most = |sizes: &[usize]| *sizes.iter().max().expect("some sizes");
    let operands = Operands::new(params, rows, cols, most(kept), most(reduced));
    for &n in reduced {
        // a row does not know of the others: results of fewer rows are the first of these
        let naive = operands.run::<F, f64>(&Naive, out, [most(kept), n]);
        for &m in kept {
            let naive = &naive[..m * out.len()];
            for cpu in cpus() {
                let name = |t: &str| format!("{}: {m} × {n} in {t} with {}", std::any::type_name::<F>(), cpu.isa());
                let [f32s, f64s] =
                    [operands.run::<F, f32>(&cpu, out, [m, n]), operands.run::<F, f64>(&cpu, out, [m, n])];
                compare(&f32s, naive, out, tolerance, &name("f32"));
                compare(&f64s, naive, out, tolerance * 1e-8, &name("f64"));
            }
        }
    }
}

fn compare(found: &[f64], expected: &[f64], out: &[Kind], tolerance: f64, name: &str) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (k, (&a, &b)) in found.iter().zip(expected).enumerate() {
        let same = match out[k % out.len()] {
            Number | Positive => a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * (1.0 + b.abs()),
            Integer | Index => a == b,
        };
        assert!(same, "{name}: number {k} is {a}, not {b}");
    }
}

#[test]
fn gauss() {
    check::<Gauss<3>>(&[(Number, 1)], &[(Number, 3)], &[(Number, 3), (Number, 1)], &[Number], 1e-4);
}
#[test]
fn gauss_of_many_dimensions() {
    let (rows, cols) = ([1, 2, 63, 64, 65, 130, 257], [0, 1, 9, 31, 100]);
    let y = [(Number, 40), (Number, 1)];
    check_sizes::<Gauss<40>>(&[(Integer, 1)], &[(Number, 40)], &y, &[Number], 1e-3, &rows, &cols);
}
/// Sizes around blocks, groups of columns and tiles of them, at dimensions around the first that has groups.
#[test]
fn groups_of_columns() {
    fn dot<const D: usize>() {
        check_sizes::<Dot<D>>(&[], &[(Number, D)], &[(Number, D)], &[Number], 1e-4, &BLOCKS, &GROUPS);
    }
    dot::<1>();
    dot::<2>();
    dot::<8>();
    dot::<9>();
    dot::<16>();
    dot::<17>();
    dot::<100>();
    let y = [(Number, 17), (Number, 1)];
    check_sizes::<Gauss<17>>(&[(Positive, 1)], &[(Number, 17)], &y, &[Number], 1e-3, &BLOCKS, &GROUPS);
}
const BLOCKS: [usize; 8] = [1, 2, 3, 16, 47, 48, 49, 200];
const GROUPS: [usize; 13] = [0, 1, 2, 3, 4, 5, 31, 127, 128, 129, 132, 133, 300];
#[test]
fn every_reduction_of_groups() {
    const D: usize = 17;
    let (number, integer) = ([(Number, D)], [(Integer, D)]);
    let grad = [(Number, D), (Number, 1)];
    check_sizes::<GaussGrad<D>>(&[(Positive, 1)], &grad, &grad, &[Number; D], 1e-3, &BLOCKS, &GROUPS);
    check_sizes::<Nearest<D>>(&[], &integer, &integer, &[Index, Number], 1e-6, &BLOCKS, &GROUPS);
    let mut extremes = vec![Index; D];
    extremes.extend([Integer; D]);
    check_sizes::<Extremes<D>>(&[], &integer, &integer, &extremes, 0.0, &BLOCKS, &GROUPS);
    check_sizes::<LogSumOfMany<D>>(&[], &integer, &number, &[Number], 1e-4, &BLOCKS, &GROUPS);
    let y = [(Number, 1), (Number, D)];
    check_sizes::<Mixed<D>>(&[(Number, 1)], &[(Number, 1)], &y, &[Number; D + 1], 1e-4, &BLOCKS, &GROUPS);
    check_sizes::<Weighted<D>>(&number, &number, &number, &[Number], 1e-5, &BLOCKS, &GROUPS);
    check_sizes::<Pick<D>>(&[], &[(Number, 1), (Index, 1)], &number, &[Number; D], 1e-6, &BLOCKS, &GROUPS);
}
#[test]
fn gradient() {
    let y = [(Number, 3), (Number, 1)];
    check::<GaussGrad<3>>(&[(Integer, 1)], &[(Number, 3), (Number, 1)], &y, &[Number; 3], 1e-4);
}
#[test]
fn nearest() {
    check::<Nearest<2>>(&[], &[(Integer, 2)], &[(Integer, 2)], &[Index, Number], 1e-6);
}
#[test]
fn log_sum() {
    check::<LogSum>(&[], &[(Integer, 1)], &[(Number, 1)], &[Number], 1e-5);
}
#[test]
fn several_reductions() {
    check::<Mixed<2>>(&[(Number, 1)], &[(Number, 1)], &[(Number, 1), (Number, 2)], &[Number; 3], 1e-5);
}
#[test]
fn parameter_vector() {
    check::<Weighted<3>>(&[(Number, 3)], &[(Number, 3)], &[(Number, 3)], &[Number], 1e-6);
}
#[test]
fn no_reduction() {
    check::<Twice>(&[], &[(Number, 1)], &[], &[Integer, Index], 0.0);
}
#[test]
fn index_operand() {
    check::<Pick<1>>(&[], &[(Number, 1), (Index, 1)], &[(Number, 1)], &[Number], 1e-6);
}
#[test]
fn large_dimension() {
    let (rows, cols) = ([0, 1, 3, 15, 16, 17, 64, 200], [0, 1, 5, 16, 33, 70]);
    check_sizes::<Dot<100>>(&[], &[(Number, 100)], &[(Number, 100)], &[Number], 1e-4, &rows, &cols);
    check_sizes::<Dot<800>>(&[], &[(Number, 800)], &[(Number, 800)], &[Number], 1e-3, &[1, 17, 70], &[0, 3, 20]);
}
#[test]
fn totals() {
    check::<SumAll<Dim<3>>>(&[], &[], &[(Number, 3)], &[Number; 3], 1e-5);
    let kept = [1];
    check_sizes::<SumAll<Dim<1>>>(&[], &[], &[(Integer, 1)], &[Integer], 0.0, &kept, &[200_000]);
}
#[test]
fn no_operands() {
    check::<Count>(&[], &[], &[], &[Integer], 0.0);
}
#[test]
fn few_rows_and_many_columns() {
    let y = [(Number, 3), (Number, 1)];
    check_sizes::<Gauss<3>>(&[(Integer, 1)], &[(Number, 3)], &y, &[Number], 1e-4, &[1], &[100_000]);
    check_sizes::<Gauss<3>>(&[(Integer, 1)], &[(Number, 3)], &y, &[Number], 1e-4, &[3, 5], &[20_001]);
    check_sizes::<Nearest<2>>(&[], &[(Integer, 2)], &[(Integer, 2)], &[Index, Number], 1e-6, &[1, 2, 3], &[20_001]);
}
/// Sizes at which ranges of columns are merged, with rows and with columns in lanes.
#[test]
fn ranges_of_columns() {
    let y = [(Number, 3), (Number, 1)];
    check_sizes::<Gauss<3>>(&[(Integer, 1)], &[(Number, 3)], &y, &[Number], 1e-4, &[40, 300], &[7001]);
    check_sizes::<Nearest<2>>(&[], &[(Integer, 2)], &[(Integer, 2)], &[Index, Number], 1e-6, &[40, 300], &[7001]);
    check_sizes::<LogSum>(&[], &[(Integer, 1)], &[(Number, 1)], &[Number], 1e-5, &[40, 300], &[7001]);
}
#[test]
fn many_rows() {
    let y = [(Number, 3), (Number, 1)];
    check_sizes::<Gauss<3>>(&[(Integer, 1)], &[(Number, 3)], &y, &[Number], 1e-4, &[20_001], &[1, 50]);
    check_sizes::<Twice>(&[], &[(Number, 1)], &[], &[Integer, Index], 0.0, &[100_000], &[0]);
}

/// Sizes at which rows and columns are split into tasks.
#[test]
fn any_number_of_threads() {
    let y = [(Number, 3), (Number, 1)];
    for [m, n] in [[1, 300_000], [100, 9000], [3000, 3001], [10_000, 20]] {
        let operands = Operands::new(&[(Integer, 1)], &[(Number, 3)], &y, m, n);
        for cpu in cpus() {
            let results = [1, 2, 3, 7].map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
                pool.install(|| operands.run::<Gauss<3>, f32>(&cpu, &[Number], [m, n]))
            });
            for other in &results[1..] {
                assert_eq!(&results[0], other, "{m} × {n}");
            }
        }
    }
}

/// A pass may itself run on a thread of the pool.
#[test]
fn nested() {
    use rayon::prelude::*;
    let y = [(Number, 3), (Number, 1)];
    let operands = Operands::new(&[(Integer, 1)], &[(Number, 3)], &y, 2000, 2000);
    let run = || operands.run::<Gauss<3>, f32>(&Cpu::default(), &[Number], [2000, 2000]);
    let once = run();
    (0..8).into_par_iter().for_each(|_| assert_eq!(run(), once));
}

#[test]
#[should_panic(expected = "the operands are not those of the pass")]
fn a_pass_must_fit() {
    let operands = Operands::new(&[], &[(Number, 1)], &[], 5, 5);
    operands.run::<Gauss<3>, f32>(&Cpu::default(), &[Number], [5, 5]);
}

#[test]
fn kernels_that_nobody_has_compiled() {
    let error = Ptx::of::<Gauss<3>, f32>(None).unwrap_err();
    let place = std::any::type_name::<Gauss<3>>();
    assert_eq!(
        error,
        Error::Device(DeviceError::NoKernels { place, method: "", scalar: "f32", why: NoKernels::NoBuildScript })
    );
    let message = error.to_string();
    assert!(message.starts_with(&format!("the formula at {place} has no GPU kernels: no build script")), "{message}");
    assert!(message.contains("the crate in which this `keops!` stands"), "{message}");
    // a program whose `main` returns it shows this
    assert_eq!(format!("{error:?}"), message);
    let error =
        Ptx::of::<Gauss<3>, f32>(Some(Gpu { place: "a.rs:1", method: "", other_columns: None, instances: None }))
            .unwrap_err();
    assert_eq!(
        error,
        Error::Device(DeviceError::NoKernels {
            place: "a.rs:1",
            method: "",
            scalar: "f32",
            why: NoKernels::NoBuildScript
        })
    );
}
