//! Our kernels, as a user would write them, on points that are on the card or in the memory of this process.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Instant;

use keops::engine::{Accelerator, OnDevice, Ptx, Shape};
use keops::error::DeviceError;
use keops::{Cuda, DeviceVec, Entry, Error, keops};

use crate::peer::Result;
use crate::workload::{Data, Quantity, Workload};

keops! {
    #[gpu(<3>, <10>, <64>, <100>, grad_x)]
    fn gauss<const D: usize>(x_i: [f32; D], y_j: [f32; D], b_j: f32, g: f32) {
        sum_j exp(-g * sqdist(x_i, y_j)) * b_j
    }
    #[gpu(<3>, <10>, <64>, <100>)]
    fn log_sum_exp<const D: usize>(x_i: [f32; D], y_j: [f32; D], b_j: f32, g: f32) {
        logsumexp_j(b_j - g * sqdist(x_i, y_j))
    }
    #[gpu(<3>, <10>, <64>, <100>)]
    fn nearest<const D: usize>(x_i: [f32; D], y_j: [f32; D]) {
        argmin_j sqdist(x_i, y_j)
    }
}

/// Where operands are, and results go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Card,
    Host,
}

impl Place {
    pub fn word(self) -> &'static str {
        match self {
            Place::Card => "card",
            Place::Host => "host",
        }
    }
}

/// Seconds per call, and the answer.
type Timed = (f64, Vec<f64>);

/// Results as numbers, one after the other.
type Wide<P> = fn(Vec<P>) -> Vec<f64>;

/// A kernel applied to data.
pub struct Ours(Box<dyn Fn(usize) -> Result<Timed, Error>>);

impl Ours {
    /// Calls the kernel so many times.
    pub fn run(&self, calls: usize) -> Result<Timed, Error> {
        (self.0)(calls)
    }

    /// The kernel of a workload, with its operands at this place.
    ///
    /// # Errors
    /// What the card's driver says, and a dimension that no kernel here has.
    pub fn new(w: &Workload, data: &Data, place: Place, cuda: &Cuda) -> Result<Self> {
        Ok(match w.dim {
            3 => of::<3>(w, data, place, cuda)?,
            10 => of::<10>(w, data, place, cuda)?,
            64 => of::<64>(w, data, place, cuda)?,
            100 => of::<100>(w, data, place, cuda)?,
            dim => return Err(format!("no kernel of ours has {dim} dimensions").into()),
        })
    }

    /// The kernel of a workload as PTX.
    ///
    /// # Errors
    /// Where a build script has compiled none.
    pub fn ptx(w: &Workload) -> Result<Ptx> {
        match w.dim {
            3 => ptx_of::<3>(w.quantity),
            10 => ptx_of::<10>(w.quantity),
            64 => ptx_of::<64>(w.quantity),
            100 => ptx_of::<100>(w.quantity),
            dim => Err(format!("no kernel of ours has {dim} dimensions").into()),
        }
    }

    /// Results stay on the card: it is waited for the last of the calls.
    fn on_card<P: Entry>(
        cuda: &Cuda,
        call: impl Fn(&Cuda) -> Result<DeviceVec<P>, Error> + 'static,
        wide: Wide<P>,
    ) -> Self {
        Self::timed(cuda, call, DeviceVec::wait, move |last| last.to_host().map(wide))
    }

    /// Results come to this process.
    fn from_host<P: 'static>(
        cuda: &Cuda,
        call: impl Fn(&Cuda) -> Result<Vec<P>, Error> + 'static,
        wide: Wide<P>,
    ) -> Self {
        Self::timed(cuda, call, |_| Ok(()), move |last| Ok(wide(last)))
    }

    /// Times calls until the last one is done; what it answers with is taken when the clock has stopped.
    fn timed<V: 'static>(
        cuda: &Cuda,
        call: impl Fn(&Cuda) -> Result<V, Error> + 'static,
        done: fn(&V) -> Result<(), Error>,
        numbers: impl Fn(V) -> Result<Vec<f64>, Error> + 'static,
    ) -> Self {
        let cuda = cuda.clone();
        Ours(Box::new(move |calls| {
            let start = Instant::now();
            for _ in 1..calls {
                drop(black_box(call(&cuda)?));
            }
            let last = call(&cuda)?;
            done(&last)?;
            let seconds = start.elapsed().as_secs_f64() / calls as f64;
            Ok((seconds, numbers(last)?))
        }))
    }
}

