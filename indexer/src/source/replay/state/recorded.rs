//! The state in a recording: protobuf pages at its last height, and the JSON of each folder of `state/`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tonic::Code;

use super::super::lines::{Lines, invalid};
use super::super::recording::{RecordingInfo, at, read_metas};
use super::book::{BookBlock, Held, Question, StateBook, Totals};
use super::encode;
use super::routes::{self, ROUTES, Route, Shape};
use crate::source::Encoding;
use crate::source::wire::{Fields, Wire, WireError, bytes_of, integer_of};

/// What the audit module says of an owner whom nobody audited.
const NOT_AUDITED: &str = "codespace audit code 1: invalid provider: address not found";
/// The file with the aggregated price of one denomination, and which.
const AGGREGATED: (&str, &str) = ("oracle_aggregated_akt", "akt");

/// A recorded method: its answers by subject, and where its page request stands.
#[derive(Default)]
struct Recorded {
    held: BTreeMap<String, Held>,
    pagination: Option<u32>,
    /// Asked once for each of several subjects.
    by_subject: bool,
}

/// A recording as the state of a node.
pub struct StateRecording {
    info: RecordingInfo,
    versions: BTreeMap<u64, (u32, u32)>,
    metas: Lines,
    grpc: BTreeMap<String, Recorded>,
    folders: BTreeMap<u64, BTreeMap<&'static str, Answers>>,
}

/// What a file of a state folder holds, cut as its method answers.
enum Answers {
    Whole(Bytes),
    List(Arc<Vec<Bytes>>),
    ByOwner(BTreeMap<String, Arc<Vec<Bytes>>>),
}

#[derive(Deserialize)]
struct GrpcFile {
    method: String,
    height: u64,
    pages: Vec<GrpcPage>,
}

#[derive(Deserialize)]
struct GrpcPage {
    request: String,
    response: Option<String>,
    error: Option<GrpcError>,
}

#[derive(Deserialize)]
struct GrpcError {
    code: String,
    details: String,
}

impl StateRecording {
    /// Whether a folder holds a recording with state.
    pub fn is_in(folder: &Path) -> bool {
        folder.join("recording.json").is_file() && folder.join("state").is_dir()
    }

    /// Opens the state of a recording.
    ///
    /// # Errors
    /// A file is missing or is not what the layout of recordings says.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let info = RecordingInfo::read(folder)?;
        let named = |name: &str| {
            routes::version(name).ok_or_else(|| invalid(format!("recording.json: {name:?} is no version")))
        };
        let mut versions = BTreeMap::from([(0, named(&info.starts_on)?)]);
        for upgrade in &info.upgrades {
            versions.insert(upgrade.height, named(&upgrade.name)?);
        }
        let metas = read_metas(&folder.join("blockchain.jsonl.zst"), &info.chain_id)?;
        let mut book = Self {
            grpc: grpc(&folder.join("grpc"), info.last_height)?,
            info,
            versions,
            metas,
            folders: BTreeMap::new(),
        };
        for entry in entries(&folder.join("state"))? {
            let name = entry
                .file_name()
                .map(|n| n.to_string_lossy().into_owned())
                .unwrap_or_default();
            let height = name
                .parse()
                .map_err(|_| invalid(format!("{}: the folder is not named after a height", entry.display())))?;
            let files = state_folder(&entry, book.version_at(height))?;
            book.folders.insert(height, files);
        }
        Ok(book)
    }

    /// Heights that have state, in order.
    pub fn state_heights(&self) -> Vec<u64> {
        self.folders.keys().copied().collect()
    }

    fn version_at(&self, height: u64) -> (u32, u32) {
        self.versions.range(..=height).next_back().map_or((0, 0), |(_, v)| *v)
    }

    fn json(&self, route: &Route, question: &Question<'_>) -> Option<Held> {
        let answers = self.folders.get(&question.height)?.get(route.file)?;
        if route.file == AGGREGATED.0 && question.subject != AGGREGATED.1 {
            return Some(refusal(Code::NotFound, "codespace oracle code 2: price not found"));
        }
        let list = |objects: &Arc<Vec<Bytes>>, items, totals| Held::List {
            objects: objects.clone(),
            items,
            totals,
            unlimited: false,
        };
        Some(match (answers, route.shape) {
            (Answers::Whole(body), Shape::Whole) => Held::Whole(body.clone()),
            (Answers::List(objects), Shape::List(items, totals)) => list(objects, items, totals),
            (Answers::ByOwner(owners), Shape::ByOwner(items)) => match owners.get(question.subject) {
                Some(objects) => list(objects, items, Totals::OfList),
                None => refusal(Code::NotFound, NOT_AUDITED),
            },
            _ => return None,
        })
    }

    fn proto(&self, route: &Route, question: &Question<'_>) -> Option<Held> {
        let recorded = match self.grpc.get(question.method) {
            Some(recorded) => recorded,
            None => {
                return match self.json(route, question)? {
                    Held::Whole(body) => encode::answer(question.method, &body).map(|m| Held::Whole(m.into())),
                    Held::List { .. } => None,
                    refused @ Held::Refused { .. } => Some(refused),
                };
            }
        };
        match recorded.held.get(question.subject) {
            Some(held) => Some(held.clone()),
            None if recorded.by_subject => Some(refusal(Code::NotFound, NOT_AUDITED)),
            None => None,
        }
    }
}

