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
    timeout 120 srun -K --mpi=pmix --overcommit -n 2 "$build_dir/bin/dpsgd" "${options[@]}" --seed=3 \
        --out="$work/two" >two.log 2>&1 || fail "srun on two ranks: $(tail -n 3 two.log)"
    grep -q '"ranks": 2' two/summary.json || fail "srun's processes did not meet: $(grep ranks two/summary.json)"
    for table in metrics.csv rounds.csv nodes.csv compute-trace.csv; do
        cmp "alone/$table" "two/$table" || fail "$table differs under srun"
    done
    echo "passed: two ranks under srun, the same bytes as one process"

    # Workers are a share of the cores, not all of them for each rank.
    timeout 120 srun -K --mpi=pmix --overcommit -n 4 "$build_dir/bin/dpsgd" "${options[@]:0:${#options[@]}-1}" \
        --seed=3 --out="$work/four" >four.log 2>&1 || fail "srun on four ranks: $(tail -n 3 four.log)"
    cores=$(nproc)
    share=$((cores / 4 > 0 ? cores / 4 : 1))
    workers=$(sed -n 's/.*"workers": \([0-9]*\).*/\1/p' four/summary.json)
    ((workers >= 1 && workers <= share)) || fail "four ranks on $cores cores have $workers workers each"
    echo "passed: ranks under srun share the cores of their machine"

    # Processes that MPI does not tell of each other are no runs of their own.
    code=0
    timeout 60 srun --mpi=none --overcommit -n 2 "$build_dir/bin/dpsgd" "${options[@]}" >none.log 2>&1 || code=$?
    ((code == 2)) || fail "srun --mpi=none: exit code $code, expected 2: $(tail -n 3 none.log)"
    grep -q 'use srun --mpi=pmix for the ranks of one run' none.log ||
        fail "srun --mpi=none: $(tail -n 3 none.log)"
    [[ ! -e results ]] || fail "srun --mpi=none has made runs of its own: $(ls results/*)"
    echo "passed: srun without --mpi=pmix is refused"

    # A rank that is killed, with srun's help and without.
    for ends_all in -K --kill-on-bad-exit=0; do
        for victim in 0 1; do
            out=$work/killed$ends_all-$victim
            timeout 120 srun "$ends_all" --mpi=pmix --overcommit -n 2 "$build_dir/bin/dpsgd" \
                "${options[@]/--rounds=3/--rounds=1000000}" --eval-samples=10 --quiet --out="$out" >killed.log 2>&1 &
            job=$!
            has_rows() { (($(wc -l <"$out/rounds.csv") > 20)); }
            wait_until 60 has_rows || fail "no rows under srun: $(tail -n 3 killed.log)"
            killed=0
            for process in $(pgrep -f "^$build_dir/bin/dpsgd .*--out=$out"); do
                grep -qz "^PMIX_RANK=$victim\$" "/proc/$process/environ" || continue
                kill -9 "$process"
                killed=$((killed + 1))
            done
            ((killed == 1)) || fail "$killed processes of rank $victim, expected 1"
            begin=$SECONDS
            ! wait "$job" || fail "a run whose rank $victim was killed ends as if nothing were"
            ((SECONDS - begin <= 10)) || fail "$((SECONDS - begin)) s until all have ended ($ends_all)"
            ! pgrep -f "^$build_dir/bin/dpsgd .*--out=$out" >/dev/null || fail "a rank goes on ($ends_all)"
            has_rows || fail "its rows are gone"
            # The others, where Slurm leaves them time for it; or srun.
            grep -q "rank $victim (process [0-9]*) is gone\|task $victim: Killed" killed.log ||
                fail "nobody says that rank $victim is gone: $(tail -n 3 killed.log)"
        done
    done
    echo "passed: a killed rank ends all under srun within ten seconds, with -K and without"
else
    echo "skipped: ranks under srun (no PMIx in this Slurm, or no MPI in this build)"
fi

# ---- A process alone in a job of several tasks --------------------------------------------------

printf '#!/bin/bash\nexec "$@"\n' >alone.sh
timeout 120 sbatch --wait --overcommit -n 2 --output="$work/batch.log" alone.sh "$build_dir/bin/dpsgd" \
    "${options[@]}" --seed=3 --out="$work/batch" || fail "one process of a batch script: $(tail -n 3 batch.log)"
cmp alone/metrics.csv batch/metrics.csv || fail "metrics.csv differs in a batch script"
echo "passed: a process of a batch script of two tasks is a run alone"

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
