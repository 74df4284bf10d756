//! Commands that talk to a running server.

use std::future::Future;
use std::time::Duration;

use clap::Args;
use reqwest::Client;

use crate::config::Config;
use crate::http::http_client;
use crate::protocol::Lifetime;

use super::sources::{Text, variable};
use super::{Exit, print};

/// Which server is meant.
#[derive(Clone, Debug, Args)]
pub(super) struct ServerArgs {
    /// The server's URL [default: `STANDIN_URL`, or this machine at the configured port]
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
}

impl ServerArgs {
    /// The URL that was named, if one was.
    pub(super) fn named(&self) -> Result<Option<String>, Exit> {
        let named = match &self.url {
            Some(url) => Some(url.clone()),
            None => variable("STANDIN_URL")?,
        };
        if let Some(url) = &named
            && url::Url::parse(url).is_err()
        {
            return Err(Exit::usage(format!("`{url}` is no URL: write it whole, such as http://localhost:7760")));
        }
        Ok(named.map(|url| url.trim_end_matches('/').to_owned()))
    }

    fn url(&self) -> Result<String, Exit> {
        if let Some(named) = self.named()? {
            return Ok(named);
        }
        // A server that runs on its last good configuration is not unhealthy because the file was spoilt since.
        let port = Text::find(None).and_then(|text| text.read()).map_or(Config::default().port, |config| config.port);
        Ok(format!("http://127.0.0.1:{port}"))
    }
}

/// Runs something that waits for the network.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Exit>>) -> Result<T, Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Exit::failed(e.to_string()))?.block_on(work)
}

/// A client for the server.
pub(super) fn client() -> Result<Client, Exit> {
    http_client().map_err(|e| Exit::failed(e.to_string()))
}

/// `standin health`
pub(super) fn health(server: &ServerArgs) -> Result<(), Exit> {
    let url = server.url()?;
    block_on(async {
        ready(&client()?, &url).await?;
        print(&format!("{url} answers"))
    })
}

/// `standin wait`
pub(super) fn wait(server: &ServerArgs, timeout: Lifetime) -> Result<(), Exit> {
    let url = server.url()?;
    let longest = Duration::from_secs(timeout.seconds().unsigned_abs());
    block_on(async {
        let client = client()?;
        let answered = async {
            while ready(&client, &url).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(longest, answered).await.is_err() {
            let why = ready(&client, &url).await.err();
            return why.map_or(Ok(()), |why| {
                Err(Exit::unreachable(format!("not ready within {timeout}: {}", why.message())))
            });
        }
        print(&format!("{url} answers"))
    })
}

async fn ready(client: &Client, url: &str) -> Result<(), Exit> {
    let answer = client.get(format!("{url}/_control/v1/ready")).timeout(Duration::from_secs(2)).send().await;
    match answer {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => {
            Err(Exit::unreachable(format!("{url} answers {}, so it is no Standin that is ready", answer.status())))
        }
        Err(e) => Err(Exit::unreachable(format!("{url} does not answer: {}", reason(&e)))),
    }
}

/// The innermost cause, which is the one that says something.
pub(super) fn reason(e: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = e;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
