//! What is printed into texts, between marks; and the README's part about the race: what has been recorded, of each kind of machine.

use std::path::Path;
use std::{fs, io};

/// A text in which what stands between `<!-- name -->` and `<!-- /name -->` is replaced.
///
/// # Errors
/// A text without the marks.
pub(crate) fn with_part(text: &str, name: &str, part: &str) -> io::Result<String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let places = text.split_once(&open).and_then(|(before, rest)| Some((before, rest.split_once(&close)?.1)));
    let (before, after) = places.ok_or_else(|| io::Error::other(format!("there is no place for the {name}")))?;
    Ok(format!("{before}{open}{part}{close}{after}"))
}

/// A README with the records of a folder: those files in Markdown, each with its plot beside it. Recording on one kind of machine leaves
/// those of the others as they are.
///
/// # Errors
/// Those of the file system, and a README without the place.
pub(crate) fn with_records(readme: &str, folder: &Path) -> io::Result<String> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut records = entries.collect::<io::Result<Vec<_>>>()?;
    records.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    records.sort();
    let mut text = String::new();
    for record in &records {
        let name = record.file_stem().unwrap_or_default().display();
        text += &section(&name.to_string(), &fs::read_to_string(record)?);
    }
    with_part(readme, "race", &text)
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
