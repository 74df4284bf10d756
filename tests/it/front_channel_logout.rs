//! Front-channel logout, PROTOCOL row R-LO-7: the browser that signs out opens a page of each app that took part.

use standin::{Client, Emulator, Fault};
use url::Url;

use crate::harness::{Answer, Browser, CALLBACK, authorize_url, redeem, sign_in};

const FRONT: &str = "http://localhost:3000/front?tenant=a";

async fn provider() -> Emulator {
    let front: Url = FRONT.parse().expect("a URL");
    let web = Client::confidential("web", "s3cret")
        .redirects_to(CALLBACK)
        .returns_after_logout_to("http://localhost:3000/bye");
    let other = Client::public("spa").redirects_to(CALLBACK);
    Emulator::builder()
        .client(Client { frontchannel_logout_uri: Some(front), name: Some("Acme Notes".into()), ..web })
        .client(other)
        .start()
        .await
}

async fn signed_in(idp: &Emulator) -> (Browser, String) {
    let browser = Browser::new();
    let code = sign_in(idp, &browser, &[], "alice").await.returned("code").expect("a code");
    (browser, redeem(idp, &code, &[]).await.member("id_token"))
}

/// The pages that are opened unseen.
fn frames(page: &Answer) -> Vec<Url> {
    let document = scraper::Html::parse_document(&page.text);
    let frames = scraper::Selector::parse("iframe").expect("a selector");
    document.select(&frames).map(|frame| frame.value().attr("src").expect("a page").parse().expect("a URL")).collect()
}

fn said(frame: &Url, name: &str) -> Option<String> {
    frame.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn the_browser_tells_each_app_that_took_part_and_then_goes_back() {
    let idp = provider().await;
    let (browser, hint) = signed_in(&idp).await;
    let url = format!(
        "{}/logout?id_token_hint={hint}&post_logout_redirect_uri=http://localhost:3000/bye&state=out",
        idp.issuer()
    );
    let page = browser.get(&url).await;
    assert_eq!(page.status, 200);
    let told = frames(&page);
    assert_eq!(told.len(), 1, "the app that did not take part is told nothing");
    let names: Vec<String> = told[0].query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["tenant", "iss", "sid"], "the registered query stays, and exactly iss and sid are added");
    assert_eq!(said(&told[0], "iss"), Some(idp.issuer()));
    let sid = standin::tokens::Opened::claimed_sid(&hint);
    assert_eq!(said(&told[0], "sid"), sid);
    assert!(
        page.header("content-security-policy").contains("frame-src http://localhost:3000"),
        "{}",
        page.header("content-security-policy")
    );
    assert!(
        page.text.contains("href=\"http://localhost:3000/bye?state=out\"") && page.text.contains("data-goes-on"),
        "{}",
        page.text
    );
    assert!(page.words().contains("This browser tells Acme Notes"), "{}", page.words());
    let console = crate::harness::get(&format!("{}/_console/sessions", idp.issuer())).await.words();
    assert!(console.contains("Its page /front was opened, unseen"), "{console}");
    let drawn = crate::harness::Control::of(&idp).get("/flows/1/diagram").await.to_string();
    assert!(drawn.contains("GET /front") && drawn.contains("The browser tells an app"), "{drawn}");
    let again = browser.get(&url).await;
    assert!(frames(&again).is_empty(), "nobody is told twice");
    assert_eq!(
        browser.get(&authorize_url(&idp, &[("prompt", "none")])).await.returned("error").as_deref(),
        Some("login_required")
    );
}

#[tokio::test]
async fn discovery_says_so_and_what_cannot_be_opened_is_not_registered() {
    let idp = provider().await;
    let discovery = Browser::new().get(&format!("{}/.well-known/openid-configuration", idp.issuer())).await.json();
    assert_eq!(
        (&discovery["frontchannel_logout_supported"], &discovery["frontchannel_logout_session_supported"]),
        (&true.into(), &true.into())
    );
    let client = serde_json::json!({"id": "odd", "secret": "x", "redirect_uris": [CALLBACK], "frontchannel_logout_uri": "javascript:alert(1)"});
    let refused = crate::harness::Control::of(&idp).call("POST", "/clients", Some(client)).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
}

#[tokio::test]
async fn each_lie_of_the_front_channel_alters_what_it_says() {
    for (lie, altered) in
        [("lo.front.missing_sid", "sid"), ("lo.front.wrong_sid", "sid"), ("lo.front.wrong_iss", "iss")]
    {
        let idp = provider().await;
        let (browser, hint) = signed_in(&idp).await;
        idp.fault(Fault::named(lie));
        let page = browser.get(&format!("{}/logout?id_token_hint={hint}", idp.issuer())).await;
        let told = frames(&page).remove(0);
        let honest = [
            ("iss", Some(idp.issuer())),
            ("sid", standin::tokens::Opened::claimed_sid(&hint)),
            ("tenant", Some("a".to_owned())),
        ];
        for (name, value) in honest {
            assert_eq!(said(&told, name) == value, name != altered, "{lie}: {name}");
        }
        assert_eq!(said(&told, "sid").is_none(), lie == "lo.front.missing_sid");
        assert!(idp.journal().iter().any(|entry| entry.applied.iter().any(|by| by.by == lie)), "{lie}");
    }
}

#[tokio::test]
async fn a_foreign_page_opens_those_of_all_apps_and_knows_no_sid() {
    let idp = provider().await;
    let browser = Browser::new();
    let pkce = [("code_challenge", crate::harness::CHALLENGE), ("code_challenge_method", "S256")];
    let at_spa = [("client_id", "spa"), pkce[0], pkce[1]];
    assert!(sign_in(&idp, &browser, &at_spa, "alice").await.returned("code").is_some());
    idp.fault(Fault::named("lo.front.csrf"));
    let asked = browser.get(&format!("{}/logout", idp.issuer())).await;
    let form = [("interaction", asked.field("interaction")), ("decision", "sign-out".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.post(&format!("{}/sign-out", idp.issuer()), &form).await;
    let told = frames(&page);
    assert_eq!(told.len(), 1, "web took no part, and its page is opened all the same: {}", page.text);
    assert_eq!((said(&told[0], "sid"), said(&told[0], "iss")), (None, None));
    assert_eq!(said(&told[0], "tenant").as_deref(), Some("a"), "the registered query stays");
    assert!(idp.journal().iter().any(|entry| entry.applied.iter().any(|by| by.by == "lo.front.csrf")));
}