fn refusal(code: Code, message: &str) -> Held {
    Held::Refused {
        code,
        message: message.to_owned(),
    }
}

impl StateBook for StateRecording {
    fn chain_id(&self) -> &str {
        &self.info.chain_id
    }

    fn heights(&self) -> RangeInclusive<u64> {
        self.info.first_height..=self.info.last_height
    }

    fn block(&self, height: u64) -> Option<BookBlock> {
        #[derive(Deserialize)]
        struct Meta {
            block_id: BlockId,
            header: Header,
        }
        #[derive(Deserialize)]
        struct BlockId {
            hash: String,
        }
        #[derive(Deserialize)]
        struct Header {
            time: String,
        }
        let meta = self.metas.get(height).ok()??;
        let meta: Meta = serde_json::from_slice(&meta).ok()?;
        Some(BookBlock {
            hash: meta.block_id.hash,
            time: meta.header.time,
        })
    }

    fn has(&self, height: u64, encoding: Encoding) -> bool {
        match encoding {
            Encoding::Proto => height == self.info.last_height && !self.grpc.is_empty(),
            Encoding::Json => self.folders.contains_key(&height),
        }
    }

    fn find(&self, question: &Question<'_>) -> Option<Held> {
        let version = self.version_at(question.height);
        if question.encoding == Encoding::Proto && question.method == "akash.audit.v1.Query/AllProvidersAttributes" {
            return self.grpc.get(question.method)?.held.get("").cloned();
        }
        let route = ROUTES.iter().find(|r| r.method == question.method && r.is_in(version));
        match (question.encoding, route) {
            (Encoding::Json, Some(route)) => self.json(route, question),
            (Encoding::Proto, Some(route)) => self.proto(route, question),
            // Services that are recorded as broken are in no table of what works.
            (Encoding::Proto, None) => self.grpc.get(question.method)?.held.get(question.subject).cloned(),
            (Encoding::Json, None) => None,
        }
    }

