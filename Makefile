# Each target is a command of start.py, which also runs without make: python3 start.py help
.DEFAULT_GOAL := help
# The Python that set up .venv, if there is one: PYTHON=python3.13 chooses another.
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python3)
# The names of the settings of the command line, so that start.py refuses one that it does not know. Their values are
# in the environment already.
GIVEN = $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))

COMMANDS := build show name remove forget person retention share export publish metrics docs superset land spark-setup spark-cluster \
    check test lint format new-mart spark-check spark-test superset-test fuzz faults mutants bench bench-shapes \
    attendance-accuracy sample answers picture lock clean help
.PHONY: $(COMMANDS)
$(COMMANDS):
	@GIVEN="$(strip $(GIVEN))" "$(PYTHON)" start.py $@

# An older or unknown name: start.py says what it is called.
.DEFAULT:
	@GIVEN="$(strip $(GIVEN))" "$(PYTHON)" start.py $@
