# The guest's kernel: the host's own if it can be read and has what the guest needs, else the
# distribution's package, downloaded and unpacked into the cache. Nothing is ever installed.
#
#   kernel_find            sets KERNEL_DIR, the folder in the cache for the chosen source
#   kernel_build           fills it: boot (what QEMU starts), version, and modules (a link to the
#                          folder above lib/modules)
#   kernel_load            reads the folder: KERNEL, KERNEL_VERSION, KERNEL_MODULES, KERNEL_ID
# shellcheck shell=bash

KERNEL_WAY_OUT='set HUSK_LAB_KERNEL and HUSK_LAB_MODULES'

kernel_find() {
    local version
    version=$(uname -r)
    if [ -n "${HUSK_LAB_KERNEL:-}" ]; then
        KERNEL_SOURCE=given
        kernel_given_check
        KERNEL_DIR=$CACHE/kernel-$(stat -Lc '%n %s %Y' "$HUSK_LAB_KERNEL" "$HUSK_LAB_MODULES" | key)
    elif kernel_host_is_fit "$version"; then
        KERNEL_SOURCE=host
        KERNEL_DIR=$CACHE/kernel-host-$version
    else
        KERNEL_SOURCE=package
        KERNEL_DIR=$CACHE/kernel-package
    fi
}

kernel_load() {
    KERNEL=$KERNEL_DIR/boot
    KERNEL_VERSION=$(<"$KERNEL_DIR/version")
    KERNEL_MODULES=$KERNEL_DIR/modules
    KERNEL_ID=$KERNEL_VERSION-$(stat -Lc '%s-%Y' "$KERNEL")
}

kernel_build() {
    local work=$KERNEL_DIR.new.$$
    rm -rf "$KERNEL_DIR".new.*
    mkdir "$work"
    case $KERNEL_SOURCE in
        given) kernel_from_given "$work" ;;
        host) kernel_take "$work" "/boot/vmlinuz-$(uname -r)" / "$(uname -r)" ;;
        package) kernel_from_package "$work" ;;
    esac
    mv -T "$work" "$KERNEL_DIR"
}

# kernel_has_modules PREFIX VERSION: every early module is there, as a file or built in.
kernel_has_modules() {
    local kind name
    [ -r "$1/lib/modules/$2/modules.dep" ] || return 1
    while read -r kind name _; do
        [ "$kind" = early ] || continue
        modprobe -d "$1" -S "$2" --show-depends "$name" >/dev/null 2>&1 || return 1
    done <"$VM/modules"
}

# Distributions ship the image of the running kernel unreadable for users (Ubuntu) or have none at
# all in a container: both lead to the package.
kernel_host_is_fit() {
    [ -r "/boot/vmlinuz-$1" ] && kernel_has_modules / "$1"
}

