//! The measurements.

use std::fs;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey};
use rustix::thread::{CpuSet, Pid, sched_setaffinity};

use crate::client::Client;

const PEM: &[u8] = include_bytes!("../../keys/rsa.pem");

pub(crate) fn all(long: bool) {
    let bare = Signatures::new();
    let signature = by_turns(20, || bare.key_parsed_for_each(75), || bare.key_parsed_once(75));
    println!("RS256 signature, key parsed once            {:>9.1} µs", signature.other);
    println!("RS256 signature, key parsed for each        {:>9.1} µs   ({:.2} ×)", signature.one, signature.ratio);
    start_up();

    let server = Server::start();
    if pin(std::process::id(), CLIENT).is_none() {
        println!("(there is one processor for client and server, so what follows is less sure)");
    }
    println!("resident memory, idle                       {:>9.1} MiB", server.resident());
    let mut client = server.client();
    warm_up(&mut client);
    let mut get_token = || assert_eq!(client.post("/token", BASIC, "grant_type=client_credentials").status, 200);
    let token = by_turns(30, || server.cpu(100, &mut get_token), || bare.key_parsed_once(100));
    println!(
        "client-credentials token                    {:>9.1} µs   ({:.2} × one signature)",
        token.one, token.ratio
    );
    let first = sign_ins(&server, &mut client, &bare);
    println!(
        "sign-in: authorize, form, redeem            {:>9.1} µs   ({:.2} × its two signatures)",
        first.one,
        first.ratio / 2.0
    );
    documents(&server, &mut client);
    crate::secure::handshakes();
    crate::secure::encrypted_tokens();

    let mut count = 1_000;
    for (nth, name) in [(10_000, "the 10,000th sign-in "), (100_000, "the 100,000th sign-in")] {
        if nth > 10_000 && !long {
            break;
        }
        (count..nth - 1_000).for_each(|_| drop(sign_in(&mut client)));
        count = nth;
        let then = sign_ins(&server, &mut client, &bare);
        println!("{name:<43} {:>9.1} µs   ({:.2} × the first)", then.one, then.ratio / first.ratio);
        println!("resident memory then                        {:>9.1} MiB", server.resident());
        console(&server, &mut client);
    }
}

/// The console's list of flows and one flow, with all that the journal keeps by its defaults.
fn console(server: &Server, client: &mut Client) {
    let list = "/_console/flows";
    let page = String::from_utf8(client.get(list, "").body).expect("text");
    let flow = format!("{list}/{}", between(&page, "/_console/flows/", "\""));
    for (name, path) in
        [("the console's list of flows then", list), ("the console's view of a flow then", flow.as_str())]
    {
        let cost = median((0..5).map(|_| us(server.cpu(5, || assert_eq!(client.get(path, "").status, 200)))));
        println!("{name:<43} {:>9.1} ms", cost / 1000.0);
    }
}

/// A thousand sign-ins beside as many signatures.
fn sign_ins(server: &Server, client: &mut Client, bare: &Signatures) -> Turns {
    by_turns(20, || server.cpu(50, || drop(sign_in(client))), || bare.key_parsed_once(50))
}

const BASIC: &str = "authorization: Basic YXBwOnNlY3JldA==\r\n";
const CALLBACK: &str = "http%3A%2F%2Flocalhost%3A3000%2Fcallback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// What two costs are, in µs, and how they compare.
pub(crate) struct Turns {
    pub(crate) one: f64,
    pub(crate) other: f64,
    pub(crate) ratio: f64,
}

