//! The built-in templates, as they lie under `templates/`.

use crate::domain::{Language, Template, Wording};

macro_rules! built_in {
    ($($template:ident $name:literal;)*) => {
        /// Subject, text and HTML of a built-in template. A trailing line end is the editor's and no part of a subject.
        #[must_use]
        pub fn built_in(template: Template, language: Language) -> Wording {
            match (template, language) {
                $(
                    (Template::$template, Language::Fr) => built_in!(@ "fr" $name),
                    (Template::$template, Language::En) => built_in!(@ "en" $name),
                )*
            }
        }
    };
    (@ $folder:literal $name:literal) => {
        Wording {
            subject: include_str!(concat!("../../templates/", $folder, "/", $name, ".subject.hbs")).trim_end().to_owned(),
            text: include_str!(concat!("../../templates/", $folder, "/", $name, ".text.hbs")).to_owned(),
            html: include_str!(concat!("../../templates/", $folder, "/", $name, ".html.hbs")).to_owned(),
        }
    };
}

built_in! {
    TicketCreated "ticket_created";
    TicketUnassigned "ticket_unassigned";
    TicketAssigned "ticket_assigned";
    TicketUpdated "ticket_updated";
    TicketCommented "ticket_commented";
    TicketResolved "ticket_resolved";
    TicketClosed "ticket_closed";
    TicketReopened "ticket_reopened";
    SlaWarning "sla_warning";
    SlaBreach "sla_breach";
    FileRefused "file_refused";
    Welcome "welcome";
    EmailVerification "email_verification";
    PasswordReset "password_reset";
    PasswordChanged "password_changed";
    RoleChanged "role_changed";
    Digest "digest";
}
