//! What is written down of a race: the table, and what it depends on.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::figures::{duration, figures};
use crate::machine;
use crate::peer::{Peer, Result};
use crate::plot;
use crate::race::Row;
use crate::readme;

/// A table of rows in Markdown, with a column for each of these peers.
pub struct Table<'a>(pub &'a [&'a str]);

impl Table<'_> {
    /// The names of the columns.
    pub fn head(&self) -> String {
        let mut columns = vec!["workload", "time", "10⁹ pairs/s", "error"];
        columns.extend(self.0);
        format!("| {} | bars |\n|---|{}---|\n", columns.join(" | "), "---:|".repeat(columns.len() - 1))
    }

    /// A row.
    pub fn row(&self, row: &Row) -> String {
        let (time, pairs) = (duration(row.turns.seconds), figures(row.pairs_per_second() / 1e9));
        let mut line = format!("| {} | {time} | {pairs} | {:.1e} |", row.workload, row.turns.error);
        for peer in self.0 {
            _ = match row.turns.ratio(peer) {
                Some(ratio) => write!(line, " {} × |", figures(ratio)),
                None => write!(line, " |"),
            };
        }
        let value = row.value.map(|ratio| format!("{} × the value alone", figures(ratio)));
        let bars = row.bars().into_iter().map(|(bar, reached)| match reached {
            Some(true) => format!("{bar} ✓"),
            Some(false) => format!("**{bar} ✗**"),
            None => format!("{bar} ?"),
        });
        line + &format!(" {} |\n", value.into_iter().chain(bars).collect::<Vec<_>>().join(", "))
    }
}

/// Writes the record of this kind of machine, its plot, and the README's tables.
///
/// # Errors
/// Those of the file system, and a README without the place for the tables.
pub fn write(rows: &[Row], peers: &[&str], circumstances: &str, remarks: &str) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (folder, readme) = (root.join("benches/record"), root.join("README.md"));
    fs::create_dir_all(&folder)?;
    let (name, table) = (machine::name(), Table(peers));
    let table = table.head() + &rows.iter().map(|row| table.row(row)).collect::<String>();
    fs::write(folder.join(format!("{name}.md")), format!("{circumstances}\n{table}\n{remarks}"))?;
    fs::write(folder.join(format!("{name}.svg")), plot::bars(rows, peers))?;
    let text = readme::with_records(&fs::read_to_string(&readme)?, &folder)?;
    Ok(fs::write(readme, text)?)
}

/// Writes a table of instructions to its place in `docs/performance.md`, with the kind of machine that it is of.
///
/// # Errors
/// Those of the file system, and a text without the place for the table.
pub fn performance(table: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
    let part = format!("{}\n{table}", machine::circumstances());
    let text = readme::with_part(&fs::read_to_string(&path)?, "ports", &part)?;
    Ok(fs::write(path, text)?)
}

/// What the figures depend on.
pub fn circumstances(peers: &[Peer]) -> String {
    let peers = peers.iter().map(|peer| (peer.name, peer.version.clone()));
    peers.fold(machine::circumstances(), |text, (what, value)| text + &format!("- {what}: {value}\n"))
}
