{% macro require_landed_reports() %}
    {%- if execute and flags.WHICH in ("build", "run", "test") -%}
        {%- set missing = missing_reports() -%}
        {%- if missing -%}
            {{ exceptions.raise_compiler_error("No report has been landed yet: " ~ missing) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
