{#- What each setting of dbt_project.yml may be: a kind, and of a number the least and the most. -#}
{% macro setting_rules() %}
    {%- set share = ["number", 0, 1] -%}
    {%- set count = ["whole", 0, none] -%}
    {%- set at_least_one = ["whole", 1, none] -%}
    {%- set duration = ["number", 0, none] -%}
    {{- return({
        "reporting_time_zone": ["zone"],
        "minimum_cohort_size": at_least_one,
        "longest_silence_days": count,
        "attendance_measure": ["proven", "likely", "possible"],
        "attendance_minimum_seconds": duration,
        "attendance_minimum_ratio": share,
        "attendance_bound_included": ["switch"],
        "left_early_ratio": share,
        "open_stay_remainder_ratio": share,
        "open_stay_leavers_ratio": share,
        "open_stay_leavers_minimum": at_least_one,
        "open_stay_cap_minutes": duration,
        "session_buffer_before_minutes": duration,
        "session_buffer_after_minutes": duration,
        "meeting_gap_hours": duration,
        "late_activity_minutes": duration,
        "schedule_is_claim": ["switch"],
        "schedule_correction_minimum": at_least_one,
        "left_delay_minutes": duration,
        "minute_clock_minimum_records": at_least_one,
        "session_window_quantile": share,
        "session_core_quantile": share,
        "straggler_hours": duration,
        "outlier_days": count,
        "lead_touch_limit": at_least_one,
        "lead_warm_score": ["number", none, none],
        "lead_hot_score": ["number", none, none],
        "call_answer_minutes": duration,
        "click_follow_minutes": duration,
        "personal_page_hosts": ["hosts"],
        "schemes_without_host": ["schemes"],
        "schemes_with_host": ["schemes"],
        "leaderboard_history_days": count,
        "leaderboard_history_places": at_least_one,
        "counted_answer": ["first", "last"],
        "review_star_maximum": at_least_one,
        "video_completed_ratio": share,
        "minimum_understood_ratio": share,
        "minimum_ratio_rise": share,
    }) -}}
{% endmacro %}


{% macro require_known_settings() %}
    {%- set wrong = [] -%}
    {%- for name, rule in setting_rules().items() if not is_known_setting(var(name), rule) -%}
        {%- set value = wrong_entries(var(name), rule) or var(name) -%}
        {%- do wrong.append(name ~ " is " ~ tojson(value) ~ ", and must be " ~ words_of_setting(rule)) -%}
    {%- endfor -%}
    {%- if wrong -%}
        {{ exceptions.raise_compiler_error(
            "A setting has a value that it cannot have:\n" ~ wrong | join("\n")
            ~ "\nFix: correct it (dbt_project.yml, or --vars)."
        ) }}
    {%- endif -%}
{% endmacro %}


{% macro is_known_setting(value, rule) %}
    {%- if rule[0] == "switch" -%}
        {{- return(value is boolean) -}}
    {%- elif rule[0] == "zone" -%}
        {{- return(value is string and value in modules.pytz.all_timezones) -}}
    {%- elif rule[0] in ("hosts", "schemes") -%}
        {{- return(value is iterable and value is not string and value is not mapping and not wrong_entries(value, rule)) -}}
    {%- elif rule[0] not in ("number", "whole") -%}
        {{- return(value in rule) -}}
    {%- elif value is not number or value is boolean or (rule[0] == "whole" and value is not integer) -%}
        {{- return(false) -}}
    {%- endif -%}
    {{- return((rule[1] is none or value >= rule[1]) and (rule[2] is none or value <= rule[2])) -}}
{% endmacro %}


{#- The entries of a list that are none of its kind; the same forms as in scripts/publishing/share.py. -#}
{% macro wrong_entries(value, rule) %}
    {%- set wrong = [] -%}
    {%- set forms = {"hosts": "(?!www[.])[\\w-]+([.][\\w-]+)+$", "schemes": "[a-z][a-z0-9+.-]*$"} -%}
    {%- if rule[0] in forms and value is iterable and value is not string and value is not mapping -%}
        {%- for entry in value if entry is not string or not modules.re.match(forms[rule[0]], entry | trim | lower) -%}
            {%- do wrong.append(entry) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(wrong) -}}
{% endmacro %}


{% macro words_of_setting(rule) %}
    {%- if rule[0] in ("number", "whole") -%}
        {%- set kind = {"number": "a number", "whole": "a whole number"}[rule[0]] -%}
        {%- set bound = "" if rule[1] is none else (" from " ~ rule[1] ~ (" on" if rule[2] is none else " to " ~ rule[2])) -%}
        {{- return(kind ~ bound) -}}
    {%- endif -%}
    {{- return({
        "switch": "true or false, without quotes",
        "zone": "an IANA time zone, such as Europe/Zurich",
        "hosts": "a list of hosts such as linkedin.com, without https://, www., @, *, a port or a path",
        "schemes": "a list of schemes such as mailto, without : or //",
    }.get(rule[0], rule | join(" or "))) -}}
{% endmacro %}
