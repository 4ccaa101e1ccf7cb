//! Integers and bits.

use super::{F1, F2, F3, F4, Raw};
use crate::types::Type;

/// A function for each width and sign: `T` is the integer, `W` twice as wide.
macro_rules! of_type {
    (# $F:ty, [$($a:ident: $A:ty),+], $body:expr, $t:ty, $w:ty) => {{
        #[allow(dead_code, reason = "not every function wants both")]
        type T = $t;
        #[allow(dead_code, reason = "not every function wants both")]
        type W = $w;
        let f: $F = |$($a: u64),+| {
            $(let $a = $a as $A;)+
            Raw::raw($body)
        };
        Some(f)
    }};
    ($ty:expr, $F:ty, |$($a:ident: $A:ty),+| $body:expr) => {
        of_type!(@ $ty, $F, [$($a: $A),+], $body,
            (B16 U16, u16, u128), (S16, i16, i128), (B32 U32, u32, u128), (S32, i32, i128), (B64 U64, u64, u128),
            (S64, i64, i128))
    };
    (@ $ty:expr, $F:ty, $args:tt, $body:expr, $(($($name:ident)+, $t:ty, $w:ty)),+) => {
        match $ty {
            $($(Type::$name)|+ => of_type!(# $F, $args, $body, $t, $w),)+
            _ => None,
        }
    };
}

/// Types that arithmetic takes: not those of bare bits.
fn numbers(ty: Type) -> Option<Type> {
    matches!(ty, Type::U16 | Type::U32 | Type::U64 | Type::S16 | Type::S32 | Type::S64).then_some(ty)
}

/// Types of bare bits.
fn bits(ty: Type) -> Option<Type> {
    matches!(ty, Type::B16 | Type::B32 | Type::B64).then_some(ty)
}

pub(crate) fn unary(name: &str, ty: Type) -> Option<F1> {
    match name {
        "neg" => of_type!(numbers(ty)?, F1, |a: T| a.wrapping_neg()),
        "abs" => match ty {
            Type::S16 => Some(|a| (a as i16).wrapping_abs().raw()),
            Type::S32 => Some(|a| (a as i32).wrapping_abs().raw()),
            Type::S64 => Some(|a| (a as i64).wrapping_abs().raw()),
            _ => None,
        },
        "not" if ty == Type::Pred => Some(|a| a ^ 1),
        "not" => of_type!(bits(ty)?, F1, |a: T| !a),
        "cnot" => of_type!(bits(ty)?, F1, |a: T| T::from(a == 0)),
        "brev" => of_type!(bits(ty)?, F1, |a: T| a.reverse_bits()),
        "popc" => of_type!(bits(ty)?, F1, |a: T| a.count_ones()),
        "clz" => of_type!(bits(ty)?, F1, |a: T| a.leading_zeros()),
        "bfind" => find(ty, false),
        "bfind.shiftamt" => find(ty, true),
        _ => None,
    }
}

/// The place of the highest bit that is not the sign; how far it would have to be shifted to the top.
fn find(ty: Type, shift_amount: bool) -> Option<F1> {
    fn highest(bits: u64) -> u32 {
        if bits == 0 { u32::MAX } else { 63 - bits.leading_zeros() }
    }
    macro_rules! find {
        ($t:ty) => {{
            let plain: F1 = |a| {
                let a = a as $t as i128;
                highest(if a < 0 { !a as u64 } else { a as u64 }).raw()
            };
            let amount: F1 = |a| {
                let a = a as $t as i128;
                match highest(if a < 0 { !a as u64 } else { a as u64 }) {
                    u32::MAX => u32::MAX.raw(),
                    place => (<$t>::BITS - 1 - place).raw(),
                }
            };
            Some(if shift_amount { amount } else { plain })
        }};
    }
    match ty {
        Type::U32 => find!(u32),
        Type::U64 => find!(u64),
        Type::S32 => find!(i32),
        Type::S64 => find!(i64),
        _ => None,
    }
}

pub(crate) fn binary(name: &str, ty: Type) -> Option<F2> {
    match name {
        "add" => of_type!(numbers(ty)?, F2, |a: T, b: T| a.wrapping_add(b)),
        "sub" => of_type!(numbers(ty)?, F2, |a: T, b: T| a.wrapping_sub(b)),
        "add.sat" if ty == Type::S32 => Some(|a, b| (a as i32).saturating_add(b as i32).raw()),
        "sub.sat" if ty == Type::S32 => Some(|a, b| (a as i32).saturating_sub(b as i32).raw()),
        "mul.lo" => of_type!(numbers(ty)?, F2, |a: T, b: T| a.wrapping_mul(b)),
        "mul.hi" => of_type!(numbers(ty)?, F2, |a: T, b: T| ((W::from(a) * W::from(b)) >> T::BITS) as T),
        "mul.wide" => match ty {
            Type::U16 => Some(|a, b| (a as u16 as u32 * b as u16 as u32).raw()),
            Type::S16 => Some(|a, b| (a as i16 as i32 * b as i16 as i32).raw()),
            Type::U32 => Some(|a, b| (a as u32 as u64 * b as u32 as u64).raw()),
            Type::S32 => Some(|a, b| (a as i32 as i64 * b as i32 as i64).raw()),
            _ => None,
        },
        "min" => of_type!(numbers(ty)?, F2, |a: T, b: T| a.min(b)),
        "max" => of_type!(numbers(ty)?, F2, |a: T, b: T| a.max(b)),
        "and" if ty == Type::Pred => Some(|a, b| a & b),
        "or" if ty == Type::Pred => Some(|a, b| a | b),
        "xor" if ty == Type::Pred => Some(|a, b| a ^ b),
        "and" => of_type!(bits(ty)?, F2, |a: T, b: T| a & b),
        "or" => of_type!(bits(ty)?, F2, |a: T, b: T| a | b),
        "xor" => of_type!(bits(ty)?, F2, |a: T, b: T| a ^ b),
        "shl" => of_type!(bits(ty)?, F2, |a: T, n: u32| a.checked_shl(n).unwrap_or(0)),
        // twice, so that no bit but copies of the sign is left
        "shr" => of_type!(ty, F2, |a: T, n: u32| a.checked_shr(n).unwrap_or(a >> (T::BITS - 1) >> 1)),
        // what atomic updates compute: wraps around at b
        "atom.inc" if ty == Type::U32 => Some(|a, b| if a as u32 >= b as u32 { 0 } else { (a as u32 + 1).raw() }),
        "atom.dec" if ty == Type::U32 => Some(|a, b| match a as u32 {
            a if a == 0 || a > b as u32 => (b as u32).raw(),
            a => (a - 1).raw(),
        }),
        _ => None,
    }
}

/// Quotient and remainder; none for a division by zero.
pub(crate) fn divide(name: &str, ty: Type) -> Option<fn(u64, u64) -> Option<u64>> {
    macro_rules! divide {
        ($t:ty, $by:ident) => {
            Some(|a, b| if b as $t == 0 { None } else { Some((a as $t).$by(b as $t).raw()) })
        };
    }
    match (name, ty) {
        ("div", Type::U16) => divide!(u16, wrapping_div),
        ("div", Type::U32) => divide!(u32, wrapping_div),
        ("div", Type::U64) => divide!(u64, wrapping_div),
        ("div", Type::S16) => divide!(i16, wrapping_div),
        ("div", Type::S32) => divide!(i32, wrapping_div),
        ("div", Type::S64) => divide!(i64, wrapping_div),
        ("rem", Type::U16) => divide!(u16, wrapping_rem),
        ("rem", Type::U32) => divide!(u32, wrapping_rem),
        ("rem", Type::U64) => divide!(u64, wrapping_rem),
        ("rem", Type::S16) => divide!(i16, wrapping_rem),
        ("rem", Type::S32) => divide!(i32, wrapping_rem),
        ("rem", Type::S64) => divide!(i64, wrapping_rem),
        _ => None,
    }
}

/// Addition and subtraction with a carry (a borrow) from below, and to above.
pub(crate) type Carry = fn(u64, u64, bool) -> (u64, bool);

pub(crate) fn carry(name: &str, ty: Type) -> Option<Carry> {
    let wide = match ty {
        Type::U32 | Type::S32 | Type::B32 => false,
        Type::U64 | Type::S64 | Type::B64 => true,
        _ => return None,
    };
    Some(match (name, wide) {
        ("add" | "addc", false) => |a, b, c| {
            let sum = (a as u32 as u64) + (b as u32 as u64) + u64::from(c);
            (sum as u32 as u64, sum >> 32 != 0)
        },
        ("add" | "addc", true) => |a, b, c| {
            let sum = u128::from(a) + u128::from(b) + u128::from(c);
            (sum as u64, sum >> 64 != 0)
        },
        ("sub" | "subc", false) => |a, b, c| {
            let difference = (a as u32 as i64) - (b as u32 as i64) - i64::from(c);
            ((difference as u32).into(), difference < 0)
        },
        ("sub" | "subc", true) => |a, b, c| {
            let difference = i128::from(a) - i128::from(b) - i128::from(c);
            (difference as u64, difference < 0)
        },
        _ => return None,
    })
}

pub(crate) fn ternary(name: &str, ty: Type) -> Option<F3> {
    match name {
        "mad.lo" => of_type!(numbers(ty)?, F3, |a: T, b: T, c: T| a.wrapping_mul(b).wrapping_add(c)),
        "mad.hi" => of_type!(numbers(ty)?, F3, |a: T, b: T, c: T| {
            (((W::from(a) * W::from(b)) >> T::BITS) as T).wrapping_add(c)
        }),
        "mad.wide" => match ty {
            Type::U16 => Some(|a, b, c| (a as u16 as u32 * b as u16 as u32).wrapping_add(c as u32).raw()),
            Type::S16 => Some(|a, b, c| (a as i16 as i32 * b as i16 as i32).wrapping_add(c as i32).raw()),
            Type::U32 => Some(|a, b, c| (a as u32 as u64 * b as u32 as u64).wrapping_add(c).raw()),
            Type::S32 => Some(|a, b, c| (a as i32 as i64 * b as i32 as i64).wrapping_add(c as i64).raw()),
            _ => None,
        },
        "sad" => of_type!(numbers(ty)?, F3, |a: T, b: T, c: T| {
            (if a < b { b.wrapping_sub(a) } else { a.wrapping_sub(b) }).wrapping_add(c)
        }),
        "bfe" => match ty {
            Type::U32 => Some(|a, p, n| extract(a as u32 as u64, p, n, 32, false)),
            Type::U64 => Some(|a, p, n| extract(a, p, n, 64, false)),
            Type::S32 => Some(|a, p, n| extract(a as u32 as u64, p, n, 32, true)),
            Type::S64 => Some(|a, p, n| extract(a, p, n, 64, true)),
            _ => None,
        },
        "prmt" if ty == Type::B32 => Some(|a, b, selector| {
            let bytes = ((b as u32 as u64) << 32 | a as u32 as u64).to_le_bytes();
            let chosen = [0, 4, 8, 12].map(|shift| {
                let nibble = selector >> shift & 0xF;
                let byte = bytes[(nibble & 7) as usize];
                // the highest bit asks for the byte's sign in all of its bits
                if nibble & 8 == 0 { byte } else { ((byte as i8) >> 7) as u8 }
            });
            u32::from_le_bytes(chosen).raw()
        }),
        "shf.l.clamp" if ty == Type::B32 => Some(|a, b, n| funnel(a, b).wrapping_shl((n as u32).min(32)) >> 32),
        "shf.l.wrap" if ty == Type::B32 => Some(|a, b, n| funnel(a, b) << (n & 31) >> 32),
        "shf.r.clamp" if ty == Type::B32 => Some(|a, b, n| ((funnel(a, b) >> (n as u32).min(32)) as u32).raw()),
        "shf.r.wrap" if ty == Type::B32 => Some(|a, b, n| ((funnel(a, b) >> (n & 31)) as u32).raw()),
        _ => None,
    }
}

pub(crate) fn quaternary(name: &str, ty: Type) -> Option<F4> {
    match (name, ty) {
        ("bfi", Type::B32) => Some(|a, b, p, n| (insert(a, b, p, n, 32) as u32).raw()),
        ("bfi", Type::B64) => Some(|a, b, p, n| insert(a, b, p, n, 64)),
        ("lop3", Type::B32) => Some(|a, b, c, table| {
            let mut result = 0;
            for bit in 0..32 {
                let row = (a >> bit & 1) << 2 | (b >> bit & 1) << 1 | (c >> bit & 1);
                result |= (table >> row & 1) << bit;
            }
            result
        }),
        _ => None,
    }
}

fn funnel(low: u64, high: u64) -> u64 {
    (high as u32 as u64) << 32 | low as u32 as u64
}

/// `n` bits of `a` from place `p` on, extended by zeros or by their sign.
fn extract(a: u64, p: u64, n: u64, width: u64, signed: bool) -> u64 {
    let (p, n) = (p & 0xFF, n & 0xFF);
    let sign = if signed && n > 0 { a >> (p + n - 1).min(width - 1) & 1 } else { 0 };
    let bit = |k: u64| if k < n && p + k < width { a >> (p + k) & 1 } else { sign };
    (0..width).map(|k| bit(k) << k).sum()
}

/// `b` with its `n` bits from place `p` on taken from `a`.
fn insert(a: u64, b: u64, p: u64, n: u64, width: u64) -> u64 {
    let (p, n) = (p & 0xFF, n & 0xFF);
    let bit = |k: u64| if (p..p + n).contains(&k) { a >> (k - p) & 1 } else { b >> k & 1 };
    (0..width).map(|k| bit(k) << k).sum()
}

/// 1 where the comparison holds.
pub(crate) fn compare(name: &str, ty: Type) -> Option<F2> {
    if ty == Type::Pred {
        return match name {
            "eq" => Some(|a, b| (a == b).raw()),
            "ne" => Some(|a, b| (a != b).raw()),
            _ => None,
        };
    }
    match name {
        "eq" => of_type!(ty, F2, |a: T, b: T| a == b),
        "ne" => of_type!(ty, F2, |a: T, b: T| a != b),
        "lt" => of_type!(numbers(ty)?, F2, |a: T, b: T| a < b),
        "le" => of_type!(numbers(ty)?, F2, |a: T, b: T| a <= b),
        "gt" => of_type!(numbers(ty)?, F2, |a: T, b: T| a > b),
        "ge" => of_type!(numbers(ty)?, F2, |a: T, b: T| a >= b),
        "lo" => of_type!(unsigned(ty)?, F2, |a: T, b: T| a < b),
        "ls" => of_type!(unsigned(ty)?, F2, |a: T, b: T| a <= b),
        "hi" => of_type!(unsigned(ty)?, F2, |a: T, b: T| a > b),
        "hs" => of_type!(unsigned(ty)?, F2, |a: T, b: T| a >= b),
        _ => None,
    }
}

fn unsigned(ty: Type) -> Option<Type> {
    numbers(ty).filter(|ty| !ty.is_signed())
}
