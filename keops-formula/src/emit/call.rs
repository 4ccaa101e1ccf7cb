//! A formula on its way out: its plans, and around them the types that the user holds.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::device::Device;
use super::gradient::Gradients;
use super::held::{Held, result_words};
use super::name::{Names, declared, per_batch_method, rebinding_method};
use super::plan::{Signature, Work, alone_or_pair, answer_type};
use super::{Generics, dimension, emit_plan, generic_name, keops, list_of_bounds, shape_type};
use crate::ask::{self, NoGradient, Planned};
use crate::graph::Operand;
use crate::lower::Lowered;
use crate::matrix::Matrix;
use crate::types::{Deps, Dim, Kind, NumberType, Reading, Shape};

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

/// What is asked for beside the value and each gradient.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asked<'a> {
    /// The operands in which gradients come with the value; all of them, if that is not said.
    pub(crate) together: Option<&'a [usize]>,
    /// The operands in which there are derivatives in a direction.
    pub(crate) jvps: &'a [usize],
}

/// A lowered formula on its way out, with all its plans.
pub(crate) struct Shell<'a> {
    /// The formula.
    pub(crate) lowered: &'a Lowered,
    /// The plan of its value.
    pub(crate) value: Planned,
    /// The plans of the gradients, with the operands that they are in, or why there are none.
    pub(crate) gradients: Result<Vec<(usize, Planned)>, NoGradient>,
    /// The plans of the derivatives in a direction, with the operands that they are in.
    pub(crate) jvps: Vec<(usize, Planned)>,
    /// Which gradients are asked for together with the value.
    pub(crate) together: Vec<usize>,
    /// The plan of the value with these gradients.
    pub(crate) with_gradients: Result<Planned, NoGradient>,
    /// The type of the value's call.
    pub(crate) name: Ident,
    /// The other types that have names: those of an item.
    pub(super) names: Option<Names>,
    /// Numbers.
    pub(crate) number: NumberType,
    /// Names of const parameters.
    pub(crate) dims: Vec<Ident>,
    /// What documentation calls the kernel.
    pub(crate) title: String,
    /// What goes to a GPU.
    pub(crate) device: Device<'a>,
    /// The matrix of which this is the product, if it is one.
    pub(super) of_matrix: Option<&'a Matrix>,
}

