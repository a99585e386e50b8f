//! Why a source gave no answer: a word for labels, and a text for people.

use std::time::Duration;

use crate::chain::prices::Answer;
use crate::source::{Defect, FetchError};

/// How much of a reason is kept.
const REASON_CHARS: usize = 500;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Fit for a label: few different ones.
    pub(super) code: &'static str,
    pub(super) reason: String,
    /// What the source asks us to wait.
    pub(super) retry_after: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(code: &'static str, reason: impl Into<String>) -> Self {
        let reason: String = reason.into();
        Self {
            code,
            reason: reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS).collect(),
            retry_after: None,
        }
    }

    /// No endpoint is configured.
    pub(super) fn nobody(who: &str) -> Self {
        Self::new("not_configured", format!("no endpoint of {who} is configured"))
    }

    /// An answer with a status that is no success.
    pub(super) fn status(endpoint: &str, status: u16, body: &[u8]) -> Self {
        let code = match status {
            400..=499 => "http_4xx",
            _ => "http_5xx",
        };
        let said = String::from_utf8_lossy(&body[..body.len().min(REASON_CHARS)]);
        Self::new(code, format!("{endpoint}: status {status}: {said}"))
    }

    pub(super) fn answer(self) -> Answer {
        Answer::Refused {
            code: self.code.to_owned(),
            reason: self.reason,
        }
    }
}

impl From<FetchError> for Refusal {
    fn from(error: FetchError) -> Self {
        let retry_after = match &error {
            FetchError::RateLimited { retry_after, .. } | FetchError::Forbidden { retry_after, .. } => *retry_after,
            _ => None,
        };
        let code = match &error {
            FetchError::RateLimited { .. } => "rate_limited",
            FetchError::Forbidden { .. } => "forbidden",
            FetchError::Malformed { defect, .. } => match defect {
                Defect::Redirect { .. } => "redirect",
                Defect::TooLarge { .. } => "too_large",
                Defect::Html { .. } => "html",
                Defect::Status { .. } => "http_4xx",
                _ => "malformed",
            },
            FetchError::Transient { .. } => "unreachable",
            _ => "refused",
        };
        Self {
            retry_after,
            ..Self::new(code, error.to_string())
        }
    }
}

/// The first answer of several endpoints, asked one after the other; the refusals of all where there is none.
pub(super) async fn first<'a, E, F>(endpoints: &'a [E], who: &str, ask: impl Fn(&'a E) -> F) -> Result<Answer, Refusal>
where
    F: Future<Output = Result<Answer, Refusal>>,
{
    let mut refusals: Vec<Refusal> = Vec::new();
    for endpoint in endpoints {
        match ask(endpoint).await {
            Ok(answer) => return Ok(answer),
            Err(refusal) => refusals.push(refusal),
        }
    }
    let Some(last) = refusals.last().cloned() else {
        return Err(Refusal::nobody(who));
    };
    let reasons: Vec<&str> = refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
    Err(Refusal {
        retry_after: last.retry_after,
        ..Refusal::new(last.code, reasons.join("; "))
    })
}
