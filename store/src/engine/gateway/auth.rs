//! Who may use the engine.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

use super::super::exception::{Exception, code};
use super::request::Credentials;

/// The one account of an engine. Without a password everybody on the loopback interface is let in, whatever name
/// they give, as with a fresh ClickHouse server's `default`.
#[derive(Clone, Default)]
pub(crate) struct Account {
    /// The name that clients must give; `default` if none is configured.
    pub user: Option<String>,
    /// The password; none means that no credentials are checked.
    pub password: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .finish()
    }
}

impl Account {
    /// Keeps web pages out of an engine without a password: a page in this machine's browser can send statements to a
    /// loopback address, directly (it then has an `Origin`) or under a name that it points there (a foreign `Host`).
    ///
    /// # Errors
    /// 497 for a request that names another origin or host than this machine.
    pub(super) fn admit_origin(&self, headers: &HeaderMap) -> Result<(), Exception> {
        if self.password.is_some() {
            return Ok(());
        }
        for name in [ORIGIN, HOST] {
            let Some(value) = headers.get(&name) else { continue };
            if !value.to_str().is_ok_and(names_this_machine) {
                let text = format!(
                    "Refused: the {name} header names another machine, and this engine has no password; use 127.0.0.1 or localhost, or set a password"
                );
                return Err(Exception::new(code::ACCESS_DENIED, "ACCESS_DENIED", &text));
            }
        }
        Ok(())
    }

    /// Checks what a client says it is.
    ///
    /// # Errors
    /// 516 for a wrong name or password, or a token; 194 when a password is needed and none came.
    pub(crate) fn admit(&self, given: &Credentials) -> Result<(), Exception> {
        if given.bearer {
            return Err(refused(
                "default",
                "JWT authentication is not available in the embedded engine",
            ));
        }
        let Some(password) = &self.password else {
            return Ok(());
        };
        let wanted = self.user.as_deref().unwrap_or("default");
        let user = given.user.as_deref().unwrap_or("default");
        let Some(key) = given.password.as_deref() else {
            let text = format!("{}: Authentication failed: password is required", user.escape_debug());
            return Err(Exception::new(code::REQUIRED_PASSWORD, "REQUIRED_PASSWORD", &text));
        };
        // Both are compared in full, so that the time taken does not tell which was wrong.
        if same(user, wanted) & same(key, password) {
            Ok(())
        } else {
            Err(refused(
                user,
                "password is incorrect, or there is no user with such name",
            ))
        }
    }
}

fn refused(user: &str, why: &str) -> Exception {
    let text = format!("{}: Authentication failed: {why}", user.escape_debug());
    Exception::new(code::AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED", &text)
}

/// Whether the host of `[scheme://]host[:port]` is a loopback one.
fn names_this_machine(value: &str) -> bool {
    let authority = value.split_once("://").map_or(value, |(_, rest)| rest);
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Equality in a time that depends on the length of `given` only.
fn same(given: &str, wanted: &str) -> bool {
    let (given, wanted) = (given.as_bytes(), wanted.as_bytes());
    let mut difference = given.len() ^ wanted.len();
    for (i, byte) in given.iter().enumerate() {
        difference |= usize::from(byte ^ wanted.get(i).copied().unwrap_or(!byte));
    }
    difference == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn given(user: Option<&str>, password: Option<&str>) -> Credentials {
        Credentials {
            user: user.map(str::to_owned),
            password: password.map(str::to_owned),
            bearer: false,
        }
    }

    #[test]
    fn only_the_right_name_and_password_are_admitted() {
        let account = Account {
            user: Some("u".to_owned()),
            password: Some("secret".to_owned()),
        };
        assert!(account.admit(&given(Some("u"), Some("secret"))).is_ok());
        let code = |user, password| account.admit(&given(user, password)).map_err(|e| e.code);
        assert_eq!(code(Some("u"), Some("secre")), Err(516));
        assert_eq!(code(Some("v"), Some("secret")), Err(516));
        assert_eq!(code(Some("u"), Some("")), Err(516));
        assert_eq!(code(Some("u"), None), Err(194));
        assert_eq!(code(None, Some("secret")), Err(516), "the default user is not this one");
    }

    #[test]
    fn a_web_page_is_kept_out_of_an_open_engine() {
        let open = Account::default();
        let with = |name, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            headers
        };
        for local in ["127.0.0.1:8123", "localhost", "LOCALHOST:1", "[::1]:8123", "127.8.0.1"] {
            assert!(open.admit_origin(&with(HOST, local)).is_ok(), "{local}");
        }
        assert!(open.admit_origin(&with(ORIGIN, "http://localhost:3000")).is_ok());
        for (name, foreign) in [
            (HOST, "evil.example:8123"),
            (HOST, "127.0.0.1.evil.example"),
            (ORIGIN, "https://evil.example"),
            (ORIGIN, "null"),
            (ORIGIN, "http://10.0.0.1"),
        ] {
            assert_eq!(
                open.admit_origin(&with(name, foreign)).map_err(|e| e.code),
                Err(497),
                "{foreign}"
            );
        }
        let guarded = Account {
            password: Some("x".to_owned()),
            ..Account::default()
        };
        assert!(
            guarded.admit_origin(&with(HOST, "engine.internal")).is_ok(),
            "a password is guard enough"
        );
    }

    #[test]
    fn a_token_is_refused_even_by_an_open_engine() {
        let token = Credentials {
            bearer: true,
            ..Credentials::default()
        };
        assert_eq!(Account::default().admit(&token).map_err(|e| e.code), Err(516));
        assert!(Account::default().admit(&given(Some("anyone"), Some("x"))).is_ok());
    }
}
