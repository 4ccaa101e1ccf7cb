//! What the user asks gradients with: a method per operand, and one for the value with all of them.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::call::{Shell, point_type};
use super::name::{gradient_method, gradient_name, results_name};
use super::plan::{Signature, answer_type};
use super::{Generics, bundle_type, generic_name, keops, nested};
use crate::ask::Planned;
use crate::graph::Root;
use crate::types::{Axis, Deps};

/// How a method takes `e`, the adjoint of the value.
struct Adjoint {
    /// A type parameter, where the type cannot be named.
    declared: TokenStream,
    /// The argument's type.
    argument: TokenStream,
    /// The operand of it.
    operand: TokenStream,
    /// What must hold of it.
    bounds: TokenStream,
}

impl Shell<'_> {
    /// Plans and methods.
    pub(super) fn emit_gradients(&self, generics: &Generics, bounds: &TokenStream) -> (TokenStream, TokenStream) {
        match (&self.gradients, &self.with_gradients) {
            (Ok(gradients), Ok(together)) => {
                let mut code = vec![self.emit_together(together, generics, bounds)];
                code.extend((0..gradients.len()).map(|v| self.emit_gradient(v, &gradients[v], generics, bounds)));
                code.into_iter().unzip()
            }
            (Err(why), _) | (_, Err(why)) => self.emit_refusals(why, generics),
        }
    }

    fn emit_gradient(
        &self,
        v: usize,
        planned: &Planned,
        generics: &Generics,
        bounds: &TokenStream,
    ) -> (TokenStream, TokenStream) {
        let name = &self.lowered.operands[v].name;
        let (method, plan) = (gradient_method(name), gradient_name(name));
        let answer = answer_type(&planned.graph, planned.plan.roots[0]);
        let (operands, formula) = (self.operands_with_adjoint(&method), self.formula_of(&method));
        let signature = Signature { name: &plan, formula: &formula, operands: &operands, answer: &answer };
        let code = self.emit_plan(&method.to_string(), planned, &signature, generics, bounds);
        (code, self.emit_method(&method, &plan, &self.gradient_doc(v), generics))
    }

    /// The value with gradients: a struct, who knows its names, the plan, and the method.
    fn emit_together(
        &self,
        planned: &Planned,
        generics: &Generics,
        bounds: &TokenStream,
    ) -> (TokenStream, TokenStream) {
        let keops = keops();
        let (method, plan, results) = (format_ident!("with_grads"), format_ident!("ValueWithGrads"), results_name());
        let mut fields = vec![format_ident!("value")];
        let mut docs = vec!["The value.".to_owned()];
        for v in &self.together {
            fields.push(gradient_method(&self.lowered.operands[*v].name));
            docs.push(self.gradient_doc(*v));
        }
        let types: Vec<Ident> = (0..fields.len()).map(|k| format_ident!("R{}", k)).collect();
        let answers: Vec<TokenStream> = planned.plan.roots.iter().map(|r| answer_type(&planned.graph, *r)).collect();
        let list = nested(&answers);
        let pattern = nested(&fields.iter().map(|f| quote!(#f)).collect::<Vec<_>>());
        let slots = fields.iter().zip(&answers).map(|(f, a)| quote!(<#a as #keops::Answer>::slot::<T>(&mut named.#f)));
        let slots = nested(&slots.collect::<Vec<_>>());
        let (declared, arguments, phantom) = (generics.declared(), generics.arguments(), generics.phantom());
        let doc = format!("The value of {} and its gradients.", self.title);
        let answer = quote!(#keops::Together<Names<#arguments>>);
        let (operands, formula) = (self.operands_with_adjoint(&method), self.formula_of(&method));
        let signature = Signature { name: &plan, formula: &formula, operands: &operands, answer: &answer };
        let code = self.emit_plan(&method.to_string(), planned, &signature, generics, bounds);
        let code = quote! {
            #[doc = #doc]
            #[derive(Clone, Copy, Debug, PartialEq)]
            pub struct #results<#(#types),*> {
                #(#[doc = #docs] pub #fields: #types,)*
            }
            #[derive(Clone, Copy, Debug)]
            pub struct Names<#declared>(#phantom);
            impl<#declared> #keops::Named for Names<#arguments> where #bounds {
                type List = #list;
                type Struct<T: #keops::Scalar> = #results<#(<#answers as #keops::Answer>::Owned<T>),*>;
                fn name<T: #keops::Scalar>(#pattern: <Self::List as #keops::Answer>::Owned<T>) -> Self::Struct<T> {
                    #results { #(#fields),* }
                }
                fn slots<T: #keops::Scalar>(named: &mut Self::Struct<T>) -> <Self::List as #keops::Answer>::Slot<'_, T> {
                    #slots
                }
            }
            #code
        };
        let kept = self.kept_suffix();
        let doc = format!(
            "The value `a`, and the gradients of `Σ ⟨e{kept}, a{kept}⟩`, in as few passes over the pairs as that takes.\n\n`e` has the length and the type of the value."
        );
        (code, self.emit_method(&method, &plan, &doc, generics))
    }

    /// The types of the value and of the gradients that come with it, where all dimensions are declared.
    pub(super) fn results(&self) -> Option<Vec<TokenStream>> {
        let planned = self.with_gradients.as_ref().ok()?;
        let result = |root: &Root| {
            let point = point_type(planned.graph.shape(root.node), self.number.name());
            if root.kept.is_some() { quote!(::std::vec::Vec<#point>) } else { point }
        };
        Some(planned.plan.roots.iter().map(result).collect())
    }

    /// Methods that say why there is no gradient.
    fn emit_refusals(&self, why: &str, generics: &Generics) -> (TokenStream, TokenStream) {
        let (keops, scalar, arguments) = (keops(), self.number.name(), generics.arguments());
        let names = self.lowered.operands.iter().map(|o| o.name.as_str());
        let asked = names.map(|name| (gradient_method(name), gradient_name(name), format!("gradient in `{name}`")));
        let together = (format_ident!("with_grads"), results_name(), "gradients".to_owned());
        let (mut traits, mut methods) = (TokenStream::new(), TokenStream::new());
        for (method, plan, what) in asked.chain([together]) {
            let marker = format_ident!("No{}", plan);
            let message = format!("this formula has no {what}: {why}");
            traits.extend(quote! {
                #[doc(hidden)]
                #[diagnostic::on_unimplemented(message = #message, label = "not differentiable")]
                pub trait #marker {}
                // something that has it, or rustc proposes to implement it
                const _: () = {
                    enum Nothing {}
                    #[diagnostic::do_not_recommend]
                    impl #marker for Nothing {}
                };
            });
            methods.extend(quote! {
                #[doc(hidden)]
                pub fn #method<E: ?Sized + #marker>(&self, _: &E) -> #keops::Call<'a, #scalar, Value<#arguments>> { self.0.clone() }
            });
        }
        (traits, methods)
    }

    fn emit_method(&self, method: &Ident, plan: &Ident, doc: &str, generics: &Generics) -> TokenStream {
        let (keops, scalar, arguments) = (keops(), self.number.name(), generics.arguments());
        let Adjoint { declared, argument, operand, bounds } = self.adjoint();
        quote! {
            #[doc = #doc]
            pub fn #method<'b, #declared>(&self, e: #argument) -> #keops::Call<'b, #scalar, #plan<#arguments>> where 'a: 'b, #bounds {
                self.0.with(#keops::Operand::#operand)
            }
        }
    }

    fn adjoint(&self) -> Adjoint {
        let (keops, scalar, g) = (keops(), self.number.name(), &self.lowered.graph);
        let shape = g.shape(self.lowered.root);
        if shape.is_known() {
            let point = point_type(shape, scalar);
            let (argument, operand) = match self.lowered.kept {
                Some(_) => (quote!(&'b (impl #keops::Rows<#point> + ?Sized)), quote!(rows::<#point, _>(e))),
                None => (quote!(&#point), quote!(param(e))),
            };
            return Adjoint { declared: quote!(), argument, operand, bounds: quote!() };
        }
        let shape = bundle_type(g, self.lowered.root, &generic_name);
        let point = quote!(<#shape as #keops::Host>::Host<#scalar>);
        match self.lowered.kept {
            Some(_) => Adjoint {
                declared: quote!(E: #keops::Rows<#point> + ?Sized),
                argument: quote!(&'b E),
                operand: quote!(rows::<#point, E>(e)),
                bounds: quote!(#point: #keops::Point<T = #scalar>,),
            },
            None => Adjoint {
                declared: quote!(),
                argument: quote!(&#point),
                operand: quote!(param(e)),
                bounds: quote!(#point: #keops::Param<#scalar>,),
            },
        }
    }

    /// What the plan of a method computes, as text.
    fn formula_of(&self, method: &Ident) -> String {
        format!("{method}(e) of {}", self.lowered.text)
    }

    /// The operands of a gradient: those of the value, and the adjoint.
    fn operands_with_adjoint(&self, method: &Ident) -> Vec<(String, Deps)> {
        let mut operands = self.operands();
        operands.push((format!("{method}(e)"), self.lowered.kept.map_or(Deps::NONE, Deps::of)));
        operands
    }

    fn kept_suffix(&self) -> String {
        self.lowered.kept.map_or(String::new(), |a| format!("_{}", a.letter()))
    }

    fn gradient_doc(&self, v: usize) -> String {
        let (operand, kept) = (&self.lowered.operands[v], self.kept_suffix());
        let name = &operand.name;
        let result = match operand.axis {
            Some(Axis::I) => "one result per row",
            Some(Axis::J) => "one result per column",
            None => "one result, summed over all pairs",
        };
        format!(
            "The gradient of `Σ ⟨e{kept}, a{kept}⟩` in `{name}`, where `a` is the value: {result}, of the type of `{name}`.\n\n`e` has the length and the type of the value."
        )
    }
}
