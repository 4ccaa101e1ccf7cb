//! Files with mistakes in them: whatever stands there, an answer and no panic.

use keops_ptx_interpreter::{Arg, Memory, Module};

const TEXT: &str = r#"
.version 8.0
.target sm_90, texmode_independent
.address_size 64
.file 1 "kernel.rs"
.const .align 4 .f32 table[3] = {0f3F800000, 2.5, -1};
.global .align 8 .u64 pointers[2] = {generic(table)+4, square};
.global .align 1 .b8 pieces[4] = {0xFF(table), 0xFF00(table), 7};
.extern .shared .align 16 .b8 room[];
.extern .func absent(.param .b32 v);
.section .debug_str { .b8 1, 2 }
.func (.param .b32 result) square(.param .b32 v) {
    .local .align 4 .b8 own[8];
    .reg .b32 %v<3>;
    ld.param.b32 %v0, [v];
    st.local.b32 [own+4], %v0;
    ld.local.b32 %v1, [own+4];
    mul.lo.s32 %v2, %v0, %v1;
    st.param.b32 [result], %v2;
    ret;
}
.visible .entry kernel(.param .u64 .ptr .global .align 4 x, .param .align 4 .b8 more[12], .param .f32 f)
.maxntid 64, 1, 1
{
    .reg .pred %p<4>; .reg .b16 %h<4>; .reg .b32 %r<9>; .reg .b64 %rd<9>; .reg .f32 %f<4>; .reg .f64 %g<3>;
    .loc 1 2 3
    mov.u32 %r0, %tid.x;
    ld.param.u64 %rd0, [x];
    cvta.to.global.u64 %rd1, %rd0;
    mad.wide.u32 %rd1, %r0, 4, %rd1;
    ld.global.v2.b32 {%r1, _}, [%rd0];
    setp.lt.and.s32 %p0|%p1, %r0, 12, !%p3;
    @%p0 bra $next;
    ld.param.f32 %f0, [f];
    fma.rn.ftz.f32 %f1, %f0, 0f40000000, %f0;
    cvt.rni.s32.f32 %r2, %f1;
    cvt.f64.f32 %g0, %f1; div.rn.f64 %g1, %g0, 0d4008000000000000;
    shfl.sync.bfly.b32 %r3|%p2, %r2, 1, 0x1f, -1;
    atom.global.add.u32 %r4, [%rd1], %r3;
    { .reg .b32 %r4; mov.b32 %r4, 07; mov.b64 %rd4, {%r4, %r4}; mov.b32 {%h0, %h1}, %r4; }
$next:
    mov.u64 %rd3, room; st.shared.v4.b32 [%rd3+16], {%r0, %r0, %r0, %r0};
    bar.sync 0;
    bar.red.popc.u32 %r5, 0, %p0;
    { .param .b32 a; .param .b32 b; st.param.b32 [a], %r0; call.uni (b), square, (a); ld.param.b32 %r6, [b];
      ld.global.u64 %rd5, [pointers+8];
      type : .callprototype (.param .b32 _) _ (.param .b32 _); call (b), %rd5, (a), type; }
    and.b32 %r7, %r0, 1; brx.idx %r7, jumps; jumps: .branchtargets $one, $two;
$one: /* a comment */ st.global.b32 [%rd1], %r6; // another
$two: prmt.b32 %r8, %r6, %r7, 0x3210;
    selp.b32 %r8, %r7, 0b11, %p0;
    exit;
}
"#;

/// Parses, and runs what can be run: only that it ends is asked for.
fn try_out(text: &str) -> bool {
    let Ok(mut module) = Module::parse(text) else { return false };
    module.set_budget(2000);
    let entries: Vec<_> = module.entries().collect();
    for entry in entries {
        let mut memory = Memory::new();
        let x = memory.allocate("x", &[3u32; 64]);
        let arg = |bytes: u64| if bytes == 8 { x.into() } else { Arg::bytes(&vec![0; bytes as usize]) };
        let args: Vec<Arg> = entry.params.iter().map(|p| arg(p.bytes)).collect();
        let _ = module.launch(&entry.name, [2, 1, 1], [32, 1, 1], 256, &args, &mut memory);
    }
    true
}

#[test]
fn mistakes_never_panic() {
    assert!(try_out(TEXT), "{:?}", Module::parse(TEXT).err());
    let mut random = fastrand::Rng::with_seed(11);
    let lines: Vec<&str> = TEXT.lines().collect();
    let words: Vec<&str> = TEXT.split_whitespace().collect();
    let signs: Vec<char> = "{}()[];,.:@!|+-<>=\"/%_0x9é\n".chars().collect();
    let mut parsed = 0;
    for _ in 0..4000 {
        let mut text = TEXT.to_string();
        for _ in 0..random.usize(1..4) {
            let at = (random.usize(..text.len())..text.len()).find(|k| text.is_char_boundary(*k)).unwrap_or(0);
            match random.u32(..6) {
                0 => text.truncate(at),
                1 => text.insert_str(at, words[random.usize(..words.len())]),
                2 => text.insert_str(at, lines[random.usize(..lines.len())]),
                3 => text.insert(at, signs[random.usize(..signs.len())]),
                4 => {
                    let (old, new) = (words[random.usize(..words.len())], words[random.usize(..words.len())]);
                    text = text.replacen(old, new, 1);
                }
                _ => {
                    let mut few = lines.clone();
                    few.remove(random.usize(..few.len()));
                    text = few.join("\n");
                }
            }
            text.push(' ');
        }
        parsed += usize::from(try_out(&text));
    }
    // enough of them must come through for the run to be tried, too
    assert!(parsed > 200, "{parsed}");
}
