//! The driver's functions.
//!
//! Each is written once: its signature, what it is about, and what it does. Of this list also become [`find`], and the functions that the
//! library beside this crate exports.

use std::ffi::{CStr, c_char, c_void};

use keops_ptx_interpreter::Arg;

use crate::card::{Function, MOST_SHARED};
use crate::code;
use crate::driver::{Driver, Scope, Which, call};
use crate::pointer::{Handle, Host, List, Out, Text};
use crate::stream::{Event, Op, Stream};

macro_rules! functions {
    ($dollar:tt $($name:ident($($a:ident: $t:ty),*) $scope:expr, |$d:ident, $n:pat_param| $body:expr;)*) => {
        $(
            /// The driver's function of this name.
            ///
            /// # Safety
            /// What the driver's documentation asks for.
            pub unsafe extern "C" fn $name($($a: $t),*) -> u32 {
                call(stringify!($name), $scope, |$d, $n| $body)
            }
        )*

        /// The function of the driver that has this name.
        pub fn find(name: &CStr) -> Option<*const c_void> {
            Some(match name.to_str().ok()? {
                $(stringify!($name) => $name as *const c_void,)*
                _ => return None,
            })
        }

        /// Hands the signatures of all functions to a macro.
        #[macro_export]
        macro_rules! each_function {
            ($dollar each:ident) => { $dollar each! { $($name($($a: $t),*);)* } };
        }
    };
}

