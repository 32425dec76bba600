use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::*;
use crate::auth::Role;
use crate::ids::{SessionId, UserId};

struct Signer {
    kid: &'static str,
    key: SigningKey,
}

impl Signer {
    fn new(kid: &'static str, seed: u8) -> Self {
        Signer { kid, key: SigningKey::from_bytes(&[seed; 32]) }
    }

    fn public(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes());
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": x})
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.kid})
    }

    /// Signs whatever header and claims, also those that no library would.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let der = self.key.to_pkcs8_der().unwrap();
        let key = EncodingKey::from_ed_der(der.as_bytes());
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }
}

struct Stage {
    signer: Signer,
    clock: Clock,
    revocations: Revocations,
    verifier: TokenVerifier,
    session: SessionId,
}

fn config(auth_url: &str) -> TokensConfig {
    TokensConfig { auth_url: auth_url.into(), issuer: "helpdesk".into(), audience: "helpdesk".into() }
}

fn key_set(signers: &[&Signer]) -> JwkSet {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.public()).collect();
    serde_json::from_value(json!({ "keys": keys })).unwrap()
}

fn stage() -> Stage {
    let clock = Clock::fixed("2026-01-31T10:00:00Z".parse().unwrap());
    let (signer, revocations) = (Signer::new("one", 1), Revocations::new(clock.clone()));
    revocations.set_loaded();
    let keys = key_set(&[&signer]);
    let verifier = TokenVerifier::with_keys(&config(""), revocations.clone(), clock.clone(), keys);
    let session = SessionId::at(clock.now());
    Stage { signer, clock, revocations, verifier, session }
}

impl Stage {
    fn claims(&self) -> Value {
        let (now, user) = (self.clock.now().timestamp(), UserId::at(self.clock.now()));
        json!({
            "userId": user, "email": "a@example.com", "role": "agent", "iat": now, "nbf": now, "exp": now + 3600,
            "iss": "helpdesk", "aud": "helpdesk", "sub": user, "jti": "j", "sid": self.session,
        })
    }

    fn token(&self) -> String {
        self.signer.sign(&self.signer.header(), &self.claims())
    }

    fn token_with(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let (mut header, mut claims) = (self.signer.header(), self.claims());
        change(&mut header, &mut claims);
        self.signer.sign(&header, &claims)
    }
}

fn is_invalid<T>(outcome: &Result<T, TokenError>) -> bool {
    matches!(outcome, Err(TokenError::Invalid(_)))
}

#[tokio::test]
async fn a_token_of_auth_names_its_caller() {
    let stage = stage();
    let token = stage.token();
    for _ in 0..2 {
        let caller = stage.verifier.verify(&token).await.unwrap();
        assert_eq!(
            (caller.role, caller.email.as_str(), caller.token()),
            (Role::Agent, "a@example.com", token.as_str())
        );
        assert_eq!(caller.session_id, stage.session);
        assert!(!format!("{caller:?}").contains(&token));
    }
}

