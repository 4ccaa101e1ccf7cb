//! How points come to ranks and back: in order, whatever the parts.

mod cloud;
#[path = "../parts/mod.rs"]
mod parts;
#[path = "../threads/mod.rs"]
mod threads;

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use cloud::Points;
use keops::error::RanksError;
use keops::ranks::{Communicator as _, Ranks};
use keops::{Cpu, Error, Ranges};
use parts::parts;
use threads::{Thread, on_threads};

#[test]
fn scattered_balanced_gathered() {
    for len in [0, 1, 7, 100] {
        let all = Points::<f64>::new(len, 0).x;
        for ranks in 1..=5 {
            let uneven = parts(len, ranks, 3);
            let back = on_threads(ranks, |thread| {
                let engine = Ranks::new(Cpu::default(), thread);
                let rank = engine.rank();
                // what others than rank 0 give is not looked at
                let mine = engine.scatter(if rank == 0 { &all[..] } else { &[[7.0; 3]] }).expect("they come");
                assert_eq!(mine, all[engine.part(len)]);
                let moved = engine.move_to(&mine, uneven[rank].clone()).expect("they come");
                assert_eq!(moved, all[uneven[rank].clone()]);
                assert_eq!(engine.balanced(&moved).expect("they come"), mine);
                engine.gather(&moved).expect("they come")
            });
            assert_eq!(back[0], all);
            assert!(back[1..].iter().all(Vec::is_empty));
        }
    }
}

#[test]
fn ranges_are_shared_out_by_pairs() -> Result<(), Error> {
    // the first ten rows have all the work but a little
    let ranges = Ranges::new(100, 1000, [(0..10, Some(0..1000)), (10..100, Some(0..1))])?;
    let shares: Vec<_> = (0..4).map(|rank| ranges.part(rank, 4)).collect();
    assert_eq!((shares[0].start, shares[3].end), (0, 100));
    assert!(shares.windows(2).all(|two| two[0].end == two[1].start), "{shares:?}");
    assert!(shares[..3].iter().all(|share| (2..=3).contains(&share.len())), "{shares:?}");
    let none = Ranges::new(8, 0, [(0..8, None)])?;
    assert_eq!((0..4).map(|rank| none.part(rank, 4)).collect::<Vec<_>>(), [0..2, 2..4, 4..6, 6..8]);
    Ok(())
}

#[test]
fn points_that_nobody_has() {
    let errors = on_threads(3, |thread| {
        let end = if thread.rank() == 1 { 31 } else { 30 };
        Ranks::new(Cpu::default(), thread).move_to(&[1.0f32; 10], 0..end).expect_err("there are 30")
    });
    let message = Error::Ranks(RanksError::Points { start: 0, end: 31, len: 30 }).to_string();
    assert!(
        errors.iter().all(|error| *error == Error::Ranks(RanksError::Failed { rank: 1, message: message.clone() })),
        "{errors:?}"
    );

    let errors = on_threads(2, |thread| {
        let is_first = thread.rank() == 0;
        let engine = Ranks::new(Cpu::default(), thread);
        if is_first { engine.gather(&[1.0f32]).map(|_| ()) } else { engine.gather(&[1.0f64]).map(|_| ()) }
    });
    assert!(errors.iter().all(|e| e == &errors[0] && e.is_err()), "{errors:?}");
    let error = errors[0].as_ref().expect_err("they are of two types").to_string();
    assert!(error.starts_with("rank 1 has another type of points than rank 0: f64, and not f32"), "{error}");
}

/// What is done with points, by one call.
type Done = fn(&Ranks<Cpu, Thread>, &Path) -> Result<(), Error>;

