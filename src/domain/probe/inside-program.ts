import type { ProbeTargets } from "./targets.ts";

/** Lines of `name<TAB>held|broken|seen|not_tried<TAB>detail`, for any POSIX shell. Nothing that it opens is written to. */
const SHELL = String.raw`
say() { printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }
found=
for place in / /etc /usr /bin /var /var/tmp /root /opt /home; do
  [ -d "$place" ] && [ ! -h "$place" ] || continue
  file="$place/.moorage-probe"
  if ( : >"$file" ) 2>/dev/null; then found="$found $place"; rm -f "$file"; fi
done
if [ -n "$found" ]; then say write-outside broken "wrote to$found"; else say write-outside held "no place outside could be written"; fi
found=
for file in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/kernel/modprobe /sys/kernel/uevent_helper \
  /sys/fs/cgroup/release_agent /sys/fs/cgroup/memory/release_agent /proc/sys/vm/panic_on_oom; do
  # Only where it is there: in a directory that may be written the shell would make it.
  if [ -e "$file" ] && ( : >>"$file" ) 2>/dev/null; then found="$found $file"; fi
done
if [ -n "$found" ]; then say kernel-files broken "could open for writing$found"; else say kernel-files held "none could be opened for writing"; fi
found=
for device in /dev/mem /dev/kmsg /dev/kvm /dev/fuse /dev/sd* /dev/vd* /dev/nvme* /dev/xvd* /dev/loop-control; do
  [ -e "$device" ] && found="$found $device"
done
if ( mknod /tmp/.moorage-probe b 8 0 ) 2>/dev/null; then rm -f /tmp/.moorage-probe; found="$found mknod"; fi
if [ -n "$found" ]; then say devices broken "there are$found"; else say devices held "no device of the machine, and none can be made"; fi
found=
for socket in /var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock /run/podman/podman.sock /run/crio/crio.sock; do
  [ -e "$socket" ] && found="$found $socket"
done
if [ -n "$found" ]; then say engine-socket broken "there is$found"; else say engine-socket held "no socket of an engine is there"; fi
found=
for file in /proc/[0-9]*/comm; do
  read -r name <"$file" 2>/dev/null || continue
  case $name in dockerd|containerd|kthreadd|systemd) found="$found $name";; esac
done
if [ -n "$found" ]; then say host-processes broken "can see$found"; else say host-processes held "sees its own processes alone"; fi
effective=; bounding=; privileges=
while read -r key value rest; do
  case $key in CapEff:) effective=$value;; CapBnd:) bounding=$value;; NoNewPrivs:) privileges=$value;; esac
done </proc/self/status
say capabilities seen "$effective $bounding"
if [ "$privileges" = 1 ]; then say set-id-programs held "no_new_privs is set"; else say set-id-programs broken "no_new_privs is not set"; fi
if command -v python3 >/dev/null 2>&1; then exec python3 -c "$1" "$2"; fi
say python missing ""
`;

