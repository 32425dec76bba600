//! Tickets, as far as files knows it: who may see which ticket.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use shared::ids::TicketId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers `GET /tickets/{id}` by a table of tokens and tickets.
#[derive(Clone, Default)]
pub struct Tickets {
    seen: Arc<Mutex<HashSet<(String, String)>>>,
    asked: Arc<AtomicUsize>,
}

impl Tickets {
    pub async fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let tickets = Self::default();
        let table = tickets.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n")
                    && socket.read_buf(&mut request).await.is_ok_and(|read| read > 0)
                {}
                let answer = table.answer(&String::from_utf8_lossy(&request));
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        (tickets, url)
    }

    pub fn show(&self, token: &str, ticket: TicketId) {
        self.seen.lock().unwrap().insert((token.to_owned(), ticket.to_string()));
    }

    pub fn hide(&self, token: &str, ticket: TicketId) {
        self.seen.lock().unwrap().remove(&(token.to_owned(), ticket.to_string()));
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn answer(&self, request: &str) -> String {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let id =
            request.strip_prefix("GET /tickets/").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        let token = request.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.trim_start_matches("Bearer ").to_owned())
        });
        let seen = self.seen.lock().unwrap().contains(&(token.unwrap_or_default(), id.to_owned()));
        let (status, body) = match seen {
            true => ("200 OK", format!(r#"{{"id":"{id}","title":"The printer","status":"OPEN"}}"#)),
            false => ("404 Not Found", r#"{"code":"not_found"}"#.to_owned()),
        };
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}
