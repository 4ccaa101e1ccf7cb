//! A tile of columns: how they lie in it, and how many there are.

use super::{Enter, Kernel, Sizes, Steps};

/// How many bytes a tile takes of the cache of the first level: the rest is for the rows.
const TILE_BYTES: usize = 24 * 1024;
/// How many bytes groups take, of the second: each is in the first while a block meets it, whose rows may not be.
const GROUPS_BYTES: usize = 128 * 1024;
/// The most columns of a tile. A tile is summed before it is added to a total: so many columns lose no accuracy worth
/// mentioning.
pub(in crate::cpu) const TILE_MOST: usize = 128;
/// How many times as many it has at most, where nothing is summed.
const MORE: usize = 8;
/// The least columns of a tile where there are as many: they share the work of loading and storing what a block is
/// reduced into.
const TILE_LEAST: usize = 4;

/// How columns lie in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cpu) enum Form {
    /// An entry is one column, the same in every lane.
    Alone,
    /// An entry is as many columns as there are lanes, one in each.
    Lanes,
    /// Likewise, and all vectors of a block have one row.
    LanesOfOneRow,
    /// An entry is a group of columns, as plain numbers.
    Groups,
}

/// Entries of a tile in one form.
pub(super) struct Entries<T> {
    /// How many columns one has.
    pub(super) columns: usize,
    /// How many bytes.
    pub(super) bytes: usize,
    /// How many there are at most.
    pub(super) most: usize,
    pub(super) take: Enter<T>,
    pub(super) pairs: Enter<T>,
}

impl<T> Kernel<T> {
    /// How many columns a tile has in this form, where there are as many.
    pub(in crate::cpu) fn tile(&self, form: Form) -> usize {
        let Entries { columns, most, .. } = self.entries(form);
        columns * most
    }

    /// The most groups of a tile. Where much is kept of few columns, all of it is loaded and stored for each tile, and nothing is summed: then
    /// there may be more, if they are in the cache of the first level.
    fn most_groups(&self) -> usize {
        let most = TILE_MOST / self.group;
        if !self.keeps_many || self.is_apart() {
            return most;
        }
        (TILE_BYTES / self.size.group.max(1)).clamp(most, MORE * most)
    }

    /// How many bytes an entry takes in this form.
    #[inline]
    pub(super) fn entry(&self, form: Form) -> usize {
        let Sizes { entry, group, .. } = self.size;
        if form == Form::Groups && self.group > 1 { group } else { entry }
    }

    pub(super) fn entries(&self, form: Form) -> Entries<T> {
        let Steps { entries, stages: pairs, pairs_of_one_row, groups, pairs_of_groups, .. } = self.steps;
        // a group of one column is a column
        let form = if form == Form::Groups && self.group == 1 { Form::Alone } else { form };
        // rows in lanes take in all columns of a group, and one of those in lanes
        let (columns, least, most, take, pairs) = match form {
            Form::Alone => (1, TILE_LEAST, TILE_MOST, entries, pairs),
            Form::Lanes => (self.lanes, TILE_LEAST, TILE_MOST, entries, pairs),
            Form::LanesOfOneRow => (self.lanes, TILE_LEAST, TILE_MOST, entries, pairs_of_one_row.unwrap_or(pairs)),
            Form::Groups => (self.group, 1, self.most_groups(), groups, pairs_of_groups),
        };
        let bytes = self.entry(form);
        let tile = match form {
            Form::Groups if self.steps.take_apart.is_some() => 2 * GROUPS_BYTES,
            Form::Groups => GROUPS_BYTES,
            Form::Alone | Form::Lanes | Form::LanesOfOneRow => TILE_BYTES,
        };
        Entries { columns, bytes, most: (tile / bytes.max(1)).clamp(least, most), take, pairs }
    }
}
