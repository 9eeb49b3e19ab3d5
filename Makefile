# Every verb of this project. CI calls only these.

PYTHON = .venv/bin/python
# The distribution's Python: the journal's bindings belong to it. -B leaves no files in the checkout.
SYSTEM_PYTHON = /usr/bin/python3 -BEs
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# What is typed as NAME=VALUE reaches the tools by the environment, as it was typed: make expands nothing of it, and no
# shell reads it as its own words. `override`, because make would expand the one of the command line when it exports it.
TYPED = CASES FROM FUZZ_SECONDS KEEP KEY KILLS MODULE SEED SERIES SNAPCRAFT_OPTIONS TAG TARGET THROW_AWAY URL VALID_DAYS WITH
$(foreach name,$(TYPED),$(eval override $(name) := $$(value $(name))))
export $(TYPED)

.DEFAULT_GOAL := help
.PHONY: help run test test-python test-package lint audit generate man docs docs-links deb rpm wheel snap repo fetch-repo deb-source srpm deb-check suite sbom sums release-check release pins role bench bench-long bench-deploy compare forge fuzz faults mutants golden clean

help:  ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

run:  ## watch the logins of this machine, in the foreground; Ctrl-C ends it
	@tools/install.sh run
	@[ -z "$(SUDO)" ] || command -v sudo >/dev/null || { \
		echo "This needs root, and there is no sudo: run make as root." >&2; exit 1; }
	@$(SUDO) $(SYSTEM_PYTHON) -m pamsignal run

test:  ## lint, unit, edge, packaging and system tests: all that this machine can run
	@tools/install.sh all
	@$(PYTHON) tools/run_tests.py

test-python:  ## the unit tests, and some edge tests, with another Python and the newest libraries of PyPI; WITH=python3.13 names it
	@tools/install.sh python
	@tools/test_python.sh "$$WITH"

test-package:  ## install, use and remove the package in dist, on a machine to throw away; THROW_AWAY=yes says it is one
	@tools/test_package.sh

lint:  ## ruff, mypy, bandit, shellcheck, import contracts, workflows, generated files
	@tools/install.sh lint
	$(PYTHON) -m ruff check . packaging/systemd/stage-config packaging/snap/pamsignal
	$(PYTHON) -m ruff format --check . packaging/systemd/stage-config packaging/snap/pamsignal
	$(PYTHON) -m mypy
	$(PYTHON) -m mypy packaging/systemd/stage-config
	$(PYTHON) -m bandit --quiet --recursive --configfile pyproject.toml pamsignal tools packaging packaging/systemd/stage-config packaging/snap/pamsignal
	shellcheck $$(git ls-files '*.sh') .ci/run packaging/debian/postrm
	.venv/bin/lint-imports
	@tools/lint_workflows.sh
	for generator in tools/generate_*.py; do $(PYTHON) "$$generator" --check || exit 1; done

audit:  ## known holes in what comes from PyPI, asked of PyPI; needs the network
	@tools/install.sh audit
	@.venv-audit/bin/python tools/audit.py

generate:  ## write the generated files anew, all of them; review the diff
	@tools/install.sh dev
	for generator in tools/generate_*.py; do $(PYTHON) "$$generator" || exit 1; done

man:  ## the manual pages, in build/man; man -l shows one
	@tools/install.sh package
	$(SYSTEM_PYTHON) packaging/man/render.py build/man

docs:  ## build the site of the documentation, build/site/index.html
	@tools/install.sh docs
	@tools/build_site.sh

docs-links:  ## ask for every page elsewhere that the documents link to; needs the network
	@tools/install.sh dev
	$(PYTHON) -m tests.site.links

deb:  ## build dist/pamsignal_*_all.deb, for Debian and Ubuntu
	@tools/install.sh deb
	@tools/build_deb.sh

rpm:  ## build dist/pamsignal-*.noarch.rpm, for Fedora and RHEL
	@tools/install.sh rpm
	@tools/build_rpm.sh

wheel:  ## build dist/pamsignal-*.whl, for distributions that take neither, and the source archive
	@tools/install.sh wheel
	@tools/build_wheel.sh

snap:  ## build dist/pamsignal_*.snap; needs snapcraft, and snapd to run
	@tools/build_snap.sh

repo:  ## signed repositories of both and install.sh in dist/repo; KEY=FINGERPRINT signs, URL=https://... is their place
	@tools/install.sh package
	@tools/build_repo.sh "$$KEY"

