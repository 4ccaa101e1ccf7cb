//! Matrices on GPU kernels: products with any number of columns, entries by every way to them, and gradients, against the plain double
//! loop and the processor.
//!
//! Without a device compiler there are no kernels: the tests pass, and say so; `KEOPS_REQUIRE=ptx` makes them fail.

mod common;

use common::is_compiled;
use keops::error::DeviceError;
use keops::{Columns, Complex, Cpu, Engine, Error, Matrix, MatrixPlans, Naive, NoKernels, Scalar, keops};
use keops_gpu_tests::{Interpreter, Scarce, Sizes, interpreter, scarce};
use keops_ptx::Builder;
use keops_ptx_interpreter::Element;
use keops_runtime::{ElementsMut, Host};

keops! {
    #[gpu(grad_x, grad_s2, with_grads, columns = 3)]
    pub(crate) fn gauss(x_i: [f32; 3], y_j: [f32; 3], s2: f32) { exp(-sqdist(x_i, y_j) / 2s2) }
    /// The same product, spelt out.
    fn gauss_sum(x_i: [f32; 3], y_j: [f32; 3], s2: f32, b_j: f32) { sum_j gauss(x_i, y_j, s2) * b_j }
    #[gpu(<f32, 2>, <f64, 2>, <f64, 5>, grad_y)]
    fn smooth<T, const D: usize>(x_i: [T; D], y_j: [T; D], s: T) { matern(2.5, norm(x_i - y_j) / s) }
    /// Not symmetric, with weights, integers and indices.
    fn labelled(x_i: [f64; 2], w_j: f64, l_i: u32, k_j: u32, y_j: [f64; 2]) {
        if l_i == k_j && j <= i + 3 { w_j * exp((x_i | y_j)) } else { 0.5 * w_j }
    }
    /// The same points as rows and as columns.
    #[gpu(grad_x)]
    fn own(x_i: [f64; 3], s: f64) { exp(-norm(x_i - x_j) / s) * (1 + (x_i | x_j)) + if i == j { 0.25 } else { 0 } }
    /// Blocks of 2 × 1.
    #[gpu(grad_y)]
    fn force(x_i: [f32; 2], y_j: [f32; 2]) { (x_i - y_j) / (1 + sqdist(x_i, y_j)) }
    /// Blocks of 2 × 3.
    #[gpu(grad_x)]
    #[block(2, 3)]
    fn skew(x_i: [f32; 2], y_j: [f32; 3]) { outer(x_i, y_j) + if i == j { 1 } else { 0 } }
    /// Complex numbers.
    #[gpu(grad_x)]
    fn waves(x_i: [f64; 2], y_j: [f64; 2], w_j: Complex<f64>) { w_j * cis(norm(x_i - y_j)) / (1 + sqdist(x_i, y_j)) }
    /// Of vectors that are longer than registers.
    fn long(x_i: [f32; 70], y_j: [f32; 70]) { exp(-sqdist(x_i, y_j) / 70) }
    /// Products of which are sums that are moved out of each other.
    #[gpu(grad_u, grad_v)]
    fn sums(u_i: f64, v_j: f64) { u_i + v_j }
}

const SIZES: [[usize; 2]; 6] = [[1, 1], [5, 7], [33, 20], [7, 1], [2, 70], [1, 40]];
const COLUMNS: [usize; 7] = [1, 2, 3, 7, 8, 9, 11];

fn numbers<T: Scalar>(seed: u64, len: usize) -> Vec<T> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..len).map(|_| T::from_f64(2.0 * random.f64() - 1.0)).collect()
}

fn points<T: Scalar, const D: usize>(seed: u64, len: usize) -> Vec<[T; D]> {
    numbers(seed, len * D).chunks_exact(D).map(|p| p.try_into().expect("D numbers")).collect()
}

/// Launches that a GPU would get, others, and memory in which nothing fits as a whole.
fn engines() -> [Interpreter; 3] {
    let sizes = Some(Sizes { threads: 7, tile: 3, spans: 2 });
    [interpreter(None), interpreter(sizes), scarce(sizes, Scarce { free: 300, piece: 1 })]
}

