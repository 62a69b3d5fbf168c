#!/usr/bin/env bats
# final-lint.bats: each rule of tools/final-lint finds what breaks it, in a small tree of its own.
# shellcheck disable=SC2154 # bats has them

setup() {
  tree=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  copy=$BATS_TEST_TMPDIR/tree
  mkdir -p "$copy"/final/src/{base,spec,kernel,runtime,monitor,store,image,network,engine,cli}
  export HUSK_TREE=$copy
  plant kernel/ns.h
  plant spec/spec.h
  plant runtime/container.h
}

plant() { # FILE [CODE]: a file that is right but for CODE
  printf '/* %s: planted. BOTH. */\n%s\n' "${1##*/}" "${2:-}" >"$copy/final/src/$1"
}

finds() { # TEXT...: lint says each of them
  local text
  run "$tree/tools/final-lint"
  echo "$output"
  [ "$status" = 1 ]
  for text in "$@"; do
    [[ $output == *"final-lint: $text"* ]] || { echo "not found: $text"; return 1; }
  done
}

says_nothing_of() { # FILE
  run "$tree/tools/final-lint"
  echo "$output"
  [[ $output != *"$1"* ]]
}

@test "final-lint: the small tree without a plant passes" {
  run "$tree/tools/final-lint"
  echo "$output"
  [ "$status" = 0 ] && [ -z "$output" ]
}

@test "final-lint: a file of more than 600 lines, a function of more than 60" {
  plant base/long.c "$(printf ';\n%.0s' {1..600})"
  plant base/tall.c "$(printf 'int tall(void)\n{\n'; printf '\t;\n%.0s' {1..59}; printf '}\n')"
  finds "base/long.c: 601 lines, at most 600" "base/tall.c: tall has 61 lines, at most 60"
}

@test "final-lint: an arrow upwards, and a header that is not there" {
  plant base/up.c '#include "../kernel/ns.h"'
  plant spec/up.c '#include "../runtime/container.h"'
  plant kernel/up.c '#include "../runtime/../runtime/container.h"'
  plant runtime/gone.c '#include "../kernel/gone.h"'
  finds "base/up.c: includes kernel/ns.h, but base may include itself only" \
    "spec/up.c: includes runtime/container.h, but spec may include base and itself only" \
    "kernel/up.c: includes runtime/container.h, but kernel may include base spec and itself only" \
    "runtime/gone.c: includes kernel/gone.h, which is not there"
}

@test "final-lint: the monitor includes base alone, the engine no kernel" {
  plant monitor/wait.c '#include "../spec/spec.h"'
  plant store/box.c '#include "../kernel/ns.h"'
  finds "monitor/wait.c: includes spec/spec.h, but monitor may include base and itself only" \
    "store/box.c: includes kernel/ns.h, but store may include base and itself only"
}

@test "final-lint: images and networks do not know each other, and no part knows the command line" {
  plant network/network.h
  plant image/image.h
  plant cli/command.h
  plant image/load.c '#include "../network/network.h"'
  plant network/names.c '#include "../image/image.h"'
  plant engine/life.c '#include "../cli/command.h"'
  finds "image/load.c: includes network/network.h, but image may include base store and itself only" \
    "network/names.c: includes image/image.h, but network may include base store and itself only" \
    "engine/life.c: includes cli/command.h, but engine may include"
}

@test "final-lint: the engine may know what it says to the monitor, and nothing else of it" {
  plant monitor/protocol.h
  plant monitor/monitor.h
  plant engine/life.c '#include "../monitor/protocol.h"'
  says_nothing_of engine/life.c
  plant engine/life.c '#include "../monitor/monitor.h"'
  plant monitor/wait.c '#include "../store/box.h"'
  plant store/box.h
  finds "engine/life.c: includes monitor/monitor.h, but engine may include base spec store image network and itself only" \
    "monitor/wait.c: includes store/box.h, but monitor may include base and itself only"
}

