# bash completion of husk. Made by tools/command-docs from its option tables.
# shellcheck disable=SC2034,SC2086,SC2154

_husk_value() { # COMMAND:OPTION: what its value is; nothing: it has none
  case $1 in
    ':--data' | ':--state' | ':--runtime') echo 'f' ;;
    ':--log-level') echo '=error warning info debug' ;;
    'run:--detach-keys' | 'run:--name' | 'run:--hostname' | 'run:-h' | 'run:--env' | 'run:-e' | 'run:--user' | 'run:-u' | 'run:--group-add' | 'run:--mount' | 'run:--shm-size' | 'run:--memory' | 'run:-m' | 'run:--mem' | 'run:--memory-swap' | 'run:--memory-reservation' | 'run:--cpus' | 'run:--cpu' | 'run:--cpu-quota' | 'run:--cpu-period' | 'run:--cpu-shares' | 'run:-c' | 'run:--cpuset-cpus' | 'run:--cpuset-mems' | 'run:--pids-limit' | 'run:--blkio-weight' | 'run:--ulimit' | 'run:--cap-add' | 'run:--cap-drop' | 'run:--security-opt' | 'run:--userns' | 'run:--network-alias' | 'run:--publish' | 'run:-p' | 'run:--expose' | 'run:--dns' | 'run:--add-host' | 'run:--restart' | 'run:--stop-signal' | 'run:--stop-timeout' | 'run:--log-opt' | 'run:--label' | 'run:-l' | 'run:--annotation' | 'run:--sysctl') echo '-' ;;
    'run:--sig-proxy') echo '=true false' ;;
    'run:--env-file' | 'run:--workdir' | 'run:-w' | 'run:--entrypoint' | 'run:--rootfs' | 'run:--volume' | 'run:-v' | 'run:--tmpfs' | 'run:--device' | 'run:--cidfile' | 'run:--runtime') echo 'f' ;;
    'run:--net' | 'run:--network') echo 'n' ;;
    'run:--log-driver') echo '=json-file none syslog' ;;
    'run:--pull') echo '=missing never always' ;;
    'create:--name' | 'create:--hostname' | 'create:-h' | 'create:--env' | 'create:-e' | 'create:--user' | 'create:-u' | 'create:--group-add' | 'create:--mount' | 'create:--shm-size' | 'create:--memory' | 'create:-m' | 'create:--mem' | 'create:--memory-swap' | 'create:--memory-reservation' | 'create:--cpus' | 'create:--cpu' | 'create:--cpu-quota' | 'create:--cpu-period' | 'create:--cpu-shares' | 'create:-c' | 'create:--cpuset-cpus' | 'create:--cpuset-mems' | 'create:--pids-limit' | 'create:--blkio-weight' | 'create:--ulimit' | 'create:--cap-add' | 'create:--cap-drop' | 'create:--security-opt' | 'create:--userns' | 'create:--network-alias' | 'create:--publish' | 'create:-p' | 'create:--expose' | 'create:--dns' | 'create:--add-host' | 'create:--restart' | 'create:--stop-signal' | 'create:--stop-timeout' | 'create:--log-opt' | 'create:--label' | 'create:-l' | 'create:--annotation' | 'create:--sysctl') echo '-' ;;
    'create:--env-file' | 'create:--workdir' | 'create:-w' | 'create:--entrypoint' | 'create:--rootfs' | 'create:--volume' | 'create:-v' | 'create:--tmpfs' | 'create:--device' | 'create:--cidfile' | 'create:--runtime') echo 'f' ;;
    'create:--net' | 'create:--network') echo 'n' ;;
    'create:--log-driver') echo '=json-file none syslog' ;;
    'create:--pull') echo '=missing never always' ;;
    'start:--filter' | 'start:-f' | 'start:--detach-keys') echo '-' ;;
    'stop:--time' | 'stop:-t' | 'stop:--timeout') echo '-' ;;
    'restart:--time' | 'restart:-t' | 'restart:--timeout') echo '-' ;;
    'kill:--signal' | 'kill:-s') echo '-' ;;
    'exec:--env' | 'exec:-e' | 'exec:--user' | 'exec:-u') echo '-' ;;
    'exec:--env-file' | 'exec:--workdir' | 'exec:-w') echo 'f' ;;
    'shell:--env' | 'shell:-e' | 'shell:--user' | 'shell:-u') echo '-' ;;
    'shell:--env-file' | 'shell:--workdir' | 'shell:-w') echo 'f' ;;
    'attach:--sig-proxy') echo '=true false' ;;
    'attach:--detach-keys') echo '-' ;;
    'ps:--filter' | 'ps:-f' | 'ps:--sort' | 'ps:--last' | 'ps:-n') echo '-' ;;
    'ps:--format') echo '=table json' ;;
    'container prune:--filter') echo '-' ;;
    'top:--format') echo '=table json' ;;
    'logs:--tail' | 'logs:-n' | 'logs:--since' | 'logs:--until') echo '-' ;;
    'stats:--interval') echo '-' ;;
    'stats:--format') echo '=table json' ;;
    'update:--memory' | 'update:-m' | 'update:--mem' | 'update:--memory-swap' | 'update:--memory-reservation' | 'update:--cpus' | 'update:--cpu' | 'update:--cpu-quota' | 'update:--cpu-period' | 'update:--cpu-shares' | 'update:-c' | 'update:--cpuset-cpus' | 'update:--cpuset-mems' | 'update:--pids-limit' | 'update:--blkio-weight' | 'update:--restart') echo '-' ;;
    'images:--format') echo '=table json' ;;
    'images:--filter' | 'images:-f') echo '-' ;;
    'history:--format') echo '=table json' ;;
    'import:--change' | 'import:-c' | 'import:--message' | 'import:-m') echo '-' ;;
    'load:--input' | 'load:-i') echo 'f' ;;
    'save:--output' | 'save:-o') echo 'f' ;;
    'save:--format') echo '=docker-archive oci-archive' ;;
    'diff:--format') echo '=table json' ;;
    'commit:--author' | 'commit:-a' | 'commit:--change' | 'commit:-c' | 'commit:--message' | 'commit:-m') echo '-' ;;
    'commit:--pause' | 'commit:-p') echo '=true false' ;;
    'export:--output' | 'export:-o') echo 'f' ;;
    'network create:--subnet' | 'network create:--gateway' | 'network create:--label' | 'network create:-l' | 'network create:--opt' | 'network create:-o' | 'network create:--driver' | 'network create:-d') echo '-' ;;
    'network ls:--format') echo '=table json' ;;
    'network ls:--filter' | 'network ls:-f') echo '-' ;;
    'network connect:--alias') echo '-' ;;
    'volume create:--label' | 'volume create:-l') echo '-' ;;
    'volume ls:--format') echo '=table json' ;;
    'volume ls:--filter' | 'volume ls:-f') echo '-' ;;
    'inspect:--format' | 'inspect:-f') echo '=json' ;;
    'inspect:--type') echo '=all container image network volume' ;;
    'container inspect:--format' | 'container inspect:-f') echo '=json' ;;
    'image inspect:--format' | 'image inspect:-f') echo '=json' ;;
    'network inspect:--format' | 'network inspect:-f') echo '=json' ;;
    'volume inspect:--format' | 'volume inspect:-f') echo '=json' ;;
    'system df:--format') echo '=table json' ;;
    'events:--since' | 'events:--until' | 'events:--filter' | 'events:-f') echo '-' ;;
    'events:--format') echo '=table json' ;;
    'info:--format' | 'info:-f') echo '=table json' ;;
    'version:--format' | 'version:-f') echo '=table json' ;;
    'config show:--format') echo '=table json' ;;
  esac
}

