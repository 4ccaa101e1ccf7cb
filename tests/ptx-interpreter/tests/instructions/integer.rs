//! Integers and bits.

use super::{check1, check2, check3, check4};

#[test]
fn sums_and_products() {
    check2("add.u16 %d, %a, %b;", u16::wrapping_add);
    check2("add.s32 %d, %a, %b;", i32::wrapping_add);
    check2("add.u64 %d, %a, %b;", u64::wrapping_add);
    check2("add.sat.s32 %d, %a, %b;", i32::saturating_add);
    check2("sub.s16 %d, %a, %b;", i16::wrapping_sub);
    check2("sub.u32 %d, %a, %b;", u32::wrapping_sub);
    check2("sub.s64 %d, %a, %b;", i64::wrapping_sub);
    check2("sub.sat.s32 %d, %a, %b;", i32::saturating_sub);
    check2("mul.lo.u16 %d, %a, %b;", u16::wrapping_mul);
    check2("mul.lo.s32 %d, %a, %b;", i32::wrapping_mul);
    check2("mul.lo.u64 %d, %a, %b;", u64::wrapping_mul);
    check2("mul.hi.u16 %d, %a, %b;", |a: u16, b: u16| ((u32::from(a) * u32::from(b)) >> 16) as u16);
    check2("mul.hi.s16 %d, %a, %b;", |a: i16, b: i16| ((i32::from(a) * i32::from(b)) >> 16) as i16);
    check2("mul.hi.u32 %d, %a, %b;", |a: u32, b: u32| ((u64::from(a) * u64::from(b)) >> 32) as u32);
    check2("mul.hi.s32 %d, %a, %b;", |a: i32, b: i32| ((i64::from(a) * i64::from(b)) >> 32) as i32);
    check2("mul.hi.u64 %d, %a, %b;", |a: u64, b: u64| ((u128::from(a) * u128::from(b)) >> 64) as u64);
    check2("mul.hi.s64 %d, %a, %b;", |a: i64, b: i64| ((i128::from(a) * i128::from(b)) >> 64) as i64);
    check2("mul.wide.u16 %d, %a, %b;", |a: u16, b: u16| u32::from(a) * u32::from(b));
    check2("mul.wide.s16 %d, %a, %b;", |a: i16, b: i16| i32::from(a) * i32::from(b));
    check2("mul.wide.u32 %d, %a, %b;", |a: u32, b: u32| u64::from(a) * u64::from(b));
    check2("mul.wide.s32 %d, %a, %b;", |a: i32, b: i32| i64::from(a) * i64::from(b));
    check3("mad.lo.s16 %d, %a, %b, %c;", |a: i16, b: i16, c: i16| a.wrapping_mul(b).wrapping_add(c));
    check3("mad.lo.u32 %d, %a, %b, %c;", |a: u32, b: u32, c: u32| a.wrapping_mul(b).wrapping_add(c));
    check3("mad.lo.s64 %d, %a, %b, %c;", |a: i64, b: i64, c: i64| a.wrapping_mul(b).wrapping_add(c));
    check3("mad.hi.u32 %d, %a, %b, %c;", |a: u32, b: u32, c: u32| {
        (((u64::from(a) * u64::from(b)) >> 32) as u32).wrapping_add(c)
    });
    check3("mad.wide.u32 %d, %a, %b, %c;", |a: u32, b: u32, c: u64| (u64::from(a) * u64::from(b)).wrapping_add(c));
    check3("mad.wide.s32 %d, %a, %b, %c;", |a: i32, b: i32, c: i64| (i64::from(a) * i64::from(b)).wrapping_add(c));
    check3("mad.wide.s16 %d, %a, %b, %c;", |a: i16, b: i16, c: i32| (i32::from(a) * i32::from(b)).wrapping_add(c));
    check3("sad.u32 %d, %a, %b, %c;", |a: u32, b: u32, c: u32| a.abs_diff(b).wrapping_add(c));
    check3("sad.s32 %d, %a, %b, %c;", |a: i32, b: i32, c: i32| (a.abs_diff(b) as i32).wrapping_add(c));
    check1("neg.s32 %d, %a;", i32::wrapping_neg);
    check1("neg.s64 %d, %a;", i64::wrapping_neg);
    check1("abs.s16 %d, %a;", i16::wrapping_abs);
    check1("abs.s64 %d, %a;", i64::wrapping_abs);
    check2("min.s32 %d, %a, %b;", |a: i32, b: i32| if a < b { a } else { b });
    check2("min.u64 %d, %a, %b;", |a: u64, b: u64| if a < b { a } else { b });
    check2("max.u16 %d, %a, %b;", |a: u16, b: u16| if a < b { b } else { a });
    check2("max.s64 %d, %a, %b;", |a: i64, b: i64| if a < b { b } else { a });
}

