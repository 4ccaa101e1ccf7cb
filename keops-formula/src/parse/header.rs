//! What an item was meant to be, from its tokens alone: for items that cannot be compiled.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Attribute, GenericParam, Generics, Visibility};

use super::attribute::{WITH_GRADS, cfgs, listed};
use super::item::{LONGEST_PARAMETERS, tokens_in};
use crate::ast::split;

/// What a function was meant to be, as far as could be read.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// When it is there at all.
    pub(crate) cfgs: TokenStream,
    /// Its visibility.
    pub(crate) vis: TokenStream,
    /// Its name.
    pub(crate) name: Ident,
    /// Its type parameters and its const parameters.
    pub(crate) generics: (Vec<Ident>, Vec<Ident>),
    /// The names of its operands, without suffix; none where there is no name.
    pub(crate) operands: Vec<Option<String>>,
    /// The operands whose gradients come with the value, if they are listed.
    pub(crate) with_grads: Option<Vec<String>>,
}

/// The header of an item, if it has a name and parentheses.
pub(crate) fn header(item: TokenStream) -> Option<Header> {
    let mut tokens = item.into_iter().peekable();
    let mut attributes = TokenStream::new();
    while let Some(mark) = tokens.next_if(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '#')) {
        attributes.extend([mark]);
        attributes.extend(tokens.next());
    }
    let attributes = Attribute::parse_outer.parse2(attributes).unwrap_or_default();
    let is_fn = |t: &TokenTree| matches!(t, TokenTree::Ident(word) if word == "fn");
    let vis: TokenStream = std::iter::from_fn(|| tokens.next_if(|t| !is_fn(t))).collect();
    // what is no visibility is part of the mistake
    let vis = syn::parse2::<Visibility>(vis).map(|vis| vis.into_token_stream()).unwrap_or_default();
    let name: Ident = syn::parse2(tokens.nth(1)?.into()).ok()?;
    let parentheses = |t: &TokenTree| matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Parenthesis);
    let generics: TokenStream = std::iter::from_fn(|| tokens.next_if(|t| !parentheses(t))).collect();
    let Some(TokenTree::Group(declared)) = tokens.next() else { return None };
    let with_grads = attributes.iter().find(|a| a.path().is_ident(WITH_GRADS)).and_then(listed);
    Some(Header {
        cfgs: cfgs(&attributes),
        vis,
        name,
        generics: parameters(generics),
        operands: operands(declared.stream()),
        with_grads: with_grads.map(|names| names.iter().map(|name| name.unraw().to_string()).collect()),
    })
}

/// The names of type parameters and of const parameters.
fn parameters(generics: TokenStream) -> (Vec<Ident>, Vec<Ident>) {
    let (mut types, mut consts) = (vec![], vec![]);
    if generics.clone().into_iter().map(|t| tokens_in(&t)).sum::<usize>() > LONGEST_PARAMETERS {
        return (types, consts);
    }
    for p in syn::parse2::<Generics>(generics).unwrap_or_default().params {
        match p {
            GenericParam::Type(t) => types.push(t.ident),
            GenericParam::Const(c) => consts.push(c.ident),
            GenericParam::Lifetime(_) => {}
        }
    }
    (types, consts)
}

/// The name in front of each colon.
fn operands(declared: TokenStream) -> Vec<Option<String>> {
    let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
    let is_colon = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ':');
    let tokens: Vec<TokenTree> = declared.into_iter().collect();
    let name = |argument: &[TokenTree]| match argument {
        [TokenTree::Ident(name), colon, ..] if is_colon(colon) => {
            Some(split(&name.unraw().to_string()).0.to_owned()).filter(|name| name != "_")
        }
        _ => None,
    };
    tokens.split(is_comma).filter(|argument| !argument.is_empty()).map(name).collect()
}