_husk_operand() { # COMMAND:NUMBER: what that operand is
  case $1 in
    'run:1') echo 'i' ;;
    'create:1') echo 'i' ;;
    'start:'*) echo 'c' ;;
    'stop:'*) echo 'r' ;;
    'restart:'*) echo 'c' ;;
    'kill:'*) echo 'r' ;;
    'pause:'*) echo 'r' ;;
    'unpause:'*) echo 'c' ;;
    'wait:'*) echo 'c' ;;
    'rename:1') echo 'c' ;;
    'rename:2') echo 'c' ;;
    'rm:'*) echo 'c' ;;
    'exec:1') echo 'r' ;;
    'shell:1') echo 'r' ;;
    'attach:1') echo 'r' ;;
    'port:1') echo 'r' ;;
    'top:1') echo 'r' ;;
    'logs:'*) echo 'c' ;;
    'stats:'*) echo 'r' ;;
    'update:'*) echo 'c' ;;
    'cp:1') echo 'p' ;;
    'cp:2') echo 'p' ;;
    'images:1') echo 'i' ;;
    'rmi:'*) echo 'i' ;;
    'tag:1') echo 'i' ;;
    'tag:'*) echo 'i' ;;
    'history:1') echo 'i' ;;
    'import:1') echo 'f' ;;
    'load:1') echo 'f' ;;
    'save:'*) echo 'i' ;;
    'verify:'*) echo 'i' ;;
    'diff:1') echo 'c' ;;
    'commit:1') echo 'c' ;;
    'commit:2') echo 'c' ;;
    'export:1') echo 'c' ;;
    'network rm:'*) echo 'n' ;;
    'network connect:1') echo 'n' ;;
    'network connect:2') echo 'c' ;;
    'network disconnect:1') echo 'n' ;;
    'network disconnect:2') echo 'c' ;;
    'volume rm:'*) echo 'v' ;;
    'inspect:'*) echo 'c' ;;
    'container inspect:'*) echo 'c' ;;
    'image inspect:'*) echo 'i' ;;
    'network inspect:'*) echo 'n' ;;
    'volume inspect:'*) echo 'v' ;;
    'help:1') echo 'h' ;;
    'config show:'*) echo 'k' ;;
  esac
}