/// Whatever one rank does, and the others something else: all are told so, and the next call is as if nothing had been.
#[test]
fn ranks_that_do_different_things() {
    let folder = Folder::new("different");
    let path = folder.0.join("points.npy");
    let ways: [(&str, Done); 6] = [
        ("scatter", |ranks, _| ranks.scatter(&[1.0f32; 4]).map(drop)),
        ("gather", |ranks, _| ranks.gather(&[1.0f32; 4]).map(drop)),
        ("balanced", |ranks, _| ranks.balanced(&[1.0f32; 4]).map(drop)),
        ("move_to", |ranks, _| ranks.move_to(&[1.0f32; 4], 0..2).map(drop)),
        ("read_npy", |ranks, path| ranks.read_npy::<f32>(path).map(drop)),
        ("write_npy", |ranks, path| ranks.write_npy(path, &[1.0f32; 4])),
    ];
    on_threads(1, |thread| Ranks::new(Cpu::default(), thread).write_npy(&path, &[1.0f32; 9]).expect("it is written"));
    for (k, (name, way)) in ways.iter().enumerate() {
        for (other_name, other) in ways.iter().skip(k + 1) {
            let errors = on_threads(3, |thread| {
                let is_second = thread.rank() == 1;
                let ranks = Ranks::new(Cpu::default(), thread);
                let outcome = if is_second { other(&ranks, &path) } else { way(&ranks, &path) };
                assert_eq!(ranks.gather(&[ranks.rank()]).expect("all are here").len(), [3, 0, 0][ranks.rank()]);
                outcome.expect_err("they do different things").to_string()
            });
            let expected = format!(
                "rank 1 has another place in the program than rank 0: at `{other_name}`, and not at `{name}`; ranks make the same calls, in the same order"
            );
            assert!(errors.iter().all(|error| *error == expected), "{errors:?}");
        }
    }
}

