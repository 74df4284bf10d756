//! The command line as a client of a running server: each command once, as a person would type it.

use serde_json::{Value, json};
use standin::Emulator;

use crate::command_line::{folder, run, standin};
use crate::harness::{Browser, Control, authorize_url, code, redeem, registered};

/// Types commands at a server.
struct Shell {
    folder: tempfile::TempDir,
    url: String,
}

impl Shell {
    fn at(idp: &Emulator) -> Self {
        Self { folder: folder(), url: idp.issuer() }
    }

    async fn types(&self, line: &str) -> (i32, String, String) {
        let mut args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        args.extend(["--url".to_owned(), self.url.clone()]);
        let folder = self.folder.path().to_owned();
        let ran = move || run(&folder, &args.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(ran).await.expect("it ran")
    }

    async fn says(&self, line: &str) -> String {
        let (code, out, err) = self.types(line).await;
        assert_eq!(code, 0, "{line}: {out}{err}");
        out.trim_end().to_owned()
    }

    async fn json(&self, line: &str) -> Value {
        let text = self.says(&format!("{line} --json")).await;
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{line}: {e}: {text}"))
    }
}

#[tokio::test]
async fn people_apps_and_next_sign_ins() {
    let idp = registered().start().await;
    let shell = Shell::at(&idp);
    shell.says("users add zoe --set name=Zoe --set roles=[\"admin\"]").await;
    assert!(shell.says("users list").await.contains("zoe"));
    assert_eq!(shell.json("users show zoe").await, json!({ "sub": "zoe", "name": "Zoe", "roles": ["admin"] }));
    shell.says("users set zoe email=z@example.com roles=null").await;
    shell.says("next --as zoe --for client=web --set nickname=Zee").await;
    assert!(shell.says("next --list").await.contains("next-login zoe for client=web: 1 left"));
    let answer = Browser::new().get(&authorize_url(&idp, &[])).await;
    assert!(answer.returned("code").is_some());
    shell.says("users rm zoe").await;
    let (code, _, err) = shell.types("users show zoe").await;
    assert!(code == 1 && err.contains("There is no user `zoe`"), "{err}");
    shell.says("clients add app --secret x --redirect-uri http://localhost:1/cb --set name=App").await;
    assert_eq!(shell.json("clients show app").await["name"], "App");
    shell.says("clients set app secret=y").await;
    shell.says("clients rm app").await;
    let (code, _, err) = shell.types("next").await;
    assert!(code == 2 && err.contains("--as USER"), "{err}");
    shell.says("next --fail server_error --times 2").await;
    shell.says("next --clear").await;
    assert_eq!(shell.says("next --list").await, "none");
}

#[tokio::test]
async fn faults_on_and_off() {
    let idp = registered().start().await;
    let shell = Shell::at(&idp);
    let line = "fault on idt.nonce.wrong --client web --user alice --endpoint token --grant-type authorization_code --times 2 --every 1 --ttl 1h";
    assert!(shell.says(line).await.contains("#1 idt.nonce.wrong"));
    let token = redeem(&idp, &code(&idp, &[], "alice").await, &[]).await.member("id_token");
    assert_eq!(crate::harness::claims(&token)["nonce"], "uhe-nonce");
    let on = shell.json("fault show").await;
    assert_eq!((&on[0]["spoke"], &on[0]["left"]), (&json!(1), &json!(1)));
    shell.says("fault off 1").await;
    shell.says("fault on net.latency --delay 1s --rate 0.1").await;
    shell.says("fault on time.skew --seconds -60").await;
    shell.says("fault off").await;
    assert_eq!(shell.says("fault show").await, "none");
    let (code, _, err) = shell.types("fault on idt.nonce.wron").await;
    assert!(code == 2 && err.contains("Did you mean `idt.nonce.wrong`"), "{err}");
    let (code, out, _) = run(shell.folder.path(), &["fault", "list", "nonce"]);
    assert!(code == 0 && out.contains("idt.nonce.wrong") && out.contains("alice+bad-nonce@example.com"), "{out}");
    let (_, out, _) = run(shell.folder.path(), &["fault", "list", "--json"]);
    let catalog: Value = serde_json::from_str(&out).expect("JSON");
    assert!(catalog["faults"].as_array().is_some_and(|faults| faults.len() > 150));
    assert_eq!(run(shell.folder.path(), &["fault", "list", "no-such-thing"]).0, 1);
}

#[test]
fn the_document_of_faults_is_what_the_binary_prints() {
    let (code, out, _) = run(folder().path(), &["fault", "list", "--markdown"]);
    let document = include_str!("../../docs/faults.md");
    assert!(code == 0 && out == document, "write it anew: cargo run -- fault list --markdown > docs/faults.md");
}

#[tokio::test]
async fn sessions_keys_and_time() {
    let idp = registered().with(|config| config.signing_alg = standin::tokens::Alg::ES256).start().await;
    let shell = Shell::at(&idp);
    code(&idp, &[], "alice").await;
    code(&idp, &[], "bob").await;
    let sessions = shell.json("sessions list").await;
    assert_eq!(sessions.as_array().expect("sessions").len(), 2);
    let of_alice =
        sessions.as_array().expect("sessions").iter().find(|session| session["user"] == "alice").expect("hers");
    shell.says(&format!("sessions end {}", of_alice["sid"].as_str().expect("a sid"))).await;
    assert_eq!(shell.says("logout --user bob").await, "1 sign-in of bob ended");
    assert_eq!(shell.says("sessions list").await, "none");
    let before = shell.says("keys list").await;
    let after = shell.says("keys rotate --grace 10m").await;
    assert!(after != before && after.contains("retired"), "{after}");
    shell.says("keys rotate --announce").await;
    let keys = shell.json("keys list").await;
    let announced = keys.as_array().expect("keys").iter().find(|key| key["state"] == "announced").expect("one");
    shell.says(&format!("keys revoke {}", announced["kid"].as_str().expect("a kid"))).await;

    shell.says("time freeze 1800000000").await;
    assert!(shell.says("time +55m").await.starts_with("2027-01-15 08:55:00 UTC (frozen"));
    code(&idp, &[], "alice").await;
    assert!(shell.says("time forecast").await.contains("code"));
    assert!(shell.says("time set 1700000000").await.contains("2023-11-14 22:13:20 UTC"));
    assert!(shell.says("time real").await.contains("(the machine's)"));
    assert!(shell.says("time").await.contains("the machine's"));
    for (line, said) in [("time tomorrow", "+55m"), ("time set", "needs a time"), ("time +soon", "no span of time")] {
        let (code, _, err) = shell.types(line).await;
        assert!(code == 2 && err.contains(said), "{line}: {err}");
    }
}

#[tokio::test]
async fn what_happened_and_what_should_have() {
    let idp = registered().start().await;
    let shell = Shell::at(&idp);
    redeem(&idp, &code(&idp, &[], "alice").await, &[]).await;
    assert!(shell.says("flows list").await.contains("sign_in_asked, signed_in, code_issued, code_redeemed"));
    assert!(shell.says("flows show 1").await.contains("✓ CodeUnused"));
    assert!(shell.says("flows export 1").await.starts_with("sequenceDiagram"));
    assert!(shell.says("flows export 1 --as curl").await.starts_with("#!/bin/sh"));
    assert_eq!(shell.json("flows export 1 --as har").await["log"]["version"], "1.2");
    assert!(shell.says("expect code_redeemed client=web --count 1 --within 5s").await.contains("came once #3"));
    let (code, _, err) = shell.types("expect code_redeemed client=spa").await;
    assert!(code == 1 && err.contains("client was web, not spa"), "{err}");
    let (code, _, err) = shell.types("expect code_redemed").await;
    assert!(code == 2 && err.contains("code_redeemed"), "{err}");
    let (code, _, err) = shell.types("expect code_redeemed client=spa --json").await;
    let told: Value = serde_json::from_str(&err).expect("JSON");
    let near = told["problem"]["near_misses"][0].as_str();
    assert!(code == 1 && told["exit_code"] == 1 && near.is_some_and(|miss| miss.contains("not spa")), "{err}");
    assert_eq!(shell.types("expect code_redeemed check=NoSuchCheck").await.0, 2);
    assert_eq!(shell.types("expect code_redeemed state=12345").await.0, 1, "a state may look like a number");
    let mut watching = standin(shell.folder.path(), &["watch", "--url", &shell.url])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(watching.stdout.take().expect("a pipe")));
    let first =
        tokio::task::spawn_blocking(move || lines.next().expect("a line").expect("text")).await.expect("a line");
    assert!(first.contains("GET /authorize by web") && first.contains("sign_in_asked"), "{first}");
    watching.kill().expect("it ends");
    watching.wait().expect("it ended");
}

