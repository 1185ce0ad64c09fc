-- The second wall between tenants. The first is the program, whose every statement names the
-- connector or the directory; should one forget to, these policies leave it nothing that is not
-- its own. They bind every role but superusers and those with BYPASSRLS, the tables' owner too.
--
-- A transaction says at its begin in whose space it works, by settings that end with it:
--
--      app.connector   app.directory   app.reach     sees of records    sees of the directory
--      -               -               -             nothing            nothing
--      c               -               c             those of c         nothing
--      c               d               c             those of c         d
--      -, c            d               d             those bound to d   d
--      -               -               everything    all                all
--
-- What they cost is mostly the setting up of the expression for each statement, so they are as
-- short as can be, without functions of our own. Tables that are read by the ten thousand are
-- different: there almost every row is the connector's own and is told by a value that is worked
-- out once (behind a "select" of its own), and lists are read from an index alone, which
-- therefore holds both columns.

-- +goose Up
-- +goose StatementBegin
create function app_connector() returns uuid language sql stable parallel safe
as $$ select nullif(current_setting('app.connector', true), '')::uuid $$;
-- +goose StatementEnd

create policy scope on connectors using (directory_id::text = current_setting('app.directory', true)
    or current_setting('app.reach', true) in (id::text, 'everything'));
create policy scope on credentials using (current_setting('app.reach', true) in (connector_id::text, 'everything')
    or connector_id in (select c.id from connectors c where c.directory_id::text = current_setting('app.reach', true)));

create policy scope on record_emails
    using (current_setting('app.reach', true) in (connector_id::text, directory_id::text, 'everything'));
create policy scope on unresolved_members
    using (current_setting('app.reach', true) in (connector_id::text, directory_id::text, 'everything'));
create policy scope on user_records
    using (connector_id = (select app_connector()) or current_setting('app.reach', true) in (directory_id::text, 'everything'))
    with check (current_setting('app.reach', true) in (connector_id::text, directory_id::text, 'everything'));
create policy scope on group_records
    using (connector_id = (select app_connector()) or current_setting('app.reach', true) in (directory_id::text, 'everything'))
    with check (current_setting('app.reach', true) in (connector_id::text, directory_id::text, 'everything'));
create policy scope on members
    using (connector_id = (select app_connector()) or current_setting('app.reach', true) in (directory_id::text, 'everything'))
    with check (current_setting('app.reach', true) in (connector_id::text, directory_id::text, 'everything'));

create policy scope on users
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on groups
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on memberships
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on settle_queue
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on conflicts
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');

-- Events are added and read. No policy lets anybody change or delete one.
create policy scope_added on events for insert
    with check (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope_read on events for select
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
create policy scope on event_values
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');

alter table connectors enable row level security, force row level security;
alter table credentials enable row level security, force row level security;
alter table user_records enable row level security, force row level security;
alter table record_emails enable row level security, force row level security;
alter table group_records enable row level security, force row level security;
alter table members enable row level security, force row level security;
alter table unresolved_members enable row level security, force row level security;
alter table users enable row level security, force row level security;
alter table groups enable row level security, force row level security;
alter table memberships enable row level security, force row level security;
alter table settle_queue enable row level security, force row level security;
alter table conflicts enable row level security, force row level security;
alter table events enable row level security, force row level security;
alter table event_values enable row level security, force row level security;

-- Only a table's owner may analyze it. This does so on behalf of any role that may call it: for
-- tables that changed by half since their statistics were made. It returns how many.
-- +goose StatementBegin
create function analyze_grown() returns bigint language plpgsql security definer set search_path from current
as $$
declare
    grown record;
    n bigint := 0;
begin
    for grown in
        select g.schemaname, g.relname from pg_catalog.pg_stat_user_tables g join pg_catalog.pg_class c on c.oid = g.relid
        where g.schemaname = current_schema() and pg_catalog.pg_has_role(c.relowner, 'usage')
          and g.n_mod_since_analyze > 300 + 0.5 * greatest(c.reltuples, 0)
    loop
        execute format('analyze %I.%I', grown.schemaname, grown.relname);
        n := n + 1;
    end loop;
    return n;
end
$$;
-- +goose StatementEnd
revoke execute on function analyze_grown() from public;

-- +goose Down
-- Migrations only go forward.
select 1;