functions! { $
    cuInit(flags: u32) Scope::Driver, |d, _| {
        if d.count == 0 {
            return Err(code::NO_DEVICE);
        }
        if flags != 0 {
            return Err(code::INVALID_VALUE);
        }
        d.started = true;
        Ok(())
    };
    cuDriverGetVersion(to: Out<i32>) Scope::Driver, |d, _| to.give(d.version);
    cuGetErrorString(of: u32, to: Out<Text>) Scope::Driver, |_d, _| Text::give(code::text(of), to);
    cuGetErrorName(of: u32, to: Out<Text>) Scope::Driver, |_d, _| Text::give(code::name(of), to);

    cuDeviceGetCount(to: Out<i32>) Scope::Any, |d, _| to.give(d.count as i32);
    cuDeviceGet(to: Out<i32>, device: i32) Scope::Device(device), |_d, _| to.give(device);
    cuDeviceGetName(to: Out<c_char>, room: i32, device: i32) Scope::Device(device), |_d, n| {
        to.give_text(&format!("PTX interpreter {n}"), room.max(0) as usize)
    };
    cuDeviceGetAttribute(to: Out<i32>, which: u32, device: i32) Scope::Device(device), |d, n| {
        to.give(d.cards[n].attribute(which))
    };
    cuDeviceTotalMem_v2(to: Out<usize>, device: i32) Scope::Device(device), |d, n| to.give(d.cards[n].settings.memory);
    cuDeviceGetUuid(to: Out<[u8; 16]>, device: i32) Scope::Device(device), |_d, n| {
        to.give([b'k', b'e', b'o', b'p', b's', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n as u8])
    };

    cuDevicePrimaryCtxRetain(to: Out<Handle>, device: i32) Scope::Device(device), |d, n| {
        to.give(Handle::new(d.cards[n].retain()?))
    };
    cuDevicePrimaryCtxRelease_v2(device: i32) Scope::Device(device), |d, n| d.release(n);
    cuDevicePrimaryCtxReset_v2(device: i32) Scope::Device(device), |d, n| {
        d.reset(n);
        Ok(())
    };
    cuDevicePrimaryCtxSetFlags_v2(device: i32, _flags: u32) Scope::Device(device), |_d, _| Ok(());
    cuCtxGetCurrent(to: Out<Handle>) Scope::Any, |d, _| to.give(Handle::new(d.current()));
    cuCtxSetCurrent(context: Handle) Scope::Any, |d, _| d.set_current(context.number());
    cuCtxPushCurrent_v2(context: Handle) Scope::Any, |d, _| d.push_current(context.number());
    cuCtxPopCurrent_v2(to: Out<Handle>) Scope::Any, |d, _| to.give(Handle::new(d.pop_current()?));
    cuCtxGetDevice(to: Out<i32>) Scope::Current, |_d, n| to.give(n as i32);
    cuCtxSynchronize() Scope::Current, |d, n| d.drain(n, Which::All);
    cuCtxGetStreamPriorityRange(least: Out<i32>, greatest: Out<i32>) Scope::Current, |_d, _| {
        least.give(0)?;
        greatest.give(-5)
    };
    cuCtxGetApiVersion(context: Handle, to: Out<u32>) Scope::Any, |d, _| {
        d.context(context.number())?;
        to.give(3020)
    };

    cuModuleLoadData(to: Out<Handle>, image: Text) Scope::Current, |d, n| load(d, n, to, image, &[], &[]);
    cuModuleLoadDataEx(to: Out<Handle>, image: Text, count: u32, options: List<u32>, values: List<Host>) Scope::Current, |d, n| {
        load(d, n, to, image, options.get(count as usize)?, values.get(count as usize)?)
    };
    cuModuleUnload(module: Handle) Scope::Current, |d, n| {
        d.cards[n].modules.get(module.number())?;
        d.drain(n, Which::All)?;
        let card = &mut d.cards[n];
        card.functions.retain(|function| function.of != module.number());
        card.modules.remove(module.number()).map(drop)
    };
    cuModuleGetFunction(to: Out<Handle>, module: Handle, name: Text) Scope::Current, |d, n| {
        let name = name.get()?.to_string_lossy();
        let card = &mut d.cards[n];
        let of = module.number();
        let module = card.modules.get(of)?.clone();
        let entry = module.entries().find(|entry| entry.name == name).ok_or(code::NOT_FOUND)?;
        // a kernel has one handle, as long as its module is there
        let known = card.functions.iter().find(|(_, known)| known.of == of && known.entry.name == name);
        let handle = match known {
            Some((handle, _)) => handle,
            None => card.functions.add(Function { of, module, entry, most_shared: card.attribute(8) as u32 }),
        };
        to.give(Handle::new(handle))
    };
    cuFuncGetAttribute(to: Out<i32>, which: u32, function: Handle) Scope::Current, |d, n| {
        let card = &d.cards[n];
        let function = card.functions.get(function.number())?;
        to.give(match which {
            0 => 1024,
            1..=3 => 0,
            4 => 32,
            5 => 70,
            6 => card.settings.capability.0 * 10 + card.settings.capability.1,
            8 => function.most_shared as i32,
            _ => return Err(code::INVALID_VALUE),
        })
    };
    cuFuncSetAttribute(function: Handle, which: u32, value: i32) Scope::Current, |d, n| {
        let function = d.cards[n].functions.get_mut(function.number())?;
        match which {
            8 => match u32::try_from(value) {
                Ok(bytes) if bytes <= MOST_SHARED => function.most_shared = bytes,
                Ok(_) | Err(_) => return Err(code::INVALID_VALUE),
            },
            9 if (-1..=100).contains(&value) => {}
            _ => return Err(code::INVALID_VALUE),
        }
        Ok(())
    };
    cuFuncSetCacheConfig(function: Handle, _config: u32) Scope::Current, |d, n| {
        d.cards[n].functions.get(function.number()).map(drop)
    };
    cuOccupancyMaxActiveBlocksPerMultiprocessor(to: Out<i32>, function: Handle, threads: i32, _shared: usize) Scope::Current, |d, n| {
        d.cards[n].functions.get(function.number())?;
        if threads < 1 {
            return Err(code::INVALID_VALUE);
        }
        to.give((1024 / threads).min(16))
    };

    cuMemAlloc_v2(to: Out<u64>, bytes: usize) Scope::Current, |d, n| to.give(d.cards[n].allocate(bytes)?);
    cuMemFree_v2(address: u64) Scope::Current, |d, n| {
        d.drain(n, Which::All)?;
        d.cards[n].free(address)
    };
    cuMemAllocAsync(to: Out<u64>, bytes: usize, stream: Handle) Scope::Current, |d, n| {
        d.stream(n, stream)?;
        to.give(d.cards[n].allocate(bytes)?)
    };
    cuMemFreeAsync(address: u64, stream: Handle) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        d.check(n, address, 1)?;
        d.ask(n, stream, Op::Free(address))
    };
    cuMemGetInfo_v2(free: Out<usize>, total: Out<usize>) Scope::Current, |d, n| {
        let card = &d.cards[n];
        free.give(card.settings.memory.saturating_sub(card.memory.live().1))?;
        total.give(card.settings.memory)
    };
    cuMemAllocHost_v2(to: Out<Host>, bytes: usize) Scope::Current, |d, n| to.give(d.pinned.allocate(bytes, n)?);
    cuMemFreeHost(at: Host) Scope::Current, |d, _| d.free_pinned(at.address());

    cuMemcpyHtoD_v2(to: u64, from: Host, bytes: usize) Scope::Current, |d, n| {
        d.check(n, to, bytes)?;
        d.drain(n, Which::Blocking)?;
        d.run(n, Op::Staged { to, bytes: from.bytes(bytes)? })
    };
    cuMemcpyDtoH_v2(to: Host, from: u64, bytes: usize) Scope::Current, |d, n| {
        d.check(n, from, bytes)?;
        d.drain(n, Which::Blocking)?;
        d.run(n, Op::ToHost { to: to.address(), from, bytes })
    };
    cuMemcpyDtoD_v2(to: u64, from: u64, bytes: usize) Scope::Current, |d, n| {
        d.check(n, to, bytes)?;
        d.check(n, from, bytes)?;
        d.drain(n, Which::Blocking)?;
        d.run(n, Op::Within { to, from, bytes })
    };
    cuMemcpyHtoDAsync_v2(to: u64, from: Host, bytes: usize, stream: Handle) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        d.check(n, to, bytes)?;
        // what is not pinned has been read when the call returns
        let op = match d.pinned.holds(from.address(), bytes) {
            true => Op::FromPinned { to, from: from.address(), bytes },
            false => Op::Staged { to, bytes: from.bytes(bytes)? },
        };
        d.ask(n, stream, op)
    };
    cuMemcpyDtoHAsync_v2(to: Host, from: u64, bytes: usize, stream: Handle) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        d.ask_to_host(n, stream, to, from, bytes)
    };
    cuMemcpyDtoDAsync_v2(to: u64, from: u64, bytes: usize, stream: Handle) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        d.check(n, to, bytes)?;
        d.check(n, from, bytes)?;
        d.ask(n, stream, Op::Within { to, from, bytes })
    };
    cuMemsetD8_v2(to: u64, value: u8, count: usize) Scope::Current, |d, n| set(d, n, None, to, &[value], count);
    cuMemsetD16_v2(to: u64, value: u16, count: usize) Scope::Current, |d, n| set(d, n, None, to, &value.to_le_bytes(), count);
    cuMemsetD32_v2(to: u64, value: u32, count: usize) Scope::Current, |d, n| set(d, n, None, to, &value.to_le_bytes(), count);
    cuMemsetD8Async(to: u64, value: u8, count: usize, stream: Handle) Scope::Current, |d, n| {
        set(d, n, Some(stream), to, &[value], count)
    };
    cuMemsetD16Async(to: u64, value: u16, count: usize, stream: Handle) Scope::Current, |d, n| {
        set(d, n, Some(stream), to, &value.to_le_bytes(), count)
    };
    cuMemsetD32Async(to: u64, value: u32, count: usize, stream: Handle) Scope::Current, |d, n| {
        set(d, n, Some(stream), to, &value.to_le_bytes(), count)
    };

    cuStreamCreate(to: Out<Handle>, flags: u32) Scope::Current, |d, n| {
        to.give(Handle::new(d.cards[n].streams.add(Stream::new(flags))))
    };
    cuStreamCreateWithPriority(to: Out<Handle>, flags: u32, _priority: i32) Scope::Current, |d, n| {
        to.give(Handle::new(d.cards[n].streams.add(Stream::new(flags))))
    };
    cuStreamDestroy_v2(stream: Handle) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        if stream == d.cards[n].default {
            return Err(code::INVALID_HANDLE);
        }
        d.finish(n, stream)?;
        d.cards[n].streams.remove(stream).map(drop)
    };
    cuStreamSynchronize(stream: Handle) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        match stream == d.cards[n].default {
            true => d.drain(n, Which::Blocking),
            false => d.finish(n, stream),
        }
    };
    cuStreamQuery(stream: Handle) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        if d.cards[n].streams.get(stream)?.queue.is_empty() { Ok(()) } else { Err(code::NOT_READY) }
    };
    cuStreamWaitEvent(stream: Handle, event: Handle, _flags: u32) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        let (device, event) = d.event(event)?;
        match event.after {
            Some((of, after)) => d.ask(n, stream, Op::Wait { device, stream: of, after }),
            None => Ok(()),
        }
    };
    cuEventCreate(to: Out<Handle>, flags: u32) Scope::Current, |d, n| {
        let event = Event { timed: flags & 2 == 0, ..Event::default() };
        to.give(Handle::new(d.cards[n].events.add(event)))
    };
    cuEventDestroy_v2(event: Handle) Scope::Current, |d, n| d.cards[n].events.remove(event.number()).map(drop);
    cuEventRecord(event: Handle, stream: Handle) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        let card = &mut d.cards[n];
        let after = card.streams.get(stream)?.asked + 1;
        let recorded = card.events.get_mut(event.number())?;
        *recorded = Event { after: Some((stream, after)), reached: None, timed: recorded.timed };
        d.ask(n, stream, Op::Reach(event.number()))
    };
    cuEventQuery(event: Handle) Scope::Current, |d, _| {
        let (device, event) = d.event(event)?;
        let Some((stream, after)) = event.after else { return Ok(()) };
        let done = d.cards[device].streams.get(stream).map_or(true, |stream| stream.done >= after);
        if done { Ok(()) } else { Err(code::NOT_READY) }
    };
    cuEventSynchronize(event: Handle) Scope::Current, |d, _| {
        let (device, event) = d.event(event)?;
        event.after.map_or(Ok(()), |(stream, after)| d.advance(device, stream, after))
    };
    cuEventElapsedTime(to: Out<f32>, start: Handle, end: Handle) Scope::Current, |d, _| {
        let ((one, start), (other, end)) = (d.event(start)?, d.event(end)?);
        if one != other || !(start.timed && end.timed) || start.after.is_none() || end.after.is_none() {
            return Err(code::INVALID_HANDLE);
        }
        let (Some(start), Some(end)) = (start.reached, end.reached) else { return Err(code::NOT_READY) };
        to.give((end as f64 - start as f64) as f32 * 1e-6)
    };

    cuLaunchKernel(
        function: Handle, gx: u32, gy: u32, gz: u32, bx: u32, by: u32, bz: u32, shared: u32, stream: Handle, params: List<List<u8>>, extra: Host
    ) Scope::Current, |d, n| {
        let stream = d.stream(n, stream)?;
        let function = d.cards[n].functions.get(function.number())?;
        let (grid, block) = ([gx, gy, gz], [bx, by, bz]);
        let threads = block.iter().map(|side| u64::from(*side)).product::<u64>();
        let fits = (1..=1024).contains(&threads) && bz <= 64 && gx <= i32::MAX as u32 && gy.max(gz) <= 65535;
        if !fits || grid.contains(&0) || shared > function.most_shared || extra.address() != 0 {
            return Err(code::INVALID_VALUE);
        }
        let kinds = &function.entry.params;
        let params = params.get(kinds.len())?;
        let args = params.iter().zip(kinds).map(|(param, kind)| param.get(kind.bytes as usize).map(Arg::bytes));
        let args = args.collect::<Result<_, u32>>()?;
        let (module, entry) = (function.module.clone(), function.entry.name.clone());
        d.ask(n, stream, Op::Launch { module, entry, grid, block, shared, args })
    };
}

