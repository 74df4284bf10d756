//! `standin trust`: what makes browsers and programs believe `https://localhost`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::json;

use crate::http::{Authority, CERTIFICATE};

use super::exit::Exit;
use super::output::print;
use super::sources::{Text, ca_folder, variable};

/// The name under which the authority is kept where others keep theirs.
const NAME: &str = "Standin local authority";

/// What is done about it.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct TrustArgs {
    /// Have this machine's browsers and programs believe it, as far as this user may
    #[arg(long)]
    install: bool,
    /// Undo that
    #[arg(long, conflicts_with = "install")]
    remove: bool,
    /// Print the certificate and nothing else, in PEM
    #[arg(long, conflicts_with_all = ["install", "remove"])]
    print: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A place where authorities are kept that are believed.
struct Store {
    /// Who believes what is in it.
    whose: &'static str,
    /// The commands that put the authority there and take it out.
    install: Vec<String>,
    remove: Vec<String>,
    /// Whether this user may do so.
    may: bool,
}

/// Explains, prints, installs.
pub(super) fn trust(args: &TrustArgs) -> Result<(), Exit> {
    let config = Text::find(None)?.read()?;
    let folder = ca_folder(&config)?;
    let authority = Authority::in_folder(&folder).map_err(|e| Exit::failed(e.to_string()))?;
    if args.print {
        return print(authority.pem().trim_end());
    }
    let file = std::path::absolute(folder.join(CERTIFICATE)).map_err(|e| Exit::failed(e.to_string()))?;
    let stores = stores(&file)?;
    if args.install || args.remove {
        return carry_out(&stores, args);
    }
    if args.json {
        let all: Vec<_> = stores
            .iter()
            .map(|store| json!({ "for": store.whose, "install": as_typed(&store.install), "can_install": store.may }))
            .collect();
        return print(&json!({ "certificate": file, "stores": all }).to_string());
    }
    print(&explained(&file, &stores))
}

fn explained(file: &Path, stores: &[Store]) -> String {
    let path = file.display();
    let mut text = format!(
        "The local authority is in {path}\nIt can vouch for this machine alone: localhost, names under localhost, test, internal, local and home.arpa, \
         and loopback addresses.\n\nBrowsers, and whoever believes what the system believes:\n  standin trust --install      (--remove undoes it)\n"
    );
    for store in stores {
        let done = if store.may { "it does this" } else { "you do this: this user may not" };
        let _ = writeln!(text, "  · {}, {done}:\n      {}", store.whose, as_typed(&store.install));
    }
    let _ = writeln!(
        text,
        "\nPrograms that believe a list of their own:\n  Node       NODE_EXTRA_CA_CERTS={path}      (standin run sets it)\n  Python     \
         REQUESTS_CA_BUNDLE or SSL_CERT_FILE={path}\n  curl       --cacert {path}\n  Go         SSL_CERT_FILE={path}, on Linux\n  Java       keytool \
         -importcert -noprompt -cacerts -storepass changeit -alias standin -file {path}\n  Docker     mount it, and set the same variable in the container"
    );
    text
}

fn carry_out(stores: &[Store], args: &TrustArgs) -> Result<(), Exit> {
    let mut left = Vec::new();
    let mut told = Vec::new();
    for store in stores {
        let command = if args.install { &store.install } else { &store.remove };
        let done = store.may
            && Command::new(&command[0]).args(&command[1..]).output().is_ok_and(|output| output.status.success());
        if done {
            let what = if args.install { "believes it now" } else { "does not believe it any more" };
            told.push(format!("{}: {what}", store.whose));
        } else {
            left.push(format!("{}: not done; run\n  {}", store.whose, as_typed(command)));
        }
    }
    if args.json {
        print(&json!({ "done": told, "left": left }).to_string())?;
    } else {
        print(told.join("\n").trim_end())?;
    }
    if left.is_empty() { Ok(()) } else { Err(Exit::failed(left.join("\n"))) }
}

fn stores(file: &Path) -> Result<Vec<Store>, Exit> {
    let file = file.display().to_string();
    let words = |text: &[&str]| text.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let home = variable("HOME")?.unwrap_or_default();
    if cfg!(target_os = "macos") {
        let keychain = format!("{home}/Library/Keychains/login.keychain-db");
        return Ok(vec![Store {
            whose: "macOS and its browsers",
            install: words(&["security", "add-trusted-cert", "-r", "trustRoot", "-k", &keychain, &file]),
            remove: words(&["security", "remove-trusted-cert", &file]),
            may: is_there("security"),
        }]);
    }
    let folder = chromium_store(&home)?;
    let database = format!("sql:{}", folder.display());
    let system = PathBuf::from("/usr/local/share/ca-certificates");
    let there = system.join("standin.crt").display().to_string();
    let may = std::fs::metadata(&system).is_ok()
        && rustix::process::geteuid().is_root()
        && is_there("update-ca-certificates");
    let sudo = if may { "" } else { "sudo " };
    let shell = |script: String| if may { words(&["sh", "-c", &script]) } else { words(&[&script]) };
    Ok(vec![
        Store {
            whose: "Chromium and its kin",
            install: words(&["certutil", "-d", &database, "-A", "-t", "C,,", "-n", NAME, "-i", &file]),
            remove: words(&["certutil", "-d", &database, "-D", "-n", NAME]),
            may: is_there("certutil") && folder.exists(),
        },
        Store {
            whose: "the system",
            install: shell(format!("{sudo}cp '{file}' {there} && {sudo}update-ca-certificates")),
            remove: shell(format!("{sudo}rm -f {there} && {sudo}update-ca-certificates --fresh")),
            may,
        },
    ])
}

/// Where Chromium looks on Linux: in the old place where it is there already, else where XDG has data.
fn chromium_store(home: &str) -> Result<PathBuf, Exit> {
    let old = Path::new(home).join(".pki/nssdb");
    if old.exists() {
        return Ok(old);
    }
    let data = variable("XDG_DATA_HOME")?.filter(|folder| !folder.is_empty());
    Ok(data.map_or_else(|| Path::new(home).join(".local/share"), PathBuf::from).join("pki/nssdb"))
}

/// A command as one would type it.
fn as_typed(command: &[String]) -> String {
    let plain = |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&b));
    // A whole line for the shell is one word, and stands as it is.
    let typed = |word: &String| {
        if plain(word) || command.len() == 1 { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    command.iter().map(typed).collect::<Vec<_>>().join(" ")
}

/// Whether a program is on the path.
fn is_there(program: &str) -> bool {
    let path = variable("PATH").ok().flatten().unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
