{#-
The words that differ between SQL engines, in one place: models use these macros and hold no engine's own words.
All times are naive timestamps in UTC.
-#}

{#- A text without the blanks and line breaks around it, null where nothing is left. -#}
{% macro cleaned(column) -%}
    nullif(trim({{ column }}, e' \t\r\n'), '')
{%- endmacro %}

{#- A cast that gives null where the text does not fit the type. (dbt.safe_cast is a plain cast on DuckDB: one number
    too large would end the build.) -#}
{% macro try_cast(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}

{#- Said of a subquery that is named once and read twice: to be made anew each time, and not kept with all its columns. -#}
{% macro not_kept() -%}
    not materialized
{%- endmacro %}

{#- A group of a regular expression, null where it does not match. (DuckDB's own function returns '' there.) -#}
{% macro regex_group(column, pattern, group=1) -%}
    nullif(regexp_extract({{ column }}, '{{ pattern }}', {{ group }}), '')
{%- endmacro %}

{#- A 63-bit integer key from a list of expressions: half of an md5, so that every engine can make the same one.
    chr(31) parts the values, so ('a', 'bc') differs from ('ab', 'c'); chr(30) stands for null, so null differs from ''. -#}
{% macro hash_key(expressions) -%}
    cast(
        md5_number_lower(
            {%- for expression in expressions %}
            coalesce(cast({{ expression }} as {{ dbt.type_string() }}), chr(30))
            {%- if not loop.last %} || chr(31) ||{% endif -%}
            {%- endfor %}
        ) >> 1 as bigint
    )
{%- endmacro %}

{#- The local date of a UTC time in the reporting zone (var reporting_time_zone). -#}
{% macro local_date(column) -%}
    {%- if var("reporting_time_zone") == "UTC" -%}
        cast({{ column }} as date)
    {%- else -%}
        cast(timezone('{{ var("reporting_time_zone") }}', timezone('UTC', {{ column }})) as date)
    {%- endif -%}
{%- endmacro %}

{#- The UTC time of a local time in a zone, which an expression gives by its IANA name. -#}
{% macro to_utc(column, zone) -%}
    timezone('UTC', timezone({{ zone }}, {{ column }}))
{%- endmacro %}

{#- Whole seconds from one UTC time to a later one. -#}
{% macro seconds_between(earlier, later) -%}
    date_diff('second', {{ earlier }}, {{ later }})
{%- endmacro %}

{#- A UTC time moved by a number of minutes. -#}
{% macro add_minutes(column, minutes) -%}
    {{ column }} + interval '{{ minutes }} minutes'
{%- endmacro %}

{#- Every date from the first to the last, both included, in a column calendar_date. -#}
{% macro date_spine(first_date, last_date) -%}
    select cast(unnest(generate_series({{ first_date }}, {{ last_date }}, interval 1 day)) as date) as calendar_date
{%- endmacro %}

{#- The value of a column on the row that comes last in the order of some columns, nulls left out. -#}
{% macro newest(column, order_columns) -%}
    max_by({{ column }}, row({{ order_columns | join(", ") }}, {{ column }})) filter (where {{ column }} is not null)
{%- endmacro %}

{#- The value that a share of the values does not exceed: an existing value and no mean of two. -#}
{% macro quantile(column, share) -%}
    quantile_disc({{ column }}, {{ share }})
{%- endmacro %}

{#- A UTC time moved by a number of seconds that an expression gives. -#}
{% macro add_seconds(column, seconds) -%}
    {{ column }} + to_seconds({{ seconds }})
{%- endmacro %}

{#- Some columns of a relation, once for every full minute that a span touches, in a column minute_at. -#}
{% macro minute_spine(relation, columns, span_start, span_end) -%}
    select
        {{ columns | join(", ") }},
        unnest(generate_series({{ dbt.date_trunc("minute", span_start) }}, {{ span_end }}, interval 1 minute)) as minute_at
    from {{ relation }}
{%- endmacro %}

{#- How many words a text has: runs without a blank that hold a letter or a digit. -#}
{% macro word_count(column) -%}
    cast(len(regexp_extract_all({{ column }}, '[^\s\p{Z}]*[\p{L}\p{N}][^\s\p{Z}]*')) as bigint)
{%- endmacro %}

{#- A name as it is compared: lower case, no blanks around it, and one for each run of blanks inside. -#}
{% macro folded(column) -%}
    nullif(trim(regexp_replace(lower({{ column }}), '[\s\p{Z}]+', ' ', 'g')), '')
{%- endmacro %}

{#- The form of a text without its words: x for each letter (and @), n for each digit. -#}
{% macro text_shape(column) -%}
    regexp_replace(regexp_replace({{ column }}, '[\p{L}\p{M}@]', 'x', 'g'), '\p{N}', 'n', 'g')
{%- endmacro %}

{#- The UTC time that a text tells in a zone, which an expression gives; an offset in the text wins. Null where it is
    no time. -#}
{% macro try_utc(column, zone) -%}
    case
        when regexp_matches({{ column }}, ':[0-9.]+(Z|[+-][0-9:]+)$')
            then timezone('UTC', {{ try_cast(column, "timestamptz") }})
        else {{ to_utc(try_cast(column, "timestamp"), zone) }}
    end
{%- endmacro %}

{#- Some columns of a relation, once for every part of a text that stands between separators (the characters of a
    string), in a column. -#}
{% macro text_parts(relation, columns, text, separators, part) -%}
    select
        {{ columns | join(", ") }},
        unnest(regexp_split_to_array({{ text }}, '[{{ separators }}]')) as {{ part }}
    from {{ relation }}
{%- endmacro %}

{#- The texts of a list as one text, sorted, with commas between them; null where there are none. -#}
{% macro list_text(list) -%}
    nullif(array_to_string(list_sort(
        list_transform({{ list }}, lambda item: coalesce(nullif(item, ''), '(no name)'))
    ), ', '), '')
{%- endmacro %}

{#- What a list holds and another does not: nothing where one of them is null. -#}
{% macro list_without(list, other) -%}
    list_filter({{ list }}, lambda item: not list_contains({{ other }}, item))
{%- endmacro %}
