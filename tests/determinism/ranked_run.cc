#include "tests/determinism/ranked_run.h"

#include "tests/support/doctest.h"
#include "tests/support/places.h"
#include "tests/support/skip.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/emulator/child_process.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>

namespace murmur::test {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLauncher = "/usr/bin/mpirun";

std::string name_of(const std::string& option) {
    return option.substr(0, option.find('='));
}

/// Returns the path of a file, the same in each call, that is gone when this process ends.
std::string kept_file(const std::string& name, const std::string& content) {
    static const TemporaryFolder folder;
    return folder.write(name, content);
}

/// Node 2 is away in the middle of the run, node 5 comes late, node 7 leaves for good.
std::string lives() {
    return kept_file("lives.csv",
                     "node,on_s,off_s\n2,0,0.06\n2,0.2,0.31\n2,0.4,\n5,0.09,\n7,0,0.15\n");
}

std::string waiting_lives() {
    return kept_file("waiting-lives.csv",
                     "node,on_s,off_s\n2,0,0.06\n2,0.2,0.31\n2,0.4,\n5,0.09,\n");
}

std::string devices() {
    return kept_file("devices.csv",
                     "device,ms_per_sample,down_bps,up_bps,idle_w,compute_w,up_j_per_byte,"
                     "down_j_per_byte\n"
                     "phone,2.5,2e7,5e6,0.5,3,2e-7,1e-7\n"
                     "board,0.75,1e8,5e7,2,7.5,1e-7,1e-7\n");
}

std::string speeds() {
    return kept_file("speeds.csv", "time_s,node,speed\n0.03,,0.5\n0.08,3,2\n0.2,,1.25\n");
}

std::string text() {
    std::string text;
    std::uint32_t state = 3;
    for (int i = 0; i < 2000; ++i) {
        state = 1664525 * state + 1013904223;
        text += static_cast<char>('a' + (state >> 20) % 6);
    }
    return kept_file("text", text);
}

}  // namespace

std::vector<std::string> launched(unsigned ranks,
                                  std::vector<std::string> command,
                                  unsigned patience_s) {
    // A test may run as root, and on fewer cores than it has ranks.
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    std::vector<std::string> all{kLauncher,
                                 "-q",
                                 "--oversubscribe",
                                 "--bind-to",
                                 "none",
                                 "--mca",
                                 "odls_base_sigkill_timeout",
                                 std::to_string(patience_s),
                                 "-n",
                                 std::to_string(ranks)};
    all.insert(all.end(), command.begin(), command.end());
    return all;
}

bool has_launcher() {
#ifdef MURMUR_HAS_MPI
    constexpr bool kHasEngine = true;
#else
    constexpr bool kHasEngine = false;
#endif
    if (!kHasEngine || !fs::exists(kLauncher)) {
        skip("runs of several ranks: no MPI here");
        return false;
    }
    // A container may not let it start anything.
    static const std::string refusal = [] {
        const TemporaryFolder folder;
        const fs::path said = folder.path() / "said";
        return run_command(launched(2, {"/bin/true"}), said) == 0 ? ""
                                                                  : "refused: " + read_text(said);
    }();
    if (!refusal.empty()) {
        skip("runs of several ranks: mpirun starts nothing here, " +
             refusal.substr(0, refusal.find('\n')));
        return false;
    }
    return true;
}

std::vector<std::string> small_command(const std::vector<std::string>& options) {
    std::vector<std::string> command{built_program("dpsgd")};
    for (const char* usual : {"--nodes=10",
                              "--topology=regular:3",
                              "--rounds=3",
                              "--dataset=synthetic:train=400,test=60",
                              "--partition=dirichlet:0.5",
                              "--model=mlp:8",
                              "--batch-size=8",
                              "--local-steps=3",
                              "--lr=0.02",
                              "--network=flow",
                              "--rate=loguniform:5Mbps:100Mbps",
                              "--latency=uniform:1ms:60ms",
                              "--clock=modelled:1ms,jitter=0.2,merge=1ms",
                              "--speed=lognormal:1:0.5",
                              "--eval-every=1",
                              "--workers=1",
                              "--quiet"}) {
        const bool is_given = std::any_of(options.begin(), options.end(), [&](const auto& option) {
            return name_of(option) == name_of(usual);
        });
        if (!is_given) {
            command.emplace_back(usual);
        }
    }
    command.insert(command.end(), options.begin(), options.end());
    return command;
}

