//! What threads do together, and how they know who they are.

use keops_ptx_interpreter::{Memory, Module};

/// Runs instructions on a grid: `%n` is a thread's number in its block, `%a` its value, `%d` its result.
fn on_grid(instructions: &str, grid: [u32; 3], block: [u32; 3], values: &[u32]) -> Vec<u32> {
    let text = format!(
        ".version 8.0\n.target sm_90\n.address_size 64\n.extern .shared .align 16 .b8 room[];
        .extern .shared .align 16 .b8 alias[];
        .visible .entry test(.param .u64 in, .param .u64 out) {{
            .reg .b64 %in, %out; .reg .b32 %n, %i, %j, %a, %d, %size, %g; .reg .pred %p, %q;
            mov.u32 %n, %tid.z; mov.u32 %i, %ntid.y; mov.u32 %j, %tid.y; mad.lo.u32 %n, %n, %i, %j;
            mov.u32 %i, %ntid.x; mov.u32 %j, %tid.x; mad.lo.u32 %n, %n, %i, %j;
            mov.u32 %g, %ctaid.z; mov.u32 %i, %nctaid.y; mov.u32 %j, %ctaid.y; mad.lo.u32 %g, %g, %i, %j;
            mov.u32 %i, %nctaid.x; mov.u32 %j, %ctaid.x; mad.lo.u32 %g, %g, %i, %j;
            mov.u32 %size, %ntid.x; mov.u32 %i, %ntid.y; mul.lo.u32 %size, %size, %i;
            mov.u32 %i, %ntid.z; mul.lo.u32 %size, %size, %i; mad.lo.u32 %g, %g, %size, %n;
            ld.param.u64 %in, [in]; ld.param.u64 %out, [out];
            mad.wide.u32 %in, %g, 4, %in; mad.wide.u32 %out, %g, 4, %out;
            ld.global.b32 %a, [%in]; mov.b32 %d, 0;
            {instructions}
            st.global.b32 [%out], %d;
        }}"
    );
    let module = Module::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut memory = Memory::new();
    let (input, out) = (memory.allocate("in", values), memory.allocate_uninitialised::<u32>("out", values.len()));
    let launched = module.launch("test", grid, block, 4096, &[input.into(), out.into()], &mut memory);
    launched.unwrap_or_else(|fault| panic!("{fault}"));
    memory.read(out).unwrap()
}

fn values(count: usize) -> Vec<u32> {
    let mut random = fastrand::Rng::with_seed(count as u64);
    (0..count).map(|_| random.u32(..)).collect()
}

#[test]
fn threads_know_who_they_are() {
    let (grid, block) = ([2, 3, 2], [5, 2, 4]);
    let ids = on_grid("mov.u32 %d, %g;", grid, block, &vec![0; 480]);
    assert!(ids.into_iter().eq(0..480));
    let of = |special: &str, threads: u32| {
        on_grid(&format!("mov.u32 %d, {special};"), [1; 3], [threads, 1, 1], &vec![0; threads as usize])
    };
    assert!(of("%laneid", 70).into_iter().eq((0..70).map(|t| t % 32)));
    assert!(of("%warpid", 70).into_iter().eq((0..70).map(|t| t / 32)));
    assert_eq!(of("%nwarpid", 70), [3; 70]);
    assert!(of("%lanemask_eq", 64).into_iter().eq((0..64).map(|t| 1 << (t % 32))));
    assert!(of("%lanemask_lt", 64).into_iter().eq((0..64).map(|t| (1 << (t % 32)) - 1)));
    assert!(of("%lanemask_ge", 64).into_iter().eq((0..64).map(|t| u32::MAX << (t % 32))));
    assert!(of("%lanemask_le", 64).into_iter().eq((0..64).map(|t| u32::MAX >> (31 - t % 32))));
    assert!(of("%lanemask_gt", 64).into_iter().eq((0..64).map(|t| !(u32::MAX >> (31 - t % 32)))));
    assert_eq!(of("%dynamic_smem_size", 2), [4096; 2]);
    assert_eq!(of("WARP_SZ", 2), [32; 2]);
    assert!(of("%clock", 3).iter().all(|clock| *clock > 20));
    let masks = on_grid("activemask.b32 %d;", [1; 3], [40, 1, 1], &[0; 40]);
    assert!(masks[..32].iter().all(|m| *m == u32::MAX) && masks[32..].iter().all(|m| *m == 255));
}

/// `shfl` as the manual tells it, for segments of 8, 16 and 32 lanes.
#[test]
fn shuffles() {
    let values = values(64);
    for width in [8usize, 16, 32] {
        let high = (32 - width) << 8;
        for delta in [0usize, 1, 3, 7, 20] {
            let source = |mode: &str, lane: usize| -> Option<usize> {
                let (first, place) = (lane / width * width, lane % width);
                match mode {
                    "up" => place.checked_sub(delta).map(|p| first + p),
                    "down" => Some(place + delta).filter(|p| *p < width).map(|p| first + p),
                    // out of the segment is out of bounds only towards the top
                    "bfly" => Some(lane ^ delta).filter(|l| *l < first + width),
                    _ => Some(first + delta % width),
                }
            };
            for (mode, bound) in [("up", 0), ("down", 31), ("bfly", 31), ("idx", 31)] {
                let shuffle = format!("shfl.sync.{mode}.b32 %d|%p, %a, {delta}, {}, -1;", high | bound);
                let found = on_grid(&shuffle, [1; 3], [64, 1, 1], &values);
                let inside = on_grid(&format!("{shuffle} selp.b32 %d, 1, 0, %p;"), [1; 3], [64, 1, 1], &values);
                for t in 0..64 {
                    let from = source(mode, t % 32);
                    let expected = values[t / 32 * 32 + from.unwrap_or(t % 32)];
                    assert_eq!((found[t], inside[t] == 1), (expected, from.is_some()), "{shuffle} in thread {t}");
                }
            }
        }
    }
}

