//! Machine code as objdump prints it: functions, their loops, and the shortest way through a turn of one.

use std::collections::HashMap;

use crate::ports::Counts;

/// A function's name, and its instructions.
pub struct Function<'a> {
    pub name: &'a str,
    code: Vec<Instruction<'a>>,
}

struct Instruction<'a> {
    address: u64,
    name: &'a str,
    operands: &'a str,
}

/// The functions of a program.
pub fn functions(text: &str) -> impl Iterator<Item = Function<'_>> {
    text.split("\n\n").filter_map(|function| {
        let mut lines = function.trim_start().lines();
        let name = lines.next()?.split_once(" <")?.1.strip_suffix(">:")?;
        Some(Function { name, code: lines.filter_map(Instruction::of).collect() })
    })
}

impl<'a> Instruction<'a> {
    /// That of a line like `  23600:  jne    234b0 <…>`.
    fn of(line: &'a str) -> Option<Self> {
        let (address, rest) = line.trim_start().split_once(":\t")?;
        let (name, operands) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let operands = operands.split(" #").next().unwrap_or_default().trim();
        Some(Instruction { address: u64::from_str_radix(address, 16).ok()?, name, operands })
    }

    /// Where a jump goes.
    fn target(&self) -> Option<u64> {
        let place = self.operands.split_whitespace().next()?;
        self.name.starts_with('j').then(|| u64::from_str_radix(place, 16).ok())?
    }

    /// Whether the next instruction may follow.
    fn falls_through(&self) -> bool {
        !self.name.starts_with("jmp") && !self.name.starts_with("ret") && self.name != "ud2"
    }
}

impl Function<'_> {
    /// What a turn of the loop over columns consists of: of the outermost loops the one with the most instructions on vectors. It goes the
    /// shortest way through all loops within that can be on one way: what happens in all turns, and nothing of what is rare. It takes
    /// so many turns of these loops as `turns` says of what they consist of.
    pub fn turn(&self, turns: impl Fn(&Counts) -> f64) -> Option<Counts> {
        let flow = Flow::of(&self.code);
        let outermost =
            flow.loops.iter().filter(|l| !flow.loops.iter().any(|other| other.head != l.head && other.has[l.head]));
        let counts = outermost.filter_map(|l| flow.turn(l, &self.code, &turns));
        counts.max_by(|a, b| a.arithmetic().total_cmp(&b.arithmetic()))
    }
}

/// Which instruction may follow which, and the loops that this makes.
struct Flow {
    next: Vec<Vec<usize>>,
    loops: Vec<Loop>,
}

/// A natural loop: the instructions from which its first one is reached again, without another way in.
struct Loop {
    head: usize,
    has: Vec<bool>,
}

impl Flow {
    fn of(code: &[Instruction<'_>]) -> Self {
        let places: HashMap<u64, usize> = code.iter().enumerate().map(|(k, at)| (at.address, k)).collect();
        let follow = |(k, instruction): (usize, &Instruction<'_>)| {
            let through = Some(k + 1).filter(|next| instruction.falls_through() && *next < code.len());
            let jump = instruction.target().and_then(|target| places.get(&target)).copied();
            jump.into_iter().chain(through).collect()
        };
        let mut flow = Flow { next: code.iter().enumerate().map(follow).collect(), loops: Vec::new() };
        let before = flow.before();
        // one comes to a head from outside and from within
        let heads = (0..code.len()).filter(|head| before[*head].len() > 1).map(|head| (head, flow.only_through(head)));
        let loops = heads.filter_map(|(head, behind)| {
            let latches: Vec<_> = before[head].iter().copied().filter(|k| behind[*k]).collect();
            (!latches.is_empty()).then(|| Loop::of(head, latches, &before))
        });
        flow.loops = loops.collect();
        flow
    }

    /// Which instructions come directly before each.
    fn before(&self) -> Vec<Vec<usize>> {
        let mut before = vec![Vec::new(); self.next.len()];
        for (k, next) in self.next.iter().enumerate() {
            next.iter().for_each(|next| before[*next].push(k));
        }
        before
    }

    /// The instructions that are reached through this one alone.
    fn only_through(&self, head: usize) -> Vec<bool> {
        let reached = |without: Option<usize>| {
            let (mut seen, mut left) = (vec![false; self.next.len()], vec![0]);
            while let Some(k) = left.pop() {
                if Some(k) != without && !std::mem::replace(&mut seen[k], true) {
                    left.extend(&self.next[k]);
                }
            }
            seen
        };
        reached(None).iter().zip(reached(Some(head))).map(|(all, without)| *all && !without).collect()
    }

    fn turn(&self, of: &Loop, code: &[Instruction<'_>], turns: &impl Fn(&Counts) -> f64) -> Option<Counts> {
        // the loops directly within it
        let within = |l: &&Loop| l.head != of.head && of.has[l.head];
        let inner: Vec<_> = self.loops.iter().filter(within).collect();
        let inner: Vec<_> =
            inner.iter().filter(|l| !inner.iter().any(|other| other.head != l.head && other.has[l.head])).collect();
        // from the end of a turn backwards: how long the way is, where a loop makes it shorter, and the next instruction
        let mut ways: HashMap<usize, (isize, usize)> = HashMap::new();
        loop {
            let mut shorter = false;
            for k in (0..code.len()).rev().filter(|k| of.has[*k]) {
                let (length, next): (isize, Vec<usize>) = match inner.iter().find(|l| l.has[k]) {
                    Some(l) if l.head == k => (-(code.len() as isize), self.exits(l).collect()),
                    Some(_) => continue,
                    None => (1, self.next[k].clone()),
                };
                let left = |next: usize| if next == of.head { Some(0) } else { ways.get(&next).map(|(left, _)| *left) };
                let way = next.into_iter().filter_map(|next| Some((left(next)? + length, next))).min();
                if let Some(way) = way.filter(|way| ways.get(&k).is_none_or(|found| way.0 < found.0)) {
                    ways.insert(k, way);
                    shorter = true;
                }
            }
            if !shorter {
                break;
            }
        }
        let (mut counts, mut k) = (Counts::default(), of.head);
        loop {
            counts = counts
                + match inner.iter().find(|l| l.head == k) {
                    Some(l) => {
                        let counts = self.turn(l, code, turns)?;
                        counts * turns(&counts)
                    }
                    None => Counts::of(code[k].name, code[k].operands),
                };
            k = ways.get(&k)?.1;
            if k == of.head {
                return Some(counts);
            }
        }
    }

    /// Where one may be after a loop.
    fn exits(&self, l: &Loop) -> impl Iterator<Item = usize> {
        (0..l.has.len()).filter(|k| l.has[*k]).flat_map(|k| &self.next[k]).copied().filter(|next| !l.has[*next])
    }
}

impl Loop {
    fn of(head: usize, latches: Vec<usize>, before: &[Vec<usize>]) -> Self {
        let (mut has, mut left) = (vec![false; before.len()], latches);
        has[head] = true;
        while let Some(k) = left.pop() {
            if !std::mem::replace(&mut has[k], true) {
                left.extend(&before[k]);
            }
        }
        Loop { head, has }
    }
}
