//! Which step of how many, and how long it took.

use std::io::{IsTerminal, Write};
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

/// How often a bar says something where nobody watches it move.
const SELDOM: Duration = Duration::from_secs(5);

/// How far one long step has come: a part of the whole, how fast, and how long it will still take.
pub struct Bar {
    total: u64,
    done: u64,
    what: &'static str,
    counted: bool,
    begun: Instant,
    said: Instant,
    terminal: bool,
}

impl Bar {
    /// For so many of these.
    pub fn of(total: u64, what: &'static str) -> Bar {
        let now = Instant::now();
        let terminal = std::io::stdout().is_terminal();
        Bar { total, done: 0, what, counted: true, begun: now, said: now, terminal }
    }

    /// For a whole of parts of different weight, whose number says nothing.
    pub fn of_weights(total: u64, what: &'static str) -> Bar {
        Bar { counted: false, ..Bar::of(total, what) }
    }

    /// So many more are done.
    pub fn add(&mut self, more: u64) {
        self.done += more;
        self.show();
    }

    /// Says how far it is: on a terminal in place, elsewhere a line now and then.
    pub fn show(&mut self) {
        let line = self.line(self.begun.elapsed());
        if self.terminal {
            print!("\r\x1b[2K{line}");
            let _ = std::io::stdout().flush();
        } else if self.said.elapsed() >= SELDOM {
            self.said = Instant::now();
            println!("{line}");
        }
    }

    /// Leaves the last line as it is.
    pub fn end(&mut self) {
        if self.terminal {
            self.show();
            println!();
        }
    }

    fn line(&self, elapsed: Duration) -> String {
        const WIDTH: u64 = 24;
        let (done, total, what) = (self.done, self.total.max(1), self.what);
        let bar: String =
            (0..WIDTH).map(|place| if place < WIDTH * done / total { '#' } else { '.' }).collect();
        let mut line = format!("  [{bar}] {:>3} %  ", 100 * done / total);
        if self.counted {
            line.push_str(&format!("{} of {} ", for_counting(done), for_counting(total)));
        }
        line.push_str(what);
        if done >= total {
            line.push_str(&format!("  in {}", for_reading(elapsed)));
        } else if done > 0 {
            let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
            if self.counted && rate >= 1.0 {
                line.push_str(&format!("  {}/s", for_counting(rate as u64)));
            }
            let left = Duration::from_secs_f64((total - done) as f64 / rate);
            line.push_str(&format!("  {} left", for_reading(left)));
        }
        line
    }
}

/// A number as one reads it: `1,234,567`.
pub fn for_counting(number: u64) -> String {
    let digits = number.to_string();
    let mut read = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            read.push(',');
        }
        read.push(digit);
    }
    read
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
    fn a_bar_tells_the_part_the_pace_and_the_rest() {
        let tickets = Bar { done: 250_000, ..Bar::of(1_000_000, "tickets") };
        assert_eq!(
            tickets.line(Duration::from_secs(100)),
            "  [######..................]  25 %  250,000 of 1,000,000 tickets  2,500/s  5 m 00 s left"
        );
        let tables = Bar::of(10, "tables");
        assert_eq!(tables.line(Duration::from_secs(1)), "  [........................]   0 %  0 of 10 tables");
        let tables = Bar { done: 10, ..tables };
        assert_eq!(
            tables.line(Duration::from_secs(12)),
            "  [########################] 100 %  10 of 10 tables  in 12 s"
        );
        let indexes = Bar { done: 46, ..Bar::of_weights(142, "of the indexes") };
        assert_eq!(
            indexes.line(Duration::from_secs(46)),
            "  [#######.................]  32 %  of the indexes  1 m 36 s left"
        );
    }

    #[test]
    fn numbers_read_well() {
        for (number, read) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(for_counting(number), read);
        }
    }

    #[test]
    fn a_failed_step_is_remembered() {
        let mut progress = Progress::of(2);
        assert!(progress.step("first", || anyhow::bail!("broken")).is_err());
        assert!(progress.step("second", || Ok(String::new())).is_ok());
        assert!(!progress.finish());
    }
}
