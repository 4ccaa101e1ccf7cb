//! Which instruction set kernels run on.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512};
use crate::UnknownWord;

/// An instruction set that kernels are compiled for, the widest first.
///
/// It is also read from its word and written as one, that of the environment variable `KEOPS_ISA`:
///
/// ```
/// # use keops_runtime::Isa;
/// assert_eq!("avx2".parse(), Ok(Isa::Avx2));
/// assert_eq!(Isa::Baseline.to_string(), "baseline");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isa {
    /// AVX-512 with the extensions F, BW, CD, DQ and VL.
    Avx512,
    /// AVX2 with FMA.
    Avx2,
    /// What every processor of the target has: SSE2 on x86-64, NEON on 64-bit ARM.
    Baseline,
}

/// The environment variable that names the instruction set to use.
const VARIABLE: &str = "KEOPS_ISA";

impl Isa {
    const ALL: [Isa; 3] = [Isa::Avx512, Isa::Avx2, Isa::Baseline];

    /// The one that kernels run on: the widest that this processor has, or the one named by the environment variable
    /// `KEOPS_ISA` (`avx512`, `avx2` or `baseline`). The variable is read once.
    pub fn best() -> Isa {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| {
            let asked = std::env::var_os(VARIABLE);
            Isa::choose(asked.as_deref()).unwrap_or_else(|complaint| {
                eprintln!("{complaint}");
                Isa::widest()
            })
        })
    }

    /// All that this processor has, the widest first. The last is [`Baseline`](Isa::Baseline).
    pub fn available() -> impl Iterator<Item = Isa> + Clone {
        Isa::ALL.into_iter().filter(|isa| isa.is_available())
    }

    /// Its name in `KEOPS_ISA`.
    pub const fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "avx512",
            Isa::Avx2 => "avx2",
            Isa::Baseline => "baseline",
        }
    }

    fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Avx512::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Avx2::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx512 | Isa::Avx2 => false,
            Isa::Baseline => true,
        }
    }

    fn widest() -> Isa {
        Isa::available().next().unwrap_or(Isa::Baseline)
    }

    /// The one asked for, if any is, or what to say when this processor has none of that name.
    fn choose(asked: Option<&OsStr>) -> Result<Isa, String> {
        let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Ok(Isa::widest()) };
        Isa::available().find(|isa| asked.eq_ignore_ascii_case(isa.name())).ok_or_else(|| {
            let names: Vec<_> = Isa::available().map(Isa::name).collect();
            let asked = asked.to_string_lossy();
            format!("keops: {VARIABLE}={asked} is ignored: available here are {}", names.join(", "))
        })
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Isa {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        UnknownWord::find("instruction set", word, Isa::ALL.map(|isa| (isa.name(), isa)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_instruction_sets() {
        for isa in Isa::ALL {
            assert_eq!(isa.to_string().parse(), Ok(isa));
        }
        let unknown = "neon".parse::<Isa>().expect_err("there is none of that name");
        assert_eq!(unknown.to_string(), "`neon` is no instruction set: there are `avx512`, `avx2`, `baseline`");
    }

    #[test]
    fn the_widest_unless_asked() {
        assert_eq!(Isa::choose(None), Ok(Isa::widest()));
        assert_eq!(Isa::choose(Some(OsStr::new(""))), Ok(Isa::widest()));
        assert_eq!(Isa::available().last(), Some(Isa::Baseline));
        for isa in Isa::available() {
            assert_eq!(Isa::choose(Some(OsStr::new(isa.name()))), Ok(isa));
        }
        assert_eq!(Isa::choose(Some(OsStr::new("Baseline"))), Ok(Isa::Baseline));
    }

    #[test]
    fn unknown_names_are_reported() {
        let complaint = Isa::choose(Some(OsStr::new("sse9"))).expect_err("no such instruction set");
        assert!(complaint.starts_with("keops: KEOPS_ISA=sse9 is ignored: available here are "), "{complaint}");
        assert!(complaint.ends_with("baseline"), "{complaint}");
    }

    #[test]
    fn names_pad() {
        assert_eq!(format!("{:>9}", Isa::Avx2), "     avx2");
    }
}
