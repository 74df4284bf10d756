//! The stores' common suite, and what memory promises beyond it.

use std::sync::Arc;

use standin::protocol::UnixTime;
use standin::store::{Memory, Store as _, suite};
use standin::world::{Name, Standing};

#[tokio::test]
async fn memory_does_what_every_store_must() {
    suite::all(|| Arc::new(Memory::default())).await;
}

#[tokio::test]
async fn memory_is_bounded_and_forgets_first_what_would_expire_first() {
    let memory = Memory::with_capacity(640);
    for n in 0..20_000_i64 {
        let change = (Some(Arc::new(Standing::default().into())), UnixTime(1_000 + n));
        let name = Name::Code(format!("code-{n}").as_str().into());
        assert!(memory.commit(vec![(name, 0, change)], UnixTime(0)).await.expect("commits"));
    }
    assert!(memory.len() <= 640, "{}", memory.len());
    let newest = memory.load(&[Name::Code("code-19999".into())], UnixTime(0)).await.expect("loads");
    assert!(newest[0].record.is_some());
}

#[tokio::test]
async fn memory_lets_go_of_what_has_expired() {
    let memory = Memory::default();
    for n in 0..1_000_i64 {
        let change = (Some(Arc::new(Standing::default().into())), UnixTime(n + 1));
        let name = Name::Code(format!("code-{n}").as_str().into());
        assert!(memory.commit(vec![(name, 0, change)], UnixTime(n)).await.expect("commits"));
    }
    assert!(memory.len() < 200, "each insertion cleans up a little: {}", memory.len());
}
