//! The body of `/version`.

use serde::Deserialize;

use super::InventoryError;
use super::json::parse;
use super::text::clip;

/// Longest version that is kept, in characters.
const VERSION_CHARS: usize = 64;

/// What runs at a provider, as it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderVersion {
    /// Version of the provider's software, `v0.14.0`; empty where it does not say.
    pub provider: String,
    /// Version of Kubernetes, `v1.30.2`; empty where it does not say.
    pub kubernetes: String,
}

impl ProviderVersion {
    /// Reads the body; both generations of it name the version alike.
    ///
    /// # Errors
    /// Where the body is not such JSON.
    pub fn from_json(body: &[u8]) -> Result<Self, InventoryError> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            akash: Akash,
            #[serde(default)]
            kube: Kube,
        }
        #[derive(Default, Deserialize)]
        struct Akash {
            #[serde(default)]
            version: String,
        }
        #[derive(Default, Deserialize)]
        struct Kube {
            #[serde(default, alias = "gitVersion")]
            git_version: String,
        }
        let body: Body = parse(body)?;
        Ok(Self {
            provider: clip(&body.akash.version, VERSION_CHARS),
            kubernetes: clip(&body.kube.git_version, VERSION_CHARS),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_generations_of_the_body_name_the_version() {
        let new = br#"{"akash":{"name":"provider-services","version":"v0.14.0","build_tags":""},"kube":{"gitVersion":"v1.30.2"}}"#;
        let old = br#"{"akash":{"version":"v0.4.6","buildTags":"","cosmosSdkVersion":"v0.45"},"kube":{"major":"1","gitVersion":"v1.27"}}"#;
        assert_eq!(ProviderVersion::from_json(new).unwrap().provider, "v0.14.0");
        assert_eq!(ProviderVersion::from_json(old).unwrap().kubernetes, "v1.27");
        assert_eq!(ProviderVersion::from_json(b"{}").unwrap(), ProviderVersion::default());
        assert!(ProviderVersion::from_json(b"<html>").is_err());
    }
}
