-- Whose groups a person is in is read from the index alone: a person's edges lie as far apart as
-- the groups were filled one after the other.

-- +goose Up
drop index members_member;
create index members_member on members (member_id, group_record_id, viewed);

-- +goose Down
-- Migrations only go forward.
select 1;
