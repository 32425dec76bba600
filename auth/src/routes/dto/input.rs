//! What comes in.

use serde::Deserialize;
use shared::{
    auth::Role,
    http::{FieldErrors, Input},
};
use utoipa::ToSchema;

use crate::domain::{Email, Password, PasswordPolicy};

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
