//! Finds the formulas in sources.
//!
//! By tokens and not by syntax: what stands in the arguments of a macro is nothing but tokens, and a formula may stand there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::LitStr;
use syn::ext::IdentExt as _;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The arguments of each `keops!`.
    pub(crate) formulas: Vec<TokenStream>,
    /// All files that were looked at.
    pub(crate) files: BTreeSet<PathBuf>,
}

/// The files of a package's targets, where Cargo finds them on its own.
pub(crate) fn targets(package: &Path) -> Vec<PathBuf> {
    let mut files = vec![package.join("src/lib.rs"), package.join("src/main.rs")];
    for directory in ["src/bin", "tests", "examples", "benches"] {
        let Ok(entries) = fs::read_dir(package.join(directory)) else { continue };
        for path in entries.flatten().map(|e| e.path()) {
            let is_source = path.extension().is_some_and(|e| e == "rs");
            files.push(if is_source { path } else { path.join("main.rs") });
        }
    }
    files.retain(|f| f.is_file());
    files.sort();
    files
}

/// Where a token stands: which files its `mod` names.
#[derive(Clone, Debug)]
struct Place {
    /// The folder of the file.
    folder: PathBuf,
    /// The folder of the files of submodules.
    modules: PathBuf,
    /// The folder to which `#[path]` is relative.
    paths: PathBuf,
}

impl Scan {
    /// Looks at a target's file and all modules below.
    pub(crate) fn target(&mut self, file: &Path) {
        self.file(file, true);
    }

    /// Looks at a file. Those of targets, and `mod.rs`, have their submodules beside them.
    fn file(&mut self, file: &Path, is_root: bool) {
        // what cannot be read or lexed, rustc will complain of
        let Some(text) = text_of(file) else { return };
        if !self.files.insert(file.to_path_buf()) || !is_shallow(&text) {
            return;
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let script = text.starts_with("#!") && !text.starts_with("#![");
        let text = if script { text.split_once('\n').map_or("", |(_, rest)| rest) } else { text };
        let Ok(tokens) = text.parse::<TokenStream>() else { return };
        let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
        let modules = if is_root || file.file_name().is_some_and(|n| n == "mod.rs") {
            folder.clone()
        } else {
            file.with_extension("")
        };
        self.tokens(tokens, &Place { paths: folder.clone(), folder, modules });
    }

    fn tokens(&mut self, tokens: TokenStream, place: &Place) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut paths = vec![];
        let mut rest = tokens.as_slice();
        loop {
            let taken = match rest {
                [] => break,
                [TokenTree::Punct(mark), TokenTree::Group(attribute), ..] if mark.as_char() == '#' => {
                    path_attributes(attribute.stream(), &mut paths);
                    // `#[doc = include_str!(…)]` holds no formula
                    rest = &rest[2..];
                    continue;
                }
                // between the attributes and `mod`
                [TokenTree::Ident(word), TokenTree::Group(scope), ..]
                    if word == "pub" && scope.delimiter() == Delimiter::Parenthesis =>
                {
                    rest = &rest[2..];
                    continue;
                }
                [TokenTree::Ident(word), ..] if word == "pub" => {
                    rest = &rest[1..];
                    continue;
                }
                [TokenTree::Ident(name), TokenTree::Punct(mark), TokenTree::Group(arguments), ..]
                    if mark.as_char() == '!' && (name == "keops" || name == "include") =>
                {
                    if name == "keops" {
                        self.formulas.push(arguments.stream());
                    } else if let Ok(path) = syn::parse2::<LitStr>(arguments.stream()) {
                        self.file(&place.folder.join(path.value()), true);
                    }
                    3
                }
                [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Punct(mark), ..]
                    if word == "mod" && mark.as_char() == ';' =>
                {
                    self.module(name, &paths, place);
                    3
                }
                [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body), ..] if word == "mod" => {
                    let folder = paths.first().map_or_else(|| place.modules.join(unraw(name)), |p| place.paths.join(p));
                    let inner = Place { modules: folder.clone(), paths: folder, ..place.clone() };
                    self.tokens(body.stream(), &inner);
                    3
                }
                [TokenTree::Group(group), ..] => {
                    self.tokens(group.stream(), place);
                    1
                }
                _ => 1,
            };
            paths.clear();
            rest = &rest[taken..];
        }
    }

    /// `mod name;`
    fn module(&mut self, name: &Ident, paths: &[String], place: &Place) {
        for path in paths {
            // such a file has its submodules beside it
            self.file(&place.paths.join(path), true);
        }
        let beside = place.modules.join(unraw(name));
        let (file, folder) = (beside.with_extension("rs"), beside.join("mod.rs"));
        if paths.is_empty() && !file.is_file() && !folder.is_file() {
            // it may still be written
            self.files.extend(place.modules.ancestors().find(|folder| folder.is_dir()).map(Path::to_path_buf));
        }
        self.file(&file, false);
        self.file(&folder, true);
    }
}

