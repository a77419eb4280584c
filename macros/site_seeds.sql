{#- A file of seeds/site/ may be as a spreadsheet saved it. scripts/check_seeds.py, which `make build` calls first, then writes
    a checked copy, and dbt reads that. A file without a copy must be in the form that dbt reads. Every other seed is read as
    dbt does it (docs/decisions/0019-checked-seeds.md). -#}
{% materialization seed, adapter='duckdb' %}
    {%- if not model.original_file_path.replace('\\', '/').startswith('seeds/site/') -%}
        {{ return(dbt.materialization_seed_default()) }}
    {%- endif -%}
    {%- set rows = site_seed_rows() -%}
    {%- set old_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do adapter.drop_relation(old_relation) if old_relation is not none -%}
    {#- An older file may lack a column that came later. -#}
    {%- call statement('main') %}
        create table {{ target_relation }} (
            {%- for name, type in config.get('column_types').items() %}
            {{ name }} {{ type }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        );
        insert into {{ target_relation }} by name {{ rows }}
    {%- endcall %}
    {#- dbt asks every seed for the table that it read, to show it with --show. -#}
    {%- do store_result('agate_table', response='OK', agate_table=run_query('select * from ' ~ target_relation ~ ' limit 10')) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro site_seed_rows() %}
    {%- set path = model.original_file_path | replace('\\', '/') -%}
    {%- set fix = ". Fix: make build, or .venv/bin/python scripts/check_seeds.py and then the same command again" -%}
    {%- set types = config.get('column_types') -%}
    {%- set file = project_file(model.original_file_path) -%}
    {%- set folder = project_file('target/site_seeds/') -%}
    {%- set found = run_query(
        "select path.file, trim(split_part(decode(content), chr(10), 1), chr(65279) || chr(13)) as header"
        ~ " from read_blob('" ~ file ~ "')"
        ~ " left join glob('" ~ folder ~ model.name ~ ".*.csv') as path(file)"
        ~ " on ends_with(path.file, md5(content) || '.csv')"
    ).rows[0] -%}
    {%- set columns = types.keys() | list -%}
    {%- if found[0] is none -%}
        {%- set columns = [] -%}
        {%- for name in found[1].strip().split(',') -%}
            {%- do columns.append(name.strip().strip('"')) -%}
        {%- endfor -%}
        {%- for name in columns if name not in types -%}
            {{ exceptions.raise_compiler_error(
                path ~ " is not yet in the form that dbt reads, or has a column that it does not know: " ~ found[1].strip() ~ fix
            ) }}
        {%- endfor -%}
    {%- endif -%}
    {%- set types_in_order = [] -%}
    {%- for name in columns -%}
        {%- do types_in_order.append("'" ~ name ~ "': '" ~ types[name] ~ "'") -%}
    {%- endfor -%}
    {%- set as_csv = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {" ~ types_in_order | join(", ") ~ "}" -%}
    {#- One reading: what cannot be read is in the table of rejects. -#}
    {%- set rejects = model.name ~ "_rejects" -%}
    {%- do run_query(
        "create or replace temp table " ~ model.name ~ "_rows as select * from read_csv('"
        ~ (path_in_sql(found[0]) if found[0] else file) ~ "', " ~ as_csv
        ~ ", store_rejects = true, rejects_table = '" ~ rejects ~ "', rejects_scan = '" ~ rejects ~ "_scan')"
    ) -%}
    {%- for row in run_query("select line, column_name, csv_line from " ~ rejects ~ " order by line limit 1").rows -%}
        {{ exceptions.raise_compiler_error(
            path ~ ", line " ~ row[0] ~ ": " ~ (row[1] or "a field") ~ " is not in the form that dbt reads: " ~ row[2] ~ fix
        ) }}
    {%- endfor -%}
    {{ return("select * from temp." ~ model.name ~ "_rows") }}
{% endmacro %}

{#- The other seeds. dbt-duckdb would put the path of another folder, or an apostrophe, into the SQL. -#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {%- set sql -%}
        copy {{ this.render() }} from '{{ project_file(model.original_file_path) }}' (format csv, header true)
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{ return(sql) }}
{% endmacro %}

{#- Where the file is now, in the quotes of SQL. For each seed dbt remembers the folder where it parsed the project. -#}
{% macro project_file(path) %}
    {{ return(path_in_sql(invocation_args_dict.project_dir ~ "/" ~ path)) }}
{% endmacro %}

{#- (DuckDB takes a path with one of these signs for a pattern.) -#}
{% macro path_in_sql(path) %}
    {{ return(modules.re.sub("([*?[])", "[\\1]", path) | replace("'", "''")) }}
{% endmacro %}

{#- On Spark dbt reads every file itself, because its own reader is the only one that reaches each cluster. So there is no
    checked copy there: a file in another form is refused, and rewritten on request. -#}
{% materialization seed, adapter='spark' %}
    {%- do refuse_other_forms(load_agate_table()) if model.original_file_path.replace('\\', '/').startswith('seeds/site/') -%}
    {{ return(dbt.materialization_seed_default()) }}
{% endmaterialization %}

{% macro refuse_other_forms(rows) %}
    {%- set path = model.original_file_path | replace('\\', '/') -%}
    {%- set fix = ". Fix: .venv/bin/python scripts/check_seeds.py --replace, and then the same command again" -%}
    {%- set types = config.get('column_types') -%}
    {%- set forms = {
        'integer': '[+-]?[0-9]+$',
        'boolean': '(?i)(true|false)$',
        'date': '[0-9]{4}-[0-9]{2}-[0-9]{2}$',
        'timestamp': '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?$',
    } -%}
    {%- for name in types if name not in rows.column_names -%}
        {{ exceptions.raise_compiler_error(
            path ~ ", line 1: the column " ~ name ~ " is not there, or the file is not in the form that dbt reads" ~ fix
        ) }}
    {%- endfor -%}
    {%- for row in rows.rows -%}
        {%- set number = loop.index -%}
        {%- for name, type in types.items() if type in forms and row[name] is not none and not modules.re.match(forms[type], row[name] | string) -%}
            {{ exceptions.raise_compiler_error(
                path ~ ", row " ~ number ~ ": " ~ name ~ " is not in the form that dbt reads: " ~ row[name] ~ fix
            ) }}
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}
