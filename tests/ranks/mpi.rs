//! Ranks that are processes of MPI, by whichever of `OpenMPI` and MPICH are installed: the program of `tests/mpi`, started by their `mpirun`.
//!
//! Where there is neither, the tests pass, and say that they were skipped; `KEOPS_REQUIRE=mpi` makes them fail.

mod hosts;
#[path = "../skip/mod.rs"]
mod skip;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};
use std::{env, fs};

use hosts::Hosts;

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
        static BUILDING: Mutex<()> = Mutex::new(());
        let _alone = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let cargo = |arguments: &[&str], target: &Path| {
            let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo
                .args(arguments)
                .current_dir(&folder)
                .env("CARGO_TARGET_DIR", target)
                // the same for all programs, which then share what they depend on
                .env("CARGO_PROFILE_DEV_DEBUG", "false")
                .env("MPICC", self.compiler);
            cargo.output().expect("cargo starts")
        };
        let target = self.target();
        let others = LIBRARIES.iter().map(Library::target).find(|other| other.exists());
        if let Some(others) = others.filter(|_| !target.exists()) {
            // what depends on the library is made anew, and that is a third; under another name until no part of it is the other's
            let copy = target.with_extension("copy");
            let _ = fs::remove_dir_all(&copy);
            let copied = Command::new("cp").arg("-a").args([&others, &copy]).status();
            if copied.is_ok_and(|status| status.success())
                && cargo(&["clean", "--quiet", "-p", "mpi-sys"], &copy).status.success()
            {
                fs::rename(&copy, &target).expect("it is there");
            }
        }
        let built = cargo(&["build", "--quiet"], &target);
        let said = String::from_utf8_lossy(&built.stderr);
        if said.contains("Unable to find libclang") {
            return None;
        }
        assert!(built.status.success(), "{}: {said}", self.name);
        Some(target.join("debug").join(name))
    }

    /// The folder of what is linked with this library.
    fn target(&self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(self.name)
    }

    /// What so many ranks print, and whether all have ended well. A run that hangs fails.
    fn run(&self, program: &Path, ranks: usize, arguments: &[&str]) -> (String, bool) {
        let mut command = Command::new(self.starter);
        command.args(self.arguments).arg("-n").arg(ranks.to_string()).arg(program).args(arguments);
        // all are here: without this it wants ssh
        command.env("OMPI_MCA_plm", "isolated");
        ended(command, &format!("{}: {ranks} ranks of {arguments:?}", self.name))
    }

    /// The same by `OpenMPI`, on several hosts with so many ranks each, which have nothing in common but a network.
    fn run_on(&self, hosts: &Hosts, ranks: [usize; 2], program: &Path, arguments: &[&str]) -> (String, bool) {
        let [on_each, all] = ranks;
        let mut command = hosts.command(self.starter);
        command.args(self.arguments).args(["--host", &hosts.with_slots(on_each), "-n", &all.to_string()]);
        let network = "10.77.0.0/24";
        for (what, value) in [
            ("plm", "rsh"),
            ("plm_rsh_agent", &*hosts.agent()),
            ("pml", "ob1"),
            ("btl", "tcp,self"),
            ("btl_tcp_if_include", network),
            ("oob_tcp_if_include", network),
        ] {
            command.args(["--mca", what, value]);
        }
        command.arg(program).args(arguments);
        ended(command, &format!("{all} ranks of {arguments:?} on several hosts"))
    }
}

/// What a command prints, and whether it has ended well. One that hangs fails. They run one after the other: ranks that wait do so without sleep, and tests of
/// several would keep each other from the cores.
fn ended(mut command: Command, what: &str) -> (String, bool) {
    static RUNNING: Mutex<()> = Mutex::new(());
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    command.env("RAYON_NUM_THREADS", "1").env("RUST_BACKTRACE", "0").env("HWLOC_COMPONENTS", "-gl");
    command.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
        std::thread::spawn(move || {
            let mut said = vec![];
            let _ = pipe.read_to_end(&mut said);
            String::from_utf8_lossy(&said).into_owned()
        })
    }
    let pipes = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let reading = [read(pipes.0), read(pipes.1)];
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is there") {
            break status;
        }
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("{what} hang");
        }
        sleep(Duration::from_millis(20));
    };
    let said = reading.map(|reading| reading.join().expect("it has been read"));
    (said.concat(), status.success())
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

/// A folder for the files of a test.
fn folder(test: &str, library: &Library) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", library.name));
    fs::create_dir_all(&folder).expect("there is room");
    folder.into_os_string().into_string().expect("its name is text")
}

/// What the processes of most tests do.
const RANKS: (&str, &str) = ("../mpi", "keops-mpi-tests");