_husk_options() { # COMMAND
  case $1 in
    '') echo '--data --state --runtime --log-level --debug --version --help' ;;
    'run') echo '--detach --detach-keys --sig-proxy --interactive --tty --rm --name --hostname --env --env-file --workdir --user --group-add --entrypoint --rootfs --volume --mount --tmpfs --shm-size --read-only --memory --mem --memory-swap --memory-reservation --cpus --cpu --cpu-quota --cpu-period --cpu-shares --cpuset-cpus --cpuset-mems --pids-limit --blkio-weight --ulimit --cap-add --cap-drop --security-opt --privileged --userns --net --network --network-alias --publish --publish-all --expose --dns --add-host --restart --stop-signal --stop-timeout --log-driver --log-opt --init --label --annotation --device --sysctl --pull --cidfile --runtime --help' ;;
    'create') echo '--interactive --tty --rm --name --hostname --env --env-file --workdir --user --group-add --entrypoint --rootfs --volume --mount --tmpfs --shm-size --read-only --memory --mem --memory-swap --memory-reservation --cpus --cpu --cpu-quota --cpu-period --cpu-shares --cpuset-cpus --cpuset-mems --pids-limit --blkio-weight --ulimit --cap-add --cap-drop --security-opt --privileged --userns --net --network --network-alias --publish --publish-all --expose --dns --add-host --restart --stop-signal --stop-timeout --log-driver --log-opt --init --label --annotation --device --sysctl --pull --cidfile --runtime --help' ;;
    'start') echo '--all --filter --attach --interactive --detach-keys --help' ;;
    'stop') echo '--all --time --timeout --help' ;;
    'restart') echo '--all --time --timeout --help' ;;
    'kill') echo '--all --signal --help' ;;
    'pause') echo '--all --help' ;;
    'unpause') echo '--all --help' ;;
    'wait') echo '--help' ;;
    'rename') echo '--help' ;;
    'rm') echo '--all --force --volumes --help' ;;
    'exec') echo '--interactive --tty --detach --env --env-file --workdir --user --privileged --help' ;;
    'shell') echo '--interactive --tty --detach --env --env-file --workdir --user --privileged --help' ;;
    'attach') echo '--no-stdin --sig-proxy --detach-keys --help' ;;
    'ps') echo '--all --filter --sort --last --latest --format --quiet --no-trunc --help' ;;
    'port') echo '--help' ;;
    'container prune') echo '--force --filter --help' ;;
    'top') echo '--format --no-trunc --help' ;;
    'logs') echo '--follow --timestamps --tail --since --until --stdout --stderr --help' ;;
    'stats') echo '--all --no-stream --interval --format --no-trunc --help' ;;
    'update') echo '--memory --mem --memory-swap --memory-reservation --cpus --cpu --cpu-quota --cpu-period --cpu-shares --cpuset-cpus --cpuset-mems --pids-limit --blkio-weight --restart --help' ;;
    'cp') echo '--archive --help' ;;
    'images') echo '--format --quiet --no-trunc --filter --digests --help' ;;
    'rmi') echo '--force --help' ;;
    'tag') echo '--help' ;;
    'history') echo '--format --quiet --no-trunc --help' ;;
    'import') echo '--change --message --help' ;;
    'load') echo '--input --quiet --help' ;;
    'save') echo '--output --format --help' ;;
    'verify') echo '--help' ;;
    'diff') echo '--format --help' ;;
    'commit') echo '--author --change --message --pause --help' ;;
    'export') echo '--output --help' ;;
    'image prune') echo '--all --force --help' ;;
    'network create') echo '--subnet --gateway --ipv6 --internal --isolate --label --opt --driver --help' ;;
    'network ls') echo '--format --quiet --no-trunc --filter --help' ;;
    'network rm') echo '--force --help' ;;
    'network connect') echo '--alias --help' ;;
    'network disconnect') echo '--help' ;;
    'network prune') echo '--force --help' ;;
    'volume create') echo '--label --help' ;;
    'volume ls') echo '--format --quiet --no-trunc --filter --help' ;;
    'volume rm') echo '--force --help' ;;
    'volume prune') echo '--all --force --help' ;;
    'inspect') echo '--format --type --help' ;;
    'container inspect') echo '--format --help' ;;
    'image inspect') echo '--format --help' ;;
    'network inspect') echo '--format --help' ;;
    'volume inspect') echo '--format --help' ;;
    'system df') echo '--format --help' ;;
    'system prune') echo '--all --force --volumes --help' ;;
    'gc') echo '--dry-run --quiet --help' ;;
    'events') echo '--since --until --filter --format --no-follow --help' ;;
    'info') echo '--format --help' ;;
    'version') echo '--format --help' ;;
    'help') echo '--table --help' ;;
    'config show') echo '--format --help' ;;
  esac
}