@test "final-lint: libraries of the engine, each in its file" {
  plant network/network.c '#include <libmnl/libmnl.h>'
  plant engine/rules.c '#include <nftables/libnftables.h>'
  plant image/image.c '#include <archive.h>'
  plant engine/blob.c '#include <nettle/sha2.h>'
  finds "network/network.c: includes <libmnl/libmnl.h>, which only network/rtnl.c may" \
    "engine/rules.c: includes <nftables/libnftables.h>, which only network/firewall.c may" \
    "image/image.c: includes <archive.h>, which only" "engine/blob.c: includes <nettle/sha2.h>, which only store/digest.c may"
}

@test "final-lint: only main() may leave the descriptors open that it makes of 0, 1 and 2" {
  plant cli/main.c $'int fill(void)\n{\n\treturn open("/dev/null", O_RDWR);\n}'
  says_nothing_of cli/main.c
  plant engine/main_too.c $'int fill(void)\n{\n\treturn open("/dev/null", O_RDWR);\n}'
  finds "engine/main_too.c:4: no CLOEXEC"
}

@test "final-lint: headers that include each other" {
  plant base/one.h '#include "two.h"'
  plant base/two.h '#include "one.h"'
  finds "headers include each other in a circle:"
}

@test "final-lint: a library in a second file" {
  plant spec/other.c '#include <json-c/json.h>'
  plant kernel/other.c '#include <seccomp.h>'
  plant runtime/other.c '#include <sys/capability.h>'
  plant kernel/third.c '#include <sys/mount.h>'
  plant runtime/third.c '#include <linux/mount.h>'
  plant base/third.c '#include <pwd.h>'
  finds "spec/other.c: includes <json-c/json.h>, which only base/json.c may" \
    "kernel/other.c: includes <seccomp.h>, which only kernel/seccomp.c may" \
    "runtime/other.c: includes <sys/capability.h>, which only kernel/cap.c may" \
    "kernel/third.c: includes <sys/mount.h>, which no file may" \
    "runtime/third.c: includes <linux/mount.h>, which only base/sys.h may" \
    "base/third.c: includes <pwd.h>, which no file may"
}

@test "final-lint: banned words, each one" {
  local words word lines=()
  words="getpwnam getpwuid_r getgrgid getgrnam_r getgrent getaddrinfo gethostbyname iconv_open system popen
    strcpy strcat sprintf vsprintf gets strtok atoi alloca setjmp longjmp"
  for word in $words; do
    plant "base/$word.c" "int word(void) { return $word(0); }"
    lines+=("base/$word.c:2: $word")
  done
  finds "${lines[@]}"
  plant base/word.c $'void word(void)\n{\n\tgoto out;\n}\n#ifdef __x86_64__\nint nr = __NR_mount;\n#endif'
  finds "base/word.c:4: goto" "base/word.c:7: __NR_mount"
}

@test "final-lint: system calls by number outside of base/sys.c, libraries loaded outside of store/library.c" {
  plant kernel/raw.c 'long raw(void) { return syscall(1); }'
  plant kernel/late.c 'void *late(void) { return dlopen("x", 1); }'
  finds "kernel/raw.c:2: syscall, which only base/sys.c may call" "kernel/late.c:2: dlopen, which only store/library.c may call"
}

@test "final-lint: names of structures by typedef, macros that return" {
  plant base/type.h $'typedef struct thing {\n\tint a;\n} thing;\n#define GIVE_UP(x) do { if (x) return -1; } while (0)'
  finds "base/type.h:2: typedef of a structure" "base/type.h:5: a macro that returns"
}

@test "final-lint: words in comments, strings, members and longer names are none" {
  plant base/word.c $'/* goto system() */\nint word_system(struct s *s)\n{\n\tchar *t = "goto; system(1)";\n\ts->system = 0; // strcpy(\n\treturn my_strcpy(t);\n}'
  says_nothing_of base/word.c
}

