//! One member of a room: a task that reads and a task that writes.
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{Instant, interval_at, timeout};

use crate::Server;
use crate::room::Room;

/// Serves one member. As in the chat example, the end of one task ends the other.
pub async fn serve(server: Arc<Server>, socket: WebSocket, room: String, user: String) {
    let room = server.room(room);
    let (sender, receiver) = socket.split();
    let period = server.options.ping_period;
    let writer = Writer {
        server,
        sender,
        messages: room.subscribe(),
    };
    let mut writing = tokio::spawn(writer.run());
    tokio::select! {
        _ = &mut writing => {}
        _ = read(receiver, &room, &user, period) => writing.abort(),
    }
}

/// Publishes the texts of a client until it leaves. A client that is silent for two ping periods
/// is gone, or does not read: it would have answered a ping.
async fn read(mut receiver: SplitStream<WebSocket>, room: &Room, user: &str, period: Duration) {
    loop {
        let next = if period.is_zero() {
            Ok(receiver.next().await)
        } else {
            timeout(2 * period, receiver.next()).await
        };
        match next {
            Ok(Some(Ok(Message::Text(text)))) => room.publish(user, &text),
            Ok(Some(Ok(_))) => {}
            _ => return,
        }
    }
}

/// Sends the room's messages to one member, and pings.
struct Writer {
    server: Arc<Server>,
    sender: SplitSink<WebSocket, Message>,
    messages: Receiver<Utf8Bytes>,
}

/// The writing ends: the connection is closed, or the member has fallen behind.
struct Ended;

impl From<axum::Error> for Ended {
    fn from(_: axum::Error) -> Ended {
        Ended
    }
}

impl Writer {
    async fn run(mut self) {
        let period = self.server.options.ping_period;
        let mut ping = (!period.is_zero()).then(|| interval_at(Instant::now() + period, period));
        loop {
            let sent = tokio::select! {
                received = self.messages.recv() => match received {
                    Ok(text) => self.send(text).await,
                    Err(RecvError::Lagged(_)) => self.slow(),
                    Err(RecvError::Closed) => Err(Ended),
                },
                _ = async { ping.as_mut().unwrap().tick().await }, if ping.is_some() => {
                    self.sender.send(Message::Ping(Default::default())).await.map_err(Ended::from)
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }

    /// Sends a message. With `--join-writes`, those that wait behind it go out in the same write: they
    /// meet in tungstenite's write buffer, which has 128 KiB.
    async fn send(&mut self, text: Utf8Bytes) -> Result<(), Ended> {
        self.sender.feed(Message::Text(text)).await?;
        while self.server.options.join_writes {
            match self.messages.try_recv() {
                Ok(text) => self.sender.feed(Message::Text(text)).await?,
                Err(TryRecvError::Lagged(_)) => return self.slow(),
                Err(_) => break,
            }
        }
        Ok(self.sender.flush().await?)
    }

    fn slow(&self) -> Result<(), Ended> {
        self.server.slow.fetch_add(1, Ordering::Relaxed);
        Err(Ended)
    }
}
