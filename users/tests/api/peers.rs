//! A stage on which auth, files and the exports of all are played by their contracts: well, frozen, slow or refusing. The
//! true ones are met in the journeys.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use shared::testing::TestCaller;

/// How the others are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// They take a call and never answer.
    Frozen,
    /// They answer after this long.
    Slow(Duration),
    /// They refuse everything, with this status and code.
    Refusing(u16, &'static str),
}

/// The others, on one port.
#[derive(Clone)]
pub struct Peers {
    pub url: String,
    state: Arc<Mutex<State>>,
    server: Arc<Mutex<Option<ServerHandle>>>,
}

struct State {
    keys: String,
    mood: Mood,
    accounts: BTreeMap<String, Value>,
    pictures: BTreeMap<String, (String, usize)>,
    calls: Vec<String>,
}

impl Peers {
    /// Starts them; `keys` is where the world publishes the keys that auth would.
    pub async fn start(keys: &str) -> Self {
        let keys = reqwest::get(format!("{keys}/.well-known/jwks.json")).await.unwrap().text().await.unwrap();
        let state = Arc::new(Mutex::new(State {
            keys,
            mood: Mood::Well,
            accounts: BTreeMap::new(),
            pictures: BTreeMap::new(),
            calls: Vec::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let peers = Self { url, state, server: Arc::default() };
        let shown = peers.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(shown.clone()))
                .app_data(web::PayloadConfig::new(4 << 20))
                .route("/.well-known/jwks.json", web::get().to(jwks))
                .route("/auth/users/{id}/{what}", web::put().to(change_account))
                .route("/auth/users/{id}", web::delete().to(delete_account))
                .route("/files/avatars/{id}", web::put().to(store_picture))
                .route("/files/avatars/{id}", web::delete().to(remove_picture))
                .route("/{service}/export", web::get().to(export))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
        *peers.server.lock().unwrap() = Some(server.handle());
        #[allow(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(server);
        peers
    }

    /// From now on they are so.
    pub fn turn(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// Stops them: nobody listens any more.
    pub async fn stop(&self) {
        let server = self.server.lock().unwrap().take();
        server.expect("they run").stop(false).await;
    }

    /// Makes an account known to auth.
    pub fn account(&self, caller: &TestCaller, role: &str) {
        let account =
            json!({"id": caller.id, "email": caller.email, "role": role, "isActive": true, "version": 1});
        self.state().accounts.insert(caller.id.to_string(), account);
    }

    pub fn has_account(&self, caller: &TestCaller) -> bool {
        self.state().accounts.contains_key(&caller.id.to_string())
    }

    /// The media type and the size of somebody's picture.
    pub fn picture(&self, caller: &TestCaller) -> Option<(String, usize)> {
        self.state().pictures.get(&caller.id.to_string()).cloned()
    }

    /// The calls so far, as in `PUT /files/avatars/1`.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does as the mood has it; the answer, where it is not the usual one.
    async fn greet(&self, request: &HttpRequest) -> Option<HttpResponse> {
        self.state().calls.push(format!("{} {}", request.method(), request.path()));
        let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        assert!(
            token.is_some_and(|token| token.starts_with("Bearer ey")),
            "the caller's own token is passed on"
        );
        let mood = self.state().mood;
        match mood {
            Mood::Well => None,
            Mood::Frozen => std::future::pending().await,
            Mood::Slow(pause) => {
                let _ = tokio::time::timeout(pause, std::future::pending::<()>()).await;
                None
            }
            Mood::Refusing(status, code) => Some(problem(status, code)),
        }
    }
}

fn problem(status: u16, code: &str) -> HttpResponse {
    let body = json!({"type": "t", "title": "t", "status": status, "code": code});
    HttpResponse::build(status.try_into().unwrap()).json(body)
}

async fn jwks(peers: Data<Peers>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(peers.state().keys.clone())
}

async fn change_account(
    peers: Data<Peers>,
    request: HttpRequest,
    path: Path<(String, String)>,
    body: web::Json<Value>,
) -> HttpResponse {
    if let Some(answer) = peers.greet(&request).await {
        return answer;
    }
    let (id, what) = path.into_inner();
    let mut state = peers.state();
    let Some(account) = state.accounts.get_mut(&id) else { return problem(404, "not_found") };
    let field = if what == "role" { "role" } else { "isActive" };
    if account[field] != body[field] {
        account[field] = body[field].clone();
        account["version"] = json!(account["version"].as_i64().unwrap() + 1);
    }
    HttpResponse::Ok().json(&*account)
}

async fn delete_account(peers: Data<Peers>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    if let Some(answer) = peers.greet(&request).await {
        return answer;
    }
    match peers.state().accounts.remove(&*id) {
        Some(_) => HttpResponse::NoContent().finish(),
        None => problem(404, "not_found"),
    }
}

async fn store_picture(
    peers: Data<Peers>,
    request: HttpRequest,
    id: Path<String>,
    bytes: Bytes,
) -> HttpResponse {
    if let Some(answer) = peers.greet(&request).await {
        return answer;
    }
    let kind = request.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
    let url = format!("/files/avatars/{id}?v={:016x}", bytes.len());
    let answer =
        json!({"userId": *id, "url": url, "mimeType": kind, "fileSize": bytes.len(), "fileHash": "00"});
    peers.state().pictures.insert(id.into_inner(), (kind, bytes.len()));
    HttpResponse::Ok().json(answer)
}

async fn remove_picture(peers: Data<Peers>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    if let Some(answer) = peers.greet(&request).await {
        return answer;
    }
    peers.state().pictures.remove(&*id);
    HttpResponse::NoContent().finish()
}

async fn export(peers: Data<Peers>, request: HttpRequest, service: Path<String>) -> HttpResponse {
    match peers.greet(&request).await {
        Some(answer) => answer,
        None => HttpResponse::Ok().json(json!({"of": *service, "number": 1})),
    }
}
