//! The one table of error codes: what a client sees in `code`, its status and its title.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $status:literal $code:literal $title:literal;)+) => {
        /// A stable error code with its status and title. Add a row to the table in `code.rs`, never change one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* #[doc = concat!($status, " `", $code, "`")] $variant,)+
        }

        impl Code {
            /// Every code, in the table's order.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The code's name in the body, snake_case.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)+ }
            }

            /// The sentence that names the problem, the same for each of its occurrences.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)+ }
            }

            fn status_number(self) -> u16 {
                match self { $(Code::$variant => $status,)+ }
            }
        }
    };
}

codes! {
    // 400: the request cannot be read
    MalformedJson = 400 "malformed_json" "The body is not well-formed JSON";
    UnknownField = 400 "unknown_field" "The body has a field that is not known here";
    DuplicateField = 400 "duplicate_field" "The body has a field twice";
    BadQuery = 400 "bad_query" "The query string is not valid";
    BadCursor = 400 "bad_cursor" "The cursor does not belong to this list";
    BadHeader = 400 "bad_header" "A request header is not valid";
    BadRequest = 400 "bad_request" "The request is not valid";
    // 401: who are you
    MissingToken = 401 "missing_token" "An access token is needed";
    InvalidToken = 401 "invalid_token" "The access token is not valid";
    TokenExpired = 401 "token_expired" "The access token has expired";
    TokenRevoked = 401 "token_revoked" "The session has ended";
    InvalidCredentials = 401 "invalid_credentials" "The e-mail or the password is wrong";
    InvalidRefreshToken = 401 "invalid_refresh_token" "The refresh token is not valid";
    // 403: you may not
    Forbidden = 403 "forbidden" "This is not allowed";
    AccountDisabled = 403 "account_disabled" "The account is disabled";
    // 404, 405, 408
    NotFound = 404 "not_found" "There is nothing here";
    MethodNotAllowed = 405 "method_not_allowed" "The method is not allowed here";
    RequestTimeout = 408 "request_timeout" "The body took too long to arrive";
    // 409: not now, or not any more
    Conflict = 409 "conflict" "The request conflicts with what is there";
    EmailTaken = 409 "email_taken" "The e-mail address is taken";
    InvalidTransition = 409 "invalid_transition" "The status cannot change in this way";
    StaleVersion = 409 "stale_version" "It was changed by someone else in the meantime";
    ReopenWindowOver = 409 "reopen_window_over" "The ticket was closed too long ago to be reopened";
    LastAdmin = 409 "last_admin" "The last active administrator cannot be taken away";
    NotDeletable = 409 "not_deletable" "Only an open ticket can be deleted";
    TicketClosed = 409 "ticket_closed" "The ticket is closed";
    OwnAccount = 409 "own_account" "This cannot be done to one's own account";
    IdempotencyInProgress = 409 "idempotency_in_progress" "A request with this Idempotency-Key is still running";
    PreconditionFailed = 412 "precondition_failed" "The version asked for is not the current one";
    // 413, 415, 416: bodies
    BodyTooLarge = 413 "body_too_large" "The body is too large";
    FileTooLarge = 413 "file_too_large" "The file is too large";
    UnsupportedMediaType = 415 "unsupported_media_type" "The content type is not supported here";
    UnsupportedEncoding = 415 "unsupported_encoding" "Compressed request bodies are not supported";
    FileTypeNotAllowed = 415 "file_type_not_allowed" "Files of this type are not allowed";
    RangeNotSatisfiable = 416 "range_not_satisfiable" "The range lies outside the content";
    // 422: well-formed, but wrong
    ValidationFailed = 422 "validation_failed" "Some values are not valid";
    IdempotencyMismatch = 422 "idempotency_mismatch" "This Idempotency-Key was used for another request";
    InvalidLinkToken = 422 "invalid_or_expired_link_token" "The link is not valid or has expired";
    TooManyFiles = 422 "too_many_files" "There are too many files already";
    QuotaExceeded = 422 "quota_exceeded" "The quota is used up";
    Infected = 422 "infected" "The file is infected";
    EventNotHandled = 422 "event_not_handled" "The event could not be handled this time either";
    // 429: later
    TooManyAttempts = 429 "too_many_attempts" "Too many failed attempts";
    RateLimited = 429 "rate_limited" "Too many requests";
    // 5xx: our fault
    Internal = 500 "internal" "Something went wrong on our side";
    DependencyUnavailable = 503 "dependency_unavailable" "Something that is needed for this is away";
    Starting = 503 "starting" "The service is starting";
    DeadlineExceeded = 503 "deadline_exceeded" "The request took too long";
}

impl Code {
    /// The HTTP status of this code.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.status_number()).expect("the table holds valid statuses")
    }

    /// The code of this name.
    pub(crate) fn named(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// The code for a status that somebody else chose, where no row says more.
    pub(crate) fn for_status(status: StatusCode) -> Code {
        match status.as_u16() {
            401 => Code::MissingToken,
            403 => Code::Forbidden,
            404 => Code::NotFound,
            405 => Code::MethodNotAllowed,
            408 => Code::RequestTimeout,
            409 => Code::Conflict,
            412 => Code::PreconditionFailed,
            413 => Code::BodyTooLarge,
            415 => Code::UnsupportedMediaType,
            416 => Code::RangeNotSatisfiable,
            422 => Code::ValidationFailed,
            429 => Code::RateLimited,
            503 => Code::DependencyUnavailable,
            400..=499 => Code::BadRequest,
            _ => Code::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_there_once_and_in_snake_case() {
        let names: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", code.as_str());
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(!code.title().is_empty());
        }
    }

    #[test]
    fn a_foreign_status_keeps_its_status_class() {
        for status in 400..600 {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Code::for_status(status).status().is_client_error(), status.is_client_error());
        }
    }
}
