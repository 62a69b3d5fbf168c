# final-husk.jq: changes the config.json of `spec --hardened` by options in the phases' spelling,
# which are the positional arguments: option, value, option, value ... $all: every capability.

def pairs: [range(0; length; 2) as $i | {name: .[$i], value: .[$i + 1]}];
def values($options; $name): [$options[] | select(.name == $name).value];
def last_of($options; $name): values($options; $name) | last;

# 64M and 1G are bytes, max is no limit.
def bytes:
  if . == "max" then -1
  else capture("^(?<n>[0-9]+)(?<unit>[KMG]?)$")
    | (.n | tonumber) * {"": 1, K: 1024, M: 1048576, G: 1073741824}[.unit]
  end;
# Percent of one CPU: microseconds of 100 ms.
def quota: if . == "max" then -1 else (rtrimstr("%") | tonumber) * 1000 end;
def number_or_max: if . == "max" then -1 else tonumber end;

# Without real root there is a user namespace already, and no right to make a cgroup.
def limits($options):
  if .linux.uidMappings != null then del(.linux.resources) else
  .linux.resources.memory.limit = (last_of($options; "mem") // "100M" | bytes)
  | .linux.resources.cpu = {quota: (last_of($options; "cpu") // "50%" | quota), period: 100000}
  | .linux.resources.pids.limit = (last_of($options; "pids") // "50" | number_or_max)
  end;

# As in the phases, read-only is what is mounted below a volume as well.
def volume:
  split(":") as $parts
  | {destination: $parts[1], type: "none", source: $parts[0],
     options: ["rbind", "rprivate", (if $parts[2] == "ro" then "rro" else "rw" end)]};

def named: map(split(",")[] | if . == "ALL" then . else "CAP_" + . end);
def capabilities($options):
  (values($options; "cap-add") | named) as $added
  | (values($options; "cap-drop") | named) as $dropped
  | (if any($dropped[]; . == "ALL") then [] else .process.capabilities.bounding - $dropped end + $added | unique) as $set
  | .process.capabilities |= (.bounding = $set | .effective = $set | .permitted = $set);

# A user other than root begins without capabilities, as with every engine.
def user($options):
  last_of($options; "user") as $user
  | if $user == null then . else
      ($user | split(":") | map(tonumber)) as $ids
      | .process.user = {uid: $ids[0], gid: ($ids[1] // 0)}
      | if $ids[0] == 0 then . else
          if values($options; "cap-add") == [] then . else
            "husk: --cap-add: \($user) is not root, and would not get it\n" | halt_error(125)
          end
          | .process.capabilities |= (.effective = [] | .permitted = [])
        end
    end;

def user_namespace($options):
  last_of($options; "userns") as $range
  | if $range == null then . else
      ($range | split(":") | map(tonumber)) as $ids
      | [{containerID: 0, hostID: $ids[0], size: $ids[1]}] as $map
      | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = $map | .linux.gidMappings = $map
    end;

# What --security=off takes away is all that --hardened brings, and the rules for devices.
def security($options):
  if last_of($options; "security") == "off" then
    del(.linux.seccomp) | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .process.noNewPrivileges = false
    | .process.capabilities |= (.bounding = $all | .effective = $all | .permitted = $all)
    | if .linux.resources == null then . else .linux.resources.devices = [{allow: true, access: "rwm"}] end
  elif last_of($options; "seccomp") == "off" then del(.linux.seccomp)
  else . end;

# Without real root there can be a network of its own, too, as in the phases, and then a sysfs of it.
def own_network:
  if .linux.uidMappings == null then . else
    .linux.namespaces += [{type: "network"}]
    | (.mounts[] | select(.destination == "/sys")) |= (.type = "sysfs" | .source = "sysfs" | .options -= ["rbind"])
  end;
def network($options):
  if last_of($options; "net") == "host" then .linux.namespaces |= map(select(.type != "network")) else own_network end;

($ARGS.positional | pairs) as $options
| .process.terminal = false
| .process.args = values($options; "argument")
| .process.env += values($options; "env")
| .process.cwd = (last_of($options; "workdir") // "/")
| .root = {path: last_of($options; "rootfs"), readonly: (last_of($options; "read-only") != null)}
| .hostname = (last_of($options; "hostname") // .hostname)
| .annotations = {"org.husk.test.run": last_of($options; "run")}
| .mounts += (values($options; "volume") | map(volume))
| network($options) | limits($options) | capabilities($options) | user($options) | security($options)
| user_namespace($options)
