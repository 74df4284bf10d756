//! Somebody else's client: Apache with `mod_auth_openidc`, which hears of a logout by back channel.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use standin::{Client, Emulator, Event};

use crate::browser::left_out;
use crate::harness::{Answer, Browser};

/// Apache in the foreground; it ends with this, and its folder after it.
struct Apache {
    child: Child,
    log: Arc<Mutex<String>>,
    _folder: tempfile::TempDir,
}

impl Drop for Apache {
    fn drop(&mut self) {
        // Its own way to end, so that no worker stays behind.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

impl Apache {
    fn start(port: u16, issuer: &str) -> Option<Self> {
        let module = std::path::Path::new("/usr/lib/apache2/modules/mod_auth_openidc.so");
        if !module.exists() {
            left_out("there is no Apache with mod_auth_openidc (apt-get install libapache2-mod-auth-openidc)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().display().to_string();
        let text = include_str!("../clients/apache.conf")
            .replace("FOLDER", &path)
            .replace("PORT", &port.to_string())
            .replace("ISSUER", issuer);
        std::fs::create_dir(folder.path().join("www")).expect("a folder");
        std::fs::write(folder.path().join("www/index.html"), "for whoever signed in").expect("a file");
        // Its workers are somebody else, who must be able to read it.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("a mode");
        let conf = folder.path().join("apache.conf");
        std::fs::write(&conf, text).expect("a file");
        let mut command = Command::new("/usr/sbin/apache2");
        command.arg("-DFOREGROUND").arg("-f").arg(&conf).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("Apache");
        let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let log: Arc<Mutex<String>> = Arc::default();
        let note = |log: &Mutex<String>, line: &str| log.lock().expect("a lock").extend([line, "\n"]);
        // It says that it is ready, or what it cannot do (and may stay there, doing nothing).
        let end = |line: &String| line.contains("resuming normal operations") || line.contains(":alert]");
        let last = said.by_ref().inspect(|line| note(&log, line)).find(end);
        let ready = last.is_some_and(|line| line.contains("resuming"));
        if !ready {
            child.kill().expect("an end");
            panic!("Apache does not start: {}", log.lock().expect("a lock"));
        }
        let more = Arc::clone(&log);
        std::thread::spawn(move || said.for_each(|line| note(&more, &line)));
        Some(Self { child, log, _folder: folder })
    }

    fn log(&self) -> String {
        self.log.lock().expect("a lock").clone()
    }
}

/// Goes where it is sent, and signs in as alice where it is asked who it is.
async fn visit(browser: &Browser, url: &str, issuer: &str) -> Answer {
    let mut answer = browser.get(url).await;
    for _ in 0..10 {
        let location = answer.header("location").to_owned();
        if !location.is_empty() {
            answer = browser.get(&location).await;
        } else if answer.text.contains("name=\"interaction\"") {
            let interaction = answer.field("interaction");
            answer =
                browser.post(&format!("{issuer}/sign-in"), &[("interaction", &interaction), ("sub", "alice")]).await;
        } else {
            break;
        }
    }
    answer
}

#[tokio::test]
async fn mod_auth_openidc_signs_in_and_hears_of_a_logout_by_back_channel() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let site = format!("http://localhost:{port}");
    let app = Client {
        backchannel_logout_uri: format!("{site}/callback?logout=backchannel").parse().ok(),
        ..Client::confidential("apache", "apache-secret").redirects_to(&format!("{site}/callback"))
    };
    let idp = Emulator::builder().client(app).start().await;
    let Some(apache) = Apache::start(port, &idp.issuer()) else { return };
    let browser = Browser::new();
    let page = visit(&browser, &format!("{site}/"), &idp.issuer()).await;
    assert_eq!((page.status, page.text.as_str()), (200, "for whoever signed in"), "{}", apache.log());
    assert_eq!(page.header("x-person"), "alice@example.com");
    let again = browser.get(&format!("{site}/")).await;
    assert_eq!(again.status, 200, "it has a session of its own");

    idp.provider().sign_out("alice", None).await.expect("a logout");
    let told = idp.journal().into_iter().find(|entry| entry.events.contains(&Event::LogoutDelivered));
    assert!(told.is_some(), "Apache was told: {}", apache.log());
    let gone = browser.get(&format!("{site}/")).await;
    assert!(gone.header("location").starts_with(&idp.issuer()), "its session is over: {} {}", gone.status, gone.text);
}
