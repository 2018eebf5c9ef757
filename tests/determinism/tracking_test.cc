// Expectation: methods of vectors and mixing give the same bytes for any number of workers.

#include "tests/determinism/small_run.h"
#include "tests/support/doctest.h"

#include <string>

namespace {

using murmur::test::check_same_for_any_workers;
using murmur::test::small_options;

void check(const std::string& network,
           const std::string& protocol,
           const std::string& topology = "regular:3",
           const std::string& weights = "metropolis") {
    CAPTURE(network);
    CAPTURE(protocol);
    murmur::ExperimentOptions options = small_options(network);
    options.protocol = protocol;
    options.topology = topology;
    options.weights = weights;
    options.training.momentum = 0;
    check_same_for_any_workers(options);
}

}  // namespace

TEST_CASE("determinism: gradient tracking over flow, packet and changing graphs") {
    check("flow", "gt");
    check("packet", "gt:form=qg,momentum=0.5");
    check("flow", "gt:form=diging", "dynamic:base-graph:2");
    check("flow", "gt", "dynamic:matcha:regular:3");
}

TEST_CASE("determinism: D2, EXTRA and quasi-global momentum over flow and packet") {
    check("flow", "d2:form=exact-diffusion");
    check("packet", "extra");
    check("flow", "qg-dsgdm:variant=relaysgd");
}

TEST_CASE("determinism: push-sum over one-way and changing graphs") {
    check("flow", "sgp", "directed:exponential", "column-stochastic");
    check("packet", "osgp:staleness=2", "dynamic:one-peer-exponential", "column-stochastic");
}

TEST_CASE("determinism: RelaySGD over flow and tcp") {
    check("flow", "relaysgd", "spanning-tree:regular:3");
    check("tcp", "relaysgd:normalization=counts", "spanning-tree:ring");
}
