//! Bodies as they travel.

use serde::{Deserialize, Serialize};
use shared::{
    auth::Role,
    clock::Timestamp,
    http::{FieldErrors, Input},
    ids::{SessionId, UserId},
};
use utoipa::ToSchema;

use crate::{
    domain::{Account, Email, Password, PasswordPolicy},
    service::{Shown, SignedIn, Verified},
};

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterIn {
    /// The address; upper and lower case are the same.
    #[schema(value_type = String, required, format = Email, min_length = 3, max_length = 255, example = "alice@example.com")]
    email: Option<String>,
    /// At least 12 characters and at most 72 bytes, not a common one, not the address.
    #[schema(value_type = String, required, format = Password, min_length = 12, max_length = 72)]
    password: Option<String>,
    /// The same once more, if the form asks for it.
    #[schema(value_type = Option<String>, format = Password)]
    confirm_password: Option<String>,
}

impl RegisterIn {
    /// Parses it by rules that are configured, which is why `Input` cannot.
    pub fn parsed(self, policy: &PasswordPolicy, errors: &mut FieldErrors) -> Option<(Email, Password)> {
        let email =
            errors.required("email", self.email).and_then(|text| errors.take("email", Email::parse(&text)));
        confirmed(errors, self.password.as_ref(), self.confirm_password.as_ref());
        let password = errors
            .required("password", self.password)
            .and_then(|text| errors.take("password", policy.parse(text, email.as_ref())));
        email.zip(password)
    }
}

impl Input for RegisterIn {
    type Parsed = Self;

    fn parse(self, _: &mut FieldErrors) -> Option<Self> {
        Some(self)
    }
}

/// An address and a password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoginIn {
    /// The account's address.
    #[schema(value_type = String, required, example = "alice@example.com")]
    email: Option<String>,
    /// The account's password.
    #[schema(value_type = String, required, format = Password)]
    password: Option<String>,
}

/// What was typed, and no judgement on it: what is no address is answered like one that nobody has.
impl Input for LoginIn {
    type Parsed = (String, String);

    fn parse(self, errors: &mut FieldErrors) -> Option<(String, String)> {
        let email = errors.required("email", self.email);
        let password = errors.required("password", self.password);
        email.zip(password)
    }
}

/// How to sign out.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogoutIn {
    /// Whether all sessions of the account end, not just this one.
    #[serde(default)]
    all_sessions: Option<bool>,
}

impl Input for LogoutIn {
    type Parsed = bool;

    fn parse(self, _: &mut FieldErrors) -> Option<bool> {
        Some(self.all_sessions.unwrap_or(false))
    }
}

/// The token that gives the next one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshIn {
    /// From the last `AuthResponse`; good for one use.
    #[schema(value_type = String, required)]
    refresh_token: Option<String>,
}

impl Input for RefreshIn {
    type Parsed = String;

    fn parse(self, errors: &mut FieldErrors) -> Option<String> {
        errors.required("refreshToken", self.refresh_token)
    }
}

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForgotIn {
    /// The account's address.
    #[schema(value_type = String, required, format = Email, min_length = 3, max_length = 255, example = "alice@example.com")]
    email: Option<String>,
}

impl Input for ForgotIn {
    type Parsed = Email;

    fn parse(self, errors: &mut FieldErrors) -> Option<Email> {
        errors.required("email", self.email).and_then(|text| errors.take("email", Email::parse(&text)))
    }
}

/// A new password, and the token that allows it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResetIn {
    /// From the link in the mail; good for one use within 30 minutes.
    #[schema(value_type = String, required)]
    token: Option<String>,
    /// The new password; the rules are those of registration.
    #[schema(value_type = String, required, format = Password, min_length = 12, max_length = 72)]
    password: Option<String>,
    /// The same once more, if the form asks for it.
    #[schema(value_type = Option<String>, format = Password)]
    confirm_password: Option<String>,
}

impl Input for ResetIn {
    type Parsed = (String, String);

    fn parse(self, errors: &mut FieldErrors) -> Option<(String, String)> {
        let token = errors.required("token", self.token);
        confirmed(errors, self.password.as_ref(), self.confirm_password.as_ref());
        token.zip(errors.required("password", self.password))
    }
}

/// The token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyEmailIn {
    /// From the link in the mail; good for one use.
    #[schema(value_type = String, required)]
    token: Option<String>,
}

impl Input for VerifyEmailIn {
    type Parsed = String;

    fn parse(self, errors: &mut FieldErrors) -> Option<String> {
        errors.required("token", self.token)
    }
}

/// A new password in place of a known one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePasswordIn {
    /// The one that is good now.
    #[schema(value_type = String, required, format = Password)]
    current_password: Option<String>,
    /// The one that is to be; the rules are those of registration.
    #[schema(value_type = String, required, format = Password, min_length = 12, max_length = 72)]
    new_password: Option<String>,
}

