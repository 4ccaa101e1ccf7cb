//! What the compiler makes of twenty formulas: graph, schedule, and the code of a pair.
//!
//! Each file in `stages/` begins with a formula; below `---` stands what becomes of it.
//! `KEOPS_BLESS=1 cargo test -p keops-formula --test stages` rewrites that; read the difference.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use keops_formula::compile::expand;
use keops_formula::error::Errors;
use keops_formula::show;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::Visit;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stages");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// The passes of the value and of the value with gradients.
#[derive(Default)]
struct Passes(Vec<(String, String)>);

impl<'a> Visit<'a> for Passes {
    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        let name = |path: &syn::Path| path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        let of = item.trait_.as_ref().map(|(path, _)| name(path)).unwrap_or_default();
        if let syn::Type::Path(ty) = &*item.self_ty
            && ["Pass", "Mutual"].contains(&of.as_str())
            && name(&ty.path).starts_with("Value")
        {
            let across = if of == "Mutual" { ", also over its rows" } else { "" };
            self.0.push((name(&ty.path) + across, pair(item)));
        }
    }
}

/// What is reduced, and the code of a pair, a statement a line.
fn pair(item: &syn::ItemImpl) -> String {
    let mut out = String::new();
    for member in &item.items {
        match member {
            syn::ImplItem::Type(ty) if ty.ident == "Reduce" || ty.ident == "Across" => {
                out += &format!("{}\n", compact(ty));
            }
            syn::ImplItem::Fn(f) if f.sig.ident == "pair" || f.sig.ident == "pair_across" => {
                f.block.stmts.iter().for_each(|statement| out += &format!("{}\n", compact(statement)));
            }
            _ => {}
        }
    }
    out
}

/// Tokens as Rust is written, without attributes.
fn compact(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string().replace("# [inline (always)] ", "");
    let close = [" :: ", " < ", "< ", " >", " ,", " (", " )", " ;", "& "].map(|s| (s, s.trim()));
    close.iter().fold(text, |text, (wide, narrow)| text.replace(wide, narrow)).replace("|k|{", "|k| {")
}

fn rendered(formula: &str) -> String {
    let messages = |e: Errors| e.iter().map(|e| e.message.clone()).collect::<Vec<_>>().join("\n");
    let tokens: TokenStream = formula.parse().expect("a formula lexes");
    let stages = show::stages(tokens.clone()).unwrap_or_else(|e| panic!("{formula}: {}", messages(e)));
    let mut out = format!("{formula}---\n");
    for stage in stages.iter().filter(|stage| !stage.title.contains("gradient in")) {
        writeln!(out, "=== {}\n{}", stage.title, stage.text).expect("a string takes it");
    }
    let code = expand(tokens).unwrap_or_else(|e| panic!("{formula}: {}", messages(e)));
    let code = if formula.contains("fn ") { code } else { quote::quote!(fn f() #code) };
    let mut passes = Passes::default();
    passes.visit_file(&syn::parse2(code).expect("Rust"));
    for (name, pair) in passes.0.iter().filter(|(_, pair)| !pair.starts_with("type Reduce = ();")) {
        writeln!(out, "=== {name}\n{pair}").expect("a string takes it");
    }
    out
}

#[test]
fn twenty_formulas_are_compiled_as_before() {
    let (mut moved, files) = (vec![], files());
    assert!(files.len() >= 20, "{} formulas", files.len());
    for path in files {
        let agreed = std::fs::read_to_string(&path).expect("the file can be read");
        let formula: String = agreed.lines().take_while(|l| *l != "---").flat_map(|l| [l, "\n"]).collect();
        let now = rendered(&formula);
        if std::env::var_os("KEOPS_BLESS").is_some() {
            std::fs::write(&path, now).expect("the file can be written");
        } else if now != agreed {
            let first = now.lines().zip(agreed.lines()).find(|(a, b)| a != b);
            moved.push(format!("{}: first difference {first:?}", path.display()));
        }
    }
    assert!(moved.is_empty(), "{}\nbless with KEOPS_BLESS=1, and read the difference", moved.join("\n"));
}
