//! Every instruction on random operands and on those at the edges, next to what it should compute, in plain Rust.
#![allow(clippy::unwrap_used, reason = "a test")]

mod convert;
mod float;
mod integer;
mod memory;
mod together;

use std::fmt::Debug;

use keops_ptx_interpreter::{Memory, Module};

/// What stands in a register.
trait Operand: Copy + Debug {
    /// The type of the register.
    const REGISTER: &'static str;
    fn from_bits(bits: u64) -> Self;
    fn to_bits(self) -> u64;
    /// A number at an edge, or any number.
    fn draw(random: &mut fastrand::Rng) -> Self;
    fn same(self, other: Self) -> bool {
        self.to_bits() == other.to_bits()
    }
}

macro_rules! integer {
    ($($t:ident $unsigned:ident $register:literal;)*) => {$(
        impl Operand for $t {
            const REGISTER: &'static str = $register;
            fn from_bits(bits: u64) -> Self {
                bits as $t
            }
            fn to_bits(self) -> u64 {
                u64::from(self as $unsigned)
            }
            fn draw(random: &mut fastrand::Rng) -> Self {
                let edges = [0, 1, 2, 7, 31, 32, 33, 63, 64, 255, u64::MAX, $t::MAX as u64, $t::MIN as u64];
                match random.u32(..3) {
                    0 => random.choice(edges).unwrap() as $t,
                    1 => (random.u64(..) >> random.u32(..64)) as $t,
                    _ => random.u64(..) as $t,
                }
            }
        }
    )*};
}
integer! {
    u16 u16 "b16";
    u32 u32 "b32";
    u64 u64 "b64";
    i16 u16 "b16";
    i32 u32 "b32";
    i64 u64 "b64";
}

macro_rules! float {
    ($($t:ident $bits:ident $register:literal;)*) => {$(
        impl Operand for $t {
            const REGISTER: &'static str = $register;
            fn from_bits(bits: u64) -> Self {
                $t::from_bits(bits as $bits)
            }
            fn to_bits(self) -> u64 {
                $t::to_bits(self).into()
            }
            fn draw(random: &mut fastrand::Rng) -> Self {
                let edges = [
                    0.0, 0.0, 0.0, 0.5, 1.0, 1.5, 2.5, $t::INFINITY, $t::NAN, $t::MAX, $t::MIN_POSITIVE, $t::MIN_POSITIVE / 4.0,
                    $t::EPSILON, 1.0 + $t::EPSILON, 32767.5, 2147483648.0, 4294967296.0, 9.3e18, 1.9e19, $t::from_bits(1),
                ];
                let v = match random.u32(..6) {
                    0..3 => random.choice(edges).unwrap(),
                    3 => (random.f64() * 4.0) as $t,
                    4 => (random.f64() * 1e6).floor() as $t / 2.0,
                    _ => $t::from_bits(random.u64(..) as $bits),
                };
                if random.bool() { v } else { -v }
            }
            /// All NaN are the same.
            fn same(self, other: Self) -> bool {
                self.to_bits() == other.to_bits() || self.is_nan() && other.is_nan()
            }
        }
    )*};
}
float! { f32 u32 "f32"; f64 u64 "f64"; }

impl Operand for bool {
    const REGISTER: &'static str = "pred";
    fn from_bits(bits: u64) -> Self {
        bits & 1 == 1
    }
    fn to_bits(self) -> u64 {
        self.into()
    }
    fn draw(random: &mut fastrand::Rng) -> Self {
        random.bool()
    }
}

/// How many operands are drawn.
const COUNT: usize = 400;
const BLOCK: usize = 64;

/// A kernel in which each thread executes instructions on its own operands, `%a` and so on, for one result, `%d`.
fn program(instructions: &str, result: &str, sources: &[&str]) -> String {
    let width = |register: &str| if register == "pred" { 64 } else { register[1..].parse::<u32>().unwrap() };
    let mut body = String::new();
    for (k, (register, name)) in sources.iter().zip("abce".chars()).enumerate() {
        let (at, width) = (8 * k, width(register));
        body += &match *register {
            "pred" => format!(
                ".reg .pred %{name}; ld.global.b64 %t, [%in+{at}]; and.b64 %t, %t, 1; setp.ne.b64 %{name}, %t, 0;\n"
            ),
            _ => format!(".reg .{register} %{name}; ld.global.b{width} %{name}, [%in+{at}];\n"),
        };
    }
    let store = match result {
        "pred" => "selp.b64 %t, 1, 0, %d; st.global.b64 [%out], %t;".into(),
        _ => format!("st.global.b{} [%out], %d;", width(result)),
    };
    let stride = 8 * sources.len();
    format!(
        ".version 8.0\n.target sm_90\n.address_size 64\n\
         .visible .entry test(.param .u64 in, .param .u64 out) {{\n\
         .reg .b64 %in, %out, %t; .reg .b32 %n, %size, %block; .reg .{result} %d;\n\
         mov.u32 %n, %tid.x; mov.u32 %size, %ntid.x; mov.u32 %block, %ctaid.x; mad.lo.u32 %n, %block, %size, %n;\n\
         ld.param.u64 %in, [in]; ld.param.u64 %out, [out];\n\
         mad.wide.u32 %in, %n, {stride}, %in; mad.wide.u32 %out, %n, 8, %out;\n\
         {body}{instructions}\n{store}\nret;\n}}\n"
    )
}