fetch-repo:  ## bring the published repositories back into dist/repo; FROM=https://HOST/PATH
	@tools/fetch_repo.sh "$$FROM"

sbom:  ## bill of materials of what lies in dist (CycloneDX), in dist/pamsignal-*.cdx.json
	@tools/install.sh release
	@.venv-release/bin/python -m tools.release.sbom
	@tools/sum_up.sh

sums:  ## sums of all files in dist, and their signature; KEY=FINGERPRINT signs
	@tools/install.sh package
	@tools/sign_sums.sh "$$KEY"

release-check: PYTHON = .venv-release/bin/python
release-check:  ## hold versions, change logs, tag and all that lies in dist against each other; TAG=v1.2.3 names the tag
	@tools/install.sh release
	@$(PYTHON) -m tools.release

release:  ## all that a release is made of, signed and checked; KEY=FINGERPRINT signs, TAG=v1.2.3 names the tag
	@for step in deb rpm wheel sbom sums repo release-check; do \
		$(MAKE) --no-print-directory "$$step" || exit 1; done

pins:  ## write tools/pinned-*.txt anew: what releases are made with, to the version and the hash; review the diff
	@tools/install.sh pins
	@tools/pin.sh

deb-source:  ## Debian source packages in dist/source; SERIES="jammy noble" makes those for a PPA, KEY=FINGERPRINT signs
	@tools/install.sh package
	@tools/build_deb_source.sh $$SERIES

srpm:  ## source rpm in dist/source, as COPR builds it
	@tools/install.sh rpm
	@tools/build_srpm.sh

deb-check:  ## what a distribution asks of a deb: lintian, autopkgtest, piuparts, a build from its source; needs root
	@tools/install.sh all
	$(PYTHON) -m pytest -q tests/packaging/test_deb.py tests/packaging/test_deb_source.py tests/system/test_debian_tools.py

suite:  ## unit and edge tests with Debian 11's and 13's own Python and libraries, on hosts; needs root
	@tools/install.sh dev
	$(PYTHON) -m tests.system.suite

role:  ## lint the role, and try it on real hosts with Molecule
	@tools/install.sh role
	@tools/check_role.sh

bench-deploy:  ## how long the role takes for three and for ten fresh hosts
	@tools/install.sh role
	$(PYTHON) -m tests.perf.bench_deploy

compare:  ## pamsignal, fail2ban and sshguard on the same lines; prints the table of docs/explanation/recognition.md
	@tools/install.sh dev
	$(PYTHON) -m tests.compare

bench:  ## speed, memory and latency, beside journalctl, fail2ban and sshguard; KEEP=yes puts them into the document
	@tools/install.sh dev
	$(PYTHON) -m tests.perf.bench $$([ "$$KEEP" != yes ] || echo --keep)

bench-long:  ## a real load: 20,000 lines a second, 1,000 logins a second, a million lines at once; needs root; KEEP=yes
	@tools/install.sh dev
	$(PYTHON) -m tests.perf.bench $$([ "$$KEEP" != yes ] || echo --keep) soak logins backlog

forge:  ## a million forged lines, a row for each format; CASES=100000 SEED=2 says how many, and which
	@tools/install.sh dev
	$(PYTHON) -m tests.forge --cases "$${CASES:-1000000}" --seed "$${SEED:-1}"

fuzz:  ## hostile bytes for every target in tests/fuzz; FUZZ_SECONDS=600 for each, TARGET=parser only that one
	@tools/install.sh dev
	$(PYTHON) -m tests.fuzz --seconds "$${FUZZ_SECONDS:-60}" $${TARGET:+"$$TARGET"}

faults:  ## kill the daemon 200 times, let its calls fail, cut its power, hold what arrived against the journal; SEED=1 KILLS=40
	@tools/install.sh dev
	$(PYTHON) -m tests.faults $${SEED:+--seed "$$SEED"} $${KILLS:+--kills "$$KILLS"}

mutants:  ## change the pure parts and see which change no unit test notices; MODULE=pamsignal/detect names a part
	@tools/install.sh mutants
	@.venv-mutants/bin/python tools/mutants.py $$MODULE

golden:  ## write the golden files of the output formats anew; review the diff
	@tools/install.sh dev
	PAMSIGNAL_GOLDEN=write $(PYTHON) -m pytest -q tests/unit/daemon tests/unit/render tests/unit/test_scenarios.py

clean:  ## remove what was built here; test hosts stay in the user's cache
	rm -rf .venv .venv-ansible .venv-audit .venv-docs .venv-mutants .venv-pins .venv-release .venv-wheel build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