@test "final-lint: descriptors that are not close-on-exec, on one line or several" {
  plant base/leak.c $'int leak(void)\n{\n\tint a = open("x", O_RDONLY);\n\tint b = socket(AF_UNIX,\n\t\t       SOCK_STREAM,\n\t\t       0);\n\tint c = fcntl(a, F_DUPFD, 3), d = dup(b);\n\tint e = open("y", O_CLOEXEC), f = openat(e, "z", 0);\n\tFILE *g = fopen("w", "r");\n\tint h = sys_open_tree(e, "x",\n\t\t\t      OPEN_TREE_CLONE);\n\treturn dup2(a, 7);\n}'
  finds "base/leak.c:4: no CLOEXEC: open(" "base/leak.c:5: no CLOEXEC: socket(" "base/leak.c:8: no CLOEXEC: fcntl(" \
    "base/leak.c:8: " "base/leak.c:9: no CLOEXEC: openat(" "base/leak.c:10: fopen without" \
    "base/leak.c:11: no CLOEXEC: sys_open_tree(" "base/leak.c:13: dup2 to something"
  [[ $output == *"dup(b)"*"cannot say CLOEXEC"* ]]
}

@test "final-lint: descriptors that are close-on-exec" {
  plant base/shut.c $'int shut(void)\n{\n\tint a = open("x", O_RDONLY | O_CLOEXEC);\n\tint b = socket(AF_UNIX,\n\t\t       SOCK_STREAM | SOCK_CLOEXEC,\n\t\t       0);\n\tFILE *g = fopen("w", "re");\n\tpath_open(a, "x", O_RDONLY, &b);\n\tfcntl(a, F_DUPFD_CLOEXEC, 3);\n\treturn dup2(a, STDIN_FILENO);\n}'
  says_nothing_of base/shut.c
  plant base/flags.c $'int first(void)\n{\n\tint flags = O_CLOEXEC;\n\n\tflags |= O_PATH;\n\treturn open("x", flags);\n}\nint second(int flags)\n{\n\tfor (int fd = 0; fd <= 2; fd++)\n\t\tif (dup2(flags, fd) < 0)\n\t\t\treturn -1;\n\treturn open("y", flags);\n}'
  finds 'base/flags.c:14: no CLOEXEC: open("", flags)'
  [ "$(wc -l <<<"$output")" = 1 ]
}

@test "final-lint: a public function that can fail, and nobody has to look" {
  plant kernel/more.h $'int more_do(int a,\n\t    int b);\nint more_try(int a) MUST_CHECK;\nbool more_is(void);\nvoid more_undo(void);\nstruct more {\n\tint (*call)(int a);\n\tint value;\n};\npid_t more_pid(void);'
  finds "kernel/more.h: more_do can fail, but is not MUST_CHECK" "kernel/more.h: more_pid can fail, but is not MUST_CHECK"
  [[ $output != *more_try* && $output != *more_is* && $output != *call* && $output != *more_undo* && $output != *value* ]]
}

@test "final-lint: comments at the beginning: another name, nobody who may call, a next file that is not there" {
  printf '/* other.c: moved. */\n' >"$copy/final/src/base/moved.c"
  printf '/* silent.h: says nothing of processes. */\n' >"$copy/final/src/kernel/silent.h"
  printf '/*\n * lost.c: leads nowhere. Next\n * file: nowhere.c\n */\n' >"$copy/final/src/spec/lost.c"
  printf '/*\n * table.h: a table, PARENT.\n *\n *\tone   two\n *joined by the formatter\n */\n' >"$copy/final/src/spec/table.h"
  finds 'base/moved.c: does not begin with a comment "moved.c: what it is for"' \
    "kernel/silent.h: does not say who may call it: PARENT, INIT or BOTH" \
    "spec/lost.c: names nowhere.c as the next file, which is not there" \
    "spec/table.h:5: a comment that was broken by the formatter"
}

