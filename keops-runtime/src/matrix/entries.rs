//! Entries of a matrix: rows, columns, blocks, the diagonal.
//!
//! Each is a sum over one row, or over one column, and rows and columns are batches of these. So entries are computed by the code that
//! computes products, as many rows at once as there are in lanes, and no entry is stored but where it is asked for.

use std::ops::Range;

use super::selection::Chosen;
use super::{Matrix, MatrixOn, MatrixPlans, Selection, filled, run};
use crate::answer::Host;
use crate::host::{in_order, room, viewed};
use crate::pairs::Told;
use crate::{
    Axis, Batches, Cpu, ElementsMut, Engine, Error, Layout, MatrixError, Operand, RanksError, Scalar, Usage, ViewMut,
};

/// What [`Matrix::dense`] and [`Matrix::block`] make at most, in bytes: a gibibyte.
const LARGEST: usize = 1 << 30;

/// Entries of a matrix, each a number or a vector.
type Entries<T, K> = Vec<<<K as MatrixPlans>::Entry as Host>::Host<T>>;

impl<T: Scalar, K: MatrixPlans> Matrix<'_, T, K> {
    /// All entries, row by row, where they take no more than a gibibyte.
    ///
    /// # Errors
    /// [`MatrixError::Dense`] when they take more, and those of [`apply`](Matrix::apply).
    pub fn dense(&self) -> Result<Entries<T, K>, Error> {
        self.on(&Cpu::default()).dense()
    }

    /// All entries, row by row, where they take no more than so many bytes.
    ///
    /// # Errors
    /// Those of [`dense`](Matrix::dense).
    pub fn dense_within(&self, bytes: usize) -> Result<Entries<T, K>, Error> {
        self.on(&Cpu::default()).dense_within(bytes)
    }

    /// The entries in these rows and columns, row by row, where they take no more than a gibibyte: ranges, or lists of indices in any order.
    ///
    /// # Errors
    /// [`MatrixError::Selected`] when there are fewer, [`MatrixError::Dense`] when they take more, and those of [`apply`](Matrix::apply).
    pub fn block<'s>(
        &self,
        rows: impl Into<Selection<'s>>,
        columns: impl Into<Selection<'s>>,
    ) -> Result<Entries<T, K>, Error> {
        self.on(&Cpu::default()).block(rows, columns)
    }

    /// The entries in these rows and columns, row by row, where they take no more than so many bytes.
    ///
    /// # Errors
    /// Those of [`block`](Matrix::block).
    pub fn block_within<'s>(
        &self,
        bytes: usize,
        rows: impl Into<Selection<'s>>,
        columns: impl Into<Selection<'s>>,
    ) -> Result<Entries<T, K>, Error> {
        self.on(&Cpu::default()).block_within(bytes, rows, columns)
    }

    /// The entries of row `i`.
    ///
    /// # Errors
    /// Those of [`block`](Matrix::block).
    pub fn row(&self, i: usize) -> Result<Entries<T, K>, Error> {
        self.on(&Cpu::default()).row(i)
    }

    /// The entries of column `j`.
    ///
    /// # Errors
    /// Those of [`block`](Matrix::block).
    pub fn column(&self, j: usize) -> Result<Entries<T, K>, Error> {
        self.on(&Cpu::default()).column(j)
    }

    /// The entries that have the same index twice: as many as there are rows, or columns, if there are fewer.
    ///
    /// # Errors
    /// Those of [`apply`](Matrix::apply).
    pub fn diagonal(&self) -> Result<Entries<T, K>, Error> {
        self.on(&Cpu::default()).diagonal()
    }

    /// The operands of entries, in these rows and columns.
    fn selected<'s>(&'s self, rows: &Chosen<'_>, columns: &Chosen<'_>) -> Result<Vec<Operand<'s, T>>, Error> {
        let of = |usage: &Usage, operand: &'s Operand<'_, T>| match (usage.rows, usage.cols) {
            (true, _) => chosen(operand, usage, rows),
            (false, true) => chosen(operand, usage, columns),
            (false, false) => Ok(operand.clone()),
        };
        let usages = Self::usages();
        let own = usages.iter().zip(&self.operands).map(|(usage, operand)| of(usage, operand));
        let twice = K::TWICE.iter().map(|k| chosen(&self.operands[*k], &usages[*k], columns));
        let indices = K::INDICES.iter().map(|axis| {
            let of = if *axis == Axis::I { rows } else { columns };
            Ok(Operand::Integers(of.indices(), 1))
        });
        own.chain(twice).chain(indices).collect()
    }
}

