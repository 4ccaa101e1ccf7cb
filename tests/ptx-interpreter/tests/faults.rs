//! Planted faults: each must be found, at its place, with words that help.
#![allow(clippy::unwrap_used, reason = "a test")]

use keops_ptx_interpreter::{Buffer, Fault, Memory, Module};

const BLOCK: u32 = 40;

/// Two blocks of 40 threads, with `x` (80 numbers), `out` (80 numbers, uninitialised) and 64 bytes of dynamic shared
/// memory. `%t` is a thread's number in its block, `%i` that in the grid, `%p` whether `%t` is 3; `%x`, `%out` and
/// `%room` are addresses of its own number.
fn launch(declarations: &str, instructions: &str) -> Result<Vec<u32>, Box<Fault>> {
    let text = format!(
        ".version 8.0\n.target sm_90\n.address_size 64\n.extern .shared .align 4 .b8 room[];\n{declarations}\n\
         .visible .entry kernel(.param .u64 x, .param .u64 out) {{\n\
         .reg .b64 %x, %out, %wide; .reg .b32 %t, %i, %v, %w, %room; .reg .f32 %f; .reg .pred %p;\n\
         mov.u32 %t, %tid.x; mov.u32 %i, %ctaid.x; mad.lo.u32 %i, %i, {BLOCK}, %t; setp.eq.u32 %p, %t, 3;\n\
         ld.param.u64 %x, [x]; ld.param.u64 %out, [out];\n\
         mad.wide.u32 %x, %i, 4, %x; mad.wide.u32 %out, %i, 4, %out; mov.u32 %room, room; mad.lo.u32 %room, %t, 4, %room;\n\
         {instructions}\nret;\n}}\n"
    );
    let mut module = Module::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    module.set_budget(10_000);
    let mut memory = Memory::new();
    let x: Vec<u32> = (0..2 * BLOCK).collect();
    let (x, out) = (memory.allocate("x", &x), memory.allocate_uninitialised::<u32>("out", 2 * BLOCK as usize));
    let args = [x, out].map(Buffer::into);
    module.launch("kernel", [2, 1, 1], [BLOCK, 1, 1], 4 * BLOCK, &args, &mut memory)?;
    Ok(memory.read(out).unwrap_or_default())
}

/// The message must be this one, but for what precedes and follows it.
#[track_caller]
fn faults(declarations: &str, instructions: &str, message: &str) {
    let fault = launch(declarations, instructions).map(|_| ()).expect_err("nothing was found");
    let found = fault.to_string();
    eprintln!("{found}");
    assert!(found.starts_with("kernel `kernel`: "), "{found}");
    assert!(found.contains(message), "found: {found}\nexpected: {message}");
}

/// No fault must be found where none is.
#[track_caller]
fn passes(declarations: &str, instructions: &str) {
    if let Err(fault) = launch(declarations, instructions) {
        panic!("{fault}");
    }
}

#[test]
fn out_of_bounds() {
    passes("", "ld.global.b32 %v, [%x]; st.global.b32 [%out], %v;");
    let end = "thread [39, 0, 0] of block [1, 0, 0], line 11: ld.global.b32";
    faults("", "ld.global.b32 %v, [%x+4];", "reads 4 bytes at byte 320 of global `x` (320 bytes), out of bounds");
    faults("", "ld.global.b32 %v, [%x+4];", end);
    faults("", "ld.global.b32 %v, [%x+-4];", "reads 4 bytes at byte -4 of global `x`");
    faults("", "ld.b32 %v, [%x+4];", "reads 4 bytes at byte 320 of global `x`");
    // partly outside
    faults("", "@%p ld.global.b64 %wide, [%x+308];", "reads 8 bytes at byte 320 of global `x`");
    faults(
        ".global .align 8 .b8 v[12];",
        "ld.global.b64 %wide, [v+8];",
        "reads 8 bytes at byte 8 of global `v` (12 bytes), out of bounds",
    );
    faults("", "st.global.b32 [%out+320], 1;", "writes 4 bytes at byte 320 of global `out` (320 bytes), out of bounds");
    faults("", "atom.global.add.u32 %v, [%out+-400], 1;", "updates 4 bytes at byte -400 of global `out`");
    // 32 bits do not hold four times this index
    faults(
        "",
        "ld.param.u64 %x, [x]; or.b32 %v, %i, 0x80000000; mad.wide.s32 %x, %v, 4, %x; ld.global.b32 %w, [%x];",
        "reads 4 bytes at byte -8589934592 of global `x`",
    );
    faults("", "st.shared.b32 [%room+4], 1;", "writes 4 bytes at byte 160 of shared `room` (160 bytes), out of bounds");
    faults("", "st.shared.b32 [%room+-4], 1;", "writes 4 bytes at byte -4 of shared `room`");
    faults(
        ".shared .align 4 .b8 tile[8]; .shared .align 4 .b8 next[8];",
        "st.shared.b32 [tile+8], 1;",
        "writes 4 bytes at byte 8 of shared `tile` (8 bytes), out of bounds",
    );
    faults("", ".local .b8 own[4]; st.local.b8 [own+4], %t;", "writes 1 byte at byte 4 of local `own` (4 bytes), out");
    faults("", "ld.param.b64 %wide, [x+8];", "reads 8 bytes at byte 8 of parameter `x` (8 bytes), out of bounds");
    faults(".const .u32 c[2];", "ld.const.b32 %v, [c+8];", "reads 4 bytes at byte 8 of constant `c` (8 bytes), out");
    faults("", "ld.global.b32 %v, [16];", "reads 4 bytes at address 0x10, where there is no global memory");
    faults("", "ld.shared.b32 %v, [%x];", "where there is no shared memory");
    faults("", "cvta.to.shared.u64 %x, %x; ld.shared.b32 %v, [%x];", "where there is no shared memory");
}

