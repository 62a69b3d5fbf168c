# lab --status: what the cache holds for this machine and this checkout. Builds and probes nothing.
# shellcheck shell=bash

status() {
    cache_open
    cache_lock -s
    status_collect
    if [ -n "$JSON" ]; then status_json; else status_text; fi
}

# status_collect: FACTS, one "name<tab>state<tab>MiB<tab>note" a line. A part whose predecessor is
# missing cannot be named yet, and is missing too.
status_collect() {
    FACTS=
    ACCEL='' ACCEL_WHY='not probed yet: lab --prepare does'
    KERNEL_VERSION=
    kernel_find
    fact kernel "$KERNEL_DIR" "from the $KERNEL_SOURCE"
    if [ -e "$KERNEL_DIR" ]; then
        kernel_load
        initrd_find
        image_find
        fact initrd "$INITRD"
        fact image "$IMAGE"
        [ ! -e "$INITRD" ] || status_accel
    else
        fact initrd ''
        fact image ''
    fi
    for LAYOUT in v2 v1 hybrid; do
        if [ -n "$ACCEL" ]; then state_find; else STATE=; fi
        fact "state-$LAYOUT" "$STATE" "$CPUS CPU, $MEM MiB"
    done
}

# accel_find probes when it has no answer; here that would take seconds.
status_accel() {
    local ACCEL_MAY_PROBE=
    accel_find
}

fact() { # fact NAME PATH [NOTE]
    local state=missing size=0
    if [ -n "$2" ] && [ -e "$2" ]; then
        state=ready
        size=$(du -sm "$2" | cut -f 1)
    fi
    FACTS+="$1"$'\t'"$state"$'\t'"$size"$'\t'"${3:-}"$'\n'
}

status_text() {
    local name state size note
    printf '%-14s %s, %s MiB in all\n' cache "$CACHE" "$(du -sm "$CACHE" | cut -f 1)"
    printf '%-14s %s: %s\n' accelerator "${ACCEL:-unknown}" "$ACCEL_WHY"
    printf '%-14s %s\n' kernel-version "${KERNEL_VERSION:-unknown}"
    while IFS=$'\t' read -r name state size note; do
        printf '%-14s %-8s %5s MiB  %s\n' "$name" "$state" "$size" "$note"
    done <<<"${FACTS%$'\n'}"
}

status_json() {
    local name state size note comma=
    printf '{"cache": %s, "cache_mib": %s, ' "$(json "$CACHE")" "$(du -sm "$CACHE" | cut -f 1)"
    printf '"accelerator": %s, "accelerator_why": %s, ' "$(json "$ACCEL")" "$(json "$ACCEL_WHY")"
    printf '"kernel_version": %s, "parts": [' "$(json "$KERNEL_VERSION")"
    while IFS=$'\t' read -r name state size note; do
        printf '%s{"name": "%s", "state": "%s", "mib": %s, "note": %s}' \
            "$comma" "$name" "$state" "$size" "$(json "$note")"
        comma=', '
    done <<<"${FACTS%$'\n'}"
    printf ']}\n'
}

json() { # json STRING: quoted; our strings hold no control characters, a path may hold quotes
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}
