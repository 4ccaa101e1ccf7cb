//! What the user holds: a type with `.eval()` and a gradient method per operand.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::device::gradient_name;
use super::{Generics, bundle_type, emit_plan, generic_name, keops, shape_bounds};
use crate::compile::{Gradient, gradient_of, plan_of};
use crate::graph::Graph;
use crate::lower::Lowered;
use crate::schedule::Plan;
use crate::types::{Axis, Deps, Dim, Shape};

/// The scalar type of a kernel.
#[derive(Clone, Debug)]
pub(crate) enum Scalar {
    /// `f32` or `f64`.
    Concrete(Ident),
    /// A type parameter.
    Generic(Ident),
}

impl Scalar {
    pub(crate) fn name(&self) -> &Ident {
        match self {
            Scalar::Concrete(t) | Scalar::Generic(t) => t,
        }
    }
    /// `T: Scalar,`
    pub(crate) fn declared(&self) -> TokenStream {
        let keops = keops();
        match self {
            Scalar::Concrete(_) => quote!(),
            Scalar::Generic(t) => quote!(#t: #keops::Scalar,),
        }
    }
    /// `T,`
    pub(crate) fn argument(&self) -> TokenStream {
        match self {
            Scalar::Concrete(_) => quote!(),
            Scalar::Generic(t) => quote!(#t,),
        }
    }
}

/// A lowered formula on its way out, with all its plans.
pub(crate) struct Shell<'a> {
    /// The formula.
    pub(crate) lowered: &'a Lowered,
    /// The plan of its value.
    pub(crate) value: (Graph, Plan),
    /// The gradients, by operand.
    pub(crate) gradients: Vec<Gradient>,
    /// The name of the type that the user holds.
    pub(crate) name: Ident,
    /// Numbers.
    pub(crate) scalar: Scalar,
    /// Names of const parameters.
    pub(crate) dims: Vec<Ident>,
    /// What documentation calls the kernel.
    pub(crate) title: String,
}

/// `T` or `[T; 3]`, where the shape is known.
pub(crate) fn point_type(shape: &Shape, scalar: &Ident) -> TokenStream {
    match &shape.dim {
        None => quote!(#scalar),
        Some(Dim::Lit(n)) => {
            let n = proc_macro2::Literal::usize_unsuffixed(*n);
            quote!([#scalar; #n])
        }
        Some(Dim::Name(name)) => {
            let name = Ident::new(name, Span::call_site());
            quote!([#scalar; #name])
        }
    }
}

impl<'a> Shell<'a> {
    pub(crate) fn new(lowered: &'a Lowered, name: Ident, scalar: Scalar, dims: &[Ident], title: &str) -> Self {
        let value = plan_of(&lowered.graph, lowered.root, lowered.kept);
        let gradients = (0..lowered.operands.len()).map(|k| gradient_of(lowered, k)).collect();
        Shell { lowered, value, gradients, name, scalar, dims: dims.to_vec(), title: title.into() }
    }

    pub(crate) fn generics(&self) -> Generics {
        let shapes = self.lowered.graph.operands().iter().enumerate();
        Generics {
            free: shapes.filter(|(_, o)| !o.shape.is_known()).map(|(k, _)| k).collect(),
            dims: self.dims.clone(),
        }
    }

    /// What must hold of the operands' shapes.
    pub(crate) fn bounds(&self, name: super::Naming<'_>) -> TokenStream {
        let mut plans = vec![(&self.lowered.graph, self.lowered.root), (&self.value.0, self.value.1.root)];
        plans.extend(self.gradients.iter().filter_map(|g| match g {
            Gradient::Plan { graph, plan } => Some((graph, plan.root)),
            Gradient::None(_) => None,
        }));
        shape_bounds(&plans, name)
    }

    /// The plans of the value and of all gradients, and the type that the user holds.
    pub(crate) fn emit(&self) -> TokenStream {
        let keops = keops();
        let generics = self.generics();
        let (name, scalar) = (&self.name, self.scalar.name());
        let value = format_ident!("Value");
        let (graph, plan) = &self.value;
        let bounds = self.bounds(&generic_name);
        let operands: Vec<(String, Deps)> = self.lowered.operands.iter().map(|o| (o.name.clone(), o.deps)).collect();
        let value_plan = emit_plan(graph, plan, &value, &operands, &generics, &bounds);

        let (declared, arguments) = (generics.declared(), generics.arguments());
        let (t_declared, t_argument) = (self.scalar.declared(), self.scalar.argument());
        let (gradient_plans, methods) = self.emit_gradients(&operands, &generics, &bounds);
        let doc = format!("A call of {}: nothing is computed before [`eval`](::keops::Call::eval).", self.title);
        quote! {
            #value_plan
            #gradient_plans
            #[doc = #doc]
            #[must_use = "a call computes nothing until it is evaluated: `.eval()`"]
            #[derive(Clone, Debug)]
            pub struct #name<'a, #t_declared #declared>(#keops::Call<'a, #scalar, #value<#arguments>>) where #bounds;
            impl<'a, #t_declared #declared> #name<'a, #t_argument #arguments> where #bounds {
                #[doc(hidden)]
                pub fn new(call: #keops::Call<'a, #scalar, #value<#arguments>>) -> Self { Self(call) }
                #methods
            }
            impl<'a, #t_declared #declared> ::core::ops::Deref for #name<'a, #t_argument #arguments> where #bounds {
                type Target = #keops::Call<'a, #scalar, #value<#arguments>>;
                fn deref(&self) -> &Self::Target { &self.0 }
            }
        }
    }

    fn emit_gradients(
        &self,
        operands: &[(String, Deps)],
        generics: &Generics,
        bounds: &TokenStream,
    ) -> (TokenStream, TokenStream) {
        let keops = keops();
        let (mut plans, mut methods) = (TokenStream::new(), TokenStream::new());
        let arguments = generics.arguments();
        let scalar = self.scalar.name();
        let (lowered, g) = (self.lowered, &self.lowered.graph);
        for (operand, gradient) in lowered.operands.iter().zip(&self.gradients) {
            let method = format_ident!("grad_{}", operand.name);
            let name = &operand.name;
            match gradient {
                Gradient::None(why) => {
                    let marker = format_ident!("No{}", gradient_name(name));
                    let message = format!("this formula has no gradient in `{name}`: {why}");
                    plans.extend(quote! {
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
                Gradient::Plan { graph, plan } => {
                    let plan_name = gradient_name(name);
                    let e_deps = lowered.kept.map_or(Deps::NONE, Deps::of);
                    let mut operands = operands.to_vec();
                    operands.push((format!("{method}(e)"), e_deps));
                    plans.extend(emit_plan(graph, plan, &plan_name, &operands, generics, bounds));
                    let doc = self.gradient_doc(name, operand.axis);
                    let shape = g.shape(lowered.root);
                    let mut bounded = quote!();
                    let (declared, argument, taken) = if shape.is_known() {
                        let point = point_type(shape, scalar);
                        match lowered.kept {
                            Some(_) => (
                                quote!(),
                                quote!(&'b (impl #keops::Rows<#point> + ?Sized)),
                                quote!(rows::<#point, _>(e)),
                            ),
                            None => (quote!(), quote!(&#point), quote!(param(e))),
                        }
                    } else {
                        let shape = bundle_type(g, lowered.root, &generic_name);
                        let point = quote!(<#shape as #keops::Host>::Host<#scalar>);
                        match lowered.kept {
                            Some(_) => {
                                bounded = quote!(#point: #keops::Point<T = #scalar>,);
                                (quote!(E: #keops::Rows<#point> + ?Sized), quote!(&'b E), quote!(rows::<#point, E>(e)))
                            }
                            None => {
                                bounded = quote!(#point: #keops::Param<#scalar>,);
                                (quote!(), quote!(&#point), quote!(param(e)))
                            }
                        }
                    };
                    methods.extend(quote! {
                        #[doc = #doc]
                        pub fn #method<'b, #declared>(&self, e: #argument) -> #keops::Call<'b, #scalar, #plan_name<#arguments>> where 'a: 'b, #bounded {
                            self.0.with(#keops::Operand::#taken)
                        }
                    });
                }
            }
        }
        (plans, methods)
    }

    fn gradient_doc(&self, name: &str, axis: Option<Axis>) -> String {
        let kept = self.lowered.kept.map_or(String::new(), |a| format!("_{}", a.letter()));
        let result = match axis {
            Some(Axis::I) => "one result per row",
            Some(Axis::J) => "one result per column",
            None => "one result, summed over all pairs",
        };
        format!(
            "The gradient of `Σ ⟨e{kept}, a{kept}⟩` in `{name}`, where `a` is the value: {result}, of the type of `{name}`.\n\n`e` has the length and the type of the value."
        )
    }
}

/// `nearest_centre` to `NearestCentre`.
pub(crate) fn camel_case(name: &str) -> String {
    let words = name.split('_').filter(|w| !w.is_empty());
    words
        .map(|w| {
            let mut letters = w.chars();
            letters.next().map(|c| c.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
        })
        .collect()
}