/// A thread's own memory is out of the others' reach: there, the same address is theirs.
#[test]
fn memory_of_another_thread() {
    let own = ".local .align 4 .b8 own[4]; .reg .b64 %own; mov.b64 %own, own; cvta.local.u64 %own, %own;
        .reg .b64 %all; mov.b64 %all, shared; st.local.b32 [own], %t; @%p st.shared.b64 [shared], %own; bar.sync 0;
        ld.shared.b64 %own, [shared];";
    let shared = ".shared .align 8 .b8 shared[8];";
    passes(shared, &format!("{own} @%p ld.b32 %v, [%own];"));
    faults(shared, &format!("{own} ld.b32 %v, [%own];"), "where there is no generic memory, in thread [0, 0, 0]");
    faults(
        shared,
        &format!("{own} cvta.to.local.u64 %own, %own; ld.local.b32 %v, [%own];"),
        "there is no local memory",
    );
}

#[test]
fn misaligned() {
    faults("", "ld.global.b32 %v, [%x+2];", "reads 4 bytes at byte 2 of global `x` (320 bytes), misaligned");
    faults("", "ld.global.v2.b32 {%v, %w}, [%x+4];", "reads 8 bytes at byte 4 of global `x` (320 bytes), misaligned");
    faults("", "st.shared.b32 [room+1], 0;", "writes 4 bytes at byte 1 of shared `room` (160 bytes), misaligned");
    // a variable is aligned as it says, and not by luck
    faults(
        ".shared .align 4 .b8 tile[64];",
        "st.shared.v4.b32 [tile], {%t, %t, %t, %t};",
        "writes 16 bytes at byte 0 of shared `tile` (64 bytes), misaligned",
    );
    faults("", ".local .align 2 .b8 own[4]; st.local.b32 [own], 0;", "at byte 0 of local `own` (4 bytes), misaligned");
    faults("", "ld.param.b32 %v, [x+2];", "at byte 2 of parameter `x` (8 bytes), misaligned");
}

#[test]
fn uninitialised_memory() {
    faults("", "ld.global.b32 %v, [%out];", "reads 4 bytes at byte 0 of global `out` (320 bytes), uninitialised");
    faults("", "ld.shared.b32 %v, [%room];", "reads 4 bytes at byte 0 of shared `room` (160 bytes), uninitialised");
    let own = ".local .align 4 .b8 own[8]; st.local.b8 [own], 0; st.local.b8 [own+2], 0;";
    passes("", &format!("{own} ld.local.b8 %v, [own+2];"));
    faults("", &format!("{own} ld.local.b32 %v, [own];"), "reads 4 bytes at byte 0 of local `own` (8 bytes), uninit");
    // shared memory is new for each block, and a function's variables for each call
    faults(
        "",
        "setp.ge.u32 %p, %i, 40; @%p ld.shared.b32 %v, [%room]; st.shared.b32 [%room], 1;",
        "thread [0, 0, 0] of block [1, 0, 0]",
    );
    let f = ".func f() { .local .b32 own; .reg .b32 %v; ld.local.b32 %v, [own]; }";
    faults(f, "call f;", "uninitialised, in thread [0, 0, 0] of block [0, 0, 0], line 5 (function `f`)");
    faults("", "red.global.add.u32 [%out], 1;", "uninitialised");
}