#[track_caller]
fn near<T: Scalar>(found: &[T], expected: &[T], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let (found, expected): (Vec<f64>, Vec<f64>) =
        (found.iter().map(|v| v.to_f64()).collect(), expected.iter().map(|v| v.to_f64()).collect());
    let scale = expected.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    let tolerance = if size_of::<T>() == 4 { 2e-5 } else { 1e-12 };
    for (n, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((a - b).abs() <= tolerance * scale, "{what}, number {n}: {a} for {b}");
    }
}

/// The numbers of entries.
fn flat<T: Scalar, K: MatrixPlans>(entries: Result<Vec<<K::Entry as Host>::Host<T>>, Error>) -> Vec<T> {
    let mut entries = entries.unwrap_or_else(|error| panic!("{error}"));
    match K::Entry::elements::<T>(&mut entries) {
        ElementsMut::Same(numbers) => numbers.to_vec(),
        _ => unreachable!("entries are numbers"),
    }
}

/// All that a matrix computes on this engine, in an order: products with some numbers of columns, and entries.
fn everything<T: Scalar, K: MatrixPlans, E: Engine<T>>(k: &Matrix<'_, T, K>, engine: &E) -> Vec<(String, Vec<T>)> {
    let ([m, n], on) = (k.shape().expect("it fits"), k.on(engine));
    let (rows, columns_of_entries) = (m * K::ROWS, n * K::COLUMNS);
    let ok = |product: Result<Vec<T>, Error>| product.unwrap_or_else(|error| panic!("{error}"));
    let mut all = vec![];
    for columns in COLUMNS {
        let (b, e) = (numbers::<T>(1, columns_of_entries * columns), numbers::<T>(2, rows * columns));
        let (b, e) = (Columns::new(&b, columns).expect("rows"), Columns::new(&e, columns).expect("rows"));
        all.push((format!("{columns} columns"), ok(on.apply(&b))));
        all.push((format!("{columns} columns of the transpose"), ok(on.apply_t(&e))));
    }
    let (b, e) = (numbers::<T>(1, columns_of_entries), numbers::<T>(2, rows));
    all.push(("a vector".into(), ok(on.apply(&b))));
    all.push(("a vector of the transpose".into(), ok(on.apply_t(&e))));
    all.push(("the sums of rows".into(), flat::<T, K>(on.row_sums())));
    let dense = flat::<T, K>(on.dense());
    let entry = K::Entry::NUMBERS;
    // what is computed by rows has the bits of all, wherever it is asked for
    assert_eq!(flat::<T, K>(on.row(m - 1)), dense[(m - 1) * n * entry..], "a row");
    all.push(("all entries".into(), dense));
    all.push(("a column".into(), flat::<T, K>(on.column(n / 2))));
    all.push(("the diagonal".into(), flat::<T, K>(on.diagonal())));
    all.push(("a block by rows".into(), flat::<T, K>(on.block(&[m - 1, 0], ..))));
    all.push(("a block by columns".into(), flat::<T, K>(on.block(m / 2.., &[n / 2]))));
    all.push(("nothing".into(), flat::<T, K>(on.block(m..m, ..))));
    all
}

/// All engines compute the same, within rounding.
#[track_caller]
fn agree<T: Scalar + Element, K: MatrixPlans>(k: &Matrix<'_, T, K>) {
    let expected = everything(k, &Naive);
    let compare = |found: Vec<(String, Vec<T>)>, on: &str| {
        for ((what, found), (_, expected)) in found.iter().zip(&expected) {
            near(found, expected, &format!("{what} of {k:?} on {on}"));
        }
    };
    compare(everything(k, &Cpu::default()), "the processor");
    for engine in engines() {
        compare(everything(k, &engine), &format!("{engine:?}"));
    }
}

