//! What the tests of snapshots share: recordings, and clients that speak to a query node without ours.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};

use bytes::{Buf, BufMut, Bytes};
use serde_json::Value;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Endpoint;
use tonic::{Request, Status};

pub fn testdata(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata")).join(name)
}

/// A protobuf message, read without our reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire(pub Vec<u8>);

impl Wire {
    /// All values of a field of bytes.
    pub fn of(&self, number: u64) -> Vec<Vec<u8>> {
        let mut rest = self.0.as_slice();
        let mut values = Vec::new();
        while rest.has_remaining() {
            let tag = prost::decode_length_delimiter(&mut rest).unwrap() as u64;
            match tag & 7 {
                0 => {
                    prost::decode_length_delimiter(&mut rest).unwrap();
                }
                2 => {
                    let length = prost::decode_length_delimiter(&mut rest).unwrap();
                    let value = rest.copy_to_bytes(length);
                    if tag >> 3 == number {
                        values.push(value.to_vec());
                    }
                }
                wire => panic!("wire type {wire}"),
            }
        }
        values
    }
}

/// A request whose page request stands in `field`.
pub fn page_request(field: u8, key: &[u8], limit: u64) -> Vec<u8> {
    let mut page = Vec::new();
    if !key.is_empty() {
        page.extend_from_slice(&[0x0a, key.len() as u8]);
        page.extend_from_slice(key);
    }
    page.push(0x18);
    prost::encode_length_delimiter(limit as usize, &mut page).unwrap();
    let mut request = vec![field << 3 | 2, page.len() as u8];
    request.extend_from_slice(&page);
    request
}

/// An answer over gRPC.
#[derive(Debug)]
pub struct Answered {
    pub height: Option<String>,
    pub body: Bytes,
}

impl Answered {
    pub fn wire(&self) -> Wire {
        Wire(self.body.to_vec())
    }
}

struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;
    fn encoder(&mut self) -> Raw {
        Raw
    }
    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn encode(&mut self, item: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// Calls a method with these bytes.
pub async fn grpc(url: &str, method: &str, request: Vec<u8>, height: Option<&str>) -> Result<Answered, Status> {
    let channel = Endpoint::from_shared(url.to_owned()).unwrap().connect().await.unwrap();
    let mut client = Grpc::new(channel);
    client.ready().await.unwrap();
    let mut request = Request::new(Bytes::from(request));
    if let Some(height) = height {
        request
            .metadata_mut()
            .insert("x-cosmos-block-height", height.parse().unwrap());
    }
    let answer = client
        .unary(request, format!("/{method}").parse().unwrap(), Raw)
        .await?;
    let height = answer.metadata().get("x-cosmos-block-height");
    Ok(Answered {
        height: height.map(|value| value.to_str().unwrap().to_owned()),
        body: answer.into_inner(),
    })
}

/// An answer of the gateway.
pub struct Rest {
    pub status: u16,
    pub height: Option<u64>,
    pub body: Value,
}

pub async fn rest(url: &str, path: &str, query: &[(&str, &str)], height: Option<u64>) -> Rest {
    // Fails when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let mut request = client.get(format!("{url}/{path}")).query(query);
    if let Some(height) = height {
        request = request.header("x-cosmos-block-height", height.to_string());
    }
    let answer = request.send().await.unwrap();
    let said = answer.headers().get("grpc-metadata-x-cosmos-block-height");
    Rest {
        status: answer.status().as_u16(),
        height: said.map(|value| value.to_str().unwrap().parse().unwrap()),
        body: answer.json().await.unwrap(),
    }
}
