//! The README's part about the race: what has been recorded, of each kind of machine.

use std::path::Path;
use std::{fs, io};

/// Between these marks it stands.
const OPEN: &str = "<!-- race -->\n";
const CLOSE: &str = "<!-- /race -->";

/// A README with the records of a folder: those files in Markdown, each with its plot beside it. Recording on one kind of machine leaves
/// those of the others as they are.
///
/// # Errors
/// Those of the file system, and a README without the place.
pub(crate) fn with_records(readme: &str, folder: &Path) -> io::Result<String> {
    let (before, rest) = readme.split_once(OPEN).ok_or(io::Error::other("the README has no place for the race"))?;
    let (_, after) = rest.split_once(CLOSE).ok_or(io::Error::other("the README's place for the race has no end"))?;
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut records = entries.collect::<io::Result<Vec<_>>>()?;
    records.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    records.sort();
    let mut text = String::new();
    for record in &records {
        let name = record.file_stem().unwrap_or_default().display();
        text += &section(&name.to_string(), &fs::read_to_string(record)?);
    }
    Ok(format!("{before}{OPEN}{text}{CLOSE}{after}"))
}

/// A record with a heading and its plot, and without the bars, which are the last column.
fn section(name: &str, record: &str) -> String {
    let is =
        |what: &str| record.lines().find_map(|line| line.strip_prefix(&format!("- {what}: "))).unwrap_or("unknown");
    let mut text = format!(
        "### {} ({}), {}, {} threads\n\n![How many times as long as keops the others take](benches/record/{name}.svg)\n\n",
        is("processor"),
        is("family and model"),
        is("instruction set"),
        is("threads")
    );
    for line in record.lines() {
        let cells = line.strip_prefix('|').and_then(|_| line.strip_suffix('|')?.rsplit_once('|'));
        text += &cells.map_or_else(|| line.to_owned(), |(kept, _)| format!("{kept}|"));
        text.push('\n');
    }
    text + "\n"
}