#[test]
fn products_and_entries() {
    if !is_compiled() {
        return;
    }
    for [m, n] in SIZES {
        agree(&gauss(&points::<f32, 3>(1, m), &points::<f32, 3>(2, n), 0.3));
        agree(&smooth(&points::<f32, 2>(1, m), &points::<f32, 2>(2, n), 0.5));
        agree(&smooth(&points::<f64, 5>(1, m), &points::<f64, 5>(2, n), 0.5));
        let labels = |seed, len| -> Vec<u32> { numbers::<f64>(seed, len).iter().map(|v| (*v > 0.0).into()).collect() };
        agree(&labelled(
            &points::<f64, 2>(3, m),
            &numbers::<f64>(4, n),
            &labels(5, m),
            &labels(6, n),
            &points::<f64, 2>(7, n),
        ));
        agree(&own(&points::<f64, 3>(8, n), 0.7));
        agree(&skew(&points::<f32, 2>(1, m), &points::<f32, 3>(2, n)));
        agree(&force(&points::<f32, 2>(9, m), &points::<f32, 2>(10, n)));
        let weights: Vec<Complex<f64>> =
            points::<f64, 2>(17, n).iter().map(|[re, im]| Complex::new(*re, *im)).collect();
        agree(&waves(&points::<f64, 2>(1, m), &points::<f64, 2>(2, n), &weights));
        agree(&sums(&numbers::<f64>(11, m), &numbers::<f64>(12, n)));
    }
    agree(&long(&points::<f32, 70>(13, 9), &points::<f32, 70>(14, 20)));
    let (u, v) = (numbers::<f32>(15, 20), numbers::<f32>(16, 30));
    let expression = keops!(tanh(u_i * v_j) + u_i where u_i: f32, v_j: f32);
    agree(&*expression);
}

/// A product on an engine has the bits of the sum that is written out, one column at a time.
#[test]
fn a_product_is_the_sum_that_is_written_out() {
    if !is_compiled() {
        return;
    }
    let (x, y) = (points::<f32, 3>(1, 40), points::<f32, 3>(2, 50));
    let (b, e) = (numbers::<f32>(3, 50), numbers::<f32>(4, 40));
    let (k, sum) = (gauss(&x, &y, 0.3), gauss_sum(&x, &y, 0.3, &b));
    for engine in engines() {
        assert_eq!(k.on(&engine).apply(&b), sum.eval_on(&engine));
        assert_eq!(k.times(&b).eval_on(&engine), sum.eval_on(&engine));
        // eight columns at once are eight columns
        let columns: Vec<[f32; 8]> = b.iter().map(|b| std::array::from_fn(|c| b * (c + 1) as f32)).collect();
        let product = k.on(&engine).apply(&columns).expect("it runs");
        for c in 0..8 {
            let alone: Vec<f32> = columns.iter().map(|row| row[c]).collect();
            let found: Vec<f32> = product.iter().map(|row| row[c]).collect();
            near(&found, &k.on(&engine).apply(&alone).expect("it runs"), "a column");
        }
        // a vector of one number is a number
        let ones: Vec<[f32; 1]> = b.iter().map(|b| [*b]).collect();
        assert_eq!(k.times(&ones).eval_on(&engine).map(|a| a.concat()), sum.eval_on(&engine));
    }
    // <e, K b> = <Kt e, b>
    let engine = interpreter(None);
    let dot = |u: &[f32], v: &[f32]| u.iter().zip(v).map(|(u, v)| f64::from(*u) * f64::from(*v)).sum::<f64>();
    let [left, right] =
        [dot(&e, &k.on(&engine).apply(&b).expect("it runs")), dot(&k.on(&engine).apply_t(&e).expect("it runs"), &b)];
    assert!((left - right).abs() < 1e-5, "{left} and {right}");
}

