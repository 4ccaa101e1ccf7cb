//! Reductions: how far they reach, and what nobody can be sure to read as it was meant.
//!
//! A reduction takes everything to its right; it is a call where parentheses follow and nothing behind them varies with its
//! index. Some formulas have another meaning for who reads `sum_j` as a mathematician, as a programmer, or as the
//! name of a variable: these are refused, and the message shows the spellings to choose from.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::buffer::Cursor;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, LitInt, Result, Token, bracketed, parenthesized, token};

use super::expr::Context;
use super::refuse::is_angle;
use super::text::{brief, text};
use super::tokens::{has_comma, is_parenthesis, suffix};
use crate::ast::{Expr, ExprKind, Item, Written, index, split};
use crate::function::Function;
use crate::types::{Axis, Deps, Kind};
use crate::word::{LARGEST_COUNT, Word};

/// The reduction that a name is.
pub(super) fn named(name: &str) -> Option<(&'static Word, Axis)> {
    let (base, axis) = split(name);
    Some((Word::from_name(base)?, axis?))
}

impl Context<'_> {
    /// What stands behind a reduction's name.
    pub(super) fn reduction(
        &mut self,
        input: ParseStream<'_>,
        word: &'static Word,
        axis: Axis,
        span: Span,
    ) -> Result<Expr> {
        let name = format!("{}_{}", word.name, axis.letter());
        let count = if word.is_counted() { Some(count_in_brackets(input, word, axis, span)?) } else { None };
        let counted = count.map_or_else(|| name.clone(), |k| format!("{name}[{k}]"));
        self.begins_a_value(input, &name, &counted, word, span)?;
        if input.peek(token::Paren) {
            let fork = input.fork();
            let content;
            parenthesized!(content in fork);
            let inside = content.parse::<TokenStream>()?;
            let several = has_comma(&inside);
            if several || !self.rest_varies(&fork, axis) {
                let content;
                let parentheses = parenthesized!(content in input).span.join();
                let args = self.within(vec![], |cx| {
                    if several || content.is_empty() {
                        cx.arguments(&content, false)
                    } else {
                        Ok(vec![cx.parenthesized(&content, parentheses)?])
                    }
                });
                self.no_power_behind(input.cursor(), word, axis, count, inside);
                return Ok(Expr { span, kind: ExprKind::Reduce(word, axis, count, args) });
            }
        }
        self.open = name;
        let value = self.expr(input)?;
        self.ends = true;
        Ok(Expr { span, kind: ExprKind::Reduce(word, axis, count, vec![value]) })
    }

    /// What is wrong with a reduction whose index is missing, where what it reduces follows, behind a count or not:
    /// `max sqdist(x_i, y_j)`, `kmin[3](x_i)`.
    pub(super) fn without_index(&self, input: ParseStream<'_>, name: &str, span: Span) -> Option<Error> {
        let word = Word::from_name(name)?;
        let (count, rest) = match input.cursor().token_tree() {
            Some((TokenTree::Group(g), rest)) if g.delimiter() == Delimiter::Bracket => {
                (text(TokenTree::from(g).into()), rest)
            }
            _ => (String::new(), input.cursor()),
        };
        let is_called = is_parenthesis(rest);
        let follows = match rest.token_tree() {
            Some((TokenTree::Ident(name), _)) => syn::parse_str::<Ident>(&name.to_string()).is_ok(),
            Some((TokenTree::Literal(_), _)) => true,
            _ => is_called && !count.is_empty(),
        };
        // `argmin[3](x_i)` is `argkmin_j[3](x_i)`
        let counted = name.replace("min", "kmin").replace("max", "kmax");
        let meant = if count.is_empty() || word.is_counted() { Some(word) } else { Word::from_name(&counted) };
        let meant = meant.filter(|_| follows)?;
        let reduced = until_end(rest);
        let axis = if self.varies(&reduced, Axis::I) && !self.varies(&reduced, Axis::J) { Axis::I } else { Axis::J };
        let mut help = if meant.is_counted() == count.is_empty() || meant.arity > 1 {
            format!("write `{}`", meant.call_over(axis.letter()))
        } else {
            let space = if is_called { "" } else { " " };
            format!("write `{}_{}{count}{space}{}`", meant.name, axis.letter(), brief(reduced, "…"))
        };
        if let Some(f) = Function::from_name(name).filter(|_| count.is_empty()) {
            help += &format!("; of the components of a vector it is `{}`", f.call());
        }
        Some(Error::new(span, format!("`{name}` is a reduction, and needs the index to reduce\nhelp: {help}")))
    }

    /// Checks that a value follows, and nothing that would as well follow a variable called like the reduction.
    fn begins_a_value(
        &mut self,
        input: ParseStream<'_>,
        name: &str,
        counted: &str,
        word: &Word,
        span: Span,
    ) -> Result<()> {
        let other_name = format!("and an operand needs another name than `{name}`");
        let next = input.cursor().token_tree().map(|(t, _)| t);
        let operator = match &next {
            Some(TokenTree::Punct(p)) => Some(p.as_char()),
            _ => None,
        };
        if input.is_empty()
            || input.peek(Token![where]) && !input.peek2(token::Paren)
            || operator.is_some_and(|c| "/^<>=,;:%".contains(c)) && !is_angle(input.cursor())
            || input.peek(Token![!=])
        {
            let message = format!("`{name}` reduces nothing\nhelp: write `{counted}(u)`, {other_name}");
            return Err(Error::new(span, message));
        }
        if let Some(sign @ ('-' | '+' | '*')) = operator {
            let is_minus = sign == '-';
            let what =
                if is_minus { "would be a sign, and may be meant as an operator" } else { "has no value on its left" };
            let rest = brief(until_end(input.cursor()).into_iter().skip(usize::from(!is_minus)), "…");
            let message = format!("`{sign}` behind `{name}` {what}\nhelp: write `{counted}({rest})`, {other_name}");
            self.mistakes.of(Err::<(), _>(Error::new(input.span(), message)));
            if !is_minus {
                input.parse::<TokenTree>()?;
            }
        }
        if let Some(TokenTree::Group(group)) = &next
            && group.delimiter() == Delimiter::Bracket
            && !word.is_counted()
            && is_index(group.stream())
        {
            let message = format!("`{name}` takes nothing in brackets\nhelp: write `{name}(u)`, {other_name}");
            return Err(Error::new(group.span_open(), message));
        }
        Ok(())
    }

    /// A power behind a reduction is one of every value to a mathematician, and one of the result to a programmer.
    fn no_power_behind(
        &mut self,
        mut rest: Cursor<'_>,
        word: &Word,
        axis: Axis,
        count: Option<u32>,
        inside: TokenStream,
    ) {
        // components are taken first, and of sums as well before as after
        let mut components = TokenStream::new();
        while let Some((t @ TokenTree::Group(_), next)) = rest.token_tree()
            && matches!(&t, TokenTree::Group(g) if g.delimiter() == Delimiter::Bracket)
        {
            components.extend([t]);
            rest = next;
        }
        let Some((TokenTree::Punct(caret), next)) = rest.token_tree() else { return };
        // those of the smallest values are of the result alone
        if caret.as_char() != '^' || word.is_counted() && !components.is_empty() {
            return;
        }
        let exponent = brief(exponent(next), "p");
        let count = count.map(|k| format!("[{k}]")).unwrap_or_default();
        let reduction = format!("{}_{}{count}", word.name, axis.letter());
        // the last value is what is reduced
        let mut values: Vec<TokenStream> = vec![TokenStream::new()];
        for t in inside.clone() {
            match (&t, values.last_mut()) {
                (TokenTree::Punct(p), _) if p.as_char() == ',' => values.push(TokenStream::new()),
                (_, Some(last)) => last.extend([t]),
                (_, None) => {}
            }
        }
        let last = values.pop().unwrap_or_default();
        let before: String = values.into_iter().map(|v| brief(v, "…") + ", ").collect();
        let value = if is_tight(&last) { brief(last, "(…)") } else { format!("({})", brief(last, "…")) };
        let (inside, components) = (brief(inside, "…"), text(components));
        let each = format!("`{reduction}({before}{value}{components}^{exponent})`");
        let results = word.results(Some(1));
        let help = match &results[..] {
            [one] if one.gives() == Kind::Number => {
                format!("write {each} or `({reduction}({inside}){components})^{exponent}`")
            }
            _ => format!("write {each}"),
        };
        let message =
            format!("`^` behind `{reduction}(…){components}`: a power of each value, or of the result?\nhelp: {help}");
        self.mistakes.of(Err::<(), _>(Error::new(caret.span(), message)));
    }

    /// Whether something before the end of the bracket varies with `axis`, outside another reduction over it.
    fn rest_varies(&self, rest: ParseStream<'_>, axis: Axis) -> bool {
        self.varies(&until_end(rest.cursor()), axis)
    }

    /// The item that a token names.
    fn called(&self, t: &TokenTree) -> Option<&Item> {
        let TokenTree::Ident(name) = t else { return None };
        self.items.above.get(&name.unraw().to_string())?.as_deref()
    }

    /// What arguments vary with.
    fn written(&self, args: TokenStream) -> Vec<Written> {
        let args: Vec<TokenTree> = args.into_iter().collect();
        let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
        let deps = |arg: &[TokenTree]| {
            let axes = [Axis::I, Axis::J].into_iter().filter(|axis| self.varies(arg, *axis));
            axes.fold(Deps::NONE, |deps, axis| deps.union(Deps::of(axis)))
        };
        args.split(is_comma).map(|arg| Written { deps: deps(arg), reduces: false }).collect()
    }

    fn varies(&self, tokens: &[TokenTree], axis: Axis) -> bool {
        let mut tokens = tokens.iter().peekable();
        while let Some(t) = tokens.next() {
            if let Some(item) = self.called(t)
                && let Some(TokenTree::Group(args)) =
                    tokens.next_if(|t| matches!(t, TokenTree::Group(g) if g.delimiter() == Delimiter::Parenthesis))
            {
                if item.written(&self.written(args.stream())).deps.has(axis) {
                    return true;
                }
                continue;
            }
            let name = match t {
                TokenTree::Ident(name) => name.unraw().to_string(),
                TokenTree::Literal(lit) => suffix(&lit.to_string()).to_string(),
                TokenTree::Group(g) => {
                    if self.varies(&g.stream().into_iter().collect::<Vec<_>>(), axis) {
                        return true;
                    }
                    continue;
                }
                TokenTree::Punct(_) => continue,
            };
            if let Some(written) = self.lets.get(&name) {
                if written.deps.has(axis) {
                    return true;
                }
                continue;
            }
            if index(&name) == Some(axis) {
                return true;
            }
            if let (base, Some(a)) = split(&name)
                && a == axis
            {
                // what follows a reduction over the same index is its own, as far as it varies
                return Word::from_name(base).is_none();
            }
        }
        false
    }
}