impl<T: Scalar, K: MatrixPlans, E: Engine<T>> MatrixOn<'_, T, K, E> {
    /// All entries, row by row: [`Matrix::dense`].
    ///
    /// # Errors
    /// Those of [`Matrix::dense`], and those of the engine.
    pub fn dense(&self) -> Result<Entries<T, K>, Error> {
        self.dense_within(LARGEST)
    }

    /// The same where they take no more than so many bytes: [`Matrix::dense_within`].
    ///
    /// # Errors
    /// Those of [`Matrix::dense_within`], and those of the engine.
    pub fn dense_within(&self, bytes: usize) -> Result<Entries<T, K>, Error> {
        let [rows, columns] = self.shape_of_all()?;
        check_size::<T, K>([rows, columns], bytes, false)?;
        self.by_rows(&Chosen::Range(0..rows), &Chosen::Range(0..columns))
    }

    /// The entries in these rows and columns, row by row: [`Matrix::block`].
    ///
    /// # Errors
    /// Those of [`Matrix::block`], and those of the engine.
    pub fn block<'s>(
        &self,
        rows: impl Into<Selection<'s>>,
        columns: impl Into<Selection<'s>>,
    ) -> Result<Entries<T, K>, Error> {
        self.block_within(LARGEST, rows, columns)
    }

    /// The same where they take no more than so many bytes: [`Matrix::block_within`].
    ///
    /// # Errors
    /// Those of [`Matrix::block_within`], and those of the engine.
    pub fn block_within<'s>(
        &self,
        bytes: usize,
        rows: impl Into<Selection<'s>>,
        columns: impl Into<Selection<'s>>,
    ) -> Result<Entries<T, K>, Error> {
        let [m, n] = self.shape_of_all()?;
        let (rows, columns) = (rows.into(), columns.into());
        let (rows, columns) = (rows.of(m, Axis::I)?, columns.of(n, Axis::J)?);
        check_size::<T, K>([rows.len(), columns.len()], bytes, true)?;
        if rows.len() <= columns.len() { self.by_rows(&rows, &columns) } else { self.by_columns(&rows, &columns) }
    }

    /// The entries of row `i`.
    ///
    /// # Errors
    /// Those of [`Matrix::row`], and those of the engine.
    pub fn row(&self, i: usize) -> Result<Entries<T, K>, Error> {
        let [m, n] = self.shape_of_all()?;
        self.by_rows(&Selection::List(&[i]).of(m, Axis::I)?, &Chosen::Range(0..n))
    }

    /// The entries of column `j`.
    ///
    /// # Errors
    /// Those of [`Matrix::column`], and those of the engine.
    pub fn column(&self, j: usize) -> Result<Entries<T, K>, Error> {
        let [m, n] = self.shape_of_all()?;
        self.by_columns(&Chosen::Range(0..m), &Selection::List(&[j]).of(n, Axis::J)?)
    }

    /// The entries that have the same index twice: [`Matrix::diagonal`].
    ///
    /// # Errors
    /// Those of [`Matrix::diagonal`], and those of the engine.
    pub fn diagonal(&self) -> Result<Entries<T, K>, Error> {
        let [m, n] = self.shape_of_all()?;
        let len = m.min(n);
        let all = Chosen::Range(0..len);
        let operands = self.matrix.selected(&all, &all)?;
        let pairs = Batches::uniform(len, 1, 1)?;
        filled::<K::Entry, T>(len, |out| {
            run::<K::Rows, T, E>(self.engine, &operands, Told::Once(pairs.both_ways()), out)
        })
    }

    /// How many rows and columns there are, where all of them are here.
    fn shape_of_all(&self) -> Result<[usize; 2], Error> {
        if self.engine.is_divided() {
            return Err(RanksError::Entries { formula: K::FORMULA }.into());
        }
        self.matrix.shape()
    }

    /// A batch for each row: the row is reduced, and what is kept are its columns.
    fn by_rows(&self, rows: &Chosen<'_>, columns: &Chosen<'_>) -> Result<Entries<T, K>, Error> {
        let n = columns.len();
        let len = rows.len().checked_mul(n).ok_or(Error::OutOfMemory { numbers: usize::MAX })?;
        let entry = K::Entry::NUMBERS;
        let mut entries: Entries<T, K> = crate::host::zeros(len)?;
        for part in parts(rows.len(), n) {
            let here = &mut entries[part.start * n..part.end * n];
            let places = ViewMut::new(K::Entry::elements::<T>(here), Layout::points(part.len() * n, entry))?;
            let operands = self.matrix.selected(&rows.part(part.start, part.len()), columns)?;
            let pairs = Batches::uniform(part.len(), 1, n)?;
            run::<K::Rows, T, E>(self.engine, &operands, Told::Once(pairs.both_ways()), places)?;
        }
        Ok(entries)
    }

    /// A batch for each column, and what that has computed in the order of rows.
    fn by_columns(&self, rows: &Chosen<'_>, columns: &Chosen<'_>) -> Result<Entries<T, K>, Error> {
        let (m, n, entry) = (rows.len(), columns.len(), K::Entry::NUMBERS);
        let len = m.checked_mul(n).ok_or(Error::OutOfMemory { numbers: usize::MAX })?;
        let mut entries: Entries<T, K> = crate::host::zeros(len)?;
        for part in parts(n, m) {
            let mut by_column = room::<T>(part.len() * m * entry)?;
            let places = ViewMut::new(ElementsMut::Same(&mut by_column), Layout::points(part.len() * m, entry))?;
            let operands = self.matrix.selected(rows, &columns.part(part.start, part.len()))?;
            let pairs = Batches::uniform(part.len(), m, 1)?;
            run::<K::Columns, T, E>(self.engine, &operands, Told::Once(pairs.both_ways()), places)?;
            let ElementsMut::Same(numbers) = K::Entry::elements::<T>(&mut entries) else {
                unreachable!("entries are numbers")
            };
            transpose(&by_column, m, entry, numbers, n, part);
        }
        Ok(entries)
    }
}

