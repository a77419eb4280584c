{% macro require_landed_reports() %}
    {%- if execute and flags.WHICH in ("build", "run", "test") -%}
        {%- if flags.EMPTY -%}
            {{ exceptions.raise_compiler_error(
                "With --empty dbt reads no records, and every mart would be empty.\nFix: leave --empty out"
            ) }}
        {%- endif -%}
        {%- set missing = missing_reports() -%}
        {%- if missing -%}
            {{ exceptions.raise_compiler_error("No report has been landed yet: " ~ missing) }}
        {%- endif -%}
        {%- if run_query("select max(salt) from " ~ source("raw", "meeting_salts")).rows[0][0] is none -%}
            {{ exceptions.raise_compiler_error(
                "The keys of private meetings have no salt: raw.meeting_salts is empty.\nFix: make build (on Spark: make land)"
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
