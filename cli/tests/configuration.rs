//! Configuration: layers, origins, and errors that say what to change.
#![allow(clippy::unwrap_used)]

mod support;

use support::{code, gridproof, json, run, words};

/// `config show` with a file.
fn show(file: &str, more: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gridproof.toml");
    std::fs::write(&path, file).unwrap();
    run(gridproof()
        .args(["config", "show", "--origin", "--json", "--config"])
        .arg(&path)
        .args(more))
}

#[test]
fn an_unknown_key_is_an_error_with_a_suggestion() {
    for (file, key, meant) in [
        ("data_dri = 'x'", "data_dri", "data_dir"),
        ("[engine]\nlissten = 'x'", "lissten", "listen"),
        ("[[network]]\nname = 'a'\nkin = 'akash'", "kin", "kind"),
    ] {
        let output = show(file, &[]);
        assert_eq!(code(&output), Some(64), "{}", words(&output));
        let text = words(&output);
        assert!(
            text.contains(&format!("`{key}`")) && text.contains(&format!("did you mean `{meant}`?")),
            "{text}"
        );
    }
}

#[test]
fn a_wrong_value_names_its_key() {
    let output = show("listen = 'nowhere'", &[]);
    assert_eq!(code(&output), Some(64));
    assert!(words(&output).contains("`listen`"), "{}", words(&output));
}

#[test]
fn a_network_that_cannot_be_followed_is_refused() {
    let network = |more: &str| format!("[[network]]\nname = 'mine'\nkind = 'akash'\nchain_id = 'mine-1'\n{more}");
    for (file, what) in [
        (network("endpoints = []"), "no `endpoints`"),
        (network("endpoints = ['ftp://x']"), "http"),
        (network("endpoints = ['http://127.0.0.1:1']"), "starts_on"),
        (
            network("endpoints = ['http://127.0.0.1:1']").replace("mine'\nkind", "rec-mine'\nkind"),
            "rec-",
        ),
    ] {
        let output = show(&file, &[]);
        assert_eq!(code(&output), Some(64), "{file}: {}", words(&output));
        assert!(words(&output).contains(what), "{file}: {}", words(&output));
    }
}

/// What the state of a network begins with follows from what is configured, and contradictions are refused.
#[test]
fn the_beginning_of_the_state_is_checked() {
    let network = |more: &str| {
        format!(
            "[[network]]\nname = 'mine'\nkind = 'akash'\nchain_id = 'akashnet-2'\nendpoints = ['http://127.0.0.1:1']\n{more}"
        )
    };
    for more in [
        "grpc = ['https://127.0.0.1:443']\nrest = ['http://127.0.0.1:1317/api']\nbootstrap = 'snapshot'",
        "bootstrap = 'none'",
        "start = 'genesis'\nbootstrap = 'genesis'",
    ] {
        let output = show(&network(more), &[]);
        assert_eq!(code(&output), Some(0), "{more}: {}", words(&output));
    }
    for (more, what) in [
        ("bootstrap = 'snapshot'", "`grpc` or `rest`"),
        ("grpc = ['https://h:443']\nstart = 1\nbootstrap = 'snapshot'", "exclude"),
        ("bootstrap = 'genesis'", "start = \"genesis\""),
        ("grpc = ['h:443']", "`grpc` endpoint `h:443`"),
        ("rest = ['ftp://h']", "`rest` endpoint `ftp://h`"),
        ("bootstrap = 'snap'", "snap"),
        ("grcp = ['https://h:443']", "did you mean `grpc`?"),
    ] {
        let output = show(&network(more), &[]);
        assert_eq!(code(&output), Some(64), "{more}: {}", words(&output));
        assert!(words(&output).contains(what), "{more}: {}", words(&output));
    }
    let render =
        "[[network]]\nname = 'r'\nkind = 'render'\nendpoints = ['http://127.0.0.1:1']\ngrpc = ['https://h:443']";
    assert!(words(&show(render, &[])).contains("`grpc` is a key of networks of kind \"akash\""));
}

