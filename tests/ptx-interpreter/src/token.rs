//! Text into tokens.

use crate::ParseError;

/// What a PTX file is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name, an opcode or a directive, dots included: `%r1`, `%tid.x`, `ld.shared::cta.b32`, `.reg`.
    Word(String),
    /// An integer.
    Int(u64),
    /// A number with a point, or `0d` and its bits.
    Double(f64),
    /// `0f` and its bits.
    Single(u32),
    /// A string: of no meaning to an interpreter.
    Text,
    /// Any other character.
    Mark(char),
}

/// All tokens of `text`, each with its line, counted from 1.
pub(crate) fn tokens(text: &str) -> Result<Vec<(Token, u32)>, ParseError> {
    let mut tokens = vec![];
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\n' => {
                line += 1;
                1
            }
            c if c.is_whitespace() => c.len_utf8(),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => {
                let end = rest.find("*/").ok_or_else(|| ParseError::new(line, "this comment does not end"))? + 2;
                line += rest[..end].matches('\n').count() as u32;
                end
            }
            '"' => {
                let end = rest[1..].find('"').ok_or_else(|| ParseError::new(line, "this string does not end"))? + 2;
                tokens.push((Token::Text, line));
                end
            }
            '0'..='9' => {
                let (number, end) = number(rest, line)?;
                tokens.push((number, line));
                end
            }
            c if begins_word(c) => {
                let end = word(rest);
                tokens.push((Token::Word(rest[..end].into()), line));
                end
            }
            c if c.is_ascii_punctuation() => {
                tokens.push((Token::Mark(c), line));
                1
            }
            c => return Err(ParseError::new(line, format!("`{c}` is not a character of PTX"))),
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}

fn begins_word(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '$' | '%' | '.')
}

/// The length of the word that `text` begins with.
fn word(text: &str) -> usize {
    let mut end = 0;
    loop {
        let rest = &text[end..];
        end += match rest.chars().next() {
            // `shared::cta`; one colon ends a label
            Some(':') if rest.starts_with("::") => 2,
            Some(c) if begins_word(c) || c.is_ascii_digit() => 1,
            _ => return end,
        };
    }
}

/// The number that `text` begins with, and its length.
fn number(text: &str, line: u32) -> Result<(Token, usize), ParseError> {
    let mut end = 0;
    for c in text.chars() {
        let exponent = matches!(c, '+' | '-') && text[..end].ends_with(['e', 'E']) && !text.starts_with("0x");
        if !(c.is_ascii_alphanumeric() || c == '.' || exponent && text[..end].contains('.')) {
            break;
        }
        end += 1;
    }
    let digits = &text[..end];
    let radix = |prefix: usize, radix: u32| {
        u64::from_str_radix(digits[prefix..].trim_end_matches('U'), radix).ok().map(Token::Int)
    };
    let token = match digits.get(..2) {
        Some("0x" | "0X") => radix(2, 16),
        Some("0b" | "0B") => radix(2, 2),
        Some("0f" | "0F") if end == 10 => u32::from_str_radix(&digits[2..], 16).ok().map(Token::Single),
        Some("0d" | "0D") if end == 18 => {
            u64::from_str_radix(&digits[2..], 16).ok().map(|b| Token::Double(f64::from_bits(b)))
        }
        _ if digits.contains('.') => digits.parse().ok().map(Token::Double),
        Some(octal) if octal.starts_with('0') && octal != "0U" => radix(1, 8),
        _ => radix(0, 10),
    };
    token.map(|t| (t, end)).ok_or_else(|| ParseError::new(line, format!("`{digits}` is not a number")))
}