/// The tokens to the end of a bracket, an argument, a statement or a formula.
fn until_end(mut cursor: Cursor<'_>) -> Vec<TokenTree> {
    let mut tokens = vec![];
    while let Some((t, next)) = cursor.token_tree() {
        if matches!(&t, TokenTree::Punct(p) if ",;".contains(p.as_char()))
            || matches!(&t, TokenTree::Ident(w) if w == "where")
        {
            break;
        }
        tokens.push(t);
        cursor = next;
    }
    tokens
}

/// The tokens of an exponent: signs, a value with its brackets, and a power of it.
fn exponent(mut cursor: Cursor<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    let mut in_value = false;
    while let Some((t, next)) = cursor.token_tree() {
        match &t {
            TokenTree::Punct(p) if p.as_char() == '^' && in_value => in_value = false,
            TokenTree::Punct(p) if p.as_char() == '-' && !in_value => {}
            TokenTree::Group(g) if g.delimiter() != Delimiter::Brace => in_value = true,
            TokenTree::Ident(_) | TokenTree::Literal(_) if !in_value => in_value = true,
            _ => break,
        }
        tokens.extend([t]);
        cursor = next;
    }
    tokens
}

/// Whether a power of these tokens needs no parentheses: a name, a number, or a call.
fn is_tight(tokens: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    match &tokens[..] {
        [TokenTree::Ident(_)] => true,
        [TokenTree::Literal(lit)] => suffix(&lit.to_string()).is_empty(),
        [TokenTree::Ident(name), TokenTree::Group(g)] => {
            named(&name.unraw().to_string()).is_none() && g.delimiter() == Delimiter::Parenthesis
        }
        _ => false,
    }
}

