//! A mistake in an item is no mistake in what names its types.
use keops::{Error, keops};

keops! {
    pub fn unreadable(x_i: f32, y_j: f32) { sum_j x_i ** y_j }
    #[with_grads(x)]
    fn unknown<T, const D: usize>(x_i: [T; D], y_j: T) { sum_j z_i * y_j }
    fn twice(x_i: f32, x_j: f32) { sum_j x_i * x_j }
    #[cfg(any())]
    fn twin(x_i: f32) { sum_j ** }
    #[cfg(not(any()))]
    fn twin(x_i: f32, y_j: f32) { sum_j x_i * y_j }
    fn result(x_i: f32, y_j: f32) { sum_j q_i * y_j }
}

struct Kept<'a>(Unreadable<'a>, UnreadableGradX<'a>, UnreadableWithGradsCall<'a>, Unknown<'a, f32, 3>, Twin<'a>);

impl Kept<'_> {
    fn run(&self, e: &[f32]) -> Result<UnreadableWithGrads, Error> {
        let UnknownWithGrads { value, grad_x } = self.3.with_grads(e).eval()?;
        println!("{:?} {value:?} {grad_x:?} {:?}", self.0.with_x(e).eval()?, self.4.eval()?[0]);
        self.2.eval()
    }
}

fn of(call: ResultCall<'_>) -> Result<Vec<f32>, Error> {
    Ok([call.eval()?, twice(&[1.0], &[1.0]).eval()?].concat())
}

fn main() {}
