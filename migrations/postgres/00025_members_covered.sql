-- Whose groups a person is in is read from the index alone, row policy included: a person's edges lie
-- as far apart as the groups were filled one after the other.

-- +goose Up
drop index members_member;
create index members_member on members (member_id, group_record_id) include (viewed, connector_id, directory_id);

-- +goose Down
-- Migrations only go forward.
select 1;
