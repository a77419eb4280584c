{% macro word_stems(relation, text, forms) -%}
    select distinct
        {{ text }},
        {# Doubled letters: cancelled and canceled; but off is not of. -#}
        case
            when length(stem) > 3 and substr(stem, length(stem), 1) = substr(stem, length(stem) - 1, 1)
                then substr(stem, 1, length(stem) - 1)
            else stem
        end as stem
    from (
        select
            {{ text }},
            case when length(word) > 3 and word like '%e' then substr(word, 1, length(word) - 1) else word end as stem
        from (
            select
                {{ text }},
                case
                    when length(word) > 4 and word like '%ied' then substr(word, 1, length(word) - 3) || 'y'
                    when length(word) > 5 and word like '%ing' then substr(word, 1, length(word) - 3)
                    when length(word) > 4 and word like '%ed' and word not like '%eed'
                        then substr(word, 1, length(word) - 2)
                    else word
                end as word
            from (
                select
                    {{ text }},
                    case
                        when length(word) > 4 and word like '%ies' then substr(word, 1, length(word) - 3) || 'y'
                        when
                            length(word) > 3 and word like '%s'
                            and word not like '%ss' and word not like '%us' and word not like '%is'
                            then substr(word, 1, length(word) - 1)
                        else word
                    end as word
                from (
                    select
                        parts.{{ text }},
                        coalesce(forms.stands_for, parts.word) as word
                    from ({{ text_words(relation, text) }}) as parts
                    left join {{ forms }} as forms on parts.word = forms.word
                ) as formed
            ) as singular
        ) as present
    ) as bare
{%- endmacro %}
