-- The main road: tenants and their connectors, the records an IdP keeps here, the shared
-- directory that settling makes of them, and the events of both.
--
-- Every row carries its connector and its directory. Times are microseconds since 1970 (UTC).
-- Text is kept as it was sent; the …_key columns hold its key form (scim/canonical) and carry
-- the unique indexes, in the order of code points whatever the database's locale. The hot tables
-- have no foreign keys: a foreign key locks its parent row on every insert, and the parents here
-- are single rows that every request shares.

-- +goose Up
create table directories (
    id         uuid primary key,
    name       text not null,
    name_key   text not null unique,
    settings   text not null default '{}',
    epoch      bigint not null default 1, -- moves with everything that settling sees besides records: rules, modes, connectors, settings
    version    bigint not null default 1,
    created_at bigint not null
);

insert into directories (id, name, name_key, created_at)
values ('00000000-0000-7000-8000-000000000001', 'main', 'main', (extract(epoch from now()) * 1000000)::bigint);

create table tenants (
    id         uuid primary key,
    name       text not null,
    name_key   text not null unique,
    created_at bigint not null
);

create table connectors (
    id            uuid primary key,
    tenant_id     uuid not null references tenants (id),
    directory_id  uuid not null references directories (id),
    slug          text not null unique,
    name          text not null,
    kind          text not null,
    mode          text not null,
    precedence    bigint not null,
    settings      text not null default '{}',
    rules         text not null default '{}',
    rules_version bigint not null default 1,
    held_groups   boolean not null default false, -- it holds, or once held, a group record
    still_since   bigint, -- when it left live mode; null while it is live: views, rules and clock stand still
    settled_rules text,   -- the rules that settling goes by while they stand still; null: rules
    created_at    bigint not null,
    updated_at    bigint not null,
    version       bigint not null default 1
);
create index connectors_directory on connectors (directory_id);

create table credentials (
    id           uuid primary key,
    connector_id uuid not null references connectors (id),
    name         text not null,
    kind         text not null,
    lookup_key   text not null unique, -- the public part: "t:<key id>" or "b:<slug>:<username>"
    hash         bytea not null,
    username     text not null default '',
    hint         text not null default '',
    read_only    boolean not null default false,
    expires_at   bigint,
    last_used_at bigint,
    created_at   bigint not null
);
create index credentials_connector on credentials (connector_id);

create table user_records (
    id              uuid primary key,
    connector_id    uuid not null,
    directory_id    uuid not null,
    tenant_id       uuid not null,
    user_name_key   text collate "C" not null,
    external_id     text,
    employee_number text,
    shown_name      text, -- how the members lists of groups call it
    state           text not null,   -- what the IdP says: active, inactive, deleted
    doc             text not null,   -- the attributes as the IdP reads them back
    search          jsonb not null,  -- the same in comparable form; filters and sorting run on it
    version         bigint not null,
    created_at      bigint not null,
    modified_at     bigint not null,
    deleted_at      bigint,
    -- the view: what settling last accepted of the record
    view_state      text not null default 'none', -- none, active, inactive, deleted
    view_doc        text,                         -- null: the same as doc
    -- the link
    user_id         uuid,
    linked_at       bigint,
    found           text,    -- what linking found: profile, status, memberships; unlinking restores it
    first_counted_at bigint,
    left_at         bigint,  -- when it last stopped counting
    last_inactive   boolean not null default false, -- before its deletion the IdP had said inactive
    defaults_granted boolean not null default false
) with (toast_tuple_target = 8160);
create unique index user_records_user_name on user_records (connector_id, user_name_key) where deleted_at is null;
create index user_records_external_id on user_records (connector_id, external_id) where external_id is not null;
create index user_records_employee_number on user_records (connector_id, employee_number) where employee_number is not null;
create index user_records_list on user_records (connector_id, id) include (directory_id) where deleted_at is null;
create index user_records_user on user_records (user_id) where user_id is not null;

create table record_emails (
    record_id    uuid not null,
    connector_id uuid not null,
    directory_id uuid not null,
    email_key    text not null,
    primary key (record_id, email_key)
);
create index record_emails_key on record_emails (connector_id, email_key);

create table group_records (
    id           uuid primary key,
    connector_id uuid not null,
    directory_id uuid not null,
    tenant_id    uuid not null,
    display_name text not null,
    name_key     text collate "C" not null,
    external_id  text,
    doc          text not null,
    search       jsonb not null,
    version      bigint not null,
    created_at   bigint not null,
    modified_at  bigint not null,
    deleted_at   bigint,
    -- the view of its name; member rows carry their own
    view_name    text, -- null: settling has accepted nothing of it yet
    view_key     text,
    -- members, resolved or not; changed by as much as each request changed, so near enough only
    member_count bigint not null default 0
);
create unique index group_records_display_name on group_records (connector_id, name_key) where deleted_at is null;
create index group_records_external_id on group_records (connector_id, external_id) where external_id is not null;
create index group_records_list on group_records (connector_id, id) include (directory_id) where deleted_at is null;
create index group_records_view on group_records (directory_id, view_key) where view_key is not null;

