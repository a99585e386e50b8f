//! The built-in page in a real browser: it shows the API's numbers and says in plain sight that it shows a recording.
//!
//! Needs Chromium (`chromium`, `chromium-browser` or `google-chrome` in the path, or `GRIDPROOF_CHROMIUM`); without one
//! the test says so and checks nothing. `GRIDPROOF_SCREENSHOTS=DIR` keeps pictures of the page.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{EMPTY, FACTS, RENDER, WHOLE, World};

/// Milliseconds of the page's own time that the browser runs before it looks.
const PAGE_TIME_MS: u32 = 8_000;

fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GRIDPROOF_CHROMIUM") {
        return Some(named.into());
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

struct Browser {
    program: PathBuf,
}

impl Browser {
    fn run(&self, address: &str, arguments: &[String]) -> String {
        let profile = tempfile::tempdir().unwrap();
        let output = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--hide-scrollbars",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("--virtual-time-budget={PAGE_TIME_MS}"))
            .args(arguments)
            .arg(address)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The page's document after its scripts have run.
    async fn document(&self, address: String) -> String {
        let this = Self {
            program: self.program.clone(),
        };
        tokio::task::spawn_blocking(move || this.run(&address, &["--dump-dom".into()]))
            .await
            .unwrap()
    }

    async fn picture(&self, address: String, file: PathBuf, size: &str, dark: bool) {
        let mut arguments = vec![
            format!("--screenshot={}", file.display()),
            format!("--window-size={size}"),
        ];
        if dark {
            arguments.push("--blink-settings=preferredColorScheme=0".into());
        }
        let this = Self {
            program: self.program.clone(),
        };
        tokio::task::spawn_blocking(move || this.run(&address, &arguments))
            .await
            .unwrap();
    }
}

/// The text of the element with this id, without markup.
fn text_of(document: &str, id: &str) -> String {
    let start = document
        .find(&format!("id=\"{id}\""))
        .unwrap_or_else(|| panic!("no element {id}\n{document}"));
    let rest = &document[start..];
    let body = &rest[rest.find('>').unwrap() + 1..];
    let end = ["</p>", "</div>", "</article>", "</span>"]
        .iter()
        .filter_map(|tag| body.find(tag))
        .min()
        .unwrap();
    let mut text = String::new();
    let mut inside = false;
    for c in body[..end].chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_the_numbers_of_the_api() {
    let program = browser().expect("no Chromium found: install one (Debian: chromium) or set GRIDPROOF_CHROMIUM");
    let (browser, world) = (Browser { program }, World::start().await);
    let page = |query: &str| format!("{}/?{query}", world.base);
    pictures(&browser, &world).await;

    let document = browser.document(page(&format!("network={WHOLE}"))).await;
    assert_eq!(text_of(&document, "now-leases"), "2");
    assert_eq!(text_of(&document, "now-gpus"), "10");
    assert_eq!(text_of(&document, "now-providers"), "2");
    assert_eq!(text_of(&document, "now-providers-sub"), "of 2 registered");
    // 1,470,000 uakt reached providers, in two payouts; the other denomination is not added to it.
    assert_eq!(text_of(&document, "now-revenue"), "1.47AKT");
    assert!(text_of(&document, "now-revenue-sub").contains("2 payouts in range, and 1 more denomination"));
    let notice = text_of(&document, "notice");
    assert!(notice.starts_with("Recording, not a live network."), "{notice}");
    // What the operator wrote is shown as text, never run as markup.
    assert!(
        document.contains("No public endpoint answered, so &lt;b&gt;this&lt;/b&gt; is shown."),
        "{notice}"
    );
    assert!(document.contains("<canvas"), "the charts are drawn");
    assert!(text_of(&document, "freshness").starts_with("height 240 · recorded"));
    assert!(document.contains("/graphiql#query="), "each chart links to its query");
    assert!(document.contains("How is this computed?"));

    let facts = browser.document(page(&format!("network={FACTS}"))).await;
    assert_eq!(text_of(&facts, "now-leases"), "≥ 1");
    assert_eq!(text_of(&facts, "now-providers"), "–");
    assert!(facts.contains("Incomplete before height 101"));
    assert!(facts.contains("a lower bound"));
    assert!(facts.contains("1 (60 blocks)"), "the gap is in the table");

    render(&browser, &world).await;

    let empty = browser.document(page(&format!("network={EMPTY}"))).await;
    assert_eq!(text_of(&empty, "freshness"), "no block committed yet");
    assert!(empty.contains("No block is committed yet"));

    let console = browser
        .document(format!("{}/graphiql#query=%7B+networks+%7B+name+%7D+%7D", world.base))
        .await;
    assert!(
        console.contains("\"name\": \"rec-whole-1\"") || console.contains("&quot;name&quot;"),
        "{console}"
    );
    assert!(
        console.contains("activeLeases(network: String!"),
        "the schema is listed"
    );
}

/// A network of kind render shows burns and payouts, says that there are no leases, and hides what asks for them.
async fn render(browser: &Browser, world: &World) {
    let document = browser.document(format!("{}/?network={RENDER}", world.base)).await;
    assert!(document.contains("Render has no on-chain leases."), "{document}");
    assert!(
        document.contains("<code>activeLeases</code>"),
        "what is missing is listed with the reason"
    );
    assert!(text_of(&document, "freshness").starts_with("slot 450 · recorded"));
    // The last final epoch is the second: 3 RENDER burned, 30 for work and 1 for availability paid.
    assert_eq!(text_of(&document, "render-burned"), "3RENDER");
    assert_eq!(
        text_of(&document, "render-burned-sub"),
        "1 settlement in epoch 2, final"
    );
    assert_eq!(text_of(&document, "render-paid"), "31RENDER");
    assert_eq!(text_of(&document, "render-paid-sub"), "0.09 burned for each one paid");
    assert_eq!(text_of(&document, "render-owners-sub"), "2 new, 0 lost in epoch 2");
    // Two unexplained changes fail the audits in plain sight; supply passes beside them.
    assert_eq!(text_of(&document, "render-passed"), "FAIL");
    assert!(document.contains("2 changes of a balance that no instruction explains."));
    assert!(document.contains("at slot 450: drift 0."), "{document}");
    // Both numbers and the difference of the first epoch.
    assert!(
        document.contains("5.50</td>") && document.contains("−0.5</td>"),
        "{document}"
    );
    assert!(
        !document.contains(">null<") && !document.contains("undefined"),
        "nothing unknown is shown as a word of the program"
    );
    assert!(document.contains("jobs of epoch 1"), "the memo of a settlement");
    assert!(
        document.contains("class=\"badge offchain_reported\""),
        "badges say how a number is known"
    );
    let market = document
        .split("<section")
        .find(|part| part.contains("now-leases"))
        .unwrap();
    assert!(market.contains("hidden"), "the tiles of leases are not shown: {market}");
}

async fn pictures(browser: &Browser, world: &World) {
    let Some(folder) = std::env::var_os("GRIDPROOF_SCREENSHOTS") else {
        return;
    };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    for (name, size, dark) in [
        ("wide", "1280,3000", false),
        ("wide-dark", "1280,3000", true),
        ("narrow", "500,4200", false),
    ] {
        for network in [WHOLE, FACTS, RENDER] {
            let file = folder.join(format!("{network}-{name}.png"));
            browser
                .picture(format!("{}/?network={network}", world.base), file, size, dark)
                .await;
        }
    }
    browser
        .picture(
            format!("{}/?network={EMPTY}", world.base),
            folder.join("empty.png"),
            "1280,1300",
            false,
        )
        .await;
    browser
        .picture(
            format!("{}/graphiql", world.base),
            folder.join("console.png"),
            "1280,1100",
            false,
        )
        .await;
}

/// For a look by hand: `cargo test -p gridproof-graphql --test browser -- --ignored --nocapture` serves the test world.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "serves until it is stopped"]
async fn serve_the_test_world() {
    let world = World::start().await;
    eprintln!("{}", world.base);
    tokio::signal::ctrl_c().await.unwrap();
}
