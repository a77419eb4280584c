{% macro without_straggler(time, core) -%}
    {%- set minutes = 60 * var("straggler_hours") -%}
    case
        when {{ time }} not between {{ add_minutes(core, -minutes) }} and {{ add_minutes(core, minutes) }} then {{ core }}
        else {{ time }}
    end
{%- endmacro %}
