//! Pages, as what they say rather than how they look.

use url::Url;

use super::Return;

/// A page.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a reply has its page in a box")]
pub enum Page {
    /// Who are you?
    SignIn(SignInPage),
    /// May this app know and do that?
    Consent(ConsentPage),
    /// Something was wrong.
    Error(ErrorPage),
    /// Do you want to sign out?
    SignOut(SignOutPage),
    /// You are signed out.
    SignedOut(SignedOutPage),
    /// One more step before the app gets its answer.
    Step(StepPage),
    /// Is the sign-in still the same? Nobody sees it: apps ask.
    CheckSession(CheckSessionAnswer),
}

/// A page between the sign-in and the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepPage {
    /// What is asked.
    pub title: &'static str,
    /// Why.
    pub sentence: &'static str,
    /// What the button says.
    pub button: &'static str,
    /// What the app gets then.
    pub back: Return,
}

/// What the page answers that apps ask whether the sign-in is still the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckSessionAnswer {
    /// What is true.
    #[default]
    Honest,
    /// That it is another, whatever is true.
    Changed,
    /// That the question cannot be understood.
    Error,
    /// Nothing.
    Silent,
}

impl CheckSessionAnswer {
    /// Its name on the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::Changed => "changed",
            Self::Error => "error",
            Self::Silent => "silent",
        }
    }
}

/// The app on whose behalf a page is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppOnPage {
    /// `client_name`, or the id where there is none.
    pub name: String,
    /// `client_id`
    pub id: String,
    /// Where the answer will go, without `http://` and query: host and port, and the path.
    pub returns_to: (String, String),
    /// `logo_uri`, `policy_uri`, `tos_uri`
    pub links: Vec<(&'static str, String)>,
}

impl AppOnPage {
    /// The app's picture.
    pub fn logo(&self) -> Option<&str> {
        self.links.iter().find(|(label, _)| *label == "logo").map(|(_, url)| url.as_str())
    }

    /// What there is to read about the app: label and link.
    pub fn links_to_read(&self) -> Vec<(&'static str, &str)> {
        self.links.iter().filter(|(label, _)| *label != "logo").map(|(label, url)| (*label, url.as_str())).collect()
    }

    /// The letter where there is no picture.
    pub fn letter(&self) -> String {
        let last_word = self.name.split_whitespace().last().unwrap_or("?");
        last_word.chars().take(1).flat_map(char::to_uppercase).collect()
    }
}

/// A person on the sign-in page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonOnPage {
    /// `sub`
    pub sub: String,
    /// The name to show.
    pub name: String,
    /// Up to two letters.
    pub initials: String,
    /// The person's place in the configuration, from 1 on: the key that chooses them, however the page is sorted.
    pub number: usize,
    /// The line under the name.
    pub note: String,
    /// Whether this person is always refused.
    pub trap: bool,
    /// What the filter looks in, in lower case.
    pub find: String,
}

impl PersonOnPage {
    /// The name, cut where it would fill the page.
    pub fn short_name(&self) -> String {
        const MOST: usize = 60;
        match self.name.char_indices().nth(MOST) {
            Some((end, _)) => format!("{}…", &self.name[..end]),
            None => self.name.clone(),
        }
    }
}

/// A parameter of the request, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The parameter's name.
    pub name: String,
    /// Its value, shortened.
    pub value: String,
    /// What it is for.
    pub sentence: String,
    /// The section's short name and link, if a specification names the parameter.
    pub source: Option<(&'static str, &'static str)>,
}

/// What the claim editor shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editor {
    /// Whose claims.
    pub person: PersonOnPage,
    /// The claims, those first that are changed most.
    pub rows: Vec<Row>,
    /// What was typed to add a claim, if the editor is shown again.
    pub added: String,
    /// The what-ifs that were ticked, if the editor is shown again.
    pub ticked: Vec<String>,
    /// Name and label of each what-if, and what it makes of which rows.
    pub what_ifs: Vec<WhatIf>,
}

/// A prepared change: its name, its label, and the rows that it changes with what they hold then.
pub(crate) type WhatIf = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// A claim in the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The claim.
    pub name: String,
    /// What the configuration says, as it is typed.
    pub configured: String,
    /// What the field holds.
    pub value: String,
    /// Which scopes of the request, or of any, open it, in words.
    pub opened_by: String,
}

impl Row {
    /// What becomes of the claim.
    pub fn said(&self) -> &str {
        match (self.value == self.configured, self.value.is_empty()) {
            (true, _) => &self.opened_by,
            (false, true) => "left out: emptied here",
            (false, false) => "sent: changed here",
        }
    }
}

impl SignInPage {
    /// Whether something that was typed is to be mended.
    pub fn asks_to_mend(&self) -> bool {
        self.editor.is_none() && self.notice.as_ref().is_some_and(|notice| !notice.good)
    }

    /// Whether it is this person whose claims are edited.
    pub fn edits(&self, sub: &str) -> bool {
        self.editor.as_ref().is_some_and(|editor| editor.person.sub == sub)
    }
}

