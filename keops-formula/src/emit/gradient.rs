//! What the user asks gradients with: a method per operand, and one for the value with all of them.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::call::{Argument, Shell};
use super::held::{Held, result_point, result_type, result_words};
use super::name::{gradient_method, gradient_name, jvp_method, jvp_name};
use super::plan::{Signature, answer_type};
use super::{Generics, keops, nested};
use crate::ask::{NoGradient, Planned};
use crate::ast::suffix;
use crate::graph::Operand;
use crate::types::{Axis, Deps, Kind, NumberType};

/// What gradients add to a formula's code.
pub(super) struct Gradients {
    /// Plans, for their module.
    pub(super) plans: TokenStream,
    /// Types that the user holds.
    pub(super) types: TokenStream,
    /// Methods of the value's call.
    pub(super) methods: TokenStream,
}

/// The structs of a value with its gradients.
struct Structs<'s> {
    code: TokenStream,
    /// The one in the memory of this process, and the one in that of an engine.
    results: Ident,
    resident: Ident,
    /// Their arguments, for numbers of some type.
    types: Arguments<'s>,
    types_on_device: Arguments<'s>,
}

/// What a derivative is applied to, or taken along: one operand more.
struct Along {
    /// The argument of the method.
    name: &'static str,
    /// What it is like.
    of: Operand,
    /// The index that it has.
    axis: Option<Axis>,
}

/// A derivative, and how it is asked for.
struct Derived<'s> {
    method: Ident,
    plan: Ident,
    /// The type of its call, if that has a name.
    held: Option<&'s Ident>,
    along: Along,
    /// The documentation of the method.
    doc: String,
    /// What the type of its call is, in words.
    title: String,
    /// And what it answers with.
    words: String,
}

/// Arguments of a type, for numbers of some type and dimensions of some names.
type Arguments<'s> = Box<dyn Fn(&TokenStream, &[Ident]) -> TokenStream + 's>;

