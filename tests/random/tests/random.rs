//! A few hundred random formulas through the whole macro: the emitted code, run by the naive loop, against the
//! interpreter, for values and gradients, one by one or together; and every tenth on the CPU engine too,
//! alone and divided among ranks.
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
use keops::Cpu;
use keops_formula::ast::Input;
use keops_formula::differentiate::gradient;
use keops_formula::interpret::{Data, Interpreter};
use keops_formula::lower::lower;
use keops_formula::op::Op;
use keops_formula::parse::parse;
use keops_formula::types::Kind;
use suite::{Numbers, check, close, points, scalars};

const M: usize = 5;
const N: usize = 7;

/// What the interpreter answers: the value, and the gradients in the operands of these names.
fn interpreted(text: &str, data: &Data, e: Vec<Vec<f64>>, names: &[&str]) -> Vec<Vec<f64>> {
    let item = format!(
        "fn f(x_i: [f64; 3], u_i: f64, z_i: [f64; 2], y_j: [f64; 3], b_j: f64, w_j: [f64; 2], s: f64, q: [f64; 3]) {{ {text} }}"
    );
    let Input::Items(items) = parse(item.parse().expect("lexes")).expect("parses") else { panic!("an item") };
    let l = lower(&items[0].body, Some(&items[0].declared)).expect("lowers");
    let mut g = l.graph.clone();
    let shape = g.shape(l.root).clone();
    let e_number = g.add_operand("e", Kind::Number, shape);
    let e_node = g.insert(Op::Operand(e_number, l.kept));
    let mut data = data.clone();
    data.push(e);
    let mut roots = vec![l.root];
    for name in names {
        let k = l.operands.iter().position(|o| o.name == *name).expect("an operand");
        roots.push(gradient(&mut g, l.root, k, e_node, l.operands[k].axis));
    }
    let sizes = [None].into_iter().chain(names.iter().map(|n| l.operands.iter().find(|o| o.name == *n)));
    let mut oracle = Interpreter::new(&g, &data, M, N);
    roots
        .iter()
        .zip(sizes)
        .map(|(root, operand)| {
            let values = oracle.all(*root);
            // a gradient may be the same at every index
            let rows =
                operand.map_or(M, |o| o.axis.map_or(1, |a| if a == keops_formula::types::Axis::I { M } else { N }));
            if values.len() == rows { values.concat() } else { values.concat().repeat(rows) }
        })
        .collect()
}

fn flat<V: Numbers>(v: &[V]) -> Vec<Vec<f64>> {
    v.iter().map(Numbers::numbers).collect()
}

macro_rules! tested {
    ($name:ident 1 $how:ident $operands:tt $body:tt) => { tested! { @ $name (f64) (scalars::<f64>) $how $operands $body } };
    ($name:ident $dim:literal $how:ident $operands:tt $body:tt) => {
        tested! { @ $name ([f64; $dim]) (points::<f64, $dim>) $how $operands $body }
    };
    (@ $name:ident ($e:ty) ($random:expr) $how:ident ($($operands:tt)*) { $($body:tt)* }) => {
        #[test]
        fn $name() {
            keops::keops! { #[with_grads(x, y, s)] fn formula<T>($($operands)*) { $($body)* } }
            let text = stringify!($($body)*);
            let rng = &mut fastrand::Rng::with_seed(3);
            let (x, u, z) = (points::<f64, 3>(rng, M), scalars::<f64>(rng, M), points::<f64, 2>(rng, M));
            let (y, b, w) = (points::<f64, 3>(rng, N), scalars::<f64>(rng, N), points::<f64, 2>(rng, N));
            let (s, q) = (0.7, [0.3, -0.2, 0.9]);
            let e: Vec<$e> = $random(rng, M);
            let data = vec![flat(&x), flat(&u), flat(&z), flat(&y), flat(&b), flat(&w), vec![vec![s]], vec![q.to_vec()]];
            let expected = interpreted(text, &data, flat(&e), &["x", "y", "s"]);
            let call = formula(&x, &u, &z, &y, &b, &w, s, q);
            let found = tested! { @ $how call e text };
            for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
                close(found, expected, 1e-9, &format!("{k} of {text}"));
            }
        }
    };
    (@ engine $call:ident $e:ident $text:ident) => {{
        check(&Divided::new(Cpu::default()), &$call, $text);
        tested! { @ naive $call $e $text }
    }};
    (@ naive $call:ident $e:ident $text:ident) => {
        [
            $call.naive().expect("runs").numbers(),
            $call.grad_x(&$e).naive().expect("runs").numbers(),
            $call.grad_y(&$e).naive().expect("runs").numbers(),
            $call.grad_s(&$e).naive().expect("runs").numbers(),
        ]
    };
    (@ together $call:ident $e:ident $text:ident) => {{
        let all = $call.with_grads(&$e).naive().expect("runs");
        [all.value.numbers(), all.grad_x.numbers(), all.grad_y.numbers(), all.grad_s.numbers()]
    }};
}

/// Lints look at every tenth formula: the others are made of the same.
macro_rules! case {
    ($name:ident $dim:tt engine $operands:tt $body:tt) => { tested! { $name $dim engine $operands $body } };
    ($($case:tt)*) => {
        #[cfg(not(clippy))]
        tested! { $($case)* }
    };
}

include!("../formulas.rs");
