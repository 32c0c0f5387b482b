#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# More than one machine: GNU parallel over hosts, and an array of Slurm jobs, as armvm-image(1) shows them, report what
# -j reports; also when a node dies in the middle.
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/checks/lib.sh"
PATH=$PATH:/usr/sbin
requires jq parallel ssh ssh-keygen sshd python3 sgdisk mkfs.fat mcopy mke2fs
cd "$tmp" || exit 1
chmod 755 "$tmp"

mkdir images nodes
for i in 1 2 3 4 5 6; do cp --sparse=always "$(sample grub)" "images/$i a.raw"; done
# shellcheck disable=SC2034 # for esp_write
img="$tmp/images/3 a.raw" work=$tmp
head -c 64 /dev/zero | esp_write /ubootefi.var
head -c 5000 /dev/urandom >"images/5 a.raw"
# What a file occupies is settled when it is written out.
sync -f images
find images -type f | sort >names
"$armvm" check --json=lines -j 2 images >want 2>/dev/null
ok "all are told by -j" test "$(wc -l <want)" = 6

# The program as hosts have it; on a host that is to die it never comes to its end.
mkdir bin
cat >bin/armvm-image <<EOF2
#!/bin/sh
if [ -e $tmp/dying ] && { [ "\${NODE-}" = 2 ] || [ -n "\${SLURM_JOB_ID-}" ]; }; then
	echo '{"half'
	touch $tmp/started
	sleep 300
fi
exec $armvm "\$@"
EOF2
chmod +x bin/armvm-image
# The lines of the manual, with its words replaced: manual WORD TEXT...
manual() {
	sed -n '/GNU parallel over hosts/,/^Each has the lines/p' "$top/man/armvm-image.1" | sed '/^\./d; s/\\e/\\/g' >lines
	sed -n "$1" lines
}
wait_for() { # FILE
	for _ in $(seq 200); do
		[ -e "$1" ] && return
		sleep 0.1
	done
	return 1
}
# All processes below this one, and it; none may start another one meanwhile.
kill_tree() {
	kill -STOP "$1" 2>/dev/null
	for child in $(pgrep -P "$1"); do kill_tree "$child"; done
	kill -9 "$1" 2>/dev/null
}

# ---- GNU parallel over two sshd on loopback

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ssh-keygen -q -t ed25519 -N '' -f key
ssh-keygen -q -t ed25519 -N '' -f host
cp key.pub authorized
[ "$(id -u)" = 0 ] && mkdir -p /run/sshd
# host N: starts one; sets port and pid. A shell that is nested does not read the start files of whoever runs the tests.
host() {
	port=$(free_port)
	cat >"sshd.$1" <<EOF2
Port $port
ListenAddress 127.0.0.1
HostKey $tmp/host
AuthorizedKeysFile $tmp/authorized
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
MaxStartups 100
SetEnv NODE=$1 SHLVL=2 PATH=$tmp/bin:$PATH
EOF2
	"$(command -v sshd)" -f "$tmp/sshd.$1" -D -e 2>"sshd.$1.log" &
	pid=$!
	for _ in $(seq 50); do
		ssh -F none -o BatchMode=yes -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -i key -p "$port" \
			127.0.0.1 true 2>>"sshd.$1.log" && return
		sleep 0.1
	done
	return 1
}
login() { echo "ssh -F none -q -o BatchMode=yes -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -i $tmp/key -p $1 127.0.0.1"; }
host 1 && port1=$port pid1=$pid && host 2 && port2=$port pid2=$pid || {
	tail -n 20 sshd.*.log | sed 's/^/# /'
	skip_all "no sshd could be started"
}
trap 'kill_tree "$pid1"; kill_tree "$pid2"; [ -n "${slurm-}" ] && stop_slurm; rm -rf "$tmp"' EXIT
# on_hosts: the manual's command, over these hosts
on_hosts() {
	manual '/^parallel/,/report.jsonl$/p' | sed "s|host1,host2|$tmp/hosts|; s|--sshlogin|--sshloginfile|; s|report.jsonl|got|; s|^parallel|parallel --will-cite|" >command.sh
	sh ./command.sh 2>parallel.log
}
{ login "$port1" && login "$port2"; } >hosts
on_hosts
ok "GNU parallel over hosts tells what -j tells" cmp want got
touch dying
on_hosts &
runner=$!
ok "one of them dies in the middle" wait_for started
kill_tree "$pid2"
wait $runner
ok "and the others tell the same" cmp want got
rm -f dying started

