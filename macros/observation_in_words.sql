{% macro observation_in_words(column) -%}
    {%- set words = {
        'blank': 'label is blank',
        'url': 'label is an address',
        'slug': 'label is a slug',
        'number': 'label is a number',
        'percent': 'label is a percentage',
        'stars': 'label is a number of stars',
        'text': 'label is a short text',
        'sentence': 'label is a sentence',
        'question': 'label is a question',
        'content': 'label is a content name',
        'person': 'label is a person\'s name',
        'own_name': 'label is the user\'s own name',
        'on': 'on a content page',
        'off': 'off the content pages',
        'once': 'once a user and page',
        'repeated': 'repeated by a user on a page',
        'leave_later': 'the same people leave later',
    } -%}
    case {{ column }}
        {%- for value, text in words.items() %}
        when '{{ value }}' then '{{ text | replace("'", "''") }}'
        {%- endfor %}
    end
{%- endmacro %}
