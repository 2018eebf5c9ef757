#include "tests/determinism/churn_cases.h"

#include "emulator/protocols/plans.h"
#include "tests/determinism/small_run.h"

#include <fmt/format.h>

#include <cstdint>

namespace murmur::test {

ExperimentOptions crowd(const std::string& network) {
    ExperimentOptions options = small_options(network);
    options.nodes = 64;
    options.topology = "regular:4";
    options.dataset = "least-squares:features=8,samples=512";
    options.partition = "iid";
    options.model = "linear";
    options.training = {.batch_size = 4, .local_steps = 2, .lr = 0.02};
    options.rounds = 6;
    options.eval_every = 3;
    options.link_bins = 0;
    return options;
}

ExperimentOptions ChurnCase::options(const std::string& network) const {
    ExperimentOptions made = crowd(network);
    made.protocol = protocol;
    made.sharing = sharing;
    made.topology = topology;
    made.weights = weights;
    return made;
}

std::string ChurnCase::on_return(const std::string& back) const {
    const std::string with(sharing);
    if (with.starts_with("choco") || with.starts_with("stc")) {
        return "old";
    }
    return back == "neighbor" && plan_protocol(protocol, 64).has_common_state ? "start" : back;
}

const std::vector<ChurnCase>& churn_cases() {
    static const std::vector<ChurnCase> kCases{
        {"dpsgd"},
        {"dpsgd:on-missing=timeout:200ms"},
        {"dpsgd", "choco:alpha=0.3"},
        {"dpsgd", "top-k:alpha=0.3"},
        {"dpsgd-sampler"},
        {"dpsgd-sampler:on-missing=timeout:200ms"},
        {"el-oracle:degree=4"},
        {"el-oracle:degree=4,on-missing=timeout:200ms"},
        {"el-local:window=100ms"},
        {"gossip:period=80ms"},
        {"gossip:period=80ms,peers=overlay"},
        {"ad-psgd"},
        {"fedavg:clients=0.3"},
        {"stc", "stc:alpha=0.3"},
        {"secure-dpsgd:timeout=1s", "full", false},
        {"local"},
        {"skiptrain:train=2,sync=1"},
        {"skiptrain:train=2,sync=1,on-missing=timeout:200ms"},
        {"gt"},
        {"gt:on-missing=timeout:200ms"},
        {"gt:form=qg,momentum=0.5"},
        {"d2:mixing=half"},
        {"d2:form=qg,mixing=half"},
        {"d2:mixing=half,on-missing=timeout:200ms"},
        {"extra"},
        {"qg-dsgdm"},
        {"sgp"},
        {"sgp", "full", true, "dynamic:one-peer-exponential", "column-stochastic"},
        {"osgp:staleness=2"},
        {"relaysgd", "full", true, "spanning-tree:regular:4"},
        {"relaysgd:normalization=counts", "full", true, "spanning-tree:regular:4"},
        {"muffliato:sigma=0.01,mixings=3"},
        {"zip-dl:sigma=0.01,mixings=2"},
        {"divshare:fragments=4,receivers=3"},
        {"divshare:fragments=4,receivers=3,unsent=keep"},
        {"shatter:virtual=3,degree=2"},
        {"shatter:virtual=3,degree=2,hosts=owner"},
        {"teleportation:active=8"},
        {"teleportation:active=8,places=sorted"},
        {"fedbuff:buffer=5,concurrency=12"},
        {"scaffold:clients=0.3"},
        {"scaffold:clients=0.3,control=gradient"},
        {"beer:alpha=0.3", "full", false},
        {"powergossip", "full", false},
        {"ddp"},
        {"ddp:via=tree"},
        {"diloco"},
        {"diloco:via=direct,overlap=eager"},
        {"diloco:overlap=delayed,codec=uniform"},
        {"diloco:via=server"},
        {"diloco:via=gossip"},
        {"streaming-diloco:fragments=2,delay=1"},
        {"async-diloco:grace=20ms"},
        {"async-diloco:grace=20ms,steps=dylu"},
        {"noloco"},
        {"noloco:timeout=100ms"},
        {"demo:top-k=2"},
        {"sparseloco:top-k=2,via=direct"},
        {"sparta:share=0.3"},
        {"moshpit"},
        {"moshpit:timeout=100ms"},
    };
    return kCases;
}

ExperimentOptions with_crash(ExperimentOptions options, RandomStream& draw) {
    options.crash = fmt::format("0.5@{}ms", 1 + draw.below(600));
    options.seed = draw();
    return options;
}

ExperimentOptions with_chance(ExperimentOptions options, RandomStream& draw) {
    options.availability =
        fmt::format("poisson:on={}ms,off={}ms", 200 + draw.below(400), 50 + draw.below(200));
    options.join = "0.1@uniform:50ms:150ms";
    options.on_leave = draw.below(2) == 0 ? "lose" : "finish";
    options.seed = draw();
    return options;
}

ExperimentOptions with_file(ExperimentOptions options,
                            const TemporaryFolder& folder,
                            RandomStream& draw) {
    options.nodes = 24;
    options.on_leave = draw.below(2) == 0 ? "lose" : "finish";
    options.seed = draw();
    std::string lives = "node,on_s,off_s\n";
    for (NodeId node = 1; node < options.nodes; ++node) {
        double at = 0;
        for (std::uint64_t left = draw.below(4); left > 0; --left) {
            const double off = at + 0.001 * static_cast<double>(1 + draw.below(400));
            lives += fmt::format("{},{:.3f},{:.3f}\n", node, at, off);
            at = off + 0.001 * static_cast<double>(1 + draw.below(150));
        }
        lives += fmt::format("{},{:.3f},\n", node, at);
    }
    options.availability = folder.write("lives.csv", lives);
    return options;
}

std::string description(const ExperimentOptions& options) {
    return fmt::format(
        "--protocol={} --sharing={} --network={} --crash={} --availability={} --on-return={} "
        "--on-leave={} --seed={}",
        options.protocol,
        options.sharing,
        options.network,
        options.crash,
        options.availability,
        options.on_return,
        options.on_leave,
        options.seed);
}

}  // namespace murmur::test
