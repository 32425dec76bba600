use metrics::Label;

pub use metrics::Unit;

/// A metric that is known from the start: it has a description, and its series stand at zero before anything happened, so
/// that neither a dashboard has a hole nor a first increase goes unseen.
#[derive(Clone, Copy, Debug)]
#[must_use = "it is described, but nothing of it is there yet"]
pub struct Measure {
    name: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Measure {
    /// What only grows.
    pub fn counter(name: &'static str, unit: Unit, about: &'static str) -> Self {
        metrics::describe_counter!(name, unit, about);
        Self { name, kind: Kind::Counter }
    }

    /// What goes up and down.
    pub fn gauge(name: &'static str, unit: Unit, about: &'static str) -> Self {
        metrics::describe_gauge!(name, unit, about);
        Self { name, kind: Kind::Gauge }
    }

    /// What is distributed.
    pub fn histogram(name: &'static str, unit: Unit, about: &'static str) -> Self {
        metrics::describe_histogram!(name, unit, about);
        Self { name, kind: Kind::Histogram }
    }

    /// One series of it, at zero. One that has counted already keeps its count; a gauge is to be set by whoever looks.
    pub fn series(self, labels: &[(&'static str, &'static str)]) {
        let labels: Vec<Label> = labels.iter().map(Label::from).collect();
        match self.kind {
            Kind::Counter => metrics::counter!(self.name, labels).increment(0),
            Kind::Gauge => metrics::gauge!(self.name, labels).increment(0.0),
            // To be known is enough: it is shown with a count of zero.
            Kind::Histogram => drop(metrics::histogram!(self.name, labels)),
        }
    }

    /// One series for each value of a label.
    pub fn each(self, label: &'static str, values: impl IntoIterator<Item = &'static str>) {
        values.into_iter().for_each(|value| self.series(&[(label, value)]));
    }

    /// A metric whose labels are known only when something happens; it is described and not there yet.
    pub fn later(self) {}
}
