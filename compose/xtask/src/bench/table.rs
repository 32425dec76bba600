//! The results, as Markdown: what is printed can stand in the README.

/// Rows of measurements.
#[derive(Default)]
pub struct Table {
    rows: Vec<[String; 5]>,
}

impl Table {
    /// A rate against the baseline's, where more is better.
    pub fn ratio(&mut self, what: &str, ours: f64, baseline: f64, baseline_is: &str, goal: f64) {
        let ratio = ours / baseline;
        self.add([
            what.to_owned(),
            format!("{ours:.0}/s"),
            format!("{baseline:.0}/s ({baseline_is})"),
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

    fn plain(&mut self, what: &str, [value, baseline, ratio]: [String; 3], goal: String) {
        self.add([what.to_owned(), value, baseline, ratio, goal]);
    }

    fn add(&mut self, row: [String; 5]) {
        eprintln!("  {}", row.join("  "));
        self.rows.push(row);
    }

    /// Prints all of it to standard output.
    pub fn print(&self) {
        println!("\n| What | Measured | Baseline | Ratio | Goal |\n|---|---|---|---|---|");
        for row in &self.rows {
            println!("| {} |", row.join(" | "));
        }
    }
}

fn verdict(goal: String, met: bool) -> String {
    format!("{goal} {}", if met { "met" } else { "**missed**" })
}
