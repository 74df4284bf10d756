//! How a section of a specification is called for short.

/// The short name of a section's link, such as `RFC 6749 4.1.3` or `OpenID Connect Core`.
pub fn section_name(link: &str) -> String {
    if let Some((number, section)) = link.split_once("/rfc/rfc").and_then(|(_, rest)| rest.split_once('#')) {
        let section = section.trim_start_matches("section-").replace("appendix-", "appendix ");
        return format!("RFC {number} {section}");
    }
    const DOCUMENTS: [(&str, &str); 7] = [
        ("openid-connect-core", "OpenID Connect Core"),
        ("openid-connect-discovery", "OpenID Connect Discovery"),
        ("openid-connect-rpinitiated", "RP-Initiated Logout"),
        ("openid-connect-frontchannel", "Front-Channel Logout"),
        ("openid-connect-backchannel", "Back-Channel Logout"),
        ("oauth-v2-multiple-response-types", "OAuth Response Types"),
        ("oauth-v2-form-post", "OAuth Form Post"),
    ];
    let known = DOCUMENTS.iter().find(|(part, _)| link.contains(part)).map(|(_, name)| *name);
    known.unwrap_or("the specification").to_owned()
}
