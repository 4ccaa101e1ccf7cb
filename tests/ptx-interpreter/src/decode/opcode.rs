//! An opcode, part by part: a part that nobody takes is an error.

use crate::types::Type;

pub(super) struct Opcode<'a> {
    parts: Vec<&'a str>,
}

impl<'a> Opcode<'a> {
    pub(super) fn new(parts: &'a [String]) -> Self {
        Self { parts: parts.iter().map(String::as_str).collect() }
    }

    /// The first part.
    pub(super) fn name(&self) -> &'a str {
        self.parts.first().copied().unwrap_or_default()
    }

    pub(super) fn has(&self, part: &str) -> bool {
        self.parts.contains(&part)
    }

    /// Whether the part is there; it is taken.
    pub(super) fn take(&mut self, part: &str) -> bool {
        let place = self.parts.iter().skip(1).position(|p| *p == part);
        place.map(|p| self.parts.remove(p + 1)).is_some()
    }

    /// Takes the one of these parts that is there.
    pub(super) fn take_one<'b>(&mut self, parts: &[&'b str]) -> Option<&'b str> {
        parts.iter().copied().find(|part| self.take(part))
    }

    /// Takes what `find` knows, the first such part.
    pub(super) fn take_as<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (place, found) =
            self.parts.iter().enumerate().skip(1).find_map(|(place, part)| Some((place, find(part)?)))?;
        self.parts.remove(place);
        Some(found)
    }

    /// Takes the last part, which must be a type.
    pub(super) fn take_type(&mut self) -> Option<Type> {
        let ty = Type::new(self.parts.last()?).filter(|_| self.parts.len() > 1)?;
        self.parts.pop();
        Some(ty)
    }

    /// The parts that nobody has taken.
    pub(super) fn rest(&self) -> Option<String> {
        (self.parts.len() > 1).then(|| self.parts[1..].join("."))
    }
}
