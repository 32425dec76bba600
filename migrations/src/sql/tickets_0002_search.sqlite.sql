-- Title, description and public comments, accents folded by the tokenizer.
CREATE VIRTUAL TABLE ticket_search USING fts5(ticket_id UNINDEXED, head, body, comments, tokenize = 'unicode61 remove_diacritics 2');
