//! Statements, instructions and their operands.

use super::{Parser, Result};
use crate::ParseError;
use crate::syntax::{Instruction, Operand, Registers, Statement};
use crate::token::Token;
use crate::types::Type;

impl Parser {
    pub(super) fn body(&mut self) -> Result<Vec<Statement>> {
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
                self.skip_to(';')?;
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
