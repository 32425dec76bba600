//! Text messages and push messages, over HTTP to a gateway of the house's own choice. The contract stands in the README.

use std::time::Duration;

use hmac::{Hmac, Mac};
use reqwest::{Client, StatusCode, redirect::Policy};
use serde::Serialize;
use sha2::Sha256;
use shared::{
    clock::Clock,
    config::Secret,
    ids::{DeliveryId, TicketId, UserId},
};

use crate::mail::SendFault;

/// What the gateway is told. It knows the numbers and devices of people; we do not.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The delivery: the same at every attempt.
    pub id: DeliveryId,
    /// `sms` or `push`.
    pub channel: &'static str,
    /// Who gets it.
    pub user_id: UserId,
    /// What kind, as in `ticket_created`.
    pub template: &'static str,
    /// `fr` or `en`.
    pub language: &'static str,
    /// One line.
    pub title: String,
    /// The ticket that it is about.
    pub ticket_id: Option<TicketId>,
    /// What to open.
    pub url: String,
}

/// Where a gateway is, and what it knows us by.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// Where messages are posted to.
    pub url: String,
    /// The key of the signatures.
    pub secret: Secret,
}

/// A gateway for one channel.
pub struct Gateway {
    client: Client,
    config: GatewayConfig,
    clock: Clock,
}

impl Gateway {
    /// Each answer is awaited for `timeout`.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(config: GatewayConfig, timeout: Duration, clock: Clock) -> anyhow::Result<Self> {
        // A redirect would carry the signed body to somebody else.
        let client = Client::builder().timeout(timeout).redirect(Policy::none()).build()?;
        Ok(Self { client, config, clock })
    }

    /// Hands over one message; `Ok` means that the gateway has taken it.
    ///
    /// # Errors
    /// Says whether another attempt makes sense.
    pub async fn send(&self, message: &Message) -> Result<(), SendFault> {
        let body = serde_json::to_string(message).map_err(|fault| SendFault::Permanent(fault.to_string()))?;
        let timestamp = self.clock.now().timestamp();
        let request = self
            .client
            .post(&self.config.url)
            .header("content-type", "application/json")
            .header("idempotency-key", message.id.to_string())
            .header("x-helpdesk-timestamp", timestamp)
            .header("x-helpdesk-signature", signature(self.config.secret.expose(), timestamp, &body))
            .body(body);
        // What reqwest says names the URL, which may hold a key.
        let answer = request.send().await.map_err(|fault| SendFault::Passing(in_words(&fault)))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status if is_final(status) => Err(SendFault::Permanent(format!("the gateway answered {status}"))),
            status => Err(SendFault::Passing(format!("the gateway answered {status}"))),
        }
    }
}

/// A refusal of the message itself; the others speak of our key, of the gateway's state, or of time.
fn is_final(status: StatusCode) -> bool {
    status.is_client_error() && ![401, 403, 404, 407, 408, 421, 425, 429].contains(&status.as_u16())
}

fn in_words(fault: &reqwest::Error) -> String {
    let what = match fault {
        fault if fault.is_timeout() => "did not answer in time",
        fault if fault.is_connect() => "is away",
        _ => "broke off",
    };
    format!("the gateway {what}")
}

/// `v1=` and HMAC-SHA256, in hexadecimal, over the timestamp, a dot and the body.
fn signature(secret: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("{timestamp}.{body}").as_bytes());
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::{is_final, signature};

    /// Made with `printf '1769853600.{"a":1}' | openssl dgst -sha256 -hmac key`.
    #[test]
    fn a_signature_is_what_another_program_computes() {
        let expected = "a61223f35604196ff24931683ea774a676f1913449af657de75ed6234d8f33fb";
        assert_eq!(signature("key", 1_769_853_600, r#"{"a":1}"#), format!("v1={expected}"));
    }

    #[test]
    fn only_a_refusal_of_the_message_is_final() {
        for (status, expected) in [
            (400, true),
            (413, true),
            (422, true),
            (401, false),
            (404, false),
            (429, false),
            (500, false),
            (302, false),
        ] {
            assert_eq!(is_final(StatusCode::from_u16(status).unwrap()), expected, "{status}");
        }
    }
}