/// Options of the driver's compiler: where its errors go, and how much room there is.
const ERROR_LOG: u32 = 5;
const ERROR_LOG_SIZE: u32 = 6;

fn load(d: &mut Driver, n: usize, to: Out<Handle>, image: Text, options: &[u32], values: &[Host]) -> Result<(), u32> {
    let ptx = image.get()?.to_str().map_err(|_| code::INVALID_IMAGE)?;
    let version = d.version;
    let card = &mut d.cards[n];
    let (error, log) = match card.compile(ptx, version) {
        Ok(module) => return to.give(Handle::new(card.modules.add(module.into()))),
        Err(error) => error,
    };
    let value = |option| options.iter().position(|o| *o == option).map(|k| values[k]);
    if let (Some(buffer), Some(room)) = (value(ERROR_LOG), value(ERROR_LOG_SIZE)) {
        buffer.text().give_text(&log, room.address())?;
    }
    card.said = log;
    Err(error)
}

/// Repeats a pattern: at once, or when a stream comes to it.
fn set(d: &mut Driver, n: usize, stream: Option<Handle>, to: u64, pattern: &[u8], count: usize) -> Result<(), u32> {
    let stream = stream.map_or(Ok(d.cards[n].default), |stream| d.stream(n, stream))?;
    let bytes = count.checked_mul(pattern.len()).ok_or(code::INVALID_VALUE)?;
    d.check(n, to, bytes)?;
    d.ask(n, stream, Op::Staged { to, bytes: pattern.repeat(count) })
}
