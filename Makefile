# Two commands: `make build` and `make test`. `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help build publish test bench bench-shapes faults fuzz lint format show share forget withdraw export metrics docs answers attendance-accuracy mutants sample picture superset superset-test land spark-cluster spark-test lock clean

VENV := .venv
PYTHON := $(VENV)/bin/python
SUPERSET_VENV := .venv-superset
SPARK_VENV := .venv-spark
REPORTS ?=
METRICS ?=
BY ?=
SAVED ?=
ONLY ?=
KILLS ?= 210
BUILDS ?= 20
INPUTS ?= 100000
SEED ?= 1
RECORDS ?= 100000 1000000
RUNS ?= 3
SHAPED ?= 1000000
THERE ?= 10000000
PORT ?= 8088
SPARK_RECORDS ?= 1000000
SPARK_PORT ?= 10000

# Read by the scripts: SITE, TIME_ZONE, DATE_FORMAT and ENCODING say what no report tells, AGAIN lands also what
# was withdrawn; MEMORY_LIMIT bounds DuckDB.
export REPORTS SITE TIME_ZONE DATE_FORMAT ENCODING AGAIN MEMORY_LIMIT WAREHOUSE_PATH PUBLISHED_PATH SHARED_PATH
# By publish: where to, and the role of PostgreSQL that may read marts, with RESTRICTED=1 restricted too.
export TARGET READER RESTRICTED
# By land, and by forget and withdraw where they are to do it there: the folder of the Parquet files; files at once.
export LANDING SPARK_LANDING JOBS
# By dbt on Spark: the thrift server of a cluster.
export SPARK_HOST SPARK_PORT
# By share, forget and withdraw: whom to forget, what to withdraw, and from how many people on numbers are shown.
export USER_ID REPORT PSEUDONYM_SALT MINIMUM_COHORT_SIZE
# What is blank is not handed on: the scripts have their own defaults.
OPTIONAL := REPORTS SITE TIME_ZONE DATE_FORMAT ENCODING AGAIN MEMORY_LIMIT WAREHOUSE_PATH PUBLISHED_PATH SHARED_PATH MINIMUM_COHORT_SIZE \
    TARGET READER RESTRICTED LANDING SPARK_LANDING JOBS SPARK_HOST
$(foreach name,$(OPTIONAL),$(if $(strip $($(name))),,$(eval unexport $(name))))

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

build: $(VENV)/.installed ## Set up, land the reports (REPORTS=dir, else reports/, else the sample), build, publish.
	@$(PYTHON) scripts/build_warehouse.py

