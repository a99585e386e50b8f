//! The messages of `baseline.proto`, written by hand: five fields need no generator.

use prost::Message;

/// Full name of the service.
pub(super) const SERVICE: &str = "gridproof.probe.v1.Baseline";

/// See `baseline.proto`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct EchoRequest {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) payload: Vec<u8>,
}

/// See `baseline.proto`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct EchoReply {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) payload: Vec<u8>,
}

/// See `baseline.proto`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct DownloadRequest {
    #[prost(uint64, tag = "1")]
    pub(super) bytes: u64,
}

/// See `baseline.proto`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Chunk {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) data: Vec<u8>,
}

/// See `baseline.proto`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct UploadReply {
    #[prost(uint64, tag = "1")]
    pub(super) received_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = include_str!("../../../protocol/proto/baseline.proto");

    /// Fields of a message in the contract, comments left out: `type name = tag`.
    fn fields(message: &str) -> Vec<String> {
        let (_, body) = CONTRACT
            .split_once(&format!("message {message} {{"))
            .expect("in the contract");
        let (body, _) = body.split_once('}').expect("closed");
        let code = body
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default().trim());
        code.filter(|line| !line.is_empty())
            .map(|line| line.trim_end_matches(';').to_owned())
            .collect()
    }

    #[test]
    fn messages_are_those_of_the_contract() {
        assert_eq!(fields("EchoRequest"), ["bytes payload = 1"]);
        assert_eq!(fields("EchoReply"), ["bytes payload = 1"]);
        assert_eq!(fields("DownloadRequest"), ["uint64 bytes = 1"]);
        assert_eq!(fields("Chunk"), ["bytes data = 1"]);
        assert_eq!(fields("UploadReply"), ["uint64 received_bytes = 1"]);
        // Wire bytes by the encoding's rules: tag << 3 | type, then length or varint.
        let (payload, data) = (vec![7, 8], vec![7, 8]);
        assert_eq!(
            EchoRequest {
                payload: payload.clone()
            }
            .encode_to_vec(),
            [0x0a, 2, 7, 8]
        );
        assert_eq!(EchoReply { payload }.encode_to_vec(), [0x0a, 2, 7, 8]);
        assert_eq!(Chunk { data }.encode_to_vec(), [0x0a, 2, 7, 8]);
        assert_eq!(DownloadRequest { bytes: 300 }.encode_to_vec(), [0x08, 0xac, 0x02]);
        assert_eq!(UploadReply { received_bytes: 300 }.encode_to_vec(), [0x08, 0xac, 0x02]);
    }

    #[test]
    fn the_service_is_that_of_the_contract() {
        let (package, service) = SERVICE.rsplit_once('.').expect("a full name");
        assert!(CONTRACT.contains(&format!("package {package};")));
        assert!(CONTRACT.contains(&format!("service {service} {{")));
        for call in [
            "rpc Echo(EchoRequest) returns (EchoReply);",
            "rpc Download(DownloadRequest) returns (stream Chunk);",
            "rpc Upload(stream Chunk) returns (UploadReply);",
        ] {
            assert!(CONTRACT.contains(call), "{call}");
        }
    }
}
