create schema if not exists raw;

create table if not exists raw.reports (
    report_id varchar not null,
    file_name varchar not null,
    file_sha256 varchar not null,
    file_bytes bigint not null,
    site_id varchar not null,
    time_zone varchar not null,
    date_format varchar not null,
    delimiter varchar not null,
    encoding varchar not null,
    header varchar[] not null,
    record_count bigint not null,
    landed_count bigint not null,
    rejected_count bigint not null,
    first_occurred_at timestamp,
    last_occurred_at timestamp,
    loaded_at timestamp not null,
    file_format varchar,
    known_columns varchar[],
    missing_columns varchar[],
    renamed_columns varchar[],
    extra_columns varchar[],
    nonexistent_hour_count bigint,
    doubled_hour_count bigint,
    usual_last_occurred_at timestamp,
    is_plain boolean
);

-- The row of a removed report stays, without its id: neither its number nor an id of a record up to its last one is given
-- again, or what is new could be taken for what an earlier build has typed.
create table if not exists raw.report_numbers (
    report_number bigint not null,
    report_id varchar,
    last_id bigint not null
);

-- Events, as the records say them: each distinct text once, however many reports hold it. Of equal records inside
-- one file the copy number distinguishes the second from the first. The date is null where the loader would write occurred_at
-- in the same characters. The loader drops a fraction of a second, so that whole seconds take 60 % of the space.
create table if not exists raw.events (
    event_id bigint not null,
    site_id varchar not null,
    user_id varchar,
    category varchar not null,
    action varchar not null,
    label varchar,
    date varchar,
    content_id varchar,
    extra_columns varchar,
    occurred_at timestamp_s not null,
    time_flag varchar,
    copy_number bigint not null
);

-- How records call a user. Names can be edited between two downloads, so they are kept apart from what happened.
create table if not exists raw.user_names (
    user_name_id bigint not null,
    site_id varchar not null,
    user_id varchar,
    first_name varchar,
    last_name varchar,
    company varchar,
    email varchar
);

create table if not exists raw.content_names (
    content_name_id bigint not null,
    site_id varchar not null,
    content_id varchar,
    content_name varchar,
    content_slug varchar
);

create table if not exists raw.records (
    record_id bigint not null,
    event_id bigint not null,
    user_name_id bigint not null,
    content_name_id bigint not null
);

create table if not exists raw.report_records (
    report_number bigint not null,
    record_number bigint not null,
    record_id bigint not null
);

create table if not exists raw.user_reports (
    report_id varchar not null,
    file_name varchar not null,
    file_sha256 varchar not null,
    file_bytes bigint not null,
    site_id varchar not null,
    time_zone varchar not null,
    delimiter varchar not null,
    encoding varchar not null,
    header varchar[] not null,
    record_count bigint not null,
    landed_count bigint not null,
    rejected_count bigint not null,
    report_date date,
    loaded_at timestamp not null,
    file_format varchar,
    known_columns varchar[],
    missing_columns varchar[],
    renamed_columns varchar[],
    extra_columns varchar[]
);

create table if not exists raw.users (
    report_id varchar not null,
    record_number bigint not null,
    user_id varchar,
    first_name varchar,
    last_name varchar,
    company varchar,
    email varchar,
    title varchar,
    job_type varchar,
    phone varchar,
    city varchar,
    state_province varchar,
    country varchar,
    time_zone_offset_seconds varchar,
    account_level varchar,
    date_created varchar,
    date_last_login varchar,
    tags varchar,
    extra_columns varchar
);

create table if not exists raw.rejected_records (
    report_id varchar not null,
    record_number bigint not null,
    column_name varchar,
    rejected_value varchar,
    reason varchar not null,
    record_text varchar,
    kind varchar,
    impossible_date date
);

create table if not exists raw.forgotten_users (
    site_id varchar not null,
    user_hash varchar not null,
    forgotten_at timestamp not null
);

create table if not exists raw.meeting_salts (
    site_id varchar not null,
    salt varchar not null
);

-- Settings that were declared of a site: TIME_ZONE, DATE_FORMAT, ENCODING, or SITE for the site itself.
create table if not exists raw.declarations (
    site_id varchar not null,
    setting varchar not null,
    value varchar not null,
    declared_at timestamp not null
);

-- Settings that were declared of a report: once, that the setting was given for it alone; again, that it is still to be
-- loaded again, because its site has another value now.
create table if not exists raw.report_declarations (
    report_id varchar not null,
    setting varchar not null,
    declare varchar not null
);

-- Warehouses that were made before have withdrawn_reports, the older name.
alter table if exists raw.withdrawn_reports rename withdrawn_at to removed_at; -- older name
alter table if exists raw.withdrawn_reports rename to removed_reports; -- older name

create table if not exists raw.removed_reports (
    report_id varchar not null,
    file_sha256 varchar not null,
    site_id varchar not null,
    removed_at timestamp not null
);

-- What warehouses that were made before have not got yet.
alter table raw.reports add column if not exists file_format varchar;
alter table raw.reports add column if not exists known_columns varchar[];
alter table raw.reports add column if not exists missing_columns varchar[];
alter table raw.reports add column if not exists renamed_columns varchar[];
alter table raw.reports add column if not exists extra_columns varchar[];
alter table raw.user_reports add column if not exists file_format varchar;
alter table raw.user_reports add column if not exists known_columns varchar[];
alter table raw.user_reports add column if not exists missing_columns varchar[];
alter table raw.user_reports add column if not exists renamed_columns varchar[];
alter table raw.user_reports add column if not exists extra_columns varchar[];
alter table raw.reports add column if not exists nonexistent_hour_count bigint;
alter table raw.reports add column if not exists doubled_hour_count bigint;
alter table raw.reports add column if not exists usual_last_occurred_at timestamp;
alter table raw.reports add column if not exists is_plain boolean;
alter table raw.rejected_records add column if not exists kind varchar;
alter table raw.rejected_records add column if not exists impossible_date date;

-- Every record of every report, word for word.
create view if not exists raw.activities as
select
    report_numbers.report_id,
    report_records.record_number,
    events.user_id,
    user_names.first_name,
    user_names.last_name,
    user_names.company,
    user_names.email,
    events.category,
    events.action,
    events.label,
    coalesce(events.date, strftime(events.occurred_at, '%Y-%m-%d %H:%M:%S')) as date,
    events.content_id,
    content_names.content_name,
    content_names.content_slug,
    events.extra_columns,
    events.occurred_at::timestamp as occurred_at,
    events.time_flag
from raw.report_records
inner join raw.report_numbers on report_records.report_number = report_numbers.report_number
inner join raw.records on report_records.record_id = records.record_id
inner join raw.events on records.event_id = events.event_id
inner join raw.user_names on records.user_name_id = user_names.user_name_id
inner join raw.content_names on records.content_name_id = content_names.content_name_id;

-- They also have the marts, which are in a file of their own now.
drop schema if exists marts cascade;
drop schema if exists restricted cascade;
