-- Imports: files of people, staged row by row, so that any replica can check and apply them and
-- one that is killed loses nothing.

-- +goose Up
create table imports (
    id           text primary key,
    directory_id text not null,
    state        text not null, -- receiving, checking, ready, running, done, failed, cancelled
    source       text not null, -- file, scim
    name         text not null default '', -- of the file, or the address
    format       text not null default '',
    hash         text not null default '', -- of what every row would do
    phase        integer not null default 0, -- which kind of rows is being visited
    at_seq       integer not null default 0, -- the last row that was visited
    next_seq     integer not null default 1, -- of the next row that is staged
    rows_staged  integer not null default 0,
    done         integer not null default 0,
    total        integer not null default 0,
    planned      text not null default '{}', -- JSON: counts of what it would do
    applied      text not null default '{}', -- JSON: counts of what it did
    actor        text not null,
    comment      text not null default '',
    problem      text not null default '',
    cleared      integer not null default 0, -- 1: rows without a problem are deleted, 2: all are
    created_at   integer not null,
    beat_at      integer not null,
    started_at   integer,
    finished_at  integer
);
create unique index imports_running on imports (directory_id) where state = 'running';
create index imports_directory on imports (directory_id, id);
create index imports_open on imports (state) where state in ('receiving', 'checking', 'running');

-- A row is a user, a group or a membership. planned is what it would do, result what it did.
create table import_rows (
    id           text primary key,
    import_id    text not null,
    seq          integer not null,
    directory_id text not null,
    line         integer not null,
    kind         text not null,
    key          text not null default '', -- of the userName or the group's name
    email_key    text not null default '',
    ref          text not null default '', -- what the source calls a user
    pair         text not null default '', -- a membership's user and group, once it is checked
    group_name   text not null default '',
    member       text not null default '',
    doc          text not null default '',
    said         text not null default '', -- the row as the file has it
    planned      text not null default '',
    result       text not null default '',
    code         text not null default '',
    place        text not null default '', -- column or attribute of a problem
    value        text not null default '',
    detail       text not null default '',
    matched_by   text not null default '',
    user_id      text
);
create unique index import_rows_seq on import_rows (import_id, kind, seq);
create index import_rows_key on import_rows (import_id, key) where kind <> 'membership' and key <> '';
create index import_rows_email on import_rows (import_id, email_key) where email_key <> '';
create index import_rows_ref on import_rows (import_id, ref) where ref <> '';
create index import_rows_pair on import_rows (import_id, pair) where pair <> '';
create index import_rows_problem on import_rows (import_id, seq) where code <> '';

-- +goose Down
-- Migrations only go forward.
select 1;
