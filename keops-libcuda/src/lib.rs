//! The CUDA driver's functions that `cust` calls, found in the driver's library when they are first called.
//!
//! `cust` wants these symbols when a program is linked, and takes them from `-lcuda`, which only a CUDA toolkit has. Defined here, one
//! program builds and starts where there is no CUDA, and uses the driver where there is one. It must be in the program: name
//! [`present`], or write `use keops_libcuda as _;`.
//!
//! The driver is the first of these that can be loaded and has a `cuInit`: the file that the environment variable `KEOPS_CUDA_DRIVER` names,
//! and nothing else where it names one; `libcuda.so.1`; `libcuda.so` (`nvcuda.dll` on Windows).
//!
//! `cust` takes what these functions return for one of the codes that the driver had in 2021, and any other is undefined behaviour there.
//! So newer ones are handed on as 999 (unknown), and [`last_code`] has the true one.
#![allow(non_snake_case, reason = "these are the driver's names")]

use std::cell::Cell;
use std::env;
use std::ffi::{CStr, OsStr, c_char, c_void};
use std::mem::transmute;
use std::sync::OnceLock;

use libloading::Library;

/// Any pointer: the functions here hand on what they are given.
type P = *mut c_void;

/// The code where there is no driver: that there is no device.
const NO_DEVICE: u32 = 100;
/// The code where the driver has no such function.
const NOT_FOUND: u32 = 500;
const UNKNOWN: u32 = 999;

#[cfg(windows)]
const NAMES: &[&str] = &["nvcuda.dll"];
#[cfg(not(windows))]
const NAMES: &[&str] = &["libcuda.so.1", "libcuda.so"];

/// Finds the address of a function by its name.
type Find = fn(&CStr) -> Option<*const c_void>;

/// Where functions are found.
enum Driver {
    Library(Library),
    Functions(Find),
    /// Nowhere, and why.
    None(String),
}

static DRIVER: OnceLock<Driver> = OnceLock::new();

thread_local! {
    static LAST: Cell<u32> = const { Cell::new(0) };
    /// That the function called last is missing, in words.
    static MISSING: Cell<Option<&'static CStr>> = const { Cell::new(None) };
}

impl Driver {
    fn loaded() -> &'static Driver {
        DRIVER.get_or_init(|| match env::var_os("KEOPS_CUDA_DRIVER").filter(|file| !file.is_empty()) {
            Some(file) => Driver::load([file.as_os_str()]),
            None => Driver::load(NAMES.iter().map(OsStr::new)),
        })
    }

    fn load<'a>(files: impl IntoIterator<Item = &'a OsStr>) -> Self {
        let mut why = String::new();
        for file in files {
            // SAFETY: the driver's library may be loaded at any time; who names another file answers for what it does
            let refused = match unsafe { Library::new(file) } {
                Ok(library) => {
                    let driver = Driver::Library(library);
                    if driver.find(c"cuInit").is_some() {
                        return driver;
                    }
                    format!("{} has no function `cuInit`, and so it is not the driver's", file.display())
                }
                // what the system says is its cause
                Err(error) => std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string),
            };
            // that the second name is not there either says less than why the first did not load
            if why.is_empty() {
                why = refused;
            }
        }
        Driver::None(why)
    }

    fn find(&self, name: &CStr) -> Option<*const c_void> {
        match self {
            // SAFETY: the symbol is taken for an address here, and for nothing else
            Driver::Library(library) => unsafe { library.get::<*const c_void>(name) }.ok().map(|symbol| *symbol),
            Driver::Functions(find) => find(name),
            Driver::None(_) => None,
        }
    }
}

/// Whether there is a driver.
///
/// # Errors
/// Why none could be loaded, in the words of the system.
pub fn present() -> Result<(), &'static str> {
    match Driver::loaded() {
        Driver::None(why) => Err(why),
        Driver::Library(_) | Driver::Functions(_) => Ok(()),
    }
}

/// The code that the driver's function has returned that this thread called last.
pub fn last_code() -> u32 {
    LAST.get()
}

/// Takes functions of this program for the driver's: in tests, where there is none. Whether it was in time, before the first call.
///
/// # Safety
/// What `find` answers with are functions with the signatures of the driver's functions of these names.
#[doc(hidden)]
pub unsafe fn stand_in(find: Find) -> bool {
    DRIVER.set(Driver::Functions(find)).is_ok()
}

/// Keeps a code, and hands it on where `cust` knows it.
fn told(code: u32) -> u32 {
    LAST.set(code);
    MISSING.set(None);
    match code {
        0..=8 | 34 | 100..=102 | 200..=202 | 205..=224 | 300..=304 | 400 | 401 | 500 | 600 | 700..=705 | 708..=720 => {
            code
        }
        800..=809 | 900..=911 | UNKNOWN => code,
        _ => UNKNOWN,
    }
}