    fn pagination_field(&self, method: &str) -> Option<u32> {
        self.grpc.get(method)?.pagination
    }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(folder, &error)),
    };
    let mut paths = Vec::new();
    for entry in listed {
        paths.push(entry.map_err(|error| at(folder, &error))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn state_folder(folder: &Path, version: (u32, u32)) -> io::Result<BTreeMap<&'static str, Answers>> {
    let mut files = BTreeMap::new();
    for route in ROUTES.iter().filter(|route| route.is_in(version)) {
        let path = folder.join(route.file).with_extension("json");
        let body = match fs::read(&path) {
            Ok(body) => Bytes::from(body),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(at(&path, &error)),
        };
        let wrong = |error: serde_json::Error| invalid(format!("{}: {error}", path.display()));
        let answers = match route.shape {
            Shape::Whole => Answers::Whole(body),
            Shape::List(items, _) => Answers::List(Arc::new(objects(&body, items).map_err(wrong)?)),
            Shape::ByOwner(items) => Answers::ByOwner(by_owner(objects(&body, items).map_err(wrong)?).map_err(wrong)?),
        };
        files.insert(route.file, answers);
    }
    Ok(files)
}

/// The objects of a file: a list, or a body with the list in `items`.
fn objects(body: &Bytes, items: &str) -> serde_json::Result<Vec<Bytes>> {
    let cut = |raw: &&RawValue| body.slice_ref(raw.get().as_bytes());
    if body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[') {
        let list: Vec<&RawValue> = serde_json::from_slice(body)?;
        return Ok(list.iter().map(cut).collect());
    }
    let members: BTreeMap<String, &RawValue> = serde_json::from_slice(body)?;
    let list = members.get(items).map_or("[]", |raw| raw.get());
    let list: Vec<&RawValue> = serde_json::from_str(list)?;
    Ok(list
        .iter()
        .map(|raw| Bytes::copy_from_slice(raw.get().as_bytes()))
        .collect())
}

fn by_owner(objects: Vec<Bytes>) -> serde_json::Result<BTreeMap<String, Arc<Vec<Bytes>>>> {
    #[derive(Deserialize)]
    struct Owned {
        owner: String,
    }
    let mut owners: BTreeMap<String, Vec<Bytes>> = BTreeMap::new();
    for object in objects {
        let Owned { owner } = serde_json::from_slice(&object)?;
        owners.entry(owner).or_default().push(object);
    }
    Ok(owners
        .into_iter()
        .map(|(owner, list)| (owner, Arc::new(list)))
        .collect())
}

/// Reads the recorded gRPC pages. Pages with another limit say the same again and are left alone.
fn grpc(folder: &Path, last: u64) -> io::Result<BTreeMap<String, Recorded>> {
    let mut methods = BTreeMap::new();
    for path in entries(folder)? {
        let name = path
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name == "errors.json" || name.contains(".limit") || !name.ends_with(".json") {
            continue;
        }
        let wrong = |what: String| invalid(format!("{}: {what}", path.display()));
        let bytes = fs::read(&path).map_err(|error| at(&path, &error))?;
        let file: GrpcFile = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        if file.height != last {
            return Err(wrong(format!(
                "it is of height {}, the recording ends at {last}",
                file.height
            )));
        }
        let method = file.method.trim_start_matches('/').to_owned();
        let recorded = join(file.pages).map_err(wrong)?;
        methods.insert(method, recorded);
    }
    Ok(methods)
}

/// Joins the pages of a method into what they are pages of.
fn join(pages: Vec<GrpcPage>) -> Result<Recorded, String> {
    let bytes = |text: &str| STANDARD.decode(text).map_err(|error| error.to_string());
    let broken = |error: WireError| error.to_string();
    let mut recorded = Recorded::default();
    let mut joined: Vec<Bytes> = Vec::new();
    let (mut totals, mut unlimited) = (Totals::OfList, false);
    for page in &pages {
        let request = bytes(&page.request)?;
        let Some(response) = &page.response else {
            let error = page.error.as_ref().ok_or("a page has neither an answer nor an error")?;
            recorded.held.insert(String::new(), refused(error));
            return Ok(recorded);
        };
        let response = Bytes::from(bytes(response)?);
        if let Some(subject) = subject(&request).map_err(broken)? {
            let held = list(elements(&response).map_err(broken)?, Totals::OfList, false);
            recorded.held.insert(subject, held);
            recorded.by_subject = true;
        } else if let Some((field, limit)) = pagination(&request).map_err(broken)? {
            recorded.pagination = Some(field);
            let objects = elements(&response).map_err(broken)?;
            let envelope = bytes_of(&response, 2).map_err(broken)?.unwrap_or_default();
            if integer_of(envelope, 2).map_err(broken)? > 0 {
                totals = Totals::OfPage;
            }
            unlimited |= objects.len() as u64 > limit;
            joined.extend(objects);
        } else {
            recorded.held.insert(String::new(), Held::Whole(response));
        }
    }
    if recorded.pagination.is_some() {
        recorded.held.insert(String::new(), list(joined, totals, unlimited));
    }
    Ok(recorded)
}

/// In JSON the name of a list counts; in protobuf it is field 1 in every answer that has pages.
fn list(objects: Vec<Bytes>, totals: Totals, unlimited: bool) -> Held {
    Held::List {
        objects: Arc::new(objects),
        items: "",
        totals,
        unlimited,
    }
}

fn refused(error: &GrpcError) -> Held {
    let code = match error.code.as_str() {
        "INTERNAL" => Code::Internal,
        "UNIMPLEMENTED" => Code::Unimplemented,
        _ => Code::Unknown,
    };
    refusal(code, &error.details)
}

/// The elements of the list in an answer, field 1.
fn elements(response: &Bytes) -> Result<Vec<Bytes>, WireError> {
    let mut elements = Vec::new();
    for field in Fields::of(response) {
        if let (1, Wire::Bytes(element)) = field? {
            elements.push(response.slice_ref(element));
        }
    }
    Ok(elements)
}

/// An address in field 1 of a request.
fn subject(request: &[u8]) -> Result<Option<String>, WireError> {
    let text = bytes_of(request, 1)?.and_then(|bytes| std::str::from_utf8(bytes).ok());
    Ok(text.filter(|text| text.starts_with("akash1")).map(str::to_owned))
}

/// Where a recorded request has its page request, and the limit in it.
fn pagination(request: &[u8]) -> Result<Option<(u32, u64)>, WireError> {
    for field in Fields::of(request) {
        if let (number, Wire::Bytes(page)) = field?
            && let Ok(limit @ 1..) = integer_of(page, 3)
        {
            return Ok(Some((number, limit)));
        }
    }
    Ok(None)
}
