//! Where lies are told in one exchange, seam by seam: before the flow decides, about the person, in drafts and signatures.

use std::sync::Arc;

use serde_json::Value;

use crate::faults::{FaultContext, Login, MatchFacts, Origin, Overrides, Plan, Token};
use crate::profile::{Drafted, Signed};
use crate::protocol::{Map, Millis};
use crate::tokens::TokenDraft;
use crate::world::{ConsentDecision, Decision, Endpoint, Outcome, Preset, Records, Settings, SignedInUser};

use super::Realm;
use super::case::{grant_of, issuance_of};
use super::decide::Exchange;

impl Realm {
    /// Seam Claims: another person than the one who signed in. The keys that a lie needs are published from here on.
    pub(super) fn alter_person(&self, plan: &mut Plan, on: &Exchange<'_>, facts: &MatchFacts, decision: &mut Decision) {
        if issuance_of(decision).is_some() {
            self.borrow_keys(plan.keys_to_publish(), on.now);
        }
        if !plan.has_claims() || grant_of(decision).is_none_or(|grant| grant.auth_time.is_none()) {
            return;
        }
        let grant = match decision {
            Ok(Outcome::Issue(issuance)) => &issuance.grant,
            Ok(Outcome::UserInfo(info)) => &info.grant,
            _ => return,
        };
        let person = grant.person.clone();
        let honest_claims = on.settings.claims_of(&person).cloned().unwrap_or_default();
        let mut claims = honest_claims.clone();
        claims.insert("sub".into(), person.sub.as_str().into());
        let honest = decision.clone();
        // What a tester chose for this one sign-in reaches the app whatever the scope; what a rule alters is said as it would be.
        let chosen = facts.tags.iter().any(|tag| tag.origin != Origin::Fault);
        let somebody = |claims: Map| somebody(&person, claims, if chosen { Some(&honest_claims) } else { None });
        plan.alter_claims(&mut claims, on.context(facts), |claims| self.said(on, &honest, somebody(claims.clone())));
        if let Ok(Outcome::Issue(_) | Outcome::UserInfo(_)) = decision {
            *decision = about(honest, somebody(claims));
        }
    }

    /// What an answer would say, if it were about this person.
    fn said(&self, on: &Exchange<'_>, decision: &Decision, person: SignedInUser) -> Vec<u8> {
        match about(decision.clone(), person) {
            Ok(Outcome::UserInfo(info)) => self.profile.write_userinfo(&on.settings, &info),
            Ok(Outcome::Issue(issuance)) => {
                let access = self.profile.draft_access_token(&on.settings, &issuance, on.now);
                let id = self.profile.draft_id_token(&on.settings, &issuance, "", on.now);
                let claims = [access, id].into_iter().flatten().map(|draft| Value::Object(draft.claims));
                Value::Array(claims.collect()).to_string().into_bytes()
            }
            _ => Vec::new(),
        }
    }

    /// Drafts, lies where a rule says so, and signs. The access token comes first, because the ID token names its hash.
    pub(super) fn sign(&self, plan: &mut Plan, on: &Exchange<'_>, decision: &Decision, facts: &MatchFacts) -> Signed {
        let (settings, now) = (&on.settings, on.now);
        let mut finish = |drafted: Drafted, draft: TokenDraft| finish(plan, drafted, draft, on.context(facts));
        match decision {
            Ok(Outcome::Issue(issuance)) => {
                let access = self.profile.draft_access_token(settings, issuance, now);
                let access = access.map(|draft| finish(Drafted::Access, draft));
                let shown = access.as_deref().unwrap_or(issuance.access.as_str());
                let id = self.profile.draft_id_token(settings, issuance, shown, now);
                let id = id.map(|draft| finish(Drafted::Id, draft));
                let refresh = self.profile.draft_refresh_token(settings, issuance, now);
                let refresh = refresh.map(|draft| settings.keys.sign(&draft));
                Signed { access, id, refresh, userinfo: None }
            }
            Ok(Outcome::UserInfo(info)) => {
                let draft = self.profile.draft_signed_userinfo(settings, info);
                Signed { userinfo: draft.map(|draft| finish(Drafted::UserInfo, draft)), ..Signed::default() }
            }
            _ => Signed::default(),
        }
    }
}

