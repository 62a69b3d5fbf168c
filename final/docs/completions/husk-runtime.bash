# bash completion of husk-runtime. Made by tools/command-docs from its option tables.

_husk_runtime_ids() {
  local root=()
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [ "${COMP_WORDS[i]}" = --root ] && root=(--root "${COMP_WORDS[i + 1]}")
  done
  husk-runtime "${root[@]}" list --quiet 2>/dev/null
}

_husk_runtime() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i - 1]}:${COMP_WORDS[i]} in
      --root:* | --log:* | --log-format:* | --log-level:* | --rootless:* | --cgroup-manager:*) ;;
      *:create | *:start | *:run | *:exec | *:kill | *:pause | *:resume | *:state | *:delete | *:list | *:ps | *:events | *:update | *:spec | *:features | *:check | *:gc | *:help) command=${COMP_WORDS[i]} && break ;;
    esac
  done
  case $command:$before in
    :--root) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    :--log) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    :--log-format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$word") && return ;;
    :--log-level) mapfile -t COMPREPLY < <(compgen -W 'error warning info debug' -- "$word") && return ;;
    :--rootless) mapfile -t COMPREPLY < <(compgen -W 'auto true false' -- "$word") && return ;;
    :--cgroup-manager) mapfile -t COMPREPLY < <(compgen -W 'cgroupfs disabled systemd' -- "$word") && return ;;
    create:--bundle | create:-b) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    create:--config | create:-f) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    create:--console-socket) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    create:--pid-file) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    create:--pidfd-socket) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    create:--preserve-fds) : && return ;;
    run:--bundle | run:-b) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    run:--config | run:-f) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    run:--console-socket) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    run:--pid-file) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    run:--pidfd-socket) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    run:--preserve-fds) : && return ;;
    exec:--process | exec:-p) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    exec:--cwd) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    exec:--env | exec:-e) : && return ;;
    exec:--user | exec:-u) : && return ;;
    exec:--additional-gids | exec:-g) : && return ;;
    exec:--cap | exec:-c) : && return ;;
    exec:--apparmor) : && return ;;
    exec:--process-label) : && return ;;
    exec:--cgroup) : && return ;;
    exec:--console-socket) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    exec:--pid-file) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    exec:--pidfd-socket) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    exec:--preserve-fds) : && return ;;
    list:--format | list:-f) mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$word") && return ;;
    ps:--format | ps:-f) mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$word") && return ;;
    events:--interval) : && return ;;
    update:--resources | update:-r) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    update:--memory) : && return ;;
    update:--memory-reservation) : && return ;;
    update:--memory-swap) : && return ;;
    update:--cpu-quota) : && return ;;
    update:--cpu-period) : && return ;;
    update:--cpu-burst) : && return ;;
    update:--cpu-share) : && return ;;
    update:--cpu-idle) mapfile -t COMPREPLY < <(compgen -W '0 1' -- "$word") && return ;;
    update:--cpu-rt-period) : && return ;;
    update:--cpu-rt-runtime) : && return ;;
    update:--cpuset-cpus) : && return ;;
    update:--cpuset-mems) : && return ;;
    update:--pids-limit) : && return ;;
    update:--blkio-weight) : && return ;;
    update:--l3-cache-schema) : && return ;;
    update:--mem-bw-schema) : && return ;;
    update:--kernel-memory) : && return ;;
    update:--kernel-memory-tcp) : && return ;;
    spec:--bundle | spec:-b) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
  esac
  case $command:$word in
    :-*) mapfile -t COMPREPLY < <(compgen -W '--root --log --log-format --log-level --debug --rootless --cgroup-manager --systemd-cgroup --version --help' -- "$word") ;;
    :*) mapfile -t COMPREPLY < <(compgen -W 'create start run exec kill pause resume state delete list ps events update spec features check gc help' -- "$word") ;;
    create:-*) mapfile -t COMPREPLY < <(compgen -W '--bundle --config --console-socket --pid-file --pidfd-socket --preserve-fds --no-pivot --no-new-keyring --help' -- "$word") ;;
    start:-*) mapfile -t COMPREPLY < <(compgen -W '--help' -- "$word") ;;
    start:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    run:-*) mapfile -t COMPREPLY < <(compgen -W '--detach --keep --bundle --config --console-socket --pid-file --pidfd-socket --preserve-fds --no-pivot --no-new-keyring --help' -- "$word") ;;
    exec:-*) mapfile -t COMPREPLY < <(compgen -W '--process --tty --detach --cwd --env --user --additional-gids --cap --no-new-privs --apparmor --process-label --cgroup --console-socket --pid-file --pidfd-socket --preserve-fds --ignore-paused --help' -- "$word") ;;
    exec:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    kill:-*) mapfile -t COMPREPLY < <(compgen -W '--all --help' -- "$word") ;;
    kill:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    pause:-*) mapfile -t COMPREPLY < <(compgen -W '--help' -- "$word") ;;
    pause:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    resume:-*) mapfile -t COMPREPLY < <(compgen -W '--help' -- "$word") ;;
    resume:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    state:-*) mapfile -t COMPREPLY < <(compgen -W '--help' -- "$word") ;;
    state:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    delete:-*) mapfile -t COMPREPLY < <(compgen -W '--force --regex --help' -- "$word") ;;
    delete:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    list:-*) mapfile -t COMPREPLY < <(compgen -W '--format --quiet --help' -- "$word") ;;
    ps:-*) mapfile -t COMPREPLY < <(compgen -W '--format --help' -- "$word") ;;
    ps:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    events:-*) mapfile -t COMPREPLY < <(compgen -W '--stats --interval --help' -- "$word") ;;
    events:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    update:-*) mapfile -t COMPREPLY < <(compgen -W '--resources --memory --memory-reservation --memory-swap --cpu-quota --cpu-period --cpu-burst --cpu-share --cpu-idle --cpu-rt-period --cpu-rt-runtime --cpuset-cpus --cpuset-mems --pids-limit --blkio-weight --l3-cache-schema --mem-bw-schema --kernel-memory --kernel-memory-tcp --help' -- "$word") ;;
    update:*) mapfile -t COMPREPLY < <(compgen -W "$(_husk_runtime_ids)" -- "$word") ;;
    spec:-*) mapfile -t COMPREPLY < <(compgen -W '--bundle --rootless --hardened --help' -- "$word") ;;
    features:-*) mapfile -t COMPREPLY < <(compgen -W '--help' -- "$word") ;;
    check:-*) mapfile -t COMPREPLY < <(compgen -W '--help' -- "$word") ;;
    check:*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    gc:-*) mapfile -t COMPREPLY < <(compgen -W '--dry-run --help' -- "$word") ;;
    help:-*) mapfile -t COMPREPLY < <(compgen -W '--table --help' -- "$word") ;;
    help:*) mapfile -t COMPREPLY < <(compgen -W 'create start run exec kill pause resume state delete list ps events update spec features check gc help' -- "$word") ;;
  esac
}
complete -o filenames -F _husk_runtime husk-runtime
