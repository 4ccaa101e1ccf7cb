//! Ranks that are processes of MPI, by whichever of `OpenMPI` and MPICH are installed: the program of `tests/mpi`, started by their `mpirun`.
//!
//! Where there is neither, the tests pass, and say that they were skipped; `KEOPS_REQUIRE=mpi` makes them fail.

#[path = "../skip/mod.rs"]
mod skip;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs};

/// How long a run may take, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(300);

/// A library of MPI: its compiler, and what starts processes.
struct Library {
    name: &'static str,
    compiler: &'static str,
    starter: &'static str,
    arguments: &'static [&'static str],
}

const LIBRARIES: [Library; 2] = [
    Library {
        name: "OpenMPI",
        compiler: "mpicc.openmpi",
        starter: "mpirun.openmpi",
        arguments: &["--allow-run-as-root", "--oversubscribe"],
    },
    Library { name: "MPICH", compiler: "mpicc.mpich", starter: "mpirun.mpich", arguments: &[] },
];

impl Library {
    fn is_installed(&self) -> bool {
        [self.compiler, self.starter].iter().all(|tool| {
            Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
        })
    }

    /// A program, linked with this library; none where there is no `libclang` to make the bindings with. Each library has a folder of its own: they are not
    /// made anew for another.
    fn program(&self, folder: &str, name: &str) -> Option<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(self.name);
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args(["build", "--quiet"])
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", &target)
            .env("MPICC", self.compiler);
        let built = cargo.output().expect("cargo starts");
        let said = String::from_utf8_lossy(&built.stderr);
        if said.contains("Unable to find libclang") {
            return None;
        }
        assert!(built.status.success(), "{}: {said}", self.name);
        Some(target.join("debug").join(name))
    }

    /// What so many ranks print, and whether all have ended well. A run that hangs fails.
    fn run(&self, program: &Path, ranks: usize, arguments: &[&str]) -> (String, bool) {
        let mut command = Command::new(self.starter);
        command.args(self.arguments).arg("-n").arg(ranks.to_string()).arg(program).args(arguments);
        command.env("RAYON_NUM_THREADS", "1").env("RUST_BACKTRACE", "0").env("HWLOC_COMPONENTS", "-gl");
        // all are here: without this it wants ssh
        command.env("OMPI_MCA_plm", "isolated");
        command.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (mut out, mut err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let reading = std::thread::spawn(move || {
            let mut said = String::new();
            let _ = err.read_to_string(&mut said);
            said
        });
        let reading_out = std::thread::spawn(move || {
            let mut said = String::new();
            let _ = out.read_to_string(&mut said);
            said
        });
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().expect("it is there") {
                break status;
            }
            if started.elapsed() > PATIENCE {
                let _ = child.kill();
                panic!("{}: {ranks} ranks of {arguments:?} hang", self.name);
            }
            sleep(Duration::from_millis(20));
        };
        let said = |reading: std::thread::JoinHandle<String>| reading.join().expect("it has been read");
        (said(reading_out) + &said(reading), status.success())
    }
}

/// Does something with a program for each library that is installed.
fn with_each(folder: &str, name: &str, test: impl Fn(&Library, &Path)) {
    let skipped = |why: &str| skip::skip("mpi", "tests/ranks/mpi.rs", why);
    let installed: Vec<&Library> = LIBRARIES.iter().filter(|library| library.is_installed()).collect();
    if installed.is_empty() {
        return skipped("there is neither OpenMPI nor MPICH (`apt-get install libopenmpi-dev libclang-dev`)");
    }
    for library in installed {
        match library.program(folder, name) {
            Some(program) => test(library, &program),
            None => return skipped("there is no libclang for the bindings of MPI (`apt-get install libclang-dev`)"),
        }
    }
}

/// What the processes of most tests do.
const RANKS: (&str, &str) = ("../mpi", "keops-mpi-tests");

#[test]
fn any_number_of_processes_gives_the_bits_of_one() {
    with_each(RANKS.0, RANKS.1, |library, program| {
        for ranks in 1..=5 {
            let (said, well) = library.run(program, ranks, &["bits"]);
            let line = format!("{ranks} ranks: ");
            assert!(well && said.contains(&line), "{}, {ranks} ranks: {said}", library.name);
        }
    });
}

#[test]
fn what_goes_wrong_on_one_process_all_know() {
    let wrong = [
        ("error", 3, "answer: rank 1: out of memory: no room for 77 numbers"),
        ("panic", 3, "answer: rank 1: a panic: it is asked once too often"),
        ("leaves", 2, "at the end of the program"),
    ];
    with_each(RANKS.0, RANKS.1, |library, program| {
        for (what, answers, message) in wrong {
            let (said, well) = library.run(program, 3, &[what]);
            let count = said.lines().filter(|line| line.contains("answer: ") && line.contains(message)).count();
            assert!(!well && count == answers, "{}, {what}: {said}", library.name);
        }
        let (said, well) = library.run(program, 3, &["panic-outside"]);
        assert!(!well && said.contains("rank 1 has had enough"), "{}: {said}", library.name);
    });
}

#[test]
fn files_are_those_of_one_process() {
    with_each(RANKS.0, RANKS.1, |library, program| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("files-{}", library.name));
        fs::create_dir_all(&folder).expect("there is room");
        for ranks in [1, 4] {
            let (said, well) = library.run(program, ranks, &["files", folder.to_str().expect("a name")]);
            assert!(well, "{}, {ranks} ranks: {said}", library.name);
        }
        let result = |ranks: usize| fs::read(folder.join(format!("a-{ranks}.npy"))).expect("it is there");
        assert_eq!(result(1), result(4));
    });
}

#[test]
fn the_example_computes_the_same_on_any_number_of_processes() {
    with_each("../../examples/mpi", "keops-mpi-example", |library, program| {
        let results = [1, 3].map(|ranks| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("example-{}-{ranks}", library.name));
            let (said, well) = library.run(program, ranks, &["1000", folder.to_str().expect("a name")]);
            assert!(well && said.contains(&format!("1000 points on {ranks} processes")), "{}: {said}", library.name);
            ["density.npy", "slope.npy"].map(|file| fs::read(folder.join(file)).expect("it is there"))
        });
        assert_eq!(results[0], results[1]);
    });
}
