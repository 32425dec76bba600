-- Which reports went out: whoever enters the row emits the event, in the same transaction. The first row of each report has no
-- report: it is the period that had ended last when it was switched on, and what lies before it is never sent.
CREATE TABLE report_mails (
    kind VARCHAR(20) NOT NULL,
    period VARCHAR(10) NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    report_id UUID,
    entered_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, period, starts_at)
);
