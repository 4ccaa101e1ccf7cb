//! Points from files of numpy, and results to them: each rank reads its own part, and what is written is there whole or not at all.

use std::any::type_name;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bytemuck::Pod;
use npyz::{AutoSerialize, Deserialize, NpyFile, NpyWriter, Order, WriteOptions, WriterBuilder as _};

use super::agreement::{At, hash, words};
use super::points::part;
use super::{Communicator, Ranks};
use crate::{Error, RanksError, host};

/// What is said of a file without its last rows.
const SHORT: &str = "it ends before the last of the rows that its header tells of";

/// How many bytes of results are on their way to the file at a time.
const MESSAGE: usize = 16 << 20;

/// What a row of a file of numpy holds: a number, or an array of them.
///
/// `f32`, `f64` and `u32` do, and arrays of these.
pub trait Numpy: Pod {
    /// The type of its numbers.
    type Number: Number;
    /// How many there are in a row of an array of two dimensions; none for a row of one dimension.
    #[doc(hidden)]
    const COLUMNS: Option<u64>;
}

/// A number in a file of numpy.
#[doc(hidden)]
pub trait Number: Pod + AutoSerialize {
    /// The numbers from `first` on, as many as there is room for; none where the file has others.
    fn read(file: NpyFile<BufReader<File>>, first: u64, to: &mut [Self]) -> Result<(), String>;
}

/// Reads numbers of one type of several; goes on with the file where it has others.
fn read<V: Deserialize, N>(
    file: NpyFile<BufReader<File>>,
    first: u64,
    to: &mut [N],
    number: impl Fn(V) -> N,
) -> ControlFlow<Result<(), String>, NpyFile<BufReader<File>>> {
    let mut numbers = match file.try_data::<V>() {
        Ok(numbers) => numbers,
        Err(file) => return ControlFlow::Continue(file),
    };
    let fill = || {
        if !to.is_empty() {
            numbers.seek_to(first)?;
        }
        for to in to {
            let next = numbers.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
            *to = number(next?);
        }
        Ok::<(), io::Error>(())
    };
    ControlFlow::Break(fill().map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => SHORT.into(),
        _ => error.to_string(),
    }))
}

/// What is said where numbers of no expected type have been found.
fn done(read: ControlFlow<Result<(), String>, NpyFile<BufReader<File>>>, expected: &str) -> Result<(), String> {
    match read {
        ControlFlow::Break(done) => done,
        ControlFlow::Continue(file) => {
            let found = file.dtype().descr();
            Err(format!("it has numbers of type {found}, and not {expected}: numpy's `astype` makes others of them"))
        }
    }
}

impl Number for f32 {
    fn read(file: NpyFile<BufReader<File>>, first: u64, to: &mut [f32]) -> Result<(), String> {
        match read(file, first, to, |v: f32| v) {
            ControlFlow::Continue(file) => done(read(file, first, to, |v: f64| v as f32), "'<f4' or '<f8'"),
            ControlFlow::Break(done) => done,
        }
    }
}

impl Number for f64 {
    fn read(file: NpyFile<BufReader<File>>, first: u64, to: &mut [f64]) -> Result<(), String> {
        match read(file, first, to, |v: f64| v) {
            ControlFlow::Continue(file) => done(read(file, first, to, |v: f32| v.into()), "'<f8' or '<f4'"),
            ControlFlow::Break(done) => done,
        }
    }
}

impl Number for u32 {
    fn read(file: NpyFile<BufReader<File>>, first: u64, to: &mut [u32]) -> Result<(), String> {
        done(read(file, first, to, |v: u32| v), "'<u4'")
    }
}

macro_rules! numpy {
    ($($number:ty),*) => { $(
        impl Numpy for $number {
            type Number = $number;
            const COLUMNS: Option<u64> = None;
        }
        impl<const D: usize> Numpy for [$number; D] {
            type Number = $number;
            const COLUMNS: Option<u64> = Some(D as u64);
        }
    )* };
}
numpy!(f32, f64, u32);

/// Why a file is not read, or not written.
fn of_file(path: &Path, message: impl std::fmt::Display) -> Error {
    RanksError::File { path: path.display().to_string(), message: message.to_string() }.into()
}

/// A file of numpy, and how many rows it has.
fn open<P: Numpy>(path: &Path) -> Result<(NpyFile<BufReader<File>>, usize), Error> {
    let file = File::open(path).and_then(|file| NpyFile::new(BufReader::new(file)));
    let file = file.map_err(|error| of_file(path, error))?;
    let rows = match (file.shape(), P::COLUMNS) {
        (&[rows], None) => rows,
        (&[rows, 1], None) => rows,
        (&[rows, found], Some(columns)) if found == columns => rows,
        (found, columns) => {
            let columns = columns.map(|columns| format!(" {columns}")).unwrap_or_default();
            return Err(of_file(path, format!("its array is of shape {found:?}, and not (rows,{columns})")));
        }
    };
    if file.order() == Order::Fortran && P::COLUMNS.is_some_and(|columns| columns > 1) {
        return Err(of_file(
            path,
            "its array lies column after column: numpy's `ascontiguousarray` makes one that is read by parts",
        ));
    }
    let rows = usize::try_from(rows).map_err(|_| of_file(path, "it has more rows than can be counted here"))?;
    // a number has a byte or more: there is no room to be made for rows that are not there
    if fs::metadata(path).is_ok_and(|found| found.len() < file.len()) {
        return Err(of_file(path, SHORT));
    }
    Ok((file, rows))
}

