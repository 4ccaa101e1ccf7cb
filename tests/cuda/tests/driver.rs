//! The fake driver, through `cust`.
#![allow(clippy::unwrap_used, reason = "a test may fail in its helpers, too")]

use std::ffi::{CStr, CString, c_void};
use std::thread;

use cust::context::{Context, CurrentContext};
use cust::error::CudaError;
use cust::memory::{AsyncCopyDestination, DeviceBuffer, DeviceCopy, LockedBuffer};
use cust::prelude::{Device, Event, EventFlags, Module, Stream, StreamFlags, launch};
use cust::stream::StreamWaitEventFlags;
use keops_cuda_tests::{Lease, Live, free_device, install};

const DOUBLE: &str = "
.version 7.0
.target sm_75
.address_size 64
.visible .entry double(.param .u64 x, .param .u64 out, .param .u32 n) {
    .reg .b64 %x, %out;
    .reg .b32 %i, %n;
    .reg .f32 %v;
    .reg .pred %p;
    ld.param.u64 %x, [x];
    ld.param.u64 %out, [out];
    ld.param.u32 %n, [n];
    mov.u32 %i, %tid.x;
    setp.ge.u32 %p, %i, %n;
    @%p bra END;
    mad.wide.u32 %x, %i, 4, %x;
    mad.wide.u32 %out, %i, 4, %out;
    ld.global.f32 %v, [%x];
    add.f32 %v, %v, %v;
    st.global.f32 [%out], %v;
END:
    ret;
}";

/// A device of the test's own, and its context, which is current.
fn start() -> (Lease, Context) {
    install();
    let lease = free_device();
    let context = context(&lease);
    (lease, context)
}

fn context(lease: &Lease) -> Context {
    cust::init(cust::CudaFlags::empty()).unwrap();
    Context::new(Device::get_device(lease.number() as u32).unwrap()).unwrap()
}

fn stream() -> Stream {
    Stream::new(StreamFlags::NON_BLOCKING, None).unwrap()
}

fn uninitialised<T: DeviceCopy>(count: usize) -> DeviceBuffer<T> {
    // SAFETY: nothing reads it before it is written, but the interpreter, which says so
    unsafe { DeviceBuffer::uninitialized(count) }.unwrap()
}

/// Doubles so many numbers.
fn double(module: &Module, stream: &Stream, x: &DeviceBuffer<f32>, out: &DeviceBuffer<f32>, count: u32) {
    let kernel = module.get_function("double").unwrap();
    // SAFETY: the interpreter watches what the kernel does
    unsafe { launch!(kernel<<<1u32, 32u32, 0, stream>>>(x.as_device_ptr(), out.as_device_ptr(), count)) }.unwrap();
}

#[test]
fn a_kernel_doubles() {
    let (lease, context) = start();
    let (module, stream) = (Module::from_ptx(DOUBLE, &[]).unwrap(), stream());
    let (x, out) = (DeviceBuffer::from_slice(&[1f32, 2.5, -3.0]).unwrap(), uninitialised(3));
    double(&module, &stream, &x, &out, 3);
    assert_eq!(lease.live(), Live { buffers: 2, bytes: 24, modules: 1, streams: 1, contexts: 1, ..Live::default() });
    stream.synchronize().unwrap();
    assert_eq!(out.as_host_vec().unwrap(), [2.0, 5.0, -6.0]);
    assert_eq!((lease.calls("cuLaunchKernel"), lease.calls("cuMemAlloc_v2"), lease.unwritten()), (1, 2, 0));
    drop((x, out, stream, module));
    assert_eq!(lease.live(), Live { contexts: 1, ..Live::default() });
    drop(context);
    assert_eq!(lease.live(), Live::default());
}

#[test]
fn nothing_happens_before_somebody_waits() {
    let (lease, _context) = start();
    let module = Module::from_ptx(DOUBLE, &[]).unwrap();
    let (a, b) = (stream(), stream());
    let mut input = LockedBuffer::new(&0f32, 4).unwrap();
    let mut output = LockedBuffer::new(&0f32, 4).unwrap();
    let (mut x, out) = (uninitialised(4), uninitialised(4));
    // SAFETY: the pinned buffers live until the streams have done what they were asked to
    unsafe { x.async_copy_from(&input, &a) }.unwrap();
    input.fill(3.0);
    let copied = Event::new(EventFlags::DISABLE_TIMING).unwrap();
    copied.record(&a).unwrap();
    b.wait_event(copied, StreamWaitEventFlags::DEFAULT).unwrap();
    double(&module, &b, &x, &out, 4);
    // SAFETY: as above
    unsafe { out.async_copy_to(&mut output, &b) }.unwrap();
    assert_eq!(&output[..], [0.0; 4]);
    b.synchronize().unwrap();
    assert_eq!(&output[..], [6.0; 4], "pinned memory is read when the copy runs");
    assert_eq!(lease.live().pinned, 2);
}

