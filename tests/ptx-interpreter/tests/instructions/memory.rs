//! Loads, stores, atomic updates, addresses, calls.

use keops_ptx_interpreter::{Arg, Memory, Module};

use super::{check1, check2, check3};

/// Runs the one kernel of a module in a block of so many threads on a copy of `data`: what becomes of it.
fn on_buffer(text: &str, threads: u32, shared: u32, data: &[u32]) -> Vec<u32> {
    let text = format!(".version 8.0\n.target sm_90\n.address_size 64\n{text}");
    let module = Module::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut memory = Memory::new();
    let buffer = memory.allocate("data", data);
    let entry = module.entries().next().unwrap().name;
    let launched = module.launch(&entry, [1; 3], [threads, 1, 1], shared, &[buffer.into()], &mut memory);
    launched.unwrap_or_else(|fault| panic!("{fault}"));
    memory.read(buffer).unwrap()
}

#[test]
fn loads_extend_and_stores_cut() {
    check1("ld.global.s8 %d, [%in];", |a: u64| i32::from(a as i8));
    check1("ld.global.u8 %d, [%in+1];", |a: u64| u32::from((a >> 8) as u8));
    check1("ld.s16 %d, [%in+2];", |a: u64| i64::from((a >> 16) as i16));
    check1("ld.global.ca.b16 %d, [%in+6];", |a: u64| (a >> 48) as u16);
    check1("ld.global.nc.L1::no_allocate.b64 %d, [%in];", |a: u64| a);
    check2("ld.volatile.global.u32 %d, [%in+8];", |_: u64, b: u32| b);
    check2(".reg .b32 %x, %y; ld.global.nc.v2.b32 {%x, %y}, [%in+8]; sub.u32 %d, %y, %x;", |_: u64, b: u64| {
        ((b >> 32) as u32).wrapping_sub(b as u32)
    });
    let room = ".local .align 8 .b8 room[16];";
    check1(&format!("{room} st.local.b32 [room+4], %a; ld.local.b32 %d, [room+4];"), |a: u32| a);
    check1(&format!("{room} st.local.b32 [room], -1; st.local.u8 [room+1], %a; ld.local.b32 %d, [room];"), |a: u32| {
        0xFFFF_00FF | (a & 0xFF) << 8
    });
    check2(&format!("{room} st.local.v2.b32 [room+8], {{%a, %b}}; ld.local.b64 %d, [room+8];"), |a: u32, b: u32| {
        u64::from(b) << 32 | u64::from(a)
    });
}

#[test]
fn addresses_say_where_they_point() {
    let generic =
        ".local .align 8 .b8 room[16]; .reg .b64 %l, %g; .reg .pred %p; mov.b64 %l, room; cvta.local.u64 %g, %l;";
    check1(&format!("{generic} st.b32 [%g+8], %a; ld.local.b32 %d, [%l+8];"), |a: u32| a);
    check1(&format!("{generic} st.local.b32 [%l], %a; cvta.to.local.u64 %l, %g; ld.local.b32 %d, [%l];"), |a: u32| a);
    check1(&format!("{generic} isspacep.local %d, %g;"), |_: u32| true);
    check1(&format!("{generic} isspacep.global %d, %g;"), |_: u32| false);
    check1("isspacep.global %d, %in;", |_: u32| true);
    // the parameter is the address of the first row
    check1(
        ".reg .b64 %p; mov.b64 %p, in; cvta.param.u64 %p, %p; ld.b64 %p, [%p]; setp.le.u64 %d, %p, %in;",
        |_: u32| true,
    );
}

