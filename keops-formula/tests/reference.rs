//! Functions next to numbers that mpmath has computed with 50 digits: `reference/functions.py` writes them.

mod common;

use keops_formula::function::{Function, Parameter};
use keops_formula::interpret::Interpreter;
use keops_formula::lower::Lowered;

const CASES: &str = include_str!("reference/functions.txt");

/// A call of literals and operands, evaluated.
fn value(f: Function, args: &[Vec<f64>]) -> Vec<f64> {
    let (mut declared, mut data, mut written) = (String::new(), vec![], vec![]);
    for (k, (parameter, arg)) in f.parameters().iter().zip(args).enumerate() {
        match parameter {
            Parameter::Literal(_) | Parameter::Signed(_) => {
                written.push(arg[0].to_string());
                continue;
            }
            Parameter::List(_) => {
                written.push(format!("{:?}", arg.iter().map(|v| *v as usize).collect::<Vec<_>>()));
                continue;
            }
            Parameter::Between(..) | Parameter::Of(..) => {}
        }
        let dim = if arg.len() == 1 && f.name() != "solve" && f.name() != "kron" {
            "f64".into()
        } else {
            format!("[f64; {}]", arg.len())
        };
        declared += &format!("a{k}_i: {dim}, ");
        written.push(format!("a{k}_i"));
        data.push(vec![arg.clone()]);
    }
    data.push(vec![vec![1.0]]);
    let call = format!("{}({})", f.name(), written.join(", "));
    let Lowered { graph, root, .. } = common::lowered(&format!("fn f({declared}w_j: f64) {{ sum_j {call} * w_j }}"));
    Interpreter::new(&graph, &data, 1, 1).at(root, 0, 0)
}

#[test]
fn values_are_those_of_mpmath() {
    let mut worst = ("", 0.0);
    for case in CASES.lines() {
        let mut parts = case.split("; ");
        let f = Function::from_name(parts.next().expect("a name")).expect("a function");
        let numbers =
            |part: &str| part.split_terminator(' ').map(|v| v.parse().expect("a number")).collect::<Vec<f64>>();
        let mut args: Vec<Vec<f64>> = parts.map(numbers).collect();
        let expected = args.pop().expect("a value");
        let found = value(f, &args);
        assert_eq!(found.len(), expected.len(), "{case}");
        // in units in the last place of the largest component
        let size = expected.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            let error = (found - expected).abs() / (size * f64::EPSILON);
            assert!(error <= 40.0, "{case}: {found}, {error} units off");
            if error > worst.1 {
                worst = (case, error);
            }
        }
    }
    eprintln!("{} units: {}", worst.1, worst.0);
}
