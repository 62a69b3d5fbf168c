# The initrd: busybox, the early modules and guest/init. It finds the root file system and steps
# aside.
#
#   initrd_find            sets INITRD, named after everything that goes into it
#   initrd_build           makes it
# shellcheck shell=bash

initrd_find() {
    BUSYBOX=$(command -v busybox) ||
        fail "busybox is missing" "run make deps (package busybox-static)"
    INITRD=$CACHE/initrd-$({
        cat "$VM/guest/init" "$VM/initrd.sh" "$VM/modules"
        stat -Lc '%s %Y' "$BUSYBOX"
        printf '%s\n' "$KERNEL_ID"
    } | key)
}

initrd_build() {
    local work=$INITRD.new.$$.d
    need cpio modprobe
    initrd_busybox_is_static ||
        fail "$BUSYBOX is not a static program" "run make deps (package busybox-static)"
    rm -rf "$work"
    mkdir -p "$work"/{bin,dev,modules,proc,root,sys}
    cp "$BUSYBOX" "$work/bin/busybox"
    cp "$VM/guest/init" "$work/init"
    chmod 755 "$work/init"
    initrd_modules "$work/modules"
    (cd "$work" && find . | cpio -o -H newc --quiet -R 0:0) >"$INITRD.new.$$"
    rm -rf "$work"
    mv "$INITRD.new.$$" "$INITRD"
}

# A dynamic program names its loader in a PT_INTERP header; the initrd has no libraries.
initrd_busybox_is_static() {
    ! LC_ALL=C head -c 1024 "$BUSYBOX" | grep -q '/ld-linux\|/ld-musl'
}

# initrd_modules DIR: copies the early modules and what they depend on as NN-name.ko, so that the
# shell's sorting gives the order to load them in. Compressed ones (.xz, .zst) are unpacked: insmod
# of busybox may not know the format.
initrd_modules() {
    local kind name line path number=10 seen=$'\n'
    while read -r kind name _; do
        [ "$kind" = early ] || continue
        while read -r line; do # "insmod PATH OPTION...", or "builtin NAME"
            [[ $line =~ ^insmod\ (.*\.ko[.a-z]*) ]] || continue
            path=${BASH_REMATCH[1]}
            [[ $seen != *$'\n'"$path"$'\n'* ]] || continue
            seen+=$path$'\n'
            initrd_unpack "$path" "$1/$((number++))-${path##*/}"
        done < <(modprobe -d "$KERNEL_MODULES" -S "$KERNEL_VERSION" --show-depends "$name")
    done <"$VM/modules"
}

initrd_unpack() { # initrd_unpack MODULE OUT
    case $1 in
        *.xz) xz -dc "$1" >"${2%.xz}" ;;
        *.zst) zstd -qdc "$1" >"${2%.zst}" ;;
        *.gz) gzip -dc "$1" >"${2%.gz}" ;;
        *) cp "$1" "$2" ;;
    esac
}
