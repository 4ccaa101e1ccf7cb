//! Tokens into variables and functions.

use crate::ParseError;
use crate::syntax::{Function, Instruction, Operand, Registers, Statement, Value, Variable};
use crate::token::{Token, tokens};
use crate::types::{Space, Type};

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
            ".section" => parser.skip_braces()?,
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

    /// Skips what describes sources to debuggers.
    fn skip_braces(&mut self) -> Result<()> {
        while !self.take('}') {
            if self.peek().is_none() {
                return Err(self.unexpected("`}`"));
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

    /// The variables that a directive declares, up to the semicolon.
    fn variables(&mut self, directive: &str, line: u32) -> Result<Vec<Variable>> {
        let space = Space::new(&directive[1..]).ok_or_else(|| self.unexpected("a kind of memory"))?;
        let mut variables = vec![self.variable(space, line)?];
        while self.take(',') {
            let like = variables[0].clone();
            variables.push(self.declarator(Variable { values: None, dynamic: false, bytes: like.stride, ..like })?);
        }
        self.expect(';')?;
        Ok(variables)
    }

    fn variable(&mut self, space: Space, line: u32) -> Result<Variable> {
        let (mut align, mut count) = (None, 1);
        let ty = loop {
            let word = self.word()?;
            match word.as_str() {
                ".align" => align = Some(self.int()?),
                ".v2" => count = 2,
                ".v4" => count = 4,
                ".attribute" => {
                    self.expect('(')?;
                    while !self.take(')') {
                        self.at += 1;
                    }
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
        if !align.is_power_of_two() {
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
            let bytes = variable.bytes.checked_mul(count).filter(|b| *b < 1 << 32);
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

    /// `+4`, `-4`, `+-4`, or nothing.
    fn offset(&mut self) -> Result<i64> {
        if self.take('+') || self.peek() == Some(&Token::Mark('-')) { Ok(self.int()? as i64) } else { Ok(0) }
    }

    fn body(&mut self) -> Result<Vec<Statement>> {
        let mut statements = vec![];
        let mut depth = 0;
        loop {
            let line = self.line();
            if self.take('{') {
                depth += 1;
                statements.push(Statement::Open);
            } else if self.take('}') {
                if depth == 0 {
                    return Ok(statements);
                }
                depth -= 1;
                statements.push(Statement::Close);
            } else if self.take(';') {
                // an instruction of no effect
            } else if self.peek() == Some(&Token::Mark('@')) {
                statements.push(Statement::Instruction(self.instruction()?));
            } else if self.tokens.get(self.at + 1).is_some_and(|(next, _)| *next == Token::Mark(':')) {
                let name = self.word()?;
                self.at += 1;
                statements.push(self.label(name, line)?);
            } else {
                match self.peek_word().ok_or_else(|| self.unexpected("an instruction"))? {
                    ".reg" => statements.push(self.registers(line)?),
                    ".loc" | ".pragma" | ".file" => self.skip_line(line),
                    ".local" | ".shared" | ".param" | ".global" | ".const" => {
                        let directive = self.word()?;
                        statements.extend(self.variables(&directive, line)?.into_iter().map(Statement::Variable));
                    }
                    ".extern" => self.at += 1,
                    directive if directive.starts_with('.') => {
                        return Err(ParseError::new(line, format!("`{directive}` is not known here")));
                    }
                    _ => statements.push(Statement::Instruction(self.instruction()?)),
                }
            }
        }
    }

    /// What stands behind `name:`.
    fn label(&mut self, name: String, line: u32) -> Result<Statement> {
        match self.peek_word() {
            Some(".branchtargets") => {
                self.at += 1;
                Ok(Statement::Targets(name, self.list(';', Self::word)?))
            }
            // the types of an indirect call: the callee has its own
            Some(".callprototype" | ".calltargets") => {
                while !self.take(';') {
                    if self.peek().is_none() {
                        return Err(self.unexpected("`;`"));
                    }
                    self.at += 1;
                }
                Ok(Statement::Label(name, line))
            }
            _ => Ok(Statement::Label(name, line)),
        }
    }

    fn registers(&mut self, line: u32) -> Result<Statement> {
        self.at += 1;
        let word = self.word()?;
        let ty = word.strip_prefix('.').and_then(Type::new);
        let ty = ty.ok_or_else(|| ParseError::new(line, format!("`{word}` is not a type of registers")))?;
        let names = self.list(';', |parser| {
            let name = parser.word()?;
            if !parser.take('<') {
                return Ok(Registers { name, count: None });
            }
            let count = parser.int()?;
            parser.expect('>')?;
            if count > 1 << 20 {
                return Err(ParseError::new(line, format!("{count} registers are too many")));
            }
            Ok(Registers { name, count: Some(count) })
        })?;
        Ok(Statement::Registers { ty, names, line })
    }

    fn instruction(&mut self) -> Result<Instruction> {
        let mut guard = None;
        if self.take('@') {
            let negated = self.take('!');
            guard = Some((self.word()?, negated));
        }
        let line = self.line();
        let opcode = self.word()?.split('.').map(String::from).collect();
        let mut operands = vec![];
        while !self.take(';') {
            if !operands.is_empty() {
                self.expect(',')?;
            }
            operands.push(self.operand()?);
            // the results of a call have a comma behind them, predicates of two a bar between them
            if self.take('|') {
                let (Some(Operand::Name(p)), q) = (operands.pop(), self.word()?) else {
                    return Err(self.unexpected("two predicates"));
                };
                operands.push(Operand::Pair(p, q));
            }
        }
        Ok(Instruction { line, guard, opcode, operands })
    }

    fn operand(&mut self) -> Result<Operand> {
        let operand = match self.peek().cloned() {
            Some(Token::Word(name)) => {
                self.at += 1;
                match self.offset()? {
                    0 => Operand::Name(name),
                    offset => Operand::Sum(name, offset),
                }
            }
            Some(Token::Single(bits)) => {
                self.at += 1;
                Operand::Single(bits)
            }
            Some(Token::Double(v)) => {
                self.at += 1;
                Operand::Double(v)
            }
            Some(Token::Mark('-')) if matches!(self.tokens.get(self.at + 1), Some((Token::Double(_), _))) => {
                self.at += 1;
                let Operand::Double(v) = self.operand()? else { return Err(self.unexpected("a number")) };
                Operand::Double(-v)
            }
            Some(Token::Int(_) | Token::Mark('-')) => Operand::Int(self.int()?),
            Some(Token::Mark('!')) => {
                self.at += 1;
                Operand::Not(self.word()?)
            }
            Some(Token::Mark('[')) => {
                self.at += 1;
                let address = match self.peek_word() {
                    Some(_) => Operand::Address(Some(self.word()?), self.offset()?),
                    None => Operand::Address(None, self.int()? as i64),
                };
                self.expect(']')?;
                address
            }
            Some(Token::Mark('{')) => {
                self.at += 1;
                Operand::Vector(self.list('}', Self::operand)?)
            }
            Some(Token::Mark('(')) => {
                self.at += 1;
                Operand::List(self.list(')', Self::operand)?)
            }
            _ => return Err(self.unexpected("an operand")),
        };
        Ok(operand)
    }
}
