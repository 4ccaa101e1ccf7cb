//! What the kernels compute, and what the test computes on the host: the same source.

#[inline(never)]
pub(crate) fn horner(x: f64) -> f64 {
    let coefficients = [0.25, -1.5, 3.0, 0.125, -7.0];
    let numerator = coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    numerator / (1.0 + x * x) - x.abs().clamp(0.5, 2.0)
}

/// Integers of 64 bits: division, shifts, products, counts.
pub(crate) fn mixed(x: u64, y: u64) -> u64 {
    let q = x / (y | 1);
    let r = (x as i64) % ((y as i64) | 1).max(2);
    let h = ((u128::from(x) * u128::from(y)) >> 64) as u64;
    let s = x.rotate_left((y & 63) as u32) ^ y.swap_bytes() ^ x.reverse_bits();
    let t = (x as i64 >> (y & 63)) as u64;
    q ^ (r as u64).wrapping_mul(3) ^ h ^ s ^ t ^ u64::from(x.leading_zeros() * 7 + y.count_ones() + y.trailing_zeros())
}

/// Integers of 16 and 8 bits, with their signs.
pub(crate) fn narrow(x: i16, y: i16) -> i64 {
    let bytes = i64::from(x as i8) * i64::from(y as u8);
    let sums = i64::from(x.wrapping_add(y)) - i64::from(x.saturating_sub(y)) + i64::from((x as u16) >> (y & 15));
    bytes + sums * 100_000 + i64::from(x.abs_diff(y)) + i64::from(x.wrapping_mul(y)) + i64::from(x < y)
}

/// Integers of 128 bits.
pub(crate) fn wide(x: u64, y: u64) -> u64 {
    let a = u128::from(x) << 64 | u128::from(y);
    let b = u128::from(y) << 32 | u128::from(x >> 7);
    let c = a.wrapping_add(b).wrapping_sub(b << 17);
    let d = (c as i128 >> 5) as u128;
    (d as u64) ^ ((d >> 64) as u64) ^ u64::from(c < a)
}

/// A jump table.
pub(crate) fn branches(x: u32) -> f32 {
    match x % 9 {
        0 => 1.5,
        1 => x as f32 * 0.5,
        2 => (x as f32).copysign(-1.0),
        3 => f32::from_bits(x),
        4 => -(x as i32 as f32),
        5 => (x as f64 / 3.0) as f32,
        6 => x.wrapping_pow(2) as u8 as f32,
        7 => f32::INFINITY,
        _ => x as u64 as f32 * 1e30,
    }
}

static PRIMES: [u32; 16] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53];

/// A table in memory.
pub(crate) fn prime(n: u32) -> u32 {
    PRIMES.get(n as usize % 20).copied().unwrap_or(u32::MAX)
}

/// Sorts on the stack.
pub(crate) fn sorted(x: u32) -> u32 {
    let mut v = [0; 12];
    for (k, v) in v.iter_mut().enumerate() {
        *v = x.wrapping_mul(2_654_435_761).rotate_left(k as u32 * 5) >> 20;
    }
    for k in 1..v.len() {
        let mut place = k;
        while place > 0 && v[place - 1] > v[place] {
            v.swap(place - 1, place);
            place -= 1;
        }
    }
    v[x as usize % 12] << 12 | v[0]
}

/// Conversions to integers.
pub(crate) fn saturating(x: f64) -> i64 {
    (x as i32 as i64) ^ (x as u64 as i64) ^ (x as f32 as i64) << 1 ^ (x as u8 as i64) << 40 ^ i64::from(x as f32 as i16)
}

/// Calls within calls.
#[inline(never)]
pub(crate) fn ackermann(m: u32, n: u32) -> u32 {
    match (m, n) {
        (0, n) => n + 1,
        (m, 0) => ackermann(m - 1, 1),
        (m, n) => ackermann(m - 1, ackermann(m, n - 1)),
    }
}

/// Calls by way of a table of functions.
pub(crate) trait Shape {
    fn area(&self) -> f32;
}

pub(crate) struct Square(pub(crate) f32);

pub(crate) struct Triangle {
    pub(crate) base: f32,
    pub(crate) height: f32,
}

impl Shape for Square {
    fn area(&self) -> f32 {
        self.0 * self.0
    }
}

impl Shape for Triangle {
    fn area(&self) -> f32 {
        self.base * self.height * 0.5
    }
}

#[inline(never)]
pub(crate) fn total(shapes: &[&dyn Shape]) -> f32 {
    shapes.iter().map(|shape| shape.area()).sum()
}