kernel_given_check() {
    [ -r "$HUSK_LAB_KERNEL" ] ||
        fail "HUSK_LAB_KERNEL=$HUSK_LAB_KERNEL cannot be read" "name a readable kernel image"
    [[ ${HUSK_LAB_MODULES:-} == /*lib/modules/* && -d $HUSK_LAB_MODULES ]] ||
        fail "HUSK_LAB_MODULES=${HUSK_LAB_MODULES:-} is no folder" \
            "set it to /path/lib/modules/VERSION"
}

kernel_from_given() { # kernel_from_given WORK: what HUSK_LAB_KERNEL and HUSK_LAB_MODULES name
    local modules=$HUSK_LAB_MODULES version
    version=${modules##*/lib/modules/}
    version=${version%%/*}
    kernel_take "$1" "$HUSK_LAB_KERNEL" "${modules%/lib/modules/*}/" "$version"
    kernel_has_modules "$1/modules" "$version" ||
        fail "$modules lacks a module of tests/vm/modules" \
            "point HUSK_LAB_MODULES at a full tree with modules.dep"
}

# kernel_take WORK IMAGE PREFIX VERSION: WORK then describes that kernel.
kernel_take() {
    kernel_unpack "$2" "$1/boot"
    printf '%s\n' "$4" >"$1/version"
    ln -s "$3" "$1/modules"
}

kernel_from_package() { # kernel_from_package WORK
    local work=$1 root=$1/root image version
    mkdir "$root"
    if command -v apt-get dpkg-deb >/dev/null; then
        kernel_fetch_deb "$work" "$root"
    elif command -v dnf rpm2cpio >/dev/null; then
        kernel_fetch_rpm "$work" "$root"
    elif command -v pacman bsdtar >/dev/null; then
        kernel_fetch_pacman "$work" "$root"
    else
        fail "no apt-get, dnf or pacman to fetch a kernel with" "$KERNEL_WAY_OUT"
    fi
    # Some packages say /usr/lib/modules, some /lib/modules; depmod and modprobe want the latter.
    if [ -d "$root/usr/lib/modules" ]; then
        mkdir -p "$root/lib"
        mv "$root/usr/lib/modules" "$root/lib/modules"
    fi
    version=$(cd "$root/lib/modules" && ls | head -n 1)
    image=$(kernel_image_in "$root" "$version")
    depmod -b "$root" "$version"
    kernel_has_modules "$root" "$version" ||
        fail "the kernel package $version lacks a module of tests/vm/modules" \
            "set HUSK_LAB_KERNEL and HUSK_LAB_MODULES to another kernel"
    kernel_take "$work" "$image" root "$version"
    rm -rf "$work/fetch" "$root/boot" "$root/usr"
}

kernel_image_in() { # kernel_image_in ROOT VERSION: prints the path of the image
    local image
    for image in "$1/boot/vmlinuz-$2" "$1/boot/Image-$2" "$1/lib/modules/$2/vmlinuz"; do
        if [ -r "$image" ]; then
            printf '%s\n' "$image"
            return
        fi
    done
    fail "the kernel package holds no image" "$KERNEL_WAY_OUT"
}

# What a meta package such as linux-image-amd64 really stands for: the packages whose names carry
# the version. Ubuntu keeps the modules in a package of their own.
kernel_deb_names() {
    local meta name
    for meta in "linux-image-$DEB_ARCH" linux-image-virtual linux-image-generic; do
        name=$(apt-cache depends --important "$meta" 2>/dev/null |
            awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }')
        [ -n "$name" ] || continue
        printf '%s\n' "$name"
        apt-cache depends --important "$name" 2>/dev/null |
            awk '$1 == "Depends:" && $2 ~ /^linux-modules-[0-9]/ { print $2 }'
        return
    done
}

kernel_fetch_deb() { # kernel_fetch_deb WORK ROOT
    local names deb
    mapfile -t names < <(kernel_deb_names)
    [ "${#names[@]}" -gt 0 ] ||
        fail "apt knows no kernel package" "run apt-get update as root, then try again"
    mkdir "$1/fetch"
    say "kernel   downloading ${names[*]}"
    # apt-get prints a warning about its _apt user here, which has no way into the cache: harmless.
    interruptible timeout -k 5 900 env -C "$1/fetch" apt-get -qq download "${names[@]}" \
        >"$1/fetch/log" 2>&1 ||
        fail "apt-get download ${names[*]} failed ($(tail -n 1 "$1/fetch/log"))" \
            "run apt-get update as root or set HUSK_LAB_KERNEL and HUSK_LAB_MODULES"
    for deb in "$1"/fetch/*.deb; do
        dpkg-deb --fsys-tarfile "$deb" | tar -xf - -C "$2" --no-same-owner --wildcards \
            --exclude='./usr/share/*' --exclude='*/sound/*' \
            --exclude='*/drivers/'{gpu,iio,infiniband,input,media,mtd,scsi,staging,usb}'/*/*' \
            --exclude='*/drivers/net/'{ethernet,wireless}'/*/*'
    done
}

# Untested: written after the manual pages of dnf and rpm2cpio.
kernel_fetch_rpm() { # kernel_fetch_rpm WORK ROOT
    local rpm
    mkdir "$1/fetch"
    say "kernel   downloading kernel-core and its modules"
    interruptible timeout -k 5 900 dnf -q download --destdir "$1/fetch" \
        kernel-core kernel-modules-core kernel-modules >"$1/fetch/log" 2>&1 ||
        fail "dnf download failed ($(tail -n 1 "$1/fetch/log"))" "$KERNEL_WAY_OUT"
    for rpm in "$1"/fetch/*.rpm; do
        rpm2cpio "$rpm" | (cd "$2" && cpio -idm --quiet --no-preserve-owner)
    done
}

# Untested: written after the manual page of pacman. -w needs root for the default cache and
# database, so the address is asked for and fetched by hand.
kernel_fetch_pacman() { # kernel_fetch_pacman WORK ROOT
    local url
    need curl
    mkdir "$1/fetch"
    url=$(pacman -Spdd --print-format %l linux | tail -n 1)
    say "kernel   downloading $url"
    interruptible curl -fsSL --max-time 900 -o "$1/fetch/linux.pkg" "$url" ||
        fail "the download of $url failed" "$KERNEL_WAY_OUT"
    bsdtar -xf "$1/fetch/linux.pkg" -C "$2"
}

# kernel_unpack IMAGE OUT: the plain ELF kernel that a compressed x86 image carries. QEMU starts it
# four seconds sooner than the image, because the guest need not decompress itself under emulation.
# The header's fields are in the kernel's Documentation/arch/x86/boot.rst.
kernel_unpack() {
    local image=$1 out=$2 sectors start length
    if [ "$(kernel_bytes "$image" 514 4 c)" = HdrS ]; then
        sectors=$(kernel_bytes "$image" 497 1 u1)
        start=$(((${sectors/#0/4} + 1) * 512 + $(kernel_bytes "$image" 584 4 u4)))
        length=$(kernel_bytes "$image" 588 4 u4)
        if kernel_payload "$image" "$start" "$length" >"$out" 2>/dev/null || [ -s "$out" ]; then
            [ "$(kernel_bytes "$out" 1 3 c)" != ELF ] || return 0
        fi
    fi
    cp "$image" "$out"
}

kernel_bytes() { # kernel_bytes FILE OFFSET COUNT TYPE: as od(1) prints them, without blanks
    od -An -v -j "$2" -N "$3" -t "$4" "$1" | tr -d ' \n'
}

# kernel_payload IMAGE START LENGTH: decompressed to standard output. All but gzip have the size of
# the result appended in four bytes, which their tools would take for rubbish.
kernel_payload() {
    case $(kernel_bytes "$1" "$2" 4 x1) in
        1f8b*) kernel_slice "$1" "$2" "$3" | gzip -dc ;;
        fd377a58) kernel_slice "$1" "$2" $(($3 - 4)) | xz -dc ;;
        28b52ffd) kernel_slice "$1" "$2" $(($3 - 4)) | zstd -dc ;;
        02214c18) kernel_slice "$1" "$2" $(($3 - 4)) | lz4 -dc ;;
        *) return 1 ;;
    esac
}

kernel_slice() { # kernel_slice FILE START LENGTH
    tail -c "+$(($2 + 1))" "$1" | head -c "$3"
}