impl Shell<'_> {
    /// Plans, types and methods.
    pub(super) fn emit_gradients(&self, generics: &Generics, bounds: &TokenStream) -> Gradients {
        match (&self.gradients, &self.with_gradients) {
            (Ok(gradients), Ok(together)) => {
                let mut all = self.emit_together(together, generics, bounds);
                for (v, planned) in gradients {
                    let Gradients { plans, types, methods } = self.emit_gradient(*v, planned, generics, bounds);
                    all.plans.extend(plans);
                    all.types.extend(types);
                    all.methods.extend(methods);
                }
                for (v, planned) in &self.jvps {
                    let Gradients { plans, types, methods } = self.emit_jvp(*v, planned, generics, bounds);
                    all.plans.extend(plans);
                    all.types.extend(types);
                    all.methods.extend(methods);
                }
                all.methods.extend(self.emit_refusals_in_integers());
                all
            }
            (Err(why), _) | (_, Err(why)) => self.emit_refusals(*why),
        }
    }

    fn emit_gradient(&self, v: usize, planned: &Planned, generics: &Generics, bounds: &TokenStream) -> Gradients {
        let name = &self.lowered.operands[v].name;
        let number = self.number.name();
        let root = planned.plan.roots[0];
        let words = result_words(&planned.graph, root, &quote!(#number));
        let method = gradient_method(name);
        let derivative = Derived {
            plan: gradient_name(name, &self.names_of_operands()),
            held: self.names.as_ref().map(|names| &names.gradients[v]),
            along: self.adjoint(),
            doc: format!("{}\n\n{}", self.gradient_doc(v, &words, root.kept), self.adjoint_doc()),
            title: format!("A gradient of {} in `{name}`", self.title),
            words,
            method,
        };
        self.emit_derived(derivative, planned, generics, bounds)
    }

    fn emit_jvp(&self, v: usize, planned: &Planned, generics: &Generics, bounds: &TokenStream) -> Gradients {
        let operand = &self.lowered.operands[v];
        let (name, kept, axis) = (&operand.name, self.kept_suffix(), suffix(operand.axis));
        let number = self.number.name();
        let words = result_words(&planned.graph, planned.plan.roots[0], &quote!(#number));
        let derivative = Derived {
            plan: jvp_name(name, &self.names_of_operands()),
            held: self.names.as_ref().map(|names| &names.jvps[v]),
            along: Along { name: "u", of: self.lowered.graph.operands()[v].clone(), axis: operand.axis },
            doc: format!(
                "The derivative of the value `a{kept}` in `{name}` along `u{axis}`: {words}.\n\n`u` is like `{name}`. Its length is checked when the call is evaluated."
            ),
            title: format!("A derivative of {} along a direction of `{name}`", self.title),
            words,
            method: jvp_method(name),
        };
        self.emit_derived(derivative, planned, generics, bounds)
    }

    /// What computes a derivative: its plan, its type, and the method of the value's call.
    fn emit_derived(
        &self,
        derived: Derived<'_>,
        planned: &Planned,
        generics: &Generics,
        bounds: &TokenStream,
    ) -> Gradients {
        let Derived { method, plan, held, along, doc, title, words } = derived;
        let roots = &planned.plan.roots;
        let answer = answer_type(&planned.graph, roots[0]);
        let (operands, formula) = (self.operands_with(&method, &along), self.formula_of(&method, along.name));
        let signature = Signature { name: &plan, formula: &formula, operands: &operands, answer: &answer };
        let plans = self.emit_plan(&method.to_string(), planned, &signature, generics, bounds);
        let types = held.map(|held| {
            let of = &self.name;
            let doc = format!(
                "{title}, as [`{of}::{method}`] makes it: a call, of which nothing is computed before [`eval`](keops::Call::eval) answers with {words}."
            );
            self.emit_named(&Held { name: held, plan: &plan, doc })
        });
        let methods = self.emit_method(&method, &plan, held, &doc, &along);
        Gradients { plans, types: types.unwrap_or_default(), methods }
    }

    /// What a gradient is applied to: something like the value.
    fn adjoint(&self) -> Along {
        let shape = self.lowered.graph.shape(self.lowered.root).clone();
        let of = Operand { name: "e".into(), kind: Kind::Number, shape, reading: self.lowered.reading };
        Along { name: "e", of, axis: self.lowered.kept }
    }

    /// The value with gradients: a struct, who knows its names, the plan, and the method.
    fn emit_together(&self, planned: &Planned, generics: &Generics, bounds: &TokenStream) -> Gradients {
        let keops = keops();
        let (method, plan, roots) = (format_ident!("with_grads"), format_ident!("ValueWithGrads"), &planned.plan.roots);
        let mut fields = vec![format_ident!("value")];
        let t = match (&self.number, &self.names) {
            (NumberType::Generic(t), _) => t.clone(),
            (NumberType::Concrete(_), Some(names)) => names.parameter(&format_ident!("T"), &self.dims),
            (NumberType::Concrete(_), None) => format_ident!("T"),
        };
        let mut docs = vec![format!("The value: {}.", result_words(&planned.graph, roots[0], &quote!(#t)))];
        for (v, root) in self.together.iter().zip(&roots[1..]) {
            fields.push(gradient_method(&self.lowered.operands[*v].name));
            docs.push(self.gradient_doc(*v, &result_words(&planned.graph, *root, &quote!(#t)), root.kept));
        }
        let answers: Vec<TokenStream> = roots.iter().map(|root| answer_type(&planned.graph, *root)).collect();
        let Structs { code, results, resident, types, types_on_device } =
            self.emit_results(planned, &fields, &docs, &answers);
        let list = nested(&answers);
        let pattern = nested(&fields.iter().map(|f| quote!(#f)).collect::<Vec<_>>());
        let slots = fields.iter().zip(&answers).map(|(f, a)| quote!(<#a as #keops::Answer>::slot::<T>(&mut named.#f)));
        let slots = nested(&slots.collect::<Vec<_>>());
        let (declared, arguments, phantom) = (generics.declared(), generics.arguments(), generics.phantom());
        let answer = quote!(#keops::Together<Names<#arguments>>);
        let along = self.adjoint();
        let (operands, formula) = (self.operands_with(&method, &along), self.formula_of(&method, along.name));
        let signature = Signature { name: &plan, formula: &formula, operands: &operands, answer: &answer };
        let code_of_plan = self.emit_plan(&method.to_string(), planned, &signature, generics, bounds);
        let (of_t, of_t_on_device) = (types(&quote!(T), &generics.dims), types_on_device(&quote!(T), &generics.dims));
        let plans = quote! {
            pub struct Names<#declared>(#phantom);
            impl<#declared> #keops::Named for Names<#arguments> where #bounds {
                type List = #list;
                type Struct<T: #keops::Scalar> = super::#results<#of_t>;
                type OnDevice<T: #keops::Scalar> = super::#resident<#of_t_on_device>;
                fn name<T: #keops::Scalar>(#pattern: <Self::List as #keops::Answer>::Owned<T>) -> Self::Struct<T> {
                    super::#results { #(#fields),* }
                }
                fn name_on_device<T: #keops::Scalar>(#pattern: <Self::List as #keops::Answer>::Resident<T>) -> Self::OnDevice<T> {
                    super::#resident { #(#fields),* }
                }
                fn slots<T: #keops::Scalar>(named: &mut Self::Struct<T>) -> <Self::List as #keops::Answer>::Slot<'_, T> {
                    #slots
                }
            }
            #code_of_plan
        };
        let held = self.name_of_together();
        let call = held.map(|held| {
            let of = &self.name;
            let doc = format!(
                "The value of {} with its gradients, as [`{of}::with_grads`] makes it: a call, of which nothing is computed before \
                 [`eval`](keops::Call::eval) answers with a [`{results}`].",
                self.title
            );
            self.emit_named(&Held { name: held, plan: &plan, doc })
        });
        let kept = self.kept_suffix();
        let doc = format!(
            "The value `a`, and the gradients of `Σ ⟨e{kept}, a{kept}⟩`, in as few passes over the pairs as that takes.\n\n{}",
            self.adjoint_doc()
        );
        let methods = self.emit_method(&method, &plan, held, &doc, &along);
        Gradients { plans, types: quote!(#code #call), methods }
    }

    /// The type of a call of the value with gradients, if that has a name: where shapes follow from what is given, so do the types of
    /// what it answers with.
    pub(super) fn name_of_together(&self) -> Option<&Ident> {
        let known = |planned: &Planned| planned.plan.roots.iter().all(|root| planned.graph.shape(root.node).is_known());
        self.names.as_ref().filter(|_| self.with_gradients.as_ref().is_ok_and(known)).map(|names| &names.together)
    }

    /// The structs of the value with gradients. An item's say of which types the fields are; where shapes are not declared, each field's
    /// type is a parameter, and one struct is both.
    fn emit_results<'s>(
        &'s self,
        planned: &'s Planned,
        fields: &[Ident],
        docs: &[String],
        answers: &'s [TokenStream],
    ) -> Structs<'s> {
        let (graph, roots) = (&planned.graph, &planned.plan.roots);
        let known = roots.iter().all(|root| graph.shape(root.node).is_known());
        let Some(names) = self.names.as_ref().filter(|_| known) else {
            let results = self.names.as_ref().map_or_else(|| format_ident!("WithGrads"), |names| names.results.clone());
            let types: Vec<Ident> = (0..fields.len()).map(|k| format_ident!("R{}", k)).collect();
            let doc = format!("The value of {} and its gradients.", self.title);
            let code = quote! {
                #[doc = #doc]
                #[::core::prelude::v1::derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
                pub struct #results<#(#types),*> {
                    #(#[doc = #docs] pub #fields: #types,)*
                }
                impl<#(#types: ::core::cmp::PartialEq),*> ::core::cmp::PartialEq for #results<#(#types),*> {
                    fn eq(&self, other: &Self) -> bool { #(self.#fields == other.#fields)&&* }
                }
            };
            let keops = keops();
            let on_device = keops.clone();
            return Structs {
                code,
                resident: results.clone(),
                results,
                types: Box::new(move |t, _| quote!(#(<#answers as #keops::Answer>::Owned<#t>),*)),
                types_on_device: Box::new(move |t, _| quote!(#(<#answers as #on_device::Answer>::Resident<#t>),*)),
            };
        };
        let (results, resident) = (names.results.clone(), names.resident.clone());
        let (dims, number) = (&self.dims, self.number.name());
        // dimensions come first where the number type has a default
        let (t, declared) = match &self.number {
            NumberType::Generic(t) => (t.clone(), quote!(#t, #(const #dims: usize),*)),
            NumberType::Concrete(_) => {
                let t = names.parameter(&format_ident!("T"), dims);
                (t.clone(), quote!(#(const #dims: usize,)* #t = #number))
            }
        };
        let keops = keops();
        let types: Vec<TokenStream> = roots.iter().map(|root| result_type(graph, *root, &quote!(#t))).collect();
        let points: Vec<TokenStream> = roots.iter().map(|root| result_point(graph, *root, &quote!(#t))).collect();
        let copy = roots.iter().all(|root| root.kept.is_none()).then(|| quote!(::core::marker::Copy,));
        let shown = t.to_string();
        let numbers = match &self.number {
            NumberType::Generic(_) => String::new(),
            NumberType::Concrete(t) => format!("\n\n`{shown}` is `{t}`, and `f64` where `naive` has computed it."),
        };
        let doc = format!(
            "The value of {} and its gradients: what [`{}`] answers with.{numbers}",
            self.title, names.together
        );
        let doc_on_device = format!(
            "The value of {} and its gradients, in the memory of an engine: what `eval_device` of a [`{}`] answers with.",
            self.title, names.together
        );
        let (name_on_device, texts) = (resident.to_string(), fields.iter().map(Ident::to_string));
        let arguments = match &self.number {
            NumberType::Generic(_) => quote!(#t, #(#dims),*),
            NumberType::Concrete(_) => quote!(#(#dims,)* #t),
        };
        let code = quote! {
            #[doc = #doc]
            #[::core::prelude::v1::derive(::core::clone::Clone, #copy ::core::fmt::Debug)]
            pub struct #results<#declared> {
                #(#[doc = #docs] pub #fields: #types,)*
            }
            // not derived, or clippy would ask for `Eq`, which numbers have not
            impl<#t: ::core::cmp::PartialEq, #(const #dims: usize),*> ::core::cmp::PartialEq for #results<#arguments> {
                fn eq(&self, other: &Self) -> bool { #(self.#fields == other.#fields)&&* }
            }
            #[doc = #doc_on_device]
            #[::core::prelude::v1::derive(::core::clone::Clone)]
            pub struct #resident<#declared> {
                #(#[doc = #docs] pub #fields: #keops::DeviceVec<#points>,)*
            }
            // not derived, or rustc would say of each field that nobody reads it
            impl<#t, #(const #dims: usize),*> ::core::fmt::Debug for #resident<#arguments> {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.debug_struct(#name_on_device)#(.field(#texts, &self.#fields))*.finish()
                }
            }
        };
        let is_generic = matches!(self.number, NumberType::Generic(_));
        let types = move |t: &TokenStream, dims: &[Ident]| {
            if is_generic { quote!(#t, #(#dims),*) } else { quote!(#(#dims,)* #t) }
        };
        Structs { code, results, resident, types: Box::new(types), types_on_device: Box::new(types) }
    }

    /// Methods that say why there is no gradient.
    fn emit_refusals(&self, why: NoGradient) -> Gradients {
        let missing = match why {
            NoGradient::OfPair => format_ident!("GradientOfPair"),
            NoGradient::OfIndex => format_ident!("GradientOfIndex"),
        };
        let names = self.names_of_operands();
        let asked = names.iter().map(|name| gradient_method(name)).chain([format_ident!("with_grads")]);
        let methods = asked.map(|method| self.emit_refusal(&method, &missing)).collect();
        Gradients { plans: quote!(), types: quote!(), methods }
    }

    /// Methods that say why there is no gradient in operands that are made of integers.
    fn emit_refusals_in_integers(&self) -> TokenStream {
        let operands = self.lowered.operands.iter().zip(self.lowered.graph.operands());
        let integers = operands.filter(|(_, o)| o.kind == Kind::Integer);
        integers
            .map(|(o, _)| self.emit_refusal(&gradient_method(&o.name), &format_ident!("GradientInIntegers")))
            .collect()
    }

    /// A method that cannot be called: what it is given has to have a trait that nothing has.
    fn emit_refusal(&self, method: &Ident, missing: &Ident) -> TokenStream {
        let (keops, scalar, arguments) = (keops(), self.number.name(), self.generics_of_types().arguments());
        quote! {
            #[doc(hidden)]
            pub fn #method(&self, _: &(impl #keops::tag::#missing + ?::core::marker::Sized)) -> #keops::Call<'a, #scalar, plan::Value<#arguments>> {
                ::core::clone::Clone::clone(&self.call)
            }
        }
    }

    /// A method that makes a call with an operand more, of type `held` if that has a name.
    fn emit_method(&self, method: &Ident, plan: &Ident, held: Option<&Ident>, doc: &str, along: &Along) -> TokenStream {
        let keops = keops();
        let name = format_ident!("{}", along.name);
        let indexed = along.axis.is_some();
        // a single one is borrowed, too
        let given = if indexed { quote!(#name) } else { quote!((*#name)) };
        let Argument { declared, mut ty, operand, bounds } = self.argument(&given, &along.of, indexed);
        if !indexed {
            ty = quote!(&#ty);
        }
        let returned = self.returned(held, plan, &self.generics_of_types().arguments());
        quote! {
            #[doc = #doc]
            #[inline]
            pub fn #method<'b, #declared>(&self, #name: #ty) -> #returned where 'a: 'b, #bounds {
                self.call.with(#keops::Operand::#operand)
            }
        }
    }

    /// What the plan of a method computes, as text.
    fn formula_of(&self, method: &Ident, along: &str) -> String {
        format!("{method}({along}) of {}", self.lowered.text)
    }

    /// The operands of the value, and what a method takes.
    fn operands_with(&self, method: &Ident, along: &Along) -> Vec<(String, Deps)> {
        let mut operands = self.operands();
        operands.push((format!("{method}({})", along.name), along.axis.map_or(Deps::NONE, Deps::of)));
        operands
    }

    fn kept_suffix(&self) -> String {
        suffix(self.lowered.kept)
    }

    /// What a gradient is; `words` say of which shape.
    fn gradient_doc(&self, v: usize, words: &str, index: Option<Axis>) -> String {
        let (name, kept) = (&self.lowered.operands[v].name, self.kept_suffix());
        let summed = if index.is_none() { ", summed over all pairs" } else { "" };
        format!("The gradient of `Σ ⟨e{kept}, a{kept}⟩` in `{name}`, where `a` is the value: {words}{summed}.")
    }

    /// What a method takes as `e`.
    fn adjoint_doc(&self) -> String {
        let (value, number) = (&self.value, self.number.name());
        let words = result_words(&value.graph, value.plan.roots[0], &quote!(#number));
        format!("`e` is like the value: {words}. Its length is checked when the call is evaluated.")
    }
}
