# Two real virtual environments with OpenMetadata's Python packages, without what these depend on: `old` and `new`.
# Sourced by `start` with $name, $home and the lock held; prints the folder that holds both.

command -v python3 >/dev/null || cannot "needs python3"

# environment FOLDER PACKAGE==VERSION...
environment() {
    folder=$home/$1
    shift
    [ ! -f "$folder/whole" ] || return 0
    say "pip install --no-deps $*"
    rm -rf "$folder"
    python3 -m venv "$folder" >&2 || cannot "python3 -m venv failed; is python3-venv installed?"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: "$@" >&2 </dev/null ||
        cannot "pip cannot install $*"
    : >"$folder/whole"
}

environment old openmetadata-ingestion==1.12.4.1 openmetadata-managed-apis==1.12.4.1 'PyAthena~=3.25.0'
environment new openmetadata-ingestion==2.0.7.0
printf 'OMUP_TEST_CLIENTS=%s\n' "$home"
