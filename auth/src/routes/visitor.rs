use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use shared::http::{ApiError, ClientAddress};

use crate::{domain::Client, service::App};

/// Who calls a public endpoint: nobody in particular, from somewhere. As an extractor it counts the call, so a public
/// route that knows its caller's address has been through the limit. 429 when it was one too many.
pub struct Visitor(pub Client);

impl FromRequest for Visitor {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let address = ClientAddress::from_request(req, payload);
        let app = req.app_data::<Data<App>>().cloned();
        Box::pin(async move {
            let address = address.await?;
            let app = app.ok_or_else(|| ApiError::internal("auth's routes were registered without auth"))?;
            app.count_call(&address.throttle_key()).await?;
            Ok(Visitor(client(address)))
        })
    }
}

/// Where a call came from, as the rooms below know it.
pub fn client(address: ClientAddress) -> Client {
    Client {
        ip: Some(address.ip),
        user_agent: Some(address.user_agent).filter(|text| !text.trim().is_empty()),
    }
}
