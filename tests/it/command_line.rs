//! The binary, as a shell sees it: what it prints, where, and with which exit code it ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::harness::{claims, get};

pub(crate) fn standin(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.current_dir(folder).args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STANDIN_")) {
        command.env_remove(name);
    }
    command
}

pub(crate) fn run(folder: &Path, args: &[&str]) -> (i32, String, String) {
    ended(standin(folder, args).output().expect("it runs"))
}

fn ended(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A server that runs, and what it said when it was ready.
struct Running {
    child: Child,
    ready: Value,
    rest: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        command.args(["--port", "0", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut rest = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        rest.read_line(&mut line).expect("a line");
        let ready = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        Self { child, ready, rest }
    }

    fn issuer(&self) -> String {
        self.ready["issuer"].as_str().expect("an issuer").to_owned()
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(done.expect("kill runs").success());
    }

    fn end(mut self) -> (i32, String) {
        let code = self.child.wait().expect("it ends").code().unwrap_or(-1);
        let mut errors = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("text");
        (code, errors)
    }
}

#[tokio::test]
async fn the_first_start_says_what_there_is_and_ctrl_c_ends_it() {
    let folder = folder();
    let mut command = standin(folder.path(), &["--port", "0"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut said = String::new();
    while !said.contains("Ctrl-C") {
        assert_ne!(out.read_line(&mut said).expect("a line"), 0, "{said}");
    }
    for line in [
        "pretend identity provider · ready in ",
        "  issuer    http://localhost:",
        "  console   http://",
        "  users     alice  bob  cagla  locked  +new   (any password)",
        "  clients   any id and secret, loopback redirects only",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
    let issuer = said.lines().find_map(|line| line.trim().strip_prefix("issuer")).expect("an issuer").trim().to_owned();
    assert_eq!(get(&format!("{issuer}/.well-known/openid-configuration")).await.member("issuer"), issuer);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[tokio::test]
async fn sigterm_lets_open_requests_finish() {
    let folder = folder();
    let server = Running::start(standin(folder.path(), &["start"]));
    let address = server.issuer().replace("http://", "");
    let mut socket = TcpStream::connect(address.replace("localhost", "127.0.0.1")).expect("a connection");
    let body = "grant_type=client_credentials&client_id=a&client_secret=b";
    let head = format!(
        "POST /token HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).expect("written");
    socket.write_all(&body.as_bytes()[..10]).expect("written");
    // Another answer proves that the server has read what was written before.
    get(&format!("{}/jwks", server.issuer())).await;
    server.signal("TERM");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a limit");
    socket.write_all(&body.as_bytes()[10..]).expect("written");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(server.end().0, 0);
}

#[test]
fn a_port_that_is_taken_is_exit_code_5_and_says_by_whom() {
    let folder = folder();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let (code, out, errors) = run(folder.path(), &["--port", &port]);
    assert_eq!((code, out.as_str()), (5, ""));
    assert!(errors.contains(&format!("port {port} is taken")) && errors.contains("--port 0"), "{errors}");
    if cfg!(target_os = "linux") {
        assert!(errors.contains(&std::process::id().to_string()), "the process that holds it: {errors}");
    }
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = folder();
    for args in
        [&["--prot", "1"][..], &["--port", "many"], &["token"], &["decode", "nonsense"], &["--host", "no such host"]]
    {
        let (code, out, errors) = run(folder.path(), args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {errors}");
        assert!(errors.starts_with("error: "), "{errors}");
    }
}

#[test]
fn a_configuration_with_a_mistake_is_exit_code_3() {
    let folder = folder();
    let file = folder.path().join("standin.toml");
    std::fs::write(&file, "prot = 1\n").expect("written");
    for args in [&["check"][..], &["--port", "0"], &["token", "--client", "x"]] {
        let (code, out, errors) = run(folder.path(), args);
        assert_eq!((code, out.as_str()), (3, ""), "{args:?}");
        assert!(errors.contains("standin.toml:1:1  prot = 1") && errors.contains("did you mean `port`?"), "{errors}");
    }
    let (code, out, _) = run(folder.path(), &["check", "other.toml"]);
    assert_eq!((code, out.as_str()), (3, ""));
    std::fs::write(&file, b"\xff\xfe").expect("written");
    assert_eq!(run(folder.path(), &["check"]).0, 3);
    std::fs::remove_file(&file).expect("removed");
    std::fs::create_dir(&file).expect("made");
    assert_eq!(run(folder.path(), &["check"]).0, 3, "a folder is no configuration");
}

#[test]
fn the_configuration_is_found_by_argument_environment_or_name() {
    let folder = folder();
    let at = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    at("here.json", "{\"user\": [{\"sub\": \"a\"}]}");
    at("other.yaml", "user: [{sub: a}, {sub: b}]\n");
    let said = |mut command: Command| ended(command.output().expect("it runs")).1;
    assert!(said(standin(folder.path(), &["check"])).contains("4 users (the examples)"));
    assert!(said(standin(folder.path(), &["check", "here.json"])).contains("1 user"));
    let mut by_name = standin(folder.path(), &["check"]);
    by_name.env("STANDIN_CONFIG_FILE", "other.yaml");
    assert!(said(by_name).contains("2 users"));
    let mut inline = standin(folder.path(), &["check"]);
    inline
        .env("STANDIN_CONFIG", "[[user]]\nsub = \"a\"\n[[user]]\nsub = \"b\"\n[[user]]\nsub = \"c\"\n")
        .env("STANDIN_CONFIG_FILE", "other.yaml");
    assert!(said(inline).contains("3 users"));
    at("standin.toml", "[[user]]\nsub = \"a\"\n");
    assert!(said(standin(folder.path(), &["check"])).contains("standin.toml: no mistakes, 1 user"));
    at("standin.json", "{}");
    let (code, _, errors) = run(folder.path(), &["check"]);
    assert_eq!(code, 3);
    assert!(errors.contains("several configurations"), "{errors}");
    let mut misplaced = standin(folder.path(), &["check"]);
    misplaced.env("STANDIN_CONFIG", "standin.toml");
    assert!(ended(misplaced.output().expect("it runs")).2.contains("did you mean STANDIN_CONFIG_FILE?"));
}

#[tokio::test]
async fn a_token_is_printed_and_nothing_else_with_and_without_a_server() {
    let folder = folder();
    let (code, alone, errors) =
        run(folder.path(), &["token", "--as", "alice", "--client", "ci", "--set", "n=1", "--ttl", "5m"]);
    assert_eq!((code, errors.as_str(), alone.lines().count()), (0, "", 1));
    let alone = claims(alone.trim());
    assert_eq!((&alone["sub"], &alone["client_id"], &alone["n"]), (&"alice".into(), &"ci".into(), &1.into()));
    assert_eq!(alone["exp"].as_i64(), alone["iat"].as_i64().map(|iat| iat + 300));

    let server = Running::start(standin(folder.path(), &["start"]));
    let issuer = server.issuer();
    let args = ["token", "--as", "alice", "--client", "ci", "--scope", "openid email", "--url", &issuer];
    let (code, token, _) = run(folder.path(), &args);
    assert_eq!(code, 0);
    let info =
        crate::harness::send(crate::harness::http().get(format!("{issuer}/userinfo")).bearer_auth(token.trim())).await;
    assert_eq!(info.member("email"), "alice@example.com");
    let (_, whole, _) = run(folder.path(), &[&args[..], &["--json", "--id"]].concat());
    let whole: Value = serde_json::from_str(&whole).expect("JSON");
    assert_eq!((&whole["claims"]["aud"], &whole["claims"]["email"]), (&"ci".into(), &"alice@example.com".into()));
    let (code, _, notes) = run(folder.path(), &["token", "--as", "nobody", "--client", "ci"]);
    assert!(code == 0 && notes.contains("nobody here is called nobody"), "{notes}");
    server.signal("TERM");
    assert_eq!(server.end().0, 0);
}

#[test]
fn decode_explains_and_tells_a_good_signature_from_a_bad_one() {
    let folder = folder();
    let (_, token, _) = run(folder.path(), &["token", "--as", "alice", "--client", "ci"]);
    let (code, out, _) = run(folder.path(), &["decode", token.trim()]);
    assert_eq!(code, 0);
    assert!(out.contains("(whom it is about)") && out.contains("The signature holds."), "{out}");
    let (_, old, _) = run(folder.path(), &["token", "--client", "ci", "--set", "exp=1"]);
    assert!(run(folder.path(), &["decode", old.trim()]).1.contains("It expired "));
    let mut altered = token.trim().to_owned();
    let middle = altered.len() - 100;
    let other = if &altered[middle..=middle] == "A" { "B" } else { "A" };
    altered.replace_range(middle..=middle, other);
    let (code, _, errors) = run(folder.path(), &["decode", &altered]);
    assert!(code == 1 && errors.contains("does not hold"), "{errors}");
}

#[tokio::test]
async fn health_and_wait_tell_by_their_exit_code() {
    let folder = folder();
    let nobody = "http://127.0.0.1:9";
    let (code, _, errors) = run(folder.path(), &["health", "--url", nobody]);
    assert!(code == 4 && errors.contains("does not answer"), "{errors}");
    let (code, _, errors) = run(folder.path(), &["wait", "--timeout", "1s", "--url", nobody]);
    assert!(code == 4 && errors.contains("not ready within 1 s"), "{errors}");
    let server = Running::start(standin(folder.path(), &["start"]));
    assert_eq!(run(folder.path(), &["health", "--url", &server.issuer()]).0, 0);
    let mut by_variable = standin(folder.path(), &["wait"]);
    assert!(by_variable.env("STANDIN_URL", server.issuer()).status().expect("it runs").success());
    server.signal("INT");
    assert_eq!(server.end().0, 130);
}

#[test]
fn schema_and_completions_are_printed_whole_or_cut_quietly() {
    let folder = folder();
    let (code, schema, _) = run(folder.path(), &["schema"]);
    assert_eq!(code, 0);
    assert!(serde_json::from_str::<Value>(&schema).expect("JSON").get("properties").is_some());
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(folder.path(), &["completions", shell]).1.contains("standin"));
    }
    let mut piped = standin(folder.path(), &["completions", "bash"]);
    let mut child = piped.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let (_, _, errors) = ended(child.wait_with_output().expect("it ends"));
    assert_eq!(errors, "");
}

#[tokio::test]
async fn an_edit_of_the_file_is_taken_and_a_bad_one_is_not() {
    let folder = folder();
    let file = folder.path().join("standin.toml");
    std::fs::write(&file, "[[user]]\nsub = \"a\"\n").expect("written");
    let mut server = Running::start(standin(folder.path(), &["start"]));
    let mut log = BufReader::new(server.child.stderr.take().expect("a pipe"));
    let mut heard = |until: &str| {
        let mut said = String::new();
        while !said.contains(until) {
            assert_ne!(log.read_line(&mut said).expect("a line"), 0, "{said}");
        }
        said
    };
    let users = async |issuer: &str| get(&format!("{issuer}/_control/v1/info")).await.json()["users"].clone();
    // Editors write beside and rename over.
    let beside = folder.path().join("standin.toml~");
    std::fs::write(&beside, "[[user]]\nsub = \"b\"\n").expect("written");
    std::fs::rename(&beside, &file).expect("renamed");
    heard("was read again: 1 user");
    assert_eq!(users(&server.issuer()).await, serde_json::json!(["b"]));
    std::fs::write(&file, "[[user]]\nsub = \"c\"\nlocked = 1\n").expect("written");
    let said = heard("still running with the previous config");
    assert!(said.contains("standin.toml:3:10"), "{said}");
    assert_eq!(users(&server.issuer()).await, serde_json::json!(["b"]));
    std::fs::write(&file, "").expect("written");
    heard("the configuration is empty now");
    heard("still running");
    std::fs::write(&file, "seed = 1\n[[user]]\nsub = \"d\"\n").expect("written");
    heard("seed will count from the next start on");
    assert_eq!(users(&server.issuer()).await, serde_json::json!(["d"]));
    server.signal("TERM");
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
}

#[tokio::test]
async fn the_demo_starts_an_app_that_somebody_can_sign_in_with() {
    let folder = folder();
    let mut server = Running::start(standin(folder.path(), &["demo"]));
    let mut line = String::new();
    server.rest.read_line(&mut line).expect("a line");
    let app: Value = serde_json::from_str(&line).expect("JSON");
    let app = app["url"].as_str().expect("a URL").to_owned();
    let browser = crate::harness::Browser::new();
    let away = browser.post(&format!("{app}sign-in"), &[]).await;
    let page = browser.get(away.header("location")).await;
    let form = [("interaction", page.field("interaction")), ("sub", "cagla".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let back = browser.post(&format!("{}/sign-in", server.issuer()), &form).await;
    let home = browser.get(back.header("location")).await;
    assert_eq!(home.header("location"), "/", "{}", home.text);
    let home = browser.get(&app).await;
    assert!(home.words().contains("Hello, Çağla Özdemir-Nguyễn"), "{}", home.words());
    let out = browser.post(&format!("{app}sign-out-everywhere"), &[]).await;
    assert_eq!(browser.get(out.header("location")).await.header("location"), app);
    server.signal("TERM");
    assert_eq!(server.end().0, 0);
}

/// What nobody asked about is in the log as well: the app got a code, and went quiet.
#[tokio::test]
async fn a_sign_in_that_comes_to_nothing_is_told_in_the_log() {
    let folder = folder();
    let mut server = Running::start(standin(folder.path(), &["start"]));
    let issuer = server.issuer();
    let browser = crate::harness::Browser::new();
    let page = browser.get(&crate::harness::ask(&issuer, &[])).await;
    let form = [("interaction", page.field("interaction")), ("sub", "alice".into())];
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (*n, v.as_str())).collect();
    browser.post(&format!("{issuer}/sign-in"), &form).await;
    assert_eq!(run(folder.path(), &["time", "+11s", "--url", &issuer]).0, 0);
    let errors = BufReader::new(server.child.stderr.take().expect("a pipe"));
    let told = tokio::task::spawn_blocking(move || {
        errors.lines().map_while(Result::ok).find(|line| line.contains("never redeemed it"))
    });
    let told = tokio::time::timeout(Duration::from_mins(1), told).await;
    server.signal("TERM");
    server.child.wait().expect("it ends");
    let line = told.expect("within a minute").expect("a line").expect("it is told");
    assert!(line.contains("flow #1 of web"), "{line}");
}

#[test]
fn check_takes_the_file_that_is_meant() {
    let folder = folder();
    std::fs::write(folder.path().join("other.toml"), "prot = 1\n").expect("a file");
    let (code, _, errors) = run(folder.path(), &["check", "--config", "other.toml"]);
    assert!(code == 3 && errors.contains("other.toml:1:1"), "{errors}");
    assert_eq!(run(folder.path(), &["check"]).0, 0);
}

#[test]
fn what_run_exports_is_no_mistake_for_what_it_runs() {
    let folder = folder();
    let binary = env!("CARGO_BIN_EXE_standin");
    let (code, _, errors) = run(folder.path(), &["run", "--", binary, "check"]);
    assert_eq!(code, 0, "{errors}");
    for more in [&["--public-url", "http://idp.localhost:9"][..], &["--host", "0.0.0.0"]] {
        let args = [&["run"][..], more, &["--", binary, "next", "--as", "bob"]].concat();
        let (code, _, errors) = run(folder.path(), &args);
        assert_eq!(code, 0, "{more:?}: {errors}");
    }
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let folder = folder();
    let (code, out, errors) = run(folder.path(), &["users", "list", "--json", "--url", "http://127.0.0.1:9"]);
    let told: Value = serde_json::from_str(&errors).unwrap_or_else(|e| panic!("{e}: {errors}"));
    assert_eq!((code, out.as_str(), &told["exit_code"]), (4, "", &4.into()));
    assert!(told["error"].as_str().is_some_and(|said| said.contains("start one with `standin`")), "{told}");
}

#[test]
fn a_negative_lifetime_makes_an_expired_token() {
    let folder = folder();
    let (code, token, errors) = run(folder.path(), &["token", "--as", "alice", "--client", "ci", "--ttl", "-5m"]);
    assert_eq!(code, 0, "{errors}");
    let claims = claims(token.trim());
    let (_, fresh, _) = run(folder.path(), &["token", "--as", "alice", "--client", "ci"]);
    let now = crate::harness::claims(fresh.trim())["iat"].as_u64().expect("an iat");
    let ago = claims["exp"].as_u64().map(|exp| now.abs_diff(exp)).expect("an exp");
    assert!((295..=330).contains(&ago) && claims["iat"].as_i64() < claims["exp"].as_i64(), "{claims}");
}

#[test]
fn decode_takes_a_token_as_people_copy_it() {
    let folder = folder();
    let (_, token, _) = run(folder.path(), &["token", "--as", "alice", "--client", "ci"]);
    let token = token.trim();
    let wrapped = format!("{}\n  {}", &token[..60], &token[60..]);
    for text in [
        format!("\"{token}\""),
        format!("Bearer {token}"),
        format!("authorization: Bearer {token}"),
        wrapped,
        format!("{{\"access_token\": \"{token}\", \"token_type\": \"Bearer\"}}"),
    ] {
        let (code, out, errors) = run(folder.path(), &["decode", &text]);
        assert!(code == 0 && out.contains("The signature holds."), "{text}\n{out}{errors}");
    }
    let (code, _, errors) = run(folder.path(), &["decode", "a.b.c.d.e"]);
    assert!(code != 0 && errors.contains("JWE"), "{errors}");
}

#[test]
fn the_issuer_of_an_address_of_version_six_can_be_reached() {
    let server = Running::start(standin(folder().path(), &["start", "--host", "::1"]));
    assert!(server.issuer().starts_with("http://[::1]:"), "{}", server.issuer());
    server.signal("TERM");
    server.end();
}

#[test]
fn claims_that_no_app_will_see_are_noted() {
    let folder = folder();
    let twice = "[[user]]\nsub = \"b\"\nusername = \"a\"\n";
    let text = "[[user]]\nsub = \"a\"\ndepartment = \"Sales\"\nroles = [\"x\"]\nemail_verified = \"yes\"\n";
    std::fs::write(folder.path().join("standin.toml"), format!("{text}{twice}")).expect("a file");
    let (code, out, _) = run(folder.path(), &["check"]);
    assert!(out.contains("both answer to `a`"), "{out}");
    assert!(code == 0 && out.contains("claim department: no scope opens it"), "{out}");
    assert!(out.contains("email_verified is \"yes\", and apps expect true or false"), "{out}");
    assert!(!out.contains("claim roles") && !out.contains("claim email_verified"), "{out}");
}

#[test]
fn a_token_for_a_slip_of_the_keys_is_none() {
    let folder = folder();
    let (code, out, errors) = run(folder.path(), &["token", "--as", "alcie", "--client", "ci"]);
    assert!(code == 2 && out.is_empty() && errors.contains("Did you mean `alice`?"), "{errors}");
    let server = Running::start(standin(folder.path(), &["start"]));
    let (code, _, errors) =
        run(folder.path(), &["token", "--as", "alcie", "--client", "ci", "--url", &server.issuer()]);
    assert!(code == 2 && errors.contains("Did you mean `alice`?"), "{errors}");
    assert_eq!(run(folder.path(), &["token", "--as", "alcie", "--client", "ci", "--set", "n=1"]).0, 0);
    server.signal("TERM");
    server.end();
}

#[test]
fn a_profile_that_nobody_has_is_shown_where_it_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("standin.toml");
    std::fs::write(&file, "strict = true\nprofile = \"generik\"\n").expect("a file");
    for args in [&["check"][..], &["start", "--port", "0"]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_standin")).args(args).current_dir(&folder).output();
        let output = output.expect("runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert!(told.contains("standin.toml:2:12") && told.contains("Did you mean `generic`?"), "{told}");
    }
}