#[test]
fn gradients() {
    if !is_compiled() {
        return;
    }
    let (m, n) = (20, 33);
    let (x, y) = (points::<f32, 3>(1, m), points::<f32, 3>(2, n));
    let k = gauss(&x, &y, 0.3);
    let (b, e) = (numbers::<f32>(3, n), numbers::<f32>(4, m));
    for engine in engines() {
        /// The gradients with so many columns.
        macro_rules! columns {
            ($b:expr, $e:expr, $flat:expr) => {{
                let (b, e) = ($b, $e);
                let (call, slope) = (k.grad_x(&b, &e), k.grad_s2(&b, &e));
                let on = |g: Result<Vec<[f32; 3]>, Error>| g.expect("it runs").concat();
                near(&on(call.eval_on(&engine)), &on(call.eval_on(&Naive)), "the gradient in x");
                let [found, expected] = [slope.eval_on(&engine), slope.eval_on(&Naive)];
                near(&[found.expect("it runs")], &[expected.expect("it runs")], "the gradient in s2");
                let call = k.with_grads(&b, &e);
                let (found, expected) =
                    (call.eval_on(&engine).expect("it runs"), call.eval_on(&Naive).expect("it runs"));
                near(&$flat(found.value), &$flat(expected.value), "the value");
                near(&$flat(found.grad_b), &$flat(expected.grad_b), "the gradient in b");
                near(&found.grad_x.concat(), &expected.grad_x.concat(), "the gradient in x");
                near(&found.grad_y.concat(), &expected.grad_y.concat(), "the gradient in y");
                near(&[found.grad_s2], &[expected.grad_s2], "the gradient in s2");
            }};
        }
        columns!(b.clone(), e.clone(), |v: Vec<f32>| v);
        columns!(points::<f32, 3>(5, n), points::<f32, 3>(6, m), |v: Vec<[f32; 3]>| v.concat());
        columns!(points::<f32, 8>(7, n), points::<f32, 8>(8, m), |v: Vec<[f32; 8]>| v.concat());

        let (u, v) = (points::<f64, 2>(9, m), points::<f64, 2>(10, n));
        let (c, f) = (points::<f64, 8>(11, n), points::<f64, 8>(12, m));
        let call = smooth(&u, &v, 0.5);
        let [found, expected] = [call.grad_y(&c, &f).eval_on(&engine), call.grad_y(&c, &f).eval_on(&Naive)];
        near(&found.expect("it runs").concat(), &expected.expect("it runs").concat(), "a generic gradient");

        let call = own(&points::<f64, 3>(13, n), 0.7)
            .grad_x(&points::<f64, 8>(14, n), &points::<f64, 8>(15, n))
            .eval_on(&engine);
        let same = own(&points::<f64, 3>(13, n), 0.7)
            .grad_x(&points::<f64, 8>(14, n), &points::<f64, 8>(15, n))
            .eval_on(&Naive);
        near(&call.expect("it runs").concat(), &same.expect("it runs").concat(), "a total gradient");

        let (along, blocks) = (
            points::<f32, 2>(16, m),
            force(&u_of(&u), &u_of(&v)).grad_y(&b, &points::<f32, 2>(16, m)).eval_on(&engine),
        );
        let same = force(&u_of(&u), &u_of(&v)).grad_y(&b, &along).eval_on(&Naive);
        near(&blocks.expect("it runs").concat(), &same.expect("it runs").concat(), "a gradient of blocks");

        let (rows, columns) = (numbers::<f64>(19, m), numbers::<f64>(20, n));
        let call = sums(&rows, &columns);
        let (b, e) = (points::<f64, 8>(17, n), points::<f64, 8>(18, m));
        for (found, expected) in [
            (call.grad_u(&b, &e).eval_on(&engine), call.grad_u(&b, &e).eval_on(&Naive)),
            (call.grad_v(&b, &e).eval_on(&engine), call.grad_v(&b, &e).eval_on(&Naive)),
        ] {
            near(&found.expect("it runs"), &expected.expect("it runs"), "a gradient of sums");
        }
    }
}

fn u_of(points: &[[f64; 2]]) -> Vec<[f32; 2]> {
    points.iter().map(|p| p.map(|v| v as f32)).collect()
}

