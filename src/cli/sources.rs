//! Where the configuration comes from: a file, the environment, the arguments; the later win.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::config::{Config, Format, Mistake, overlay, parse};
use crate::profile::Profile;
use crate::world::Client;

use super::start_args::StartArgs;

/// Names that are looked for in the working directory.
const NAMES: [&str; 4] = ["standin.toml", "standin.yaml", "standin.yml", "standin.json"];

/// Where the text of a configuration is.
#[derive(Clone, Debug)]
pub(super) enum Text {
    File(PathBuf),
    /// In `STANDIN_CONFIG`.
    Inline(String),
    Nowhere,
}

impl Text {
    /// The file named by an argument, or by the environment, or found here.
    pub(super) fn find(named: Option<PathBuf>) -> Result<Self, Box<Mistake>> {
        if let Some(file) = named {
            return Ok(Self::File(file));
        }
        if let Some(text) = variable("STANDIN_CONFIG")? {
            return Ok(Self::Inline(text));
        }
        if let Some(file) = variable("STANDIN_CONFIG_FILE")? {
            return Ok(Self::File(file.into()));
        }
        let here: Vec<&str> = NAMES.into_iter().filter(|name| PathBuf::from(name).symlink_metadata().is_ok()).collect();
        match here[..] {
            [] => Ok(Self::Nowhere),
            [only] => Ok(Self::File(only.into())),
            _ => {
                let what = format!("there are several configurations here: {}", here.join(", "));
                Err(Box::new(Mistake::new("the working directory", what).help("keep one, or name one with --config")))
            }
        }
    }

    /// What mistakes call it.
    pub(super) fn source(&self) -> String {
        match self {
            Self::File(file) => file.display().to_string(),
            Self::Inline(_) => "STANDIN_CONFIG".into(),
            Self::Nowhere => "the defaults".into(),
        }
    }

    /// The file, as people are told of it.
    pub(super) fn file(&self) -> Option<String> {
        match self {
            Self::File(file) => Some(file.display().to_string()),
            Self::Inline(_) => Some("the text in STANDIN_CONFIG".into()),
            Self::Nowhere => None,
        }
    }

    /// Reads the configuration and lays the environment over it.
    pub(super) fn read(&self) -> Result<Config, Box<Mistake>> {
        let source = self.source();
        let config = match self {
            Self::Nowhere => Config::default(),
            Self::Inline(text) => {
                parse(&source, text, Format::of_text(text)).map_err(|mistake| instead_of_a_file(text, mistake))?
            }
            Self::File(file) => {
                let text = fs::read_to_string(file).map_err(|e| Box::new(unreadable(&source, &e)))?;
                let format = Format::of_name(&source).unwrap_or_else(|| guessed(&source, &text));
                let config = parse(&source, &text, format)?;
                whole(&config, &source).map_err(|mistake| Box::new(mistake.found_in(&text)))?;
                config
            }
        };
        let variables =
            env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let config = overlay(config, variables)?;
        whole(&config, &source)?;
        Ok(config)
    }
}

/// The mistakes that only the whole shows, and profiles that are not there.
fn whole(config: &Config, source: &str) -> Result<(), Box<Mistake>> {
    config.check(source)?;
    for name in std::iter::once(config).chain(&config.realm).filter_map(|config| config.profile.as_deref()) {
        Profile::named(Some(name)).map_err(|why| Box::new(Mistake::new(source, why).word(name)))?;
    }
    Ok(())
}

/// The format of a file whose name says none: what was guessed is said.
fn guessed(source: &str, text: &str) -> Format {
    let format = Format::of_text(text);
    tracing::info!("{source} is read as {}: its name does not end in .toml, .yaml or .json", format.name());
    format
}

/// The name of a file where its text belongs.
fn instead_of_a_file(text: &str, mistake: Box<Mistake>) -> Box<Mistake> {
    let named = !text.contains('\n') && Format::of_name(text.trim()).is_some();
    if named {
        Box::new(mistake.help("STANDIN_CONFIG is the text itself; did you mean STANDIN_CONFIG_FILE?"))
    } else {
        mistake
    }
}

