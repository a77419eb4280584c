{#- For one release after names have changed (CHANGELOG.md). -#}


{% macro known_measure(measure) -%}
    {%- set renamed = {"strict": "proven", "upper": "possible"} -%}{#- by its older name -#}
    {%- set known = setting_rules().attendance_measure -%}
    {%- if measure not in known -%}
        {{ exceptions.raise_compiler_error(
            "attendance_measure is '" ~ measure ~ "'; they are called " ~ known[:-1] | join(", ") ~ " and " ~ known[-1] ~ "."
            ~ " Fix: set it to " ~ renamed.get(measure, "one of them") ~ " (dbt_project.yml, or --vars)."
        ) }}
    {%- endif -%}
{%- endmacro %}


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
