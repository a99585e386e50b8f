//! Checks that need nothing but this machine.

use super::Check;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Free space below which nothing should be started.
const DISK_FAIL_BYTES: u64 = 1 << 30;
/// Free space below which a backfill will soon stop: a month of mainnet needs about 5 GB of archive.
const DISK_WARN_BYTES: u64 = 10 << 30;
/// A clock that is further off makes every lag wrong.
const CLOCK_WARN: Duration = Duration::from_secs(30);

/// Whether a port can be listened on. `in_use_by_us`: a running gridproof on this data folder says that it is its own.
pub(crate) fn port(what: &str, address: SocketAddr, flag: &str, in_use_by_us: bool) -> Check {
    let name = format!("port {what}");
    match TcpListener::bind(address) {
        Ok(_) => Check::ok(name, format!("{address} is free")),
        Err(_) if in_use_by_us => Check::ok(name, format!("{address} is used by the running gridproof")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Check::fail(
            name,
            format!("{address} is in use by another program"),
            format!("stop that program or choose another address with {flag}"),
        ),
        Err(error) => Check::fail(
            name,
            format!("{address}: {error}"),
            format!("choose another address with {flag}"),
        ),
    }
}

/// Whether the data folder can be written to. Where it does not exist yet, its nearest parent is tried.
pub(crate) fn folder_writable(folder: &Path) -> Check {
    let existing = nearest_existing(folder);
    let probe = existing.join(format!(".gridproof-doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) if existing == folder => Check::ok("data folder", format!("{} is writable", folder.display())),
        Ok(()) => Check::ok("data folder", format!("{} can be created", folder.display())),
        Err(error) => Check::fail(
            "data folder",
            format!("{}: {error}", existing.display()),
            "make it writable for this user or choose another with --data-dir",
        ),
    }
}

/// Whether the disk under the data folder has room.
pub(crate) fn disk(folder: &Path) -> Check {
    let existing = nearest_existing(folder);
    let free = match rustix::fs::statvfs(&existing) {
        Ok(stats) => stats.f_bavail.saturating_mul(stats.f_frsize),
        Err(error) => {
            return Check::warn(
                "disk",
                format!("{}: {error}", existing.display()),
                "check the free space by hand",
            );
        }
    };
    let finding = format!(
        "{:.1} GiB free under {}",
        free as f64 / f64::from(1 << 30),
        existing.display()
    );
    match free {
        0..DISK_FAIL_BYTES => Check::fail("disk", finding, "free at least 1 GiB or choose another --data-dir"),
        DISK_FAIL_BYTES..DISK_WARN_BYTES => Check::warn("disk", finding, "a backfill of a month needs about 5 GB"),
        _ => Check::ok("disk", finding),
    }
}

/// Compares this machine's clock with the `Date` of an HTTP answer. Half the round trip is the error of the measure.
pub(crate) fn clock_skew(host: &str, theirs: SystemTime, ours: SystemTime) -> Check {
    let ahead = ours.duration_since(theirs);
    let skew = ahead.as_ref().map_or_else(|early| early.duration(), |late| *late);
    let side = if ahead.is_ok() { "ahead of" } else { "behind" };
    let finding = format!("{} s {side} {host}", skew.as_secs());
    if skew > CLOCK_WARN {
        return Check::warn(
            "clock",
            finding,
            "set the clock (NTP): lag and freshness are measured against it",
        );
    }
    Check::ok("clock", finding)
}

/// The folder, or the nearest parent that exists.
fn nearest_existing(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    absolute
        .ancestors()
        .find(|path| path.is_dir())
        .unwrap_or(Path::new("/"))
        .to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_port_in_use_is_a_failure_unless_it_is_our_own() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let check = port("api", address, "--listen", false);
        assert_eq!(check.verdict, Verdict::Fail);
        assert!(check.next_step.contains("--listen"));
        assert_eq!(port("api", address, "--listen", true).verdict, Verdict::Ok);
        drop(taken);
        assert_eq!(port("api", address, "--listen", false).verdict, Verdict::Ok);
    }

    #[test]
    fn a_folder_that_does_not_exist_yet_is_fine_where_its_parent_is_writable() {
        let parent = tempfile::tempdir().unwrap();
        assert_eq!(folder_writable(&parent.path().join("a/b")).verdict, Verdict::Ok);
        assert_eq!(disk(&parent.path().join("a/b")).name, "disk");
        assert_eq!(
            std::fs::read_dir(parent.path()).unwrap().count(),
            0,
            "the probe must not stay behind"
        );
    }

    #[test]
    fn a_clock_that_is_off_is_a_warning_on_either_side() {
        let now = SystemTime::now();
        assert_eq!(clock_skew("h", now, now + Duration::from_secs(5)).verdict, Verdict::Ok);
        assert_eq!(
            clock_skew("h", now, now + Duration::from_secs(90)).verdict,
            Verdict::Warn
        );
        assert_eq!(
            clock_skew("h", now + Duration::from_secs(90), now).verdict,
            Verdict::Warn
        );
    }
}