impl Editor {
    /// Whether a what-if was ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        self.ticked.iter().any(|ticked| ticked == name)
    }

    /// How many rows are there at once; the others scroll.
    pub const FIRST: usize = 5;

    /// The rows that are there at once.
    pub fn first(&self) -> &[Row] {
        &self.rows[..self.rows.len().min(Self::FIRST)]
    }

    /// The others.
    pub fn more(&self) -> &[Row] {
        self.rows.get(Self::FIRST..).unwrap_or_default()
    }
}

/// Why a page is shown again, or what is odd about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is wrong.
    pub sentence: String,
    /// What to do.
    pub hint: String,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
    /// Whether whoever was typed can be made up all the same.
    pub anyway: Option<String>,
    /// Whether it is good news.
    pub good: bool,
}

/// The sign-in page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInPage {
    /// Who asks.
    pub app: AppOnPage,
    /// The visit that the forms answer.
    pub interaction: String,
    /// Whom one can be with a click.
    pub people: Vec<PersonOnPage>,
    /// The claim editor in place of the people.
    pub editor: Option<Editor>,
    /// The request as a query, so that it can be made again.
    pub again: String,
    /// What the app wants of this sign-in, in words: `prompt`, `max_age`, `acr_values`.
    pub wants: Vec<String>,
    /// The filter, where there are so many people that one is needed, and how many people there are.
    pub filter: Option<(String, usize)>,
    /// The host that the page was asked for by, and the issuer, if forms that come from there will be refused.
    pub foreign_host: Option<(String, String)>,
    /// Why the page is shown again.
    pub notice: Option<Notice>,
    /// What the username field holds at first, `login_hint`.
    pub username: String,
    /// Who is signed in already.
    pub signed_in: Option<String>,
    /// The lies that can be told later: name, label, what is altered.
    pub lies: Vec<(&'static str, &'static str, &'static str)>,
    /// The request, explained.
    pub explained: Vec<Explained>,
    /// Whether any client is accepted.
    pub open_to_any_client: bool,
}

/// A scope on the consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeOnPage {
    /// The scope.
    pub scope: String,
    /// What it allows, in words.
    pub title: String,
    /// The claims that it opens.
    pub detail: String,
    /// Whether it cannot be left out.
    pub required: bool,
    /// Each claim that it adds to UserInfo, with its value.
    pub claims: Vec<(String, String)>,
    /// How many claims it opens of which this person has none.
    pub empty: usize,
}

/// The consent page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentPage {
    /// Who asks.
    pub app: AppOnPage,
    /// The visit that the form answers.
    pub interaction: String,
    /// Who is asked.
    pub person: PersonOnPage,
    /// What is asked for.
    pub scopes: Vec<ScopeOnPage>,
    /// The request as a query, so that it can be made again.
    pub again: String,
    /// Single claims that are asked for beyond the scopes.
    pub single_claims: Vec<String>,
    /// Claims that were set for this sign-in, and so are shared whatever is ticked.
    pub told: Vec<(String, String)>,
    /// Claims of this person that are not shared, with the scopes that would open each.
    pub unshared: Vec<(String, String)>,
    /// Whether the answer can be kept.
    pub can_remember: bool,
}

/// An error page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorPage {
    /// The OAuth error.
    pub error: &'static str,
    /// What is wrong.
    pub sentence: String,
    /// The app that asked, if it is known.
    pub app: Option<String>,
    /// The value that came, in three parts: the middle one is where it differs from what would have been accepted.
    pub got: Option<[String; 3]>,
    /// What would have been accepted, in the same way.
    pub expected: Option<[String; 3]>,
    /// What was probably meant.
    pub suggestion: Option<Suggestion>,
    /// What to do.
    pub hint: String,
    /// Where it is written: the section's short name and its link.
    pub section: (String, &'static str),
    /// Whether it was an app that sent the browser here, and hears nothing of this.
    pub from_an_app: bool,
}

/// What was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// A word, and a link to the same with that word.
    Word(String, Option<String>),
    /// A command to copy.
    Command(String),
    /// A link to begin again.
    Again(String),
}

/// The page that asks whether to sign out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOutPage {
    /// The visit that the form answers.
    pub interaction: String,
    /// Who is signed in.
    pub person: Option<String>,
    /// The app that asks, if it said.
    pub app: Option<String>,
    /// The request as a query, so that it can be made again.
    pub again: String,
}

/// The page after signing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOutPage {
    /// Whether there was someone to sign out.
    pub was_signed_in: bool,
    /// Whether the person chose to stay signed in.
    pub stayed: bool,
    /// The app that asked, and where it wants the browser to go.
    pub back: Option<(String, Return)>,
    /// The pages of apps that are opened, unseen: the app's name, and where.
    pub frames: Vec<(String, Url)>,
    /// Whether the browser goes back by itself, once those were loaded.
    pub goes_on: bool,
}
