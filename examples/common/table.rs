//! Tables of numbers: `.csv` and `.npy`.

use std::fs;
use std::path::Path;

use super::Result;

/// Rows of numbers.
#[derive(Debug)]
pub(crate) struct Table {
    /// The names of the columns; empty where the file has none.
    names: Vec<String>,
    /// The number of columns.
    width: usize,
    /// Row after row.
    values: Vec<f64>,
}

impl Table {
    /// Reads a file of two columns of numbers or more.
    pub(crate) fn read(path: &Path) -> Result<Table> {
        let bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let table = match extension.as_str() {
            "csv" => read_csv(&bytes, b','),
            "tsv" => read_csv(&bytes, b'\t'),
            "npy" => read_npy(&bytes).map_err(|e| format!(": {e}")),
            _ => Err(": expected a file that ends in .csv, .tsv or .npy".to_owned()),
        };
        let table = table.map_err(|e| format!("{}{e}", path.display()))?;
        match table.width {
            0 | 1 => Err(format!("{}: expected 2 columns of numbers, found {}", path.display(), table.width).into()),
            _ => Ok(table),
        }
    }

    /// The number of columns.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The numbers of a column.
    pub(crate) fn column(&self, k: usize) -> impl Iterator<Item = f64> {
        self.values.chunks_exact(self.width).map(move |row| row[k])
    }

    /// The column with one of these names.
    pub(crate) fn named(&self, names: &[&str]) -> Option<usize> {
        self.names.iter().position(|found| names.iter().any(|name| found.eq_ignore_ascii_case(name)))
    }

    /// The name of a column.
    pub(crate) fn name(&self, k: usize) -> String {
        self.names.get(k).cloned().unwrap_or_else(|| format!("column {}", k + 1))
    }
}

/// Takes the columns that have a number in the first line of data; the line before it may name them. In an error, what
/// comes after the name of the file.
fn read_csv(bytes: &[u8], delimiter: u8) -> std::result::Result<Table, String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let mut line = 1;
    let mut header = csv::StringRecord::new();
    let mut table = Table { names: Vec::new(), width: 0, values: Vec::new() };
    let mut columns = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().map_or(line, csv::Position::line);
            let what = if matches!(e.kind(), csv::ErrorKind::Utf8 { .. }) { "not UTF-8".into() } else { e.to_string() };
            format!(":{line}: {what}")
        })?;
        line = record.position().map_or(line, csv::Position::line);
        if columns.is_empty() {
            columns = (0..record.len()).filter(|&k| record[k].parse::<f64>().is_ok()).collect();
            if columns.is_empty() && header.is_empty() {
                header = record;
                continue;
            } else if columns.is_empty() {
                return Err(format!(":{line}: expected numbers, found none"));
            }
            table.width = columns.len();
            table.names = columns.iter().filter_map(|&k| header.get(k)).map(str::to_owned).collect();
        }
        for &k in &columns {
            let cell = record
                .get(k)
                .ok_or_else(|| format!(":{line}: expected a number in column {}, found the end of the line", k + 1))?;
            let number = cell.parse().ok().filter(|v: &f64| v.is_finite());
            table.values.push(number.ok_or_else(|| format!(":{line}: expected a number, found \"{cell}\""))?);
        }
    }
    if table.values.is_empty() { Err(": no numbers".into()) } else { Ok(table) }
}

/// Reads what `numpy.save` writes of a matrix of floats.
fn read_npy(bytes: &[u8]) -> std::result::Result<Table, String> {
    let short = || "the file ends before its header does".to_owned();
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("not an .npy file")?;
    let (len, start) = match *rest {
        [1, _, a, b, ..] => (u32::from_le_bytes([a, b, 0, 0]), 4),
        [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([a, b, c, d]), 6),
        [version, _, ..] => return Err(format!("version {version} of the format is not known")),
        _ => return Err(short()),
    };
    let (header, data) = rest[start..].split_at_checked(len as usize).ok_or_else(short)?;
    let header = String::from_utf8_lossy(header);

    // {'descr': '<f4', 'fortran_order': False, 'shape': (100, 2), }
    let entry = |key: &str| {
        let (_, after) = header.split_once(&format!("'{key}':")).ok_or(format!("the header has no '{key}'"))?;
        Ok::<_, String>(after.trim_start())
    };
    if !entry("fortran_order")?.starts_with("False") {
        return Err("expected rows one after the other: save `numpy.ascontiguousarray(a)`".into());
    }
    let shape = entry("shape")?.trim_start_matches('(').split(')').next().unwrap_or_default();
    let sizes: Vec<usize> = shape.split(',').filter_map(|size| size.trim().parse().ok()).collect();
    let &[rows, width] = sizes.as_slice() else {
        return Err(format!("expected a matrix, found the shape ({shape})"));
    };
    let values: Vec<f64> = match entry("descr")?.trim_start_matches('\'').split('\'').next() {
        Some("<f4") => data.as_chunks().0.iter().map(|&b| f64::from(f32::from_le_bytes(b))).collect(),
        Some("<f8") => data.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)).collect(),
        other => return Err(format!("expected <f4 or <f8, found {}", other.unwrap_or_default())),
    };
    let expected =
        rows.checked_mul(width).filter(|&n| n > 0).ok_or(format!("expected numbers, found the shape ({shape})"))?;
    if values.len() < expected {
        return Err(format!("expected {expected} numbers of shape ({shape}), found {}", values.len()));
    }
    if let Some(k) = values[..expected].iter().position(|v| !v.is_finite()) {
        return Err(format!("row {}: expected a number, found {}", k / width, values[k]));
    }
    Ok(Table { names: Vec::new(), width, values: values[..expected].to_vec() })
}