/// Whether what is in brackets counts components, `0` or `0..2`, and is no list of values.
fn is_index(tokens: TokenStream) -> bool {
    let mut any = false;
    let counts = tokens.into_iter().all(|t| {
        any = true;
        match t {
            TokenTree::Literal(lit) => syn::parse_str::<LitInt>(&lit.to_string()).is_ok(),
            TokenTree::Punct(p) => p.as_char() == '.' || p.as_char() == '=',
            TokenTree::Ident(_) | TokenTree::Group(_) => false,
        }
    });
    any && counts
}

/// `[3]` behind `kmin_j`
fn count_in_brackets(input: ParseStream<'_>, word: &Word, axis: Axis, span: Span) -> Result<u32> {
    let write = word.call_over(axis.letter());
    if !input.peek(token::Bracket) {
        let message = format!("`{}_{}` takes a count in brackets\nhelp: write `{write}`", word.name, axis.letter());
        return Err(Error::new(span, message));
    }
    let content;
    let brackets = bracketed!(content in input).span.join();
    let count = content.parse::<LitInt>().ok().filter(|lit| lit.suffix().is_empty() && content.is_empty());
    match count.and_then(|lit| lit.base10_parse().ok()) {
        Some(count) if (1..=LARGEST_COUNT).contains(&count) => Ok(count),
        _ => {
            let message = format!("a count is a literal between 1 and {LARGEST_COUNT}\nhelp: write `{write}`");
            Err(Error::new(brackets, message))
        }
    }
}
