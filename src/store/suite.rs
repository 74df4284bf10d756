//! What every store must do. Each backend's tests call [`all`] with stores of its own.

use std::sync::Arc;

use crate::protocol::{Scopes, UnixTime};
use crate::world::{Change, Record, RecordKey, RememberedConsent};

use super::Store;

const NOW: UnixTime = UnixTime(1_000);
const LATER: UnixTime = UnixTime(2_000);

/// Runs the whole suite, on a fresh store for each part.
///
/// # Panics
/// When the store does not do what it must.
pub async fn all(fresh: impl Fn() -> Arc<dyn Store>) {
    what_is_committed_is_loaded(fresh()).await;
    an_unknown_name_has_version_zero(fresh()).await;
    a_change_on_a_stale_version_is_refused(fresh()).await;
    a_commit_is_all_or_nothing(fresh()).await;
    a_new_name_does_not_overwrite(fresh()).await;
    an_expired_record_is_gone(fresh()).await;
    a_forgotten_record_is_gone(fresh()).await;
    a_name_used_again_has_another_version(fresh()).await;
    of_many_takers_one_wins(fresh()).await;
    clearing_forgets_all(fresh()).await;
}

fn name(text: &str) -> RecordKey {
    RecordKey::Code(text.into())
}

fn record(text: &str) -> Change {
    let record: Record = RememberedConsent { scopes: Scopes::from(text) }.into();
    (Some(Arc::new(record)), LATER)
}

async fn version(store: &Arc<dyn Store>, text: &str, now: UnixTime) -> u64 {
    store.load(&[name(text)], now).await.expect("loads")[0].version
}

async fn commit(store: &Arc<dyn Store>, changes: Vec<(RecordKey, u64, Change)>) -> bool {
    store.commit(changes, NOW).await.expect("commits")
}

async fn what_is_committed_is_loaded(store: Arc<dyn Store>) {
    assert!(commit(&store, vec![(name("a"), 0, record("one")), (name("b"), 0, record("two"))]).await);
    let loaded = store.load(&[name("b"), name("a")], NOW).await.expect("loads");
    assert_eq!(loaded[0].record, record("two").0, "records come in the order of their names");
    assert_eq!(loaded[1].record, record("one").0);
}

async fn an_unknown_name_has_version_zero(store: Arc<dyn Store>) {
    let loaded = store.load(&[name("nobody")], NOW).await.expect("loads");
    assert_eq!((loaded[0].version, &loaded[0].record), (0, &None));
}

async fn a_change_on_a_stale_version_is_refused(store: Arc<dyn Store>) {
    assert!(commit(&store, vec![(name("a"), 0, record("one"))]).await);
    let seen = version(&store, "a", NOW).await;
    assert!(commit(&store, vec![(name("a"), seen, record("two"))]).await);
    assert!(!commit(&store, vec![(name("a"), seen, record("three"))]).await);
    assert_eq!(store.load(&[name("a")], NOW).await.expect("loads")[0].record, record("two").0);
}

async fn a_commit_is_all_or_nothing(store: Arc<dyn Store>) {
    assert!(commit(&store, vec![(name("a"), 0, record("one"))]).await);
    assert!(!commit(&store, vec![(name("b"), 0, record("two")), (name("a"), 0, record("two"))]).await);
    assert_eq!(version(&store, "b", NOW).await, 0, "nothing of a refused commit is kept");
}

async fn a_new_name_does_not_overwrite(store: Arc<dyn Store>) {
    assert!(commit(&store, vec![(name("a"), 0, record("one"))]).await);
    assert!(!commit(&store, vec![(name("a"), 0, record("two"))]).await);
}

async fn an_expired_record_is_gone(store: Arc<dyn Store>) {
    assert!(commit(&store, vec![(name("a"), 0, record("one"))]).await);
    assert_ne!(version(&store, "a", UnixTime(LATER.0 - 1)).await, 0);
    assert_eq!(version(&store, "a", LATER).await, 0);
}

async fn a_forgotten_record_is_gone(store: Arc<dyn Store>) {
    assert!(commit(&store, vec![(name("a"), 0, record("one"))]).await);
    let seen = version(&store, "a", NOW).await;
    assert!(commit(&store, vec![(name("a"), seen, (None, NOW))]).await);
    assert_eq!(version(&store, "a", NOW).await, 0);
}

async fn a_name_used_again_has_another_version(store: Arc<dyn Store>) {
    assert!(commit(&store, vec![(name("a"), 0, record("one"))]).await);
    let first = version(&store, "a", NOW).await;
    assert!(commit(&store, vec![(name("a"), first, (None, NOW))]).await);
    assert!(commit(&store, vec![(name("a"), 0, record("one"))]).await);
    assert!(!commit(&store, vec![(name("a"), first, record("two"))]).await, "an old sight of the name must not count");
}

async fn of_many_takers_one_wins(store: Arc<dyn Store>) {
    assert!(commit(&store, vec![(name("a"), 0, record("one"))]).await);
    let seen = version(&store, "a", NOW).await;
    let takers: Vec<_> = (0..100)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { commit(&store, vec![(name("a"), seen, (None, NOW))]).await })
        })
        .collect();
    let mut winners = 0;
    for taker in takers {
        winners += usize::from(taker.await.expect("ends"));
    }
    assert_eq!(winners, 1);
}

async fn clearing_forgets_all(store: Arc<dyn Store>) {
    assert!(commit(&store, vec![(name("a"), 0, record("one"))]).await);
    store.clear().await.expect("clears");
    assert_eq!(version(&store, "a", NOW).await, 0);
}
