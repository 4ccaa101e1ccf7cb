//! Values that have a word each, as in configuration files and environment variables.

/// The error of reading a [`SumScheme`](crate::SumScheme) or an [`Isa`](crate::Isa) from a word that names none. It lists
/// those that do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no {what}: there are `{}`", known.join("`, `"))]
pub struct UnknownWord {
    what: &'static str,
    found: String,
    known: Vec<&'static str>,
}

impl UnknownWord {
    /// The value that has this word, whatever its case.
    pub(crate) fn find<V: Copy, const N: usize>(
        what: &'static str,
        word: &str,
        all: [(&'static str, V); N],
    ) -> Result<V, Self> {
        let found = all.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, value)| *value);
        found.ok_or_else(|| UnknownWord { what, found: word.into(), known: all.map(|(name, _)| name).into() })
    }
}
