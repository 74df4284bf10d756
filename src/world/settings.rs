//! What a realm is told to be: one versioned document, changed as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use url::{Host, Url};

use crate::protocol::{ClientId, Map, Subject};
use crate::tokens::{Alg, JweAlg, KeyRing, digest_of};

use super::{
    AccessTokenFormat, AccessTokenTyp, ClaimPick, Client, Consent, Endpoint, Lifetimes, Policy, RefreshTokenFormat,
    RegistrationPolicy, SignedInUser, SigningAlg, SubjectType, TokenClaims, User,
};

/// Which claims each scope opens.
pub type ScopeClaims = BTreeMap<String, Vec<String>>;

/// Under which base the endpoints that apps call directly are published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BackChannel {
    /// The root, where the browser goes as well.
    #[default]
    Issuer,
    /// The host that discovery was asked by, so that a container is told a name that works there.
    Follow,
    /// A second URL.
    At(String),
}

impl BackChannel {
    /// Whether the host of the request is followed.
    pub fn follows(&self) -> bool {
        matches!(self, Self::Follow)
    }
}

/// The URL below which everything of a realm is, taken apart once and not for each request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootUrl {
    /// The whole, as it was configured.
    pub url: String,
    /// Scheme and authority, such as `http://localhost:7760`.
    pub origin: Arc<str>,
    /// Host and port, such as `localhost:7760`.
    pub authority: String,
    /// The path, without `/` at its end.
    pub path: String,
}

impl RootUrl {
    /// The parts of a URL.
    pub fn of(issuer: &str) -> Self {
        let Ok(url) = Url::parse(issuer) else { return Self::default() };
        let origin = url.origin().ascii_serialization();
        let authority = origin.split_once("://").map_or_else(String::new, |(_, authority)| authority.to_owned());
        Self {
            url: issuer.to_owned(),
            origin: origin.into(),
            authority,
            path: url.path().trim_end_matches('/').to_owned(),
        }
    }
}

/// Everything that is configured about one realm.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The `iss` of everything: one string, compared character by character.
    pub issuer: String,
    /// Where the realm is, taken apart. The profile fills this in.
    pub root: RootUrl,
    /// The issuer behind the root, which is nothing or a path. The profile fills this in.
    pub issuer_below_root: String,
    /// Under which base the endpoints that apps call directly are published.
    pub back_channel: BackChannel,
    /// Where each endpoint is, below the root. The profile fills this in.
    pub routes: BTreeMap<Endpoint, String>,
    /// The people, in the order in which the page shows them.
    pub users: Vec<User>,
    /// What the configuration came from: a file, a variable, the builder.
    pub source: Arc<str>,
    /// The registered clients.
    pub clients: BTreeMap<ClientId, Arc<Client>>,
    /// Whether clients must be registered even if none is, and everything is taken just as it was registered.
    pub strict: bool,
    /// Whether a secret may come in the other way than the registered one, header or body, as most providers have it.
    pub either_way_of_secret: bool,
    /// Hosts beside this machine, with those under them, where an app that nobody registered may have redirect URIs.
    pub redirect_hosts: Vec<String>,
    /// Hosts that may be called beside this machine and those of registered clients, with those under them; `*` is every one.
    pub outgoing_hosts: Vec<String>,
    /// Whether the people are the examples, so that whoever is typed in is made up on the spot.
    pub invents_people: bool,
    /// The `typ` of access tokens that are for an API, by the API's name.
    pub resource_typs: BTreeMap<String, AccessTokenTyp>,
    /// Which claims each scope opens.
    pub scopes: ScopeClaims,
    /// Which apps may register themselves.
    pub registration: RegistrationPolicy,
    /// Claims that are sent unasked to every client.
    pub claims: TokenClaims,
    /// Which `sub` clients see. The profile fills this in.
    pub subject_type: SubjectType,
    /// The provider's choices.
    pub policy: Policy,
    /// Who signs in where a page would be shown: a person, or `login_hint` for whom the app names.
    pub auto_login: Option<String>,
    /// A token that is known beforehand.
    pub static_token: Option<super::StaticToken>,
    /// The keys.
    pub keys: KeyRing,
}

impl Settings {
    /// An endpoint's URL.
    pub fn url_of(&self, endpoint: Endpoint) -> String {
        self.url_below(&self.root.url, endpoint)
    }

    /// An endpoint's URL below another base than the root.
    pub fn url_below(&self, base: &str, endpoint: Endpoint) -> String {
        format!("{}{}", base.trim_end_matches('/'), self.routes.get(&endpoint).map_or("", String::as_str))
    }

    /// An endpoint's path.
    pub fn path_of(&self, endpoint: Endpoint) -> String {
        format!("{}{}", self.root.path, self.routes.get(&endpoint).map_or("", String::as_str))
    }

    /// The path of the root, `/` left out at the end: what every endpoint's path begins with.
    pub fn root_path(&self) -> &str {
        &self.root.path
    }

    /// Whether any client id and secret with a loopback redirect URI will do.
    pub fn accepts_any_client(&self) -> bool {
        !self.strict && self.clients.values().all(|client| client.registered.is_some())
    }

