//! The recipes in `examples/` and the commands in `docs/testing.md` run as they stand, each against a provider of this build.
//!
//! On a machine without their tools they are left out, and say so; the gate installs them and leaves none out.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::browser::{chromium, left_out};
use crate::harness::{Browser, CALLBACK, ask, http, post};

const STANDIN: &str = env!("CARGO_BIN_EXE_standin");

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The Python that has the recipe's packages: the gate's own, or the machine's.
fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python");
    let has = |python: &PathBuf| {
        let imports = ["-c", "import authlib, flask, pytest, requests, xdist"];
        Command::new(python).args(imports).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    [own, "python3".into()].into_iter().find(has)
}

/// `standin run -- …`, in a folder below `examples/`.
fn under_standin(folder: &str, command: &[&str]) -> Command {
    let mut run = Command::new(STANDIN);
    run.current_dir(examples().join(folder)).arg("run").arg("--").args(command).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STANDIN_")) {
        run.env_remove(name);
    }
    run
}

fn passes(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{text}");
    text
}

#[test]
fn pytest_with_workers_on_realms_of_their_own() {
    let Some(python) = python() else { return left_out("Python has no authlib, flask, pytest and requests") };
    let python = python.display().to_string();
    let text = passes(under_standin("pytest", &[&python, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]));
    assert!(text.contains("13 passed"), "{text}");
}

#[test]
fn playwright_with_workers_on_realms_of_their_own() {
    let (Some(chromium), true) = (chromium(), examples().join("playwright/node_modules/@playwright").exists()) else {
        return left_out("there is no Chromium, or no npm install in examples/playwright");
    };
    let output = tempfile::tempdir().expect("a folder");
    let output = output.path().display().to_string();
    let mut run = under_standin("playwright", &["npx", "playwright", "test", "--output", &output]);
    run.env("CHROMIUM", chromium);
    let text = passes(run);
    assert!(text.contains("13 passed"), "{text}");
}

#[test]
fn a_shell_script_and_curl() {
    let Some(python) = python() else { return left_out("Python has no authlib and flask for the app") };
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    // The app of the pytest recipe, and the script beside it.
    let script = "ISSUER=$STANDIN_ISSUER PORT=$1 $2 ../pytest/app.py 2> /dev/null & app=$!; trap 'kill $app' EXIT; \
        until curl -s http://localhost:$1/ > /dev/null; do :; done; ./test.sh http://localhost:$1 diary";
    let (port, python) = (port.to_string(), python.display().to_string());
    let mut run = under_standin("shell", &["sh", "-c", script, "sh", &port, &python]);
    run.env("STANDIN", STANDIN);
    let text = passes(run);
    assert_eq!(text.matches("ok    ").count(), 9, "{text}");
}

#[test]
fn go_with_a_realm_for_each_test() {
    if !has("go", &["version"]) {
        return left_out("there is no Go");
    }
    let mut run = under_standin("go", &["go", "test", "-count=1", "./..."]);
    // What it needs was fetched by the gate; here there is no network.
    run.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off");
    let text = passes(run);
    assert!(text.contains("ok  ") || text.contains("ok\t"), "{text}");
}

#[test]
fn junit_with_spring_boot() {
    let repository = std::env::home_dir().unwrap_or_default().join(".m2/repository/org/springframework/boot");
    if !has("mvn", &["-v"]) || !repository.exists() {
        return left_out("there is no Maven, or it has fetched no Spring Boot yet");
    }
    let text = passes(under_standin("junit", &["mvn", "-o", "-B", "test"]));
    assert!(text.contains("Tests run: 17, Failures: 0, Errors: 0, Skipped: 0"), "{text}");
}

/// Whether this machine has a tool.
fn has(tool: &str, args: &[&str]) -> bool {
    let ran = Command::new(tool).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}

#[test]
fn the_path_of_the_document_ends_in_a_red_test() {
    let Some(python) = python() else { return left_out("Python has no authlib, flask, pytest and requests") };
    let document = include_str!("../../docs/testing.md");
    let commands: Vec<&str> = document.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    let [_, _, _, _, green, edit, red] = commands[..] else { panic!("seven lines: {commands:?}") };
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["app.py", "conftest.py", "test_login.py"] {
        std::fs::copy(examples().join("pytest").join(file), folder.path().join(file)).expect("a copy");
    }
    let run = |line: &str| {
        let line = line
            .replace("standin ", &format!("{STANDIN} "))
            .replace(".venv/bin/pytest", &format!("{} -m pytest -p no:cacheprovider", python.display()));
        let Output { status, stdout, .. } =
            Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().expect("a shell");
        (status.success(), String::from_utf8_lossy(&stdout).into_owned())
    };
    let (passed, text) = run(green);
    assert!(passed && text.contains("13 passed"), "{text}");
    assert!(run(edit).0);
    let (passed, text) = run(red);
    assert!(!passed && text.contains("ui.sub.differs was believed") && text.contains("1 failed, 13 passed"), "{text}");
}

/// Each line of the document's shell samples, in order, at one server.
#[tokio::test]
async fn the_commands_of_the_document_work() {
    let idp = standin::Emulator::start().await;
    let answer =
        Browser::new().get(&ask(&idp.issuer(), &[("client_id", "notes-web"), ("login_hint", "alice+mfa")])).await;
    let code = answer.returned("code").expect("a code");
    let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK)];
    post(http().post(format!("{}/token", idp.issuer())).basic_auth("notes-web", Some("x")), &form).await;

    let document = include_str!("../../docs/testing.md");
    let blocks = document.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let text = blocks.collect::<String>().replace("\\\n", " ");
    let others = ["standin run -- npm test", "standin watch", "http://localhost:3001/notes"];
    let lines: Vec<String> =
        text.lines().filter(|line| others.iter().all(|other| !line.contains(other))).map(str::to_owned).collect();
    assert!(lines.len() > 12, "{lines:?}");
    let (url, folder) = (idp.issuer(), tempfile::tempdir().expect("a folder"));
    let worked = tokio::task::spawn_blocking(move || {
        for line in lines {
            let line = line.replace("standin ", &format!("{STANDIN} "));
            let ran =
                Command::new("sh").args(["-c", &line]).current_dir(folder.path()).env("STANDIN_URL", &url).output();
            let Output { status, stdout, stderr } = ran.expect("a shell");
            let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
            assert!(status.success() && !said.contains("problem") && !said.contains("\"status\":4"), "{line}: {said}");
        }
    });
    worked.await.expect("they all work");
}