/// The person of an answer with these claims, `sub` among them. Beside the honest ones those that differ are what somebody chose.
fn somebody(before: &SignedInUser, mut claims: Map, honest: Option<&Map>) -> SignedInUser {
    let sub = claims.shift_remove("sub").and_then(|sub| sub.as_str().map(str::to_owned)).unwrap_or_default();
    let mut told = before.told.clone();
    if let Some(honest) = honest {
        let chosen = claims.iter().filter(|(name, value)| honest.get(*name) != Some(value)).map(|(name, _)| name);
        let new: Vec<String> = chosen.filter(|name| !told.contains(name)).cloned().collect();
        told.extend(new);
    }
    SignedInUser { sub: sub.into(), claims: Some(claims), told }
}

/// The same decision about somebody else.
fn about(mut decision: Decision, person: SignedInUser) -> Decision {
    match &mut decision {
        Ok(Outcome::Issue(issuance)) => Arc::make_mut(&mut issuance.grant).person = person,
        Ok(Outcome::UserInfo(info)) => Arc::make_mut(&mut info.grant).person = person,
        _ => {}
    }
    decision
}

/// Seam Person: what is given in the person's place, or by the configuration for everybody.
pub(super) fn person(plan: &mut Plan, on: &Exchange<'_>, facts: &MatchFacts) -> Option<Preset> {
    if !matches!(on.request.endpoint, Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent) {
        return None;
    }
    let mut given = plan.person(on.context(facts)).unwrap_or_else(Preset::nothing);
    if given.answer.is_none()
        && let Some(own) = auto_login(on)
    {
        (given.answer, given.only_if_asked) = (own.answer, true);
    }
    // Whoever signs in without a page agrees without one.
    if given.answer.is_some() && given.consent.is_none() && on.request.endpoint == Endpoint::Authorize {
        given.consent = Some(ConsentDecision::All);
    }
    (given != Preset::nothing()).then_some(given)
}

/// Who signs in by the configuration where a page would be shown.
fn auto_login(on: &Exchange<'_>) -> Option<Preset> {
    let by = on.settings.auto_login.as_deref().filter(|_| on.request.endpoint == Endpoint::Authorize)?;
    let name = if by == "login_hint" { on.request.params.get("login_hint")? } else { by };
    let known = on.settings.users.iter().any(|user| user.answers_to(name));
    known.then(|| Login::by(name).given(&on.settings, Origin::Config))
}

/// Seam Settings: settings and time of this one request. What is kept, and until when it is, is no matter of it.
pub(super) fn override_settings(plan: &mut Plan, on: &mut Exchange<'_>, facts: &MatchFacts, records: &Records) {
    if !plan.has_overrides() {
        return;
    }
    let honest = Arc::clone(&on.settings);
    let (mut settings, mut now) = (Settings::clone(&honest), on.now);
    let context = FaultContext { now: on.now, settings: &honest, request: on.request, facts };
    plan.apply_overrides(&mut Overrides { settings: &mut settings, now: &mut now, records }, context);
    let moved = Millis::of_seconds(now.since(on.now));
    on.now_ms = Millis(on.now_ms.0.saturating_add(moved.0));
    (on.settings, on.now) = (Arc::new(settings), now);
}

fn finish(plan: &mut Plan, drafted: Drafted, mut draft: TokenDraft, context: FaultContext<'_>) -> String {
    let token = match drafted {
        Drafted::Access => Token::Access,
        Drafted::Id => Token::Id,
        Drafted::UserInfo => Token::UserInfo,
    };
    plan.alter_draft(token, &mut draft, context);
    let mut text = context.settings.keys.sign(&draft);
    plan.spoil(token, &mut text, context);
    text
}
