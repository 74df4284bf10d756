//! The README and the documents tell the truth: their commands are run, their samples read.

use std::path::Path;
use std::process::{Command, Stdio};

use standin::config::{Format, parse};

use crate::harness::claims;

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

/// The blocks of a document that are fenced with this word.
fn blocks(text: &str, kind: &str) -> Vec<String> {
    let fence = format!("```{kind}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

fn commands() -> Vec<String> {
    let readme = text("README.md");
    let lines: Vec<String> = blocks(&readme, "console")
        .iter()
        .flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    lines.iter().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

/// Runs a line of the README in a shell, with this build in the place of `cargo run`.
fn shell(line: &str, port: u16) -> String {
    let binary = env!("CARGO_BIN_EXE_standin");
    let line =
        line.replace("cargo run -q -- ", &format!("{binary} ")).replace("localhost:7760", &format!("localhost:{port}"));
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new("sh")
        .args(["-c", &line])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_readme_has_these_commands_and_each_has_a_test() {
    let known = [
        "cargo run",         // command_line::the_first_start_…
        "cargo test",        // this
        "cargo run -- demo", // command_line::the_demo_…
        "curl -s -u app:secret -d grant_type=authorization_code -d code=invented http://localhost:7760/token", // below
        "cargo run -q -- trust", // below
        "cargo run -q -- next --as bob", // below
        "cargo run -q -- fault on idt.nonce.wrong --times 1", // below
        "cargo run -q -- fault list nonce", // below
        "cargo run -q -- token --as alice --client ci --scope \"openid email\" --ttl 5m", // below
        "cargo run -q -- token --as alice --client ci | cargo run -q -- decode", // below
    ];
    assert_eq!(commands(), known);
    assert!(text(".ci/run").contains("README.md"), "the gate takes its command from the README");
}

#[tokio::test]
async fn the_refusal_in_the_readme_is_the_one_that_comes() {
    let idp = standin::Emulator::start().await;
    let line = commands().into_iter().find(|line| line.starts_with("curl")).expect("a command");
    let answer = tokio::task::spawn_blocking({
        let port = idp.address().port();
        move || shell(&line, port)
    });
    let answer = answer.await.expect("it ends");
    assert!(text("README.md").contains(&answer), "{answer}");
}

#[test]
fn the_readme_says_who_has_to_believe_the_authority() {
    let line = commands().into_iter().find(|line| line.ends_with("trust")).expect("a command");
    let printed = shell(&format!("XDG_DATA_HOME=$PWD/data {line}"), 7760);
    assert!(printed.contains("standin trust --install") && printed.contains("data/standin/ca.pem"), "{printed}");
}

#[test]
fn the_token_commands_of_the_readme_work() {
    for line in commands().into_iter().filter(|line| line.contains("token --as")) {
        let printed = shell(&line, 7760);
        if line.contains("decode") {
            assert!(printed.contains("The signature holds."), "{printed}");
        } else {
            assert_eq!(claims(printed.trim())["scope"], "openid email");
        }
    }
}

#[tokio::test]
async fn the_commands_about_lies_work() {
    let idp = standin::Emulator::start().await;
    let port = idp.address().port();
    let about: Vec<String> =
        commands().into_iter().filter(|line| line.contains("nonce") || line.contains("--as bob")).collect();
    let said = about.into_iter().map(move |line| shell(&format!("STANDIN_URL=http://localhost:7760 {line}"), port));
    let said: Vec<String> = tokio::task::spawn_blocking(|| said.collect()).await.expect("they end");
    let [next, on, listed] = &said[..] else { panic!("three commands: {said:?}") };
    assert!(next.contains("bob"), "{next}");
    assert!(on.contains("idt.nonce.wrong"), "{on}");
    assert!(listed.contains("idt.nonce.wrong") && listed.contains("alice+bad-nonce@example.com"), "{listed}");
    let count = standin::faults::FAULTS.iter().count();
    assert!(text("README.md").contains("Over two hundred faults") && count > 200, "{count}");
}

#[test]
fn every_sample_of_a_configuration_is_one() {
    for document in ["README.md", "docs/configuration.md"] {
        for (index, block) in blocks(&text(document), "toml").iter().enumerate() {
            let config =
                parse(document, block, Format::Toml).unwrap_or_else(|e| panic!("{document}, block {index}: {e}"));
            config.check(document).unwrap_or_else(|e| panic!("{document}, block {index}: {e}"));
        }
    }
    let readme = text("README.md");
    let sample = &blocks(&readme, "toml")[0];
    let spoilt = sample.replace(
        "redirect_uris = [\"http://localhost:3000/callback\"]",
        "redirect_uri = \"http://localhost:3000/callback\"",
    );
    let spoilt = format!("{}{}", "\n".repeat(10 - spoilt.lines().count()), spoilt);
    let message = parse("standin.toml", &spoilt, Format::Toml).expect_err("a mistake").to_string();
    assert!(readme.contains(&message), "{message}");
}

#[test]
fn the_compose_file_holds_a_configuration() {
    let compose = text("examples/compose.yaml");
    let start = compose.find("STANDIN_CONFIG: |\n").expect("a configuration") + "STANDIN_CONFIG: |\n".len();
    let lines: Vec<&str> =
        compose[start..].lines().take_while(|line| line.starts_with("        ")).map(str::trim).collect();
    let config = lines.join(
        "
",
    );
    assert_eq!(parse("compose.yaml", &config, Format::Toml).expect("a configuration").client[0].id, "notes-web");
}

#[test]
fn every_key_of_the_configuration_is_documented() {
    let document = text("docs/configuration.md");
    let schema: serde_json::Value = serde_json::from_str(&standin::Config::json_schema()).expect("JSON");
    let keys = |schema: &serde_json::Value| {
        schema["properties"].as_object().expect("keys").keys().cloned().collect::<Vec<_>>()
    };
    for key in keys(&schema).iter().chain(&keys(&schema["$defs"]["Client"])).filter(|key| !key.starts_with('$')) {
        assert!(
            document.contains(&format!("`{key}`"))
                || document.contains(&format!("\n{key} ="))
                || document.contains(&format!("[client.{key}]")),
            "{key}"
        );
    }
}
