# shellcheck shell=bash disable=SC2034,SC2154 # out, OPTIONS and others: lib/cell.bash
# What phase 02 promises: files outside the root file system have no name inside.

check_read_host_file() {
  inside "cat $SITE/secret/token"
  is_token_safe
}

check_list_host_mounts() {
  inside 'cat /proc/self/mountinfo'
  [[ $out == */proc* ]] || { explain "no procfs inside"; return 1; }
  is_token_safe
}

check_open_host_device() {
  inside 'ls -l /dev/kmsg 2>/dev/null; true'
  explain "ls says: $out"
  [[ $out != *kmsg* ]]
}

check_dev_minimal() {
  # shellcheck disable=SC2016 # for the shell inside
  inside 'for d in null zero full random urandom tty; do [ -c /dev/$d ] || echo no $d; done
    echo x >/dev/null; [ "$(head -c 4 /dev/zero | wc -c)" = 4 ] || echo bad zero
    [ "$(head -c 4 /dev/urandom | wc -c)" = 4 ] || echo bad urandom
    for d in /dev/*; do case $d in */null|*/zero|*/full|*/random|*/urandom|*/tty|*/pts|*/shm|*/ptmx|*/fd|*/std*|*/mqueue|*/console|*/core) ;; *) echo foreign $d;; esac; done'
  explain "$out"
  [ -z "$out" ]
}
