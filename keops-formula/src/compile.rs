//! The pipeline: parse → lower → plan (differentiate → simplify → hoist → schedule) → emit.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use crate::ast::{Body, Declared, Expression, Instance, Item};
use crate::attributes::{OnGpu, find_operands, on_gpu};
use crate::check;
use crate::emit::{self, Asked, Device, Formula, Names};
pub use crate::emit::{DevicePass, Embed};
use crate::error::Errors;
use crate::lower::{Lowered, lower, lower_entry, lower_part};
use crate::matrix::{Matrix, check_block, factor_name, is_matrix};
use crate::parse::{Parts, header, is_items, operands, parse_parts};
use crate::types::NumberType;

/// Compiles what stands in `keops!`. Errors come out as `compile_error!` calls, in such places that what is done with
/// the result is no error as well.
pub fn compile(input: TokenStream) -> TokenStream {
    compile_in(quote!(::keops), input, None)
}

/// Compiles what stands in `keops!` for a crate that reaches `keops` by the path `root`, with the GPU code that `embed` has.
pub fn compile_in(root: TokenStream, input: TokenStream, embed: Option<Embed<'_>>) -> TokenStream {
    let compiler = Compiler { root, embed };
    match parse_parts(input.clone()) {
        Ok(Parts::Expression(e)) => {
            compiler.expression(&e).unwrap_or_else(|errors| errors.to_expression(&operands(input)))
        }
        // each on its own: a mistake in one item is none in the others
        Ok(Parts::Items(items)) => {
            let taken = types_of(&items);
            let called = called(&items);
            let item = |(tokens, item): (TokenStream, Result<Rc<Item>, Errors>)| {
                let item = item.and_then(|item| compiler.item(&item, &taken, &called));
                item.unwrap_or_else(|errors| emit::stub(&errors, header(tokens), &taken))
            };
            items.into_iter().map(item).collect()
        }
        Err(errors) if is_items(&input) => emit::stub(&errors, None, &[]),
        Err(errors) => errors.to_expression(&operands(input)),
    }
}

/// The passes of the formulas in `keops!` that are to run on a GPU: those of which [`expand`] looks for PTX.
///
/// # Errors
/// The mistakes that [`expand`] finds.
pub fn passes(input: TokenStream) -> Result<Vec<DevicePass>, Errors> {
    let passes = RefCell::new(vec![]);
    let take = |pass| {
        passes.borrow_mut().push(pass);
        None
    };
    expanded(input, Some(&take))?;
    Ok(passes.into_inner())
}

/// The expansion, or what is wrong.
///
/// # Errors
/// All independent mistakes of the first stage that finds any.
pub fn expand(input: TokenStream) -> Result<TokenStream, Errors> {
    expanded(input, None)
}

fn expanded(input: TokenStream, embed: Option<Embed<'_>>) -> Result<TokenStream, Errors> {
    let compiler = Compiler { root: quote!(::keops), embed };
    match parse_parts(input)? {
        Parts::Expression(e) => compiler.expression(&e),
        Parts::Items(items) => {
            let (mut errors, mut code) = (Errors::default(), TokenStream::new());
            let taken = types_of(&items);
            let called = called(&items);
            for (_, item) in items {
                match item.and_then(|item| compiler.item(&item, &taken, &called)) {
                    Ok(tokens) => code.extend(tokens),
                    Err(e) => errors.extend(e),
                }
            }
            errors.check(code)
        }
    }
}

/// The names of items that are declared together.
fn types_of(items: &[(TokenStream, Result<Rc<Item>, Errors>)]) -> Vec<Ident> {
    items.iter().filter_map(|(_, item)| Some(item.as_ref().ok()?.name.clone())).collect()
}

