//! The fault of a name, or the name that was probably meant.

use crate::protocol::nearest;

use super::catalog::{FaultKind, all, find};
use super::test_identity::{TEST_IDENTITIES, TestIdentityEffect};

impl FaultKind {
    /// The lie of this name, or a sentence that names the likely one.
    pub fn named(id: &str) -> Result<&'static Self, String> {
        find(id).ok_or_else(|| {
            let wanted = id.to_ascii_lowercase();
            let by_word = TEST_IDENTITIES.iter().find_map(|(word, _, tag)| match tag {
                TestIdentityEffect::Fault(fault) if *word == wanted => Some(*fault),
                _ => None,
            });
            let near = by_word.or_else(|| nearest(&wanted, all().map(|fault| fault.id)));
            let hint = near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            format!("There is no fault `{id}`.{hint}")
        })
    }
}