/// The code of a function that is not there.
fn missing(text: &'static CStr) -> u32 {
    let has_driver = present().is_ok();
    let code = told(if has_driver { NOT_FOUND } else { NO_DEVICE });
    MISSING.set(has_driver.then_some(text));
    code
}

/// A text that ends with a zero.
const fn text(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a text ends with a zero"),
    }
}

macro_rules! forward {
    ($($name:ident($($a:ident: $t:ty),*);)*) => {$(
        /// The driver's function of this name.
        ///
        /// # Safety
        /// What the driver's documentation asks for.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($a: $t),*) -> u32 {
            static FOUND: OnceLock<Option<usize>> = OnceLock::new();
            const NAME: &CStr = text(concat!(stringify!($name), "\0"));
            const MISSING: &CStr =
                text(concat!("the driver's library has no function `", stringify!($name), "`: an update may have it\0"));
            let found = *FOUND.get_or_init(|| Driver::loaded().find(NAME).map(|address| address.expose_provenance()));
            let Some(address) = found else {
                return missing(MISSING);
            };
            // SAFETY: the driver's function of this name has this signature, and what it asks for is the caller's business
            told(unsafe { transmute::<usize, unsafe extern "C" fn($($t),*) -> u32>(address)($($a),*) })
        }
    )*};
}

