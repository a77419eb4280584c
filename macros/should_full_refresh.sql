{% macro should_full_refresh() %}
    {%- set is_configured = config.get('full_refresh') -%}
    {%- set is_asked_for = flags.FULL_REFRESH if is_configured is none else is_configured -%}
    {{ return(is_asked_for or (model.name == 'base_juno__events' and not earlier_typing_holds())) }}
{% endmacro %}

{% macro earlier_typing_holds() %}
    {%- set earlier = load_relation(this) -%}
    {%- if earlier is none -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set outdated -%}
        select count(*)
        from {{ this }} as earlier
        left join {{ source('raw', 'events') }} as events on earlier.event_id = events.event_id
        where events.event_id is null or earlier.typing_fingerprint <> '{{ typing_fingerprint() }}'
    {%- endset -%}
    {{ return(run_query(outdated).columns[0].values()[0] == 0) }}
{% endmacro %}

{% macro typing_fingerprint() %}
    {%- set forgotten = source('raw', 'forgotten_users') -%}
    {#- A linter compiles the models where nothing was landed yet. -#}
    {%- if not execute or load_relation(forgotten) is none -%}
        {{ return('') }}
    {%- endif -%}
    {%- set rules = [
        breakout_pattern(),
        cleaned('a'),
        cleaned_field('a'),
        cleaned_id('a'),
        hash_key(['a', 'b']),
        is_match('a', 'b'),
        is_no_word('a', 'b'),
        label_shape('a'),
        label_state('a'),
        not_materialized(),
        regex_group('a', 'b', 2),
        wildcard_match('a', 'b'),
        word_stems('a', 'b', 'c'),
        run_query('select count(*), max(forgotten_at) from ' ~ forgotten).rows[0].values() | join(' '),
    ] -%}
    {%- set nodes = [
        'activity_aliases', 'activity_clues', 'activity_types', 'activity_words', 'base_juno__activity_pairs',
        'base_juno__activity_patterns', 'base_juno__alias_matches', 'base_juno__alias_stems', 'base_juno__events',
        'base_juno__text_stems', 'base_juno__word_meanings', 'site_activity_aliases',
    ] -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') if node.name in nodes -%}
        {%- do rules.append(node.checksum.checksum) -%}
    {%- endfor -%}
    {{ return(local_md5(rules | join('\n'))) }}
{% endmacro %}
