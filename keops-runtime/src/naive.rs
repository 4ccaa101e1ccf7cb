//! The plain double loop: what the fast engines are tested against.

use keops_core::{Bundle, Of, Pass, Reduction};

use crate::{Engine, Error, PassInputs, Scalar, View};

/// One number at a time, one row at a time, on one thread. Slow, and obviously right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Naive;

/// The bundle at point `n` of the views.
fn point<B: Bundle, T: Scalar>(views: &[View<'_, T>], n: usize) -> Of<B, T> {
    let mut numbers = views.iter().flat_map(|v| &v.flat()[n * v.width()..][..v.width()]);
    B::load(|_| *numbers.next().expect("a pass has as many numbers as its formula asks for"))
}

impl<T: Scalar> Engine<T> for Naive {
    fn run<F: Pass>(&self, pass: PassInputs<'_, T>, out: &mut [T], total: &mut [T]) -> Result<(), Error> {
        let len = [F::Params::LEN, F::Rows::LEN, F::Cols::LEN, F::Out::LEN, F::Total::LEN];
        pass.check(len, out.len(), total.len());
        let p = F::params((), &point::<F::Params, T>(pass.params, 0));
        let mut sums = vec![0.0; F::Total::LEN];
        for i in 0..pass.kept {
            let x = F::row((), &p, &point::<F::Rows, T>(pass.rows, i), i as u32);
            let mut acc = F::Reduce::start::<T>(());
            for j in 0..pass.reduced {
                let y = F::col((), &p, &point::<F::Cols, T>(pass.cols, j), j as u32);
                let mut part = F::Reduce::part::<T>(());
                F::pair::<T>((), &p, &x, &y, &mut part);
                F::Reduce::absorb::<T>((), &mut acc, &part);
            }
            let (result, share) = F::finish((), &p, &x, &F::Reduce::done::<T>((), &acc));
            F::Out::store(&result, |k, v: T| out[i * F::Out::LEN + k] = v);
            F::Total::store(&share, |k, v: T| sums[k] += v.to_f64());
        }
        for (total, sum) in total.iter_mut().zip(sums) {
            *total = T::from_f64(sum);
        }
        Ok(())
    }
}
