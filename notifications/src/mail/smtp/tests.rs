use std::time::Duration;

use super::{SmtpMailer, is_final, without_addresses};
use crate::mail::Letterhead;

#[test]
fn a_refusal_is_final_when_it_is_about_the_mail() {
    for (permanent, code, expected) in [
        (true, Some(550), true),
        (true, Some(553), true),
        (true, Some(554), true),
        (true, Some(552), true),
        (true, Some(535), false),
        (true, Some(530), false),
        (true, Some(521), false),
        (true, Some(503), false),
        (false, Some(421), false),
        (false, Some(451), false),
        (false, None, false),
    ] {
        assert_eq!(is_final(permanent, code), expected, "{code:?}");
    }
}

#[test]
fn a_server_answer_keeps_no_address() {
    assert_eq!(
        without_addresses("550 5.1.1 <alice@example.com>: no such user"),
        "550 5.1.1 <address> no such user"
    );
}

#[test]
fn a_bad_url_is_not_repeated() {
    let letterhead = Letterhead::new("helpdesk@example.com", None).unwrap();
    for url in ["http://user:pa55word@host", "smtp://user:pa55word@host?tls=maybe", "pa55word"] {
        let fault = SmtpMailer::new(url, 1, Duration::from_secs(1), letterhead.clone()).err().unwrap();
        assert!(!fault.contains("pa55word"), "{fault}");
        assert!(fault.starts_with("it is not of the form smtp://user:password@host:port"), "{fault}");
    }
}
