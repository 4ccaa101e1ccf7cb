//! Infinities, NaN, overflow and empty operands, on every instruction set.

#[path = "../skip/mod.rs"]
mod skip;

use keops::{Cpu, Isa, NONE, Scalar, keops};

keops! {
    fn gauss<T>(x_i: T, y_j: T, b_j: T, s2: T) { sum_j exp(-sqdist(x_i, y_j) / 2s2) * b_j }
    fn growth<T>(x_i: T, y_j: T, s: T) { sum_j exp(s * x_i * y_j) }
    fn log_sum<T>(x_i: T, y_j: T) { logsumexp_j(x_i * y_j) }
    fn largest<T>(x_i: T, y_j: T) { argmax_j(x_i * y_j) }
}

fn on<T: Scalar>(isa: Isa) {
    let Some(cpu) = Cpu::with(isa) else {
        return skip::skip(isa.name(), "tests/answers/special_values.rs", &format!("this processor has no {isa}"));
    };
    let v = |v: f64| T::from_f64(v);
    let f = |v: &[T]| v.iter().map(|v| v.to_f64()).collect::<Vec<_>>();
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let x = [0.0, inf, -inf, nan, 1e30].map(v);
    let (one, two) = ([1.0].map(v), [1.0, 1.0].map(v));

    let a = f(&gauss(&x, &[0.0, 0.0].map(v), &two, v(0.5)).eval_on(&cpu).expect("runs"));
    assert!((a[0] - 2.0).abs() < 1e-5 && a[1] == 0.0 && a[2] == 0.0 && a[3].is_nan() && a[4] == 0.0, "{isa}: {a:?}");
    let a = f(&growth(&x, &one, v(3.0)).eval_on(&cpu).expect("runs"));
    assert!((a[0] - 1.0).abs() < 1e-5 && a[1] == inf && a[2] == 0.0 && a[3].is_nan() && a[4] == inf, "{isa}: {a:?}");
    let a = f(&log_sum(&x, &one).eval_on(&cpu).expect("runs"));
    assert!(a[0] == 0.0 && a[1] == inf && a[2] == -inf && a[3].is_nan(), "{isa}: {a:?}");
    let a = largest(&x, &[nan, 1.0, 1.0].map(v)).eval_on(&cpu).expect("runs");
    assert_eq!(a, [1, 1, NONE, NONE, 1], "{isa}");

    let none: [T; 0] = [];
    let a = f(&gauss(&x, &none, &none, v(1.0)).eval_on(&cpu).expect("runs"));
    assert_eq!(a, [0.0; 5], "{isa}");
    assert_eq!(largest(&x, &none).eval_on(&cpu).expect("runs"), [NONE; 5], "{isa}");
    assert!(gauss(&none, &x, &x, v(1.0)).eval_on(&cpu).expect("runs").is_empty());
    let total = gauss(&none, &none, &none, v(1.0)).grad_s2(&none).eval_on(&cpu).expect("runs");
    assert_eq!(total.to_f64(), 0.0);
}

#[test]
fn special_values() {
    for isa in [Isa::Avx512, Isa::Avx2, Isa::Baseline] {
        on::<f32>(isa);
        on::<f64>(isa);
    }
}

#[test]
fn lengths_that_differ_name_both_operands() {
    let error =
        gauss(&[1.0f32, 2.0], &[1.0, 2.0, 3.0], &[1.0, 2.0], 1.0).eval().expect_err("3 and 2 columns").to_string();
    assert!(["y", "b", "3", "2"].iter().all(|word| error.contains(word)), "{error}");
    let call = gauss(&[1.0f32, 2.0], &[1.0], &[1.0], 1.0);
    let error = call.grad_x(&[1.0]).eval().expect_err("2 rows and 1").to_string();
    assert!(["grad_x(e)", "x", "1", "2"].iter().all(|word| error.contains(word)), "{error}");
    println!("{error}");
}
