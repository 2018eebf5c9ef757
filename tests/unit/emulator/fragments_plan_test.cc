// What protocols of fragments, of sampled nodes and with servers of their own are refused for.

#include "emulator/protocols/protocol_plan.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/plan_refusal.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace murmur {
namespace {

ExperimentOptions small(const std::string& protocol) {
    ExperimentOptions options;
    options.nodes = 6;
    options.topology = "ring";
    options.dataset = "least-squares:features=3,samples=24";
    options.model = "linear";
    options.clock = "modelled:1ms,merge=0";
    options.workers = 1;
    options.protocol = protocol;
    return options;
}

using test::refusal_of;

std::string refusal_of(const std::string& protocol) {
    return refusal_of(small(protocol));
}

TEST_CASE("divshare, shatter, teleportation: options that do not fit are refused") {
    for (const char* protocol : {"divshare",
                                 "divshare:fragments=100,receivers=2,in-flight=0,unsent=keep",
                                 "shatter:virtual=5,degree=4",
                                 "shatter:virtual=20,degree=1,hosts=owner,graph=static",
                                 "teleportation",
                                 "teleportation:active=1",
                                 "teleportation:active=6,graph=regular:3,places=sorted",
                                 "skiptrain:train=2,sync=0,budget=uniform:3:9,spend=greedy",
                                 "fedbuff:buffer=5,concurrency=5,lr=0.5,staleness=none",
                                 "scaffold:clients=1,lr=0.5"}) {
        CHECK(refusal_of(protocol) == "accepted");
    }
    CHECK(refusal_of("divshare:receivers=6") ==
          "protocol divshare: receivers: not a whole number in range, got '6', allowed 1 ... 5");
    CHECK(refusal_of("divshare:unsent=lose") ==
          "protocol divshare: unsent: unknown, got 'lose', allowed cut, drop, keep");
    CHECK(refusal_of("shatter:virtual=6") ==
          "protocol shatter: virtual: not a whole number in range, got '6', allowed 1 ... 5");
    CHECK(refusal_of("shatter:virtual=5,degree=30").starts_with("protocol shatter: degree: not a"));
    ExperimentOptions odd = small("shatter:virtual=3,degree=3");
    odd.nodes = 5;
    CHECK(refusal_of(odd) ==
          "protocol shatter: no 3-regular graph on 15 virtual nodes exists, their product is odd; "
          "make either even");
    CHECK(
        refusal_of("teleportation:active=7").starts_with("protocol teleportation: active: not a"));
    CHECK(refusal_of("teleportation:active=5,graph=regular:3") != "accepted");
    CHECK(refusal_of("skiptrain:train=0").starts_with("protocol skiptrain: train: not a whole"));
    CHECK(refusal_of("skiptrain:budget=many") ==
          "protocol skiptrain: budget: got 'many', allowed a whole number from 0 up");
    CHECK(refusal_of("fedbuff:lr=0").starts_with("protocol fedbuff: lr: not a number in range"));
    CHECK(refusal_of("scaffold:clients=0").starts_with("protocol scaffold: clients: not a number"));
}

TEST_CASE("a protocol with messages of its own takes no strategy of sharing") {
    for (const std::string protocol : {"divshare", "shatter:virtual=3", "fedbuff", "scaffold"}) {
        const std::string why =
            " with --protocol=" + protocol + ", whose messages and merges are its own, allowed ";
        ExperimentOptions options = small(protocol);
        options.sharing = "top-k";
        CHECK(refusal_of(options) == "--sharing: got top-k" + why + "full");
        options = small(protocol);
        options.aggregation = "median";
        CHECK(refusal_of(options) == "--aggregation: got median" + why + "mean");
        options = small(protocol);
        options.codec = "float16";
        CHECK(refusal_of(options) == "--codec: got float16" + why + "none; some protocols have an option codec");
    }
}

// Expectation: under momentum 0.9 (x - y) / (K lr) is not the mean of K gradients, and controls
// made of it drive the model away.
TEST_CASE("scaffold is refused where local updates are no sums of gradients") {
    const auto refusal_with = [](const TrainingOptions& training) {
        ExperimentOptions options = small("scaffold:clients=1");
        options.training = training;
        return refusal_of(options);
    };
    const std::string why =
        " with --protocol=scaffold:clients=1, which takes local updates for sums of gradients, "
        "allowed sgd without momentum and --clip";
    CHECK(refusal_with({.momentum = 0.9}) == "--optimizer: got sgd with --momentum=0.9" + why);
    CHECK(refusal_with({.clip = 1}) == "--optimizer: got sgd with --clip=1" + why);
    for (const char* optimizer :
         {"sgd:momentum=0.5", "adam", "adamw", "rmsprop", "lion", "fedprox:mu=0.1"}) {
        CHECK(refusal_with({.optimizer = optimizer}) ==
              fmt::format("--optimizer: got {}{}", optimizer, why));
    }
    CHECK(refusal_with({.optimizer = "sgd:weight-decay=0.01"}) == "accepted");
    CHECK(refusal_with({.schedule = "hyperbolic:period=2"}) == "accepted");
}

// Expectation: no epsilon is told of a run in which a node tells of its samples beside its training.
TEST_CASE("private training is refused where nodes tell of their data without noise") {
    const auto refusal_with = [](const std::string& protocol, const std::string& aggregation) {
        ExperimentOptions options = small(protocol);
        options.dataset = "synthetic:train=60,test=10";
        options.model = "softmax";
        options.training.privacy = "dp-sgd:clip=1,noise=1";
        options.aggregation = aggregation;
        return refusal_of(options);
    };
    CHECK(refusal_with("dpsgd", "mean") == "accepted");
    CHECK(refusal_with("scaffold:clients=1", "mean") == "accepted");
    const std::string got = "--privacy: got dp-sgd:clip=1,noise=1 with --";
    CHECK(refusal_with("scaffold:clients=1,control=gradient", "mean") ==
          got + "protocol=scaffold:clients=1,control=gradient, which sends gradients as they are, "
                "allowed none");
    CHECK(refusal_with("knn:k=2", "mean") ==
          got + "protocol=knn:k=2, which sends how many samples of each class a node has, allowed "
                "none");
    CHECK(refusal_with("dpsgd", "ubar") ==
          got + "aggregation=ubar, which chooses messages by losses on a node's own samples as they "
                "are, allowed none");
}

TEST_CASE("links between pairs are refused where fragments may go to any node") {
    for (const std::string protocol : {"divshare", "shatter:virtual=3", "teleportation"}) {
        ExperimentOptions options = small(protocol);
        options.underlay = "p2p";
        CHECK(refusal_of(options) ==
              "--underlay: p2p has a link per overlay edge, got --protocol=" + protocol +
                  ", allowed a static overlay");
    }
}

}  // namespace
}  // namespace murmur
