//! What a process has used, from `/proc`.

use std::fs;

/// Unit of the times in `/proc/<pid>/stat`: Linux shows them in hundredths of a second on every architecture.
const TICKS_PER_S: f64 = 100.0;

/// CPU seconds, user and system.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    /// Of all threads of the process, ended ones included.
    pub(crate) own_s: f64,
    /// Of its children that have ended and were waited for.
    pub(crate) children_s: f64,
}

/// CPU time of a process that runs, or has ended and was not yet waited for.
pub(crate) fn cpu(pid: u32) -> Cpu {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name in brackets may hold anything; the fields behind it are numbers, the third of the line first.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_ascii_whitespace().collect();
    let ticks = |field: usize| fields[field - 3].parse::<f64>().unwrap() / TICKS_PER_S;
    Cpu {
        own_s: ticks(14) + ticks(15),
        children_s: ticks(16) + ticks(17),
    }
}

/// Most memory that the process has had resident at any time, in MiB; nothing once it has ended.
pub(crate) fn peak_rss_mib(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// The first child of a process.
pub(crate) fn child(pid: u32) -> Option<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    threads.flatten().find_map(|thread| {
        let children = fs::read_to_string(thread.path().join("children")).ok()?;
        children.split_ascii_whitespace().next()?.parse().ok()
    })
}
