//! Serves the pages rendered, and what `cargo leptos` built, compressed beforehand. Usage: bare ADDRESS, in this package's folder.

use axum::Router;
use bare::{App, shell};
use leptos::config::LeptosOptions;
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower_http::{compression::CompressionLayer, services::ServeDir};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let options = LeptosOptions::builder().output_name("bare").build();
    let site = ServeDir::new("target/site").precompressed_br();
    let router = Router::new()
        .leptos_routes(&options, generate_route_list(App), {
            let options = options.clone();
            move || shell(options.clone())
        })
        .layer(CompressionLayer::new())
        .fallback_service(site)
        .with_state(options);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router).await
}
