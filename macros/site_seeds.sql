{#- A file of seeds/site/ may be as a spreadsheet saved it. scripts/check_seeds.py, which `make build` calls first, then writes
    a checked copy, and dbt reads that. Every other seed is read as dbt does it (docs/decisions/0019-checked-seeds.md). -#}
{% materialization seed, adapter='duckdb' %}
    {%- set copy = checked_copy() -%}
    {%- if copy is none -%}
        {{ return(dbt.materialization_seed_default()) }}
    {%- endif -%}
    {%- set old_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do adapter.drop_relation(old_relation) if old_relation is not none -%}
    {%- call statement('main') %}
        create table {{ target_relation }} (
            {%- for name, type in config.get('column_types').items() %}
            {{ name }} {{ type }}
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        );
        copy {{ target_relation }} from '{{ copy | replace("'", "''") }}' (format csv, header true, delimiter ',')
    {%- endcall %}
    {#- dbt asks every seed for the table that it read, to show it with --show. -#}
    {%- do store_result('agate_table', response='OK', agate_table=run_query('select * from ' ~ target_relation ~ ' limit 10')) -%}
    {%- do persist_docs(target_relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro checked_copy() %}
    {%- set path = model.original_file_path | replace('\\', '/') -%}
    {%- if not path.startswith('seeds/site/') -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set file = adapter.get_seed_file_path(model) | replace("'", "''") -%}
    {%- set folder = (model.root_path ~ '/target/site_seeds/') | replace("'", "''") -%}
    {%- set found = run_query(
        "select path.file, trim(split_part(decode(content), chr(10), 1), chr(65279) || chr(13)) as header"
        ~ " from read_blob('" ~ file ~ "')"
        ~ " left join glob('" ~ folder ~ model.name ~ ".*.csv') as path(file)"
        ~ " on ends_with(path.file, md5(content) || '.csv')"
    ).rows[0] -%}
    {%- if found[0] is not none -%}
        {{ return(found[0]) }}
    {%- endif -%}
    {%- for name in found[1].strip().split(',') if name.strip().strip('"') not in config.get('column_types') -%}
        {{ exceptions.raise_compiler_error(
            path ~ " is not yet in the form that dbt reads, or has a column that it does not know: " ~ found[1].strip()
            ~ ". Fix: make build, or .venv/bin/python scripts/check_seeds.py and then the same command again"
        ) }}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}
