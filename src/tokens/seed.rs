//! The first random number of a process is dear: the library gathers entropy from the machine's jitter before it.

use std::thread;

/// Has the library seed itself at the side, which takes some 20 ms of CPU time, so that the first signature does not wait for it. Who signs
/// meanwhile waits for the rest of that time.
pub fn seed_randomness() {
    let seed = || {
        let _ = aws_lc_rs::rand::fill(&mut [0; 32]);
    };
    // A machine that has no thread to spare seeds itself at the first signature.
    let _ = thread::Builder::new().name("standin-seed".into()).spawn(seed);
}