impl<E, C: Communicator> Ranks<E, C> {
    /// This rank's [part](Ranks::part) of the rows of a file of numpy (`.npy`), which each rank reads for itself: of one dimension for numbers, of two for
    /// points. Numbers of the other precision are rounded, or are as they are.
    ///
    /// # Errors
    /// [`RanksError::File`], on all ranks as [`RanksError::Failed`]: when it cannot be read, and when what is in it is not of this shape or type.
    /// [`RanksError::Differ`], when the files that ranks find there have not as many rows.
    pub fn read_npy<P: Numpy>(&self, path: impl AsRef<Path>) -> Result<Vec<P>, Error> {
        self.together(At::Read, || {
            let path = path.as_ref();
            let opened = open::<P>(path);
            // the same path may be another file on another machine
            let mine = opened.as_ref().map(|(_, rows)| words([*rows as u64, hash(type_name::<P>())]));
            let all = self.agree(At::Read, mine.map_err(Clone::clone))?;
            let (file, rows) = opened?;
            self.same(&all, 0, "number of rows in its file", || rows.to_string())?;
            self.same(&all, 1, "type of points", || type_name::<P>().into())?;
            let mine = part(rows, self.rank(), self.ranks());
            let mut points = host::zeros::<P>(mine.len())?;
            let numbers: &mut [P::Number] = bytemuck::cast_slice_mut(&mut points);
            let first = mine.start as u64 * P::COLUMNS.unwrap_or(1);
            <P::Number>::read(file, first, numbers).map_err(|message| of_file(path, message))?;
            Ok(points)
        })
    }

    /// Writes the rows of all ranks, in order, to a file of numpy (`.npy`). Rank 0 does, to a file beside it (`.part`) that takes its place when all is written: where
    /// something goes wrong, what was there before still is. Only files are replaced, also where a symbolic link leads to one.
    ///
    /// # Errors
    /// [`RanksError::File`], on all ranks as [`RanksError::Failed`]: when it cannot be written, and when something is there that is no file, as a device or a pipe.
    pub fn write_npy<P: Numpy>(&self, path: impl AsRef<Path>, mine: &[P]) -> Result<(), Error> {
        self.together(At::Write, || {
            let path = path.as_ref();
            let lens = self.held(At::Write, mine)?;
            let rows: usize = lens.iter().sum();
            let mut file = (self.rank() == 0).then(|| Writing::<P>::begin(path, rows)).transpose();
            let each = (MESSAGE / size_of::<P>().max(1)).max(1);
            for (from, &len) in lens.iter().enumerate() {
                let longest = if self.rank() == 0 && from != 0 { each.min(len) } else { 0 };
                let ready = file.and_then(|file| Ok((file, host::zeros::<P>(longest)?)));
                // what has gone wrong with the rows before these is said now
                let (writing, mut room) = self.once_all_are_well(At::Write, ready)?;
                file = Ok(writing);
                if from == 0 {
                    file = file.and_then(|file| written(file, mine, path));
                } else if from == self.rank() {
                    mine.chunks(each).for_each(|rows| self.communicator.send(0, bytemuck::cast_slice(rows)));
                } else if self.rank() == 0 {
                    let mut left = len;
                    while left > 0 {
                        let some = &mut room[..each.min(left)];
                        self.communicator.receive(from, bytemuck::cast_slice_mut(some));
                        left -= some.len();
                        file = file.and_then(|file| written(file, some, path));
                    }
                }
            }
            file?.map_or(Ok(()), Writing::end)
        })
    }
}

/// The same, where there is a file, with some more rows.
fn written<P: Numpy>(file: Option<Writing<P>>, rows: &[P], path: &Path) -> Result<Option<Writing<P>>, Error> {
    file.map(|mut file| {
        let numbers: &[P::Number] = bytemuck::cast_slice(rows);
        let writer = file.writer.as_mut().expect("it has not ended");
        writer.extend(numbers.iter().copied()).map_err(|error| of_file(path, error))?;
        Ok(file)
    })
    .transpose()
}

/// A file that is being written beside the place where it will be.
struct Writing<P: Numpy> {
    writer: Option<NpyWriter<P::Number, BufWriter<File>>>,
    part: PathBuf,
    path: PathBuf,
}

impl<P: Numpy> Writing<P> {
    fn begin(path: &Path, rows: usize) -> Result<Self, Error> {
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(of_file(path, "what is there is no file, and is not replaced by one"));
        }
        // where a link leads, if there is one
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let shape: Vec<u64> = [rows as u64].into_iter().chain(P::COLUMNS).collect();
        let file = File::create(&part).map_err(|error| of_file(&part, error))?;
        let options = WriteOptions::<P::Number>::new().default_dtype().shape(&shape);
        let writer = options.writer(BufWriter::new(file)).begin_nd();
        let mut writing = Writing { writer: None, part, path };
        writing.writer = Some(writer.map_err(|error| of_file(&writing.path, error))?);
        Ok(writing)
    }

    fn end(mut self) -> Result<(), Error> {
        let writer = self.writer.take().expect("it ends once");
        let done = writer.finish().and_then(|()| fs::rename(&self.part, &self.path));
        done.map_err(|error| of_file(&self.path, error))
    }
}

impl<P: Numpy> Drop for Writing<P> {
    fn drop(&mut self) {
        // what is whole has another name by now
        let _ = fs::remove_file(&self.part);
    }
}
