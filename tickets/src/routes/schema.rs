//! The closed lists as OpenAPI shows them; the domain itself knows nothing of HTTP.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{Priority, Status};

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        one_of(Self::ALL.map(Self::as_str))
    }
}

impl PartialSchema for Priority {
    fn schema() -> RefOr<Schema> {
        one_of(Self::ALL.map(Self::as_str))
    }
}

impl ToSchema for Status {}
impl ToSchema for Priority {}

fn one_of<const N: usize>(words: [&str; N]) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
}
