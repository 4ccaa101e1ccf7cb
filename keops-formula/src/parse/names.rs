//! The operands that a formula seems to have, from its tokens alone: for formulas that cannot be compiled.
//!
//! An expression that has a mistake still names its operands, so that editors complete them and no variable is unused.
//! A name too many would be an error of its own: what may be something else is left out.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::Lit;
use syn::ext::IdentExt;

use crate::ast::{index, raw_if_needed, split};
use crate::function::Function;
use crate::word::Word;

/// The names of variables, without suffix, each once.
pub(crate) fn operands(input: TokenStream) -> Vec<Ident> {
    let mut names = Names::default();
    names.read(input);
    let Names { mut found, bound, .. } = names;
    let mut seen = BTreeSet::new();
    found.retain(|name| !bound.contains(&name.unraw().to_string()));
    let variables = found.into_iter().filter_map(|name| variable(&name));
    variables.filter(|name| seen.insert(name.to_string())).collect()
}

#[derive(Default)]
struct Names {
    found: Vec<Ident>,
    /// Those of `let`.
    bound: BTreeSet<String>,
    /// Behind `where`: only what stands before a colon is a name.
    declares: bool,
}

impl Names {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (k, token) in tokens.iter().enumerate() {
            let (before, behind) = (k.checked_sub(1).map(|k| &tokens[k]), tokens.get(k + 1));
            match token {
                TokenTree::Ident(name) if name == "where" => self.declares = true,
                TokenTree::Ident(name) if matches!(before, Some(TokenTree::Ident(word)) if word == "let") => {
                    self.bound.insert(name.unraw().to_string());
                }
                TokenTree::Ident(name) if self.is_operand(before, behind) => self.found.push(name.clone()),
                // `2s2`
                TokenTree::Literal(literal) if !self.declares => {
                    let suffix = match Lit::new(literal.clone()) {
                        Lit::Int(n) => n.suffix().to_owned(),
                        Lit::Float(n) => n.suffix().to_owned(),
                        _ => String::new(),
                    };
                    if let Ok(name) = syn::parse_str::<Ident>(&suffix) {
                        self.found.push(Ident::new(&name.to_string(), literal.span()));
                    }
                }
                // what is in an attribute is no operand
                TokenTree::Group(_) if matches!(before, Some(TokenTree::Punct(p)) if p.as_char() == '#') => {}
                TokenTree::Group(group) if !self.declares => self.read(group.stream()),
                TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Group(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    /// Whether a name between these tokens is that of an operand, and not a function's, a field's, a path's or half of a word.
    fn is_operand(&self, before: Option<&TokenTree>, behind: Option<&TokenTree>) -> bool {
        let is = |token: Option<&TokenTree>, c: char| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == c);
        if self.declares {
            return is(behind, ':');
        }
        let called = match behind {
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
            Some(TokenTree::Ident(_) | TokenTree::Literal(_)) => true,
            Some(TokenTree::Punct(_)) | None => false,
        };
        !called && !is(before, '.') && !is(behind, '.') && !is(before, ':') && !is(behind, ':') && !is(behind, '!')
    }
}

/// The variable of an operand of this name, if it can have one.
fn variable(name: &Ident) -> Option<Ident> {
    let text = name.unraw().to_string();
    let (base, suffix) = split(&text);
    let is_word = Function::ALL.iter().any(|f| f.name() == text)
        || Word::ALL.iter().any(|word| word.name == base && (suffix.is_some() || text == base))
        || ["grad", "pi", "f32", "f64", "u32"].contains(&base);
    let is_keyword = |word: &str| syn::parse_str::<Ident>(word).is_err();
    let never = ["self", "super", "crate", "Self", "_"].contains(&base) || (suffix.is_none() && is_keyword(base));
    if is_word || never || index(base).is_some() && suffix.is_none() {
        return None;
    }
    Some(raw_if_needed(base, name.span()))
}
