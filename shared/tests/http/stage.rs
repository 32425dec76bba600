//! A small service on a free port: notes that can be listed, made, read, changed.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, delete, get, post, put};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::auth::{Claims, Role, TokenVerifier};
use shared::clock::Clock;
use shared::config::{HttpConfig, TokensConfig};
use shared::db::Db;
use shared::http::{
    Admin, Answer, ApiError, Caller, Check, ClientAddress, FieldErrors, FieldFault, IfMatch, Input, Listing,
    MaybeCaller, MaybeValid, Module, NoFilter, Once, PathId, Problem, RequestId, Valid,
};
use shared::ids::{SessionId, TicketId, UserId};
use shared::page::{Page, PageQuery};
use shared::process::Process;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub struct Stage {
    pub url: String,
    pub process: Process,
    pub http: reqwest::Client,
    pub notes: Notes,
    pub session: SessionId,
    key: EncodingKey,
}

/// What the notes' routes share.
#[derive(Clone)]
pub struct Notes {
    /// Where notes are kept; without one they are only answered.
    pub db: Option<Db>,
    /// `/slow` answers once it gets one of these.
    pub permits: Arc<Semaphore>,
    /// How often `/flaky` was called.
    pub calls: Arc<AtomicUsize>,
}

pub async fn stage() -> Stage {
    staged(|_| {}, |module| module).await
}

/// A stage with another configuration and other checks.
pub async fn staged(configure: impl FnOnce(&mut HttpConfig), adorn: impl FnOnce(Module) -> Module) -> Stage {
    let process = Process::new(Clock::fixed("2026-01-31T10:00:00Z".parse().unwrap()));
    process.revocations.set_loaded();
    staged_on(process, None, configure, adorn).await
}

/// A stage in a process, and with a database, of the test's own.
pub async fn staged_on(
    process: Process,
    db: Option<Db>,
    configure: impl FnOnce(&mut HttpConfig),
    adorn: impl FnOnce(Module) -> Module,
) -> Stage {
    let mut config = HttpConfig {
        host: [127, 0, 0, 1].into(),
        port: 0,
        workers: 1,
        cors_origins: vec!["https://help.example.com".into()],
        trusted_proxies: Vec::new(),
        drain_delay: Duration::ZERO,
        drain: Duration::from_secs(10),
    };
    configure(&mut config);
    let signing = SigningKey::from_bytes(&[7; 32]);
    let x = URL_SAFE_NO_PAD.encode(signing.verifying_key().as_bytes());
    let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": x}]});
    let tokens =
        TokensConfig { auth_url: String::new(), issuer: "helpdesk".into(), audience: "helpdesk".into() };
    let guard = TokenVerifier::with_keys(
        &tokens,
        process.revocations.clone(),
        process.clock.clone(),
        serde_json::from_value(keys).unwrap(),
    );
    let notes = Notes { db, permits: Semaphore::new(0).into(), calls: Arc::default() };
    let app = notes.clone();
    let module = adorn(Module::new("notes", guard, move |cfg| routes(cfg, app.clone())));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = process.clone();
    process.lifecycle.spawn("http", async move {
        shared::http::serve(&config, listener, "notes", vec![module], &serving).await
    });
    let der = signing.to_pkcs8_der().unwrap();
    Stage {
        url,
        http: reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap(),
        notes,
        session: SessionId::at(process.clock.now()),
        key: EncodingKey::from_ed_der(der.as_bytes()),
        process,
    }
}

impl Stage {
    pub fn token(&self, role: Role) -> String {
        let now = self.process.clock.now();
        let user = UserId::at(now);
        let claims = Claims {
            user_id: user,
            email: "someone@example.com".into(),
            role,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: now.timestamp() + 3600,
            iss: "helpdesk".into(),
            aud: "helpdesk".into(),
            sub: user,
            jti: "j".into(),
            sid: self.session,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        (header.kid, header.typ) = (Some("one".into()), Some("at+jwt".into()));
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.url))
    }

    /// A request of a user.
    pub fn as_user(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.request(method, path).bearer_auth(self.token(Role::User))
    }

    /// A note sent by a user.
    pub fn note(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.as_user("POST", "/notes").header("content-type", "application/json").body(body)
    }
}