#[test]
fn division() {
    // not by zero: see the faults
    check2("or.b16 %b, %b, 1; div.u16 %d, %a, %b;", |a: u16, b: u16| a / (b | 1));
    check2("or.b32 %b, %b, 1; div.s32 %d, %a, %b;", |a: i32, b: i32| a.wrapping_div(b | 1));
    check2("or.b64 %b, %b, 1; div.s64 %d, %a, %b;", |a: i64, b: i64| a.wrapping_div(b | 1));
    check2("or.b64 %b, %b, 1; div.u64 %d, %a, %b;", |a: u64, b: u64| a / (b | 1));
    check2("or.b32 %b, %b, 1; rem.u32 %d, %a, %b;", |a: u32, b: u32| a % (b | 1));
    check2("or.b32 %b, %b, 1; rem.s32 %d, %a, %b;", |a: i32, b: i32| a.wrapping_rem(b | 1));
    check2("or.b64 %b, %b, 1; rem.s64 %d, %a, %b;", |a: i64, b: i64| a.wrapping_rem(b | 1));
    check2("or.b64 %b, %b, 1; rem.u64 %d, %a, %b;", |a: u64, b: u64| a % (b | 1));
}

/// Sums of 128 bits, by halves.
#[test]
fn carries() {
    let high = |sum: u128| (sum >> 64) as u64;
    let pair = |high: u64, low: u64| u128::from(high) << 64 | u128::from(low);
    check4("add.cc.u64 %d, %a, %c; addc.u64 %d, %b, %e;", |a, b, c, e| high(pair(b, a).wrapping_add(pair(e, c))));
    check4("sub.cc.u64 %d, %a, %c; subc.u64 %d, %b, %e;", |a, b, c, e| high(pair(b, a).wrapping_sub(pair(e, c))));
    check3("add.cc.u32 %d, %a, %b; addc.cc.u32 %d, %c, 0; addc.u32 %d, 0, 0;", |a: u32, b: u32, c: u32| {
        let carry = (u64::from(a) + u64::from(b)) >> 32;
        ((u64::from(c) + carry) >> 32) as u32
    });
    check3("sub.cc.u32 %d, %a, %b; subc.cc.u32 %d, %c, 0; subc.u32 %d, 0, 0;", |a: u32, b: u32, c: u32| {
        let borrow = a < b;
        if c == 0 && borrow { u32::MAX } else { 0 }
    });
}

#[test]
fn bits() {
    check2("and.b32 %d, %a, %b;", |a: u32, b: u32| a & b);
    check2("or.b16 %d, %a, %b;", |a: u16, b: u16| a | b);
    check2("xor.b64 %d, %a, %b;", |a: u64, b: u64| a ^ b);
    check1("not.b16 %d, %a;", |a: u16| !a);
    check1("not.b64 %d, %a;", |a: u64| !a);
    check1("cnot.b32 %d, %a;", |a: u32| u32::from(a == 0));
    check2("and.pred %d, %a, %b;", |a: bool, b: bool| a && b);
    check2("or.pred %d, %a, %b;", |a: bool, b: bool| a || b);
    check2("xor.pred %d, %a, %b;", |a: bool, b: bool| a != b);
    check1("not.pred %d, %a;", |a: bool| !a);
    check1("mov.pred %d, %a;", |a: bool| a);
    check1("popc.b32 %d, %a;", u32::count_ones);
    check1("popc.b64 %d, %a;", u64::count_ones);
    check1("clz.b32 %d, %a;", u32::leading_zeros);
    check1("clz.b64 %d, %a;", u64::leading_zeros);
    check1("brev.b32 %d, %a;", u32::reverse_bits);
    check1("brev.b64 %d, %a;", u64::reverse_bits);
    let highest = |a: u64| (0..64).rev().find(|k| a >> k & 1 == 1).unwrap_or(u32::MAX);
    check1("bfind.u32 %d, %a;", move |a: u32| highest(a.into()));
    check1("bfind.u64 %d, %a;", highest);
    check1("bfind.s32 %d, %a;", move |a: i32| highest(if a < 0 { !a } else { a } as u64));
    check1("bfind.shiftamt.u32 %d, %a;", |a: u32| if a == 0 { u32::MAX } else { a.leading_zeros() });
    check1("bfind.shiftamt.s64 %d, %a;", |a: i64| {
        let significant = if a < 0 { !a } else { a };
        if significant == 0 { u32::MAX } else { significant.leading_zeros() }
    });
    check3("lop3.b32 %d, %a, %b, %c, 0xCA;", |a: u32, b: u32, c: u32| a & b | !a & c);
    check3("lop3.b32 %d, %a, %b, %c, 0x96;", |a: u32, b: u32, c: u32| a ^ b ^ c);
}

