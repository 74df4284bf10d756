//! https on the command line: `--tls`, what it says, and `standin trust`.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::command_line::{folder, run, standin};

/// With a home of its own, where the local authority is kept, and no store that anybody else looks into.
fn at_home(home: &Path, args: &[&str]) -> Command {
    let mut command = standin(home, args);
    command.env("HOME", home).env("XDG_DATA_HOME", home.join("data")).env("PATH", "/nowhere");
    command
}

fn said(mut command: Command) -> (i32, String, String) {
    let output = command.output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

#[test]
fn trust_explains_prints_and_says_what_it_may_not_do() {
    let home = folder();
    let file = home.path().join("data/standin/ca.pem");
    let (code, told, _) = said(at_home(home.path(), &["trust"]));
    assert_eq!(code, 0);
    assert!(told.contains(&file.display().to_string()), "{told}");
    for word in [
        "localhost, test, internal, local and home.arpa",
        "certutil",
        "update-ca-certificates",
        "NODE_EXTRA_CA_CERTS",
        "keytool",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let (_, printed, _) = said(at_home(home.path(), &["trust", "--print"]));
    assert_eq!(printed.trim(), std::fs::read_to_string(&file).expect("a file").trim());
    let (_, json, _) = said(at_home(home.path(), &["trust", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["certificate"], file.display().to_string());
    let (code, _, left) = said(at_home(home.path(), &["trust", "--install"]));
    assert_eq!(code, 1, "nothing can be installed without the programs for it");
    assert!(left.contains("not done; run\n  certutil "), "{left}");
    let (code, ..) = said(at_home(home.path(), &["trust", "--install", "--remove"]));
    assert_eq!(code, 2);
}

#[test]
fn the_store_of_chromium_is_where_chromium_has_it() {
    let home = folder();
    let store = |place: &str| format!("certutil -d sql:{}", home.path().join(place).display());
    let (_, told, _) = said(at_home(home.path(), &["trust"]));
    assert!(told.contains(&store("data/pki/nssdb")), "where XDG has data: {told}");
    std::fs::create_dir_all(home.path().join(".pki/nssdb")).expect("a folder");
    let (_, told, _) = said(at_home(home.path(), &["trust"]));
    assert!(told.contains(&store(".pki/nssdb")), "the old place, where it is in use: {told}");
}

#[test]
fn run_gives_the_command_an_https_issuer_and_what_to_believe() {
    let home = folder();
    let me = env!("CARGO_BIN_EXE_standin");
    let script = format!(
        "echo $STANDIN_ISSUER; '{me}' health; echo $NODE_EXTRA_CA_CERTS; test \"$NODE_EXTRA_CA_CERTS\" = \"$STANDIN_CA_FILE\""
    );
    let mut command = standin(home.path(), &["run", "--tls", "--", "sh", "-c", &script]);
    command.env("XDG_DATA_HOME", home.path().join("data")).env_remove("NODE_EXTRA_CA_CERTS");
    let (code, told, why) = said(command);
    assert_eq!(code, 0, "{told}{why}");
    assert!(told.starts_with("https://localhost:") && told.contains("answers"), "{told}");
    assert!(told.contains("data/standin/ca.pem"), "{told}");
}

#[test]
fn a_server_that_is_not_believed_is_told_apart_from_one_that_does_not_answer() {
    let (home, stranger) = (folder(), folder());
    let me = env!("CARGO_BIN_EXE_standin");
    let script = format!("env -u STANDIN_CA_FILE XDG_DATA_HOME='{}' '{me}' health", stranger.path().display());
    let mut command = standin(home.path(), &["run", "--tls", "--", "sh", "-c", &script]);
    command.env("XDG_DATA_HOME", home.path().join("data")).stdin(Stdio::null());
    let (code, _, why) = said(command);
    assert_eq!(code, 4, "{why}");
    assert!(why.contains("is not believed") && why.contains("STANDIN_CA_FILE"), "{why}");
}

#[test]
fn what_cannot_be_is_said_with_the_exit_code_of_its_kind() {
    let home = folder();
    for (args, code, why) in [
        (vec!["--tls-cert", "cert.pem"], 2, "--tls-key"),
        (vec!["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--port", "0"], 3, "cert.pem"),
        (vec!["--http-port", "7761", "--port", "0"], 3, "there is none"),
        (vec!["--tls", "--public-url", "https://idp.example.com", "--port", "0"], 3, "cannot vouch for"),
        (vec!["--outgoing-ca", "/nowhere", "--port", "0"], 3, "/nowhere"),
    ] {
        let mut command = standin(home.path(), &args);
        command.env("XDG_DATA_HOME", home.path().join("data"));
        let (ended, _, told) = said(command);
        assert_eq!(ended, code, "{args:?}: {told}");
        assert!(told.contains(why), "{args:?}: {told}");
    }
    let (code, told, _) = run(home.path(), &["trust", "--help"]);
    assert!(code == 0 && told.contains("--install"), "{told}");
}
