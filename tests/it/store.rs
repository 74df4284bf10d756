//! The stores' common suite, and what memory promises beyond it.

use std::sync::Arc;

use standin::Check;
use standin::protocol::UnixTime;
use standin::realm::{Realm, RealmOptions};
use standin::store::{Memory, Store as _, Unavailable, suite};
use standin::world::{Endpoint, Method, Record, RecordKey, RememberedConsent, Request};

#[tokio::test]
async fn memory_does_what_every_store_must() {
    suite::all(|| Arc::new(Memory::default())).await;
}

#[tokio::test]
async fn memory_is_bounded_and_forgets_first_what_is_oldest() {
    let memory = Memory::of_bytes(1 << 20);
    for n in 0..20_000_i64 {
        let change = (Some(Arc::new(RememberedConsent::default().into())), UnixTime(1_000 + n));
        let name = RecordKey::Code(format!("code-{n}").as_str().into());
        assert!(memory.commit(vec![(name, 0, change)], UnixTime(0)).await.expect("commits"));
    }
    assert!(memory.bytes() <= 1 << 20, "{}", memory.bytes());
    assert!(memory.len() > 100, "{}", memory.len());
    // A code lives shorter than all that is there, and is what somebody needs next.
    let code = RecordKey::Code("needed-next".into());
    let change = (Some(Arc::new(RememberedConsent::default().into())), UnixTime(10));
    assert!(memory.commit(vec![(code.clone(), 0, change)], UnixTime(0)).await.expect("commits"));
    for n in 0..200_i64 {
        let change = (Some(Arc::new(RememberedConsent::default().into())), UnixTime(1_000_000 + n));
        let name = RecordKey::Code(format!("later-{n}").as_str().into());
        assert!(memory.commit(vec![(name, 0, change)], UnixTime(0)).await.expect("commits"));
    }
    let kept = memory.load(&[code], UnixTime(0)).await.expect("loads");
    assert!(kept[0].record.is_some(), "a full store still serves whoever is signing in");
    let newest = memory.load(&[RecordKey::Code("code-19999".into())], UnixTime(0)).await.expect("loads");
    assert!(newest[0].record.is_some());
}

#[tokio::test]
async fn memory_lets_go_of_what_has_expired() {
    let memory = Memory::default();
    for n in 0..1_000_i64 {
        let change = (Some(Arc::new(RememberedConsent::default().into())), UnixTime(n + 1));
        let name = RecordKey::Code(format!("code-{n}").as_str().into());
        assert!(memory.commit(vec![(name, 0, change)], UnixTime(n)).await.expect("commits"));
    }
    assert!(memory.len() < 200, "each insertion cleans up a little: {}", memory.len());
}

/// A store that is not there.
#[derive(Debug)]
struct Gone;

#[async_trait::async_trait]
impl standin::store::Store for Gone {
    async fn load(&self, _: &[RecordKey], _: UnixTime) -> Result<Vec<standin::world::Versioned>, Unavailable> {
        Err(Unavailable("gone".into()))
    }

    async fn commit(&self, _: Vec<(RecordKey, u64, standin::world::Change)>, _: UnixTime) -> Result<bool, Unavailable> {
        Err(Unavailable("gone".into()))
    }

    async fn all(&self, _: UnixTime) -> Result<Vec<(RecordKey, Arc<Record>, UnixTime)>, Unavailable> {
        Err(Unavailable("gone".into()))
    }

    async fn clear(&self) -> Result<(), Unavailable> {
        Err(Unavailable("gone".into()))
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_a_503_and_no_panic() {
    let emulator = crate::harness::registered().start().await;
    let provider = emulator.provider();
    let realm = Realm::open(RealmOptions {
        name: "broken".into(),
        config: provider.config(),
        source: "the test".into(),
        root_url: emulator.issuer(),
        keys: provider.settings().keys.clone(),
        store: Arc::new(Gone),
        outbox: Arc::new(standin::http::HttpOutbox::default()),
        remembered: standin::realm::Remembered { entries: 1, bytes: 1 << 20 },
    })
    .expect("a realm");
    let asked = Request {
        endpoint: Endpoint::Token,
        method: Method::Post,
        params: [
            ("grant_type", "client_credentials"),
            ("client_id", "web"),
            ("client_secret", "s3cret"),
            ("code", "x"),
        ]
        .into_iter()
        .collect(),
        json: None,
        credential: None,
        browser: None,
        base: emulator.issuer().into(),
        cross_origin: false,
        former_cookie: false,
        path: "/token".into(),
        host: "localhost".into(),
        reads: standin::world::Reads::Anything,
        unreadable: None,
    };
    let (reply, entry) = realm.exchange(&asked, standin::flows::token, realm.settings()).await;
    assert_eq!(reply.status, 503);
    assert_eq!(entry.refused.as_ref().map(|refused| refused.check), Some(Check::StoreAnswers));
}

/// Keeps what `Memory` keeps, and counts who asked for it.
#[derive(Debug, Default)]
struct Counting(std::sync::Mutex<Vec<(String, bool)>>);

impl standin::store::Stores for Counting {
    fn open(&self, realm: &str, room: standin::store::Room) -> Arc<dyn standin::store::Store> {
        self.0.lock().expect("a list").push((realm.to_owned(), room.shared));
        Arc::new(Memory::of_mib(room.mib))
    }
}

#[tokio::test]
async fn whoever_starts_a_provider_hands_in_where_each_realm_keeps_its_records() {
    let stores = Arc::new(Counting::default());
    let own = |name: &str| standin::Config { name: Some(name.into()), ..standin::Config::default() };
    let idp = crate::harness::registered().stores(Arc::clone(&stores) as _).realm(own("first")).start().await;
    idp.open_realm(&own("later")).expect("a realm");
    let opened = stores.0.lock().expect("a list").clone();
    assert_eq!(opened, [("default".to_owned(), false), ("first".to_owned(), true), ("later".to_owned(), true)]);
    crate::harness::tokens(&idp, &[], "alice").await;
}
