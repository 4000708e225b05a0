//! The peer with axum, which uses tokio-tungstenite. It follows axum's chat example: a broadcast
//! channel, here one per room, and two tasks per connection.
mod member;
mod options;
mod room;

use std::collections::HashMap;
use std::io::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use options::Options;
use room::Room;

const MAX_MESSAGE: usize = 64 * 1024;

struct Server {
    options: Options,
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    slow: AtomicU64, // clients that were closed because they read too slowly
}

impl Server {
    /// Returns the room with this name, and makes it at its first use. A room exists until the
    /// process ends, so that its sequence continues after the room was empty.
    fn room(&self, name: String) -> Arc<Room> {
        let mut rooms = self.rooms.lock().unwrap();
        let new = || Arc::new(Room::new(name.clone(), self.options.send_buffer));
        rooms.entry(name.clone()).or_insert_with(new).clone()
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let options = Options::parse(std::env::args().skip(1)).unwrap_or_else(|reason| {
        eprintln!("axum: {reason}");
        std::process::exit(2);
    });
    let listener = TcpListener::bind(&options.listen).await?;
    println!("peer axum serves http://{}/", listener.local_addr()?);
    let server = Arc::new(Server {
        options,
        rooms: Mutex::default(),
        slow: AtomicU64::default(),
    });
    let app = Router::new()
        .route("/ws/chat/{room}", any(chat))
        .route("/echo/raw", any(echo))
        .with_state(server.clone());
    let listener = listener.tap_io(|tcp| {
        let _ = tcp.set_nodelay(true); // fails if the client has gone already
    });
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    tokio::select! {
        result = axum::serve(listener, app).into_future() => result?,
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    let slow = server.slow.load(Ordering::Relaxed);
    if slow > 0 {
        eprintln!("axum closed {slow} slow clients");
    }
    std::process::exit(0) // connections end with the process
}

/// Sets the limits. The documentation of tungstenite advises a read buffer of 4 KiB in place of
/// 128 KiB for many connections.
fn limited(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(4096)
}

async fn chat(
    State(server): State<Arc<Server>>,
    Path(room): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let user = query
        .get("username")
        .filter(|name| !name.is_empty())
        .cloned()
        .unwrap_or("Anonymous".into());
    limited(upgrade).on_upgrade(move |socket| member::serve(server, socket, room, user))
}

async fn echo(upgrade: WebSocketUpgrade) -> Response {
    limited(upgrade).on_upgrade(|mut socket| async move {
        while let Some(Ok(message)) = socket.recv().await {
            let is_data = matches!(message, Message::Text(_) | Message::Binary(_));
            if is_data && socket.send(message).await.is_err() {
                return;
            }
        }
    })
}