#[test]
fn a_network_of_render_needs_its_endpoints_and_nothing_of_akash() {
    let network =
        |more: &str| format!("[[network]]\nname = 'mine'\nkind = 'render'\nendpoints = ['http://127.0.0.1:1']\n{more}");
    let output = show(
        &network("start = 220000000\npoll_seconds = 5\nrates = { per_method = 4, total = 10 }"),
        &[],
    );
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    let shown = json(&output);
    let networks = shown
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["key"] == "network")
        .unwrap();
    let mainnet = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKUc147dw2N9d";
    assert_eq!(networks["value"][0]["chain_id"], mainnet);
    assert!(networks["origin"].as_str().unwrap().starts_with("file "));
    for (more, what) in [
        (
            "starts_on = 'v1.0.0'",
            "`starts_on` is a key of networks of kind \"akash\"",
        ),
        ("start = 'genesis'", "use \"earliest\" or a slot"),
        ("poll_seconds = 0", "at least 1"),
        ("rates = { per_method = 11, total = 10 }", "cannot be more"),
        ("rates = { per_metod = 1, total = 10 }", "did you mean `per_method`?"),
        (
            "[[network.watch]]\naddress = 'x'\nroll = 'burn'",
            "did you mean `role`?",
        ),
        ("[[network.watch]]\naddress = 'x'\nrole = 'bern'", "bern"),
        ("follow_mnt = true", "did you mean `follow_mint`?"),
    ] {
        let output = show(&network(more), &[]);
        assert_eq!(code(&output), Some(64), "{more}: {}", words(&output));
        assert!(words(&output).contains(what), "{more}: {}", words(&output));
    }
    let akash = "[[network]]\nname = 'a'\nkind = 'akash'\nchain_id = 'akashnet-2'\nendpoints = ['http://127.0.0.1:1']\nfollow_mint = true";
    assert!(words(&show(akash, &[])).contains("kind \"render\""));
}

/// A network of Render with this `yellowstone`.
fn streamed(stream: &str) -> String {
    format!(
        "[[network]]\nname = 'mine'\nkind = 'render'\nendpoints = ['http://127.0.0.1:1']\nyellowstone = {{ {stream} }}"
    )
}

#[test]
fn a_stream_takes_an_endpoint_and_the_name_of_a_variable_and_nothing_else() {
    for fine in [
        "endpoint = 'https://geyser.example.org:443'",
        "endpoint = 'http://127.0.0.1:10000', x_token_env = 'MY_TOKEN'",
    ] {
        let output = show(&streamed(fine), &[]);
        assert_eq!(code(&output), Some(0), "{fine}: {}", words(&output));
    }
    for (stream, what) in [
        ("x_token_env = 'MY_TOKEN'", "endpoint"),
        (
            "endpoint = 'https://x', x_token = 'secret'",
            "did you mean `x_token_env`?",
        ),
        (
            "endpoint = 'https://x', token_program = 'y'",
            "known keys: endpoint, x_token_env",
        ),
        ("endpoint = 'http://geyser.example.org/secret'", "loopback only"),
        ("endpoint = 'ftp://x'", "unknown scheme"),
        ("endpoint = 'secret'", "not a URL"),
        (
            "endpoint = 'https://x', x_token_env = 'secret-0f3a'",
            "not the name of an environment variable",
        ),
        (
            "endpoint = 'https://x', x_token_env = ''",
            "not the name of an environment variable",
        ),
    ] {
        let output = show(&streamed(stream), &[]);
        assert_eq!(code(&output), Some(64), "{stream}: {}", words(&output));
        let text = words(&output);
        assert!(text.contains(what), "{stream}: {text}");
        assert!(!text.contains("secret"), "what may be a token is not shown: {text}");
    }
    let akash = "[[network]]\nname = 'a'\nkind = 'akash'\nchain_id = 'akashnet-2'\nendpoints = ['http://127.0.0.1:1']\n\
                 yellowstone = { endpoint = 'https://x' }";
    assert!(words(&show(akash, &[])).contains("kind \"render\""));
}

#[test]
fn the_token_of_a_stream_comes_from_its_variable_or_the_command_says_which_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gridproof.toml");
    let variable = "GRIDPROOF_TEST_STREAM_TOKEN";
    let stream = format!("endpoint = 'http://127.0.0.1:1', x_token_env = '{variable}'");
    std::fs::write(&file, streamed(&stream)).unwrap();
    let run_with = |command: &str, token: Option<&str>| {
        let mut program = gridproof();
        program.arg(command).arg("--config").arg(&file);
        program
            .arg("--data-dir")
            .arg(folder.path().join("data"))
            .env_remove(variable);
        run(program.envs(token.map(|token| (variable, token))))
    };
    for missing in [None, Some("")] {
        let output = run_with("plan", missing);
        assert_eq!(code(&output), Some(64), "{}", words(&output));
        assert!(
            words(&output).contains(&format!("{variable} is not set")),
            "{}",
            words(&output)
        );
    }
    let unfit = run_with("plan", Some("secret\nline"));
    assert_eq!(code(&unfit), Some(64), "{}", words(&unfit));
    assert!(words(&unfit).contains("metadata cannot carry") && !words(&unfit).contains("secret"));
    let doctor = run_with("doctor", None);
    assert!(words(&doctor).contains("stream mine"), "{}", words(&doctor));
    assert!(
        words(&doctor).contains(&format!("{variable} is not set")),
        "{}",
        words(&doctor)
    );
    let doctor = run_with("doctor", Some("secret"));
    let told = words(&doctor);
    assert!(
        told.contains("http://127.0.0.1:1: no connection") && told.contains("endpoints are used alone"),
        "{told}"
    );
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn both_mainnets_are_followed_with_no_file_at_all() {
    let shown = json(&show("", &[]));
    let networks = shown
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["key"] == "network")
        .unwrap();
    let names: Vec<&str> = networks["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["akash", "render"]);
    assert_eq!(networks["origin"], "default");
}

