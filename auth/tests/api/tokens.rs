//! Attacks on access tokens, and what a good one says.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::house::House;

fn part(token: &str, index: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// `header.payload` with a signature made of it.
fn token(header: &Value, payload: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", encoded(header), encoded(payload));
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn signed_by(key: &SigningKey) -> impl Fn(&[u8]) -> Vec<u8> {
    |message| ed25519_dalek::Signer::sign(key, message).to_bytes().to_vec()
}

fn hmac(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    move |message| ring::hmac::sign(&key, message).as_ref().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_says_what_the_contract_promises() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    let (header, claims) = (part(&alice.access, 0), part(&alice.access, 1));
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("at+jwt")));
    let published = house.get_as("", "/.well-known/jwks.json").await.body;
    assert_eq!(header["kid"], published["keys"][0]["kid"]);
    insta::assert_json_snapshot!(claims, {".userId" => "[id]", ".sub" => "[id]", ".jti" => "[jti]", ".sid" => "[sid]"}, @r#"
    {
      "aud": "helpdesk",
      "email": "alice@example.com",
      "exp": 1772452800,
      "iat": 1772366400,
      "iss": "helpdesk",
      "jti": "[jti]",
      "nbf": 1772366400,
      "role": "user",
      "sid": "[sid]",
      "sub": "[id]",
      "userId": "[id]"
    }
    "#);
    assert_eq!(claims["userId"], claims["sub"]);
    let verified = house.get_as(&alice.access, "/auth/verify").await;
    let expected = json!({"userId": alice.id, "email": "alice@example.com", "role": "user", "iat": claims["iat"], "exp": claims["exp"]});
    assert_eq!((verified.status.as_u16(), verified.body), (200, expected));
    let me = house.get_as(&alice.access, "/auth/me").await;
    insta::assert_json_snapshot!(me.body, {".id" => "[id]"}, @r#"
    {
      "createdAt": "2026-03-01T12:00:00Z",
      "email": "alice@example.com",
      "emailVerified": false,
      "id": "[id]",
      "isActive": true,
      "lastLogin": null,
      "role": "user",
      "version": 1
    }
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_expires() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    house.clock().advance(Duration::hours(24) - Duration::seconds(1));
    assert_eq!(house.get_as(&alice.access, "/auth/verify").await.status, 200);
    house.clock().advance(Duration::seconds(1));
    let reply = house.get_as(&alice.access, "/auth/verify").await;
    assert_eq!((reply.status.as_u16(), reply.code()), (401, "token_expired"));
    assert!(reply.header("www-authenticate").starts_with("Bearer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_are_refused() {
    let house = House::open().await;
    let alice = house.register("alice@example.com").await;
    let (header, claims) = (part(&alice.access, 0), part(&alice.access, 1));
    let published = house.get_as("", "/.well-known/jwks.json").await.body["keys"][0].clone();
    let public = URL_SAFE_NO_PAD.decode(published["x"].as_str().unwrap()).unwrap();
    let own = SigningKey::from_bytes(&[7; 32]);
    let own_jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(own.verifying_key().as_bytes()), "kid": "mine"});
    let with = |base: &Value, changes: Value| {
        let mut value = base.clone();
        for (key, change) in changes.as_object().unwrap() {
            value[key] = change.clone();
        }
        value
    };
    let admin = with(&claims, json!({"role": "admin"}));
    let parts: Vec<&str> = alice.access.split('.').collect();
    let none = |_: &[u8]| Vec::new();
    let attacks = [
        ("alg none", token(&with(&header, json!({"alg": "none"})), &admin, none)),
        ("alg None", token(&with(&header, json!({"alg": "None"})), &admin, none)),
        ("no signature", format!("{}.{}.", parts[0], encoded(&admin))),
        ("only two parts", format!("{}.{}", parts[0], parts[1])),
        ("the signature of other claims", format!("{}.{}.{}", parts[0], encoded(&admin), parts[2])),
        ("HS256 with the public key", token(&with(&header, json!({"alg": "HS256"})), &admin, hmac(&public))),
        (
            "HS256 with the public key as published",
            token(
                &with(&header, json!({"alg": "HS256"})),
                &admin,
                hmac(published["x"].as_str().unwrap().as_bytes()),
            ),
        ),
        (
            "HS256 with the id of the key",
            token(&with(&header, json!({"alg": "HS256"})), &admin, hmac(b"dev-secret-change-in-prod")),
        ),
        ("another key under our kid", token(&header, &admin, signed_by(&own))),
        ("an unknown kid", token(&with(&header, json!({"kid": "mine"})), &admin, signed_by(&own))),
        (
            "a kid that is a path",
            token(&with(&header, json!({"kid": "../../dev/null"})), &admin, signed_by(&own)),
        ),
        ("no kid", token(&json!({"alg": "EdDSA", "typ": "at+jwt"}), &admin, signed_by(&own))),
        (
            "its own jwk",
            token(&with(&header, json!({"jwk": own_jwk, "kid": "mine"})), &admin, signed_by(&own)),
        ),
        (
            "its own jwk under our kid",
            token(&with(&header, json!({"jwk": own_jwk})), &admin, signed_by(&own)),
        ),
        (
            "its own jku",
            token(&with(&header, json!({"jku": "http://127.0.0.1:1/jwks.json"})), &admin, signed_by(&own)),
        ),
        (
            "its own x5u",
            token(&with(&header, json!({"x5u": "http://127.0.0.1:1/cert.pem"})), &admin, signed_by(&own)),
        ),
        ("a refresh token", alice.refresh.clone()),
        ("nothing", String::new()),
        ("nonsense", "nonsense".to_owned()),
        ("a long one", "a".repeat(6000)),
        ("dots", "...".to_owned()),
    ];
    for (name, forged) in attacks {
        for path in ["/auth/verify", "/auth/me"] {
            let reply = house.get_as(&forged, path).await;
            assert_eq!(reply.status, 401, "{name}: {reply:?}");
            assert!(reply.header("www-authenticate").starts_with("Bearer"), "{name}");
        }
        let raise =
            house.put_as(&forged, &format!("/auth/users/{}/role", alice.id), json!({"role": "admin"})).await;
        assert_eq!(raise.status, 401, "{name}");
    }
    assert_eq!(house.get_as(&alice.access, "/auth/verify").await.status, 200, "the real one");
}

/// Signed with the right key: by somebody who has it, or by another of our systems.
#[tokio::test(flavor = "multi_thread")]
async fn a_good_signature_on_the_wrong_claims_is_not_enough() {
    let house = House::standing_still().await;
    let alice = house.register("alice@example.com").await;
    let claims = part(&alice.access, 1);
    // A key of ours, published by the house: put into the database before a replica starts.
    let key = SigningKey::from_bytes(&[9; 32]);
    let (kid, replica) = plant(&house, &key).await;
    let der = key.to_pkcs8_der().unwrap();
    let sign = |changes: Value, typ: Option<&str>| {
        let mut claims = claims.clone();
        for (name, change) in changes.as_object().unwrap() {
            match change {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                change => claims.as_object_mut().unwrap().insert(name.clone(), change.clone()),
            };
        }
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = typ.map(str::to_owned);
        header.kid = Some(kid.clone());
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
    };
    let ask =
        async |token: String| house.get_as(&token, &format!("{replica}/auth/verify")).await.status.as_u16();
    assert_eq!(ask(sign(json!({}), Some("at+jwt"))).await, 200, "the planted key is taken");
    for (name, changes) in [
        ("another issuer", json!({"iss": "elsewhere"})),
        ("another audience", json!({"aud": "elsewhere"})),
        ("no issuer", json!({"iss": null})),
        ("no audience", json!({"aud": null})),
        ("no expiry", json!({"exp": null})),
        ("no nbf", json!({"nbf": null})),
        ("expired", json!({"exp": claims["iat"].as_i64().unwrap() - 1})),
        ("not valid yet", json!({"nbf": claims["iat"].as_i64().unwrap() + 3600})),
        ("an expiry far out", json!({"exp": i64::MAX})),
        ("an expiry that is text", json!({"exp": "never"})),
        ("another subject", json!({"sub": "0195515e-0000-7000-8000-000000000000"})),
        ("an unknown role", json!({"role": "root"})),
        ("a session of nobody", json!({"sid": "0195515e-0000-7000-8000-000000000000"})),
        (
            "a user of nobody",
            json!({"userId": "0195515e-0000-7000-8000-000000000000", "sub": "0195515e-0000-7000-8000-000000000000"}),
        ),
    ] {
        assert_eq!(ask(sign(changes, Some("at+jwt"))).await, 401, "{name}");
    }
    for typ in [None, Some("JWT"), Some("rt+jwt"), Some("reset")] {
        assert_eq!(ask(sign(json!({}), typ)).await, 401, "{typ:?}");
    }
}

/// Puts a key into the database as the next generation, sealed as auth does; its id, and a replica that knows it.
async fn plant(house: &House, key: &SigningKey) -> (String, String) {
    use ring::{aead, hkdf};
    struct Bytes32;
    impl hkdf::KeyType for Bytes32 {
        fn len(&self) -> usize {
            32
        }
    }
    let secret = std::fs::read_to_string(house.world.data_dir().join("auth/jwt_secret")).unwrap();
    let mut derived = [0; 32];
    let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"helpdesk auth v1").extract(secret.as_bytes());
    root.expand(&[b"signing keys"], Bytes32).unwrap().fill(&mut derived).unwrap();
    let sealing = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::CHACHA20_POLY1305, &derived).unwrap());
    let kid = "planted".to_owned();
    let mut sealed = key.to_pkcs8_der().unwrap().as_bytes().to_vec();
    let nonce = aead::Nonce::assume_unique_for_key([1; 12]);
    sealing.seal_in_place_append_tag(nonce, aead::Aad::from(kid.as_bytes()), &mut sealed).unwrap();
    let sealed = base64::engine::general_purpose::STANDARD.encode([&[1; 12][..], &sealed].concat());
    let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    let now = house.clock().now();
    let tx = house.world.db("auth").begin().await.unwrap();
    tx.run(
        "INSERT INTO signing_keys (kid, generation, private_key, public_key, created_at, signs_from) VALUES ($1, 2, $2, $3, $4, $5)",
        [kid.clone().into(), sealed.clone().into(), public.into(), now.into(), now.into()],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    // A replica that starts now has both.
    let replica = house.replica().await;
    (kid, replica)
}
