//! Authorization requests that come as a JWT, [Core §6.1](https://openid.net/specs/openid-connect-core-1_0.html#RequestObject) and
//! [RFC 9101](https://www.rfc-editor.org/rfc/rfc9101).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

use crate::protocol::{Complaint, Lifetime, Map, Params, nearest};
use crate::spec::{Check, FailedCheck, Suggestion, one_of, quoted};
use crate::tokens::{JweAlg, Opened, is_encrypted};
use crate::world::{Client, Ctx, Interrupt, Request, RequestObject, RequestObjectWay, Settings, SigningAlg};

use super::client_keys;

/// How far ahead of ours a client's clock may be.
const SKEW: Lifetime = Lifetime::of_seconds(60);

/// Claims about the JWT itself, which are no parameters.
const OF_JWT: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// The parameters that a request means: those inside its request object, and those beside it that the object does not say. Nothing of it
/// is believed yet; what cannot be read is told when it is verified.
pub(super) fn merged(params: &Params, object: Option<&RequestObject>) -> (Params, Vec<Complaint>) {
    let object = object.and_then(|object| Opened::read(object.jwt()?).ok());
    let Some(object) = object else { return (params.clone(), Vec::new()) };
    let mut complaints: Vec<Complaint> =
        params.repeated().map(|name| Complaint::Repeated(name.to_owned())).into_iter().collect();
    if params.get("request").is_some() && params.get("request_uri").is_some()
        || ["request", "request_uri"].iter().any(|name| object.claims.contains_key(*name))
    {
        let expected = "one request object, and none inside it".to_owned();
        complaints.push(Complaint::Unusable { parameter: "request", got: "more than one".to_owned(), expected });
    }
    // Core §6.1: these two are sent beside the object as well, and must be the same. Who the client is says the one that was sent.
    for name in ["client_id", "response_type"] {
        if let (Some(beside), Some(inside)) = (params.get(name), object.claims.get(name).map(as_text))
            && beside != inside
        {
            let expected = format!("{beside}, as beside the request object,");
            complaints.push(Complaint::Unusable { parameter: name, got: inside, expected });
        }
    }
    let is_said = |name: &str| object.claims.contains_key(name) && name != "client_id";
    let beside = params.iter().filter(|(name, _)| !["request", "request_uri"].contains(name) && !is_said(name));
    let beside = beside.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let known = params.get("client_id").is_some();
    let inside =
        object.claims.iter().filter(|(name, _)| !(OF_JWT.contains(&name.as_str()) || known && *name == "client_id"));
    let inside = inside.flat_map(|(name, value)| values(value).into_iter().map(move |value| (name.clone(), value)));
    (beside.chain(inside).collect(), complaints)
}