#[test]
fn shifts() {
    check2("shl.b16 %d, %a, %b;", |a: u16, n: u32| if n > 15 { 0 } else { a << n });
    check2("shl.b32 %d, %a, %b;", |a: u32, n: u32| if n > 31 { 0 } else { a << n });
    check2("shl.b64 %d, %a, %b;", |a: u64, n: u32| if n > 63 { 0 } else { a << n });
    check2("shr.u16 %d, %a, %b;", |a: u16, n: u32| if n > 15 { 0 } else { a >> n });
    check2("shr.b32 %d, %a, %b;", |a: u32, n: u32| if n > 31 { 0 } else { a >> n });
    check2("shr.u64 %d, %a, %b;", |a: u64, n: u32| if n > 63 { 0 } else { a >> n });
    check2("shr.s16 %d, %a, %b;", |a: i16, n: u32| a >> n.min(15));
    check2("shr.s32 %d, %a, %b;", |a: i32, n: u32| a >> n.min(31));
    check2("shr.s64 %d, %a, %b;", |a: i64, n: u32| a >> n.min(63));
    let pair = |low: u32, high: u32| u128::from(high) << 32 | u128::from(low);
    check3("shf.l.wrap.b32 %d, %a, %b, %c;", move |a, b, n: u32| ((pair(a, b) << (n % 32)) >> 32) as u32);
    check3("shf.l.clamp.b32 %d, %a, %b, %c;", move |a, b, n: u32| (pair(a, b) << n.min(32) >> 32) as u32);
    check3("shf.r.wrap.b32 %d, %a, %b, %c;", move |a, b, n: u32| (pair(a, b) >> (n % 32)) as u32);
    check3("shf.r.clamp.b32 %d, %a, %b, %c;", move |a, b, n: u32| (pair(a, b) >> n.min(32)) as u32);
}

/// Fields of bits, bit by bit as the manual has it.
#[test]
fn fields() {
    fn field(a: u64, position: u32, length: u32, width: u32, signed: bool) -> u64 {
        let (position, length) = (position & 255, length & 255);
        let last = (position + length).wrapping_sub(1).min(width - 1);
        let fill = signed && length > 0 && a >> last & 1 == 1;
        let mut result = 0;
        for k in 0..width {
            let inside = k < length && position + k < width;
            let set = if inside { a >> (position + k) & 1 == 1 } else { fill };
            result |= u64::from(set) << k;
        }
        result
    }
    check3("bfe.u32 %d, %a, %b, %c;", |a: u32, p, n| field(a.into(), p, n, 32, false) as u32);
    check3("bfe.s32 %d, %a, %b, %c;", |a: u32, p, n| field(a.into(), p, n, 32, true) as i32);
    check3("bfe.u64 %d, %a, %b, %c;", |a: u64, p, n| field(a, p, n, 64, false));
    check3("bfe.s64 %d, %a, %b, %c;", |a: u64, p, n| field(a, p, n, 64, true));
    check4("bfi.b32 %d, %a, %b, %c, %e;", |a: u32, mut b: u32, p: u32, n: u32| {
        for k in 0..n & 255 {
            let place = (p & 255) + k;
            if place < 32 && k < 32 {
                b = b & !(1 << place) | (a >> k & 1) << place;
            }
        }
        b
    });
    check4("bfi.b64 %d, %a, %b, %c, %e;", |a: u64, mut b: u64, p: u32, n: u32| {
        for k in 0..n & 255 {
            let place = (p & 255) + k;
            if place < 64 && k < 64 {
                b = b & !(1 << place) | (a >> k & 1) << place;
            }
        }
        b
    });
    check3("prmt.b32 %d, %a, %b, %c;", |a: u32, b: u32, selector: u32| {
        let bytes: Vec<u8> = a.to_le_bytes().into_iter().chain(b.to_le_bytes()).collect();
        let byte = |k: u32| {
            let nibble = selector >> (4 * k) & 15;
            let byte = bytes[nibble as usize & 7];
            if nibble < 8 {
                byte
            } else if byte < 128 {
                0
            } else {
                255
            }
        };
        u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)])
    });
}

