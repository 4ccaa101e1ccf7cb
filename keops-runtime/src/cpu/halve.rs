//! The engine of products of symmetric matrices: each value of a pair is computed once, for both of its places.
//!
//! | file | what it knows |
//! |---|---|
//! | `product` | values of pairs times what either side is multiplied with, in the lanes of each instruction set |
//! | `pair` | two blocks of points that meet: what one task computes |
//! | `rounds` | which blocks meet at the same time: no block twice |
//!
//! Points are cut into blocks by their number alone. In a round each block meets one other, so that all of them may be added to
//! at once; rounds follow each other, in [`COPIES`] that have sums of their own and are added up in order. So the order of all additions is
//! the same on any number of threads. The values of a tile are summed plainly, and those sums with compensation, as [`Cpu`] does it.

mod pair;
mod product;
mod rounds;

use keops_core::{Gpu, Pass};

use self::pair::{Meeting, Sums};
pub(super) use self::product::{Product, product};
use self::rounds::rounds;
use super::Cpu;
use super::kernel::Kernel;
use super::meet::vectors_of_a_block;
use crate::evaluate::{Evaluation, Kept, Place};
use crate::host::{self, Few, copied, room, view};
use crate::{Elements, ElementsMut, Engine, Error, Inputs, Layout, Scalar, Source, Target, View, ViewMut, parallel};

/// From so many points on the products are halved: with fewer, blocks are too few, or too small.
pub(super) const LEAST: usize = 4096;
/// No more columns than these: for each, a value is multiplied twice, whether or not its pair had to be computed twice.
pub(super) const MOST: usize = 4;

/// How many blocks there are at least, if they can be so small.
const BLOCKS: usize = 16;

/// How many sums each block has, so that as many rounds are one: there is more to do at once, and less waiting between.
const COPIES: usize = 8;
/// The processor, computing each entry of a symmetric matrix once. It runs passes of one sum, over all pairs, of which the last operand of
/// columns is what the matrix is multiplied with: of any number of columns, as the output has.
#[derive(Clone, Copy, Debug)]
pub struct Halving(pub(super) Cpu);

impl<T: Scalar> Engine<T> for Halving {
    type Code = Kernel<T>;
    host::memory!();
    type Partial = Vec<T>;

    fn code<F: Pass>(&self, _: Option<Gpu>) -> Result<Kernel<T>, Error> {
        Ok(T::kernel_to_halve::<F>(self.0.isa))
    }
    super::partials!(Kernel<T>, 0, |kernel| kernel);

    fn reduce(&self, kernel: &Kernel<T>, inputs: &Inputs<'_, T, Vec<T>>, into: &mut Vec<T>) -> Result<(), Error> {
        self.0.reduce(kernel, inputs, into)
    }
    fn run(
        &self,
        kernel: &Kernel<T>,
        inputs: &Inputs<'_, T, Vec<T>>,
        outputs: &mut [Target<'_, T, Vec<T>>],
    ) -> Result<(), Error> {
        let points = inputs.row_window.len;
        let (Some((factor, own)), [output]) = (inputs.cols.split_last(), outputs) else {
            unreachable!("a product has what is multiplied, and a result")
        };
        let (factor, Layout { width: columns, .. }) = copied(view(factor)?)?;
        // a value is the term of a column of ones
        let one = [T::from_f64(1.0)];
        let ones = Source::Host(View::new(Elements::Same(&one), Layout::points(1, 1))?.repeated(points)?);
        let cols: Few<_> = own.iter().copied().chain([ones]).collect();
        let inputs = Inputs { cols: &cols, ..*inputs };
        let reading = super::read(kernel, &inputs)?;
        let block = vectors_of_a_block(points, kernel.lanes(), BLOCKS) * kernel.lanes();
        let meeting =
            Meeting { kernel, reading: &reading, product: T::products(self.0.isa), factor: &factor, columns, block };
        let sums = meeting.sums(points)?;
        let mut results = room(points)?;
        let mut places = host::views(std::slice::from_mut(output))?;
        for column in 0..columns {
            let partial = sums.iter().flat_map(|sums| sums.of(column)).flat_map(|(total, rest)| [total, rest]);
            let to = ViewMut::new(ElementsMut::Same(&mut results), Layout::points(points, 1))?;
            self.0.finish(kernel, &inputs, partial.take(2 * points).collect(), &mut [Target::Host(to)])?;
            results.iter().enumerate().for_each(|(row, v)| places[0].set(row, column, *v));
        }
        Ok(())
    }
    fn evaluate(
        &self,
        evaluation: &Evaluation<'_, T>,
        codes: &[Kernel<T>],
        places: Vec<Place<'_, T>>,
    ) -> Result<Vec<Kept<Vec<T>>>, Error> {
        T::evaluate_halved(self, evaluation, codes, places)
    }
}

impl<T: Scalar> Meeting<'_, T> {
    /// The sums of all blocks of so many points.
    fn sums(&self, points: usize) -> Result<Vec<Sums<T>>, Error> {
        let blocks = points.div_ceil(self.block);
        let new = || (0..blocks).map(|_| Sums::new(self.block, self.columns)).collect::<Result<Vec<_>, Error>>();
        let mut copies = (0..COPIES).map(|_| new()).collect::<Result<Vec<_>, Error>>()?;
        for at_once in rounds(blocks).chunks(COPIES) {
            let mut tasks = vec![];
            for (copy, round) in copies.iter_mut().zip(at_once) {
                let mut free: Vec<_> = copy.iter_mut().map(Some).collect();
                for [i, j] in round {
                    // a block meets itself, or one other
                    let (rows, cols) = (free[*i].take(), free[*j].take());
                    tasks.extend(rows.map(|rows| ([*i, *j], rows, cols)));
                }
            }
            parallel::try_each(tasks, |(pair, rows, cols)| {
                self.kernel.with_room(|| self.meet(pair.map(|k| self.points(k, points)), rows, cols))
            })?;
        }
        let all = copies.into_iter().reduce(|mut all, copy| {
            all.iter_mut().zip(&copy).for_each(|(all, sums)| all.merge(sums));
            all
        });
        Ok(all.unwrap_or_default())
    }

    /// The points of a block.
    fn points(&self, block: usize, points: usize) -> std::ops::Range<usize> {
        block * self.block..points.min((block + 1) * self.block)
    }
}
