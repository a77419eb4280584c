{#- For one release after names have changed (CHANGELOG.md). -#}


{% macro require_new_setting(older, name) -%}
    {%- if var(older, none) is not none -%}
        {{ exceptions.raise_compiler_error(
            "the setting " ~ older ~ " is called " ~ name ~ " now. Fix: rename it (dbt_project.yml, or --vars)."
        ) }}
    {%- endif -%}
{%- endmacro %}


{% macro drop_older_table(older) -%}
    drop table if exists {{ this.incorporate(path={"identifier": older}) }}
{%- endmacro %}
