//! The least that an axum handler can do: answer so many bytes.

use std::net::TcpListener;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

/// `STANDIN_BENCH_BARE` holds the sizes of the answers, separated by commas; each is at `/0`, `/1`, ….
#[expect(clippy::disallowed_methods, reason = "it is how the benchmark tells itself what to be")]
pub(crate) fn serve() {
    let sizes = std::env::var("STANDIN_BENCH_BARE").expect("sizes");
    let mut router = Router::new();
    for (index, size) in sizes.split(',').enumerate() {
        let body = "x".repeat(size.parse().expect("a size"));
        let answer = move || async move { ([(CONTENT_TYPE, "application/json")], body) };
        router = router.route(&format!("/{index}"), get(answer));
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    listener.set_nonblocking(true).expect("a socket");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        axum::serve(listener, router).await.expect("served");
    });
}
