//! What no route takes: 404, or 405 with `Allow` where the path exists.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::code::Code;
use super::error::ApiError;
use super::site::Site;

/// Every path of the OpenAPI document with its methods.
pub(super) struct RouteTable(Vec<(ResourceDef, Vec<String>)>);

impl RouteTable {
    pub(super) fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let rows = paths.map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten().map(|(name, _)| name.to_ascii_uppercase());
            let mut methods: Vec<String> = methods.filter(|name| is_method(name)).collect();
            if methods.iter().any(|name| name == "GET") {
                methods.push("HEAD".into());
            }
            (ResourceDef::new(path.as_str()), methods)
        });
        RouteTable(rows.collect())
    }

    /// The methods of a path; none when there is no such path.
    pub(super) fn allowed(&self, path: &str) -> Vec<&str> {
        let rows = self.0.iter().filter(|(pattern, _)| pattern.is_match(path));
        let mut methods: Vec<&str> = rows.flat_map(|(_, methods)| methods).map(String::as_str).collect();
        methods.sort_unstable();
        methods.dedup();
        methods
    }
}

fn is_method(name: &str) -> bool {
    matches!(name, "GET" | "PUT" | "POST" | "DELETE" | "OPTIONS" | "HEAD" | "PATCH" | "TRACE")
}

/// The service behind all routes.
pub(super) async fn missing(req: HttpRequest, site: web::Data<Site>) -> Result<HttpResponse, ApiError> {
    let allowed = site.routes.allowed(req.path());
    // The frame turns HEAD into GET, so GET must not be promised to a path that answers POST only.
    let taken = req.method() == Method::GET && allowed.contains(&"GET");
    if allowed.is_empty() || taken {
        return Err(ApiError::not_found());
    }
    Err(ApiError::new(Code::MethodNotAllowed).header("allow", &allowed.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_knows_its_methods() {
        let document = serde_json::json!({"paths": {
            "/tickets": {"get": {}, "post": {}, "parameters": []},
            "/tickets/{id}": {"get": {}, "put": {}},
            "/tickets/{id}/close": {"post": {}},
        }});
        let table = RouteTable::of(&document);
        assert_eq!(table.allowed("/tickets"), ["GET", "HEAD", "POST"]);
        assert_eq!(table.allowed("/tickets/1"), ["GET", "HEAD", "PUT"]);
        assert_eq!(table.allowed("/tickets/1/close"), ["POST"]);
        assert!(table.allowed("/tickets/1/2").is_empty() && table.allowed("/tickets/").is_empty());
    }
}
