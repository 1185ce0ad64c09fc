-- SCIM requests of connectors: what an IdP sent, what it was answered and what came of it. They are
-- written beside the requests' transactions, and nothing rests on them.

-- +goose Up
create table activity (
    seq           integer primary key autoincrement,
    id            text not null, -- the request's
    time          integer not null,
    took          integer not null, -- microseconds
    connector_id  text not null,
    directory_id  text not null,
    slug          text not null,
    credential_id text not null,
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
    bytes         integer not null,
    flags         integer not null, -- 1: the body is cut, 2: erased
    size          integer not null -- of the row, about
);
create unique index activity_id on activity (id);
create index activity_time on activity (time);
create index activity_connector on activity (connector_id, seq);
create index activity_failed on activity (seq) where status >= 400;

-- The words by which they are found (storage/sql/words.go).
create virtual table activity_words using fts5 (words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '@._+-'");

-- How much of it there is, for retention by size: one row for each day.
create table activity_days (
    day      integer primary key, -- since 1970
    requests integer not null,
    bytes    integer not null
);

-- +goose Down
-- Migrations only go forward.
select 1;
