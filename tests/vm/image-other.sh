# The root image's three questions to the package manager, for rpm and pacman. See image.sh.
# Untested: written after the manual pages of rpm(8), pacman(8) and pactree(8).
# shellcheck shell=bash

if command -v rpm >/dev/null; then
    IMAGE_COLUMN=3

    image_database_stamp() {
        rpm -qa --qf '%{name} %{version}-%{release}\n' | LC_ALL=C sort
    }

    image_missing() {
        local name
        for name in $(image_names required); do
            rpm -q --whatprovides "$name" >/dev/null 2>&1 || printf '%s\n' "$name"
        done
    }

    # Requires are capabilities (libc.so.6, /bin/sh), so each round asks who provides those of the
    # last.
    image_versions() {
        local seen=$'\n' name found round
        round=$(image_names required; image_names optional)
        while [ -n "$round" ]; do
            found=$(printf '%s\n' "$round" |
                xargs -d '\n' rpm -q --whatprovides --qf '%{name}\n' 2>/dev/null |
                grep -v ' ' | LC_ALL=C sort -u)
            round=
            for name in $found; do
                [[ $seen != *$'\n'"$name"$'\n'* ]] || continue
                ! image_names without | grep -qx "$name" || continue
                seen+=$name$'\n'
                rpm -q --qf '%{name} %{version}-%{release} %{arch}\n' "$name"
                round+=$(rpm -q --requires "$name" | sed 's/ .*//' | grep -v '^rpmlib\|^(')$'\n'
            done
            round=$(printf '%s' "$round" | LC_ALL=C sort -u)
        done
    }

    image_files() {
        image_versions | awk '{ print $1 }' | xargs rpm -ql | grep '^/'
    }
elif command -v pacman >/dev/null; then
    IMAGE_COLUMN=4

    image_database_stamp() {
        stat -c '%n %s %Y' /var/lib/pacman/local
    }

    image_missing() {
        pacman -T $(image_names required) || true
    }

    image_versions() {
        local name
        for name in $(image_names required; image_names optional); do
            pactree -l "$name" 2>/dev/null || true
        done | LC_ALL=C sort -u | grep -vxF "$(image_names without)" | xargs pacman -Q
    }

    image_files() {
        image_versions | awk '{ print $1 }' | xargs pacman -Qlq | sed 's,/$,,'
    }
else
    image_missing() {
        fail "no dpkg, rpm or pacman to learn the installed packages from" \
            "use a distribution that has one"
    }
    image_database_stamp() { :; }
    image_versions() { :; }
    image_files() { :; }
fi