#[test]
fn comparisons() {
    check2("setp.eq.b16 %d, %a, %b;", |a: u16, b: u16| a == b);
    check2("setp.ne.s64 %d, %a, %b;", |a: i64, b: i64| a != b);
    check2("setp.lt.s32 %d, %a, %b;", |a: i32, b: i32| a < b);
    check2("setp.lt.u32 %d, %a, %b;", |a: u32, b: u32| a < b);
    check2("setp.le.s16 %d, %a, %b;", |a: i16, b: i16| a <= b);
    check2("setp.gt.u64 %d, %a, %b;", |a: u64, b: u64| a > b);
    check2("setp.ge.s64 %d, %a, %b;", |a: i64, b: i64| a >= b);
    check2("setp.lo.u32 %d, %a, %b;", |a: u32, b: u32| a < b);
    check2("setp.ls.u32 %d, %a, %b;", |a: u32, b: u32| a <= b);
    check2("setp.hi.u64 %d, %a, %b;", |a: u64, b: u64| a > b);
    check2("setp.hs.u16 %d, %a, %b;", |a: u16, b: u16| a >= b);
    check3("setp.lt.and.s32 %d, %a, %b, %c;", |a: i32, b: i32, c: bool| a < b && c);
    check3("setp.lt.or.s32 %d, %a, %b, !%c;", |a: i32, b: i32, c: bool| a < b || !c);
    check3("setp.lt.xor.s32 %d, %a, %b, %c;", |a: i32, b: i32, c: bool| (a < b) != c);
    check2(".reg .pred %q; setp.lt.s32 %q|%d, %a, %b;", |a: i32, b: i32| a >= b);
    // the second result is the opposite of the comparison, combined
    check3(".reg .pred %q; setp.lt.and.s32 %q|%d, %a, %b, %c;", |a: i32, b: i32, c: bool| a >= b && c);
    check3("setp.lt.and.s32 %c, %a, %b, %c; mov.pred %d, %c;", |a: i32, b: i32, c: bool| a < b && c);
    check2("set.lt.u32.s32 %d, %a, %b;", |a: i32, b: i32| if a < b { u32::MAX } else { 0 });
    check3("set.ge.and.f32.u64 %d, %a, %b, %c;", |a: u64, b: u64, c: bool| if a >= b && c { 1f32 } else { 0.0 });
    check3("selp.b32 %d, %a, %b, %c;", |a: u32, b: u32, c: bool| if c { a } else { b });
    check3("selp.b64 %d, %a, %b, !%c;", |a: u64, b: u64, c: bool| if c { b } else { a });
    check3("slct.u64.s32 %d, %a, %b, %c;", |a: u64, b: u64, c: i32| if c >= 0 { a } else { b });
    check3("slct.b32.f32 %d, %a, %b, %c;", |a: u32, b: u32, c: f32| if c >= 0.0 { a } else { b });
}

#[test]
fn predicates_guard() {
    let less = ".reg .pred %p; setp.lt.u32 %p, %a, %b;";
    check2(&format!("{less} mov.b32 %d, %a; @%p mov.b32 %d, %b;"), |a: u32, b: u32| a.max(b));
    check2(&format!("{less} mov.b32 %d, %b; @!%p mov.b32 %d, %a;"), |a: u32, b: u32| a.max(b));
    check2(&format!("{less} mov.b32 %d, %b; @%p bra done; mov.b32 %d, %a; done:"), |a: u32, b: u32| a.max(b));
}

#[test]
fn parts() {
    check2("mov.b64 %d, {%a, %b};", |a: u32, b: u32| u64::from(b) << 32 | u64::from(a));
    check2("mov.b32 %d, {%a, %b};", |a: u16, b: u16| u32::from(b) << 16 | u32::from(a));
    check4("mov.b64 %d, {%a, %b, %c, %e};", |a: u16, b: u16, c: u16, e: u16| {
        [a, b, c, e].iter().rev().fold(0u64, |v, part| v << 16 | u64::from(*part))
    });
    check1("mov.b64 {_, %d}, %a;", |a: u64| (a >> 32) as u32);
    check1("mov.b32 {%d, _}, %a;", |a: u32| a as u16);
    // names in braces are forgotten behind them
    check1("{ .reg .b32 %d; mov.b32 %d, 7; } add.u32 %d, %a, 1;", |a: u32| a.wrapping_add(1));
}
