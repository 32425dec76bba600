-- How many events each person has caused, from the beginning of what is counted to the end of a day: a person's id and a number of 8
-- bytes each. What somebody caused in a time is the difference of two. They follow from the metrics, and whatever is added to a day
-- there takes away those that end after it, in the same transaction.
CREATE TABLE standings (
    until TIMESTAMPTZ PRIMARY KEY,
    people BYTEA NOT NULL
);