/// A claim as a parameter: a list is a parameter that is sent several times.
fn values(value: &Value) -> Vec<String> {
    match value {
        Value::Array(many) => many.iter().map(as_text).collect(),
        Value::Null => Vec::new(),
        one => vec![as_text(one)],
    }
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Where a request object is to be fetched from: only an address that the client registered is looked at,
/// [RFC 9101 §10.4](https://www.rfc-editor.org/rfc/rfc9101#section-10.4). A fragment says which version is meant, and is not sent.
pub(super) fn request_reference(settings: &Settings, request: &Request) -> Option<Url> {
    let sent = request.params.get("request_uri")?;
    let client = settings.client(request.params.get("client_id")?)?;
    let mut url = Url::parse(sent).ok().filter(|_| is_registered(&client, sent))?;
    url.set_fragment(None);
    Some(url)
}

fn is_registered(client: &Client, uri: &str) -> bool {
    client.request_uris.iter().any(|registered| registered == uri)
}

/// The request object of a request, if it has one; opened, where it is encrypted for this provider. Nothing of it is believed yet.
pub(super) fn request_object(
    settings: &Settings,
    params: &Params,
    fetched: Option<&Result<String, String>>,
) -> Option<RequestObject> {
    let (way, sent) = match (params.get("request"), params.get("request_uri")) {
        (Some(jwt), _) => (RequestObjectWay::ByValue, Some(Ok(jwt.to_owned()))),
        (None, Some(uri)) => (RequestObjectWay::ByReference(uri.to_owned()), fetched.cloned()),
        (None, None) => return None,
    };
    let sent = sent.map(|sent| sent.map(|jwt| jwt.trim().to_owned()));
    let encrypted = sent.as_ref().and_then(|sent| sent.as_ref().ok()).filter(|jwt| is_encrypted(jwt));
    let secret = || settings.client(params.get("client_id")?)?.secret.clone();
    let decrypted = encrypted.and_then(|jwt| settings.keys.decrypt(jwt, secret().as_deref()));
    Some(RequestObject { way, sent, decrypted })
}

/// Verifies that the client made it, for this provider, in time. It may be unsigned where the client registered nothing else.
pub(super) fn verify(ctx: &mut Ctx<'_>, client: &Client, object: &RequestObject) -> Result<(), Interrupt> {
    let RequestObject { way, sent, decrypted } = object;
    let name = match way {
        RequestObjectWay::ByValue => "request",
        RequestObjectWay::ByReference(uri) => {
            request_uri_registered(ctx, client, uri)?;
            "request_uri"
        }
    };
    let there = sent.clone().unwrap_or_else(|| Err("it is no address".to_owned()));
    let sent = there.map_err(|why| ctx.refuse(Check::RequestUriFetched).says(format!("request_uri: {why}")))?;
    if matches!(way, RequestObjectWay::ByReference(_)) {
        ctx.check(Check::RequestUriFetched, true)?;
    }
    encrypted_as_registered(ctx, client, (&sent, decrypted.as_deref()), name)?;
    verify_jwt(ctx, client, (decrypted.as_deref().unwrap_or(&sent), name))
}

fn request_uri_registered(ctx: &mut Ctx<'_>, client: &Client, uri: &str) -> Result<(), FailedCheck> {
    ctx.check_as(Check::RequestUriRegistered, is_registered(client, uri), |refused| {
        let (app, known) = (quoted(client.shown_name()), &client.request_uris);
        let near = nearest(uri, known.iter().map(String::as_str));
        let meant = near.map(|word| Suggestion::Word { word: word.to_owned(), link: None });
        let say = format!("request_uri {} is none of the request_uris of {app}", quoted(uri));
        refused.got(uri).expected(one_of(known)).says(say).suggest(meant)
    })
}

/// Whether it is encrypted as its client registered, and for this provider, if it is at all.
fn encrypted_as_registered(
    ctx: &mut Ctx<'_>,
    client: &Client,
    (sent, decrypted): (&str, Option<&str>),
    name: &str,
) -> Result<(), FailedCheck> {
    let [.., (_, alg, enc)] = client.encryption();
    let encrypted = is_encrypted(sent);
    if !encrypted && alg.is_none() {
        return Ok(());
    }
    let header = header_of(sent);
    let says = |member: &str| header.get(member).and_then(Value::as_str).unwrap_or("nothing").to_owned();
    let expected = [("alg", alg.map(JweAlg::as_str)), ("enc", alg.map(|_| enc.unwrap_or_default().as_str()))];
    let wrong = expected.into_iter().find_map(|(member, expected)| {
        let expected = expected.filter(|expected| encrypted && says(member) != *expected)?;
        Some((format!("{member} {}", quoted(&says(member))), expected))
    });
    let app = || quoted(client.shown_name());
    let say = match (encrypted, decrypted, &wrong) {
        (false, ..) => Some(format!("{name} is not encrypted, and {} is registered for that", app())),
        (true, _, Some((got, expected))) => {
            Some(format!("{name} has {got}, and {} is registered for {expected}", app()))
        }
        (true, None, None) => Some(format!(
            "{name} cannot be decrypted: it is for another key than those that jwks_uri publishes with use enc, was altered, or has an alg or \
             enc that discovery does not list"
        )),
        (true, Some(_), None) => None,
    };
    ctx.check_as(Check::RequestObjectValid, say.is_none(), |refused| refused.says(say.unwrap_or_default()))
}

/// The header of a JWE, believed by nobody.
fn header_of(jwe: &str) -> Map {
    let head = jwe.split('.').next().unwrap_or_default();
    URL_SAFE_NO_PAD.decode(head).ok().and_then(|head| serde_json::from_slice(&head).ok()).unwrap_or_default()
}

fn verify_jwt(ctx: &mut Ctx<'_>, client: &Client, (jwt, name): (&str, &str)) -> Result<(), Interrupt> {
    let read = Opened::read(jwt);
    let why = read.as_ref().err().map_or("", |why| why.sentence());
    let refused = |refused: FailedCheck| refused.says(format!("{name} {why}"));
    let read = ctx.require_as(Check::RequestObjectValid, read.ok(), refused)?;
    let alg = read.header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let expected = client.request_object_signing_alg.map(SigningAlg::as_str);
    ctx.check_as(Check::RequestObjectValid, expected.is_none_or(|expected| expected == alg), |refused| {
        let (app, expected) = (quoted(client.shown_name()), expected.unwrap_or_default());
        let say = format!("{name} has alg {}, and {app} is registered for {expected}", quoted(alg));
        refused.got(alg).expected(expected).says(say)
    })?;
    let opened = if alg == SigningAlg::Unsigned.as_str() {
        unsigned(ctx, (jwt, name))?;
        read
    } else {
        client_keys::open(ctx, client, (jwt, name), Check::RequestObjectValid)?
    };
    let wrong = wrong_claim(ctx, client, &opened);
    Ok(ctx.check_as(Check::RequestObjectValid, wrong.is_none(), |refused| match &wrong {
        Some((got, expected)) => {
            let say = format!("{name} has {}, where {expected} is expected", quoted(got));
            refused.got(got.as_str()).expected(expected.as_str()).says(say)
        }
        None => refused,
    })?)
}

/// [RFC 7515 §A.5](https://www.rfc-editor.org/rfc/rfc7515#appendix-A.5): there is no signature, and nothing in its place.
fn unsigned(ctx: &mut Ctx<'_>, (jwt, name): (&str, &str)) -> Result<(), FailedCheck> {
    ctx.check_as(Check::RequestObjectValid, jwt.ends_with('.'), |refused| {
        refused.says(format!("{name} has alg none, and yet a signature"))
    })
}

/// What is wrong with what it says of itself, as far as it says it: what came, and what was expected.
fn wrong_claim(ctx: &Ctx<'_>, client: &Client, opened: &Opened) -> Option<(String, String)> {
    let said = |name: &str| opened.claims.get(name).map(as_text);
    if let Some(iss) = said("iss").filter(|iss| *iss != client.id) {
        return Some((format!("iss={iss}"), client.id.clone()));
    }
    let issuer = ctx.settings.issuer.as_str();
    if let Some(aud) = said("aud").filter(|_| !opened.is_for(&[issuer])) {
        return Some((format!("aud={aud}"), issuer.to_owned()));
    }
    if let Some(exp) = said("exp").filter(|_| opened.time("exp").is_none_or(|exp| ctx.now >= exp.plus(SKEW))) {
        return Some((format!("exp={exp}"), format!("a time after {}", ctx.now)));
    }
    if let Some(nbf) = said("nbf").filter(|_| opened.time("nbf").is_none_or(|nbf| ctx.now.plus(SKEW) < nbf)) {
        return Some((format!("nbf={nbf}"), format!("a time before {}", ctx.now)));
    }
    None
}
