//! Variables and their values.

use super::{Parser, Result};
use crate::ParseError;
use crate::syntax::{Value, Variable};
use crate::token::Token;
use crate::types::{Space, Type};

/// The largest size and alignment of a variable in a kernel's file.
const MOST_BYTES: u64 = 1 << 26;
const MOST_ALIGNED: u64 = 1 << 16;

impl Parser {
    /// The variables that a directive declares, up to the semicolon.
    pub(super) fn variables(&mut self, directive: &str, line: u32) -> Result<Vec<Variable>> {
        let space = Space::new(&directive[1..]).ok_or_else(|| self.unexpected("a kind of memory"))?;
        let mut variables = vec![self.variable(space, line)?];
        while self.take(',') {
            let like = variables[0].clone();
            variables.push(self.declarator(Variable { values: None, dynamic: false, bytes: like.stride, ..like })?);
        }
        self.expect(';')?;
        Ok(variables)
    }

    pub(super) fn variable(&mut self, space: Space, line: u32) -> Result<Variable> {
        let (mut align, mut count) = (None, 1);
        let ty = loop {
            let word = self.word()?;
            match word.as_str() {
                ".align" => align = Some(self.int()?),
                ".v2" => count = 2,
                ".v4" => count = 4,
                ".attribute" => {
                    self.expect('(')?;
                    self.skip_to(')')?;
                }
                _ => match word.strip_prefix('.').and_then(Type::new) {
                    Some(Type::Pred) | None => {
                        return Err(ParseError::new(line, format!("`{word}` is not a type of variables in memory")));
                    }
                    Some(ty) => break ty,
                },
            }
        };
        // what a parameter points to
        if self.peek_word() == Some(".ptr") {
            self.at += 1;
            while let Some(word) = self.peek_word().filter(|w| w.starts_with('.')) {
                let aligned = word == ".align";
                self.at += 1 + usize::from(aligned);
            }
        }
        let bytes = ty.bytes() * count;
        let align = align.unwrap_or(bytes);
        if !align.is_power_of_two() || align > MOST_ALIGNED {
            return Err(ParseError::new(line, format!("{align} is not an alignment")));
        }
        self.declarator(Variable {
            name: String::new(),
            space,
            line,
            align,
            bytes,
            dynamic: false,
            values: None,
            stride: ty.bytes(),
        })
    }

    /// `name`, `name[4]`, `name[] = {1, 2}`.
    fn declarator(&mut self, mut variable: Variable) -> Result<Variable> {
        variable.name = self.word()?;
        while self.take('[') {
            if self.take(']') {
                variable.dynamic = true;
                continue;
            }
            let count = self.int()?;
            let bytes = variable.bytes.checked_mul(count).filter(|b| *b <= MOST_BYTES);
            variable.bytes =
                bytes.ok_or_else(|| ParseError::new(variable.line, format!("`{}` is too large", variable.name)))?;
            self.expect(']')?;
        }
        if self.take('=') {
            let values = if self.take('{') { self.list('}', Self::value)? } else { vec![self.value()?] };
            let bytes = values.len() as u64 * variable.stride;
            if variable.dynamic {
                variable.bytes = bytes;
            }
            if bytes > variable.bytes {
                return Err(ParseError::new(
                    variable.line,
                    format!("`{}` has more values than room for them", variable.name),
                ));
            }
            (variable.values, variable.dynamic) = (Some(values), false);
        }
        if variable.dynamic && variable.space != Space::Shared {
            return Err(ParseError::new(variable.line, format!("`{}` has no size", variable.name)));
        }
        Ok(variable)
    }

    fn value(&mut self) -> Result<Value> {
        match self.peek().cloned() {
            Some(Token::Single(bits)) => {
                self.at += 1;
                Ok(Value::Bits(bits.into()))
            }
            Some(Token::Double(v)) => {
                self.at += 1;
                Ok(Value::Bits(v.to_bits()))
            }
            Some(Token::Word(word)) => {
                self.at += 1;
                let generic = word == "generic";
                let name = if generic { self.bracketed()? } else { word };
                Ok(Value::Address { name, offset: self.offset()?, generic, byte: None })
            }
            _ => {
                let n = self.int()?;
                if self.peek() != Some(&Token::Mark('(')) {
                    return Ok(Value::Bits(n));
                }
                // `0xFF00(x)`: the second byte of the address of x
                let shift = n.trailing_zeros();
                if n.checked_shr(shift) != Some(0xFF) || shift % 8 != 0 {
                    return Err(self.unexpected("a byte of an address, such as 0xFF00(x)"));
                }
                self.expect('(')?;
                let mut name = self.word()?;
                let generic = name == "generic";
                if generic {
                    name = self.bracketed()?;
                }
                let offset = self.offset()?;
                self.expect(')')?;
                Ok(Value::Address { name, offset, generic, byte: Some(shift / 8) })
            }
        }
    }

    /// `(name)`
    fn bracketed(&mut self) -> Result<String> {
        self.expect('(')?;
        let name = self.word()?;
        self.expect(')')?;
        Ok(name)
    }
}