/// `T` or `[T; 3]`, where the shape is known.
pub(crate) fn point_type(shape: &Shape, scalar: &impl ToTokens) -> TokenStream {
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

/// The same of what is read from numbers of this shape: `Complex<T>` or `[Complex<T>; 3]`, if it is complex.
pub(super) fn read_type(reading: Reading, shape: &Shape, scalar: &impl ToTokens) -> TokenStream {
    let keops = keops();
    if reading.is_complex() {
        point_type(&reading.shape(shape), &quote!(#keops::Complex<#scalar>))
    } else {
        point_type(shape, scalar)
    }
}

/// How an operand of known shape is taken.
pub(super) struct Taken {
    /// The point `P` of what has `Rows<P>`.
    pub(super) rows_of: TokenStream,
    /// The type of a parameter.
    pub(super) param: TokenStream,
    /// The function of `Operand` that takes a reference to one.
    pub(super) of_param: TokenStream,
}

impl Taken {
    pub(super) fn of(operand: &Operand, scalar: &Ident) -> Self {
        let (keops, point) = (keops(), read_type(operand.reading, &operand.shape, scalar));
        match operand.kind {
            Kind::Integer => Taken {
                rows_of: quote!(#keops::Integers<#point>),
                param: point_type(&operand.shape, &quote!(u32)),
                of_param: quote!(integer_param),
            },
            Kind::Number | Kind::Truth => {
                let of_param = if operand.reading.is_complex() { quote!(complex_param) } else { quote!(param) };
                Taken { rows_of: point.clone(), param: point, of_param }
            }
        }
    }
}

impl<'a> Shell<'a> {
    pub(crate) fn new(
        lowered: &'a Lowered,
        name: Ident,
        number: NumberType,
        dims: &[Ident],
        asked: Asked<'_>,
        title: &str,
        device: Device<'a>,
    ) -> Self {
        let all = ask::differentiable(lowered);
        let together = asked.together.map_or_else(|| all.clone(), <[usize]>::to_vec);
        let jvp = |v: &usize| Some((*v, ask::derivative(lowered, *v).ok()?));
        Shell {
            lowered,
            value: ask::value(lowered),
            gradients: all.iter().map(|v| Ok((*v, ask::gradient(lowered, *v)?))).collect(),
            jvps: asked.jvps.iter().filter_map(jvp).collect(),
            with_gradients: ask::value_with_gradients(lowered, &together),
            together,
            name,
            names: None,
            number,
            dims: dims.to_vec(),
            title: title.into(),
            device,
            of_matrix: None,
        }
    }

    /// The parameters of plans.
    fn generics_of_plans(&self) -> Generics {
        let dims = self.dims.iter().map(|d| dimension(&d.to_string())).collect();
        Generics { dims, ..self.generics_of_types() }
    }

    /// The parameters of the types that users hold, with the user's names.
    pub(super) fn generics_of_types(&self) -> Generics {
        let shapes = self.lowered.graph.operands().iter().enumerate();
        Generics {
            free: shapes.filter(|(_, o)| !o.shape.is_known()).map(|(k, _)| k).collect(),
            dims: self.dims.clone(),
        }
    }

    /// What must hold of the operands' shapes.
    pub(crate) fn bounds(&self, name: super::Naming<'_>) -> TokenStream {
        let bounds = self.list_of_bounds(name);
        quote!(#(#bounds,)*)
    }

    /// The same, one by one.
    pub(super) fn list_of_bounds(&self, name: super::Naming<'_>) -> Vec<TokenStream> {
        let gradients = self.gradients.iter().flatten().map(|(_, planned)| planned);
        let jvps = self.jvps.iter().map(|(_, planned)| planned);
        let plans = gradients.chain(jvps).chain(&self.with_gradients).chain([&self.value]);
        let roots = plans.flat_map(|p| p.plan.roots.iter().map(|root| (&p.graph, root.node)));
        let all: Vec<_> = [(&self.lowered.graph, self.lowered.root)].into_iter().chain(roots).collect();
        list_of_bounds(&all, name)
    }

    /// The names of the operands.
    pub(super) fn names_of_operands(&self) -> Vec<String> {
        self.lowered.operands.iter().map(|o| o.name.clone()).collect()
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

    /// The plans of the value and of all gradients, in a module of their own, and the types that the user holds.
    pub(crate) fn emit(&self) -> TokenStream {
        let keops = keops();
        let generics = self.generics_of_plans();
        let value = format_ident!("Value");
        let bounds = self.bounds(&generic_name);
        let (roots, number) = (&self.value.plan.roots, self.number.name());
        let answers: Vec<_> = roots.iter().map(|root| answer_type(&self.value.graph, *root)).collect();
        let (answer, operands, formula) = (alone_or_pair(&answers), self.operands(), &self.lowered.text);
        let signature = Signature { name: &value, formula, operands: &operands, answer: &answer };
        let mut plans = self.emit_plan("", &self.value, &signature, &generics, &bounds);

        let Gradients { plans: more, types, methods } = self.emit_gradients(&generics, &bounds);
        plans.extend(more);
        plans.extend(self.of_matrix.map(|matrix| self.emit_matrix_plans(matrix, &generics)));
        let generics = self.generics_of_types();
        let call = Rebound { this: &self.name, field: format_ident!("call"), generics: &generics };
        let rebinding =
            (0..operands.len()).flat_map(|k| [self.emit_rebinding(k, &call), self.emit_rebinding_per_batch(k, &call)]);
        let words = roots.iter().map(|root| result_words(&self.value.graph, *root, &quote!(#number)));
        let words = words.collect::<Vec<_>>().join(", and ");
        let held = Held {
            name: &self.name,
            plan: &value,
            doc: format!(
                "A call of {}: `{formula}`, of which nothing is computed before [`eval`](keops::Call::eval) answers with the value, {words}.",
                self.title
            ),
        };
        let methods = [methods].into_iter().chain(rebinding).collect();
        let held = self.emit_held(&held, &methods, &bounds);
        quote! {
            #[doc(hidden)]
            mod plan {
                use super::#keops;
                #plans
            }
            #types
            #held
        }
    }

    /// The method that replaces operand `k`.
    pub(super) fn emit_rebinding(&self, k: usize, of: &Rebound<'_>) -> TokenStream {
        let operand = &self.lowered.operands[k];
        let checked = if operand.axis.is_some() { ". Its length is checked when anything is computed." } else { "." };
        let doc = format!("The same {} with another `{}`{checked}", of.field, operand.name);
        self.rebinding(k, of, &rebinding_method(&operand.name, &self.names_of_operands()), &doc, operand.axis.is_some())
    }

    /// The method that has a value of operand `k` for each batch, if that is a parameter.
    fn emit_rebinding_per_batch(&self, k: usize, of: &Rebound<'_>) -> TokenStream {
        let operand = &self.lowered.operands[k];
        if operand.axis.is_some() {
            return quote!();
        }
        let doc = format!("The same {} with a `{}` for each batch.", of.field, operand.name);
        self.rebinding(k, of, &per_batch_method(&operand.name, &self.names_of_operands()), &doc, true)
    }

    fn rebinding(&self, k: usize, of: &Rebound<'_>, method: &Ident, doc: &str, indexed: bool) -> TokenStream {
        let Rebound { this, field, generics } = of;
        let (keops, arguments, t_argument) = (keops(), generics.arguments(), number_argument(&self.number));
        let operand = &self.lowered.operands[k];
        let name = declared(&operand.name, operand.span);
        let Argument { declared, ty, operand, bounds } =
            self.argument(&name, &self.lowered.graph.operands()[k], indexed);
        let k = proc_macro2::Literal::usize_unsuffixed(k);
        quote! {
            #[doc = #doc]
            #[inline]
            pub fn #method<'b, #declared>(&self, #name: #ty) -> #this<'b, #t_argument #arguments> where 'a: 'b, #bounds {
                #this { #field: self.#field.rebound(#k, #keops::Operand::#operand) }
            }
        }
    }

    /// How a method takes points or a parameter of this shape.
    pub(super) fn argument(&self, name: &impl ToTokens, of: &Operand, indexed: bool) -> Argument {
        let (keops, scalar) = (keops(), self.number.name());
        if of.shape.is_known() {
            let Taken { rows_of, param, of_param } = Taken::of(of, scalar);
            let (ty, operand) = if indexed {
                (quote!(&'b (impl #keops::Rows<#rows_of> + ?::core::marker::Sized)), quote!(rows::<#rows_of, _>(#name)))
            } else {
                (param, quote!(#of_param(&#name)))
            };
            return Argument { declared: quote!(), ty, operand, bounds: quote!() };
        }
        let shape = shape_type(&of.shape, &generic_name);
        let point = quote!(<#shape as #keops::Host>::Host<#scalar>);
        if indexed {
            Argument {
                declared: quote!(Given: #keops::Rows<#point> + ?::core::marker::Sized),
                ty: quote!(&'b Given),
                operand: quote!(rows::<#point, Given>(#name)),
                bounds: quote!(#shape: #keops::Host, #point: #keops::Point<T = #scalar>,),
            }
        } else {
            Argument {
                declared: quote!(),
                ty: point.clone(),
                operand: quote!(param(&#name)),
                bounds: quote!(#shape: #keops::Host, #point: #keops::Param<#scalar>,),
            }
        }
    }
}

/// A type of the user's whose operands may be replaced: a call, or a matrix.
pub(super) struct Rebound<'a> {
    /// The type.
    pub(super) this: &'a Ident,
    /// The field that has the operands, which is called like what it is.
    pub(super) field: Ident,
    /// The parameters of the type.
    pub(super) generics: &'a Generics,
}

/// An argument of a method that is an operand.
pub(super) struct Argument {
    /// A type parameter, where the type cannot be named.
    pub(super) declared: TokenStream,
    /// Its type; that of a parameter is not a reference.
    pub(super) ty: TokenStream,
    /// The operand of it.
    pub(super) operand: TokenStream,
    /// What must hold of it.
    pub(super) bounds: TokenStream,
}
