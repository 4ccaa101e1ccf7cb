//! One thread: its registers, its stack, and what it does until it waits for others.

use crate::address::{self, Target};
use crate::fault::{FaultKind, Verb};
use crate::instruction::{At, Call, Callee, Code, Op, Reg, Slot, Special, Update, Values};
use crate::launch::World;
use crate::race::{Me, Order};
use crate::region::Region;
use crate::types::{Space, mask, sign_extend};

/// Calls within each other.
const DEPTH: usize = 256;

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

    pub(crate) fn get(&self, code: &Code, register: Reg) -> Result<u64> {
        let place = self.frame.registers + register as usize;
        if !self.written[place] {
            return Err(Box::new(FaultKind::Register(code.registers[register as usize].clone())));
        }
        Ok(self.registers[place])
    }

    pub(crate) fn set(&mut self, register: Reg, value: u64) {
        let place = self.frame.registers + register as usize;
        self.registers[place] = value;
        self.written[place] = true;
    }

    /// Copies a register that may never have been written.
    fn copy(&mut self, to: Reg, from: Reg) {
        let (to, from) = (self.frame.registers + to as usize, self.frame.registers + from as usize);
        self.registers[to] = self.registers[from];
        self.written[to] = self.written[from];
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
                    Op::Unary { f, d, a } => {
                        let v = f(self.get(code, *a)?);
                        self.set(*d, v);
                    }
                    Op::Binary { f, d, a, b } => {
                        let v = f(self.get(code, *a)?, self.get(code, *b)?);
                        self.set(*d, v);
                    }
                    Op::Ternary { f, d, a, b, c } => {
                        let v = f(self.get(code, *a)?, self.get(code, *b)?, self.get(code, *c)?);
                        self.set(*d, v);
                    }
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

    /// What is executed less often.
    fn step(&mut self, world: &mut World<'_>, code: &Code, op: &Op) -> Result<()> {
        match op {
            Op::Move { d, a } => self.copy(*d, *a),
            Op::Select { d, a, b, p } => {
                let from = if self.get(code, *p)? != 0 { *a } else { *b };
                self.copy(*d, from);
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
            Op::Quaternary { f, d, a, b, c, e } => {
                let v = f(self.get(code, *a)?, self.get(code, *b)?, self.get(code, *c)?, self.get(code, *e)?);
                self.set(*d, v);
            }
            Op::Divide { f, d, a, b } => {
                let v = f(self.get(code, *a)?, self.get(code, *b)?).ok_or(FaultKind::DivisionByZero)?;
                self.set(*d, v);
            }
            Op::Carry { f, d, a, b, carry_in, carry_out } => {
                let carry = carry_in.map_or(Ok(0), |c| self.get(code, c))? != 0;
                let (v, carry) = f(self.get(code, *a)?, self.get(code, *b)?, carry);
                self.set(*d, v);
                if let Some(out) = carry_out {
                    self.set(*out, carry.into());
                }
            }
            Op::Convert { how, bits, d, a } => {
                let v = how.apply(self.get(code, *a)?) & mask((*bits).into());
                self.set(*d, v);
            }
            Op::Pack { d, parts } => {
                let mut v = 0;
                for k in 0..parts.count {
                    let bits = 8 * parts.bytes;
                    v |= (self.get(code, parts.registers[k as usize])? & mask(bits.into())) << (k * bits);
                }
                self.set(*d, v);
            }
            Op::Unpack { parts, a } => {
                let v = self.get(code, *a)?;
                for k in 0..parts.count {
                    let bits = 8 * parts.bytes;
                    self.set(parts.registers[k as usize], v >> (k * bits) & mask(bits.into()));
                }
            }
            Op::Special { what, d } => {
                let v = self.special(world, *what);
                self.set(*d, v);
            }
            Op::Address { d, at } => {
                let v = self.address(code, *at)?;
                self.set(*d, v);
            }
            Op::ToGeneric { space, d, a } => {
                let v = address::to_generic(*space, self.get(code, *a)?, self.number.into());
                self.set(*d, v);
            }
            Op::FromGeneric { space, d, a } => {
                let v = address::from_generic(*space, self.get(code, *a)?, self.number.into());
                self.set(*d, v);
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

    /// Finds `bytes` bytes that may be accessed, and notes that they are: the buffer, and where in it they are.
    fn find<'w>(
        &'w mut self,
        world: &'w mut World<'_>,
        verb: Verb,
        (space, order): (Space, Order),
        address: u64,
        bytes: u64,
    ) -> Result<(&'w mut Region, usize)> {
        let (found, own) = match address::target(space, address) {
            Target::Buffer(slot) => (world.memory.buffers.get_mut(slot), address),
            Target::Variable(slot) => (world.variables.get_mut(slot), address),
            Target::Shared(own) => {
                let slot = address::small_slot(own).filter(|slot| *slot < world.shared.len());
                let dynamic = u64::from(world.dynamic_shared);
                let shared = &world.module.shared;
                let region = slot.map(|slot| {
                    world.shared[slot].get_or_insert_with(|| {
                        let declared = &shared[slot];
                        let length = if declared.dynamic { dynamic } else { declared.bytes };
                        let base = address::small(slot, declared.align);
                        Region::uninitialised(declared.name.clone(), Space::Shared, base, length as usize)
                    })
                });
                (region, own)
            }
            // the memory of another thread is out of reach
            Target::Local { thread, address: own } => {
                let mine = thread == u64::MAX || thread == u64::from(self.number);
                (address::small_slot(own).filter(|_| mine).and_then(|slot| self.locals.get_mut(slot)), own)
            }
            Target::Param(own) => (address::small_slot(own).and_then(|slot| self.params.get_mut(slot)), own),
            Target::Nothing => (None, address),
        };
        let Some(region) = found else {
            return Err(Box::new(FaultKind::Nowhere { verb, bytes, address, space }));
        };
        let at = region.check(verb, own, bytes)?;
        if matches!(region.space(), Space::Global | Space::Shared) {
            region.note(verb, at, bytes, order, &world.stamps, self.me)?;
        }
        Ok((region, at))
    }

    fn load(&mut self, world: &mut World<'_>, space: Space, order: Order, values: &Values, address: u64) -> Result<()> {
        let bytes = u64::from(values.bytes);
        let count = usize::from(values.count);
        let mut loaded = [None; 4];
        let (region, at) = self.find(world, Verb::Read, (space, order), address, bytes * count as u64)?;
        for (k, value) in loaded[..count].iter_mut().enumerate() {
            let at = at + k * bytes as usize;
            // what is passed to a function may be undefined, if the function does not use it
            *value = if region.space() == Space::Param { region.get(at, bytes) } else { Some(region.read(at, bytes)?) };
        }
        for (value, register) in loaded[..count].iter().zip(values.registers) {
            match value {
                Some(v) if values.extend > 0 => {
                    self.set(register, sign_extend(*v, 8 * bytes as u32) & mask(values.extend.into()));
                }
                Some(v) => self.set(register, *v),
                None => self.written[self.frame.registers + register as usize] = false,
            }
        }
        Ok(())
    }

    fn store(
        &mut self,
        world: &mut World<'_>,
        code: &Code,
        (space, order): (Space, Order),
        values: &Values,
        address: u64,
    ) -> Result<()> {
        let bytes = u64::from(values.bytes);
        let count = usize::from(values.count);
        let mut stored = [None; 4];
        for (value, register) in stored[..count].iter_mut().zip(values.registers) {
            *value = match self.get(code, register) {
                Err(_) if space == Space::Param => None,
                value => Some(value?),
            };
        }
        let (region, at) = self.find(world, Verb::Write, (space, order), address, bytes * count as u64)?;
        for (k, value) in stored[..count].iter().enumerate() {
            region.put(at + k * bytes as usize, bytes, *value);
        }
        Ok(())
    }

    /// An atomic update: the value before it.
    fn update(
        &mut self,
        world: &mut World<'_>,
        space: Space,
        update: Update,
        bytes: u64,
        address: u64,
        [b, c]: [u64; 2],
    ) -> Result<u64> {
        let (region, at) = self.find(world, Verb::Update, (space, Order::Strong), address, bytes)?;
        let old = region.read(at, bytes)?;
        let new = match update {
            Update::Swap => b,
            Update::CompareAndSwap if old == b & mask(8 * bytes as u32) => c,
            Update::CompareAndSwap => old,
            Update::Compute(f) => f(old, b),
        };
        region.put(at, bytes, Some(new));
        Ok(old)
    }

    fn call(&mut self, world: &World<'_>, code: &Code, call: &Call) -> Result<()> {
        let number = match call.callee {
            Callee::Function(number) => number,
            Callee::Register(register) => {
                let address = self.get(code, register)?;
                let number = address::function_number(address).filter(|n| *n < world.module.codes.len());
                number.ok_or_else(|| FaultKind::Jump(format!("{address:#x} is not the address of a function")))?
            }
        };
        let callee = &world.module.codes[number];
        if self.callers.len() >= DEPTH {
            return Err(Box::new(FaultKind::Depth(DEPTH)));
        }
        if callee.instructions.is_none() {
            return Err(Box::new(FaultKind::Undefined(callee.name.clone())));
        }
        let sizes = |slots: &[Slot]| slots.iter().map(|slot| slot.bytes).collect::<Vec<_>>();
        let given = call.results.iter().chain(&call.arguments).map(|slot| code.params[*slot as usize].bytes);
        let taken = sizes(&callee.params[..callee.results + callee.arguments]);
        if call.results.len() != callee.results || given.ne(taken.iter().copied()) {
            return Err(Box::new(FaultKind::Jump(format!("`{}` has other parameters or results", callee.name))));
        }
        let caller = self.frame;
        self.callers.push(caller);
        self.frame = Frame {
            code: number,
            pc: 0,
            registers: self.registers.len(),
            locals: self.locals.len(),
            params: self.params.len(),
        };
        self.begin(callee);
        let (outer, inner) = self.params.split_at_mut(self.frame.params);
        for (to, from) in inner[callee.results..].iter_mut().zip(&call.arguments) {
            to.copy_from(&outer[caller.params + *from as usize]);
        }
        Ok(())
    }

    fn return_from(&mut self, world: &World<'_>, code: &Code) -> Result<()> {
        let frame = self.frame;
        let Some(caller) = self.callers.pop() else { return Ok(()) };
        let instructions = world.module.codes[caller.code].instructions.as_ref();
        let call = instructions.and_then(|instructions| instructions.get(caller.pc));
        if let Some(Op::Call(call)) = call.map(|instruction| &instruction.op) {
            let (outer, inner) = self.params.split_at_mut(frame.params);
            for (to, from) in call.results.iter().zip(&inner[..code.results]) {
                outer[caller.params + *to as usize].copy_from(from);
            }
        }
        self.registers.truncate(frame.registers);
        self.written.truncate(frame.registers);
        self.locals.truncate(frame.locals);
        self.params.truncate(frame.params);
        self.frame = Frame { pc: caller.pc + 1, ..caller };
        Ok(())
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
