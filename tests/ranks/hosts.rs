//! Hosts of a network that are namespaces of this machine: each has an address and a name of its own, and reaches the others through a switch.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

/// Some hosts, which are gone when this is dropped, with all that runs there.
pub(crate) struct Hosts {
    /// Namespaces: of the hosts, and of the switch behind them.
    spaces: Vec<String>,
    /// What MPI starts processes on other hosts with.
    agent: PathBuf,
}

/// Runs a command of `ip`. Answers with what it prints, or with why it cannot be done.
fn ip(arguments: &str) -> Result<String, String> {
    let Output { status, stdout, stderr } =
        Command::new("ip").args(arguments.split(' ')).output().map_err(|error| format!("`ip` is wanting ({error})"))?;
    let said = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    if status.success() { Ok(said(stdout)) } else { Err(format!("`ip {arguments}` says: {}", said(stderr))) }
}

impl Hosts {
    /// So many hosts; or why this machine has no namespaces for them.
    pub(crate) fn new(count: usize) -> Result<Self, String> {
        let name = format!("keops-{}", std::process::id());
        let agent = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-agent"));
        // what is made until something fails is taken away again
        let mut hosts = Hosts { spaces: vec![], agent };
        let switch = format!("{name}-switch");
        hosts.space(switch.clone())?;
        ip(&format!("-n {switch} link add switch type bridge"))?;
        ip(&format!("-n {switch} link set switch up"))?;
        for k in 1..=count {
            let host = format!("{name}-{k}");
            hosts.space(host.clone())?;
            ip(&format!("-n {host} link set lo up"))?;
            ip(&format!("-n {switch} link add port{k} type veth peer name eth0 netns {host}"))?;
            ip(&format!("-n {switch} link set port{k} master switch up"))?;
            ip(&format!("-n {host} addr add {}/24 dev eth0", address(k)))?;
            ip(&format!("-n {host} link set eth0 up"))?;
        }
        // MPI gives it options, an address, and the words of a command
        let script = format!(
            "#!/bin/sh\nwhile [ \"${{1#-}}\" != \"$1\" ]; do shift; done\nhost=${{1##*.}}; shift\n\
             exec ip netns exec {name}-$host unshare --uts sh -c \"echo host-$host >/proc/sys/kernel/hostname; $*\"\n"
        );
        fs::write(&hosts.agent, script).map_err(|error| error.to_string())?;
        let named = hosts.command("true").output().map_err(|error| format!("`ip` is wanting ({error})"))?;
        if !named.status.success() {
            return Err(format!("a host has no name of its own: {}", String::from_utf8_lossy(&named.stderr).trim()));
        }
        Ok(hosts)
    }

    fn space(&mut self, name: String) -> Result<(), String> {
        ip(&format!("netns add {name}"))?;
        self.spaces.push(name);
        Ok(())
    }

    /// The namespaces of the hosts.
    fn hosts(&self) -> &[String] {
        &self.spaces[1..]
    }

    /// A program on the first host.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        let named = "echo host-1 >/proc/sys/kernel/hostname && exec \"$@\"";
        command.args(["netns", "exec", &self.hosts()[0], "unshare", "--uts", "sh", "-c", named, "sh", program]);
        command
    }

    /// What starts processes on the others.
    pub(crate) fn agent(&self) -> String {
        format!("sh {}", self.agent.display())
    }

    /// Their addresses, with so many processes on each.
    pub(crate) fn with_slots(&self, slots: usize) -> String {
        (1..=self.hosts().len()).map(|k| format!("{}:{slots}", address(k))).collect::<Vec<_>>().join(",")
    }

    /// How many bytes have come to each from the others.
    pub(crate) fn received(&self) -> Vec<u64> {
        let of = |host: &String| {
            let said = ip(&format!("netns exec {host} cat /sys/class/net/eth0/statistics/rx_bytes"));
            said.expect("it is counted").parse().expect("a number")
        };
        self.hosts().iter().map(of).collect()
    }
}

fn address(host: usize) -> String {
    format!("10.77.0.{host}")
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for space in &self.spaces {
            // processes that outlive a run that was given up
            for process in ip(&format!("netns pids {space}")).unwrap_or_default().lines() {
                let _ = Command::new("sh").args(["-c", &format!("kill -KILL {process}")]).status();
            }
            if let Err(why) = ip(&format!("netns del {space}")) {
                eprintln!("{space} is left: {why}");
            }
        }
        let _ = fs::remove_file(&self.agent);
    }
}
