use std::borrow::Cow;

use shared::clock::Timestamp;

use super::numbers;
use crate::domain::report::{Body, Report, Value};

/// The report as one table (RFC 4180, with a header): a number a line, with where it stands in the report. Durations are
/// in milliseconds, shares are parts of 1, times are of UTC.
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut lines = Lines(String::new());
    lines.put(["section", "time", "item", "measure", "unit", "value"]);
    for section in &report.sections {
        let mut number = |at: Option<Timestamp>, item: &str, measure: &str, value: Value| {
            let at = at.map(numbers::machine_time).unwrap_or_default();
            lines.put([&section.title, &at, item, measure, value.unit().as_str(), &bare(value)]);
        };
        match &section.body {
            Body::Figures(figures) => {
                figures.iter().for_each(|figure| number(None, "", figure.label, figure.value));
            }
            Body::Plot(plot) => {
                for line in &plot.lines {
                    for (at, count) in plot.at.iter().zip(&line.counts) {
                        number(Some(*at), "", line.label, Value::Count(*count));
                    }
                }
            }
            Body::Table(table) => {
                for row in &table.rows {
                    for (column, value) in table.columns.iter().zip(&row.values) {
                        number(None, &row.key, column.label, *value);
                    }
                }
            }
        }
    }
    lines.0
}

/// A number without ornaments; nothing where there is none.
fn bare(value: Value) -> String {
    match value {
        Value::Count(count) => count.to_string(),
        Value::Duration(ms) => ms.map(|ms| ms.to_string()).unwrap_or_default(),
        Value::Share(share) => share.map(|share| share.to_string()).unwrap_or_default(),
    }
}

struct Lines(String);

impl Lines {
    fn put(&mut self, cells: [&str; 6]) {
        for (index, text) in cells.into_iter().enumerate() {
            self.0.push_str(if index == 0 { "" } else { "," });
            self.0.push_str(&cell(text));
        }
        self.0.push_str("\r\n");
    }
}

/// A cell that a spreadsheet takes for a text and never for a formula (OWASP, CSV injection; ASVS 5.0, V1.2.10).
fn cell(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let is_quoted = text.contains([',', '"', '\r', '\n']);
    match (is_formula, is_quoted) {
        (false, false) => text.into(),
        (true, false) => format!("'{text}").into(),
        (_, true) => format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\"")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_one_is_read_back_whole() {
        for (text, written) in [
            ("HIGH", "HIGH"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("=HYPERLINK(\"http://example.com\",1)", "\"'=HYPERLINK(\"\"http://example.com\"\",1)\""),
            ("a=1", "a=1"),
            ("<script>", "<script>"),
        ] {
            assert_eq!(cell(text), written);
        }
    }
}
