# Daily commands. `uv run just` lists them.

set shell := ["bash", "-euo", "pipefail", "-c"]

# List the recipes
default:
    @just --list --unsorted

# Make the environment, the pages' libraries and the translations
setup:
    uv sync --frozen
    uv run python -c "from afterglow.config.assets import make_assets; make_assets()"

# An empty clinic at http://localhost:8000, in a folder of its own
run *options:
    ./run --data .afterglow/clinic --no-demo {{options}}

# A lived-in clinic at http://localhost:8000
demo *options:
    ./run --demo {{options}}

# The fast tests of a folder, a file or everything
test *path:
    uv run pytest -n 2 -m "not slow" {{path}}

# Every test, the slow ones too
test-all *path:
    uv run pytest -n 2 {{path}}

# Lint, format, types, import contracts
check:
    uv run ruff check .
    uv run ruff format --check .
    uv run mypy
    uv run lint-imports --no-logo

# Put right what can be put right by itself
fix:
    uv run ruff check --fix .
    uv run ruff format .
    uv run python tests/support/reference.py
    git ls-files -z '*.html' | xargs -0 --no-run-if-empty uv run djade --target-version 5.2

# New migrations for changed models
migrations *apps:
    uv run afterglow manage makemigrations {{apps}}

# The longest files: when one passes 400 lines it wants to be two
stats:
    @git ls-files 'src/*.py' 'tests/*.py' | grep -v /migrations/ | xargs wc -l | sort -rn | head -25

# One whole infusion day against a fresh Afterglow
smoke:
    ./run --smoke

# Measure time and memory against references built in the same run
bench *options:
    uv run pytest tests/bench -m bench {{options}}
