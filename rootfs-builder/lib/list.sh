# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the globals are declared in build and stage.sh
# list.sh - the roots at the default place.

list_targets() {
  local marker name home
  home=$(place_home)
  for marker in "$home"/.*.husk-rootfs; do
    name=${marker##*/.}
    name=${name%.husk-rootfs}
    marker_owns "$home/$name" && printf '%s\0' "$home/$name"
  done
  return 0
}

list_size() { # TREE
  local size
  # An ordinary user cannot read all of a tree that root built: the rest still counts.
  size=$(du -s -B 1 -- "$1" 2>/dev/null) || true
  printf '%s\n' "${size%%[[:space:]]*}"
}

list_text() {
  local tree found=''
  while IFS= read -r -d '' tree; do
    [[ -n $found ]] || printf '%-8s %8s  %-20s  %s\n' KIND SIZE BUILT PATH
    found=1
    say "$(printf '%-8s %8s  %-20s  %s' "$(marker_get "$tree" kind)" \
      "$(say_size "$(list_size "$tree")")" "$(marker_get "$tree" date)" "$tree")"
  done < <(list_targets)
  [[ -n $found ]] || say "no root in $(place_home) yet: rootfs-builder/build busybox makes one"
}

# RFC 8259: quotation mark, backslash and control characters are escaped, the rest stands.
list_json_string() { # TEXT
  local text=$1 out='' char i
  for ((i = 0; i < ${#text}; i++)); do
    char=${text:i:1}
    case $char in
    '"' | \\) out+=\\$char ;;
    [[:cntrl:]]) out+=$(printf '\\u%04x' "'$char") ;;
    *) out+=$char ;;
    esac
  done
  printf '"%s"' "$out"
}

list_json() {
  local tree comma=''
  printf '['
  while IFS= read -r -d '' tree; do
    printf '%s\n  {"kind": "%s", "size": %s, "date": "%s", "path": %s}' "$comma" \
      "$(marker_get "$tree" kind)" "$(list_size "$tree")" \
      "$(marker_get "$tree" date)" "$(list_json_string "$tree")"
    comma=,
  done < <(list_targets)
  [[ -z $comma ]] || printf '\n'
  printf ']\n'
}
