//! The rules that speak in one request, applied at their seams.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::{Map, UnixTime};
use crate::reply::Reply;
use crate::tokens::TokenDraft;
use crate::world::{Asked, Draw, Given, PersonAnswer, Settings, Used};

use super::effect::{Effect, Facts, Premise, Token};
use super::rule::{Act, Case, Match, Origin, Point, Rule, With};
use super::{fault, test_identity};

/// A rule that had its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// What it is called: a fault's id, `next-login`, or a test identity's word such as `+bad-nonce`.
    pub by: String,
    /// Who made it.
    pub origin: Origin,
    /// Its number in the rule book, if it stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u64>,
}

/// What stays the same through one exchange while edits look at it.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The realm's time.
    pub now: UnixTime,
    /// What the realm is told to be.
    pub settings: &'a Settings,
    /// The request.
    pub asked: &'a Asked,
    /// Whom the answer is for and about.
    pub case: &'a Case,
}

/// The rules for one request, strongest first.
#[derive(Debug, Default)]
pub struct Plan {
    rules: Vec<Rule>,
    /// The lies that speak in this request, chosen once: by the sign-in's marks and by the rules that fit.
    speaking: Option<Vec<Rule>>,
    /// The rules that chance and count were asked about.
    asked: Vec<u64>,
    person: Option<Rule>,
    decided: Vec<Decided>,
    draw: Option<Draw>,
}

impl Plan {
    pub(super) const fn new(rules: Vec<Rule>) -> Self {
        Self { rules, speaking: None, asked: Vec::new(), person: None, decided: Vec::new(), draw: None }
    }

    /// What had its way so far.
    pub fn decided(&self) -> &[Decided] {
        &self.decided
    }

    /// Whether nothing speaks, so that no seam needs to be looked at.
    pub fn is_silent(&self, case: &Case) -> bool {
        self.rules.is_empty() && case.marks.is_empty() && self.speaking.is_none()
    }

    /// Chooses the lies of this request; once more, when more is known about it. Probability and count are asked once for each
    /// rule, not at each seam.
    pub fn choose(&mut self, case: &Case, draw: &Draw) {
        if self.is_silent(case) {
            return;
        }
        let mut speaking = self.speaking.take().unwrap_or_default();
        let mut draw = self.draw.take().unwrap_or_else(|| draw.fork());
        for mark in &case.marks {
            let known = speaking.iter().any(|rule| rule.name == mark.said && rule.origin == mark.origin);
            if let Some(fault) = fault(&mark.fault).filter(|_| !known) {
                speaking.push(Rule::new(&mark.said, mark.origin, Act::Lie(fault, With::default())));
            }
        }
        for rule in self.rules.iter().filter(|rule| matches!(rule.act, Act::Lie(..)) && rule.when.fits(case)) {
            if self.asked.contains(&rule.id) {
                continue;
            }
            self.asked.push(rule.id);
            if rule.may_speak(&mut draw) {
                speaking.push(rule.clone());
            }
        }
        speaking.sort_by_key(|rule| rule.origin);
        self.speaking = Some(speaking);
        self.draw = Some(draw);
    }

    /// Seam Person: what is given in the person's place. Spent only when [`Self::spend_person`] says that it was used.
    pub fn person(&mut self, scene: Scene<'_>) -> Option<Given> {
        let identity = self.test_identity(scene);
        let mut given = identity.or_else(|| self.next_login(scene));
        for rule in self.speaking.iter().flatten() {
            let Act::Lie(fault, _) = &rule.act else { continue };
            for effect in fault.effects {
                let nothing = || Given { answer: None, consent: None, only_if_asked: false };
                match effect {
                    Effect::Decline(refusal) if given.as_ref().is_none_or(|given| given.answer.is_none()) => {
                        given.get_or_insert_with(nothing).answer = Some(PersonAnswer::Decline(*refusal));
                        self.person = self.person.take().or_else(|| Some(rule.clone()));
                    }
                    Effect::Consent(consent) => {
                        given.get_or_insert_with(nothing).consent = Some(consent());
                        self.person = self.person.take().or_else(|| Some(rule.clone()));
                    }
                    _ => {}
                }
            }
        }
        given
    }

    /// A name typed into the form or sent as `login_hint` that says what happens.
    fn test_identity(&mut self, scene: Scene<'_>) -> Option<Given> {
        let params = &scene.asked.params;
        let sent = match scene.asked.endpoint {
            crate::world::Endpoint::Authorize => params.get("login_hint"),
            crate::world::Endpoint::SignIn => params.get("username"),
            _ => None,
        }?;
        let given = test_identity::read(sent, scene.settings)?;
        let words = sent.split('@').next().and_then(|local| local.split_once('+')).map_or("", |(_, words)| words);
        let act = Act::Answer(Box::default());
        self.person = Some(Rule::new(&format!("+{words}"), Origin::TestIdentity, act));
        Some(given)
    }

