//! Module accounts: bech32 of the first 20 bytes of the SHA-256 of the module's name.

/// Escrow: holds every deposit, pays every lease.
pub const ESCROW: &str = "akash14pphss726thpwws3yc458hggufynm9x77l4l2u";
/// Distribution: receives the take fee until v1.2.x.
pub const DISTRIBUTION: &str = "akash1jv65s3grqf6v6jl3dp4t6c9t9rk99cd82yfms9";
/// The BME vault.
pub const BME: &str = "akash1klpwzlvfnw7j8gtdd0cuu9vaw9ermsmd37sg55";

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn addresses_are_those_of_the_module_names() {
        for (module, address) in [("escrow", ESCROW), ("distribution", DISTRIBUTION), ("bme", BME)] {
            let id = cosmrs::AccountId::new("akash", &Sha256::digest(module)[..20]).expect("20 bytes");
            assert_eq!(id.to_string(), address);
        }
    }
}
