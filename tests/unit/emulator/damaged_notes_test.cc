#include "emulator/protocols/dpsgd_sampler.h"
#include "emulator/protocols/flood.h"
#include "emulator/protocols/secure_exchange.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/fake_node_context.h"

#include <stdexcept>

namespace murmur {
namespace {

test::FakeNodeContext node_with_one_neighbor() {
    return {3, {.self = 0.5, .neighbors = {{.neighbor = 1, .weight = 0.5}}}, 2};
}

TEST_CASE("secure-dpsgd: a key or a group of another length is refused") {
    const KeyPair pair = make_key_pair(7);
    Note key = *key_note(pair.open);
    CHECK(read_key(key) == pair.open);
    key.numbers.pop_back();
    CHECK_THROWS_WITH_AS(static_cast<void>(read_key(key)),
                         "secure-dpsgd: a note has 7 numbers, allowed the 8 of a key",
                         std::invalid_argument);
    Note group = *group_note({.weight = 0.25F, .others = {{5, pair.open}}});
    CHECK(read_group(group).others.at(5) == pair.open);
    group.numbers.pop_back();
    CHECK_THROWS_WITH_AS(static_cast<void>(read_group(group)),
                         "secure-dpsgd: a note has 9 numbers, allowed 1 and 9 for each other "
                         "sender",
                         std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(read_group(Note{})), std::invalid_argument);
}

TEST_CASE("flood: an item that is longer than its note, or of no node, is refused") {
    for (const std::vector<std::uint32_t>& numbers :
         {std::vector<std::uint32_t>{1}, {1, 2, 7}, {1, 0xffffffff, 7}, {10, 0}, {1, 1, 7, 2}}) {
        test::FakeNodeContext node = node_with_one_neighbor();
        Flood flood(
            4, 1, [](NodeId, const Flood::Item&) {}, [] {});
        flood.start(node, {9});
        CHECK_THROWS_AS(flood.receive(node, {.from = 1, .round = 0, .note = make_note(4, numbers)}),
                        std::invalid_argument);
    }
}

TEST_CASE("dpsgd-sampler: an answer with half a neighbor is refused") {
    test::FakeNodeContext node = node_with_one_neighbor();
    DpsgdSampler sampler;
    for (const std::vector<std::uint32_t>& numbers : {std::vector<std::uint32_t>{}, {0, 1}}) {
        CHECK_THROWS_AS(
            sampler.on_message(node, {.from = 0, .round = 0, .note = make_note(1, numbers)}),
            std::invalid_argument);
    }
}

}  // namespace
}  // namespace murmur
