//! A thread's calls and returns.

use super::{Frame, Result, Thread};
use crate::address;
use crate::fault::FaultKind;
use crate::instruction::{Call, Callee, Code, Op, Slot};
use crate::launch::World;

/// Calls within each other.
const DEPTH: usize = 256;

impl Thread {
    pub(super) fn call(&mut self, world: &World<'_>, code: &Code, call: &Call) -> Result<()> {
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

    pub(super) fn return_from(&mut self, world: &World<'_>, code: &Code) -> Result<()> {
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
}
