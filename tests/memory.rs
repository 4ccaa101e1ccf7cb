//! Memory beyond operands and results: what threads have in their caches, and one value per row or column and pass.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;
use std::{env, fs};

use keops::keops;

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, g: f32) {
        sum_j exp(-g * sqdist(x_i, y_j)) * b_j
    }
    fn density(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, g: f32) {
        logsumexp_j(b_j - g * sqdist(x_i, y_j))
    }
    fn nearest(x_i: [f32; 3], y_j: [f32; 3]) {
        argmin_j sqdist(x_i, y_j)
    }
}

const FEW: usize = 500;
const MANY: usize = 4_000_000;
/// What two threads may take, whatever the sizes: less than one number for each of many rows. Tasks take up to 1 MiB at a
/// time; the system's allocator keeps several times as much, and how much depends on who asks when.
const THREADS: usize = 12 * 1024 * 1024;
/// A number per row or column.
const NUMBERS: usize = MANY * size_of::<f32>();

/// The environment variable that tells the child what to evaluate.
const CASE: &str = "KEOPS_MEMORY_CASE";

/// Memory is that of a process: each case has one.
fn beyond(case: &str, rows: usize, cols: usize) -> usize {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["child", "--exact", "--nocapture"]).env(CASE, format!("{case} {rows} {cols}"));
    let output = child.env("RAYON_NUM_THREADS", "2").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let found = text.lines().find_map(|line| line.split_once("bytes beyond: ")?.1.parse().ok());
    found.unwrap_or_else(|| panic!("{case}: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn sums_take_what_threads_take() {
    for (rows, cols) in [(MANY, FEW), (FEW, MANY)] {
        for case in ["gauss", "gauss.x", "gauss.y", "gauss.b", "density", "nearest"] {
            let bytes = beyond(case, rows, cols);
            assert!(bytes <= THREADS, "{case}, {rows} × {cols}: {bytes} bytes");
        }
    }
}

#[test]
fn passes_leave_a_value_per_row() {
    // the rows' shares of a gradient in a parameter; the value that a gradient needs
    // (of a logarithm of a sum: its shift and its sum)
    for (case, values) in [("gauss.g", 1), ("gauss.all", 1), ("density.x", 2), ("density.y", 2)] {
        let bytes = beyond(case, MANY, FEW);
        assert!(bytes <= THREADS + values * NUMBERS, "{case}: {bytes} bytes");
    }
}

/// What is measured can be seen: a buffer of a number per row.
#[test]
fn a_value_per_row_is_seen() {
    let bytes = beyond("buffer", MANY, FEW);
    assert!(bytes > THREADS, "{bytes} bytes");
}

/// Not a test but the child: evaluates a case, and says how far memory has grown beyond the result.
#[test]
fn child() {
    let Ok(text) = env::var(CASE) else { return };
    let words: Vec<&str> = text.split(' ').collect();
    let (case, rows, cols) = (words[0], words[1].parse().unwrap(), words[2].parse().unwrap());
    let (x, y, b) = (points(rows), points(cols), vec![0.5; cols]);
    let e = vec![1.0; rows];
    evaluate(case, &x[..FEW], &y[..FEW], &b[..FEW], &e[..FEW]); // code, threads and their stacks
    let before = peak();
    let result = evaluate(case, &x, &y, &b, &e);
    println!("bytes beyond: {}", (peak() - before).saturating_sub(result));
}

/// Returns how many bytes the result has.
fn evaluate(case: &str, x: &[[f32; 3]], y: &[[f32; 3]], b: &[f32], e: &[f32]) -> usize {
    let (gauss, density) = (gauss(x, y, b, 8.0), density(x, y, b, 8.0));
    match case {
        "gauss" => size_of_val(&*gauss.eval().unwrap()),
        "gauss.x" => size_of_val(&*gauss.grad_x(e).eval().unwrap()),
        "gauss.y" => size_of_val(&*gauss.grad_y(e).eval().unwrap()),
        "gauss.b" => size_of_val(&*gauss.grad_b(e).eval().unwrap()),
        "gauss.g" => size_of_val(&gauss.grad_g(e).eval().unwrap()),
        "gauss.all" => {
            let all = gauss.with_grads(e).eval().unwrap();
            size_of_val(&*all.value) + size_of_val(&*all.grad_x) + size_of_val(&*all.grad_y) + size_of_val(&*all.grad_b)
        }
        "density" => size_of_val(&*density.eval().unwrap()),
        "density.x" => size_of_val(&*density.grad_x(e).eval().unwrap()),
        "density.y" => size_of_val(&*density.grad_y(e).eval().unwrap()),
        "nearest" => size_of_val(&*nearest(x, y).eval().unwrap()),
        "buffer" => {
            std::hint::black_box(vec![1.0f32; x.len()]);
            0
        }
        _ => panic!("no such case: {case}"),
    }
}

fn points(n: usize) -> Vec<[f32; 3]> {
    let rng = &mut fastrand::Rng::with_seed(3);
    (0..n).map(|_| std::array::from_fn(|_| rng.f32())).collect()
}

/// The most memory that this process has had, in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<usize>().unwrap() * 1024
}
