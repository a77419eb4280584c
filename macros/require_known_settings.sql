{#- What each setting of dbt_project.yml may be: a kind, and of a number its bounds (the least, what it must be above, the
    most). A number beyond them has no meaning: no session has buffers of weeks, and none begins after a silence of none. -#}
{% macro setting_rules() %}
    {%- set share = {"kind": "number", "from": 0, "to": 1} -%}
    {%- set some_share = {"kind": "number", "above": 0, "to": 1} -%}
    {%- set days = {"kind": "whole", "from": 0, "to": 36500} -%}
    {%- set people = {"kind": "whole", "from": 1, "to": 1000000} -%}
    {%- set minutes_of_a_day = {"kind": "number", "from": 0, "to": 1440} -%}
    {%- set hours_of_a_year = {"kind": "number", "above": 0, "to": 8760} -%}
    {%- set score = {"kind": "number", "from": 0, "to": 1000000} -%}
    {{- return({
        "reporting_time_zone": {"kind": "zone"},
        "minimum_cohort_size": people,
        "longest_silence_days": days,
        "attendance_measure": {
            "kind": "choice",
            "of": ["proven", "likely", "possible"],
            "renamed": {"strict": "proven", "upper": "possible"},
        },
        "attendance_minimum_seconds": {"kind": "number", "from": 0, "to": 86400},
        "attendance_minimum_ratio": share,
        "attendance_bound_included": {"kind": "switch"},
        "left_early_ratio": share,
        "open_stay_remainder_ratio": share,
        "open_stay_leavers_ratio": some_share,
        "open_stay_leavers_minimum": people,
        "open_stay_passer_by_ratio": share,
        "open_stay_cap_minutes": minutes_of_a_day,
        "session_buffer_before_minutes": minutes_of_a_day,
        "session_buffer_after_minutes": minutes_of_a_day,
        "meeting_gap_hours": hours_of_a_year,
        "late_activity_minutes": minutes_of_a_day,
        "schedule_is_claim": {"kind": "switch"},
        "schedule_correction_minimum": people,
        "left_delay_minutes": minutes_of_a_day,
        "minute_clock_minimum_records": people,
        "session_window_quantile": {"kind": "number", "from": 0, "to": 0.5},
        "session_core_quantile": {"kind": "number", "from": 0.5, "to": 1},
        "straggler_hours": hours_of_a_year,
        "outlier_days": {"kind": "whole", "from": 1, "to": 36500},
        "lead_touch_limit": {"kind": "whole", "from": 1, "to": 1000000},
        "lead_warm_score": score,
        "lead_hot_score": score,
        "call_answer_minutes": minutes_of_a_day,
        "click_follow_minutes": minutes_of_a_day,
        "personal_page_hosts": {"kind": "hosts"},
        "schemes_without_host": {"kind": "schemes"},
        "schemes_with_host": {"kind": "schemes"},
        "leaderboard_history_days": days,
        "leaderboard_history_places": {"kind": "whole", "from": 1, "to": 1000000},
        "counted_answer": {"kind": "choice", "of": ["first", "last"]},
        "review_star_maximum": {"kind": "whole", "from": 1, "to": 100},
        "video_completed_ratio": some_share,
        "minimum_understood_ratio": share,
        "minimum_ratio_rise": share,
    }) -}}
{% endmacro %}


