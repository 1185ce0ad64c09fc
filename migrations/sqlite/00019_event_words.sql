-- The words of sealed events, by which they are found (storage/sql/words.go). They are written
-- behind sealing, and go when the clear values go that they were taken from.

-- +goose Up
create virtual table event_words using fts5 (words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '@._+-'");

-- How far the words of events are written: a place as in audit_blocks.
create table event_words_state (
    id       integer primary key, -- always 1
    position integer not null,
    seq      integer not null
);
insert into event_words_state (id, position, seq) values (1, -9223372036854775808, -9223372036854775808);

-- Events whose words were taken away, because some of their values went: the rest is written anew.
create table event_words_waiting (
    seq integer primary key
);

create index events_request on events (request, seq) where request <> '';
create index events_actor on events (actor, seq);
create index events_action on events (action, seq);

-- +goose Down
-- Migrations only go forward.
select 1;
