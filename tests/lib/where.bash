# shellcheck shell=bash
# where.bash: programs that are not ours, or broken on purpose, run in the lab VM by default; in
# the sandbox of this machine only if there is no QEMU, or if WHERE=native says so.

where_to_run() { # prints lab or native
  case ${WHERE:-} in
    lab | native) echo "$WHERE" ;;
    '') if command -v qemu-system-x86_64 >/dev/null; then echo lab; else
          echo "no QEMU here: runs in the sandbox on this machine ('make deps' brings QEMU)" >&2
          echo native
        fi ;;
    *) echo "WHERE=$WHERE: expected lab or native" >&2; return 2 ;;
  esac
}
