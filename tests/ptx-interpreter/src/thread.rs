//! One thread: its registers, its stack, and what it does until it waits for others.

mod access;
mod call;

use crate::address::{self, Target};
use crate::fault::FaultKind;
use crate::instruction::{At, Code, Op, Reg, Slot, Special};
use crate::launch::World;
use crate::race::Me;
use crate::region::Region;
use crate::types::{Space, mask};

type Result<T> = std::result::Result<T, Box<FaultKind>>;

/// Why a thread has stopped, at an instruction that it has not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// At a barrier of the block.
    Barrier,
    /// At an instruction of the whole warp.
    Warp,
    Exit,
}

/// Where a thread is, and where its variables begin.
#[derive(Clone, Copy, Debug)]
struct Frame {
    code: usize,
    pc: usize,
    registers: usize,
    locals: usize,
    params: usize,
}

#[derive(Debug)]
pub(crate) struct Thread {
    /// Its number in the block.
    pub(crate) number: u32,
    pub(crate) index: [u32; 3],
    pub(crate) me: Me,
    registers: Vec<u64>,
    written: Vec<bool>,
    locals: Vec<Region>,
    params: Vec<Region>,
    frame: Frame,
    callers: Vec<Frame>,
    /// Instructions so far.
    pub(crate) count: u64,
}

impl Thread {
    /// At the beginning of an entry.
    pub(crate) fn new(world: &World<'_>, number: u32, me: Me, code: usize) -> Self {
        let [x, y, _] = world.block;
        let frame = Frame { code, pc: 0, registers: 0, locals: 0, params: 0 };
        let mut thread = Self {
            number,
            index: [number % x, number / x % y, number / x / y],
            me,
            registers: vec![],
            written: vec![],
            locals: vec![],
            params: world.args.clone(),
            frame,
            callers: vec![],
            count: 0,
        };
        thread.begin(&world.module.codes[code]);
        thread
    }

    /// Which function it is in, and which instruction it is at.
    pub(crate) fn at(&self) -> (usize, usize) {
        (self.frame.code, self.frame.pc)
    }

    /// Goes past the instruction that it has stopped at.
    pub(crate) fn advance(&mut self) {
        self.frame.pc += 1;
    }

    /// Sets up the current frame's variables; parameters that have come with the call are there.
    fn begin(&mut self, code: &Code) {
        self.registers.extend_from_slice(&code.initial);
        self.written.extend_from_slice(&code.written);
        let region = |slot: &Slot, space, place| {
            let base = address::small(place, slot.align);
            Region::uninitialised(slot.name.clone(), space, base, slot.bytes as usize)
        };
        for slot in &code.locals {
            self.locals.push(region(slot, Space::Local, self.locals.len()));
        }
        let given = self.params.len() - self.frame.params;
        for slot in &code.params[given..] {
            self.params.push(region(slot, Space::Param, self.params.len()));
        }
    }

    /// The value of a register that is used: gone by, stored, or taken for an address.
    pub(crate) fn get(&self, code: &Code, register: Reg) -> Result<u64> {
        let undefined = || FaultKind::Register(code.registers[register as usize].clone());
        Ok(self.value(register).ok_or_else(undefined)?)
    }

    /// The value of a register that is computed with; none if it is undefined.
    fn value(&self, register: Reg) -> Option<u64> {
        let place = self.frame.registers + register as usize;
        self.written[place].then(|| self.registers[place])
    }

    pub(crate) fn set(&mut self, register: Reg, value: u64) {
        self.put(register, Some(value));
    }

    /// Sets a register to a value that may be undefined. Compilers compute ahead what may turn out not to be needed, from
    /// registers that have not been written yet.
    fn put(&mut self, register: Reg, value: Option<u64>) {
        let place = self.frame.registers + register as usize;
        self.written[place] = value.is_some();
        self.registers[place] = value.unwrap_or_default();
    }

    /// Sets a register to what is computed from others, if these are defined.
    fn compute<const N: usize>(&mut self, d: Reg, from: [Reg; N], f: impl FnOnce([u64; N]) -> u64) {
        let mut values = [0; N];
        for (value, register) in values.iter_mut().zip(from) {
            let Some(v) = self.value(register) else { return self.put(d, None) };
            *value = v;
        }
        self.set(d, f(values));
    }

