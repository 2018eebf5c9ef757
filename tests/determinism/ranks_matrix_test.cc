// Every protocol, and every kind of sharing, clock and life, on 2, 3 and 4 ranks: the same files as
// on one.

#include "tests/determinism/ranked_run.h"
#include "tests/support/doctest.h"

#include <string>
#include <vector>

namespace murmur::test {
namespace {

TEST_CASE("ranks: every protocol and what else a run can have, on 2, 3 and 4") {
    if (!has_launcher()) {
        return;
    }
    const std::vector<std::vector<std::string>> runs{
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
        {"--protocol=stc"},
        {"--protocol=knn:k=2"},
        {"--protocol=ad-psgd"},
        {"--protocol=gossip:period=70ms"},
        {"--protocol=local"},
        {"--sharing=jwins"},
        {"--sharing=qsgd"},
        {"--sharing=random"},
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
        {"--protocol=sgp", "--topology=directed:exponential", "--weights=column-stochastic"},
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
        {"--until=0.5s", "--rounds=30"},
        {"--save-models=every:1"},
        {"--save-models=best"},
        {"--timeline", "--messages=true"},
        {"--evaluate=both"},
    };
    for (const auto& options : runs) {
        CAPTURE(options.front());
        check_same_for_any_ranks(options, {2, 3, 4});
    }
}

}  // namespace
}  // namespace murmur::test