#[tokio::test]
async fn a_header_that_asks_to_be_believed_is_refused() {
    let stage = stage();
    let jwk = Signer::new("evil", 9).public();
    let headers = [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("typ", json!("JWT")),
        ("typ", json!("refresh+jwt")),
        ("typ", Value::Null),
        ("kid", json!("another")),
        ("kid", Value::Null),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("jwk", jwk),
        ("crit", json!(["exp"])),
        ("zip", json!("DEF")),
    ];
    for (name, value) in headers {
        let token = stage.token_with(|header, _| match value.is_null() {
            true => drop(header.as_object_mut().unwrap().remove(name)),
            false => header[name] = value.clone(),
        });
        assert!(is_invalid(&stage.verifier.verify(&token).await), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_signature_of_another_key_or_kind_is_refused() {
    let stage = stage();
    let evil = Signer::new("one", 9);
    assert!(is_invalid(&stage.verifier.verify(&evil.sign(&evil.header(), &stage.claims())).await));
    // The public key as an HMAC secret: the classic confusion of algorithms.
    let public = stage.signer.key.verifying_key();
    let mut header = jsonwebtoken::Header::new(Algorithm::HS256);
    (header.kid, header.typ) = (Some("one".into()), Some("at+jwt".into()));
    let secret = EncodingKey::from_secret(public.as_bytes());
    let confused = jsonwebtoken::encode(&header, &stage.claims(), &secret).unwrap();
    assert!(is_invalid(&stage.verifier.verify(&confused).await));
    let token = stage.token();
    let (message, _) = token.rsplit_once('.').unwrap();
    let unsigned = format!("{message}.");
    let swapped = format!("{}.{}.x", token.split('.').next().unwrap(), URL_SAFE_NO_PAD.encode("{}"));
    let long = "a".repeat(LONGEST_TOKEN + 1);
    for bad in
        [unsigned.as_str(), swapped.as_str(), "", "a", "a.b", "a.b.c", "....", &token[1..], long.as_str()]
    {
        assert!(is_invalid(&stage.verifier.verify(bad).await), "{bad}");
    }
}

#[tokio::test]
async fn every_claim_counts() {
    let stage = stage();
    let now = stage.clock.now().timestamp();
    let other = json!(UserId::at(stage.clock.now()));
    let claims = [
        ("iss", json!("someone")),
        ("aud", json!("someone")),
        ("nbf", json!(now + 60)),
        ("sub", other),
        ("role", json!("root")),
        ("exp", json!("soon")),
        ("exp", json!(i64::MAX)),
        ("sid", json!("x")),
    ];
    for (name, value) in claims {
        let token = stage.token_with(|_, claims| claims[name] = value.clone());
        assert!(is_invalid(&stage.verifier.verify(&token).await), "{name}: {value}");
    }
    for name in ["exp", "nbf", "iss", "aud", "sub", "sid", "userId", "role"] {
        let token = stage.token_with(|_, claims| drop(claims.as_object_mut().unwrap().remove(name)));
        assert!(is_invalid(&stage.verifier.verify(&token).await), "without {name}");
    }
    let token = stage.token_with(|_, claims| claims["exp"] = json!(now));
    assert_eq!(stage.verifier.verify(&token).await.unwrap_err(), TokenError::Expired);
}

#[tokio::test]
async fn what_was_verified_still_expires_and_can_be_revoked() {
    let stage = stage();
    let token = stage.token();
    stage.verifier.verify(&token).await.unwrap();
    stage.revocations.revoke(stage.session, stage.clock.now() + chrono::Duration::minutes(1));
    assert_eq!(stage.verifier.verify(&token).await.unwrap_err(), TokenError::Revoked);
    stage.clock.advance(chrono::Duration::hours(1));
    assert_eq!(stage.verifier.verify(&token).await.unwrap_err(), TokenError::Expired);
}

#[tokio::test]
async fn nobody_is_let_in_before_the_list_of_ended_sessions_is_there() {
    let stage = stage();
    let unloaded = Revocations::new(stage.clock.clone());
    let keys = key_set(&[&stage.signer]);
    let verifier = TokenVerifier::with_keys(&config(""), unloaded.clone(), stage.clock.clone(), keys);
    let outcome = verifier.verify(&stage.token()).await;
    assert!(matches!(outcome, Err(TokenError::Unavailable(_))));
    unloaded.set_loaded();
    assert!(verifier.verify(&stage.token()).await.is_ok());
}

#[tokio::test]
async fn a_withdrawn_key_is_no_longer_believed() {
    let stage = stage();
    let (token, second) = (stage.token(), Signer::new("two", 2));
    stage.verifier.verify(&token).await.unwrap();
    stage.verifier.set_keys(key_set(&[&stage.signer, &second]));
    stage.verifier.verify(&token).await.unwrap();
    stage.verifier.set_keys(key_set(&[&second]));
    assert!(is_invalid(&stage.verifier.verify(&token).await));
    assert!(stage.verifier.verify(&second.sign(&second.header(), &stage.claims())).await.is_ok());
}

/// Stands in for auth: serves a set of keys, and counts how often it is asked.
struct Auth {
    url: String,
    keys: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

fn auth(keys: &JwkSet) -> Auth {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let keys = Arc::new(Mutex::new(serde_json::to_string(keys).unwrap()));
    let asked = Arc::new(AtomicUsize::new(0));
    let (answer, count) = (keys.clone(), asked.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            count.fetch_add(1, Ordering::SeqCst);
            let body = answer.lock().unwrap().clone();
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    Auth { url, keys, asked }
}

#[tokio::test]
async fn keys_are_fetched_from_auth_and_unknown_ones_asked_for_rarely() {
    let stage = stage();
    let auth = auth(&key_set(&[&stage.signer]));
    let verifier = TokenVerifier::new(&config(&auth.url), stage.revocations.clone(), stage.clock.clone());
    assert_eq!(verifier.waiting_for(), Some("token keys"));
    assert!(verifier.verify(&stage.token()).await.is_ok());
    assert_eq!((verifier.waiting_for(), auth.asked.load(Ordering::SeqCst)), (None, 1));
    let stranger = Signer::new("stranger", 9);
    for _ in 0..20 {
        let token = stranger.sign(&stranger.header(), &stage.claims());
        assert!(is_invalid(&verifier.verify(&token).await));
    }
    assert_eq!(
        auth.asked.load(Ordering::SeqCst),
        1,
        "within five seconds of the last time nobody asks again"
    );
}

#[tokio::test]
async fn what_auth_cannot_say_is_503_and_what_it_once_said_stays() {
    let stage = stage();
    // Nobody listens there.
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let verifier = TokenVerifier::new(
        &config(&format!("http://{nowhere}")),
        stage.revocations.clone(),
        stage.clock.clone(),
    );
    assert!(matches!(verifier.verify(&stage.token()).await, Err(TokenError::Unavailable(_))));

    let auth = auth(&key_set(&[&stage.signer]));
    let keys = Keys::of_auth(&auth.url);
    keys.fetch().await.unwrap();
    *auth.keys.lock().unwrap() = "<html>".into();
    assert!(keys.fetch().await.is_err());
    *auth.keys.lock().unwrap() = r#"{"keys": []}"#.into();
    assert!(!keys.fetch().await.unwrap());
    assert!(!keys.is_empty());
}
