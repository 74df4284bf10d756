//! The rules that speak in one request, applied at their seams.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::Map;
use crate::reply::Reply;
use crate::tokens::{TokenDraft, TokenKind};
use crate::world::{Draw, Endpoint, Method, Preset, Records, Used, UserDecision};

use super::catalog::find as fault;
use super::effect::{CallTiming, EditContext, Effect, FaultContext, Overrides, TlsFlaw};
use super::login::Login;
use super::matching::{MatchFacts, Origin, Point};
use super::options::FaultOptions;
use super::rule::{Action, Rule};
use super::test_identity;

/// A rule that had its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Applied {
    /// What it is called: a fault's id, `next-login`, or a test identity's word such as `+bad-nonce`.
    pub by: String,
    /// Who made it.
    pub origin: Origin,
    /// Its number in the rule book, if it stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u64>,
}

/// The rules for one request, strongest first. Each rule that speaks has reserved one time of its budget, which is given back if
/// there was nothing to alter: parallel requests cannot use it twice.
#[derive(Debug, Default)]
pub struct Plan {
    rules: Vec<Arc<Rule>>,
    /// The lies that speak in this request: by the sign-in's tags and by the rules that fit.
    speaking: Option<Vec<Arc<Rule>>>,
    /// The rules that chance and count were asked about.
    drawn: Vec<u64>,
    /// Who answered in the person's place, and who said what is agreed to.
    person: Person,
    /// The rules that reserved a time and did not have their way yet.
    reserved: Vec<Arc<Rule>>,
    applied: Vec<Applied>,
    draw: Option<Draw>,
}

#[derive(Debug, Default)]
struct Person {
    answer: Option<Arc<Rule>>,
    consent: Option<Arc<Rule>>,
}

impl Drop for Plan {
    /// A request that was given up altered nothing.
    fn drop(&mut self) {
        self.reserved.iter().for_each(|rule| rule.give_back());
    }
}

impl Plan {
    pub(super) fn new(rules: Vec<Arc<Rule>>) -> Self {
        let mut plan = Self::default();
        plan.rules = rules;
        plan
    }

    /// A page is shown before the app is answered: what would alter that answer has its chance then.
    pub fn put_off(&mut self) {
        self.reserved.drain(..).for_each(|rule| rule.give_back_unasked());
    }

    /// The lies that fitted for the first time, and found nothing to alter.
    pub fn idle(&self) -> impl Iterator<Item = &str> {
        let first = self.reserved.iter().filter(|rule| rule.idle() == 0 && matches!(rule.action, Action::Fault(..)));
        first.map(|rule| rule.name.as_str())
    }

    /// What had its way so far, the strongest first.
    pub fn applied(&self) -> Vec<Applied> {
        let mut decided = self.applied.clone();
        decided.sort_by_key(|decided| decided.origin);
        decided
    }

    /// Whether nothing speaks, so that no seam needs to be looked at.
    pub fn is_silent(&self, facts: &MatchFacts) -> bool {
        self.rules.is_empty() && facts.tags.is_empty() && self.speaking.is_none()
    }

    /// Chooses the lies of this request; once more, when more is known about it. Probability and count are asked once for each
    /// rule, not at each seam, and only where the lie has something to say.
    pub fn choose(&mut self, facts: &MatchFacts, draw: &Draw) {
        if self.is_silent(facts) {
            return;
        }
        let mut speaking = self.speaking.take().unwrap_or_default();
        let mut draw = self.draw.take().unwrap_or_else(|| draw.fork());
        for tag in &facts.tags {
            let known = speaking.iter().any(|rule| rule.name == tag.said && rule.origin == tag.origin);
            if let Some(fault) = fault(&tag.fault).filter(|_| !known) {
                let action = Action::Fault(fault, FaultOptions::default());
                speaking.push(Arc::new(Rule::new(&tag.said, tag.origin, action)));
            }
        }
        for rule in &self.rules {
            let Action::Fault(kind, _) = &rule.action else { continue };
            let here = kind.effects.iter().any(|effect| effect.may_speak_at(facts.point, &[facts.response_type]));
            if !here || !rule.when.fits(facts) || self.drawn.contains(&rule.id) {
                continue;
            }
            self.drawn.push(rule.id);
            if rule.may_speak(&mut draw) && rule.reserve() {
                self.reserved.push(Arc::clone(rule));
                speaking.push(Arc::clone(rule));
            }
        }
        speaking.sort_by_key(|rule| rule.origin);
        self.speaking = Some(speaking);
        self.draw = Some(draw);
    }

