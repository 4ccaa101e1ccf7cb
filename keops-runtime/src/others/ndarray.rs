//! `ndarray`: a matrix holds one point per row, and a vector one number.
//!
//! Arrays whose memory is one piece are read where they lie, in any order; others are copied.

use ndarray::{ArrayBase, Data, Ix1, Ix2};

use crate::{Elements, Error, Layout, Operand, Rows, Scalar, View};

#[diagnostic::do_not_recommend]
impl<T: Scalar, S: Data<Elem = T>> Rows<T> for ArrayBase<S, Ix1> {
    fn operand(&self) -> Operand<'_, T> {
        let layout = |[point]: [usize; 1]| Layout { point, ..Layout::points(self.len(), 1) };
        points(self.as_slice_memory_order(), strides(self.strides()).map(layout), || self.iter().copied().collect(), 1)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar, S: Data<Elem = T>, const D: usize> Rows<[T; D]> for ArrayBase<S, Ix2> {
    fn operand(&self) -> Operand<'_, T> {
        let (len, found) = self.dim();
        if found != D {
            return Operand::Failed(Error::Width { expected: D, found });
        }
        let layout = |[point, component]: [usize; 2]| Layout { point, component, ..Layout::points(len, D) };
        points(self.as_slice_memory_order(), strides(self.strides()).map(layout), || self.iter().copied().collect(), D)
    }
}

/// Strides that lead forwards.
fn strides<const N: usize>(strides: &[isize]) -> Option<[usize; N]> {
    let forwards: Option<Vec<usize>> = strides.iter().map(|stride| usize::try_from(*stride).ok()).collect();
    forwards?.try_into().ok()
}

fn points<'a, T: Scalar>(
    memory: Option<&'a [T]>,
    layout: Option<Layout>,
    copy: impl FnOnce() -> Vec<T>,
    width: usize,
) -> Operand<'a, T> {
    match (memory, layout) {
        (Some(memory), Some(layout)) => {
            View::new(Elements::Same(memory), layout).map_or_else(Operand::Failed, Operand::Host)
        }
        _ => Operand::Owned(copy(), width),
    }
}