#[test]
fn unwritten_numbers_are_not_handed_out() {
    let mut memory = Memory::new();
    let out = memory.allocate_uninitialised::<f64>("out", 3);
    let message = memory.read::<f64>(out).unwrap_err().to_string();
    assert_eq!(message, "number 0 of `out` was never written");
}

#[test]
fn unwritten_registers() {
    let store = "st.global.b32 [%out], %v;";
    faults("", "st.global.b32 [%out], %w;", "register `%w` was never written");
    faults("", "ld.global.b32 %v, [%wide];", "register `%wide` was never written");
    faults("", ".reg .pred %q; @%q bra end; end:", "register `%q` was never written");
    // to copy is not to use, nor is to compute: compilers do it with what may turn out not to be needed
    for undefined in [
        "mov.b32 %v, %w; selp.b32 %v, %w, %v, %p;",
        "add.u32 %v, %w, 1;",
        "mov.b32 %v, 3; mul.lo.u32 %v, %v, %w; not.b32 %v, %v;",
        "mad.lo.u32 %v, %t, %t, %w;",
        "div.u32 %v, %t, %w;",
        "cvt.u32.u64 %v, %wide;",
        ".reg .pred %q; setp.eq.u32 %q, %w, 1; selp.b32 %v, 1, 2, %q;",
        "add.cc.u32 %v, %w, 1; addc.u32 %v, 0, 0;",
        "mov.b64 %wide, {%t, %w}; mov.b64 {%v, %w}, %wide;",
        "@%p mov.b32 %v, 1;",
    ] {
        passes("", &format!("{undefined} st.global.b32 [%out], %t;"));
        faults("", &format!("{undefined} {store}"), "register `%v` was never written");
    }
    faults("", "add.u64 %wide, %wide, 8; ld.global.b32 %v, [%wide];", "register `%wide` was never written");
    passes("", &format!("add.u32 %v, %w, 1; mov.b32 %v, 1; {store}"));
    let f = ".func (.param .b32 r) f(.param .b32 a, .param .b32 b) {
        .reg .b32 %a; ld.param.b32 %a, [a]; st.param.b32 [r], %a; ld.param.b32 %a, [b]; }";
    let call =
        ".param .b32 a, b, r; st.param.b32 [a], %t; st.param.b32 [b], %w; call (r), f, (a, b); ld.param.b32 %v, [r];";
    passes(f, call);
    faults(
        f,
        &call.replace("(a, b)", "(b, a)").replace("[r];", "[r]; st.global.b32 [%out], %v;"),
        "register `%v` was never",
    );
}

#[test]
fn constants_are_not_written() {
    let address = "mov.u64 %wide, c; st.b32 [%wide], %t;";
    faults(
        ".const .align 4 .u32 c[2] = {1, 2};",
        address,
        "writes 4 bytes at byte 0 of constant `c` (8 bytes), which is",
    );
}

#[test]
fn divergent_barriers() {
    passes("", "bar.sync 0; barrier.sync 1, 64; bar.sync 0;");
    faults(
        "",
        "@%p bar.sync 0;",
        "divergent barrier: thread [3, 0, 0] waits in line 11, thread [0, 0, 0] has ended, in thread [3, 0, 0] of block \
         [0, 0, 0], line 11: @%p bar.sync 0;",
    );
    faults("", "@%p ret;\nbar.sync 0;", "thread [0, 0, 0] waits in line 12, thread [3, 0, 0] has ended");
    faults(
        "",
        "@%p bra there;\nbar.sync 0;\nret;\nthere: bar.sync 0;",
        "waits in line 12, thread [3, 0, 0] waits in line 14",
    );
    faults("", "bar.sync %t;", "barrier 1, where the first thread is at barrier 0");
    faults("", "bar.sync 0, 32;", "a barrier for 32 threads in a block of 40");
}

#[test]
fn divergent_warps() {
    passes("", "shfl.sync.bfly.b32 %v, %t, 1, 31, -1;");
    faults(
        "",
        "@%p shfl.sync.idx.b32 %v, %t, 0, 31, -1;",
        "all lanes must execute this together, but thread [0, 0, 0] has",
    );
    faults("", "vote.sync.any.pred %p, %p, 1;", "the mask 0x1 leaves lanes out, which is not modelled");
    faults(
        "",
        "@%p bra there; bar.sync 0; ret; there: shfl.sync.idx.b32 %v, %t, 0, 31, -1;",
        "divergent warp: all lanes must execute this together, but thread [0, 0, 0] waits in line 11",
    );
    // the last warp has eight lanes
    faults("", "shfl.sync.bfly.b32 %v, %t, 16, 31, -1;", "lane 0 reads of lane 16, and there are 8 lanes");
}

