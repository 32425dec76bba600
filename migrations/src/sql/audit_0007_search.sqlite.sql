-- What lines are found by: what was done, details, personal details (which go when the person is erased). The row id is the
-- number of the line. The words are found by the program; of signs only those of internet addresses are left. All of it follows
-- from the trail.
CREATE VIRTUAL TABLE trail_search USING fts5(head, body, personal, tokenize = "unicode61 tokenchars '.:'");
-- What is taken out leaves nothing behind in the index.
INSERT INTO trail_search (trail_search, rank) VALUES ('secure-delete', 1);
