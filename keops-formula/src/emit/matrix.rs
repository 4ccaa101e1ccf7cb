//! The type of a matrix, and the plans that it has beside those of its product.
//!
//! The product is a call like any other, and emitted like one. What is multiplied has a shape that its type tells.

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use quote::{format_ident, quote};

use super::call::{Rebound, Shell, number_argument, number_parameter};
use super::name::{declared, gradient_method, gradient_name};
use super::plan::{Signature, answer_type, option, shape_of_result};
use super::{Generics, Naming, generic_name, keops, list_of_bounds};
use crate::ask;
use crate::graph::Root;
use crate::lower::Lowered;
use crate::matrix::Matrix;
use crate::types::{Axis, Deps};

/// Whether a bound is about a shape of this name.
fn names(bound: &TokenStream, shape: &str) -> bool {
    bound.clone().into_iter().any(|token| matches!(&token, TokenTree::Ident(name) if name == shape))
}

/// The shape that a result, or an entry, has in the user's types.
fn host_type(of: &Lowered) -> TokenStream {
    shape_of_result(&of.graph, Root { node: of.root, kept: of.kept, reading: of.reading })
}

impl Shell<'_> {
    /// What must hold of the shapes of operands, for the matrix to be there.
    pub(super) fn bounds_of_matrix(&self, matrix: &Matrix, name: Naming<'_>) -> TokenStream {
        let factor = generic_name(matrix.factor()).to_string();
        let entries = [&matrix.rows, &matrix.columns].map(|entries| (&entries.graph, entries.root));
        let all = self.list_of_bounds(name).into_iter().chain(list_of_bounds(&entries, name));
        let bounds = all.filter(|bound| !names(bound, &factor));
        quote!(#(#bounds,)*)
    }

    /// The parameters without that of what is multiplied.
    fn without_factor(&self, matrix: &Matrix, generics: &Generics) -> Generics {
        let free = generics.free.iter().copied().filter(|k| *k != matrix.factor()).collect();
        Generics { free, ..generics.clone() }
    }

    /// The plans of entries, and what knows all plans of the matrix.
    pub(super) fn emit_matrix_plans(&self, matrix: &Matrix, generics: &Generics) -> TokenStream {
        let keops = keops();
        let all = generics.arguments();
        let generics = self.without_factor(matrix, generics);
        let bounds = self.bounds_of_matrix(matrix, &generic_name);
        let entries = |name: &str, entries: &Lowered| {
            let (name, planned) = (format_ident!("{name}"), ask::value(entries));
            let operands: Vec<(String, Deps)> = entries.operands.iter().map(|o| (o.name.clone(), o.deps)).collect();
            let answer = answer_type(&planned.graph, planned.plan.roots[0]);
            let signature = Signature { name: &name, formula: &entries.text, operands: &operands, answer: &answer };
            self.emit_plan("", &planned, &signature, &generics, &bounds)
        };
        let (rows, columns) = (entries("EntriesOfRows", &matrix.rows), entries("EntriesOfColumns", &matrix.columns));
        let (declared, arguments, phantom) = (generics.declared(), generics.arguments(), generics.phantom());
        let factor = Generics::shape(matrix.factor());
        let gradient = gradient_name(&matrix.times.operands[matrix.factor()].name, &self.names_of_operands());
        let entry = host_type(&matrix.entry);
        let text = &matrix.entry.text;
        let number = |k: &usize| Literal::usize_unsuffixed(*k);
        let twice = matrix.twice.iter().map(number);
        let indices = matrix.indices.iter().map(|axis| match axis {
            Axis::I => quote!(#keops::Axis::I),
            Axis::J => quote!(#keops::Axis::J),
        });
        let mirrored = option(matrix.mirrored.as_ref().map(|pairs| {
            let pairs =
                pairs.iter().map(|(row, col)| (number(row), number(col))).map(|(row, col)| quote!((#row, #col)));
            quote!(&[#(#pairs),*])
        }));
        let (has_numbers, columns_of_entry) = (matrix.has_numbers, number(&matrix.columns_of_entry));
        let is_complex = matrix.is_complex();
        let halves = matrix.is_halved(&self.value);
        quote! {
            #rows
            #columns
            pub struct Plans<#declared>(#phantom);
            impl<#declared> #keops::MatrixPlans for Plans<#arguments> where #bounds {
                const FORMULA: &'static str = #text;
                const HAS_NUMBERS: bool = #has_numbers;
                const COLUMNS: usize = #columns_of_entry;
                const COMPLEX: bool = #is_complex;
                const TWICE: &'static [usize] = &[#(#twice),*];
                const INDICES: &'static [#keops::Axis] = &[#(#indices),*];
                const MIRRORED: ::core::option::Option<&'static [(usize, usize)]> = #mirrored;
                const HALVES: bool = #halves;
                type Entry = #entry;
                type Times<#factor: #keops::Shape + #keops::Host> = Value<#all>;
                type Transposed<#factor: #keops::Shape + #keops::Host> = #gradient<#all>;
                type Rows = EntriesOfRows<#arguments>;
                type Columns = EntriesOfColumns<#arguments>;
            }
        }
    }

    /// The type that the user holds.
    pub(super) fn emit_matrix(&self, name: &Ident, title: &str, matrix: &Matrix) -> TokenStream {
        let keops = keops();
        let all = self.generics_of_types();
        let generics = self.without_factor(matrix, &all);
        let bounds = self.bounds_of_matrix(matrix, &generic_name);
        let (scalar, declared, arguments) = (self.number.name(), generics.declared(), generics.arguments());
        let (t_declared, t_argument) = (number_parameter(&self.number), number_argument(&self.number));
        let (this, held) =
            (quote!(#name<'a, #t_argument #arguments>), quote!(#keops::Matrix<'a, #scalar, plan::Plans<#arguments>>));
        let text = name.to_string();
        let doc = format!(
            "The matrix {title}, whose entries are `{}`: nothing of it is stored. What it does is what [`Matrix`](keops::Matrix) does, and \
             a [`times`](Self::times) is a call.",
            matrix.entry.text
        );
        let rebound = Rebound { this: name, field: format_ident!("matrix"), generics: &generics };
        let rebinding = (0..matrix.factor()).map(|k| self.emit_rebinding(k, &rebound));
        let products = self.emit_products(matrix, &all);
        quote! {
            #[doc = #doc]
            #[::core::prelude::v1::derive(::core::clone::Clone)]
            pub struct #name<'a, #t_declared #declared> where #bounds { matrix: #held }
            impl<'a, #t_declared #declared> #this where #bounds {
                #[doc(hidden)]
                #[inline]
                pub fn new(matrix: #held) -> Self { Self { matrix } }
                #products
                #(#rebinding)*
            }
            impl<'a, #t_declared #declared> ::core::ops::Deref for #this where #bounds {
                type Target = #held;
                #[inline]
                fn deref(&self) -> &#held { &self.matrix }
            }
            /// Prints the formula and the lengths of the operands.
            impl<'a, #t_declared #declared> ::core::fmt::Debug for #this where #bounds {
                #[inline]
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { self.matrix.show(#text, f) }
            }
        }
    }

    /// The method that makes a product, and those of what is asked of a product.
    fn emit_products(&self, matrix: &Matrix, all: &Generics) -> TokenStream {
        let (keops, scalar, call) = (keops(), self.number.name(), &self.name);
        let t_argument = number_argument(&self.number);
        let factor = &matrix.times.operands[matrix.factor()];
        let b = declared(&factor.name, factor.span);
        // the shape of what is multiplied is that of its points
        let shape = quote!(<Factor as #keops::Point>::Shape);
        let free = all.free.iter().map(|k| if *k == matrix.factor() { shape.clone() } else { generic_name(*k) });
        let dims = &all.dims;
        let arguments = quote!(#(#free,)* #(#dims,)*);
        // and where entries are vectors, or matrices, products have the shape of their columns
        let (rows, point, shape) = if matrix.has_numbers {
            (quote!(Factor), quote!(Factor: #keops::Point<T = #scalar>,), shape)
        } else {
            let columns = Literal::usize_unsuffixed(matrix.columns_of_entry);
            let rows = match matrix.columns_of_entry {
                _ if matrix.is_complex() => quote!(#keops::Complex<#scalar>),
                1 => quote!(#scalar),
                _ => quote!([#scalar; #columns]),
            };
            (rows, quote!(), host_type(&matrix.times))
        };
        let result = quote!(<#shape as #keops::Host>::Host<#scalar>);
        let bound = quote!(#shape: #keops::Host,);
        let doc = format!(
            "The product `{}`, as a call: to evaluate on any engine, over ranges, with gradients, … Its results are like `{}`.",
            matrix.times.text, factor.name
        );
        let mut methods = quote! {
            #[doc = #doc]
            #[inline]
            pub fn times<'b, #point Factors: #keops::Rows<#rows> + ?::core::marker::Sized>(&self, #b: &'b Factors) -> #call<'b, #t_argument #arguments>
            where 'a: 'b, #bound
            {
                #call::new(self.matrix.product(#keops::Operand::rows::<#rows, Factors>(#b)))
            }
        };
        let Ok(gradients) = &self.gradients else { return methods };
        let asked = gradients.iter().map(|(v, _)| {
            let plan = gradient_name(&self.lowered.operands[*v].name, &self.names_of_operands());
            let held = self.names.as_ref().map(|names| names.gradients[*v].clone());
            (gradient_method(&self.lowered.operands[*v].name), plan, held)
        });
        let together = (format_ident!("with_grads"), format_ident!("ValueWithGrads"), self.name_of_together().cloned());
        for (method, plan, held) in asked.chain([together]) {
            let returned = self.returned(held.as_ref(), &plan, &arguments);
            let doc = format!(
                "The same as `times(&{}).{method}(&e)`, as a call: of `Σ ⟨e_i, a_i⟩`, where `a` is the product.",
                factor.name
            );
            methods.extend(quote! {
                #[doc = #doc]
                #[inline]
                pub fn #method<'b, #point Factors: #keops::Rows<#rows> + ?::core::marker::Sized, Given: #keops::Rows<#result> + ?::core::marker::Sized>(&self, #b: &'b Factors, e: &'b Given) -> #returned
                where 'a: 'b, #bound #result: #keops::Point<T = #scalar>,
                {
                    self.times(#b).#method(e)
                }
            });
        }
        methods
    }
}
