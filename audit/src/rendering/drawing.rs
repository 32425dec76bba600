//! Plots as shapes of SVG. The drawing is stretched to the width that the page has, so all that is text stands around it and
//! keeps its size on a phone and on paper.

use serde::Serialize;

use super::numbers;
use crate::domain::{Bucket, report::Plot};

/// The inner size of a drawing.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 200.0;
/// More bars than these would be too thin to tell apart: then the counters are lines.
const MOST_BARS: usize = 124;

/// A plot, ready to be put on a page.
#[derive(Serialize)]
pub(super) struct Drawing {
    width: u32,
    height: u32,
    middle: u32,
    /// What the top, the middle and the bottom of the drawing stand for.
    scale: [String; 3],
    /// When it begins, what lies in the middle, when it ends.
    times: Vec<String>,
    legend: Vec<Entry>,
    bars: Vec<Bar>,
    lines: Vec<Polyline>,
    /// In words.
    description: String,
}

#[derive(Serialize)]
struct Entry {
    tone: usize,
    label: &'static str,
    total: String,
    is_line: bool,
}

#[derive(Serialize)]
struct Bar {
    tone: usize,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    hint: String,
}

#[derive(Serialize)]
struct Polyline {
    tone: usize,
    points: String,
}

/// To the hundredth, so that the page stays small.
fn round(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// The smallest round number that is not below `most`, whose half is whole.
fn top(most: i64) -> i64 {
    let mut unit = 1;
    loop {
        if let Some(top) = [2, 4, 6, 8, 10].map(|step| step * unit).into_iter().find(|top| *top >= most) {
            return top;
        }
        unit *= 10;
    }
}

/// Draws it: bars as long as they can be told apart, else lines.
pub(super) fn draw(plot: &Plot, bucket: Bucket) -> Drawing {
    let most = plot.lines.iter().flat_map(|line| &line.counts).copied().max().unwrap_or(0);
    let top = top(most);
    let is_lines = plot.at.len() * plot.lines.len() > MOST_BARS;
    let time = |index: usize| plot.at.get(index).map(|at| numbers::bucket(*at, bucket));
    let last = plot.at.len().saturating_sub(1);
    let mut shown = vec![0, last / 2, last];
    shown.dedup();
    let total = |counts: &[i64]| numbers::thousands(counts.iter().sum());
    let legend = plot.lines.iter().enumerate().map(|(tone, line)| Entry {
        tone,
        label: line.label,
        total: total(&line.counts),
        is_line: is_lines,
    });
    let said = plot.lines.iter().map(|line| format!("{}: {}", line.label, total(&line.counts)));
    let said: Vec<_> = said.collect();
    let ends = [time(0), time(last)].map(Option::unwrap_or_default);
    Drawing {
        width: WIDTH as u32,
        height: HEIGHT as u32,
        middle: HEIGHT as u32 / 2,
        scale: [top, top / 2, 0].map(numbers::thousands),
        times: shown.into_iter().filter_map(time).collect(),
        legend: legend.collect(),
        bars: if is_lines { Vec::new() } else { bars(plot, bucket, top) },
        lines: if is_lines { polylines(plot, top) } else { Vec::new() },
        description: format!(
            "From {} to {}, by {bucket}. {}. The most in one {bucket}: {}. All numbers are in the table below.",
            ends[0],
            ends[1],
            said.join(", "),
            numbers::thousands(most),
        ),
    }
}

/// Side by side in each bucket, with a fifth of its width left free.
fn bars(plot: &Plot, bucket: Bucket, top: i64) -> Vec<Bar> {
    let slot = WIDTH / plot.at.len() as f64;
    let width = slot * 0.8 / plot.lines.len() as f64;
    let mut bars = Vec::new();
    for (index, at) in plot.at.iter().enumerate() {
        for (tone, line) in plot.lines.iter().enumerate() {
            let count = line.counts[index];
            if count == 0 {
                continue;
            }
            let height = HEIGHT * count as f64 / top as f64;
            bars.push(Bar {
                tone,
                x: round(slot * (index as f64 + 0.1) + width * tone as f64),
                y: round(HEIGHT - height),
                width: round(width),
                height: round(height),
                hint: format!(
                    "{}: {}, {}",
                    numbers::bucket(*at, bucket),
                    line.label,
                    numbers::thousands(count)
                ),
            });
        }
    }
    bars
}

/// Through the middle of each bucket.
fn polylines(plot: &Plot, top: i64) -> Vec<Polyline> {
    let slot = WIDTH / plot.at.len() as f64;
    let point = |(index, count): (usize, &i64)| {
        let (x, y) = (slot * (index as f64 + 0.5), HEIGHT * (1.0 - *count as f64 / top as f64));
        format!("{},{}", round(x), round(y))
    };
    let line = |(tone, line): (usize, &crate::domain::report::Line)| Polyline {
        tone,
        points: line.counts.iter().enumerate().map(point).collect::<Vec<_>>().join(" "),
    };
    plot.lines.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::clock::Timestamp;

    use super::*;
    use crate::domain::report::Line;

    fn plot(counts: Vec<i64>) -> Plot {
        let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let at = (0..counts.len() as i64).map(|day| start + TimeDelta::days(day)).collect();
        Plot { at, lines: vec![Line { label: "Events", counts }] }
    }

    #[test]
    fn the_scale_ends_at_a_round_number_whose_half_is_whole() {
        for (most, expected) in
            [(0, 2), (2, 2), (3, 4), (10, 10), (11, 20), (55, 60), (1_001, 2_000), (99_999, 100_000)]
        {
            assert_eq!(top(most), expected, "{most}");
        }
    }

    #[test]
    fn a_bar_is_as_high_as_its_count_and_an_empty_bucket_has_none() {
        let drawing = draw(&plot(vec![3, 0, 6]), Bucket::Day);
        let bars: Vec<_> = drawing.bars.iter().map(|bar| (bar.y, bar.height, bar.hint.as_str())).collect();
        assert_eq!(bars, [(100.0, 100.0, "1 Mar: Events, 3"), (0.0, 200.0, "3 Mar: Events, 6")]);
        assert_eq!(drawing.scale, ["6", "3", "0"]);
        assert_eq!(drawing.times, ["1 Mar", "2 Mar", "3 Mar"]);
    }

    #[test]
    fn many_buckets_are_a_line_through_all_of_them() {
        let drawing = draw(&plot(vec![1; 125]), Bucket::Day);
        assert_eq!((drawing.bars.len(), drawing.lines.len()), (0, 1));
        let points: Vec<_> = drawing.lines[0].points.split(' ').collect();
        assert_eq!((points.len(), points[0], points[124]), (125, "4,100", "996,100"));
    }

    #[test]
    fn one_bucket_is_drawn_as_well() {
        let drawing = draw(&plot(vec![1]), Bucket::Hour);
        assert_eq!((drawing.bars.len(), drawing.times), (1, vec!["1 Mar, 00:00".to_owned()]));
    }
}