    fn next_login(&mut self, scene: Scene<'_>) -> Option<Given> {
        use crate::world::Endpoint;
        let endpoint = scene.asked.endpoint;
        let speaks = |rule: &&Rule| match &rule.act {
            Act::Answer(login) => {
                let here = match endpoint {
                    Endpoint::Authorize => !login.page,
                    Endpoint::SignIn => login.page && scene.asked.method == crate::world::Method::Post,
                    _ => false,
                };
                // Whom a sign-in will be about is what the rule says, so it cannot be matched against.
                let when = Match { user: None, ..rule.when.clone() };
                here && when.fits(scene.case)
            }
            Act::Lie(..) => false,
        };
        let rule = self.rules.iter().find(speaks)?.clone();
        let Act::Answer(login) = &rule.act else { return None };
        let given = login.given(scene.settings, rule.origin);
        self.person = Some(rule);
        Some(given)
    }

    /// What was given in the person's place was used.
    pub fn spend_person(&mut self, used: Used) {
        if let Some(rule) = self.person.take().filter(|_| used.answer || used.consent) {
            self.had_its_way(&rule);
        }
    }

    /// Seam Premise.
    pub fn alter_premise(&mut self, premise: &mut Premise<'_>, scene: Scene<'_>) {
        self.apply(scene, |effect, facts| match effect {
            Effect::Premise(alter) => alter(premise, facts),
            _ => false,
        });
    }

    /// Whether some lie speaks at the seam Premise.
    pub fn has_premise(&self) -> bool {
        self.has(|effect| matches!(effect, Effect::Premise(_)))
    }

    /// Whether some lie speaks at the seam Claims.
    pub fn has_claims(&self) -> bool {
        self.has(|effect| matches!(effect, Effect::Claims(_)))
    }

    fn has(&self, is: impl Fn(&Effect) -> bool) -> bool {
        self.speaking.iter().flatten().any(|rule| match &rule.act {
            Act::Lie(fault, _) => fault.effects.iter().any(&is),
            Act::Answer(_) => false,
        })
    }

    /// Seam Claims.
    pub fn alter_claims(&mut self, claims: &mut Map, scene: Scene<'_>) {
        self.apply(scene, |effect, facts| match effect {
            Effect::Claims(alter) => alter(claims, facts),
            _ => false,
        });
    }

    /// Seam Draft.
    pub fn alter_draft(&mut self, token: Token, draft: &mut TokenDraft, scene: Scene<'_>) {
        self.apply(scene, |effect, facts| match effect {
            Effect::Draft(of, alter) if *of == token => alter(draft, facts),
            _ => false,
        });
    }

    /// Seam Signature.
    pub fn spoil(&mut self, token: Token, text: &mut String, scene: Scene<'_>) {
        self.apply(scene, |effect, facts| match effect {
            Effect::Spoil(of, spoil) if *of == token => spoil(text, facts),
            _ => false,
        });
    }

    /// Seam Reply.
    pub fn alter_reply(&mut self, reply: &mut Reply, scene: Scene<'_>) {
        let here = scene.case.point;
        self.apply(scene, |effect, facts| match effect {
            Effect::Reply(at, alter) if *at == here => alter(reply, facts),
            Effect::AnyReply(alter) => alter(reply, facts),
            Effect::Publish(key) if here == Point::Jwks => key().is_some_and(|key| super::edit::publish(reply, key)),
            _ => false,
        });
    }

    /// The keys that lies of this sign-in need to see published, though nobody who reads the key set is known.
    pub fn keys_to_publish(&self) -> Vec<Map> {
        let marked = self.speaking.iter().flatten().filter(|rule| rule.id == 0);
        let effects = marked.flat_map(|rule| match &rule.act {
            Act::Lie(fault, _) => fault.effects,
            Act::Answer(_) => &[],
        });
        effects
            .filter_map(|effect| match effect {
                Effect::Publish(key) => key(),
                _ => None,
            })
            .collect()
    }

    /// Tries each lie that speaks, strongest first. `alter` says whether there was something to alter; the first time that
    /// there is, the rule is spent.
    fn apply(&mut self, scene: Scene<'_>, mut alter: impl FnMut(&Effect, &mut Facts<'_>) -> bool) {
        let Some(mut speaking) = self.speaking.take() else { return };
        let mut draw = self.draw.clone().unwrap_or_default();
        speaking.retain(|rule| {
            let Act::Lie(fault, with) = &rule.act else { return false };
            let mut altered = false;
            for effect in fault.effects {
                let known = self.decided.iter().any(|decided| decided.is(rule));
                // A budget that is spent by now was spent by a request that was faster.
                if !known && rule.left() == Some(0) {
                    return false;
                }
                let Scene { now, settings, asked, case } = scene;
                let mut facts = Facts { now, settings, asked, case, with, draw: &mut draw };
                altered |= alter(effect, &mut facts);
            }
            if altered {
                self.had_its_way(rule);
            }
            true
        });
        self.speaking = Some(speaking);
        self.draw = Some(draw);
    }

    fn had_its_way(&mut self, rule: &Rule) {
        if self.decided.iter().any(|decided| decided.is(rule)) {
            return;
        }
        if rule.spend() {
            let number = (rule.id > 0).then_some(rule.id);
            self.decided.push(Decided { by: rule.name.clone(), origin: rule.origin, rule: number });
        }
    }
}

impl Decided {
    fn is(&self, rule: &Rule) -> bool {
        self.by == rule.name && self.origin == rule.origin && self.rule.unwrap_or(0) == rule.id
    }
}
