//! Instructions that access memory, and those that make addresses.

use super::{Decoder, Result, Symbol};
use crate::compute::F2;
use crate::compute::float::{self, Mode};
use crate::compute::integer;
use crate::decode::opcode::Opcode;
use crate::instruction::{At, Op, Reg, Update};
use crate::race::Order;
use crate::syntax::Operand;
use crate::types::{Space, Type};

/// Hints to caches.
const HINTS: [&str; 15] = [
    "ca",
    "cg",
    "cs",
    "lu",
    "cv",
    "wb",
    "wt",
    "L1::evict_normal",
    "L1::evict_unchanged",
    "L1::evict_first",
    "L1::evict_last",
    "L1::no_allocate",
    "L2::64B",
    "L2::128B",
    "L2::256B",
];
/// How many threads an ordering is for.
const SCOPES: [&str; 4] = ["cta", "cluster", "gpu", "sys"];

impl Decoder<'_> {
    /// Decodes an instruction that has to do with memory; false if it is none.
    pub(super) fn memory(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<bool> {
        match opcode.name() {
            "ld" | "ldu" | "st" => self.access(opcode, operands)?,
            "atom" | "red" => return self.atomic(opcode, operands),
            "cvta" => {
                let bits = self.ty(opcode)?;
                let to = opcode.take("to");
                let Some(space) = opcode.take_as(Space::new) else { return self.error("no kind of memory is named") };
                let [d, a] = self.operands(operands)?;
                let (a, d) = (self.source(a, bits)?, self.target(d, bits.bits())?);
                let op = if to { Op::FromGeneric { space, d, a } } else { Op::ToGeneric { space, d, a } };
                self.emit(op);
            }
            "isspacep" => {
                let Some(space) = opcode.take_as(Space::new) else { return self.error("no kind of memory is named") };
                let [d, a] = self.operands(operands)?;
                let (a, d) = (self.source(a, Type::B64)?, self.target(d, 1)?);
                self.emit(Op::IsSpace { space, d, a });
            }
            "membar" | "fence" => {
                while opcode.take_one(&SCOPES).is_some() || opcode.take_one(&["gl", "sc", "acq_rel"]).is_some() {}
                self.emit(Op::Fence);
            }
            "prefetch" | "prefetchu" => {
                opcode.take_as(Space::new);
                opcode.take_one(&["L1", "L2"]);
                self.emit(Op::Fence);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn order(&self, opcode: &mut Opcode<'_>) -> Order {
        let strong = opcode.take_one(&["volatile", "relaxed", "acquire", "release", "acq_rel", "mmio"]).is_some();
        opcode.take("weak");
        opcode.take_one(&SCOPES);
        while opcode.take_one(&HINTS).is_some() {}
        if strong { Order::Strong } else { Order::Plain }
    }

    fn access(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<()> {
        let ty = self.ty(opcode)?;
        if ty == Type::Pred {
            return self.error("predicates do not lie in memory");
        }
        let mut order = self.order(opcode);
        if opcode.name() == "ldu" || opcode.take("nc") {
            order = Order::ReadOnly;
        }
        let count = match opcode.take_one(&["v2", "v4"]) {
            Some("v2") => 2,
            Some(_) => 4,
            None => 1,
        };
        let space = opcode.take_as(Space::new).unwrap_or(Space::Generic);
        let [first, second] = self.operands(operands)?;
        if opcode.name() == "st" {
            if space == Space::Const {
                return self.error("constants are not written");
            }
            let at = self.at(first, space)?;
            let values = self.values(second, ty, count, false)?;
            self.emit(Op::Store { space, order, values, at });
        } else {
            let at = self.at(second, space)?;
            let values = self.values(first, ty, count, true)?;
            self.emit(Op::Load { space, order, values, at });
        }
        Ok(())
    }

    /// Where `[…]` is.
    fn at(&mut self, operand: &Operand, space: Space) -> Result<At> {
        let Operand::Address(name, offset) = operand else { return self.error("an address is wanted: `[…]`") };
        let Some(name) = name else { return Ok(At::Constant(*offset as u64)) };
        let at = match self.symbol(name) {
            Some(Symbol::Register(register, 32 | 64)) => return Ok(At::Register(register, *offset)),
            Some(Symbol::Register(..)) => return self.error(format!("`{name}` is too narrow for an address")),
            Some(Symbol::Local(slot)) => (Space::Local, At::Local(slot, *offset)),
            Some(Symbol::Param(slot)) => (Space::Param, At::Param(slot, *offset)),
            Some(Symbol::Fixed(space, at)) => (space, At::Constant(at.wrapping_add_signed(*offset))),
            Some(Symbol::Function(_)) => return self.error(format!("`{name}` is a function")),
            None => return self.error(format!("`{name}` is not declared")),
        };
        if at.0 != space {
            return self.error(format!("`{name}` lies in {} memory, not in {space} memory", at.0));
        }
        Ok(at.1)
    }

    fn atomic(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<bool> {
        let ty = self.ty(opcode)?;
        self.order(opcode);
        let space = opcode.take_as(Space::new).unwrap_or(Space::Generic);
        let (d, operands) = match (opcode.name(), operands) {
            ("atom", [d, rest @ ..]) => (Some(self.target(d, ty.bits())?), rest),
            (_, rest) => (None, rest),
        };
        let (update, count) = if opcode.take("exch") {
            (Update::Swap, 1)
        } else if opcode.take("cas") {
            (Update::CompareAndSwap, 2)
        } else if let Some(f) = opcode.take_as(|name| update(name, ty, space)) {
            (Update::Compute(f), 1)
        } else {
            return Ok(false);
        };
        let Some((at, sources)) = operands.split_first().filter(|(_, sources)| sources.len() == count) else {
            return self.error(format!("{} operands, where {} are wanted", operands.len(), count + 1));
        };
        let at = self.at(at, space)?;
        let b = self.source(&sources[0], ty)?;
        let c: Reg = if count == 2 { self.source(&sources[1], ty)? } else { b };
        self.emit(Op::Atomic { space, update, bytes: ty.bytes() as u8, d, at, b, c });
        Ok(true)
    }
}

/// What an atomic update computes.
fn update(name: &str, ty: Type, space: Space) -> Option<F2> {
    if !["add", "min", "max", "and", "or", "xor", "inc", "dec"].contains(&name) {
        return None;
    }
    if ty.is_float() {
        // in global memory, subnormal numbers count as zeros
        let mode = Mode { flush: ty == Type::F32 && space == Space::Global, saturate: false };
        return float::binary(name, ty, mode).filter(|_| name == "add");
    }
    let name = if matches!(name, "inc" | "dec") { format!("atom.{name}") } else { name.into() };
    integer::binary(&name, ty)
}