#[test]
fn votes() {
    // the last warp has eight lanes
    let values: Vec<u32> = values(72).iter().map(|v| v % 3).collect();
    let vote = |vote: &str| on_grid(&format!("setp.eq.u32 %p, %a, 1; {vote}"), [1; 3], [72, 1, 1], &values);
    let warps = |answer: &dyn Fn(&[u32]) -> u32| -> Vec<u32> {
        values.chunks(32).flat_map(|warp| vec![answer(warp); warp.len()]).collect()
    };
    let ballot = |warp: &[u32], value| warp.iter().enumerate().map(|(k, v)| u32::from(*v == value) << k).sum::<u32>();
    assert_eq!(vote("vote.sync.ballot.b32 %d, %p, -1;"), warps(&|w| ballot(w, 1)));
    assert_eq!(vote("vote.sync.ballot.b32 %d, !%p, -1;"), warps(&|w| ballot(w, 0) | ballot(w, 2)));
    for (name, expected) in [("any", 1), ("all", 0), ("uni", 0)] {
        let found = vote(&format!("vote.sync.{name}.pred %q, %p, -1; selp.b32 %d, 1, 0, %q;"));
        assert_eq!(found, [expected; 72], "{name}");
    }
    let all = vote("setp.lt.u32 %p, %a, 3; vote.sync.all.pred %q, %p, -1; selp.b32 %d, 1, 0, %q;");
    assert_eq!(all, [1; 72]);
    let none = vote("setp.gt.u32 %p, %a, 2; vote.sync.uni.pred %q, %p, -1; selp.b32 %d, 1, 0, %q;");
    assert_eq!(none, [1; 72]);
    let each: Vec<u32> = values.chunks(32).flat_map(|warp| warp.iter().map(|v| ballot(warp, *v))).collect();
    assert_eq!(vote("match.any.sync.b32 %d, %a, -1;"), each);
    assert_eq!(vote("match.all.sync.b32 %d|%q, %a, -1;"), [0; 72]);
    let same = vote("mov.b32 %a, 4; match.all.sync.b32 %d|%q, %a, -1; @!%q mov.b32 %d, 0;");
    assert_eq!(same, warps(&|w| if w.len() == 32 { u32::MAX } else { 255 }));
    assert_eq!(vote("redux.sync.add.u32 %d, %a, -1;"), warps(&|w| w.iter().sum()));
    assert_eq!(vote("redux.sync.max.s32 %d, %a, -1;"), warps(&|w| w.iter().copied().max().unwrap()));
    assert_eq!(vote("redux.sync.xor.b32 %d, %a, -1;"), warps(&|w| w.iter().fold(0, |a, b| a ^ b)));
}

#[test]
fn barriers_exchange() {
    let values = values(96);
    let reversed = "shl.b32 %i, %n, 2; mov.u32 %j, room; add.u32 %i, %i, %j; st.shared.b32 [%i], %a; bar.sync 0;
        mov.u32 %j, alias; sub.u32 %i, %size, %n; mad.lo.u32 %i, %i, 4, %j; ld.shared.b32 %d, [%i+-4];";
    let found = on_grid(reversed, [2, 1, 1], [48, 1, 1], &values);
    let expected: Vec<u32> = values.chunks(48).flat_map(|block| block.iter().rev().copied()).collect();
    assert_eq!(found, expected);
    let red = |red: &str| on_grid(&format!("setp.lt.u32 %p, %a, 0x80000000; {red}"), [1; 3], [96, 1, 1], &values);
    let count = values.iter().filter(|v| **v < 1 << 31).count() as u32;
    assert_eq!(red("bar.red.popc.u32 %d, 0, %p;"), [count; 96]);
    assert_eq!(red("barrier.cta.red.popc.aligned.u32 %d, 0, 96, !%p;"), [96 - count; 96]);
    assert_eq!(red("bar.red.and.pred %q, 1, %p; selp.b32 %d, 1, 0, %q;"), [0; 96]);
    assert_eq!(red("bar.red.or.pred %q, 1, %p; selp.b32 %d, 1, 0, %q;"), [1; 96]);
}

/// Within a warp, its own barrier orders memory.
#[test]
fn warps_have_barriers() {
    let values = values(64);
    let neighbour = "shl.b32 %i, %n, 2; mov.u32 %j, room; add.u32 %j, %i, %j; st.shared.b32 [%j], %a;
        bar.warp.sync 0xffffffff; xor.b32 %i, %n, 1; mov.u32 %j, room; mad.lo.u32 %i, %i, 4, %j; ld.shared.b32 %d, [%i];";
    let found = on_grid(neighbour, [1; 3], [64, 1, 1], &values);
    assert!(found.iter().enumerate().all(|(t, v)| *v == values[t ^ 1]));
}