std::vector<std::vector<std::string>> kinds_of_runs() {
    return {
        {"--protocol=dpsgd"},
        {"--network=tcp"},
        {"--network=packet"},
        {"--sharing=choco"},
        {"--sharing=top-k:alpha=0.2,accumulation=averaging"},
        {"--network=ideal", "--placement=metis"},
        {"--topology=torus:3x4", "--nodes=12", "--placement=metis"},
        {"--protocol=dpsgd-sampler"},
        {"--protocol=secure-dpsgd"},
        {"--sharing=secure:timeout=150ms", "--speed=choice:1:0.05"},
        {"--protocol=el-oracle:degree=3"},
        {"--protocol=el-local:window=80ms,receivers=2"},
        {"--protocol=fedavg:clients=0.4"},
        {"--protocol=stc", "--sharing=stc"},
        {"--protocol=knn:k=2"},
        {"--protocol=ad-psgd"},
        {"--protocol=gossip:period=70ms"},
        {"--protocol=local"},
        {"--sharing=jwins"},
        {"--sharing=qsgd"},
        {"--sharing=random"},
        {"--sharing=full", "--codec=raw+fpzip"},
        {"--sharing=plain-average"},
        {"--sharing=fft", "--codec=elias+fpzip"},
        {"--sharing=wavelet"},
        {"--sharing=noise:0.01:top-k:alpha=0.1"},
        {"--protocol=divshare:fragments=4,receivers=2"},
        {"--protocol=shatter:virtual=3,degree=2"},
        {"--protocol=teleportation:active=4"},
        {"--protocol=skiptrain:train=1,sync=1"},
        {"--protocol=fedbuff:buffer=2,concurrency=4"},
        {"--protocol=scaffold:clients=0.4"},
        {"--protocol=gt"},
        {"--protocol=d2:mixing=half"},
        {"--protocol=extra"},
        {"--protocol=qg-dsgdm"},
        {"--protocol=d2:form=qg,mixing=half"},
        {"--protocol=beer"},
        {"--protocol=powergossip"},
        {"--protocol=sgp", "--topology=directed:exponential", "--weights=column-stochastic"},
        {"--protocol=osgp", "--topology=directed:exponential", "--weights=column-stochastic"},
        {"--protocol=relaysgd", "--topology=star"},
        {"--protocol=ddp"},
        {"--protocol=diloco"},
        {"--protocol=diloco:via=server"},
        {"--protocol=streaming-diloco"},
        {"--protocol=async-diloco"},
        {"--protocol=noloco"},
        {"--protocol=demo"},
        {"--protocol=sparseloco"},
        {"--protocol=sparta"},
        {"--protocol=moshpit"},
        {"--protocol=muffliato:sigma=0.01"},
        {"--protocol=zip-dl:sigma=0.01"},
        {"--privacy=dp-sgd:noise=1,clip=1"},
        {"--optimizer=adamw", "--lr=0.01"},
        {"--attack=0.2:alie", "--aggregation=krum:f=1", "--topology=full"},
        {"--attack=0.2:dissensus", "--aggregation=clipped-gossip:tau=1"},
        {"--availability=poisson:on=200ms,off=50ms"},
        {"--availability=poisson:on=200ms,off=50ms", "--on-return=neighbor"},
        {"--availability=poisson:on=200ms,off=50ms", "--on-return=start"},
        {"--availability=" + lives(), "--on-leave=finish"},
        {"--availability=" + waiting_lives(), "--protocol=gt:on-missing=wait"},
        {"--availability=diurnal:day=300ms,on=200ms,spread=20ms,zones=4",
         "--protocol=dpsgd:on-missing=timeout:100ms"},
        {"--crash=0.2@uniform:50ms:300ms", "--join=0.2@uniform:20ms:100ms", "--sharing=choco"},
        {"--availability=poisson:on=200ms,off=50ms",
         "--attack=0.2:alie",
         "--aggregation=trimmed-mean:f=1",
         "--topology=full"},
        {"--devices=" + devices(), "--speed-trace=" + speeds(), "--energy=devices"},
        {"--energy=idle=uniform:1W:2W,compute=5W,up=100nJ,down=50nJ",
         "--speed-trace=" + speeds(),
         "--crash=0.2@uniform:50ms:300ms"},
        {"--schedule=cosine:warmup=1", "--clip=0.5"},
        {"--dataset=tokens:" + text() + ",context=12",
         "--partition=shards:1",
         "--model=gpt:layers=1,heads=2,width=16,dropout=0.1",
         "--optimizer=adamw",
         "--lr=0.01"},
        {"--until=1.5s", "--rounds=30"},
        {"--target-accuracy=0.3", "--rounds=30"},
        {"--save-models=every:1"},
        {"--save-models=best"},
        {"--save-models=final"},
        {"--timeline", "--messages=true"},
        {"--evaluate=both"},
        {"--eval-nodes=4", "--eval-samples=30"},
        {"--network=tcp", "--pcap=pcap,nodes=0,7", "--flow-monitor=true"},
    };
}

void check_same_files(const RunFiles& one, const RunFiles& other) {
    CHECK(one.size() == other.size());
    for (const auto& [name, text] : one) {
        CAPTURE(name);
        const auto found = other.find(name);
        CHECK((found != other.end() && found->second == text));
    }
}

int run_command(const std::vector<std::string>& command, const fs::path& said) {
    return ChildProcess(command, said).wait();
}

std::vector<pid_t> processes_with(const std::string& argument) {
    std::vector<pid_t> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        std::ifstream file(entry.path() / "cmdline");
        const std::string command((std::istreambuf_iterator<char>(file)),
                                  std::istreambuf_iterator<char>());
        if (command.find(argument) != std::string::npos &&
            command.find("mpirun") == std::string::npos) {
            found.push_back(static_cast<pid_t>(std::stol(name)));
        }
    }
    return found;
}

void check_same_files_of(const std::vector<std::string>& options,
                         const std::vector<RanksAndWorkers>& others) {
    const TemporaryFolder folder;
    const fs::path said = folder.path() / "said";
    const auto run = [&](const RanksAndWorkers& on) {
        const fs::path out =
            folder.path() / (std::to_string(on.ranks) + "x" + std::to_string(on.workers));
        std::vector<std::string> own = options;
        own.push_back("--out=" + out.string());
        own.push_back("--workers=" + std::to_string(on.workers));
        std::vector<std::string> command = small_command(own);
        if (on.ranks > 1) {
            command = launched(on.ranks, std::move(command));
        }
        const int code = run_command(command, said);
        REQUIRE_MESSAGE(code == 0, read_text(said));
        return files_of_run(out);
    };
    const RunFiles alone = run({1, 1});
    for (const RanksAndWorkers& on : others) {
        CAPTURE(on.ranks);
        CAPTURE(on.workers);
        check_same_files(alone, run(on));
    }
}

}  // namespace murmur::test