impl Input for ChangePasswordIn {
    type Parsed = (String, String);

    fn parse(self, errors: &mut FieldErrors) -> Option<(String, String)> {
        let current = errors.required("currentPassword", self.current_password);
        let new = errors.required("newPassword", self.new_password);
        current.zip(new)
    }
}

/// A role to be given.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleIn {
    /// `user`, `agent` or `admin`.
    #[schema(value_type = Role, required)]
    role: Option<String>,
}

impl Input for RoleIn {
    type Parsed = Role;

    fn parse(self, errors: &mut FieldErrors) -> Option<Role> {
        errors.required("role", self.role).and_then(|text| errors.take("role", text.parse()))
    }
}

/// Whether an account is to be open.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusIn {
    /// Whether its owner may sign in.
    #[schema(value_type = bool, required)]
    is_active: Option<bool>,
}

impl Input for StatusIn {
    type Parsed = bool;

    fn parse(self, errors: &mut FieldErrors) -> Option<bool> {
        errors.required("isActive", self.is_active)
    }
}

fn confirmed(errors: &mut FieldErrors, password: Option<&String>, confirmation: Option<&String>) {
    if confirmation.is_some_and(|text| Some(text) != password) {
        errors.add("confirmPassword", "mismatch", "is not the same as the password");
    }
}

/// Somebody is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthResponse {
    /// A JWT, for `Authorization: Bearer`.
    access_token: String,
    /// For `POST /auth/refresh`; good for one use.
    refresh_token: String,
    /// Always `Bearer`.
    #[schema(value_type = String, example = "Bearer")]
    token_type: &'static str,
    /// For how many seconds the access token is good.
    #[schema(example = 86_400)]
    expires_in: i64,
    /// Who it is.
    user: AuthUser,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthUser {
    id: UserId,
    #[schema(example = "alice@example.com")]
    email: String,
    role: Role,
    /// Whether the address was proven.
    email_verified: bool,
}

impl From<SignedIn> for AuthResponse {
    fn from(signed_in: SignedIn) -> Self {
        let account = signed_in.account.state();
        Self {
            access_token: signed_in.access_token,
            refresh_token: signed_in.refresh_token,
            token_type: "Bearer",
            expires_in: signed_in.expires_in,
            user: AuthUser {
                id: account.id,
                email: account.email.to_string(),
                role: account.role,
                email_verified: account.email_verified,
            },
        }
    }
}

/// An account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountOut {
    id: UserId,
    #[schema(example = "alice@example.com")]
    email: String,
    role: Role,
    /// Whether its owner may sign in.
    is_active: bool,
    /// Whether the address was proven.
    email_verified: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When its owner last signed in.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login: Option<Timestamp>,
}

impl From<&Account> for AccountOut {
    fn from(account: &Account) -> Self {
        let state = account.state();
        Self {
            id: state.id,
            email: state.email.to_string(),
            role: state.role,
            is_active: state.is_active,
            email_verified: state.email_verified,
            created_at: state.created_at,
            last_login: state.last_login,
        }
    }
}

/// What an access token says.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyOut {
    user_id: UserId,
    email: String,
    role: Role,
    /// When it was issued, in seconds since 1970.
    iat: i64,
    /// When it expires, in seconds since 1970.
    exp: i64,
}

impl From<Verified> for VerifyOut {
    fn from(verified: Verified) -> Self {
        let Verified { claims, account } = verified;
        Self {
            user_id: account.id(),
            email: account.email().to_string(),
            role: account.role(),
            iat: claims.iat,
            exp: claims.exp,
        }
    }
}

/// Where an account is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsOut {
    items: Vec<SessionOut>,
}

/// One sign-in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionOut {
    id: SessionId,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, as far as this service knows.
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    /// From which address it was last refreshed.
    ip: Option<String>,
    /// With which program.
    user_agent: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
}

impl From<Vec<Shown>> for SessionsOut {
    fn from(sessions: Vec<Shown>) -> Self {
        Self { items: sessions.into_iter().map(SessionOut::from).collect() }
    }
}

impl From<Shown> for SessionOut {
    fn from(shown: Shown) -> Self {
        let session = shown.session;
        Self {
            id: session.id,
            created_at: session.created_at,
            last_seen_at: shown.last_seen_at,
            ip: session.ip.map(|ip| ip.to_string()),
            user_agent: session.user_agent,
            current: shown.is_current,
        }
    }
}

/// The public keys that verify access tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct KeysOut {
    keys: Vec<KeyOut>,
}

/// One public key (RFC 8037).
#[derive(Serialize, ToSchema)]
pub struct KeyOut {
    /// Always `OKP`.
    kty: String,
    /// Always `Ed25519`.
    crv: String,
    /// Always `EdDSA`.
    alg: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    usage: String,
    /// Its id, in the header of the tokens that it verifies.
    kid: String,
    /// The key, in base64url.
    x: String,
}
