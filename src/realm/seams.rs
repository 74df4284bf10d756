//! Where faults speak in one exchange, seam by seam: settings, the person, drafts and signatures.

use std::sync::Arc;

use serde_json::Value;

use crate::faults::{Login, Origin, Overrides};
use crate::profile::{Beside, Profile, Signed};
use crate::protocol::{CodeValue, Map, Millis, UnixTime};
use crate::tokens::{Recipient, TokenDraft, TokenKind};
use crate::world::{
    ConsentDecision, Decision, Endpoint, Errand, Issuance, Outcome, Preset, RecordKey, Session, Settings, SignedInUser,
};

use super::Realm;
use super::context::Exchange;

impl Exchange<'_> {
    /// The rules that speak in this request; then those that speak before anything is decided.
    pub(super) fn choose_rules(&mut self) {
        self.plan.choose(&self.facts, &self.draw);
        self.override_settings();
        self.preset = self.preset();
    }

    /// Seam Settings: settings and time of this one request. What is kept, and until when it is, is no matter of it.
    pub(super) fn override_settings(&mut self) {
        if !self.plan.has_overrides() {
            return;
        }
        let (mut settings, mut now) = (Settings::clone(&self.settings), self.now);
        let records = std::mem::take(&mut self.records);
        let (plan, context) = self.plan();
        plan.apply_overrides(&mut Overrides { settings: &mut settings, now: &mut now, records: &records }, context);
        self.records = records;
        let moved = Millis::of_seconds(now.since(self.now));
        self.now_ms = Millis(self.now_ms.0.saturating_add(moved.0));
        (self.settings, self.now) = (Arc::new(settings), now);
    }

    /// Seam Person: what is decided in the person's place, or by the configuration for everybody.
    pub(super) fn preset(&mut self) -> Option<Preset> {
        let endpoint = self.request.endpoint;
        if !matches!(endpoint, Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent) {
            return None;
        }
        let (plan, context) = self.plan();
        let mut preset = plan.preset(context).unwrap_or_default();
        if preset.answer.is_none()
            && let Some(own) = self.auto_login()
        {
            (preset.answer, preset.only_if_asked) = (own.answer, true);
        }
        // Whoever signs in without a page agrees without one.
        if preset.answer.is_some() && preset.consent.is_none() && endpoint == Endpoint::Authorize {
            preset.consent = Some(ConsentDecision::All);
        }
        (preset != Preset::default()).then_some(preset)
    }

    /// Who signs in by the configuration where a page would be shown.
    fn auto_login(&self) -> Option<Preset> {
        let by = self.settings.auto_login.as_deref().filter(|_| self.request.endpoint == Endpoint::Authorize)?;
        let name = if by == "login_hint" { self.understood.login_hint()? } else { by };
        let known = self.settings.users.iter().any(|user| user.answers_to(name));
        known.then(|| Login::by(name).preset(&self.settings, Origin::Config))
    }

    /// Seam Code, before the commit.
    pub(super) fn alter_code(&mut self) {
        let mut records = std::mem::take(&mut self.records);
        let (plan, context) = self.plan();
        plan.alter_code(&mut records, context);
        self.records = records;
    }

    /// Seam Call: the app that is given a code hears before it that the sign-in is over. The sign-in goes on.
    pub(super) fn told_too_early(&mut self, decision: &Decision) -> Option<Errand> {
        let Ok(Outcome::Return(response)) = decision else { return None };
        response.code.as_ref()?;
        let client = self.settings.clients.get(&self.facts.client).cloned();
        let session = self.records.flow_keys().into_iter().find_map(|key| match &key {
            RecordKey::Session(id) => self.records.get::<Session>(&key).ok().flatten().map(|found| (id.clone(), found)),
            _ => None,
        });
        let can_hear = session.is_some() && client.is_some_and(|client| client.backchannel_logout_uri.is_some());
        let (plan, context) = self.plan();
        if !plan.tells_early(can_hear, context) {
            return None;
        }
        let (id, session) = session?;
        let only = Session { clients: vec![self.facts.client.clone()], ..session };
        Some(Errand::SessionEnded { id, session: Box::new(only) })
    }

    /// Seams Draft and Signature.
    pub(super) fn finish(&mut self, kind: TokenKind, mut draft: TokenDraft) -> String {
        let (plan, context) = self.plan();
        plan.alter_draft(kind, &mut draft, context);
        let mut text = context.settings.keys.sign(&draft);
        plan.spoil(kind, &mut text, context);
        text
    }
}

