//! What is emitted stands in anybody's crate: it has no names but its own, and asks for no favours.

use std::collections::BTreeSet;

use keops_formula::compile::{compile, compile_in};
use proc_macro2::{TokenStream, TokenTree};

/// Formulas of each kind: with gradients and without, of known shapes and of others, and those with mistakes.
const FORMULAS: &[&str] = &[
    "sum_j exp(-sqnorm(x_i - y_j) / 2s2) * b_j",
    "sum_j pow(x_i[0], y_j) * [x_i[0..2], pi * y_j] where x_i: [f64; 3], y_j: f64",
    "kmin_argkmin_j[3](sqdist(x_i, y_j))",
    "logsumexp_j(x_i * y_j) + softmax_j(x_i, y_j) where x_i: f32, y_j: f32",
    "fn f(x_i: f32, y_j: f32) { sum_j if i == j { log(x_i) } else { y_j } } fn g(x_i: f32, y_j: f32) { argmax_j(x_i * y_j) }",
    "#[with_grads(x)] pub fn f<T, const D: usize>(x_i: [T; D], y_j: [T; D]) { sum_j x_i[1] * norm(y_j) }",
    "fn f(a_i: f32, b_j: f32, c: f32, d: f32, e: f32, g: f32, h: f32) { sum_j a_i * b_j * c * d * e * g * h }",
    "fn wrong<T>(x_i: T, y_j: T) { sum_j z_i }",
    "sum_j x_i **",
];

/// All tokens, brackets opened, as text.
fn flat(tokens: TokenStream, out: &mut Vec<String>) {
    for t in tokens {
        match t {
            TokenTree::Group(g) => {
                out.push("(".into());
                flat(g.stream(), out);
                out.push(")".into());
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => out.push(t.to_string()),
        }
    }
}

fn emitted(formula: &str) -> Vec<String> {
    let mut out = vec![];
    flat(compile(formula.parse().expect("tokens")), &mut out);
    out
}

#[test]
fn names_of_the_prelude_are_paths() {
    let prelude = "AsRef Box Clone Copy Debug Default Err Fn From Into Iterator None Ok Option PartialEq Result Send Sized Some \
                   String Sync ToString Vec assert compile_error concat derive include_str line panic unreachable vec";
    let prelude: BTreeSet<&str> = prelude.split(' ').collect();
    let mut met = BTreeSet::new();
    for formula in FORMULAS {
        let tokens = emitted(formula);
        for (k, token) in tokens.iter().enumerate().filter(|(_, token)| prelude.contains(token.as_str())) {
            met.insert(token.clone());
            let before = &tokens[k.saturating_sub(2)..k];
            assert_eq!(before, [":", ":"], "`{token}` in the code of {formula}");
        }
        // not every crate has `std`
        let roots = tokens.windows(4).filter(|w| w[1] == ":" && w[2] == ":" && !is_word(&w[0])).map(|w| &w[3]);
        for root in roots.filter(|root| is_word(root)) {
            assert!(["core", "keops"].contains(&root.as_str()), "`::{root}` in the code of {formula}");
        }
    }
    assert!(met.len() > 8, "{met:?}");
}

fn is_word(token: &str) -> bool {
    token == ">" || token == ")" || token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

#[test]
fn nothing_is_allowed() {
    for formula in FORMULAS {
        let tokens = emitted(formula);
        assert!(!tokens.iter().any(|token| ["allow", "expect", "warn", "deny"].contains(&token.as_str())), "{formula}");
        // the tools' own attributes are in scope by a prelude, too
        let tools =
            tokens.windows(2).any(|w| w[1] == ":" && ["diagnostic", "clippy", "rustfmt"].contains(&w[0].as_str()));
        assert!(!tools, "{formula}");
    }
}

#[test]
fn the_path_of_the_crate_is_named_once() {
    for formula in FORMULAS {
        let root: TokenStream = "crate::reexport::kp".parse().expect("tokens");
        let mut tokens = vec![];
        flat(compile_in(root, formula.parse().expect("tokens"), None), &mut tokens);
        let named = tokens.iter().filter(|token| *token == "reexport").count();
        let expected = match formula {
            f if f.contains("wrong") || f.contains("**") => 0,
            f if f.contains("fn g(") => 2,
            _ => 1,
        };
        assert_eq!(named, expected, "{formula}");
    }
}

/// Who asks for kernels where no build script has made any is told where the formula stands.
#[test]
fn formulas_know_where_they_stand() {
    for (formula, method) in [("fn g(x_i: f32, y_j: f32) { sum_j x_i * y_j }", "grad_x"), ("sum_j x_i * y_j", "grad_y")]
    {
        let tokens = emitted(formula).join(" ");
        let place = "Gpu ( place : : : core : : concat ! ( : : core : : file ! ( ) , \":\" , : : core : : line ! ( ) ) , method : ";
        for method in ["", method] {
            let none = ": : core : : option : : Option : : None ,";
            let kernels = format!("{place}\"{method}\" , other_columns : {none} instances : {none} )");
            assert!(tokens.contains(&kernels), "{method:?} is not in {tokens}");
        }
    }
}

/// The types and traits that stand in the root of the crate `keops`.
fn exported() -> BTreeSet<String> {
    fn names(tree: &syn::UseTree, all: &mut BTreeSet<String>) {
        match tree {
            syn::UseTree::Path(path) => names(&path.tree, all),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, all)),
            syn::UseTree::Name(syn::UseName { ident }) => drop(all.insert(ident.to_string())),
            syn::UseTree::Rename(rename) => drop(all.insert(rename.rename.to_string())),
            syn::UseTree::Glob(_) => panic!("what comes by `*` has no names here"),
        }
    }
    let root = syn::parse_file(include_str!("../../src/lib.rs")).expect("it is Rust");
    let mut all = BTreeSet::new();
    for item in &root.items {
        if let syn::Item::Use(syn::ItemUse { vis: syn::Visibility::Public(_), tree, .. }) = item {
            names(tree, &mut all);
        }
    }
    // constants and functions are no types
    all.retain(|name| name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase));
    all
}

