//! A PTX file, ready to be launched.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ParseError;
use crate::address;
use crate::decode::{Globals, Symbol, decode};
use crate::instruction::{Code, Slot};
use crate::parse::parse;
use crate::region::Region;
use crate::syntax::{Function, Value, Variable};

/// Instructions that a thread may execute, unless something else is said.
const BUDGET: u64 = 100_000_000;

/// A PTX file.
#[derive(Debug)]
pub struct Module {
    pub(crate) codes: Vec<Code>,
    /// What module variables are when a launch begins.
    pub(crate) variables: Vec<Region>,
    pub(crate) shared: Vec<Slot>,
    lines: Vec<String>,
    pub(crate) budget: u64,
}

/// A kernel of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub params: Vec<Param>,
}

/// A parameter of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Param {
    /// Its name.
    pub name: String,
    /// How many bytes it has.
    pub bytes: u64,
}

impl Module {
    /// Reads a PTX file.
    ///
    /// # Errors
    /// What is wrong with it, or what it uses that is not modelled: whole files only, so that nothing is left out.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let file = parse(text)?;
        let mut globals = Globals::default();
        // a declaration may stand before the definition
        let mut functions: Vec<Function> = vec![];
        for function in file.functions {
            let (name, line) = (function.name.clone(), function.line);
            match globals.symbols.get(&name) {
                Some(Symbol::Function(n)) if functions[*n].body.is_none() => functions[*n] = function,
                Some(_) if function.body.is_none() => {}
                Some(_) => return Err(ParseError::new(line, format!("`{name}` is defined twice"))),
                None => {
                    globals.symbols.insert(name, Symbol::Function(functions.len()));
                    functions.push(function);
                }
            }
        }
        for variable in file.variables {
            let (name, line) = (variable.name.clone(), variable.line);
            let symbol = globals.declare(variable)?;
            if globals.symbols.insert(name.clone(), symbol).is_some() {
                return Err(ParseError::new(line, format!("`{name}` is defined twice")));
            }
        }
        let codes = functions.into_iter().map(|f| decode(f, &mut globals)).collect::<Result<_, _>>()?;
        let symbols = &globals.symbols;
        let place = |(slot, variable)| initialise(slot, variable, symbols);
        let variables = globals.variables.iter().enumerate().map(place).collect::<Result<_, _>>()?;
        let lines = text.lines().map(|line| line.trim().to_string()).collect();
        Ok(Self { codes, variables, shared: globals.shared, lines, budget: BUDGET })
    }

    /// The kernels, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let param = |slot: &Slot| Param { name: slot.name.to_string(), bytes: slot.bytes };
        self.codes.iter().filter(|code| code.is_entry).map(move |code| {
            let params = code.params[..code.arguments].iter().map(param).collect();
            Entry { name: code.name.clone(), params }
        })
    }

    /// Sets how many instructions a thread may execute before it counts as one that never ends; 10⁸ at first.
    pub fn set_budget(&mut self, instructions: u64) {
        self.budget = instructions;
    }

    /// The text of a line, counted from 1.
    pub(crate) fn line(&self, number: u32) -> &str {
        self.lines.get((number as usize).wrapping_sub(1)).map_or("", String::as_str)
    }
}

/// A module variable as it is when a launch begins.
fn initialise(slot: usize, variable: &Variable, symbols: &HashMap<String, Symbol>) -> Result<Region, ParseError> {
    let base = address::variable(slot, variable.align);
    let mut bytes = vec![0; variable.bytes as usize];
    for (chunk, value) in bytes.chunks_mut(variable.stride as usize).zip(variable.values.iter().flatten()) {
        let bits = match value {
            Value::Bits(bits) => *bits,
            Value::Address { name, offset, generic, byte } => {
                let at = match symbols.get(name) {
                    Some(Symbol::Function(number)) => address::function(*number),
                    Some(Symbol::Fixed(space, at)) if *generic => address::to_generic(*space, *at, 0),
                    Some(Symbol::Fixed(_, at)) => *at,
                    _ => return Err(ParseError::new(variable.line, format!("`{name}` is not known here"))),
                };
                at.wrapping_add_signed(*offset) >> (8 * byte.unwrap_or(0))
            }
        };
        chunk.copy_from_slice(&bits.to_le_bytes()[..chunk.len()]);
    }
    // module variables without a value are zero
    Ok(Region::new(Arc::from(variable.name.as_str()), variable.space, base, bytes))
}