impl Realm {
    /// Seam Claims: another person than the one who signed in. The keys that a fault needs are published from here on.
    pub(super) fn alter_person(&self, exchange: &mut Exchange<'_>, decision: &mut Decision) {
        let Ok(outcome) = decision else { return };
        if outcome.issuance().is_some() {
            self.borrow_keys(exchange.plan.keys_to_publish(), exchange.now);
        }
        let grant = outcome.told_grant_mut().filter(|grant| grant.auth_time.is_some());
        let Some(person) = grant.map(|grant| grant.person.clone()).filter(|_| exchange.plan.has_claims()) else {
            return;
        };
        let honest_claims = exchange.settings.claims_of(&person).cloned().unwrap_or_default();
        let mut claims = honest_claims.clone();
        claims.insert("sub".into(), person.sub.as_str().into());
        // What a tester chose for this one sign-in reaches the app whatever the scope; what a rule alters is said as it would be.
        let chosen = exchange.facts.tags.iter().any(|tag| tag.origin != Origin::Fault);
        let somebody = |claims: Map| somebody(&person, claims, if chosen { Some(&honest_claims) } else { None });
        let (settings, now) = (Arc::clone(&exchange.settings), exchange.now);
        let (plan, context) = exchange.plan();
        let honest = outcome.clone();
        plan.alter_claims(&mut claims, context, |claims| {
            let told = about(honest.clone(), somebody(claims.clone()));
            self.said(&settings, &told, now)
        });
        *outcome = about(honest, somebody(claims));
    }

    /// What an answer says of a person.
    fn said(&self, settings: &Settings, outcome: &Outcome, now: UnixTime) -> Vec<u8> {
        if let Outcome::UserInfo(info) = outcome {
            return self.profile.write_userinfo(settings, info);
        }
        let Some(issuance) = outcome.issuance() else { return Vec::new() };
        let access = self.profile.draft_access_token(settings, issuance, now);
        let id = self.profile.draft_id_token(settings, issuance, Beside::default(), now);
        let claims = [access, id].into_iter().flatten().map(|draft| Value::Object(draft.claims));
        Value::Array(claims.collect()).to_string().into_bytes()
    }

    /// Drafts, alters where a rule says so, and signs.
    pub(super) fn sign(&self, exchange: &mut Exchange<'_>, decision: &Decision) -> Signed {
        match decision {
            Ok(Outcome::UserInfo(info)) => {
                let draft = self.profile.draft_signed_userinfo(&exchange.settings, info);
                let userinfo = draft.map(|draft| exchange.finish(TokenKind::UserInfo, draft));
                let recipient = info.recipient.as_deref();
                let userinfo = match userinfo {
                    Some(token) => Some(encrypted(token, recipient, true)),
                    // It may be encrypted and not signed, Core §5.3.2.
                    None if recipient.is_some() => {
                        let plain = self.profile.write_userinfo(&exchange.settings, info);
                        Some(encrypted(String::from_utf8_lossy(&plain).into_owned(), recipient, false))
                    }
                    None => None,
                };
                Signed { userinfo, ..Signed::default() }
            }
            Ok(Outcome::Introspection(answer)) => {
                let draft = Profile::draft_introspection(&exchange.settings, answer, exchange.now);
                let introspection = draft.map(|draft| {
                    encrypted(exchange.finish(TokenKind::Introspection, draft), answer.recipient.as_deref(), true)
                });
                Signed { introspection, ..Signed::default() }
            }
            Ok(Outcome::Return(response)) => {
                let code = response.code.as_ref().map(CodeValue::as_str);
                let beside = Beside { code, state: response.address.state(), ..Beside::default() };
                response.tokens.as_ref().map(|tokens| self.sign_tokens(exchange, tokens, beside)).unwrap_or_default()
            }
            Ok(Outcome::Issue(issuance)) => self.sign_tokens(exchange, issuance, Beside::default()),
            _ => Signed::default(),
        }
    }

    /// The access token comes first, because the ID token names its hash.
    fn sign_tokens(&self, exchange: &mut Exchange<'_>, issuance: &Issuance, beside: Beside<'_>) -> Signed {
        let (settings, now) = (Arc::clone(&exchange.settings), exchange.now);
        let access = self.profile.draft_access_token(&settings, issuance, now);
        let access = access.map(|draft| exchange.finish(TokenKind::Access, draft));
        let opaque = issuance.access.as_ref().map(|slot| slot.name.as_str());
        let beside = Beside { access_token: access.as_deref().or(opaque), ..beside };
        let id = self.profile.draft_id_token(&settings, issuance, beside, now);
        let id = id.map(|draft| exchange.finish(TokenKind::Id, draft));
        let id = id.map(|token| encrypted(token, issuance.recipient.as_deref(), true));
        let refresh = self.profile.draft_refresh_token(&settings, issuance, now);
        let refresh = refresh.map(|draft| exchange.finish(TokenKind::Refresh, draft));
        Signed { access, id, refresh, ..Signed::default() }
    }
}

/// A token as its recipient gets it: what a lie altered is inside.
fn encrypted(token: String, recipient: Option<&Recipient>, nested: bool) -> String {
    match recipient {
        // That the key can be used was seen when it was chosen; what cannot be encrypted is not said.
        Some(recipient) => recipient.encrypt(&token, nested).unwrap_or_default(),
        None => token,
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

/// The same outcome about somebody else.
fn about(mut outcome: Outcome, person: SignedInUser) -> Outcome {
    if let Some(grant) = outcome.told_grant_mut() {
        Arc::make_mut(grant).person = person;
    }
    outcome
}
