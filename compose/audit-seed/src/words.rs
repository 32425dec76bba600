//! What people of this house say.

use crate::random::Random;

const WORDS: [&str; 40] = [
    "imprimante",
    "réseau",
    "password",
    "serveur",
    "screen",
    "compte",
    "the",
    "after",
    "update",
    "depuis",
    "matin",
    "noir",
    "printer",
    "vpn",
    "tunnel",
    "badge",
    "porte",
    "message",
    "erreur",
    "accès",
    "mot",
    "passe",
    "laptop",
    "does",
    "not",
    "start",
    "encore",
    "merci",
    "please",
    "reset",
    "backup",
    "disque",
    "plein",
    "lent",
    "slow",
    "meeting",
    "salle",
    "téléphone",
    "outlook",
    "licence",
];

/// The categories of tickets.
pub const CATEGORIES: [&str; 12] = [
    "hardware",
    "software",
    "network",
    "access",
    "email",
    "printing",
    "telephony",
    "vpn",
    "licences",
    "onboarding",
    "rooms",
    "other",
];

/// The priorities, the usual ones more often.
pub const PRIORITIES: [&str; 7] = ["LOW", "MEDIUM", "MEDIUM", "MEDIUM", "HIGH", "HIGH", "URGENT"];

/// So many words, the first of the list more often, and now and then a machine's number.
pub fn say(random: &mut Random, count: u64) -> String {
    let mut text = String::new();
    for place in 0..count {
        if place > 0 {
            text.push(' ');
        }
        if random.below(25) == 0 {
            text.push_str(&format!("PC-{:05}", random.skewed(60_000)));
        } else {
            text.push_str(WORDS[usize::try_from(random.skewed(WORDS.len() as u64)).unwrap_or(0)]);
        }
    }
    text
}
