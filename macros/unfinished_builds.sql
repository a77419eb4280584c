{% macro note_build() %}
    {%- if execute and flags.WHICH in ("build", "run", "seed") -%}
        {%- do run_statements("note_build", note_of_build()) -%}
    {%- endif -%}
{% endmacro %}


{% macro strike_out_build(results) %}
    {#- (dbt build --empty leaves tables without rows.) -#}
    {%- if execute and flags.WHICH in ("build", "run", "seed", "test") and not flags.EMPTY -%}
        {%- do run_statements("strike_out_build", strikes_of_build(results)) -%}
    {%- endif -%}
{% endmacro %}


{% macro run_statements(name, statements) %}
    {%- for sql in statements -%}
        {%- call statement(name, auto_begin=true) -%}{{ sql }}{%- endcall -%}
    {%- endfor -%}
    {%- do adapter.commit() -%}
{% endmacro %}


{% macro unfinished_builds() %}
    {{- return(api.Relation.create(database=target.database | default(none), schema="staging", identifier="unfinished_builds")) -}}
{% endmacro %}


{% macro built_code() %}
    {{- return(api.Relation.create(database=target.database | default(none), schema="staging", identifier="built_code")) -}}
{% endmacro %}


{% macro nodes_done_well(results) %}
    {{- return(
        results | selectattr("status", "in", ("success", "pass", "warn", "no-op")) | map(attribute="node.unique_id") | list
    ) -}}
{% endmacro %}


{% macro is_build_of_all_models() %}
    {%- set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model") -%}
    {{- return(models | map(attribute="unique_id") | reject("in", selected_resources) | list | length == 0) -}}
{% endmacro %}


{% macro unfinished_after(results, noted, earlier_code, landed) %}
    {%- set done = nodes_done_well(results) -%}
    {%- if flags.WHICH == "test" -%}
        {{- return(noted | reject("in", done) | list) -}}
    {%- endif -%}

    {#- (What dbt skipped is not among the results, and what dbt retry selects is in no list: it was noted before.) -#}
    {%- set failed = (selected_resources + results | map(attribute="node.unique_id") | list)
        | select("in", graph.nodes) | reject("in", done) | list -%}
    {%- if is_build_of_all_models() -%}
        {{- return(failed | unique | list) -}}
    {%- endif -%}

    {%- set changed = results | map(attribute="node") | selectattr("unique_id", "in", done) -%}
    {%- set outdated = [] -%}
    {%- for node in changed if node.unique_id in noted or earlier_code.get(node.unique_id) != code_of(node) -%}
        {%- do outdated.append(node.unique_id) -%}
    {%- endfor -%}
    {%- if landed != earlier_code.get("landed") and is_landed_read_by(done) -%}
        {%- do outdated.extend(graph.sources) -%}
    {%- endif -%}
    {%- set tables = graph.nodes.values() | selectattr("resource_type", "equalto", "model")
        | rejectattr("config.materialized", "equalto", "view") | map(attribute="unique_id") | reject("in", done) | list -%}

    {%- set unfinished = failed + tables | select("in", downstream_of(outdated, ("view", "table", "incremental"))) | list -%}
    {%- for name in noted if name not in done and name != invocation_id -%}
        {#- (A test that was deleted can never pass.) -#}
        {%- if name in graph.nodes or not name.startswith("test.") -%}
            {%- do unfinished.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(unfinished | unique | list) -}}
{% endmacro %}


{% macro code_after(results, earlier_code, landed) %}
    {%- set done = nodes_done_well(results) -%}
    {%- set code = dict(earlier_code) -%}
    {%- for node in results | map(attribute="node") if node.unique_id in done and node.resource_type in ("model", "seed") -%}
        {%- do code.update({node.unique_id: code_of(node)}) -%}
    {%- endfor -%}
    {%- if is_landed_read_by(done) -%}
        {%- do code.update({"landed": landed}) -%}
    {%- endif -%}
    {{- return(code) -}}
{% endmacro %}


{% macro code_of(node) %}
    {#- (The SQL of an incremental model differs from its first build to the next.) -#}
    {%- if node.resource_type == "model" and node.config.materialized != "incremental" -%}
        {{- return(local_md5(node.compiled_code)) -}}
    {%- endif -%}
    {{- return(node.checksum.checksum if node.resource_type in ("model", "seed") else none) -}}
{% endmacro %}


{% macro is_landed_read_by(node_ids) %}
    {%- set landed = downstream_of(graph.sources | list, ("view",)) -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" and node.unique_id in node_ids -%}
        {%- if node.depends_on.nodes | select("in", landed) | list -%}
            {{- return(true) -}}
        {%- endif -%}
    {%- endfor -%}
    {{- return(false) -}}
{% endmacro %}


{% macro downstream_of(node_ids, materializations) %}
    {%- set models = graph.nodes.values() | selectattr("resource_type", "equalto", "model")
        | selectattr("config.materialized", "in", materializations) | list -%}
    {%- set found = node_ids | list -%}
    {%- for _ in models -%}
        {%- set before = found | length -%}
        {%- for model in models if model.unique_id not in found -%}
            {%- if model.depends_on.nodes | select("in", found) | list -%}
                {%- do found.append(model.unique_id) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if found | length == before -%}
            {%- break -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}
