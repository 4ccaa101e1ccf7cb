//! Instructions from registers to registers.

use super::{Decoder, Result};
use crate::compute::convert::{Conversion, Rounding};
use crate::compute::float::Mode;
use crate::compute::{F2, Function, float, integer};
use crate::decode::opcode::Opcode;
use crate::instruction::{Op, Reg, Special, Values};
use crate::syntax::Operand;
use crate::types::Type;

const PREDICATE_OPERATIONS: [&str; 3] = ["and", "or", "xor"];

impl Decoder<'_> {
    /// Decodes an arithmetic instruction; false if it is none.
    pub(super) fn arithmetic(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<bool> {
        match opcode.name() {
            "mov" => self.mov(opcode, operands)?,
            "setp" => self.setp(opcode, operands)?,
            "set" => self.set(opcode, operands)?,
            "selp" => {
                let ty = self.ty(opcode)?;
                let [d, a, b, p] = self.operands(operands)?;
                let (a, b, p) = (self.source(a, ty)?, self.source(b, ty)?, self.source(p, Type::Pred)?);
                let d = self.target(d, ty.bits())?;
                self.emit(Op::Select { d, a, b, p });
            }
            "slct" => {
                let by = self.ty(opcode)?;
                let flush = opcode.take("ftz");
                let ty = self.ty(opcode)?;
                let compare = match by {
                    Type::S32 => integer::compare("ge", by),
                    Type::F32 => float::compare("ge", by, flush),
                    _ => None,
                };
                let Some(f) = compare else { return Ok(false) };
                let [d, a, b, c] = self.operands(operands)?;
                let (a, b, c) = (self.source(a, ty)?, self.source(b, ty)?, self.source(c, by)?);
                let (p, zero) = (self.new_register("_".into()), self.constant(0));
                let d = self.target(d, ty.bits())?;
                self.emit(Op::Binary { f, d: p, a: c, b: zero });
                self.emit(Op::Select { d, a, b, p });
            }
            "cvt" => self.cvt(opcode, operands)?,
            "add" | "addc" | "sub" | "subc" if opcode.has("cc") || opcode.name().ends_with('c') => {
                return self.carry(opcode, operands);
            }
            _ => return self.computed(opcode, operands),
        }
        Ok(true)
    }

    pub(super) fn ty(&self, opcode: &mut Opcode<'_>) -> Result<Type> {
        opcode.take_type().map_or_else(|| self.error("this instruction wants a type"), Ok)
    }

    /// So many operands.
    pub(super) fn operands<'b, const N: usize>(&self, operands: &'b [Operand]) -> Result<&'b [Operand; N]> {
        match operands.try_into() {
            Ok(operands) => Ok(operands),
            Err(_) => self.error(format!("{} operands, where {N} are wanted", operands.len())),
        }
    }

    /// Instructions that compute a function of one to four operands.
    fn computed(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<bool> {
        let ty = self.ty(opcode)?;
        let (name, mode) = if ty.is_float() { float_name(opcode) } else { (integer_name(opcode), Mode::default()) };
        let Some(function) = Function::find(&name, ty, mode) else { return Ok(false) };
        let (result, types) = signature(&name, ty);
        let Some((d, sources)) = operands.split_first().filter(|(_, sources)| sources.len() == function.arity()) else {
            return self.error(format!("{} operands, where {} are wanted", operands.len(), function.arity() + 1));
        };
        let mut registers = [0; 4];
        for (register, (source, ty)) in registers.iter_mut().zip(sources.iter().zip(types)) {
            *register = self.source(source, ty)?;
        }
        let d = self.target(d, result.bits())?;
        let [a, b, c, e] = registers;
        self.emit(match function {
            Function::Unary(f) => Op::Unary { f, d, a },
            Function::Binary(f) => Op::Binary { f, d, a, b },
            Function::Divide(f) => Op::Divide { f, d, a, b },
            Function::Ternary(f) => Op::Ternary { f, d, a, b, c },
            Function::Quaternary(f) => Op::Quaternary { f, d, a, b, c, e },
        });
        Ok(true)
    }

    fn carry(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<bool> {
        let ty = self.ty(opcode)?;
        let Some(f) = integer::carry(opcode.name(), ty) else { return Ok(false) };
        let register = match self.carry {
            Some(register) => register,
            None => self.new_register("the carry".into()),
        };
        self.carry = Some(register);
        let [d, a, b] = self.operands(operands)?;
        let (a, b) = (self.source(a, ty)?, self.source(b, ty)?);
        let d = self.target(d, ty.bits())?;
        let carry_in = opcode.name().ends_with('c').then_some(register);
        let carry_out = opcode.take("cc").then_some(register);
        self.emit(Op::Carry { f, d, a, b, carry_in, carry_out });
        Ok(true)
    }

    fn mov(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<()> {
        let ty = self.ty(opcode)?;
        let [to, from] = self.operands(operands)?;
        match (to, from) {
            (Operand::Vector(parts), _) => {
                let parts = self.parts(parts, ty, to, true)?;
                let a = self.source(from, ty)?;
                self.emit(Op::Unpack { parts, a });
            }
            (_, Operand::Vector(parts)) => {
                let parts = self.parts(parts, ty, from, false)?;
                let d = self.target(to, ty.bits())?;
                self.emit(Op::Pack { d, parts });
            }
            (_, Operand::Name(name)) if name.starts_with('%') && self.symbol(name).is_none() => {
                let Some(what) = special(name) else { return self.error(format!("`{name}` is not declared")) };
                let d = self.target(to, ty.bits())?;
                self.emit(Op::Special { what, d });
            }
            _ => {
                let a = self.source(from, ty)?;
                let d = self.target(to, ty.bits())?;
                self.emit(Op::Move { d, a });
            }
        }
        Ok(())
    }

    /// The parts of a value of type `ty`.
    fn parts(&mut self, parts: &[Operand], ty: Type, vector: &Operand, loaded: bool) -> Result<Values> {
        let part = match ty.bits() / parts.len().max(1) as u32 {
            8 => Type::B8,
            16 => Type::B16,
            32 => Type::B32,
            _ => return self.error("these parts do not make up the value"),
        };
        self.values(vector, part, parts.len(), loaded)
    }

    /// The comparison that is next in the opcode.
    fn comparison(&mut self, opcode: &mut Opcode<'_>, ty: Type) -> Result<F2> {
        let flush = opcode.take("ftz");
        let found = opcode
            .take_as(|part| if ty.is_float() { float::compare(part, ty, flush) } else { integer::compare(part, ty) });
        found.map_or_else(|| self.error("no comparison that is modelled"), Ok)
    }

    /// The predicate of a comparison, and its opposite if it is asked for.
    fn compare(
        &mut self,
        f: F2,
        combine: Option<&str>,
        ty: Type,
        sources: &[Operand],
        d: [Option<Reg>; 2],
    ) -> Result<()> {
        let (a, b) = match sources {
            [a, b] if combine.is_none() => (a, b),
            [a, b, _] if combine.is_some() => (a, b),
            _ => return self.error("not the number of operands that this comparison has"),
        };
        let (a, b) = (self.source(a, ty)?, self.source(b, ty)?);
        let plain = self.new_register("_".into());
        let also = combine.and_then(|name| integer::binary(name, Type::Pred));
        let [p, q] = d;
        let Some((also, c)) = also.zip(sources.get(2)) else {
            self.emit(Op::Binary { f, d: p.unwrap_or(plain), a, b });
            if let Some(q) = q {
                self.emit(Op::Unary { f: |a| a ^ 1, d: q, a: p.unwrap_or(plain) });
            }
            return Ok(());
        };
        let c = self.source(c, Type::Pred)?;
        self.emit(Op::Binary { f, d: plain, a, b });
        // p may be c itself
        let opposite = self.new_register("_".into());
        if q.is_some() {
            self.emit(Op::Unary { f: |a| a ^ 1, d: opposite, a: plain });
            self.emit(Op::Binary { f: also, d: opposite, a: opposite, b: c });
        }
        self.emit(Op::Binary { f: also, d: p.unwrap_or(plain), a: plain, b: c });
        if let Some(q) = q {
            self.emit(Op::Move { d: q, a: opposite });
        }
        Ok(())
    }

    fn setp(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<()> {
        let ty = self.ty(opcode)?;
        let combine = opcode.take_one(&PREDICATE_OPERATIONS);
        let f = self.comparison(opcode, ty)?;
        let Some((to, sources)) = operands.split_first() else { return self.error("operands are missing") };
        let d = match to {
            Operand::Pair(p, q) => {
                let [p, q] = [p, q].map(|name| self.target(&Operand::Name(name.clone()), 1));
                [Some(p?), Some(q?)]
            }
            _ => [Some(self.target(to, 1)?), None],
        };
        self.compare(f, combine, ty, sources, d)
    }

    fn set(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<()> {
        let ty = self.ty(opcode)?;
        let to = self.ty(opcode)?;
        let combine = opcode.take_one(&PREDICATE_OPERATIONS);
        let f = self.comparison(opcode, ty)?;
        let yes = match to {
            Type::U32 | Type::S32 => self.constant(u32::MAX.into()),
            Type::F32 => self.constant(1f32.to_bits().into()),
            _ => return self.error("a result of this type is not modelled"),
        };
        let Some((d, sources)) = operands.split_first() else { return self.error("operands are missing") };
        let p = self.new_register("_".into());
        self.compare(f, combine, ty, sources, [Some(p), None])?;
        let (d, no) = (self.target(d, 32)?, self.constant(0));
        self.emit(Op::Select { d, a: yes, b: no, p });
        Ok(())
    }

    fn cvt(&mut self, opcode: &mut Opcode<'_>, operands: &[Operand]) -> Result<()> {
        let halves = [("f16x2", Type::F16), ("bf16x2", Type::BF16)];
        let packed = halves.into_iter().find(|(name, _)| opcode.has(name)).map(|(_, half)| half);
        let from = self.ty(opcode)?;
        let to = self.ty(opcode)?;
        let (flush, saturate) = (opcode.take("ftz"), opcode.take("sat"));
        let integral = opcode.take_one(&["rni", "rzi", "rmi", "rpi"]);
        let rounding = match integral.or(opcode.take_one(&["rn", "rz", "rm", "rp"])) {
            None | Some("rn" | "rni") => Rounding::NearestEven,
            Some("rz" | "rzi") => Rounding::Zero,
            Some("rm" | "rmi") => Rounding::Down,
            Some(_) => Rounding::Up,
        };
        if from == Type::Pred || to == Type::Pred {
            return self.error("predicates are not converted");
        }
        let how =
            Conversion { to: packed.unwrap_or(to), from, rounding, integral: integral.is_some(), flush, saturate };
        if packed.is_some() {
            let [d, high, low] = self.operands(operands)?;
            let mut halves = [self.new_register("_".into()), self.new_register("_".into())];
            for (half, source) in halves.iter_mut().zip([low, high]) {
                let a = self.source(source, from)?;
                self.emit(Op::Convert { how, bits: 16, d: *half, a });
            }
            let d = self.target(d, 32)?;
            let parts = Values { registers: [halves[0], halves[1], 0, 0], count: 2, bytes: 2, extend: 0 };
            self.emit(Op::Pack { d, parts });
            return Ok(());
        }
        let [d, a] = self.operands(operands)?;
        // registers may be wider than what is converted
        let width = |ty: Type, found: Type| if found.bits() > ty.bits() && !ty.is_float() { found } else { ty };
        let (d_type, a_type) = (width(to, self.bits_type(d, to)), width(from, self.bits_type(a, from)));
        let (a, d) = (self.source(a, a_type)?, self.target(d, d_type.bits())?);
        self.emit(Op::Convert { how, bits: d_type.bits() as u8, d, a });
        Ok(())
    }
}

/// The name of what a floating-point instruction computes, and how it treats its numbers.
fn float_name(opcode: &mut Opcode<'_>) -> (String, Mode) {
    let mode = Mode { flush: opcode.take("ftz"), saturate: opcode.take("sat") };
    let to_nearest = opcode.take("rn");
    let name = match opcode.name() {
        "mad" => "fma",
        "rcp" if to_nearest => "rcp.rn",
        "sqrt" if to_nearest => "sqrt.rn",
        name => name,
    };
    let kinds = ["approx", "full", "NaN", "finite", "infinite", "number", "notanumber", "normal", "subnormal"];
    (with_part(name, opcode.take_one(&kinds)), mode)
}

/// The name of what an integer instruction computes.
fn integer_name(opcode: &mut Opcode<'_>) -> String {
    let name = with_part(opcode.name(), opcode.take_one(&["lo", "hi", "wide", "l", "r", "sat", "shiftamt"]));
    with_part(&name, opcode.take_one(&["clamp", "wrap"]))
}

fn with_part(name: &str, part: Option<&str>) -> String {
    part.map_or(name.into(), |part| format!("{name}.{part}"))
}

/// The types of the result and of the operands of an instruction of type `ty`.
fn signature(name: &str, ty: Type) -> (Type, [Type; 4]) {
    let twice = if ty.bits() == 16 { Type::B32 } else { Type::B64 };
    match name.split('.').next() {
        Some("popc" | "clz" | "bfind") => (Type::B32, [ty; 4]),
        Some("testp") => (Type::Pred, [ty; 4]),
        Some("shl" | "shr") => (ty, [ty, Type::B32, ty, ty]),
        Some("bfe") => (ty, [ty, Type::B32, Type::B32, ty]),
        Some("bfi") => (ty, [ty, ty, Type::B32, Type::B32]),
        _ if name.ends_with(".wide") => (twice, [ty, ty, twice, ty]),
        _ => (ty, [ty; 4]),
    }
}

fn special(name: &str) -> Option<Special> {
    let axis = |suffix: &str| ["x", "y", "z"].iter().position(|axis| *axis == suffix);
    if let Some((name, suffix)) = name.split_once('.') {
        let axis = axis(suffix)?;
        return Some(match name {
            "%tid" => Special::Tid(axis),
            "%ntid" => Special::Ntid(axis),
            "%ctaid" => Special::Ctaid(axis),
            "%nctaid" => Special::Nctaid(axis),
            _ => return None,
        });
    }
    Some(match name {
        "%laneid" => Special::Lane,
        "%warpid" => Special::Warp,
        "%nwarpid" => Special::Warps,
        "%lanemask_eq" => Special::LanesEqual,
        "%lanemask_lt" => Special::LanesBelow,
        "%lanemask_le" => Special::LanesUpTo,
        "%lanemask_gt" => Special::LanesAbove,
        "%lanemask_ge" => Special::LanesFrom,
        "%dynamic_smem_size" => Special::DynamicShared,
        "%clock" | "%clock64" | "%globaltimer" => Special::Clock,
        "%nsmid" => Special::One,
        "%smid" | "%gridid" => Special::Zero,
        _ => return None,
    })
}
