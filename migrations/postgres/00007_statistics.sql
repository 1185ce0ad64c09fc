-- No statistics of the columns that hold whole documents. No plan rests on them, and reading and
-- comparing thousands of documents was most of what refreshing a table's statistics took.

-- +goose Up
alter table user_records alter column doc set statistics 0, alter column search set statistics 0,
    alter column view_doc set statistics 0, alter column found set statistics 0;
alter table group_records alter column doc set statistics 0, alter column search set statistics 0;
alter table users alter column doc set statistics 0, alter column search set statistics 0;
alter table groups alter column search set statistics 0;
alter table memberships alter column supports set statistics 0;
alter table events alter column changes set statistics 0;
alter table event_values alter column data set statistics 0;

-- +goose Down
-- Migrations only go forward.
select 1;