// pointers of all kinds are `P`, enumerations are their numbers, device addresses are `u64`
forward! {
    cuArray3DCreate_v2(a: P, b: P);
    cuArray3DGetDescriptor_v2(a: P, b: P);
    cuArrayDestroy(a: P);
    cuCtxCreate_v2(a: P, b: u32, c: i32);
    cuCtxDestroy_v2(a: P);
    cuCtxGetApiVersion(a: P, b: P);
    cuCtxGetCacheConfig(a: P);
    cuCtxGetCurrent(a: P);
    cuCtxGetDevice(a: P);
    cuCtxGetFlags(a: P);
    cuCtxGetLimit(a: P, b: u32);
    cuCtxGetSharedMemConfig(a: P);
    cuCtxGetStreamPriorityRange(a: P, b: P);
    cuCtxPopCurrent_v2(a: P);
    cuCtxPushCurrent_v2(a: P);
    cuCtxSetCacheConfig(a: u32);
    cuCtxSetCurrent(a: P);
    cuCtxSetLimit(a: u32, b: usize);
    cuCtxSetSharedMemConfig(a: u32);
    cuCtxSynchronize();
    cuDestroyExternalMemory(a: P);
    cuDeviceGet(a: P, b: i32);
    cuDeviceGetAttribute(a: P, b: u32, c: i32);
    cuDeviceGetCount(a: P);
    cuDeviceGetName(a: P, b: i32, c: i32);
    cuDevicePrimaryCtxRelease_v2(a: i32);
    cuDevicePrimaryCtxReset_v2(a: i32);
    cuDevicePrimaryCtxRetain(a: P, b: i32);
    cuDevicePrimaryCtxSetFlags_v2(a: i32, b: u32);
    cuDeviceTotalMem_v2(a: P, b: i32);
    cuDriverGetVersion(a: P);
    cuEventCreate(a: P, b: u32);
    cuEventDestroy_v2(a: P);
    cuEventElapsedTime(a: P, b: P, c: P);
    cuEventQuery(a: P);
    cuEventRecord(a: P, b: P);
    cuEventSynchronize(a: P);
    cuExternalMemoryGetMappedBuffer(a: P, b: P, c: P);
    cuFuncGetAttribute(a: P, b: u32, c: P);
    cuFuncSetCacheConfig(a: P, b: u32);
    cuFuncSetSharedMemConfig(a: P, b: u32);
    cuGetErrorName(a: u32, b: P);
    cuGraphAddKernelNode(a: P, b: P, c: P, d: usize, e: P);
    cuGraphCreate(a: P, b: u32);
    cuGraphDebugDotPrint(a: P, b: P, c: u32);
    cuGraphDestroy(a: P);
    cuGraphGetEdges(a: P, b: P, c: P, d: P);
    cuGraphGetNodes(a: P, b: P, c: P);
    cuGraphKernelNodeGetParams(a: P, b: P);
    cuGraphNodeGetType(a: P, b: P);
    cuImportExternalMemory(a: P, b: P);
    cuInit(a: u32);
    cuLaunchHostFunc(a: P, b: P, c: P);
    cuLaunchKernel(a: P, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32, i: P, j: P, k: P);
    cuLinkAddData_v2(a: P, b: u32, c: P, d: usize, e: P, f: u32, g: P, h: P);
    cuLinkComplete(a: P, b: P, c: P);
    cuLinkCreate_v2(a: u32, b: P, c: P, d: P);
    cuLinkDestroy(a: P);
    cuMemAdvise(a: u64, b: usize, c: u32, d: i32);
    cuMemAllocAsync(a: P, b: usize, c: P);
    cuMemAllocHost_v2(a: P, b: usize);
    cuMemAllocManaged(a: P, b: usize, c: u32);
    cuMemAlloc_v2(a: P, b: usize);
    cuMemFreeAsync(a: u64, b: P);
    cuMemFreeHost(a: P);
    cuMemFree_v2(a: u64);
    cuMemGetInfo_v2(a: P, b: P);
    cuMemPrefetchAsync(a: u64, b: usize, c: i32, d: P);
    cuMemcpy2D_v2(a: P);
    cuMemcpyAtoH_v2(a: P, b: P, c: usize, d: usize);
    cuMemcpyDtoDAsync_v2(a: u64, b: u64, c: usize, d: P);
    cuMemcpyDtoD_v2(a: u64, b: u64, c: usize);
    cuMemcpyDtoHAsync_v2(a: P, b: u64, c: usize, d: P);
    cuMemcpyDtoH_v2(a: P, b: u64, c: usize);
    cuMemcpyHtoA_v2(a: P, b: usize, c: P, d: usize);
    cuMemcpyHtoDAsync_v2(a: u64, b: P, c: usize, d: P);
    cuMemcpyHtoD_v2(a: u64, b: P, c: usize);
    cuMemsetD16Async(a: u64, b: u16, c: usize, d: P);
    cuMemsetD16_v2(a: u64, b: u16, c: usize);
    cuMemsetD32Async(a: u64, b: u32, c: usize, d: P);
    cuMemsetD32_v2(a: u64, b: u32, c: usize);
    cuMemsetD8Async(a: u64, b: u8, c: usize, d: P);
    cuMemsetD8_v2(a: u64, b: u8, c: usize);
    cuModuleGetFunction(a: P, b: P, c: P);
    cuModuleGetGlobal_v2(a: P, b: P, c: P, d: P);
    cuModuleLoad(a: P, b: P);
    cuModuleLoadData(a: P, b: P);
    cuModuleLoadDataEx(a: P, b: P, c: u32, d: P, e: P);
    cuModuleUnload(a: P);
    cuOccupancyAvailableDynamicSMemPerBlock(a: P, b: P, c: i32, d: i32);
    cuOccupancyMaxActiveBlocksPerMultiprocessor(a: P, b: P, c: i32, d: usize);
    cuOccupancyMaxPotentialBlockSize(a: P, b: P, c: P, d: P, e: usize, f: i32);
    cuStreamCreateWithPriority(a: P, b: u32, c: i32);
    cuStreamDestroy_v2(a: P);
    cuStreamGetFlags(a: P, b: P);
    cuStreamGetPriority(a: P, b: P, c: P);
    cuStreamSynchronize(a: P);
    cuStreamWaitEvent(a: P, b: P, c: u32);
    cuSurfObjectCreate(a: P, b: P);
    cuSurfObjectDestroy(a: u64);
    cuSurfObjectGetResourceDesc(a: P, b: u64);
    cuTexObjectCreate(a: P, b: P, c: P, d: P);
    cuTexObjectDestroy(a: u64);
    cuTexObjectGetResourceDesc(a: P, b: u64);
    cuTexObjectGetResourceViewDesc(a: P, b: u64);
    cuFuncSetAttribute(a: P, b: u32, c: i32);
}

/// The driver's function of this name: it writes a text that is always there, for `cust` panics where there is none.
///
/// # Safety
/// `text` is a place for an address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetErrorString(code: u32, text: *mut *const c_char) -> u32 {
    if let Some(missing) = MISSING.get().filter(|_| code == NOT_FOUND) {
        // SAFETY: as the caller says
        unsafe { text.write(missing.as_ptr()) };
        return 0;
    }
    if let Some(address) = Driver::loaded().find(c"cuGetErrorString") {
        // SAFETY: this is its signature
        let of_driver =
            unsafe { transmute::<*const c_void, unsafe extern "C" fn(u32, *mut *const c_char) -> u32>(address) };
        // SAFETY: as the caller says
        if unsafe { of_driver(code, text) } == 0 {
            return 0;
        }
    }
    let own = if present().is_ok() {
        c"an error that the driver has no words for"
    } else {
        c"no CUDA driver on this machine"
    };
    // SAFETY: as the caller says
    unsafe { text.write(own.as_ptr()) };
    0
}
