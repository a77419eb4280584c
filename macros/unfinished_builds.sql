{#-
    Notes each build before its first model and strikes it out after its last, so that nobody publishes the mixture of
    old and new marts that a killed or failed build leaves. A build of all models mends whatever came before it; one of
    some of them mends only itself.
-#}
{% macro note_build() %}
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {%- call statement("note_build", auto_begin=true) -%}
            create schema if not exists {{ unfinished_builds().without_identifier() }};
            create table if not exists {{ unfinished_builds() }} (invocation_id varchar);
            insert into {{ unfinished_builds() }} values ('{{ invocation_id }}')
        {%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}


{#- Strikes the builds out that this one has mended, unless something in it failed. -#}
{% macro strike_out_build(results) %}
    {%- set failed = results | rejectattr("status", "in", ("success", "pass", "warn", "no-op")) | list -%}
    {%- if execute and flags.WHICH in ("build", "run") and not failed -%}
        {%- set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model") -%}
        {%- set left_out = models | map(attribute="unique_id") | reject("in", selected_resources) | list -%}
        {%- call statement("strike_out_build", auto_begin=true) -%}
            delete from {{ unfinished_builds() }}
            {%- if left_out %} where invocation_id = '{{ invocation_id }}'{% endif -%}
        {%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}


{#- Where builds are noted while they last; scripts/publish.py looks there. -#}
{% macro unfinished_builds() %}
    {{- return(api.Relation.create(database=target.database, schema="staging", identifier="unfinished_builds")) -}}
{% endmacro %}
