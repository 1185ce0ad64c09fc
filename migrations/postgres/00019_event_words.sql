-- The words of sealed events, by which they are found (storage/sql/words.go). They are written
-- behind sealing, and go when the clear values go that they were taken from.

-- +goose Up
create table event_words (
    seq   bigint primary key, -- of the event
    words tsvector not null
);
create index event_words_words on event_words using gin (words);

-- How far the words of events are written: a place as in audit_blocks.
create table event_words_state (
    id       bigint primary key, -- always 1
    position bigint not null,
    seq      bigint not null
);
insert into event_words_state (id, position, seq) values (1, -9223372036854775808, -9223372036854775808);

-- Events whose words were taken away, because some of their values went: the rest is written anew.
create table event_words_waiting (
    seq bigint primary key
);

create index events_request on events (request, seq) where request <> '';
create index events_actor on events (actor, seq);
create index events_action on events (action collate "C", seq);

-- Words say nothing without the events of their numbers, which have policies of their own. For
-- reading there can be no other condition: below one, no index of words is used.
create policy scope_read on event_words for select using (true);
create policy scope_added on event_words for insert with check (current_setting('app.reach', true) = 'everything');
create policy scope_dropped on event_words for delete using (exists (select 1 from events e where e.seq = event_words.seq));
alter table event_words enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
