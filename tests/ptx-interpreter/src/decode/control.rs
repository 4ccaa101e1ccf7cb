//! Instructions that say what is executed next, and those that threads execute together.

use super::{Decoder, Result, Symbol};
use crate::compute::integer;
use crate::decode::opcode::Opcode;
use crate::instruction::{Call, Callee, Op, Reg, Shuffle, Together, Vote};
use crate::syntax::Operand;
use crate::types::Type;

impl Decoder<'_> {
    /// Decodes an instruction of control; false if it is none.
    pub(super) fn control(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<bool> {
        match opcode.name() {
            "bra" => {
                opcode.take("uni");
                let [Operand::Name(label)] = self.operands(operands)? else { return self.error("no label") };
                self.jumps.push((self.instructions.len(), label.clone(), self.line));
                self.emit(Op::Branch(usize::MAX));
            }
            "brx" => {
                opcode.take("uni");
                opcode.take("idx");
                let [index, Operand::Name(table)] = self.operands(operands)? else { return self.error("no table") };
                let index = self.source(index, Type::B32)?;
                self.jumps.push((self.instructions.len(), table.clone(), self.line));
                self.emit(Op::BranchTable { index, targets: vec![] });
            }
            "call" => {
                opcode.take("uni");
                let call = self.call(operands)?;
                self.emit(Op::Call(Box::new(call)));
            }
            "ret" => {
                opcode.take("uni");
                self.emit(Op::Return);
            }
            "exit" => self.emit(Op::Exit),
            "trap" => self.emit(Op::Trap),
            "nanosleep" => {
                opcode.take("u32");
                self.emit(Op::Fence);
            }
            "bar" | "barrier" => return self.barrier(opcode, operands),
            "shfl" => return self.shuffle(opcode, operands),
            "vote" | "match" | "redux" => return self.vote(opcode, operands),
            "activemask" => {
                opcode.take("b32");
                let [d] = self.operands(operands)?;
                let d = self.target(d, 32)?;
                self.emit(Op::ActiveMask { d });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `(results), callee, (arguments), prototype`, all but the callee optional.
    fn call(&mut self, operands: &[Operand]) -> Result<Call> {
        let mut rest = operands;
        let mut results = vec![];
        if let [Operand::List(list), more @ ..] = rest {
            (results, rest) = (self.param_variables(list)?, more);
        }
        let [callee, more @ ..] = rest else { return self.error("a call of nothing") };
        let Operand::Name(name) = callee else { return self.error("a call of what is no function") };
        let callee = match self.symbol(name) {
            Some(Symbol::Function(number)) => Callee::Function(number),
            Some(Symbol::Register(register, 64)) => Callee::Register(register),
            _ => return self.error(format!("`{name}` is no function")),
        };
        let arguments = match more {
            [Operand::List(list), ..] => self.param_variables(list)?,
            _ => vec![],
        };
        Ok(Call { callee, results, arguments })
    }

    fn param_variables(&self, list: &[Operand]) -> Result<Vec<u32>> {
        let slot = |operand: &Operand| match operand {
            Operand::Name(name) => match self.symbol(name) {
                Some(Symbol::Param(slot)) => Ok(slot),
                _ => self.error(format!("`{name}` is no variable of the space `.param`")),
            },
            _ => self.error("arguments are variables of the space `.param`"),
        };
        list.iter().map(slot).collect()
    }

    fn barrier(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<bool> {
        opcode.take("aligned");
        if opcode.take("warp") {
            opcode.take("sync");
            let [mask] = self.operands(operands)?;
            let mask = self.source(mask, Type::B32)?;
            self.emit(Op::Warp { what: Together::Barrier, mask });
            return Ok(true);
        }
        opcode.take("cta");
        if opcode.take("sync") {
            let [id, count @ ..] = operands else { return self.error("a barrier without a number") };
            let id = self.source(id, Type::B32)?;
            let count = self.count(count)?;
            self.emit(Op::Barrier { id, count, vote: None });
            return Ok(true);
        }
        if !opcode.take("red") {
            return Ok(false);
        }
        let (kind, ty) = match opcode.take_one(&["popc", "and", "or"]) {
            Some("popc") => (Vote::Count, Type::U32),
            Some("and") => (Vote::All, Type::Pred),
            Some(_) => (Vote::Any, Type::Pred),
            None => return Ok(false),
        };
        self.ty(opcode)?;
        let [d, id, count @ .., p] = operands else { return self.error("operands are missing") };
        let (d, id, p) = (self.target(d, ty.bits())?, self.source(id, Type::B32)?, self.source(p, Type::Pred)?);
        let count = self.count(count)?;
        self.emit(Op::Barrier { id, count, vote: Some((kind, d, p)) });
        Ok(true)
    }

    /// How many threads a barrier is for, where it says so.
    fn count(&mut self, operands: &[Operand]) -> Result<Option<Reg>> {
        match operands {
            [] => Ok(None),
            [count] => Ok(Some(self.source(count, Type::B32)?)),
            _ => self.error("too many operands"),
        }
    }

    fn shuffle(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<bool> {
        let mode = match opcode.take_one(&["up", "down", "bfly", "idx"]) {
            Some("up") => Shuffle::Up,
            Some("down") => Shuffle::Down,
            Some("bfly") => Shuffle::Butterfly,
            Some(_) => Shuffle::Index,
            None => return Ok(false),
        };
        // the form without a mask does not exist on these architectures
        if !opcode.take("sync") {
            return Ok(false);
        }
        let ty = self.ty(opcode)?;
        let [d, a, b, c, mask] = self.operands(operands)?;
        let (d, p) = self.two_results(d, ty)?;
        let (a, b) = (self.source(a, ty)?, self.source(b, Type::B32)?);
        let (c, mask) = (self.source(c, Type::B32)?, self.source(mask, Type::B32)?);
        self.emit(Op::Warp { what: Together::Shuffle { mode, d, p, a, b, c }, mask });
        Ok(true)
    }

    /// `d`, or `d|p`.
    fn two_results(&mut self, operand: &Operand, ty: Type) -> Result<(Reg, Option<Reg>)> {
        match operand {
            Operand::Pair(d, p) => {
                let d = self.target(&Operand::Name(d.clone()), ty.bits())?;
                Ok((d, Some(self.target(&Operand::Name(p.clone()), 1)?)))
            }
            _ => Ok((self.target(operand, ty.bits())?, None)),
        }
    }

    fn vote(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<bool> {
        if !opcode.take("sync") {
            return Ok(false);
        }
        let ty = self.ty(opcode)?;
        let [to, from, mask] = self.operands(operands)?;
        let mask = self.source(mask, Type::B32)?;
        let what = match opcode.name() {
            "vote" => {
                let kind = match opcode.take_one(&["all", "any", "uni", "ballot"]) {
                    Some("all") => Vote::All,
                    Some("any") => Vote::Any,
                    Some("uni") => Vote::Uniform,
                    Some(_) => Vote::Ballot,
                    None => return Ok(false),
                };
                let a = self.source(from, Type::Pred)?;
                Together::Vote { kind, d: self.target(to, ty.bits())?, a }
            }
            "match" => {
                let Some(which) = opcode.take_one(&["any", "all"]) else { return Ok(false) };
                let a = self.source(from, ty)?;
                let (d, p) = self.two_results(to, Type::B32)?;
                Together::Match { all: which == "all", d, p, a }
            }
            _ => {
                let name = opcode.take_one(&["add", "min", "max", "and", "or", "xor"]).unwrap_or_default();
                let Some(f) = integer::binary(name, ty) else { return Ok(false) };
                let a = self.source(from, ty)?;
                Together::Reduce { f, d: self.target(to, ty.bits())?, a }
            }
        };
        self.emit(Op::Warp { what, mask });
        Ok(true)
    }
}