/// Runs instructions on the operands of each row.
fn run(instructions: &str, result: &str, sources: &[&str], rows: &[Vec<u64>]) -> Vec<u64> {
    let text = program(instructions, result, sources);
    let module = Module::parse(&text).unwrap_or_else(|e| panic!("{instructions}: {e}\n{text}"));
    let mut memory = Memory::new();
    let blocks = rows.len().div_ceil(BLOCK);
    let mut operands = rows.concat();
    operands.resize(blocks * BLOCK * sources.len(), 0);
    let (input, out) = (memory.allocate("in", &operands), memory.allocate("out", &vec![0u64; blocks * BLOCK]));
    let (grid, block) = ([blocks as u32, 1, 1], [BLOCK as u32, 1, 1]);
    let launched = module.launch("test", grid, block, 0, &[input.into(), out.into()], &mut memory);
    launched.unwrap_or_else(|fault| panic!("{instructions}: {fault}"));
    memory.read(out).unwrap()
}

macro_rules! check {
    ($name:ident, $($A:ident $a:ident),+) => {
        /// What the instructions compute must be what the function does.
        #[track_caller]
        #[allow(non_snake_case, reason = "one name for a type and its value")]
        fn $name<$($A: Operand,)+ D: Operand>(instructions: &str, twin: impl Fn($($A),+) -> D) {
            let mut random = fastrand::Rng::with_seed(instructions.bytes().map(u64::from).sum());
            let rows: Vec<($($A,)+)> = (0..COUNT).map(|_| ($($A::draw(&mut random),)+)).collect();
            let bits: Vec<Vec<u64>> = rows.iter().map(|($($a,)+)| vec![$($a.to_bits()),+]).collect();
            let results = run(instructions, D::REGISTER, &[$($A::REGISTER),+], &bits);
            for (row, result) in rows.iter().zip(results) {
                let ($($a,)+) = *row;
                let (found, expected) = (D::from_bits(result), twin($($a),+));
                assert!(found.same(expected), "{instructions} {row:?}: {found:?}, expected {expected:?}");
            }
        }
    };
}
check!(check1, A a);
check!(check2, A a, B b);
check!(check3, A a, B b, C c);
check!(check4, A a, B b, C c, E e);

/// The message of the parser that refuses these instructions.
fn refusal(instructions: &str) -> String {
    let text = program(instructions, "b32", &["b32", "b32"]);
    Module::parse(&text).expect_err(instructions).to_string()
}

#[test]
fn what_is_not_known_is_refused() {
    for instructions in [
        "dp4a.u32.u32 %d, %a, %b, %a;",
        "add.rz.f32 %d, %a, %b;",
        "fma.rm.ftz.f32 %d, %a, %b, %a;",
        "min.xorsign.abs.f32 %d, %a, %b;",
        "bar.arrive 0, 64;",
        "ld.global.v8.b32 %d, [%in];",
        "prmt.b32.f4e %d, %a, %b, %a;",
        "mad.lo.cc.u32 %d, %a, %b, %a;",
        "shfl.up.b32 %d, %a, 1, 0;",
        "tex.2d.v4.f32.f32 %d, %a;",
        "frobnicate.u32 %d, %a;",
        "add.u32.wide %d, %a, %b;",
        "mul.rn.f32x2 %d, %a, %b;",
        "add %d, %a, %b;",
    ] {
        let message = refusal(instructions);
        let opcode = instructions.split(' ').next().unwrap();
        assert!(message.starts_with(&format!("line 11: `{opcode}`: ")), "{instructions}: {message}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (instructions, expected) in [
        ("add.u64 %d, %a, %b;", "`%a` has 32 bits, where 64 are wanted"),
        ("add.u32 %d, %a;", "2 operands, where 3 are wanted"),
        ("add.u32 %d, %a, %missing;", "`%missing` is not declared"),
        ("add.f32 %d, %a, 1;", "an integer where a floating-point number is wanted"),
        ("bra nowhere;", "there is no label `nowhere`"),
        ("twice: twice: mov.b32 %d, 0;", "the label `twice` stands twice"),
        ("ld.global.b32 %d, %in;", "an address is wanted"),
        ("ld.global.b64 %d, [%in];", "narrower than the value"),
        ("ld.shared.b32 %d, [in];", "`in` lies in parameter memory, not in shared memory"),
        ("mov.b32 %d, %nonsense;", "`%nonsense` is not declared"),
        ("call in;", "`in` is no function"),
        ("setp.lt.u32 %d, %a, %b;", "`%d` has 32 bits, where 1 are wanted"),
        ("mov.b32 %d, %a", "expected `,`"),
        (".reg .b32 %a;", "`%a` is declared twice"),
        ("mov.u64 %in, 0x;", "`0x` is not a number"),
        ("// a line, and a comment\n/* of\ntwo */ bra nowhere;", "line 13: there is no label `nowhere`"),
    ] {
        let message = refusal(instructions);
        assert!(message.contains(expected), "{instructions}: {message}");
    }
}
