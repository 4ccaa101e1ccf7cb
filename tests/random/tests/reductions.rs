//! Every reduction of the vocabulary through the whole macro, over rows and over columns, of numbers and vectors: the emitted code,
//! run by the naive loop, against the interpreter, and the engine on every instruction set against the naive loop, at sizes around the edges
//! of lanes, blocks and tiles. Values tie, are NaN and infinite; pairs are left out, all of them, or none.
//!
//! The formulas are written by `keops-formula/tests/random.rs`.

#[path = "../../divided/mod.rs"]
mod divided;
#[path = "../../parts/mod.rs"]
mod parts;
#[path = "../../suite/mod.rs"]
mod suite;
#[path = "../../threads/mod.rs"]
mod threads;

use divided::Divided;
use keops::{Call, Cpu, Isa, Owned, Plan};
use keops_formula::ast::Input;
use keops_formula::interpret::Interpreter;
use keops_formula::lower::lower;
use keops_formula::parse::parse;
use suite::{Numbers, check_against, close};

/// Numbers of rows and columns.
const SIZES: [[usize; 2]; 9] = [[0, 3], [3, 0], [1, 1], [2, 5], [17, 3], [3, 16], [33, 65], [5, 257], [257, 2]];

/// Which pairs are left in, by the inner product of their points: all, some, none.
const LEFT_IN: [f32; 3] = [f32::NEG_INFINITY, 0.5, f32::INFINITY];

/// Points of numbers with few bits, and if they are odd, with some that are none.
fn points<const D: usize>(seed: u64, len: usize, is_odd: bool) -> Vec<[f32; D]> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut number = || match rng.u8(..24) {
        0 if is_odd => f32::NAN,
        1 if is_odd => f32::INFINITY,
        2 if is_odd => f32::NEG_INFINITY,
        _ => f32::from(rng.i8(-8..=8)) / 4.0,
    };
    // of long vectors the first component is odd at most: a NaN in each product tells nothing
    let mut point = |k: usize| {
        let mut point: [f32; D] = std::array::from_fn(|_| number());
        point[1..].iter_mut().filter(|v| D > 3 && !v.is_finite()).for_each(|v| *v = 0.25);
        if k % 4 == 3 { [-1.25; D] } else { point }
    };
    (0..len).map(&mut point).collect()
}

/// What the interpreter answers.
fn interpreted<const D: usize>(text: &str, x: &[[f32; D]], y: &[[f32; D]], p: f32) -> Vec<f64> {
    let item = format!("fn f(x_i: [f64; {D}], y_j: [f64; {D}], p: f64) {{ {text} }}");
    let Input::Items(items) = parse(item.parse().expect("lexes")).expect("parses") else { panic!("an item") };
    let lowered = lower(&items[0].body, Some(&items[0].declared)).expect("lowers");
    let flat = |points: &[[f32; D]]| points.iter().map(Numbers::numbers).collect::<Vec<_>>();
    let data = vec![flat(x), flat(y), vec![vec![f64::from(p)]]];
    let mut oracle = Interpreter::new(&lowered.graph, &data, x.len(), y.len());
    lowered.values().iter().flat_map(|root| oracle.all(root.node).concat()).collect()
}

/// Holds a formula to what it means.
fn run<'a, const D: usize, P: Plan, C: AsRef<Call<'a, f32, P>>>(
    text: &str,
    x: &'a [[f32; D]],
    y: &'a [[f32; D]],
    p: f32,
    call: C,
) where
    Owned<P, f32>: Numbers,
    Owned<P, f64>: Numbers,
{
    let what = format!("{text}, p = {p}, {} x {}", x.len(), y.len());
    let expected = call.as_ref().naive().expect("runs").numbers();
    if x.len() * y.len() < 100 {
        close(&expected, &interpreted(text, x, y, p), 1e-12, &what);
    }
    if x.len() == 33 {
        check_against(&expected, &Divided::new(Cpu::default()), &call, &format!("{what} on ranks"));
    }
    for isa in Isa::available() {
        let engine = Cpu::with(isa).expect("it is available");
        check_against(&expected, &engine, &call, &format!("{what} with {isa}"));
    }
}

macro_rules! reduction {
    ($name:ident $dim:literal ($($operands:tt)*) { $($body:tt)* }) => {
        #[test]
        fn $name() {
            keops::keops! { fn formula($($operands)*) { $($body)* } }
            for ([m, n], is_odd) in SIZES.into_iter().flat_map(|sizes| [(sizes, false), (sizes, true)]) {
                let (x, y) = (points::<$dim>(m as u64, m, is_odd), points::<$dim>(7 * n as u64 + 1, n, is_odd));
                for p in LEFT_IN {
                    run(stringify!($($body)*), &x, &y, p, formula(&x, &y, p));
                }
            }
        }
    };
}

include!("../reductions.rs");