    /// Executes until others are needed.
    pub(crate) fn run(&mut self, world: &mut World<'_>) -> Result<Stop> {
        let module = world.module;
        let budget = module.budget;
        'function: loop {
            let code = &module.codes[self.frame.code];
            let Some(instructions) = &code.instructions else {
                return Err(Box::new(FaultKind::Undefined(code.name.clone())));
            };
            loop {
                let instruction = &instructions[self.frame.pc];
                self.count += 1;
                if self.count > budget {
                    return Err(Box::new(FaultKind::Budget(budget)));
                }
                if let Some((p, unless)) = instruction.guard
                    && (self.get(code, p)? != 0) == unless
                {
                    self.frame.pc += 1;
                    continue;
                }
                match &instruction.op {
                    Op::Unary { f, d, a } => self.compute(*d, [*a], |[a]| f(a)),
                    Op::Binary { f, d, a, b } => self.compute(*d, [*a, *b], |[a, b]| f(a, b)),
                    Op::Ternary { f, d, a, b, c } => self.compute(*d, [*a, *b, *c], |[a, b, c]| f(a, b, c)),
                    Op::Branch(target) => {
                        self.frame.pc = *target;
                        continue;
                    }
                    Op::BranchTable { index, targets } => {
                        let index = self.get(code, *index)?;
                        let missing = || FaultKind::Jump(format!("entry {index} of a table of {}", targets.len()));
                        self.frame.pc = *targets.get(index as usize).ok_or_else(missing)?;
                        continue;
                    }
                    Op::Call(call) => {
                        self.call(world, code, call)?;
                        continue 'function;
                    }
                    Op::Return if self.callers.is_empty() => return Ok(Stop::Exit),
                    Op::Return => {
                        self.return_from(world, code)?;
                        continue 'function;
                    }
                    Op::Exit => return Ok(Stop::Exit),
                    Op::Barrier { .. } => return Ok(Stop::Barrier),
                    Op::Warp { .. } => return Ok(Stop::Warp),
                    other => self.step(world, code, other)?,
                }
                self.frame.pc += 1;
            }
        }
    }

    /// Executes an operation of those that occur less often.
    fn step(&mut self, world: &mut World<'_>, code: &Code, op: &Op) -> Result<()> {
        match op {
            Op::Move { d, a } => self.put(*d, self.value(*a)),
            Op::Select { d, a, b, p } => {
                let selected = self.value(*p).and_then(|p| self.value(if p != 0 { *a } else { *b }));
                self.put(*d, selected);
            }
            Op::Load { space, order, values, at } => {
                let address = self.address(code, *at)?;
                self.load(world, *space, *order, values, address)?;
            }
            Op::Store { space, order, values, at } => {
                let address = self.address(code, *at)?;
                self.store(world, code, (*space, *order), values, address)?;
            }
            Op::Atomic { space, update, bytes, d, at, b, c } => {
                let (address, b, c) = (self.address(code, *at)?, self.get(code, *b)?, self.get(code, *c)?);
                let old = self.update(world, *space, *update, u64::from(*bytes), address, [b, c])?;
                if let Some(d) = d {
                    self.set(*d, old);
                }
            }
            Op::Quaternary { f, d, a, b, c, e } => self.compute(*d, [*a, *b, *c, *e], |[a, b, c, e]| f(a, b, c, e)),
            Op::Divide { f, d, a, b } => match (self.value(*a), self.value(*b)) {
                (Some(a), Some(b)) => self.set(*d, f(a, b).ok_or(FaultKind::DivisionByZero)?),
                _ => self.put(*d, None),
            },
            Op::Carry { f, d, a, b, carry_in, carry_out } => {
                let carry = carry_in.map_or(Some(0), |c| self.value(c));
                let sum = match (self.value(*a), self.value(*b), carry) {
                    (Some(a), Some(b), Some(carry)) => Some(f(a, b, carry != 0)),
                    _ => None,
                };
                self.put(*d, sum.map(|(v, _)| v));
                if let Some(out) = carry_out {
                    self.put(*out, sum.map(|(_, carry)| carry.into()));
                }
            }
            Op::Convert { how, bits, d, a } => self.compute(*d, [*a], |[a]| how.apply(a) & mask((*bits).into())),
            Op::Pack { d, parts } => {
                let bits = 8 * parts.bytes;
                let mut v = Some(0);
                for k in 0..parts.count {
                    let part = self.value(parts.registers[k as usize]);
                    v = v.zip(part).map(|(v, part)| v | (part & mask(bits.into())) << (k * bits));
                }
                self.put(*d, v);
            }
            Op::Unpack { parts, a } => {
                let v = self.value(*a);
                for k in 0..parts.count {
                    let bits = 8 * parts.bytes;
                    self.put(parts.registers[k as usize], v.map(|v| v >> (k * bits) & mask(bits.into())));
                }
            }
            Op::Special { what, d } => {
                let v = self.special(world, *what);
                self.set(*d, v);
            }
            Op::Address { d, at } => {
                let v = self.address(code, *at).ok();
                self.put(*d, v);
            }
            Op::ToGeneric { space, d, a } => {
                let me = self.number.into();
                self.compute(*d, [*a], |[a]| address::to_generic(*space, a, me));
            }
            Op::FromGeneric { space, d, a } => {
                let me = self.number.into();
                self.compute(*d, [*a], |[a]| address::from_generic(*space, a, me));
            }
            Op::IsSpace { space, d, a } => {
                let there = match address::target(Space::Generic, self.get(code, *a)?) {
                    Target::Buffer(_) => *space == Space::Global,
                    Target::Variable(slot) => {
                        let constant = world.variables.get(slot).is_some_and(|v| v.space() == Space::Const);
                        *space == if constant { Space::Const } else { Space::Global }
                    }
                    Target::Shared(_) => *space == Space::Shared,
                    Target::Local { .. } => *space == Space::Local,
                    Target::Param(_) => *space == Space::Param,
                    Target::Nothing => false,
                };
                self.set(*d, there.into());
            }
            Op::ActiveMask { d } => self.set(*d, lanes(world, self.number)),
            Op::Trap => return Err(Box::new(FaultKind::Trap)),
            Op::Fence => {}
            Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Ternary { .. }
            | Op::Branch(_)
            | Op::BranchTable { .. }
            | Op::Call(_)
            | Op::Return
            | Op::Exit
            | Op::Barrier { .. }
            | Op::Warp { .. } => unreachable!("executed by `run`"),
        }
        Ok(())
    }

    fn address(&self, code: &Code, at: At) -> Result<u64> {
        let small = |first: usize, slots: &[Slot], slot: u32, offset| {
            address::small(first + slot as usize, slots[slot as usize].align).wrapping_add_signed(offset)
        };
        Ok(match at {
            At::Register(register, offset) => self.get(code, register)?.wrapping_add_signed(offset),
            At::Constant(address) => address,
            At::Local(slot, offset) => small(self.frame.locals, &code.locals, slot, offset),
            At::Param(slot, offset) => small(self.frame.params, &code.params, slot, offset),
        })
    }

    fn special(&self, world: &World<'_>, what: Special) -> u64 {
        let lane = self.number % 32;
        let threads = world.block.iter().product::<u32>();
        match what {
            Special::Tid(axis) => self.index[axis].into(),
            Special::Ntid(axis) => world.block[axis].into(),
            Special::Ctaid(axis) => world.block_index[axis].into(),
            Special::Nctaid(axis) => world.grid[axis].into(),
            Special::Lane => lane.into(),
            Special::Warp => (self.number / 32).into(),
            Special::Warps => threads.div_ceil(32).into(),
            Special::LanesEqual => 1 << lane,
            Special::LanesBelow => mask(lane),
            Special::LanesUpTo => mask(lane + 1),
            Special::LanesAbove => mask(32) & !mask(lane + 1),
            Special::LanesFrom => mask(32) & !mask(lane),
            Special::DynamicShared => world.dynamic_shared.into(),
            Special::Clock => self.count,
            Special::One => 1,
            Special::Zero => 0,
        }
    }
}

/// The lanes that the warp of a thread has.
pub(crate) fn lanes(world: &World<'_>, thread: u32) -> u64 {
    let threads = world.block.iter().product::<u32>();
    mask((threads - thread / 32 * 32).min(32))
}