    /// Seam Person: what is decided in the person's place, each part by the strongest that gives it.
    pub fn preset(&mut self, context: FaultContext<'_>) -> Option<Preset> {
        if context.settings.strict {
            return None;
        }
        let mut preset = Preset::default();
        if let Some((rule, identity)) = test_identity(context) {
            preset.answer = identity.answer;
            self.person.answer = Some(rule);
        }
        self.next_login(context, &mut preset);
        for rule in self.speaking.iter().flatten() {
            let Action::Fault(kind, _) = &rule.action else { continue };
            for effect in kind.effects {
                match effect {
                    Effect::Decline(refusal) if preset.answer.is_none() => {
                        preset.answer = Some(UserDecision::Decline(*refusal));
                        self.person.answer = Some(Arc::clone(rule));
                    }
                    Effect::Consent(consent) if preset.consent.is_none() => {
                        preset.consent = Some(consent());
                        self.person.consent = Some(Arc::clone(rule));
                    }
                    _ => {}
                }
            }
        }
        (preset.answer.is_some() || preset.consent.is_some()).then_some(preset)
    }

    /// Who signs in whatever is pressed on the page.
    pub fn decided_for_the_page(&self, facts: &MatchFacts) -> Option<&str> {
        self.rules.iter().find_map(|rule| match &rule.action {
            Action::NextLogin(login) if login.page && rule.left() != Some(0) && rule.when.fits(facts) => {
                login.user.as_deref()
            }
            _ => None,
        })
    }

    fn next_login(&mut self, context: FaultContext<'_>, preset: &mut Preset) {
        let speaks = |login: &Login| match context.request.endpoint {
            Endpoint::Authorize => !login.page,
            Endpoint::SignIn => context.request.method == Method::Post && (login.page || login.is_consent_only()),
            Endpoint::Consent => context.request.method == Method::Post && login.is_consent_only(),
            _ => false,
        };
        if preset.answer.is_some() {
            return;
        }
        let mut draw = self.draw.take().unwrap_or_default();
        for rule in &self.rules {
            let Action::NextLogin(login) = &rule.action else { continue };
            let fits = speaks(login) && rule.when.fits(context.facts);
            if !fits || !rule.may_speak(&mut draw) || !rule.reserve() {
                continue;
            }
            self.reserved.push(Arc::clone(rule));
            let said = login.preset(context.settings, rule.origin);
            self.person = Person {
                answer: said.answer.is_some().then(|| Arc::clone(rule)),
                consent: said.consent.is_some().then(|| Arc::clone(rule)),
            };
            *preset = said;
            break;
        }
        self.draw = Some(draw);
    }

    /// What was decided in the person's place was used.
    pub fn spend_preset(&mut self, used: Used) {
        let Person { answer, consent } = std::mem::take(&mut self.person);
        let parts = [answer.filter(|_| used.answer), consent.filter(|_| used.consent)];
        parts.into_iter().flatten().for_each(|rule| self.note_applied(&rule));
    }

    /// Seam Settings.
    pub fn apply_overrides(&mut self, overrides: &mut Overrides<'_>, context: FaultContext<'_>) {
        self.apply(context, |effect, edit| match effect {
            Effect::Override(alter) => alter(overrides, edit),
            _ => false,
        });
    }

    /// Whether some lie speaks at the seam Settings.
    pub fn has_overrides(&self) -> bool {
        self.has(|effect| matches!(effect, Effect::Override(_)))
    }

    /// Seam Code.
    pub fn alter_code(&mut self, records: &mut Records, context: FaultContext<'_>) {
        if !self.has(|effect| matches!(effect, Effect::Code(_))) {
            return;
        }
        self.apply(context, |effect, edit| match effect {
            Effect::Code(alter) => records.alter_new_code(|code, grant| alter(code, grant, edit)),
            _ => false,
        });
    }

    /// Whether some lie speaks at the seam Claims.
    pub fn has_claims(&self) -> bool {
        self.has(|effect| matches!(effect, Effect::Claims(_)))
    }

    fn has(&self, is: impl Fn(&Effect) -> bool) -> bool {
        self.speaking.iter().flatten().any(|rule| match &rule.action {
            Action::Fault(fault, _) => fault.effects.iter().any(&is),
            Action::NextLogin(_) => false,
        })
    }

    /// Seam Claims. `said` is what of the claims this answer says: a claim that it does not say is not altered by it.
    pub fn alter_claims(&mut self, claims: &mut Map, context: FaultContext<'_>, said: impl Fn(&Map) -> Vec<u8>) {
        let mut before = said(claims);
        self.apply(context, |effect, edit| {
            let Effect::Claims(alter) = effect else { return false };
            let mut other = claims.clone();
            let now = alter(&mut other, edit).then(|| said(&other));
            let Some(now) = now.filter(|now| *now != before) else { return false };
            (before, *claims) = (now, other);
            true
        });
    }

