//! What a host does with the memory of a device.

use keops_ptx_interpreter::{Arg, Memory, Module};

const COPY: &str = "
.version 7.0
.target sm_75
.address_size 64
.visible .entry copy(.param .u64 x, .param .u64 out) {
    .reg .b64 %x, %out;
    .reg .f32 %v;
    ld.param.u64 %x, [x];
    ld.param.u64 %out, [out];
    ld.global.f32 %v, [%x];
    st.global.f32 [%out], %v;
    ret;
}";

fn copy(memory: &mut Memory, args: &[Arg]) -> Result<(), String> {
    let module = Module::parse(COPY).map_err(|error| error.to_string())?;
    module.launch("copy", [1; 3], [1; 3], 0, args, memory).map(drop).map_err(|fault| fault.to_string())
}

#[test]
fn bytes_go_to_addresses_and_come_back() {
    let mut memory = Memory::new();
    let x = memory.allocate_uninitialised::<f32>("x", 3);
    memory.copy_in(x.address() + 4, &2.5f32.to_le_bytes()).unwrap();
    let mut bytes = [7; 12];
    assert_eq!(memory.copy_out(x.address(), &mut bytes), Ok(8), "one number of three was written");
    assert_eq!(bytes[4..8], 2.5f32.to_le_bytes());
    assert_eq!(memory.copy_out(x.address() + 4, &mut bytes[..4]), Ok(0));
    assert_eq!(memory.read_part::<f32>(x, 1..2).unwrap(), [2.5]);
}

#[test]
fn copies_stay_within_a_buffer() {
    let mut memory = Memory::new();
    let x = memory.allocate("x", &[1f32, 2.0]);
    let outside = memory.copy_in(x.address() + 4, &[0; 8]).unwrap_err();
    assert_eq!(outside.to_string(), "copies 8 bytes at byte 4 of global `x` (8 bytes), out of bounds");
    let before = memory.copy_out(x.address() - 4, &mut [0; 4]).unwrap_err();
    assert_eq!(before.to_string(), "copies 4 bytes at byte -4 of global `x` (8 bytes), out of bounds");
    let nowhere = memory.copy_out(64, &mut [0; 4]).unwrap_err();
    assert_eq!(nowhere.to_string(), "copies 4 bytes at address 0x40, where there is no buffer");
    assert!(memory.check(x.address(), usize::MAX).is_err());
    assert!(memory.check(x.address() + 8, 0).is_ok(), "no bytes, behind the last");
    assert_eq!(memory.read::<f32>(x).unwrap(), [1.0, 2.0]);
}

#[test]
fn what_was_never_written_stays_so_when_it_is_copied() {
    let mut memory = Memory::new();
    let (from, to) = (memory.allocate_uninitialised::<u32>("from", 2), memory.allocate("to", &[1u32, 2, 3]));
    memory.write(from, 1, &[9u32]);
    memory.copy_within(to.address() + 4, from.address(), 8).unwrap();
    assert_eq!(memory.read_part::<u32>(to, 2..3).unwrap(), [9]);
    assert_eq!(memory.read::<u32>(to).unwrap_err().index, 1);
    memory.copy_within(to.address() + 4, to.address(), 4).unwrap();
    assert_eq!(memory.read::<u32>(to).unwrap(), [1, 1, 9]);
    assert!(memory.copy_within(to.address() + 8, from.address(), 8).is_err());
}

#[test]
fn a_buffer_is_found_by_where_it_begins() {
    let mut memory = Memory::new();
    let (x, y) = (memory.allocate("x", &[1u8, 2]), memory.allocate("y", &[1u32]));
    assert_eq!((memory.at(x.address()), memory.at(y.address())), (Some(x), Some(y)));
    assert_eq!((memory.at(x.address() + 1), memory.at(0)), (None, None));
    assert_eq!((memory.live(), memory.bytes(y)), ((2, 6), 4));
    memory.free(x);
    assert_eq!((memory.at(x.address()), memory.live()), (None, (1, 4)));
}

#[test]
fn what_was_freed_is_found_as_such() {
    let mut memory = Memory::new();
    let (x, out) = (memory.allocate("x", &[1f32]), memory.allocate("out", &[0f32]));
    copy(&mut memory, &[x.into(), out.into()]).unwrap();
    memory.free(x);
    let fault = copy(&mut memory, &[x.into(), out.into()]).unwrap_err();
    assert!(fault.contains("reads 4 bytes at byte 0 of global `x, freed` (0 bytes), out of bounds"), "{fault}");
    let outside = memory.copy_out(x.address(), &mut [0; 4]).unwrap_err();
    assert!(outside.to_string().contains("`x, freed`"), "{outside}");
    assert!(memory.check(x.address(), 0).is_err());
}

#[test]
#[should_panic(expected = "`x, freed`: once is enough")]
fn a_buffer_is_freed_once() {
    let mut memory = Memory::new();
    let x = memory.allocate("x", &[1u8]);
    memory.free(x);
    memory.free(x);
}

#[test]
fn addresses_are_given_again_late_and_the_longest_free_first() {
    let mut memory = Memory::part(3, 1000);
    let take = |memory: &mut Memory| {
        let buffer = memory.allocate("x", &[1u8]);
        memory.free(buffer);
        buffer.address()
    };
    let first = take(&mut memory);
    let again = (1..).find(|_| take(&mut memory) == first).unwrap();
    assert_eq!(again, 65, "65535 addresses in a thousand parts");
    assert_eq!((memory.live(), memory.is_full()), ((0, 0), false));
    let kept: Vec<_> = (0..65).map(|_| memory.allocate("x", &[1u8])).collect();
    assert!(memory.is_full());
    memory.free(kept[9]);
    assert_eq!(memory.allocate("y", &[2u8]).address(), kept[9].address());
}

#[test]
fn parts_of_the_addresses_have_nothing_in_common() {
    let (mut one, mut other) = (Memory::part(0, 2), Memory::part(1, 2));
    let (x, out) = (one.allocate("x", &[1f32]), other.allocate("out", &[0f32]));
    assert_ne!(x.address(), out.address());
    let fault = copy(&mut other, &[x.into(), out.into()]).unwrap_err();
    assert!(fault.contains("where there is no global memory"), "{fault}");
    assert!(other.copy_out(x.address(), &mut [0]).is_err() && one.at(out.address()).is_none());
}
