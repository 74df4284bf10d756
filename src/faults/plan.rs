//! The rules that speak in one request, applied at four seams.

use serde_json::Value;

use crate::protocol::Params;
use crate::reply::{Body, Reply};
use crate::tokens::TokenDraft;
use crate::world::PersonAnswer;

use super::rule::{DraftEdit, Effect, Origin, ReplyEdit, Rule, Seam, SignatureEdit};

/// Whom an answer is for and about: what rules are matched against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// `client_id`
    pub client: String,
    /// `sub`, once it is known.
    pub user: Option<String>,
    /// What was chosen on the sign-in page.
    pub marks: Vec<String>,
}

/// A rule that had its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The rule's name.
    pub by: String,
    /// Who made it.
    pub origin: Origin,
}

/// The rules for one request, strongest first.
#[derive(Debug, Default)]
pub struct Plan {
    rules: Vec<Rule>,
    decided: Vec<Decided>,
}

impl Plan {
    pub(super) const fn new(rules: Vec<Rule>) -> Self {
        Self { rules, decided: Vec::new() }
    }

    /// What had its way so far.
    pub fn decided(&self) -> &[Decided] {
        &self.decided
    }

    /// Seam Person: an answer in the person's place. It is spent only when [`Self::spend_person`] says that it was used.
    pub fn person(&self, client: &str) -> Option<PersonAnswer> {
        self.rules.iter().find_map(|rule| match &rule.effect {
            Effect::Person(answer) if rule.when.fits(client, None) => Some(answer.clone()),
            _ => None,
        })
    }

    /// The answer in the person's place was used.
    pub fn spend_person(&mut self, client: &str) {
        let rule =
            self.rules.iter().find(|rule| matches!(rule.effect, Effect::Person(_)) && rule.when.fits(client, None));
        if let Some(rule) = rule.filter(|rule| rule.spend()) {
            self.decided.push(Decided { by: rule.name.clone(), origin: rule.origin });
        }
    }

    /// Seam Draft.
    pub fn edit_draft(&mut self, seam: Seam, draft: &mut TokenDraft, case: &Case) {
        self.apply(case, |effect| match effect {
            Effect::Draft(at, edit) if *at == seam => edit.apply(draft),
            _ => false,
        });
    }

    /// Seam Signature.
    pub fn spoil(&mut self, seam: Seam, token: &mut String, case: &Case) {
        self.apply(case, |effect| match effect {
            Effect::Signature(at, SignatureEdit::Corrupt) if *at == seam => corrupt(token),
            _ => false,
        });
    }

    /// Seam Reply.
    pub fn edit_reply(&mut self, reply: &mut Reply, case: &Case) {
        self.apply(case, |effect| match effect {
            Effect::Reply(edit) => edit.apply(reply),
            _ => false,
        });
    }

    /// Tries each rule that fits, those of the sign-in page first. `edit` says whether there was something to alter.
    fn apply(&mut self, case: &Case, mut edit: impl FnMut(&Effect) -> bool) {
        if self.rules.is_empty() && case.marks.is_empty() {
            return;
        }
        let chosen = case.marks.iter().filter_map(|mark| Rule::of_fault(mark, Origin::SignInPage));
        let fitting = self.rules.iter().filter(|rule| rule.when.fits(&case.client, case.user.as_deref())).cloned();
        for rule in chosen.chain(fitting) {
            if edit(&rule.effect) && rule.spend() {
                self.decided.push(Decided { by: rule.name.clone(), origin: rule.origin });
            }
        }
    }
}

impl DraftEdit {
    fn apply(&self, draft: &mut TokenDraft) -> bool {
        match self {
            Self::Append(claim, text) => match draft.claims.get_mut(*claim) {
                Some(Value::String(value)) => value.push_str(text),
                _ => return false,
            },
            Self::Set(claim, value) => drop(draft.claims.insert((*claim).to_owned(), (*value).into())),
        }
        true
    }
}

impl ReplyEdit {
    fn apply(&self, reply: &mut Reply) -> bool {
        let Self::AppendToReturn(name, text) = self;
        let Body::Return(back) = &mut reply.body else { return false };
        if back.params.get(name).is_none() {
            return false;
        }
        let altered =
            |(n, v): (&str, &str)| (n.to_owned(), if n == *name { format!("{v}{text}") } else { v.to_owned() });
        back.params = back.params.iter().map(altered).collect::<Params>();
        true
    }
}

/// Alters one character in the middle of the signature, so that every bit of it means something.
fn corrupt(token: &mut String) -> bool {
    let Some(dot) = token.rfind('.') else { return false };
    let middle = dot + 1 + (token.len() - dot) / 2;
    let other = if token.as_bytes().get(middle) == Some(&b'A') { "B" } else { "A" };
    if middle >= token.len() {
        return false;
    }
    token.replace_range(middle..=middle, other);
    true
}
