//! A range of heights, gathered from several endpoints and checked against each other.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::Pool;
use super::endpoint::Endpoint;
use super::request::Need;
use crate::source::comet::{Header, PAGE, follows};
use crate::source::{CometClient, FetchError, RawBlock};

/// A page of headers and who served it.
struct Page {
    headers: Vec<Header>,
    by: Arc<Endpoint<CometClient>>,
}

impl Pool {
    pub(super) async fn range(&self, from: u64, to: u64, parent: Option<&str>) -> Result<Vec<RawBlock>, FetchError> {
        if from == 0 || from > to {
            return Err(FetchError::Permanent {
                endpoint: self.config.chain_id.clone(),
                reason: format!("{from} to {to} is not a range of heights"),
                source: None,
            });
        }
        let pages = self.linked_pages(from, to, parent).await?;
        self.cross_check(&pages).await?;
        let headers = pages.into_iter().flat_map(|p| p.headers);
        stream::iter(headers.map(|header| self.block(header)))
            .buffered(self.config.parallel)
            .try_collect()
            .await
    }

    /// All headers of the range. Pages come in parallel; each must follow the one before.
    async fn linked_pages(&self, from: u64, to: u64, parent: Option<&str>) -> Result<Vec<Page>, FetchError> {
        let starts = (from..=to).step_by(PAGE as usize);
        let none = BTreeSet::new();
        let mut pages: Vec<Page> = stream::iter(starts.map(|s| self.page(s, to.min(s + PAGE - 1), &none)))
            .buffered(self.config.parallel)
            .try_collect()
            .await?;
        let mut before = parent.map(str::to_owned);
        for page in &mut pages {
            if let Some(hash) = &before {
                self.link(hash, page).await?;
            }
            before = page.headers.last().map(|h| h.hash.clone());
        }
        Ok(pages)
    }

    /// Checks that a page follows `hash`; one that does not is asked of the other endpoints once.
    async fn link(&self, hash: &str, page: &mut Page) -> Result<(), FetchError> {
        let Err(odd) = follows(page.by.name(), hash, &page.headers[0]) else {
            return Ok(());
        };
        page.by
            .health()
            .failed(&odd, tokio::time::Instant::now(), fastrand::f64());
        let (from, to) = (page.headers[0].height, page.headers[page.headers.len() - 1].height);
        let not = BTreeSet::from([page.by.index]);
        if not.len() == self.group.members.len() {
            return Err(odd);
        }
        let Ok(other) = self.page(from, to, &not).await else {
            return Err(odd);
        };
        follows(other.by.name(), hash, &other.headers[0])?;
        *page = other;
        Ok(())
    }

    async fn page(&self, from: u64, to: u64, not: &BTreeSet<usize>) -> Result<Page, FetchError> {
        let need = Need {
            not: not.clone(),
            ..Need::height(format!("the headers {from} to {to}"), to)
        };
        let (headers, by) = self
            .group
            .request(&need, |c| async move { c.headers(from, to).await })
            .await?;
        Ok(Page { headers, by })
    }

    /// The bodies behind a header: the results always, the block only where there are transactions.
    async fn block(&self, header: Header) -> Result<RawBlock, FetchError> {
        let height = header.height;
        let need = Need::existing(format!("the results of height {height}"), height);
        let (results, _) = self
            .group
            .request(&need, |c| {
                let header = &header;
                async move { c.results(header).await }
            })
            .await?;
        let block = if header.num_txs > 0 {
            let need = Need::existing(format!("the block at height {height}"), height);
            Some(
                self.group
                    .request(&need, |c| {
                        let header = &header;
                        async move { c.block(header).await }
                    })
                    .await?
                    .0,
            )
        } else {
            None
        };
        Ok(RawBlock {
            height,
            meta: header.meta,
            block,
            results,
        })
    }

    /// Asks another endpoint for the hash of one block of the range, now and then.
    async fn cross_check(&self, pages: &[Page]) -> Result<(), FetchError> {
        if !self.cross_check_due() {
            return Ok(());
        }
        let page = &pages[fastrand::usize(..pages.len())];
        let header = &page.headers[fastrand::usize(..page.headers.len())];
        let others = self
            .group
            .members
            .iter()
            .filter(|e| e.index != page.by.index && e.health().ready());
        let others: Vec<_> = others.collect();
        let Some(other) = fastrand::choice(others) else {
            return Ok(());
        };
        let permit = other.permit();
        let height = header.height;
        // Whether the other can be asked at all is a matter of its health, booked there, and not of this range.
        let Ok(seen) = permit.measure(other.client.headers(height, height)).await else {
            return Ok(());
        };
        self.cross_checked();
        if seen[0].hash.eq_ignore_ascii_case(&header.hash) {
            return Ok(());
        }
        for (one, its, another) in [(&page.by, &header.hash, other), (other, &seen[0].hash, &page.by)] {
            let (one_name, another_name) = (one.name(), another.name());
            let remark = format!("{one_name}: has block {its} at height {height}, {another_name} has another");
            one.health().remark(remark);
        }
        Err(FetchError::Disagreement {
            height,
            first: page.by.name().to_owned(),
            first_hash: header.hash.clone(),
            second: other.name().to_owned(),
            second_hash: seen[0].hash.clone(),
        })
    }
}
