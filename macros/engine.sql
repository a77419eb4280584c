{#-
All that differs between the SQL engines inside an expression, in one place: models use these macros and hold no engine's
own words. Each macro is there for DuckDB, the reference, and for Spark, and gives the same on both: tests/models/test_macros.py
holds both against values written by hand. What differs between whole statements is in engine_statements.sql.

All times are naive timestamps in UTC. (On Spark: its timestamp in a session of the zone UTC, as profiles.yml says.)
-#}

{#- Invisible characters, and those of them that take no space: scripts/reports/invisible.py. -#}
{% macro invisible() -%}
    \x00-\x20\x7f-\xa0\xad\x{34f}\x{61c}\x{115f}\x{1160}\x{1680}\x{180e}\x{2000}-\x{200f}\x{2028}-\x{202f}
    {{- "" -}}
    \x{205f}-\x{206f}\x{2800}\x{3000}\x{3164}\x{feff}\x{ffa0}\x{fff9}-\x{fffb}
{%- endmacro %}

{% macro invisible_format() -%}
    \x00-\x08\x0e-\x1f\x7f-\x9f\xad\x{34f}\x{61c}\x{180e}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}
    {{- "" -}}
    \x{feff}\x{fff9}-\x{fffb}
{%- endmacro %}


{% macro cleaned(column) -%}
    {{ return(adapter.dispatch("cleaned")(column)) }}
{%- endmacro %}

{% macro duckdb__cleaned(column) -%}
    nullif(regexp_replace({{ column }}, '^[{{ invisible() }}]+|[{{ invisible() }}]+$', '', 'g'), '')
{%- endmacro %}

{% macro spark__cleaned(column) -%}
    nullif(regexp_replace({{ column }}, r'^[{{ invisible() }}]+|[{{ invisible() }}]+\z', ''), '')
{%- endmacro %}


{% macro cleaned_id(column) -%}
    {{ return(adapter.dispatch("cleaned_id")(column)) }}
{%- endmacro %}

{#- (The pattern of the usual ids costs a third of the others.) -#}
{% macro duckdb__cleaned_id(column) -%}
    {%- set edges = "^[" ~ invisible() ~ "]+|[" ~ invisible() ~ "]+$" -%}
    {%- set text = "nullif(regexp_replace(" ~ column ~ ", '" ~ edges ~ "|[" ~ invisible_format() ~ "]+', '', 'g'), '')" -%}
    case
        when regexp_full_match({{ column }}, '[0-9]+|[!-~]{10,}') then {{ column }}
        else {{ unless_null(text) }}
    end
{%- endmacro %}

{% macro spark__cleaned_id(column) -%}
    {%- set edges = "^[" ~ invisible() ~ "]+|[" ~ invisible() ~ "]+\\z" -%}
    {{ unless_null("nullif(regexp_replace(" ~ column ~ ", r'" ~ edges ~ "|[" ~ invisible_format() ~ "]+', ''), '')") }}
{%- endmacro %}


{% macro cleaned_field(column) -%}
    {{ return(unless_null(cleaned(column))) }}
{%- endmacro %}

{#- The spellings of null: scripts/reports/ids.py. -#}
{% macro unless_null(text) -%}
    {{ return(adapter.dispatch("unless_null")(text)) }}
{%- endmacro %}

{% macro null_spellings(escape, between) -%}
    {%- set spellings = [
        "null", "(null)", "[null]", "<null>", escape ~ "n", "nan", "nat", "none", "nil", "na", "<na>", "n/a", "#n/a",
        "#null!", "undefined", "(blank)", "-", "–", "—", "--", "(none)", "<none>", "<nil>", "#ref!", "#value!",
        "#name?", "#div/0!", "#num!", "#spill!", "#calc!",
        "(empty)", "(not set)", "(leer)", "(vide)", "(vacío)", "(en blanco)", "(vuoto)", "(vazio)", "(leeg)", "n.a.",
        "n. a.", "n/d", "n/v", "#nv", "#n/d", "#n/b", "#i/t", "#yok", "#н/д", "#wert!", "#bezug!", "#zahl!", "#valeur!",
        "#nom?", "#nombre!", "#¡valor!", "#¡ref!", "#¡num!", "#¡div/0!", "#¿nombre?", "#valor!", "#valore!", "#rif!",
        "#nome?",
    ] -%}
    {{ spellings | join(between) }}
{%- endmacro %}

{#- As a pattern, because DuckDB makes a join of a long list, for all rows. -#}
{% macro duckdb__unless_null(text) -%}
    {%- set pattern = null_spellings("\\\\", "|") | replace("(", "\\(") | replace(")", "\\)") -%}
    {%- set pattern = pattern | replace("[", "\\[") | replace("]", "\\]") | replace("?", "\\?") | replace(".", "\\.") -%}
    case
        when strlen({{ text }}) > 11 or not regexp_full_match(lower({{ text }}), '{{ pattern }}')
            then {{ text }}
    end
{%- endmacro %}

{% macro spark__unless_null(text) -%}
    case when lower({{ text }}) not in ('{{ null_spellings("\\\\", "', '") }}') then {{ text }} end
{%- endmacro %}


{% macro trimmed(column) -%}
    {{ return(adapter.dispatch("trimmed")(column)) }}
{%- endmacro %}

{% macro duckdb__trimmed(column) -%}
    trim({{ column }})
{%- endmacro %}

{% macro spark__trimmed(column) -%}
    regexp_replace({{ column }}, r'^\p{Zs}+|\p{Zs}+\z', '')
{%- endmacro %}


{% macro lowered(column) -%}
    {{ return(adapter.dispatch("lowered")(column)) }}
{%- endmacro %}

{% macro duckdb__lowered(column) -%}
    lower({{ column }})
{%- endmacro %}

{% macro spark__lowered(column) -%}
    lower(translate({{ column }}, 'Σİ', 'σi'))
{%- endmacro %}


{% macro try_cast(expression, type) -%}
    {{ return(adapter.dispatch("try_cast")(expression, type)) }}
{%- endmacro %}

{% macro duckdb__try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}

{% macro spark__try_cast(expression, type) -%}
    {%- if type | lower in ("int", "integer", "bigint") -%}
        try_cast(round(try_cast({{ expression }} as decimal(38, 10)), 0) as {{ type }})
    {%- elif type == "timestamp" -%}
        try_cast({{ spark_time_text(expression) }} as timestamp)
    {%- else -%}
        try_cast({{ expression }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{% macro spark_time_text(text, has_offset=false) -%}
    {%- set date = "([0-9]{1,6})([-/ \\\\])([0-9]{1,2})\\2([0-9]{1,2})" -%}
    {%- set time = "([0-9]{1,2}:[0-9]{1,2})(:[0-9]{1,2}(?:[.][0-9]*)?)?:?" -%}
    {%- set offset = "(?:Z|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)" -%}
    {%- set end = "(" ~ offset ~ ")" if has_offset else "()(?: *" ~ offset ~ "| +[A-Za-z_/]+)?" -%}
    {%- set whole = "^\\s*" ~ date ~ "(?:(?:T| +)" ~ time ~ end ~ ")?\\s*\\z" -%}
    case
        when {{ text }} rlike r'{{ whole }}'
            then regexp_replace({{ text }}, r'{{ whole }}', '$1-$3-$4 $5$6$7')
    end
{%- endmacro %}


{% macro try_utc(column, zone) -%}
    {{ return(adapter.dispatch("try_utc")(column, zone)) }}
{%- endmacro %}

{% macro duckdb__try_utc(column, zone) -%}
    case
        when regexp_matches({{ column }}, ':[0-9.]+(Z|[+-][0-9:]+)$')
            then timezone('UTC', {{ try_cast(column, "timestamptz") }})
        else {{ to_utc(try_cast(column, "timestamp"), zone) }}
    end
{%- endmacro %}

{% macro spark__try_utc(column, zone) -%}
    case
        when {{ column }} rlike r':[0-9.]+(Z|[+-][0-9:]+)\z'
            then try_cast({{ spark_time_text(column, has_offset=true) }} as timestamp)
        else {{ to_utc(try_cast(column, "timestamp"), zone) }}
    end
{%- endmacro %}


{% macro not_materialized() -%}
    {{ return(adapter.dispatch("not_materialized")()) }}
{%- endmacro %}

{% macro duckdb__not_materialized() -%}
    not materialized
{%- endmacro %}

{% macro spark__not_materialized() -%}
{%- endmacro %}


{% macro regex_group(column, pattern, group=1) -%}
    {{ return(adapter.dispatch("regex_group")(column, pattern, group)) }}
{%- endmacro %}

{% macro duckdb__regex_group(column, pattern, group) -%}
    nullif(regexp_extract({{ column }}, '{{ pattern }}', {{ group }}), '')
{%- endmacro %}

{% macro spark__regex_group(column, pattern, group) -%}
    nullif(regexp_extract({{ column }}, r'{{ java_pattern(pattern) }}', {{ group }}), '')
{%- endmacro %}


{% macro is_match(column, pattern) -%}
    {{ return(adapter.dispatch("is_match")(column, pattern)) }}
{%- endmacro %}

{% macro duckdb__is_match(column, pattern) -%}
    regexp_matches({{ column }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__is_match(column, pattern) -%}
    {{ column }} rlike r'{{ java_pattern(pattern) }}'
{%- endmacro %}

{% macro java_pattern(pattern) -%}
    {{ return("(?d)" ~ (pattern | replace("(?i", "(?iu") | replace("$", "\\z"))) }}
{%- endmacro %}


{#- (One concat: of many || DuckDB writes each text between.) -#}
{% macro hash_key(expressions) -%}
    {%- set text -%}
        concat(
            {%- for expression in expressions %}
            coalesce(cast({{ expression }} as {{ dbt.type_string() }}), chr(30))
            {%- if not loop.last %}, chr(31),{% endif -%}
            {%- endfor %}
        )
    {%- endset -%}
    {{ return(adapter.dispatch("half_md5")(text)) }}
{%- endmacro %}

{#- (The upper half of this number is md5_number_lower, which takes three times as long.) -#}
{% macro duckdb__half_md5(text) -%}
    cast(md5_number({{ text }}) >> 65 as bigint)
{%- endmacro %}

{#- DuckDB takes the last eight bytes for a number that begins with its smallest. -#}
{% macro spark__half_md5(text) -%}
    shiftrightunsigned(cast(conv(
        regexp_replace(
            substr(md5({{ text }}), 17),
            '(..)(..)(..)(..)(..)(..)(..)(..)', '$8$7$6$5$4$3$2$1'
        ), 16, -10
    ) as bigint), 1)
{%- endmacro %}


{% macro local_date(column) -%}
    {%- if var("reporting_time_zone") == "UTC" -%}
        cast({{ column }} as date)
    {%- else -%}
        {{ adapter.dispatch("date_in_zone")(column) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__date_in_zone(column) -%}
    cast(timezone('{{ var("reporting_time_zone") }}', timezone('UTC', {{ column }})) as date)
{%- endmacro %}

{% macro spark__date_in_zone(column) -%}
    cast(from_utc_timestamp({{ column }}, '{{ var("reporting_time_zone") }}') as date)
{%- endmacro %}


{% macro to_utc(column, zone) -%}
    {{ return(adapter.dispatch("to_utc")(column, zone)) }}
{%- endmacro %}

{% macro duckdb__to_utc(column, zone) -%}
    timezone('UTC', timezone({{ zone }}, {{ column }}))
{%- endmacro %}

{#- Spark takes the first of a doubled hour, so that the offset of the next day is tried as well. -#}
{% macro spark__to_utc(column, zone) -%}
    {%- set first = "to_utc_timestamp(" ~ column ~ ", " ~ zone ~ ")" -%}
    {%- set next_day = "(" ~ first ~ " + interval '1 day')" -%}
    {%- set second = "(" ~ column ~ " - (from_utc_timestamp(" ~ next_day ~ ", " ~ zone ~ ") - " ~ next_day ~ "))" -%}
    case
        when from_utc_timestamp({{ second }}, {{ zone }}) = {{ column }} then greatest({{ first }}, {{ second }})
        else {{ first }}
    end
{%- endmacro %}


{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch("seconds_between")(earlier, later)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    date_diff('second', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    (unix_seconds({{ later }}) - unix_seconds({{ earlier }}))
{%- endmacro %}


{% macro add_minutes(column, minutes) -%}
    {{ column }} + interval '{{ minutes }} minutes'
{%- endmacro %}


{% macro add_seconds(column, seconds) -%}
    {{ return(adapter.dispatch("add_seconds")(column, seconds)) }}
{%- endmacro %}

{% macro duckdb__add_seconds(column, seconds) -%}
    {{ column }} + to_seconds({{ seconds }})
{%- endmacro %}

{% macro spark__add_seconds(column, seconds) -%}
    timestampadd(second, {{ seconds }}, {{ column }})
{%- endmacro %}


{% macro date_spine(first_date, last_date) -%}
    {{ return(adapter.dispatch("date_spine")(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__date_spine(first_date, last_date) -%}
    select cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day)) as date) as calendar_date
{%- endmacro %}

{% macro spark__date_spine(first_date, last_date) -%}
    select explode(sequence({{ first_date }}, {{ last_date }}, interval 1 day)) as calendar_date
{%- endmacro %}


{% macro minute_spine(relation, columns, span_start, span_end) -%}
    {{ return(adapter.dispatch("minute_spine")(relation, columns, span_start, span_end)) }}
{%- endmacro %}

{% macro duckdb__minute_spine(relation, columns, span_start, span_end) -%}
    select
        {{ columns | join(", ") }},
        unnest(generate_series({{ dbt.date_trunc("minute", span_start) }}, {{ span_end }}, interval 1 minute)) as minute_at
    from {{ relation }}
{%- endmacro %}

{% macro spark__minute_spine(relation, columns, span_start, span_end) -%}
    select
        {{ columns | join(", ") }},
        explode(sequence({{ dbt.date_trunc("minute", span_start) }}, {{ span_end }}, interval 1 minute)) as minute_at
    from {{ relation }}
{%- endmacro %}


{% macro newest(column, order_columns) -%}
    max_by({{ column }}, ({{ order_columns | join(", ") }}, {{ column }})) filter (where {{ column }} is not null)
{%- endmacro %}


{% macro last_known(expression) -%}
    {{ return(adapter.dispatch("last_known")(expression)) }}
{%- endmacro %}

{% macro duckdb__last_known(expression) -%}
    last_value({{ expression }} ignore nulls)
{%- endmacro %}

{% macro spark__last_known(expression) -%}
    last_value({{ expression }}) ignore nulls
{%- endmacro %}


{% macro next_known(expression) -%}
    {{ return(adapter.dispatch("next_known")(expression)) }}
{%- endmacro %}

{% macro duckdb__next_known(expression) -%}
    first_value({{ expression }} ignore nulls)
{%- endmacro %}

{% macro spark__next_known(expression) -%}
    first_value({{ expression }}) ignore nulls
{%- endmacro %}


{% macro quantile(column, share) -%}
    {{ return(adapter.dispatch("quantile")(column, share)) }}
{%- endmacro %}

{% macro duckdb__quantile(column, share) -%}
    quantile_disc({{ column }}, {{ share }})
{%- endmacro %}

{#- (Its own percentile_disc is for numbers alone.) -#}
{% macro spark__quantile(column, share) -%}
    try_element_at(
        sort_array(collect_list({{ column }})), greatest(1, cast(ceil({{ share }} * count({{ column }})) as int))
    )
{%- endmacro %}


{% macro word_count(column) -%}
    {{ return(adapter.dispatch("word_count")(column)) }}
{%- endmacro %}

{% macro duckdb__word_count(column) -%}
    cast(len(regexp_extract_all({{ column }}, '[^\s\p{Z}]*[\p{L}\p{N}][^\s\p{Z}]*')) as bigint)
{%- endmacro %}

{#- (To DuckDB a vertical tab is no blank.) -#}
{% macro spark__word_count(column) -%}
    cast(array_size(
        regexp_extract_all({{ column }}, r'[^\t\n\f\r\p{Z}]*[\p{L}\p{N}][^\t\n\f\r\p{Z}]*', 0)
    ) as bigint)
{%- endmacro %}


{% macro folded(column) -%}
    {{ return(adapter.dispatch("folded")(column)) }}
{%- endmacro %}

{% macro duckdb__folded(column) -%}
    nullif(trim(regexp_replace(lower({{ column }}), '[\s\p{Z}]+', ' ', 'g')), '')
{%- endmacro %}

{% macro spark__folded(column) -%}
    nullif(trim(regexp_replace({{ lowered(column) }}, r'[\t\n\f\r\p{Z}]+', ' ')), '')
{%- endmacro %}


{% macro text_shape(column) -%}
    {{ return(adapter.dispatch("text_shape")(column)) }}
{%- endmacro %}

{% macro duckdb__text_shape(column) -%}
    regexp_replace(regexp_replace({{ column }}, '[\p{L}\p{M}@]', 'x', 'g'), '\p{N}', 'n', 'g')
{%- endmacro %}

{% macro spark__text_shape(column) -%}
    regexp_replace(regexp_replace({{ column }}, r'[\p{L}\p{M}@]', 'x'), r'\p{N}', 'n')
{%- endmacro %}


{% macro text_words(relation, text) -%}
    {{ return(adapter.dispatch("text_words")(relation, text)) }}
{%- endmacro %}

{% macro duckdb__text_words(relation, text) -%}
    select
        {{ text }},
        unnest(regexp_extract_all(replace(lower(regexp_replace(
            {{ text }}, '(\p{Ll}|\p{Lu}\p{Lu})(\p{Lu}\p{Ll})|(\p{Ll})(\p{Lu})', '\1\3 \2\4', 'g'
        )), 'q&a', 'qa'), '\p{L}+|\p{N}+')) as word
    from {{ relation }}
{%- endmacro %}

{% macro spark__text_words(relation, text) -%}
    select
        {{ text }},
        explode(regexp_extract_all(replace({{ lowered("regexp_replace(" ~ text ~
            ", r'(\\p{Ll}|\\p{Lu}\\p{Lu})(\\p{Lu}\\p{Ll})|(\\p{Ll})(\\p{Lu})', '$1$3 $2$4')") }},
            'q&a', 'qa'), r'\p{L}+|\p{N}+', 0)) as word
    from {{ relation }}
{%- endmacro %}


{% macro text_parts(relation, columns, text, separators, part) -%}
    {{ return(adapter.dispatch("text_parts")(relation, columns, text, separators, part)) }}
{%- endmacro %}

{% macro duckdb__text_parts(relation, columns, text, separators, part) -%}
    select
        {{ columns | join(", ") }},
        unnest(regexp_split_to_array({{ text }}, '[{{ separators }}]')) as {{ part }}
    from {{ relation }}
{%- endmacro %}

{% macro spark__text_parts(relation, columns, text, separators, part) -%}
    select
        {{ columns | join(", ") }},
        explode(split({{ text }}, '[{{ separators }}]')) as {{ part }}
    from {{ relation }}
{%- endmacro %}


{% macro list_text(list) -%}
    {{ return(adapter.dispatch("list_text")(list)) }}
{%- endmacro %}

{% macro duckdb__list_text(list) -%}
    nullif(array_to_string(list_sort(
        list_transform({{ list }}, lambda item: coalesce(nullif(item, ''), '(no name)'))
    ), ', '), '')
{%- endmacro %}

{% macro spark__list_text(list) -%}
    nullif(array_join(array_sort(
        transform({{ list }}, item -> coalesce(nullif(item, ''), '(no name)'))
    ), ', '), '')
{%- endmacro %}


{% macro list_without(list, other) -%}
    {{ return(adapter.dispatch("list_without")(list, other)) }}
{%- endmacro %}

{% macro duckdb__list_without(list, other) -%}
    list_filter({{ list }}, lambda item: not list_contains({{ other }}, item))
{%- endmacro %}

{% macro spark__list_without(list, other) -%}
    filter({{ list }}, item -> not array_contains({{ other }}, item))
{%- endmacro %}


{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    listagg({{ measure }}, {{ delimiter_text }}) within group ({{ order_by_clause }})
{%- endmacro %}
