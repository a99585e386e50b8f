//! Who may use the engine.

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
    fn a_token_is_refused_even_by_an_open_engine() {
        let token = Credentials {
            bearer: true,
            ..Credentials::default()
        };
        assert_eq!(Account::default().admit(&token).map_err(|e| e.code), Err(516));
        assert!(Account::default().admit(&given(Some("anyone"), Some("x"))).is_ok());
    }
}
