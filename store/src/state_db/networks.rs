//! The networks, and that a name always means the same chain.

use super::rows::{count, count_option, signed};
use super::{Network, StageKey, StateDb, StateError, now_ms, sql};
use sqlx::any::AnyRow;
use sqlx::{Any, Row, Transaction};

/// Number of the first entry of every series.
const FIRST_ENTRY: u64 = 1;

/// A network with what was learnt about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NetworkRow {
    pub(super) network: Network,
    pub(super) pinned: Option<(u64, String)>,
    pub(super) tip_height: Option<u64>,
    pub(super) tip_time_ms: Option<i64>,
    pub(super) tip_seen_ms: Option<i64>,
}

impl StateDb {
    /// Identity of this database; it never changes.
    pub async fn instance(&self) -> Result<String, StateError> {
        let new = format!("{:032x}", fastrand::u128(..));
        sqlx::query(sql!("instance_create"))
            .bind(new)
            .execute(&self.pool)
            .await?;
        let row = sqlx::query(sql!("instance_get")).fetch_one(&self.pool).await?;
        Ok(row.try_get("id")?)
    }

    /// Registers a network or finds it again.
    ///
    /// Another chain id under the same name is refused. First height and note may change.
    pub async fn register_network(&self, network: &Network) -> Result<(), StateError> {
        check_name(&network.name)?;
        let mut transaction = self.begin().await?;
        if let Some(known) = get(&mut transaction, &network.name).await?
            && known.network.chain_id != network.chain_id
        {
            return Err(StateError::OtherChain {
                network: network.name.clone(),
                known: known.network.chain_id,
                got: network.chain_id.clone(),
            });
        }
        sqlx::query(sql!("network_put"))
            .bind(&network.name)
            .bind(&network.chain_id)
            .bind(&network.kind)
            .bind(signed("first height", network.first_height)?)
            .bind(&network.note)
            .bind(now_ms())
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Remembers the hash of one block, the first time, and afterwards refuses another hash at that height.
    ///
    /// A chain id alone does not tell a restarted test chain from its predecessor; a block hash does.
    pub async fn pin_block(&self, network: &str, height: u64, hash: &str) -> Result<(), StateError> {
        let mut transaction = self.begin().await?;
        match get(&mut transaction, network)
            .await?
            .ok_or_else(|| StateError::UnknownNetwork(network.into()))?
            .pinned
        {
            Some((pinned, known)) if pinned == height && known != hash => Err(StateError::OtherBlock {
                network: network.into(),
                height,
                known,
                got: hash.into(),
            }),
            Some(_) => Ok(()),
            None => {
                sqlx::query(sql!("network_pin"))
                    .bind(network)
                    .bind(signed("height", height)?)
                    .bind(hash)
                    .execute(&mut *transaction)
                    .await?;
                Ok(transaction.commit().await?)
            }
        }
    }

    /// Height and hash of the pinned block, for comparison with an endpoint.
    pub async fn pinned_block(&self, network: &str) -> Result<Option<(u64, String)>, StateError> {
        let row = sqlx::query(sql!("network_get"))
            .bind(network)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| decode(&row)).transpose()?.and_then(|row| row.pinned))
    }

    /// The network of that name.
    pub async fn network(&self, name: &str) -> Result<Option<Network>, StateError> {
        let row = sqlx::query(sql!("network_get"))
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| decode(&row)).transpose()?.map(|row| row.network))
    }

    /// All networks, by name.
    pub async fn networks(&self) -> Result<Vec<Network>, StateError> {
        Ok(self.network_rows().await?.into_iter().map(|row| row.network).collect())
    }

    /// Notes the tip of the chain; a lower height than the one on record is ignored.
    pub async fn set_tip(&self, network: &str, height: u64, block_time_ms: Option<i64>) -> Result<(), StateError> {
        sqlx::query(sql!("network_tip"))
            .bind(network)
            .bind(signed("tip", height)?)
            .bind(block_time_ms)
            .bind(now_ms())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub(super) async fn network_rows(&self) -> Result<Vec<NetworkRow>, StateError> {
        sqlx::query(sql!("network_all"))
            .fetch_all(&self.pool)
            .await?
            .iter()
            .map(decode)
            .collect()
    }
}

/// First height of a stage: that of its network, 1 where the stage counts entries of a series.
pub(super) async fn first_height(transaction: &mut Transaction<'_, Any>, key: &StageKey) -> Result<u64, StateError> {
    let known = get(transaction, &key.network)
        .await?
        .ok_or_else(|| StateError::UnknownNetwork(key.network.clone()))?;
    Ok(if key.is_series() {
        FIRST_ENTRY
    } else {
        known.network.first_height
    })
}

async fn get(transaction: &mut Transaction<'_, Any>, name: &str) -> Result<Option<NetworkRow>, StateError> {
    let row = sqlx::query(sql!("network_get"))
        .bind(name)
        .fetch_optional(&mut **transaction)
        .await?;
    row.map(|row| decode(&row)).transpose()
}

fn decode(row: &AnyRow) -> Result<NetworkRow, StateError> {
    let pinned_hash: Option<String> = row.try_get("pinned_hash")?;
    Ok(NetworkRow {
        network: Network {
            name: row.try_get("name")?,
            chain_id: row.try_get("chain_id")?,
            kind: row.try_get("kind")?,
            first_height: count(row, "first_height")?,
            note: row.try_get("note")?,
        },
        pinned: count_option(row, "pinned_height")?.zip(pinned_hash),
        tip_height: count_option(row, "tip_height")?,
        tip_time_ms: row.try_get("tip_time_ms")?,
        tip_seen_ms: row.try_get("tip_seen_ms")?,
    })
}

/// Names become parts of paths and of deduplication tokens.
fn check_name(name: &str) -> Result<(), StateError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 100 || name.starts_with('.') || !name.chars().all(allowed) {
        return Err(StateError::BadName(name.into()));
    }
    Ok(())
}
