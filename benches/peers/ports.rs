//! Kinds of instructions, and how many of them a processor's ports can take.

use std::iter::Sum;
use std::ops::{Add, Mul};

/// What an instruction counts as.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Of any kind: the others are not all there are, and loads may be operands of arithmetic.
    All,
    /// Products, with an addition or without.
    Multiply,
    /// Sums, differences, comparisons, minima, maxima, roundings, conversions.
    Add,
    /// Integers, logic, selections, tests.
    Logic,
    Divide,
    Root,
    /// What reads memory other than the stack.
    Load,
    /// What reads or writes the stack, where registers do not suffice.
    Stack,
}

impl Kind {
    pub const ALL: [(Kind, &str); 8] = [
        (Kind::All, "all"),
        (Kind::Multiply, "multiply"),
        (Kind::Add, "add"),
        (Kind::Logic, "logic"),
        (Kind::Divide, "divide"),
        (Kind::Root, "root"),
        (Kind::Load, "load"),
        (Kind::Stack, "stack"),
    ];
}

/// Names of instructions on vectors by how they start, without the `v` in front, and how many steps they take.
const STARTS: [(Kind, f64, &[&str]); 4] = [
    (Kind::Multiply, 1.0, &["fmadd", "fmsub", "fnmadd", "fnmsub", "mul", "scalef"]),
    (
        Kind::Add,
        1.0,
        &["add", "sub", "cmp", "min", "max", "round", "rndscale", "cvt", "range", "reduce", "ucomi", "comi"],
    ),
    (Kind::Divide, 1.0, &["div"]),
    (Kind::Root, 1.0, &["sqrt"]),
];

/// Those of AVX-512 that AMD's Zen 4 has other ports for: masks are made where products are, and who
/// scales keeps what adds busy twice.
const WIDE: [(Kind, f64, &[&str]); 3] = [
    (Kind::Multiply, 1.0, &["cmp", "pcmp", "fpclass", "ptest", "rsqrt14", "rcp14"]),
    (Kind::Add, 1.0, &["psll", "psra", "psrl"]),
    (Kind::Add, 2.0, &["scalef", "reduce"]),
];

/// How many instructions of each kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts([f64; Kind::ALL.len()]);

impl Counts {
    /// Those of one instruction, in the syntax of objdump.
    pub fn of(name: &str, operands: &str) -> Self {
        let mut counts = Counts::default();
        let mut count = |kind, steps| counts.0[kind as usize] = steps;
        count(Kind::All, 1.0);
        let (memory, stack) = (operands.contains('('), operands.contains("(%rsp") || operands.contains("(%rbp"));
        let vectors = ["%xmm", "%ymm", "%zmm", "%k"].iter().any(|register| operands.contains(register));
        if vectors && stack {
            count(Kind::Stack, 1.0);
        } else if vectors && memory && !operands.ends_with(')') {
            count(Kind::Load, 1.0);
        }
        let bare = name.strip_prefix('v').unwrap_or(name);
        // with SSE2 one number is spread over a vector by shuffling
        let copies = ["mov", "broadcast", "kmov", "shuf", "unpck"].iter().any(|start| bare.starts_with(start));
        let copies = copies && !bare.starts_with("movmsk");
        let nothing = bare.starts_with("zero") || bare.starts_with("xor") && same(operands);
        if vectors && !copies && !nothing {
            let wide = WIDE.iter().filter(|_| operands.contains("%zmm"));
            let found = wide.chain(&STARTS).find(|(.., starts)| starts.iter().any(|start| bare.starts_with(start)));
            let (kind, steps) = found.map_or((Kind::Logic, 1.0), |(kind, steps, _)| (*kind, *steps));
            count(kind, steps);
        }
        counts
    }

    /// So many products, and nothing else.
    pub fn products(count: usize) -> Self {
        let mut counts = Counts::default();
        [Kind::All, Kind::Multiply].iter().for_each(|kind| counts.0[*kind as usize] = count as f64);
        counts
    }

    pub fn get(&self, kind: Kind) -> f64 {
        self.0[kind as usize]
    }

    /// How many compute with vectors.
    pub fn arithmetic(&self) -> f64 {
        [Kind::Multiply, Kind::Add, Kind::Logic, Kind::Divide, Kind::Root].iter().map(|kind| self.get(*kind)).sum()
    }

    /// The least number of clocks that these take, on a core like AMD's Zen 3, of which the rates were measured: in a clock two that
    /// multiply, two that add, 3.1 on vectors of any kind that is no load, and a division or a root every 3.4 or 5 clocks. Loads and
    /// copies are free, and so is all that waits for something.
    pub fn clocks(&self) -> f64 {
        let [multiply, add] = [Kind::Multiply, Kind::Add].map(|kind| self.get(kind));
        let divider = 3.4 * self.get(Kind::Divide) + 5.0 * self.get(Kind::Root);
        [multiply / 2.0, add / 2.0, self.arithmetic() / 3.1, divider].into_iter().fold(0.0, f64::max)
    }
}

/// Whether all registers are one: then the instruction makes a 0, which costs nothing.
fn same(operands: &str) -> bool {
    let mut registers = operands.split(',');
    let first = registers.next();
    registers.all(|register| Some(register) == first)
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts(std::array::from_fn(|k| self.0[k] + other.0[k]))
    }
}

impl Mul<f64> for Counts {
    type Output = Counts;

    fn mul(self, times: f64) -> Counts {
        Counts(self.0.map(|count| count * times))
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(counts: I) -> Counts {
        counts.fold(Counts::default(), Add::add)
    }
}
