# MySQL for the tests: `mysql` is 9.7, `mysql80` is 8.0.33. Sourced by `start` with $name, $home and the lock
# (descriptor 9) held.
#
# Users, by caching_sha2_password and from everywhere: `root`, and `om`, which owns what the tests make. `om` has what
# OpenMetadata's install guide grants (GRANT ALL PRIVILEGES ON openmetadata_db.*), on every database whose name begins
# with t_ (a test's own) or omup_ (made by omup), and so may create those; it has no global right at all.
# https://docs.open-metadata.org/latest/deployment/bare-metal
# The passwords are canaries: the tests search everything that omup writes for them.
# TLS is on, by the certificates that the server makes for itself; their CA is in $home/ca.pem.
# Nothing is synced to disk: the tests kill omup, not the machine.
# OMUP_TESTBED_SETTINGS: more lines for [mysqld], for a test with a server of its own.
. "$here/mysql_programs.sh"

variable=OMUP_TEST_$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')
root_password=mysql-root-secret-canary
om_password=om-secret-canary

# By password over TCP; a login proves the rules as well.
answers() {
    at=$(cat "$home/url")
    port=${at##*:}
    MYSQL_PWD=$root_password "$programs/mysql" --no-defaults --connect-timeout=10 -h 127.0.0.1 -P "${port%%/*}" \
        -u root -NBe 'select 1' >/dev/null 2>&1
}

case $name in
mysql) mysql_97 ;;
mysql80) mysql_80 ;;
esac
if alive >/dev/null && [ -s "$home/url" ] && answers; then
    printf '%s=%s\n' "$variable" "$(cat "$home/url")"
    exit 0
fi

! pid=$(alive) || { say "$name: process $pid does not answer, ending it"; kill -KILL "$pid"; }
[ ! -s "$home/data-folder" ] || rm -rf "$(cat "$home/data-folder")"
# A short path: the name of a unix socket ends at 107 bytes.
folder=$(mktemp -d "${TMPDIR:-/tmp}/omup-testbed.XXXXXX")
printf '%s\n' "$folder" >"$home/data-folder"

# The server refuses root, and its user must be able to walk down to its programs: not below root's home. Links to the
# same files cost nothing; on another file system they are copied.
as_user=
if [ "$(id -u)" = 0 ]; then
    user=nobody
    as_user="setpriv --reuid=$user --regid=$(id -g "$user") --clear-groups --inh-caps=-all"
    cp -al "$tree" "$folder/root" 2>/dev/null || { rm -rf "$folder/root" && cp -a "$tree" "$folder/root"; } ||
        cannot "cannot copy the server to $folder"
    tree=$folder/root
    chown "$user" "$folder"
    chmod 755 "$tree"
fi

case $name in
mysql)
    base=$tree/usr
    plugins=$base/lib/mysql/plugin
    share=$base/share/mysql
    mysqld="$tree/usr/lib64/ld-linux-x86-64.so.2 --library-path $tree/usr/lib/x86_64-linux-gnu --argv0 mysqld $base/sbin/mysqld"
    # With GTIDs, as replicated servers have them.
    own='gtid_mode = ON
enforce_gtid_consistency = ON'
    ;;
mysql80)
    base=$tree
    plugins=$base/lib/plugin
    share=$base/share
    mysqld="env LD_LIBRARY_PATH=$base/lib/private $base/bin/mysqld"
    own=
    ;;
esac

# Triggers and routines are created by `om`: with the binary log on, that asks for this setting or for a global right.
$as_user sh -c 'umask 077; cat >"$1"' - "$folder/my.cnf" <<CONF
[mysqld]
basedir = $base
datadir = $folder/data
plugin_dir = $plugins/
lc_messages_dir = $share
character_sets_dir = $share/charsets
tmpdir = $folder
socket = $folder/s
pid_file = $folder/pid
log_error = $folder/log.err
bind_address = 127.0.0.1
mysqlx = OFF
secure_file_priv = NULL
max_connections = 200
log_bin_trust_function_creators = ON
innodb_flush_log_at_trx_commit = 0
innodb_doublewrite = OFF
sync_binlog = 0
binlog_expire_logs_seconds = 600
max_binlog_size = 64M
$own
${OMUP_TESTBED_SETTINGS:-}
CONF
$as_user sh -c 'umask 077; cat >"$1"' - "$folder/users.sql" <<SQL
create user root@'%' identified with caching_sha2_password by '$root_password';
grant all on *.* to root@'%' with grant option;
alter user root@localhost identified with caching_sha2_password by '$root_password';
create user om@'%' identified with caching_sha2_password by '$om_password';
grant all privileges on \`t\\_%\`.* to om@'%' with grant option;
grant all privileges on \`omup\\_%\`.* to om@'%' with grant option;
SQL
# shellcheck disable=SC2086
(cd / && $as_user $mysqld --defaults-file="$folder/my.cnf" --initialize-insecure --init-file="$folder/users.sql" \
    >"$home/initialize.log" 2>&1 </dev/null 7>&- 8>&- 9>&-) ||
    cannot "mysqld --initialize failed: $(grep -m 1 ERROR "$folder/log.err" "$home/initialize.log" || :)"
rm -f "$folder/users.sql"

# Below the range that the kernel hands out for outgoing connections; a taken port is tried again with another.
tries=10
while :; do
    port=$(shuf -i 20000-29999 -n 1)
    # Nothing of ours stays open in the server: a lock would live as long as it does, and so would the pipe of a
    # caller who reads our output.
    (
        cd /
        # shellcheck disable=SC2086
        exec $as_user setsid sh -c 'exec "$@" </dev/null >>"$0" 2>&1' \
            "$folder/output" $mysqld --defaults-file="$folder/my.cnf" --port="$port"
    ) </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
    child=$!
    up=false
    left=600
    while [ "$left" -gt 0 ]; do
        left=$((left - 1))
        if grep -qs "ready for connections.*port: $port" "$folder/log.err"; then
            up=true
            break
        fi
        kill -0 "$child" 2>/dev/null || break
        sleep 0.1
    done
    ! $up || break
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || cannot "the server does not start: $(grep ERROR "$folder/log.err" | tail -n 1)"
done

remember "$(cat "$folder/pid")"
cp "$folder/data/ca.pem" "$home/ca.pem"
printf 'mysql://root:%s@127.0.0.1:%s/mysql\n' "$root_password" "$port" >"$home/url"
answers || cannot "the server runs on port $port but refuses the test's password"
[ -z "${OMUP_TESTBED_BORROW:-}" ] || : >"$home/borrowed"
printf '%s=%s\n' "$variable" "$(cat "$home/url")"
