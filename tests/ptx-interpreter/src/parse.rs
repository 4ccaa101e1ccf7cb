//! Tokens into variables and functions.

mod body;
mod variable;

use crate::ParseError;
use crate::syntax::{Function, Variable};
use crate::token::{Token, tokens};
use crate::types::Space;

type Result<T> = std::result::Result<T, ParseError>;

/// A file as it stands.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) variables: Vec<Variable>,
    pub(crate) functions: Vec<Function>,
}

/// Reads a whole file.
pub(crate) fn parse(text: &str) -> Result<File> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let mut file = File::default();
    while let Some((token, line)) = parser.tokens.get(parser.at).cloned() {
        let Token::Word(word) = token else { return Err(parser.unexpected("a directive")) };
        parser.at += 1;
        match word.as_str() {
            ".visible" | ".weak" | ".common" => {}
            ".extern" if parser.peek_word() == Some(".global") => {
                return Err(ParseError::new(line, "variables of another module are not modelled"));
            }
            ".extern" => {}
            ".version" => parser.at += 1,
            ".target" => {
                parser.word()?;
                while parser.take(',') {
                    parser.word()?;
                }
            }
            ".address_size" => match parser.int()? {
                64 => {}
                bits => return Err(ParseError::new(line, format!("addresses of {bits} bits are not modelled"))),
            },
            ".file" | ".pragma" => parser.skip_line(line),
            // for debuggers
            ".section" => parser.skip_to('}')?,
            ".entry" | ".func" => file.functions.push(parser.function(word == ".entry", line)?),
            ".global" | ".const" | ".shared" => file.variables.extend(parser.variables(&word, line)?),
            _ => return Err(ParseError::new(line, format!("`{word}` is not known here"))),
        }
    }
    Ok(file)
}

struct Parser {
    tokens: Vec<(Token, u32)>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn peek_word(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The line of the next token; at the end of the file, of the last one.
    fn line(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |(_, line)| *line)
    }

    fn unexpected(&self, wanted: &str) -> ParseError {
        let found = match self.peek() {
            None => "the end of the file".into(),
            Some(Token::Word(w)) => format!("`{w}`"),
            Some(Token::Mark(c)) => format!("`{c}`"),
            Some(Token::Text) => "a string".into(),
            Some(Token::Int(_) | Token::Double(_) | Token::Single(_)) => "a number".into(),
        };
        ParseError::new(self.line(), format!("found {found}, expected {wanted}"))
    }

    /// Takes this character, if it is next.
    fn take(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(&Token::Mark(mark));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: char) -> Result<()> {
        if self.take(mark) { Ok(()) } else { Err(self.unexpected(&format!("`{mark}`"))) }
    }

    fn word(&mut self) -> Result<String> {
        let word = self.peek_word().map(String::from).ok_or_else(|| self.unexpected("a name"))?;
        self.at += 1;
        Ok(word)
    }

    fn int(&mut self) -> Result<u64> {
        let negative = self.take('-');
        let Some(Token::Int(n)) = self.peek() else { return Err(self.unexpected("an integer")) };
        let n = if negative { n.wrapping_neg() } else { *n };
        self.at += 1;
        Ok(n)
    }

    /// Items between brackets of which the opening one has been taken.
    fn list<T>(&mut self, close: char, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = vec![];
        while !self.take(close) {
            if !items.is_empty() {
                self.expect(',')?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn skip_line(&mut self, line: u32) {
        while self.tokens.get(self.at).is_some_and(|(_, l)| *l == line) {
            self.at += 1;
        }
    }

    /// Skips everything up to this character, and it.
    fn skip_to(&mut self, mark: char) -> Result<()> {
        while !self.take(mark) {
            if self.peek().is_none() {
                return Err(self.unexpected(&format!("`{mark}`")));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn function(&mut self, is_entry: bool, line: u32) -> Result<Function> {
        let results = if self.take('(') { self.list(')', Self::param)? } else { vec![] };
        let name = self.word()?;
        let params = if self.take('(') { self.list(')', Self::param)? } else { vec![] };
        let mut function = Function { name, line, is_entry, results, params, limits: vec![], body: None };
        loop {
            if self.take(';') {
                return Ok(function);
            }
            if self.take('{') {
                function.body = Some(self.body()?);
                return Ok(function);
            }
            let line = self.line();
            let directive = self.word()?;
            match directive.as_str() {
                ".maxntid" | ".reqntid" => {
                    let mut sizes = vec![self.int()?];
                    while self.take(',') {
                        sizes.push(self.int()?);
                    }
                    function.limits.push((directive == ".reqntid", sizes));
                }
                ".minnctapersm" | ".maxnctapersm" | ".maxnreg" => self.at += 1,
                ".noreturn" => {}
                ".pragma" => self.skip_line(line),
                _ => return Err(ParseError::new(line, format!("`{directive}` is not known here"))),
            }
        }
    }

    fn param(&mut self) -> Result<Variable> {
        let line = self.line();
        match self.word()?.as_str() {
            ".param" => self.variable(Space::Param, line),
            other => Err(ParseError::new(line, format!("`{other}`: parameters are in the space `.param` only"))),
        }
    }

    /// `+4`, `-4`, `+-4`, or nothing.
    fn offset(&mut self) -> Result<i64> {
        if self.take('+') || self.peek() == Some(&Token::Mark('-')) { Ok(self.int()? as i64) } else { Ok(0) }
    }
}