/// The most bytes of a source.
const LONGEST: u64 = 64 << 20;

/// The most brackets that may be open at once: what reads tokens is recursive. rustc itself allows 128 levels of syntax.
const DEEPEST: usize = 512;

/// The text of a file. Others than regular ones may have no end, or none yet: pipes and devices.
fn text_of(file: &Path) -> Option<String> {
    let about = fs::metadata(file).ok()?;
    let is_source = about.is_file() && about.len() <= LONGEST;
    is_source.then(|| fs::read_to_string(file).ok()).flatten()
}

/// Whether few brackets are open at once. Those in strings and comments count as well, which makes no difference to any but
/// strange files: a closing one takes no more than an opening one has given.
fn is_shallow(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().all(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= DEEPEST
    })
}

fn unraw(name: &Ident) -> String {
    name.unraw().to_string()
}

/// The values of `path = "…"` in an attribute, in a `cfg_attr(…)` too.
fn path_attributes(attribute: TokenStream, paths: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(word), TokenTree::Group(arguments)] if word == "cfg_attr" => {
            let arguments: Vec<TokenTree> = arguments.stream().into_iter().collect();
            let is_comma = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
            for argument in arguments.split(is_comma).skip(1) {
                path_attributes(argument.iter().cloned().collect(), paths);
            }
        }
        [TokenTree::Ident(word), TokenTree::Punct(mark), value] if word == "path" && mark.as_char() == '=' => {
            paths.extend(syn::parse2::<LitStr>(value.clone().into()).map(|path| path.value()));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions that the formulas found call: `f_…`.
    fn found(tokens: TokenStream, names: &mut BTreeSet<String>) {
        for t in tokens {
            match t {
                TokenTree::Group(group) => found(group.stream(), names),
                TokenTree::Ident(name) => names.extend(name.to_string().strip_prefix("f_").map(str::to_owned)),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    #[test]
    fn formulas_are_found_where_rustc_may_look() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/package");
        let mut scan = Scan::default();
        targets(&package).iter().for_each(|file| scan.target(file));
        let mut names = BTreeSet::new();
        scan.formulas.into_iter().for_each(|tokens| found(tokens, &mut names));
        let expected = [
            "beside",
            "bench",
            "common",
            "deeper",
            "example",
            "hidden",
            "in_a_function",
            "included",
            "inner",
            "lib",
            "main",
            "moved",
            "nested",
            "system",
            "test",
            "unix",
        ];
        assert_eq!(names, expected.map(str::to_owned).into());
    }

    #[test]
    fn brackets_are_counted() {
        let nested = |n| "(".repeat(n) + &")".repeat(n);
        assert!(is_shallow(&nested(DEEPEST)) && is_shallow(&nested(2).repeat(1000)));
        assert!(!is_shallow(&nested(30_000)) && !is_shallow(&"[{".repeat(DEEPEST)));
    }

    #[test]
    fn only_files_are_read() {
        assert_eq!(text_of(Path::new("/dev/zero")), None);
        assert_eq!(text_of(Path::new(env!("CARGO_MANIFEST_DIR"))), None);
        assert!(text_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scan.rs")).is_some());
    }

    #[test]
    fn a_file_counts_once() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/package");
        let mut scan = Scan::default();
        scan.target(&package.join("tests/one.rs"));
        scan.target(&package.join("tests/one.rs"));
        assert_eq!(scan.formulas.len(), 2);
    }
}
