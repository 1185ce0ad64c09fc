-- Applications that read a directory, with their tokens.

-- +goose Up
create table consumers (
    id               uuid primary key,
    directory_id     uuid not null references directories (id) on delete cascade,
    name             text not null,
    name_key         text collate "C" not null,
    handle           text collate "C" not null, -- what the key ids of its tokens begin with
    shown_attributes text not null, -- a JSON list; empty: all
    shown_groups     text not null, -- a JSON list of patterns; empty: all
    created_at       bigint not null,
    updated_at       bigint not null,
    version          bigint not null default 1
);
create unique index consumers_name on consumers (directory_id, name_key);
create unique index consumers_handle on consumers (handle);

create table consumer_tokens (
    id           uuid primary key,
    consumer_id  uuid not null references consumers (id) on delete cascade,
    directory_id uuid not null,
    lookup_key   text collate "C" not null,
    hash         bytea not null,
    hint         text not null,
    expires_at   bigint,
    last_used_at bigint,
    created_at   bigint not null
);
create unique index consumer_tokens_lookup_key on consumer_tokens (lookup_key);
create index consumer_tokens_consumer on consumer_tokens (consumer_id);

create policy scope on consumers
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on consumer_tokens
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');

alter table consumers enable row level security, force row level security;
alter table consumer_tokens enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