_husk_second() { # FAMILY: its commands
  case $1 in
    'container') echo 'attach commit cp create diff exec export inspect kill list logs ls pause port prune rename restart rm run shell start stats stop top unpause update wait' ;;
    'image') echo 'history import inspect list load ls prune remove rm save tag verify' ;;
    'network') echo 'connect create disconnect inspect list ls prune remove rm' ;;
    'volume') echo 'create inspect list ls prune remove rm' ;;
    'system') echo 'df events gc help info prune version' ;;
    'config') echo 'show' ;;
  esac
}

_husk_real() { # ALIAS: the name that the tables have
  case $1 in
    'remove') echo 'rm' ;;
    'enter') echo 'shell' ;;
    'container ls' | 'container list') echo 'ps' ;;
    'image ls' | 'image list') echo 'images' ;;
    'image rm' | 'image remove') echo 'rmi' ;;
    'network list') echo 'network ls' ;;
    'network remove') echo 'network rm' ;;
    'volume list') echo 'volume ls' ;;
    'volume remove') echo 'volume rm' ;;
    'system info') echo 'info' ;;
    'container prune') echo 'container prune' ;;
    'image prune') echo 'image prune' ;;
    'network create') echo 'network create' ;;
    'network ls') echo 'network ls' ;;
    'network rm') echo 'network rm' ;;
    'network connect') echo 'network connect' ;;
    'network disconnect') echo 'network disconnect' ;;
    'network prune') echo 'network prune' ;;
    'volume create') echo 'volume create' ;;
    'volume ls') echo 'volume ls' ;;
    'volume rm') echo 'volume rm' ;;
    'volume prune') echo 'volume prune' ;;
    'container inspect') echo 'container inspect' ;;
    'image inspect') echo 'image inspect' ;;
    'network inspect') echo 'network inspect' ;;
    'volume inspect') echo 'volume inspect' ;;
    'system df') echo 'system df' ;;
    'system prune') echo 'system prune' ;;
    'config show') echo 'config show' ;;
    *" "*) echo "${1#* }" ;;
    *) echo "$1" ;;
  esac
}

