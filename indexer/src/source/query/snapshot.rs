//! The whole state of one height from one endpoint.

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::asker::{Asker, Place};
use super::block::BlockInfo;
use super::config::QueryConfig;
use super::envelope;
use super::error::{QueryDefect, QueryError};
use super::method::{self, Method};
use super::tally::{Progress, Tally};
use super::walk;
use crate::source::{RawState, StateHeight};

/// The denomination whose aggregated price is asked for.
const AKT: &str = "akt";
/// Status of proposals that may still do something: in deposit period, in voting period.
const OPEN_PROPOSALS: [&str; 2] = ["1", "2"];
/// Methods that every version is asked for: the core, providers, audits, parameters, two kinds of proposals, epochs, and
/// the one that tells the eras apart.
const COMMON_METHODS: u32 = 7 + 1 + 1 + 2 + 2 + 1 + 1;

type Outcome = Result<(), QueryError>;

/// Takes the state of a height.
pub(super) async fn take(
    asker: &Asker<'_>,
    config: &QueryConfig,
    at: StateHeight,
    progress: Progress<'_>,
) -> Result<RawState, QueryError> {
    let block = anchor(asker, config, at).await?;
    let shot = Shot {
        asker,
        tally: Tally::new(config.limits.total_bytes, progress),
        height: block.height,
        page_limit: config.page_limit,
    };
    shot.tally.expects(COMMON_METHODS);
    shot.whole(config.limits.parallel).await?;
    Ok(RawState {
        chain_id: block.chain_id,
        height: block.height,
        time_ns: block.time_ns,
        block_hash: block.hash,
        endpoint: asker.caller.name().to_owned(),
        answers: shot.tally.finish(),
    })
}

/// The block of the height that is meant, of the right chain.
async fn anchor(asker: &Asker<'_>, config: &QueryConfig, at: StateHeight) -> Result<BlockInfo, QueryError> {
    let height = match at {
        StateHeight::At(height) => height,
        StateHeight::Recent => {
            let place = Place {
                method: &method::LATEST,
                subject: "",
                page: 0,
            };
            let latest = block(asker, config, place).await?;
            latest.height.saturating_sub(config.behind).max(1)
        }
    };
    let subject = height.to_string();
    let place = Place {
        method: &method::BLOCK,
        subject: &subject,
        page: 0,
    };
    let block = block(asker, config, place).await?;
    if block.height != height {
        let defect = QueryDefect::OtherHeight {
            expected: height,
            got: block.height,
        };
        return Err(asker.error(place, defect));
    }
    Ok(block)
}

async fn block(asker: &Asker<'_>, config: &QueryConfig, place: Place<'_>) -> Result<BlockInfo, QueryError> {
    let body = asker.ask_any(place).await?;
    let block = BlockInfo::read(asker.caller.encoding(), &body).map_err(|defect| asker.error(place, defect))?;
    if block.chain_id != config.chain_id {
        let defect = QueryDefect::WrongChain {
            expected: config.chain_id.clone(),
            got: block.chain_id,
        };
        return Err(asker.error(place, defect));
    }
    Ok(block)
}

/// A state on its way.
struct Shot<'a> {
    asker: &'a Asker<'a>,
    tally: Tally<'a>,
    height: u64,
    page_limit: u64,
}

impl Shot<'_> {
    /// Everything: lists that depend on nothing at once, audits after their owners, versions by what they have.
    async fn whole(&self, parallel: usize) -> Outcome {
        let mut jobs: Vec<BoxFuture<'_, Outcome>> = vec![self.era().boxed(), self.owned(parallel).boxed()];
        jobs.extend(method::CORE.iter().map(|method| self.must(method).boxed()));
        jobs.extend(method::PARAMS.iter().map(|method| self.may(method, "").boxed()));
        jobs.extend(
            OPEN_PROPOSALS
                .iter()
                .map(|status| self.may(&method::PROPOSALS, status).boxed()),
        );
        jobs.push(self.may(&method::EPOCHS, "").boxed());
        stream::iter(jobs).buffer_unordered(parallel).try_collect().await
    }

    /// What the version decides: take until v1.2.x, vault and oracle from v2.0.0 on, another oracle from v2.1.0 on.
    async fn era(&self) -> Outcome {
        if !self.has(&method::VAULT).await? {
            self.tally.expects(1);
            return self.must(&method::TAKE).await;
        }
        self.tally.expects(6);
        for method in &method::BME {
            self.must(method).await?;
        }
        self.may(&method::BME_STATUS, "").await?;
        if self.has(&method::ORACLE_V2_PARAMS).await? {
            self.must(&method::ORACLE_V2_PRICES).await?;
            return self.may(&method::ORACLE_V2_AGGREGATED, AKT).await;
        }
        self.must(&method::ORACLE_V1_PRICES).await?;
        self.may(&method::ORACLE_V1_PARAMS, "").await
    }

    /// Providers, then the audits of each.
    async fn owned(&self, parallel: usize) -> Outcome {
        self.must(&method::PROVIDERS).await?;
        let place = self.place(&method::PROVIDERS, "");
        let mut owners = Vec::new();
        for body in self.tally.bodies(method::PROVIDERS.name) {
            let read = envelope::owners(self.asker.caller.encoding(), &body);
            owners.extend(read.map_err(|defect| self.asker.error(place, defect))?);
        }
        let audits: Vec<BoxFuture<'_, Outcome>> = owners.iter().map(|owner| self.audits(owner).boxed()).collect();
        let walked: Outcome = stream::iter(audits).buffer_unordered(parallel).try_collect().await;
        self.tally.done();
        walked
    }

    /// The audits of one owner; a node says that it does not know an owner whom nobody audited.
    async fn audits(&self, owner: &str) -> Outcome {
        match self.query(&method::AUDITS, owner).await {
            Err(QueryError::Page {
                defect: QueryDefect::Nothing { .. },
                page: 0,
                ..
            }) => Ok(()),
            other => other,
        }
    }

    fn place<'b>(&self, method: &'b Method, subject: &'b str) -> Place<'b> {
        Place {
            method,
            subject,
            page: 0,
        }
    }

    async fn must(&self, method: &Method) -> Outcome {
        self.query(method, "").await?;
        self.tally.done();
        Ok(())
    }

    /// Asks; `false` where the node does not have the method.
    async fn has(&self, method: &Method) -> Result<bool, QueryError> {
        let has = match self.query(method, "").await {
            Ok(()) => true,
            Err(QueryError::Page {
                defect: QueryDefect::Unimplemented,
                page: 0,
                ..
            }) => false,
            Err(error) => return Err(error),
        };
        self.tally.done();
        Ok(has)
    }

    /// Asks; left out where the node does not have the method, or nothing to say.
    async fn may(&self, method: &Method, subject: &str) -> Outcome {
        match self.query(method, subject).await {
            Ok(())
            | Err(QueryError::Page {
                defect: QueryDefect::Unimplemented | QueryDefect::Nothing { .. },
                page: 0,
                ..
            }) => {}
            Err(error) => return Err(error),
        }
        self.tally.done();
        Ok(())
    }

    async fn query(&self, method: &Method, subject: &str) -> Outcome {
        let place = self.place(method, subject);
        if let Some(paged) = &method.paged {
            return walk::list(self.asker, &self.tally, place, paged, self.height, self.page_limit).await;
        }
        let encoding = self.asker.caller.encoding();
        let body = self.asker.ask(place, self.height, None).await?;
        let kept = envelope::whole(encoding, &body).and_then(|()| self.tally.page(place, encoding, body));
        kept.map_err(|defect| self.asker.error(place, defect))
    }
}