/// The names of items that others call.
fn called(items: &[(TokenStream, Result<Rc<Item>, Errors>)]) -> BTreeSet<String> {
    fn find(tokens: TokenStream, found: &mut BTreeSet<String>) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(t) = tokens.next() {
            match (&t, tokens.peek()) {
                (TokenTree::Ident(name), Some(TokenTree::Group(g))) if g.delimiter() == Delimiter::Parenthesis => {
                    found.insert(name.unraw().to_string());
                }
                (TokenTree::Group(g), _) => find(g.stream(), found),
                _ => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    // the last group is the formula
    let formulas = items.iter().filter_map(|(tokens, _)| tokens.clone().into_iter().last());
    formulas.for_each(|formula| find(formula.into(), &mut found));
    found
}

/// For whom formulas are compiled.
struct Compiler<'a> {
    /// The path of the `keops` crate.
    root: TokenStream,
    /// Who takes the passes for a GPU.
    embed: Option<Embed<'a>>,
}

impl Compiler<'_> {
    fn expression(&self, e: &Expression) -> Result<TokenStream, Errors> {
        check_block(&e.body)?;
        let is_matrix = is_matrix(&e.body);
        let lower = if is_matrix { lower_entry } else { lower };
        let (lowered, number) = lowered(lower, &e.body, e.declared.as_deref(), None, &[])?;
        let number = number.or_else(|| e.declared.as_ref().map(|_| single()));
        check::undeclared(&lowered)?;
        let name = Ident::new("formula", Span::call_site());
        let formula = match is_matrix {
            true => Formula::Matrix(Box::new(Matrix::new(lowered, e.body.block)?), None),
            false => Formula::Reduced(Box::new(lowered)),
        };
        let instances = number.iter().map(|t| Instance::of(t.name().clone())).collect();
        let gradients = formula.transposed().into_iter().collect();
        let device =
            Device { embed: self.embed, name, instances, gradients, factor: formula.factor(), columns: vec![] };
        Ok(emit::expression(&self.root, &formula, number, device))
    }

    /// An item that stands beside those called `beside`, of which it is one.
    fn item(&self, item: &Item, beside: &[Ident], called: &BTreeSet<String>) -> Result<TokenStream, Errors> {
        check_block(&item.body)?;
        let is_matrix = is_matrix(&item.body);
        if !item.reduces() && called.contains(&item.text()) {
            // who wants it for a matrix, too, says so
            let is_part = item.vis.is_empty() || !is_matrix || lower_entry(&item.body, Some(&item.declared)).is_err();
            if is_part {
                return lower_part(item).map(|()| quote!());
            }
        }
        let mut item = item.clone();
        let operands: Vec<String> = item.declared.iter().map(|o| o.name.clone()).collect();
        let names = Names::of(&item.name, &operands, beside);
        // the product of a matrix has types of its own
        let times = is_matrix.then(|| {
            let factor = factor_name(operands.iter().map(String::as_str));
            let name = format_ident!("{}_times", item.name.unraw(), span = item.name.span());
            Names::of(&name, &[&operands[..], &[factor]].concat(), beside)
        });
        item.rename_parameters(&|name, others| {
            let name = names.parameter(name, others);
            times.iter().fold(name, |name, times| times.parameter(&name, others))
        });
        let lower = if is_matrix { lower_entry } else { lower };
        let (lowered, number) = lowered(lower, &item.body, Some(&item.declared), item.scalar.as_ref(), &item.dims)?;
        let number = number.unwrap_or_else(single);
        let formula = match times {
            Some(times) => Formula::Matrix(Box::new(Matrix::new(lowered, item.body.block)?), Some(times)),
            None => Formula::Reduced(Box::new(lowered)),
        };
        let call = formula.of_call();
        let with_grads = item.with_grads.as_ref().map(|names| find_operands(names, "with_grads", call)).transpose()?;
        let jvps = find_operands(&item.jvp, "jvp", call)?;
        let OnGpu { instances, gradients, columns } = on_gpu(&item, &formula, &number, &jvps)?;
        let (name, factor) = (item.name.unraw(), formula.factor());
        let device = Device { embed: self.embed, name, instances, gradients, factor, columns };
        let asked = Asked { together: with_grads.as_deref(), jvps: &jvps };
        Ok(emit::item(&self.root, &item, names, &formula, number, asked, device))
    }
}

/// The number type of a formula whose operands are all integers.
fn single() -> NumberType {
    NumberType::Concrete(Ident::new("f32", Span::call_site()))
}

/// What lowers a formula.
type Lower = fn(&Body, Option<&[Declared]>) -> Result<Lowered, Errors>;

/// Lowers a formula, and says which number type it has if that is declared.
pub(crate) fn lowered(
    lower: Lower,
    body: &Body,
    declared: Option<&[Declared]>,
    generic: Option<&Ident>,
    dims: &[Ident],
) -> Result<(Lowered, Option<NumberType>), Errors> {
    let mut errors = Errors::default();
    let number = check::number_type(declared.unwrap_or_default(), generic, dims, &mut errors);
    match lower(body, declared) {
        Ok(lowered) => errors.check((lowered, number)),
        Err(more) => {
            errors.extend(more);
            Err(errors)
        }
    }
}
