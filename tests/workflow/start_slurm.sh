#!/usr/bin/env bash
# A Slurm of one node on this machine, for tests: start_slurm.sh start FOLDER, start_slurm.sh stop FOLDER. As root.
# In between, stop_controller and start_controller make an outage, node_down and node_up that of the node, and
# forget_jobs has the controller forget jobs as soon as they end, until remember_jobs.
#
# It pretends to have two GPUs. Its configuration has to lie in /etc/slurm: jobs that the executor starts don't inherit
# SLURM_CONF. A configuration there that this script didn't write is somebody's cluster and is left alone.
set -euo pipefail
action=$1 folder=$2
mark='# written by start_slurm.sh for tests'

write_configuration() {
    local host cores memory
    host=$(hostname -s) cores=$(env -u OMP_NUM_THREADS nproc) memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.95)}' /proc/meminfo)
    cat > /etc/slurm/slurm.conf <<CONF
$mark
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
# Containers often have neither control groups nor an accounting database.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores RealMemory=$memory Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
    printf '%s\nName=gpu File=/dev/null\nName=gpu File=/dev/zero\n' "$mark" > /etc/slurm/gres.conf
    printf '%s\n' "$mark" > /etc/slurm/cgroup.conf
}

daemon() { # NAME COMMAND…: in the background, its process number in FOLDER/NAME.started
    local name=$1
    shift
    setsid "$@" > "$folder/$name.out" 2>&1 < /dev/null &
    echo $! > "$folder/$name.started"
}

start() {
    if [ -e /etc/slurm/slurm.conf ] && ! grep -qxF "$mark" /etc/slurm/slurm.conf; then
        echo "/etc/slurm/slurm.conf is not from this script; it is left alone" >&2
        exit 3
    fi
    mkdir -p "$folder/state" "$folder/spool" /etc/slurm
    write_configuration
    if ! { munge --no-input | unmunge; } > /dev/null 2>&1; then
        mkdir -p /run/munge
        chown munge: /run/munge
        [ -s /etc/munge/munge.key ] || runuser -u munge -- mungekey --create
        daemon munged runuser -u munge -- munged --foreground
        for _ in $(seq 50); do [ -S /run/munge/munge.socket.2 ] && break; sleep 0.1; done
    fi
    start_controller
    daemon slurmd slurmd -D
    for _ in $(seq 60); do
        if sinfo --noheader --format %T 2> /dev/null | grep -q idle; then sinfo; return; fi
        sleep 0.5
    done
    echo "the node didn't come up; the ends of the logs in $folder:" >&2
    tail -n 5 "$folder"/*.log "$folder"/*.out >&2
    stop
    exit 1
}

start_controller() {
    daemon slurmctld slurmctld -D
    for _ in $(seq 100); do scontrol ping 2> /dev/null | grep -q UP && break; sleep 0.1; done
}

node_down() { scontrol update NodeName="$(hostname -s)" State=DOWN Reason=test; }

node_up() { scontrol update NodeName="$(hostname -s)" State=RESUME || true; } # it may be back by itself

forget_jobs() {
    echo 'MinJobAge=2' >> /etc/slurm/slurm.conf
    scontrol reconfigure
}

remember_jobs() {
    sed -i '/^MinJobAge/d' /etc/slurm/slurm.conf
    scontrol reconfigure
}

stop_controller() { kill "$(cat "$folder/slurmctld.started")"; }

stop() { # only what start started
    local file
    timeout 10 scancel --user "$(id -un)" 2> /dev/null && sleep 2 || true
    for file in "$folder"/slurmd.started "$folder"/slurmctld.started "$folder"/munged.started; do
        if [ -e "$file" ]; then kill "$(cat "$file")" 2> /dev/null || true; rm -f "$file"; fi
    done
    for file in slurm.conf gres.conf cgroup.conf; do
        if grep -qsxF "$mark" "/etc/slurm/$file"; then rm "/etc/slurm/$file"; fi
    done
}

"$action"
