{#-
What differs between the SQL engines in whole statements; what differs inside an expression is in engine.sql. The statements
are those of DuckDB, and Spark has others where it lacks them: it updates and deletes nothing in a Parquet table, takes one
statement at a time, and reads the landed reports where they lie.
-#}

{% macro note_of_build() -%}
    {{ return(adapter.dispatch("note_of_build")()) }}
{%- endmacro %}

{% macro duckdb__note_of_build() -%}
    {{ return([
        "create schema if not exists " ~ unfinished_builds().without_identifier(),
        "create table if not exists " ~ unfinished_builds() ~ " (invocation_id varchar)",
        "insert into " ~ unfinished_builds() ~ " values ('" ~ invocation_id ~ "')",
    ]) }}
{%- endmacro %}

{% macro spark__note_of_build() -%}
    {{ return([
        "create schema if not exists " ~ unfinished_builds().without_identifier(),
        "create table if not exists " ~ unfinished_builds() ~ " (noted_at timestamp, invocation_id string)"
        ~ " using parquet partitioned by (invocation_id)",
        "insert into " ~ unfinished_builds() ~ " values (current_timestamp(), '" ~ invocation_id ~ "')",
    ]) }}
{%- endmacro %}

{% macro strikes_of_build(results) -%}
    {{ return(adapter.dispatch("strikes_of_build")(results)) }}
{%- endmacro %}

{% macro duckdb__strikes_of_build(results) -%}
    {#- (A table that this build itself has made is not yet in dbt's cache.) -#}
    {%- if flags.WHICH == "test" and adapter.get_relation(target.database, "staging", "unfinished_builds") is none -%}
        {{ return([]) }}
    {%- endif -%}
    {%- do run_query("create table if not exists " ~ built_code() ~ " (node_id varchar, code varchar)") -%}
    {%- set noted = run_query("select distinct invocation_id from " ~ unfinished_builds()).columns[0].values() | list -%}
    {%- set earlier_code = dict(run_query("select node_id, code from " ~ built_code()).rows.values() | map("list")) -%}
    {%- set landed = state_of_landed_reports() -%}
    {%- set unfinished = unfinished_after(results, noted, earlier_code, landed) -%}
    {%- set statements = [
        "delete from " ~ unfinished_builds(),
        "insert into " ~ unfinished_builds() ~ " select unnest([" ~ quoted(unfinished) ~ "]::varchar[])",
    ] -%}
    {%- if flags.WHICH != "test" -%}
        {%- set code = code_after(results, earlier_code, landed) -%}
        {%- do statements.extend([
            "delete from " ~ built_code(),
            "insert into " ~ built_code() ~ " select unnest([" ~ quoted(code.keys()) ~ "]::varchar[]), unnest(["
            ~ quoted(code.values()) ~ "]::varchar[])",
        ]) -%}
    {%- endif -%}
    {{ return(statements) }}
{%- endmacro %}

{#- Nobody publishes from Spark's tables by this note, and it deletes no rows: it knows of builds as a whole. -#}
{% macro spark__strikes_of_build(results) -%}
    {%- if flags.WHICH == "test" or results | length > nodes_done_well(results) | length -%}
        {{ return([]) }}
    {%- elif is_build_of_all_models() -%}
        {{ return(["truncate table " ~ unfinished_builds()]) }}
    {%- endif -%}
    {{ return([
        "alter table " ~ unfinished_builds() ~ " drop if exists partition (invocation_id = '" ~ invocation_id ~ "')"
    ]) }}
{%- endmacro %}

{% macro quoted(texts) -%}
    {{ return("'" ~ texts | join("', '") ~ "'" if texts else "") }}
{%- endmacro %}

{% macro state_of_landed_reports() -%}
    {%- if load_relation(source("raw", "reports")) is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for table in ("reports", "user_reports") -%}
        {%- do parts.append(
            "(select string_agg(report_id || loaded_at::varchar, ' ' order by report_id) from " ~ source("raw", table) ~ ")"
        ) -%}
    {%- endfor -%}
    {%- set forgotten = source("raw", "forgotten_users") -%}
    {%- if load_relation(forgotten) is not none -%}
        {%- do parts.append("(select count(*) || max(forgotten_at)::varchar from " ~ forgotten ~ ")") -%}
    {%- endif -%}
    {{ return(run_query("select md5(concat_ws('|', " ~ parts | join(", ") ~ "))").rows[0][0]) }}
{%- endmacro %}


{% macro missing_reports() -%}
    {{ return(adapter.dispatch("missing_reports")()) }}
{%- endmacro %}

{#- (The loader makes all its tables with the first report.) -#}
{% macro duckdb__missing_reports() -%}
    {%- for table in ("activities", "users", "meeting_salts") -%}
        {%- set landed = source("raw", table) -%}
        {%- if adapter.get_relation(landed.database, landed.schema, landed.identifier) is none -%}
            {{ return(
                "there is no table " ~ landed ~ ".\n"
                ~ "Fix: .venv/bin/python scripts/load_reports.py reports/   (or: make build)"
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}

{% macro spark__missing_reports() -%}
    {%- for table in ("reports", "user_reports") -%}
        {%- if run_query("select 1 from " ~ source("raw", table) ~ " limit 1") | length > 0 -%}
            {{ return(none) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(
        "there is none below " ~ spark_landing() ~ ".\n"
        ~ "Fix: land them there as Parquet, or say with SPARK_LANDING where they are (docs/explanation/scale.md)."
    ) }}
{%- endmacro %}


{% macro find_landed_reports() -%}
    {%- if execute and flags.WHICH in ("build", "run", "test") -%}
        {%- do adapter.dispatch("find_landed_reports")() -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__find_landed_reports() -%}
{%- endmacro %}

{#- External tables over <landing>/<table>/site_id=…/report_id=…/, with the types that the sources declare
    (models/staging/_juno__sources.yml) and not with those that the values look like. There each record lies with all its
    texts, so that what is apart on DuckDB is a view of it. -#}
{% macro spark__find_landed_reports() -%}
    {%- set views = [] -%}
    {%- for source in graph.sources.values() | selectattr("source_name", "equalto", "raw") -%}
        {%- set relation = api.Relation.create(schema=source.schema, identifier=source.identifier) -%}
        {%- if loop.first -%}
            {%- do run_query("create schema if not exists " ~ relation.without_identifier()) -%}
        {%- endif -%}
        {%- if "made_of" in source.config.meta -%}
            {%- do views.append("create or replace view " ~ relation ~ " as " ~ source.config.meta.made_of) -%}
            {%- continue -%}
        {%- endif -%}
        {%- set location = spark_landing() ~ "/" ~ source.identifier -%}
        {%- set existing = load_relation(relation) -%}
        {%- if existing -%}
            {%- set known = modules.re.findall("\\|-- (\\w+):", existing.information) -%}
            {%- if ("Location: " ~ location) not in existing.information | replace("file:", "")
                or source.columns | reject("in", known) | list -%}
                {%- do run_query("drop table " ~ relation) -%}
                {%- set existing = none -%}
            {%- endif -%}
        {%- endif -%}
        {%- if not existing -%}
            {%- do run_query(spark_raw_table(relation, source.columns.values(), location)) -%}
        {%- endif -%}
        {%- do run_query("msck repair table " ~ relation ~ " sync partitions") -%}
    {%- endfor -%}
    {%- for view in views -%}
        {%- do run_query(view) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro spark_raw_table(relation, columns, location) -%}
    {%- set parts = ("site_id", "report_id") -%}
    create table {{ relation }} (
        {%- for column in columns if column.name not in parts %}
        {{ column.name }} {{ modules.re.sub("(.*)\\[\\]", "array<\\1>", column.data_type) }},
        {%- endfor %}
        {{ parts | join(" string, ") }} string
    ) using parquet partitioned by ({{ parts | join(", ") }}) location {{ spark_literal(location) }}
{%- endmacro %}

{% macro spark_landing() -%}
    {%- set landing = env_var("SPARK_LANDING", "warehouse/landing") -%}
    {%- if landing.startswith("/") or ":" in landing -%}
        {{ return(landing.rstrip("/")) }}
    {%- endif -%}
    {{ return(invocation_args_dict.project_dir ~ "/" ~ landing.rstrip("/")) }}
{%- endmacro %}

{% macro spark_literal(text) -%}
    '{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}


{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model.config.column_types -%}
    {%- for rows in agate_table.rows | batch(1000) -%}
        {%- set sql -%}
            insert into {{ this }}
            select
            {%- for name in agate_table.column_names %}
                {%- set type = types[name] %}
                {%- if type == "string" %}
                {{ name }}
                {%- else %}
                if({{ name }} is not null, coalesce({{ try_cast(name, type) }}, raise_error(concat(
                    '{{ model.name }}: ', {{ name }}, ' in the column {{ name }} is no {{ type }}'
                ))), null)
                {%- endif %}
                {%- if not loop.last %},{% endif %}
            {%- endfor %}
            from values
            {%- for row in rows %}
                (
                {%- for value in row -%}
                    {{ "cast(null as string)" if value is none else spark_literal(value) }}
                    {%- if not loop.last %}, {% endif %}
                {%- endfor -%}
                ){% if not loop.last %},{% endif %}
            {%- endfor %}
            as rows ({{ agate_table.column_names | join(", ") }})
        {%- endset -%}
        {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {%- endfor -%}
    {{ return("") }}
{%- endmacro %}


{% macro view_or_table() -%}
    {{ return(adapter.dispatch("view_or_table")()) }}
{%- endmacro %}

{% macro duckdb__view_or_table() -%}
    {{ return("view") }}
{%- endmacro %}

{#- (Here each join is a shuffle, and not only a look-up by number.) -#}
{% macro spark__view_or_table() -%}
    {{ return("table") }}
{%- endmacro %}


{% macro in_order_of(column) -%}
    {{ return(adapter.dispatch("in_order_of")(column)) }}
{%- endmacro %}

{#- (Ids that follow one another take next to no space. DuckDB's aggregates give millions of rows in any order.) -#}
{% macro duckdb__in_order_of(column) -%}
    order by {{ column }}
{%- endmacro %}

{#- (Here to sort is a shuffle.) -#}
{% macro spark__in_order_of(column) -%}
{%- endmacro %}


{% macro spark__safe_cast(field, type) -%}
    {%- if type.startswith("array") -%}
        from_json(cast({{ field }} as string), '{{ type }}')
    {%- else -%}
        cast({{ field }} as {{ type }})
    {%- endif -%}
{%- endmacro %}


{% macro duckdb__format_column(column) -%}
    {%- set promised = model.columns.get(column.name, {}).get("data_type") or "another type" -%}
    {%- if column.dtype == "HUGEINT" and promised | lower != "hugeint" -%}
        {{ exceptions.raise_compiler_error(
            "The column " ~ column.name ~ " of " ~ model.name ~ " is HUGEINT, and its contract says " ~ promised
            ~ ". DuckDB's sum() of integers gives HUGEINT.\nFix: cast sum(…) to bigint: cast(sum(…) as bigint) as "
            ~ column.name
        ) }}
    {%- endif -%}
    {{ return(default__format_column(column)) }}
{%- endmacro %}
