//! Errors as callers see them: a message, a code in `extensions.code`, and the next step in `extensions.hint`.

use async_graphql::{Context, Error, ErrorExtensions};

use crate::read::ReadError;
use crate::read::coverage::{NotCovered, Segment};

/// An error for a caller. It has no `Display` on purpose: `async_graphql` would turn anything that has one into an
/// error without a code.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// The network is not one of those served.
    UnknownNetwork {
        /// What the caller wrote, cut to a printable length.
        asked: String,
        /// The networks that are served.
        known: String,
    },
    /// The network is of a kind that this version cannot read.
    UnknownKind {
        /// The network's name.
        network: String,
    },
    /// Such a network has no such thing on its chain.
    NotOnChain {
        /// The network's name.
        network: String,
        /// The field of this API that was asked for.
        field: &'static str,
        /// Why there is no answer, and what to ask instead.
        reason: &'static str,
    },
    /// The metric means nothing on a network of this kind.
    MetricNotApplicable {
        /// The metric.
        metric: String,
        /// The network's name.
        network: String,
        /// The network's kind.
        kind: String,
        /// The kinds that it applies to.
        applies_to: String,
    },
    /// The height is outside what is committed.
    NotCovered(NotCovered),
    /// The rows exist, but only those of the stage that cannot answer this question.
    NoState {
        /// The height asked for.
        height: u64,
        /// The heights whose state is known.
        state: Option<Segment>,
    },
    /// An id that this API did not give out.
    BadId {
        /// `lease`, `provider` or `node`.
        what: &'static str,
    },
    /// A cursor that this API did not give out, or not for this question.
    BadCursor(&'static str),
    /// An argument outside its bounds.
    BadInput(String),
    /// The store failed.
    Read(ReadError),
}

impl From<NotCovered> for ApiError {
    fn from(error: NotCovered) -> Self {
        Self::NotCovered(error)
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl ApiError {
    fn message(&self) -> String {
        match self {
            Self::UnknownNetwork { asked, .. } => format!("network \"{asked}\" is not served here"),
            Self::UnknownKind { network } => {
                format!("network \"{network}\" is of a kind that this version cannot read")
            }
            Self::NotOnChain { network, field, reason } => format!("`{field}` of network \"{network}\": {reason}"),
            Self::MetricNotApplicable {
                metric,
                network,
                kind,
                applies_to,
            } => format!(
                "metric \"{metric}\" does not apply to network \"{network}\", which is of kind {kind}; it applies to: {applies_to}"
            ),
            Self::NotCovered(error) => error.to_string(),
            Self::NoState {
                height,
                state: Some(state),
            } if *height < state.from => {
                format!(
                    "the state of the chain is incomplete before {}: only events are indexed at height {height}",
                    state.from
                )
            }
            Self::NoState { height, .. } => {
                format!("only events are indexed at height {height}; the state of the chain is not known there")
            }
            Self::BadId { what } => format!("malformed {what} id"),
            Self::BadCursor(why) => format!("invalid cursor: {why}"),
            Self::BadInput(why) => why.clone(),
            Self::Read(error) => error.to_string(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownNetwork { .. } => "UNKNOWN_NETWORK",
            Self::UnknownKind { .. } => "UNKNOWN_KIND",
            Self::NotOnChain { .. } => "NOT_ON_CHAIN",
            Self::MetricNotApplicable { .. } => "METRIC_NOT_APPLICABLE",
            Self::NotCovered(NotCovered::Nothing | NotCovered::NoBlock { .. }) | Self::NoState { .. } => {
                "DATA_NOT_INDEXED"
            }
            Self::NotCovered(NotCovered::Beyond { .. }) => "AS_OF_BEYOND_WATERMARK",
            Self::NotCovered(NotCovered::Before { .. }) => "AS_OF_BEFORE_FIRST",
            Self::BadId { .. } => "INVALID_ID",
            Self::BadCursor(_) => "INVALID_CURSOR",
            Self::BadInput(_) => "BAD_USER_INPUT",
            Self::Read(error) => error.code(),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::UnknownNetwork { known, .. } => format!("networks served here: {known}"),
            Self::UnknownKind { .. } => "serve it with the version that indexed it, or a newer one".into(),
            Self::NotOnChain { .. } => "`networks { notOnChain { field reason } }` lists all such fields".into(),
            Self::MetricNotApplicable { .. } => "`metrics(network:)` lists those that apply".into(),
            Self::NotCovered(NotCovered::Nothing | NotCovered::NoBlock { .. }) => "watch `indexStatus`".into(),
            Self::NotCovered(NotCovered::Beyond { watermark, .. }) => {
                format!("leave `asOf` out, or use at most {watermark}")
            }
            Self::NotCovered(NotCovered::Before { first, .. }) => {
                format!("use `asOf` of at least {first}; older blocks join as the backfill proceeds")
            }
            Self::NoState { state: Some(state), .. } => {
                format!("leave `asOf` out, or use one of {} to {}", state.from, state.to)
            }
            Self::NoState { state: None, .. } => {
                "`activeLeases` and `revenue` answer from events meanwhile; `indexStatus` shows the state stage".into()
            }
            Self::BadId { .. } => "use the `id` of a node from a list".into(),
            Self::BadCursor(_) => "use `endCursor` of the page before, with the same network and `asOf`".into(),
            Self::BadInput(_) => "see the argument's description in the schema".into(),
            Self::Read(_) => "if it persists, tell the operator the request id".into(),
        }
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        if let ApiError::Read(cause) = &error {
            tracing::warn!(code = error.code(), cause = ?cause, "a read failed");
        }
        let (code, hint) = (error.code(), error.hint());
        let watermark = match &error {
            ApiError::NotCovered(NotCovered::Beyond { watermark, .. }) => Some(*watermark),
            ApiError::NoState { state, .. } => state.map(|state| state.to),
            _ => None,
        };
        let reason = match &error {
            ApiError::NotOnChain { reason, .. } => Some(*reason),
            _ => None,
        };
        Error::new(error.message()).extend_with(|_, extensions| {
            extensions.set("code", code);
            extensions.set("hint", hint);
            if let Some(height) = watermark {
                extensions.set("watermark", height);
            }
            if let Some(reason) = reason {
                extensions.set("reason", reason);
            }
        })
    }
}

/// The answer of a field that is null where it fails, with the error and its path beside it. A resolver that fails itself
/// would leave its field out of the answer altogether.
pub(crate) fn nullable<T>(ctx: &Context<'_>, answer: Result<Option<T>, ApiError>) -> Option<T> {
    answer.unwrap_or_else(|error| {
        let error = Error::from(error).into_server_error(ctx.item.pos);
        ctx.add_error(ctx.set_error_path(error));
        None
    })
}

/// At most the first 64 characters of a caller's text, without control characters, fit to be put into a message.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
