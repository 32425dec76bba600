//! What the dashboards show: the one place to change them.

/// A dashboard.
pub struct Board {
    /// The file's name.
    pub name: &'static str,
    pub title: &'static str,
    pub about: &'static str,
    pub panels: &'static [Panel],
}

/// A graph.
pub struct Panel {
    pub title: &'static str,
    /// What it tells, and what is normal.
    pub about: &'static str,
    /// As Grafana names it.
    pub unit: &'static str,
    /// Each with its legend.
    pub queries: &'static [(&'static str, &'static str)],
}

/// A request that a person made: neither a probe nor Prometheus itself.
macro_rules! people {
    ($more:literal) => {
        concat!(r#"{route!~"/health|/ready|/metrics""#, $more, "}[$__rate_interval]")
    };
}

/// Lists panels.
macro_rules! panels {
    ($($title:literal, $about:literal, $unit:literal: $($query:expr => $legend:literal),+;)*) => {
        &[$(Panel { title: $title, about: $about, unit: $unit, queries: &[$(($query, $legend)),+] }),*]
    };
}

pub const BOARDS: &[Board] = &[
    Board {
        name: "overview",
        title: "overview",
        about: "Rate, errors and duration of each service's requests, and of the calls between them.",
        panels: panels! {
            "Replicas that are up", "As many as run.", "short":
                "sum by (job) (up)" => "{{job}}";
            "Requests", "By service.", "reqps":
                concat!("sum by (service) (rate(http_requests_total", people!(""), "))") => "{{service}}";
            "Part that failed", "5xx; 0.1 % over 30 days may.", "percentunit":
                "service:http_errors:ratio_rate5m" => "{{service}}";
            "Error budget of three days that is spent", "Over 1 it is spent faster than it grows.", "percentunit":
                "service:http_errors:ratio_rate3d / 0.001" => "{{service}}";
            "Duration, p95", "The specification asks for at most 500 ms.", "s":
                "service:http_request_duration_seconds:p95" => "{{service}}";
            "Duration, p50", "Half of the requests are faster.", "s":
                concat!("histogram_quantile(0.5, sum by (service, le) (rate(http_request_duration_seconds_bucket",
                    people!(""), ")))") => "{{service}}";
            "The ten busiest routes", "Requests by route.", "reqps":
                concat!("topk(10, sum by (service, method, route) (rate(http_requests_total", people!(""), ")))")
                    => "{{service}} {{method}} {{route}}";
            "Faults by route", "5xx: 503 is a dependency, 500 ours.", "reqps":
                concat!("sum by (service, method, route, status) (rate(http_requests_total",
                    people!(r#",status=~"5..""#), "))") => "{{status}} {{service}} {{method}} {{route}}";
            "Calls between services", "By whom they go to and how they ended.", "reqps":
                "sum by (job, target, outcome) (rate(calls_total[$__rate_interval]))" => "{{job}} to {{target}}: {{outcome}}";
            "Calls between services, p95", "How long the caller waits.", "s":
                "histogram_quantile(0.95, sum by (target, le) (rate(call_duration_seconds_bucket[$__rate_interval])))" => "{{target}}";
            "Breakers that opened", "A service was left alone for a while.", "short":
                "sum by (job, target) (increase(breaker_openings_total[$__rate_interval]))" => "{{job}} to {{target}}";
            "Refusals", "401 and 403; a peak is an attack or a broken client.", "reqps":
                "sum by (reason) (rate(token_refusals_total[$__rate_interval]))" => "token {{reason}}",
                "sum by (needed) (rate(access_refusals_total[$__rate_interval]))" => "needs {{needed}}";
            "Passwords", "Attempts on accounts.", "reqps":
                "sum by (reason) (rate(auth_login_failures_total[$__rate_interval]))" => "refused: {{reason}}",
                "sum(rate(auth_locked_attempts_total[$__rate_interval]))" => "on a locked account",
                "sum(rate(auth_rate_limited_total[$__rate_interval]))" => "too often",
                "sum(rate(auth_password_comparisons_total[$__rate_interval]))" => "compared",
                "sum(rate(auth_refresh_reuse_total[$__rate_interval]))" => "refresh token used again";
        },
    },
    Board {
        name: "events",
        title: "events",
        about: "From the outbox through JetStream to the consumers, and what did not arrive.",
        panels: panels! {
            "Age of the oldest unpublished event", "Below a second; it grows while NATS is away.", "s":
                "max by (service) (outbox_oldest_age_seconds)" => "{{service}}";
            "Published", "Events and commands, by service.", "ops":
                "sum by (service, lane) (rate(relay_published_total[$__rate_interval]))" => "{{service}} {{lane}}";
            "Published, by type", "The ten most frequent.", "ops":
                "topk(10, sum by (event) (rate(events_published_total[$__rate_interval])))" => "{{event}}";
            "Trouble of the relays", "Failed rounds, rewinds after a loss, events that audit asked for.", "short":
                "sum by (service) (increase(relay_errors_total[$__rate_interval]))" => "{{service}} errors",
                "sum by (service) (increase(relay_rewinds_total[$__rate_interval]))" => "{{service}} rewinds",
                "sum by (service) (increase(relay_published_again_total[$__rate_interval]))" => "{{service}} again";
            "Backlog of the consumers", "Messages that JetStream still has for them.", "short":
                "max by (consumer) (consumer_pending_messages)" => "{{consumer}} pending",
                "max by (consumer) (consumer_unacknowledged_messages)" => "{{consumer}} unacknowledged";
            "From event to effect, p99", "At most 250 ms at 200 events a second.", "s":
                "consumer:consumer_lag_seconds:p99" => "{{consumer}}";
            "Handled", "By what came of it.", "ops":
                "sum by (consumer, outcome) (rate(consumer_messages_total[$__rate_interval]))" => "{{consumer}} {{outcome}}";
            "Delivered again", "After a failure, a restart, or a lost acknowledgement.", "ops":
                "sum by (consumer) (rate(consumer_redeliveries_total[$__rate_interval]))" => "{{consumer}}",
                "sum by (consumer) (rate(consumer_rebuilds_total[$__rate_interval]))" => "{{consumer}} subscribed anew";
            "Failed events that wait", "None.", "short":
                "max by (service) (failed_events_waiting)" => "{{service}}";
            "Holes in the audit trail", "None for longer than seconds.", "short":
                "max by (service) (audit_holes_open)" => "{{service}} open",
                "sum by (service) (increase(audit_holes_filled_total[$__rate_interval]))" => "{{service}} filled";
        },
    },
    Board {
        name: "tickets",
        title: "tickets and service levels",
        about: "What happens at the desk, whether its clocks ring, and its files.",
        panels: panels! {
            "Tickets", "What happened to them in an hour.", "short":
                r#"sum by (event) (increase(events_published_total{event=~"ticket[.](created|assigned|status_changed|commented|deleted)"}[1h]))"#
                    => "{{event}}";
            "Service levels", "Warnings come at 80 % of the time; breaches should be rarer.", "short":
                r#"sum(increase(events_published_total{event="ticket.sla_warning"}[1h]))"# => "warnings in an hour",
                r#"sum(increase(events_published_total{event="ticket.sla_breached"}[1h]))"# => "breaches in an hour";
            "Lateness of the timers", "Seconds at the most.", "s":
                "max by (job) (ticket_timers_late_seconds)" => "{{job}}";
            "Clocks against the database's", "From 30 s on no timers are rung.", "s":
                "max by (instance) (abs(clock_skew_seconds))" => "{{instance}}";
            "Files stored", "Bytes a second.", "Bps":
                "sum(rate(files_stored_bytes_total[$__rate_interval]))" => "bytes";
            "Files", "Stored, and those whose upload was never finished.", "short":
                "sum(increase(files_stored_total[1h]))" => "stored in an hour",
                "max(files_abandoned_uploads)" => "abandoned";
            "Scans for viruses", "A failed one refuses the upload.", "ops":
                "sum by (outcome) (rate(files_scans_total[$__rate_interval]))" => "{{outcome}}";
        },
    },
    Board {
        name: "mails",
        title: "mails",
        about: "Whether people are told.",
        panels: panels! {
            "Age of the oldest delivery that is due", "Seconds; it grows while the mail server is away.", "s":
                "max(delivery_queue_age_seconds)" => "oldest";
            "Deliveries", "By what came of the attempt.", "ops":
                "sum by (status) (rate(deliveries_total[$__rate_interval]))" => "{{status}}";
            "Sent, by template", "In an hour.", "short":
                r#"sum by (template) (increase(deliveries_total{status="sent"}[1h]))"# => "{{template}}";
            "Sent, by channel", "In an hour.", "short":
                r#"sum by (channel) (increase(deliveries_total{status="sent"}[1h]))"# => "{{channel}}";
            "Tried again or given up", "In an hour, by template.", "short":
                r#"sum by (template, status) (increase(deliveries_total{status=~"retried|failed"}[1h])) > 0"# => "{{template}} {{status}}";
        },
    },
    Board {
        name: "runtime",
        title: "runtime",
        about: "Memory, files and connections of each process, and which build it is.",
        panels: panels! {
            "Memory", "Some 25 MB for a service at rest, at most 512 MiB.", "bytes":
                "process_resident_memory_bytes" => "{{job}} {{instance}}";
            "Open files and connections", "Against the limit of the process.", "percentunit":
                "process_open_fds / (process_max_fds > 0)" => "{{job}} {{instance}}";
            "Database connections in use", "Of those that may be open.", "percentunit":
                "max by (service, pool, instance) (db_pool_connections_used / db_pool_connections_max)" => "{{service}} {{pool}} {{instance}}";
            "Database connections that are open", "All replicas together; PostgreSQL has its own limit.", "short":
                "sum by (service, pool) (db_pool_connections)" => "{{service}} {{pool}}";
            "Questions to Redis that failed", "None.", "ops":
                "sum by (job) (rate(cache_errors_total[$__rate_interval]))" => "{{job}}";
            "Age of the processes", "Since their start.", "s":
                "time() - process_start_time_seconds" => "{{job}} {{instance}}";
            "Builds", "Replicas by version: two during a rollout.", "short":
                "count by (version) (helpdesk_build_info)" => "{{version}}";
        },
    },
];
