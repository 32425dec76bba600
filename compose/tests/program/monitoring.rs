//! Dashboards and alerts speak of what the program really has, and each alert of a runbook that is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use crate::support::{Launch, PATIENCE};

/// The labels that Prometheus adds to what it scrapes.
const SCRAPED: [&str; 2] = ["job", "instance"];

/// The names of metrics, each with the names of its labels.
type Metrics = BTreeMap<String, BTreeSet<String>>;

#[tokio::test]
async fn what_dashboards_and_alerts_speak_of_is_there_from_the_start() {
    let asked = asked();
    assert!(asked.metrics.len() > 30, "only {} metrics were found in them", asked.metrics.len());
    let folder = tempfile::tempdir().unwrap();
    let program = Launch::within(folder.path()).ready().await;
    let (since, mut looks) = (Instant::now(), tokio::time::interval(std::time::Duration::from_millis(100)));
    // Nobody has done anything; what tasks measure comes at their first round.
    loop {
        looks.tick().await;
        let text = reqwest::get(format!("{}/metrics", program.url())).await.unwrap().text().await.unwrap();
        let faults = asked.faults(&exposed(&text));
        if faults.is_empty() {
            break;
        }
        assert!(since.elapsed() < PATIENCE, "{}\nin\n{text}", faults.join("\n"));
    }
    assert_eq!(program.stop().await.status.code(), Some(0));
}

#[test]
fn each_alert_has_its_words_its_runbook_and_a_test_and_each_runbook_its_alert() {
    let (rules, tests) = (read("compose/monitoring/alerts.yml"), read("compose/monitoring/alerts.test.yml"));
    let mut named = BTreeSet::new();
    let alerts: Vec<&str> = rules.split("- alert: ").skip(1).collect();
    assert!(alerts.len() > 20, "only {} alerts were found", alerts.len());
    for text in alerts {
        let name = text.lines().next().unwrap();
        for key in ["severity: ", "summary: ", "description: "] {
            assert!(text.contains(key), "{name} has no {key}");
        }
        let (_, url) = text.split_once("runbook_url: ").unwrap_or_else(|| panic!("{name} has no runbook"));
        let url = url.lines().next().unwrap();
        assert!(read(url).starts_with(&format!("# {name}\n")), "{url} is not about {name}");
        assert!(named.insert(root().join(url)), "two alerts have the runbook {url}");
        assert!(tests.contains(&format!("alertname=\"{name}\"")), "no test shows {name} firing");
    }
    let runbooks: BTreeSet<PathBuf> = files("compose/docs/runbooks").into_iter().collect();
    assert_eq!(runbooks, named);
}

#[test]
fn names_and_labels_are_found_in_an_expression() {
    let mut asked = Asked::default();
    asked.read(r#"sum by (service, le) (rate(a_bucket{route!~"/x|b{c}",status="5.."}[5m])) > 14.4 * 0.001"#);
    asked.read("job:b:p95 and on (consumer) c_total == 0 or time() - d");
    let names: Vec<&str> = asked.metrics.keys().map(String::as_str).collect();
    assert_eq!(names, ["a_bucket", "c_total", "d", "job:b:p95"]);
    assert_eq!(asked.metrics["a_bucket"], ["route", "status"].map(String::from).into());
    assert_eq!(asked.grouped, ["consumer", "le", "service"].map(String::from).into());
}

/// What is asked of the program.
#[derive(Default)]
struct Asked {
    metrics: Metrics,
    /// The labels by which something is grouped or matched.
    grouped: BTreeSet<String>,
    /// What recording rules make.
    recorded: BTreeSet<String>,
}

/// All expressions of the rules and of the dashboards.
fn asked() -> Asked {
    let mut asked = Asked::default();
    for line in read("compose/monitoring/alerts.yml").lines().map(|line| line.trim_start_matches([' ', '-']))
    {
        if let Some(expression) = line.strip_prefix("expr: ") {
            assert!(!expression.starts_with(['|', '>']) || expression.len() > 2, "one line each: {line}");
            asked.read(expression);
        } else if let Some(name) = line.strip_prefix("record: ") {
            asked.recorded.insert(name.to_owned());
        }
    }
    let boards = files("compose/monitoring/grafana/dashboards");
    assert!(boards.len() >= 5, "{boards:?}");
    for file in boards {
        let board: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for panel in board["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                asked.read(target["expr"].as_str().unwrap());
            }
        }
    }
    asked
}