/// A folder for the files of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("keops-ranks-{name}-{}", process::id()));
        fs::create_dir_all(&folder).expect("there is room");
        Folder(folder)
    }
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("it is there");
        entries.map(|entry| entry.expect("it is read").file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn files() {
    let folder = Folder::new("files");
    for len in [0, 1, 10] {
        let Points { x, b, .. } = Points::<f32>::new(len, len);
        let wide: Vec<[f64; 3]> = x.iter().map(|x| x.map(f64::from)).collect();
        let indices: Vec<[u32; 2]> = (0..len as u32).map(|k| [k, 7 * k]).collect();
        for ranks in 1..=4 {
            let uneven = parts(len, ranks, 1);
            let at = |name: &str| folder.0.join(format!("{name}-{len}-{ranks}.npy"));
            on_threads(ranks, |thread| {
                let mine = uneven[thread.rank()].clone();
                let engine = Ranks::new(Cpu::default(), thread);
                let part = engine.part(len);
                engine.write_npy(at("x"), &x[mine.clone()]).expect("it is written");
                engine.write_npy(at("b"), &b[mine.clone()]).expect("it is written");
                engine.write_npy(at("indices"), &indices[mine]).expect("it is written");
                assert_eq!(engine.read_npy::<[f32; 3]>(at("x")).expect("it is read"), x[part.clone()]);
                assert_eq!(engine.read_npy::<[f64; 3]>(at("x")).expect("it is read"), wide[part.clone()]);
                assert_eq!(engine.read_npy::<f32>(at("b")).expect("it is read"), b[part.clone()]);
                assert_eq!(engine.read_npy::<[u32; 2]>(at("indices")).expect("it is read"), indices[part]);
            });
        }
        // whatever wrote it
        let bytes = |ranks: usize| fs::read(folder.0.join(format!("x-{len}-{ranks}.npy"))).expect("it is there");
        assert!((2..=4).all(|ranks| bytes(ranks) == bytes(1)));
        assert!(bytes(1).starts_with(b"\x93NUMPY"));
    }
    assert!(folder.names().iter().all(|name| name.ends_with(".npy")), "{:?}", folder.names());
}

#[test]
fn files_that_are_not_read() {
    let folder = Folder::new("not-read");
    let path = folder.0.join("points.npy");
    let said = |read: &(dyn Fn(&Ranks<Cpu, Thread>) -> Error + Sync)| {
        let errors = on_threads(3, |thread| read(&Ranks::new(Cpu::default(), thread)));
        assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
        errors[0].to_string()
    };
    let missing = said(&|ranks| ranks.read_npy::<f32>(&path).expect_err("it is not there"));
    assert!(missing.starts_with("rank 0: `") && missing.contains("No such file"), "{missing}");
    on_threads(1, |thread| {
        Ranks::new(Cpu::default(), thread).write_npy(&path, &[[1.0f32; 3]; 5]).expect("it is written");
    });
    let shape = said(&|ranks| ranks.read_npy::<[f32; 2]>(&path).expect_err("it has three columns"));
    assert!(shape.contains("its array is of shape [5, 3], and not (rows, 2)"), "{shape}");
    let shape = said(&|ranks| ranks.read_npy::<f32>(&path).expect_err("it has three columns"));
    assert!(shape.contains("its array is of shape [5, 3], and not (rows,)"), "{shape}");
    let kind = said(&|ranks| ranks.read_npy::<[u32; 3]>(&path).expect_err("it has no integers"));
    assert!(kind.contains("it has numbers of type '<f4', and not '<u4'"), "{kind}");
    let whole = fs::read(&path).expect("it is there");
    fs::write(&path, &whole[..whole.len() - 4]).expect("it is written");
    // the last rank finds that it is too short
    let short = said(&|ranks| ranks.read_npy::<[f32; 3]>(&path).expect_err("it ends too early"));
    assert!(short.starts_with("rank 2: `"), "{short}");
    assert!(short.contains("it ends before the last of the rows that its header tells of"), "{short}");
    // no room is made for rows that are not there
    let header = format!("{:117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (500000000, 3), }");
    fs::write(&path, [b"\x93NUMPY\x01\x00\x76\x00", header.as_bytes(), &[0; 60]].concat()).expect("it is written");
    let short = said(&|ranks| ranks.read_npy::<[f32; 3]>(&path).expect_err("it ends too early"));
    assert!(short.starts_with("rank 0: `") && short.contains("it ends before the last of the rows"), "{short}");
    // on each machine another file
    let other = folder.0.join("other.npy");
    fs::write(&path, &whole).expect("it is written");
    on_threads(1, |thread| {
        Ranks::new(Cpu::default(), thread).write_npy(&other, &[[1.0f32; 3]; 7]).expect("it is written");
    });
    let rows = said(&|ranks| {
        let path = if ranks.rank() == 2 { &other } else { &path };
        ranks.read_npy::<[f32; 3]>(path).expect_err("they differ")
    });
    assert!(rows.starts_with("rank 2 has another number of rows in its file than rank 0: 7, and not 5"), "{rows}");
    fs::write(&path, "no array").expect("it is written");
    said(&|ranks| ranks.read_npy::<f32>(&path).expect_err("it is no file of numpy"));
}

#[test]
fn files_that_are_not_written_leave_what_was_there() {
    let folder = Folder::new("not-written");
    let path = folder.0.join("results.npy");
    fs::write(&path, "before").expect("it is written");
    // two ranks write other points than the first
    let errors = on_threads(3, |thread| {
        let is_last = thread.rank() == 2;
        let engine = Ranks::new(Cpu::default(), thread);
        if is_last { engine.write_npy(&path, &[1.0f64; 4]) } else { engine.write_npy(&path, &[1.0f32; 4]) }
    });
    assert!(errors.iter().all(|error| error.is_err() && *error == errors[0]), "{errors:?}");
    let nowhere = folder.0.join("nowhere").join("results.npy");
    let errors = on_threads(3, |thread| Ranks::new(Cpu::default(), thread).write_npy(&nowhere, &[1.0f32; 4]));
    assert!(
        errors.iter().all(|e| matches!(e, Err(Error::Ranks(RanksError::Failed { rank: 0, .. }))) && *e == errors[0]),
        "{errors:?}"
    );
    // what is no file stays what it is
    let errors = on_threads(2, |thread| Ranks::new(Cpu::default(), thread).write_npy(&folder.0, &[1.0f32; 4]));
    let said = errors[1].as_ref().expect_err("it is a folder").to_string();
    assert!(said.contains("what is there is no file, and is not replaced by one"), "{said}");
    assert_eq!(folder.names(), ["results.npy"]);
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "before");
}

/// A link leads to the same file as before, which is another.
#[cfg(unix)]
#[test]
fn files_behind_links() {
    let folder = Folder::new("links");
    let (path, link) = (folder.0.join("results.npy"), folder.0.join("link.npy"));
    fs::write(&path, "before").expect("it is written");
    std::os::unix::fs::symlink(&path, &link).expect("it is made");
    on_threads(2, |thread| {
        let ranks = Ranks::new(Cpu::default(), thread);
        ranks.write_npy(&link, &[1.0f32; 4]).expect("it is written");
        assert_eq!(ranks.read_npy::<f32>(&path).expect("it is read"), [1.0; 4]);
    });
    assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
}
