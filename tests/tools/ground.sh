#!/bin/bash
# ground.sh VERB ...: a test ground of hosts h1, h2, ... that are namespaces of this machine. Each has its own address,
# sshd, host key, processes, users, /tmp and home directories, and a link that can be cut and slowed. Nothing of it
# reaches anything outside, and a host sees no files of this machine but the installed system. Needs root.
#
#   can                  says why a ground cannot be made here; status 0 if it can
#   up N [DIR]           makes N hosts; DIR (else $GROUND, else /tmp/rmake-ground) is new, empty, or an earlier ground
#   lease N [DIR]        as up, and the hosts end as soon as stdin does
#   down [DIR]           ends the hosts and removes DIR; right at any time, after a crash and twice
# What follows acts on the ground $GROUND. H is h1, h2, ...
#   cut H, join H        the link: while it is cut every packet is lost silently
#   slow H RATE [DELAY]  both directions of the link, in tc's words: 8mbit, 20ms; fast H undoes it
#   freeze H, thaw H     SIGSTOP and SIGCONT for all that runs there; the kernel still accepts connections
#   refuse H             nothing listens any more, sessions go on
#   kill-sshd H          nothing listens any more, and every session is lost; what it had started stays
#   start-sshd H         undoes both
#   rekey H, trust       gives the host a new key; lets the client know all keys as they are now
#   shell H SHELL        the login shell of the user: sh, csh, fish, or a path
#   tmp H HOW            /tmp there is full, readonly, noexec, or normal again
#   fuse H MODE          permission bits of /dev/fuse there, which is closed to the user at first (600)
#   namespaces H HOW     yes or no: whether the user's processes can make namespaces of users (not below a chroot)
#   exec H COMMAND ...   runs there as root
#
# DIR/home is the client's home: .ssh/config names the hosts, with key and known_hosts beside it. DIR/hK is host K's
# /etc/ssh, with its log, its users and their homes. The user there is `builder`. Hosts with an even number listen on
# port 2222. $GROUND_TMP is the size of a host's /tmp (128m).
set -eu -o pipefail
umask 022
PATH=$PATH:/usr/sbin:/sbin
self=$(readlink -f "$0")
ground=$(realpath -m "${GROUND:-/tmp/rmake-ground}")
size=${GROUND_TMP:-128m}

die() {
    echo "ground: $*" >&2
    exit 1
}

can() {
    local tool
    [ "$(id -u)" = 0 ] || die "not root"
    for tool in ip tc sshd ssh ssh-keygen unshare nsenter flock; do
        command -v $tool > /dev/null || die "no $tool"
    done
    unshare --mount --uts --ipc --net --pid --fork sh -ec '
        mount -t tmpfs ground /mnt
        ip link add bridge0 type bridge
        ip link add veth0 type veth peer name veth1' > /dev/null 2>&1 || die "no namespaces, bridges or veth links here"
}

# --- where things are: ground number S has the bridge rgS and the network 10.213.S.0/24, its host K the port rgShK.
# The bridge's alias says whose it is.

