//! Entropic optimal transport between two clouds of points, on a card where there is one.
//!
//! ```text
//! cd examples/gpu
//! cargo run --release [-- POINTS]
//! ```
//!
//! Sinkhorn's iteration on logarithms: the potential of each point is a soft minimum over the points of the other cloud. Points and
//! potentials stay where they are computed, so that a step costs its kernel and nothing else: `eval_device` returns before a card is
//! done, and the next step is queued behind. Numbers come to this process when `to_host` asks for them.

use std::process::ExitCode;
use std::time::Instant;

use keops::{Cuda, Device, DeviceVec, Error, keops};

keops! {
    /// The least cost of going from a row to a column, less what is paid there: softly, at temperature `t`.
    fn potential(x_i: [f32; 3], y_j: [f32; 3], g_j: f32, log_n: f32, t: f32) {
        -t * logsumexp_j((g_j - sqdist(x_i, y_j) / 2) / t - log_n)
    }

    /// Which part of its mass each column has received.
    fn received(y_i: [f32; 3], x_j: [f32; 3], g_i: f32, f_j: f32, log_n: f32, t: f32) {
        sum_j exp((f_j + g_i - sqdist(y_i, x_j) / 2) / t - log_n)
    }
}

/// The temperature: the square of the length below which points are blurred.
const T: f32 = 0.01;
const STEPS: usize = 50;

/// The potentials of both clouds.
struct Plan {
    f: DeviceVec<f32>,
    g: DeviceVec<f32>,
}

fn transport(device: &Device, x: &DeviceVec<[f32; 3]>, y: &DeviceVec<[f32; 3]>) -> Result<Plan, Error> {
    let (log_m, log_n) = ((x.len() as f32).ln(), (y.len() as f32).ln());
    let mut g = device.upload(&vec![0.0f32; y.len()])?;
    let mut f = potential(x, y, &g, log_n, T).eval_device(device)?;
    for _ in 0..STEPS {
        g = potential(y, x, &f, log_m, T).eval_device(device)?;
        f = potential(x, y, &g, log_n, T).eval_device(device)?;
    }
    Ok(Plan { f, g })
}

fn mean(numbers: &[f32]) -> f64 {
    numbers.iter().map(|v| f64::from(*v)).sum::<f64>() / numbers.len() as f64
}

/// Points of a cube, and of another one beside it: the same on each run.
fn clouds(n: usize) -> [Vec<[f32; 3]>; 2] {
    let mut state = 1u64;
    let mut number = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    [0.0, 0.5].map(|first| (0..n).map(|_| [first + number(), number(), number()]).collect())
}

fn run(n: usize) -> Result<(), Error> {
    let device = Device::best();
    println!("on {device}");
    if let (Device::Cpu(_), Err(why)) = (&device, Cuda::new(0)) {
        println!("  {why}");
    }
    let [x, y] = clouds(n);
    let start = Instant::now();
    let (x, y) = (device.upload(&x)?, device.upload(&y)?);
    let plan = transport(&device, &x, &y)?;
    let queued = start.elapsed();
    let (f, g) = (plan.f.to_host()?, plan.g.to_host()?);
    let done = start.elapsed();
    println!("{n} points to {n}, {} kernels: asked for in {queued:.1?}, done in {done:.1?}", 2 * STEPS + 1);
    println!("{:.3e} pairs a second", (2 * STEPS + 1) as f64 * (n * n) as f64 / done.as_secs_f64());
    // half the squared distance that mass goes, in the mean
    println!("cost {:.4}", mean(&f) + mean(&g));
    let received = received(&y, &x, &plan.g, &plan.f, (n as f32).ln(), T).eval_on(&device)?;
    let off = received.iter().map(|part| f64::from((part - 1.0).abs())).sum::<f64>() / n as f64;
    println!("{:.2} % of the mass is not yet where it should be", 50.0 * off);
    Ok(())
}

fn main() -> ExitCode {
    let n = std::env::args().nth(1).map_or(Ok(3000), |n| n.parse::<usize>());
    // of no points there is no plan
    let Some(n) = n.ok().filter(|n| *n > 0) else {
        eprintln!("usage: keops-gpu-example [POINTS], at least one");
        return ExitCode::FAILURE;
    };
    match run(n) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