@test "final-lint: the report has sizes, arrows and names" {
  plant runtime/tall.c $'#include "../kernel/ns.h"\nint tall(void)\n{\n}'
  plant base/namely.h 'int other_name(void) MUST_CHECK;'
  plant base/namely.c 'static int namely_static(void) { return 0; }'
  run "$tree/tools/final-lint" --report
  echo "$output"
  [ "$status" = 0 ]
  [[ $output =~ "base "+[0-9]+" files "+[0-9]+" code lines of "[0-9]+ ]]
  [[ $output =~ "functions: median "[0-9]+", 90th percentile "[0-9]+", longest "[0-9]+ ]]
  [[ $output == *"runtime -> kernel: "*"no upward arrow, no circle"* ]]
  [[ $output == *"base/namely.h: other_name does not begin with namely_"*"base/namely.c: static namely_static needs no prefix"* ]]
}

@test "final-lint: the report shows an upward arrow" {
  plant base/up.c '#include "../kernel/ns.h"'
  run "$tree/tools/final-lint" --report
  echo "$output"
  [[ $output == *"base -> kernel: 1"*"base/up.c: includes kernel/ns.h"* ]]
  [[ $output != *"no upward arrow"* ]]
}

@test "final-lint: the compiler's analysis: a leak, a variable outside of functions, a tool's complaint" {
  plant base/leaky.c $'#include <stdlib.h>\nint leaky(void);\nint leaky(void)\n{\n\tchar *a = malloc(3);\n\n\treturn a ? 1 : 0;\n}'
  plant base/state.c $'int state_get(void);\nstatic int counter;\nstatic const char *const names[] = {"a", "b"};\nint state_get(void)\n{\n\treturn counter++ + names[0][0];\n}'
  run "$tree/tools/final-lint" --analyze
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"leak of "*"Wanalyzer-malloc-leak"* || $output == *"Werror=analyzer-malloc-leak"* ]]
  [[ $output == *"base/state.c: a variable outside of functions: counter"* ]]
  [[ $output != *names* ]]
}

program() { # CODE [OPTION...]: final/husk-runtime, made of CODE
  printf '%s\n' "$1" | "${CC:-cc}" -D_GNU_SOURCE -x c - -o "$copy/final/husk-runtime" "${@:2}" 2>/dev/null
  [ -f "$copy/final/husk-monitor" ] || cp "$copy/final/husk-runtime" "$copy/final/husk-monitor"
}

@test "final-lint: symbols: a program that looks up users, or is not static" {
  program 'int main(void) { return 0; }' -fPIE -static-pie
  run "$tree/tools/final-lint" --symbols
  echo "$output"
  [ "$status" = 0 ]
  program '#include <pwd.h>
int main(void) { return getpwnam("x") != 0; }' -fPIE -static-pie
  run "$tree/tools/final-lint" --symbols
  echo "$output"
  [[ $status = 1 && $output == *"final/husk-runtime: holds getpwnam"* ]]
  program 'int main(void) { return 0; }' -pie
  run "$tree/tools/final-lint" --symbols
  echo "$output"
  [[ $status = 1 && $output == *"names a loader (INTERP)"*"needs libc.so.6"* ]]
  program 'int main(void) { return 0; }' -static -no-pie -z execstack
  run "$tree/tools/final-lint" --symbols
  echo "$output"
  [[ $status = 1 && $output == *"is not position-independent"*"its stack is executable"* ]]
  mv "$copy/final/husk-runtime" "$copy/final/husk-monitor"
  program 'int main(void) { return 0; }' -fPIE -static-pie
  run "$tree/tools/final-lint" --symbols
  echo "$output"
  [[ $status = 1 && $output == *"final/husk-monitor: is not position-independent"* && $output != *husk-runtime* ]]
}