subnet() { echo "10.213.$(< "$ground/number")"; }
address() { echo "$(subnet).$((100 + ${1#h}))"; }
port() { echo $((${1#h} % 2 ? 22 : 2222)); }
bridge() { echo "rg$(< "$ground/number")"; }
link() { echo "rg$(< "$ground/number")$1"; }
hosts() { find "$ground" -maxdepth 1 -name 'h[0-9]*' -printf '%f\n' | sort -V; }

# Prints the process id of a host's init, if it lives.
init_of() {
    local pid
    pid=$(cat "$ground/$1/pid" 2> /dev/null) || return 1
    # After a crash of the machine's own the number may belong to another process.
    [[ $(tr '\0' ' ' 2> /dev/null < "/proc/$pid/cmdline") == *" init $1 $ground " ]] && echo "$pid"
}

# Runs a command as root inside a host.
inside() {
    local pid
    pid=$(init_of "$1") || die "no host $1 in $ground"
    shift
    nsenter -t "$pid" --mount --uts --ipc --net --pid -- "$@"
}

# Runs one of the functions below inside a host, where this file may be out of sight.
call() {
    inside "$1" bash -ec "$(declare -f "$2"); \"\$@\"" bash "${@:2}"
}

# --- inside a host

# The first process of a host, HOST GROUND: mounts what is private, then waits for the end of stdin. Bash reaps orphans.
host_init() {
    local own=$2/$1 pid name
    read -r pid _ < /proc/self/stat
    echo "$1" > /proc/sys/kernel/hostname
    ip link set lo up
    mount --bind "$own" /etc/ssh
    for name in passwd group shadow hosts; do mount --bind "$own/$name" /etc/$name; done
    for name in /*/; do
        case $name in
            /bin/ | /sbin/ | /lib*/ | /usr/ | /etc/ | /opt/ | /var/ | /dev/ | /proc/ | /sys/) ;;
            *) mount -t tmpfs -o mode=755 ground "$name" ;;
        esac
    done
    for name in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o "mode=1777,size=$size" ground $name; done
    mount --bind /etc/ssh/home /home
    mkdir /run/sshd
    if [ -e /dev/fuse ]; then
        mknod -m 600 /run/fuse c 10 229
        mount --bind /run/fuse /dev/fuse
    fi
    mount -t proc proc /proc
    cd /
    echo "$pid" > /etc/ssh/pid.new
    mv /etc/ssh/pid.new /etc/ssh/pid
    while read -r _; do :; done
}

sshd_listens() {
    [ ! -s /run/sshd.pid ] || return 0
    # Since OpenSSH 9.8 a client that was cut off often is refused for a while; before, the option is unknown.
    /usr/sbin/sshd -o PerSourcePenalties=no -E /etc/ssh/sshd.log 2> /dev/null || /usr/sbin/sshd -E /etc/ssh/sshd.log
    # It writes this file once it listens.
    for _ in {1..500}; do
        [ ! -s /run/sshd.pid ] || return 0
        sleep 0.01
    done
    tail -n 5 /etc/ssh/sshd.log >&2
    return 1
}

sshd_stops_listening() {
    local pid
    pid=$(cat /run/sshd.pid 2> /dev/null) || return 0
    kill -KILL "$pid" 2> /dev/null || :
    while kill -0 "$pid" 2> /dev/null; do sleep 0.01; done
    rm -f /run/sshd.pid
}

sshd_sessions_die() {
    local process
    for process in /proc/[0-9]*; do
        case $(cat "$process/comm" 2> /dev/null) in
            sshd*) kill -KILL "${process#/proc/}" 2> /dev/null || : ;;
        esac
    done
}

tmp_becomes() {
    mount -o "remount,rw,exec,mode=1777,size=$2" /tmp
    rm -f /tmp/.full
    case $1 in
        normal) ;;
        full)
            # What is written there meanwhile may need more than was left.
            for _ in {1..50}; do
                ! mount -o "remount,size=$(($(df --output=used /tmp | tail -n 1) + 64))k" /tmp 2> /dev/null || break
            done
            ! cat /dev/zero > /tmp/.full 2> /dev/null
            ;;
        readonly) mount -o remount,ro /tmp ;;
        noexec) mount -o remount,noexec /tmp ;;
        *) echo "ground: /tmp cannot be $1" >&2; return 1 ;;
    esac
}

# The root below which nobody makes namespaces (clone(2)): another name of the same tree.
namespaces_are() {
    case $1 in
        yes) sed -i '/^ChrootDirectory/d' /etc/ssh/sshd_config ;;
        no)
            mkdir -p /run/root
            mountpoint -q /run/root || mount --rbind / /run/root
            echo ChrootDirectory /run/root >> /etc/ssh/sshd_config
            ;;
        *) echo "ground: namespaces cannot be $1" >&2; return 1 ;;
    esac
}

# --- up and down

# Writes what a host has before it starts: users, homes, sshd_config.
furnish() {
    local own=$ground/$1
    mkdir -p "$own/home/builder"
    cat > "$own/passwd" <<- end
	root:x:0:0:root:/root:/bin/sh
	nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
	sshd:x:102:65534::/run/sshd:/usr/sbin/nologin
	builder:x:4711:4711::/home/builder:/bin/sh
	end
    printf '%s:x:%s:\n' root 0 tty 5 nogroup 65534 builder 4711 > "$own/group"
    printf '%s:*:19000:0:99999:7:::\n' root nobody sshd builder > "$own/shadow"
    chmod 600 "$own/shadow"
    : > "$own/hosts"
    chown 4711:4711 "$own/home/builder"
    cat > "$own/sshd_config" <<- end
	Port $(port "$1")
	HostKey /etc/ssh/host_key
	AuthorizedKeysFile /etc/ssh/authorized_keys
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	UsePAM no
	UseDNS no
	AcceptEnv LANG LC_*
	Subsystem sftp /usr/lib/openssh/sftp-server
	PidFile /run/sshd.pid
	end
}