/** System calls and sockets, which a shell cannot make. Its one argument is the targets, as JSON. */
const PYTHON = String.raw`
import concurrent.futures, ctypes, errno, json, os, platform, socket, sys
targets = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
arm = platform.machine() == "aarch64"
def say(name, outcome, detail):
    print(name, outcome, detail, sep="\t", flush=True)
REFUSED = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
def code(number): return errno.errorcode.get(number, str(number))
def call(name, numbers, *args):
    ctypes.set_errno(0)
    result = libc.syscall(numbers[1] if arm else numbers[0], *args)
    failed = ctypes.get_errno()
    if result >= 0: say(name, "broken", "the call succeeded")
    elif failed in REFUSED: say(name, "held", code(failed))
    else: say(name, "broken", "let through, and ended with " + code(failed))
    return result
def apart(work):
    child = os.fork()
    if child == 0:
        try: work()
        finally: os._exit(0)
    os.waitpid(child, 0)
def family(name, number, kind, protocol=0):
    try: socket.socket(number, kind, protocol).close()
    except OSError as error: say(name, "held" if error.errno in REFUSED else "broken", code(error.errno))
    else: say(name, "broken", "the socket was made")
if os.getuid() == 0: say("become-root", "root", "runs as root of its container")
else:
    try: os.setuid(0); say("become-root", "broken", "is root now")
    except OSError as error: say("become-root", "held", code(error.errno))
apart(lambda: call("user-namespace", (272, 97), 0x10000000))
def mount():
    if call("mount", (165, 40), b"none", b"/tmp", b"tmpfs", 0, b"size=4096") == 0: libc.umount2(b"/tmp", 2)
apart(mount)
apart(lambda: call("ptrace-init", (101, 117), 0x4206, 1, 0, 0))
call("keyring", (250, 219), 0, -3, 0)
call("bpf", (321, 280), 5, 0, 0)
call("perf-events", (298, 241), ctypes.create_string_buffer(128), 0, -1, -1, 0)
call("io-uring", (425, 425), 1, ctypes.create_string_buffer(128))
call("userfaultfd", (323, 282), 0)
family("vsock", 40, socket.SOCK_STREAM)
family("raw-socket", socket.AF_INET, socket.SOCK_RAW, 1)
family("packet-socket", 17, socket.SOCK_RAW)
QUERY = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01"
def reached(kind, address, port):
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as link:
            link.settimeout(4)
            link.connect((address, port))
            if kind == socket.SOCK_DGRAM:
                link.send(QUERY)
                return bool(link.recv(512))
            return True
    except OSError:
        return False
proxy = os.environ.get("http_proxy", "").removeprefix("http://").rpartition(":")
def passed(address, port):
    # Both ways to ask a proxy; an answer below 400 is a way out.
    place = f"{address}:{port}"
    asks = [f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n", f"GET http://{place}/ HTTP/1.1\r\nHost: {place}\r\n\r\n"]
    return any(answered(ask) for ask in asks)
def answered(ask):
    try:
        with socket.create_connection((proxy[0], int(proxy[2])), 4) as link:
            link.settimeout(8)
            link.sendall(ask.encode())
            return link.recv(12)[9:10] in (b"1", b"2", b"3")
    except OSError:
        return False
def gateway():
    try:
        with open("/proc/net/route") as routes:
            for line in routes:
                fields = line.split()
                if fields[1] == "00000000" and int(fields[3], 16) & 2:
                    return socket.inet_ntoa(int(fields[2], 16).to_bytes(4, sys.byteorder))
    except OSError: pass
own = gateway()
asked = []
for name, spec in targets.items():
    wanted = {tuple(each) for each in spec["addresses"]}
    if own: wanted |= {(own, port) for port in spec.get("gatewayPorts", [])}
    kind = socket.SOCK_DGRAM if spec["protocol"] == "udp" else socket.SOCK_STREAM
    way = (lambda kind, *place: passed(*place)) if spec["protocol"] == "proxy" else reached
    if way is reached or proxy[0]: asked += [(name, way, kind, *each) for each in sorted(wanted)]
with concurrent.futures.ThreadPoolExecutor(48) as pool:
    answers = list(pool.map(lambda each: each[1](*each[2:]), asked))
for name in targets:
    mine = [(each, got) for each, got in zip(asked, answers) if each[0] == name]
    open_ones = [f"{each[3]} port {each[4]}" for each, got in mine if got]
    if open_ones: say(name, "broken", "reached " + ", ".join(open_ones))
    elif mine: say(name, "held", f"{len(mine)} tried, none reached")
    else: say(name, "not_tried", "there is no address to try")
`;

export function insideCommand(targets: ProbeTargets): readonly string[] {
  return ["sh", "-c", SHELL, "sh", PYTHON, JSON.stringify(targets)];
}