#[test]
fn any_number_of_processes_gives_the_bits_of_one() {
    with_each(RANKS.0, RANKS.1, |library, program| {
        let folder = folder("bits", library);
        // the one that is alone leaves what the others compare with
        for ranks in 1..=5 {
            let (said, well) = library.run(program, ranks, &["bits", &folder]);
            let line = format!("{ranks} ranks: ");
            assert!(well && said.contains(&line), "{}, {ranks} ranks: {said}", library.name);
        }
    });
}

/// Hosts are namespaces of this machine. (MPICH 4.0.2 hangs now and then in its own `MPI_Finalize` over the TCP of UCX: it is not tried.)
#[test]
fn several_hosts_give_the_bits_of_one_process() {
    let skipped = |why: &str| skip::skip("hosts", "tests/ranks/mpi.rs on several hosts", why);
    let library = &LIBRARIES[0];
    if !library.is_installed() {
        return skipped("there is no OpenMPI (`apt-get install libopenmpi-dev libclang-dev`)");
    }
    let hosts = match Hosts::new(3) {
        Ok(hosts) => hosts,
        Err(why) => return skipped(&format!("namespaces cannot be made: {why}")),
    };
    let Some(program) = library.program(RANKS.0, RANKS.1) else {
        return skipped("there is no libclang for the bindings of MPI (`apt-get install libclang-dev`)");
    };
    let folder = folder("hosts", library);
    let (said, well) = library.run(&program, 1, &["bits", &folder]);
    assert!(well, "{said}");
    let (said, well) = library.run_on(&hosts, [1, 3], &program, &["bits", &folder]);
    assert!(well && said.contains("3 ranks: "), "{said}");
    // each has received what the others have: of one pass over 70,000 columns of 16 bytes alone a part of a megabyte
    let received = hosts.received();
    assert!(received.iter().all(|bytes| *bytes > 1_000_000), "bytes that have come to each host: {received:?}");
    for (what, answers, message) in WRONG {
        let (said, well) = library.run_on(&hosts, [1, 3], &program, &[what]);
        let count = answers_with(&said, message);
        assert!(!well && count == answers, "{what}: {said}");
    }
    // five on three hosts, one of which ends all
    let (said, well) = library.run_on(&hosts, [2, 5], &program, &["panic-outside"]);
    assert!(!well && said.contains("rank 1 has had enough"), "{said}");
}

/// What ranks do wrong, how many say so, and what they say.
const WRONG: [(&str, usize, &str); 3] = [
    ("error", 3, "answer: rank 1: out of memory: no room for 77 numbers"),
    ("panic", 3, "answer: rank 1: a panic: it is asked once too often"),
    ("leaves", 2, "at the end of the program"),
];

/// How many lines have an answer with this message.
fn answers_with(said: &str, message: &str) -> usize {
    said.lines().filter(|line| line.contains("answer: ") && line.contains(message)).count()
}

#[test]
fn what_goes_wrong_on_one_process_all_know() {
    with_each(RANKS.0, RANKS.1, |library, program| {
        for (what, answers, message) in WRONG {
            let (said, well) = library.run(program, 3, &[what]);
            let count = answers_with(&said, message);
            assert!(!well && count == answers, "{}, {what}: {said}", library.name);
        }
        let (said, well) = library.run(program, 3, &["panic-outside"]);
        assert!(!well && said.contains("rank 1 has had enough"), "{}: {said}", library.name);
    });
}

#[test]
fn files_are_those_of_one_process() {
    with_each(RANKS.0, RANKS.1, |library, program| {
        let folder = folder("files", library);
        for ranks in [1, 4] {
            let (said, well) = library.run(program, ranks, &["files", &folder]);
            assert!(well, "{}, {ranks} ranks: {said}", library.name);
        }
        let result = |ranks: usize| fs::read(Path::new(&folder).join(format!("a-{ranks}.npy"))).expect("it is there");
        assert_eq!(result(1), result(4));
    });
}

#[test]
fn the_example_computes_the_same_on_any_number_of_processes() {
    with_each("../../examples/mpi", "keops-mpi-example", |library, program| {
        let results = [1, 3].map(|ranks| {
            let folder = folder(&format!("example-{ranks}"), library);
            let (said, well) = library.run(program, ranks, &["1000", &folder]);
            assert!(well && said.contains(&format!("1000 points on {ranks} processes")), "{}: {said}", library.name);
            ["density.npy", "slope.npy"].map(|file| fs::read(Path::new(&folder).join(file)).expect("it is there"))
        });
        assert_eq!(results[0], results[1]);
    });
}
