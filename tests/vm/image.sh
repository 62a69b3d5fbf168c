# The root image: an ext4 file system made of the files of packages that are installed here.
#
#   image_find             sets IMAGE, named after the packages and our own files in it
#   image_build            makes it
#
# The package manager is asked through three functions (image_versions, image_files, image_missing);
# Debian's are below, those of other distributions in image-other.sh.
# shellcheck shell=bash

# Working out the versions takes a quarter of a second, too much for every command: the answer is
# kept under a name made of what it depends on.
image_find() {
    local answer
    answer=$CACHE/versions-$({
        image_own_files
        image_database_stamp
        printf '%s\n' "$KERNEL_ID"
    } | key)
    if [ ! -s "$answer" ]; then
        image_check_required
        {
            image_own_files
            printf '%s\n' "$KERNEL_ID"
            image_versions
        } | key >"$answer.new.$$"
        mv "$answer.new.$$" "$answer"
    fi
    IMAGE=$CACHE/image-$(<"$answer")
}

image_own_files() {
    (cd "$VM" && cat packages modules image.sh image-other.sh image-pack guest/stage2)
}

image_build() {
    local work=$IMAGE.new.$$ as_root
    need tar mke2fs debugfs
    rm -rf "$IMAGE".new.*
    mkdir "$work"
    say "image    packing the files of $(image_versions | wc -l) packages"
    as_root=$(image_as_root)
    { image_files; image_links; image_extra; } | image_filter >"$work/files"
    image_module_files >"$work/module-files"
    # shellcheck disable=SC2086 # two words at most, both ours
    interruptible $as_root "$VM/image-pack" "$work" "$VM" "$KERNEL_MODULES" "$KERNEL_VERSION" \
        >"$work/log" 2>&1 ||
        fail "the root image could not be packed ($(tail -n 1 "$work/log"))" "see $work/log"
    mv "$work/image" "$IMAGE"
    rm -rf "$work"
}

# Files must look as if they were root's inside the image; mke2fs takes the owners that it sees.
image_as_root() {
    if [ "$(id -u)" = 0 ]; then
        return
    elif unshare -r true 2>/dev/null; then
        echo unshare -r
    elif command -v fakeroot >/dev/null; then
        echo fakeroot --
    else
        fail "neither user namespaces nor fakeroot work for uid $(id -u)" \
            "run make deps (package fakeroot)"
    fi
}

image_check_required() {
    local missing
    missing=$(image_missing)
    [ -z "$missing" ] ||
        fail "not installed: ${missing//$'\n'/ }" "run make deps at the top of the repository"
}

# image_names KIND: the packages of that kind by this distribution's names
image_names() {
    awk -v kind="$1" -v column="$IMAGE_COLUMN" '
        $1 == kind && $column != "-" && $column != "" { print $column }' "$VM/packages"
}

# Links that update-alternatives(1) makes belong to no package.
image_links() {
    find /usr/bin /usr/sbin -lname '/etc/alternatives/*'
}

# Folders and files that packages write when they are installed and do not list.
image_extra() {
    local path
    for path in /bin /sbin /lib /lib32 /lib64 /libx32 /etc/ld.so.cache /etc/nsswitch.conf \
        /etc/protocols /etc/services; do
        [ ! -e "$path" ] || printf '%s\n' "$path"
    done
    for path in /etc/alternatives /etc/pam.d /etc/ld.so.conf.d /etc/containers /etc/cni; do
        [ ! -d "$path" ] || find "$path"
    done
}

# image_filter: paths as they really are below a merged /usr, without what a test never reads. What
# shared programs need at run time stays, as do the static archives that the course links.
image_filter() {
    local merged=
    [ ! -L /bin ] || merged='s,^/\(bin\|sbin\|lib\|lib32\|lib64\|libx32\)/,/usr/\1/,'
    sed "$merged" | LC_ALL=C sort -u | grep -Ev \
        -e '^/usr/share/(doc|man|info|locale|lintian|bug|common-licenses|zoneinfo|perl|perl5)/' \
        -e '^/usr/share/(bash-completion|zsh|fish|gdb|gcc|systemd|menu|pixmaps|applications)/' \
        -e '^/usr/lib/(debug|systemd|modules|python3[^/]*)/' \
        -e '^/(boot|var/cache|var/log)/' \
        -e '^/usr/lib/git-core/git-(gui|http|imap|remote|shell|cvs|svn|send)' \
        -e '/gconv/(IBM|EBCDIC|CP[0-9]|MAC|JIS|BIG|EUC)' \
        -e '/(lto1|cc1plus|f951|g\+\+-mapper-server|[^/]*-lto-dump-[0-9]*|[^/]*-(dwp|ld.gold))$' \
        -e '/lib(asan|tsan|lsan|hwasan|gomp|itm|stdc\+\+|stdc\+\+fs|supc\+\+|bfd|opcodes)\.a$' \
        -e '/libtsan\.so|/libhwasan\.so' \
        -e '/(include|lib)/c\+\+/'
}

