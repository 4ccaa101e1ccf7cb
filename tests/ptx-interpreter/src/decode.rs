//! A function's statements into instructions.

mod arithmetic;
mod control;
mod memory;
mod opcode;

use std::collections::HashMap;
use std::sync::Arc;

use crate::ParseError;
use crate::address;
use crate::instruction::{At, Code, Instruction, Op, Reg, Slot, Values};
use crate::syntax::{self, Operand, Statement, Variable};
use crate::types::{Space, Type, mask};
use opcode::Opcode;

type Result<T> = std::result::Result<T, ParseError>;

/// What a name means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Symbol {
    /// A register of so many bits.
    Register(Reg, u32),
    /// Variables of this call.
    Local(u32),
    Param(u32),
    /// An address in the space.
    Fixed(Space, u64),
    /// A function's number.
    Function(usize),
}

/// What functions share: names and variables of the module.
#[derive(Debug, Default)]
pub(crate) struct Globals {
    pub(crate) symbols: HashMap<String, Symbol>,
    /// Variables in global and constant memory.
    pub(crate) variables: Vec<Variable>,
    /// Variables in shared memory.
    pub(crate) shared: Vec<Slot>,
}

impl Globals {
    /// Finds a place for a variable of the whole module.
    pub(crate) fn declare(&mut self, variable: Variable) -> Result<Symbol> {
        let line = variable.line;
        if variable.space == Space::Shared {
            if variable.values.is_some() {
                return Err(ParseError::new(line, "variables in shared memory have no initial value"));
            }
            let slot = slot(&variable, self.shared.len())?;
            // all dynamic arrays begin at one address
            let same = self.shared.iter().position(|other| other.dynamic && slot.dynamic);
            if let Some(same) = same {
                if self.shared[same].align != slot.align {
                    return Err(ParseError::new(line, "dynamic arrays of different alignments are not modelled"));
                }
                return Ok(Symbol::Fixed(Space::Shared, address::small(same, slot.align)));
            }
            let at = address::small(self.shared.len(), slot.align);
            self.shared.push(slot);
            return Ok(Symbol::Fixed(Space::Shared, at));
        }
        if self.variables.len() + 1 >= address::SLOTS {
            return Err(ParseError::new(line, "too many variables"));
        }
        let symbol = Symbol::Fixed(variable.space, address::variable(self.variables.len(), variable.align));
        self.variables.push(variable);
        Ok(symbol)
    }
}

fn slot(variable: &Variable, others: usize) -> Result<Slot> {
    if others + 1 >= address::SMALL_SLOTS {
        return Err(ParseError::new(variable.line, "too many variables"));
    }
    if variable.bytes > address::SMALL_BYTES || variable.align > address::SMALL_BYTES {
        let message = format!("`{}` does not fit into {} memory", variable.name, variable.space);
        return Err(ParseError::new(variable.line, message));
    }
    let name = Arc::from(variable.name.as_str());
    Ok(Slot { name, bytes: variable.bytes, align: variable.align, dynamic: variable.dynamic })
}

/// Decodes one function.
pub(crate) fn decode(function: syntax::Function, globals: &mut Globals) -> Result<Code> {
    let code = Code {
        name: function.name,
        is_entry: function.is_entry,
        limits: function.limits,
        registers: vec![],
        initial: vec![],
        written: vec![],
        params: vec![],
        results: function.results.len(),
        arguments: function.params.len(),
        locals: vec![],
        instructions: None,
    };
    let mut decoder = Decoder {
        globals,
        scopes: vec![HashMap::new()],
        code,
        instructions: vec![],
        constants: HashMap::new(),
        carry: None,
        labels: HashMap::new(),
        tables: HashMap::new(),
        jumps: vec![],
        guard: None,
        line: function.line,
    };
    for variable in function.results.iter().chain(&function.params) {
        decoder.variable(variable.clone())?;
    }
    let Some(body) = function.body else { return Ok(decoder.code) };
    for statement in body {
        decoder.statement(statement)?;
    }
    decoder.finish()
}

struct Decoder<'a> {
    globals: &'a mut Globals,
    /// Names, the innermost scope last.
    scopes: Vec<HashMap<String, Symbol>>,
    code: Code,
    instructions: Vec<Instruction>,
    constants: HashMap<u64, Reg>,
    /// Where `add.cc` leaves its carry.
    carry: Option<Reg>,
    labels: HashMap<String, usize>,
    /// Labels of `.branchtargets`.
    tables: HashMap<String, Vec<String>>,
    /// Instructions that jump to labels.
    jumps: Vec<(usize, String, u32)>,
    /// The guard of the instruction that is being decoded.
    guard: Option<(Reg, bool)>,
    line: u32,
}

