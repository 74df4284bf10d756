//! The pages of `docs/` that answer one question each: what they say to type is typed, against a demo of their own.

use crate::demo::{Demo, Person};

/// This build's programs before all others.
#[expect(clippy::disallowed_methods, reason = "a shell needs the rest of the path")]
fn path_with(binaries: &std::path::Path) -> String {
    format!("{}:{}", binaries.display(), std::env::var("PATH").expect("a path"))
}

/// The blocks of a page that are fenced with this word, with this demo's addresses in them.
fn blocks(demo: &Demo, page: &str, kind: &str) -> Vec<String> {
    let here = |text: &str| {
        let text = text.replace("http://localhost:7760", &demo.issuer).replace("http://localhost:4000", &demo.api);
        text.replace("http://localhost:3000", &demo.notes)
    };
    let fence = format!("```{kind}\n");
    let fenced = page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    fenced.map(here).collect()
}

/// Runs a program with this build's before all others; what it printed.
fn ran(demo: &Demo, program: &str, args: &[&str]) -> String {
    let binaries = std::path::Path::new(env!("CARGO_BIN_EXE_standin")).parent().expect("a folder");
    let mut command = std::process::Command::new(program);
    command.args(args).env("PATH", path_with(binaries)).env("STANDIN_URL", &demo.issuer);
    let output = command.output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{program} {args:?}: {text} {}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The pages that answer one question each: their commands are run, all of a page in one shell.
#[tokio::test]
async fn every_command_of_the_pages_works() {
    for page in ["failed-sign-in", "expired-session", "two-containers", "rotate-keys", "logout"] {
        let demo = Demo::start(&[]);
        let person = Person::at(&demo);
        person.press(&demo.notes, "/sign-in", &[]).await;
        if page == "failed-sign-in" {
            demo.control("DELETE", "/journal", None).await;
        }
        let text = std::fs::read_to_string(format!("{}/docs/{page}.md", env!("CARGO_MANIFEST_DIR"))).expect(page);
        let script = blocks(&demo, &text, "sh").join("\n");
        assert!(!script.is_empty(), "{page}");
        let said = ran(&demo, "sh", &["-euc", &script]);
        for line in blocks(&demo, &text, "text").iter().flat_map(|block| block.lines()) {
            assert!(said.contains(line), "{page}: {line} is not in {said}");
        }
        assert!(!said.contains("\"type\":\"/_control/v1/problems"), "{page}: {said}");
    }
}

/// What a page quotes stands in the recipe that is run.
#[test]
fn what_the_pages_quote_is_in_the_recipes() {
    let read =
        |name: &str| std::fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a document");
    let quoted = |page: &str, kind: &str| -> Vec<String> {
        let text = read(page);
        let fence = format!("```{kind}\n");
        let fenced = text.split(&fence).skip(1);
        fenced.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
    };
    let pairs = [
        ("docs/playwright.md", "js", "examples/playwright/login.spec.js"),
        ("docs/two-containers.md", "yaml", "examples/compose.yaml"),
    ];
    for (page, kind, recipe) in pairs {
        let (blocks, recipe) = (quoted(page, kind), read(recipe));
        assert!(!blocks.is_empty());
        for block in blocks {
            assert!(recipe.contains(&block), "{page}: {block}");
        }
    }
    for block in quoted("docs/logout.md", "toml") {
        let config = standin::config::parse("docs/logout.md", &block, standin::configuration::Format::Toml);
        config.expect("a configuration").check("docs/logout.md").expect("it is right");
    }
}

/// Each command of the page is run, in order, in one shell, against the demo; what the page says is printed is printed.
#[tokio::test]
async fn every_command_of_the_token_server_page_works() {
    let demo = Demo::start(&[("STANDIN_STATIC_TOKEN", "my-first-token")]);
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/token-server.md")).expect("the page");
    let blocks = |kind: &str| blocks(&demo, &page, kind);
    let run = |program: &str, args: &[&str]| ran(&demo, program, args);
    let said: Vec<String> = blocks("sh").iter().map(|block| run("sh", &["-euc", block])).collect();
    assert_eq!(said[0].trim(), blocks("json")[0].trim());
    assert!(said[1].contains("invalid_client"), "{}", said[1]);
    assert!(
        said[2].to_lowercase().contains("access-control-allow-origin: http://localhost:8080") || said[2].contains('*'),
        "{}",
        said[2]
    );
    assert_eq!(said[3].trim(), blocks("json")[1].trim());
    assert_eq!(said[4].matches("401 Unauthorized").count(), 2, "{}", said[4]);
    for line in blocks("text").last().expect("the refusal").trim().lines() {
        assert!(said[5].contains(line), "{line} in {}", said[5]);
    }
    assert!(said[6].starts_with("201\nhello") && said[6].contains("The signature holds."), "{}", said[6]);
    let bearer = "Bearer my-first-token";
    assert_eq!(run("python3", &["-c", &blocks("python")[0]]).trim(), bearer);
    assert_eq!(run("node", &["--input-type=module", "-e", &blocks("js")[0]]).trim(), bearer);
    let example = std::path::Path::new(env!("CARGO_BIN_EXE_standin")).with_file_name("examples").join("token");
    assert_eq!(run(example.to_str().expect("a path"), &[]).trim(), bearer);
    assert!(page.contains("STANDIN_STATIC_TOKEN=my-first-token standin demo") && page.contains(bearer));
}
