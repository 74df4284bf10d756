//! Settings for other people's libraries, with this provider's values in them.

use crate::world::Settings;

/// Settings for one library. What is said about them stands above `---` in its file.
#[derive(Clone, Copy, Debug)]
pub struct Snippet {
    /// Its name, as `standin snippet` takes it.
    pub name: &'static str,
    file: &'static str,
}

macro_rules! snippets {
    ($($name:literal,)*) => {
        /// Every snippet there is.
        pub const SNIPPETS: &[Snippet] = &[
            $(Snippet { name: $name, file: include_str!(concat!("../../templates/snippets/", $name, ".txt")) },)*
        ];
    };
}

snippets! {
    "authjs",
    "express-openid-connect",
    "openid-client",
    "oidc-client-ts",
    "angular-oauth2-oidc",
    "spring-security",
    "aspnet-core",
    "django",
    "flask",
    "rails",
    "laravel",
    "go-oidc",
    "rust-openidconnect",
    "oauth2-proxy",
    "grafana",
}

/// What is put into a snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// The issuer.
    pub issuer: String,
    /// The app's name here.
    pub client_id: String,
    /// What it proves that name with.
    pub client_secret: String,
    /// Where the app itself is.
    pub app: String,
    /// Where its codes come back to.
    pub redirect_uri: String,
    /// Whether only registered apps are accepted, and none has this callback.
    pub unregistered: bool,
}

impl Values {
    /// As it is where any app is accepted.
    pub fn usual(issuer: &str, snippet: &Snippet) -> Self {
        let app = format!("http://localhost:{}", snippet.about("port"));
        Self {
            issuer: issuer.to_owned(),
            client_id: "my-app".to_owned(),
            client_secret: "my-app-secret".to_owned(),
            redirect_uri: format!("{app}{}", snippet.about("callback")),
            app,
            unregistered: false,
        }
    }

    /// With a realm's own values: those of the registered app that has this library's callback, if there is one.
    pub fn of(settings: &Settings, snippet: &Snippet) -> Self {
        let usual = Self { unregistered: !settings.accepts_any_client(), ..Self::usual(&settings.issuer, snippet) };
        let fits = |uri: &&String| url::Url::parse(uri).is_ok_and(|url| url.path() == snippet.about("callback"));
        let found =
            settings.clients.values().find_map(|client| Some((client, client.redirect_uris.iter().find(fits)?)));
        let Some((client, redirect_uri)) = found else { return usual };
        let origin = url::Url::parse(redirect_uri).map(|url| url.origin().ascii_serialization());
        Self {
            client_id: client.id.clone(),
            client_secret: client.secret.clone().unwrap_or_default(),
            app: origin.unwrap_or(usual.app),
            redirect_uri: redirect_uri.clone(),
            unregistered: false,
            ..usual
        }
    }

    /// The command that registers such an app.
    pub fn registration(&self) -> String {
        let Self { client_id, client_secret, redirect_uri, .. } = self;
        format!(
            "standin clients add {client_id} --set secret={client_secret} --set 'redirect_uris=[\"{redirect_uri}\"]'"
        )
    }
}

impl Snippet {
    /// The snippet of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SNIPPETS.iter().find(|snippet| snippet.name == name)
    }

    /// What its file says about itself under a name.
    pub fn about(&self, name: &str) -> &'static str {
        let head = self.file.split("\n---\n").next().unwrap_or_default();
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| *known == name).map_or("", |(_, value)| value.trim())
    }

    /// The library's name.
    pub fn title(&self) -> &'static str {
        self.about("title")
    }

    /// Where the text goes.
    pub fn place(&self) -> &'static str {
        self.about("place")
    }

    /// The library's switch for plain http.
    pub fn http(&self) -> &'static str {
        self.about("http")
    }

    /// The library's own documentation.
    pub fn docs(&self) -> &'static str {
        self.about("docs")
    }

    /// The text, with these values.
    pub fn filled(&self, values: &Values) -> String {
        let text = self.file.split_once("\n---\n").map_or("", |(_, text)| text);
        let filled = [
            ("%ISSUER%", &values.issuer),
            ("%CLIENT_ID%", &values.client_id),
            ("%CLIENT_SECRET%", &values.client_secret),
            ("%APP%", &values.app),
            ("%REDIRECT_URI%", &values.redirect_uri),
        ];
        filled.into_iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}