# ---- an array of Slurm jobs on one node

stop_slurm() {
	for daemon in $(cat "$tmp"/slurm/*.pid 2>/dev/null); do kill_tree "$daemon"; done
}
slurm_node() {
	slurmd -f slurm/slurm.conf -N "$node" -D >slurm/slurmd.out 2>&1 &
	echo $! >slurm/node.pid
}
start_slurm() {
	slurm=$tmp/slurm node=$(hostname -s)
	mkdir -m 755 slurm slurm/state slurm/spool
	export SLURM_CONF=$tmp/slurm/slurm.conf
	head -c 1024 /dev/urandom >slurm/munge.key && chmod 600 slurm/munge.key
	munged --force --foreground --key-file="$tmp/slurm/munge.key" --socket="$tmp/slurm/munge" --pid-file="$tmp/slurm/munged" \
		--log-file="$tmp/slurm/munge.log" --seed-file="$tmp/slurm/munge.seed" >slurm/munged.out 2>&1 &
	echo $! >slurm/munged.pid
	wait_for slurm/munge || return 1
	cat >slurm/slurm.conf <<EOF2
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$tmp/slurm/munge
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
MailProg=/bin/true
StateSaveLocation=$tmp/slurm/state
SlurmdSpoolDir=$tmp/slurm/spool
SlurmctldPidFile=$tmp/slurm/slurmctld
SlurmdPidFile=$tmp/slurm/slurmd
SlurmctldLogFile=$tmp/slurm/ctld.log
SlurmdLogFile=$tmp/slurm/slurmd.log
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
MinJobAge=300
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE State=UP
EOF2
	slurmctld -f slurm/slurm.conf -D >slurm/ctld.out 2>&1 &
	echo $! >slurm/ctld.pid
	slurm_node
	for _ in $(seq 150); do
		sinfo -h -o %T 2>/dev/null | grep -q idle && return
		sleep 0.2
	done
	return 1
}
# The slurmstepd that process $1 runs under, which no slurmd need be above; else the process itself.
step_of() {
	top_step=$1 at=$1
	while [ "${at:-1}" -gt 1 ]; do
		! grep -q '^slurmstepd' "/proc/$at/comm" || top_step=$at
		at=$(ps -o ppid= -p "$at" | tr -d ' ')
	done
	echo "$top_step"
}
as_array() {
	rm -f ./*.jsonl got
	manual '/^sbatch/,/^cat/p' | sed "s|report.jsonl|got|" >command.sh
	PATH=$tmp/bin:$PATH sh ./command.sh >sbatch.log 2>&1
}
if [ "$(id -u)" = 0 ] && command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null; then
	if start_slurm; then
		as_array
		ok "an array of Slurm jobs tells what -j tells" cmp want got
		touch dying
		as_array &
		runner=$!
		ok "the node dies in the middle" wait_for started
		kill_tree "$(cat slurm/node.pid)"
		for job in $(pgrep -f "$tmp/bin/armvm-image"); do kill_tree "$(step_of "$job")"; done
		rm -f dying
		slurm_node
		# Slurm waits two minutes before it starts a job again.
		for _ in $(seq 150); do
			kill -0 $runner 2>/dev/null || break
			squeue -h -t PENDING -o %i 2>/dev/null | while read -r job; do
				scontrol update jobid="$job" starttime=now >/dev/null 2>&1
			done
			sleep 1
		done
		wait $runner
		ok "comes back, and tells the same" cmp want got
	else
		tail -n 20 slurm/*.out slurm/*.log | sed 's/^/# /'
		skip "an array of Slurm jobs" "Slurm's daemons do not start here"
	fi
else
	skip "an array of Slurm jobs" "only root starts a cluster, with slurmctld, slurmd and munge"
fi
tap_done
