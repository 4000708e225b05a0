//! The peer with axum, which uses tokio-tungstenite. It follows axum's chat example: a broadcast
//! channel, here one per room, and two tasks per connection.
mod options;
mod room;

use std::collections::HashMap;
use std::io::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::any;
use axum::serve::ListenerExt;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, interval_at, timeout};

use axum::extract::ws::Utf8Bytes;
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
    let server = Arc::new(Server { options, rooms: Mutex::default(), slow: AtomicU64::default() });
    let app = Router::new()
        .route("/ws/chat/{room}", any(chat))
        .route("/echo/raw", any(echo))
        .with_state(server.clone());
    let listener = listener.tap_io(|tcp| {
        let _ = tcp.set_nodelay(true); // fails if the client has gone already
    });
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
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
    upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE).read_buffer_size(4096)
}

async fn chat(
    State(server): State<Arc<Server>>,
    Path(room): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let user = query.get("username").filter(|name| !name.is_empty()).cloned().unwrap_or("Anonymous".into());
    limited(upgrade).on_upgrade(move |socket| member(server, socket, room, user))
}

/// Serves one member. As in the chat example, the end of one task ends the other.
async fn member(server: Arc<Server>, socket: WebSocket, room: String, user: String) {
    let room = server.room(room);
    let (sender, receiver) = socket.split();
    let period = server.options.ping_period;
    let mut writer = tokio::spawn(write(server.clone(), sender, room.subscribe()));
    tokio::select! {
        _ = &mut writer => {}
        _ = read(receiver, &room, &user, period) => writer.abort(),
    }
}

/// Publishes the texts of a client until it leaves. A client that is silent for two ping periods
/// is gone, or does not read: it would have answered a ping.
async fn read(mut receiver: SplitStream<WebSocket>, room: &Room, user: &str, period: Duration) {
    loop {
        let next = if period.is_zero() { Ok(receiver.next().await) } else { timeout(2 * period, receiver.next()).await };
        match next {
            Ok(Some(Ok(Message::Text(text)))) => room.publish(user, &text),
            Ok(Some(Ok(_))) => {}
            _ => return,
        }
    }
}

/// Sends the room's messages, and pings.
async fn write(server: Arc<Server>, mut sender: SplitSink<WebSocket, Message>, mut messages: Receiver<Utf8Bytes>) {
    let period = server.options.ping_period;
    let mut ping = (!period.is_zero()).then(|| interval_at(Instant::now() + period, period));
    loop {
        let message = tokio::select! {
            received = messages.recv() => match received {
                Ok(text) => Message::Text(text),
                Err(RecvError::Lagged(_)) => {
                    server.slow.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                Err(RecvError::Closed) => return,
            },
            _ = async { ping.as_mut().unwrap().tick().await }, if ping.is_some() => Message::Ping(Default::default()),
        };
        if sender.send(message).await.is_err() {
            return;
        }
    }
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
