use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::FieldFault;

/// What a user may do in general. The order is meant: who has a role may do all that the lower ones may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Opens tickets and sees their own.
    User,
    /// Works tickets.
    Agent,
    /// Administers.
    Admin,
}

impl Role {
    /// Every role, from the lowest.
    pub const ALL: [Role; 3] = [Role::User, Role::Agent, Role::Admin];

    /// The role's name, lowercase.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Agent => "agent",
            Role::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of user, agent, admin")]
pub struct UnknownRole;

impl FieldFault for UnknownRole {
    fn code(&self) -> &'static str {
        "invalid_value"
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Role::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_outranks_an_agent_and_an_agent_a_user() {
        assert!(Role::Admin > Role::Agent && Role::Agent > Role::User);
    }

    #[test]
    fn a_role_reads_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        assert_eq!("ADMIN".parse::<Role>(), Err(UnknownRole));
    }
}
