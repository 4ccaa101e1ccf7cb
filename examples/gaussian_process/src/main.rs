//! A Gaussian process: the height of the land between its airports, how sure that is, and all parameters learned from the heights.
//!
//! ```text
//! cargo run --release -p gaussian_process [-- FILE.csv|FILE.npy] [--fit N] [--out PICTURE.png]
//! ```
//!
//! Heights are those of a Gaussian process with Matérn's covariance, which has a length-scale in each direction, and noise. These and the two
//! variances are fitted to N of the known heights, 2,000 where nothing is said: they make their probability largest, by its gradient and L-BFGS. One fifth of
//! the points are held out. Heights and variances there are predicted from all other points, and tell how large errors are, and how often a height
//! is where it is said to be. The picture has the map, and below it a section along the line: the predicted height, where it is with probability 95 %, and
//! the points that are near.
//!
//! A file has the position in two columns and the value in another one; without a file, they are 11,946 airports of the United States
//! and their elevation.
#![allow(clippy::print_stdout, reason = "an example prints what it found")]

#[path = "../../common/bar.rs"]
mod bar;
#[path = "../../common/mod.rs"]
mod common;
mod picture;

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Instant;

use argmin::core::{CostFunction, Executor, Gradient, State as _};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use bar::Bar;
use common::{Args, Points, Result, Values, digits};
use keops::keops;
use keops::solve::Preconditioner;

const USAGE: &str = "usage: gaussian_process [FILE.csv|FILE.npy] [--fit N] [--out PICTURE.png]";

/// Of so many predictions it is checked how sure they are.
const CHECKED: usize = 192;

/// The rank of the preconditioner of all points, which serves for all that is solved: the noise is little, and there are hundreds of systems.
const RANK: usize = 1500;

keops! {
    /// Matérn's covariance of smoothness 3/2, with a length-scale in each direction and the variance `v`.
    pub(crate) fn covariance(x_i: [f32; 2], y_j: [f32; 2], l: [f32; 2], v: f32) { v * matern(1.5, norm((x_i - y_j) / l)) }
}

/// What argmin wants of a function.
type Asked<T> = std::result::Result<T, argmin::core::Error>;

/// Points and the heights there, standardised.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) x: Vec<[f32; 2]>,
    pub(crate) y: Vec<f32>,
}

/// What is fitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameters {
    pub(crate) lengths: [f32; 2],
    pub(crate) signal: f32,
    pub(crate) noise: f64,
}

impl Parameters {
    /// Of their logarithms, among which optimisers may go anywhere.
    fn of(logarithms: &[f64]) -> Parameters {
        let [a, b, signal] = [0, 1, 2].map(|at| logarithms[at].exp() as f32);
        Parameters { lengths: [a, b], signal, noise: logarithms[3].exp() }
    }

    fn logarithms(self) -> Vec<f64> {
        let [a, b] = self.lengths.map(f64::from);
        [a, b, self.signal.into(), self.noise].map(f64::ln).to_vec()
    }
}

/// A value and the gradient there.
#[derive(Clone, Debug)]
struct Tried {
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

/// The probability of heights under the process, as a function of the logarithms of its parameters.
struct Likelihood<'a> {
    known: &'a Known,
    bar: Bar,
    /// The last one: optimisers ask for the value and the gradient one after the other.
    last: RefCell<Option<Tried>>,
}

impl Likelihood<'_> {
    /// Minus the logarithm, and its gradient, for each point.
    fn at(&self, logarithms: &[f64]) -> Asked<Tried> {
        if let Some(last) = self.last.borrow().as_ref().filter(|last| last.at == logarithms) {
            return Ok(last.clone());
        }
        let Parameters { lengths, signal, noise } = Parameters::of(logarithms);
        let k = covariance(&self.known.x, &self.known.x, lengths, signal);
        let found = k.log_likelihood(&self.known.y).ridge(noise).tolerance(1e-4).gradient().run()?;
        let pairs = found.gradient.as_ref().expect("it was asked for");
        let [left, right] = pairs.points::<f32, 16>()?;
        let in_lengths = k.grad_l(&right, &left).eval()?;
        let in_signal = k.grad_v(&right, &left).eval()?;
        // in logarithms: times what these are of
        let gradient = [
            f64::from(in_lengths[0] * lengths[0]),
            f64::from(in_lengths[1] * lengths[1]),
            f64::from(in_signal * signal),
            pairs.in_ridge() * noise,
        ];
        let len = self.known.y.len() as f64;
        let gradient = gradient.map(|slope| -slope / len).to_vec();
        let tried = Tried { at: logarithms.to_vec(), value: -found.value / len, gradient };
        self.bar.step(format_args!("log likelihood {:.1}", found.value));
        *self.last.borrow_mut() = Some(tried.clone());
        Ok(tried)
    }
}

impl CostFunction for Likelihood<'_> {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, logarithms: &Vec<f64>) -> Asked<f64> {
        Ok(self.at(logarithms)?.value)
    }
}

