//! What Standin costs, in the server's own CPU time and against the bare cost of the same work.
//!
//! `cargo bench` takes about two minutes; `cargo bench -- long` adds a hundred thousand sign-ins. Linux only: CPU time is
//! read from `/proc`. Ratios are of turns right after one another, since machines differ and drift.

#[cfg(target_os = "linux")]
mod bare;
#[cfg(target_os = "linux")]
mod client;
#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod secure;

#[cfg(target_os = "linux")]
fn main() {
    if std::env::var_os("STANDIN_BENCH_BARE").is_some() {
        return bare::serve();
    }
    measure::all(std::env::args().any(|arg| arg == "long"));
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("the benchmark reads CPU time from /proc, so it runs on Linux only");
}
