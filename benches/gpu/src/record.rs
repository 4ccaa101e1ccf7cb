//! What is written down of a race: the table, and about the card what matters.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use keops::CudaDevice;

use crate::figures::{duration, figures};
use crate::ours::Place;
use crate::peer::{Peer, Result};
use crate::plot;
use crate::race::Row;

/// What the figures depend on.
pub fn circumstances(device: &CudaDevice, peers: &[Peer]) -> String {
    let (major, minor) = device.capability;
    let list = [
        ("card", device.name.clone()),
        ("compute capability", format!("{major}.{minor}")),
        ("multiprocessors", device.multiprocessors.to_string()),
        ("highest clock", format!("{} MHz", device.clock / 1000)),
        ("keops", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let peers = peers.iter().map(|peer| (peer.name, peer.version.clone()));
    list.into_iter().chain(peers).fold(String::new(), |text, (what, value)| text + &format!("- {what}: {value}\n"))
}

/// The names of the columns.
pub fn head(peers: &[&str]) -> String {
    let columns = ["workload", "operands", "time", "10⁹ pairs/s", "limit", "bound by", "share", "error"];
    let columns = [&columns, peers].concat();
    format!("| {} |\n|---|---|{}\n", columns.join(" | "), "---:|".repeat(columns.len() - 2))
}

/// A row of the table.
pub fn line(row: &Row, peers: &[&str]) -> String {
    let (time, pairs) = (duration(row.turns.seconds), figures(row.pairs_per_second() / 1e9));
    let mut line = format!("| {} | {} | {time} | {pairs} |", row.workload, row.place.word());
    _ = match (&row.limit, row.most, row.share()) {
        (Ok(limit), Some(most), Some(share)) => {
            let (most, share) = (figures(most / 1e9), 100.0 * share);
            write!(line, " {most} | {} ({:.2} instructions) | {share:.0} % |", limit.by, limit.instructions)
        }
        _ => write!(line, " | | |"),
    };
    _ = write!(line, " {:.1e} |", row.turns.error);
    for peer in peers {
        let ratio = row.turns.ratio(peer).map_or_else(String::new, |ratio| format!("{} ×", figures(ratio)));
        _ = write!(line, " {ratio} |");
    }
    line + "\n"
}

/// The table for programs.
fn csv(rows: &[Row], peers: &[&str]) -> String {
    let mut text =
        "quantity,dimension,rows,columns,operands,seconds,pairs_per_second,limit,instructions,error".to_owned();
    peers.iter().for_each(|peer| text.extend([",", peer]));
    text.push('\n');
    for row in rows {
        let w = &row.workload;
        _ = write!(text, "{:?},{},{},{},{},", w.quantity, w.dim, w.rows, w.cols, row.place.word());
        _ = write!(text, "{:e},{:e},", row.turns.seconds, row.pairs_per_second());
        _ = match (&row.limit, row.most) {
            (Ok(limit), Some(most)) => write!(text, "{most:e},{:.2},{:e}", limit.instructions, row.turns.error),
            _ => write!(text, ",,{:e}", row.turns.error),
        };
        for peer in peers {
            _ = write!(text, ",{}", row.turns.ratio(peer).map_or_else(String::new, |ratio| format!("{ratio:.3}")));
        }
        text.push('\n');
    }
    text
}

/// Writes the record of this kind of card, and the plot.
///
/// # Errors
/// Those of the file system.
pub fn write(rows: &[Row], peers: &[&str], device: &CudaDevice) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../record");
    fs::create_dir_all(&folder)?;
    let dashes = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = device.name.chars().map(dashes).collect();
    fs::write(folder.join(format!("{name}.csv")), csv(rows, peers))?;
    let on_card: Vec<&Row> = rows.iter().filter(|row| row.place == Place::Card).collect();
    Ok(fs::write(folder.join(format!("{name}.svg")), plot::bars(on_card, peers))?)
}