#[test]
fn a_stream_that_does_not_wait_for_another_reads_what_nothing_has_written() {
    let (lease, _context) = start();
    let module = Module::from_ptx(DOUBLE, &[]).unwrap();
    let (a, b) = (stream(), stream());
    let input = LockedBuffer::new(&3f32, 4).unwrap();
    let (mut x, out) = (uninitialised(4), uninitialised(4));
    // SAFETY: the pinned buffer lives until the stream has done what it was asked to
    unsafe { x.async_copy_from(&input, &a) }.unwrap();
    double(&module, &b, &x, &out, 4);
    assert_eq!(b.synchronize(), Err(CudaError::LaunchFailed));
    assert!(lease.said().contains("uninitialised"), "{}", lease.said());
}

#[test]
fn what_is_not_pinned_is_read_at_the_call() {
    let (_lease, _context) = start();
    let stream = stream();
    let (mut input, mut output) = ([1f32, 2.0], [0f32; 2]);
    let mut x = uninitialised(2);
    // SAFETY: what is not pinned is not looked at when the calls have returned
    unsafe { x.async_copy_from(&input, &stream) }.unwrap();
    input.fill(9.0);
    // SAFETY: as above
    unsafe { x.async_copy_to(&mut output, &stream) }.unwrap();
    assert_eq!((output, input), ([1.0, 2.0], [9.0, 9.0]));
}

#[test]
fn a_fault_loses_the_context_until_all_let_go_of_it() {
    let (lease, first) = start();
    let (module, stream) = (Module::from_ptx(DOUBLE, &[]).unwrap(), stream());
    let (x, out) = (DeviceBuffer::from_slice(&[1f32, 2.0]).unwrap(), uninitialised(2));
    double(&module, &stream, &x, &out, 3);
    assert_eq!(stream.synchronize(), Err(CudaError::IllegalAddress));
    let said = lease.said();
    assert!(said.contains("reads 4 bytes at byte 8 of global `allocation 1` (8 bytes), out of bounds"), "{said}");
    assert_eq!(DeviceBuffer::from_slice(&[1f32]).map(drop), Err(CudaError::IllegalAddress));
    assert_eq!(x.as_host_vec(), Err(CudaError::IllegalAddress));
    drop((x, out, stream, module));
    assert_eq!(lease.live().buffers, 2, "nothing is freed in a lost context");
    let second = context(&lease);
    assert_eq!(DeviceBuffer::from_slice(&[1f32]).map(drop), Err(CudaError::IllegalAddress));
    drop((first, second));
    assert_eq!(lease.live(), Live::default());
    let _third = context(&lease);
    assert_eq!(DeviceBuffer::from_slice(&[1f32, 2.0]).unwrap().as_host_vec().unwrap(), [1.0, 2.0]);
}

#[test]
fn a_context_may_be_lost_for_good() {
    let (lease, first) = start();
    lease.recovers(false);
    lease.fail_kernel(2, 716);
    let (module, stream) = (Module::from_ptx(DOUBLE, &[]).unwrap(), stream());
    let (x, out) = (DeviceBuffer::from_slice(&[1f32]).unwrap(), uninitialised(1));
    double(&module, &stream, &x, &out, 1);
    stream.synchronize().unwrap();
    double(&module, &stream, &x, &out, 1);
    assert_eq!(stream.synchronize(), Err(CudaError::MisalignedAddress));
    assert_eq!(lease.said(), "kernel `double`: told to fail with 716");
    drop((x, out, stream, module, first));
    assert_eq!(lease.live(), Live::default());
    let device = Device::get_device(lease.number() as u32).unwrap();
    assert_eq!(Context::new(device).map(drop), Err(CudaError::MisalignedAddress));
}

