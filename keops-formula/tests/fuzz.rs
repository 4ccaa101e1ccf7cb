//! Formulas with slips in them: whatever stands in `keops!`, the compiler answers soon, with Rust or with messages, and
//! never panics.
//!
//! `KEOPS_FUZZ=100000 cargo test --release -p keops-formula --test fuzz` tries as many formulas; `KEOPS_FUZZ_FROM`
//! is the first seed. Each case has a seed of its own, which a failure names.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Generator, OPERANDS};
use keops_formula::compile::{compile, expand, passes};
use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};

/// How many formulas are tried where `KEOPS_FUZZ` says nothing.
const COUNT: u64 = 2_000;

/// The longest that one formula may take: tens of times what the slowest of these takes.
const LONGEST: Duration = Duration::from_secs(20);

/// The most tokens that a slip writes again and again: more would be work, and no mistake.
const LARGEST: usize = 2_000;

/// What no other test has: forms of items, and pairs of results.
const FORMULAS: [&str; 9] = [
    "/// Entries.\n#[gpu(grad_x, columns = 3, columns = 5)] pub fn k(x_i: [f32; 3], y_j: [f32; 3], s: f32) { exp(-sqdist(x_i, y_j) / s) }",
    "/// Sum.\n#[gpu(<f32, 3>, grad_x, with_grads)] #[with_grads(x, b)] pub(crate) fn f<T, const D: usize>(x_i: [T; D], y_j: [T; D], b_j: T) { sum_j sqdist(x_i, y_j) * b_j }",
    "pub fn f(x_i: f32, y_j: f32) { sum_j x_i * y_j } fn g(x_i: f64, y_j: f64) { let k = x_i + y_j; sum_i exp(-k^2) }",
    "min_argmin_j sqdist(x_i, y_j) where x_i: [f32; 2], y_j: [f32; 2]",
    "kmin_argkmin_j[3] norm(x_i - y_j)",
    "grad(sum_j(sin(r#type_i * y_j) * 2s2), y_j, e_i)",
    "sum_j if i == j { 0 } else { (x_i | y_j)^-2 }",
    "let argmin = argmin_j(x_i * y_j); argmin",
    "max_j(normalize(x_i - y_j)[0..2]) - log(sum_j [x_i[0], 1e-3, pi])",
];

/// Words and signs to put in a formula, as Rust text.
const WORDS: &str = "let if else where fn pub const self Self true false as and or match i j x x_i y_j s2 f32 f64 usize T D \
    sum sum_i sum_j max_j argmin_j kmin_j kmin_argkmin_j logsumexp_j softmax_j grad exp pow dot sqnorm with_grads gpu \
    _ __ _i _j é_i 日本_j r#let r#fn_i r#sum_j 'a 'static \"text\" \"\" 'c' b\"bytes\" r#\"raw\"# c\"c\" \
    0 1 2 3 65536 65537 4294967296 340282366920938463463374607431768211456 0x1F 0b11 1_000 1e308 1e309 1e-400 0.0 2. 2s2 \
    2x_i 2sum_j 3if 1f32 7usize 1e3x 0xfx_i 1.5e \
    + - * / ^ ! < > = & | , ; : . .. ..= ... -> => == <= >= != && || ** :: # $ ? @ ~ %";

/// The formulas that all others are made of.
fn formulas() -> Vec<Vec<TokenTree>> {
    let mut texts: Vec<String> = FORMULAS.map(String::from).into();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let read = |name: &Path| std::fs::read_to_string(name).unwrap_or_else(|e| panic!("{}: {e}", name.display()));
    let files = |of: &str| {
        let entries = std::fs::read_dir(folder.join(of)).unwrap_or_else(|e| panic!("{of}: {e}"));
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files
    };
    for file in files("stages") {
        texts.extend(read(&file).split("---").next().map(String::from));
    }
    for file in files("diagnostics") {
        let text = read(&file);
        let cases = text.split("\n=== ").skip(1);
        texts.extend(cases.filter_map(|case| Some(case.split("\n---").next()?.split_once('\n')?.1.to_owned())));
    }
    for seed in 0..100 {
        let formula = Generator::new(seed).formula(3);
        texts.push(format!("fn f({OPERANDS}) {{ {formula} }}"));
    }
    let lexed = texts.iter().filter_map(|text| text.parse::<TokenStream>().ok());
    lexed.map(|tokens| tokens.into_iter().collect::<Vec<_>>()).filter(|tokens| !tokens.is_empty()).collect()
}

/// A formula in the making.
struct Slips<'a> {
    rng: fastrand::Rng,
    formulas: &'a [Vec<TokenTree>],
    words: &'a [TokenTree],
}