_husk_has_program() { # COMMAND: whether its options end at the first operand
  case $1 in
    'run' | 'create' | 'exec' | 'shell') return 0 ;;
  esac
  return 1
}

_husk_first='attach commit config container cp create diff enter events exec export gc help history image images import info inspect kill load logs network pause port ps remove rename restart rm rmi run save shell start stats stop system tag top unpause update verify version volume wait'

_husk_names() { # KIND: names, one a line
  case $1 in
    [crinv]) "${husk[@]}" __complete "$1" 2>/dev/null ;;
    k) "${husk[@]}" config show --format '{{.Key}}' 2>/dev/null ;;
    p) "${husk[@]}" __complete c 2>/dev/null | sed 's/$/:/' ;;
    h) printf '%s\n' $_husk_first ;;
    '='*) printf '%s\n' ${1#'='} ;;
  esac
  case $1:$option in
    n:--net*) printf '%s\n' none host ;;
  esac
}

# Reads the words before the one that is completed: sets command, operand (its number), kind (of the
# option's value that comes now, or nothing), done_with_options, and husk: how it is to be asked.
_husk_read() { # WORD...
  local word expected='' family='' value
  command='' operand=1 kind='' done_with_options='' option='' husk=(husk)
  for word in "$@"; do
    option=''
    if [ -n "$expected" ]; then
      case $expected in --data | --state) husk+=("$expected" "$word") ;; esac
      expected=''
      continue
    fi
    if [ -z "$done_with_options" ]; then
      case $word in
        --) done_with_options=1 && continue ;;
        --data=* | --state=*) [ -n "$command" ] || husk+=("$word"); continue ;;
        --*=*) continue ;;
        -?*)
          option=$word
          [ "${word#--}" != "$word" ] || option=-${word: -1}
          value=$(_husk_value "$command:$option")
          [ -z "$value" ] || expected=$option
          continue ;;
      esac
    fi
    if [ -z "$command" ] && [ -z "$family" ]; then
      if [ -n "$(_husk_second "$word")" ]; then family=$word; else command=$(_husk_real "$word"); fi
    elif [ -z "$command" ]; then
      command=$(_husk_real "$family $word")
    else
      operand=$((operand + 1))
      ! _husk_has_program "$command" || done_with_options=1
    fi
  done
  if [ -n "$expected" ]; then
    option=$expected
    kind=$(_husk_value "$command:$expected")
  elif [ -z "$command" ]; then
    if [ -n "$family" ]; then kind="=$(_husk_second "$family")"; else kind=h; fi
  else
    option=''
    kind=$(_husk_operand "$command:$operand")
  fi
  family_only=$family
  value_expected=$expected
}

_husk() {
  local command operand kind done_with_options option family_only value_expected husk words word files=''
  # Bash ends words at ":" and "=", which names of images and options have inside.
  if [ -n "$COMP_LINE" ]; then
    read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
    [[ ${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]] || words+=('')
  else
    words=("${COMP_WORDS[@]:0:COMP_CWORD+1}")
  fi
  word=${words[${#words[@]} - 1]}
  _husk_read "${words[@]:1:${#words[@]}-2}"
  if [ -z "$done_with_options$value_expected" ] && [[ $word == --*=* ]]; then
    option=${word%%=*} word=${word#*=}
    kind=$(_husk_value "$command:$option")
  elif [ -z "$done_with_options$value_expected" ] && [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_husk_options "$command")" -- "$word")
    return
  fi
  case $kind in
    f | p) mapfile -t files < <(compgen -f -- "$word") ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$(_husk_names "$kind")" -- "$word"; [ -z "${files[*]}" ] || printf '%s\n' "${files[@]}")
  # What is before the last ":" is on the command line already.
  if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")
  fi
  [[ $kind != p ]] || compopt -o nospace 2>/dev/null
}
complete -o filenames -F _husk husk