# The modules that the file "modules" keeps, those that they need, and depmod's tables. A line of
# modules.dep is "module: what it needs".
image_module_files() {
    local dir=$KERNEL_MODULES/lib/modules/$KERNEL_VERSION
    (cd "$dir" && printf '%s\n' modules.*)
    awk -v keep="$(awk '$1 == "keep" { print "^kernel/" $2 }' "$VM/modules" | paste -sd '|')" '
        $0 ~ keep && !/\/(test_|kvm)[^/]*\.ko/ {
            gsub(":", "")
            for (i = 1; i <= NF; i++) if (!seen[$i]++) print $i
        }' "$dir/modules.dep"
}

# Debian and Ubuntu

image_database_stamp() {
    stat -c '%n %s %Y' /var/lib/dpkg/status
}

image_missing() {
    local wanted
    mapfile -t wanted < <(image_names required)
    image_installed | awk '{ print $1 }' | LC_ALL=C sort |
        LC_ALL=C comm -13 - <(printf '%s\n' "${wanted[@]}" | LC_ALL=C sort)
}

# "name version architecture provides depends" of what is installed, separated by tabs.
image_installed() {
    awk '
        function flush() {
            if (status ~ / installed$/)
                print name "\t" version "\t" arch "\t" provides "\t" depends
            name = version = arch = provides = depends = status = ""
        }
        /^Package: /      { name = $2 }
        /^Status: /       { status = $0 }
        /^Version: /      { version = $2 }
        /^Architecture: / { arch = $2 }
        /^Provides: /     { provides = substr($0, 11) }
        /^(Pre-)?Depends: / { sub(/^[^:]*: /, ""); depends = depends "," $0 }
        /^$/              { flush() }
        END               { flush() }' /var/lib/dpkg/status
}

# image_versions: "name version architecture" of the wanted packages and all that they depend on. Of
# alternatives (a | b) the first installed one counts.
image_versions() {
    image_installed | awk -F '\t' -v wanted="$(image_names required; image_names optional)" \
        -v without="$(image_names without)" '
        function bare(text) {               # "libfoo:any (>= 1.2)" -> "libfoo"
            sub(/^ +/, "", text); sub(/[ (:].*$/, "", text); return text
        }
        function pick(choices,   list, i, n, name) {
            n = split(choices, list, "|")
            for (i = 1; i <= n; i++) {
                name = bare(list[i])
                if (!(name in version)) name = provider[name]
                if (name in version) return name
            }
            return ""
        }
        {
            version[$1] = $2; arch[$1] = $3; depends[$1] = $5
            n = split($4, list, ",")
            for (i = 1; i <= n; i++) if (!(bare(list[i]) in provider)) provider[bare(list[i])] = $1
        }
        END {
            n = split(without, list, "\n")
            for (i = 1; i <= n; i++) seen[list[i]] = 1
            todo = split(wanted, queue, "\n")
            for (i = 1; i <= todo; i++) {
                name = pick(queue[i])
                if (name == "" || name in seen) continue
                seen[name] = 1
                print name, version[name], arch[name]
                n = split(depends[name], list, ",")
                for (j = 1; j <= n; j++) if (list[j] != "") queue[++todo] = list[j]
            }
        }' | LC_ALL=C sort
}

image_files() {
    local name arch list
    image_versions | while read -r name _ arch; do
        for list in "/var/lib/dpkg/info/$name.list" "/var/lib/dpkg/info/$name:$arch.list"; do
            [ ! -r "$list" ] || cat "$list"
        done
    done
}

IMAGE_COLUMN=2
if [ ! -r /var/lib/dpkg/status ]; then
    # shellcheck source=image-other.sh
    . "$VM/image-other.sh"
fi