fn of<const D: usize>(w: &Workload, data: &Data, place: Place, cuda: &Cuda) -> Result<Ours, Error> {
    let points = |data: &[f64]| -> Vec<[f32; D]> { data.as_chunks().0.iter().map(|p| p.map(|v| v as f32)).collect() };
    let numbers = |data: &[f64]| -> Vec<f32> { data.iter().map(|v| *v as f32).collect() };
    let (x, y, b, e, g) = (points(&data.x), points(&data.y), numbers(&data.b), numbers(&data.e), w.g as f32);
    let (of_numbers, of_points): (Wide<f32>, Wide<[f32; D]>) =
        (|a| a.into_iter().map(f64::from).collect(), |a| a.into_flattened().into_iter().map(f64::from).collect());
    let of_indices: Wide<u32> = |a| a.into_iter().map(f64::from).collect();
    // the same calls, on operands of either kind
    macro_rules! ours {
        ($timed:ident, $eval:ident of $x:ident $y:ident $b:ident $e:ident) => {
            match w.quantity {
                Quantity::Sum | Quantity::Gradients => {
                    Ours::$timed(cuda, move |cuda| gauss(&$x, &$y, &$b, g).$eval(cuda), of_numbers)
                }
                Quantity::Gradient => {
                    Ours::$timed(cuda, move |cuda| gauss(&$x, &$y, &$b, g).grad_x(&$e).$eval(cuda), of_points)
                }
                Quantity::LogSumExp => {
                    Ours::$timed(cuda, move |cuda| log_sum_exp(&$x, &$y, &$b, g).$eval(cuda), of_numbers)
                }
                Quantity::ArgMin | Quantity::Nearest => {
                    Ours::$timed(cuda, move |cuda| nearest(&$x, &$y).$eval(cuda), of_indices)
                }
            }
        };
    }
    Ok(match place {
        Place::Card => {
            let (x, y): (DeviceVec<[f32; D]>, DeviceVec<[f32; D]>) = (cuda.upload(&x)?, cuda.upload(&y)?);
            let (b, e): (DeviceVec<f32>, DeviceVec<f32>) = (cuda.upload(&b)?, cuda.upload(&e)?);
            ours!(on_card, eval_device of x y b e)
        }
        Place::Host => ours!(from_host, eval_on of x y b e),
    })
}

/// A device that takes kernels, and runs none.
#[derive(Default)]
struct Reader(RefCell<Option<Ptx>>);

/// What is said of all that it does not do.
fn none<V>() -> Result<V, Error> {
    Err(Error::Device(DeviceError::NoDevice { why: "kernels are only read here".into() }))
}

impl Accelerator<f32> for Reader {
    type Module = ();
    type Buffer = ();

    fn load(&self, ptx: Ptx) -> Result<(), Error> {
        self.0.borrow_mut().get_or_insert(ptx);
        Ok(())
    }
    fn room(&self, _: usize) -> Result<(), Error> {
        none()
    }
    fn table(&self, _: &[u8]) -> Result<(), Error> {
        none()
    }
    fn read(&self, _: &(), _: usize, _: &mut [f32]) -> Result<(), Error> {
        none()
    }
    fn write(&self, (): &mut (), _: usize, _: &[f32]) -> Result<(), Error> {
        none()
    }
    fn address(&self, _: &()) -> u64 {
        0
    }
    fn launch(&self, (): &(), _: &str, _: Shape, _: &[u8]) -> Result<(), Error> {
        none()
    }
}

fn ptx_of<const D: usize>(quantity: Quantity) -> Result<Ptx> {
    let (reader, x, b) = (OnDevice(Reader::default()), [[0.0f32; D]], [0.0f32]);
    let asked = match quantity {
        Quantity::Sum | Quantity::Gradients => gauss(&x, &x, &b, 1.0).eval_on(&reader).map(drop),
        Quantity::Gradient => gauss(&x, &x, &b, 1.0).grad_x(&b).eval_on(&reader).map(drop),
        Quantity::LogSumExp => log_sum_exp(&x, &x, &b, 1.0).eval_on(&reader).map(drop),
        Quantity::ArgMin | Quantity::Nearest => nearest(&x, &x).eval_on(&reader).map(drop),
    };
    match (reader.0.0.into_inner(), asked) {
        (Some(ptx), _) => Ok(ptx),
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) => Err("the call has no pass".into()),
    }
}
