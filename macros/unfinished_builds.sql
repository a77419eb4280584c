{#-
    Notes each build before its first model and strikes it out after its last, so that nobody publishes the mixture of
    old and new marts that a killed or failed build leaves. A build of all models mends whatever came before it; one of
    some of them mends only itself.
-#}
{% macro note_build() %}
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {%- for sql in note_of_build() -%}
            {%- call statement("note_build", auto_begin=true) -%}{{ sql }}{%- endcall -%}
        {%- endfor -%}
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
            {{ strike_out(only_this_build=left_out | length > 0) }}
        {%- endcall -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{% endmacro %}


{#- Where builds are noted while they last; scripts/publish.py looks there. -#}
{% macro unfinished_builds() %}
    {{- return(api.Relation.create(database=target.database | default(none), schema="staging", identifier="unfinished_builds")) -}}
{% endmacro %}