#[tokio::test]
async fn realms_snapshots_and_a_reset() {
    let idp = registered().start().await;
    let shell = Shell::at(&idp);
    let issuer = shell.says("realm create worker-3 --ttl 1h --set signing_alg=ES256").await;
    assert_eq!(issuer, format!("{}/r/worker-3", idp.issuer()));
    assert!(shell.says("realm list").await.contains("worker-3"));
    assert!(shell.says("realm ticket worker-3").await.contains("/ticket/"));
    shell.says("users add zoe --realm worker-3").await;
    assert!(!shell.says("users list").await.contains("zoe"), "the first realm is another");
    assert!(shell.says("health --realm worker-3").await.contains("answers"));
    assert_eq!(shell.types("health --realm worker-4").await.0, 4);
    shell.says("snapshot save before --realm worker-3").await;
    assert!(shell.folder.path().join("before.snapshot.json").exists());
    shell.says("reset --realm worker-3").await;
    assert!(!shell.says("users list --realm worker-3").await.contains("zoe"));
    shell.says("snapshot load before --realm worker-3").await;
    assert!(shell.says("users list --realm worker-3").await.contains("zoe"));
    shell.says("reset --keep users,clients --realm worker-3").await;
    assert!(shell.says("users list --realm worker-3").await.contains("zoe"));
    let (code, _, err) = shell.types("snapshot load nothing").await;
    assert!(code == 1 && err.contains("cannot read nothing.snapshot.json"), "{err}");
    shell.says("realm rm worker-3").await;
    assert_eq!(Control::of(&idp).get("/realms").await.as_array().expect("realms").len(), 1);
    assert_eq!(shell.json("health").await["status"], "ok");
}

