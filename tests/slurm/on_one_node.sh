#!/usr/bin/env bash
# Runs Murmuration under Slurm: a cluster of one node, this machine, that lives for this test alone.
# Needs root and Debian's slurm-wlm and munge, which `./murmur test slurm` installs.
#
# usage: on_one_node.sh BUILD_DIR
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build_dir=$1
readonly not_run=77 # what CTest takes as "skipped"

skip() {
    echo "skipped: Slurm on one node ($*)"
    exit "$not_run"
}

fail() {
    echo "FAILED: $*" >&2
    tail -n 20 "$cluster"/log/* >&2 || true
    exit 1
}

((EUID == 0)) || skip "it takes root to start slurmd"
for program in munged slurmctld slurmd srun sbatch; do
    command -v "$program" >/dev/null || skip "there is no $program; Debian's slurm-wlm and munge have it"
done

# ---- The cluster -------------------------------------------------------------------------------

# Munge refuses a folder that others may write to, or whose parents they may.
cluster=$(mktemp -d /run/murmur-slurm.XXXXXX)
chmod 755 "$cluster"
mkdir "$cluster"/{state,spool,log}
work=$(mktemp -d "${TMPDIR:-/tmp}/murmur-slurm.XXXXXX")
export SLURM_CONF=$cluster/slurm.conf

stop() {
    local daemon
    for daemon in slurmd slurmctld munged; do
        [[ ! -e $cluster/$daemon.pid ]] || kill "$(cat "$cluster/$daemon.pid")" 2>/dev/null || true
    done
    sleep 1
    rm -rf "$cluster" "$work"
}
trap stop EXIT

# wait_until SECONDS COMMAND...: asks every half second.
wait_until() {
    local left=$((2 * $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((left-- > 0)) || return 1
        sleep 0.5
    done
}

dd if=/dev/urandom of="$cluster/munge.key" bs=1024 count=1 2>/dev/null
chmod 400 "$cluster/munge.key"
host=$(hostname -s)
cat >"$SLURM_CONF" <<CONF
ClusterName=murmur
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$cluster/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=26817
SlurmdPort=26818
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.pid
SlurmctldLogFile=$cluster/log/slurmctld
SlurmdLogFile=$cluster/log/slurmd
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF

munged --force --key-file="$cluster/munge.key" --socket="$cluster/munge.socket" \
    --pid-file="$cluster/munged.pid" --log-file="$cluster/log/munged" \
    --seed-file="$cluster/munge.seed" || skip "munged does not start here"
slurmctld -f "$SLURM_CONF"
# CPUs that this machine has not got are granted all the same: parts of a campaign ask for four.
slurmd -f "$SLURM_CONF" -N "$host"
node_is_idle() { [[ $(sinfo -h -o %T) == idle ]]; }
wait_until 30 node_is_idle || fail "the node does not come up: $(sinfo -h -o '%T %E')"

# ---- Ranks by srun -----------------------------------------------------------------------------

options=(--nodes=8 --rounds=3 --dataset=synthetic:train=400,test=100 --model=softmax
    --clock=modelled:1ms --workers=1)
cd "$work"
"$build_dir/bin/dpsgd" "${options[@]}" --seed=3 --out="$work/alone" >alone.log 2>&1 || fail "$(tail -n 3 alone.log)"

if srun --mpi=list 2>&1 | grep -q pmix && [[ -e $build_dir/bin/ranks-test ]]; then
    timeout 120 srun --mpi=pmix --overcommit -n 2 "$build_dir/bin/dpsgd" "${options[@]}" --seed=3 \
        --out="$work/two" >two.log 2>&1 || fail "srun on two ranks: $(tail -n 3 two.log)"
    grep -q '"ranks": 2' two/summary.json || fail "srun's processes did not meet: $(grep ranks two/summary.json)"
    for table in metrics.csv rounds.csv nodes.csv compute-trace.csv; do
        cmp "alone/$table" "two/$table" || fail "$table differs under srun"
    done
    echo "passed: two ranks under srun, the same bytes as one process"
else
    echo "skipped: ranks under srun (no PMIx in this Slurm, or no MPI in this build)"
fi

# ---- A campaign by sbatch ----------------------------------------------------------------------

campaign=("$build_dir/bin/dpsgd" "${options[@]}" --seed=1..4 --out="$work/campaign")
"$build_dir/bin/sweep" "${campaign[@]}" --print-slurm=2 >job.sh || fail "--print-slurm: exit code $?"
bash -n job.sh
timeout 180 sbatch --wait --output="$work/part-%a.log" job.sh || fail "sbatch: $(cat part-*.log 2>/dev/null)"
"$build_dir/bin/sweep" merge "$work/campaign" >merge.log 2>&1 || fail "merge: $(cat merge.log)"
rows=$(tail -n +2 "$work/campaign/sweep.csv" | grep -c complete) || true
((rows == 4)) || fail "the campaign has $rows complete runs, expected 4: $(cat part-*.log)"
for part in 1 2; do
    [[ $(grep -c . "part-$part.log") -gt 0 ]] || fail "part $part has said nothing"
done
# One part, submitted again, is the same part and finds its runs complete; what it says is appended.
timeout 120 sbatch --wait --array=2 --output="$work/part-%a.log" job.sh ||
    fail "the second part again: $(cat part-2.log)"
lines=$(grep -c "^2 runs, [02] complete already" part-2.log) || true
((lines == 2)) || fail "the second part again: $(cat part-2.log)"
parts=("$work"/campaign/part-*)
((${#parts[@]} == 2)) || fail "other parts than two: ${parts[*]}"
# What one process makes of the whole is the same.
"$build_dir/bin/sweep" "${campaign[@]:0:${#campaign[@]}-1}" --out="$work/whole" >whole.log 2>&1 ||
    fail "the campaign in one process: $(tail -n 3 whole.log)"
found=0
for metrics in "$work"/whole/*/metrics.csv; do
    other=("$work"/campaign/part-*/"${metrics#"$work/whole/"}")
    cmp "$metrics" "${other[0]}" || fail "$metrics differs from what a part has made"
    found=$((found + 1))
done
((found == 4)) || fail "$found runs in the whole campaign, expected 4"
echo "passed: a campaign of four runs in two parts of a job array, merged"