impl Asked {
    /// Takes the names out of an expression of PromQL: of what follows neither a quote nor a bracket, those that are not
    /// functions or operators.
    fn read(&mut self, expression: &str) {
        let mut rest = expression;
        let mut last = String::new();
        while let Some(first) = rest.chars().next() {
            match first {
                '"' => rest = after(&rest[1..], '"'),
                '[' => rest = after(rest, ']'),
                '{' => {
                    let labels = labels(&rest[1..]);
                    rest = &rest[1 + labels.1..];
                    self.metrics.get_mut(&last).expect("a name stands before its labels").extend(labels.0);
                }
                _ if first.is_ascii_digit() => {
                    rest = rest.trim_start_matches(|it: char| it.is_alphanumeric() || it == '.')
                }
                _ if is_name(first) => {
                    let end = rest.find(|it| !is_name(it)).unwrap_or(rest.len());
                    let (name, behind) = rest.split_at(end);
                    rest = behind;
                    let behind = behind.trim_start();
                    let open = behind.strip_prefix('(');
                    let groups = ["by (", "without ("].iter().any(|it| behind.starts_with(it));
                    match (name, open) {
                        ("by" | "on" | "without" | "ignoring", Some(open)) => {
                            rest = after(open, ')');
                            let list = &open[..open.len() - rest.len() - 1];
                            self.grouped.extend(list.split(',').map(|it| it.trim().to_owned()));
                        }
                        ("and" | "or" | "unless", _) | (_, Some(_)) => {}
                        _ if groups => {}
                        _ => {
                            name.clone_into(&mut last);
                            self.metrics.entry(last.clone()).or_default();
                        }
                    }
                }
                _ => rest = &rest[first.len_utf8()..],
            }
        }
    }

    /// What is asked for and not there.
    fn faults(&self, there: &Metrics) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, labels) in self.metrics.iter().filter(|(name, _)| *name != "up") {
            match there.get(name) {
                None if name.contains(':') && self.recorded.contains(name) => {}
                None => faults.push(format!("there is no {name}")),
                Some(known) => {
                    let unknown =
                        labels.iter().filter(|it| !known.contains(*it) && !SCRAPED.contains(&it.as_str()));
                    faults.extend(unknown.map(|label| format!("{name} has no label {label}")));
                }
            }
        }
        let known: BTreeSet<&String> = there.values().flatten().collect();
        let unknown = self.grouped.iter().filter(|it| !known.contains(it) && !SCRAPED.contains(&it.as_str()));
        faults.extend(unknown.map(|label| format!("nothing has the label {label}")));
        faults
    }
}

/// What `/metrics` shows.
fn exposed(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let end = line.find(|it| !is_name(it)).unwrap_or(line.len());
        let found = line[end..].strip_prefix('{').map(|rest| labels(rest).0).unwrap_or_default();
        metrics.entry(line[..end].to_owned()).or_default().extend(found);
    }
    metrics
}

/// The names of the labels from behind an opening brace on, and how far its closing one is away.
fn labels(text: &str) -> (Vec<String>, usize) {
    let (mut rest, mut names, mut name) = (text, Vec::new(), String::new());
    while let Some(next) = rest.chars().next() {
        rest = &rest[next.len_utf8()..];
        match next {
            '}' => break,
            '"' => {
                rest = after(rest, '"');
                names.push(std::mem::take(&mut name));
            }
            _ if is_name(next) => name.push(next),
            _ => {}
        }
    }
    (names, text.len() - rest.len())
}

/// What follows the next `end` that no backslash stands before.
fn after(text: &str, end: char) -> &str {
    let mut escaped = false;
    for (at, it) in text.char_indices() {
        if it == end && !escaped {
            return &text[at + it.len_utf8()..];
        }
        escaped = it == '\\' && !escaped;
    }
    ""
}

fn is_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == ':'
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect()
}