#[test]
fn types_have_names_of_their_own() {
    let names = |items: &str| -> BTreeSet<String> {
        let tokens = emitted(items);
        let types = tokens.windows(3).filter(|w| w[0] == "pub" && (w[1] == "struct" || w[1] == "type"));
        types.map(|w| w[2].clone()).collect()
    };
    let has = |items: &str, expected: &[&str], not: &[&str]| {
        let found = names(items);
        assert!(expected.iter().all(|name| found.contains(*name)), "{items}: {found:?}");
        assert!(!not.iter().any(|name| found.contains(*name)), "{items}: {found:?}");
    };
    has("fn gauss(x_i: f32, y_j: f32) { sum_j x_i * y_j }", &["Gauss", "GaussGradX", "GaussWithGrads"], &[]);
    for (function, ours, rusts) in [
        ("result", "ResultCall", "Result"),
        ("r#box", "BoxCall", "Box"),
        ("to_string", "ToStringCall", "ToString"),
        ("into_iterator", "IntoIteratorCall", "IntoIterator"),
    ] {
        has(&format!("fn {function}(x_i: f32, y_j: f32) {{ sum_j x_i * y_j }}"), &[ours], &[rusts]);
    }
    // what keops exports comes by `*`, too
    let exported = exported();
    assert!(
        exported.len() > 25 && ["Error", "Cuda", "SumScheme"].iter().all(|n| exported.contains(*n)),
        "{exported:?}"
    );
    for name in exported {
        let item =
            name.chars().flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] });
        let item: String = item.skip(1).collect();
        let item = format!("fn {item}(x_i: f32, y_j: f32) {{ sum_j x_i * y_j }}");
        has(&item, &[&format!("{name}Call")], &[&name]);
    }
    // a parameter that is called like one of them, an argument, or a number type
    for parameter in ["G", "GGradX", "keops", "plan", "f64", "usize", "x", "out"] {
        let item =
            format!("fn g<{parameter}, const D: usize>(x_i: [{parameter}; D], y_j: {parameter}) {{ sum_j x_i * y_j }}");
        let tokens = emitted(&item).join(" ");
        assert!(tokens.contains(&format!("{parameter}_ : keops : : Scalar")), "{item}");
    }
    let two = "fn ab(x_i: f32, y_j: f32) { sum_j x_i } fn Ab(x_i: f32, y_j: f32) { sum_j x_i * y_j }";
    has(two, &["Ab", "Ab_", "AbGradX", "AbGradX_"], &[]);
}
