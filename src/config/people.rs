//! Five people who each teach something.

use serde_json::json;

use crate::world::User;

/// An admin with every standard claim, a reader, one with a non-ASCII name and no email, and one who is always refused.
/// The fifth, someone brand new, is made on the spot. Addresses end in example.com: some apps refuse `.test` and `.local`.
pub fn example_people() -> Vec<User> {
    vec![alice(), bob(), cagla(), locked()]
}

fn alice() -> User {
    User::new("alice")
        .claim("name", "Alice Adams")
        .claim("given_name", "Alice")
        .claim("family_name", "Adams")
        .claim("middle_name", "Beatrice")
        .claim("nickname", "Ali")
        .claim("preferred_username", "alice")
        .claim("profile", "https://example.com/people/alice")
        .claim("picture", "https://example.com/people/alice.png")
        .claim("website", "https://alice.example.com")
        .claim("email", "alice@example.com")
        .claim("email_verified", true)
        .claim("gender", "female")
        .claim("birthdate", "1990-04-01")
        .claim("zoneinfo", "Europe/Berlin")
        .claim("locale", "en-GB")
        .claim("phone_number", "+49 30 5550101")
        .claim("phone_number_verified", true)
        .claim(
            "address",
            json!({
                "formatted": "Musterstraße 1\n10115 Berlin\nGermany",
                "street_address": "Musterstraße 1",
                "locality": "Berlin",
                "postal_code": "10115",
                "country": "Germany"
            }),
        )
        .claim("updated_at", 1_735_689_600)
        .claim("roles", json!(["admin", "editor"]))
        .claim("groups", json!(["staff"]))
}

fn bob() -> User {
    User::new("bob")
        .claim("name", "Bob Reyes")
        .claim("given_name", "Bob")
        .claim("family_name", "Reyes")
        .claim("preferred_username", "bob")
        .claim("email", "bob@example.com")
        .claim("email_verified", true)
        .claim("roles", json!(["reader"]))
}

fn cagla() -> User {
    User::new("cagla")
        .claim("name", "Çağla Özdemir-Nguyễn")
        .claim("given_name", "Çağla")
        .claim("family_name", "Özdemir-Nguyễn")
        .claim("preferred_username", "cagla")
}

fn locked() -> User {
    let mut lena = User::new("locked")
        .claim("name", "Lena Locked")
        .claim("given_name", "Lena")
        .claim("family_name", "Locked")
        .claim("preferred_username", "locked")
        .claim("email", "lena@example.com")
        .claim("email_verified", true);
    lena.locked = true;
    lena
}