impl Decoder<'_> {
    fn error<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(ParseError::new(self.line, message))
    }

    fn statement(&mut self, statement: Statement) -> Result<()> {
        match statement {
            Statement::Open => self.scopes.push(HashMap::new()),
            Statement::Close => {
                self.scopes.pop();
            }
            Statement::Label(name, line) => {
                if self.labels.insert(name.clone(), self.instructions.len()).is_some() {
                    return Err(ParseError::new(line, format!("the label `{name}` stands twice")));
                }
            }
            Statement::Targets(name, targets) => {
                self.tables.insert(name, targets);
            }
            Statement::Variable(variable) => self.variable(variable)?,
            Statement::Registers { ty, names, line } => {
                self.line = line;
                for registers in names {
                    match registers.count {
                        None => self.register(registers.name, ty)?,
                        Some(n) => {
                            (0..n).try_for_each(|k| self.register(format!("{}{k}", registers.name), ty))?;
                        }
                    }
                }
            }
            Statement::Instruction(instruction) => self.instruction(&instruction)?,
        }
        Ok(())
    }

    fn declare(&mut self, name: String, symbol: Symbol) -> Result<()> {
        let scope = self.scopes.last_mut().expect("the function's own scope stays");
        if scope.insert(name.clone(), symbol).is_some() {
            return self.error(format!("`{name}` is declared twice"));
        }
        Ok(())
    }

    fn variable(&mut self, variable: Variable) -> Result<()> {
        self.line = variable.line;
        let name = variable.name.clone();
        let symbol = match variable.space {
            Space::Local => {
                self.code.locals.push(slot(&variable, self.code.locals.len())?);
                Symbol::Local(self.code.locals.len() as u32 - 1)
            }
            Space::Param => {
                self.code.params.push(slot(&variable, self.code.params.len())?);
                Symbol::Param(self.code.params.len() as u32 - 1)
            }
            _ => self.globals.declare(variable)?,
        };
        self.declare(name, symbol)
    }

    fn register(&mut self, name: String, ty: Type) -> Result<()> {
        let reg = self.new_register(name.clone());
        self.declare(name, Symbol::Register(reg, ty.bits()))
    }

    fn new_register(&mut self, name: String) -> Reg {
        self.code.registers.push(name);
        self.code.initial.push(0);
        self.code.written.push(false);
        self.code.registers.len() as Reg - 1
    }

    fn constant(&mut self, value: u64) -> Reg {
        if let Some(reg) = self.constants.get(&value) {
            return *reg;
        }
        let reg = self.new_register(format!("{value:#x}"));
        (self.code.initial[reg as usize], self.code.written[reg as usize]) = (value, true);
        self.constants.insert(value, reg);
        reg
    }

    fn symbol(&self, name: &str) -> Option<Symbol> {
        let found = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        found.or_else(|| self.globals.symbols.get(name)).copied()
    }

    fn emit(&mut self, op: Op) {
        self.instructions.push(Instruction { guard: self.guard, line: self.line, op });
    }

    fn instruction(&mut self, instruction: &syntax::Instruction) -> Result<()> {
        self.line = instruction.line;
        let known = self.operation(instruction);
        known.map_err(|e| ParseError::new(e.line, format!("`{}`: {}", instruction.opcode.join("."), e.message)))
    }

    fn operation(&mut self, instruction: &syntax::Instruction) -> Result<()> {
        self.guard = None;
        if let Some((name, negated)) = &instruction.guard {
            self.guard = Some((self.source(&Operand::Name(name.clone()), Type::Pred)?, *negated));
        }
        let mut opcode = Opcode::new(&instruction.opcode);
        let operands = &instruction.operands[..];
        let known = self.control(&mut opcode, operands)?
            || self.memory(&mut opcode, operands)?
            || self.arithmetic(&mut opcode, operands)?;
        match opcode.rest() {
            _ if !known => self.error("not modelled"),
            Some(rest) => self.error(format!("`.{rest}` is not modelled here")),
            None => Ok(()),
        }
    }

    /// The register that holds this operand's value.
    fn source(&mut self, operand: &Operand, ty: Type) -> Result<Reg> {
        let bits = ty.bits();
        match operand {
            Operand::Name(name) if name == "WARP_SZ" => Ok(self.constant(32)),
            Operand::Name(name) => match self.symbol(name) {
                Some(Symbol::Register(reg, width)) if width == bits => Ok(reg),
                Some(Symbol::Register(_, width)) => {
                    self.error(format!("`{name}` has {width} bits, where {bits} are wanted"))
                }
                Some(_) => self.address_of(name, 0, bits),
                None => self.error(format!("`{name}` is not declared, or has no value here")),
            },
            Operand::Sum(name, offset) => self.address_of(name, *offset, bits),
            Operand::Not(name) => {
                let a = self.source(&Operand::Name(name.clone()), Type::Pred)?;
                let d = self.new_register(format!("!{name}"));
                self.emit(Op::Unary { f: |a| a ^ 1, d, a });
                Ok(d)
            }
            Operand::Int(_) if ty.is_float() => self.error("an integer where a floating-point number is wanted"),
            Operand::Int(n) => Ok(self.constant(n & mask(bits))),
            Operand::Single(v) if bits == 32 => Ok(self.constant((*v).into())),
            Operand::Double(v) if bits == 64 => Ok(self.constant(v.to_bits())),
            Operand::Double(v) if ty == Type::F32 => Ok(self.constant((*v as f32).to_bits().into())),
            _ => self.error("this operand does not fit the instruction"),
        }
    }

    /// A register that holds the address of a variable or of a function.
    fn address_of(&mut self, name: &str, offset: i64, bits: u32) -> Result<Reg> {
        if bits < 32 {
            return self.error(format!("the address of `{name}` does not fit into {bits} bits"));
        }
        let at = match self.symbol(name) {
            Some(Symbol::Function(number)) => return Ok(self.constant(address::function(number))),
            Some(Symbol::Fixed(space, at)) => {
                if bits == 32 && space != Space::Shared {
                    return self.error(format!("the address of `{name}` has 64 bits"));
                }
                return Ok(self.constant(at.wrapping_add_signed(offset)));
            }
            Some(Symbol::Local(slot)) => At::Local(slot, offset),
            Some(Symbol::Param(slot)) => At::Param(slot, offset),
            Some(Symbol::Register(..)) => return self.error("a sum where a register is wanted"),
            None => return self.error(format!("`{name}` is not declared")),
        };
        let d = self.new_register(format!("address of {name}"));
        self.emit(Op::Address { d, at });
        Ok(d)
    }

    /// The register that takes the result.
    fn target(&mut self, operand: &Operand, bits: u32) -> Result<Reg> {
        match operand {
            Operand::Name(name) if name == "_" => Ok(self.new_register(name.clone())),
            Operand::Name(name) => match self.symbol(name) {
                Some(Symbol::Register(reg, width)) if width == bits => Ok(reg),
                Some(Symbol::Register(_, width)) => {
                    self.error(format!("`{name}` has {width} bits, where {bits} are wanted"))
                }
                _ => self.error(format!("`{name}` is no register")),
            },
            _ => self.error("a register is wanted as the first operand"),
        }
    }

    /// Bits of a type as wide as the register that is named, or this type where none is.
    fn bits_type(&self, operand: &Operand, default: Type) -> Type {
        let Operand::Name(name) = operand else { return default };
        match self.symbol(name) {
            Some(Symbol::Register(_, 1)) => Type::Pred,
            Some(Symbol::Register(_, 8)) => Type::B8,
            Some(Symbol::Register(_, 16)) => Type::B16,
            Some(Symbol::Register(_, 32)) => Type::B32,
            Some(Symbol::Register(..)) => Type::B64,
            _ => default,
        }
    }

    /// Registers of an operand that is one or a vector of `count`, each at least as wide as `ty`.
    fn values(&mut self, operand: &Operand, ty: Type, count: usize, loaded: bool) -> Result<Values> {
        let single = std::slice::from_ref(operand);
        let parts = if let Operand::Vector(parts) = operand { &parts[..] } else { single };
        if parts.len() != count || count > 4 {
            return self.error(format!("{} values, where {count} are wanted", parts.len()));
        }
        let mut registers = [0; 4];
        let mut extend = 0;
        for (register, part) in registers.iter_mut().zip(parts) {
            let width = self.bits_type(part, ty);
            if width.bits() < ty.bits() {
                return self.error("the register is narrower than the value");
            }
            let wide = width.bits() > ty.bits();
            if wide && ty.is_float() && !loaded {
                return self.error("the register is wider than the value");
            }
            if wide && ty.is_signed() {
                extend = width.bits() as u8;
            }
            *register = if loaded {
                self.target(part, width.bits())?
            } else {
                self.source(part, if wide { width } else { ty })?
            };
        }
        Ok(Values { registers, count: count as u8, bytes: ty.bytes() as u8, extend })
    }

    fn finish(mut self) -> Result<Code> {
        // falling off the end returns
        self.guard = None;
        self.emit(Op::Return);
        for (at, label, line) in std::mem::take(&mut self.jumps) {
            let find = |label: &String| {
                let missing = || ParseError::new(line, format!("there is no label `{label}`"));
                self.labels.get(label).copied().ok_or_else(missing)
            };
            match &mut self.instructions[at].op {
                Op::Branch(target) => *target = find(&label)?,
                Op::BranchTable { targets, .. } => {
                    let missing = || ParseError::new(line, format!("there is no table `{label}`"));
                    *targets = self.tables.get(&label).ok_or_else(missing)?.iter().map(find).collect::<Result<_>>()?;
                }
                _ => {}
            }
        }
        self.code.instructions = Some(self.instructions);
        Ok(self.code)
    }
}
