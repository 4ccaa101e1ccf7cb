//! What the user holds: a type with `.eval()`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::device::Device;
use super::plan::{Signature, Work, alone_or_pair, answer_type};
use super::{Generics, emit_plan, generic_name, keops, shape_bounds};
use crate::ask::{self, Planned};
use crate::lower::Lowered;
use crate::types::{Deps, Dim, NumberType, Shape};

/// A number type as a parameter of emitted code: `T: Scalar,`.
pub(super) fn number_parameter(number: &NumberType) -> TokenStream {
    let keops = keops();
    match number {
        NumberType::Concrete(_) => quote!(),
        NumberType::Generic(t) => quote!(#t: #keops::Scalar,),
    }
}

/// A number type as an argument of emitted types: `T,`.
pub(super) fn number_argument(number: &NumberType) -> TokenStream {
    match number {
        NumberType::Concrete(_) => quote!(),
        NumberType::Generic(t) => quote!(#t,),
    }
}

/// A lowered formula on its way out, with all its plans.
pub(crate) struct Shell<'a> {
    /// The formula.
    pub(crate) lowered: &'a Lowered,
    /// The plan of its value.
    pub(crate) value: Planned,
    /// The plans of the gradients, by operand, or why there are none.
    pub(crate) gradients: Result<Vec<Planned>, &'static str>,
    /// Which gradients are asked for together with the value.
    pub(crate) together: Vec<usize>,
    /// The plan of the value with these gradients.
    pub(crate) with_gradients: Result<Planned, &'static str>,
    /// The name of the type that the user holds.
    pub(crate) name: Ident,
    /// Numbers.
    pub(crate) number: NumberType,
    /// Names of const parameters.
    pub(crate) dims: Vec<Ident>,
    /// What documentation calls the kernel.
    pub(crate) title: String,
    /// What goes to a GPU.
    pub(crate) device: Device<'a>,
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
    pub(crate) fn new(
        lowered: &'a Lowered,
        name: Ident,
        number: NumberType,
        dims: &[Ident],
        together: Option<&[usize]>,
        title: &str,
        device: Device<'a>,
    ) -> Self {
        let all: Vec<usize> = (0..lowered.operands.len()).collect();
        let together = together.map_or_else(|| all.clone(), <[usize]>::to_vec);
        Shell {
            lowered,
            value: ask::value(lowered),
            gradients: all.iter().map(|v| ask::gradient(lowered, *v)).collect(),
            with_gradients: ask::value_with_gradients(lowered, &together),
            together,
            name,
            number,
            dims: dims.to_vec(),
            title: title.into(),
            device,
        }
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
        let plans = self.gradients.iter().flatten().chain(&self.with_gradients).chain([&self.value]);
        let roots = plans.flat_map(|p| p.plan.roots.iter().map(|root| (&p.graph, root.node)));
        let all: Vec<_> = [(&self.lowered.graph, self.lowered.root)].into_iter().chain(roots).collect();
        shape_bounds(&all, name)
    }

    /// The names of the operands and the indices under which they were declared.
    pub(crate) fn operands(&self) -> Vec<(String, Deps)> {
        self.lowered.operands.iter().map(|o| (o.name.clone(), o.deps)).collect()
    }

    /// A plan, with the kernels that it has on a GPU. `method` is that of a gradient.
    pub(crate) fn emit_plan(
        &self,
        method: &str,
        planned: &Planned,
        signature: &Signature<'_>,
        generics: &Generics,
        bounds: &TokenStream,
    ) -> TokenStream {
        let gpu = |work: Work<'_>| self.device.gpu(method, &work, generics, bounds);
        emit_plan(planned, signature, generics, bounds, &gpu)
    }

    /// The plans of the value and of all gradients, and the type that the user holds.
    pub(crate) fn emit(&self) -> TokenStream {
        let keops = keops();
        let generics = self.generics();
        let (name, scalar) = (&self.name, self.number.name());
        let value = format_ident!("Value");
        let bounds = self.bounds(&generic_name);
        let answers = self.value.plan.roots.iter().map(|root| answer_type(&self.value.graph, *root));
        let (answer, operands) = (alone_or_pair(&answers.collect::<Vec<_>>()), self.operands());
        let formula = &self.lowered.text;
        let signature = Signature { name: &value, formula, operands: &operands, answer: &answer };
        let value_plan = self.emit_plan("", &self.value, &signature, &generics, &bounds);

        let (declared, arguments) = (generics.declared(), generics.arguments());
        let (t_declared, t_argument) = (number_parameter(&self.number), number_argument(&self.number));
        let (gradient_plans, methods) = self.emit_gradients(&generics, &bounds);
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
                /// The same call, and its gradients, with another way to add up.
                pub fn sum_scheme(&self, sum_scheme: #keops::SumScheme) -> Self { Self(self.0.sum_scheme(sum_scheme)) }
            }
            impl<'a, #t_declared #declared> ::core::ops::Deref for #name<'a, #t_argument #arguments> where #bounds {
                type Target = #keops::Call<'a, #scalar, #value<#arguments>>;
                fn deref(&self) -> &Self::Target { &self.0 }
            }
        }
    }
}