#[test]
fn run_gives_a_command_a_provider_and_passes_on_its_exit_code() {
    let folder = folder();
    let script = "test -n \"$STANDIN_ISSUER\" && \"$0\" users list --url \"$STANDIN_URL\" && exit 7";
    let (code, out, err) = run(folder.path(), &["run", "--", "sh", "-c", script, env!("CARGO_BIN_EXE_standin")]);
    assert!(code == 7 && out.starts_with("alice"), "{code} {out} {err}");
    let (code, out, _) = run(folder.path(), &["run", "--seed", "3", "--", "sh", "-c", "echo $STANDIN_DISCOVERY"]);
    assert!(code == 0 && out.ends_with("/.well-known/openid-configuration\n"), "{out}");
    assert_eq!(run(folder.path(), &["run", "--", "sh", "-c", "kill -9 $$"]).0, 137);
    let (code, _, err) = run(folder.path(), &["run", "--", "no-such-command"]);
    assert!(code == 127 && err.contains("no-such-command"), "{err}");
    assert_eq!(run(folder.path(), &["run"]).0, 2);
}

#[test]
fn a_check_can_be_read_by_machines() {
    let folder = folder();
    let (code, out, _) = run(folder.path(), &["check", "--json"]);
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert!(code == 0 && told["ok"] == true && told["users"] == 4, "{told}");
    std::fs::write(folder.path().join("standin.toml"), "\nprot = 1\n").expect("written");
    let (code, out, _) = run(folder.path(), &["check", "--json"]);
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert!(code == 3 && told["at"] == json!({ "line": 2, "column": 1 }), "{told}");
    assert!(told["help"].as_str().is_some_and(|help| help.contains("port")), "{told}");
}

#[test]
fn the_description_of_the_control_api_is_printed() {
    let (code, out, _) = run(folder().path(), &["openapi"]);
    let document: Value = serde_json::from_str(&out).expect("JSON");
    assert!(code == 0 && document["openapi"] == "3.1.0");
}
