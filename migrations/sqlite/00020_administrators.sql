-- Administrators with their roles, and the ways in: passwords, sessions, tokens, links.
-- Everything secret is a hash here.

-- +goose Up
create table administrators (
    id              text primary key,
    email           text not null,
    email_key       text not null,
    name            text not null,
    role            text not null,
    limited         boolean not null, -- to the tenants below, though there be none; else of the deployment
    password        text not null default '', -- argon2id in PHC form; empty: signs in elsewhere
    issuer          text not null default '', -- OpenID Connect: who says so,
    subject         text not null default '', -- and of whom
    created_at      integer not null,
    last_sign_in_at integer,
    disabled_at     integer,
    version         integer not null default 1
);
create unique index administrators_email on administrators (email_key);
create unique index administrators_subject on administrators (issuer, subject) where subject <> '';

create table administrator_tenants (
    administrator_id text not null references administrators (id) on delete cascade,
    tenant_id        text not null references tenants (id) on delete cascade,
    primary key (administrator_id, tenant_id)
);
create index administrator_tenants_tenant on administrator_tenants (tenant_id);

create table administrator_sessions (
    id               text primary key,
    administrator_id text not null references administrators (id) on delete cascade,
    hash             blob not null,
    method           text not null, -- password, oidc, link
    address          text not null,
    agent            text not null,
    created_at       integer not null,
    seen_at          integer not null, -- written at most once a minute
    ends_at          integer not null
);
create unique index administrator_sessions_hash on administrator_sessions (hash);
create index administrator_sessions_administrator on administrator_sessions (administrator_id);

create table administrator_tokens (
    id               text primary key,
    administrator_id text not null references administrators (id) on delete cascade,
    name             text not null,
    name_key         text not null,
    hash             blob not null,
    hint             text not null,
    role             text not null, -- at most; the administrator's own where that is less
    expires_at       integer not null,
    last_used_at     integer,
    created_at       integer not null
);
create unique index administrator_tokens_hash on administrator_tokens (hash);
create unique index administrator_tokens_name on administrator_tokens (administrator_id, name_key);

create table administrator_links (
    id               text primary key,
    administrator_id text references administrators (id) on delete cascade, -- null: makes the first one
    hash             blob not null,
    expires_at       integer not null,
    created_at       integer not null
);
create unique index administrator_links_hash on administrator_links (hash);
create index administrator_links_administrator on administrator_links (administrator_id);

-- +goose Down
-- Migrations only go forward.
select 1;
