# Each of these makes the machine ready first, and says so; see scripts/run.
# ARGS goes to the program behind a target: make test ARGS='tests/plan -k label'

.PHONY: setup demo test check bench docs

setup:
	@scripts/run true

demo:
	@scripts/run scripts/demo

test:
	@scripts/run --tests $(if $(ARGS),,--as-root-first scripts/test-as-root) scripts/test $(ARGS)

check:
	@scripts/run --python-only scripts/check

bench:
	@scripts/bench/run $(ARGS)

docs:
	@scripts/run --python-only --give-back docs/commands.md python scripts/docs/commands.py docs/commands.md
	@scripts/run --python-only --give-back docs/rootbuild.1 python scripts/docs/manual.py docs/rootbuild.1
