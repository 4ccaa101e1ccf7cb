//! The driver that a process finds: this very program, run again, is told by its environment which there are.
#![allow(clippy::unwrap_used, reason = "a test may fail in its helpers, too")]

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use cust::memory::DeviceBuffer;
use keops::{Cuda, Device, keops};

/// What the other process prints before its answer.
const ANSWER: &str = "answer: ";

/// The other process.
#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn other() {
    let answer = match cust::quick_init() {
        Ok(_context) => {
            let numbers = DeviceBuffer::from_slice(&[1f32, 2.5]).unwrap().as_host_vec().unwrap();
            let name = cust::device::Device::get_device(0).unwrap().name().unwrap();
            format!("{} devices, {name}, {numbers:?}", cust::device::Device::num_devices().unwrap())
        }
        Err(error) => format!("{error:?}, {}", keops_libcuda::present().map_or_else(|_| "no driver", |()| "a driver")),
    };
    println!("\n{ANSWER}{answer}");
}

/// The same with the engine: a Gaussian sum where there is a card, or where there is none.
#[test]
#[ignore = "run by the other tests, in a process of its own"]
fn other_engine() {
    let (x, y) = ([[0.5f32]], [[0.5f32]]);
    let best = match Device::best() {
        Device::Cuda(_) => "a card",
        _ => "the processor",
    };
    let here = sum(&x, &y).eval_on(&Device::Cpu(keops::Cpu::default())).unwrap();
    let there = Cuda::new(0).and_then(|cuda| sum(&x, &y).eval_on(&cuda));
    println!("\n{ANSWER}best is {best}: {}", there.map_or_else(|e| e.to_string(), |there| (here == there).to_string()));
}

keops! {
    fn sum(x_i: [f32; 1], y_j: [f32; 1]) { sum_j exp(-sqdist(x_i, y_j)) }
}

/// What the other process answers with these variables, and none else that says where a driver is.
fn ask(variables: &[(&str, &Path)]) -> String {
    ask_test("other", variables)
}

fn ask_test(test: &str, variables: &[(&str, &Path)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    for name in ["KEOPS_CUDA_DRIVER", "KEOPS_FAKE_DEVICES", "KEOPS_FAKE_VERSION"] {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answer = text.lines().find_map(|line| line.strip_prefix(ANSWER));
    answer.unwrap_or_else(|| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr))).to_owned()
}

/// The fake driver's library, which cargo puts beside the tests of a package that depends on it.
fn library() -> PathBuf {
    let file = format!("{DLL_PREFIX}keops_fake_libcuda{DLL_SUFFIX}");
    let path = env::current_exe().unwrap().with_file_name(file);
    assert!(path.is_file(), "{} is built with these tests", path.display());
    path
}

const WORKS: &str = "16 devices, PTX interpreter 0, [1.0, 2.5]";

#[test]
fn a_file_is_named() {
    assert_eq!(ask(&[("KEOPS_CUDA_DRIVER", &library())]), WORKS);
    let two = [("KEOPS_CUDA_DRIVER", &*library()), ("KEOPS_FAKE_DEVICES", Path::new("2"))];
    assert_eq!(ask(&two), WORKS.replace("16", "2"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_library_lies_where_the_system_looks() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("finds");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(library(), folder.join("libcuda.so.1")).unwrap();
    assert_eq!(ask(&[("LD_LIBRARY_PATH", &folder)]), WORKS);
}

#[test]
fn a_driver_finds_no_device() {
    let none = [("KEOPS_CUDA_DRIVER", &*library()), ("KEOPS_FAKE_DEVICES", Path::new("0"))];
    assert_eq!(ask(&none), "NoDevice, a driver");
}

#[test]
fn there_is_no_driver() {
    let nowhere = library().with_file_name("no such library");
    assert_eq!(ask(&[("KEOPS_CUDA_DRIVER", &nowhere)]), "NoDevice, no driver");
}

/// A library that is something else is named, with what it lacks.
#[test]
#[cfg(target_os = "linux")]
fn another_library_is_no_driver() {
    let other = [("KEOPS_CUDA_DRIVER", Path::new("libm.so.6"))];
    assert_eq!(ask(&other), "NoDevice, no driver");
    let said = ask_test("other_engine", &other);
    assert!(said.contains("(libm.so.6 has no function `cuInit`, and so it is not the driver's)"), "{said}");
}

/// One program: on the card, and on the processor where there is no driver, or no card, which is told.
#[test]
fn the_engine_says_what_is_missing() {
    if option_env!("KEOPS_PTX").is_some() {
        assert_eq!(ask_test("other_engine", &[("KEOPS_CUDA_DRIVER", &library())]), "best is a card: true");
    }
    let none = [("KEOPS_CUDA_DRIVER", &*library()), ("KEOPS_FAKE_DEVICES", Path::new("0"))];
    let said = ask_test("other_engine", &none);
    assert!(
        said.starts_with("best is the processor: no CUDA device: no CUDA-capable device is detected (CUDA error 100)"),
        "{said}"
    );
    let nowhere = library().with_file_name("no such library");
    let said = ask_test("other_engine", &[("KEOPS_CUDA_DRIVER", &nowhere)]);
    assert!(
        said.starts_with("best is the processor: no CUDA device: the driver's library cannot be loaded ("),
        "{said}"
    );
    assert!(said.contains("no such library"), "the system's reason is told: {said}");
    assert!(said.ends_with("`Device::best()` takes the CPU where there is none"), "{said}");
    // no name is none that was given
    let empty = ask_test("other_engine", &[("KEOPS_CUDA_DRIVER", Path::new(""))]);
    assert!(!empty.contains("cannot open") || empty.contains("libcuda.so"), "{empty}");
}