new_key() {
    rm -f "$1" "$1.pub"
    ssh-keygen -q -t ed25519 -N '' -C ground -f "$1"
}

# Takes the first free number and lays the links. Bridges that a crash has left without ports are taken away.
lay_links() {
    local number=0 bridge host peer mac
    exec 9> /run/rmake-ground.lock
    flock 9
    for bridge in /sys/class/net/rg*; do
        if [[ -d $bridge/brif && $(cat "$bridge/ifalias" 2> /dev/null) == ground:* && -z $(ls "$bridge/brif" 2> /dev/null) ]]; then
            # One that is ending meanwhile is gone already.
            ip link del "${bridge##*/}" 2> /dev/null || true
        fi
    done
    while [ -d /sys/class/net/rg$number ]; do number=$((number + 1)); done
    [ $number -lt 256 ] || die "256 grounds are enough"
    echo $number > "$ground/number"
    # Neighbours are fixed: nobody learns from a missing answer that a link is cut.
    mac=$(printf '02:d1:57:%02x:00:00' $number)
    {
        echo "link add rg$number address $mac type bridge"
        echo "link set rg$number alias ground:$ground addrgenmode none up"
        echo "address add $(subnet).1/24 dev rg$number"
        for host in "$@"; do
            peer=${mac%??}$(printf %02x "${host#h}")
            echo "link add $(link "$host") type veth peer name eth0 address $peer netns $(init_of "$host")"
            echo "link set $(link "$host") addrgenmode none master rg$number up"
            echo "neighbour add $(address "$host") lladdr $peer dev rg$number nud permanent"
        done
    } | ip -batch -
    exec 9>&-
    for host in "$@"; do
        printf '%s\n' "link set eth0 addrgenmode none up" "address add $(address "$host")/24 dev eth0" \
            "neighbour add $(subnet).1 lladdr $mac dev eth0 nud permanent" | inside "$host" ip -batch -
    done
}

# Writes /etc/hosts of every host.
name_hosts() {
    local host
    for host in "$@"; do echo "$(address "$host") $host"; done > "$ground/hosts"
    for host in "$@"; do { echo 127.0.0.1 localhost; cat "$ground/hosts"; } > "$ground/$host/hosts"; done
}

# Writes the client's list of host keys.
trust() {
    local host name
    for host in $(hosts); do
        name=$(address "$host")
        [ "$(port "$host")" = 22 ] || name="[$name]:$(port "$host")"
        echo "$name $(cut -d ' ' -f 1,2 "$ground/$host/host_key.pub")"
    done > "$ground/home/.ssh/known_hosts"
}

client_config() {
    local host
    for host in $(hosts); do
        cat <<- end
	Host $host
	    HostName $(address "$host")
	    User builder
	    Port $(port "$host")
	    IdentityFile $ground/home/.ssh/id_ed25519
	    UserKnownHostsFile $ground/home/.ssh/known_hosts

	end
    done > "$ground/home/.ssh/config"
}

# Waits for background processes; fails if one has failed.
all_well() {
    local pid
    for pid; do wait "$pid" || die "a key or an sshd is missing"; done
}