#[test]
fn module_variables_have_values() {
    let text = "
        .const .align 4 .u32 numbers[3] = {5, 6};
        .const .u32 counted[] = {7, 8};
        .global .align 8 .u64 pointers[2] = {generic(numbers)+4, more};
        .global .u32 more = 9;
        .global .align 1 .b8 pieces[8] = {0xFF(more), 0xFF00(more), 0xFF0000(more), 0xFF000000(more), 0xFF00000000(more),
            0xFF0000000000(more), 0xFF000000000000(more), 0xFF00000000000000(more)};
        .visible .entry test(.param .u64 data) {
            .reg .b64 %out, %p, %q; .reg .b32 %v; .reg .b16 %b;
            ld.param.u64 %out, [data];
            ld.const.u32 %v, [numbers+8]; st.global.u32 [%out], %v;
            ld.const.u32 %v, [counted+4]; st.global.u32 [%out+16], %v;
            ld.global.u64 %p, [pointers]; ld.u32 %v, [%p]; st.global.u32 [%out+4], %v;
            ld.global.u64 %p, [pointers+8]; ld.global.u32 %v, [%p]; st.global.u32 [%out+8], %v;
            mov.u64 %q, 0; mov.u64 %p, pieces;
            mov.u32 %v, 56;
        next:
            shl.b64 %q, %q, 8; .reg .b64 %byte; .reg .b32 %k; shr.u32 %k, %v, 3; cvt.u64.u32 %byte, %k;
            add.u64 %byte, %p, %byte; ld.global.u8 %byte, [%byte]; or.b64 %q, %q, %byte;
            .reg .pred %more; setp.ne.u32 %more, %v, 0; sub.u32 %v, %v, 8; @%more bra next;
            ld.global.u32 %v, [%q]; st.global.u32 [%out+12], %v;
        }";
    assert_eq!(on_buffer(text, 1, 0, &[1; 5]), [0, 6, 9, 9, 8]);
}

#[test]
fn functions_are_called() {
    let text = "
        .func (.param .b32 result) square(.param .b32 v, .param .align 8 .b8 pair[16]) {
            .reg .b32 %a; .reg .b64 %b;
            ld.param.b32 %a, [v]; ld.param.b64 %b, [pair+8]; mul.lo.u32 %a, %a, %a;
            .reg .b32 %c; cvt.u32.u64 %c, %b; add.u32 %a, %a, %c; st.param.b32 [result], %a; ret;
        }
        .global .u64 table[1] = {square};
        .visible .entry test(.param .u64 data) {
            .reg .b64 %out, %f; .reg .b32 %v;
            ld.param.u64 %out, [data]; ld.global.b32 %v, [%out];
            { .param .b32 a; .param .align 8 .b8 b[16]; .param .b32 r;
              st.param.b32 [a], %v; st.param.b64 [b+8], 100;
              call.uni (r), square, (a, b); ld.param.b32 %v, [r]; }
            st.global.b32 [%out], %v; ld.global.b64 %f, [table];
            { .param .b32 a; .param .align 8 .b8 b[16]; .param .b32 r;
              st.param.b32 [a], %v; st.param.b64 [b+8], 1;
              type : .callprototype (.param .b32 _) _ (.param .b32 _, .param .align 8 .b8 _[16]);
              call (r), %f, (a, b), type; ld.param.b32 %v, [r]; }
            st.global.b32 [%out+4], %v;
        }";
    assert_eq!(on_buffer(text, 1, 0, &[7, 0]), [149, 149 * 149 + 1]);
}

#[test]
fn jumps_by_table() {
    check1(
        ".reg .pred %p; and.b32 %a, %a, 3; mov.b32 %d, 0; brx.idx %a, table; table: .branchtargets one, two, one, three;
         one: add.u32 %d, %d, 1; two: add.u32 %d, %d, 1; three: add.u32 %d, %d, 1;",
        |a: u32| [3, 2, 3, 1][a as usize & 3],
    );
}

