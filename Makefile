# Each target is a command of start.py, which also runs without make: python3 start.py help
.DEFAULT_GOAL := help
# The names of the settings of the command line, so that start.py refuses one that it does not know. Each value goes as
# it was written into the environment, and never through make or a shell, which would run what is in it.
override GIVEN := $(strip $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name))))
$(foreach name,$(filter-out GIVEN RUN,$(GIVEN)),$(eval override export $(name) := $$(value $(name))))
export GIVEN
# The command too, because make calls any word one.
override GOAL = $@
export GOAL
# The Python that runs start.py: that of .venv if there is one. start.py reads PYTHON, which sets up .venv with another.
override RUN := for python in .venv/bin/python "$$PYTHON" python3; do \
    if command -v "$$python" >/dev/null 2>&1; then exec "$$python" start.py "$$GOAL"; fi; \
    done; echo "There is no Python here. Fix: install Python 3.11 or newer" >&2; exit 1

COMMANDS := build show report name remove forget person evidence certificates leads retention share export publish metrics docs superset land \
    spark-setup spark-cluster check test lint format new-mart spark-check spark-test superset-test fuzz faults mutants bench bench-shapes \
    attendance-accuracy sample answers picture lock clean help
.PHONY: $(COMMANDS)
$(COMMANDS):
	@$(RUN)

# An older or unknown name: start.py says what it is called.
.DEFAULT:
	@$(RUN)
