-- Groups in groups give memberships. Both indexes hold the edges between groups alone, so a
-- connector without any pays nothing for them: upwards from a group, and downwards into one.

-- +goose Up
create index members_outer on members (member_id, group_record_id) where kind = 'Group';
create index members_inner on members (group_record_id, member_id) where kind = 'Group';

-- Edges that were kept so far and granted nothing: the people of their connectors are settled again.
insert into settle_queue (directory_id, connector_id, record_id, due_at)
select r.directory_id, r.connector_id, r.id, 0 from user_records r
where r.connector_id in (select m.connector_id from members m where m.kind = 'Group' and m.viewed)
    and (r.deleted_at is null or r.user_id is not null);

-- +goose Down
-- Migrations only go forward.
select 1;
