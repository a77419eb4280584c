{#- Stops a build before its first model when no report was ever landed, and says what to do instead. -#}
{% macro require_landed_reports() %}
    {%- if execute and flags.WHICH in ("build", "run", "test") -%}
        {%- for table in ("activities", "users") -%}
            {%- set landed = source("raw", table) -%}
            {%- if adapter.get_relation(landed.database, landed.schema, landed.identifier) is none -%}
                {{ exceptions.raise_compiler_error(
                    "No report has been landed yet: there is no table " ~ landed ~ ".\n"
                    ~ "Cure: .venv/bin/python scripts/load_reports.py reports/   (or: make build)"
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
