use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::{
    auth::Role,
    clock::Clock,
    ids::{EventId, SessionId, UserId},
};

/// A key of the world's own, published where services look for keys.
pub(super) struct Issuer {
    pub url: String,
    key: EncodingKey,
    clock: Clock,
    server: ServerHandle,
}

const KEY_ID: &str = "world";

impl Issuer {
    pub(super) async fn start(clock: Clock) -> Self {
        let key = SigningKey::from_bytes(&rand::random());
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let keys = json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID, "x": public},
        ]})
        .to_string();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let server = HttpServer::new(move || {
            let keys = keys.clone();
            let answer = move || {
                let keys = keys.clone();
                async move { HttpResponse::Ok().content_type("application/json").body(keys) }
            };
            App::new().route("/.well-known/jwks.json", web::get().to(answer))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .expect("the listener is bound")
        .run();
        let handle = server.handle();
        #[allow(clippy::disallowed_methods, reason = "it outlives the process under test")]
        tokio::spawn(server);
        let der = key.to_pkcs8_der().expect("an Ed25519 key has a PKCS#8 form");
        Self { url, key: EncodingKey::from_ed_der(der.as_bytes()), clock, server: handle }
    }

    pub(super) fn sign(&self, id: UserId, session: SessionId, email: &str, role: Role) -> String {
        let now = self.clock.now();
        let claims = json!({
            "userId": id, "email": email, "role": role,
            "iat": now.timestamp(), "nbf": now.timestamp(), "exp": now.timestamp() + 24 * 3600,
            "iss": "helpdesk", "aud": "helpdesk", "sub": id, "jti": EventId::at(now), "sid": session,
        });
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(KEY_ID.to_owned());
        header.typ = Some("at+jwt".to_owned());
        jsonwebtoken::encode(&header, &claims, &self.key).expect("claims are plain data")
    }

    pub(super) async fn stop(&self) {
        self.server.stop(false).await;
    }
}