#[test]
fn faults_are_those_of_the_chain_that_is_replayed() {
    let akash = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/akash-gridlocal-1");
    let render = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/render-world-1");
    for (folder, fault) in [(akash, "lag:9"), (render, "html:40"), (render, "gremlins")] {
        let output = run(gridproof().args(["replay", folder, "--listen", "127.0.0.1:0", "--fault", fault]));
        assert_eq!(code(&output), Some(64), "{}", words(&output));
    }
    assert_eq!(
        code(&run(gridproof().args(["replay", render, "--tip-rate", "0"]))),
        Some(64)
    );
}

#[test]
fn each_silent_network_is_named_with_what_its_endpoint_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gridproof.toml");
    let networks = "[[network]]\nname = 'render'\nkind = 'render'\nendpoints = ['http://127.0.0.1:1']\n\
                    [[network]]\nname = 'akash'\nkind = 'akash'\nchain_id = 'akashnet-2'\nendpoints = ['http://127.0.0.1:2']";
    std::fs::write(&path, networks).unwrap();
    let mut command = gridproof();
    command.args(["up", "--listen", "127.0.0.1:0", "--config"]).arg(&path);
    let output = run(support::quiet(&mut command, &folder.path().join("data")));
    assert_eq!(code(&output), Some(69), "{}", words(&output));
    let text = words(&output);
    for part in [
        "network render: none of 1",
        "127.0.0.1:1: /getGenesisHash",
        "network akash: none of 1",
        "127.0.0.1:2: /status",
    ] {
        assert_eq!(text.matches(part).count(), 1, "{part}: {text}");
    }
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gridproof.toml");
    std::fs::write(
        &path,
        "listen = '127.0.0.1:1001'\nmetrics_listen = '127.0.0.1:1002'\n[engine]\nlisten = '127.0.0.1:1003'",
    )
    .unwrap();
    let mut command = gridproof();
    command
        .args([
            "config",
            "show",
            "--origin",
            "--json",
            "--listen",
            "127.0.0.1:3001",
            "--config",
        ])
        .arg(&path);
    command
        .env("GRIDPROOF_LISTEN", "127.0.0.1:2001")
        .env("GRIDPROOF_METRICS_LISTEN", "127.0.0.1:2002");
    let origins = json(&run(&mut command));
    let find = |key: &str| {
        origins
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["key"] == key)
            .unwrap()
            .clone()
    };
    assert_eq!(
        (find("listen")["value"].as_str(), find("listen")["origin"].as_str()),
        (Some("127.0.0.1:3001"), Some("flag"))
    );
    assert_eq!(find("metrics_listen")["value"], "127.0.0.1:2002");
    assert_eq!(find("metrics_listen")["origin"], "environment GRIDPROOF_METRICS_LISTEN");
    assert!(find("engine.listen")["origin"].as_str().unwrap().starts_with("file "));
    assert_eq!(find("pipeline.range_heights")["origin"], "default");
}

#[test]
fn wrong_usage_is_64_and_help_is_0() {
    assert_eq!(code(&run(gridproof().arg("no-such-command"))), Some(64));
    assert_eq!(code(&run(gridproof().args(["replay", "x", "--errors", "7"]))), Some(64));
    for command in [
        "up", "index", "serve", "engine", "migrate", "backfill", "plan", "status", "verify", "reindex", "replay",
        "doctor",
    ] {
        let output = run(gridproof().args([command, "--help"]));
        assert_eq!(code(&output), Some(0));
        assert!(words(&output).contains("Example"), "{command} --help shows no example");
    }
}

#[test]
fn no_endpoint_is_69_and_says_which_were_tried_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gridproof.toml");
    let network = "[[network]]\nname = 'akash'\nkind = 'akash'\nchain_id = 'akashnet-2'\nendpoints = ['http://127.0.0.1:1', 'http://127.0.0.1:2']";
    std::fs::write(&path, network).unwrap();
    let mut command = gridproof();
    command.args(["up", "--listen", "127.0.0.1:0", "--config"]).arg(&path);
    let output = run(support::quiet(&mut command, &folder.path().join("data")));
    assert_eq!(code(&output), Some(69), "{}", words(&output));
    let text = words(&output);
    assert!(
        text.contains("127.0.0.1:1") && text.contains("127.0.0.1:2") && text.contains("--recording"),
        "{text}"
    );
}
