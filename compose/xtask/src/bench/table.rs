//! The results, as Markdown: what is printed can stand in the README.

use std::time::Duration;

use super::load;

/// Rows of measurements.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 5]>,
    notes: Vec<String>,
}

impl Table {
    /// A rate against the baseline's, where more is better.
    pub fn ratio(&mut self, what: &str, ours: f64, baseline: f64, baseline_is: &str, goal: f64) {
        self.ratio_of("/s", what, ours, baseline, baseline_is, goal);
    }

    /// The same of rates that are counted in something, as in ` MB/s`.
    pub fn ratio_of(
        &mut self,
        unit: &str,
        what: &str,
        ours: f64,
        baseline: f64,
        baseline_is: &str,
        goal: f64,
    ) {
        let ratio = ours / baseline;
        self.add([
            what.to_owned(),
            format!("{ours:.0}{unit}"),
            format!("{baseline:.0}{unit} ({baseline_is})"),
            format!("{ratio:.2}"),
            verdict(format!("≥ {goal}"), ratio >= goal),
        ]);
    }

    /// A plain number that must reach a goal.
    pub fn at_least(&mut self, what: &str, value: f64, unit: &str, goal: f64) {
        let row = [format!("{value:.0} {unit}"), String::new(), String::new()];
        self.plain(what, row, verdict(format!("≥ {goal:.0} {unit}"), value >= goal));
    }

    /// A plain number that must not exceed a goal.
    pub fn at_most(&mut self, what: &str, value: f64, unit: &str, goal: f64) {
        let row = [format!("{value:.1} {unit}"), String::new(), String::new()];
        self.plain(what, row, verdict(format!("≤ {goal:.0} {unit}"), value <= goal));
    }

    /// How many times as much one thing is as another.
    pub fn times(&mut self, what: &str, value: f64, goal: f64) {
        let row = [format!("{value:.2} ×"), String::new(), String::new()];
        self.plain(what, row, verdict(format!("≤ {goal} ×"), value <= goal));
    }

    /// How long answers took, the sorted latencies of a run at some rate; 19 of 20 must reach the goal.
    pub fn latency(&mut self, what: &str, rate: f64, sorted: &[Duration], goal: Duration) {
        let [half, most] = [0.5, 0.95].map(|share| load::percentile(sorted, share));
        let goal_is = format!("p95 ≤ {} ms", goal.as_millis());
        let row = [format!("{} at {rate:.0}/s", in_words(half, most)), String::new(), String::new()];
        self.plain(what, row, verdict(goal_is, most <= goal));
    }

    /// A number without a goal.
    pub fn tell(&mut self, what: &str, value: &str) {
        self.plain(what, [value.to_owned(), String::new(), String::new()], String::new());
    }

    /// A line before the table: under which conditions it was measured.
    pub fn note(&mut self, line: String) {
        eprintln!("  {line}");
        self.notes.push(line);
    }

    fn plain(&mut self, what: &str, [value, baseline, ratio]: [String; 3], goal: String) {
        self.add([what.to_owned(), value, baseline, ratio, goal]);
    }

    fn add(&mut self, row: [String; 5]) {
        eprintln!("  {}", row.join("  "));
        self.rows.push(row);
    }

    /// Prints all of it to standard output.
    pub fn print(&self) {
        println!();
        for note in &self.notes {
            println!("{note}");
        }
        println!("\n| What | Measured | Baseline | Ratio | Goal |\n|---|---|---|---|---|");
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
    }
}

/// The median and the 95th percentile.
fn in_words(half: Duration, most: Duration) -> String {
    let [half, most] = [half, most].map(|it| it.as_secs_f64() * 1000.0);
    format!("p50 {half:.1} ms, p95 {most:.1} ms")
}

fn verdict(goal: String, met: bool) -> String {
    format!("{goal} {}", if met { "met" } else { "**missed**" })
}
