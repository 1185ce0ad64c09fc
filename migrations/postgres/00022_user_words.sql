-- Users are found by the beginnings of the words of their names and addresses. The words are cut
-- by the program, which gathers those of the users that are here when it starts; see worded.

-- +goose Up
create table user_words (
    user_id      uuid not null,
    word         text collate "C" not null,
    directory_id uuid not null,
    primary key (user_id, word)
);
create index user_words_word on user_words (directory_id, word, user_id);

alter table users add column worded boolean not null default false; -- its words are in user_words
create index users_unworded on users (id) where not worded;

create policy scope on user_words
    using (directory_id::text = current_setting('app.directory', true) or current_setting('app.reach', true) = 'everything');
alter table user_words enable row level security, force row level security;

-- +goose Down
-- Migrations only go forward.
select 1;
