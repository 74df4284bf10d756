//! A [Mermaid](https://mermaid.js.org/syntax/sequenceDiagram.html) sequence diagram, as READMEs and job summaries show it.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::realm::Entry;
use crate::world::Endpoint;

/// The exchanges as a diagram: browser, app and provider. What the provider did not see is not drawn.
pub fn mermaid(entries: &[Arc<Entry>]) -> String {
    let client = entries.iter().map(|entry| entry.client.as_str()).find(|client| !client.is_empty()).unwrap_or("app");
    let mut text = format!(
        "sequenceDiagram\n    participant B as Browser\n    participant A as {}\n    participant P as Standin\n",
        plain(client)
    );
    if entries.iter().any(|entry| entry.endpoint == Endpoint::ProtectedResource) {
        text.push_str("    participant R as API\n");
    }
    for entry in entries {
        let who = if by_browser(entry.endpoint) { 'B' } else { 'A' };
        let (from, to) = match entry.endpoint {
            Endpoint::BackChannelLogout => ('P', who),
            Endpoint::ProtectedResource => (who, 'R'),
            _ => (who, 'P'),
        };
        let _ = writeln!(text, "    {from}->>{to}: {} {}", entry.method.as_str(), entry.endpoint.key());
        if let Some(refused) = &entry.refused {
            let _ = writeln!(
                text,
                "    Note over P: {}",
                plain(&format!("{} fails: {}", refused.check.name(), refused.sentence()))
            );
        }
        for decided in &entry.applied {
            let _ = writeln!(text, "    Note over P: decided by {}", plain(&decided.by));
        }
        let arrow = if entry.status >= 400 || entry.status == 0 { "--x" } else { "-->>" };
        let events: Vec<&str> = entry.events.iter().map(|event| event.as_str()).collect();
        let events = if events.is_empty() { String::new() } else { format!(" {}", events.join(", ")) };
        let _ = writeln!(text, "    {to}{arrow}{from}: {}{events}", entry.status);
    }
    text
}

const fn by_browser(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent | Endpoint::EndSession | Endpoint::SignOut
    )
}

/// Text without the characters that mean something to Mermaid.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if matches!(c, ';' | '#' | '\n' | '\r' | '%' | '<' | '>') { ' ' } else { c })
        .take(160)
        .collect()
}