fn unreadable(source: &str, e: &std::io::Error) -> Mistake {
    let mistake = Mistake::new(source, format!("the configuration cannot be read: {e}"));
    match e.kind() {
        ErrorKind::NotFound => mistake.help("check the path, or leave it out to start without one"),
        ErrorKind::InvalidData => mistake.help("the file must be UTF-8 text"),
        _ => mistake,
    }
}

/// A variable of the environment. One that is set but no text is a mistake, not nothing.
#[expect(clippy::disallowed_methods, reason = "this is where the command line reads the environment")]
pub(super) fn variable(name: &str) -> Result<Option<String>, Box<Mistake>> {
    match env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Box::new(Mistake::new("the environment", format!("{name} is no UTF-8 text"))))
        }
    }
}

/// Where the local authority is kept: where the configuration says, beside keys of one's own, or where programs keep what is theirs.
pub(super) fn ca_folder(config: &Config) -> Result<PathBuf, Box<Mistake>> {
    if let Some(folder) = config.ca_folder.as_ref().or(config.keys.as_ref()) {
        return Ok(folder.into());
    }
    if let Some(data) = variable("XDG_DATA_HOME")? {
        return Ok(PathBuf::from(data).join("standin"));
    }
    let below = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
    if let Some(home) = variable("HOME")? {
        return Ok(PathBuf::from(home).join(below).join("standin"));
    }
    let what = "there is no HOME, so nowhere to keep the local certificate authority";
    Err(Box::new(
        Mistake::new("the environment", what).help("name a folder: STANDIN_CA_FOLDER, or ca_folder in the file"),
    ))
}

/// Everything together: the configuration that a start with these arguments uses.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    pub(super) text: Text,
    args: StartArgs,
    samples: Vec<Client>,
}

impl Sources {
    pub(super) fn find(args: &StartArgs) -> Result<Self, Box<Mistake>> {
        Ok(Self { text: Text::find(args.config.clone())?, args: args.clone(), samples: Vec::new() })
    }

    /// Says on stderr where the configuration comes from, and what is odd about it.
    pub(super) fn tell(&self) {
        if let Some(file) = self.text.file() {
            tracing::info!("configured by {file}");
        }
    }

    /// The same with sample apps, which are registered like the others.
    pub(super) fn with_samples(mut self, apps: Vec<Client>) -> Self {
        self.samples = apps;
        self
    }

    /// The port that the provider will listen on.
    pub(super) fn port(&self) -> Result<u16, Box<Mistake>> {
        Ok(self.args.port.unwrap_or(self.text.read()?.port))
    }

    pub(super) fn read(&self) -> Result<Config, Box<Mistake>> {
        let mut config = self.text.read()?;
        let args = &self.args;
        config.host = args.host.clone().unwrap_or(config.host);
        config.port = args.port.unwrap_or(config.port);
        config.public_url = args.public_url.clone().or(config.public_url);
        config.tls |= args.tls;
        let file = |path: &PathBuf| path.display().to_string();
        config.tls_cert = args.tls_cert.as_ref().map(file).or(config.tls_cert);
        config.tls_key = args.tls_key.as_ref().map(file).or(config.tls_key);
        config.http_port = args.http_port.or(config.http_port);
        config.outgoing_ca.extend(args.outgoing_ca.iter().map(file));
        config.keys = args.keys.as_ref().map(|folder| folder.display().to_string()).or(config.keys);
        config.strict |= args.strict;
        config.seed = args.seed.or(config.seed);
        for app in &self.samples {
            if config.client.iter().all(|client| client.id != app.id) {
                config.client.push(app.clone());
            }
        }
        if config.tls && config.tls_cert.is_none() {
            config.ca_folder = Some(ca_folder(&config)?.display().to_string());
        }
        config.check("the arguments")?;
        Ok(config)
    }
}
