//! The driver that a process finds: this very program, run again, is told by its environment which there are.
#![allow(clippy::unwrap_used, reason = "a test may fail in its helpers, too")]

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use cust::memory::DeviceBuffer;

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

/// What the other process answers with these variables, and none else that says where a driver is.
fn ask(variables: &[(&str, &Path)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "other", "--ignored", "--nocapture", "--test-threads=1"]);
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
