//! A [Playwright](https://playwright.dev) test that signs in the same way.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;

use crate::protocol::Params;
use crate::realm::Entry;
use crate::world::Endpoint;

/// The flow as a test: the app is opened, the same person is chosen, and the app's own page is to be there again.
pub fn playwright(entries: &[Arc<Entry>]) -> String {
    let request = entries.iter().find(|entry| entry.endpoint == Endpoint::Authorize);
    let Some(request) = request else {
        return "// No browser takes part in this flow: there is nothing for a page to do.\n".to_owned();
    };
    let params = params(request);
    let redirect = params.get("redirect_uri").unwrap_or("http://localhost:3000/callback");
    let origin =
        url::Url::parse(redirect).map_or_else(|_| redirect.to_owned(), |url| url.origin().ascii_serialization());
    let person = entries.iter().find_map(|entry| entry.user.as_ref()).map_or("alice", |user| user.as_str());
    let asked = entries.iter().any(|entry| entry.endpoint == Endpoint::SignIn);
    // As JSON, each is a string literal whatever is in it.
    let literal = |text: &str| json!(text).to_string();
    let mut text = String::from("import { test, expect } from '@playwright/test';\n\n");
    let _ = writeln!(text, "test({}, async ({{ page }}) => {{", literal(&format!("{person} signs in")));
    let _ = writeln!(text, "  await page.goto({});", literal(&origin));
    text.push_str(
        "  // However your app calls it.\n  await page.getByRole('button', { name: /sign in|log in/i }).click();\n",
    );
    if asked {
        let _ = writeln!(text, "  await page.getByTestId({}).click();", literal(&format!("person-{person}")));
    }
    if entries.iter().any(|entry| entry.endpoint == Endpoint::Consent) {
        text.push_str("  await page.getByTestId('allow').click();\n");
    }
    let _ = writeln!(text, "  await expect(page).toHaveURL((url) => url.origin === {});\n}});", literal(&origin));
    text
}

fn params(entry: &Entry) -> Params {
    let head = entry.wire.as_ref().map(|wire| wire.request.head_text().into_owned()).unwrap_or_default();
    let query = head.split(' ').nth(1).and_then(|target| target.split_once('?')).map_or("", |(_, query)| query);
    Params::parse(query.as_bytes())
}