{#- What settings may be beside each other, once each may be by itself: two of them, whether they fit, and the rule. -#}
{% macro setting_relations(settings) %}
    {{- return([
        [
            "lead_warm_score", "lead_hot_score", settings.lead_warm_score <= settings.lead_hot_score,
            "a lead is warm before it is hot",
        ],
        [
            "session_window_quantile", "session_core_quantile",
            (settings.session_window_quantile + settings.session_core_quantile) | round(9) <= 1,
            "their sum must be at most 1, or the core would be wider than the window",
        ],
        [
            "session_buffer_after_minutes", "straggler_hours",
            settings.session_buffer_after_minutes <= 60 * settings.straggler_hours,
            "a Left within the buffer must not be a straggler",
        ],
        [
            "attendance_minimum_ratio", "attendance_bound_included",
            settings.attendance_minimum_ratio < 1 or settings.attendance_bound_included,
            "nobody attends more than all of a session",
        ],
    ]) -}}
{% endmacro %}


{% macro require_known_settings() %}
    {%- set settings, wrong = {}, [] -%}
    {%- for name, rule in setting_rules().items() -%}
        {%- do settings.update({name: builtins.var(name, none)}) -%}
        {%- do wrong.append(wrong_setting(name, settings[name], rule)) if not is_known_setting(settings[name], rule) -%}
    {%- endfor -%}
    {%- for one, other, fits, words in ([] if wrong else setting_relations(settings)) if not fits -%}
        {%- do wrong.append(
            one ~ " is " ~ tojson(settings[one]) ~ " and " ~ other ~ " is " ~ tojson(settings[other]) ~ ": " ~ words
        ) -%}
    {%- endfor -%}
    {%- if wrong -%}
        {{ exceptions.raise_compiler_error(
            "A setting has a value that it cannot have:\n" ~ wrong | join("\n")
            ~ "\nFix: correct it (dbt_project.yml, or --vars)."
        ) }}
    {%- endif -%}
{% endmacro %}


{#- In the place of dbt's own var: a model that calculates with a wrong value would fail first, in words of Python. -#}
{% macro var(name) %}
    {%- set rule = setting_rules().get(name) -%}
    {%- if rule and not is_known_setting(builtins.var(name, none), rule) -%}
        {{- require_known_settings() -}}
    {%- endif -%}
    {{- return(builtins.var(name, *varargs, **kwargs)) -}}
{% endmacro %}


{% macro is_known_setting(value, rule) %}
    {%- if rule.kind == "switch" -%}
        {{- return(value is boolean) -}}
    {%- elif rule.kind == "zone" -%}
        {{- return(value is string and value in modules.pytz.all_timezones) -}}
    {%- elif rule.kind in ("hosts", "schemes") -%}
        {{- return(value is iterable and value is not string and value is not mapping and not wrong_entries(value, rule)) -}}
    {%- elif rule.kind == "choice" -%}
        {{- return(value in rule.of) -}}
    {%- elif value is not number or value is boolean or (rule.kind == "whole" and value is not integer) -%}
        {{- return(false) -}}
    {%- endif -%}
    {{- return((value > rule.above if "above" in rule else value >= rule.from) and value <= rule.to) -}}
{% endmacro %}


{#- The entries of a list that are none of its kind. -#}
{% macro wrong_entries(value, rule) %}
    {%- set wrong = [] -%}
    {%- set forms = {"hosts": "(?!www[.])[\\w-]+([.][\\w-]+)+$", "schemes": "[a-z][a-z0-9+.-]*$"} -%}
    {%- if rule.kind in forms and value is iterable and value is not string and value is not mapping -%}
        {%- for entry in value if entry is not string or not modules.re.match(forms[rule.kind], entry | trim | lower) -%}
            {%- do wrong.append(entry) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(wrong) -}}
{% endmacro %}


{% macro allowed_setting(rule) %}
    {%- set number = "a whole number" if rule.kind == "whole" else "a number" -%}
    {{- return({
        "switch": "true or false, without quotes",
        "zone": "an IANA time zone, such as Europe/Zurich",
        "hosts": "a list of hosts such as linkedin.com, without https://, www., @, *, a port or a path",
        "schemes": "a list of schemes such as mailto, without : or //",
        "choice": rule.get("of", []) | join(" or "),
    }.get(rule.kind) or number ~ (" above " ~ rule.above ~ " up" if "above" in rule else " from " ~ rule.from) ~ " to " ~ rule.to) -}}
{% endmacro %}


{% macro wrong_setting(name, value, rule) %}
    {%- set newer = rule.get("renamed", {}).items() | selectattr(0, "eq", value) | map("last") | list -%}
    {%- set wrong = wrong_entries(value, rule) or value -%}
    {{- return(
        name ~ (" is not set" if value is none else " is " ~ tojson(wrong, wrong | string)) ~ ", and must be " ~ allowed_setting(rule)
        ~ (" (" ~ value ~ " is called " ~ newer[0] ~ " now)" if newer else "")
    ) -}}
{% endmacro %}
