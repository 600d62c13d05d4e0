# PostgreSQL 15 for the tests. Sourced by `start` with $name, $home and the lock (descriptor 9) held.
#
# Roles: `postgres` (superuser, trusted on the unix socket, by password over TCP) and `om` (an ordinary role that may
# create databases, by password everywhere), so that a wrong or a leaked password is a real one.
# The passwords are canaries: the tests search everything that omup writes for them.
# fsync is off: the tests kill omup, not the machine.

variable=OMUP_TEST_$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')
superuser_password=postgres-secret-canary
om_password=om-secret-canary

# As the superuser and by password, which proves the password rules as well.
answers() {
    at=$(cat "$home/url")
    port=${at##*:}
    PGPASSWORD=$superuser_password PGCONNECT_TIMEOUT=10 \
        psql -XAtqc 'select 1' -h 127.0.0.1 -p "${port%%/*}" -U postgres postgres >/dev/null 2>&1
}

if alive >/dev/null && [ -s "$home/url" ] && answers; then
    printf '%s=%s\n' "$variable" "$(cat "$home/url")"
    exit 0
fi

find_programs() {
    for folder in /usr/lib/postgresql/15/bin "$(dirname "$(command -v postgres || echo /nowhere/postgres)")"; do
        if [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] && "$folder/postgres" --version | grep -q ' 15\.'; then
            programs=$folder
            return 0
        fi
    done
    return 1
}
find_programs || { apt_install postgresql-15 && find_programs; } || cannot "the package postgresql-15 brought no PostgreSQL 15"
command -v psql >/dev/null && command -v pg_dump >/dev/null || apt_install postgresql-client-15

# The server refuses root, and its user must be able to walk down to its data: not below root's home.
# A short path too: the name of a unix socket ends at 107 bytes.
if [ "$(id -u)" = 0 ]; then
    user=nobody
    as_user="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups --inh-caps=-all"
else
    as_user=
fi

! pid=$(alive) || { say "$name: process $pid does not answer, ending it"; kill -KILL "$pid"; }
[ ! -s "$home/data-folder" ] || rm -rf "$(cat "$home/data-folder")"
folder=$(mktemp -d "${TMPDIR:-/tmp}/omup-testbed.XXXXXX")
printf '%s\n' "$folder" >"$home/data-folder"
[ "$(id -u)" != 0 ] || chown "$user" "$folder"

printf '%s\n' "$superuser_password" >"$home/superuser-password"
(cd / && $as_user env LC_ALL=C.UTF-8 "$programs/initdb" -D "$folder/data" -U postgres -E UTF8 --locale=C.UTF-8 \
    --auth=scram-sha-256 --pwfile=/dev/stdin --no-sync <"$home/superuser-password" >"$home/initdb.log" 2>&1) ||
    cannot "initdb failed: $(tail -n 1 "$home/initdb.log")"

$as_user sh -c 'cat >"$1"' - "$folder/data/pg_hba.conf" <<HBA
local all postgres trust
local all all scram-sha-256
host all all 127.0.0.0/8 scram-sha-256
host replication all 127.0.0.0/8 scram-sha-256
HBA
$as_user sh -c 'cat >>"$1"' - "$folder/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
fsync = off
full_page_writes = off
max_connections = 100
shared_buffers = 64MB
logging_collector = off
log_connections = on
log_disconnections = on
log_line_prefix = '%m [%p] %u@%d %a '
log_statement = 'ddl'
CONF

# Below the range that the kernel hands out for outgoing connections; a taken port is tried again with another.
tries=10
while :; do
    port=$(shuf -i 20000-29999 -n 1)
    # Nothing of ours stays open in the server: a lock would live as long as it does, and so would the pipe of a
    # caller who reads our output.
    (
        cd /
        exec $as_user setsid sh -c 'exec "$@" </dev/null >>"$0" 2>&1' \
            "$folder/log" "$programs/postgres" -D "$folder/data" -p "$port"
    ) </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
    up=false
    left=300
    while [ "$left" -gt 0 ]; do
        left=$((left - 1))
        # The last line of postmaster.pid says "ready" once connections are accepted.
        if grep -qs '^ready' "$folder/data/postmaster.pid"; then
            up=true
            break
        fi
        ! grep -qs 'database system is shut down\|could not create any TCP/IP sockets' "$folder/log" || break
        sleep 0.1
    done
    ! $up || break
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || cannot "the server does not start: $(tail -n 1 "$folder/log")"
    : >"$folder/log"
done

remember "$(head -n 1 "$folder/data/postmaster.pid")"
psql -XAtq -v ON_ERROR_STOP=1 -h "$folder" -p "$port" -U postgres -d postgres >/dev/null <<SQL
create role om login createdb password '$om_password';
SQL
printf 'postgres://postgres:%s@127.0.0.1:%s/postgres\n' "$superuser_password" "$port" >"$home/url"
answers || cannot "the server runs on port $port but refuses the test's password"
[ -z "${OMUP_TESTBED_BORROW:-}" ] || : >"$home/borrowed"
printf '%s=%s\n' "$variable" "$(cat "$home/url")"