#[test]
fn calls_fail_when_they_are_told_to() {
    let (lease, _context) = start();
    lease.fail("cuMemAlloc_v2", 2, 2);
    lease.fail("cuMemAlloc_v2", 3, 2000);
    let allocate = || DeviceBuffer::from_slice(&[1f32]).map(drop);
    assert_eq!(allocate(), Ok(()));
    assert_eq!(allocate(), Err(CudaError::OutOfMemory));
    assert_eq!(allocate(), Err(CudaError::UnknownError));
    assert_eq!(keops_libcuda::last_code(), 2000);
    assert_eq!(allocate(), Ok(()));
    assert_eq!((lease.calls("cuMemAlloc_v2"), lease.live().buffers), (4, 0));
}

#[test]
fn a_module_that_does_not_compile_says_why() {
    let (lease, _context) = start();
    let compile = |ptx: &str| {
        use cust::sys::CUjit_option::{CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
        let ptx = CString::new(ptx).unwrap();
        let mut log = [1u8; 80];
        let mut options = [CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES];
        let mut values = [log.as_mut_ptr().cast::<c_void>(), std::ptr::without_provenance_mut(log.len())];
        let mut module = std::ptr::null_mut();
        let ptr = ptx.as_ptr().cast();
        // SAFETY: there are two options with their values, and the log has so much room
        let code =
            unsafe { cust::sys::cuModuleLoadDataEx(&mut module, ptr, 2, options.as_mut_ptr(), values.as_mut_ptr()) };
        (code as u32, CStr::from_bytes_until_nul(&log).unwrap().to_str().unwrap().to_owned())
    };
    let (code, log) = compile(&DOUBLE.replace("add.f32", "mad.q"));
    assert_eq!(code, 218);
    assert_eq!(log, "ptxas application ptx input, line 19: `mad.q`: this instruction wants a type");
    let (code, log) = compile(&DOUBLE.replace("sm_75", "sm_90a"));
    assert_eq!(code, 218);
    assert!(
        log.starts_with("ptxas fatal   : SM version specified by .target is higher than"),
        "cut to the room: {log}"
    );
    assert_eq!(log.len(), 79);
    let (code, log) = compile(&DOUBLE.replace("version 7.0", "version 9.3"));
    assert_eq!((code, &*log), (222, "ptxas fatal   : Unsupported .version 9.3; current version is '8.4'"));
    lease.fail_jit(222, "too new");
    assert_eq!(compile(DOUBLE), (222, "too new".into()));
    lease.set_capability(9, 0);
    assert_eq!(Module::from_ptx(DOUBLE.replace("sm_75", "sm_90"), &[]).map(drop), Ok(()));
    assert_eq!(Module::from_ptx(DOUBLE, &[]).unwrap().get_function("triple").map(drop), Err(CudaError::NotFound));
}

#[test]
fn memory_has_an_end() {
    let (lease, _context) = start();
    lease.set_memory(1 << 20);
    let half = uninitialised::<u8>(1 << 19);
    assert_eq!(cust::memory::mem_get_info().unwrap(), (1 << 19, 1 << 20));
    let more = || {
        // SAFETY: nothing reads it
        unsafe { DeviceBuffer::<u8>::uninitialized((1 << 19) + 1) }.map(drop)
    };
    assert_eq!(more(), Err(CudaError::OutOfMemory));
    drop(half);
    assert_eq!(more(), Ok(()));
}

#[test]
fn devices_say_what_they_are() {
    use cust::device::DeviceAttribute;
    let (lease, _context) = start();
    lease.set_multiprocessors(132);
    lease.set_clock(1_980_000);
    lease.set_capability(9, 0);
    let device = Device::get_device(lease.number() as u32).unwrap();
    assert_eq!(device.name().unwrap(), format!("PTX interpreter {}", lease.number()));
    assert_eq!(device.total_memory().unwrap(), 1 << 30);
    let attribute = |which| device.get_attribute(which).unwrap();
    assert_eq!(attribute(DeviceAttribute::MultiprocessorCount), 132);
    assert_eq!(attribute(DeviceAttribute::ClockRate), 1_980_000);
    assert_eq!(attribute(DeviceAttribute::ComputeCapabilityMajor), 9);
    assert_eq!(attribute(DeviceAttribute::ComputeCapabilityMinor), 0);
    assert_eq!(Device::num_devices().unwrap(), 16);
    assert_eq!(Device::get_device(16).map(drop), Err(CudaError::InvalidDevice));
}

#[test]
fn devices_have_nothing_in_common() {
    let (one, _context) = start();
    let module = Module::from_ptx(DOUBLE, &[]).unwrap();
    let x = DeviceBuffer::from_slice(&[1f32]).unwrap();
    let other = free_device();
    let _other_context = context(&other);
    let (stream, out) = (stream(), uninitialised(1));
    assert_ne!(x.as_device_ptr().as_raw(), out.as_device_ptr().as_raw());
    assert_eq!(x.as_host_vec(), Err(CudaError::InvalidValue), "copies look for it here");
    assert_eq!(module.get_function("double").map(drop), Err(CudaError::InvalidHandle));
    let here = Module::from_ptx(DOUBLE, &[]).unwrap();
    double(&here, &stream, &x, &out, 1);
    assert_eq!(stream.synchronize(), Err(CudaError::IllegalAddress));
    assert!(other.said().contains("where there is no global memory"), "{}", other.said());
    assert_eq!(one.live().buffers, 1);
    CurrentContext::set_current(&_context).unwrap();
    assert_eq!(x.as_host_vec().unwrap(), [1.0], "and the other device goes on");
}

#[test]
fn what_was_freed_is_not_there() {
    let (lease, _context) = start();
    let (module, stream) = (Module::from_ptx(DOUBLE, &[]).unwrap(), stream());
    let x = DeviceBuffer::from_slice(&[1f32]).unwrap();
    let out = uninitialised(1);
    double(&module, &stream, &x, &out, 1);
    let old = x.as_device_ptr();
    // the kernel that was asked for runs first
    drop(x);
    assert_eq!(out.as_host_vec().unwrap(), [2.0]);
    let kernel = module.get_function("double").unwrap();
    // SAFETY: the interpreter watches what the kernel does
    unsafe { launch!(kernel<<<1u32, 32u32, 0, stream>>>(old, out.as_device_ptr(), 1u32)) }.unwrap();
    assert_eq!(stream.synchronize(), Err(CudaError::IllegalAddress));
    assert!(lease.said().contains("`allocation 1, freed`"), "{}", lease.said());
}

#[test]
fn events_have_times() {
    let (_lease, _context) = start();
    let (module, stream) = (Module::from_ptx(DOUBLE, &[]).unwrap(), stream());
    let (x, out) = (DeviceBuffer::from_slice(&[1f32]).unwrap(), uninitialised(1));
    let event = || Event::new(EventFlags::DEFAULT).unwrap();
    let (start, end) = (event(), event());
    start.record(&stream).unwrap();
    double(&module, &stream, &x, &out, 1);
    end.record(&stream).unwrap();
    assert_eq!(end.query().unwrap(), cust::event::EventStatus::NotReady);
    end.synchronize().unwrap();
    assert_eq!(end.query().unwrap(), cust::event::EventStatus::Ready);
    let time = end.elapsed_time_f32(&start).unwrap();
    assert!(time > 0.002 && time < 0.1, "two operations and some instructions: {time} ms");
}

#[test]
fn a_buffer_dropped_where_no_context_is_current_leaks() {
    let (lease, context) = start();
    let buffer = DeviceBuffer::from_slice(&[1f32]).unwrap();
    let in_thread = move || {
        drop(buffer);
        DeviceBuffer::from_slice(&[1f32]).map(drop)
    };
    assert_eq!(thread::spawn(in_thread).join().unwrap(), Err(CudaError::InvalidContext));
    assert_eq!(lease.live().buffers, 1);
    drop(context);
    assert_eq!(lease.live(), Live::default());
}

#[test]
fn a_launch_that_no_card_accepts_is_refused_at_the_call() {
    let (lease, _context) = start();
    let (module, stream) = (Module::from_ptx(DOUBLE, &[]).unwrap(), stream());
    let x = DeviceBuffer::from_slice(&[1f32]).unwrap();
    let kernel = module.get_function("double").unwrap();
    let launch = |blocks: u32, threads: u32, shared: u32| {
        // SAFETY: the interpreter watches what the kernel does
        unsafe { launch!(kernel<<<blocks, threads, shared, stream>>>(x.as_device_ptr(), x.as_device_ptr(), 1u32)) }
    };
    assert_eq!(launch(1, 1025, 0), Err(CudaError::InvalidValue));
    assert_eq!(launch(0, 32, 0), Err(CudaError::InvalidValue));
    assert_eq!(launch(1, 32, (48 << 10) + 1), Err(CudaError::InvalidValue));
    assert_eq!(launch(1, 32, 48 << 10), Ok(()));
    stream.synchronize().unwrap();
    assert_eq!((x.as_host_vec().unwrap(), lease.said()), (vec![2.0], String::new()));
}

#[test]
fn threads_have_devices_of_their_own() {
    let threads: Vec<_> = (0..6).map(|_| thread::spawn(a_kernel_doubles)).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