-- One row an edge. said: the IdP says so now; viewed: settling last accepted it.
create table members (
    group_record_id uuid not null,
    member_id       uuid not null, -- a user record or a group record of the same connector
    connector_id    uuid not null,
    directory_id    uuid not null,
    kind            text not null, -- User or Group
    said            boolean not null,
    viewed          boolean not null,
    primary key (group_record_id, member_id)
);
create index members_member on members (member_id, group_record_id);

-- Members that name nothing this connector holds yet.
create table unresolved_members (
    group_record_id uuid not null,
    value           text not null,
    connector_id    uuid not null,
    directory_id    uuid not null,
    value_key       text not null,
    primary key (group_record_id, value)
);
create index unresolved_members_key on unresolved_members (connector_id, value_key);

create table users (
    id            uuid primary key,
    directory_id  uuid not null,
    user_name     text not null,
    user_name_key text collate "C" not null,
    email_key     text, -- of the primary e-mail
    status        text not null, -- active, disabled, deleted
    doc           text not null,
    search        jsonb not null,
    block         text,          -- an administrator's reason; null: not blocked
    cleaned_up    boolean not null default false,
    created_at    bigint not null,
    modified_at   bigint not null,
    deleted_at    bigint,
    purge_after   bigint,
    version       bigint not null
) with (toast_tuple_target = 8160);
create unique index users_user_name on users (directory_id, user_name_key) where status <> 'deleted';
create index users_deleted_user_name on users (directory_id, user_name_key) where status = 'deleted';
create index users_email on users (directory_id, email_key) where email_key is not null;
create index users_list on users (directory_id, id);

create table groups (
    id           uuid primary key,
    directory_id uuid not null,
    tenant_id    uuid, -- null: local
    display_name text not null,
    name_key     text collate "C" not null,
    search       jsonb not null,
    created_at   bigint not null,
    version      bigint not null
);
create unique index groups_display_name on groups (directory_id, name_key);
create index groups_list on groups (directory_id, id);

create table memberships (
    group_id     uuid not null,
    user_id      uuid not null,
    directory_id uuid not null,
    origin       text not null, -- the strongest of supports
    supports     text not null, -- every origin and supporter with its reason, strongest first
    created_at   bigint not null,
    primary key (group_id, user_id)
);
create index memberships_user on memberships (user_id);

-- Records waiting to be settled. Rows are only added and removed, never changed: one that is
-- added while a worker settles the same record is a new row and is seen again.
create table settle_queue (
    id           bigserial primary key,
    directory_id uuid not null,
    connector_id uuid not null,
    record_id    uuid not null,
    due_at       bigint not null
);
create index settle_queue_due on settle_queue (directory_id, due_at, id);
create index settle_queue_connector on settle_queue (connector_id);

-- What settling or linking could not do by itself, and what administrators decided about it.
create table conflicts (
    id           uuid primary key,
    directory_id uuid not null,
    connector_id uuid not null,
    record_id    uuid not null,
    kind         text not null,
    subject      text not null, -- what it is about besides the record: a group's key, a name
    user_id      uuid,
    group_id     uuid,
    detail       text not null, -- JSON: names and candidates
    decision     text,          -- null while open: link, keepSeparate, refuse, unlinked
    decided_user uuid,
    created_at   bigint not null,
    decided_at   bigint
);
create unique index conflicts_subject on conflicts (record_id, kind, subject);
create index conflicts_open on conflicts (directory_id, id) where decision is null;

create table events (
    seq          bigserial primary key,
    id           uuid not null,
    time         bigint not null,
    directory_id uuid,
    connector_id uuid,
    actor_type   text not null,
    actor        text not null,
    action       text not null,
    user_id      uuid,
    group_id     uuid,
    record_id    uuid,
    request      text not null default '',
    changes      text not null default '{}' -- no clear value of a person
);
create index events_time on events (time);
create index events_user on events (user_id, seq) where user_id is not null;
create index events_group on events (group_id, seq) where group_id is not null;
create index events_connector on events (connector_id, seq) where connector_id is not null;

-- The clear values of people that events tell of, apart, so that one person can be erased.
create table event_values (
    event_id     uuid primary key,
    directory_id uuid,
    user_id      uuid,
    record_id    uuid,
    data         text not null -- JSON: attribute → {before, after}
);
create index event_values_user on event_values (user_id) where user_id is not null;

-- Keys and the like that the deployment makes for itself.
create table deployment (
    name  text primary key,
    value bytea not null
);

-- +goose Down
-- Migrations only go forward.
select 1;
