use serde::{Deserialize, Serialize};
use shared::auth::{Caller, Role};
use shared::http::{CallError, ClientSettings, ServiceClient};
use shared::ids::UserId;

use crate::domain::Account;

/// Auth, whose word on an account counts.
#[derive(Clone)]
pub struct AuthClient(ServiceClient);

#[derive(Serialize)]
struct RoleIs {
    role: Role,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusIs {
    is_active: bool,
}

/// An account as auth answers it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountSaid {
    id: UserId,
    email: String,
    role: Role,
    is_active: bool,
    version: i64,
}

impl From<AccountSaid> for Account {
    fn from(said: AccountSaid) -> Self {
        Account::at(said.version, said.id, said.email, said.role, said.is_active)
    }
}

impl AuthClient {
    /// Auth at this URL.
    pub fn new(url: &str) -> Self {
        Self(ServiceClient::new("auth", url, ClientSettings::default()))
    }

    /// Gives an account a role.
    ///
    /// # Errors
    /// What auth says, or that it is away.
    pub async fn set_role(&self, caller: &Caller, id: UserId, role: Role) -> Result<Account, CallError> {
        let said: AccountSaid =
            self.0.put(&format!("/auth/users/{id}/role"), &RoleIs { role }, caller).await?;
        Ok(said.into())
    }

    /// Closes an account, or opens it again.
    ///
    /// # Errors
    /// What auth says, or that it is away.
    pub async fn set_active(
        &self,
        caller: &Caller,
        id: UserId,
        is_active: bool,
    ) -> Result<Account, CallError> {
        let said: AccountSaid =
            self.0.put(&format!("/auth/users/{id}/status"), &StatusIs { is_active }, caller).await?;
        Ok(said.into())
    }

    /// Deletes an account.
    ///
    /// # Errors
    /// What auth says, or that it is away.
    pub async fn delete(&self, caller: &Caller, id: UserId) -> Result<(), CallError> {
        self.0.delete(&format!("/auth/users/{id}"), caller).await
    }
}