/// Where the next matrices are.
const ITEMS: u32 = line!() + 1;
keops! {
    fn asked(x_i: f32, y_j: f32) { x_i * y_j }
    #[gpu(<f32, 2>)]
    fn generic<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { sqdist(x_i, y_j) }
}

/// What is compiled of a matrix is what it computes with, and no more.
#[test]
fn a_matrix_has_six_kernels() {
    if !is_compiled() {
        return;
    }
    let (x, y) = ([1.0f32, 2.0], [3.0f32, 4.0]);
    let engine = interpreter(None);
    everything(&asked(&x, &y), &engine);
    let mut found = Builder::new().file("tests/matrices.rs").symbols().expect("it is this file");
    found.retain(|symbol| symbol.starts_with("keops_asked_"));
    assert_eq!(engine.0.loaded(), found);
    assert_eq!(found.len(), 6, "{found:?}");
}

#[track_caller]
fn missing<R: std::fmt::Debug>(result: Result<R, Error>, expected: NoKernels, line: u32, says: &str) {
    let error = result.expect_err("there are no kernels");
    let Error::Device(DeviceError::NoKernels { place, why, .. }) = error else { panic!("{error}") };
    assert_eq!(why, expected, "{error}");
    assert!(place.ends_with(&format!("matrices.rs:{line}")), "{place}, expected line {line}");
    assert!(error.to_string().contains(place) && error.to_string().contains(says), "{error}");
}

#[test]
fn an_error_says_what_is_missing() {
    if !is_compiled() {
        return;
    }
    let (x, y) = ([1.0f32, 2.0], [3.0f32, 4.0]);
    let engine = interpreter(None);
    let k = asked(&x, &y);
    assert_eq!(k.on(&engine).apply(&[1.0, 1.0]), Ok(vec![7.0, 14.0]));
    assert_eq!(k.on(&engine).apply(&[[1.0; 3]; 2]), Ok(vec![[7.0; 3], [14.0; 3]]));
    assert_eq!(k.on(&engine).dense(), Ok(vec![3.0, 4.0, 6.0, 8.0]));
    let three = k.times(&[[1.0; 3]; 2]);
    let says = "not to be multiplied with 3 columns at once: an item asks for them, `#[gpu(columns = 3)]`, and `k.on(&engine).apply(&b)`";
    missing(three.eval_on(&engine), NoKernels::OtherColumns(3), ITEMS + 1, says);
    let gradient = k.grad_x(&[1.0; 2], &[1.0; 2]).eval_on(&engine);
    missing(gradient, NoKernels::NotAskedFor, ITEMS + 1, "for `grad_x`: an item asks for them, `#[gpu(grad_x)]`");
    let single = generic(&[[1.0f32, 2.0]], &[[3.0, 2.0]]);
    assert_eq!(single.on(&engine).row(0), Ok(vec![4.0]));
    let double = generic(&[[1.0f64, 2.0]], &[[3.0, 2.0]]);
    let on = double.on(&engine);
    missing(on.apply(&[1.0]), NoKernels::OtherInstance, ITEMS + 3, "these numbers (f64) and dimensions");
    missing(on.apply_t(&[[1.0; 8]]), NoKernels::OtherInstance, ITEMS + 3, "`#[gpu(<f64, …>)]`");
    missing(on.row(0), NoKernels::OtherInstance, ITEMS + 3, "`#[gpu(<f64, …>)]`");
    missing(on.diagonal(), NoKernels::OtherInstance, ITEMS + 3, "`#[gpu(<f64, …>)]`");
    let (untyped, line) = (keops!(x_i + y_j), line!());
    missing(untyped.on(&engine).row_sums(), NoKernels::NotAskedFor, line, "declare its operands' types");
    // mistakes are those of the processor
    let said = |error: Option<Error>| error.map(|error| error.to_string());
    assert_eq!(said(k.on(&engine).apply(&[1.0; 3]).err()), said(k.apply(&[1.0; 3]).err()));
    assert_eq!(said(k.on(&engine).row(9).err()), said(k.row(9).err()));
}
