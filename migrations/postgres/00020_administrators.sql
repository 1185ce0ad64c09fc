-- Administrators with their roles, and the ways in: passwords, sessions, tokens, links.
-- Everything secret is a hash here.

-- +goose Up
create table administrators (
    id              uuid primary key,
    email           text not null,
    email_key       text collate "C" not null,
    name            text not null,
    role            text not null,
    limited         boolean not null, -- to the tenants below, though there be none; else of the deployment
    password        text not null default '', -- argon2id in PHC form; empty: signs in elsewhere
    issuer          text collate "C" not null default '', -- OpenID Connect: who says so,
    subject         text collate "C" not null default '', -- and of whom
    created_at      bigint not null,
    last_sign_in_at bigint,
    disabled_at     bigint,
    version         bigint not null default 1
);
create unique index administrators_email on administrators (email_key);
create unique index administrators_subject on administrators (issuer, subject) where subject <> '';

create table administrator_tenants (
    administrator_id uuid not null references administrators (id) on delete cascade,
    tenant_id        uuid not null references tenants (id) on delete cascade,
    primary key (administrator_id, tenant_id)
);
create index administrator_tenants_tenant on administrator_tenants (tenant_id);

create table administrator_sessions (
    id               uuid primary key,
    administrator_id uuid not null references administrators (id) on delete cascade,
    hash             bytea not null,
    method           text not null, -- password, oidc, link
    address          text not null,
    agent            text not null,
    created_at       bigint not null,
    seen_at          bigint not null, -- written at most once a minute
    ends_at          bigint not null
);
create unique index administrator_sessions_hash on administrator_sessions (hash);
create index administrator_sessions_administrator on administrator_sessions (administrator_id);

create table administrator_tokens (
    id               uuid primary key,
    administrator_id uuid not null references administrators (id) on delete cascade,
    name             text not null,
    name_key         text collate "C" not null,
    hash             bytea not null,
    hint             text not null,
    role             text not null, -- at most; the administrator's own where that is less
    expires_at       bigint not null,
    last_used_at     bigint,
    created_at       bigint not null
);
create unique index administrator_tokens_hash on administrator_tokens (hash);
create unique index administrator_tokens_name on administrator_tokens (administrator_id, name_key);

create table administrator_links (
    id               uuid primary key,
    administrator_id uuid references administrators (id) on delete cascade, -- null: makes the first one
    hash             bytea not null,
    expires_at       bigint not null,
    created_at       bigint not null
);
create unique index administrator_links_hash on administrator_links (hash);
create index administrator_links_administrator on administrator_links (administrator_id);

-- No connector and no directory has anything to do with these.
create policy scope on administrators using (current_setting('app.reach', true) = 'everything');
create policy scope on administrator_tenants using (current_setting('app.reach', true) = 'everything');
create policy scope on administrator_sessions using (current_setting('app.reach', true) = 'everything');
create policy scope on administrator_tokens using (current_setting('app.reach', true) = 'everything');
create policy scope on administrator_links using (current_setting('app.reach', true) = 'everything');

alter table administrators enable row level security, force row level security;
alter table administrator_tenants enable row level security, force row level security;
alter table administrator_sessions enable row level security, force row level security;
alter table administrator_tokens enable row level security, force row level security;
alter table administrator_links enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
