//! Names of GPU kernels: how the macro finds what a build script has compiled.

use proc_macro2::{TokenStream, TokenTree};

/// The name of the kernel of a pass, on which the macro and the build script agree: the words of `label` that PTX knows,
/// and a hash of the pass's `code`. That is the formula in canonical form: two formulas with the same code are one kernel.
pub fn symbol(label: &str, code: &TokenStream) -> String {
    let mut hash = Hash::START;
    hash.tokens(code.clone());
    // words and not letters: rustc composes accents, and a build script does not
    let is_known = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric());
    let mut words = label.split('_').filter(is_known).collect::<Vec<_>>().join("_");
    // files are called by it
    if words.len() > LONGEST {
        hash.bytes(words.as_bytes());
        words.truncate(LONGEST);
    }
    format!("keops_{words}_{:016x}", hash.0)
}

/// So many letters are kept of the words; what more there are is in the hash.
const LONGEST: usize = 100;

/// FNV-1a in 64 bits. That of the standard library may change from one version of Rust to the next.
struct Hash(u64);

impl Hash {
    const START: Self = Self(0xcbf2_9ce4_8422_2325);

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Token by token: how a stream is printed differs between a macro and a build script.
    fn tokens(&mut self, tokens: TokenStream) {
        for t in tokens {
            match t {
                TokenTree::Group(group) => {
                    self.bytes(&[0, group.delimiter() as u8]);
                    self.tokens(group.stream());
                    self.bytes(&[1]);
                }
                TokenTree::Punct(punct) => self.bytes(punct.as_char().encode_utf8(&mut [0; 4]).as_bytes()),
                other => {
                    self.bytes(other.to_string().as_bytes());
                    self.bytes(b" ");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::symbol;

    #[test]
    fn symbols_are_of_tokens() {
        let of = |code: &str| symbol("Value", &code.parse().unwrap());
        assert_eq!(of("let a = b * (c + 1.5);"), of("let a=b*(c+1.5) ;"));
        let different = ["a b", "ab", "a (b)", "(a b)", "a [b]", "a - b", "", "a b c", "(a) b c", "(a b) c"];
        for (k, a) in different.iter().enumerate() {
            for b in &different[k + 1..] {
                assert_ne!(of(a), of(b), "{a} and {b}");
            }
        }
    }

    #[test]
    fn symbols_are_names_of_ptx() {
        for name in ["größe_i_3", "gro\u{308}ße_i_3"] {
            let s = symbol(name, &"x".parse().unwrap());
            assert!(s.starts_with("keops_i_3_") && s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{s}");
        }
    }

    #[test]
    fn long_symbols_are_cut() {
        let of = |label: &str| symbol(label, &"x".parse().unwrap());
        let long = "word_".repeat(60);
        let (three, four) = (of(&format!("{long}f32_3")), of(&format!("{long}f32_4")));
        assert!(three.len() == four.len() && three.len() < 128 && three != four, "{three}, {four}");
        assert!(three.starts_with("keops_word_word_") && of("a_f32_3").starts_with("keops_a_f32_3_"));
    }

    #[test]
    fn symbols_do_not_change() {
        assert_eq!(symbol("a", &"let a = b;".parse().unwrap()), "keops_a_a254adf69a3f0795");
    }
}
