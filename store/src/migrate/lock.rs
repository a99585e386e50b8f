//! One migrating process at a time.
//!
//! The lock is a table: creating it without `IF NOT EXISTS` succeeds for one process only. Its comment names
//! the holder. A holder that died is recognised by its process id (same machine) or by age; its table is
//! then renamed to a name made of its own UUID, which again succeeds for one process only and never hits a
//! lock that was taken meanwhile, because two breakers of the same lock aim at the same name.

use super::MigrateError;
use crate::client::{ClickHouse, ClientError, quote_string};
use clickhouse::Row;
use serde::Deserialize;
use std::time::Duration;

pub(super) const LOCK_TABLE: &str = "_migration_lock";
/// Longer than any migration runs.
const STALE_AFTER_S: u64 = 600;
/// How long to wait for another process that migrates.
const WAIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);

const TABLE_ALREADY_EXISTS: u32 = 57;
const UNKNOWN_TABLE: u32 = 60;

/// The held lock. It must be released; dropping it leaves it to be broken.
#[derive(Debug)]
pub(super) struct MigrationLock {
    client: ClickHouse,
}

#[derive(Row, Deserialize, Debug)]
struct LockState {
    uuid: String,
    owner: String,
    age_s: u64,
}

impl MigrationLock {
    /// Takes the lock; waits for a process that holds it, breaks it where that process is gone.
    pub(super) async fn acquire(client: &ClickHouse) -> Result<Self, MigrateError> {
        let owner = owner();
        let deadline = tokio::time::Instant::now() + WAIT;
        loop {
            if create(client, &owner).await? {
                return Ok(Self { client: client.clone() });
            }
            let Some(state) = state(client).await? else { continue };
            if state.owner == owner {
                // Our own create succeeded and its answer was lost.
                return Ok(Self { client: client.clone() });
            }
            if is_stale(&state, &owner) {
                break_lock(client, &state).await?;
            } else if tokio::time::Instant::now() > deadline {
                return Err(MigrateError::Locked {
                    owner: state.owner,
                    age_s: state.age_s,
                    table: LOCK_TABLE,
                });
            } else {
                tokio::time::sleep(POLL).await;
            }
        }
    }

    /// Gives the lock back and removes locks that were broken long ago.
    pub(super) async fn release(self) -> Result<(), MigrateError> {
        self.client
            .execute(&format!("DROP TABLE IF EXISTS {LOCK_TABLE} SYNC"))
            .await?;
        for name in self
            .client
            .fetch_all::<String>(include_str!("sql/old_locks.sql"))
            .await?
        {
            self.client
                .execute(&format!("DROP TABLE IF EXISTS `{name}` SYNC"))
                .await?;
        }
        Ok(())
    }
}

/// Tries to create the lock; `false` if it is there.
async fn create(client: &ClickHouse, owner: &str) -> Result<bool, MigrateError> {
    let sql = format!(
        "CREATE TABLE {LOCK_TABLE} (nothing UInt8) ENGINE = Memory COMMENT {}",
        quote_string(owner)
    );
    match client.execute(&sql).await {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Some(TABLE_ALREADY_EXISTS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn state(client: &ClickHouse) -> Result<Option<LockState>, ClientError> {
    Ok(client
        .fetch_all::<LockState>(include_str!("sql/lock_state.sql"))
        .await?
        .into_iter()
        .next())
}

/// Moves a dead holder's lock out of the way, unless another process was faster.
async fn break_lock(client: &ClickHouse, state: &LockState) -> Result<(), MigrateError> {
    tracing::warn!(
        owner = state.owner,
        age_s = state.age_s,
        "the migration lock of a process that is gone is broken"
    );
    let broken = format!("{LOCK_TABLE}_broken_{}", state.uuid.replace('-', ""));
    match client
        .execute(&format!("RENAME TABLE {LOCK_TABLE} TO `{broken}`"))
        .await
    {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.code(), Some(TABLE_ALREADY_EXISTS | UNKNOWN_TABLE)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// `machine pid start nonce`. The start time tells a process from an earlier one with the same id (in a
/// container each is number 1), the nonce tells two runs within one process apart.
fn owner() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let machine = name.split_whitespace().next().unwrap_or("unknown");
    let pid = std::process::id();
    let start = start_time(pid).unwrap_or_default();
    format!("{machine} {pid} {start} {:016x}", fastrand::u64(..))
}

/// When a process of this machine began, in clock ticks since the start of the system; `None` if there is
/// no such process. Field 22 of `/proc/PID/stat`, counted after the name, which may hold anything.
fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(19)?.parse().ok()
}

fn is_stale(state: &LockState, me: &str) -> bool {
    if state.age_s > STALE_AFTER_S {
        return true;
    }
    let mut theirs = state.owner.split(' ');
    let same_machine = theirs.next() == me.split(' ').next();
    let pid = theirs.next().and_then(|pid| pid.parse().ok());
    let start = theirs.next().and_then(|start| start.parse().ok());
    let (Some(pid), Some(start)) = (pid, start) else {
        return false;
    };
    same_machine && start_time(pid) != Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_by(owner: &str, age_s: u64) -> LockState {
        LockState {
            uuid: String::new(),
            owner: owner.into(),
            age_s,
        }
    }

    #[test]
    fn a_lock_is_stale_when_its_process_is_gone_or_it_is_very_old() {
        let me = owner();
        assert!(!is_stale(&held_by(&me, 1), &owner()));
        assert!(is_stale(&held_by(&me, STALE_AFTER_S + 1), &owner()));
        let mut parts = me.split(' ');
        let (machine, pid) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        // Above the largest process id that Linux gives out.
        assert!(is_stale(&held_by(&format!("{machine} 4194305 5 0"), 1), &me));
        assert!(
            is_stale(&held_by(&format!("{machine} {pid} 5 0"), 1), &me),
            "an earlier process with our id"
        );
        assert!(!is_stale(&held_by("another-machine 4194305 5 0", 1), &me));
        assert!(!is_stale(&held_by("", 1), &me));
    }
}