#[test]
fn races_in_shared_memory() {
    let write = "st.shared.b32 [%room], %t;";
    let read = "sub.u32 %w, 39, %t; mov.u32 %v, room; mad.lo.u32 %w, %w, 4, %v; ld.shared.b32 %v, [%w];";
    passes("", &format!("{write} bar.sync 0; {read} bar.sync 0; {write}"));
    // without the second barrier, a thread may write before another has read, or after it
    faults(
        "",
        &format!("{write} bar.sync 0; {read} {write}"),
        "reads 4 bytes at byte 76 of shared `room` (160 bytes), a race: thread number 19 of block number 0 has written it",
    );
    faults("", "st.shared.b32 [room], %t;", "a race: thread number 0 of block number 0 has written it");
    faults(
        "",
        "@%p st.shared.b32 [room], %t; setp.gt.u32 %p, %t, 3; @%p ld.shared.b32 %v, [room];",
        "number 3 of block",
    );
    // bytes are told apart
    passes("", "sub.u32 %w, %room, %t; sub.u32 %w, %w, %t; sub.u32 %w, %w, %t; st.shared.b8 [%w], %t;");
    // several have read; then one of them writes
    faults(
        "",
        &format!("{write} bar.sync 0; ld.shared.b32 %v, [room]; setp.eq.u32 %p, %t, 39; @%p st.shared.b32 [room], 0;"),
        "a race: a thread of block number 0 has read it",
    );
    // a warp's barrier orders its own lanes, and no others
    let pairs = "shl.b32 %v, %t, 2; xor.b32 %v, %v, 4; mov.u32 %w, room; add.u32 %w, %w, %v;";
    passes("", &format!("{pairs} {write} bar.warp.sync -1; ld.shared.b32 %v, [%w]; bar.warp.sync -1; {write}"));
    faults("", &format!("{pairs} {write} bar.warp.sync -1; ld.shared.b32 %v, [%w]; {write}"), "a race: ");
    faults(
        "",
        "st.shared.b32 [%room], %t; bar.warp.sync -1; setp.eq.u32 %p, %t, 39; @%p ld.shared.b32 %v, [room];",
        "a race",
    );
    faults(
        "",
        "st.shared.b32 [%room], 0; bar.sync 0; setp.lt.u32 %p, %t, 2; @%p ld.shared.b32 %v, [room]; bar.warp.sync -1;
         setp.ge.u32 %p, %t, 39; @%p st.shared.b32 [room], 0;",
        "a race: a thread of warp 0 of block number 0 has read it",
    );
}

#[test]
fn races_in_global_memory() {
    passes("", "st.global.b32 [%out], %t; ld.global.b32 %v, [%out]; st.global.b32 [%out], %v;");
    let first = "ld.param.u64 %out, [out];";
    faults(
        "",
        &format!("{first} st.global.b32 [%out], 1;"),
        "a race: thread number 0 of block number 0 has written it",
    );
    faults(
        "",
        &format!("{first} @%p st.global.b32 [%out], 1;"),
        "a race: thread number 3 of block number 0 has written it, in thread [3, 0, 0] of block [1, 0, 0]",
    );
    // a barrier orders a block, and not the grid
    faults(
        "",
        "st.global.b32 [%out], 1; bar.sync 0; ld.param.u64 %out, [out]; ld.global.b32 %v, [%out];",
        "reads 4 bytes at byte 0 of global `out` (320 bytes), a race: thread number 0 of block number 0 has written it",
    );
    let zero = "setp.eq.u32 %p, %i, 0; @%p st.relaxed.gpu.global.b32 [%out], 0; ld.param.u64 %out, [out];";
    passes("", &format!("{zero} red.global.add.u32 [%out], 1;"));
    passes("", &format!("{zero} red.global.add.u32 [%out], 1; ld.relaxed.gpu.global.b32 %v, [%out];"));
    faults("", &format!("{zero} red.global.add.u32 [%out], 1; ld.global.b32 %v, [%out];"), "a race: ");
    // what is not atomic races with what is
    let last = "setp.eq.u32 %p, %i, 79; ld.param.u64 %x, [x];";
    let read_by_all = "a race: a thread of the grid has read it, in thread [39, 0, 0] of block [1, 0, 0]";
    let written_by_all = "a race: a thread of the grid has written it, in thread [39, 0, 0] of block [1, 0, 0]";
    passes("", &format!("{last} red.global.add.u32 [%x], 1; @%p st.volatile.global.b32 [%x], 1;"));
    faults("", &format!("{last} red.global.add.u32 [%x], 1; @%p ld.global.b32 %v, [%x];"), written_by_all);
    faults("", &format!("{last} ld.volatile.global.b32 %v, [%x]; @%p st.global.b32 [%x], 1;"), read_by_all);
    faults(
        "",
        "st.global.b32 [%x], 1; ld.global.nc.b32 %v, [%x];",
        "it was written in this launch, and is read as constant",
    );
    faults("", "ld.global.nc.b32 %v, [%x]; st.global.b32 [%x], 1;", "a race: a thread of the grid has read it");
    faults(".global .u32 counter;", "st.global.b32 [counter], %t;", "of global `counter` (4 bytes), a race: ");
}

