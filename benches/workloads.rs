//! The standard workloads, each beside a naive loop at a smaller size, with answers checked before they are timed.
#![allow(missing_docs, reason = "criterion's macros")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use keops::{Batches, keops};

keops! {
    fn gauss(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s2: f32) {
        sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j
    }
    fn laplacian(x_i: [f32; 3], y_j: [f32; 3], b_j: f32, s: f32) {
        sum_j exp(-norm(x_i - y_j) / s) * b_j
    }
    fn soft_max(x_i: [f32; 3], y_j: [f32; 3], f_j: f32, g: f32) {
        logsumexp_j(f_j - g * sqdist(x_i, y_j))
    }
    fn nearest(x_i: [f32; 2], c_j: [f32; 2]) {
        argmin_j sqdist(x_i, c_j)
    }
}

fn points<const D: usize>(rng: &mut fastrand::Rng, n: usize) -> Vec<[f32; D]> {
    (0..n).map(|_| std::array::from_fn(|_| rng.f32())).collect()
}

/// Relative distance of an answer from that of the naive loop in f64, on the first rows.
fn check(found: &[f32], expected: &[f64]) {
    let (mut off, mut size) = (0.0, 0.0);
    for (f, e) in found.iter().zip(expected) {
        off += (f64::from(*f) - e).powi(2);
        size += e * e;
    }
    assert!((off / size).sqrt() < 1e-6, "wrong answer: off by {}", (off / size).sqrt());
}

fn workloads(c: &mut Criterion) {
    let rng = &mut fastrand::Rng::with_seed(0);
    let mut group = c.benchmark_group("pairs");
    group.sample_size(10);
    for n in [1_000usize, 10_000] {
        let (x, y) = (points::<3>(rng, n), points::<3>(rng, n));
        let b: Vec<f32> = (0..n).map(|_| rng.f32() - 0.5).collect();
        let e = vec![1.0f32; n];
        group.throughput(Throughput::Elements((n * n) as u64));

        let call = gauss(&x, &y, &b, 0.0625);
        let few = gauss(&x[..10], &y, &b, 0.0625);
        check(&call.eval().expect("runs")[..10], &few.naive().expect("runs"));
        let gradient = few.grad_x(&e[..10]).naive().expect("runs");
        check(call.grad_x(&e).eval().expect("runs")[..10].as_flattened(), gradient.as_flattened());
        if n == 1000 {
            let gradient = call.grad_s2(&e).naive().expect("runs");
            check(&[call.grad_s2(&e).eval().expect("runs")], &[gradient]);
        }
        group.bench_function(BenchmarkId::new("gauss", n), |t| t.iter(|| black_box(call.eval())));
        group.bench_function(BenchmarkId::new("gauss.grad_x", n), |t| t.iter(|| black_box(call.grad_x(&e).eval())));
        group.bench_function(BenchmarkId::new("gauss.grad_s2", n), |t| t.iter(|| black_box(call.grad_s2(&e).eval())));

        let call = laplacian(&x, &y, &b, 0.25);
        check(&call.eval().expect("runs")[..10], &laplacian(&x[..10], &y, &b, 0.25).naive().expect("runs"));
        group.bench_function(BenchmarkId::new("laplacian", n), |t| t.iter(|| black_box(call.eval())));

        let call = soft_max(&x, &y, &b, 20.0);
        check(&call.eval().expect("runs")[..10], &soft_max(&x[..10], &y, &b, 20.0).naive().expect("runs"));
        group.bench_function(BenchmarkId::new("logsumexp", n), |t| t.iter(|| black_box(call.eval())));
    }
    let (x, centres) = (points::<2>(rng, 100_000), points::<2>(rng, 1000));
    let call = nearest(&x, &centres);
    assert_eq!(call.eval().expect("runs")[..10], nearest(&x[..10], &centres).naive().expect("runs"));
    group.throughput(Throughput::Elements(100_000 * 1000));
    group.bench_function("argmin", |t| t.iter(|| black_box(call.eval())));
    group.throughput(Throughput::Elements(100));
    let (x, y, b) = (points::<3>(rng, 10), points::<3>(rng, 10), vec![1.0f32; 10]);
    let call = gauss(&x, &y, &b, 0.1);
    check(&call.eval().expect("runs"), &call.naive().expect("runs"));
    group.bench_function("10 x 10", |t| t.iter(|| black_box(gauss(&x, &y, &b, 0.1).eval())));
    group.finish();
}

/// Independent problems in one call, beside one problem of as many pairs as those of 100 × 100 have.
fn batches(c: &mut Criterion) {
    let rng = &mut fastrand::Rng::with_seed(0);
    let mut group = c.benchmark_group("batches");
    for (count, n) in [(1, 14_142), (2000, 1000), (20_000, 100), (100_000, 20)] {
        let (x, y) = (points::<3>(rng, count * n), points::<3>(rng, count * n));
        let b: Vec<f32> = (0..count * n).map(|_| rng.f32()).collect();
        let batches = Batches::uniform(count, n, n).expect("they are few");
        let call = gauss(&x, &y, &b, 0.1).batches(&batches);
        let last = (count - 1) * n..;
        let alone = gauss(&x[last.clone()], &y[last.clone()], &b[last.clone()], 0.1).eval();
        assert_eq!(call.eval().map(|a| a[last].to_vec()), alone, "the bits of a call for the last");
        group.throughput(Throughput::Elements((count * n * n) as u64));
        group.bench_function(format!("{count} of {n} x {n}"), |t| t.iter(|| black_box(call.eval())));
    }
    group.finish();
}

criterion_group!(benches, workloads, batches);
criterion_main!(benches);