publish: $(VENV)/.installed $(if $(filter postgresql://% postgres://%,$(TARGET)),$(VENV)/.installed-postgres) ## Publish what was built: TARGET=postgresql://user@host/db or folder/ (Parquet), else warehouse/published.duckdb.
	@$(PYTHON) scripts/publish.py

test: lint ## Run every test there is: linters, Python tests, dbt's unit and data tests on the sample.
	@$(PYTHON) -m pytest --numprocesses auto --dist worksteal

faults: $(VENV)/.installed-dev ## Kill loads, builds and publications and read through builds (half an hour): KILLS=210 BUILDS=20 SEED=1.
	@PYTHONPATH=scripts:tests $(PYTHON) -m faults --kills $(KILLS) --builds $(BUILDS) --seed $(SEED)

lint: $(VENV)/.installed-dev ## Run the linters: sqlfluff, ruff, mypy, yamllint, deptry (scripts/linters.py).
	@$(PYTHON) scripts/linters.py

format: $(VENV)/.installed-dev ## Let ruff and sqlfluff fix what they can.
	@$(PYTHON) scripts/linters.py --fix

show: $(VENV)/.installed ## Show in the terminal: the summary; SESSION=keynote, USER_ID=5001 or CONTEST=all_time for one of them.
	@$(PYTHON) scripts/show.py $(if $(SESSION),--session "$(SESSION)") $(if $(USER_ID),--user "$(USER_ID)") \
	    $(if $(CONTEST),--contest "$(CONTEST)")

share: $(VENV)/.installed ## Write a copy to hand on, with pseudonyms in place of people: warehouse/shared.duckdb.
	@$(PYTHON) scripts/share.py

forget: $(VENV)/.installed ## Forget a person: USER_ID=7, SITE=… if the id is of several sites; DRY_RUN=1 only says what there is.
	@$(PYTHON) scripts/$(if $(LANDING),forget_landed,forget).py $(if $(SITE),--site "$(SITE)") $(if $(DRY_RUN),--dry-run)

withdraw: $(VENV)/.installed ## Withdraw a report loaded by mistake: REPORT=x.csv or its id; DRY_RUN=1 only says what would go.
	@$(PYTHON) scripts/$(if $(LANDING),withdraw_landed,withdraw).py $(if $(DRY_RUN),--dry-run)

export: $(VENV)/.installed ## Write a table as CSV for a spreadsheet: TABLE=marts.fct_leaderboard; else the rejected records.
	@$(PYTHON) scripts/export_table.py $(if $(TABLE),"$(TABLE)")

metrics: $(VENV)/.installed-dev ## Ask the built warehouse: METRICS=attendees,live_rate BY=metric_time__week, or SAVED=site_overview; else list them.
	@$(PYTHON) scripts/metrics.py $(if $(SAVED),query --saved-query $(SAVED),$(if $(METRICS),query --metrics $(METRICS) \
	    $(if $(BY),--group-by $(BY)),list metrics))

docs: $(VENV)/.installed ## Document models, columns, metrics and lineage on one page: warehouse/docs.html.
	@$(PYTHON) scripts/write_docs.py

attendance-accuracy: $(VENV)/.installed ## Measure attendance against simulated events of which the truth is known (a minute).
	@$(PYTHON) scripts/measure_attendance.py --output docs/attendance_accuracy.md

bench: $(VENV)/.installed-bench ## Measure it beside its floor, pandas and polars: RECORDS="100000 1000000" RUNS=3; writes docs/performance.md.
	@$(PYTHON) benchmarks/measure.py $(addprefix --records ,$(RECORDS)) --runs $(RUNS) --output docs/performance.md

bench-shapes: $(VENV)/.installed-bench ## Measure it by how reports come: SHAPED=1000000 THERE=10000000 records; writes docs/performance_shapes.md.
	@$(PYTHON) benchmarks/shapes.py --records $(SHAPED) --day-records $(THERE) --output docs/performance_shapes.md

mutants: $(VENV)/.installed-dev ## Put faults into copies of the project and see which test finds each (20 minutes); ONLY=NAME for one.
	@PYTHONPATH=scripts $(PYTHON) tests/mutants/run_mutants.py $(if $(ONLY),--only $(ONLY),--output docs/mutants.md)

sample: $(VENV)/.installed ## Write the sample reports anew (the same seed gives the same bytes).
	@$(PYTHON) scripts/generate_reports.py sample

answers: build ## Answer every question of analyses/ and of the README anew from the sample.
	@$(PYTHON) scripts/answer_questions.py

picture: build $(VENV)/.installed-dev ## Draw the pictures of the README from the sample; that of the page needs Chromium.
	@$(PYTHON) scripts/draw_attendance.py
	@$(PYTHON) scripts/draw_page.py

superset: $(VENV)/.installed $(SUPERSET_VENV)/.installed ## Serve Superset with the dashboards on this machine: PORT=8088 (docs/superset.md).
	@$(PYTHON) scripts/serve_superset.py --port $(PORT)

superset-test: $(VENV)/.installed-dev $(SUPERSET_VENV)/.installed ## Ask a real Superset for every chart of the dashboards (two minutes).
	@$(PYTHON) -m pytest tests/test_superset.py

land: $(VENV)/.installed ## Land reports as Parquet for Spark: LANDING=folder/ (else warehouse/landing), REPORTS=dir, JOBS=2 (docs/scale.md).
	@$(PYTHON) scripts/land_parquet.py

spark-cluster: $(VENV)/.installed $(SPARK_VENV)/.installed ## Run Spark on this machine until Ctrl-C: a master, two workers, a thrift server on SPARK_PORT=10000.
	@$(PYTHON) scripts/spark_cluster.py --folder warehouse/spark

spark-test: $(VENV)/.installed-dev $(SPARK_VENV)/.installed ## Build all marts on a Spark cluster, kill a worker, compare with DuckDB: SPARK_RECORDS=1000000 (half an hour; needs Java).
	@SPARK_RECORDS=$(SPARK_RECORDS) $(PYTHON) -m pytest -s tests/test_spark.py

lock: ## Lock the packages anew (needs uv): hashes, and no address of any index.
	uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	    --no-emit-index-url --no-header --upgrade requirements.in -o requirements.lock
	uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	    --no-emit-index-url --no-header --upgrade requirements-postgres.in -o requirements-postgres.lock
	uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	    --no-emit-index-url --no-header --upgrade requirements-dev.in -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	    --no-emit-index-url --no-header --upgrade requirements-bench.in -o requirements-bench.lock
	uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	    --no-emit-index-url --no-header --upgrade requirements-superset.in -o requirements-superset.lock
	uv pip compile --universal --python-version 3.11 --no-strip-extras --generate-hashes \
	    --no-emit-index-url --no-header --upgrade requirements-spark.in -o requirements-spark.lock

fuzz: $(VENV)/.installed-dev ## Feed the loader broken reports by the thousand: INPUTS=100000 SEED=1; what broke lies in target/fuzz.
	@PYTHONPATH=scripts:tests $(PYTHON) -m fuzz --inputs $(INPUTS) --seed $(SEED)

clean: ## Delete the environment, the warehouse with its salts and all that tools left; the reports stay.
	rm -rf $(VENV) $(SUPERSET_VENV) $(SPARK_VENV) warehouse/* target logs .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/.installed: requirements.lock
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/.installed-bench: requirements-bench.lock $(VENV)/.installed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

$(VENV)/.installed-postgres: requirements-postgres.lock $(VENV)/.installed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-postgres.lock
	@touch $@

$(SUPERSET_VENV)/.installed: requirements-superset.lock
	python3 -m venv $(SUPERSET_VENV)
	$(SUPERSET_VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-superset.lock
	@touch $@

$(SPARK_VENV)/.installed: requirements-spark.lock
	python3 -m venv $(SPARK_VENV)
	$(SPARK_VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $@
