//! What holds for any input, tried on many.

use proptest::prelude::*;
use standin::config::{Format, parse};
use standin::protocol::{AuthorizeRequest, ClaimsRequest, Lifetime, Params, Scopes};
use standin::tokens::{Alg, KeyChoice, KeyFiles, Opened, TokenDraft};

proptest! {
    #[test]
    fn parameters_survive_being_written_and_read(pairs in proptest::collection::vec((".*", ".*"), 0..8)) {
        let params: Params = pairs.iter().cloned().collect();
        let again = Params::parse(params.to_query().as_bytes());
        prop_assert_eq!(again, params);
    }

    #[test]
    fn any_bytes_are_parameters(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let params = Params::parse(&bytes);
        let _ = params.repeated();
        let _ = AuthorizeRequest::parse(&params);
    }

    #[test]
    fn any_text_is_a_request_or_a_complaint(scope in ".*", prompt in ".*", age in ".*", claims in ".*", challenge in ".*") {
        let params: Params = [
            ("scope", scope.as_str()), ("prompt", &prompt), ("max_age", &age), ("claims", &claims), ("code_challenge", &challenge),
        ].into_iter().collect();
        let (request, _) = AuthorizeRequest::parse(&params);
        prop_assert!(request.max_age.is_none_or(|age| age >= 0));
        let _ = ClaimsRequest::parse(&claims);
    }

    #[test]
    fn scopes_keep_their_order_and_lose_their_doubles(words in proptest::collection::vec("[a-z]{1,4}", 0..12)) {
        let scopes = Scopes::from(words.join(" "));
        prop_assert_eq!(Scopes::from(scopes.to_string()), scopes.clone());
        prop_assert!(words.iter().all(|word| scopes.contains(word)));
        let mut unique: Vec<&str> = scopes.iter().collect();
        let count = unique.len();
        unique.sort_unstable();
        unique.dedup();
        prop_assert_eq!(unique.len(), count);
    }

    #[test]
    fn a_lifetime_is_written_as_it_is_read(seconds in 0_u32..100 * 365 * 86_400) {
        let lifetime = Lifetime::of_seconds(seconds);
        prop_assert_eq!(lifetime.to_string().parse::<Lifetime>(), Ok(lifetime));
    }

    #[test]
    fn any_text_is_a_lifetime_or_a_complaint(text in ".*") {
        let _ = text.parse::<Lifetime>();
    }

    #[test]
    fn any_text_is_a_token_or_none(text in ".*") {
        let _ = Opened::read(&text);
    }

    #[test]
    fn any_text_is_a_configuration_or_a_mistake_that_can_be_shown(text in "[\\[\\]{}=:\"',#a-z0-9 \n\t\u{e9}\u{0}-]{0,200}") {
        for format in [Format::Toml, Format::Yaml, Format::Json] {
            if let Err(mistake) = parse("a file", &text, format) {
                prop_assert!(mistake.to_string().contains("a file"));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_signed_is_opened_and_what_is_altered_is_not(sub in ".*", at in any::<prop::sample::Index>(), which in 0..5_usize) {
        let ring = KeyFiles::Development.open().expect("keys");
        let claims = serde_json::Map::from_iter([("sub".to_owned(), sub.clone().into())]);
        let draft = TokenDraft::new(serde_json::Map::new(), claims, KeyChoice::Current(Alg::PUBLIC[which]));
        let token = ring.sign(&draft);
        // Another ring of the same keys has no memory of having signed it.
        let stranger = KeyFiles::Development.open().expect("keys");
        let now = standin::UnixTime(0);
        let opened = stranger.open(&token, now).expect("opened");
        prop_assert_eq!(opened.claim("sub"), Some(sub.as_str()));
        let mut bytes = token.into_bytes();
        let place = at.index(bytes.len() - 4);
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(bytes).expect("ASCII");
        prop_assert!(stranger.open(&altered, now).is_err());
        prop_assert!(ring.open(&altered, now).is_err());
    }
}
