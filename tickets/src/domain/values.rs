//! The texts of a ticket: parsed once at the door, trusted ever after.

use shared::text;

text!(
    /// What a ticket is about, in one line: it becomes the subject of mails.
    Title, line, 255
);
text!(
    /// What happened, in as many lines as it takes.
    Description, lines, 20_000
);
text!(
    /// The drawer it belongs in, such as `Network`. The list is not closed.
    Category, line, 50
);
text!(
    /// What solved it.
    Resolution, lines, 20_000
);
text!(
    /// What somebody says about it: a comment, or a word with a move.
    Content, lines, 20_000
);
