//! Chance for one realm: the machine's, or a stream that a seed repeats.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Where a realm's codes, tokens and ids come from.
#[derive(Debug, Default)]
pub struct Entropy {
    /// Shared with each request's draw: the key holds a kilobyte of HMAC's state.
    seed: Option<Arc<hmac::Key>>,
    drawn: AtomicU64,
}

impl Entropy {
    /// The same values in the same order for the same seed. Anyone who knows the seed can foretell every code: it is for
    /// tests, and never a default.
    /// Each realm has a stream of its own, named by the realm.
    pub fn seeded(seed: u64, name: &str) -> Self {
        let key = [&seed.to_be_bytes(), name.as_bytes()].concat();
        Self { seed: Some(Arc::new(hmac::Key::new(hmac::HMAC_SHA256, &key))), drawn: AtomicU64::new(0) }
    }

    /// Begins the stream anew, as a reset does.
    pub fn restart(&self) {
        self.continue_from(0);
    }

    /// How many requests have drawn.
    pub fn drawn(&self) -> u64 {
        self.drawn.load(Ordering::Relaxed)
    }

    /// Goes on where so many requests have drawn, as after a snapshot.
    pub fn continue_from(&self, drawn: u64) {
        self.drawn.store(drawn, Ordering::Relaxed);
    }

    /// The part of the stream that belongs to one request.
    pub fn draw(&self) -> Draw {
        let seed = self.seed.clone().map(|key| (key, self.drawn.fetch_add(1, Ordering::Relaxed)));
        Draw { seed, count: 0 }
    }
}

/// One request's own chance: run again, a flow draws the same values again if the realm is seeded.
#[derive(Clone, Debug, Default)]
pub struct Draw {
    seed: Option<(Arc<hmac::Key>, u64)>,
    count: u64,
}

impl Draw {
    /// 256 bits in 43 characters: for whatever opens a door.
    /// [RFC 6749 §10.10](https://www.rfc-editor.org/rfc/rfc6749#section-10.10) asks for 128.
    pub fn secret(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }

    /// 128 bits in 22 characters: for names.
    pub fn id(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(&self.bytes()[..16])
    }

    /// Another stream beside this one, for whoever must not disturb it: it begins far behind what one request draws.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { seed: self.seed.clone(), count: 1 << 32 }
    }

    /// True with this probability.
    pub fn chance(&mut self, rate: f64) -> bool {
        let bytes = self.bytes();
        let number = u32::from_be_bytes(std::array::from_fn(|at| bytes[at]));
        f64::from(number) < rate * (f64::from(u32::MAX) + 1.0)
    }

    /// 256 bits.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        match &self.seed {
            Some((key, request)) => {
                let mut block = [0; 16];
                block[..8].copy_from_slice(&request.to_be_bytes());
                block[8..].copy_from_slice(&self.count.to_be_bytes());
                bytes.copy_from_slice(hmac::sign(key, &block).as_ref());
            }
            None => getrandom::fill(&mut bytes).expect("the machine's random numbers are there"),
        }
        self.count += 1;
        bytes
    }
}
