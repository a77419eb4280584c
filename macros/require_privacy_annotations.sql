{#-
Each mart says what may be shared of it before anything is built: how many people are behind a row, and whether each text
can name one. The same rules as in scripts/publishing/share.py (missing_annotations), which asks again before it shares.
-#}
{% macro require_privacy_annotations() %}
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {%- set missing = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.schema in ("marts", "restricted", "site") -%}
            {%- do missing.extend(missing_annotations(node)) -%}
        {%- endfor -%}
        {%- if missing -%}
            {{ exceptions.raise_compiler_error(
                "A mart does not say what may be shared of it (models/site/README.md):\n" ~ missing | join("\n")
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}

{% macro missing_annotations(node) -%}
    {%- set found = [] -%}
    {%- set cohort = node.config.meta.get("cohort_size") -%}
    {%- set names = node.columns.keys() | list -%}
    {%- set textless = modules.re.compile(
        "(?i)(boolean|u?(tiny|small|big|huge)?int(eger)?|double|float|decimal([(].*[)])?|date|time(stamp)?(_.*| with.*)?|interval)$"
    ) -%}
    {%- set counting = modules.re.compile("(?i)u?(tiny|small|big|huge)?int(eger)?$") -%}
    {%- set known = modules.re.compile(
        "(.*user_(id|key)|.*(content|session|room|course|point_rule)_key|site_id|content_id|report_id|activity_type|activity_family)$"
    ) -%}
    {%- if not cohort and not modules.re.search("(?m)user_(id|key)$", names | join("\n")) -%}
        {%- do found.append(
            node.schema ~ "." ~ node.name ~ " does not say how many people are behind a row.\nFix: count them in a column, and"
            ~ " name it in " ~ node.name ~ ".yml under config: meta: cohort_size (or write cohort_size: none, if no row is"
            ~ " about people)."
        ) -%}
    {%- elif cohort and cohort != "none" and cohort not in names -%}
        {%- do found.append(
            node.schema ~ "." ~ node.name ~ " has no column " ~ cohort ~ ", which counts its people.\nFix: correct cohort_size"
            ~ " in " ~ node.name ~ ".yml."
        ) -%}
    {%- elif cohort and cohort != "none" and not counting.match(node.columns[cohort].data_type or "string") -%}
        {%- do found.append(
            node.schema ~ "." ~ node.name ~ " counts its people in " ~ cohort ~ ", which is no whole number.\nFix: correct"
            ~ " cohort_size in " ~ node.name ~ ".yml."
        ) -%}
    {%- endif -%}
    {%- set measure = modules.re.compile(".*_(count|seconds|minutes|hours|days|ratio)$") -%}
    {%- for column in node.columns.values() -%}
        {%- set type = column.data_type or "string" -%}
        {#- In a site's own mart every column says it, but for what a number measures and the hash of a key. -#}
        {%- set needs_no_word = textless.match(type) and (
            node.schema != "site" or column.name == cohort or measure.match(column.name)
            or (column.name.endswith("_key") and type | lower == "bigint")
        ) -%}
        {%- set meta = column.get("config", {}).get("meta") or column.get("meta") or {} -%}
        {%- if not needs_no_word and not known.match(column.name)
            and meta.get("shared_as") not in ("pseudonym", "user_pseudonym", "unchanged")
            and meta.get("blank_small_groups") is not true -%}
            {%- do found.append(
                node.schema ~ "." ~ node.name ~ " does not say whether " ~ column.name ~ " can name a person.\nFix: write under"
                ~ " the column in " ~ node.name ~ ".yml config: meta: with shared_as: pseudonym (or unchanged, if it never"
                ~ " names one)."
            ) -%}
        {%- endif -%}
        {%- if meta.get("shared_as") == "user_pseudonym" and not ("site_id" in names and "user_id" in names) -%}
            {%- do found.append(
                node.schema ~ "." ~ node.name ~ " has no site_id and user_id, whose pseudonym " ~ column.name
                ~ " would become.\nFix: write shared_as: pseudonym under the column in " ~ node.name ~ ".yml."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