/// So many rows and columns of entries take no more than so many bytes: of all of the matrix, or of a block.
fn check_size<T: Scalar, K: MatrixPlans>([rows, columns]: [usize; 2], bytes: usize, block: bool) -> Result<(), Error> {
    let of_entry = size_of::<T>() * K::Entry::NUMBERS;
    match rows.checked_mul(columns).and_then(|entries| entries.checked_mul(of_entry)) {
        Some(needed) if needed <= bytes => Ok(()),
        needed => {
            Err(MatrixError::Dense { rows, columns, needed: needed.unwrap_or(usize::MAX), limit: bytes, block }.into())
        }
    }
}

/// Parts of `len` batches of `points` points each, so that the points of each part are numbered by `u32`, and take some megabytes.
fn parts(len: usize, points: usize) -> impl Iterator<Item = Range<usize>> {
    const MOST: usize = 1 << 24;
    let step = MOST.checked_div(points).unwrap_or(len).max(1);
    (0..len).step_by(step).map(move |first| first..len.min(first + step))
}

/// Some points of an operand: where they lie, or a copy.
fn chosen<'s, T: Scalar>(
    operand: &'s Operand<'_, T>,
    usage: &Usage,
    points: &Chosen<'_>,
) -> Result<Operand<'s, T>, Error> {
    match (points, operand) {
        (_, Operand::Failed(error)) => Err(error.clone()),
        (Chosen::Range(range), Operand::Foreign(memory, layout)) => {
            Ok(Operand::Foreign(*memory, layout.part(range.start, range.len())))
        }
        (Chosen::Range(range), Operand::Host(view)) => Ok(Operand::Host(view.part(range.start, range.len()))),
        (Chosen::Range(_), Operand::Owned(..) | Operand::Integers(..)) | (Chosen::List(_), _) => {
            viewed(operand, |view| in_order(view, &points.indices(), usage.integers))
        }
    }
}

/// Puts the columns in `part`, of `n`, that have come one after the other, where rows of entries have them.
fn transpose<T: Copy>(by_column: &[T], m: usize, entry: usize, entries: &mut [T], n: usize, part: Range<usize>) {
    for (i, row) in entries.chunks_exact_mut((n * entry).max(1)).take(m).enumerate() {
        for (k, j) in part.clone().enumerate() {
            let from = (k * m + i) * entry;
            row[j * entry..(j + 1) * entry].copy_from_slice(&by_column[from..from + entry]);
        }
    }
}
