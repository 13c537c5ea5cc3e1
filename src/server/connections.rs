//! Connections: accepted, served, and at the end of the server seen through. As `axum::serve`, except that nobody may take for ever to say what they want.

mod impatient;

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, serve::Listener};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::Service, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};

use impatient::Impatient;

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub patience: Duration,
    /// How many there may be at a time. Whoever comes then waits until one ends; that of a stranger who asks nothing does, after [`PATIENCE`].
    pub most: usize,
}

/// How long the head of a request may take, and so how long a connection is kept that asks nothing, and how long nobody may read of an answer. Longer than proxies keep theirs (nginx: 60 s), so that it
/// is they who close, and none sends a request to a server that is closing.
pub const PATIENCE: Duration = Duration::from_secs(75);

/// As many bytes may stand before a body; hyper may read as much again before it sees that there are more, and answers 431 by itself. Far beyond our own limit: a
/// hundred cookies of full length, so that whoever has too many is told, and let out.
const LARGEST_HEAD: usize = 408 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self { patience: PATIENCE, most: 16_384 }
    }
}

/// Serves until `stop` resolves, and then finishes what has begun.
pub async fn serve(mut listener: TcpListener, app: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let app = TowerToHyperService::new(app);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.patience).max_buf_size(LARGEST_HEAD);
    let places = Arc::new(Semaphore::new(limits.most));
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            // Never closed, so there is one sooner or later.
            let place = Arc::clone(&places).acquire_owned().await;
            (Listener::accept(&mut listener).await, place)
        };
        let ((stream, from), place): ((_, SocketAddr), _) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        // Without this an answer of two segments waits 40 ms for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        let answer = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(from));
            app.call(request.map(Body::new))
        });
        let connection =
            connections.watch(http.serve_connection(TokioIo::new(Impatient::new(stream, limits.patience)), answer));
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::oneshot,
        time::{sleep, timeout},
    };

    use super::*;

    const SOON: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(10);

    /// A server whose one route takes a while, and what stops it.
    async fn server() -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let slow = || async {
            sleep(2 * SOON).await;
            "here"
        };
        let app = Router::new().route("/", get(slow));
        let stopped = async move { _ = stopped.await };
        let limits = Limits { patience: SOON, most: 2 };
        (at, stop, tokio::spawn(serve(listener, app, limits, stopped)))
    }

    async fn rest(stream: &mut TcpStream) -> String {
        let mut answer = String::new();
        timeout(LONG, stream.read_to_string(&mut answer)).await.expect("the server closes").unwrap();
        answer
    }

    #[tokio::test]
    async fn who_never_comes_to_the_end_of_the_headers_is_cut_off() {
        let (at, _stop, _serving) = server().await;
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
        assert!(!rest(&mut stream).await.contains("200 OK"));
    }

    #[tokio::test]
    async fn what_has_begun_is_answered_though_the_server_stops() {
        let (at, stop, serving) = server().await;
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        sleep(SOON / 2).await;
        stop.send(()).unwrap();
        assert!(rest(&mut stream).await.ends_with("here"));
        timeout(LONG, serving).await.expect("nothing is left").unwrap();
    }
}
