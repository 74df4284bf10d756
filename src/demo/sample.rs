//! The sample apps by name.

/// One sample app.
#[derive(Debug, PartialEq, Eq)]
pub struct Sample {
    /// What people call it.
    pub name: &'static str,
    /// Its letter.
    pub mark: &'static str,
    /// Its `client_id`.
    pub client_id: &'static str,
    /// Its `client_secret`.
    pub client_secret: &'static str,
    /// Its cookie: ports do not keep cookies of `localhost` apart.
    pub(super) cookie: &'static str,
    /// Its colour, as a class of the page.
    pub(super) class: &'static str,
    /// The port that it is known by.
    pub port: u16,
}

/// Acme Notes.
pub const NOTES: &Sample = &Sample {
    name: "Acme Notes",
    mark: "N",
    client_id: "notes-web",
    client_secret: "notes-web-secret",
    cookie: "acme-notes",
    class: "notes",
    port: 3000,
};

/// Acme Calendar.
pub const CALENDAR: &Sample = &Sample {
    name: "Acme Calendar",
    mark: "C",
    client_id: "calendar-web",
    client_secret: "calendar-web-secret",
    cookie: "acme-calendar",
    class: "calendar",
    port: 3001,
};

/// What the API calls itself where it asks about tokens: id and secret.
pub const API_CLIENT: (&str, &str) = ("notes-api", "notes-api-secret");
