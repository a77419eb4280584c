# Each target is a command of start.py, which also runs without make: python3 start.py help
.DEFAULT_GOAL := help
# The Python that runs start.py: that of .venv if there is one. start.py reads PYTHON, which sets up .venv with another.
RUNNER := $(or $(wildcard .venv/bin/python),$(if $(PYTHON),$(shell command -v $(PYTHON) 2>/dev/null)),python3)
# The names of the settings of the command line, so that start.py refuses one that it does not know. Their values are
# in the environment already.
GIVEN = $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))

COMMANDS := build show report name remove forget person evidence certificates leads retention share export publish metrics docs superset land \
    spark-setup spark-cluster check test lint format new-mart spark-check spark-test superset-test fuzz faults mutants bench bench-shapes \
    attendance-accuracy sample answers picture lock clean help
.PHONY: $(COMMANDS)
$(COMMANDS):
	@GIVEN="$(strip $(GIVEN))" "$(RUNNER)" start.py $@

# An older or unknown name: start.py says what it is called.
.DEFAULT:
	@GIVEN="$(strip $(GIVEN))" "$(RUNNER)" start.py $@
