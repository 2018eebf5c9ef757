#include "emulator/protocols/local.h"

#include "tests/support/doctest.h"
#include "tests/unit/emulator/fake_node_context.h"

namespace murmur {
namespace {

TEST_CASE("training alone sends nothing, heeds nothing and finishes every round") {
    test::FakeNodeContext node(4, {.self = 0.5, .neighbors = {{1, 0.5}}}, 2);
    LocalTraining protocol(node);
    protocol.on_start();
    protocol.on_message({1, 0, {}});
    CHECK(node.take_log() == "train 0");
    CHECK(protocol.waits_for() == "its own training");
    node.complete_work();
    CHECK(node.take_log() == "finish 1; train 1");
    node.complete_work();
    CHECK(node.take_log() == "finish 2");
    CHECK(node.pending_work() == 0);
}

}  // namespace
}  // namespace murmur
