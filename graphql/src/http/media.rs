//! Which of the two media types of GraphQL over HTTP an answer gets. Pure.

use axum::http::{HeaderMap, header};

/// A media type for answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/json`: well-formed answers are always 200.
    Json,
    /// `application/graphql-response+json`: the status says whether the request itself was good.
    GraphqlResponse,
}

impl Media {
    /// The value of `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// The best of the two that `Accept` allows; no header at all means JSON, for clients of the old days.
    /// `None`: neither is acceptable.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let ranges: Vec<String> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::to_ascii_lowercase)
            .collect();
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        let best = |essence: &str| -> f32 {
            let qualities = ranges.iter().filter_map(|range| quality(range, essence));
            qualities
                .max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
                .map_or(0.0, |(_, q)| q)
        };
        let (new, old) = (best("application/graphql-response+json"), best("application/json"));
        // A bare wildcard names neither; the old type is what such clients (curl, browsers) expect.
        let names_new = ranges
            .iter()
            .any(|range| range.trim().starts_with("application/graphql-response+json"));
        match (new > 0.0, old > 0.0) {
            (false, false) => None,
            (true, false) => Some(Self::GraphqlResponse),
            (false, true) => Some(Self::Json),
            (true, true) if names_new && new >= old => Some(Self::GraphqlResponse),
            (true, true) => Some(Self::Json),
        }
    }
}

/// How specific a media range is for `essence` (2 exact, 1 type, 0 anything) and its quality; `None`: no match.
fn quality(range: &str, essence: &str) -> Option<(u8, f32)> {
    let mut parts = range.split(';').map(str::trim);
    let specific = match parts.next()? {
        exact if exact == essence => 2,
        "application/*" => 1,
        "*/*" => 0,
        _ => return None,
    };
    let mut q = 1.0;
    for parameter in parts {
        match parameter.split_once('=') {
            Some(("charset", charset)) if !charset.trim_matches('"').eq_ignore_ascii_case("utf-8") => return None,
            Some(("q", value)) => q = value.trim().parse().unwrap_or(0.0),
            _ => {}
        }
    }
    Some((specific, q))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(accept: &str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        Media::negotiate(&headers)
    }

    #[test]
    fn the_clients_preference_decides() {
        assert_eq!(Media::negotiate(&HeaderMap::new()), Some(Media::Json));
        assert_eq!(of("*/*"), Some(Media::Json));
        assert_eq!(of("application/json"), Some(Media::Json));
        assert_eq!(of("application/graphql-response+json"), Some(Media::GraphqlResponse));
        assert_eq!(
            of("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"),
            Some(Media::GraphqlResponse)
        );
        assert_eq!(
            of("application/graphql-response+json;q=0.5, application/json"),
            Some(Media::Json)
        );
        assert_eq!(
            of("application/json;q=0.9, application/graphql-response+json"),
            Some(Media::GraphqlResponse)
        );
        assert_eq!(of("application/graphql-response+json;q=0, */*"), Some(Media::Json));
    }

    #[test]
    fn what_cannot_be_served_is_refused() {
        assert_eq!(of("text/html"), None);
        assert_eq!(of("application/json;charset=latin1"), None);
        assert_eq!(of("application/json;q=0"), None);
    }
}
