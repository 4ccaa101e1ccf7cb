//! What a formula is made into: a call, or a matrix.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::call::Asked;
use super::device::Device;
use super::item::inferred_shape;
use super::name::{Names, gradient_method};
use super::{Shell, generic_name};
use crate::lower::Lowered;
use crate::matrix::Matrix;
use crate::types::NumberType;

/// A formula that has been lowered.
pub(crate) enum Formula {
    /// Reductions: what the user holds is a call.
    Reduced(Box<Lowered>),
    /// Without a reduction; the names are those of the product's types, of an item.
    Matrix(Box<Matrix>, Option<Names>),
}

/// The code of a formula.
pub(super) struct Made {
    /// Its types.
    pub(super) code: TokenStream,
    /// The type of keops in the one that the user holds.
    pub(super) held: Ident,
    /// What must hold of shapes that follow from operands.
    pub(super) bounds: TokenStream,
}

impl Formula {
    /// The formula as the user has written it, and gives its operands.
    pub(super) fn of_user(&self) -> &Lowered {
        match self {
            Formula::Reduced(lowered) => lowered,
            Formula::Matrix(matrix, _) => &matrix.entry,
        }
    }

    /// What is reduced, and has gradients: of a matrix the product.
    pub(crate) fn of_call(&self) -> &Lowered {
        match self {
            Formula::Reduced(lowered) => lowered,
            Formula::Matrix(matrix, _) => &matrix.times,
        }
    }

    /// The operand that a matrix is multiplied with.
    pub(crate) fn factor(&self) -> Option<usize> {
        match self {
            Formula::Reduced(_) => None,
            Formula::Matrix(matrix, _) => Some(matrix.factor()),
        }
    }

    /// The method that multiplies by the transpose, of a matrix: the gradient in what it is multiplied with.
    pub(crate) fn transposed(&self) -> Option<String> {
        match self {
            Formula::Reduced(_) => None,
            Formula::Matrix(matrix, _) => {
                Some(gradient_method(&matrix.times.operands[matrix.factor()].name).to_string())
            }
        }
    }

    /// Its code, where the user holds a `name`.
    #[expect(clippy::too_many_arguments, reason = "all that is known of a formula")]
    pub(super) fn make(
        &self,
        names: Option<Names>,
        name: &Ident,
        number: NumberType,
        dims: &[Ident],
        asked: Asked<'_>,
        title: &str,
        device: Device<'_>,
    ) -> Made {
        let lowered = self.of_user();
        let inferred = |k: usize| inferred_shape(k, lowered.operands[k].axis);
        match self {
            Formula::Reduced(lowered) => {
                let mut shell = Shell::new(lowered, name.clone(), number, dims, asked, title, device);
                shell.names = names;
                Made { code: shell.emit(), held: format_ident!("Call"), bounds: shell.bounds(&inferred) }
            }
            Formula::Matrix(matrix, times) => {
                let call = times.as_ref().map_or_else(|| format_ident!("Times"), |names| names.call.clone());
                let product = format!("the product of {title} with a vector");
                let mut shell = Shell::new(&matrix.times, call, number, dims, asked, &product, device);
                (shell.names, shell.of_matrix) = (times.clone(), Some(&**matrix));
                let (code, ty) = (shell.emit(), shell.emit_matrix(name, title, matrix));
                let bounds = shell
                    .bounds_of_matrix(matrix, &|k| if k == matrix.factor() { generic_name(k) } else { inferred(k) });
                Made { code: quote!(#code #ty), held: format_ident!("Matrix"), bounds }
            }
        }
    }
}
