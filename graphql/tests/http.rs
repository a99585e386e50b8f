//! GraphQL over HTTP to the letter, and what hostile callers get.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::{Duration, Instant};

use gridproof_graphql::Limits;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use support::{WHOLE, World};

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

async fn send(world: &World, method: Method, accept: &str, kind: &str, body: &str) -> Response {
    let mut request = world.http().request(method, world.graphql()).body(body.to_owned());
    if !accept.is_empty() {
        request = request.header("accept", accept);
    }
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    request.send().await.unwrap()
}

async fn get(world: &World, path: &str) -> Response {
    world.http().get(format!("{}{path}", world.base)).send().await.unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn json_of(answer: Response) -> Value {
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("no code in {body:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_http_face_is_strict_and_survives_hostile_callers() {
    let world = World::start().await;
    status_and_media_types(&world).await;
    get_requests(&world).await;
    refused_requests(&world).await;
    headers_and_pages(&world).await;
    hostile_queries(&world).await;
    introspection(&world).await;
    store_gone(world).await;
}

/// A good request, a bad document, a failing field: status and body in both media types.
async fn status_and_media_types(world: &World) {
    let good = json!({"query": "{ networks { name } }"}).to_string();
    let broken = json!({"query": "{ networks { name }"}).to_string();
    let invalid = json!({"query": "{ nonsense }"}).to_string();
    let failing = json!({"query": "{ networks { name } leases(network: \"nowhere\") { totalCount } }"}).to_string();
    let missing = json!({"query": "query($n: String!) { indexStatus(network: $n) { ageSeconds } }"}).to_string();
    for (accept, kind) in [
        ("", JSON),
        ("*/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
    ] {
        let request_error = if kind == GRAPHQL {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::OK
        };
        for (body, status) in [
            (&good, StatusCode::OK),
            (&failing, StatusCode::OK),
            (&broken, request_error),
            (&invalid, request_error),
            (&missing, request_error),
        ] {
            let answer = send(world, Method::POST, accept, JSON, body).await;
            assert_eq!(answer.status(), status, "{accept} {body}");
            assert_eq!(
                header(&answer, "content-type"),
                format!("{kind}; charset=utf-8"),
                "{accept}"
            );
            assert!(header(&answer, "vary").contains("accept"));
            let value = json_of(answer).await;
            // A request that never ran has no `data`; one that ran has it even when a field failed.
            assert_eq!(
                value.get("data").is_some(),
                body == &good || body == &failing,
                "{value:#}"
            );
            assert_eq!(value.get("errors").is_some(), body != &good, "{value:#}");
        }
    }
    let failed = json_of(send(world, Method::POST, GRAPHQL, JSON, &failing).await).await;
    assert_eq!(failed["data"]["leases"], Value::Null);
    assert_eq!(failed["data"]["networks"][0]["name"], WHOLE);
    assert_eq!(code(&failed), "UNKNOWN_NETWORK");
    for (body, expected) in [
        (&broken, "GRAPHQL_PARSE_FAILED"),
        (&invalid, "GRAPHQL_VALIDATION_FAILED"),
        (&missing, "GRAPHQL_VALIDATION_FAILED"),
    ] {
        assert_eq!(
            code(&json_of(send(world, Method::POST, GRAPHQL, JSON, body).await).await),
            expected
        );
    }
}

async fn get_requests(world: &World) {
    let answer = get(
        world,
        "/graphql?query=query($n:String!){indexStatus(network:$n){head{height}}}&variables={\"n\":\"rec-whole-1\"}",
    )
    .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(json_of(answer).await["data"]["indexStatus"]["head"]["height"], 240);
    let mutation = get(world, "/graphql?query=mutation{x}").await;
    assert_eq!(
        (mutation.status(), header(&mutation, "allow")),
        (StatusCode::METHOD_NOT_ALLOWED, "GET, POST")
    );
    assert_eq!(get(world, "/graphql").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        get(world, "/graphql?query={networks{name}}&variables=nonsense")
            .await
            .status(),
        StatusCode::BAD_REQUEST
    );
}

async fn refused_requests(world: &World) {
    let good = json!({"query": "{ networks { name } }"}).to_string();
    let batch = format!("[{good},{good}]");
    let large = json!({"query": format!("{{ networks {{ name }} }} #{}", "x".repeat(70_000))}).to_string();
    for (method, accept, kind, body, status, expected) in [
        (
            Method::PUT,
            "",
            JSON,
            good.as_str(),
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
        ),
        (
            Method::POST,
            "text/html",
            JSON,
            &good,
            StatusCode::NOT_ACCEPTABLE,
            "NOT_ACCEPTABLE",
        ),
        (
            Method::POST,
            "",
            "",
            &good,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            Method::POST,
            "",
            "text/plain",
            &good,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (Method::POST, "", JSON, &batch, StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        (Method::POST, "", JSON, "{", StatusCode::BAD_REQUEST, "BAD_REQUEST"),
        (
            Method::POST,
            "",
            JSON,
            "\"\u{0}\"",
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
        ),
        (
            Method::POST,
            "",
            JSON,
            &large,
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
        ),
    ] {
        let answer = send(world, method, accept, kind, body).await;
        assert_eq!(answer.status(), status, "{expected}");
        assert_eq!(code(&json_of(answer).await), expected);
    }
}

async fn headers_and_pages(world: &World) {
    let page = get(world, "/").await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = header(&page, "content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("unsafe")
    );
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    assert_eq!(header(&page, "access-control-allow-origin"), "");
    assert!(!header(&page, "x-request-id").is_empty());
    let html = page.text().await.unwrap();
    let console = get(world, "/graphiql").await.text().await.unwrap();
    let mut bytes = html.len();
    // Every file that the page names is here, may be kept for ever, and all together stay small.
    for address in html.split('"').filter(|text| text.starts_with("/assets/")) {
        let file = get(world, address).await;
        assert_eq!(file.status(), StatusCode::OK, "{address}");
        assert_eq!(
            header(&file, "cache-control"),
            "public, max-age=31536000, immutable",
            "{address}"
        );
        assert_eq!(header(&file, "x-content-type-options"), "nosniff");
        let text = file.text().await.unwrap();
        bytes += text.len();
        for import in text.split('"').filter(|text| text.starts_with("/assets/")) {
            let module = get(world, import).await;
            assert_eq!(
                header(&module, "cache-control"),
                "public, max-age=31536000, immutable",
                "{import}"
            );
            bytes += module.text().await.unwrap().len();
        }
    }
    assert!(bytes < 200_000, "the page weighs {bytes} bytes");
    for text in [&html, &console] {
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "nothing comes from another host"
        );
        assert!(
            !text.contains("<script>") && !text.contains(" style=") && !text.contains(" onclick="),
            "nothing is inline"
        );
    }
    let stale = get(world, "/assets/app.js?v=0000").await;
    assert_eq!(header(&stale, "cache-control"), "no-cache");
    let etag = header(&stale, "etag").to_owned();
    let again = world
        .http()
        .get(format!("{}/assets/app.js", world.base))
        .header("if-none-match", etag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    for path in [
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/nothing",
        "/nothing",
        "/assets/index.html",
    ] {
        assert_eq!(get(world, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(json_of(get(world, "/healthz").await).await, json!({"status": "ok"}));
    assert_eq!(json_of(get(world, "/readyz").await).await["status"], "ready");
    let named = world
        .http()
        .get(format!("{}/healthz", world.base))
        .header("x-request-id", "mine-1")
        .send()
        .await
        .unwrap();
    assert_eq!(header(&named, "x-request-id"), "mine-1");
    let forged = world
        .http()
        .get(format!("{}/healthz", world.base))
        .header("x-request-id", "a b<script>")
        .send()
        .await
        .unwrap();
    assert_ne!(header(&forged, "x-request-id"), "a b<script>");
}

async fn hostile_queries(world: &World) {
    let started = Instant::now();
    let aliases: String = (0..2_000)
        .map(|i| format!("a{i}: indexStatus(network: \"{WHOLE}\") {{ ageSeconds }} "))
        .collect();
    let lists: String = (0..40)
        .map(|i| format!("a{i}: leases(network: \"{WHOLE}\", first: 500) {{ edges {{ node {{ id owner }} }} }} "))
        .collect();
    let deep = format!(
        "{{ __schema {{ types {{ {}name{} }} }} }}",
        "fields { type { ".repeat(30),
        " } }".repeat(30)
    );
    let very_deep = format!("{}{}", "{a".repeat(10_000), "}".repeat(10_000));
    let directives = format!("{{ networks {} {{ name }} }}", "@skip(if: false) ".repeat(2_000));
    let circle = "query { networks { ...a } } fragment a on Network { ...b } fragment b on Network { ...a }";
    let wrap = format!("{{ leases(network: \"{WHOLE}\", first: 2147483647) {{ edges {{ node {{ id }} }} }} }}");
    for (query, expected) in [
        (format!("{{ {} }}", &aliases[..60_000]), None),
        (format!("{{ {lists} }}"), Some("COST_LIMIT_EXCEEDED")),
        (deep, Some("DEPTH_LIMIT_EXCEEDED")),
        (very_deep, None),
        (directives, None),
        (circle.to_owned(), Some("DEPTH_LIMIT_EXCEEDED")),
        (wrap, Some("BAD_USER_INPUT")),
    ] {
        let answer = send(world, Method::POST, JSON, JSON, &json!({"query": query}).to_string()).await;
        let body = json_of(answer).await;
        let found = code(&body);
        if let Some(expected) = expected {
            assert_eq!(found, expected, "{}", &query[..query.len().min(120)]);
        }
        assert!(
            body.get("data").is_none_or(Value::is_null) || found == "BAD_USER_INPUT",
            "{}",
            &query[..query.len().min(120)]
        );
    }
    let aliases: String = (0..150)
        .map(|i| format!("a{i}: indexStatus(network: \"{WHOLE}\") {{ ageSeconds }} "))
        .collect();
    let body = world.answer(&format!("{{ {aliases} }}"), Value::Null).await;
    assert_eq!(code(&body), "COST_LIMIT_EXCEEDED");
    // Text that looks like SQL, like a parameter, or like the end of one is only ever text.
    for text in [
        "'; DROP TABLE leases; --",
        "\\'",
        "{network:String}",
        "?",
        "\\N",
        "\t\n\r",
        "𝕌\u{202e}",
        "a\\tb",
        "\u{1}",
    ] {
        for query in [
            "query($t: String!) { leases(network: \"rec-whole-1\", owner: $t) { totalCount edges { node { id } } } }",
            "query($t: String!) { leases(network: \"rec-whole-1\", provider: $t) { totalCount edges { node { id } } } }",
            "query($t: String!) { leases(network: \"rec-whole-1\", gpuModel: $t) { totalCount edges { node { id } } } }",
        ] {
            let body = world.answer(query, json!({"t": text})).await;
            assert_eq!(
                body["data"]["leases"],
                json!({"totalCount": 0, "edges": []}),
                "{text:?} {body:#}"
            );
        }
        let body = world
            .answer(
                "query($t: String!) { indexStatus(network: $t) { ageSeconds } }",
                json!({"t": text}),
            )
            .await;
        assert_eq!(code(&body), "UNKNOWN_NETWORK");
    }
    assert_eq!(
        world
            .data(&format!("{{ leases(network: \"{WHOLE}\") {{ totalCount }} }}"))
            .await["leases"]["totalCount"],
        4
    );
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "no hostile query may keep the service busy"
    );
}

/// The introspection query that clients send is within the limits.
async fn introspection(world: &World) {
    let of_type = (0..9).fold("kind name".to_owned(), |inner, _| {
        format!("kind name ofType {{ {inner} }}")
    });
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name }} mutationType {{ name }} subscriptionType {{ name }} \
         types {{ ...T }} directives {{ name description locations args {{ ...I }} }} }} }} \
         fragment T on __Type {{ kind name description fields(includeDeprecated: true) {{ name description args {{ ...I }} type {{ ...R }} \
         isDeprecated deprecationReason }} inputFields {{ ...I }} interfaces {{ ...R }} enumValues(includeDeprecated: true) {{ name description \
         isDeprecated deprecationReason }} possibleTypes {{ ...R }} }} \
         fragment I on __InputValue {{ name description type {{ ...R }} defaultValue }} fragment R on __Type {{ {of_type} }}"
    );
    let types = world.data(&query).await["__schema"]["types"].take();
    let undescribed: Vec<String> = types
        .as_array()
        .unwrap()
        .iter()
        .filter(|kind| !kind["name"].as_str().unwrap().starts_with("__") && kind["kind"] == "OBJECT")
        .flat_map(|kind| {
            kind["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(move |field| (kind, field))
        })
        .filter(|(_, field)| field["description"].as_str().is_none_or(str::is_empty))
        .map(|(kind, field)| format!("{}.{}", kind["name"], field["name"]))
        .collect();
    assert_eq!(undescribed, Vec::<String>::new(), "every field says what it is");
}

/// With the store gone the answer is an error with a code, soon, and without anything of the inside.
async fn store_gone(mut world: World) {
    world.engine.kill();
    let body = world
        .answer(
            &format!("{{ networks {{ name }} indexStatus(network: \"{WHOLE}\") {{ ageSeconds }} }}"),
            Value::Null,
        )
        .await;
    assert_eq!(code(&body), "STORE_UNAVAILABLE");
    assert_eq!(body["data"]["networks"][0]["name"], WHOLE);
    assert!(!body.to_string().contains("127.0.0.1"), "{body:#}");
    assert_eq!(get(&world, "/healthz").await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_beyond_the_limits_of_time_and_number_is_refused() {
    let none = Limits {
        concurrency: 0,
        ..Limits::default()
    };
    let world = World::start_with(none).await;
    let answer = send(&world, Method::POST, JSON, JSON, r#"{"query":"{ networks { name } }"}"#).await;
    assert_eq!(
        (answer.status(), header(&answer, "retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, "1")
    );
    assert_eq!(code(&json_of(answer).await), "OVERLOADED");
    drop(world);
    let world = World::start_with(Limits {
        timeout: Duration::from_nanos(1),
        ..Limits::default()
    })
    .await;
    let query = json!({"query": format!("{{ leases(network: \"{WHOLE}\") {{ totalCount }} }}")}).to_string();
    let answer = send(&world, Method::POST, JSON, JSON, &query).await;
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(code(&json_of(answer).await), "TIMEOUT");
}