/// The status and the problem that a request is refused with.
pub async fn refusal(request: reqwest::RequestBuilder) -> (u16, Problem) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{status}");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_string();
    let problem: Problem = response.json().await.unwrap();
    assert_eq!((problem.status, problem.request_id.as_deref()), (status, Some(id.as_str())));
    (status, problem)
}

/// The status and code that a request is refused with.
pub async fn refused(request: reqwest::RequestBuilder) -> (u16, String) {
    let (status, problem) = refusal(request).await;
    (status, problem.code)
}

pub async fn json_of(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{}", response.status());
    response.json().await.unwrap()
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NoteIn {
    title: Option<String>,
    line_count: Option<u8>,
}

struct Title(String);

struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("at most 10 characters")
    }
}

impl FieldFault for TooLong {
    fn code(&self) -> &'static str {
        "too_long"
    }
}

impl Input for NoteIn {
    type Parsed = (Title, u8);

    fn parse(self, errors: &mut FieldErrors) -> Option<Self::Parsed> {
        let parse = |title: String| if title.len() > 10 { Err(TooLong) } else { Ok(Title(title)) };
        let title = errors.required("title", self.title).and_then(|title| errors.take("title", parse(title)));
        let lines = self.line_count.unwrap_or(1);
        if lines > 100 {
            errors.add("lineCount", "too_many", "at most 100");
        }
        Some((title?, lines))
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NoteOut {
    id: TicketId,
    title: String,
}

fn routes(cfg: &mut ServiceConfig, notes: Notes) {
    cfg.app_data(Data::new(notes))
        .service(open)
        .service(list)
        .service(get)
        .service(change)
        .service(remove)
        .service(administer)
        .service(whoami)
        .service(end)
        .service(trace)
        .service(fail)
        .service(flaky)
        .service(flaky_once)
        .service(panicking)
        .service(slow)
        .service(long)
        .service(raw);
}

#[utoipa::path(tag = "notes", request_body = NoteIn, responses((status = 201, body = NoteOut)), security(("bearer" = [])))]
#[post("/notes")]
async fn open(
    notes: Data<Notes>,
    _caller: Caller,
    input: Valid<NoteIn>,
    once: Once,
) -> Result<Answer, ApiError> {
    let once = once.answering(|note: &NoteOut| Answer::created(format!("/notes/{}", note.id), note).etag(1));
    let note = NoteOut { id: TicketId::at(Clock::system().now()), title: input.0.0.0 };
    let Some(db) = &notes.db else {
        return Ok(Answer::created(format!("/notes/{}", note.id), &note));
    };
    let tx = db.begin().await?;
    if let Some(answer) = once.claim(&tx).await? {
        return Ok(answer);
    }
    tx.execute_unprepared(&format!("insert into notes values ('{}', '{}')", note.id, note.title)).await?;
    let answer = once.answer(&tx, &note).await?;
    tx.commit().await?;
    Ok(answer)
}

#[utoipa::path(tag = "notes", responses((status = 200, body = Page<NoteOut>)), security(("bearer" = [])))]
#[get("/notes")]
async fn list(_caller: Caller, list: Listing<NoFilter>) -> Result<Answer, ApiError> {
    let query = PageQuery::parse(&list.page, &["createdAt"], "-createdAt")?;
    let page: Page<NoteOut> = Page::of(Vec::new(), query.limit, |_| unreachable!());
    Ok(Answer::ok(&page))
}

#[utoipa::path(tag = "notes", params(("id" = TicketId, Path)), responses((status = 200, body = NoteOut)), security(("bearer" = [])))]
#[get("/notes/{id}")]
async fn get(_caller: Caller, id: PathId<TicketId>) -> Result<Answer, ApiError> {
    Ok(Answer::ok(&NoteOut { id: id.0, title: "x".into() }).etag(3))
}

#[utoipa::path(tag = "notes", params(("id" = TicketId, Path)), responses((status = 200, body = NoteOut)), security(("bearer" = [])))]
#[put("/notes/{id}")]
async fn change(_caller: Caller, id: PathId<TicketId>, if_match: IfMatch) -> Result<Answer, ApiError> {
    if !if_match.allows(3) {
        return Err(ApiError::precondition_failed(3));
    }
    Ok(Answer::ok(&NoteOut { id: id.0, title: "y".into() }).etag(4))
}

#[utoipa::path(tag = "notes", params(("id" = TicketId, Path)), responses((status = 204)), security(("bearer" = [])))]
#[delete("/notes/{id}")]
async fn remove(_caller: Caller, _id: PathId<TicketId>) -> Answer {
    Answer::no_content()
}

#[utoipa::path(tag = "notes", responses((status = 200)), security(("bearer" = [])))]
#[get("/admin/notes")]
async fn administer(admin: Admin) -> Answer {
    Answer::ok(&json!({"role": admin.0.role}))
}

#[utoipa::path(tag = "notes", responses((status = 200)))]
#[get("/whoami")]
async fn whoami(caller: MaybeCaller, address: ClientAddress) -> Answer {
    Answer::ok(
        &json!({"role": caller.0.map(|caller| caller.role), "ip": address.ip, "agent": address.user_agent}),
    )
}

#[utoipa::path(tag = "notes", responses((status = 200)))]
#[get("/trace")]
async fn trace() -> Answer {
    Answer::ok(&shared::telemetry::traceparent())
}

#[utoipa::path(tag = "notes", responses((status = 204)))]
#[post("/end")]
async fn end(input: MaybeValid<NoteIn>) -> Answer {
    Answer::ok(&json!({"had": input.0.is_some()}))
}

#[utoipa::path(tag = "notes", responses((status = 200)))]
#[get("/fail")]
async fn fail() -> Result<Answer, ApiError> {
    Err(ApiError::internal("secret: postgres://helpdesk:hunter2@db"))
}

/// Fails two times of three.
#[utoipa::path(tag = "notes", responses((status = 200)))]
#[get("/flaky")]
async fn flaky(notes: Data<Notes>, id: RequestId) -> Result<Answer, ApiError> {
    match notes.calls.fetch_add(1, Ordering::SeqCst) % 3 {
        2 => Ok(Answer::ok(&json!({"requestId": id.0}))),
        _ => Err(ApiError::unavailable("not today").retry_after(Duration::ZERO)),
    }
}

#[utoipa::path(tag = "notes", responses((status = 200)))]
#[post("/flaky")]
async fn flaky_once(notes: Data<Notes>) -> Result<Answer, ApiError> {
    notes.calls.fetch_add(1, Ordering::SeqCst);
    Err(ApiError::unavailable("not today"))
}

#[utoipa::path(tag = "notes", responses((status = 200)))]
#[get("/panic")]
async fn panicking() -> Answer {
    panic!("on purpose")
}

#[utoipa::path(tag = "notes", responses((status = 200)))]
#[get("/slow")]
async fn slow(notes: Data<Notes>) -> Answer {
    notes.permits.acquire().await.unwrap().forget();
    Answer::ok(&"slow")
}

#[utoipa::path(tag = "notes", responses((status = 200)))]
#[get("/long")]
async fn long() -> Answer {
    Answer::ok(&"x".repeat(10_000))
}

/// A route that uses the framework's own extractor.
#[utoipa::path(tag = "notes", responses((status = 200)))]
#[post("/raw")]
async fn raw(number: actix_web::web::Query<Number>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/octet-stream").body(vec![number.n; 10_000])
}

#[derive(Deserialize)]
struct Number {
    n: u8,
}

/// A dependency that a test switches off.
pub fn switched(on: Arc<AtomicBool>, needed: bool) -> Check {
    let probe = move || {
        let on = on.load(Ordering::SeqCst);
        async move { if on { Ok(()) } else { Err("switched off".to_string()) } }
    };
    if needed { Check::needed(probe) } else { Check::wanted(probe) }
}