/// All threads add their numbers to the first number.
#[test]
fn atomic_updates() {
    let all = |operation: &str, start: u32| {
        let text = format!(
            ".visible .entry test(.param .u64 data) {{ .reg .b64 %p; .reg .b32 %n, %old; mov.u32 %n, %tid.x;
             ld.param.u64 %p, [data]; cvta.to.global.u64 %p, %p; {operation} }}"
        );
        on_buffer(&text, 40, 0, &[start])[0]
    };
    let n = 0..40u32;
    assert_eq!(all("atom.global.add.u32 %old, [%p], %n;", 5), 5 + n.clone().sum::<u32>());
    assert_eq!(all("red.relaxed.gpu.global.max.s32 [%p], %n;", u32::MAX), 39);
    assert_eq!(all("red.global.max.u32 [%p], %n;", u32::MAX), u32::MAX);
    assert_eq!(all("red.min.u32 [%p], %n;", 17), 0);
    assert_eq!(all("atom.acq_rel.sys.global.or.b32 %old, [%p], %n;", 64), 127);
    assert_eq!(all("red.global.and.b32 [%p], 12;", 10), 8);
    assert_eq!(all("red.global.xor.b32 [%p], %n;", 3), n.fold(3, |v, n| v ^ n));
    assert_eq!(all("red.global.inc.u32 [%p], 6;", 0), 40 % 7);
    assert_eq!(all("red.global.dec.u32 [%p], 6;", 0), 2);
    // 6 takes the place of what is larger
    assert_eq!(all("red.global.dec.u32 [%p], 6;", 50), 2);
    assert_eq!(all("atom.global.exch.b32 %old, [%p], %n;", 0), 39);
    // each thread in turn finds what the one before has left
    assert_eq!(all(".reg .b32 %m; add.u32 %m, %n, 1; atom.global.cas.b32 %old, [%p], %n, %m;", 0), 40);
    assert_eq!(all(".reg .b32 %m; add.u32 %m, %n, 1; atom.global.cas.b32 %old, [%p], %n, %m;", 4), 40);
    let sum = all(".reg .f32 %f; cvt.rn.f32.u32 %f, %n; red.global.add.f32 [%p], %f;", 0.5f32.to_bits());
    assert_eq!(f32::from_bits(sum), 780.5);
    check2(
        ".reg .b64 %old; atom.global.add.f64 %old, [%in], %b; ld.relaxed.gpu.global.f64 %d, [%in];",
        |a: f64, b: f64| a + b,
    );
    // subnormal numbers are zeros in global memory, and numbers in shared memory
    let flush = |v: f32| if v.is_subnormal() { 0f32.copysign(v) } else { v };
    check2(
        ".reg .f32 %old; atom.global.add.f32 %old, [%in], %b; ld.relaxed.gpu.global.f32 %d, [%in];",
        move |a: f32, b: f32| flush(flush(a) + flush(b)),
    );
    let text = ".shared .align 4 .f32 sum; .visible .entry test(.param .u64 data) {
        .reg .b64 %p; .reg .f32 %f; ld.param.u64 %p, [data]; ld.global.f32 %f, [%p];
        st.shared.f32 [sum], %f; red.shared.add.f32 [sum], %f; ld.shared.f32 %f, [sum]; st.global.f32 [%p], %f; }";
    assert_eq!(on_buffer(text, 1, 0, &[3]), [6]);
    check2("atom.global.min.s64 %d, [%in], %b;", |a: i64, _: i64| a);
    check3(
        "atom.global.cas.b64 %d, [%in], %b, %c; ld.relaxed.gpu.global.b64 %d, [%in];",
        |a: u64, b: u64, c: u64| {
            if a == b { c } else { a }
        },
    );
}

#[test]
fn arguments_of_all_sizes() {
    let text = ".version 7.0\n.target sm_75\n.address_size 64\n
        .visible .entry test(.param .u8 a, .param .f64 b, .param .align 4 .b8 c[12], .param .u64 .ptr .global .align 8 out) {
            .reg .b64 %out, %v; .reg .f64 %f; .reg .b32 %w;
            ld.param.u64 %out, [out];
            ld.param.u8 %v, [a]; st.global.b64 [%out], %v;
            ld.param.f64 %f, [b]; st.global.f64 [%out+8], %f;
            ld.param.b32 %w, [c+8]; cvt.u64.u32 %v, %w; st.global.b64 [%out+16], %v;
        }";
    let module = Module::parse(text).unwrap();
    let params: Vec<_> = module.entries().next().unwrap().params.into_iter().map(|p| (p.name, p.bytes)).collect();
    assert_eq!(params, [("a".into(), 1), ("b".into(), 8), ("c".into(), 12), ("out".into(), 8)]);
    let mut memory = Memory::new();
    let out = memory.allocate_uninitialised::<u64>("out", 3);
    let args = [200u8.into(), 1.5.into(), Arg::bytes(&[9; 12]), out.into()];
    module.launch("test", [1; 3], [1; 3], 0, &args, &mut memory).unwrap();
    assert_eq!(memory.read::<u64>(out).unwrap(), [200, 1.5f64.to_bits(), 0x0909_0909]);
}