    /// The client of this name, registered or not. An app that registered itself speaks for no other, so whoever needed no
    /// registration before needs none after it either; but what once was registered here, and is not any more, is unknown.
    pub fn client(&self, id: &str) -> Option<Arc<Client>> {
        let open = || self.accepts_any_client() && !id.starts_with(Client::ISSUED);
        self.clients.get(id).cloned().or_else(|| open().then(|| Arc::new(Client::unregistered(id))))
    }

    /// The `sub` that a client sees of a person.
    pub fn subject_for(&self, client: &ClientId, sub: &Subject) -> Subject {
        match self.subject_type(client) {
            SubjectType::Public => sub.clone(),
            SubjectType::Pairwise => digest_of(&[self.sector(client).as_str(), sub.as_str(), &self.issuer]).into(),
        }
    }

    /// The person whom a client means by a `sub`.
    pub fn person_behind(&self, client: &ClientId, seen: &str) -> Subject {
        let meant = |user: &&User| self.subject_for(client, &user.sub).as_str() == seen;
        match self.subject_type(client) {
            SubjectType::Public => seen.into(),
            SubjectType::Pairwise => self.users.iter().find(meant).map_or_else(|| seen.into(), |user| user.sub.clone()),
        }
    }

    fn subject_type(&self, client: &ClientId) -> SubjectType {
        let registered = self.clients.get(client.as_str()).and_then(|client| client.subject_type);
        registered.unwrap_or(self.subject_type)
    }

    /// The clients that see the same person under the same `sub`: those of one host, [Core §8.1](https://openid.net/specs/openid-connect-core-1_0.html#PairwiseAlg).
    fn sector(&self, client: &ClientId) -> String {
        let host = self.clients.get(client.as_str()).and_then(|client| client.sector());
        host.unwrap_or_else(|| client.to_string())
    }

    /// The person of this subject.
    pub fn user(&self, sub: &Subject) -> Option<&User> {
        self.users.iter().find(|user| user.sub == *sub)
    }

    /// Whether someone who signed in before may still: known, unless the claims came with the sign-in, and not locked.
    pub fn may_sign_in(&self, person: &SignedInUser) -> bool {
        self.user(&person.sub).map_or(person.claims.is_some(), |user| !user.locked)
    }

    /// Whether an app that nobody registered may have this redirect URI.
    pub fn may_redirect_to(&self, uri: &Url) -> bool {
        let allowed = || uri.host_str().is_some_and(|host| self.redirect_hosts.iter().any(|known| below(host, known)));
        matches!(uri.scheme(), "http" | "https") && (is_loopback(uri) || allowed())
    }

    /// Whether this address may be called from here: this machine, the hosts of registered clients, and those that the configuration
    /// names. Whoever registers itself brings in no host but those that it may be sent back to.
    pub fn may_call(&self, uri: &Url) -> bool {
        let Some(host) = uri.host_str() else { return false };
        let mut named = self.redirect_hosts.iter().chain(&self.outgoing_hosts);
        let of_clients = || self.clients.values().any(|client| client.hosts().any(|known| known == host));
        is_loopback(uri) || named.any(|known| known == "*" || below(host, known)) || of_clients()
    }

    /// Whether what a client has is still good: it is registered, or none need be.
    pub fn knows_client(&self, id: &ClientId) -> bool {
        self.clients.contains_key(id) || self.accepts_any_client() && !id.as_str().starts_with(Client::ISSUED)
    }

    /// What is known about a person now.
    pub fn claims_of<'a>(&'a self, person: &'a SignedInUser) -> Option<&'a Map> {
        match &person.claims {
            Some(claims) => Some(claims),
            None => self.user(&person.sub).map(|user| &user.claims),
        }
    }

    /// How long things are good for with this client.
    pub fn lifetimes(&self, client: &Client) -> Lifetimes {
        client.lifetimes.unwrap_or(self.policy.lifetimes)
    }

    /// Whether people are asked before this client learns something.
    pub fn consent(&self, client: &Client) -> Consent {
        client.consent.unwrap_or(self.policy.consent)
    }

    /// What this client's access tokens look like.
    pub fn access_token_format(&self, client: &Client) -> AccessTokenFormat {
        client.access_token_format.unwrap_or(self.policy.access_token_format)
    }

    /// The `typ` of this client's JWT access tokens. An API that was named in the request is told by it that
    /// [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068#section-2.1) is meant; many libraries refuse it where it is not awaited.
    pub fn access_token_typ(&self, client: &Client, audience: &[String], named: bool) -> AccessTokenTyp {
        let of_resource = audience.iter().find_map(|resource| self.resource_typs.get(resource));
        let configured = of_resource.copied().or(client.access_token_typ).or(self.policy.access_token_typ);
        let default = if named || self.strict { AccessTokenTyp::AtJwt } else { AccessTokenTyp::Jwt };
        configured.unwrap_or(default)
    }

    /// What this client's refresh tokens look like.
    pub fn refresh_token_format(&self, client: &Client) -> RefreshTokenFormat {
        client.refresh_token_format.unwrap_or(self.policy.refresh_token_format)
    }