#[test]
fn endless_loops() {
    faults("", "again: bra again;", "more than 10000 instructions in a thread");
    faults(".func f() { call f; }", "call f;", "256 calls within each other");
}

#[test]
fn other_ends() {
    faults("", "@%p trap;", "trap, in thread [3, 0, 0] of block [0, 0, 0], line 11: @%p trap;");
    faults("", "sub.u32 %v, %t, 3; div.u32 %w, 7, %v;", "division of an integer by zero, in thread [3, 0, 0]");
    faults("", "cvt.u64.u32 %wide, %t; rem.s64 %wide, %wide, 0;", "division of an integer by zero");
    faults(".extern .func puts(.param .b32 v);", ".param .b32 v; call puts, (v);", "function `puts` has no body");
    faults("", "type: .callprototype _ (); call %x, type;", "is not the address of a function");
    faults(".func f(.param .b32 v) {}", ".param .b64 v; call f, (v);", "`f` has other parameters or results");
    faults("", "brx.idx %t, table; table: .branchtargets one, two; one: two:", "entry 2 of a table of 2");
}

#[test]
fn launches_that_no_gpu_accepts() {
    let text = ".version 7.0\n.target sm_75\n.address_size 64\n\
        .visible .entry kernel(.param .u32 n) .maxntid 64, 1, 1 {}\n.visible .entry other() .reqntid 32 {}\n";
    let module = Module::parse(text).unwrap();
    let launch = |name, grid, block, shared, args: &[u32]| {
        let args: Vec<_> = args.iter().map(|v| (*v).into()).collect();
        let fault = module.launch(name, grid, block, shared, &args, &mut Memory::new()).unwrap_err();
        assert_eq!(fault.place, None);
        fault.kind.to_string()
    };
    assert_eq!(launch("no", [1; 3], [1; 3], 0, &[]), "there is no such kernel in this module");
    assert_eq!(launch("kernel", [1; 3], [1; 3], 0, &[]), "0 arguments for 1 parameters");
    assert_eq!(
        launch("kernel", [1, 0, 1], [1; 3], 0, &[1]),
        "a grid of [1, 0, 1]: sizes are 1 to [2147483647, 65535, 65535]"
    );
    assert_eq!(launch("kernel", [1; 3], [1, 1, 65], 0, &[1]), "a block of [1, 1, 65]: sizes are 1 to [1024, 1024, 64]");
    assert_eq!(launch("kernel", [1; 3], [64, 32, 1], 0, &[1]), "2048 threads in a block, more than 1024");
    assert_eq!(launch("kernel", [1; 3], [65, 1, 1], 0, &[1]), "65 threads in a block, where the kernel allows 64");
    assert_eq!(launch("other", [1; 3], [31, 1, 1], 0, &[]), "a block of [31, 1, 1], where the kernel demands [32]");
    let args = [1u64.into()];
    let fault = module.launch("kernel", [1; 3], [1; 3], 0, &args, &mut Memory::new()).unwrap_err();
    assert_eq!(fault.to_string(), "kernel `kernel`: argument 0 has 8 bytes, `n` has 4");
}

#[test]
fn memory_is_as_it_was_when_a_fault_ended_the_launch() {
    let text = ".version 7.0\n.target sm_75\n.address_size 64\n.visible .entry kernel(.param .u64 p) {\n\
        .reg .b64 %p; ld.param.u64 %p, [p]; st.global.b32 [%p], 5; trap; }";
    let module = Module::parse(text).unwrap();
    let mut memory = Memory::new();
    let out = memory.allocate("out", &[1u32, 2]);
    module.launch("kernel", [1; 3], [1; 3], 0, &[out.into()], &mut memory).unwrap_err();
    assert_eq!(memory.read::<u32>(out).unwrap(), [5, 2]);
}