    /// Seam Draft.
    pub fn alter_draft(&mut self, kind: TokenKind, draft: &mut TokenDraft, context: FaultContext<'_>) {
        self.apply(context, |effect, edit| match effect {
            Effect::Draft(of, alter) if *of == kind => alter(draft, edit),
            _ => false,
        });
    }

    /// Seam Signature.
    pub fn spoil(&mut self, kind: TokenKind, text: &mut String, context: FaultContext<'_>) {
        self.apply(context, |effect, edit| match effect {
            Effect::Spoil(of, spoil) if *of == kind => spoil(text, edit),
            _ => false,
        });
    }

    /// Seam Call.
    pub fn alter_call(&mut self, timing: &mut CallTiming, context: FaultContext<'_>) {
        self.apply(context, |effect, edit| match effect {
            Effect::Call(alter) => alter(timing, edit),
            _ => false,
        });
    }

    /// Seam Call: whether an app is told too early that the sign-in is over, of which `can_hear` says whether it could hear it.
    pub fn tells_early(&mut self, can_hear: bool, context: FaultContext<'_>) -> bool {
        let mut told = false;
        self.apply(context, |effect, _| {
            let tells = can_hear && matches!(effect, Effect::TellEarly);
            told |= tells;
            tells
        });
        told
    }

    /// What is wrong with a TLS handshake, if something is to be.
    pub fn handshake_flaw(&mut self, context: FaultContext<'_>) -> Option<TlsFlaw> {
        let mut flaw = None;
        self.apply(context, |effect, _| match effect {
            Effect::Handshake(wanted) => {
                flaw = Some(*wanted);
                true
            }
            _ => false,
        });
        flaw
    }

    /// Seam Reply.
    pub fn alter_reply(&mut self, reply: &mut Reply, context: FaultContext<'_>) {
        let here = context.facts.point;
        self.apply(context, |effect, edit| match effect {
            Effect::Reply(at, alter) if *at == here => alter(reply, edit),
            Effect::AnyReply(alter) => alter(reply, edit),
            Effect::Publish(key) if here == Point::Jwks => key().is_some_and(|key| super::edit::publish(reply, key)),
            _ => false,
        });
    }

    /// The keys that lies of these tokens need to see published, though nobody who reads the key set is known.
    pub fn keys_to_publish(&self) -> Vec<Map> {
        let effects = self.speaking.iter().flatten().flat_map(|rule| match &rule.action {
            Action::Fault(kind, _) => kind.effects,
            Action::NextLogin(_) => &[],
        });
        effects
            .filter_map(|effect| match effect {
                Effect::Publish(key) => key(),
                _ => None,
            })
            .collect()
    }

    /// Tries each lie that speaks, the strongest last: what it writes stands. `alter` says whether there was something to alter.
    fn apply(&mut self, context: FaultContext<'_>, mut alter: impl FnMut(&Effect, &mut EditContext<'_>) -> bool) {
        let Some(speaking) = self.speaking.take() else { return };
        let mut draw = self.draw.take().unwrap_or_default();
        for rule in speaking.iter().rev() {
            let Action::Fault(kind, options) = &rule.action else { continue };
            let mut edit = EditContext { context, options, draw: &mut draw };
            // Each is tried, whether or not another altered something.
            let altered = kind.effects.iter().filter(|effect| alter(effect, &mut edit)).count() > 0;
            if altered {
                self.note_applied(rule);
            }
        }
        self.speaking = Some(speaking);
        self.draw = Some(draw);
    }

    fn note_applied(&mut self, rule: &Rule) {
        if self.applied.iter().any(|decided| decided.is(rule)) {
            return;
        }
        if let Some(at) = self.reserved.iter().position(|reserved| reserved.id == rule.id) {
            self.reserved.remove(at).spend();
        }
        let number = (rule.id > 0).then_some(rule.id);
        self.applied.push(Applied { by: rule.name.clone(), origin: rule.origin, rule: number });
    }
}

/// A name typed into the form or sent as `login_hint` that says what happens.
fn test_identity(context: FaultContext<'_>) -> Option<(Arc<Rule>, Preset)> {
    let params = &context.request.params;
    let sent = match context.request.endpoint {
        Endpoint::Authorize => context.facts.login_hint.as_deref(),
        Endpoint::SignIn => params.get("username"),
        _ => None,
    }?;
    let preset = test_identity::read(sent, context.settings)?;
    let words = sent.split('@').next().and_then(|local| local.split_once('+')).map_or("", |(_, words)| words);
    let rule = Rule::new(&format!("+{words}"), Origin::TestIdentity, Action::NextLogin(Box::default()));
    Some((Arc::new(rule), preset))
}

impl Applied {
    fn is(&self, rule: &Rule) -> bool {
        self.by == rule.name && self.origin == rule.origin && self.rule.unwrap_or(0) == rule.id
    }
}
