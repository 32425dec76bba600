//! Which step of how many, and how long it took.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Counts the steps of a command and says how each went.
pub struct Progress {
    steps: usize,
    done: Vec<Step>,
    begun: Instant,
    colour: bool,
}

struct Step {
    name: String,
    took: Duration,
    result: Result<String, String>,
}

impl Progress {
    /// For a command of so many steps.
    pub fn of(steps: usize) -> Progress {
        Progress { steps, done: Vec::new(), begun: Instant::now(), colour: std::io::stdout().is_terminal() }
    }

    /// Does one step. `Ok` says what there is to tell; a failure is shown and remembered, and given back.
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<String>) -> anyhow::Result<()> {
        let number = self.done.len() + 1;
        let head = format!("[{number}/{}] {name}", self.steps);
        println!("\n{}", self.paint("1", &head));
        let begun = Instant::now();
        let result = work();
        let took = begun.elapsed();
        let (mark, tell) = match &result {
            Ok(tell) => (self.paint("32", "ok"), tell.clone()),
            Err(fault) => (self.paint("31", "FAILED"), format!("{fault:#}")),
        };
        let total = for_reading(self.begun.elapsed());
        println!(
            "[{number}/{}] {name}: {mark} in {} ({total} in all){}",
            self.steps,
            for_reading(took),
            after(&tell)
        );
        self.done.push(Step {
            name: name.to_owned(),
            took,
            result: result.as_ref().map(|_| tell.clone()).map_err(|_| tell),
        });
        result.map(|_| ())
    }

    /// The table at the end. False when a step failed.
    pub fn finish(&self) -> bool {
        println!();
        for step in &self.done {
            let (mark, tell) = match &step.result {
                Ok(tell) => (self.paint("32", "ok    "), tell),
                Err(fault) => (self.paint("31", "FAILED"), fault),
            };
            println!("  {mark} {:>8}  {}{}", for_reading(step.took), step.name, after(tell));
        }
        println!("         {:>8}  in all", for_reading(self.begun.elapsed()));
        self.done.iter().all(|step| step.result.is_ok())
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn after(tell: &str) -> String {
    match tell.trim() {
        "" => String::new(),
        tell => format!(" – {tell}"),
    }
}

/// A duration as one reads it: `0.4 s`, `12 s`, `3 m 05 s`.
pub fn for_reading(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f32()),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds => format!("{} m {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(for_reading(Duration::from_millis(420)), "0.4 s");
        assert_eq!(for_reading(Duration::from_secs(12)), "12 s");
        assert_eq!(for_reading(Duration::from_secs(185)), "3 m 05 s");
    }

    #[test]
    fn a_failed_step_is_remembered() {
        let mut progress = Progress::of(2);
        assert!(progress.step("first", || anyhow::bail!("broken")).is_err());
        assert!(progress.step("second", || Ok(String::new())).is_ok());
        assert!(!progress.finish());
    }
}