# Makes N hosts, which live until the end of descriptor 3.
up() {
    local host names=() pids=()
    [[ $1 =~ ^[1-9][0-9]?$ ]] || die "1 to 99 hosts, not $1"
    can
    [ -f "$ground/number" ] && down
    [ -z "$(ls -A "$ground" 2> /dev/null)" ] || die "$ground is no ground and not empty"
    trap 'down' EXIT
    mkdir -p "$ground/home/.ssh"
    chmod 700 "$ground/home/.ssh"
    echo none > "$ground/number"
    [ "$2" = lease ] || { mkfifo "$ground/forever"; exec 3<> "$ground/forever"; }
    new_key "$ground/home/.ssh/id_ed25519" & pids+=($!)
    for host in $(seq -f h%.0f "$1"); do
        names+=("$host")
        furnish "$host"
        new_key "$ground/$host/host_key" & pids+=($!)
        setsid unshare --mount --uts --ipc --net --pid --fork --kill-child bash "$self" init "$host" "$ground" \
            <&3 3<&- > "$ground/$host/init.log" 2>&1 &
    done
    for host in "${names[@]}"; do
        for _ in {1..500}; do
            [ ! -f "$ground/$host/pid" ] || continue 2
            sleep 0.01
        done
        die "$host does not start: $(tail -n 3 "$ground/$host/init.log")"
    done
    lay_links "${names[@]}"
    name_hosts "${names[@]}"
    all_well "${pids[@]}"
    trust
    client_config
    pids=()
    for host in "${names[@]}"; do
        grep -v '^ *$' "$ground/home/.ssh/id_ed25519.pub" > "$ground/$host/authorized_keys"
        call "$host" sshd_listens & pids+=($!)
    done
    all_well "${pids[@]}"
    trap - EXIT
}

down() {
    local host pid
    [ -f "$ground/number" ] || return 0
    for host in $(hosts); do
        ! pid=$(init_of "$host") || kill -KILL "$pid" || :
    done
    # After a crash the number may belong to another ground.
    if [ "$(cat "/sys/class/net/$(bridge)/ifalias" 2> /dev/null)" = "ground:$ground" ]; then
        for host in $(hosts); do ip link del "$(link "$host")" 2> /dev/null || :; done
        ip link del "$(bridge)"
    fi
    rm -rf "$ground"
}

# --- faults

# The two ends of a link, each a command that runs `tc` for it.
slow() {
    local rate="rate $2 burst 16kb latency 100ms" end
    fast "$1"
    for end in "tc qdisc add dev $(link "$1")" "inside $1 tc qdisc add dev eth0"; do
        # shellcheck disable=SC2086
        $end root handle 1: tbf $rate
        # shellcheck disable=SC2086
        [ -z "${3-}" ] || $end parent 1:1 netem delay "$3" || { fast "$1"; die "no netem in this kernel: no delay"; }
    done
}

fast() {
    tc qdisc del dev "$(link "$1")" root 2> /dev/null || :
    inside "$1" tc qdisc del dev eth0 root 2> /dev/null || :
}

shell() {
    local path text
    path=$(command -v "$2") || die "no $2 here"
    text=$(sed "/^builder:/s|[^:]*\$|$path|" "$ground/$1/passwd")
    # Not by rename: the file is a mount in the host.
    echo "$text" > "$ground/$1/passwd"
}

rekey() {
    new_key "$ground/$1/host_key"
    call "$1" sshd_stops_listening
    call "$1" sshd_listens
}

verb=${1:?"ground: no verb; see the top of $0"}
shift
case $verb in
    up | lease) [ $# -lt 2 ] || ground=$(realpath -m "$2") ;;
    down) [ $# -lt 1 ] || ground=$(realpath -m "$1") ;;
    can | trust | init) ;;
    *) init_of "${1-}" > /dev/null || die "no host '${1-}' in $ground" ;;
esac
case $verb in
    init) host_init "$@" ;;
    up) up "$1" forever ;;
    lease) exec 3<&0; up "$1" lease ;;
    can | down | trust | slow | fast | rekey | shell) $verb "$@" ;;
    cut) ip link set "$(link "$1")" down ;;
    join) ip link set "$(link "$1")" up ;;
    # Inside the host -1 means all but its init.
    freeze) inside "$1" bash -c 'kill -STOP -1 || :' ;;
    thaw) inside "$1" bash -c 'kill -CONT -1 || :' ;;
    refuse) call "$1" sshd_stops_listening ;;
    kill-sshd) call "$1" sshd_stops_listening; call "$1" sshd_sessions_die ;;
    start-sshd) call "$1" sshd_listens ;;
    tmp) call "$1" tmp_becomes "$2" "$size" ;;
    fuse) inside "$1" chmod "$2" /dev/fuse ;;
    namespaces)
        call "$1" namespaces_are "$2"
        call "$1" sshd_stops_listening
        call "$1" sshd_listens
        ;;
    exec) inside "$@" ;;
    *) die "unknown verb $verb" ;;
esac