/// A machine that others use as well is slow now and then, by a factor of two. So two costs are measured by short turns, and a ratio is
/// that of two turns right after one another. Each figure is the median of all turns.
pub(crate) fn by_turns(turns: u32, mut one: impl FnMut() -> Duration, mut other: impl FnMut() -> Duration) -> Turns {
    let pairs: Vec<(f64, f64)> = (0..turns).map(|_| (us(one()), us(other()))).collect();
    Turns {
        one: median(pairs.iter().map(|pair| pair.0)),
        other: median(pairs.iter().map(|pair| pair.1)),
        ratio: median(pairs.iter().map(|pair| pair.0 / pair.1)),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn warm_up(client: &mut Client) {
    for _ in 0..50 {
        drop(sign_in(client));
        client.get("/jwks", "");
    }
}

/// A whole sign-in by a browser that was never seen, with PKCE. Gives the access token.
fn sign_in(client: &mut Client) -> String {
    sign_in_as(client, "app")
}

/// The same at an app of this id, whose secret is `secret`.
pub(crate) fn sign_in_as(client: &mut Client, id: &str) -> String {
    let ask = format!(
        "/authorize?client_id={id}&response_type=code&redirect_uri={CALLBACK}&scope=openid%20profile%20email&state=s&nonce=n\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    let page = client.get(&ask, "");
    let cookie = page.header("set-cookie").expect("a cookie").split(';').next().expect("a pair").to_owned();
    let text = String::from_utf8(page.body).expect("text");
    let interaction = between(&text, "name=\"interaction\" value=\"", "\"");
    let back =
        client.post("/sign-in", &format!("cookie: {cookie}\r\n"), &format!("interaction={interaction}&sub=alice"));
    let code = between(back.header("location").expect("a way back"), "code=", "&");
    let form = format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}");
    let basic = STANDARD.encode(format!("{id}:secret"));
    let tokens = client.post("/token", &format!("authorization: Basic {basic}\r\n"), &form);
    assert_eq!(tokens.status, 200, "{}", String::from_utf8_lossy(&tokens.body));
    between(&String::from_utf8(tokens.body).expect("text"), "\"access_token\":\"", "\"").to_owned()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let start = text.find(before).unwrap_or_else(|| panic!("no {before} in {text}")) + before.len();
    &text[start..start + text[start..].find(after).expect("an end")]
}

/// Discovery, JWKS and UserInfo beside a handler that answers as many bytes.
fn documents(server: &Server, client: &mut Client) {
    let bearer = format!("authorization: Bearer {}\r\n", sign_in(client));
    let paths = [
        ("discovery", "/.well-known/openid-configuration", ""),
        ("JWKS", "/jwks", ""),
        ("UserInfo", "/userinfo", bearer.as_str()),
    ];
    let sizes: Vec<usize> = paths.iter().map(|(_, path, headers)| client.get(path, headers).body.len()).collect();
    let bare = Bare::start(&sizes);
    let mut bare_client = Client::connect(bare.port).expect("a connection");
    for (index, (name, path, headers)) in paths.into_iter().enumerate() {
        let bare_path = format!("/{index}");
        let measured = by_turns(
            100,
            || server.cpu(300, || assert_eq!(client.get(path, headers).status, 200)),
            || cpu_of(bare.child.id(), 300, || assert_eq!(bare_client.get(&bare_path, headers).status, 200)),
        );
        let Turns { one, other, ratio } = measured;
        println!("{name:<43} {one:>9.1} µs   ({ratio:.2} × a bare handler's {other:.1} µs)");
    }
}

/// The processors of the benchmark itself and of what it measures.
const CLIENT: usize = 0;
const SERVERS: usize = 1;

/// Keeps a process on one processor: where client and server are put by chance, each turn measures something else.
fn pin(process: u32, processor: usize) -> Option<()> {
    let mut only = CpuSet::new();
    only.set(processor);
    for thread in fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten() {
        let id = thread.file_name().to_str()?.parse().ok()?;
        sched_setaffinity(Pid::from_raw(id), &only).ok()?;
    }
    Some(())
}

/// The bare cost of one RS256 signature, in this process.
struct Signatures {
    key: EncodingKey,
    parsed: RsaKeyPair,
}

impl Signatures {
    const MESSAGE: [u8; 700] = [b'x'; 700];

    fn new() -> Self {
        let key = EncodingKey::from_rsa_pem(PEM).expect("a key");
        let parsed = RsaKeyPair::from_der(key.as_bytes()).expect("a key");
        Self { key, parsed }
    }

    fn key_parsed_once(&self, rounds: u32) -> Duration {
        cpu_of(std::process::id(), rounds, || {
            let mut signature = vec![0; self.parsed.public_modulus_len()];
            let signed = self.parsed.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &Self::MESSAGE, &mut signature);
            signed.expect("a signature");
            black_box(signature);
        })
    }

    fn key_parsed_for_each(&self, rounds: u32) -> Duration {
        cpu_of(std::process::id(), rounds, || {
            black_box(jsonwebtoken::crypto::sign(&Self::MESSAGE, &self.key, Algorithm::RS256).expect("a signature"));
        })
    }
}

/// From the start of the process to the first answer of discovery, in wall time.
#[expect(clippy::disallowed_methods, reason = "wall time is what is measured here")]
fn start_up() {
    let mut times: Vec<Duration> = (0..21)
        .map(|round| {
            let port = 27_760 + round;
            let began = Instant::now();
            let mut child = spawn(&["--port", &port.to_string()]);
            let mut client = loop {
                match Client::connect(port) {
                    Ok(client) => break client,
                    Err(_) => std::thread::sleep(Duration::from_micros(100)),
                }
            };
            assert_eq!(client.get("/.well-known/openid-configuration", "").status, 200);
            let time = began.elapsed();
            let _ = child.kill();
            let _ = child.wait();
            time
        })
        .collect();
    times.sort_unstable();
    println!(
        "exec to first answered discovery (wall)     {:>9.1} ms   (median of 21; {:.1} to {:.1})",
        ms(times[10]),
        ms(times[0]),
        ms(times[20])
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn spawn(args: &[&str]) -> Child {
    spawn_with(args, "{}")
}

fn spawn_with(args: &[&str], config: &str) -> Child {
    let folder = std::env::temp_dir();
    let mut command = Command::new(env!("CARGO_BIN_EXE_standin"));
    command.env("STANDIN_CONFIG", config).env("STANDIN_CA_FOLDER", crate::secure::ca_folder());
    command.args(args).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("standin starts")
}

/// The CPU time that a process spends on one of so many calls.
fn cpu_of(process: u32, rounds: u32, mut call: impl FnMut()) -> Duration {
    let before = cpu(process);
    (0..rounds).for_each(|_| call());
    cpu(process).saturating_sub(before) / rounds
}

/// What all threads of a process have spent on a CPU, in nanoseconds by the kernel's scheduler.
fn cpu(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("threads").flatten();
    let spent = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}

pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    fn start() -> Self {
        Self::at(27_759, &[], "{}")
    }

    /// One more, with these arguments and this configuration.
    pub(crate) fn with(args: &[&str], config: &str) -> Self {
        Self::at(27_757, args, config)
    }

    fn at(port: u16, args: &[&str], config: &str) -> Self {
        let text = port.to_string();
        let child = spawn_with(&[&["--port", &text], args].concat(), config);
        while Client::connect(port).is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
        pin(child.id(), SERVERS);
        Self { child, port }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.port).expect("a connection")
    }

    pub(crate) fn cpu(&self, rounds: u32, call: impl FnMut()) -> Duration {
        cpu_of(self.child.id(), rounds, call)
    }

    /// In MiB.
    fn resident(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Bare {
    child: Child,
    port: u16,
}

impl Bare {
    fn start(sizes: &[usize]) -> Self {
        let sizes = sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        let mut child = command.env("STANDIN_BENCH_BARE", sizes).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a port");
        pin(child.id(), SERVERS);
        Self { child, port: line.trim().parse().expect("a port") }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