    /// The scopes that open a claim.
    pub fn scopes_opening<'a>(&'a self, claim: &'a str) -> impl Iterator<Item = &'a str> {
        let opens = move |(_, claims): &(&String, &Vec<String>)| claims.iter().any(|name| name == claim);
        self.scopes.iter().filter(opens).map(|(scope, _)| scope.as_str())
    }

    /// The person whose name is nearest to one that nobody has.
    pub fn nearest_person(&self, typed: &str) -> Option<&User> {
        let names_of = |user: &'_ User| -> Vec<String> {
            let claims = ["email", "preferred_username"].into_iter().filter_map(|claim| user.text(claim));
            claims.chain(user.username.as_deref()).chain([user.sub.as_str()]).map(str::to_owned).collect()
        };
        let named: Vec<(String, &User)> =
            self.users.iter().flat_map(|user| names_of(user).into_iter().map(move |name| (name, user))).collect();
        // Everybody's address ends in the same domain, which makes no two people alike.
        let (typed, domain) = match typed.trim().rsplit_once('@') {
            Some((local, _)) => (local, &typed.trim()[local.len()..]),
            None => (typed.trim(), ""),
        };
        let own = |name: &'_ str| -> String { name.strip_suffix(domain).unwrap_or(name).to_owned() };
        let named: Vec<(String, &User)> = named.into_iter().map(|(name, user)| (own(&name), user)).collect();
        let near = crate::protocol::nearest(typed, named.iter().map(|(name, _)| name.as_str()))?;
        named.iter().find(|(name, _)| name == near).map(|(_, user)| *user)
    }

    /// What this client's ID tokens are signed with.
    pub fn id_token_alg(&self, client: &Client) -> SigningAlg {
        client.id_token_signed_response_alg.unwrap_or(SigningAlg::Signed(self.policy.signing_alg))
    }

    /// What this client's logout tokens are signed with: as its ID tokens, but signed in any case,
    /// [Back-Channel Logout §2.6](https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation).
    pub fn logout_token_alg(&self, client: &Client) -> Alg {
        self.id_token_alg(client).signed().unwrap_or(self.policy.signing_alg)
    }

    /// What this client's access tokens are signed with. An API cannot know a client's secret, so HS256 is not for them.
    pub fn access_token_alg(&self, client: &Client) -> Alg {
        let alg = client.access_token_signed_response_alg.unwrap_or(self.policy.signing_alg);
        if alg == Alg::HS256 { Alg::RS256 } else { alg }
    }

    /// Whether something here is signed by this algorithm.
    pub fn signs_by(&self, alg: Alg) -> bool {
        let by_client = |client: &Arc<Client>| {
            let wanted = [client.id_token_signed_response_alg, client.userinfo_signed_response_alg];
            client.access_token_signed_response_alg == Some(alg) || wanted.contains(&Some(alg.into()))
        };
        self.policy.signing_alg == alg || self.clients.values().any(by_client)
    }

    /// Whether some app encrypts its request objects by this algorithm.
    pub fn encrypted_by(&self, alg: JweAlg) -> bool {
        self.clients.values().any(|client| client.request_object_encryption_alg == Some(alg))
    }

    /// The claims that a configuration sends unasked, with their values for this person.
    pub fn unasked(&self, client: Option<&Client>, kind: impl Fn(&TokenClaims) -> &Vec<ClaimPick>, known: &Map) -> Map {
        let mut claims = Map::new();
        let of_client = client.into_iter().flat_map(|client| kind(&client.claims));
        for pick in kind(&self.claims).iter().chain(of_client) {
            match pick {
                ClaimPick::OfPerson(name) => {
                    if let Some(value) = known.get(name).filter(|value| !is_blank(value)) {
                        claims.insert(name.clone(), value.clone());
                    }
                }
                ClaimPick::Fixed(fixed) => {
                    let said = fixed.iter().filter(|(_, value)| !is_blank(value));
                    claims.extend(said.map(|(name, value)| (name.clone(), value.clone())));
                }
            }
        }
        claims
    }
}

/// `null` and `""` are left out of every token: "the Claim … SHOULD be omitted", [Core §5.3.2](https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse).
pub(crate) fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("") || value.as_object().is_some_and(serde_json::Map::is_empty)
}

impl Settings {
    /// The claims that these scopes open, with their values for this person.
    pub fn opened_by<'a>(&self, scopes: impl Iterator<Item = &'a str>, known: &Map) -> Map {
        let mut claims = Map::with_capacity(known.len());
        for name in scopes.filter_map(|scope| self.scopes.get(scope)).flatten() {
            if let Some(value) = known.get(name).filter(|value| !is_blank(value)) {
                claims.insert(name.clone(), value.clone());
            }
        }
        claims
    }
}

/// Whether a host is this one, or under it.
fn below(host: &str, known: &str) -> bool {
    host == known || host.strip_suffix(known).is_some_and(|sub| sub.ends_with('.'))
}

/// Whether a URL leads to this very machine: the loopback addresses, `localhost` and names under it,
/// [RFC 6761 §6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3).
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
