//! How sums are accumulated.

use std::fmt;
use std::str::FromStr;

use crate::UnknownWord;

/// How the values of the pairs are added up: in `sum`, `logsumexp` and `softmax`, and so in every gradient.
///
/// With `u` the rounding unit of the operands' type (6·10⁻⁸ for `f32`), `n` columns, and `S` the sum of the values'
/// magnitudes, the sum of a row is wrong by no more than about
///
/// | scheme | error | and usually | time |
/// |---|---|---|---|
/// | `Direct` | `(128 + n/128) u S` | `u S` and less, as errors of either sign cancel | 1 |
/// | `Block` | `128 u S` | the same | 1 |
/// | `Kahan` | `(1 + 130 n u) u S` | what rounding the sum to the type takes | 1.8 (Gaussian sum), 1.0 (in 100 dimensions) |
///
/// Measured: 10⁶ `f32` numbers between −½ and ½ add up with an error of 1·10⁻¹⁰ `S`, 2·10⁻¹⁰ `S` and below 10⁻¹² `S`; of
/// numbers all of one sign the three sums are the same but for the last digit. The times are ratios in one run (10⁴ × 10⁴
/// points in 3 dimensions, AVX-512).
///
/// On cards, where totals take back what is kept beside them only at the end of a span, that of `Kahan` is `(1 + n² u) u S`, with `n` the columns of a span.
///
/// To these comes what the values themselves are wrong by.
///
/// A scheme is also read from a word and written as one, `direct`, `block` or `kahan`:
///
/// ```
/// # use keops_runtime::SumScheme;
/// assert_eq!("kahan".parse(), Ok(SumScheme::Kahan));
/// assert_eq!(SumScheme::default().to_string(), "block");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SumScheme {
    /// Blocks of columns are summed plainly, and the sums of the blocks too: the error grows with their number.
    Direct,
    /// Blocks of columns are summed plainly, and the rounding errors of the sums of the blocks are kept beside the total
    /// (TwoSum: Knuth, *The Art of Computer Programming* 2, 4.2.2). The error does not grow with the number of columns.
    #[default]
    Block,
    /// The rounding error of every addition is kept beside the total. For `f32` operands this is as good as a total in
    /// `f64` that is rounded at the end: the two numbers together hold 48 bits.
    Kahan,
}

impl SumScheme {
    const ALL: [SumScheme; 3] = [SumScheme::Direct, SumScheme::Block, SumScheme::Kahan];

    /// The scheme's word.
    pub const fn name(self) -> &'static str {
        match self {
            SumScheme::Direct => "direct",
            SumScheme::Block => "block",
            SumScheme::Kahan => "kahan",
        }
    }
}

impl fmt::Display for SumScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for SumScheme {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        UnknownWord::find("sum scheme", word, SumScheme::ALL.map(|scheme| (scheme.name(), scheme)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_schemes() {
        for scheme in SumScheme::ALL {
            assert_eq!(scheme.to_string().parse(), Ok(scheme));
            assert_eq!(scheme.to_string().to_uppercase().parse(), Ok(scheme));
        }
        let unknown = "double".parse::<SumScheme>().expect_err("there is none of that name");
        assert_eq!(unknown.to_string(), "`double` is no sum scheme: there are `direct`, `block`, `kahan`");
    }
}