impl Gradient for Likelihood<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;
    fn gradient(&self, logarithms: &Vec<f64>) -> Asked<Vec<f64>> {
        Ok(self.at(logarithms)?.gradient)
    }
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let args = Args::parse(USAGE, &["--fit", "--out"])?;
    let [file] = args.files(["us_airports.csv"])?;
    let points = Points::read(&file)?;
    let Some(Values { name, all }) = &points.values else {
        return Err(format!("{}: expected a column of values beside the two of the position", file.display()).into());
    };
    println!("{} points of {}, with {name}", points.len(), file.display());
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    let spread = (all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / all.len() as f64).sqrt();
    let broad = points.bandwidth();
    if points.len() < 20 || !broad.is_normal() || !spread.is_normal() {
        return Err(format!(
            "{}: expected at least 20 points, in several places and of several values",
            file.display()
        )
        .into());
    }
    let mut order: Vec<usize> = (0..points.len()).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut order);
    let pick = |of: &[usize]| -> Known {
        let (x, y) = of.iter().map(|&k| (points.xy[k], ((all[k] - mean) / spread) as f32)).unzip();
        Known { x, y }
    };
    let (held_out, known) = order.split_at(points.len() / 5);
    let (held_out, known) = (pick(held_out), pick(known));
    let some = args.positive("--fit")?.unwrap_or(2000.0);
    if some < 10.0 {
        return Err(format!("--fit: expected 10 points or more, found {some}").into());
    }
    let some = Known { x: first(&known.x, some), y: first(&known.y, some) };

    let found = fit(&some, Parameters { lengths: [4.0 * broad; 2], signal: 1.0, noise: 0.1 })?;
    let Parameters { lengths, signal, noise } = found;
    println!(
        "length-scales {} and {}{}, signal ±{}, noise ±{}",
        digits(lengths[0]),
        digits(lengths[1]),
        points.unit,
        digits(spread * f64::from(signal).sqrt()),
        digits(spread * noise.sqrt())
    );

    let start = Instant::now();
    let k = covariance(&known.x, &known.x, lengths, signal);
    let preconditioner = Preconditioner::of(&k.operator()?, RANK.min(known.x.len()), noise, 0)?;
    let bar = Bar::of_residuals();
    let system = k.solve(&known.y).ridge(noise).tolerance(1e-4).preconditioner(&preconditioner).progress(|done| {
        bar.residual(done);
        ControlFlow::Continue(())
    });
    let solution = system.run()?;
    drop(bar);
    println!("{} points: {:.1} s; {}", known.y.len(), start.elapsed().as_secs_f64(), solution.report);
    let weights = solution.x.iter().map(|a| *a as f32).collect();
    let process = picture::Process { known: &known, found, weights, preconditioner: &preconditioner };

    let heights = process.means(&held_out.x)?;
    let errors: Vec<f64> = heights.iter().zip(&held_out.y).map(|(a, b)| f64::from(a - b)).collect();
    let checked = errors.len().min(CHECKED);
    let start = Instant::now();
    let variances = process.variances(&held_out.x[..checked])?;
    println!("{:.1} s; {variances}", start.elapsed().as_secs_f64());
    let within = |times: f64| {
        let count =
            errors.iter().zip(&variances.values).filter(|(e, v)| e.abs() <= times * (*v + noise).sqrt()).count();
        100.0 * count as f64 / checked as f64
    };
    println!(
        "held out: error {}, where all at the mean would be {}; {:.1} % are where they are said to be with probability 95 %, {:.1} % of 50 %",
        digits(spread * root_mean_square(errors.iter().copied())),
        digits(spread * root_mean_square(held_out.y.iter().map(|v| f64::from(*v)))),
        within(1.96),
        within(0.6745)
    );
    let out = args.out("gaussian_process.png");
    picture::draw(&points.xy, broad, &process)?.save(&out)?;
    println!("picture: {}", out.display());
    Ok(())
}

/// The parameters under which these heights are most probable.
fn fit(known: &Known, from: Parameters) -> Result<Parameters> {
    let start = Instant::now();
    let problem = Likelihood { known, bar: Bar::new(40), last: RefCell::default() };
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 5).with_tolerance_grad(2e-3)?.with_tolerance_cost(1e-4)?;
    let run = Executor::new(problem, solver)
        .configure(|state| state.param(from.logarithms()).max_iters(20).counting(true))
        .run()?;
    let best = run.state().get_best_param().ok_or("no parameters were tried")?;
    let evaluations = run.state().get_func_counts().get("cost_count").copied().unwrap_or_default();
    println!(
        "fitted to {} points: {:.1} s, {} iterations, {evaluations} evaluations; log likelihood {:.1}",
        known.y.len(),
        start.elapsed().as_secs_f64(),
        run.state().get_iter(),
        -run.state().get_best_cost() * known.y.len() as f64
    );
    Ok(Parameters::of(best))
}

/// So many of the first, or all if they are fewer.
fn first<P: Copy>(of: &[P], len: f64) -> Vec<P> {
    of[..of.len().min(len as usize)].to_vec()
}

fn root_mean_square(v: impl ExactSizeIterator<Item = f64>) -> f64 {
    let len = v.len() as f64;
    (v.map(|v| v.powi(2)).sum::<f64>() / len).sqrt()
}
