//! Two issuers, one of them an attacker's: `with.issuer` names the other one.

use super::kind::section::{ISSUER, MIX_UP, STABILITY};
use super::kind::{FaultKind, handle, reject};
use crate::faults::edit::{altered, replace};
use crate::faults::effect::Effect::{Claims, Reply};
use crate::faults::matching::Point::{Authorize, Discovery};
use crate::reply::Body;
use crate::world::Endpoint;

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "mix.as_swap",
        "The app is sent on to the other issuer, in the hope that it brings that one's code back here.",
        &["authorize"],
        (
            MIX_UP,
            &[Reply(Authorize, |r, f| {
                let Some(other) = f.options.issuer.as_deref().filter(|_| f.request.endpoint == Endpoint::Authorize)
                else {
                    return false;
                };
                let to =
                    format!("{}?{}", f.settings.url_below(other, Endpoint::Authorize), f.request.params.to_query());
                replace(r, crate::reply::Reply::new(303, Body::Redirect(to)).uncached())
            })],
        ),
    )
    .so("compares iss in the answer, or has a redirect URI for each issuer, and sends the code nowhere"),
    reject(
        "mix.metadata_confusion",
        "authorization_endpoint is the other issuer's.",
        &["discovery.authorization_endpoint"],
        (
            MIX_UP,
            &[Reply(Discovery, |r, f| {
                let Some(other) = f.options.issuer.as_deref() else { return false };
                let there = f.settings.url_below(other, Endpoint::Authorize);
                altered(r, "authorization_endpoint", |_| there.into())
            })],
        ),
    )
    .so("compares iss in the answer, or has a redirect URI for each issuer, and sends the code nowhere"),
    handle(
        "mix.issuer_same_sub",
        "sub is 248289761001, whoever signs in: another issuer may have the same.",
        &["id_token.sub", "userinfo.sub", "access_token.sub", "id_token.at_hash"],
        (
            STABILITY,
            &[Claims(|c, _| {
                c.insert("sub".into(), "248289761001".into());
                true
            })],
        ),
    )
    .so("keeps two accounts: iss and sub together are the key"),
    handle(
        "mix.tenant_issuer",
        "issuer is a template with {tenantid}.",
        &["discovery.issuer"],
        (
            ISSUER,
            &[Reply(Discovery, |r, _| {
                altered(r, "issuer", |issuer| {
                    format!("{}/{{tenantid}}/v2.0", issuer.as_str().unwrap_or_default()).into()
                })
            })],
        ),
    )
    .so("refuses it, unless it was told which tenants to trust"),
];
