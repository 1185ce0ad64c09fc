-- SCIM requests of connectors: what an IdP sent, what it was answered and what came of it. They are
-- written beside the requests' transactions, and nothing rests on them.

-- +goose Up
create table activity (
    seq           bigserial primary key,
    id            uuid not null, -- the request's
    time          bigint not null,
    took          bigint not null, -- microseconds
    connector_id  uuid not null,
    directory_id  uuid not null,
    slug          text collate "C" not null,
    credential_id uuid not null,
    credential    text not null,
    address       text not null,
    agent         text not null,
    version       text not null,
    method        text not null,
    path          text not null,
    route         text not null,
    operation     text not null,
    status        integer not null,
    effect        text not null,
    detail        text not null,
    resources     text not null, -- ids with a space between
    body          text not null, -- JSON, redacted
    bytes         bigint not null,
    flags         integer not null, -- 1: the body is cut, 2: erased
    size          integer not null -- of the row, about
);
create unique index activity_id on activity (id);
create index activity_time on activity (time);
create index activity_connector on activity (connector_id, seq);
create index activity_failed on activity (seq) where status >= 400;

-- The words by which they are found (storage/sql/words.go).
create table activity_words (
    seq   bigint primary key, -- of the request
    words tsvector not null
);
create index activity_words_words on activity_words using gin (words);

-- How much of it there is, for retention by size: one row for each day.
create table activity_days (
    day      integer primary key, -- since 1970
    requests bigint not null,
    bytes    bigint not null
);

create policy scope on activity
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
alter table activity enable row level security, force row level security;

-- Words say nothing without the requests of their numbers. For reading there can be no other
-- condition: below one, no index of words is used.
create policy scope_read on activity_words for select using (true);
create policy scope_added on activity_words for insert with check (current_setting('app.reach', true) = 'everything');
create policy scope_dropped on activity_words for delete using (exists (select 1 from activity a where a.seq = activity_words.seq));
alter table activity_words enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
