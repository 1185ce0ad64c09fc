-- Applications that read a directory, with their tokens.

-- +goose Up
create table consumers (
    id               text primary key,
    directory_id     text not null references directories (id) on delete cascade,
    name             text not null,
    name_key         text not null,
    handle           text not null, -- what the key ids of its tokens begin with
    shown_attributes text not null, -- a JSON list; empty: all
    shown_groups     text not null, -- a JSON list of patterns; empty: all
    created_at       integer not null,
    updated_at       integer not null,
    version          integer not null default 1
);
create unique index consumers_name on consumers (directory_id, name_key);
create unique index consumers_handle on consumers (handle);

create table consumer_tokens (
    id           text primary key,
    consumer_id  text not null references consumers (id) on delete cascade,
    directory_id text not null,
    lookup_key   text not null,
    hash         blob not null,
    hint         text not null,
    expires_at   integer,
    last_used_at integer,
    created_at   integer not null
);
create unique index consumer_tokens_lookup_key on consumer_tokens (lookup_key);
create index consumer_tokens_consumer on consumer_tokens (consumer_id);

-- +goose Down
-- Migrations only go forward.
select 1;
