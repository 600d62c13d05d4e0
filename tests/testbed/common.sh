# Shared by `start` and `stop`: where the test bed lives, how it speaks, how it tells that a server is alive.
# Knows nothing about any single server or tool. Sourced by sh; needs only coreutils and util-linux.

bed=${XDG_CACHE_HOME:-$HOME/.cache}/omup-testbed

say() { printf 'testbed: %s\n' "$*" >&2; }

# Ends with 77: the thing cannot be had here, and the tests that need it are to be named as skipped.
cannot() {
    say "$name: $*"
    exit 77
}

# Field 22 of /proc/PID/stat, the start time: a process id alone may have been given to somebody else.
# The command name may hold blanks and brackets, so everything up to the last ") " goes first.
started_at() {
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    set -- ${stat##*) }
    shift 19
    printf '%s\n' "$1"
}

# Writes down which process serves: "PID START-TIME".
remember() { printf '%s %s\n' "$1" "$(started_at "$1")" >"$home/pid"; }

# Prints the process id when the process that was written down still runs.
alive() {
    [ -s "$home/pid" ] || return 1
    read -r pid when <"$home/pid"
    [ "$(started_at "$pid" || :)" = "$when" ] || return 1
    printf '%s\n' "$pid"
}

# The package lists are fetched at most once a day; two starts at once wait for each other.
apt_lists() {
    [ -z "$(find "$bed/apt-lists" -mmin -1440 2>/dev/null)" ] || return 0
    say "apt-get update"
    flock "$bed/apt.lock" apt-get -qq update >&2 </dev/null || cannot "apt-get update failed"
    : >"$bed/apt-lists"
}

# apt_install PACKAGE...: only as root, and it says so. RUNLEVEL=1 asks maintainer scripts not to start services.
apt_install() {
    command -v apt-get >/dev/null || cannot "needs the package $* and there is no apt-get"
    [ "$(id -u)" = 0 ] || cannot "needs the package $*; install it, or run this as root"
    apt_lists
    say "apt-get install $*"
    flock "$bed/apt.lock" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 install "$@" >"$bed/apt.log" 2>&1 </dev/null ||
        cannot "apt-get install $* failed: $(tail -n 1 "$bed/apt.log")"
}

# apt_unpack PACKAGE FOLDER: the files only, no maintainer scripts, no root needed.
apt_unpack() {
    command -v apt-get >/dev/null || cannot "needs the package $1 and there is no apt-get"
    [ -s /var/lib/apt/lists/lock ] || [ "$(id -u)" != 0 ] || apt_lists
    say "apt-get download $1"
    rm -rf "$2.partial" && mkdir -p "$2.partial/deb" "$2.partial/root"
    (cd "$2.partial/deb" && apt-get -qq -o APT::Sandbox::User=root download "$1" >&2) || cannot "apt-get download $1 failed"
    dpkg-deb -x "$2.partial/deb/"*.deb "$2.partial/root" || cannot "cannot unpack $1"
    rm -rf "$2" && mv "$2.partial/root" "$2" && rm -rf "$2.partial"
}