impl Slips<'_> {
    fn formula(&mut self) -> TokenStream {
        let formulas = self.formulas;
        let mut tokens = formulas[self.rng.usize(..formulas.len())].clone();
        for _ in 0..1 + self.rng.usize(..4) {
            self.slip(&mut tokens);
        }
        tokens.into_iter().collect()
    }

    /// A token of some formula, or one of the words.
    fn token(&mut self) -> TokenTree {
        if self.rng.bool() {
            return self.words[self.rng.usize(..self.words.len())].clone();
        }
        let formulas = self.formulas;
        let mut tokens = formulas[self.rng.usize(..formulas.len())].clone();
        loop {
            match tokens.swap_remove(self.rng.usize(..tokens.len())) {
                TokenTree::Group(g) if !g.stream().is_empty() && self.rng.u8(..4) != 0 => {
                    tokens = g.stream().into_iter().collect();
                }
                token => return token,
            }
        }
    }

    fn delimiter(&mut self) -> Delimiter {
        [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace, Delimiter::None][self.rng.usize(..4)]
    }

    /// One change, here or in a bracket.
    fn slip(&mut self, tokens: &mut Vec<TokenTree>) {
        if tokens.is_empty() {
            tokens.push(self.token());
            return;
        }
        let at = self.rng.usize(..tokens.len());
        if let TokenTree::Group(group) = &tokens[at]
            && self.rng.u8(..5) != 0
        {
            let mut content: Vec<TokenTree> = group.stream().into_iter().collect();
            self.slip(&mut content);
            let mut changed = Group::new(group.delimiter(), content.into_iter().collect());
            changed.set_span(group.span());
            tokens[at] = changed.into();
            return;
        }
        let other = self.rng.usize(..tokens.len());
        let (low, high) = (at.min(other), at.max(other) + 1);
        match self.rng.u8(..24) {
            0..=3 => drop(tokens.remove(at)),
            4 | 5 => tokens.insert(at, tokens[at].clone()),
            6..=8 => tokens.swap(at, other),
            9..=12 => tokens[at] = self.token(),
            13..=16 => tokens.insert(at, self.token()),
            17 => drop(tokens.drain(low..high)),
            18 | 19 => {
                let formulas = self.formulas;
                let more = &formulas[self.rng.usize(..formulas.len())];
                tokens.truncate(at);
                tokens.extend_from_slice(&more[self.rng.usize(..more.len())..]);
            }
            20 | 21 => {
                // brackets around some of it, or brackets away
                let part: TokenStream = match &tokens[at] {
                    TokenTree::Group(group) if self.rng.bool() => {
                        let content = group.stream();
                        tokens.splice(at..=at, content);
                        return;
                    }
                    _ => tokens.drain(low..high).collect(),
                };
                tokens.insert(low, Group::new(self.delimiter(), part).into());
            }
            22 => {
                // deep: brackets in brackets
                let depth = [3, 50, 127, 128, 129, 400][self.rng.usize(..6)];
                let (same, word) = (self.rng.bool(), self.token());
                let delimiter = self.delimiter();
                let before = if self.rng.bool() { Some(word) } else { None };
                for _ in 0..depth {
                    let delimiter = if same { delimiter } else { self.delimiter() };
                    let inner = before.clone().into_iter().chain([tokens[at].clone()]).collect();
                    tokens[at] = Group::new(delimiter, inner).into();
                }
            }
            _ => {
                // long: a part again and again
                let part: Vec<TokenTree> = tokens[low..high.min(low + 4)].to_vec();
                let times = [2, 10, 50, 1000][self.rng.usize(..4)].min(LARGEST / size(&part));
                let again = std::iter::repeat_n(part, times).flatten().collect::<Vec<_>>();
                tokens.splice(low..low, again);
            }
        }
    }
}

/// How many tokens these are, with those in brackets.
fn size(tokens: &[TokenTree]) -> usize {
    let inside = tokens.iter().map(|t| match t {
        TokenTree::Group(g) => size(&g.stream().into_iter().collect::<Vec<_>>()),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => 0,
    });
    tokens.len() + inside.sum::<usize>()
}

fn is_rust(code: &TokenStream) -> bool {
    syn::parse2::<syn::File>(code.clone()).is_ok() || syn::parse2::<syn::Expr>(code.clone()).is_ok()
}

/// Panics where the compiler does not answer as it should.
fn answers(formula: &TokenStream) {
    let made = passes(formula.clone()).is_ok();
    match expand(formula.clone()) {
        Ok(code) => {
            assert!(is_rust(&code), "not Rust: {code}");
            assert!(made, "there is code, and there are no passes");
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "no code, and no message");
            assert!(errors.iter().all(|e| !e.message.trim().is_empty()), "an empty message");
            let code = compile(formula.clone());
            assert!(is_rust(&code), "not Rust: {code}");
        }
    }
}

fn from_environment(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a count, not `{text}`")))
}

#[test]
fn every_slip_has_an_answer() {
    let words: Vec<TokenTree> = WORDS.parse::<TokenStream>().expect("words lex").into_iter().collect();
    let formulas = formulas();
    let first = from_environment("KEOPS_FUZZ_FROM", 0);
    for seed in first..first + from_environment("KEOPS_FUZZ", COUNT) {
        let rng = fastrand::Rng::with_seed(seed);
        let formula = Slips { rng, formulas: &formulas, words: &words }.formula();
        let start = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| answers(&formula)));
        let took = start.elapsed();
        assert!(answer.is_ok() && took < LONGEST, "seed {seed}, {took:?}: {formula}");
    }
}

#[test]
fn huge_literals_and_names_have_an_answer() {
    for length in [10, 400, 4_000] {
        let digits = "9".repeat(length);
        let name = format!("{}_i", "é".repeat(length));
        for literal in
            [digits.clone(), format!("0.{digits}"), format!("1e{digits}"), format!("{digits}s2"), name.clone()]
        {
            for formula in
                ["sum_j x_i^#", "sum_j x_i[#] * y_j", "kmin_j[#](x_i - y_j)", "fn f(x_i: [f32; #]) { sum_j x_i }"]
            {
                if let Ok(formula) = formula.replace('#', &literal).parse() {
                    answers(&formula);
                }
            }
        }
        let lone: [TokenTree; 2] = [Literal::string(&digits).into(), Ident::new(&name, Span::call_site()).into()];
        lone.into_iter().for_each(|token| answers(&token.into()));
    }
}
